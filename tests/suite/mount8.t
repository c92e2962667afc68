#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# mount(8), umount(8) and fstab: in a mount namespace of our own, with an /sbin of
# our own, so that nothing of the host is touched
set -u
if [[ -z ${IMAPIFS_PRIVATE:-} ]]; then
	if [[ $(id -u) -ne 0 ]]; then
		echo "1..0 # SKIP not root"
		exit 0
	fi
	if ! unshare -m true 2>/dev/null; then
		echo "1..0 # SKIP no mount namespaces"
		exit 0
	fi
	IMAPIFS_PRIVATE=1 exec unshare -m --propagation private "$0" "$@"
fi
# shellcheck source=tests/suite/lib.sh
. "$(dirname "$0")/lib.sh"

private_sbin()
{
	mkdir "$T/host" && mount -t tmpfs tmpfs "$T/host" &&
		mkdir "$T/host/up" "$T/host/work" "$T/host/root" "$T/host/run" &&
		mount -t overlay -o "lowerdir=/usr/sbin,upperdir=$T/host/up,workdir=$T/host/work" \
			overlay /usr/sbin
}

[[ $(readlink -f /sbin) == /usr/sbin ]] || skip_all "/sbin is a folder of its own here"
private_sbin 2>"$T/.out" || skip_all "no overlay over /usr/sbin: $(cat "$T/.out")"
cp /etc/fstab "$T/host/fstab" 2>/dev/null || : >"$T/host/fstab"
need make -s -C "$TOP" install DESTDIR="$T/host/root" PREFIX=/usr/local
ok "make install: the program" test -x "$T/host/root/usr/local/bin/imapifs"
for name in mount.imapifs umount.imapifs mount.fuse.imapifs umount.fuse.imapifs; do
	ok "make install: /sbin/$name" test -L "$T/host/root/sbin/$name"
	ln -sf "$BUILD/imapifs" "/usr/sbin/$name"
done

new_image "$I"
mkdir -p "$M" "$SPOOL"
ok "mount -t imapifs" timeout 60 mount -t imapifs "$I" "$M" -o "spool=$SPOOL"
on_exit_kill "$(server_pid "$M")"
write_to "$M/one" 1
exits "a second time it is busy" 32 timeout 60 mount -t imapifs "$I" "$M" -o "spool=$SPOOL"
ok "umount DIR" timeout 60 umount "$M"
is "has burned" "$(sessions "$I")" 1
refused "umount of what isn't mounted" "not mounted" umount "$M"
refused "an unknown option, by name" "nonsense" timeout 60 mount -t imapifs "$I" "$M" -o nonsense

need timeout 60 mount -t imapifs "$I" "$M" -o "spool=$SPOOL"
on_exit_kill "$(server_pid "$M")"
refused "remount has one clear line" "can't be remounted" timeout 60 mount -o remount,ro "$M"
exits "and exit code 1" 1 timeout 60 mount -o remount,ro "$M"
write_to "$M/kept" kept
need umount "$M"
is "the mount stays as it was" "$(sessions "$I")" 2

# Two mounts on one folder: that of the lower one must still be in utab
new_image "$T/upper.iso"
need timeout 60 mount -t imapifs "$I" "$M" -o "spool=$SPOOL"
on_exit_kill "$(server_pid "$M")"
write_to "$M/lower" 1
need timeout 60 mount -t imapifs "$T/upper.iso" "$M" -o "spool=$SPOOL"
on_exit_kill "$(server_pid "$M")"
write_to "$M/upper" 1
ok "umount of the upper one of two mounts" timeout 60 umount "$M"
is "has burned" "$(sessions "$T/upper.iso")" 1
is "the lower one is there" "$(cat "$M/lower")" 1
mv "$I" "$T/away.iso"
exits "and is not unmounted without a commit" 32 timeout 60 umount "$M"
mv "$T/away.iso" "$I"
ok "umount of the lower one" timeout 60 umount "$M"
is "has burned" "$(sessions "$I")" 3

# The same by umount.imapifs alone
utab() { grep -cF "TARGET=$M " /run/mount/utab; }
is "nothing is left in utab" "$(utab)" 0
need timeout 60 mount -t imapifs "$I" "$M" -o "spool=$SPOOL"
on_exit_kill "$(server_pid "$M")"
need timeout 60 mount -t imapifs "$T/upper.iso" "$M" -o "spool=$SPOOL"
on_exit_kill "$(server_pid "$M")"
is "each mount has its entry in utab" "$(utab)" 2
need unmount "$M"
is "that of the lower one stays" "$(grep -cF "SRC=$I TARGET=$M " /run/mount/utab)" 1
need unmount "$M"
is "nothing is left in utab" "$(utab)" 0
before=$(sessions "$I")

echo "$I $M imapifs noauto,spool=$SPOOL,uid=1234 0 0" >>"$T/host/fstab"
if mount --bind "$T/host/fstab" /etc/fstab 2>/dev/null; then
	ok "mount DIR, by fstab" timeout 60 mount "$M"
	on_exit_kill "$(server_pid "$M")"
	is "with its options" "$(stat -c %u "$M/one")" 1234
	is "findmnt shows the image" "$(findmnt -n -o SOURCE -M "$M")" "$I"
	write_to "$M/two" 2
	ok "umount DIR" timeout 60 umount "$M"
	is "has burned" "$(sessions "$I")" $((before + 1))
	need timeout 60 mount "$M"
	on_exit_kill "$(server_pid "$M")"
	write_to "$M/three" 3
	mv "$I" "$T/away.iso"
	exits "umount(8) of a mount that can't commit" 32 timeout 60 umount "$M"
	ok "leaves it mounted" mountpoint -q "$M"
	mv "$T/away.iso" "$I"
	ok "and works when it can" timeout 60 umount "$M"
	is "one session more" "$(sessions "$I")" $((before + 2))
	umount /etc/fstab
else
	skip "fstab" "nothing can be bound over /etc/fstab"
fi
need make -s -C "$TOP" uninstall DESTDIR="$T/host/root" PREFIX=/usr/local
is "make uninstall leaves no file" "$(find "$T/host/root" -not -type d | wc -l)" 0
suite_done
