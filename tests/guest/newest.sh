#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# newest.sh [TEST...]: builds all in the system that newest-tree.sh makes, where a
# warning is an error, boots its kernel with that system as root, and runs the suite on
# the module there, see suite.sh. IMAPIFS_FACE=fuse: on the FUSE face instead.
set -eu

guest=$(cd "$(dirname "$0")" && pwd)
TOP=$(cd "$guest/../.." && pwd)
inner=/usr/src/imapifs		# in that system: its compiler's results are its own
harness=build/tests/kselftest

die()
{
	echo "newest: $*" >&2
	exit 1
}

# Sets space, what has mounts of its own; containers may allow it to new users alone
own_mounts()
{
	space=(unshare --mount)
	"${space[@]}" true 2>/dev/null && return
	space=(unshare --map-root-user --mount)
	"${space[@]}" true 2>/dev/null || die "nothing can be mounted here, and objtool wants /proc"
}

# A command in that system
inside()
{
	# shellcheck disable=SC2016 # for that sh
	"${space[@]}" sh -c 'mount --rbind /proc "$0/proc" && exec chroot "$0" "$@"' "$root" \
		env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 "$@"
}

# All but results; what is gone here goes there
copy_sources()
{
	mkdir -p "$root$inner/$harness"
	find "$root$inner" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
	tar -C "$TOP" --exclude=./build --exclude=./.git -cf - . | tar -C "$root$inner" -xf -
	# That system's archive doesn't have the sources that this comes from
	make -s -C "$TOP" "$harness/kselftest_harness.h"
	cp -p "$TOP/$harness"/*.h "$root$inner/$harness/"
}

# quiet TARGET...: nothing is said while it is made
quiet()
{
	local log=$TOP/build/guest/newest-make.log rc=0

	inside make -s -C "$inner" -j"$(nproc)" "$@" >"$log" 2>&1 || rc=$?
	if [[ $rc -eq 0 ]] && ! grep -qi 'warning' "$log"; then
		return
	fi
	# A warning comes once, so let all be made anew
	rm -rf "$root$inner/build"
	tail -n 40 "$log" >&2
	die "make $*: exit $rc, or a warning (all of it: $log)"
}

tree=$("$guest/newest-tree.sh") || exit
root=$tree/root
release=$(<"$tree/release")
mkdir -p "$TOP/build/guest"
exec 9>"$tree/use"
flock 9
own_mounts
copy_sources
quiet all guest-programs
quiet kmod "KVER=$release" W=1
echo "newest: built for $release with $(inside gcc --version | head -n 1)," \
	"libfuse $(inside pkg-config --modversion fuse3)"

export IMAPIFS_GUEST_ROOT=$root
"$root$inner/tests/guest/suite.sh" "$root/usr/lib/modules/$release" "$@"
