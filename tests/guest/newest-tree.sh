#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Prints the folder of a Debian 13 (trixie) system with the newest kernel that its
# archive has, from trixie-backports, and what building and testing take. It is made
# once and kept outside the source tree; the kernel is looked up again once a day.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cache=${IMAPIFS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/imapifs}
dir=$cache/newest
suite=trixie
backports=$suite-backports

die()
{
	echo "newest: $*" >&2
	exit 1
}

# Lines of sources.list, from the mirror that this system itself uses
sources()
{
	local keys=/usr/share/keyrings/debian-archive-keyring.gpg
	local uri

	# shellcheck disable=SC2016 # apt's, not ours
	uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' \
		'Origin: Debian' 'Label: Debian' 'Component: main' | head -n 1)
	[[ -n $uri ]] || return 1
	echo "deb [signed-by=$keys] $uri $suite main"
	echo "deb [signed-by=$keys] $uri $backports main"
}

inside()
{
	DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 chroot "$dir/root" "$@"
}

make_root()
{
	rm -rf "$dir/root"
	sources >"$dir/sources.list" || die "apt knows no mirror of Debian's (apt-get update?)"
	echo "making a $suite system in $dir/root, which takes minutes" >&2
	if ! mmdebstrap --variant=apt --include="${packages// /,},ca-certificates" "$suite" \
		"$dir/root" "$dir/sources.list" >"$dir/log" 2>&1 </dev/null; then
		tail -n 20 "$dir/log" >&2
		die "mmdebstrap made no $suite system"
	fi
	# How this system gets at the mirror
	apt-config dump | grep -E '^Acquire::https?::' >"$dir/root/etc/apt/apt.conf.d/80host" || :
	touch "$dir/made"
}

# What has come to be needed since the tree was made
add_packages()
{
	# shellcheck disable=SC2086 # a list
	[[ $(cat "$dir/packages" 2>/dev/null) == "$packages" ]] ||
		{ cp -L /etc/resolv.conf "$dir/root/etc/resolv.conf" &&
		  inside apt-get -q update --error-on=any &&
		  inside apt-get -q install -y --no-install-recommends $packages &&
		  echo "$packages" >"$dir/packages"; }
}

# The release that the archive's own pointer to the newest kernel names
newest_release()
{
	inside apt-cache show "linux-headers-amd64/$backports" |
		sed -n 's/^Depends:.*linux-headers-\([0-9][^ ,]*-amd64\).*/\1/p' | sort -V | tail -n 1
}

# Each takes 600 MB
drop_kernels_but()
{
	local old

	for old in "$dir"/root/usr/lib/modules/*; do
		old=${old##*/}
		[[ $old == "$1" ]] || inside apt-get -q purge -y "linux-headers-$old" \
			"linux-binary-$old" "linux-modules-$old" "linux-base-$old" || return
	done
}

# Kernel, modules and headers; 0 or 1. Not linux-image: it would make a system bootable
install_kernel()
{
	local release

	cp -L /etc/resolv.conf "$dir/root/etc/resolv.conf" &&
		inside apt-get -q update --error-on=any &&
		release=$(newest_release) && [[ -n $release ]] &&
		inside apt-get -q install -y --no-install-recommends "linux-headers-$release" \
			"linux-binary-$release" "linux-modules-$release" &&
		drop_kernels_but "$release" &&
		inside apt-get -q clean &&
		inside depmod "$release" &&
		echo "$release" >"$dir/release.new" &&
		mv "$dir/release.new" "$dir/release"
}

fresh()
{
	[[ -n $(find "$dir/release" -mtime -1 2>/dev/null) ]]
}

[[ $(id -u) -eq 0 ]] || die "root is needed for a chroot"
command -v mmdebstrap >/dev/null || die "no mmdebstrap"
mkdir -p "$dir"
exec 9>"$dir/lock"
flock 9
packages=$("$here/../deps.sh" -n build demo suite | xargs)
[[ -e $dir/made ]] || make_root
if ! add_packages >"$dir/log" 2>&1 </dev/null; then
	tail -n 20 "$dir/log" >&2
	die "not all packages could be installed"
fi
if ! fresh && ! install_kernel >"$dir/log" 2>&1 </dev/null; then
	tail -n 20 "$dir/log" >&2
	[[ -e $dir/release ]] || die "no kernel from $backports"
	echo "newest: the archive can't be asked, going on with $(<"$dir/release")" >&2
fi
echo "$dir"
