#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Not as root
set -u
# /dev/fuse may be root's alone; then users get one in a mount namespace of our own
if [[ $(id -u) -eq 0 && -z ${IMAPIFS_PRIVATE:-} ]] && unshare -m true 2>/dev/null; then
	IMAPIFS_PRIVATE=1 exec unshare -m --propagation private "$0" "$@"
fi
# shellcheck source=tests/suite/lib.sh
. "$(dirname "$0")/lib.sh"

command -v setpriv >/dev/null || skip_all "no setpriv"
helper=$(command -v fusermount3) || skip_all "no fusermount3"
[[ -u $helper ]] || skip_all "fusermount3 is not setuid"
if [[ $(stat -c %a /dev/fuse) != *6 && -n ${IMAPIFS_PRIVATE:-} ]]; then
	mknod -m 666 "$T/fuse" c 10 229 2>/dev/null && mount --bind "$T/fuse" /dev/fuse
fi

as_user() { setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$T/home" "$@"; }

# As mount(8) runs a helper for a user: without HOME and PATH
as_bare() { setpriv --reuid=65534 --regid=65534 --clear-groups env -i "$@"; }

chmod 711 "$T"
mkdir "$T/bin"
# The tree may be in a folder that only root may enter
cp "$BUILD/imapifs" "$T/bin/"
ln -s imapifs "$T/bin/mount.imapifs"
ln -s imapifs "$T/bin/umount.imapifs"
mkdir -p "$T/home" "$T/home/mnt" "$T/home/spool"
: >"$T/home/disc.iso"
chown -R 65534:65534 "$T/home"
export ASAN_OPTIONS=${ASAN_OPTIONS/log_path=*/log_path=$T/home/san}
M=$T/home/mnt

if ! as_user timeout 60 "$T/bin/mount.imapifs" "$T/home/disc.iso" "$M" -o "spool=$T/home/spool" \
	>"$T/.out" 2>&1; then
	if grep -qi 'permission denied\|not permitted' "$T/.out" && [[ $(stat -c %a /dev/fuse) != *6 ]]; then
		skip_all "/dev/fuse is not open to users ($(stat -c %a /dev/fuse))"
	fi
	tap_result 1 "mount as a user"
	diag "$(cat "$T/.out")"
	tap_done
fi
on_exit_kill "$(as_user "$T/bin/imapifs" status --json "$M" | sed -n 's/.*"pid": *\([0-9]*\).*/\1/p')"
ok "a user writes" as_user sh -c "echo mine >'$M/file'"
ok "and syncs" as_user timeout 60 sync "$M"
is "and reads" "$(as_user cat "$M/file")" mine
ok "and adds" as_user sh -c "echo more >'$M/file2'"
ok "and unmounts" as_user timeout 60 "$T/bin/umount.imapifs" "$M"
is "two sessions" "$(sessions "$T/home/disc.iso")" 2

home=$(getent passwd 65534 | cut -d: -f6)
if [[ -n $home && ! -e $home ]]; then
	refused "no home folder: the spool folder is named" "$home/.local/state/imapifs: " \
		as_bare timeout 60 "$T/bin/mount.imapifs" "$T/home/disc.iso" "$M"
else
	skip "no home folder" "there is one: $home"
fi
sed "s|^\([^:]*:[^:]*:65534:.*:\)$home:|\1$T/home:|" /etc/passwd >"$T/passwd"
chmod 644 "$T/passwd"
if [[ -n ${IMAPIFS_PRIVATE:-} ]] && mount --bind "$T/passwd" /etc/passwd; then
	ok "the spool folder of a user without HOME" \
		as_bare timeout 60 "$T/bin/mount.imapifs" "$T/home/disc.iso" "$M"
	on_exit_kill "$(as_user "$T/bin/imapifs" status --json "$M" | sed -n 's/.*"pid": *\([0-9]*\).*/\1/p')"
	is "is in the home that /etc/passwd has" \
		"$(find "$T/home/.local/state/imapifs" -name 'mount-*' | wc -l)" 1
	ok "and unmounts" as_bare timeout 60 "$T/bin/umount.imapifs" "$M"
	umount /etc/passwd
else
	skip "the spool folder of a user without HOME" "nothing can be bound over /etc/passwd"
fi
suite_done
