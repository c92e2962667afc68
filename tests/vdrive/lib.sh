# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The virtual drive's own tests: they run in a guest, whose kernel makes a device of it.
# Started on the host they boot one (IMAPIFS_KERNEL, 6.1) and run themselves there.

VDRIVE_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# build/tests/asan/vdrive is the one with sanitizers
V=${IMAPIFS_VDRIVE:-$VDRIVE_TOP/build/vdrive}

# guest_or_exec SECONDS ARGUMENT...: returns in a guest alone. VDRIVE_APPEND is added to the
# kernel's command line
guest_or_exec()
{
	local limit=$1 kernel=${IMAPIFS_KERNEL:-6.1} program name

	shift
	[[ ! -e /run/imapifs/command ]] || return 0
	name=$(basename "$0")
	name=${name%.*}-${kernel##*/}${IMAPIFS_FACE:+-$IMAPIFS_FACE}${1:+-$1}
	for program in qemu-system-x86_64 busybox modprobe; do
		command -v "$program" >/dev/null || vdrive_skip "no $program"
	done
	[[ -x $V ]] || vdrive_skip "$V is not built (make vdrive)"
	# shellcheck source=tests/guest/kernel.sh
	. "$VDRIVE_TOP/tests/guest/kernel.sh"
	kernel_find "$kernel" >/dev/null 2>&1 || vdrive_skip "no kernel $kernel to boot"
	mkdir -p "$VDRIVE_TOP/build/guest"
	exec "$VDRIVE_TOP/tests/guest/run" -m 3072 -t "$limit" ${VDRIVE_APPEND:+-a "$VDRIVE_APPEND"} \
		-l "$VDRIVE_TOP/build/guest/vdrive-$name.log" "$kernel" bash "$0" "$@"
}

vdrive_skip()
{
	echo "1..0 # SKIP $1"
	exit 0
}

# What is written over has no end that could be closed
overwritable()
{
	case ${1%:*} in
	dvd+rw | dvd-ram | dvd-rw-over | bd-re)
		return 0 ;;
	*)
		return 1 ;;
	esac
}

# attach MEDIUM DISC: a new disc in a new drive. Sets DEV (/dev/srN) and SG
attach()
{
	local names

	"$V" new --media "$1" "$2" || return
	names=$(timeout 60 "$V" attach --verbose "$2") || return
	read -r DEV SG <<<"$names"
	[[ -b $DEV && -c $SG ]]
}

detach()
{
	timeout 120 "$V" detach --force --drive "$1"
}

ctl()
{
	timeout 60 "$V" ctl --drive "$DEV" "$@"
}

# Out and in again by the button, as after a burn: the kernel looks at the disc anew
reload()
{
	ctl button && ctl eject && ctl insert "$1"
}
