#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# life.t [MEDIUM...|found]: from a blank disc to its end, by IMAPIFS_FACE: what info says of
# it, older sessions, closing it for good, blanking it. "found": discs as others leave them:
# formatted by another program or not to their end, with a block that is damaged, or with
# pseudo-overwrite
set -u
# shellcheck source=tests/vdrive/lib.sh
. "$(dirname "$0")/lib.sh"
guest_or_exec 1500 "$@"
# shellcheck source=tests/vdrive/described.sh
. "$VDRIVE_TOP/tests/vdrive/described.sh"

command -v busybox >/dev/null || skip_all "no busybox"

media=("$@")
[[ $# -gt 0 ]] || media=(cd-r-80 cd-rw-80 dvd-r dvd-rw dvd-rw-over dvd+r dvd+r-dl dvd+rw
	dvd-ram bd-r bd-re found)

busybox syslogd -n -O "$T/log" &
syslogd=$!
trap 'kill $syslogd; tap_cleanup' EXIT

is_rewritable()
{
	[[ $1 == cd-rw* || $1 == dvd-rw* || $1 == dvd+rw || $1 == dvd-ram || $1 == bd-re ]]
}

# table PATTERN: info has a line like that
table()
{
	imapifs info "$DEV" | grep -E "$1"
}

# --- a disc gets its sessions ---

blank_disc()
{
	is "$1: it is blank" "$(json state)" '"blank"'
	is "$1: without sessions" "$(sessions)" 0
	ok "$1: blank finds it blank" imapifs blank --yes "$DEV"
	is "$1: and so it is" "$(json state)" '"blank"'
}

# reserve MEDIUM SESSIONS: blocks that closing the next session takes, behind so many
reserve()
{
	case $1 in
	cd-*)
		[[ $2 -eq 0 ]] && echo 11250 || echo 6750 ;;
	dvd-r | dvd-rw)
		echo 28704 ;;
	dvd+r | dvd+r-dl)
		echo 2048 ;;
	*)
		echo 0 ;;
	esac
}

# keeps MEDIUM SESSIONS: so much, with so many on it
keeps()
{
	is "$1: kept for closing, behind $2 sessions" "$(json closing_reserve_bytes)" \
		$((2048 * $(reserve "$1" "$2")))
}

# What the drive tells xorriso is free is what info says, with what is kept and, of a CD, what
# ends the track; in whole units of error correction
same_room()
{
	local toc free

	toc=$(timeout 100 xorriso -outdev "$DEV" -toc 2>&1)
	free=$(sed -n 's/^Media blocks.* \([0-9]*\) writable.*/\1/p' <<<"$toc")
	is "$1: xorriso would write where info says" \
		"$(sed -n 's/^Media nwa *: *\([0-9]*\)s.*/\1/p' <<<"$toc")" "$(json next_address)"
	free=$((free - $(reserve "$1" 2) - $(json free_bytes) / 2048))
	ok "$1: and finds as much room" test "$free" -ge 0 -a "$free" -lt 36
}

two_sessions()
{
	local medium=$1 next left

	left=$(json sessions_left)
	keeps "$medium" 0
	need mount_disc volid=LIFE
	ok "$medium: umount is not to close it" \
		grep '"finalize": false' <("$BUILD/imapifs" status --json "$M")
	cp "$T/ours" "$M/one"
	untouched "$medium: blank while it is mounted" "mounted already" imapifs blank --yes "$DEV"
	untouched "$medium: finalize then" "mounted already" imapifs finalize --yes "$DEV"
	ok "$medium: a session" sync_disc
	next=$(json next_address)
	ok "$medium: fewer sessions are left" test "$(json sessions_left)" -lt "$left"
	keeps "$medium" 1
	ok "$medium: the table has it" table '^ +1 +[0-9]+ +[0-9]+ .* 20[0-9-]+ [0-9:]+ .* LIFE$'
	if ! overwritable "$medium"; then
		ok "$medium: and its track" table '^ +1 .* 1 +closed +data$'
		ok "$medium: and where the next one goes" table "^ +2 +$next .* 2 +blank"
	fi
	cp "$T/ours" "$M/two"
	unmount -v >"$T/said" 2>&1
	ok "$medium: umount -v says what was burned" \
		grep -E "session 2 burned: [0-9]+ blocks \([0-9.]+ .iB\) from block $next on, in [0-9:]+$" "$T/said"
	is "$medium: info counts two" "$(sessions)" 2
	keeps "$medium" 2
	overwritable "$medium" || same_room "$medium"
	ok "$medium: the log has both" \
		test "$(grep -c "$DEV: session [12] burned: .* in [0-9:]*" "$T/log")" -ge 2
	: >"$T/log"
}

