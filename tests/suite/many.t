#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Many files: few descriptors, and no scan of a folder for each name
set -u
# shellcheck source=tests/suite/lib.sh
. "$(dirname "$0")/lib.sh"

setup
ok "3,000 staged files" "$TESTS/mktree" "$M/few" 3 1000 20
held=$(server_files "$M")
tap_result $((held < 200 ? 0 : 1)) "don't need 3,000 open descriptors"
diag "$held are open"
ok "all of them burned" sync_dir "$M"
is "all of them listed" "$(find "$M/few" -type f | wc -l)" 3000
need unmount "$M"

# The same with few and with four times as many: 4 times as long, and not 16 times
many()
{
	local nr=$1 dir=many$1 start

	need mount_image "$I" "$M" verify=none
	start=$(date +%s%N)
	ok "$nr files in one folder" "$TESTS/mktree" "$M/$dir" 1 "$nr" 10
	ok "burned" sync_dir "$M"
	remount
	is "listed" "$(find "$M/$dir" -type f | wc -l)" "$nr"
	ok "each looked up and read" \
		bash -c "find '$M/$dir' -type f -print0 | xargs -0 cat | wc -c >'$T/sum'"
	is "all bytes" "$(cat "$T/sum")" $((nr * 10))
	took=$((($(date +%s%N) - start) / 1000000))
	need unmount "$M"
}

many 2500
few=$took
many 10000
tap_result $((took < 10 * few ? 0 : 1)) "in time that doesn't grow with the square of their number"
diag "2,500: $few ms, 10,000: $took ms"
suite_done
