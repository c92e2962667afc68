#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A mount that dies with its server: what is said, and what is left
set -u
# shellcheck source=tests/suite/lib.sh
. "$(dirname "$0")/lib.sh"

! face_outlives_server || skip_all "a mount of the module outlives its server, see attach.t"

setup
write_to "$M/five" lost
pid=$(server_pid "$M")
kill -KILL "$pid"
need gone "$pid"
refused "info of a dead mount" "^imapifs: $M: the process that served it is gone" \
	"$BUILD/imapifs" info "$M"
refused "commit of one" "is gone; unmount it" "$BUILD/imapifs" commit "$M"
says "umount of it does that, and says what is left" 'unmounted; its process was gone' \
	timeout 60 "$BUILD/umount.imapifs" "$M"
is "it is unmounted" "$(tap_mounts)" ""
dead=$(find "$SPOOL" -name 'mount-*')
says "the next mount names its folder" "$dead: 4 bytes" mount_image "$I" "$M"
is "which has what was staged" "$(find "$dead" -type f -size +0 -exec cat {} \;)" lost
need unmount "$M"
is "and stays" "$(find "$SPOOL" -name 'mount-*')" "$dead"
rm -r "$dead"

# What was staged and not burned is left in the spool, and says what it was
need mount_image "$I" "$M"
mkdir "$M/dir"
write_to "$M/dir/first name" kept
mv "$M/dir/first name" "$M/dir/last name"
server_kill "$M" >/dev/null 2>&1
left=$(grep -lrx kept "$SPOOL" | head -n 1)
if ! command -v getfattr >/dev/null || ! setfattr -n user.probe -v 1 "$left" 2>/dev/null; then
	skip "a staged file of a killed mount has its name" "no extended attributes here"
else
	is "a staged file of a killed mount has its name" \
		"$(getfattr --absolute-names --only-values -n user.imapifs.path "$left")" "dir/last name"
fi
need mount_image "$I" "$M"
suite_done
