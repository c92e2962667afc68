#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A blank image is mounted, burned by sync and by umount, and has all that was written
set -u
# shellcheck source=tests/kselftest/lib.sh
. "$(dirname "$0")/lib.sh"

holds() { [[ $(cat "$1") == "$2" ]]; }
put() { printf '%s\n' "$2" >"$1"; }
sessions() { [[ $(imapifs info --json "$I" | grep -o '"start"' | wc -l) -eq $1 ]]; }

by_isofs()
{
	local rc=0

	mount -t iso9660 -o ro,loop "$I" "$M" || return
	holds "$M/dir/first" one && holds "$M/second" two || rc=1
	umount "$M" && return $rc
}

check "a blank image is mounted" mount_it
check "a folder is made in it" mkdir "$M/dir"
check "a file is written" put "$M/dir/first" one
check "nothing is burned yet" test ! -s "$I"
check "sync burns" sync "$M"
check "one session" sessions 1
check "the file is there behind the burn" holds "$M/dir/first" one
check "another file is written" put "$M/second" two
check "it is unmounted" umount.imapifs "$M"
check "which burns" sessions 2
check "it is mounted again" mount_it
check "and has the first file" holds "$M/dir/first" one
check "and the second" holds "$M/second" two
check "it is unmounted" umount.imapifs "$M"
check "which had nothing to burn" sessions 2
check "isofs reads the same" by_isofs
done_checking
