#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What could not be burned comes back by "imapifs rescue restore", and is gone from
# the rescue folder only when a session has it
set -u
# shellcheck source=tests/suite/lib.sh
. "$(dirname "$0")/lib.sh"

imapifs() { timeout 120 "$BUILD/imapifs" "$@"; }
restore() { imapifs rescue restore "$@"; }
list() { imapifs rescue list --spool "$SPOOL" "$@"; }
folder() { find "$SPOOL/rescue" -mindepth 1 -maxdepth 1 -type d; }

# A disc with some files, then changes of all sorts that can't be burned: $T/want
# is what they make of it
tree()
{
	mkdir -p "$M/dir/sub" "$M/other"
	random_bytes 300001 1 >"$M/dir/big"
	write_to "$M/dir/sub/deep" deep
	write_to "$M/other/gone" gone
	write_to "$M/changed" before
	write_to "$M/turned" file
	write_to "$M/stays" stays
}

change()
{
	mv "$M/dir" "$M/new dir"
	rm "$M/other/gone" "$M/turned"
	mkdir "$M/turned"
	write_to "$M/turned/inside" inside
	write_to "$M/changed" "longer than before"
	touch -d @1000000000 "$M/changed"
	mkdir "$M/empty"
	: >"$M/nothing"
}

# A rescue folder of changes over $I
rescue()
{
	rm -rf "$SPOOL/rescue" "$I"
	setup
	tree
	need sync_dir "$M"
	change
	manifest "$M" >"$T/want"
	mv "$I" "$T/away.iso"
	need unmount_bare "$M"
	mv "$T/away.iso" "$I"
	[[ -d $(folder) ]] || need false
}

for command in "" list restore; do
	ok "rescue $command --help" imapifs rescue $command --help
done
exits "rescue alone" 2 imapifs rescue
exits "restore without a folder" 2 restore
exits "restore to nowhere" 2 restore "$T"
exits "an unknown option" 2 list --nonsense
mkdir -p "$SPOOL"
is "nothing to list" "$(list --json | grep -c "$SPOOL")" 0
exits "a spool that is not there" 1 list --spool "$T/missing"

rescue
F=$(folder)
is "the folder is listed" "$(list | grep -cFx "$F")" 1
is "with its image" "$(list | grep -cF "    of $I, ")" 1
is "and what it has" "$(list --json | grep -F -A8 "\"folder\": \"$F\"" | tr -d '\n ' |
	grep -oE '"files":.*')" '"files":5,"bytes":300029,"deleted":2,"missing":0,"whole":true'

need mount_image "$I" "$M"
mkdir "$M/below"
need sync_dir "$M"
refused "restore below the mount's root" "not the root directory" restore "$F" "$M/below"
write_to "$M/new" staged
refused "restore where something is staged" "commit. it first" restore "$F" "$M"
rm "$M/new"
rmdir "$M/below"
need sync_dir "$M"
before=$(sessions "$I")
ok "restore" restore "$F" "$M"
manifest "$M" >"$T/got"
same "all is as it was" "$T/got" "$T/want"
is "with the files' times" "$(stat -c %Y "$M/changed")" 1000000000
is "and burned" "$(sessions "$I")" $((before + 1))
is "the folder is gone" "$(folder)" ""
remount
manifest "$M" >"$T/got"
same "after a mount too" "$T/got" "$T/want"
need unmount "$M"

# What speaks against it
rescue
F=$(folder)
mv "$I" "$T/right.iso"
new_image "$T/wrong.iso"
need mount_image "$T/wrong.iso" "$M"
refused "another image" "it is of $I" restore "$F" "$M"
is "nothing came there" "$(ls "$M")" ""
need unmount "$M"
mv "$T/right.iso" "$I"
need mount_image "$I" "$M" session=1
refused "a read-only mount" "read-only" restore "$F" "$M"
need unmount "$M"
refused "a folder that is no rescue" "neither a rescue" restore "$T/mnt" "$T"
refused "a folder within the rescue" "is in the folder" restore "$F" "$F/files"

need mount_image "$I" "$M"
write_to "$M/changed" "since then"
touch -d "now + 1 minute" "$M/changed"
touch -d "now + 1 minute" "$M/dir/sub/deep"
need sync_dir "$M"
manifest "$M" >"$T/before"
refused "files that were changed since" "^imapifs: changed: was changed" restore "$F" "$M"
is "deleted ones too" "$(grep -c '^imapifs: dir: is to be deleted' "$T/.out")" 1
manifest "$M" >"$T/got"
same "nothing was changed" "$T/got" "$T/before"
ok "--force replaces them" restore "$F" "$M" --force --keep
manifest "$M" >"$T/got"
same "all is as it was" "$T/got" "$T/want"
is "--keep leaves the folder" "$(folder)" "$F"
ok "a second time there is nothing to do" restore "$F" "$M"
is "and nothing was burned for it" "$(sessions "$I")" 3
is "but the folder is gone" "$(folder)" ""
need unmount "$M"

