#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# burn.t [MEDIUM...]: programs that nobody here wrote burn three sessions on each medium,
# and after each of them the kernel's isofs gives back every file of all so far
set -u
# shellcheck source=tests/vdrive/lib.sh
. "$(dirname "$0")/lib.sh"
guest_or_exec 2300 "$@"
# shellcheck source=tests/lib/tap.sh
. "$VDRIVE_TOP/tests/lib/tap.sh"

# TEST_PROGRAMS picks some; TEST_LOG=LINES shows so much of what failed
read -ra PROGRAMS <<<"${TEST_PROGRAMS:-xorriso wodim growisofs}"
# Each has its drive; they wait most of the time
JOBS=4

for program in "${PROGRAMS[@]}" genisoimage sg_raw; do
	command -v "$program" >/dev/null || skip_all "no $program (tests/deps.sh vdrive)"
done
if [[ $# -gt 0 ]]; then
	media=("$@")
else
	read -ra media <<<"$("$V" --help | sed -n '/^Media/{n;p}')"
fi
[[ ${#media[@]} -gt 0 ]] || skip_all "vdrive --help names no media"

# Three sessions' worth: nothing, a byte, a block and its neighbours, many blocks
make_sessions()
{
	local session size

	for session in 1 2 3; do
		mkdir -p "$T/s$session/deep/er"
		for size in 0 1 2047 2048 2049 65536 700001; do
			head -c $size /dev/urandom >"$T/s$session/file$size"
		done
		cp "$T/s$session/file2049" "$T/s$session/deep/er/A long name with spaces.txt"
	done
}

# unsupported PROGRAM MEDIUM: why it can't, by its own account
unsupported()
{
	case $1:$2 in
	wodim:cd*)
		return 1 ;;
	wodim:*)
		echo "wodim(1): -multi makes multi session CDs" ;;
	growisofs:cd*)
		echo "growisofs(1): records DVD and Blu-ray media alone" ;;
	*)
		return 1 ;;
	esac
}

burn_xorriso()
{
	timeout 300 xorriso -abort_on FAILURE -dev "$DEV" -joliet on -map "$T/s$1" "/s$1" -commit -end
}

burn_growisofs()
{
	local how=(-M)

	[[ $1 -gt 1 ]] || how=(-Z)
	# It formats a blank BD-R for pseudo-overwrite, which this drive hasn't, and then closes
	# no session; without a spare area it records as on other write-once media
	[[ $medium != bd-r ]] || how=(-use-the-force-luke=spare:none "${how[@]}")
	timeout 300 growisofs "${how[@]}" "$DEV" -quiet -R -J -graft-points "/s$1=$T/s$1"
}

burn_wodim()
{
	local image=$work/image from=()

	if [[ $1 -gt 1 ]]; then
		from=(-C "$(timeout 60 wodim dev="$DEV" -msinfo 2>/dev/null)" -M "$DEV") || return
	fi
	timeout 300 genisoimage -quiet -R -J "${from[@]}" -o "$image" -graft-points "/s$1=$T/s$1" &&
		timeout 300 wodim dev="$DEV" gracetime=2 -multi -tao -pad "$image"
}

# Every byte of sessions 1 to $1
compare()
{
	local session file rc=0

	mount -t iso9660 -o ro "$DEV" "$work/mnt" || return
	for ((session = 1; session <= $1; session++)); do
		while read -r -d '' file; do
			cmp "$T/s$session/$file" "$work/mnt/s$session/$file" || rc=1
		done < <(cd "$T/s$session" && find . -type f -print0)
	done
	umount "$work/mnt" || rc=1
	return $rc
}

# Sessions by the drive's own count (READ DISC INFORMATION), the open one with them
count_sessions()
{
	sg_raw -r 34 -o "$work/info" "$SG" 51 00 00 00 00 00 00 00 22 00 >/dev/null 2>&1
	od -An -t u1 -j 4 -N 1 "$work/info" | tr -d ' '
}

# Where each session is one for the drive too, rather than a file system's alone
count_fits()
{
	local want=4 count

	! overwritable "$medium" || want=1
	count=$(count_sessions)
	[[ $count == "$want" ]] || echo "the drive counts $count sessions, expected $want"
	[[ $count == "$want" ]]
}

sessions()
{
	local session

	for session in 1 2 3; do
		echo "== $program on $medium, session $session"
		"burn_$program" "$session" 2>&1 | tr '\r' '\n' | tail -n 30
		[[ ${PIPESTATUS[0]} -eq 0 ]] || return
		reload "$work/disc" && compare "$session" || return
	done
	count_fits
}

# Three sessions of one program on one medium
job()
{
	local program=$1 medium=$2 work=$T/$1-$2 rc=0

	mkdir -p "$work/mnt"
	attach "$medium" "$work/disc" || return
	if ! sessions; then
		echo "== what was asked last"
		[[ -z ${TEST_LOG-} ]] || { cat "$work/disc.disc"; ctl log show; }
		ctl log show | tail -n 15
		dmesg | tail -n 5
		rc=1
	fi
	ctl stat | grep -E '^(commands|failed|seeks|blocks)' | paste -sd ' '
	detach "$DEV" && return $rc
}

run_jobs()
{
	local medium program running=0

	for medium in "${media[@]}"; do
		for program in "${PROGRAMS[@]}"; do
			! unsupported "$program" "$medium" >/dev/null || continue
			if [[ $running -ge $JOBS ]]; then
				wait -n
				running=$((running - 1))
			fi
			{
				job "$program" "$medium" >"$T/$program-$medium.out" 2>&1
				echo $? >"$T/$program-$medium.new"
				mv "$T/$program-$medium.new" "$T/$program-$medium.rc"
			} &
			running=$((running + 1))
		done
	done
	wait
	touch "$T/jobs.done"
}

# judge PROGRAM MEDIUM: as soon as it is done
judge()
{
	local text="$1: three sessions on $2, all files of isofs are the same" why rc=1

	if why=$(unsupported "$1" "$2"); then
		skip "$text" "$why"
		return
	fi
	while [[ ! -e $T/$1-$2.rc && ! -e $T/jobs.done ]]; do
		sleep 0.5
	done
	[[ ! -e $T/$1-$2.rc ]] || rc=$(<"$T/$1-$2.rc")
	tap_result "$rc" "$text"
	if [[ $rc -eq 0 ]]; then
		diag "$(tail -n 1 "$T/$1-$2.out")"
	else
		diag "$(tail -n "${TEST_LOG:-40}" "$T/$1-$2.out")"
	fi
}

make_sessions
run_jobs &
for medium in "${media[@]}"; do
	for program in "${PROGRAMS[@]}"; do
		judge "$program" "$medium"
	done
done
wait
tap_done
