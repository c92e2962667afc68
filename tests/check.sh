#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Every test, by prove. "make check" builds what this runs; arguments, if any, are
# the tests to run instead of all.
set -eu
cd "$(dirname "$0")/.."
shopt -s nullglob

export FUZZ_SECONDS=${FUZZ_SECONDS:-10}
# Sanitized programs find what they find, whoever started them
export UBSAN_OPTIONS=print_stacktrace=1

tests=("$@")
if [[ ${#tests[@]} -eq 0 ]]; then
	for source in tests/core/*_test.c; do
		tests+=("build/tests/core/$(basename "$source" .c)")
	done
	for source in tests/fuzz/fuzz_*.c; do
		tests+=("build/tests/fuzz/$(basename "$source" .c)")
	done
	for source in tests/vdrive/*_test.c tests/vdrive/fuzz_*.c; do
		tests+=("build/tests/vdrive/$(basename "$source" .c)")
	done
	tests+=(tests/suite/*.t tests/cross/*.t)
	# Guests take longest: they begin first
	tests=(tests/kmod/suite-*.t tests/kmod/memory.t tests/kmod/kselftest.t tests/kmod/build.t tests/kmod/dkms.t "${tests[@]}")
fi

jobs=$(nproc)
[[ $jobs -le 4 ]] || jobs=4
status=0
if [[ $# -eq 0 ]]; then
	# Guests wait for a fifth of their time or more: these, one after the other, take
	# what the two beside them leave
	media=build/tests/matrix.log
	prove --timer -e tests/lib/exec tests/vdrive/matrix-*.t >"$media" 2>&1 &
	beside=$!
fi
echo "== all tests"
prove --timer -j "$jobs" -e tests/lib/exec "${tests[@]}" || status=1

if [[ $# -eq 0 ]]; then
	echo "== every medium, on both faces"
	wait "$beside" || status=1
	cat "$media"
	echo "== the behaviour suite again, on the program with sanitizers"
	IMAPIFS_BUILD=$PWD/build/tests/asan prove --timer -j "$jobs" -e tests/lib/exec \
		tests/suite/*.t || status=1
fi
exit $status
