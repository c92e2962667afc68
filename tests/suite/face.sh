# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# How the suite gets at a mount of one of the faces, IMAPIFS_FACE: the cases use
# these functions and ordinary programs, and nothing else.

FACE=${IMAPIFS_FACE:-fuse}

# Says why this face can't be tested here, or nothing
face_missing()
{
	if [[ ! -x $BUILD/mount.imapifs ]]; then
		echo "$BUILD/mount.imapifs is not built"
	elif [[ $FACE == fuse && ! -c /dev/fuse ]]; then
		echo "no /dev/fuse"
	elif [[ $FACE == kernel && ! -c /dev/imapifs ]]; then
		echo "the module is not loaded"
	elif [[ $(id -u) -ne 0 ]]; then
		echo "not root"
	fi
}

# new_image IMAGE: a blank one
new_image()
{
	: >"$1"
}

# mount_image IMAGE DIR [OPTIONS]; a failure is mount.imapifs's exit code.
# What is staged goes to $SPOOL
mount_image()
{
	local rc=0

	mkdir -p "$2" "$SPOOL"
	timeout 60 "$BUILD/mount.imapifs" "$1" "$2" -o "face=$FACE,spool=$SPOOL${3:+,$3}" \
		</dev/null || rc=$?
	[[ $rc -ne 0 ]] || on_exit_kill "$(server_pid "$2")"
	return $rc
}

# unmount DIR: by umount.imapifs, which commits first
unmount()
{
	local rc=0 pid

	pid=$(server_pid "$1") || pid=
	timeout 200 "$BUILD/umount.imapifs" "$1" </dev/null || rc=$?
	[[ $rc -ne 0 || -z $pid ]] || gone "$pid"
	return $rc
}

# unmount_bare DIR: by umount(2) alone, then waits for the server's end
unmount_bare()
{
	local pid

	pid=$(server_pid "$1")
	timeout 100 umount -i "$1" && gone "$pid"
}

# The process that serves DIR
server_pid()
{
	"$BUILD/imapifs" status --json "$1" |
		sed -n 's/.*"pid": *\([0-9]*\).*/\1/p' | head -n 1
}

# How many descriptors it holds
server_files()
{
	find "/proc/$(server_pid "$1")/fd" -mindepth 1 | wc -l
}

# kill -9 for it, and the dead mount taken away
server_kill()
{
	local pid

	pid=$(server_pid "$1")
	kill -KILL "$pid"
	gone "$pid"
	umount -i -l "$1"
}

gone()
{
	local n

	for n in {1..600}; do
		[[ -e /proc/$1/exe ]] || return 0
		sleep 0.1
	done
	echo "process $1 is still there"
	return 1
}

# Does a mount go on when its server was killed?
face_outlives_server()
{
	[[ $FACE == kernel ]]
}
