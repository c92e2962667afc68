#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# life.t [MEDIUM...|more]: from a blank disc to its end, by IMAPIFS_FACE: what info says of
# it, older sessions, closing it for good, blanking it. "more": an end that fails or comes too
# early, a drive in which another program burns, discs that other programs or nobody
# formatted to their end, a block that is damaged, users, how far a burn is, answers on a
# terminal, and ctrl-C
set -u
# shellcheck source=tests/vdrive/lib.sh
. "$(dirname "$0")/lib.sh"
guest_or_exec 1500 "$@"
# shellcheck source=tests/vdrive/mounted.sh
. "$VDRIVE_TOP/tests/vdrive/mounted.sh"

for program in busybox script; do
	command -v "$program" >/dev/null || skip_all "no $program"
done

media=("$@")
[[ $# -gt 0 ]] || media=(cd-r-80 cd-rw-80 dvd-r dvd-rw dvd-rw-over dvd+r dvd+r-dl dvd+rw
	dvd-ram bd-r bd-re more)

busybox syslogd -n -O "$T/log" &
syslogd=$!
trap 'kill $syslogd; tap_cleanup' EXIT

is_rewritable()
{
	[[ $1 == cd-rw* || $1 == dvd-rw* || $1 == dvd+rw || $1 == dvd-ram || $1 == bd-re ]]
}

imapifs()
{
	timeout 300 "$BUILD/imapifs" "$@"
}

# json KEY: the first value of that name
json()
{
	imapifs info --json "$DEV" | grep -oP "\"$1\": *\K[^,]*" | head -n 1
}

sessions()
{
	imapifs info --json "$DEV" | grep -c '"readable": true'
}

# table PATTERN: info has a line like that
table()
{
	imapifs info "$DEV" | grep -E "$1"
}

# untouched TEXT PATTERN COMMAND...: it is refused, and nothing was sent that writes
untouched()
{
	ctl log clear
	refused "$@"
	is "$1: nothing is written" "$(writes)" 0
}

# isofs_has DISC NAME...: these names and no others, once the kernel looks at the disc anew
isofs_has()
{
	local names

	reload "$1" && mount -t iso9660 -o ro "$DEV" "$T/iso" || return
	names=$(ls "$T/iso")
	umount "$T/iso"
	shift
	[[ $names == "$(printf '%s\n' "$@")" ]] || { echo "$names"; return 1; }
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

# closed MEDIUM DISC NAME...: for good, with these files
closed()
{
	local medium=$1

	shift
	is "$medium: it is closed" "$(json closed)" true
	is "$medium: for sessions" "$(json sessions_left)" 0
	ok "$medium: isofs shows all of it" isofs_has "$@"
	ok "$medium: to close it again is nothing to do" imapifs finalize "$DEV"
	need mount_disc
	refused "$medium: it can't be changed" "Read-only" touch "$M/new"
	ok "$medium: unmount the closed disc" unmount
}

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
	one_session "$1" fresh
	close_by_command "$1" "$disc"
}

one_session()
{
	need mount_disc "$2"
	cp "$T/ours" "$M/three"
	ok "$1: a session on it" unmount
	is "$1: is all there is" "$(sessions)" 1
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
	one_session "$medium" fresh
	ok "$medium: isofs shows that alone" isofs_has "$disc" three
	close_by_command "$medium" "$disc"
	ok "$medium: blank --full" imapifs blank --yes --full "$DEV"
	is "$medium: all of it is blank" "$(json state)" '"blank"'
	[[ $medium != dvd-rw-over ]] ||
		is "$medium: and written in sequence again" "$(json medium)" '"DVD-RW"'
	one_session "$medium" fresh
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

# --- an end that fails ---

# The drive can't write the session that is to close the disc
failing_end()
{
	local medium=$1 nth=1

	# On CD it is more than one command
	[[ $medium != cd-* ]] || nth=2
	mkdir -p "$T/failing-$medium"
	need attach "$medium" "$T/failing-$medium/disc"
	need mount_disc finalize
	cp "$T/ours" "$M/three"
	ok "$medium: a session before the last" sync_disc
	ctl fault add write nth=$nth sense=3/0c/00 >/dev/null
	exits "$medium: umount that can't close it" 32 unmount
	ok "$medium: leaves it mounted" mountpoint -q "$M"
	is "$medium: and open" "$(json closed)" false
	ctl fault clear
	ok "$medium: the next one closes it" unmount
	closed "$medium" "$T/failing-$medium/disc" three
	detach "$DEV"
}

# --- an end while programs use the mount ---

# What is closed for good takes nothing more of what they write
busy_end()
{
	local medium=$1 work=$T/busy-$1

	mkdir -p "$work"
	need attach "$medium" "$work/disc"
	need mount_disc finalize
	cp "$T/ours" "$M/one"
	need sync_disc
	cp "$T/ours" "$M/two"
	exec 9<"$M/one"
	ctl log clear
	unmount >"$T/said" 2>&1
	is "$medium: finalize and a busy mount: umount fails" \
		"$? $(grep -c "target is busy" "$T/said")" "32 1"
	is "$medium: nothing is written" "$(writes)" 0
	ok "$medium: the mount stays" mountpoint -q "$M"
	ok "$medium: with what is staged" \
		grep '"dirty": true' <("$BUILD/imapifs" status --json "$M")
	is "$medium: the disc is open" "$(json closed)" false
	exec 9<&-
	ok "$medium: umount when it is idle" unmount
	closed "$medium" "$work/disc" one two
	detach "$DEV"
}

# --- another program burns ---

# have_alone: as such programs have the drive, in process $holder, until it is killed
have_alone()
{
	local said

	exec 9< <(exec perl -MFcntl -e '$| = 1;
		sysopen(my $d, $ARGV[0], O_RDONLY | O_NONBLOCK | O_EXCL) or die "$!\n";
		print "has it\n"; sleep(600)' "$DEV")
	holder=$!
	read -r -t 60 -u 9 said
	exec 9<&-
	[[ $said == "has it" ]]
}

mount_by()
{
	local DEV=$1

	mount_disc
}

# What looks like a session that nobody closed may be the one that it burns just now
burning()
{
	local medium=$1 path

	mkdir -p "$T/burning"
	need attach "$medium" "$T/burning/disc"
	one_session "$medium" fresh
	need mount_disc commit=manual
	# More than the drive's buffer holds, so that some of it is on the disc
	head -c 8000000 /dev/zero >"$M/lost"
	ctl fault add write nth=200 power >/dev/null
	refused "$medium: a session is begun" "" timeout 200 "$BUILD/imapifs" commit "$M"
	ctl fault clear
	need unmount
	for path in "$DEV" "$SG"; do
		have_alone || need false "the drive is not to be had alone"
		ctl log clear
		refused "$medium: it is not closed while a program has the drive, $path" \
			"another program has it" mount_by "$path"
		is "$medium: nothing is written" "$(writes)" 0
		kill "$holder"
		wait "$holder"
	done
	ctl log clear
	mount_disc >"$T/said" 2>&1
	is "$medium: it is when nobody has" "$? $(grep -c "it is closed now" "$T/said")" "0 1"
	ok "$medium: by closing that session" test "$(writes)" -gt 0
	cp "$T/ours" "$M/four"
	ok "$medium: and the next one follows" unmount
	ok "$medium: isofs shows what counts" isofs_has "$T/burning/disc" four three
	detach "$DEV"
}

# --- a disc that is exchanged while it is asked about ---

answer_late()
{
	sleep 8
	ctl swap "$1" >&2
	echo y
	sleep 2
}

# What comes can't be told from what was there but by its coming
asked()
{
	local work=$T/asked-$1 code

	mkdir -p "$work"
	need attach "$1" "$work/disc"
	one_session "$1" fresh
	cp --sparse=always "$work/disc" "$work/copy"
	cp "$work/disc.disc" "$work/copy.disc"
	ctl log clear
	answer_late "$work/copy" |
		timeout 100 script -qec "$BUILD/imapifs blank $DEV" "$T/terminal" >/dev/null 2>&1
	code=${PIPESTATUS[1]}
	is "$1: a disc that came while the question stood there is not blanked" "$code" 1
	ok "$1: and that is said" grep -a "another disc may be in the drive" "$T/terminal"
	is "$1: nothing was written on it" "$(writes)" 0
	ok "$1: asked again it is blanked" imapifs blank --yes "$DEV"
	is "$1: and blank" "$(json state)" '"blank"'
	detach "$DEV"
}

# --- closing it, on a terminal ---

# answer TEXT: to the question of finalize
answer()
{
	timeout 300 script -qec "$BUILD/imapifs finalize $DEV" "$T/terminal" <<<"$1"
}

answered()
{
	local medium=$1 disc=$T/answered-$1

	need attach "$medium" "$disc"
	one_session "$medium" fresh
	ctl log clear
	exits "$medium: finalize on a terminal, and the answer n" 1 answer n
	ok "$medium: to its question" grep -aE "Close the .* in $DEV for good\?.* \[y/N\]" "$T/terminal"
	is "$medium: nothing is written" "$(writes)" 0
	is "$medium: and it is open" "$(json closed)" false
	ok "$medium: the answer y" answer y
	ok "$medium: it says so" grep -a "session 2 burned: .*; the disc is closed" "$T/terminal"
	closed "$medium" "$disc" three
	detach "$DEV"
}

# --- ctrl-C ---

status_of()
{
	"$BUILD/imapifs" status --json "$M" | grep -oP "\"$1\": *\K[^,]*"
}

until_idle()
{
	local _

	for _ in {1..300}; do
		[[ $(status_of phase) != '"idle"' ]] || return 0
		sleep 0.5
	done
	return 1
}

# interrupted TEXT CODE PROGRAM...: it is, while the drive is slow to write. Sets said
interrupted()
{
	local text=$1 want=$2 pid

	shift 2
	"$BUILD/$1" "${@:2}" "$M" >"$T/said" 2>&1 &
	pid=$!
	ok "$text: amid a burn" hit
	kill -INT "$pid"
	exits "$text: ctrl-C" "$want" wait "$pid"
	said=$(<"$T/said")
	ctl fault clear
	ok "$text: the burn ends" until_idle
}

has()
{
	ok "$1" grep -F "$2" <<<"$3"
}

# On what is written once a burn that was begun is carried to its end, and that is said
too_late()
{
	local medium=$1 nth=1

	# A DVD's short session is one WRITE
	[[ $medium != cd-* ]] || nth=5
	need attach "$medium" "$T/late-$medium"
	need mount_disc finalize
	cp "$T/ours" "$M/one"
	ctl fault add write nth=$nth hang=12 >/dev/null
	interrupted "$medium: commit" 1 imapifs commit
	is "$medium: commit: it is said that it goes on" "$said" \
		"imapifs: $M: the burn had begun and goes on to its end; imapifs status --watch shows it"
	is "$medium: commit: and it did" "$(status_of commits) $(status_of dirty)" "1 false"
	cp "$T/ours" "$M/two"
	ctl fault add write nth=$nth hang=12 >/dev/null
	interrupted "$medium: umount" 32 umount.imapifs
	is "$medium: umount: it is said what goes on" "$said" \
"umount.imapifs: $M: the burn had begun and goes on to its end; imapifs status --watch shows it
umount.imapifs: $M: still mounted"
	ok "$medium: umount: it is still mounted" mountpoint -q "$M"
	is "$medium: umount: and the disc is closed" "$(json closed)" true
	ok "$medium: umount once more" unmount
	closed "$medium" "$T/late-$medium" one two
	detach "$DEV"
}

# On what can be written over nothing counts before the last write
early_enough()
{
	local medium=$1

	need attach "$medium" "$T/early-$medium"
	one_session "$medium" fresh
	need mount_disc
	cp "$T/ours" "$M/four"
	ctl fault add write hang=5 >/dev/null
	interrupted "$medium: commit" 1 imapifs commit
	is "$medium: commit: it is cancelled" "$said" \
		"imapifs: $M: cancelled; everything is still staged"
	is "$medium: commit: it is, and staged" "$(status_of commits) $(status_of dirty)" "0 true"
	ok "$medium: umount burns it" unmount
	ok "$medium: isofs shows all" isofs_has "$T/early-$medium" four three
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
	one_session dvd-rw fresh
	ok "dvd-rw: isofs shows it" isofs_has "$T/full" three
	detach "$DEV"

	# It ends where the formatting did
	format fast
	is "dvd-rw: and is blank as well" "$(json state)" '"blank"'
	ok "dvd-rw: with less room" test "$(json free_bytes)" -lt 1000000000
	one_session dvd-rw fresh
	ok "dvd-rw: isofs shows what is there" isofs_has "$T/fast" three
	ok "dvd-rw: all of it blank" imapifs blank --yes --full "$DEV"
	is "dvd-rw: it is in sequence" "$(json medium)" '"DVD-RW"'
	one_session dvd-rw fresh
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
	one_session dvd+rw fresh
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

# --- not as root ---

as_user()
{
	su imapitest -c "$1"
}

user()
{
	if ! useradd -M -G cdrom imapitest 2>/dev/null; then
		skip "a user of group cdrom" "no useradd, or no such group"
		return
	fi
	chmod 711 "$T"
	need attach cd-rw-80 "$T/as-user"
	one_session cd-rw-80 fresh
	chgrp cdrom "$DEV" "$SG"
	chmod 660 "$DEV" "$SG"
	ok "a user of group cdrom closes a disc" as_user "$BUILD/imapifs finalize --yes $DEV"
	is "so that it is closed" "$(json closed)" true
	ok "and blanks it" as_user "$BUILD/imapifs blank --yes $DEV"
	is "so that it is blank" "$(json state)" '"blank"'
	one_session cd-rw-80 fresh
	gpasswd -d imapitest cdrom >/dev/null
	untouched "no other user closes it" "no permission" \
		as_user "$BUILD/imapifs finalize --yes $DEV"
	untouched "nor blanks it" "no permission" as_user "$BUILD/imapifs blank --yes $DEV"
	detach "$DEV"
}

# --- how far it is ---

# The drive takes its time over one write, with more to come than fits before it
progress()
{
	local medium=$1 watch

	mkdir -p "$T/progress-$medium"
	need attach "$medium" "$T/progress-$medium/disc"
	need mount_disc
	head -c 30000000 /dev/zero >"$M/zeros"
	ctl fault add write nth=100 hang=6 >/dev/null
	"$BUILD/imapifs" status --watch "$M" >"$T/watch" 2>&1 &
	watch=$!
	timeout 300 script -qec "$BUILD/umount.imapifs $M" "$T/terminal" </dev/null >/dev/null 2>&1
	exits "$medium: --watch ends with the mount" 1 wait "$watch"
	ok "$medium: it shows phase, blocks and speed" grep -E \
		'^state: +record, [0-9]+ of [0-9]+ blocks, [0-9.]+ .* of [0-9.]+ .iB, [0-9.]+ .*/s, [0-9:]+ left' \
		"$T/watch"
	ok "$medium: so does umount" grep -aE 'record, [0-9]+ of [0-9]+ blocks' "$T/terminal"
	ok "$medium: and what was burned" grep -aE 'session 1 burned: [0-9]+ blocks' "$T/terminal"
	ctl fault clear
	detach "$DEV"
}

more()
{
	failing_end cd-r-80
	failing_end dvd-r
	failing_end dvd+r
	busy_end cd-r-80
	busy_end dvd+r
	burning cd-r-80
	asked cd-rw-80
	asked dvd+rw
	answered cd-r-80
	too_late cd-r-80
	too_late dvd+r
	early_enough dvd+rw
	formatted
	stopped
	unreadable cd-r-80
	unreadable dvd+r
	user
	progress cd-r-80
	progress dvd+rw
}

for medium in "${media[@]}"; do
	if [[ $medium == more ]]; then
		more
	else
		life "$medium"
	fi
done
tap_done
