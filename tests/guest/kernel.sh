# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Finds a kernel to boot. What isn't installed is unpacked from its package into
# the cache: installing it would run every hook that makes a system bootable.

CACHE=${IMAPIFS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/imapifs}

# kernel_release 6.1: the newest of that series with headers; other names are
# releases already
kernel_release()
{
	local newest

	if [[ ! $1 =~ ^[0-9]+\.[0-9]+$ ]]; then
		echo "$1"
		return
	fi
	newest=$(cd /lib/modules && printf '%s\n' "$1".*/build | sort -V | tail -n 1)
	if [[ ! -e /lib/modules/$newest ]]; then
		echo "no headers of a $1 kernel in /lib/modules" >&2
		return 1
	fi
	echo "${newest%/build}"
}

# Unpacks the package of release $1 into $2: once, for all the tests that begin together
kernel_unpack()
{
	local new=$2.new

	mkdir -p "${2%/*}"
	(
		flock 9
		[[ ! -d $2 ]] || exit 0
		rm -rf "$new"
		mkdir "$new"
		if ! (cd "$new" && apt-get -q -o Acquire::Retries=3 download "linux-image-$1" >&2 &&
			dpkg -x ./*.deb .); then
			echo "linux-image-$1 is neither installed nor to be had; are its headers outdated?" >&2
			rm -rf "$new"
			exit 1
		fi
		rm -f "$new"/*.deb
		depmod -b "$new" "$1"
		mv -T "$new" "$2"
	) 9>"$2.lock"
}

# kernel_find NAME: a series, a release, the folder of a kernel that was built, or a
# folder lib/modules/RELEASE of another system, with vmlinuz in it.
# Sets KERNEL_RELEASE, KERNEL_IMAGE, and KERNEL_ROOT, below which its modules are
kernel_find()
{
	if [[ $1 == */lib/modules/* ]]; then
		KERNEL_RELEASE=${1##*/}
		KERNEL_IMAGE=$1/vmlinuz
		KERNEL_ROOT=${1%/lib/modules/*}
		[[ -r $KERNEL_IMAGE ]]
		return
	fi
	if [[ -d $1 ]]; then
		KERNEL_RELEASE=$(<"$1/include/config/kernel.release")
		KERNEL_IMAGE=$1/arch/x86/boot/bzImage
		KERNEL_ROOT=
		return
	fi
	KERNEL_RELEASE=$(kernel_release "$1") || return 1
	KERNEL_ROOT=/
	if [[ ! -d /lib/modules/$KERNEL_RELEASE/kernel || ! -r /boot/vmlinuz-$KERNEL_RELEASE ]]; then
		KERNEL_ROOT=$CACHE/kernels/$KERNEL_RELEASE
		[[ -d $KERNEL_ROOT ]] ||
			kernel_unpack "$KERNEL_RELEASE" "$KERNEL_ROOT" || return 1
	fi
	KERNEL_IMAGE=${KERNEL_ROOT%/}/boot/vmlinuz-$KERNEL_RELEASE
}
