#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# faults.t [MEDIUM...|told|late]: by IMAPIFS_FACE: a drive that fails, a program that is killed
# amid a burn, and what a user may do. "told": what a drive is told before it burns, and by which
# of its devices. "late": a drive that closes a session long after it said that it is ready
set -u
# shellcheck source=tests/vdrive/lib.sh
. "$(dirname "$0")/lib.sh"
guest_or_exec 1300 "$@"
# shellcheck source=tests/vdrive/mounted.sh
. "$VDRIVE_TOP/tests/vdrive/mounted.sh"

# --- drives that fail ---

# failing TEXT FILE FAULT...: the commit fails, and the next one has it
failing()
{
	local text=$1 name=$2

	shift 2
	cp "$T/ours" "$M/$name"
	ctl fault add "$@" >/dev/null
	refused "$text: the commit fails" "" sync_disc
	diag "$(last_message)"
	ctl fault clear
	ok "$text: the next one doesn't" sync_disc
	ok "$text: and has the file" cmp "$T/ours" "$M/$name"
}

faults()
{
	local medium=$1 work=$T/fault-$1 name

	mkdir -p "$work"
	need attach "$medium" "$work/disc"
	need mount_disc
	cp "$T/ours" "$M/good"
	ok "$medium: one session" sync_disc
	failing "$medium: a write error" a write nth=2 sense=3/0c/00
	failing "$medium: power is cut" b write nth=3 power
	failing "$medium: reading back" c 28 nth=2 times=every sense=3/11/00
	ok "$medium: unmount" unmount
	ok "$medium: mount it again" mount_disc
	for name in good a b c; do
		ok "$medium: $name is there" cmp "$T/ours" "$M/$name"
	done
	ok "$medium: unmount again" unmount
	ok "$medium: isofs" reload "$work/disc"
	need mount -t iso9660 -o ro "$DEV" "$T/iso"
	for name in good a b c; do
		ok "$medium: isofs: $name" cmp "$T/ours" "$T/iso/$name"
	done
	umount "$T/iso"
	detach "$DEV"
}

# broken_off MEDIUM BLOCKS: power is cut with so many blocks of a short session on the disc,
# which has its descriptors by then. Who mounts it anew must not take that for the session
broken_off()
{
	local medium=$1 work=$T/broken-$1-$2

	mkdir -p "$work"
	need attach "$medium" "$work/disc"
	need mount_disc
	echo one >"$M/one"
	need sync_disc
	need unmount
	need mount_disc commit=manual
	echo two >"$M/two"
	ctl fault add write torn="$2" power >/dev/null
	refused "$medium: power is cut after $2 blocks" "" timeout 200 "$BUILD/imapifs" commit "$M"
	ctl fault clear
	ok "$medium: what was staged is rescued" unmount
	need mount -t tmpfs -o size=4m tmpfs "$T/spool"
	ok "$medium: it is mounted anew" mount_disc
	is "$medium: as it was before" "$(ls "$M") $(cat "$M/one")" "one one"
	echo three >"$M/three"
	# What was left is closed by then
	head -c 8m /dev/zero >"$T/spool/full" 2>/dev/null
	refused "$medium: no room for the new tree in the spool" "No space" sync_disc
	rm "$T/spool/full"
	ok "$medium: and takes a session" unmount
	umount "$T/spool"
	rm -rf "$T/want"
	mkdir "$T/want"
	echo one >"$T/want/one"
	echo three >"$T/want/three"
	ok "$medium: isofs shows what counts" isofs_agrees
	detach "$DEV"
}

# libburn calls it idle at once, while its thread goes on
unplugged()
{
	local medium=$1 work=$T/unplugged-$1 nth=1

	# A DVD's last session is one WRITE
	[[ $medium != cd-* ]] || nth=5
	mkdir -p "$work"
	need attach "$medium" "$work/disc"
	need mount_disc
	cp "$T/ours" "$M/one"
	ok "$medium: a session, and then the last one" unmount
	ctl fault add write nth=$nth hang=10 >/dev/null
	# What is freed is overwritten: who uses it still dies of that
	MALLOC_PERTURB_=165 timeout 300 "$BUILD/imapifs" finalize --yes "$DEV" \
		>"$T/finalize" 2>&1 &
	ok "$medium: amid it" hit
	ok "$medium: the drive is unplugged" detach "$DEV"
	wait $!
	is "$medium: and finalize fails" "$?" 1
	diag "$(<"$T/finalize")"
}

