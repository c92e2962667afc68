#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What guest.sh has the guest do. Each pair is measured in turns, and the median
# counts; the disc is mounted anew, with nothing of it in memory, for each figure.
set -eu
export LC_ALL=C.UTF-8
# shellcheck source=tests/bench/table.sh
. tests/bench/table.sh

RUNS=${BENCH_RUNS:-3}
NAMES=${BENCH_NAMES:-2000}
CASES=${BENCH_CASES:-mount list names read stage}
DISK=/dev/vda
GAUGE=$PWD/build/tests/gauge

T=$(mktemp -d)
M=$T/mnt
mkdir "$M" "$T/spool"
rows=$T/rows
: >"$rows"

note() { printf '%s\n' "$*" >&2; }
seconds() { printf '%.4f' "$(median "$1")"; }
rate() { awk -v s="$(median "$1")" -v mib="$BENCH_MIB" 'BEGIN { printf "%.0f\n", mib / s }'; }

cold()
{
	sync
	echo 3 >/proc/sys/vm/drop_caches
}

# mounted TYPE: the disc, cold, and by the system call alone: nothing but the file
# system reads it. Sets $took and $blocks, what the disk was asked for meanwhile
mounted()
{
	local before after

	cold
	before=$(awk '{ print $3 }' "/sys/block/${DISK##*/}/stat")
	took=$("$GAUGE" mount "$1" "$DISK" "$M")
	after=$(awk '{ print $3 }' "/sys/block/${DISK##*/}/stat")
	blocks=$(( (after - before) / 4 ))
}

# turns NAME COMMAND...: the seconds that it prints, for isofs and ours, into
# $T/NAME.TYPE
turns()
{
	local name=$1 n type

	shift
	for ((n = 0; n < RUNS; n++)); do
		for type in iso9660 imapifs; do
			mounted "$type"
			"$@" >>"$T/$name.$type"
			umount -i "$M"
		done
	done
}

case_mount()
{
	local n type

	# The first one finds what a module sets up but once
	for type in iso9660 imapifs; do
		mounted "$type"
		umount -i "$M"
	done
	for ((n = 0; n < RUNS + 2; n++)); do
		for type in iso9660 imapifs; do
			mounted "$type"
			umount -i "$M"
			echo "$took" >>"$T/mount.$type"
			echo "$blocks" >>"$T/blocks.$type"
		done
	done
	row "mount" "blocks read" "$(median "$T/blocks.imapifs")" isofs "$(median "$T/blocks.iso9660")" 1
	row "mount" seconds "$(seconds "$T/mount.imapifs")" isofs "$(seconds "$T/mount.iso9660")" -
}

list()
{
	local start end

	start=$(date +%s%N)
	ls -lR "$M/tree" >"$T/list"
	end=$(date +%s%N)
	[[ $(grep -c '^-' "$T/list") -eq 10000 ]]
	awk -v ns=$((end - start)) 'BEGIN { printf "%.6f\n", ns / 1e9 }'
}

case_list()
{
	turns list list
	row "ls -lR of 10000 files in 100 folders" seconds "$(seconds "$T/list.imapifs")" \
		isofs "$(seconds "$T/list.iso9660")" -
}

# isofs takes minutes: all names, but once
case_names()
{
	local n

	for ((n = 0; n < RUNS; n++)); do
		mounted imapifs
		"$GAUGE" stat "$M/many/folder0000" "$NAMES" "$BENCH_FILES" >>"$T/names.imapifs"
		umount -i "$M"
	done
	mounted iso9660
	"$GAUGE" stat "$M/many/folder0000" "$NAMES" "$BENCH_FILES" >"$T/names.iso9660"
	umount -i "$M"
	row "stat $NAMES of $BENCH_FILES names, one folder" seconds "$(seconds "$T/names.imapifs")" \
		"isofs (once)" "$(seconds "$T/names.iso9660")" 0.02
}

case_read()
{
	mounted imapifs
	[[ $(stat -c %s "$M/big/folder0000/file00000.dat") -eq $((BENCH_MIB << 20)) ]]
	umount -i "$M"
	turns read "$GAUGE" read "$M/big/folder0000/file00000.dat"
	row "read $BENCH_MIB MiB" seconds "$(seconds "$T/read.imapifs")" \
		isofs "$(seconds "$T/read.iso9660")" 1
}

staged()
{
	local server

	: >"$T/blank.iso"
	build/mount.imapifs "$T/blank.iso" "$M" \
		-o "face=kernel,commit=manual,spool=$T/spool" </dev/null
	server=$(build/imapifs status --json "$M" | sed -n 's/.*"pid": *\([0-9]*\).*/\1/p' | head -n 1)
	"$GAUGE" write "$M/file" "$BENCH_MIB"
	rm "$M/file"
	build/umount.imapifs "$M" </dev/null >"$T/log" 2>&1
	while [[ -e /proc/$server/exe ]]; do sleep 0.05; done
}

in_memory()
{
	"$GAUGE" write "$T/spool/file" "$BENCH_MIB"
	rm "$T/spool/file"
}

# The spool is a folder of the very tmpfs that is the peer
case_stage()
{
	local n

	mount -t tmpfs -o size=60% spool "$T/spool"
	# Memory that the machine has to ask its host for costs whoever is first
	in_memory >/dev/null
	for ((n = 0; n < RUNS + 2; n++)); do
		cold
		in_memory >>"$T/stage.tmpfs"
		cold
		staged >>"$T/stage.imapifs"
	done
	umount "$T/spool"
	row "stage $BENCH_MIB MiB" "MiB/s" "$(rate "$T/stage.imapifs")" \
		tmpfs "$(rate "$T/stage.tmpfs")" ">= 0.8"
}

modprobe -a virtio_blk isofs loop
insmod "$IMAPIFS_MODULE"
[[ -b $DISK ]]
for name in $CASES; do
	note "$name ..."
	"case_$name"
done
rmmod imapifs

echo
echo "Linux $(uname -r), emulated. Median of $RUNS runs or more, in turns, caches cold;"
echo "the disc has $((BENCH_FILES + 10001)) files and its blocks are in the host's memory."
echo
table
echo
# Noise shows in the single figures
for name in "$T"/*.imapifs; do
	name=${name%.imapifs}
	for type in "$name".*; do
		echo "${type##*/}: $(tr '\n' ' ' <"$type")"
	done
done
