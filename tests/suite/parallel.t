#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Readers and writers while it burns
set -u
# shellcheck source=tests/suite/lib.sh
. "$(dirname "$0")/lib.sh"

setup
mkdir "$M/base" "$T/src"
for n in {1..50}; do
	random_bytes $((n * 4000)) "$n" >"$T/src/f$n"
done
cp "$T"/src/* "$M/base/"
need sync_dir "$M"
manifest "$T/src" >"$T/want"

writer()
{
	local n

	mkdir -p "$M/w$1"
	for n in {1..60}; do
		cp "$T/src/f$((n % 50 + 1))" "$M/w$1/t$n" && mv "$M/w$1/t$n" "$M/w$1/f$n" || return 1
		[[ $((n % 3)) -ne 0 ]] || rm "$M/w$1/f$n" || return 1
	done
}

reader()
{
	local n

	for n in {1..8}; do
		manifest "$M/base" >"$T/got$1" && cmp "$T/got$1" "$T/want" || return 1
	done
}

committer()
{
	local n

	for n in {1..8}; do
		sync_dir "$M" || return 1
		sleep 0.2
	done
}

pids=()
for n in 1 2 3; do
	writer $n >"$T/w$n.log" 2>&1 &
	pids+=($!)
done
for n in 1 2; do
	reader $n >"$T/r$n.log" 2>&1 &
	pids+=($!)
done
committer >"$T/c.log" 2>&1 &
pids+=($!)
names=("writer 1" "writer 2" "writer 3" "reader 1" "reader 2" "the one who syncs")
for n in "${!pids[@]}"; do
	wait "${pids[n]}"
	tap_result $? "${names[n]}"
done
diag "$(cat "$T"/[wrc]*.log | tail -n 20)"

for n in 1 2 3; do
	is "writer $n left 40 files" "$(find "$M/w$n" -type f | wc -l)" 40
done
manifest "$M" >"$T/want-all"
remount
manifest "$M" >"$T/got-all"
same "all as written, at the next mount" "$T/got-all" "$T/want-all"
is "a file of a writer" "$(hash_of "$M/w2/f50")" "$(hash_of "$T/src/f1")"
suite_done