older_session()
{
	refused "$1: fresh needs a blank disc" "blank disc" mount_disc fresh
	refused "$1: a session that isn't there" "session 3: there are 2" mount_disc session=3
	need mount_disc session=1
	is "$1: the first session" "$(ls "$M")" one
	ok "$1: and its data" cmp "$T/ours" "$M/one"
	refused "$1: can't be changed" "Read-only" touch "$M/new"
	ok "$1: unmount it" unmount
}

# opens_tray MEDIUM TEXT: the drive says so; the button closes it
opens_tray()
{
	refused "$1: $2 opens the tray" "no disc is in the drive" imapifs info "$DEV"
	need ctl button
}

# The tray opens behind a mount, not behind one that failed or that goes on without a process
put_out()
{
	local medium=$1

	refused "$medium: a mount with eject that fails" "blank disc" mount_disc eject,fresh
	is "$medium: leaves the disc in" "$(sessions)" 2
	need mount_disc ro,eject
	ok "$medium: so does one that is read-only" cmp "$T/ours" "$M/two"
	ok "$medium: unmount it" unmount
	# The module has nobody who could
	[[ $FACE == kernel ]] || opens_tray "$medium" "that"
	need mount_disc eject
	ok "$medium: unmount with eject" unmount
	opens_tray "$medium" "that of a mount that burns"
}

# --- its end ---

# What is said of a mount that will
says_closing()
{
	ok "$1: status says that umount closes it" \
		grep "; umount closes the disc$" <("$BUILD/imapifs" status "$M")
	ok "$1: in JSON, too" grep '"finalize": true' <("$BUILD/imapifs" status --json "$M")
	ok "$1: and so does info" grep "; umount closes the disc$" <(imapifs info "$M")
	ok "$1: that in JSON" grep '"finalize": true' <(imapifs info --json "$M")
}

close_by_mount()
{
	local medium=$1 before

	if overwritable "$medium"; then
		refused "$medium: finalize has no meaning" "can't be closed" mount_disc finalize
		untouched "$medium: nor has the command" "written over" imapifs finalize --yes "$DEV"
		return
	fi
	before=$(sessions)
	untouched "$medium: finalize asks" "say --yes" imapifs finalize "$DEV"
	need mount_disc finalize
	says_closing "$medium"
	ok "$medium: sync doesn't close it" sync_disc
	is "$medium: nor burns" "$(sessions)" "$before"
	ok "$medium: umount does, with nothing staged" unmount
	ok "$medium: and the log says so" grep "session 3 burned: .* in .*; the disc is closed" "$T/log"
	closed "$medium" "$T/$medium/disc" one two
}

close_by_command()
{
	local medium=$1 disc=$2

	overwritable "$medium" && return
	ok "$medium: finalize" imapifs finalize --yes "$DEV"
	closed "$medium" "$disc" three
}

# A second one, for media that can be closed only once
another_disc()
{
	local disc=$T/$1/second

	need "$V" new --media "$1" "$disc"
	need ctl swap "$disc"
	untouched "$1: a blank disc can't be closed" "blank" imapifs finalize --yes "$DEV"
	need mount_disc finalize
	ok "$1: nor by umount" unmount
	is "$1: it stays blank" "$(json state)" '"blank"'
	one_session "$1"
	close_by_command "$1" "$disc"
}

# --- and a new life ---

