#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What drive.sh has the guest do. The drive counts what its work would take; the time of
# this machine is not in any figure. For each figure the disc comes in anew, so that it
# turns, its head is at the beginning and its buffer empty, and nothing of it is in memory.
set -eu
export LC_ALL=C.UTF-8
# shellcheck source=tests/bench/table.sh
. tests/bench/table.sh

RUNS=${BENCH_RUNS:-3}
MIB=${BENCH_DRIVE_MIB:-64}
CASES=${BENCH_DRIVE_CASES:-mount list copy commit}
MEDIA=${BENCH_DRIVE_MEDIA:-cd-r-80 cd-rw-80 dvd-r dvd-rw dvd-rw-over dvd+r dvd+r-dl dvd+rw dvd-ram
	bd-r bd-re}
V=$PWD/build/vdrive
STRAIGHT=$PWD/build/tests/straight
DISK=/dev/vda

T=$(mktemp -d)
M=$T/mnt
DISCS=$T/discs
export HOME=$T/home
mkdir -p "$M" "$T/spool" "$HOME" "$DISCS"
rows=$T/rows
: >"$rows"

note() { printf '%s\n' "$*" >&2; }

# --- the drive ---

# attach DISC: sets DEV and SG
attach()
{
	local names

	names=$(timeout 60 "$V" attach --verbose "$1")
	read -r DEV SG <<<"$names"
}

detach()
{
	timeout 100 "$V" detach --force --drive "$DEV"
}

ctl()
{
	timeout 60 "$V" ctl --drive "$DEV" "$@"
}

# Waits until nothing comes any more: reading ahead, or a server that closes
settle()
{
	local before='' now

	now=$(ctl clock show)
	while [[ $now != "$before" ]]; do
		sleep 0.4
		before=$now
		now=$(ctl clock show)
	done
}

# From here on it counts
begin()
{
	settle
	ctl log clear
	ctl stat reset
	ctl clock reset
}

# end NAME: what it took since begin goes to $T/NAME.time, .commands and .seeks
end()
{
	settle
	ctl clock show | awk '{ print $1 }' >>"$T/$1.time"
	ctl log show | wc -l >>"$T/$1.commands"
	ctl stat | awk '$1 == "seeks" { print $2 }' >>"$T/$1.seeks"
	[[ -z ${BENCH_LOGS:-} ]] || ctl log show >"$DISCS/log.$1"
}

fresh()
{
	sync
	echo 3 >/proc/sys/vm/drop_caches
	ctl eject
	ctl insert "$disc"
}

# --- mounts ---

# on TYPE [OPTION]
on()
{
	case $1 in
	isofs)	mount -t iso9660 -o ro "$DEV" "$M" ;;
	*)	build/mount.imapifs "$DEV" "$M" -o "face=$1,spool=$T/spool${2:+,$2}" </dev/null ;;
	esac
}

off()
{
	case $1 in
	isofs)	umount "$M" ;;
	*)	timeout 900 build/umount.imapifs "$M" </dev/null >"$T/log" 2>&1 ||
			{ tail -n 5 "$T/log" >&2; exit 1; } ;;
	esac
}

# --- the disc of 10,000 files, which is burned once ---

make_disc()
{
	note "burning a disc of 10,000 files (once)"
	rm -f "$disc" "$disc.disc"
	"$V" new --media dvd+r "$disc"
	attach "$disc"
	on kernel verify=none,commit=umount
	build/tests/mktree "$M/tree" 100 100 "$BENCH_DRIVE_BYTES"
	off kernel
	detach
	touch "$disc.ready"
	sync
}

# --- cases ---

# compare CASE FILE TYPE GOAL: the rows of one measurement
compare()
{
	row "$1 ($3)" "sim. s" "$(median "$T/$2.$3.time")" isofs "$(median "$T/$2.isofs.time")" "$4"
	row "$1 ($3)" commands "$(median "$T/$2.$3.commands")" isofs "$(median "$T/$2.isofs.commands")" -
	row "$1 ($3)" seeks "$(median "$T/$2.$3.seeks")" isofs "$(median "$T/$2.isofs.seeks")" -
}

case_mount()
{
	local n type

	for ((n = 0; n < RUNS; n++)); do
		for type in isofs kernel fuse; do
			fresh
			begin
			on $type
			end mount.$type
			off $type
		done
	done
	for type in kernel fuse; do
		compare "mount" mount $type -
		bound "mount ($type)" commands "$(median "$T/mount.$type.commands")" 40
	done
}

