#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guarded.t [MEDIUM...]: a kernel that opens no mounted block device for writing. A mount by
# the module burns all the same
set -u
export IMAPIFS_FACE=kernel VDRIVE_APPEND=bdev_allow_write_mounted=0
export IMAPIFS_KERNEL=${IMAPIFS_KERNEL:-6.12}
# shellcheck source=tests/vdrive/lib.sh
. "$(dirname "$0")/lib.sh"
guest_or_exec 500 "$@"
# shellcheck source=tests/vdrive/mounted.sh
. "$VDRIVE_TOP/tests/vdrive/mounted.sh"

open_for_writing()
{
	dd if=/dev/null of="$DEV" oflag=nonblock conv=notrunc
}

guarded()
{
	medium=$1
	need attach "$medium" "$T/$medium"
	need mount_disc
	if open_for_writing 2>/dev/null; then
		unmount
		detach "$DEV"
		skip_all "this kernel opens mounted devices for writing"
	fi
	refused "$medium: nobody can open it for writing" "busy" open_for_writing
	stage
	ok "$medium: one session" sync_disc
	stage
	ok "$medium: and another by umount" unmount
	is "$medium: there are two" "$(info --json | grep -o '"readable"' | wc -l)" 2
	ok "$medium: sound" timeout 200 "$BUILD/imapifs" verify "$DEV"
	detach "$DEV"
}

media=("$@")
[[ $# -gt 0 ]] || media=(cd-r-80 dvd+rw)
for medium in "${media[@]}"; do
	guarded "$medium"
done
tap_done
