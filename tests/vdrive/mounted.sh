# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What tests of one mounted disc at a time share, by IMAPIFS_FACE

# shellcheck source=tests/lib/tap.sh
. "$VDRIVE_TOP/tests/lib/tap.sh"

FACE=${IMAPIFS_FACE:-fuse}
if [[ $FACE == kernel && ! -e /dev/imapifs ]]; then
	insmod "$BUILD/$(uname -r)/imapifs.ko" || skip_all "no module (make kmod KVER=$(uname -r))"
fi
for program in xorriso fusermount3; do
	command -v "$program" >/dev/null || skip_all "no $program (tests/deps.sh vdrive)"
done
[[ -x $BUILD/imapifs ]] || skip_all "build/imapifs is not built"
export HOME=$T/home
mkdir -p "$HOME" "$T/spool" "$T/mnt" "$T/iso" "$T/dir/deep/er"
M=$T/mnt
for name in ours theirs dir/deep/er/file; do
	head -c 300001 /dev/urandom >"$T/$name"
done
count=0
contents=()

mount_disc()
{
	timeout 200 "$BUILD/mount.imapifs" "$DEV" "$M" -o "face=$FACE,spool=$T/spool${1:+,$1}"
}

unmount()
{
	timeout 300 "$BUILD/umount.imapifs" "$M" "$@"
}

sync_disc()
{
	timeout 300 sync "$M"
}

info()
{
	timeout 120 "$BUILD/imapifs" info "$@" "$DEV"
}

last_message()
{
	"$BUILD/imapifs" status "$M" | sed -n 's/^last: *//p'
}

# Lines of the log on standard input: commands that change a disc. WRITE, WRITE AND VERIFY, BLANK,
# CLOSE, FORMAT, RESERVE, OPC, SEND CUE SHEET, SEND DISC STRUCTURE
changing()
{
	grep -E ' (2a|aa|2e|a1|5b|04|53|54|5d|bf) '
}

# How many of them there are in the log
writes()
{
	ctl log show | changing | wc -l
}

# stage [CONTENT]: one file more, of which $T/CONTENT is the content (ours). Sets staged, its name
stage()
{
	count=$((count + 1))
	contents[count]=${1:-ours}
	staged=$M/file$count
	cp "$T/${contents[count]}" "$staged"
}

is_staged()
{
	cmp "$T/${contents[count]}" "$staged"
}

# hit [NUMBER]: waits until a fault rule hits, which may hang then; until so many have
hit()
{
	local _

	for _ in {1..150}; do
		[[ $(ctl fault list | grep -c 'hits=[1-9]') -lt ${1:-1} ]] || return 0
		sleep 0.2
	done
	return 1
}

# Of $work/disc, once the kernel has looked at it anew: isofs shows what $T/want has
isofs_agrees()
{
	local rc

	reload "$work/disc" && mount -t iso9660 -o ro "$DEV" "$T/iso" || return
	diff -r "$T/want" "$T/iso"
	rc=$?
	umount "$T/iso" && return "$rc"
}

# elsewhere DISC COMMAND...: with the disc in a drive of its own, which is DEV then
elsewhere()
{
	local names DEV rc disc=$1

	shift
	names=$(timeout 60 "$V" attach --verbose "$disc") || return
	read -r DEV _ <<<"$names"
	"$@"
	rc=$?
	detach "$DEV" && return $rc
}

# theirs FILE [on]: another program burns a session; on: the last one
theirs()
{
	timeout 300 xorriso -abort_on FAILURE -dev "$DEV" -joliet on -close "${2:-off}" \
		-map "$1" /file1 -commit -end
}

# A disc may be in one drive alone, and a copy is as good
copy_disc()
{
	cp --sparse=always "$1" "$2" && cp "$1.disc" "$2.disc"
}
