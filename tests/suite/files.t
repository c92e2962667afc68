#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Files: staged and burned ones are read, written, appended to and cut alike
set -u
# shellcheck source=tests/suite/lib.sh
. "$(dirname "$0")/lib.sh"

append() { printf '%s' "$2" >>"$1"; }
patch_at() { printf '%s' "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }

setup
mkdir -p "$T/src/sub/deep/deeper" "$T/src/empty"
random_bytes 3000000 1 >"$T/src/big"
random_bytes 2048 2 >"$T/src/one-block"
random_bytes 2049 3 >"$T/src/one-block-and-a-byte"
: >"$T/src/zero"
write_to "$T/src/sub/deep/deeper/text" "hello"
touch -d '2001-02-03 04:05:06Z' "$T/src/one-block" "$T/src/sub/deep"

ok "a tree is copied in" cp -a --no-preserve=ownership,mode "$T/src/." "$M"
manifest "$T/src" >"$T/want"
manifest "$M" >"$T/got"
same "it reads back as it is staged" "$T/got" "$T/want"
ok "sync burns it" sync_dir "$M"
manifest "$M" >"$T/got"
same "it reads back from the disc" "$T/got" "$T/want"
remount
manifest "$M" >"$T/got"
same "and at another mount" "$T/got" "$T/want"
is "a file's time is kept" "$(stat -c %Y "$M/one-block")" 981173106
is "a folder's time is kept" "$(stat -c %Y "$M/sub/deep")" 981173106

# Burned files are changed: none of it may show up in the others
ok "append to a burned file" append "$M/one-block" tail
ok "write into the middle of a burned file" patch_at "$M/big" 1000000 PATCH
ok "cut a burned file" truncate -s 100 "$M/one-block-and-a-byte"
ok "make a burned file longer" truncate -s 9000 "$M/sub/deep/deeper/text"
ok "write to a burned empty file" write_to "$M/zero" 0
(
	cd "$T/src" || exit
	append one-block tail
	patch_at big 1000000 PATCH
	truncate -s 100 one-block-and-a-byte
	truncate -s 9000 sub/deep/deeper/text
	write_to zero 0
)
manifest "$T/src" >"$T/want"
manifest "$M" >"$T/got"
same "the changes are staged" "$T/got" "$T/want"
ok "sync" sync_dir "$M"
manifest "$M" >"$T/got"
same "and burned" "$T/got" "$T/want"
ok "overwrite a burned file" write_to "$M/big" short
write_to "$T/src/big" short
remount
manifest "$T/src" >"$T/want"
manifest "$M" >"$T/got"
same "umount burned it" "$T/got" "$T/want"

# A file that is cut to nothing, or written again before the sync
ok "cut to nothing" truncate -s 0 "$M/big"
ok "write, sync, write the same file again" bash -c \
	"echo one >'$M/again' && sync '$M' && echo two >'$M/again' && sync '$M'"
remount
is "the second content counts" "$(cat "$M/again")" two
is "a file cut to nothing is empty" "$(stat -c %s "$M/big")" 0
suite_done
