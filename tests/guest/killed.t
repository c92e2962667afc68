#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The helper is killed in each phase of a commit: nothing is lost, and another one
# burns it once
set -u
# shellcheck source=tests/suite/lib.sh
. "$(dirname "$0")/../suite/lib.sh"

[[ -e $TESTS/die_at.so ]] || skip_all "$TESTS/die_at.so is not built"
export DIE_AT DIE_WHEN=$T/now

# mount_dying PHASE: by a helper that is killed there, once $DIE_WHEN is there
mount_dying()
{
	rm -f "$DIE_WHEN"
	DIE_AT=$1 LD_PRELOAD=$TESTS/die_at.so mount_image "$I" "$M"
}

attach()
{
	timeout 60 "$BUILD/imapifs" attach "$M" || return
	on_exit_kill "$(server_pid "$M")"
}

helper_is_gone() { [[ $(server_pid "$M") == 0 ]]; }
in_log() { dmesg | grep -cF "$1"; }

setup
write_to "$M/first" first
random_bytes 100000 1 >"$M/old"
need unmount "$M"

n=1
for phase in plan record flush verify close; do
	need mount_dying "$phase"
	mkdir "$M/$phase"
	random_bytes 300000 "$n" >"$M/$phase/new"
	write_to "$M/first" "$phase"
	manifest "$M" >"$T/want"
	touch "$DIE_WHEN"
	refused "killed at $phase: sync" "not connected" sync_dir "$M"
	ok "the helper is gone" helper_is_gone
	same "all is still there" <(manifest "$M") "$T/want"
	ok "another one" attach
	ok "burns it" sync_dir "$M"
	need unmount "$M"
	n=$((n + 1))
	is "as one session" "$(sessions "$I")" "$n"
	need mount_image "$I" "$M"
	same "which has all of it" <(manifest "$M") "$T/want"
	need unmount "$M"
done

need mount_dying closed
write_to "$M/last" last
random_bytes 400000 9 >"$M/old"
manifest "$M" >"$T/want"
touch "$DIE_WHEN"
ok "killed just after the last write: it is burned all the same" sync_dir "$M"
ok "the helper is gone" helper_is_gone
same "all is read from the disc" <(manifest "$M") "$T/want"
ok "another one" attach
ok "finds nothing to burn" sync_dir "$M"
need unmount "$M"
is "one session" "$(sessions "$I")" $((n + 1))
need mount_image "$I" "$M"
same "which has all of it" <(manifest "$M") "$T/want"

# umount(2) can't be refused
write_to "$M/lost" lost
kill -KILL "$(server_pid "$M")"
need timeout 60 bash -c "until '$BUILD/imapifs' status --json '$M' | grep -q '\"pid\": 0'; do sleep 0.1; done"
before=$(in_log "not burned is lost")
ok "umount(2) without a helper" timeout 60 umount -i "$M"
is "what that means is in the log" "$(in_log "not burned is lost")" $((before + 1))
need mount_dying record
is "the disc is as it was" "$(manifest "$M")" "$(<"$T/want")"
write_to "$M/lost" lost
touch "$DIE_WHEN"
ok "umount(2), and the helper is killed while it burns" timeout 60 umount -i "$M"
is "which is in the log, too" "$(in_log "not burned is lost")" $((before + 2))

need mount_image "$I" "$M"
mkdir "$M/kept"
random_bytes 200000 8 >"$M/kept/new"
want=$(hash_of "$M/kept/new")
mv "$I" "$T/away.iso"
ok "umount(2) of a commit that fails" unmount_bare "$M"
kept=$(find "$SPOOL" -path '*/kept/new' -type f)
is "the rescue folder has the file" "$([[ -n $kept ]] && hash_of "$kept")" "$want"
mv "$T/away.iso" "$I"
need mount_image "$I" "$M"
suite_done
