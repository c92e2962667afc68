#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Names: what Joliet can hold comes back as it was given, the rest is refused
set -u
# shellcheck source=tests/suite/lib.sh
. "$(dirname "$0")/lib.sh"

repeat() { printf -v pad '%*s' "$2" ''; printf '%s' "${pad// /$1}"; }

setup
ascii64=$(repeat n 64)
umlaut64=$(repeat ü 64)
emoji32=$(repeat 😀 32)
good=("$ascii64" "$umlaut64" "$emoji32" "a b" " lead" ".hidden" "trail." "two..dots" "UPPER"
	"upper" "a'\"b" "[x]{y}~!@#\$%^&()_+=-,<>|" "日本語のファイル名.txt" $'\u00c5ngstr\u00f6m' $'A\u030angstro\u0308m'
	"no.ext.at.all." "-dash" "x" "$(repeat é 63)x" "...")

for name in "${good[@]}"; do
	ok "create '${name:0:40}'" write_to "$M/$name" "$name"
done
refused "65 letters" "too long" touch "$M/$(repeat n 65)"
refused "65 letters of two bytes" "too long" touch "$M/$(repeat ü 65)"
refused "33 emoji are 66 units" "too long" touch "$M/$(repeat 😀 33)"
refused "65 letters for a folder" "too long" mkdir "$M/$(repeat n 65)"
refused "65 letters by rename" "too long" mv "$M/x" "$M/$(repeat n 65)"
for char in '*' ':' ';' '?' "\\" $'\x01' $'\n' $'\x1f'; do
	refused "a name with $(printf %q "$char")" "invalid argument" touch "$M/a${char}b"
done
for bytes in $'\xff' $'\xc3' $'\xc0\xaf' $'\xed\xa0\x80' $'\xf4\x90\x80\x80' $'\xe2\x82' \
	$'\xf8\x88\x80\x80\x80'; do
	refused "malformed UTF-8 $(printf %q "$bytes")" "invalid|illegal|wide character" \
		touch "$M/a${bytes}b"
done
# mv(1) has words of its own for EINVAL
refused "a rename to a character that is not allowed" "invalid argument|subdirectory of itself" \
	mv "$M/x" "$M/a?b"
refused "a name that isn't there and could not be" "no such file|too long|invalid" \
	stat "$M/$(repeat n 65)"

printf '%s\n' "${good[@]}" | sort >"$T/want"
find "$M" -mindepth 1 -printf '%P\n' | sort >"$T/got"
same "all names are listed" "$T/got" "$T/want"
remount
find "$M" -mindepth 1 -printf '%P\n' | sort >"$T/got"
same "and after a burn" "$T/got" "$T/want"
for name in "${good[@]}"; do
	is "content of '${name:0:40}'" "$(cat "$M/$name")" "$name"
done
refused "case counts: no 'Upper' beside UPPER and upper" "no such file" cat "$M/Upper"
suite_done
