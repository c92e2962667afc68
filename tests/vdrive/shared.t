#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# shared.t [udev] [MEDIUM...]: the tray's button, programs that open it, and others that burn,
# by IMAPIFS_FACE, while something is staged and while it is burned. udev: with the device
# manager running
set -u
# shellcheck source=tests/vdrive/lib.sh
. "$(dirname "$0")/lib.sh"
guest_or_exec 1500 "$@"
# shellcheck source=tests/vdrive/mounted.sh
. "$VDRIVE_TOP/tests/vdrive/mounted.sh"
# shellcheck source=tests/vdrive/staged.sh
. "$VDRIVE_TOP/tests/vdrive/staged.sh"

EMPTY="the drive is empty: put the disc back"
# growisofs would unmount it, which umount.imapifs refuses
BUSY="resource busy|busy device|unable to unmount"
# Some 250 writes on a DVD, and twice as many on a CD
head -c 16000001 /dev/urandom >"$T/long"

# --- a burn that takes its time ---

# Each write takes a second, until the rule is cleared. Sets burn, the process that waits for
# its end
burn_slowly()
{
	stage long
	ctl log clear
	ctl fault add write nth=3 times=every hang=1 >/dev/null
	timeout 600 sync "$M" >"$T/sync" 2>&1 &
	burn=$!
	ok "$medium: $1" hit
}

# Writes come, so what was done before came between them
goes_on()
{
	local before _

	before=$(writes)
	for _ in {1..60}; do
		sleep 0.5
		kill -0 "$burn" || return
		[[ $(writes) -le $before ]] || return 0
	done
	return 1
}

# Writes that don't begin where the one before ended: another program's, or a descriptor's
jumps()
{
	ctl log show | sed -nE 's/.* (2a|2e|aa) .* lba=([0-9]+) blocks=([0-9]+) .* status=good .*/\2 \3/p' |
		awk 'NR > 1 && $1 != next_one { n++ } { next_one = $1 + $2 } END { print n + 0 }'
}

# burned_whole TEXT: to its end, and by nobody else
burned_whole()
{
	local heads=0

	# The descriptors at block 16 come last
	! overwritable "$medium" || heads=1
	ctl fault clear
	wait "$burn"
	is "$medium: $1: it is burned" "$? $(<"$T/sync")" "0 "
	is "$medium: $1: and no other write is among its own" "$(jumps)" $heads
}

# --- the tray ---

# Nothing but that: eject(1) unlocks the tray before. What sr returns is no errno where the
# drive refuses, so what tells is the drive's log
cdromeject()
{
	local refusal=' 1b .* sense=5/53/02 ' before

	before=$(ctl log show | grep -c "$refusal")
	perl -MFcntl -e 'sysopen(my $d, $ARGV[0], O_RDONLY | O_NONBLOCK) or die "$!\n";
		ioctl($d, 0x5309, 0)' "$DEV"
	[[ $(ctl log show | grep -c "$refusal") -gt $before ]]
}

# Root unlocks it all the same, and so does who sends the drive's own commands
eject_by_commands()
{
	timeout 60 eject --no-unmount --scsi "$DEV"
}

# Past the block device, whose opening alone has the kernel ask for what has happened
eject_by_sg()
{
	timeout 60 sg_raw "$SG" 1e 00 00 00 00 00 && timeout 60 sg_raw "$SG" 1b 00 00 00 02 00
}

# udev's rules eject on the button, as soon as nobody burns
after_button()
{
	[[ $udev ]] || return 0
	udev_settle
	stage
	wrong "udev has ejected it on the button" "$NONE" "$EMPTY"
	back ctl button
}

tray()
{
	stage
	ok "$medium: CDROMEJECT opens no tray while it is mounted" cdromeject
	ok "$medium: the disc is in there" dd if="$DEV" of=/dev/null bs=2048 count=1 iflag=direct
	ok "$medium: ejected by commands" eject_by_commands
	wrong "no disc then" "$NONE" "$EMPTY"
	back ctl button
	stage
	exits "$medium: the tray is locked" 1 ctl button
	if [[ ! $udev ]]; then
		ctl eject
		wrong "ejected by hand" "$NONE" "$EMPTY"
		back ctl insert "$work/disc"
	fi
	after_button
	exits "$medium: it is locked again" 1 ctl button
	[[ ! $udev ]] || { udev_settle; ctl button; }
}

