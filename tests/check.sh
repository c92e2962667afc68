#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Every test, by prove. "make check" builds what this runs; arguments, if any, are
# the tests to run instead of all.
set -eu -o pipefail
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

logs=build/tests/logs
rm -rf "$logs"
mkdir -p "$logs"

# prove_all NAME ARGUMENT...: what it says is kept as well
prove_all()
{
	local log=$logs/$1.log

	shift
	prove --timer --failures -e tests/lib/exec "$@" 2>&1 | tee "$log"
}

jobs=$(nproc)
[[ $jobs -le 4 ]] || jobs=4
status=0
if [[ $# -eq 0 ]]; then
	# Guests wait for a fifth of their time or more: these, one after the other, take
	# what the two beside them leave
	prove_all media tests/vdrive/matrix-*.t >/dev/null &
	beside=$!
fi
echo "== all tests"
prove_all all -j "$jobs" "${tests[@]}" || status=1

if [[ $# -eq 0 ]]; then
	echo "== every medium, on both faces"
	wait "$beside" || status=1
	cat "$logs/media.log"
	echo "== the behaviour suite again, on the program with sanitizers"
	IMAPIFS_BUILD=$PWD/build/tests/asan prove_all sanitizers -j "$jobs" tests/suite/*.t ||
		status=1
fi
if [[ $status -ne 0 ]]; then
	echo "== what failed"
	grep -h '^ *not ok' "$logs"/*.log | grep -v '# TODO' || :
	sed -n '/^Test Summary Report/,/^Files=/p' "$logs"/*.log
fi
exit $status
