#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Space: what is accepted can be burned, and what can't be is refused at once
set -u
# shellcheck source=tests/suite/lib.sh
. "$(dirname "$0")/lib.sh"

avail() { stat -f -c '%a * %S' "$M" | { read -r sum; echo $((sum)); }; }

# With a bound: the host's disk has other users, who come and go
setup size=50000000
free=$(avail)
tap_result "$((free > 40000000 && free <= 50000000 ? 0 : 1))" "size= bounds what is free"
random_bytes 5000000 1 >"$M/f"
after=$(avail)
tap_result "$((free - after >= 5000000 ? 0 : 1))" "staging 5 MB takes at least that from it"
diag "$free bytes were free, then $after"
rm "$M/f"
is "and removing it gives it back" "$(avail)" "$free"
# One write(2) past the page cache is many requests at once
if dd if=/dev/zero of="$M/direct" bs=8M count=1 oflag=direct 2>"$T/err"; then
	rm "$M/direct"
	for n in {1..4}; do
		dd if=/dev/zero of="$M/direct" bs=8M count=4 oflag=direct 2>/dev/null
		after=$(avail)
		[[ $((free - after)) -ge 33554432 ]] || break
		rm "$M/direct"
	done
	tap_result "$((free - after >= 33554432 ? 0 : 1))" "direct writes take their room, too"
	diag "$free bytes were free, then $after"
	rm -f "$M/direct"
	is "and give it back" "$(avail)" "$free"
else
	skip "direct writes" "$(tail -n 1 "$T/err")"
fi
need unmount "$M"
setup
free=$(avail)
host=$(df -B1 --output=avail "$T" | tail -n 1)
tap_result "$((free <= host ? 0 : 1))" "no more is offered than the host's disk has"
need unmount "$M"

new_image "$I"
need mount_image "$I" "$M" size=1000000
ok "size=1000000: 800,000 bytes" bash -c "head -c 800000 /dev/zero >'$M/a'"
refused "300,000 more are refused" "no space" bash -c "head -c 300000 /dev/zero >'$M/b'"
is "what was there before is whole" "$(stat -c %s "$M/a")" 800000
rm -f "$M/b"
ok "what was accepted is burned" sync_dir "$M"
ok "and makes room for as much again" bash -c "head -c 800000 /dev/zero >'$M/c'"
need unmount "$M"

# Image and spool together on a small disk
mkdir "$T/host"
if mount -t tmpfs -o size=48m tmpfs "$T/host" 2>/dev/null; then
	I=$T/host/disc.iso
	SPOOL=$T/host/spool
	new_image "$I"
	need mount_image "$I" "$M"
	random_bytes 2000000 2 >"$M/first"
	need sync_dir "$M"
	tap_result "$(($(avail) <= 48 * 1024 * 1024 / 2 ? 0 : 1))" \
		"what is staged and burned on one disk takes its room twice"

	for n in {1..60}; do
		random_bytes 1000000 "$n" >"$M/n$n" 2>"$T/err" || break
	done
	tap_result "$((n > 5 && n < 60 ? 0 : 1))" "staging ends with an error when the disk is full"
	ok "the error is ENOSPC" grep -qi 'no space' "$T/err"
	diag "after $n files"
	rm -f "$M/n$n"
	manifest "$M" >"$T/want"
	ok "all that was accepted is burned" sync_dir "$M"
	manifest "$M" >"$T/got"
	same "and reads back" "$T/got" "$T/want"
	need unmount "$M"
	need mount_image "$I" "$M"
	manifest "$M" >"$T/got"
	same "at the next mount too" "$T/got" "$T/want"
	need unmount "$M"

	# The disk fills up behind our back, between staging and burning
	rm "$I"
	new_image "$I"
	need mount_image "$I" "$M"
	random_bytes 3000000 3 >"$M/first"
	need sync_dir "$M"
	random_bytes 9000000 4 >"$M/second"
	rm "$M/first"
	mkdir "$M/d"
	manifest "$M" >"$T/want"
	before=$(hash_of "$I")
	head -c 100000000 /dev/zero >"$T/host/filler" 2>/dev/null
	refused "sync on a full disk" "no space" sync_dir "$M"
	is "leaves the image as it was" "$(hash_of "$I")" "$before"
	manifest "$M" >"$T/got"
	same "and keeps what is staged" "$T/got" "$T/want"
	exits "umount is refused as well" 32 unmount "$M"
	ok "and leaves the mount in place" mountpoint -q "$M"
	cp "$I" "$T/copy.iso"
	need mount_image "$T/copy.iso" "$T/copy" ro
	is "the old image mounts" "$(cd "$T/copy" && echo *)" first
	need unmount "$T/copy"
	rm "$T/host/filler"
	ok "with room again, sync works" sync_dir "$M"
	remount
	manifest "$M" >"$T/got"
	same "and all is there" "$T/got" "$T/want"
	need unmount "$M"
else
	skip "a full host disk" "no tmpfs can be mounted"
fi
suite_done
