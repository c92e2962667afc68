#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# swap.t [udev] [MEDIUM...]: a disc in the drive that isn't the one that is mounted, by
# IMAPIFS_FACE: nothing is written on it, nothing is read from it, all stays staged, and
# is burned when the right one is back. udev: with the device manager running
set -u
# shellcheck source=tests/vdrive/lib.sh
. "$(dirname "$0")/lib.sh"
guest_or_exec 1500 "$@"
# shellcheck source=tests/vdrive/mounted.sh
. "$VDRIVE_TOP/tests/vdrive/mounted.sh"

WRONG="Wrong medium type"
NONE="No medium found"
UDEVD=/lib/systemd/systemd-udevd

# --- what there is to swap with ---

# Of another kind than $1
another_medium()
{
	case $1 in
	cd-*) echo dvd+r ;;
	*) echo cd-r-80 ;;
	esac
}

# Closed for good, of the kind of $1 where there is such a thing
closed_medium()
{
	case $1 in
	dvd+rw | dvd-ram | bd-re) echo dvd+r ;;
	*) echo "$1" ;;
	esac
}

# Each may go into the drive: blank, foreign, kind (another), closed, and disc, the right one
make_discs()
{
	need "$V" new --media "$1" "$work/blank"
	need "$V" new --media "$1" "$work/foreign"
	need elsewhere "$work/foreign" theirs "$T/theirs"
	need "$V" new --media "$(another_medium "$1")" "$work/kind"
	need "$V" new --media "$(closed_medium "$1")" "$work/closed"
	need elsewhere "$work/closed" theirs "$T/theirs" on
}

# --- a commit that has to be refused ---

# wrong TEXT PATTERN
wrong()
{
	ctl log clear
	refused "$medium: $1" "$2" sync_disc
	is "$medium: $1: nothing is written" "$(writes)" 0
	ok "$medium: $1: all is staged" cmp "$T/ours" "$staged"
	diag "$(last_message)"
}

# back [COMMAND...]: the right disc is put in again
back()
{
	[[ $# -gt 0 ]] || set -- ctl swap "$work/disc"
	"$@"
	ok "$medium: burned when the right one is back" sync_disc
	ok "$medium: with what was staged" cmp "$T/ours" "$staged"
}

first_session()
{
	stage
	cp -r "$T/dir" "$M/dir"
	ctl swap "$work/blank"
	wrong "another blank of its make" "$WRONG"
	back
}

discs()
{
	copy_disc "$work/disc" "$work/ago"
	stage
	ctl eject
	wrong "no disc" "$NONE"
	back ctl insert "$work/disc"
	stage
	ctl swap "$work/blank"
	wrong "a blank one, when it wasn't" "$WRONG"
	back
	stage
	ctl swap "$work/ago"
	wrong "the disc as it was a session ago" "$WRONG"
	back
	stage
	ctl swap "$work/foreign"
	wrong "a disc of its make that another program burned" "$WRONG"
	ctl swap "$work/kind"
	wrong "a disc of another kind" "$WRONG"
	ctl swap "$work/closed"
	wrong "a closed disc" "$WRONG"
	back
	stage
	ctl power off
	ctl swap "$work/foreign"
	ctl power on
	wrong "another one after a power cut" "$WRONG"
	back
}

# The same disc, and yet not as it was: who has the copy of before has the right one
one_session_more()
{
	stage
	ctl eject
	copy_disc "$work/disc" "$work/copy"
	need elsewhere "$work/disc" theirs "$T/theirs"
	ctl insert "$work/disc"
	wrong "a session more, burned elsewhere" "$WRONG"
	ctl eject
	copy_disc "$work/copy" "$work/disc"
	back ctl insert "$work/disc"
}

# --- the right disc, of which the drive tells something ---

attentions()
{
	stage
	ctl swap "$work/foreign"
	back
	stage
	back ctl reset
	stage
	ctl fault add 51 sense=6/28/00 >/dev/null
	back true
	ctl fault clear
	# Closing a session is a change for many a drive
	ctl quirk close-event on
	stage
	back true
	stage
	back true
	ctl quirk close-event off
}

# --- amid a commit ---

# amid TEXT WHERE...: the disc of a session ago comes in the middle of a command
amid()
{
	local text=$1

	shift
	stage
	copy_disc "$work/ago" "$work/amid"
	ctl log clear
	ctl fault add "$@" hang=6 >/dev/null
	sync_disc >"$T/sync" 2>&1 &
	ok "$medium: $text" hit
	ctl swap "$work/amid"
	wait $!
	is "$medium: $text: refused" "$? $(grep -c "$WRONG" "$T/sync")" "1 1"
	is "$medium: $text: nothing is written on it" \
		"$(ctl log show | sed '1,/fault=/d' | grep -cE ' (2a|aa|a1|5b|04|53|54) ')" 0
	same "$medium: $text: nor in any other way" "$work/amid.disc" "$work/ago.disc"
	ok "$medium: $text: all is staged" cmp "$T/ours" "$staged"
	diag "$(last_message)"
	ctl fault clear
	back
}

commits()
{
	# By then the disc was compared for the last time: the speed is set behind it
	case $medium in
	cd-*) amid "swapped behind the last look" bb ;;
	dvd-r | dvd+r | dvd+r-dl | bd-r) amid "swapped behind the last look" b6 ;;
	esac
	amid "swapped before the first write" write
	amid "swapped amid the burn" write nth=5
	stage
	ctl fault add write nth=4 reset >/dev/null
	refused "$medium: a bus reset amid the burn" "" sync_disc
	diag "$(last_message)"
	ctl fault clear
	back true
}