# Amid a burn; what there is of the session by then is closed by the next commit
killed()
{
	local work=$T/killed-$1 pid

	if [[ $FACE == kernel ]]; then
		skip "$1: killed amid a burn" "a mount of the module outlives its server"
		return
	fi
	mkdir -p "$work"
	need attach "$1" "$work/disc"
	need mount_disc
	echo one >"$M/one"
	ok "$1: a session before it is killed" sync_disc
	head -c 20000000 /dev/zero >"$M/lost"
	ctl fault add write nth=100 hang=20 >/dev/null
	ctl fault add write nth=200 hang=40 >/dev/null
	pid=$("$BUILD/imapifs" status --json "$M" | grep -oP '"pid": *\K[0-9]+')
	sync_disc 2>/dev/null &
	ok "$1: a burn" hit
	refused "$1: nobody looks at a disc amid a burn" "writes on the disc" info
	ok "$1: a reader who is killed doesn't wait for the end" \
		bash -c "timeout -s KILL 1 cat '$M/one'; test \$? -eq 137"
	# Whoever looks may have waited for the drive as long as that hung
	ok "$1: and it goes on" hit 2
	kill -9 "$pid"
	wait
	umount -l "$M"
	ctl fault clear
	ok "$1: it is mounted again" mount_disc
	is "$1: without what was begun" "$(ls "$M")" one
	echo two >"$M/two"
	ok "$1: the next session" sync_disc
	ok "$1: unmount then" unmount
	rm -rf "$T/want"
	mkdir "$T/want"
	echo one >"$T/want/one"
	echo two >"$T/want/two"
	ok "$1: isofs shows both" isofs_agrees
	detach "$DEV"
}

staged_files()
{
	"$BUILD/imapifs" status --json "$M" | grep -oP '"staged_files": *\K[0-9]+'
}

# not_flushed MEDIUM TEXT FILE FAULT...: nothing is read back, so the flush alone tells of it
not_flushed()
{
	local medium=$1 text=$2 name=$3

	shift 3
	cp "$T/ours" "$M/$name"
	ctl fault add 35 "$@" sense=3/0c/00 >/dev/null
	refused "$medium: $text fails" "Input/output error" sync_disc
	diag "$(last_message)"
	is "$medium: $text: all is staged" "$(staged_files)" 1
	ctl fault clear
	ok "$medium: $text: the next commit" sync_disc
	is "$medium: $text: has it" "$(staged_files)" 0
}

# Of a disc with sessions: libburn asks for ever whether it is done
endless()
{
	ctl fault add 04 hang=5 sense=3/31/00 >/dev/null
	timeout 300 "$BUILD/imapifs" blank --full --yes "$DEV" >"$T/blank" 2>&1 &
	ok "$1: a format" hit
	ctl fault add 00 times=every sense=3/31/00 >/dev/null
	wait $!
	is "$1: that comes to no end fails" "$? $(grep -c "comes to no end" "$T/blank")" "1 1"
	diag "$(<"$T/blank")"
	ctl fault clear
	ok "$1: the next one doesn't" timeout 300 "$BUILD/imapifs" blank --full --yes "$DEV"
	is "$1: and the disc is blank" "$(info --json | grep -c '"readable": true')" 0
}

# Only the drive's answer says that what it has in its buffer is not on the disc
flushes()
{
	local medium=$1 work=$T/flush-$1

	mkdir -p "$work"
	need attach "$medium" "$work/disc"
	need mount_disc verify=none,speed=5540
	cp "$T/ours" "$M/one"
	ctl fault add b6 times=every sense=5/24/00 >/dev/null
	ok "$medium: a refused speed fails neither a format nor a burn" sync_disc
	is "$medium: as it was refused" "$(ctl fault list | grep -c ' hits=[1-9]')" 1
	ctl fault clear
	not_flushed "$medium" "a flush" two
	not_flushed "$medium" "the last flush" three nth=2
	ok "$medium: and it is unmounted" unmount
	rm -rf "$T/want"
	mkdir "$T/want"
	for name in one two three; do
		cp "$T/ours" "$T/want/$name"
	done
	ok "$medium: isofs shows all three" isofs_agrees
	endless "$medium"
	detach "$DEV"
}

