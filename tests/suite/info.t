#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# imapifs info and verify: what they say of mounts and images, and of failures
set -u
# shellcheck source=tests/suite/lib.sh
. "$(dirname "$0")/lib.sh"

run() { timeout 60 "$BUILD/imapifs" "$@"; }
to_full() { run "$@" >/dev/full; }
finds() { run "${@:2}" 2>&1 | grep -qE "$1"; }

setup
write_to "$M/one" 1
ok "one file is no \"1 files\"" finds '1 file, ' info "$M"
need sync_dir "$M"
ok "info of a mount" finds 'May be staged' info "$M"
exits "and no second figure for free space beside it" 1 finds '^Free' info "$M"
ok "of the image: free space" finds '^Free' info "$I"

for command in info verify; do
	is "$command --help: usage" "$(run $command --help | grep -c '^usage: imapifs')" 1
	ok "and success" run $command --help
	exits "$command with an option that isn't there" 2 run $command --nonsense "$I"
	exits "$command with output to a full disk" 1 to_full $command "$I"
	exits "and with --json" 1 to_full $command --json "$I"
	refused "it says so" '^imapifs: standard output' to_full $command "$I"
	refused "an image that isn't there" "^imapifs: $T/none: no such file" run $command "$T/none"
done
refused "a session that isn't there" "session 99: there is 1$" run verify --session 99 "$I"

head -c 1000000 /dev/zero >"$T/zeros"
refused "zeros: how to start an image" "truncate -s 0" run info "$T/zeros"
cp "$I" "$T/copy.iso"
chmod 444 "$T/copy.iso"
ok "read-only: how to append" finds 'chmod u\+w' info "$T/copy.iso"
ok "it is mounted read-only" mount_image "$T/copy.iso" "$T/second"
refused "also for root" "read-only" touch "$T/second/x"
need unmount "$T/second"

need unmount "$M"
need mount_image "$I" "$M" ro
ok "two mounts that read" mount_image "$I" "$T/second" session=1
exits "and none that writes beside them" 32 mount_image "$I" "$T/third"
need unmount "$T/second"
need unmount "$M"
need mount_image "$I" "$M"
exits "none that reads beside one that writes" 32 mount_image "$I" "$T/second" ro
suite_done
