#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# One table: ours and other programs, side by side in the same run. Each pair is
# measured in turns, $RUNS times, and the median counts. Goals are printed beside
# the figures; one that is missed is said so, and is no error.
#
# RUNS=5 FILES=100000 MANY=1000000 BYTES=2147483648 SMALL=20000 make bench
# CASES="append many commit stage small read" picks some.
set -eu
TOP=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=$TOP/build
BENCH=$BUILD/bench
MKTREE=$BUILD/tests/mktree
export LC_ALL=C.UTF-8 TIMEFORMAT=%R
# shellcheck source=tests/bench/table.sh
. "$TOP/tests/bench/table.sh"

RUNS=${RUNS:-5}
FILES=${FILES:-100000}
MANY=${MANY:-1000000}
BYTES=${BYTES:-2147483648}
SMALL=${SMALL:-20000}
CASES=${CASES:-append many commit stage small read}

mkdir -p "$BENCH"
T=$(mktemp -d "$BENCH/run-XXXXXX")
M=$T/mnt
mkdir "$M" "$T/spool" "$T/peer" "$T/data"
rows=$T/rows
: >"$rows"

cleanup()
{
	local dir

	cd /
	for dir in "$M" "$T/peer"; do
		! mountpoint -q "$dir" || timeout 60 umount -i -l "$dir" || :
	done
	[[ -z ${peer_pid:-} ]] || kill "$peer_pid" 2>/dev/null || :
	sleep 0.5
	rm -rf --one-file-system "$T"
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP

note() { printf '%s\n' "$*" >&2; }

# seconds COMMAND...: how long it takes; what it says goes to $T/log
seconds()
{
	local start end

	start=$(date +%s%N)
	timeout 1800 "$@" >"$T/log" 2>&1 </dev/null || {
		note "failed: $*"
		tail -n 5 "$T/log" >&2
		exit 1
	}
	end=$(date +%s%N)
	awk -v ns=$((end - start)) 'BEGIN { printf "%.3f\n", ns / 1e9 }'
}

# The same start for whoever is measured next: nothing waits to be written, and
# memory for the page cache is there. A virtual machine gives free memory back to
# its host, and the first to want it again would pay for that.
level()
{
	sync -f "$T"
	dd if=/dev/zero of=/dev/null bs=$((BYTES + (BYTES / 2))) count=1 iflag=fullblock 2>/dev/null || :
}

ours_mount()
{
	timeout 300 "$BUILD/mount.imapifs" "$1" "$M" -o "spool=$T/spool${2:+,$2}" </dev/null
	server=$("$BUILD/imapifs" status --json "$M" | sed -n 's/.*"pid": *\([0-9]*\).*/\1/p' | head -n 1)
}

ours_umount()
{
	timeout 1800 "$BUILD/umount.imapifs" "$M" </dev/null >"$T/log" 2>&1
	while [[ -e /proc/$server/exe ]]; do sleep 0.02; done
}

# image NAME FOLDERS FILES: made once by xorriso, with and without Rock Ridge. Sets
# $made to its path, which says how many files it has
image()
{
	local image=$BENCH/$1-$(($2 * $3)).iso rr=on

	made=$image

	[[ $1 != plain ]] || rr=off
	[[ ! -s $image ]] || return 0
	note "making ${image##*/} (once)"
	rm -rf "$T/tree"
	"$MKTREE" "$T/tree" "$2" "$3" 100
	timeout 3000 xorriso -outdev "$image.part" -rockridge $rr -joliet on -map "$T/tree" / -commit \
		>"$T/log" 2>&1 || { tail -n 5 "$T/log" >&2; exit 1; }
	mv "$image.part" "$image"
	rm -rf "$T/tree"
}

# The whole of it: mount, put one file in, unmount. $1: image
append_ours()
{
	"$BUILD/mount.imapifs" "$1" "$M" -o "spool=$T/spool" </dev/null
	cp "$T/data/one" "$M/one"
	/usr/bin/time -f %M -o "$T/client" sync "$M"
	server=$("$BUILD/imapifs" status --json "$M" | sed -n 's/.*"pid": *\([0-9]*\).*/\1/p' | head -n 1)
	awk -v client="$(cat "$T/client")" '/^VmHWM/ { print $2 + client }' \
		"/proc/$server/status" >"$T/kib"
	"$BUILD/umount.imapifs" "$M" </dev/null
}

append_peer()
{
	/usr/bin/time -f %M -o "$T/kib" xorriso -dev "$1" -rockridge "$2" -joliet on \
		-map "$T/data/one" /one -commit
}

# append NAME ROCKRIDGE TIME-GOAL MEMORY-GOAL: to the image $made
append()
{
	local n size

	echo "one small file" >"$T/data/one"
	rm -f "$T"/{o,p}.{s,m,b}
	for ((n = 0; n < RUNS; n++)); do
		cp "$made" "$T/ours.iso"
		cp "$made" "$T/peer.iso"
		size=$(stat -c %s "$T/ours.iso")
		sync -f "$T"
		seconds append_ours_sh "$T/ours.iso" >>"$T/o.s"
		cat "$T/kib" >>"$T/o.m"
		echo $(($(stat -c %s "$T/ours.iso") - size)) >>"$T/o.b"
		seconds append_peer_sh "$T/peer.iso" "$2" >>"$T/p.s"
		cat "$T/kib" >>"$T/p.m"
		echo $(($(stat -c %s "$T/peer.iso") - size)) >>"$T/p.b"
	done
	row "$1" "seconds" "$(median "$T/o.s")" "xorriso -rockridge $2" "$(median "$T/p.s")" "$3"
	row "$1" "peak KiB" "$(median "$T/o.m")" "xorriso -rockridge $2" "$(median "$T/p.m")" "$4"
	row "$1" "bytes added" "$(median "$T/o.b")" "xorriso -rockridge $2" "$(median "$T/p.b")" 1
}

case_append()
{
	image files 1000 $((FILES / 1000))
	append "append 1 to $FILES files" on 0.25 0.25
	image plain 1000 $((FILES / 1000))
	append "append 1 to $FILES files" off 0.25 0.25
}

case_many()
{
	image many 1000 $((MANY / 1000))
	append "append 1 to $MANY files" on 0.2 -
	bound "append 1 to $MANY files" "peak KiB" "$(median "$T/o.m")" $((250 * 1024))
}

# The same bytes: 20 files burned by us, one stream through dd, a session of xorriso's
case_commit()
{
	local n

	"$MKTREE" "$T/data/twenty" 1 20 $((BYTES / 20))
	cat "$T"/data/twenty/*/* >"$T/data/stream"
	rm -f "$T"/{o,d,x}.s
	for ((n = 0; n < RUNS; n++)); do
		: >"$T/ours.iso"
		ours_mount "$T/ours.iso" verify=none
		cp -r "$T/data/twenty" "$M/"
		level
		seconds sync "$M" >>"$T/o.s"
		ours_umount
		rm "$T/ours.iso"

		level
		seconds dd "if=$T/data/stream" "of=$T/dd" bs=1M conv=fsync >>"$T/d.s"
		rm "$T/dd"

		: >"$T/peer.iso"
		level
		seconds xorriso -dev "$T/peer.iso" -joliet on -map "$T/data/twenty" /twenty -commit >>"$T/x.s"
		rm "$T/peer.iso"
	done
	rm -r "$T/data/twenty" "$T/data/stream"
	row "commit $((BYTES >> 20)) MiB in 20 files" seconds "$(median "$T/o.s")" "dd conv=fsync" "$(median "$T/d.s")" 1.15
	row "commit $((BYTES >> 20)) MiB in 20 files" seconds "$(median "$T/o.s")" "xorriso" "$(median "$T/x.s")" 1
}

# libfuse's own example, built from its package
passthrough()
{
	local src=/usr/share/doc/libfuse3-dev/examples/passthrough_ll.c

	[[ ! -x $BENCH/passthrough_ll ]] || return 0
	[[ -e $src ]] || return 1
	# shellcheck disable=SC2046 # words on purpose
	cc -O2 -o "$BENCH/passthrough_ll" "$src" $(pkg-config --cflags --libs fuse3)
}

case_stage()
{
	local n

	if ! passthrough; then
		note "stage: skipped, libfuse's passthrough_ll.c is not installed"
		return
	fi
	"$MKTREE" "$T/data/twenty" 1 20 $((BYTES / 20))
	mkdir "$T/under"
	rm -f "$T"/{o,p}.s
	for ((n = 0; n < RUNS; n++)); do
		: >"$T/ours.iso"
		ours_mount "$T/ours.iso" commit=manual
		level
		seconds cp -r "$T/data/twenty" "$M/" >>"$T/o.s"
		rm -r "$M/twenty"
		ours_umount

		"$BENCH/passthrough_ll" -f -o "source=$T/under" "$T/peer" >/dev/null 2>&1 &
		peer_pid=$!
		while ! mountpoint -q "$T/peer"; do sleep 0.05; done
		level
		seconds cp -r "$T/data/twenty" "$T/peer/" >>"$T/p.s"
		umount "$T/peer"
		wait "$peer_pid" || :
		peer_pid=
		rm -rf "$T/under"
		mkdir "$T/under"
	done
	rm -r "$T/data/twenty"
	row "stage $((BYTES >> 20)) MiB in 20 files" seconds "$(median "$T/o.s")" passthrough_ll "$(median "$T/p.s")" 1.1
}

# Copied in and burned, against one run of xorriso over the same files
small_ours()
{
	"$BUILD/mount.imapifs" "$T/ours.iso" "$M" -o "spool=$T/spool,verify=none" </dev/null
	cp -r "$T/data/small" "$M/"
	"$BUILD/umount.imapifs" "$M" </dev/null
}

case_small()
{
	local n

	"$MKTREE" "$T/data/small" 20 $((SMALL / 20)) 4000
	rm -f "$T"/{o,p}.s
	for ((n = 0; n < RUNS; n++)); do
		: >"$T/ours.iso"
		: >"$T/peer.iso"
		seconds small_ours_sh >>"$T/o.s"
		seconds xorriso -dev "$T/peer.iso" -joliet on -map "$T/data/small" /small -commit >>"$T/p.s"
		rm "$T/ours.iso" "$T/peer.iso"
		sync -f "$T"
	done
	rm -r "$T/data/small"
	row "$SMALL small files, copied in and burned" seconds "$(median "$T/o.s")" "xorriso" "$(median "$T/p.s")" -
}

case_read()
{
	local n

	image files 1000 $((FILES / 1000))
	rm -f "$T"/{o,p}{l,r}.s "$T/b.s"
	for ((n = 0; n < RUNS; n++)); do
		timeout 300 "$BUILD/mount.imapifs" "$made" "$M" -o ro </dev/null
		server=$("$BUILD/imapifs" status --json "$M" | sed -n 's/.*"pid": *\([0-9]*\).*/\1/p' | head -n 1)
		seconds ls -lR "$M" >>"$T/ol.s"
		seconds tar -cf "$T/tar" -C "$M" . >>"$T/or.s"
		rm "$T/tar"
		ours_umount
		timeout 60 fuseiso "$made" "$T/peer" </dev/null
		seconds ls -lR "$T/peer" >>"$T/pl.s"
		seconds tar -cf "$T/tar" -C "$T/peer" . >>"$T/pr.s"
		rm "$T/tar"
		umount "$T/peer"
		seconds bsdtar -xf "$made" --to-stdout >>"$T/b.s"
	done
	row "ls -lR of $FILES files" seconds "$(median "$T/ol.s")" fuseiso "$(median "$T/pl.s")" -
	row "read all of $FILES files" seconds "$(median "$T/or.s")" fuseiso "$(median "$T/pr.s")" -
	row "read all of $FILES files" seconds "$(median "$T/or.s")" bsdtar "$(median "$T/b.s")" -
}

[[ $(id -u) -eq 0 ]] || { echo "make bench: run it as root"; exit 1; }

# seconds() runs commands under timeout(1), which knows no functions
for name in append_ours append_peer small_ours; do
	printf '#!/bin/bash\nset -eu\nBUILD=%q; T=%q; M=%q\n%s\n%s "$@"\n' \
		"$BUILD" "$T" "$M" "$(declare -f $name)" $name >"$T/${name}_sh"
	chmod +x "$T/${name}_sh"
done
PATH=$T:$PATH

for name in $CASES; do
	note "$name ..."
	"case_$name"
done

echo
echo "Median of $RUNS runs, in turns, caches warm for both, on $(df --output=fstype "$T" | tail -n 1)."
echo "Memory: ours is the peak of the server (VmHWM) and of the sync that waits for it, the peer's its maximum resident set."
echo
table
