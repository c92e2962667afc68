#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Memory fails: each allocation of each call once, in who calls and in the helper. What
# failed has changed nothing, and nothing that is staged is lost
set -u
# shellcheck source=tests/suite/lib.sh
. "$(dirname "$0")/../../suite/lib.sh"

DEBUG=/sys/kernel/debug
[[ -d $DEBUG/failslab && -d $DEBUG/fail_page_alloc && -e /proc/self/fail-nth ]] ||
	skip_all "the kernel has no failslab, fail_page_alloc or fail-nth"
for file in fail_test fail_mount_test fail_at.so; do
	[[ -e $TESTS/$file ]] || skip_all "$TESTS/$file is not built"
done

# set_fault FILE VALUE: nothing fails by chance, only what a task asks for; with a
# line in the log for each the guest's would be thought to complain
set_fault()
{
	local kind

	for kind in failslab fail_page_alloc; do
		[[ ! -e $DEBUG/$kind/$1 ]] || echo "$2" >"$DEBUG/$kind/$1"
	done
}
set_fault probability 0
set_fault verbose 0
set_fault ignore-gfp-wait N
set_fault ignore-gfp-highmem N
set_fault min-order 0

# Not on ext4, where what is lost here is an error of the disk
mkdir "$T/memory"
need mount -t tmpfs memory "$T/memory"
export IMAPIFS_DIR=$T/memory IMAPIFS_BUILD=$BUILD FAIL_AT=$TESTS/fail_at.so

# holds WHAT PROGRAM; TEST_CASES="mount commit" has it run those cases alone
holds()
{
	"$TESTS/$2" >"$T/log" 2>&1
	tap_result $? "$1"
	grep -E '^# +[a-z/]|^(not )?ok|allocation|imapifs:|Totals' "$T/log" | sed 's/^#* */# /'
}

holds "in files and folders" fail_test
holds "in mount, commit and umount" fail_mount_test
need umount -i "$T/memory"
suite_done
