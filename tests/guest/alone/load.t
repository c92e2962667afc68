#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Loading and unloading, again and again; not while it is in use. Begins and ends
# with the module loaded
set -u
# shellcheck source=tests/suite/lib.sh
. "$(dirname "$0")/../../suite/lib.sh"

module=$TOP/${IMAPIFS_MODULE:-build/$(uname -r)/imapifs.ko}
[[ -f $module ]] || skip_all "no $module"

times()
{
	local n

	for ((n = 1; n <= $1; n++)); do
		if ! rmmod imapifs || [[ -e /dev/imapifs ]] || grep -qw imapifs /proc/filesystems; then
			echo "unloading it, time $n"
			return 1
		fi
		if ! insmod "$module" || [[ ! -c /dev/imapifs ]]; then
			echo "loading it, time $n"
			return 1
		fi
	done
}

ok "unload and load 100 times" times 100

exec 5<>/dev/imapifs
refused "unload it while a channel is open" "in use" rmmod imapifs
exec 5>&-

setup
write_to "$M/file" file
refused "unload it while it is mounted" "in use" rmmod imapifs
pid=$(server_pid "$M")
kill -KILL "$pid"
need gone "$pid"
refused "without a helper, too" "in use" rmmod imapifs
ok "attach" timeout 60 "$BUILD/imapifs" attach "$M"
on_exit_kill "$(server_pid "$M")"
exec 5<"$M/file"
ok "umount -l" timeout 60 umount -i -l "$M"
refused "unload it while a file is open" "in use" rmmod imapifs
exec 5<&-
need gone "${tap_pids[-1]}"
ok "unload it when all is gone" rmmod imapifs
ok "and load it" insmod "$module"
need mount_image "$I" "$M"
is "what was staged then is burned" "$(cat "$M/file")" file
suite_done
