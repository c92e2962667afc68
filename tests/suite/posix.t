#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What programs expect of a writable folder, seen by system calls (posix_test.c)
set -u
# shellcheck source=tests/suite/lib.sh
. "$(dirname "$0")/lib.sh"

setup
# Its output is this script's: it prints the plan itself
IMAPIFS_DIR=$M "$TESTS/posix_test"
rc=$?
unmount "$M" >/dev/null 2>"$T/.out" || { diag "$(cat "$T/.out")"; rc=1; }
if compgen -G "$T/san.*" >/dev/null; then
	diag "$(head -n 60 "$T"/san.*)"
	rc=1
fi
exit $rc
