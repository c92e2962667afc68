#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What the commands say
set -u
# shellcheck source=tests/suite/lib.sh
. "$(dirname "$0")/lib.sh"

imapifs() { timeout 60 "$BUILD/imapifs" "$@"; }

for command in commit status; do
	exits "$command --help" 0 imapifs "$command" --help
	is "prints its usage" "$(imapifs "$command" --help | grep -c "^usage: imapifs $command DIR")" 1
	exits "$command without a folder" 2 imapifs "$command"
done
exits "an unknown option" 2 imapifs commit --nonsense "$T"

setup
says "status: nothing staged" '^staged: +nothing$' imapifs status "$M"
write_to "$M/one" 1
says "one file" '^staged: +1 file, 1 byte, not burned yet$' imapifs status "$M"
write_to "$M/two" 2
says "two files" '^staged: +2 files, 2 bytes, not burned yet$' imapifs status "$M"
says "commit -v says what was burned" 'session 1 burned: [0-9]+ blocks' imapifs commit -v "$M"
is "and nothing if nothing was" "$(imapifs commit -v "$M" 2>&1)" ""
mv "$M/one" "$M/three"
says "a new name alone" '^staged: +names or times only, not burned yet$' imapifs status "$M"
is "without -v and a terminal commit is silent" "$(imapifs commit "$M" 2>&1)" ""
write_to "$M/four" 4
says "umount -v says what was burned" 'session 3 burned' timeout 60 "$BUILD/umount.imapifs" -v "$M"
suite_done
