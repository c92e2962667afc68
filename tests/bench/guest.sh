#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guest.sh [KERNEL]: the module beside isofs and tmpfs, in one guest, as one table.
# KERNEL is 6.12 unless it is given. A goal that is missed is said so, and is no error.
#
# BENCH_RUNS=3 BENCH_NAMES=2000 BENCH_FILES=100000 BENCH_MIB=512 BENCH_CASES="mount
# list names read stage" pick how much is done.
set -eu
cd "$(dirname "$0")/../.."

# shellcheck source=tests/guest/kernel.sh
. tests/guest/kernel.sh
name=${1:-6.12}
kernel_find "$name"
export IMAPIFS_MODULE=build/$KERNEL_RELEASE/imapifs.ko
export BENCH_FILES=${BENCH_FILES:-100000} BENCH_MIB=${BENCH_MIB:-512}
for need in "$IMAPIFS_MODULE" build/mount.imapifs build/tests/mktree build/tests/gauge; do
	[[ -e $need ]] || { echo "$need is not built (make bench-guest)" >&2; exit 1; }
done
[[ $(id -u) -eq 0 ]] || { echo "make bench-guest: run it as root" >&2; exit 1; }

# One disc for all cases, of our own making, so that a mount has a large disc before it.
# Sets $image
disc()
{
	local work mnt

	image=$PWD/build/bench/guest-$BENCH_FILES-$BENCH_MIB.iso
	[[ ! -s $image ]] || return 0
	echo "making ${image##*/} (once)" >&2
	mkdir -p build/bench
	work=$(mktemp -d "$PWD/build/bench/disc-XXXXXX")
	mnt=$work/mnt
	# shellcheck disable=SC2064 # as it is now
	trap "umount -i -l '$mnt' 2>/dev/null || :; rm -rf --one-file-system '$work'" EXIT
	mkdir "$mnt" "$work/spool"
	: >"$work/disc.iso"
	build/mount.imapifs "$work/disc.iso" "$mnt" \
		-o "face=fuse,commit=umount,verify=meta,spool=$work/spool" </dev/null
	build/tests/mktree "$mnt/many" 1 "$BENCH_FILES" 10
	build/tests/mktree "$mnt/tree" 100 100 100
	build/tests/mktree "$mnt/big" 1 1 $((BENCH_MIB << 20))
	build/umount.imapifs "$mnt" </dev/null >"$work/log" 2>&1 ||
		{ tail -n 5 "$work/log" >&2; exit 1; }
	mv "$work/disc.iso" "$image"
}

disc
# The guest's disk is then as fast for whoever reads first
cat "$image" >/dev/null
tests/guest/run -m 3072 -t 3000 -d "$image" "$name" tests/bench/guest-inside.sh
