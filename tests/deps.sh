#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# tests/deps.sh LEVEL...: install what building, the demo, the tests or the
# benchmarks need, and only what is missing. Levels: build demo check bench.
set -eu

wanted=
for level; do
	case $level in
	build)	wanted="$wanted gcc libc6-dev make pkg-config libfuse3-dev libmount-dev fuse3" ;;
	demo)	wanted="$wanted xorriso libarchive-tools" ;;
	check)	wanted="$wanted genisoimage p7zip-full clang libclang-rt-dev linux-source-6.1
			perl xz-utils util-linux mount attr" ;;
	bench)	wanted="$wanted genisoimage fuseiso time" ;;
	*)	echo "deps.sh: no level '$level'" >&2; exit 2 ;;
	esac
done

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
	# No Debian: look for the programs, and leave installing to the reader
	missing=
	for program in cc make pkg-config fusermount3 xorriso bsdtar; do
		command -v "$program" >/dev/null || missing="$missing $program"
	done
	pkg-config --exists fuse3 mount 2>/dev/null || missing="$missing fuse3+mount(pkg-config)"
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
	$root apt-get -q update
	$root apt-get -q install -y --no-install-recommends $missing
} </dev/null
