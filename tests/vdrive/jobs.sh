# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Several media at a time, each in a drive of its own, and each through the same stages: what
# matrix.sh and fill.t share. Who sources it has the media as its arguments, and then defines
# STAGES, stage_text and a function for each stage, and calls run_stages.

# shellcheck source=tests/vdrive/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
guest_or_exec 1500 "$@"
# shellcheck source=tests/lib/tap.sh
. "$VDRIVE_TOP/tests/lib/tap.sh"

FACE=${IMAPIFS_FACE:-fuse}
# They wait half of the time, for libburn does
JOBS=${TEST_JOBS:-4}

if [[ $FACE == kernel && ! -e /dev/imapifs ]]; then
	module=$BUILD/$(uname -r)/imapifs.ko
	[[ -f $module ]] || skip_all "$module is not built (make kmod KVER=$(uname -r))"
	need insmod "$module"
fi
for program in xorriso fusermount3; do
	command -v "$program" >/dev/null || skip_all "no $program"
done
[[ -x $BUILD/imapifs ]] || skip_all "build/imapifs is not built"
export HOME=$T/home
mkdir -p "$HOME"

if [[ $# -gt 0 ]]; then
	media=("$@")
else
	read -ra media <<<"$("$V" --help | sed -n '/^Media/{n;p}')"
fi
[[ ${#media[@]} -gt 0 ]] || skip_all "vdrive --help names no media"

# --- for the stages, in a shell that ends with the first command that fails ---

# fails PATTERN COMMAND...: it does, and says what the pattern says
fails()
{
	local pattern=$1 out rc=0

	shift
	out=$("$@" 2>&1) || rc=$?
	echo "$out"
	[[ $rc -ne 0 && $rc -ne 124 ]] && grep -qE "$pattern" <<<"$out"
}

mount_disc()
{
	timeout 120 "$BUILD/mount.imapifs" "$DEV" "$work/mnt" \
		-o "face=$FACE,spool=$work/spool${1:+,$1}"
}

unmount()
{
	timeout 300 "$BUILD/umount.imapifs" "$work/mnt"
}

# Done on the mount, and in the folder that has what has to be there
both()
{
	(cd "$work/want" && "$@")
	(cd "$work/mnt" && "$@")
}

shows_all()
{
	diff -r "$work/want" "$work/mnt"
}

isofs_shows_all()
{
	mount -t iso9660 -o ro "$DEV" "$work/iso"
	diff -r "$work/want" "$work/iso"
	umount "$work/iso"
}

# The module has the kernel look at the disc anew when it is unmounted; and so has who
# ejects it
isofs_agrees()
{
	[[ $FACE != kernel ]] || isofs_shows_all
	reload "$1"
	isofs_shows_all
}

# disc_is SESSIONS PATTERN: so many, and what else info says
disc_is()
{
	timeout 120 "$BUILD/imapifs" info --json "$DEV" >"$work/info"
	cat "$work/info"
	[[ $(grep -o '"readable"' "$work/info" | wc -l) -eq $1 ]]
	grep -qE "$2" "$work/info"
}

# --- all of them, several media at a time ---

# Leaves STAGE.out of each, and STAGE.rc of those that it came to
stages()
{
	local stage rc=0

	for stage in "${STAGES[@]}"; do
		(
			set -ex
			"$stage"
		) >"$work/$stage.out" 2>&1
		rc=$?
		echo "$rc $SECONDS" >"$work/$stage.rc"
		[[ $rc -eq 0 ]] || break
	done
	if [[ $rc -ne 0 ]]; then
		{
			"$BUILD/imapifs" status "$work/mnt"
			ctl log show | tail -n 15
			dmesg | tail -n 5
		} >>"$work/$stage.out" 2>&1
	fi
}

job()
{
	local medium=$1 work=$T/$1

	mkdir "$work" "$work/mnt" "$work/iso" "$work/spool" "$work/want"
	if attach "$medium" "$work/disc" >"$work/attach.out" 2>&1; then
		SECONDS=0
		stages
		umount -l "$work/mnt" 2>/dev/null
		detach "$DEV" >>"$work/attach.out" 2>&1 || rm -f "$work/${STAGES[-1]}.rc"
	fi
	# The guest has them in memory
	rm -rf "$work/disc" "$work/other" "$work/spool" "$work/want"
	touch "$work/done"
}

run_jobs()
{
	local medium running=0

	for medium in "${media[@]}"; do
		if [[ $running -ge $JOBS ]]; then
			wait -n
			running=$((running - 1))
		fi
		job "$medium" &
		running=$((running + 1))
	done
	wait
}

# What is left of a stage that failed
show_failure()
{
	local work=$T/$1 stage=$2

	[[ -e $work/$stage.out ]] || diag "it did not come to that"
	diag "$(cat "$work/attach.out")"
	diag "$(tail -n "${TEST_LOG:-40}" "$work/$stage.out" 2>/dev/null)"
}

# A medium's stages, once all are done
judge()
{
	local medium=$1 stage rc seconds=

	while [[ ! -e $T/$medium/done ]] && kill -0 "$runner" 2>/dev/null; do
		sleep 0.5
	done
	for stage in "${STAGES[@]}"; do
		rc=1
		[[ ! -e $T/$medium/$stage.rc ]] || read -r rc seconds <"$T/$medium/$stage.rc"
		tap_result "$rc" "$medium: $(stage_text "$stage")"
		[[ $rc -eq 0 ]] || show_failure "$medium" "$stage"
	done
	diag "$medium: ${seconds:-no} seconds"
}

run_stages()
{
	run_jobs &
	runner=$!
	for medium in "${media[@]}"; do
		judge "$medium"
	done
	wait
	tap_done
}
