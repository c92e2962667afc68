#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ends.t: what people and other programs do while a session or a disc is to be closed, by
# IMAPIFS_FACE: an end that fails, or that comes while programs use the mount or burn; questions
# that are answered on a terminal, ctrl-C, users, and how far a burn is
set -u
# shellcheck source=tests/vdrive/lib.sh
. "$(dirname "$0")/lib.sh"
guest_or_exec 1500 "$@"
# shellcheck source=tests/vdrive/described.sh
. "$VDRIVE_TOP/tests/vdrive/described.sh"

command -v script >/dev/null || skip_all "no script"

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
	one_session "$medium"
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
	one_session "$1"
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
	one_session "$medium"
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
	one_session "$medium"
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
	one_session cd-rw-80
	chgrp cdrom "$DEV" "$SG"
	chmod 660 "$DEV" "$SG"
	ok "a user of group cdrom closes a disc" as_user "$BUILD/imapifs finalize --yes $DEV"
	is "so that it is closed" "$(json closed)" true
	ok "and blanks it" as_user "$BUILD/imapifs blank --yes $DEV"
	is "so that it is blank" "$(json state)" '"blank"'
	one_session cd-rw-80
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
user
progress cd-r-80
progress dvd+rw
tap_done
