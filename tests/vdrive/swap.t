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
# shellcheck source=tests/vdrive/staged.sh
. "$VDRIVE_TOP/tests/vdrive/staged.sh"

# What the sentences say of it
ANOTHER="another disc .* put back the one that was mounted"
CHANGED="not the disc as it was mounted: put that back .* umount -f"
ERASED="the disc in the drive is blank: put back the one that was mounted"
ALIKE="blank discs can't be told apart: put in the one that is meant"
EMPTY="the drive is empty: put the disc back"
AMID="amid the burn.* put back the disc that was mounted"

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

# --- before a commit ---

first_session()
{
	stage
	cp -r "$T/dir" "$M/dir"
	ctl swap "$work/blank"
	wrong "another blank of its make" "$WRONG" "$ALIKE"
	back
}

discs()
{
	copy_disc "$work/disc" "$work/ago"
	stage
	ctl eject
	wrong "no disc" "$NONE" "$EMPTY"
	back ctl insert "$work/disc"
	stage
	ctl swap "$work/blank"
	wrong "a blank one, when it wasn't" "$WRONG" "$ERASED"
	back
	stage
	ctl swap "$work/ago"
	wrong "the disc as it was a session ago" "$WRONG" "$CHANGED"
	back
	stage
	ctl swap "$work/foreign"
	wrong "a disc of its make that another program burned" "$WRONG" "$ANOTHER|$CHANGED"
	ctl swap "$work/kind"
	wrong "a disc of another kind" "$WRONG" "$ANOTHER"
	ctl swap "$work/closed"
	wrong "a closed disc" "$WRONG" "$ANOTHER|$CHANGED"
	back
	stage
	ctl power off
	ctl swap "$work/foreign"
	ctl power on
	wrong "another one after a power cut" "$WRONG" "$ANOTHER|$CHANGED"
	back
}

# The same disc, and yet not as it was: who has the copy of before has the right one
one_session_more()
{
	local more="another program has burned a session .* umount -f"

	# Where that one's descriptors took the place of ours, it may be another disc as well
	! overwritable "$medium" || more=$CHANGED
	stage
	ctl eject
	copy_disc "$work/disc" "$work/copy"
	need elsewhere "$work/disc" theirs "$T/theirs"
	ctl insert "$work/disc"
	wrong "a session more, burned elsewhere" "$WRONG" "$more"
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

# Of the log's commands that change a disc: those behind the one that hung, and that one
# itself if it was carried out
written_since()
{
	ctl log show | sed -n '/fault=/,$p' | sed '1{/ status=good /!d}' | changing | wc -l
}

# amid TEXT SENTENCE WHERE...: the disc of a session ago comes in the middle of a command
amid()
{
	local text=$1 sentence=$2

	shift 2
	stage
	copy_disc "$work/ago" "$work/amid"
	ctl log clear
	ctl fault add "$@" hang=6 >/dev/null
	sync_disc >"$T/sync" 2>&1 &
	ok "$medium: $text" hit
	ctl swap "$work/amid"
	wait $!
	is "$medium: $text: refused" "$? $(grep -c "$WRONG" "$T/sync")" "1 1"
	says "$medium: $text" "$sentence"
	is "$medium: $text: nothing is written on it" "$(written_since)" 0
	ok "$medium: $text: no block of it has changed" cmp "$work/amid" "$work/ago"
	same "$medium: $text: nor what else there is to it" "$work/amid.disc" "$work/ago.disc"
	ok "$medium: $text: all is staged" is_staged
	ctl fault clear
	back
}

commits()
{
	# The speed is set behind the last look at the disc. As nothing is written yet there is one
	# more, and so with a first write that the drive refuses
	case $medium in
	cd-*) amid "swapped behind the last look" "$CHANGED" bb ;;
	dvd-r | dvd+r | dvd+r-dl | bd-r) amid "swapped behind the last look" "$CHANGED" b6 ;;
	esac
	amid "swapped with the first write" "$CHANGED" write
	amid "swapped amid the burn" "$AMID" write nth=5
	stage
	ctl log clear
	ctl fault add write nth=4 reset >/dev/null
	refused "$medium: a bus reset amid the burn" "$WRONG" sync_disc
	says "$medium: a bus reset" "$AMID"
	is "$medium: a bus reset: nothing is written behind it" "$(written_since)" 0
	ok "$medium: a bus reset: all is staged" is_staged
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
	is "$medium: $1: taken out, and not taken for burned" "$? $(grep -c "$NONE" "$T/sync")" "1 1"
	says "$medium: $1: taken out" "(no disc is in the drive|taken out before .*put it back).* sync again"
	ok "$medium: $1: all is staged" is_staged
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
	wrong "another one that is formatted and blank" "$WRONG" "$ALIKE"
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

swaps()
{
	medium=$1
	work=$T/${udev:-swap}-$medium
	count=0
	contents=()
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
	ok "$medium: unmount it at last" unmount
	ok "$medium: isofs shows all that was staged, and no more" all_there
	not_read_back
	[[ $medium != dvd+rw ]] || formatted
	detach "$DEV"
}

if [[ ${1-} == udev ]]; then
	shift
	start_udev
fi
media=("$@")
[[ $# -gt 0 ]] || media=(cd-r-80 dvd+r dvd+rw)
for medium in "${media[@]}"; do
	swaps "$medium"
done
stop_udev
tap_done
