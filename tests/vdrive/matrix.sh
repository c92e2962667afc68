#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# matrix.sh [MEDIUM...]: each medium from blank to closed by IMAPIFS_FACE, and behind a
# session of another program; the kernel's isofs reads every file of what comes of it
# shellcheck disable=SC2317 # stages are called by their names
set -u
# shellcheck source=tests/vdrive/jobs.sh
. "$(dirname "$0")/jobs.sh"

if [[ $FACE == kernel ]]; then
	command -v perl >/dev/null || skip_all "no perl"
fi

STAGES=(first second last appended)

stage_text()
{
	case $1 in
	first)		echo "a blank disc gets a session" ;;
	second)		echo "a second one deletes and renames what was burned" ;;
	last)		echo "a third one, and it is closed if it can be" ;;
	appended)	echo "a session behind xorriso's deletes and renames what that has burned" ;;
	esac
}

mkdir -p "$T/src/deep/er"
for size in 0 1 2047 2048 2049 700001; do
	head -c $size /dev/urandom >"$T/src/file$size"
done
cp "$T/src/file2049" "$T/src/deep/er/Ein langer Name mit Leerzeichen.txt"

# --- what desktops wait for ---

sectors()
{
	cat "/sys/block/${DEV#/dev/}/size"
}

# told NAME COMMAND...: it burns, and the module has the kernel tell of that, once, when the
# disk is as long as it will be
told()
{
	local told=$work/told-$1 action length

	shift
	if [[ $FACE != kernel ]]; then
		"$@"
		return
	fi
	perl "$VDRIVE_TOP/tests/vdrive/uevents.pl" "$DEV" "$told" "$@"
	cat "$told"
	[[ $(wc -l <"$told") -eq 1 ]]
	read -r action length _ <"$told"
	[[ $action == change && $length -eq $(sectors) ]]
}

# By what was told; the disc has come in anew since
has_grown()
{
	local before after

	[[ $FACE == kernel ]] || return 0
	read -r _ before _ <"$work/told-$1"
	read -r _ after _ <"$work/told-$2"
	[[ $after -eq $(sectors) ]]
	overwritable "$medium" || [[ $after -gt $before ]]
}

# --- the stages ---

first()
{
	mount_disc
	both cp -r "$T/src" one
	told first timeout 300 sync "$work/mnt"
	shows_all
}

second()
{
	both rm one/file2048
	both mv one/deep moved
	both mv one/file1 moved/er/
	both cp "$T/src/file2049" one/file2047
	told second timeout 300 sync "$work/mnt"
	unmount
	isofs_agrees "$work/disc"
	has_grown first second
}

# Nothing but ours was in the drive while it was mounted
no_other_disc()
{
	[[ $(dmesg) != *"another disc is in the drive"* ]]
}

appendable='"state": *"appendable"'

xorriso_sessions()
{
	timeout 100 xorriso -indev "$DEV" -toc 2>/dev/null | grep -c '^ISO session'
}

last()
{
	local option=finalize closed='"why": *"the disc is closed"'

	if overwritable "$medium"; then
		fails "finalize" mount_disc finalize
		option='' closed=$appendable
	fi
	mount_disc "$option"
	shows_all
	both cp -r "$T/src/deep" third
	unmount
	isofs_agrees "$work/disc"
	disc_is 3 "$closed"
	[[ $(xorriso_sessions) -eq 3 ]]
	timeout 200 "$BUILD/imapifs" verify "$DEV"
	no_other_disc
}

appended()
{
	"$V" new --media "$medium" "$work/other"
	ctl swap "$work/other"
	timeout 300 xorriso -abort_on FAILURE -dev "$DEV" -joliet on -map "$T/src" /one -commit -end
	reload "$work/other"
	rm -r "$work/want"
	mkdir "$work/want"
	cp -r "$T/src" "$work/want/one"
	mount_disc
	shows_all
	both rm one/file2048
	both mv one/deep moved
	both cp "$T/src/file2049" one/file2047
	both cp -r "$T/src" two
	unmount
	isofs_agrees "$work/other"
	disc_is 2 "$appendable"
}

run_stages
