#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Prints the folder of the debug kernel: Debian's 6.1 source, built with
# debug.config. Built once and kept outside the tree; another configuration or
# source is another folder.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
config=$here/debug.config
cache=${IMAPIFS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/imapifs}

source=/usr/src/linux-source-6.1.tar.xz
if [[ ! -f $source ]]; then
	echo "no $source (Debian: linux-source-6.1)" >&2
	exit 1
fi
key=$({ cat "$config"; stat -L -c '%s %Y' "$source"; } | sha256sum | cut -c1-12)
dir=$cache/debug-$key

# The fragment's lines that the kernel's configuration did not take
lost()
{
	grep '^CONFIG_' "$config" | grep -vxFf "$dir/.config" || :
}

build()
{
	local bad

	echo "building the debug kernel in $dir, which takes minutes" >&2
	# One that was interrupted goes on where it was
	if [[ ! -f $dir/imapifs-unpacked ]]; then
		rm -rf "$dir"
		mkdir -p "$dir"
		tar -xJf "$source" -C "$dir" --strip-components=1
		touch "$dir/imapifs-unpacked"
	fi
	make -s -C "$dir" allnoconfig KCONFIG_ALLCONFIG="$config" >"$dir.log" 2>&1
	bad=$(lost)
	if [[ -n $bad ]]; then
		echo "not in this kernel's configuration:" $bad >&2
		return 1
	fi
	nice make -C "$dir" -j"$(nproc)" bzImage modules >>"$dir.log" 2>&1
	make -s -C "$dir" kernelrelease >"$dir/imapifs-built"
}

mkdir -p "$cache"
exec 9>"$dir.lock"
flock 9
if [[ ! -f $dir/imapifs-built ]]; then
	# Not in a condition: errors would not end it there
	trap 'tail -n 20 "$dir.log" >&2' EXIT
	build
	trap - EXIT
fi
echo "$dir"
