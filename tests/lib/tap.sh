# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# TAP for the scripts here: each check is one line, the plan comes last. What a
# failing check printed follows it as "# " lines.
#
# Gives a private folder $T. Whatever is mounted below it when the script ends,
# however it ends, is unmounted, and servers that on_exit_kill named are gone.

export LC_ALL=C.UTF-8
TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=${IMAPIFS_BUILD:-$TOP/build}
TESTS=$TOP/build/tests
T=$(mktemp -d "${TMPDIR:-/tmp}/imapifs-test-XXXXXX")
tap_count=0
tap_failed=0
tap_pids=()

# Reads the mount points below $T, deepest first
tap_mounts()
{
	awk -v t="$T/" 'index($5, t) == 1 { print $5 }' /proc/self/mountinfo | sort -r
}

tap_cleanup()
{
	local dir pid n

	cd /
	while read -r dir; do
		timeout 60 umount -i -l "$dir" 2>/dev/null ||
			timeout 10 fusermount3 -u -z "$dir" 2>/dev/null || :
	done < <(tap_mounts)
	for pid in "${tap_pids[@]}"; do
		for n in {1..100}; do
			[[ -e /proc/$pid/exe ]] || break
			sleep 0.1
		done
		[[ $n -lt 100 ]] || kill -KILL "$pid" 2>/dev/null || :
	done
	rm -rf --one-file-system "$T" 2>/dev/null || :
}
trap tap_cleanup EXIT
trap 'exit 143' TERM INT HUP

# In our own process group, so that the end of our own time limit reaches it
timeout()
{
	command timeout --foreground "$@"
}

on_exit_kill()
{
	tap_pids+=("$1")
}

diag()
{
	sed 's/^/# /' <<<"$*"
}

tap_result()
{
	tap_count=$((tap_count + 1))
	if [[ $1 -eq 0 ]]; then
		echo "ok $tap_count - $2"
	else
		tap_failed=$((tap_failed + 1))
		echo "not ok $tap_count - $2"
	fi
}

# ok TEXT COMMAND...: it succeeds
ok()
{
	local text=$1 rc=0

	shift
	"$@" >"$T/.out" 2>&1 </dev/null || rc=$?
	tap_result "$rc" "$text"
	[[ $rc -eq 0 ]] || diag "exit $rc: $*"$'\n'"$(tail -n 20 "$T/.out")"
}

# refused TEXT PATTERN COMMAND...: it fails, and says what the pattern says
refused()
{
	local text=$1 pattern=$2 rc=0 bad=0

	shift 2
	"$@" >"$T/.out" 2>&1 </dev/null || rc=$?
	if [[ $rc -eq 0 || $rc -eq 124 || $rc -ge 126 ]] || ! grep -qiE "$pattern" "$T/.out"; then
		bad=1
	fi
	tap_result "$bad" "$text"
	[[ $bad -eq 0 ]] || diag "exit $rc, expected /$pattern/: $*"$'\n'"$(tail -n 20 "$T/.out")"
}

# exits TEXT CODE COMMAND...: it exits with just that code
exits()
{
	local text=$1 want=$2 rc=0 bad=0

	shift 2
	"$@" >"$T/.out" 2>&1 </dev/null || rc=$?
	[[ $rc -eq $want ]] || bad=1
	tap_result "$bad" "$text"
	[[ $bad -eq 0 ]] || diag "exit $rc, expected $want: $*"$'\n'"$(tail -n 20 "$T/.out")"
}

# is TEXT GOT WANTED
is()
{
	local bad=0

	[[ $2 == "$3" ]] || bad=1
	tap_result "$bad" "$1"
	[[ $bad -eq 0 ]] || diag "     got: $2"$'\n'"expected: $3"
}

# same TEXT FILE FILE: of equal content; shows what differs
same()
{
	local bad=0

	diff -u "$3" "$2" >"$T/.out" 2>&1 || bad=1
	tap_result "$bad" "$1"
	[[ $bad -eq 0 ]] || diag "$(head -n 30 "$T/.out")"
}

skip()
{
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

skip_all()
{
	echo "1..0 # SKIP $1"
	exit 0
}

# A step that must work for the rest to make sense
need()
{
	local rc=0

	"$@" >"$T/.out" 2>&1 </dev/null || rc=$?
	[[ $rc -ne 0 ]] || return 0
	diag "exit $rc: $*"$'\n'"$(tail -n 20 "$T/.out")"
	tap_result 1 "step: $*"
	tap_done
}

tap_done()
{
	echo "1..$tap_count"
	[[ $tap_failed -eq 0 ]]
	exit
}

# "path size sha256" of every file, and "path/" of every folder
manifest()
{
	(
		cd "$1" || exit 1
		find . -mindepth 1 -type d -printf '%P/\n'
		find . -type f -printf '%P %s ' -exec sh -c 'sha256sum <"$1" | cut -c1-64' _ {} \;
	) | sort
}

hash_of()
{
	sha256sum <"$1" | cut -c1-64
}
