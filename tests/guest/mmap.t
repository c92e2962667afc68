#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Mappings, splice, O_DIRECT and the like over commits (mmap_test.c), with the spool
# on a disk and in memory
set -u
# shellcheck source=tests/suite/lib.sh
. "$(dirname "$0")/../suite/lib.sh"

[[ -x $TESTS/mmap_test ]] || skip_all "$TESTS/mmap_test is not built"

holds_with()
{
	IMAPIFS_DIR=$M timeout 200 "$TESTS/mmap_test" >"$T/log" 2>&1
	tap_result $? "with a spool $1"
	grep -E '^# +[a-z]|^not ok|^# (PASSED|FAILED)|Totals' "$T/log" | sed 's/^/# /'
}

new_image "$I"
need mount_image "$I" "$M"
holds_with "on $(findmnt -n -o FSTYPE -T "$SPOOL")"
manifest "$M" >"$T/want"
need unmount "$M"
need mount_image "$I" "$M"
same "a new mount has the same bytes" <(manifest "$M") "$T/want"
need unmount "$M"

mkdir "$T/memory"
need mount -t tmpfs memory "$T/memory"
SPOOL=$T/memory
need mount_image "$I" "$M"
holds_with "on tmpfs"
need unmount "$M"
need umount -i "$T/memory"
suite_done
