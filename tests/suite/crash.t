#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The server is killed in the middle of a burn: the old sessions are still there
set -u
# shellcheck source=tests/suite/lib.sh
. "$(dirname "$0")/lib.sh"

setup verify=none
mkdir "$M/old"
random_bytes 3000000 1 >"$M/old/a"
write_to "$M/old/b" b
need sync_dir "$M"
manifest "$M" >"$T/want"
need unmount "$M"

random_bytes 60000000 2 >"$T/new"
hits=0
for delay in 0 0.01 0.03 0.06 0.1 0.2; do
	need mount_image "$I" "$M"
	cp "$T/new" "$M/new"
	cp "$T/new" "$M/new2"
	length=$(stat -c %s "$I")
	before=$(sessions "$I")
	sync_dir "$M" >/dev/null 2>&1 &
	burn=$!
	# Once the image grows the burn is on its way
	for _ in {1..500}; do
		[[ $(stat -c %s "$I") -eq $length ]] || break
		sleep 0.01
	done
	sleep "$delay"
	server_kill "$M" >/dev/null 2>&1
	wait "$burn"
	killed=$?
	[[ $killed -eq 0 ]] || hits=$((hits + 1))
	# It may have been killed between its last write and its answer
	after=$(sessions "$I")
	need mount_image "$I" "$M"
	grep -v '^new' < <(manifest "$M") >"$T/got"
	same "killed $delay s into the burn: the old files are whole" "$T/got" "$T/want"
	rm -f "$M/new" "$M/new2"
	write_to "$M/mark" "$delay"
	ok "and a new session can be burned" sync_dir "$M"
	is "and read" "$(cat "$M/mark")" "$delay"
	rm "$M/mark"
	ok "unmount" unmount "$M"
	# A burn that was done before the kill is a session like others
	[[ $after -gt $before ]] ||
		is "nothing of the killed burn is left" "$(($(stat -c %s "$I") - length < 1000000))" 1
done
tap_result "$((hits > 0 ? 0 : 1))" "at least one burn was cut short"
diag "$hits of 6"
suite_done
