#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check.sh [KERNEL]: what takes a guest and the virtual drive, one after the other
set -u
cd "$(dirname "$0")/../.." || exit
export IMAPIFS_KERNEL=${1:-6.12}
failed=0
prove -v tests/vdrive/attach.t tests/vdrive/burn.t tests/vdrive/mount.t || failed=1
for face in kernel fuse; do
	IMAPIFS_FACE=$face prove -v tests/vdrive/fill.t tests/vdrive/faults.t || failed=1
	for media in "cd-r-80 cd-rw-80 dvd-r dvd-rw" "dvd-rw-over dvd+r dvd+r-dl dvd+rw" \
		"dvd-ram bd-r bd-re" more; do
		# shellcheck disable=SC2086
		IMAPIFS_FACE=$face prove -v tests/vdrive/life.t :: $media || failed=1
	done
	IMAPIFS_FACE=$face prove -v tests/vdrive/swap.t || failed=1
	IMAPIFS_FACE=$face prove -v tests/vdrive/swap.t :: udev cd-r-80 || failed=1
done
prove -v tests/vdrive/killed.t tests/vdrive/guarded.t || failed=1
exit $failed
