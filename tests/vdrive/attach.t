#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What stands around the drive: its device, control, faults, power, clock, and its end
set -u
# shellcheck source=tests/vdrive/lib.sh
. "$(dirname "$0")/lib.sh"
guest_or_exec 400 "$@"
# shellcheck source=tests/lib/tap.sh
. "$VDRIVE_TOP/tests/lib/tap.sh"

for program in sg_raw genisoimage setpriv; do
	command -v "$program" >/dev/null || skip_all "no $program (tests/deps.sh vdrive)"
done
CONFIGFS=/sys/kernel/config/target

# Random bytes of so many blocks into a file
random()
{
	head -c $(($2 * 2048)) /dev/urandom >"$1"
}

# put FILE LBA [BLOCKS]: without a cache in between
put()
{
	timeout 60 dd if="$1" of="$DEV" bs=2048 seek="$2" ${3:+count=$3} oflag=direct \
		conv=notrunc status=none
}

# get FILE LBA BLOCKS [BLOCKS AT A TIME]
get()
{
	timeout 100 dd if="$DEV" of="$1" bs=$((2048 * ${4:-1})) skip=$(($2 / ${4:-1})) \
		count=$(($3 / ${4:-1})) iflag=direct status=none
}

refused "attach needs root" "not root" setpriv --reuid=65534 --clear-groups "$V" attach
refused "ctl without a drive says so" "no drive is attached" "$V" ctl stat
refused "so does detach" "no drive is attached" "$V" detach
refused "an unknown medium" "no such medium" "$V" new --media punched-card "$T/card"
ok "no file is left of it" test ! -e "$T/card"
refused "a disc that isn't there" "No such file" "$V" attach "$T/none"
refused "a file that is no disc" "no disc" "$V" attach /etc/passwd
ok "nothing is left in the kernel of those" test ! -e $CONFIGFS/core/user_1000

# One drive
need attach dvd-ram "$T/ram"
refused "others than root have no say" "not root" setpriv --reuid=65534 --clear-groups "$V" ctl stat
is "it is a CD drive for the kernel" "$(cat "/sys/block/${DEV##*/}/device/type")" 5
ok "of the sg driver too" sg_raw -r 36 "$SG" 12 00 00 00 24 00
refused "a file that isn't there goes in nowhere" "No such file" ctl insert "$T/none"
refused "nor a second disc" "a disc in it" ctl insert "$T/ram"
refused "a command that it doesn't know" "no such command" ctl explode
refused "a rule that does nothing" "does nothing" ctl fault add 28
refused "a quirk that no drive has" "no such thing" ctl quirk coffee-maker on

# Data
random "$T/data" 1024
ok "blocks are written" put "$T/data" 64
ok "and read, each by itself" get "$T/back" 64 1024
same "the same" <(sha256sum <"$T/data") <(sha256sum <"$T/back")
ok "and read, 512 at a time" get "$T/back" 512 512 512
ok "the same again" cmp -n $((512 * 2048)) -i $((448 * 2048)):0 "$T/data" "$T/back"
is "the log has them" "$(ctl log show | grep -c ' 2a WRITE_10 lba=64 blocks=1 ')" 1
ok "in one piece where Linux makes it one" \
	grep -qE 'READ_10 lba=512 blocks=(256|512) ' <(ctl log show)

# Faults
ctl fault add read lba=100 sense=3/11/05 >/dev/null
refused "a rule's sense reaches the reader" "No data available" get "$T/back" 100 1
is "with its number in the log" "$(ctl log show | grep -c 'sense=3/11/05 fault=1 ')" 1
ok "it was for once" get "$T/back" 100 1
ctl fault add 46 short=4 >/dev/null
is "short data are short for the initiator" \
	"$(sg_raw -r 64 "$SG" 46 02 00 00 00 00 00 00 40 00 2>&1 | grep -ci 'received 4 bytes')" 1
ctl fault add read reset >/dev/null
refused "a reset fails what the kernel was at" "error" get "$T/back" 64 1
ok "and no more than that" get "$T/back" 64 1
is "the drive told so" "$(ctl log show | grep -cE 'READ_10.*sense=6/29/0[0-9] fault=3 ')" 1
random "$T/new" 4
# The kernel tries again when it can't be the disc's fault
ctl fault add write torn=1 times=every >/dev/null
refused "a torn write fails" "error" dd if="$T/new" of="$DEV" bs=8192 seek=16 oflag=direct \
	conv=notrunc status=none
ok "its first block is there" get "$T/back" 64 4
ok "as it was sent" cmp -n 2048 "$T/new" "$T/back"
ok "and no more" cmp -n 6144 -i 2048 "$T/data" "$T/back"
is "rules are listed with what they did" "$(ctl fault list | grep -c 'hits=1: ')" 3
ok "and cleared" ctl fault clear
is "all of them" "$(ctl fault list)" ""

# A drive that doesn't answer
ctl fault add 00 hang=2 >/dev/null
start=$(date +%s%N)
ok "a command that hangs comes back" timeout 60 sg_raw "$SG" 00 00 00 00 00 00
tap_result $((($(date +%s%N) - start) / 1000000 >= 1900 ? 0 : 1)) "after two seconds"
ctl fault add 25 hang=forever >/dev/null
refused "one that never would is given up" "" timeout 100 sg_raw -t 4 -r 8 "$SG" 25 00 00 00 00 00 00 00 00 00
is "which the drive notices" "$(ctl log show | grep -c 'READ_CAPACITY.*status=aborted')" 1
# What a unit attention tells is told once
sg_raw "$SG" 00 00 00 00 00 00 >/dev/null 2>&1
ok "and goes on" sg_raw -r 8 "$SG" 25 00 00 00 00 00 00 00 00 00
ctl fault clear

# Power
ok "power can be cut" ctl power off
refused "nothing is read then" "error|No medium" get "$T/back" 64 1
refused "and no button works" "no power" ctl button
ok "it comes back" ctl power on
ok "with the same disc" get "$T/back" 68 1
ok "and what was on it" cmp -n 2048 -i $((4 * 2048)):0 "$T/data" "$T/back"

# Another disc
need "$V" new --media dvd-ram "$T/other"
ok "swapped" ctl swap "$T/other"
ok "the kernel looks at the other one" get "$T/back" 64 1
ok "which is empty" cmp -n 2048 "$T/back" /dev/zero
ok "and back" ctl swap "$T/ram"
ok "the first one is found again" get "$T/back" 68 1
ok "with its data" cmp -n 2048 -i $((4 * 2048)):0 "$T/data" "$T/back"
ok "ejected" ctl eject
refused "then there is none" "No medium|error" get "$T/back" 64 1
refused "to eject" "no disc" ctl eject
ok "inserted" ctl insert "$T/ram"

# A file system on it
genisoimage -quiet -R -o "$T/iso" "$VDRIVE_TOP/Documentation" 2>/dev/null
need put "$T/iso" 0
need reload "$T/ram"
mkdir "$T/mnt"
ok "mounted" mount -t iso9660 -o ro "$DEV" "$T/mnt"
ok "its files" diff -r "$VDRIVE_TOP/Documentation" "$T/mnt"
refused "the button is locked while it is mounted" "prevents removal" ctl button
refused "and the drive can't be detached" "in use" "$V" detach
ok "unmounted" umount "$T/mnt"

# The clock: what the same work costs doesn't depend on when it is done
work()
{
	reload "$T/ram" && get "$T/back" 64 8 && ctl clock reset &&
		get "$T/back" 512 512 64 && get "$T/back" 64 64 64 && ctl clock show
}
first=$(work)
is "simulated time is the same each time" "$(work)" "$first"
diag "$first s"
tap_result "$(awk -v t="$first" 'BEGIN { print t > 0.05 && t < 5 ? 0 : 1 }')" "and of a drive's order"
is "which counts its seeks" "$(ctl stat reset; get "$T/back" 512 64 64; get "$T/back" 64 64 64
	ctl stat | awk '/^seeks/ { print ($2 >= 1) }')" 1

