#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check.sh [KERNEL]: what takes a guest and the virtual drive. TEST_JOBS guests at a time (2;
# each waits half of its time), TEST_FACES="kernel" for one face alone
set -u
cd "$(dirname "$0")/../.." || exit
export IMAPIFS_KERNEL=${1:-6.12}
# Not for the tests: they have jobs of their own
jobs=${TEST_JOBS:-2}
unset TEST_JOBS
logs=build/tests/drive-$IMAPIFS_KERNEL
rm -rf "$logs"
mkdir -p "$logs"

list()
{
	local face

	echo "- attach.t"
	echo "- burn.t"
	echo "- mount.t"
	for face in ${TEST_FACES:-kernel fuse}; do
		echo "$face swap.t"
		echo "$face swap.t udev cd-r-80"
		echo "$face shared.t"
		echo "$face shared.t udev cd-r-80"
		echo "$face fill.t"
		echo "$face faults.t"
		echo "$face faults.t late"
		echo "$face torn.t cd-r-80 cd-rw-80 dvd+r"
		echo "$face torn.t dvd+rw bd-r bd-re"
		echo "$face life.t cd-r-80 cd-rw-80 dvd-r dvd-rw"
		echo "$face life.t dvd-rw-over dvd+r dvd+r-dl dvd+rw"
		echo "$face life.t dvd-ram bd-r bd-re"
		echo "$face life.t found"
		echo "$face ends.t"
	done
	echo "- killed.t"
	echo "- guarded.t"
}

# one FACE SCRIPT ARGUMENT...
one()
{
	local face=$1 script=$2 log=$logs/$1 result=FAIL word

	shift
	for word; do
		log+=-$word
	done
	log+=.log
	shift
	SECONDS=0
	[[ $face == - ]] || export IMAPIFS_FACE=$face
	prove -v "tests/vdrive/$script" :: "$@" >"$log" 2>&1 && result=ok
	printf '%-4s %-60s %5d s  %s\n' "$result" "$script $*" "$SECONDS" "${face#-}"
	[[ $result == ok ]] || grep -A12 -E '^not ok|^Bail|^Failed|^Parse|Non-zero' "$log"
	grep -i '# skip' "$log"
	[[ $result == ok ]]
}

failed=0 running=0
while read -r job; do
	if [[ $running -ge $jobs ]]; then
		wait -n || failed=1
		running=$((running - 1))
	fi
	# shellcheck disable=SC2086
	one $job &
	running=$((running + 1))
done < <(list)
while [[ $running -gt 0 ]]; do
	wait -n || failed=1
	running=$((running - 1))
done
[[ $failed -eq 0 ]] && echo "all passed; $logs has each one's output"
exit $failed