# taken_out TEXT: behind the burn, before anything of it was read back
taken_out()
{
	stage
	ctl fault add write nth=3 hang=3 >/dev/null
	sync_disc >"$T/sync" 2>&1 &
	ok "$medium: $1 is burned" hit
	ctl fault clear
	ctl fault add read hang=6 >/dev/null
	ok "$medium: and to be read back" hit
	ctl eject
	wait $!
	is "$medium: $1: taken out, and not taken for burned" "$?" 1
	diag "$(<"$T/sync")"
	ok "$medium: $1: all is staged" cmp "$T/ours" "$staged"
	ctl fault clear
	ctl insert "$work/fresh"
	# As long as nothing on it counts it may be refused once, as any blank one
	[[ $2 != blank ]] || sync_disc
	back true
}

# By a disc of its own, which is mounted
not_read_back()
{
	need "$V" new --media "$medium" "$work/fresh"
	ctl swap "$work/fresh"
	need mount_disc
	if overwritable "$medium"; then
		taken_out "the first session" blank
	else
		taken_out "the first session" begun
	fi
	taken_out "a later one" begun
	ok "$medium: unmount that" unmount
	ok "$medium: it is sound" timeout 200 "$BUILD/imapifs" verify "$DEV"
}

# A blank one need not be unformatted
formatted()
{
	local medium=dvd-ram

	need "$V" new --media $medium "$work/formatted"
	need "$V" new --media $medium "$work/twin"
	ctl swap "$work/formatted"
	need mount_disc
	stage
	ctl swap "$work/twin"
	wrong "another one that is formatted and blank" "$WRONG"
	back ctl swap "$work/formatted"
	need unmount
}

# --- reading ---

reads()
{
	ok "$medium: unmount" unmount
	ok "$medium: mount it again" mount_disc
	echo 3 >/proc/sys/vm/drop_caches
	ctl swap "$work/foreign"
	refused "$medium: another disc's files are not read" "$WRONG|Input/output" cat "$M/file1"
	refused "$medium: nor later" "$WRONG" cat "$M/file1"
	refused "$medium: nor its directories" "$WRONG" ls "$M/dir/deep/er"
	ctl eject
	refused "$medium: nor from no disc" "$NONE|$WRONG" cat "$M/file1"
	ctl insert "$work/disc"
	ok "$medium: the right one's are" cmp "$T/ours" "$M/file1"
	ok "$medium: and its directories" diff -r "$T/dir" "$M/dir"
	echo 3 >/proc/sys/vm/drop_caches
	ok "$medium: once more" cmp "$T/ours" "$M/file1"
}

# --- the tray ---

# Nothing but that: eject(1) unlocks the tray before. What sr returns is no errno where the
# drive refuses, so what tells is that the disc can be read
cdromeject()
{
	perl -MFcntl -e 'sysopen(my $d, $ARGV[0], O_RDONLY | O_NONBLOCK) or die "$!\n";
		ioctl($d, 0x5309, 0)' "$DEV"
	dd if="$DEV" of=/dev/null bs=2048 count=1 iflag=direct
}

tray()
{
	stage
	ok "$medium: CDROMEJECT opens no tray while it is mounted" cdromeject
	# Root unlocks it all the same, and so does who sends the drive's own commands
	if command -v eject >/dev/null; then
		ok "$medium: ejected by commands" timeout 60 eject --no-unmount --scsi "$DEV"
		wrong "no disc then" "$NONE"
		back ctl button
		stage
	fi
	exits "$medium: the tray is locked" 1 ctl button
	if [[ $udev ]]; then
		# Its rules eject all the same; until then the disc is in there
		udevadm settle --timeout=60
		sleep 5
		udevadm settle --timeout=60
		wrong "udev has ejected it on the button" "$NONE"
		back ctl button
	else
		ctl eject
		wrong "ejected by hand" "$NONE"
		back ctl insert "$work/disc"
	fi
	exits "$medium: it is locked again" 1 ctl button
	[[ ! $udev ]] || { sleep 5; udevadm settle --timeout=60; ctl button; }
}

