#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# /dev/imapifs: what a helper may say and what is refused (channel_test.c), and
# how commits end (channel_end_test.c); from 64-bit programs and from 32-bit ones
set -u
# shellcheck source=tests/suite/lib.sh
. "$(dirname "$0")/../suite/lib.sh"

# holds WHAT PROGRAM
holds()
{
	local dir

	if [[ ! -x $TESTS/$2 ]]; then
		skip "$1" "$2 is not built (for 32 bits it takes gcc-multilib)"
		return
	fi
	dir=$(mktemp -d "$T/XXXXXX")
	IMAPIFS_DIR=$dir IMAPIFS_BUILD=$BUILD timeout 200 "$TESTS/$2" >"$T/log" 2>&1
	tap_result $? "$1"
	grep -E '^# +[a-z]|^not ok|^# (PASSED|FAILED)|Totals' "$T/log" | sed 's/^/# /'
}

holds "what is refused" channel_test
holds "how a commit ends" channel_end_test
holds "what is refused to a 32-bit helper" channel_test32
holds "how its commits end" channel_end_test32
suite_done
