# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Begins each test of this target: TAP, and a blank image $I that is ready to be
# mounted on $M by the module. All is gone when the test ends.

export LC_ALL=C.UTF-8 PATH=${IMAPIFS_BUILD:+$IMAPIFS_BUILD:}$PATH

# What kselftest's runner takes for a test that wasn't done
skip_all()
{
	echo "1..0 # SKIP $1"
	exit 4
}

[[ $(id -u) -eq 0 ]] || skip_all "not root"
for program in mount.imapifs umount.imapifs imapifs; do
	command -v "$program" >/dev/null || skip_all "no $program in PATH"
done
[[ -c /dev/imapifs ]] || modprobe -q imapifs || skip_all "no module imapifs"

T=$(mktemp -d "${TMPDIR:-/tmp}/imapifs-kselftest-XXXXXX")
M=$T/mnt
I=$T/disc.iso
mkdir "$M" "$T/spool"
: >"$I"
count=0
failed=0

cleanup()
{
	! mountpoint -q "$M" || umount -i -l "$M"
	rm -rf --one-file-system "$T"
}
trap cleanup EXIT
trap 'exit 143' TERM INT HUP

# check TEXT COMMAND...: it succeeds
check()
{
	local text=$1 verdict=ok

	shift
	count=$((count + 1))
	"$@" >"$T/out" 2>&1 </dev/null || { verdict='not ok'; failed=1; }
	echo "$verdict $count - $text"
	[[ $verdict == ok ]] || sed 's/^/# /' "$T/out"
}

# By its own mount program: without its server a mount is read-only
mount_it()
{
	mount.imapifs "$I" "$M" -o "face=kernel,spool=$T/spool" &&
		[[ $(findmnt -n -o FSTYPE "$M") == imapifs ]]
}

done_checking()
{
	echo "1..$count"
	exit $failed
}
