#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# sync(2), syncfs(2), a burn that is held up, and what a shutdown does
set -u
# shellcheck source=tests/suite/lib.sh
. "$(dirname "$0")/../../suite/lib.sh"

# Stopped before a commit begins, the helper doesn't even read that it is asked for
hold_up() { kill -STOP "$helper"; }
go_on() { kill -CONT "$helper"; }

burns()
{
	local n

	for n in {1..300}; do
		[[ $(sessions "$I") -lt $1 ]] || return 0
		sleep 0.1
	done
	return 1
}

# Ends within some seconds
ends()
{
	local n

	for n in {1..100}; do
		kill -0 "$1" 2>/dev/null || return 0
		sleep 0.1
	done
	return 1
}

waits() { sleep 1; kill -0 "$1"; }

setup
write_to "$M/one" 1
ok "sync(2)" timeout 100 sync
is "burns" "$(sessions "$I")" 1
write_to "$M/two" 2
ok "syncfs(2)" timeout 100 sync -f "$M/two"
is "burns" "$(sessions "$I")" 2
ok "both of a clean disc" timeout 100 bash -c "sync; sync -f '$M'"
is "burn nothing" "$(sessions "$I")" 2
need unmount "$M"

for commit in umount manual; do
	need mount_image "$I" "$M" commit=$commit
	before=$(sessions "$I")
	write_to "$M/$commit" "$commit"
	ok "commit=$commit: sync(2) and syncfs(2)" timeout 100 bash -c "sync; sync -f '$M'"
	is "burn nothing" "$(sessions "$I")" "$before"
	ok "what the option names does" "$BUILD/imapifs" commit "$M"
	need unmount "$M"
done

# A burn that takes long
random_bytes 500000 1 >"$T/cold"
random_bytes 300000 2 >"$T/staged"
need mount_image "$I" "$M"
helper=$(server_pid "$M")
cp "$T/cold" "$M/cold"
write_to "$M/new-to-the-cache" 1
need sync_dir "$M"
echo 3 >/proc/sys/vm/drop_caches
before=$(sessions "$I")
cat "$M/one" >/dev/null
cp "$T/staged" "$M/staged"
hold_up
timeout 300 sync -f "$M" 2>/dev/null &
syncing=$!
ok "syncfs(2) waits for the burn" waits $syncing
is "what is cached is read" "$(timeout 20 cat "$M/one")" 1
same "what is staged too" <(timeout 20 cat "$M/staged") "$T/staged"
same "what is on the disc alone too" <(timeout 20 cat "$M/cold") "$T/cold"
ok "the folder is listed" timeout 20 ls -l "$M"
ok "status is told" timeout 20 "$BUILD/imapifs" status "$M"
ok "df as well" timeout 20 df "$M"
dd if=/dev/zero of="$M/staged" bs=1 count=1 oflag=append conv=notrunc 2>/dev/null &
write=$!
touch "$M/killed" &
killed=$!
rm "$M/cold" &
also_killed=$!
ok "a write waits" waits $write
ok "so does a change of names" waits $killed
ok "and another one of the same folder" waits $also_killed
ok "which is listed meanwhile" timeout 5 ls -l "$M"
echo 2 >/proc/sys/vm/drop_caches
is "and a name of it looked up that was not yet" \
	"$(timeout 5 stat "$M/never" 2>/dev/null; echo $?)" 1
is "and a file that was not" "$(timeout 5 cat "$M/new-to-the-cache")" 1
kill -KILL $write $killed $also_killed
ok "the one can be killed" ends $write
ok "and the other" ends $killed
ok "and the third" ends $also_killed
touch "$M/change" &
change=$!
ok "the next waits, too" waits $change
go_on
ok "the burn goes on" burns $((before + 1))
ok "and the change with it" ends $change
is "it is there, and what was killed is not" "$(cd "$M" && echo change* killed*)" "change killed*"
same "what was written is not" "$M/staged" "$T/staged"
wait $syncing

# Who syncs is killed
before=$(sessions "$I")
hold_up
sync "$M" &
syncing=$!
ok "sync waits for the burn" waits $syncing
kill -KILL $syncing
ok "and can be killed, though the helper doesn't answer" ends $syncing
is "what is staged is read" "$(timeout 20 cat "$M/two")" 2
go_on
ok "the next sync" sync_dir "$M"
is "burns it, if the first one didn't" "$(sessions "$I")" $((before + 1))

# Signals begin a burn
before=$(sessions "$I")
write_to "$M/term" term
kill -TERM "$helper"
ok "SIGTERM to the helper burns" burns $((before + 1))
is "it goes on to serve" "$(server_pid "$M")" "$helper"
write_to "$M/more" more
ok "as ever" sync_dir "$M"
is "one session more" "$(sessions "$I")" $((before + 2))

# A shutdown makes read-only what it can't unmount
write_to "$M/late" late
exec 5<"$M/one"
ok "umount(8), or else read-only" timeout 100 umount -i -r "$M"
is "has burned" "$(sessions "$I")" $((before + 3))
is "and it is read-only" "$(findmnt -n -o OPTIONS -M "$M" | cut -d, -f1)" ro
is "what is on it can be read" "$(cat "$M/late")" late
exec 5<&-
need unmount "$M"

# The mount goes with its last file
need mount_image "$I" "$M"
helper=$(server_pid "$M")
before=$(sessions "$I")
exec 6>"$M/lazy"
echo one >&6
ok "umount -l of a mount in use" timeout 60 umount -i -l "$M"
ok "leaves the helper" kill -0 "$helper"
echo two >&6
is "burns nothing yet" "$(sessions "$I")" "$before"
exec 6>&-
ok "with the last file the helper goes" gone "$helper"
is "and all is burned" "$(sessions "$I")" $((before + 1))
need mount_image "$I" "$M"
is "and there" "$(cat "$M/lazy")" $'one\ntwo'
suite_done
