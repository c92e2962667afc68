/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * What a program can ask of a mounted imapifs: ioctls on its root directory,
 * the same whichever face serves it. All sizes are fixed, all numbers are the
 * machine's own, and a 32-bit program sees the same layout.
 */
#ifndef _UAPI_LINUX_IMAPIFS_H
#define _UAPI_LINUX_IMAPIFS_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define IMAPIFS_VERSION		1

enum imapifs_phase {
	IMAPIFS_PHASE_IDLE,
	IMAPIFS_PHASE_PLAN,	/* reading the tree, laying the session out */
	IMAPIFS_PHASE_RECORD,
	IMAPIFS_PHASE_FLUSH,
	IMAPIFS_PHASE_VERIFY,
	IMAPIFS_PHASE_CLOSE,	/* the write that makes the session the newest */
};

#define IMAPIFS_DIRTY		(1u << 0)	/* something is staged */
#define IMAPIFS_READONLY	(1u << 1)
#define IMAPIFS_MANUAL		(1u << 2)	/* commit=manual: umount burns nothing */

/* State of a mount; see imapifs(1), status */
struct imapifs_status {
	__u32 version;		/* IMAPIFS_VERSION */
	__u32 phase;		/* enum imapifs_phase */
	__u64 done;		/* bytes of this phase */
	__u64 total;		/* bytes this phase has, 0: not known */
	__u64 phase_ms;		/* since the phase began */
	__u64 staged_files;
	__u64 staged_bytes;
	__u64 tree_bytes;	/* what the next session takes besides, at most */
	__u64 free_bytes;	/* what may still be staged */
	__u64 commits;		/* succeeded since the mount */
	__u32 flags;		/* IMAPIFS_DIRTY, ... */
	__s32 last_error;	/* errno of the last commit, 0: it succeeded */
	char face[8];		/* "fuse" or "kernel" */
	char message[192];	/* the last commit's one line, NUL at the end */
	char source[256];	/* what is mounted, as it was given; cut if longer */
	__u32 helper_pid;	/* who serves the mount */
	__u32 pad;
};

#define IMAPIFS_IOC_STATUS	_IOR('j', 1, struct imapifs_status)

/* Burn what is staged and return when it is read back; 0 if nothing is */
#define IMAPIFS_IOC_COMMIT	_IO('j', 2)

#endif