# --- what the drive is told ---

# Of page 05h (MMC-6 7.5) as it is set when data is written and when a session is closed: buffer
# underrun free and the way to write, the sessions to come. More than one line if it changes
write_parameters()
{
	local list

	ctl log show | awk '/ 55 .* status=good .* list=/ { sub(/.*list=/, ""); list = $0 }
		/ (2a|5b) / { print list }' | sort -u | while read -r list; do
		[[ ${list:16:2} == 05 ]] || { echo "none"; continue; }
		echo "$((0x${list:20:2} & 0x4f)) $((0x${list:22:2} >> 6))"
	done
}

# Of page 2Ah (MMC-3 5.5.10), which the drive is asked for: the speed that it has, kB/s
write_speed()
{
	# To be told that the disc is new
	sg_raw "$SG" 00 00 00 00 00 00 >/dev/null 2>&1
	sg_raw -r 200 -o "$T/page" "$SG" 5a 00 2a 00 00 00 00 00 c8 00 >"$T/sg_raw" 2>&1 &&
		echo $((0x$(od -An -v -tx1 "$T/page" | tr -d ' \n' | cut -c73-76)))
}

# told_session MEDIUM TYPE SPEED SESSIONS TEXT OPTIONS: a session, and what the drive was told
told_session()
{
	local medium=$1 type=$2 speed=$3 sessions=$4 text=$5

	need mount_disc "speed=$speed${6:+,$6}"
	cp "$T/ours" "$M/$text"
	ctl log clear
	ok "$medium: $text session" unmount
	# 40h: BUFE
	is "$medium: $text: underrun protection and write type, multi-session" \
		"$(write_parameters)" "$((0x40 | type)) $sessions"
	is "$medium: $text: speed" "$(write_speed)" "$speed"
}

# told MEDIUM TYPE SPEED OTHER: neither speed is what the drive has by itself
told()
{
	local work=$T/told-$1

	mkdir -p "$work"
	need attach "$1" "$work/disc"
	ok "$1: by itself a drive is faster" test "$(write_speed)" -gt "$3"
	told_session "$1" "$2" "$3" 3 first ""
	told_session "$1" "$2" "$4" 0 last finalize
	is "$1: the disc is closed" "$(info --json | grep -c '"closed": true')" 1
	detach "$DEV"
}

mount_by()
{
	local DEV=$1

	mount_disc
}

# By its other device, which only FUSE takes
by_generic()
{
	local medium=$1 work=$T/generic-$1 name

	mkdir -p "$work"
	need attach "$medium" "$work/disc"
	if [[ $FACE == kernel ]]; then
		refused "$medium: the module is not for the SCSI generic device" \
			"block device" mount_by "$SG"
		detach "$DEV"
		return
	fi
	rm -rf "$T/want"
	mkdir "$T/want"
	for name in one two; do
		ok "$medium: mounted by its SCSI generic device" mount_by "$SG"
		cp "$T/ours" "$M/$name"
		cp "$T/ours" "$T/want/$name"
		ok "$medium: a session with $name" unmount
	done
	ok "$medium: isofs shows both" isofs_agrees
	is "$medium: xorriso finds two sessions" \
		"$(timeout 100 xorriso -indev "$DEV" -toc 2>/dev/null | grep -c '^ISO session')" 2
	detach "$DEV"
}

told_all()
{
	if ! command -v sg_raw >/dev/null; then
		skip "what a drive is told" "no sg_raw (tests/deps.sh vdrive)"
		return
	fi
	# 01h: track at once; 00h: incrementally
	told cd-r-80 0x01 4234 1411
	told dvd-r 0x00 5540 2770
	by_generic cd-r-80
	by_generic dvd+rw
}

# --- what the drive says too early ---