# Till the kernel has told who listens that the button was pressed
told_of_button()
{
	local _

	for _ in {1..150}; do
		! grep -q DISK_EJECT_REQUEST "$T/events" || return 0
		sleep 0.2
	done
	return 1
}

tray_amid_burn()
{
	if [[ $udev ]]; then
		udevadm monitor --kernel --property --subsystem-match=block >"$T/events" 2>&1 &
		monitor=$!
	fi
	# As who ejected it before may have left it
	timeout 60 sg_raw "$SG" 1e 00 00 00 00 00 2>/dev/null
	burn_slowly "a burn, and the tray"
	ok "$medium: CDROMEJECT opens no tray amid it" cdromeject
	ok "$medium: CDROMEJECT: it goes on" goes_on
	exits "$medium: the button amid it" 1 ctl button
	if [[ $udev ]]; then
		ok "$medium: the button: udev is told" told_of_button
		kill "$monitor"
	fi
	ok "$medium: the button: it goes on" goes_on
	burned_whole "the tray"
	[[ $udev ]] || ok "$medium: the tray: with what was staged" is_staged
	after_button
}

# As udev waits for the end of a burn, and ejects then
eject_behind_burn()
{
	timeout 300 perl -MFcntl=:DEFAULT,:flock -e '
		sysopen(my $d, $ARGV[0], O_RDONLY | O_NONBLOCK) or die "$!\n";
		flock($d, LOCK_SH) or die "$!\n";
		exec "eject", "--no-unmount", "--scsi", $ARGV[0]' "$DEV"
}

# All who look at the new session have to be done when that gets its turn, though the drive
# takes its time to answer them
ejected_behind_burn()
{
	burn_slowly "a burn, and who waits for its end to eject"
	eject_behind_burn >"$T/waits" 2>&1 &
	waits=$!
	ok "$medium: that waits" goes_on
	ctl fault clear
	ctl fault add 52 times=every hang=2 >/dev/null
	wait "$burn"
	is "$medium: who waits to eject: it is burned" "$? $(<"$T/sync")" "0 "
	wait "$waits"
	is "$medium: and ejected then" "$?" 0
	stage
	wrong "ejected behind it" "$NONE" "$EMPTY"
	ctl fault clear
	back ctl button
}

# ejected_amid_burn TEXT COMMAND: by who doesn't care for the lock. Nothing is sent to a drive
# that is empty but the write that finds it so
ejected_amid_burn()
{
	burn_slowly "$1"
	ok "$medium: $1: ejected by commands amid it" "$2"
	ctl fault clear
	wait "$burn"
	is "$medium: $1: refused" "$? $(grep -c "Wrong medium type" "$T/sync")" "1 1"
	says "$medium: $1" "taken out .* amid the burn.* put back the disc that was mounted"
	is "$medium: $1: and no more written" \
		"$(ctl log show | sed '1,/ 1b .*cdb=1b00000002/d' | changing | tail -n +2 | wc -l)" 0
	ok "$medium: $1: all is staged" is_staged
	wrong "$1: no disc then" "$NONE" "$EMPTY"
	ctl button
	# As long as nothing on it counts it may be refused once, as any blank one
	[[ $count -gt 1 ]] || ! overwritable "$medium" || sync_disc
	back true
}

# --- another program that burns ---

# fails PATTERN COMMAND...: it ends by itself, not well, and says that. wodim's code is 255
fails()
{
	local pattern=$1 rc=0

	shift
	"$@" >"$T/said" 2>&1 || rc=$?
	cat "$T/said"
	[[ $rc -ne 0 && $rc -ne 137 ]] && grep -qE "$pattern" "$T/said"
}

