#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Another image under the mount: nothing is written to it, and nothing is lost
set -u
# shellcheck source=tests/suite/lib.sh
. "$(dirname "$0")/lib.sh"

# Runs with the image's path as it was given, as a person would change a disc
new_image "$T/other.iso"
need mount_image "$T/other.iso" "$M"
write_to "$M/theirs" theirs
need unmount "$M"
cp "$T/other.iso" "$T/third.iso"

setup
write_to "$M/one" 1
need sync_dir "$M"
write_to "$M/two" 2
ours=$(hash_of "$I")

mv "$I" "$T/away.iso"
mv "$T/other.iso" "$I"
theirs=$(hash_of "$I")
refused "another image at the same place" "wrong medium type" sync_dir "$M"
is "nothing is written to it" "$(hash_of "$I")" "$theirs"
is "and nothing to the right one" "$(hash_of "$T/away.iso")" "$ours"
is "what is staged is still there" "$(cat "$M/two")" 2
ok "and more can be staged" write_to "$M/three" 3
exits "umount is refused" 32 unmount "$M"

mv "$I" "$T/other.iso"
refused "no image at all" "no medium found|wrong medium type" sync_dir "$M"
mv "$T/away.iso" "$I"
ok "with the right one back, sync works" sync_dir "$M"
remount
is "all is burned" "$(cd "$M" && echo *)" "one three two"

# Somebody writes over the image itself
write_to "$M/four" 4
cp "$I" "$T/backup.iso"
cat "$T/third.iso" >"$I"
theirs=$(hash_of "$I")
refused "the image is written over" "wrong medium type|structure needs cleaning" sync_dir "$M"
is "nothing is written to it" "$(hash_of "$I")" "$theirs"
cat "$T/backup.iso" >"$I"
ok "with its content back, sync works" sync_dir "$M"
is "and it is burned" "$(cat "$M/four")" 4

# Somebody cuts it
random_bytes 5000000 3 >"$M/large"
need sync_dir "$M"
cp "$I" "$T/backup.iso"
write_to "$M/small" s
truncate -s 1M "$I"
refused "the image is truncated" "wrong medium type" sync_dir "$M"
refused "which imapifs commit says" "truncated" "$BUILD/imapifs" commit "$M"
is "nothing is written to it" "$(stat -c %s "$I")" 1048576
cat "$T/backup.iso" >"$I"
ok "with the rest back, sync works" sync_dir "$M"
remount
random_bytes 5000000 3 >"$T/large"
same "and the old file is whole" "$M/large" "$T/large"

# Somebody else adds a session to it
if command -v xorriso >/dev/null; then
	write_to "$M/five" 5
	echo new >"$T/new"
	timeout 60 xorriso -dev "$I" -joliet on -map "$T/new" /new -commit >"$T/log" 2>&1
	theirs=$(hash_of "$I")
	refused "a session of another program on top" "wrong medium type" sync_dir "$M"
	refused "imapifs commit says what to do" "another program.*umount -f" "$BUILD/imapifs" commit "$M"
	is "nothing is written" "$(hash_of "$I")" "$theirs"
	timeout 60 umount -i "$M"
	need gone "${tap_pids[-1]}"
	is "a bare umount keeps it in a rescue folder" "$(find "$SPOOL" -name five -type f -exec cat {} \;)" 5
else
	skip "a session of another program on top" "no xorriso"
fi
suite_done
