#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What programs expect of a writable folder, seen by system calls
set -u
# shellcheck source=tests/kselftest/lib.sh
. "$(dirname "$0")/lib.sh"

mount_it >"$T/out" 2>&1 || { sed 's/^/# /' "$T/out"; echo "Bail out! no mount"; exit 1; }
# It prints the plan and the results
IMAPIFS_DIR=$M "$(dirname "$0")/posix_test"
rc=$?
umount.imapifs "$M" >"$T/out" 2>&1 </dev/null || { sed 's/^/# /' "$T/out"; rc=1; }
exit $rc