# --- another program that burns ---

# It ends by itself, and not well
fails()
{
	local rc=0

	"$@" || rc=$?
	[[ $rc -ne 0 && $rc -ne 137 ]]
}

second_program()
{
	local name=$1

	shift
	if ! command -v "$1" >/dev/null; then
		skip "$medium: $name" "no $1 (tests/deps.sh vdrive)"
		return
	fi
	ok "$medium: $name is refused" fails timeout -s KILL 60 "$@"
}

# With the mount in use: growisofs unmounts, as root, what isn't
second_programs()
{
	local burning=$1

	exec 9<"$M"
	second_program "xorriso$burning" xorriso -abort_on FAILURE -dev "$DEV" \
		-map "$T/theirs" /theirs -commit
	second_program "xorriso by sg$burning" xorriso -abort_on FAILURE -dev "$SG" \
		-map "$T/theirs" /theirs -commit
	second_program "growisofs$burning" growisofs -quiet -M "$DEV" -J "$T/theirs"
	second_program "wodim$burning" wodim -s -multi -tao -data dev="$DEV" "$T/theirs"
	second_program "wodim by sg$burning" wodim -s -multi -tao -data dev="$SG" "$T/theirs"
	exec 9<&-
}

programs()
{
	stage
	ctl log clear
	refused "$medium: mount(2) of the drive" "busy|already mounted" \
		mount -t iso9660 -o ro "$DEV" "$T/iso"
	refused "$medium: a second mount" "mounted already" \
		timeout 60 "$BUILD/mount.imapifs" "$DEV" "$T/iso" -o face="$FACE"
	second_programs ", while something is staged"
	# It would go on where the disc ended before
	second_program "growisofs, which unmounts first" growisofs -quiet -M "$DEV" -J "$T/theirs"
	ok "$medium: it is still mounted" mountpoint -q "$M"
	is "$medium: they have written nothing" "$(writes)" 0
	ok "$medium: it is burned then" sync_disc
	stage
	ctl fault add write nth=3 hang=20 >/dev/null
	sync_disc >"$T/sync" 2>&1 &
	ok "$medium: a burn" hit
	second_programs ", while it is burned"
	wait $!
	is "$medium: it is burned then" "$? $(<"$T/sync")" "0 "
	ctl fault clear
	ok "$medium: with what was staged" cmp "$T/ours" "$staged"
}

# --- the end ---

# eject(1) unmounts first, and that burns
ejected()
{
	stage
	if command -v eject >/dev/null; then
		ok "$medium: eject unmounts it" timeout 300 eject "$DEV"
		ctl button
	else
		ok "$medium: unmount at last" unmount
	fi
	ok "$medium: it is unmounted" test ! -e "$M/file1"
}

# What isofs makes of it: each file that was ever staged, and nothing else
all_there()
{
	local n rc=0

	ctl eject
	ctl insert "$work/disc"
	mount -t iso9660 -o ro "$DEV" "$T/iso" || return
	for ((n = 1; n <= count; n++)); do
		cmp "$T/ours" "$T/iso/file$n" || rc=1
	done
	[[ $(find "$T/iso" -maxdepth 1 | wc -l) -eq $((count + 2)) ]] || rc=1
	umount "$T/iso" && return "$rc"
}

# Where umount(8) finds it
ln -sf "$BUILD/imapifs" /sbin/umount.imapifs
ln -sf "$BUILD/imapifs" /sbin/umount.fuse.imapifs

swaps()
{
	medium=$1
	work=$T/${udev:-swap}-$medium
	count=0
	mkdir -p "$work"
	make_discs "$medium"
	need attach "$medium" "$work/disc"
	need mount_disc
	first_session
	discs
	one_session_more
	attentions
	commits
	reads
	tray
	programs
	ejected
	ok "$medium: isofs shows all that was staged, and no more" all_there
	not_read_back
	[[ $medium != dvd+rw ]] || formatted
	detach "$DEV"
}

start_udev()
{
	[[ -x $UDEVD ]] || skip_all "no udev"
	echo 2000 >/sys/module/block/parameters/events_dfl_poll_msecs
	mkdir -p /run/udev
	"$UDEVD" --daemon || skip_all "udev doesn't start"
	udevadm trigger --action=add
	udevadm settle --timeout=100
}

udev=
if [[ ${1-} == udev ]]; then
	udev=udev
	shift
	start_udev
fi
media=("$@")
[[ $# -gt 0 ]] || media=(cd-r-80 dvd+r dvd+rw)
for medium in "${media[@]}"; do
	swaps "$medium"
done
[[ ! $udev ]] || udevadm control --exit
tap_done
