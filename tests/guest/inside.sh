#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Process 1 of a guest once its root is there: what a system has besides, the
# command, and how it ended. run is its other half, on the host.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/root LC_ALL=C.UTF-8

at=/run/imapifs
# shellcheck source=/dev/null
. $at/where	# sets top, modules, scratch

mount_all()
{
	mkdir -p /dev/pts /dev/shm
	mount -t devpts -o mode=620,ptmxmode=666 devpts /dev/pts
	mount -t tmpfs shm /dev/shm
	mount -t debugfs debugfs /sys/kernel/debug
	mount -t configfs configfs /sys/kernel/config 2>/dev/null
	# Opening them loads their modules, as it does where udev runs
	[[ -e /dev/fuse ]] || mknod /dev/fuse c 10 229
	# As udev has it
	chmod 666 /dev/fuse
	[[ -e /dev/loop-control ]] || mknod /dev/loop-control c 10 237
	ln -sfn /proc/self/fd /dev/fd
	ln -sfn /proc/self/mounts /run/mtab
	# A tree that was never booted has none, and fusermount3 wants one
	[[ -e /etc/mtab ]] || ln -s /proc/self/mounts /etc/mtab

	# The tree may be in /tmp itself
	mkdir $at/top
	mount --bind "$top" $at/top
	mount -t tmpfs -o mode=1777,size=75% tmp /tmp
	if [[ -e $top/Makefile ]]; then
		umount $at/top
	else
		mkdir -p "$top"
		mount --move $at/top "$top"
	fi
	if [[ -n $modules ]]; then
		mkdir -p /lib/modules/"${modules##*/}"
		mount --bind "$modules" /lib/modules/"${modules##*/}"
	fi
	if [[ -n $scratch ]]; then
		mkdir -p /scratch
		mount -t ext4 "$scratch" /scratch
		export IMAPIFS_SCRATCH=/scratch
	fi
}

# Sets port, what the names of the ways to the host begin with
ports()
{
	local n

	for n in {1..100}; do
		port=$(compgen -G '/dev/vport*p3') && break
		sleep 0.1
	done
	port=${port%3}
}

# Servers that the command left behind may hold its output open
drain()
{
	local n

	for n in {1..30}; do
		kill -0 "$1" 2>/dev/null || return
		sleep 0.1
	done
	kill "$1"
}

# Twice, as an object may look lost while a pointer to it moves; what is younger than
# five seconds is not told of. Whatever is lost counts, ours or not: nothing is
leaks()
{
	local file=/sys/kernel/debug/kmemleak n

	[[ -e $file ]] || return
	for n in 1 2; do
		sleep 5
		echo scan >$file 2>/dev/null || return
	done
	cat $file
}

mount_all
ports
cd "$top" || exit
mkfifo $at/out $at/err
cat <$at/out >"$port"1 &
out=$!
cat <$at/err >"$port"2 &
err=$!
# From here on the console has all, should there be no end
echo 8 >/proc/sys/kernel/printk
setsid -w bash $at/command >$at/out 2>$at/err </dev/null
rc=$?
echo 1 >/proc/sys/kernel/printk
drain $out
drain $err
{
	echo "exit $rc"
	echo "taint $(</proc/sys/kernel/tainted)"
	leaks
	dmesg
	echo end
} >"$port"3
# No sync: that would burn what is staged
echo b >/proc/sysrq-trigger