not_blanked()
{
	untouched "$1: it can't be blanked" "written once" imapifs blank --yes "$DEV"
	untouched "$1: nor all of it" "written once" imapifs blank --yes --full "$DEV"
}

blanked()
{
	local medium=$1 disc=$T/$1/disc

	need reload "$disc"
	need mount -t iso9660 -o ro "$DEV" "$T/iso"
	untouched "$medium: blank while isofs has it" "mounted already" imapifs blank --yes "$DEV"
	need umount "$T/iso"
	untouched "$medium: blank asks" "say --yes" imapifs blank "$DEV"
	ok "$medium: blank" imapifs blank --yes "$DEV"
	is "$medium: it is blank again" "$(json state)" '"blank"'
	is "$medium: the sessions are gone" "$(sessions)" 0
	one_session "$medium"
	ok "$medium: isofs shows that alone" isofs_has "$disc" three
	close_by_command "$medium" "$disc"
	ok "$medium: blank --full" imapifs blank --yes --full "$DEV"
	is "$medium: all of it is blank" "$(json state)" '"blank"'
	[[ $medium != dvd-rw-over ]] ||
		is "$medium: and written in sequence again" "$(json medium)" '"DVD-RW"'
	one_session "$medium"
	ok "$medium: isofs shows the newest life" isofs_has "$disc" three
}

life()
{
	local medium=$1

	mkdir -p "$T/$medium"
	need attach "$medium" "$T/$medium/disc"
	blank_disc "$medium"
	two_sessions "$medium"
	older_session "$medium"
	put_out "$medium"
	close_by_mount "$medium"
	if is_rewritable "$medium"; then
		blanked "$medium"
	else
		not_blanked "$medium"
		another_disc "$medium"
	fi
	detach "$DEV"
}

# --- a DVD-RW that another program has formatted ---

format()
{
	need attach dvd-rw "$T/$1"
	ok "dvd-rw: xorriso formats it, $1" \
		timeout 200 xorriso -abort_on FATAL -outdev "$DEV" -format "$1"
	is "dvd-rw: it can be written over" "$(json medium)" '"DVD-RW'
}

formatted()
{
	format full
	is "dvd-rw: and is blank" "$(json state)" '"blank"'
	one_session dvd-rw
	ok "dvd-rw: isofs shows it" isofs_has "$T/full" three
	detach "$DEV"

	# It ends where the formatting did
	format fast
	is "dvd-rw: and is blank as well" "$(json state)" '"blank"'
	ok "dvd-rw: with less room" test "$(json free_bytes)" -lt 1000000000
	one_session dvd-rw
	ok "dvd-rw: isofs shows what is there" isofs_has "$T/fast" three
	ok "dvd-rw: all of it blank" imapifs blank --yes --full "$DEV"
	is "dvd-rw: it is in sequence" "$(json medium)" '"DVD-RW"'
	one_session dvd-rw
	ok "dvd-rw: isofs shows that" isofs_has "$T/fast" three
	detach "$DEV"
}

# --- a DVD+RW that was ejected before formatting it in the background had ended ---

# What is first of what formats and what writes
first_command()
{
	ctl log show | grep -oE ' (04|2a|aa) ' | head -n 1
}

# value NAME: what the virtual drive has noted of the disc
value()
{
	sed -n "s/^$1 //p" "$T/stopped.disc"
}

stopped()
{
	local disc=$T/stopped free

	need attach dvd+rw "$disc"
	one_session dvd+rw
	free=$(json free_bytes)
	need reload "$disc"
	# 1: stopped
	is "dvd+rw: formatting it has stopped" "$(value format)" 1
	ok "dvd+rw: half way at most" test "$(value iced)" -lt $(($(value blocks) / 2))
	is "dvd+rw: and yet has the room of all of it" "$(json free_bytes)" "$free"
	need mount_disc
	# From before its end to behind it
	seq 1 99999999 | head -c "$(($(value iced) * 2048))" >"$T/long"
	cp "$T/long" "$M/four"
	ctl log clear
	ok "dvd+rw: a session more" unmount
	is "dvd+rw: the format goes on before it is written" "$(first_command)" " 04 "
	ok "dvd+rw: isofs shows both" isofs_has "$disc" four three
	need mount -t iso9660 -o ro "$DEV" "$T/iso"
	ok "dvd+rw: and all of it" cmp "$T/long" "$T/iso/four"
	need umount "$T/iso"
	rm "$T/long"
	detach "$DEV"
}