# Also with the mount, as what one reads ahead is no gain if the other has it later
case_list()
{
	local n type

	for ((n = 0; n < RUNS; n++)); do
		for type in isofs kernel fuse; do
			fresh
			on $type
			begin
			ls -lR "$M/tree" >"$T/list"
			end list.$type
			off $type
			[[ $(grep -c '^-' "$T/list") -eq 10000 ]]
			fresh
			begin
			on $type
			ls -lR "$M/tree" >"$T/list"
			end both.$type
			off $type
		done
	done
	for type in kernel fuse; do
		compare "ls -lR of 10000 files" list $type 0.3
		compare "mount and ls -lR" both $type -
	done
}

# All that is recorded, with commands as large as the kernel sends them
read_through()
{
	fresh
	# The kernel asks what there is
	on isofs
	off isofs
	begin
	dd if="$DEV" of=/dev/null bs=1M iflag=direct status=none
	end read
}

case_copy()
{
	local n type

	mkdir "$T/copy"
	for ((n = 0; n < RUNS; n++)); do
		read_through
		for type in isofs kernel fuse; do
			fresh
			on $type
			begin
			cp -r "$M/tree" "$T/copy/tree"
			end copy.$type
			off $type
			[[ $(find "$T/copy" -type f -size "-$((BENCH_DRIVE_BYTES + 1))c" | wc -l) -eq 10000 ]]
			rm -r "$T/copy/tree"
		done
	done
	for type in kernel fuse; do
		row "cp -r of 10000 files ($type)" "sim. s" "$(median "$T/copy.$type.time")" \
			"one sequential read" "$(median "$T/read.time")" 1.2
		compare "cp -r of 10000 files" copy $type 1
	done
}

# Sets first and written, where the session went and its blocks, out of the log
find_written()
{
	eval "$(ctl log show | awk '$2 ~ /^(2a|aa)$/ {
			for (i = 4; i <= NF; i++) {
				split($i, v, "=")
				if (v[1] == "lba" && first == "")
					first = v[2]
				if (v[1] == "blocks")
					sum += v[2]
			}
		}
		END { print "first=" first " written=" sum }')"
}

how_of()
{
	case $1 in
	cd*)				echo cd ;;
	dvd-rw-over | dvd+rw | bd-re | dvd-ram)	echo over ;;
	dvd-r*)				echo dvd-r ;;
	*)				echo plain ;;
	esac
}

# The same blocks on a copy of the disc as it was: WRITEs at the medium's speed, one flush,
# and two closes where there is something to close
burn_straight()
{
	attach "$DISCS/before"
	begin
	"$STRAIGHT" "$SG" "$first" "$written" "$2" "$(how_of "$medium")"
	end "straight.$medium.$1.$2"
	detach
}

# commit_on FACE NUMBER
commit_on()
{
	local first written

	cp --sparse=always "$DISCS/blank" "$DISCS/before"
	cp "$DISCS/blank.disc" "$DISCS/before.disc"
	attach "$DISCS/blank"
	on "$1" verify=none,commit=umount
	build/tests/mktree "$M/session$2" 2 2 $((MIB << 18))
	begin
	timeout 900 build/imapifs commit "$M" </dev/null >/dev/null
	end "commit.$medium.$1.$2"
	find_written
	off "$1"
	detach
	# A blank one is formatted for it, which is no writing
	[[ $2 -gt 1 || $(how_of "$medium") != over ]] || return 0
	burn_straight "$@"
	row "commit $2 of $MIB MiB, $medium ($1)" "sim. s" \
		"$(median "$T/commit.$medium.$1.$2.time")" "straight WRITEs" \
		"$(median "$T/straight.$medium.$1.$2.time")" 1.05
}

case_commit()
{
	local medium face

	for medium in $MEDIA; do
		for face in kernel fuse; do
			rm -f "$DISCS/blank" "$DISCS/blank.disc"
			"$V" new --media "$medium" "$DISCS/blank"
			commit_on $face 1
			commit_on $face 2
		done
	done
}

modprobe -a virtio_blk ext4 isofs
insmod "$IMAPIFS_MODULE"
mount "$DISK" "$DISCS"
disc=$DISCS/disc
[[ -e $disc.ready ]] || make_disc
for name in $CASES; do
	note "$name ..."
	[[ $name == commit ]] || attach "$disc"
	"case_$name"
	[[ $name == commit ]] || detach
done
umount "$DISCS"
rmmod imapifs

echo
echo "Linux $(uname -r), virtual drive. Simulated seconds; median of $RUNS runs, in turns;"
echo "a commit is measured once, and not read back."
echo "DVD+R of $((BENCH_DRIVE_BYTES * 10000 >> 20)) MiB in 10,000 files and 100 folders."
echo
table
echo
for name in "$T"/*.time; do
	name=${name##*/}
	echo "${name%.time}: $(tr '\n' ' ' <"$T/$name")"
done
