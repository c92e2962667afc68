#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# tests/deps.sh [-n] LEVEL...: install what building, the demo, the tests or the
# benchmarks need, and only what is missing. Levels: build demo suite check bench
# kmod guest vdrive debug newest. -n only prints the names.
set -eu

print=
if [ "${1-}" = -n ]; then
	print=1
	shift
fi
wanted=
suite="genisoimage p7zip-full perl util-linux mount attr"
for level; do
	case $level in
	build)	wanted="$wanted gcc libc6-dev make pkg-config libfuse3-dev libmount-dev
		libburn-dev fuse3" ;;
	demo)	wanted="$wanted xorriso libarchive-tools" ;;
	suite)	wanted="$wanted $suite" ;;
	check)	wanted="$wanted $suite clang libclang-rt-dev linux-source-6.1 xz-utils" ;;
	bench)	wanted="$wanted genisoimage fuseiso time" ;;
	kmod)	wanted="$wanted gcc make sparse kmod linux-headers-amd64 linux-headers-6.12-amd64" ;;
	guest)	wanted="$wanted qemu-system-x86 busybox-static kmod e2fsprogs xz-utils zstd perl dkms
			gcc-multilib rsync" ;;
	vdrive)	wanted="$wanted wodim genisoimage dvd+rw-tools xorriso sg3-utils eject udev" ;;
	debug)	wanted="$wanted gcc libc6-dev make flex bison bc libelf-dev linux-source-6.1
			xz-utils lz4" ;;
	newest)	wanted="$wanted mmdebstrap make linux-source-6.1 xz-utils" ;;
	*)	echo "deps.sh: no level '$level'" >&2; exit 2 ;;
	esac
done
if [ -n "$print" ]; then
	# shellcheck disable=SC2086 # words on purpose
	echo $wanted
	exit 0
fi

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
	# No Debian: look for the programs, and leave installing to the reader
	missing=
	for program in cc make pkg-config fusermount3 xorriso bsdtar; do
		command -v "$program" >/dev/null || missing="$missing $program"
	done
	pkg-config --exists fuse3 mount libburn-1 2>/dev/null ||
		missing="$missing fuse3+mount+libburn-1(pkg-config)"
	[ -n "$missing" ] || exit 0
	echo "This is no Debian, so nothing is installed. Not found:$missing"
	echo "Debian's names of all that is needed:" $wanted
	exit 1
fi

missing=
for package in $wanted; do
	case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || :) in
	*" installed") ;;
	*) missing="$missing $package" ;;
	esac
done
[ -n "$missing" ] || exit 0

root=
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "Not root and no sudo. Please install:$missing" >&2
		exit 1
	fi
	root="sudo env DEBIAN_FRONTEND=noninteractive"
fi
export DEBIAN_FRONTEND=noninteractive
echo "Installing:$missing"
# shellcheck disable=SC2086 # words on purpose
{
	$root apt-get -q -o Acquire::Retries=3 update
	$root apt-get -q -o Acquire::Retries=3 install -y --no-install-recommends $missing
} </dev/null