# second_program TEXT PATTERN COMMAND...: refused, and that is why
second_program()
{
	local name=$1 pattern=$2

	shift 2
	if ! command -v "$1" >/dev/null; then
		skip "$medium: $name" "no $1 (tests/deps.sh vdrive)"
		return
	fi
	ok "$medium: $name is refused" fails "$pattern" timeout -s KILL 100 "$@"
	diag "$(grep -m1 -E "$pattern" "$T/said")"
}

# The programs that burn such a medium, by both of the drive's names. With the mount in use:
# growisofs unmounts, as root, what isn't
second_programs()
{
	local when=$1 check=${2:-true}

	exec 9<"$M"
	second_program "xorriso$when" "$BUSY" xorriso -abort_on FAILURE -dev "$DEV" \
		-map "$T/theirs" /theirs -commit
	"$check"
	second_program "xorriso by sg$when" "$BUSY" xorriso -abort_on FAILURE -dev "$SG" \
		-map "$T/theirs" /theirs -commit
	"$check"
	case $medium in
	cd-*)
		second_program "wodim$when" "$BUSY" wodim -s -multi -tao -data dev="$DEV" "$T/theirs"
		"$check"
		second_program "wodim by sg$when" "$BUSY" wodim -s -multi -tao -data dev="$SG" \
			"$T/theirs" ;;
	*)
		second_program "growisofs$when" "$BUSY" growisofs -quiet -M "$DEV" -J "$T/theirs" ;;
	esac
	"$check"
	exec 9<&-
}

# growisofs reads the newest session by the block device, and the kernel learns the length of
# that from a disc that comes, or from the module
tell_length()
{
	[[ $FACE == fuse && $medium != cd-* ]] || return 0
	ctl eject
	ctl insert "$work/disc"
}

met_the_burn()
{
	ok "$medium: and the burn goes on" goes_on
}

programs()
{
	tell_length
	stage
	ctl log clear
	refused "$medium: mount(2) of the drive" "busy|already mounted" \
		mount -t iso9660 -o ro "$DEV" "$T/iso"
	refused "$medium: a second mount" "mounted already" \
		timeout 60 "$BUILD/mount.imapifs" "$DEV" "$T/iso" -o face="$FACE"
	second_programs ", while something is staged"
	# It would go on where the disc ended before
	[[ $medium == cd-* ]] || second_program "growisofs, with the mount idle" "$BUSY" \
		growisofs -quiet -M "$DEV" -J "$T/theirs"
	ok "$medium: it is still mounted" mountpoint -q "$M"
	is "$medium: they have written nothing" "$(writes)" 0
	ok "$medium: it is burned then" sync_disc
	tell_length
	burn_slowly "a burn, and other programs"
	second_programs ", while it is burned" met_the_burn
	burned_whole "other programs"
	ok "$medium: other programs: with what was staged" is_staged
}

# --- the end ---

# eject(1) unmounts first, and that burns
ejected()
{
	stage
	ok "$medium: eject unmounts it" timeout 300 eject "$DEV"
	ctl button
	ok "$medium: it is unmounted" test ! -e "$M/file1"
}

# Where umount(8) finds it
ln -sf "$BUILD/imapifs" /sbin/umount.imapifs
ln -sf "$BUILD/imapifs" /sbin/umount.fuse.imapifs

shares()
{
	medium=$1
	work=$T/${udev:-shared}-$medium
	count=0
	contents=()
	mkdir -p "$work"
	need attach "$medium" "$work/disc"
	need mount_disc
	ejected_amid_burn "the first burn" eject_by_commands
	tray
	tray_amid_burn
	ejected_amid_burn "a later burn" eject_by_sg
	ejected_behind_burn
	programs
	ejected
	ok "$medium: isofs shows all that was staged, and no more" all_there
	detach "$DEV"
}

for program in eject perl sg_raw; do
	command -v $program >/dev/null || skip_all "no $program (tests/deps.sh vdrive)"
done
if [[ ${1-} == udev ]]; then
	shift
	start_udev
fi
media=("$@")
[[ $# -gt 0 ]] || media=(cd-r-80 dvd+r dvd+rw)
for medium in "${media[@]}"; do
	shares "$medium"
done
stop_udev
tap_done
