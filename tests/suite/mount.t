#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What mounts how, and the options
set -u
# shellcheck source=tests/suite/lib.sh
. "$(dirname "$0")/lib.sh"

# 1 for a mount that is read-only
read_only() { findmnt -n -o OPTIONS -M "$1" | grep -qE '(^|,)ro(,|$)'; }
volid() { "$BUILD/imapifs" info "$1" | grep -cF "$2"; }

setup volid=HOLIDAY
write_to "$M/one" 1
need sync_dir "$M"
exits "an image that is mounted is busy" 32 mount_image "$I" "$T/second"
refused "and a line says so" "busy|mounted|in use" mount_image "$I" "$T/second"
write_to "$M/two" 2
rm "$M/one"
need unmount "$M"
tap_result "$(($(volid "$I" HOLIDAY) > 0 ? 0 : 1))" "volid= is burned"

need mount_image "$I" "$M" session=1
is "session=1 shows the first session" "$(cd "$M" && echo *)" one
ok "read-only" read_only "$M"
refused "so nothing is written" "read-only" touch "$M/x"
need unmount "$M"
need mount_image "$I" "$M" session=2
is "session=2 the second" "$(cd "$M" && echo *)" two
need unmount "$M"
refused "session=3 isn't there" "session" mount_image "$I" "$M" session=3
need mount_image "$I" "$M" suid,dev
ok "suid and dev are taken, and nosuid and nodev stay" bash -c \
	"findmnt -n -o OPTIONS -M '$M' | grep -w nosuid | grep -w nodev"
need unmount "$M"
need mount_image "$I" "$M" ro
refused "ro" "read-only" touch "$M/x"
need unmount "$M"
before=$(hash_of "$I")
need mount_image "$I" "$M" ro
ok "sync of a read-only mount is nothing to do" sync_dir "$M"
if mount -i -o remount,rw "$M" 2>/dev/null; then
	refused "made writable later: a write" "read-only" bash -c "echo x >>'$M/two'"
	refused "and a cut" "read-only" truncate -s 0 "$M/two"
	is "and it goes on" "$(cat "$M/two")" 2
else
	skip "mount -o remount,rw" "refused"
fi
need unmount "$M"
is "and leaves the image alone" "$(hash_of "$I")" "$before"

chmod 400 "$I"
if ! chattr +i "$I" 2>/dev/null; then
	skip "an image that can't be written" "no immutable files here"
else
	need mount_image "$I" "$M"
	ok "an image that can't be written is mounted read-only" read_only "$M"
	need unmount "$M"
	chattr -i "$I"
fi
chmod 600 "$I"

for option in nonsense size=abc session=x verify=often commit=never umask=9 uid=nobody-there fmask=abc; do
	refused "option $option is named" "${option%%=*}" mount_image "$I" "$M" "$option"
done
refused "finalize can't be done to an image" "finalize" mount_image "$I" "$M" finalize
refused "fresh wants a blank disc" "blank" mount_image "$I" "$M" fresh
new_image "$T/blank.iso"
ok "and has one here" mount_image "$T/blank.iso" "$M" fresh
need unmount "$M"
is "a blank image that got nothing stays blank" "$(stat -c %s "$T/blank.iso")" 0

need mount_image "$I" "$M" uid=1234,gid=2345,umask=027
is "uid, gid and umask of a file" "$(stat -c '%u %g %a' "$M/two")" "1234 2345 640"
is "of the folder" "$(stat -c '%u %g %a' "$M")" "1234 2345 750"
need unmount "$M"
need mount_image "$I" "$M" uid=nobody,gid=nogroup
is "uid and gid by name" "$(stat -c '%U %G' "$M/two")" "nobody nogroup"
need unmount "$M"
need mount_image "$I" "$M" fmask=0137,dmask=0022
is "fmask" "$(stat -c %a "$M/two")" 640
is "dmask" "$(stat -c %a "$M")" 755
need unmount "$M"

refused "no such image" "no such file" mount_image "$T/none.iso" "$M"
head -c 1000000 /dev/zero >"$T/zeros"
refused "1,000,000 zeros that somebody wrote are no disc" "medium|ISO 9660|not" mount_image "$T/zeros" "$M"
random_bytes 100000 7 >"$T/noise"
refused "neither is noise" "medium|ISO 9660|not" mount_image "$T/noise" "$M"
mkdir "$T/folder"
refused "neither is a folder" "." mount_image "$T/folder" "$M"
refused "a mount point that isn't there" "." timeout 20 "$BUILD/mount.imapifs" "$I" "$T/not-there"
mkdir -p "$M/below"
cp "$I" "$M/below/disc.iso"
refused "an image below its own mount point" "below the mount point" mount_image "$M/below/disc.iso" "$M"
need mount_image "$M/below/disc.iso" "$M" ro
need unmount "$M"
rm -r "$M/below"
cp "$I" "$M-2.iso"
need mount_image "$M-2.iso" "$M"
need unmount "$M"
export SOURCE_DATE_EPOCH=yesterday
exits "SOURCE_DATE_EPOCH that is no number" 1 mount_image "$I" "$M"
refused "is named" "SOURCE_DATE_EPOCH is not a number" mount_image "$I" "$M"
unset SOURCE_DATE_EPOCH
is "nothing is left mounted by these" "$(tap_mounts)" ""

# A lock and a pipe of who mounts
exec 8>"$T/lock"
flock 8
mkfifo "$T/pipe"
exec 9<>"$T/pipe"
need mount_image "$I" "$M"
exec 8>&- 9>&-
ok "a lock of who mounted isn't held on by the mount" flock -n "$T/lock" true
is "nor a pipe" "$(find "/proc/$(server_pid "$M")/fd" -lname "$T/pipe")" ""
need unmount "$M"

if command -v genisoimage >/dev/null; then
	mkdir "$T/src"
	write_to "$T/src/file.txt" text
	genisoimage -quiet -o "$T/plain.iso" "$T/src" 2>/dev/null
	need mount_image "$T/plain.iso" "$M"
	ok "without Joliet: read-only" read_only "$M"
	is "plain names" "$(cd "$M" && echo *)" FILE.TXT
	need unmount "$M"
	ok "a line says why" bash -c "'$BUILD/mount.imapifs' '$T/plain.iso' '$M' 2>&1 | grep -qi joliet"
	on_exit_kill "$(server_pid "$M")"
	need unmount "$M"
	genisoimage -quiet -udf -J -o "$T/bridge.iso" "$T/src" 2>/dev/null
	ok "an image that has UDF as well can be mounted" \
		bash -c "'$BUILD/mount.imapifs' '$T/bridge.iso' '$M' -o 'face=$FACE,spool=$SPOOL' >'$T/said' 2>&1"
	on_exit_kill "$(server_pid "$M")"
	ok "a line says who won't see what is burned" grep "UDF" "$T/said"
	need unmount "$M"
else
	skip "an image without Joliet" "no genisoimage"
fi
new_image "$I"
need mount_image "$I" "$M"
suite_done
