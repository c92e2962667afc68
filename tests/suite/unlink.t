#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Deleting staged and burned names
set -u
# shellcheck source=tests/suite/lib.sh
. "$(dirname "$0")/lib.sh"

setup
mkdir -p "$M/a/b/c" "$M/keep"
write_to "$M/a/b/c/f" 1
write_to "$M/a/b/g" 2
write_to "$M/keep/open" "still readable"
write_to "$M/keep/k" k
need sync_dir "$M"

refused "a full burned folder is not removed" "not empty" rmdir "$M/a/b"
ok "a burned file" rm "$M/a/b/g"
refused "is gone" "no such file" cat "$M/a/b/g"
ok "a staged file" bash -c "echo x >'$M/s' && rm '$M/s'"
ok "a burned folder and all in it" rm -r "$M/a"
is "nothing of it is listed" "$(find "$M" -mindepth 1 | wc -l)" 3
ok "a new folder of that name is empty" bash -c "mkdir '$M/a' && rmdir '$M/a'"

exec 5<"$M/keep/open"
is "a file has one link" "$(stat -L -c %h /dev/fd/5)" 1
ok "a burned file that is open" rm "$M/keep/open"
is "has none then" "$(stat -L -c %h /dev/fd/5)" 0
is "stays readable" "$(cat <&5)" "still readable"
exec 5<&-
exec 6<>"$M/staged"
echo "staged text" >&6
exec 7<"$M/staged"
ok "a staged file that is open" rm "$M/staged"
is "has no link either" "$(stat -L -c %h /dev/fd/7)" 0
ok "sync with it open" sync_dir "$M"
is "stays readable behind the burn" "$(cat <&7)" "staged text"
exec 6>&- 7<&-
remount
is "what is left" "$(cd "$M" && echo *)" keep
is "and in it" "$(cat "$M/keep/k")" k
ok "the last ones" rm -r "$M/keep"
remount
is "an empty disc again" "$(find "$M" -mindepth 1 | wc -l)" 0
is "with all its sessions" "$(unmount "$M" >&2; sessions "$I")" 3
need mount_image "$I" "$M"
suite_done
