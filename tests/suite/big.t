#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A file beyond 4 GiB is several extents (ECMA-119 9.1.4)
set -u
# shellcheck source=tests/suite/lib.sh
. "$(dirname "$0")/lib.sh"

free=$(df -B1 --output=avail "$T" | tail -n 1)
[[ $free -gt $((14 << 30)) ]] || skip_all "less than 14 GiB free in $T"
[[ $BUILD == "$TOP/build" ]] || skip_all "done once, by the program without sanitizers"

size=$(((4 << 30) + 5000000))
setup verify=none
ok "a sparse file of a little over 4 GiB" truncate -s "$size" "$M/big"
for at in 0 4294965248 4294967296 $((size - 7)); do
	ok "write at $at" bash -c "printf 'at %4s' $((at % 9973)) | dd of='$M/big' bs=1 seek=$at conv=notrunc status=none"
done
write_to "$M/after" after
ok "burned" sync_dir "$M"
look() { for at in 0 4294965248 4294967296 $((size - 7)); do dd if="$M/big" bs=1 skip=$at count=7 status=none; echo; done; }
want=$(for at in 0 4294965248 4294967296 $((size - 7)); do printf 'at %4s\n' $((at % 9973)); done)
is "reads back" "$(look)" "$want"
remount ro
is "at the next mount too" "$(look)" "$want"
is "with its size" "$(stat -c %s "$M/big")" "$size"
is "and the file behind it" "$(cat "$M/after")" after
if command -v xorriso >/dev/null; then
	is "xorriso sees the same size" "$(timeout 60 xorriso -read_fs norock -indev "$I" -lsl / 2>/dev/null |
		awk '/big/ { print $5 }')" "$size"
else
	skip "xorriso sees the same size" "no xorriso"
fi
suite_done
