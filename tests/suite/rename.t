#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Renames of burned and staged names, in all mixtures
set -u
# shellcheck source=tests/suite/lib.sh
. "$(dirname "$0")/lib.sh"

setup
mkdir -p "$M/burned/sub/deep" "$M/other"
for n in 1 2 3 4 5 6; do
	write_to "$M/burned/f$n" "burned $n"
done
write_to "$M/burned/sub/deep/leaf" leaf
need sync_dir "$M"

write_to "$M/new1" "new 1"
write_to "$M/new2" "new 2"
ino=$(inode "$M/burned/f1")
ok "a burned file within its folder" mv "$M/burned/f1" "$M/burned/g1"
is "its inode number stays" "$(inode "$M/burned/g1")" "$ino"
ok "a burned file to another folder" mv "$M/burned/f2" "$M/other/f2"
ok "a burned file over a burned one" mv -f "$M/burned/f3" "$M/burned/f4"
ok "a staged file over a burned one" mv -f "$M/new1" "$M/burned/f5"
ok "a burned file over a staged one" mv -f "$M/burned/f6" "$M/new2"
ok "a burned folder, with what is in it" mv "$M/burned/sub" "$M/other/moved"
is "what is in it" "$(cat "$M/other/moved/deep/leaf")" leaf
refused "a burned folder into itself" "subdirectory of itself|invalid" mv "$M/other" "$M/other/moved/x"
refused "its old name is gone" "no such file" stat "$M/burned/sub"
ok "a name that became free is used again" mkdir "$M/burned/sub"
ok "by something else" write_to "$M/burned/f1" "new f1"
ok "there and back is no change of content" bash -c "mv '$M/other/f2' '$M/tmp' && mv '$M/tmp' '$M/other/f2'"
refused "a folder over a full one" "not empty|exists" mv -T "$M/burned" "$M/other"

cat >"$T/want" <<'END'
burned/
burned/f1 new f1
burned/f4 burned 3
burned/f5 new 1
burned/g1 burned 1
burned/sub/
new2 burned 6
other/
other/f2 burned 2
other/moved/
other/moved/deep/
other/moved/deep/leaf leaf
END
tree() { (cd "$M" && find . -mindepth 1 \( -type d -printf '%P/\n' \) -o -printf '%P ' -exec cat {} \; -exec echo \;) | sort; }
tree >"$T/got"
same "the tree as staged" "$T/got" "$T/want"
ok "sync" sync_dir "$M"
tree >"$T/got"
same "the tree as burned" "$T/got" "$T/want"
is "the inode number is still the same" "$(inode "$M/burned/g1")" "$ino"
remount
tree >"$T/got"
same "the tree at the next mount" "$T/got" "$T/want"

ok "a moved folder moves again" mv "$M/other/moved" "$M/burned/sub/again"
ok "and the folder above it" mv "$M/burned" "$M/other/b"
remount
is "found at the new place" "$(cat "$M/other/b/sub/again/deep/leaf")" leaf
is "and at no other" "$(find "$M" -name leaf | wc -l)" 1
suite_done
