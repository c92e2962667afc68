# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What tests share of commits that are refused: nothing is written, imapifs status says why,
# all stays staged, and the right disc gets it later. For who sources it medium is the disc's
# kind, and work its folder. Behind mounted.sh

# --- a commit that has to be refused ---

# says TEXT PATTERN: that is the sentence which the last commit left
says()
{
	refused "$1: it says what happened" "$2" eval 'last_message; false'
}

# Of sync(1), for EMEDIUMTYPE and ENOMEDIUM
# shellcheck disable=SC2034
WRONG="Wrong medium type"
NONE="No medium found"

# wrong TEXT PATTERN SENTENCE: with that errno, and imapifs status says that
wrong()
{
	ctl log clear
	refused "$medium: $1" "$2" sync_disc
	says "$medium: $1" "$3"
	is "$medium: $1: nothing is written" "$(writes)" 0
	ok "$medium: $1: all is staged" is_staged
}

# back [COMMAND...]: the right disc is put in again
back()
{
	[[ $# -gt 0 ]] || set -- ctl swap "$work/disc"
	"$@"
	ok "$medium: burned when the right one is back" sync_disc
	diag "$(last_message)"
	ok "$medium: with what was staged" is_staged
}

# What isofs makes of it: each file that was ever staged, and nothing else
all_there()
{
	local n rc=0

	ctl eject
	ctl insert "$work/disc"
	mount -t iso9660 -o ro "$DEV" "$T/iso" || return
	for ((n = 1; n <= count; n++)); do
		cmp "$T/${contents[n]}" "$T/iso/file$n" || rc=1
	done
	[[ $(find "$T/iso" -mindepth 1 -maxdepth 1 ! -name dir | wc -l) -eq $count ]] || rc=1
	umount "$T/iso" && return "$rc"
}

# --- with the device manager running ---

udev=
UDEVD=/lib/systemd/systemd-udevd

start_udev()
{
	udev=udev
	[[ -x $UDEVD ]] || skip_all "no udev"
	echo 2000 >/sys/module/block/parameters/events_dfl_poll_msecs
	mkdir -p /run/udev
	"$UDEVD" --daemon || skip_all "udev doesn't start"
	udevadm trigger --action=add
	udevadm settle --timeout=100
}

stop_udev()
{
	[[ ! $udev ]] || udevadm control --exit
}

# Till udev has done what the drive's button asked for: the kernel polls for that
udev_settle()
{
	udevadm settle --timeout=60
	sleep 5
	udevadm settle --timeout=60
}
