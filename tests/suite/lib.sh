# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Begins each case of the behaviour suite: TAP, the face, and what cases share.

# shellcheck source=tests/lib/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"
# shellcheck source=tests/suite/face.sh
. "$TOP/tests/suite/face.sh"

export ASAN_OPTIONS=${ASAN_OPTIONS:-}:log_path=$T/san
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-}:log_path=$T/san

missing=$(face_missing)
[[ -z $missing ]] || skip_all "$missing"
unset missing

I=$T/disc.iso
M=$T/mnt
SPOOL=$T/spool

# A blank image, mounted
setup()
{
	new_image "$I"
	need mount_image "$I" "$M" "${1:-}"
}

# All is unmounted, no server complained; ends the case
suite_done()
{
	local dir

	cd /
	while read -r dir; do
		ok "unmount at the end" unmount "$dir"
	done < <(tap_mounts | grep -v "^$T/host" || :)
	if compgen -G "$T/san.*" >/dev/null; then
		tap_result 1 "no report of a sanitizer"
		diag "$(head -n 60 "$T"/san.*)"
	fi
	tap_done
}

remount()
{
	need unmount "$M"
	need mount_image "$I" "$M" "${1:-}"
}

sessions()
{
	"$BUILD/imapifs" info --json "$1" | grep -o '"start"' | wc -l
}

inode()
{
	stat -c %i "$1"
}

# $1 bytes that don't compress, the same for the same seed $2
random_bytes()
{
	awk -v seed="${2:-1}" 'BEGIN { srand(seed); for (;;) printf "%08x%08x%08x%08x\n",
		rand() * 2^32, rand() * 2^32, rand() * 2^32, rand() * 2^32 }' | head -c "$1"
}

sync_dir()
{
	timeout 120 sync "$1"
}

write_to()
{
	printf '%s' "$2" >"$1"
}

# says TEXT PATTERN COMMAND...: whether it succeeds or not, it says what the pattern says
says()
{
	local text=$1 pattern=$2

	shift 2
	"$@" >"$T/.out" 2>&1 </dev/null
	tap_result "$(grep -qE "$pattern" "$T/.out"; echo $?)" "$text"
	grep -qE "$pattern" "$T/.out" || diag "expected /$pattern/: $*"$'\n'"$(tail -n 20 "$T/.out")"
}
