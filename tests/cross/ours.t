#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Images of ours, by the eyes of others
set -u
# shellcheck source=tests/suite/lib.sh
. "$(dirname "$0")/../suite/lib.sh"
# shellcheck source=tests/cross/peers.sh
. "$TOP/tests/cross/peers.sh"

# Names of all kinds, several levels, sizes around a block's
fill()
{
	mkdir -p "$1/letters/ümläute/日本語" "$1/empty" "$1/a/b/c/d/e/f/g/h/i/j/k"
	write_to "$1/letters/ümläute/日本語/ファイル.txt" "three scripts"
	write_to "$1/letters/emoji 😀.txt" smile
	write_to "$1/a/b/c/d/e/f/g/h/i/j/k/deep" deep
	write_to "$1/The same long beginning of a name, but here it ends in one.text" 1
	write_to "$1/The same long beginning of a name, but here it ends in two.text" 2
	write_to "$1/lower" l
	write_to "$1/LOWER" L
	write_to "$1/two.dots.here" d
	for size in 0 1 2047 2048 2049 4096 70000; do
		random_bytes $size $size >"$1/size-$size"
	done
	mkdir "$1/many"
	for n in {1..90}; do
		write_to "$1/many/a file of some length, number $n" "$n"
	done
}

setup volid=FIRST
fill "$M"
need sync_dir "$M"
manifest "$M" >"$T/want1"
peers_agree "one session" "$I" "$T/want1"

rm -r "$M/many" "$M/size-2048"
mv "$M/a/b/c" "$M/letters/c"
write_to "$M/size-1" "changed"
write_to "$M/new" new
need sync_dir "$M"
manifest "$M" >"$T/want2"
write_to "$M/third session" 3
rmdir "$M/empty"
need unmount "$M"
need mount_image "$I" "$M" ro
manifest "$M" >"$T/want3"
need unmount "$M"
peers_agree "three sessions" "$I" "$T/want3"

if command -v xorriso >/dev/null; then
	timeout 60 xorriso -indev "$I" -toc >"$T/toc" 2>&1
	is "xorriso -toc lists all sessions" "$(grep -c '^ISO session' "$T/toc")" 3
	for n in 1 2 3; do
		rm -rf "$T/x"
		timeout 60 xorriso -read_fs norock -osirrox on -load session $n -indev "$I" \
			-extract / "$T/x" >"$T/.out" 2>&1
		chmod -R u+rwX "$T/x"
		peer_sees xorriso <"$T/want$n" >"$T/ours"
		manifest "$T/x" >"$T/theirs"
		same "xorriso loads session $n" "$T/theirs" "$T/ours"
		need mount_image "$I" "$M" "session=$n"
		manifest "$M" >"$T/got"
		same "we show session $n" "$T/got" "$T/want$n"
		need unmount "$M"
	done
	PEER_TREE=plain
	peer_extract xorriso "$I" "$T/plain" >/dev/null 2>&1
	is "the primary tree has every file" "$(find "$T/plain" -type f | wc -l)" \
		"$(grep -vc '/$' "$T/want3")"
	manifest "$T/plain" | awk '!/\/$/ { print $(NF - 1), $NF }' | sort >"$T/got"
	awk '!/\/$/ { print $(NF - 1), $NF }' "$T/want3" | sort >"$T/want"
	same "with its bytes" "$T/got" "$T/want"
	PEER_TREE=joliet
else
	skip "xorriso's view of the sessions" "no xorriso"
fi

# The same steps at another time give the same bytes
build()
{
	local pid

	new_image "$1"
	SOURCE_DATE_EPOCH=1700000000 mount_image "$1" "$M" &&
		fill "$M" && find "$M" -exec touch -d @1600000000 {} + &&
		sync_dir "$M" && write_to "$M/more" more && touch -d @1600000000 "$M/more" "$M" &&
		unmount "$M"
}
ok "SOURCE_DATE_EPOCH: an image" build "$T/e1.iso"
sleep 2
ok "and another one" build "$T/e2.iso"
ok "are the same, byte for byte" cmp "$T/e1.iso" "$T/e2.iso"
suite_done