# The commit fails
rescue
F=$(folder)
manifest "$F" >"$T/kept"
need mount_image "$I" "$M"
# Not moved away: a mount of the module is told of by the image's path of today
cp "$I" "$T/away.iso"
need dd if=/dev/zero of="$I" bs=2048 seek=16 count=1 conv=notrunc
refused "restore that can't be burned" "folder is as it was" restore "$F" "$M"
manifest "$F" >"$T/got"
same "the folder is as it was" "$T/got" "$T/kept"
cat "$T/away.iso" >"$I"
need sync_dir "$M"
ok "it goes on when that was seen to" restore "$F" "$M"
manifest "$M" >"$T/got"
same "all is as it was" "$T/got" "$T/want"
is "the folder is gone" "$(folder)" ""
need unmount "$M"

# Something is missing
rescue
F=$(folder)
need mount_image "$I" "$M"
rm "$F/files/new dir/big"
echo "new dir/big" >"$F/missing"
refused "a rescue with things missing" "^imapifs: new dir/big: missing" restore "$F" "$M"
is "what there is was burned" "$(sessions "$I")" 2
is "nothing was deleted" "$(stat -c %s "$M/dir/big") $(cat "$M/other/gone")" "300001 gone"
is "the folder stays" "$(folder)" "$F"
: >"$F/missing"
rm "$F/deleted"
refused "a rescue that was cut short" "not all of it" restore "$F" "$M"
is "the folder stays" "$(folder)" "$F"

# Lists and trees that lead elsewhere
write_to "$T/victim" alive
for line in "../victim" "/$T/victim" "dir/../../victim" "" "dir//big" "./dir" "no newline"; do
	printf '%s' "$line" >"$F/deleted"
	[[ $line == "no newline" ]] || echo >>"$F/deleted"
	refused "deleted has '$line'" "needs cleaning" restore "$F" "$M" --force
done
is "nothing elsewhere was deleted" "$(cat "$T/victim")" alive
echo "turned/inside" >"$F/deleted"
ln -s "$T/victim" "$F/files/link"
refused "a link in the rescue" "^imapifs: link: neither a file" restore "$F" "$M"
is "what is in files is not deleted" "$(cat "$M/turned/inside")" inside
is "no link was made" "$(find "$M" -name link)" ""
need unmount "$M"

# An ordinary folder
rescue
F=$(folder)
mkdir "$T/plain" "$T/elsewhere"
write_to "$T/plain/changed" mine
refused "a file that differs in an ordinary folder" "is there already" restore "$F" "$T/plain"
is "stays" "$(cat "$T/plain/changed")" mine
rm "$T/plain/changed"
mkdir "$T/plain/other"
write_to "$T/plain/other/gone" gone
ln -s "$T/elsewhere" "$T/plain/new dir"
refused "a link in its way" "is there already" restore "$F" "$T/plain"
is "is not followed" "$(ls "$T/elsewhere")" ""
rm "$T/plain/new dir"
refused "restore there" "2 names were not deleted" restore "$F" "$T/plain"
is "deletes nothing" "$(cat "$T/plain/other/gone")" gone
is "copies all" "$(cd "$T/plain" && manifest . | grep -v ^other)" "$(manifest "$F/files")"
is "and keeps the folder" "$(folder)" "$F"
ok "restore there by --force" restore "$F" "$T/plain" --force
is "deletes what is deleted" "$(find "$T/plain" -name gone)" ""
is "and the folder is gone" "$(folder)" ""

# The spool of a mount that was killed
need mount_image "$I" "$M"
write_to "$M/left" "left over"
mkdir "$M/dir/made"
write_to "$M/dir/made/too" too
S=$(find "$SPOOL" -maxdepth 1 -name 'mount-*')
why=
if face_outlives_server; then
	why="a mount of this face outlives its server"
elif ! command -v getfattr >/dev/null; then
	why="no getfattr"
elif ! find "$S" -type f -exec getfattr -n user.imapifs.path {} + 2>/dev/null | grep -q left; then
	why="no extended attributes here"
fi
if [[ -n $why ]]; then
	skip "the spool of a killed mount" "$why"
	suite_done
fi
mkdir "$T/plain2"
refused "the spool of a living mount" "alive" restore "$S" "$T/plain2"
is "is not listed" "$(list | grep -cFx "$S")" 0
server_kill "$M" >/dev/null 2>&1
is "that of a dead one is" "$(list | grep -cFx "$S")" 1
is "with what it has" "$(list --json | grep -F -A8 "\"folder\": \"$S\"" | tr -d '\n ' |
	grep -oE '"files":[0-9]*,"bytes":[0-9]*')" '"files":2,"bytes":12'
need mount_image "$I" "$M"
echo nameless >"$S/77"
refused "a file of which nobody knows the name" "77: nothing says" restore "$S" "$M"
is "the others are back" "$(cat "$M/left" "$M/dir/made/too")" "left overtoo"
is "and burned" "$(imapifs status --json "$M" | grep -c '"dirty": false')" 1
rm "$S/77"
ok "without it" restore "$S" "$M"
is "the spool folder is gone" "$(find "$SPOOL" -maxdepth 1 -path "$S")" ""
suite_done
