#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# umount burns, or says that it can't; umount(2) can't say no
set -u
# shellcheck source=tests/suite/lib.sh
. "$(dirname "$0")/lib.sh"

setup
write_to "$M/one" 1
ok "umount commits" unmount "$M"
is "one session" "$(sessions "$I")" 1

need mount_image "$I" "$M"
write_to "$M/two" 2
exec 5<"$M/one"
exits "a busy mount" 32 unmount "$M"
ok "stays mounted" mountpoint -q "$M"
is "and works" "$(cat "$M/one")" 1
exec 5<&-
ok "and goes when it is free" unmount "$M"
is "two sessions" "$(sessions "$I")" 2

need mount_image "$I" "$M"
write_to "$M/three" 3
ok "umount(2) alone" unmount_bare "$M"
is "commits as well" "$(sessions "$I")" 3
is "nothing is left in the spool" "$(find "$SPOOL" -type f -size +0 | wc -l)" 0

need mount_image "$I" "$M"
touch "$M/one"
need sync_dir "$M"
mkdir -p "$M/new/sub"
random_bytes 70000 3 >"$M/new/sub/file"
write_to "$M/one" changed
rm "$M/two"
want=$(hash_of "$M/new/sub/file")
before=$(hash_of "$I")
mv "$I" "$T/away.iso"
exits "a commit that fails" 32 unmount "$M"
ok "leaves the mount in place" mountpoint -q "$M"
ok "umount(2) can't" unmount_bare "$M"
file=$(find "$SPOOL" -path '*/new/sub/file' -type f)
is "what was staged is in the rescue folder" "$([[ -n $file ]] && hash_of "$file")" "$want"
is "changed files too" "$(find "$SPOOL" -name one -type f -exec cat {} \;)" changed
is "the image is as it was" "$(hash_of "$T/away.iso")" "$before"
mv "$T/away.iso" "$I"
need mount_image "$I" "$M"
is "and mounts" "$(cd "$M" && echo *)" "one three two"
ok "a folder that is no mount" bash -c "! '$BUILD/umount.imapifs' '$T'"
suite_done
