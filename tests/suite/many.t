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

need mount_image "$I" "$M" verify=none
start=$(date +%s%N)
ok "20,000 files in one folder" "$TESTS/mktree" "$M/many" 1 20000 10
ok "burned" sync_dir "$M"
remount
is "listed" "$(find "$M/many" -type f | wc -l)" 20000
ok "each looked up and read" bash -c "find '$M/many' -type f -print0 | xargs -0 cat | wc -c >'$T/sum'"
is "all bytes" "$(cat "$T/sum")" 200000
took=$((($(date +%s%N) - start) / 1000000))
tap_result $((took < 100000 ? 0 : 1)) "in time that doesn't grow with the square of their number"
diag "$took ms"
suite_done
