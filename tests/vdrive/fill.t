#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# fill.t [MEDIUM:SIZE...]: each medium is filled up to the last byte that is accepted, by
# IMAPIFS_FACE, and what was accepted is burned
# shellcheck disable=SC2317 # stages are called by their names
set -u

# As small as one can be that has two sessions with what closing them takes
sized()
{
	local medium

	for medium in cd-r-74 cd-r-80 cd-rw-74 cd-rw-80 dvd+r dvd+r-dl dvd+rw dvd-ram bd-r bd-re; do
		echo "$medium:80M"
	done
	for medium in dvd-r dvd-rw dvd-rw-over; do
		echo "$medium:130M"
	done
}

# shellcheck disable=SC2046
[[ $# -gt 0 ]] || set -- $(sized)
# shellcheck source=tests/vdrive/jobs.sh
. "$(dirname "$0")/jobs.sh"

STAGES=(whole crowded)

stage_text()
{
	case $1 in
	whole)		echo "a blank disc takes one file up to its last byte" ;;
	crowded)	echo "small files behind a session, up to the last one" ;;
	esac
}

# What is at byte N can't be anywhere else
content()
{
	seq 1 99999999 | head -c "$1"
}

available()
{
	df -B1 --output=avail "$work/mnt" | tail -n 1
}

# The file is longer than what is free, so its end is refused
whole()
{
	local full=$work/mnt/full free size

	mount_disc
	free=$(available)
	content $((free + 65536)) >"$work/content"
	fails "No space" dd if="$work/content" of="$full" bs=64k status=none
	size=$(stat -c %s "$full")
	fails "No space" dd if="$work/content" of="$full" bs=1 skip="$size" seek="$size" \
		conv=notrunc status=none
	[[ $(available) -lt 4096 ]]
	size=$(stat -c %s "$full")
	[[ $size -ge $((free - 65536)) ]]
	timeout 300 sync "$work/mnt"
	fails "No space" touch "$work/mnt/more"
	truncate -s "$size" "$work/content"
	cmp "$work/content" "$full"
	unmount
	timeout 200 "$BUILD/imapifs" verify "$DEV"
	reload "$work/disc"
	mount -t iso9660 -o ro "$DEV" "$work/iso"
	cmp "$work/content" "$work/iso/full"
	umount "$work/iso"
}

# Until one is refused: each of them is in "want" as well. No program is started for them:
# in a guest that takes longer than all the rest
small_files()
{
	local n folder name text

	text=$(content 4095)
	for n in {1..4000}; do
		folder="folder $((n - (n - 1) % 50))"
		name="a file with a long name, number $n"
		if ((n % 50 == 1)); then
			mkdir "$work/mnt/$folder" || break
			mkdir "$work/want/$folder"
		fi
		printf %s "${text:0:n % 3 * 2047 + 1}" >"$work/mnt/$folder/$name" || break
		printf %s "${text:0:n % 3 * 2047 + 1}" >"$work/want/$folder/$name"
	done
	rm -f "$work/mnt/$folder/$name"
	[[ $n -gt 200 && $n -lt 4000 ]]
}

crowded()
{
	local option=finalize

	! overwritable "$medium" || option=''
	"$V" new --media "$medium" "$work/other"
	ctl swap "$work/other"
	rm "$work/disc" "$work/content"
	mount_disc "$option"
	both cp /bin/true small
	timeout 300 sync "$work/mnt"
	content $(($(available) - 2500000)) >"$work/want/large"
	cp "$work/want/large" "$work/mnt/large"
	small_files
	unmount
	timeout 200 "$BUILD/imapifs" verify "$DEV"
	isofs_agrees "$work/other"
}

run_stages
