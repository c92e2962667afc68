#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What burns and what doesn't; what holds over a burn
set -u
# shellcheck source=tests/suite/lib.sh
. "$(dirname "$0")/lib.sh"

state() { stat -c %s "$I"; hash_of "$I"; }

setup
before=$(state)
ok "sync of a blank, clean disc" sync_dir "$M"
is "burns nothing" "$(state)" "$before"
mkdir "$M/d"
random_bytes 200000 5 >"$M/d/f"
before=$(state)
ok "fsync of a file" sync "$M/d/f"
ok "fsync of another folder" sync "$M/d"
sleep 2
is "burns nothing" "$(state)" "$before"

ino=$(inode "$M/d/f")
dino=$(inode "$M/d")
exec 5<"$M/d/f"
exec 6>>"$M/d/log"
echo one >&6
ok "sync of the root" sync_dir "$M"
is "burns one session" "$(sessions "$I")" 1
before=$(state)
ok "a second sync" sync_dir "$M"
is "burns nothing" "$(state)" "$before"
is "a file's inode number stays" "$(inode "$M/d/f")" "$ino"
is "a folder's too" "$(inode "$M/d")" "$dino"
is "an open file goes on reading" "$(hash_of /dev/fd/5)" "$(hash_of "$M/d/f")"
ok "and an open file goes on writing" bash -c 'echo two >&6'
is "behind the burn" "$(cat "$M/d/log")" $'one\ntwo'
ok "sync" sync_dir "$M"
is "two sessions" "$(sessions "$I")" 2
exec 5<&- 6>&-
is "an open, unchanged writer makes nothing to burn" "$(sync_dir "$M"; sessions "$I")" 2
ok "a change of a time alone is burned" touch -d '2010-01-01Z' "$M/d/f"
ok "sync" sync_dir "$M"
is "three sessions" "$(sessions "$I")" 3
ok "imapifs commit" bash -c "echo x >'$M/x' && '$BUILD/imapifs' commit '$M'"
is "four sessions" "$(sessions "$I")" 4
touch -d '2011-11-11Z' "$M"
need unmount "$M"
need mount_image "$I" "$M"
is "the root keeps its date" "$(stat -c %Y "$M")" "$(date -d '2011-11-11Z' +%s)"
ok "imapifs status" "$BUILD/imapifs" status "$M"

# Its caller is killed early in a burn, or before it has begun
for delay in 0.001 0.002 0.005 0.02; do
	before=$(sessions "$I")
	write_to "$M/x" "$delay"
	timeout -s KILL "$delay" sync "$M" 2>/dev/null
	ok "sync behind one that was killed after $delay s" sync_dir "$M"
	is "burns, if that one didn't" "$(sessions "$I")" $((before + 1))
done
before=$(sessions "$I")

need unmount "$M"
need mount_image "$I" "$M" commit=umount
write_to "$M/y" y
sync_dir "$M" >/dev/null 2>&1
is "commit=umount: sync burns nothing" "$(sessions "$I")" "$before"
need unmount "$M"
is "umount does" "$(sessions "$I")" $((before + 1))

need mount_image "$I" "$M" commit=manual
write_to "$M/z" z
sync_dir "$M" >/dev/null 2>&1
is "commit=manual: sync burns nothing" "$(sessions "$I")" $((before + 1))
ok "imapifs commit does" "$BUILD/imapifs" commit "$M"
is "one session more" "$(sessions "$I")" $((before + 2))
need unmount "$M"
is "a clean umount burns nothing" "$(sessions "$I")" $((before + 2))

for verify in none meta full; do
	need mount_image "$I" "$M" "verify=$verify"
	random_bytes 100000 9 >"$M/v-$verify"
	ok "verify=$verify" sync_dir "$M"
	is "reads back" "$(hash_of "$M/v-$verify")" "$(random_bytes 100000 9 | sha256sum | cut -c1-64)"
	need unmount "$M"
done
ok "imapifs verify finds the image sound" "$BUILD/imapifs" verify "$I"
need mount_image "$I" "$M"
suite_done
