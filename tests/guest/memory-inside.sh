#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What tests/kmod/memory.t has a small guest do, as TAP: far more is staged than there
# is memory, and burned. MIB: how much
set -u
export TMPDIR=$IMAPIFS_SCRATCH IMAPIFS_FACE=kernel
insmod "build/$(uname -r)/imapifs.ko" || exit
# shellcheck source=tests/suite/lib.sh
. "$(dirname "$0")/../suite/lib.sh"

mib=${1:-4096}
large=$((mib / 256))	# files of 256 MiB

used() { df --output=used -B1M "$SPOOL" | tail -n 1; }

BLOCK=16777216

# Each ends with its own number, so that none can be taken for another
stage()
{
	local n i

	for ((n = 0; n < large; n++)); do
		{
			for i in {1..16}; do
				cat "$T/block" || return
			done
			printf '%16d' "$n"
		} >"$M/large-$n" || return
	done
}

# Piece by piece, as pipes are slow in emulation
as_staged()
{
	local n i

	for ((n = 0; n < large; n++)); do
		for i in {0..15}; do
			cmp -n $BLOCK -i $((i * BLOCK)):0 "$M/large-$n" "$T/block" || return
		done
		[[ $(stat -c %s "$M/large-$n") -eq $((16 * BLOCK + 16)) ]] || return
		[[ $(tail -c 16 "$M/large-$n") -eq $n ]] || return
	done
}

# Soon: the helper's process gives the files back on its way out of its last message
given_back()
{
	local n

	for n in {1..60}; do
		[[ $(($(used) - empty - $(stat -c %b "$I") / 2048)) -ge 64 ]] || return 0
		sleep 1
	done
	echo "$empty MiB were used before, $(used) are, the image has $(stat -c %b "$I") sectors"
	return 1
}

took()
{
	local start=$SECONDS

	ok "$@"
	diag "$((SECONDS - start)) s"
}

new_image "$I"
need mount_image "$I" "$M" "verify=meta"
head -c $BLOCK /dev/urandom >"$T/block"
is "there is no swap" "$(tail -n +2 /proc/swaps)" ""
diag "$(awk '/MemTotal|MemAvailable/ { printf "%s %d MiB  ", $1, $2 / 1024 }' /proc/meminfo)"
empty=$(used)
took "$mib MiB are staged" stage
full=$(used)
is "in the spool" "$((full - empty >= mib))" 1
took "and burned" timeout 600 sync "$M"
took "the spool's space is given back" given_back
took "what was burned is what was staged" as_staged
is "nothing was killed" "$(grep -w oom_kill /proc/vmstat)" "oom_kill 0"
ok "the helper is there" kill -0 "$(server_pid "$M")"
suite_done
