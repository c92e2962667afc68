#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What suite.sh has the guest do: load the module, run the tests, unload it.
set -u
shopt -s nullglob

tests=("$@")
if [[ ${#tests[@]} -eq 0 ]]; then
	tests=(tests/suite/*.t)
	[[ $IMAPIFS_FACE != kernel ]] || tests+=(tests/guest/*.t tests/guest/alone/*.t)
fi
# Those that would disturb others, or be disturbed, come last and one by one
beside=() alone=()
for test in "${tests[@]}"; do
	case $test in
	*/alone/*)	alone+=("$test") ;;
	# A mount namespace of their own keeps the mounts of others alive
	*/mount8.t|*/user.t)	alone+=("$test") ;;
	*)		beside+=("$test") ;;
	esac
done
# On a real file system: tmpfs had no user attributes before 6.6
export TMPDIR=$IMAPIFS_SCRATCH
results=$(mktemp)
export results

# check TEXT COMMAND...
check()
{
	local text=$1 verdict=ok out

	shift
	out=$("$@" 2>&1) || verdict='not ok'
	{
		echo "$verdict - $text"
		[[ $verdict == ok || -z $out ]] || sed 's/^/# /' <<<"$out"
	} | tee -a "$results"
}

# One test file: a line, and all of its output if it failed. In one write, as
# others run beside it
one_test()
{
	local out line start=$SECONDS

	if out=$(prove -v -e tests/lib/exec "$1" 2>&1); then
		line="ok - $1 ($((SECONDS - start)) s)"
		if grep -q '^Result: NOTESTS' <<<"$out"; then
			line="ok - $1 # SKIP $(sed -n 's/.*skipped: //p' <<<"$out" | head -n 1)"
		fi
		out=$(grep -E '^ok .*# (SKIP|skip)' <<<"$out")
	else
		line="not ok - $1 ($((SECONDS - start)) s)"
	fi
	{
		flock 9
		echo "$line"
		[[ -z $out ]] || sed 's/^/# /' <<<"$out"
	} 9>>"$results.lock" | tee -a "$results"
}
export -f one_test

[[ $IMAPIFS_FACE != kernel ]] || check "the module is loaded" insmod "$IMAPIFS_MODULE"
printf '%s\0' "${beside[@]}" | xargs -0 -r -n 1 -P 2 bash -c '[[ -z $1 ]] || one_test "$1"' _
for test in "${alone[@]}"; do
	one_test "$test"
done
[[ $IMAPIFS_FACE != kernel ]] || check "and unloaded" rmmod imapifs

echo "1..$(grep -cE '^(not )?ok ' "$results")"
! grep -q '^not ok' "$results"