# How often the log has READ DISC or TRACK INFORMATION refused as "operation in progress"
refused_early()
{
	ctl log show | grep -c ' 5[12] .* sense=2/04/07'
}

# late_end TEXT SESSIONS COMMAND...: it burns one session, whose end takes longer than libburn
# asks what is on the disc (half a minute, twice a second) and a look of ours behind that
late_end()
{
	local text=$1 sessions=$2

	shift 2
	ctl log clear
	ok "$text" "$@"
	ok "$text: the drive was at work for longer" test "$(refused_early)" -ge 100
	is "$text: a session is closed once" "$(ctl log show | grep -c ' 5b .* cdb=5b..02')" 1
	is "$text: and there" "$(info --json | grep -c '"readable": true')" "$sessions"
}

late()
{
	local medium=$1 work=$T/late-$1

	mkdir -p "$work"
	need attach "$medium" "$work/disc"
	ctl quirk ready-early on
	ctl closing 100
	need mount_disc
	cp "$T/ours" "$M/one"
	late_end "$medium: a session that is closed late" 1 sync_disc
	is "$medium: and nothing stays staged" "$(staged_files)" 0
	ok "$medium: unmount" unmount
	late_end "$medium: finalize" 2 timeout 300 "$BUILD/imapifs" finalize --yes "$DEV"
	is "$medium: the disc is closed" "$(info --json | grep -c '"closed": true')" 1
	rm -rf "$T/want"
	mkdir "$T/want"
	cp "$T/ours" "$T/want/one"
	ok "$medium: isofs shows what it has" isofs_agrees
	detach "$DEV"
}

# Another program's close goes on
late_mount()
{
	local medium=$1

	if ! command -v sg_raw >/dev/null; then
		skip "$medium: a mount amid a close" "no sg_raw (tests/deps.sh vdrive)"
		return
	fi
	mkdir -p "$T/late-mount"
	need attach "$medium" "$T/late-mount/disc"
	ctl quirk ready-early on
	ctl closing 500
	need sg_raw "$SG" 5b 01 02 00 00 00 00 00 00 00
	refused "$medium: a mount amid a close" "the drive is still at work" mount_disc
	detach "$DEV"
}

# --- not as root ---

as_user()
{
	su imapitest -c "HOME=$T/user $1"
}

user()
{
	local work=$T/as-user

	if [[ $FACE == kernel ]]; then
		skip "a user of group cdrom" "the module is for root to mount"
		return
	fi
	if ! useradd -M -G cdrom imapitest 2>/dev/null; then
		skip "a user of group cdrom" "no useradd, or no such group"
		return
	fi
	mkdir -p "$work" "$T/user/mnt"
	chmod 711 "$T"
	chown -R imapitest "$T/user"
	need attach "$1" "$work/disc"
	chgrp cdrom "$DEV" "$SG"
	chmod 660 "$DEV" "$SG"
	M=$T/user/mnt
	ok "a user of group cdrom mounts" as_user "$BUILD/mount.imapifs $DEV $M"
	ok "writes" as_user "cp $T/ours $M/one"
	ok "burns" as_user "timeout 300 sync $M"
	ok "and unmounts" as_user "timeout 300 $BUILD/umount.imapifs $M"
	is "as one session" "$(info --json | grep -c '"readable": true')" 1
	gpasswd -d imapitest cdrom >/dev/null
	refused "no other user does" "no permission" \
		as_user "$BUILD/mount.imapifs $DEV $M"
	M=$T/mnt
	detach "$DEV"
}

media=("$@")
[[ $# -gt 0 ]] || media=(cd-r-80 dvd+r dvd+rw told)
for medium in "${media[@]}"; do
	case $medium in
	told)
		told_all
		continue ;;
	late)
		late dvd-r
		late_mount dvd-r
		continue ;;
	esac
	faults "$medium"
	if overwritable "$medium"; then
		flushes "$medium"
	else
		killed "$medium"
		unplugged "$medium"
	fi
	broken_off "$medium" 22
	broken_off "$medium" 28
done
[[ ${media[0]} == told || ${media[0]} == late ]] || user "${media[0]}"
tap_done