# --- a disc with a block that can't be read ---

sectors()
{
	cat "/sys/block/${DEV#/dev/}/size"
}

# last_block NAME: where the newest session has a file's, by another program
last_block()
{
	local start blocks

	read -r start blocks < <(timeout 100 xorriso -indev "$DEV" -find "/$1" -exec report_lba \
		2>/dev/null | grep -oP '^File data lba: *\d+ *, *\K\d+ *, *\d+' | tr -d ,)
	echo $((start + blocks - 1))
}

# A drive that names the block of an error has sr shrink the disk to it, if that is near the
# end, and all that is behind it would be hidden
unreadable()
{
	local medium=$1 length block

	mkdir -p "$T/unreadable"
	need attach "$medium" "$T/unreadable/disc"
	need mount_disc
	cp "$T/ours" "$M/good"
	# Longer than the shortest track, so that it ends where the session does
	head -c 2000001 /dev/urandom >"$T/long"
	cp "$T/long" "$M/long"
	need unmount
	block=$(last_block long)
	need mount_disc
	length=$(sectors)
	need ctl fault add read lba="$block" times=every sense=3/11/05
	echo 3 >/proc/sys/vm/drop_caches
	refused "$medium: a block that can't be read" "Input/output error" cat "$M/long"
	diag "$(sectors) sectors of $length"
	ok "$medium: and all the others" cmp -n 1000000 "$T/long" "$M/long"
	ok "$medium: another file" cmp "$T/ours" "$M/good"
	is "$medium: the disk is as long as it was" "$(sectors)" "$length"
	refused "$medium: nor is it read later" "Input/output error" cat "$M/long"
	ctl fault clear
	ok "$medium: until it can be" cmp "$T/long" "$M/long"
	is "$medium: from a disk of the same length" "$(sectors)" "$length"
	ok "$medium: unmount it" unmount
	detach "$DEV"
	rm -r "$T/unreadable" "$T/long"
}

# --- a BD-R that libburn doesn't burn on ---

pseudo_overwritten()
{
	local why="libburn writes no BD-R with pseudo-overwrite: use another disc or drive"

	need attach bd-r "$T/pow"
	need ctl quirk pow on
	untouched "bd-r: pseudo-overwrite: a blank one is refused" "$why" mount_disc
	refused "bd-r: pseudo-overwrite: by info as well" "$why" imapifs info "$DEV"
	untouched "bd-r: pseudo-overwrite: nor does xorriso burn on it" "POW" theirs "$T/theirs"
	need ctl quirk pow off
	one_session bd-r
	need ctl quirk pow on
	is "bd-r: pseudo-overwrite: and with a session" "$(json why)" "\"$why\""
	untouched "bd-r: pseudo-overwrite: it isn't closed" "$why" imapifs finalize --yes "$DEV"
	ctl log clear
	mount_disc >"$T/said" 2>&1
	is "bd-r: pseudo-overwrite: it is read-only, and that is said" \
		"$? $(grep -c "mounted read-only: $why" "$T/said")" "0 1"
	ok "bd-r: pseudo-overwrite: its data" cmp "$T/ours" "$M/three"
	refused "bd-r: pseudo-overwrite: can't be changed" "Read-only" touch "$M/new"
	ok "bd-r: pseudo-overwrite: unmount it" unmount
	is "bd-r: pseudo-overwrite: nothing was written" "$(writes)" 0
	detach "$DEV"
}

found()
{
	formatted
	stopped
	unreadable cd-r-80
	unreadable dvd+r
	pseudo_overwritten
}

for medium in "${media[@]}"; do
	if [[ $medium == found ]]; then
		found
	else
		life "$medium"
	fi
done
tap_done
