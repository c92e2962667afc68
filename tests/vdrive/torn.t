#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# torn.t [MEDIUM...]: by IMAPIFS_FACE: power that is cut within a command. A burn fails, and what
# is staged is in the next one; a disc that was neither blank nor anything else is blanked again
set -u
# shellcheck source=tests/vdrive/lib.sh
. "$(dirname "$0")/lib.sh"
guest_or_exec 1500 "$@"
# shellcheck source=tests/vdrive/mounted.sh
. "$VDRIVE_TOP/tests/vdrive/mounted.sh"

staged_files()
{
	"$BUILD/imapifs" status --json "$M" | grep -oP '"staged_files": *\K[0-9]+'
}

# cut FAULT...: the power goes within that command; with "off" it stays off
cut()
{
	ctl log clear
	[[ ${*: -1} == off ]] || set -- "$@" power
	need ctl fault add "$@"
}

# back TEXT: it went there, and is there again
back()
{
	is "$1: it was cut there" "$(ctl fault list | grep -c "hits=1")" 1
	diag "$(ctl log show | grep -E ' (04|2a|35|53|5b|a1|aa) ' | tail -n 5)"
	need ctl fault clear
	need ctl power on
}

# burned TEXT NAME FAULT...: a commit of one more file comes to that fault, and the next has it
burned()
{
	local text=$1 name=$2

	shift 2
	cp "$T/ours" "$M/$name"
	cp "$T/ours" "$T/want/$name"
	cut "$@"
	refused "$text: the commit fails" "error" sync_disc
	is "$text: and says why in one line" "$(last_message | grep -c .)" 1
	diag "$(last_message)"
	is "$text: what was staged is still" "$(staged_files)" 1
	ok "$text: and can be read" cmp "$T/ours" "$M/$name"
	back "$text"
	# A blank disc says nothing of whether it is the one that was there before the power went
	if [[ $name == zero ]]; then
		refused "$text: asks whether the blank disc is the one" "Wrong medium" sync_disc
		diag "$(last_message)"
	fi
	ok "$text: the next commit" sync_disc
	diag "$(last_message)"
	is "$text: has it" "$(staged_files)" 0
}

# begin MEDIUM: an empty disc, mounted
begin()
{
	work=$T/torn-$1
	mkdir -p "$work"
	rm -rf "$T/want"
	mkdir "$T/want"
	need attach "$1" "$work/disc"
	need mount_disc
}

one_session()
{
	cp "$T/ours" "$M/one"
	cp "$T/ours" "$T/want/one"
	ok "$1: one session" sync_disc
}

end()
{
	ok "$1: unmount" unmount
	ok "$1: isofs shows all" isofs_agrees
	detach "$DEV"
	rm -r "$work"
}

# Of a burn: what is closed and what isn't, and what of the drive's buffer is on the disc
burns()
{
	local medium=$1 nth=2 off=

	# libburn waits minutes for a drive that is gone
	[[ $medium != bd-r ]] || off=off
	begin "$medium"
	case $medium in
	dvd+rw | bd-re)
		burned "$medium: within its format" zero 04 torn=1
		one_session "$medium"
		burned "$medium: within the flush of its data" two 35 torn=20
		burned "$medium: within the last flush" three 35 nth=2 torn=1
		;;
	*)
		one_session "$medium"
		burned "$medium: within a flush" two 35 torn=20
		# CD: that of the session is the only one
		[[ $medium != cd-* ]] || nth=1
		burned "$medium: between track and session" three 5b nth=$nth torn=1 $off
		;;
	esac
	end "$medium"
}

# blanks MEDIUM CODE OPTION...: and a blank disc burns
blanks()
{
	local medium=$1 code=$2

	shift 2
	begin "$medium"
	one_session "$medium"
	need unmount
	# libburn begins no format while another one goes on in the background
	need reload "$work/disc"
	cut "$code" torn=1
	refused "$medium: power is cut while it is blanked" "" \
		timeout 300 "$BUILD/imapifs" blank "$@" --yes "$DEV"
	back "$medium: blank"
	diag "$(info 2>&1)"
	refused "$medium: nothing is on it that could be mounted" "" \
		mount -t iso9660 -o ro "$DEV" "$T/iso"
	# A session that can't be closed
	if [[ $medium == cd-rw-* ]]; then
		mount_disc >"$T/said" 2>&1
		ok "$medium: a mount says what helps" grep "mounted read-only: .*(imapifs blank)" "$T/said"
		need unmount
	fi
	ok "$medium: it is blanked again" timeout 300 "$BUILD/imapifs" blank "$@" --yes "$DEV"
	is "$medium: and blank" "$(info --json | grep -c '"readable": true')" 0
	need mount_disc
	one_session "$medium"
	end "$medium"
}

media=("$@")
[[ $# -gt 0 ]] || media=(cd-r-80 dvd+r dvd+rw bd-r bd-re cd-rw-80)
for medium in "${media[@]}"; do
	case $medium in
	cd-rw-*)
		blanks "$medium" a1 ;;
	*)
		burns "$medium" ;;
	esac
	[[ $medium != dvd+rw ]] || blanks "$medium" 04 --full
done
tap_done
