#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# drive.t [MEDIUM...]: three sessions on each medium by IMAPIFS_FACE, each read by isofs
# and xorriso, and what a disc that is swapped, a drive that fails and a user come to
set -u
# shellcheck source=tests/vdrive/lib.sh
. "$(dirname "$0")/lib.sh"
guest_or_exec 1100 "$@"
# shellcheck source=tests/lib/tap.sh
. "$VDRIVE_TOP/tests/lib/tap.sh"

FACE=${IMAPIFS_FACE:-fuse}
if [[ $FACE == kernel && ! -e /dev/imapifs ]]; then
	insmod "$BUILD/$(uname -r)/imapifs.ko" || skip_all "no module (make kmod KVER=$(uname -r))"
fi
for program in xorriso fusermount3; do
	command -v "$program" >/dev/null || skip_all "no $program"
done
[[ -x $BUILD/imapifs ]] || skip_all "build/imapifs is not built"
export HOME=$T/home
mkdir -p "$HOME" "$T/spool" "$T/mnt" "$T/iso" "$T/other" "$T/src/deep/er"
M=$T/mnt

media=("$@")
[[ $# -gt 0 ]] || media=(cd-r-80 cd-rw-80 dvd-r dvd-rw dvd+r dvd+r-dl dvd+rw dvd-ram bd-r bd-re)

for size in 0 1 2047 2048 2049 700001 3000000; do
	head -c $size /dev/urandom >"$T/src/file$size"
done
cp "$T/src/file2049" "$T/src/deep/er/Ein langer Name mit Leerzeichen.txt"

mount_disc()
{
	timeout 120 "$BUILD/mount.imapifs" "$DEV" "$M" -o "face=$FACE,spool=$T/spool${1:+,$1}"
}

unmount()
{
	timeout 300 "$BUILD/umount.imapifs" "$M"
}

sync_disc()
{
	timeout 300 sync "$M"
}

info()
{
	timeout 120 "$BUILD/imapifs" info "$@" "$DEV"
}

sessions()
{
	info --json | grep -o '"readable"' | wc -l
}

last_message()
{
	"$BUILD/imapifs" status "$M" | sed -n 's/^last: *//p'
}

# Commands that change a disc, since the log was cleared: WRITE, BLANK, CLOSE, FORMAT
writes()
{
	ctl log show | grep -cE ' (2a|aa|a1|5b|04) '
}

# The tree as it has to be after session $1
expect_tree()
{
	rm -rf "$T/want"
	mkdir "$T/want"
	cp -r "$T/src" "$T/want/one"
	[[ $1 -ge 2 ]] || return 0
	rm "$T/want/one/file2048"
	mv "$T/want/one/deep" "$T/want/moved"
	echo second >"$T/want/second"
	[[ $1 -ge 3 ]] || return 0
	echo third >"$T/want/moved/third"
}

# What isofs makes of it once the kernel has looked at the disc anew
isofs_agrees()
{
	local rc

	reload "$work/disc" && mount -t iso9660 -o ro "$DEV" "$T/iso" || return
	diff -r "$T/want" "$T/iso"
	rc=$?
	umount "$T/iso" && return $rc
}

xorriso_sessions()
{
	timeout 100 xorriso -indev "$DEV" -toc 2>/dev/null | grep -c '^ISO session'
}

three_sessions()
{
	local medium=$1 work=$T/$1

	mkdir -p "$work"
	need attach "$medium" "$work/disc"
	ok "$medium: a blank disc is mounted" mount_disc
	cp -r "$T/src" "$M/one"
	ok "$medium: a first session" sync_disc
	expect_tree 1
	ok "$medium: shows it" diff -r "$T/want" "$M"
	rm "$M/one/file2048"
	mv "$M/one/deep" "$M/moved"
	echo second >"$M/second"
	ok "$medium: a second one by umount" unmount
	expect_tree 2
	ok "$medium: isofs shows that" isofs_agrees
	ok "$medium: is mounted again" mount_disc
	ok "$medium: with what was burned" diff -r "$T/want" "$M"
	echo third >"$M/moved/third"
	ok "$medium: a third one" sync_disc
	expect_tree 3
	ok "$medium: shows all three" diff -r "$T/want" "$M"
	ok "$medium: unmount" unmount
	ok "$medium: isofs shows all three" isofs_agrees
	is "$medium: info counts them" "$(sessions)" 3
	is "$medium: so does xorriso" "$(xorriso_sessions)" 3
	ok "$medium: the newest is sound" timeout 200 "$BUILD/imapifs" verify "$DEV"
	ok "$medium: the first one can be mounted" mount_disc session=1
	expect_tree 1
	ok "$medium: and is as it was" diff -r "$T/want" "$M"
	ok "$medium: unmount that" unmount
	detach "$DEV"
}

# --- discs that are not the one that was mounted ---

refused_sync()
{
	ctl log clear
	refused "$1" "$2" sync_disc
	is "$1: nothing is written" "$(writes)" 0
}

swaps()
{
	local medium=$1 work=$T/swap-$1

	mkdir -p "$work"
	need attach "$medium" "$work/disc"
	need "$V" new --media "$medium" "$work/other"
	need mount_disc
	cp "$T/src/file700001" "$M/one"
	ok "$medium: one session" sync_disc
	cp --sparse=always "$work/disc" "$work/copy"
	cp "$work/disc.disc" "$work/copy.disc"
	cp "$T/src/file700001" "$M/two"
	ctl swap "$work/other"
	refused_sync "$medium: a blank one of its make" "Wrong medium type"
	ctl eject
	refused_sync "$medium: none" "No medium found"
	ctl insert "$work/disc"
	ok "$medium: the right one is back" sync_disc
	ok "$medium: with what was staged" cmp "$T/src/file700001" "$M/two"
	cp "$T/src/file2048" "$M/three"
	ctl swap "$work/copy"
	refused_sync "$medium: the disc as it was a session ago" "Wrong medium type"
	ctl swap "$work/disc"
	ok "$medium: the right one again" sync_disc
	refused "$medium: mount(2) of the drive" "busy|already mounted" \
		mount -t iso9660 -o ro "$DEV" "$T/iso"
	refused "$medium: a second mount" "mounted already" \
		timeout 60 "$BUILD/mount.imapifs" "$DEV" "$T/other" -o face=$FACE
	refused "$medium: xorriso" "" timeout 60 xorriso -dev "$DEV" -toc
	exits "$medium: the tray is locked" 1 ctl button
	ok "$medium: unmount" unmount
	ok "$medium: and it is unlocked" ctl button
	detach "$DEV"
}

# --- drives that fail ---

# failing TEXT FILE FAULT...: the commit fails, and the next one has it
failing()
{
	local text=$1 name=$2

	shift 2
	cp "$T/src/file700001" "$M/$name"
	ctl fault add "$@" >/dev/null
	refused "$text: the commit fails" "" sync_disc
	diag "$(last_message)"
	ctl fault clear
	ok "$text: the next one doesn't" sync_disc
	ok "$text: and has the file" cmp "$T/src/file700001" "$M/$name"
}

faults()
{
	local medium=$1 work=$T/fault-$1 name

	mkdir -p "$work"
	need attach "$medium" "$work/disc"
	need mount_disc
	cp "$T/src/file700001" "$M/good"
	ok "$medium: one session" sync_disc
	failing "$medium: a write error" a write nth=2 sense=3/0c/00
	failing "$medium: power is cut" b write nth=3 power
	failing "$medium: reading back" c 28 nth=2 times=every sense=3/11/00
	ok "$medium: unmount" unmount
	ok "$medium: mount it again" mount_disc
	for name in good a b c; do
		ok "$medium: $name is there" cmp "$T/src/file700001" "$M/$name"
	done
	ok "$medium: unmount again" unmount
	ok "$medium: isofs" reload "$work/disc"
	need mount -t iso9660 -o ro "$DEV" "$T/iso"
	for name in good a b c; do
		ok "$medium: isofs: $name" cmp "$T/src/file700001" "$T/iso/$name"
	done
	umount "$T/iso"
	detach "$DEV"
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
	ctl fault add write nth=200 hang=15 >/dev/null
	pid=$("$BUILD/imapifs" status --json "$M" | grep -oP '"pid": *\K[0-9]+')
	sync_disc 2>/dev/null &
	sleep 3
	refused "$1: nobody looks at a disc amid a burn" "writes on the disc" info
	ok "$1: a reader who is killed doesn't wait for the end" \
		bash -c "timeout -s KILL 1 cat '$M/one'; test \$? -eq 137"
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

# --- the end of a disc ---

finalized()
{
	local work=$T/final-$1

	mkdir -p "$work"
	need attach "$1" "$work/disc"
	need mount_disc finalize
	echo one >"$M/one"
	ok "$1: a session before the last" sync_disc
	echo two >"$M/two"
	ok "$1: umount closes it" unmount
	is "$1: nothing can be appended" "$(info | sed -n 's/^State: *//p')" "read-only: the disc is closed"
	ok "$1: it can be mounted" mount_disc
	ok "$1: and has both" cmp "$M/two" <(echo two)
	refused "$1: but not changed" "Read-only" touch "$M/three"
	ok "$1: unmount" unmount
	detach "$DEV"
}

# --- all that fits ---

filled()
{
	local work=$T/full-${1%:*} free left

	mkdir -p "$work"
	need attach "$1" "$work/disc"
	need mount_disc
	free=$(df -B1 --output=avail "$M" | tail -n 1)
	refused "$1: more than fits" "No space" \
		dd if=/dev/zero of="$M/full" bs=64k count=$((free / 65536 + 2)) status=none
	refused "$1: nor by single blocks" "No space" \
		dd if=/dev/zero of="$M/full" bs=2k count=64 oflag=append conv=notrunc status=none
	left=$(df -B1 --output=avail "$M" | tail -n 1)
	ok "$1: next to nothing is free then" test "$left" -lt 4096
	ok "$1: what was accepted is burned" sync_disc
	diag "$(last_message)"
	refused "$1: no other session" "No space" touch "$M/more"
	ok "$1: unmount" unmount
	ok "$1: sound" timeout 200 "$BUILD/imapifs" verify "$DEV"
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
	ok "writes" as_user "cp -r $T/src $M/one"
	ok "burns" as_user "timeout 300 sync $M"
	ok "and unmounts" as_user "timeout 300 $BUILD/umount.imapifs $M"
	is "as one session" "$(sessions)" 1
	gpasswd -d imapitest cdrom >/dev/null
	refused "no other user does" "no permission" \
		as_user "$BUILD/mount.imapifs $DEV $M"
	M=$T/mnt
	detach "$DEV"
}

for medium in "${media[@]}"; do
	three_sessions "$medium"
done
if [[ $# -eq 0 ]]; then
	for medium in cd-r-80 dvd+r dvd+rw; do
		swaps "$medium"
		faults "$medium"
	done
	killed cd-r-80
	killed dvd+r
	finalized cd-r-80
	finalized dvd+r
	filled cd-r-80:64M
	filled dvd+rw:64M
	user dvd+r
fi
tap_done
