# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# For tests of a disc by what imapifs info says of it

# shellcheck source=tests/vdrive/mounted.sh
. "$VDRIVE_TOP/tests/vdrive/mounted.sh"

imapifs()
{
	timeout 300 "$BUILD/imapifs" "$@"
}

# json KEY: the first value of that name
json()
{
	imapifs info --json "$DEV" | grep -oP "\"$1\": *\K[^,]*" | head -n 1
}

sessions()
{
	imapifs info --json "$DEV" | grep -c '"readable": true'
}

# untouched TEXT PATTERN COMMAND...: it is refused, and nothing was sent that writes
untouched()
{
	ctl log clear
	refused "$@"
	is "$1: nothing is written" "$(writes)" 0
}

# isofs_has DISC NAME...: these names and no others, once the kernel looks at the disc anew
isofs_has()
{
	local names

	reload "$1" && mount -t iso9660 -o ro "$DEV" "$T/iso" || return
	names=$(ls "$T/iso")
	umount "$T/iso"
	shift
	[[ $names == "$(printf '%s\n' "$@")" ]] || { echo "$names"; return 1; }
}

# closed MEDIUM DISC NAME...: for good, with these files
closed()
{
	local medium=$1

	shift
	is "$medium: it is closed" "$(json closed)" true
	is "$medium: for sessions" "$(json sessions_left)" 0
	ok "$medium: isofs shows all of it" isofs_has "$@"
	ok "$medium: to close it again is nothing to do" imapifs finalize "$DEV"
	need mount_disc
	refused "$medium: it can't be changed" "Read-only" touch "$M/new"
	ok "$medium: unmount the closed disc" unmount
}

# one_session MEDIUM: on a disc that has to be blank
one_session()
{
	need mount_disc fresh
	cp "$T/ours" "$M/three"
	ok "$1: a session on it" unmount
	is "$1: is all there is" "$(sessions)" 1
}
