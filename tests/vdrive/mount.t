#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# mount.t [MEDIUM...]: how many commands a mount sends to a drive, by both faces, with what
# the kernel asks when a disc comes in: 40 at most on every medium, blank, burned, and with a
# burn behind that which was broken off
set -u
# shellcheck source=tests/vdrive/lib.sh
. "$(dirname "$0")/lib.sh"
guest_or_exec 1000 "$@"
# shellcheck source=tests/lib/tap.sh
. "$VDRIVE_TOP/tests/lib/tap.sh"

MOST=40
[[ -x $BUILD/imapifs ]] || skip_all "build/imapifs is not built"
command -v fusermount3 >/dev/null || skip_all "no fusermount3"
faces=(fuse)
if [[ -e /dev/imapifs ]] || insmod "$BUILD/$(uname -r)/imapifs.ko"; then
	faces+=(kernel)
fi
export HOME=$T/home
mkdir -p "$HOME" "$T/spool" "$T/mnt"
M=$T/mnt

media=("$@")
[[ $# -gt 0 ]] || media=(cd-r-80 cd-rw-80 dvd-r dvd-rw dvd-rw-over dvd+r dvd+r-dl dvd+rw
	dvd-ram bd-r bd-re)

mount_disc()
{
	timeout 120 "$BUILD/mount.imapifs" "$DEV" "$M" -o "face=$1,spool=$T/spool,verify=none"
}

unmount()
{
	timeout 300 "$BUILD/umount.imapifs" "$M"
}

# The kernel has forgotten the disc, and asks for everything again
come_in()
{
	ctl eject && echo 3 >/proc/sys/vm/drop_caches && ctl insert "$1" && ctl log clear
}

# Reading ahead goes on behind mount(2)
settled()
{
	local before=-1 now=0

	while [[ $now -ne $before ]]; do
		sleep 0.3
		before=$now
		now=$(ctl log show | wc -l)
	done
	echo "$now"
}

# counted TEXT FACE DISC
counted()
{
	local commands

	need come_in "$3"
	ok "$1 is mounted, $2" mount_disc "$2"
	commands=$(settled)
	diag "$1, $2: $commands commands"
	ok "$1, $2: at most $MOST commands" test "$commands" -le $MOST
	[[ $commands -le $MOST ]] || ctl log show | cut -c1-110 | sed 's/^/# /'
}

# breaks_off FACE: amid a commit, after which what was staged is not tried again
breaks_off()
{
	need mount_disc "$1,commit=manual"
	head -c 3000000 /dev/urandom >"$M/torn"
	ctl fault add write nth=20 power >/dev/null
	refused "$medium: a burn is broken off" "" timeout 200 "$BUILD/imapifs" commit "$M"
	ctl fault clear
	need unmount
}

for medium in "${media[@]}"; do
	work=$T/$medium
	mkdir "$work"
	need attach "$medium" "$work/disc"
	for face in "${faces[@]}"; do
		counted "blank $medium" "$face" "$work/disc"
		need unmount
	done
	need mount_disc fuse
	mkdir -p "$M/folder/below"
	head -c 300000 /dev/urandom >"$M/folder/file"
	need unmount
	for face in "${faces[@]}"; do
		counted "$medium with a session" "$face" "$work/disc"
		need unmount
	done
	# Each mends what was left when it burns, or when it is mounted
	for face in "${faces[@]}"; do
		breaks_off "$face"
		counted "$medium with a broken session" "$face" "$work/disc"
		need unmount
	done
	detach "$DEV"
done
[[ ${#faces[@]} -eq 2 ]] || skip "the kernel face" "no module (make kmod KVER=$(uname -r))"
tap_done
