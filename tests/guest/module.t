#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Two mounts at once, one device twice, without a helper, remounts, options
set -u
# shellcheck source=tests/suite/lib.sh
. "$(dirname "$0")/../suite/lib.sh"

# mount(8) of the new interface is told what goes to the log otherwise
kernel_says() { { dmesg; cat "$T/said" 2>/dev/null; } | grep -cE "imapifs: $1"; }
option_of() { findmnt -n -o OPTIONS -M "$1" | tr , '\n' | grep -cx "$2"; }

# Two mounts, burning at the same time
setup
new_image "$T/two.iso"
need mount_image "$T/two.iso" "$T/mnt2"
random_bytes 900000 1 >"$M/one"
random_bytes 700000 2 >"$T/mnt2/two"
manifest "$M" >"$T/want1"
manifest "$T/mnt2" >"$T/want2"
sync_dir "$M" &
first=$!
sync_dir "$T/mnt2" &
ok "a commit of one" wait $first
ok "a commit of the other" wait $!
need unmount "$T/mnt2"
ok "the first goes on without the second" write_to "$M/more" more
manifest "$M" >"$T/want1"
need unmount "$M"
need mount_image "$I" "$M"
need mount_image "$T/two.iso" "$T/mnt2"
same "the first has what is its" <(manifest "$M") "$T/want1"
same "and the second" <(manifest "$T/mnt2") "$T/want2"
need unmount "$T/mnt2"
need unmount "$M"

# Without a helper; the device has room for more
truncate -s +20M "$I"
loop=$(losetup --show -f "$I")
said=$(kernel_says "mounted read-only: it was mounted without its helper")
mount -i -t imapifs "$loop" "$M" >"$T/said" 2>&1
tap_result $? "mount(2) without a helper"
is "is read-only" "$(option_of "$M" ro)" 1
is "and it is said why" \
	"$(kernel_says "mounted read-only: it was mounted without its helper")" $((said + 1))
is "what is burned can be read" "$(cat "$M/more")" more
refused "no change" "read-only" touch "$M/new"
refused "nor a remount for changes" "" mount -i -o remount,rw "$M"
is "it stays as it was" "$(option_of "$M" ro)" 1
mkdir "$T/mnt3"
ok "the same device a second time, read-only" mount -i -t imapifs -o ro "$loop" "$T/mnt3"
is "has the same files" "$(cat "$T/mnt3/more")" more
need umount -i "$T/mnt3"
need umount -i "$M"

# With one
need mount_image "$loop" "$M"
refused "a device that is mounted for changes, again" "busy|in use|already mounted" \
	mount -i -t imapifs "$loop" "$T/mnt3"
refused "by mount.imapifs" "busy|in use|already|another" mount_image "$loop" "$T/mnt3"
ok "the first mount goes on" write_to "$M/again" again
kill -KILL "$(server_pid "$M")"
sleep 1
refused "without its helper no change" "" touch "$M/new"
ok "imapifs attach, of a device" timeout 60 "$BUILD/imapifs" attach "$M"
before=$(sessions "$I")
ok "what was staged is burned" sync_dir "$M"
is "as one session" "$(sessions "$I")" $((before + 1))
is "and there" "$(cat "$M/again")" again
need unmount "$M"

# Options
mount -i -t imapifs -o "nonsense$$=1" "$loop" "$M" >"$T/said" 2>&1
is "an unknown option" $? 32
is "is named" "$(kernel_says ".*nonsense$$")" 1
for bad in commit=never verify=some session=0 umask=1000 umask=abc fd=-1 fd=99999 size=-1 speed=fast; do
	refused "$bad" "" mount -i -t imapifs -o "$bad" "$loop" "$M"
done
# Remounts
need mount_image "$loop" "$M" volid=NAME
before=$(sessions "$I")
write_to "$M/staged" staged
for other in verify=none commit=manual size=1000000 uid=12 umask=077 speed=4 volid=OTHER finalize; do
	refused "a remount with $other" "" mount -i -o "remount,$other" "$M"
done
is "nothing was burned for it" "$(sessions "$I")" "$before"
need unmount "$M"

# The image's own loop device can't be taken away from it, its name can
need mount_image "$I" "$M"
before=$(sessions "$I")
write_to "$M/staged" staged
mv "$I" "$T/away.iso"
refused "a remount to read-only that can't commit" "" timeout 60 mount -i -o remount,ro "$M"
is "leaves it writable" "$(option_of "$M" rw)" 1
ok "really" write_to "$M/staged2" staged
mv "$T/away.iso" "$I"
ok "a remount to read-only" timeout 60 mount -i -o remount,ro "$M"
is "commits first" "$(sessions "$I")" $((before + 1))
is "and says ro" "$(option_of "$M" ro)" 1
refused "no change any more" "read-only" touch "$M/new"
is "what was staged can be read" "$(cat "$M/staged")$(cat "$M/staged2")" stagedstaged
need unmount "$M"

# For changes again: the kernel allows it for what isn't write-protected itself
need mount_image "$loop" "$M"
write_to "$M/last" last
before=$(sessions "$I")
ok "a remount of a device to read-only" timeout 60 mount -i -o remount,ro "$M"
is "commits first" "$(sessions "$I")" $((before + 1))
ok "a remount for changes" timeout 60 mount -i -o remount,rw "$M"
ok "a change" write_to "$M/new" new
need unmount "$M"
is "is burned" "$(sessions "$I")" $((before + 2))
need mount_image "$loop" "$M"
exec 5>"$M/open"
refused "a remount to read-only with a file open for writing" "busy" mount -i -o remount,ro "$M"
exec 5>&-
ok "and without" mount -i -o remount,ro "$M"
need unmount "$M"
need losetup -d "$loop"
suite_done
