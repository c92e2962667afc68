#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What can't be burned any more is whole in the rescue folder, renamed things too
set -u
# shellcheck source=tests/suite/lib.sh
. "$(dirname "$0")/lib.sh"

tree()
{
	mkdir -p "$1/dir/sub/deep" "$1/other"
	random_bytes 3000001 1 >"$1/dir/big"
	write_to "$1/dir/sub/deep/file" deep
	write_to "$1/dir/sub/out" out
	: >"$1/dir/sub/empty"
	write_to "$1/file" file
	write_to "$1/other/gone" gone
	write_to "$1/stays" stays
}

# Changes of names above all: most of the bytes are on the disc alone
change()
{
	mv "$1/dir" "$1/new dir"
	mv "$1/new dir/sub/out" "$1/other/out"
	mv "$1/new dir/sub" "$1/new dir/sub2"
	mv "$1/file" "$1/new dir/file"
	rm "$1/other/gone"
	write_to "$1/new dir/staged" staged
}

folder() { find "$SPOOL/rescue" -mindepth 1 -maxdepth 1 -type d; }

setup volid=LABEL
tree "$M"
need sync_dir "$M"
change "$M"
want=$(cd "$M" && manifest . | grep -v '^stays ')
mv "$I" "$T/away.iso"
ok "umount(2) without the image" unmount_bare "$M"
is "files has all that has a new name or new bytes" "$(manifest "$(folder)/files")" "$want"
is "in a folder with the disc's label" "$(basename "$(folder)" | cut -d- -f1)" LABEL
is "deleted has the old names" "$(grep -cxE 'dir|file|other/gone' "$(folder)/deleted")" 3
is "nothing is missing" "$(cat "$(folder)/missing")" ""
is "source names the image" "$(cat "$(folder)/source")" "$I"
is "nothing is left beside it" "$(find "$SPOOL" -name 'mount-*')" ""
rm -r "$SPOOL/rescue"
mv "$T/away.iso" "$I"

need mount_image "$I" "$M"
change "$M"
truncate -s 200000 "$I"
ok "umount(2) with an image that lost its end" unmount_bare "$M"
is "what is staged is kept" "$(cat "$(folder)/files/new dir/staged")" staged
is "what can't be read is named" "$(grep -cx 'new dir/big' "$(folder)/missing")" 1
is "and not there in part" "$(find "$(folder)" -name big)" ""
suite_done