# Two drives
first=$DEV
refused "a disc can't be in two drives" "" "$V" attach "$T/ram"
need attach cd-r-80 "$T/cd"
tap_result "$([[ $DEV != "$first" ]]; echo $?)" "a second drive has a name of its own"
refused "which one has to be said then" "several" "$V" ctl stat
is "by its device" "$("$V" ctl --drive "$DEV" device)" "$DEV $SG"
is "or its number" "$("$V" ctl --drive 0 device | cut -d ' ' -f 1)" "$first"
ok "detached" timeout 100 "$V" detach --drive "$DEV"
ok "its device is gone" test ! -e "$DEV"
DEV=$first
ok "and the other goes on" get "$T/back" 68 1

# Without a process of its own
"$V" attach --foreground >"$T/names" 2>&1 &
pid=$!
for _ in {1..100}; do
	[[ ! -s $T/names ]] || break
	sleep 0.2
done
ok "in the foreground it prints its device too" test -b "$(<"$T/names")"
kill -TERM $pid
ok "and ends on a signal" wait $pid
ok "with its device" test ! -e "$(<"$T/names")"

# One that is taken away amid a command
need attach cd-r-80 "$T/cd3"
ctl fault add read_toc hang=forever >/dev/null
sg_raw -t 60 -r 12 "$SG" 43 00 00 00 00 00 00 00 0c 00 >/dev/null 2>&1 &
waiter=$!
sleep 1
ok "detach doesn't wait for a command that hangs" command timeout 20 "$V" detach --force --drive "$DEV"
wait $waiter
ok "the device is gone" test ! -e "$DEV"
DEV=$first

# A server that dies with a command in its hands
ctl fault add read hang=forever >/dev/null
get "$T/back" 64 1 >/dev/null 2>&1 &
reader=$!
sleep 1
ok "its server is killed" kill -KILL "$(cat /run/vdrive/0.lock)"
ok "detach cleans up after it" timeout 100 "$V" detach "$DEV"
wait $reader
ok "its device is gone too" test ! -e "$DEV"
is "nothing of it is in configfs" "$(ls $CONFIGFS/core) $(ls -d $CONFIGFS/loopback 2>/dev/null)" "alua "
need attach cd-r-80 "$T/cd2"
kill -KILL "$(cat /run/vdrive/0.lock)"
ok "attach cleans up as well" timeout 100 "$V" attach "$T/ram"
ok "detached at last" timeout 100 "$V" detach
is "all sockets are gone" "$(find /run/vdrive -name '*.sock')" ""
tap_done
