#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# imapifs blank and finalize on images; what is refused leaves the image as it was
set -u
# shellcheck source=tests/suite/lib.sh
. "$(dirname "$0")/lib.sh"

imapifs() { timeout 60 "$BUILD/imapifs" "$@" </dev/null; }
state() { imapifs info --json "$1" | sed -n 's/.*"state": "\(.*\)",/\1/p'; }

# kept TEXT PATTERN COMMAND...: it is refused, and the image is the same
kept()
{
	local before

	before=$(hash_of "$I")
	refused "$@"
	is "$1: it is the same" "$(hash_of "$I")" "$before"
}

# answer TEXT: to the question of blank, on a terminal
answer()
{
	timeout 60 script -qec "$BUILD/imapifs blank $I" /dev/null <<<"$1"
}

for command in blank finalize; do
	is "$command --help: usage" "$(imapifs $command --help | grep -c "^usage: imapifs $command SOURCE")" 1
	exits "$command without a source" 2 imapifs $command
	exits "$command with an option that isn't there" 2 imapifs $command --nonsense "$T/x"
	exits "$command with two sources" 2 imapifs $command "$T/x" "$T/y"
	refused "$command of what isn't there" "no such file" imapifs $command --yes "$T/none"
done
exits "finalize has no --full" 2 imapifs finalize --full "$T/x"

setup volid=LIFE
write_to "$M/one" 1
kept "blank of a mount" "mounted already" imapifs blank --yes "$I"
kept "finalize of a mount" "mounted already" imapifs finalize --yes "$I"
need sync_dir "$M"
says "a commit says how much, and how long it took" \
	'^last: +session 1 burned: [0-9]+ blocks \([0-9.]+ [KM]iB\) from block 32 on, in [0-9]+:[0-9]{2}$' \
	imapifs status "$M"
says "status --json has the speed" '"bytes_per_second": [0-9]+' imapifs status --json "$M"
write_to "$M/two" 2
need unmount "$M"
says "info says how many sessions fit" '^Sessions left: +[1-9][0-9]* at most$' imapifs info "$I"
says "and in JSON" '"sessions_left": [1-9]' imapifs info --json "$I"
says "an image is never closed" '"closed": false' imapifs info --json "$I"

kept "finalize of an image" "no end that could be closed" imapifs finalize --yes "$I"
kept "blank asks, and nobody is there" "say --yes" imapifs blank "$I"
if command -v script >/dev/null; then
	kept "the answer n" "Blank the image .* 2 sessions\? .*\[y/N\]" answer n
	kept "no answer" "y/N" answer ""
	kept "a question" "y/N" answer "why?"
	cp "$I" "$T/copy.iso"
	I=$T/copy.iso says "the answer y" "the image is blank" answer y
else
	skip "answers" "no script"
fi
chmod a-w "$I"
kept "blank of an image that is kept as it is" "read-only" imapifs blank --yes "$I"
chmod u+w "$I"
write_to "$T/text" "somebody's words"
refused "blank of what is no image" "not an ISO 9660 image" imapifs blank --yes "$T/text"
is "it is the same" "$(cat "$T/text")" "somebody's words"

says "blank" '^the image is blank: [0-9.]+ .iB free$' imapifs blank --yes "$I"
is "it is empty" "$(stat -c %s "$I")" 0
is "and blank" "$(state "$I")" blank
says "once more" '^the image is blank already' imapifs blank "$I"
need mount_image "$I" "$M" fresh
write_to "$M/three" 3
need unmount "$M"
is "it has a first session" "$(sessions "$I")" 1
need mount_image "$I" "$M"
is "with what is new" "$(ls "$M")" three
need unmount "$M"

# A device can't be cut: a session of the next life may end where an old one began
head -c 8388608 /dev/zero >"$T/device"
if loop=$(losetup --show -f "$T/device" 2>/dev/null); then
	trap 'losetup -d "$loop"; tap_cleanup' EXIT
	for n in 1 2 3; do
		need mount_image "$loop" "$M"
		write_to "$M/old$n" $n
		need unmount "$M"
	done
	is "a device with three sessions" "$(sessions "$loop")" 3
	mkdir "$T/second"
	if mount -t iso9660 -o ro "$loop" "$T/second" 2>/dev/null; then
		refused "blank while isofs has it" "mounted already" imapifs blank --yes "$loop"
		need umount "$T/second"
	else
		skip "blank while isofs has it" "isofs can't be mounted here"
	fi
	ok "blank" imapifs blank --yes "$loop"
	is "it is blank" "$(state "$loop")" blank
	need mount_image "$loop" "$M" fresh
	write_to "$M/new" 1
	ok "a session of the size of the first one" unmount "$M"
	is "is all there is" "$(sessions "$loop")" 1
	# As other programs do it
	need mount_image "$loop" "$M"
	write_to "$M/newer" 1
	need unmount "$M"
	head -c 131072 /dev/zero | dd of="$loop" conv=notrunc,fsync status=none
	need mount_image "$loop" "$M" fresh
	write_to "$M/new" 1
	ok "on a device that another program blanked as well" unmount "$M"
	is "it is all there is" "$(sessions "$loop")" 1
else
	skip "a device" "no loop device"
fi
need mount_image "$I" "$M"
suite_done
