#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Images that others made and we append to, and the other way round
set -u
# shellcheck source=tests/suite/lib.sh
. "$(dirname "$0")/../suite/lib.sh"
# shellcheck source=tests/cross/peers.sh
. "$TOP/tests/cross/peers.sh"

command -v xorriso >/dev/null || skip_all "no xorriso"
command -v genisoimage >/dev/null || skip_all "no genisoimage"

mkdir -p "$T/src/folder/sub" "$T/add"
random_bytes 50000 1 >"$T/src/folder/data"
write_to "$T/src/folder/sub/ünï" text
write_to "$T/src/top" top
write_to "$T/add/theirs" theirs
manifest "$T/src" >"$T/first"

# Changes of ours on top of an image
change()
{
	write_to "$M/ours $1" "ours $1" && mv "$M/folder/data" "$M/moved $1" &&
		mkdir "$M/folder/data" && sync_dir "$M" && mv "$M/moved $1" "$M/folder/data/file" &&
		rm -f "$M/top"
}

check_image()
{
	need mount_image "$2" "$M"
	manifest "$M" >"$T/now"
	same "$1: it mounts with the files of its maker" "$T/now" "$T/first"
	ok "$1: we change it" change 1
	need unmount "$M"
	need mount_image "$2" "$M" ro
	manifest "$M" >"$T/now"
	need unmount "$M"
	grep -c . "$T/now" >/dev/null
	is "$1: a file of its maker, moved twice" "$(grep -c '^folder/data/file 50000 ' "$T/now")" 1
	peers_agree "$1, appended to by us" "$2" "$T/now"
	need mount_image "$2" "$M" session=1
	manifest "$M" >"$T/got"
	same "$1: its first session is still there" "$T/got" "$T/first"
	need unmount "$M"
}

timeout 60 xorriso -outdev "$T/x.iso" -joliet on -map "$T/src" / -commit >"$T/log" 2>&1
check_image "xorriso -joliet on" "$T/x.iso"
timeout 60 xorriso -outdev "stdio:$T/p.iso" -padding 0 -rockridge off -joliet on -map "$T/src" / \
	-commit >"$T/log" 2>&1
check_image "xorriso -rockridge off" "$T/p.iso"
genisoimage -quiet -J -input-charset UTF-8 -o "$T/g.iso" "$T/src" 2>"$T/log"
check_image "genisoimage -J" "$T/g.iso"
genisoimage -quiet -J -R -input-charset UTF-8 -o "$T/gr.iso" "$T/src" 2>"$T/log"
check_image "genisoimage -J -R" "$T/gr.iso"

# xorriso on top of ours, then we on top of that
new_image "$T/o.iso"
need mount_image "$T/o.iso" "$M"
cp -r "$T/src/." "$M"
need unmount "$M"
need timeout 60 xorriso -read_fs norock -dev "$T/o.iso" -joliet on -map "$T/add" /added -commit
need mount_image "$T/o.iso" "$M"
is "ours, appended to by xorriso: its file" "$(cat "$M/added/theirs")" theirs
is "and ours" "$(hash_of "$M/folder/data")" "$(hash_of "$T/src/folder/data")"
write_to "$M/again" again
need unmount "$M"
need mount_image "$T/o.iso" "$M" ro
manifest "$M" >"$T/now"
need unmount "$M"
peers_agree "and by us again" "$T/o.iso" "$T/now"
timeout 60 xorriso -indev "$T/o.iso" -toc >"$T/toc" 2>&1
is "xorriso lists three sessions" "$(grep -c '^ISO session' "$T/toc")" 3
is "and so do we" "$(sessions "$T/o.iso")" 3

# xorriso on top of an image that began at block 0 and that we appended to
need timeout 60 xorriso -read_fs norock -dev "$T/g.iso" -joliet on -map "$T/add" /added -commit
need mount_image "$T/g.iso" "$M" ro
is "genisoimage, we, xorriso: the last one's file" "$(cat "$M/added/theirs")" theirs
is "and ours" "$(cat "$M/ours 1")" "ours 1"
suite_done
