#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A mount that outlives its server, and gets another one
set -u
# shellcheck source=tests/suite/lib.sh
. "$(dirname "$0")/lib.sh"

face_outlives_server || skip_all "a FUSE mount dies with its server, see dead.t"

kill_server()
{
	local pid

	pid=$(server_pid "$M")
	kill -KILL "$pid"
	gone "$pid"
}

setup
write_to "$M/burned" burned
need sync_dir "$M"
write_to "$M/staged" staged
need kill_server
is "what is burned is read" "$(cat "$M/burned")" burned
is "and what is staged" "$(cat "$M/staged")" staged
refused "a change" "not connected" touch "$M/new"
refused "a write to what is staged" "not connected" bash -c "echo x >>'$M/staged'"
refused "sync" "not connected" sync_dir "$M"
refused "commit says how to go on" "imapifs attach" "$BUILD/imapifs" commit "$M"
ok "info of it" "$BUILD/imapifs" info "$M"
ok "attach" timeout 60 "$BUILD/imapifs" attach "$M"
on_exit_kill "$(server_pid "$M")"
refused "a second one" "serves it" timeout 60 "$BUILD/imapifs" attach "$M"
ok "a change" touch "$M/new"
ok "sync burns what was staged before" sync_dir "$M"
is "in one session" "$(sessions "$I")" 2

write_to "$M/more" more
need kill_server
ok "umount.imapifs attaches by itself" unmount "$M"
need mount_image "$I" "$M"
is "and burns" "$(cat "$M/more")" more

# It goes by the file, wherever that is now, under a name as long as it likes
long="$T/$(printf '%0240d' 0)/with a \\ and , in it"
mkdir -p "$long"
mv "$I" "$long/away.iso"
need kill_server
ok "attach to an image with a long name" timeout 60 "$BUILD/imapifs" attach "$M"
on_exit_kill "$(server_pid "$M")"
mv "$long/away.iso" "$T/away.iso"
need kill_server
ok "attach after the image was renamed" timeout 60 "$BUILD/imapifs" attach "$M"
on_exit_kill "$(server_pid "$M")"
write_to "$M/renamed" 1
before=$(sessions "$T/away.iso")
ok "sync" sync_dir "$M"
is "has burned there" "$(sessions "$T/away.iso")" $((before + 1))

# The image was unlinked, which the kernel goes on saying of it when it is back
write_to "$M/kept" kept
need kill_server
ln "$T/away.iso" "$T/link.iso"
rm "$T/away.iso"
refused "attach without the image" "put it back" timeout 60 "$BUILD/imapifs" attach "$M"
refused "umount without it" "nothing is lost" timeout 60 "$BUILD/umount.imapifs" "$M"
: >"$T/away.iso"
refused "attach with another one there" "another image" timeout 60 "$BUILD/imapifs" attach "$M"
mkdir -p "$T/other"
refused "mounting the image itself meanwhile" "already" \
	timeout 60 "$BUILD/mount.imapifs" "$T/link.iso" "$T/other" -o face=fuse
mv -f "$T/link.iso" "$T/away.iso"
ok "attach when it is back" timeout 60 "$BUILD/imapifs" attach "$M"
on_exit_kill "$(server_pid "$M")"
before=$(sessions "$T/away.iso")
kill -TERM "$(server_pid "$M")"
for _ in {1..200}; do
	[[ $(sessions "$T/away.iso") -eq $before ]] || break
	sleep 0.1
done
is "SIGTERM has it burned" "$(sessions "$T/away.iso")" $((before + 1))
ok "and its process goes on" kill -0 "$(server_pid "$M")"
is "by a name that keeps init from ending it" \
	"$(head -c 1 "/proc/$(server_pid "$M")/cmdline")" @
suite_done
