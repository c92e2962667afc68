#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Images that others made: read as others read them; the bad ones do no harm
set -u
# shellcheck source=tests/suite/lib.sh
. "$(dirname "$0")/../suite/lib.sh"
# shellcheck source=tests/cross/peers.sh
. "$TOP/tests/cross/peers.sh"
# shellcheck source=tests/lib/corpus.sh
. "$TOP/tests/lib/corpus.sh"

corpus_unpack "$T/images" || skip "the images of ../shared/corpus" "they aren't there"

# An error that is none of these is a crash or a hang
plain_errors='structure needs cleaning|input/output error|wrong medium type|no such file'

walk()
{
	(cd "$M" && timeout 60 find . -type f -exec timeout 20 sha256sum {} +) >"$T/sums" 2>"$T/errors"
	[[ $? -ne 124 ]]
}

shopt -s nullglob
for image in "$T"/images/*.iso; do
	name=$(basename "$image" .iso)
	before=$(hash_of "$image")
	if ! mount_image "$image" "$M" ro >"$T/said" 2>&1; then
		if corpus_is_bad "$image"; then
			ok "$name: refused with a line that says why" test "$(wc -l <"$T/said")" -eq 1
		else
			tap_result 1 "$name: mounts"
		fi
		diag "$(cat "$T/said")"
		continue
	fi
	PEER_TREE=plain
	! "$BUILD/imapifs" info --json "$image" | grep -q '"joliet": *[1-3]' || PEER_TREE=joliet
	if corpus_is_bad "$image"; then
		ok "$name: what can be read is read, without a hang" walk
		ok "$name: errors are the plain ones" bash -c "! grep -viE '$plain_errors' '$T/errors'"
		ok "$name: the server is alive" stat "$M"
		diag "$(wc -l <"$T/sums") files, $(wc -l <"$T/errors") errors"
	else
		manifest "$M" >"$T/ours"
		peers_agree "$name ($PEER_TREE)" "$image" "$T/ours"
	fi
	ok "$name: unmount" unmount "$M"
	is "$name: not a bit was changed" "$(hash_of "$image")" "$before"
done

# Good images, cut short: never a crash, and a file is whole or an error
for image in "$T/images/libarchive-joliet.iso" "$T/images/libcdio-joliet.iso"; do
	[[ -e $image ]] || continue
	size=$(stat -c %s "$image")
	for percent in 5 30 60 90; do
		head -c $((size * percent / 100)) "$image" >"$T/cut.iso"
		if mount_image "$T/cut.iso" "$M" ro >"$T/said" 2>&1; then
			ok "$(basename "$image"), $percent% of it: walked" walk
			ok "errors are the plain ones" bash -c "! grep -viE '$plain_errors' '$T/errors'"
			ok "unmount" unmount "$M"
		else
			ok "$(basename "$image"), $percent% of it: refused in a line" \
				test "$(wc -l <"$T/said")" -eq 1
			diag "$(cat "$T/said")"
		fi
	done
done
suite_done
