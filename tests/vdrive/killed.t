#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# killed.t [MEDIUM...]: the helper of a mount by the module is killed amid a burn. The mount
# lives on with all that was staged, and a new helper closes what the old one has begun
set -u
# shellcheck source=tests/vdrive/lib.sh
. "$(dirname "$0")/lib.sh"
export IMAPIFS_FACE=kernel
guest_or_exec 900 "$@"
# shellcheck source=tests/vdrive/mounted.sh
. "$VDRIVE_TOP/tests/vdrive/mounted.sh"

helper_pid()
{
	"$BUILD/imapifs" status --json "$M" | grep -oP '"pid": *\K[0-9]+'
}

# killed_amid NAME FAULT...: what is staged as NAME is burned, up to where the fault hangs, for
# HANG seconds
killed_amid()
{
	local name=$1 pid

	shift
	head -c 3000000 /dev/urandom >"$work/$name"
	cp "$work/$name" "$M/$name"
	pid=$(helper_pid)
	[[ $pid -gt 0 ]] || need false "no helper"
	ctl fault add "$@" hang="${HANG:-8}" >/dev/null
	sync_disc >"$T/sync" 2>&1 &
	ok "$medium: a burn" hit
	kill -9 "$pid"
	wait $!
	is "$medium: fails when its helper is killed" "$?" 1
	diag "$(<"$T/sync")"
	ctl fault clear
	is "$medium: status says what to do" "$(last_message)" \
		"the helper died: imapifs attach starts a new one; all stays staged"
	ok "$medium: what was staged can be read" cmp "$work/$name" "$M/$name"
	refused "$medium: but not burned" "not connected" sync_disc
	ok "$medium: attach" timeout 120 "$BUILD/imapifs" attach "$M"
	ok "$medium: the next commit" sync_disc
	diag "$(last_message)"
	ok "$medium: has it" cmp "$work/$name" "$M/$name"
}

isofs_shows()
{
	local name rc=0

	ctl button && ctl eject && ctl insert "$work/disc" || return
	mount -t iso9660 -o ro "$DEV" "$T/iso" || return
	for name; do
		cmp "$work/$name" "$T/iso/$name" || rc=1
	done
	umount "$T/iso" && return "$rc"
}

killed()
{
	local names=(first second third)

	medium=$1
	work=$T/killed-$medium
	mkdir -p "$work"
	need attach "$medium" "$work/disc"
	need mount_disc
	killed_amid first write nth=20
	killed_amid second write nth=20
	killed_amid third 35
	# Longer than anybody waits for a drive that is busy: nobody knows how that ended
	if [[ $medium != dvd+rw ]]; then
		HANG=45 killed_amid fourth 5b
		names+=(fourth)
	fi
	ok "$medium: unmount" unmount
	ok "$medium: sound" timeout 200 "$BUILD/imapifs" verify "$DEV"
	ok "$medium: isofs shows all" isofs_shows "${names[@]}"
	detach "$DEV"
}

# What the mount was made with counts for the next helper as well
closed()
{
	work=$T/closed-$1
	mkdir -p "$work"
	need attach "$1" "$work/disc"
	need mount_disc finalize
	cp "$T/ours" "$M/ours"
	need sync_disc
	kill -9 "$(helper_pid)"
	ok "$1: attach to a mount with finalize" timeout 120 "$BUILD/imapifs" attach "$M"
	ok "$1: unmount that" unmount
	ok "$1: the disc is closed" grep '"closed": true' <(info --json)
	detach "$DEV"
}

media=("$@")
[[ $# -gt 0 ]] || media=(cd-r-80 dvd+r dvd+rw)
for medium in "${media[@]}"; do
	killed "$medium"
	[[ $medium == dvd+rw ]] || closed "$medium"
done
tap_done
