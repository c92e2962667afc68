/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * What a program can ask of a mounted imapifs (ioctls on its root directory, the
 * same whichever face serves it), and what the module and its helper tell each
 * other through /dev/imapifs (Documentation/protocol.rst). All sizes are fixed,
 * all numbers are the machine's own, and a 32-bit program sees the same layout.
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
#define IMAPIFS_FINALIZE	(1u << 3)	/* what umount burns closes the disc for good */
#define IMAPIFS_TOO_LATE	(1u << 4)	/* the burn under way can't be cancelled any more */

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

/* Its argument, else 0: an unmount follows, and finalize closes the disc with this session */
#define IMAPIFS_COMMIT_LAST	1

/*
 * The module alone: a new helper for a mount whose helper died. The argument
 * points to the descriptor of its /dev/imapifs
 */
#define IMAPIFS_IOC_ATTACH	_IOW('j', 3, __s32)

/* --- /dev/imapifs: an open file is one channel, and serves one mount --- */

/*
 * What the helper found on the disc. Before the mount or IMAPIFS_IOC_ATTACH, and
 * not again
 */
struct imapifs_setup {
	__u32 version;		/* IMAPIFS_VERSION */
	__u32 nwa;		/* where the next session will start, lba */
};

#define IMAPIFS_DEV_SETUP	_IOW('j', 16, struct imapifs_setup)

/*
 * While request @id is under way: a descriptor, for reading, of the file @ino's
 * staged bytes; @ino 0: of the change log. Return: the descriptor
 */
struct imapifs_open {
	__u64 id;
	__u64 ino;
};

#define IMAPIFS_DEV_OPEN	_IOW('j', 17, struct imapifs_open)

/* Have a commit begin as sync(2) would, without waiting for its end */
#define IMAPIFS_DEV_SYNC	_IO('j', 18)

enum imapifs_op {
	/* Requests; read(2) gives one each time, and 0 bytes when the mount is gone */
	IMAPIFS_OP_COMMIT = 1,	/* burn what the change log says; struct imapifs_request */
	IMAPIFS_OP_RESCUE,	/* keep it in the rescue folder; struct imapifs_request */
	IMAPIFS_OP_CANCEL,	/* give that commit up; a bare header, not answered */

	/* What the helper writes; each write(2) is one message */
	IMAPIFS_OP_PROGRESS = 16,	/* struct imapifs_progress */
	IMAPIFS_OP_BURNED,	/* struct imapifs_burned */
	IMAPIFS_OP_PREPARED,	/* struct imapifs_prepared */
	IMAPIFS_OP_DONE,	/* struct imapifs_done: the answer, once */
};

/* Every message begins with it */
struct imapifs_header {
	__u32 len;		/* bytes, with this header */
	__u32 op;		/* enum imapifs_op */
	__u64 id;		/* the request's; from 1, never used again */
};

struct imapifs_request {
	struct imapifs_header h;
	__u64 log_bytes;	/* of the change log */
	__u32 flags;		/* IMAPIFS_LAST, ... */
	__u32 pad;
};

/* The mount is going: there is no path to it any more */
#define IMAPIFS_LAST		(1u << 0)
/* IMAPIFS_COMMIT_LAST: there still is one, and an unmount follows */
#define IMAPIFS_FINAL		(1u << 1)

struct imapifs_progress {
	struct imapifs_header h;
	__u32 phase;		/* enum imapifs_phase */
	__u32 pad;
	__u64 done;
	__u64 total;
};

/*
 * Where the session has files that are staged. All of them, in as many messages
 * as it takes, and then IMAPIFS_OP_PREPARED
 */
struct imapifs_burned_file {
	__u64 ino;
	__u32 lba;		/* first block; what follows is in one piece */
	__u32 pad;
};

struct imapifs_burned {
	struct imapifs_header h;
	struct imapifs_burned_file file[];
};

/*
 * All is recorded and read back but for the write that makes it the newest
 * session. Should the helper die from here on, the module looks for these
 * descriptors on the disc to learn whether that was done
 */
struct imapifs_prepared {
	struct imapifs_header h;
	__u64 descriptors;	/* hash of the descriptor set that is to come */
	__u32 start;		/* of the session, lba */
	__u32 blocks;
	__u32 nwa;		/* where the session after it will start, lba */
	__u32 flags;		/* IMAPIFS_CLOSES_FIRST */
};

/*
 * A disc that is written once: recording comes next, which also closes the session,
 * and it is read back after that. Until then nothing else reads the disc. Should the
 * helper die, the session counts for nothing, though it may be there
 */
#define IMAPIFS_CLOSES_FIRST	(1u << 0)

struct imapifs_done {
	struct imapifs_header h;
	__s32 error;		/* 0, or -errno; 0 of a commit only after PREPARED */
	__u32 pad;
	char message[192];	/* one line on what happened, NUL at the end */
};

/* read(2) with less room than this is EINVAL; no message to the kernel is longer */
#define IMAPIFS_MSG_MAX		4096

/*
 * --- the change log: the overlay of a mount over its base ---
 *
 * One imapifs_log_head, then records. Each begins with its length, a multiple of
 * 8. A node comes after its parent and before what names it. Nodes that equal
 * their record on the disc, and directories that hold no change, are left out.
 */

#define IMAPIFS_LOG_MAGIC	0x474f4c49	/* "ILOG" */

struct imapifs_log_head {
	__u32 magic;
	__u32 version;		/* IMAPIFS_VERSION */
	__u64 bytes;		/* of the whole log */
	__u64 nodes;		/* records of each kind */
	__u64 changes;
	__u32 root_lba;		/* the base's root directory; size 0: a blank disc */
	__u32 root_size;
	__s64 root_mtime;
	__u64 generation;	/* commits since the mount */
	__u32 flags;		/* IMAPIFS_LOG_UCS */
	__u32 nwa;
};

#define IMAPIFS_LOG_UCS		(1u << 0)	/* the base's names are UTF-16 (Joliet) */

enum imapifs_log_type {
	IMAPIFS_LOG_NODE = 1,
	IMAPIFS_LOG_CHANGE,
};

/* A section on the disc */
struct imapifs_log_extent {
	__u32 lba;
	__u32 len;
	__u8 xattr_blocks, unit, gap, pad;
};

/*
 * A file or directory. The root's record is the first, where there is any, and says
 * what the head does. A base name follows the extents, UTF-16BE
 */
struct imapifs_log_node {
	__u32 len;
	__u16 type;		/* IMAPIFS_LOG_NODE */
	__u8 flags;		/* IMAPIFS_LOG_DIR, ... */
	__u8 name_len;
	__u64 ino;
	__u64 parent;		/* inode number; the root's is 0 */
	__u64 size;		/* of a file */
	__s64 mtime;
	__u32 dir_lba;		/* a directory's records in the base; size 0: none */
	__u32 dir_size;
	__u32 extents;		/* of a file that isn't staged */
	__u32 pad;
};

#define IMAPIFS_LOG_DIR		(1u << 0)
#define IMAPIFS_LOG_STAGED	(1u << 1)
#define IMAPIFS_LOG_HIDDEN	(1u << 2)

/* A name that stands for something else than in the base. It follows, UTF-16BE */
struct imapifs_log_change {
	__u32 len;
	__u16 type;		/* IMAPIFS_LOG_CHANGE */
	__u8 flags;		/* IMAPIFS_LOG_COVERS, ... */
	__u8 name_len;
	__u64 dir;		/* inode numbers */
	__u64 node;		/* 0: the name is gone */
	__u64 generation;	/* commits at its last alteration */
};

#define IMAPIFS_LOG_COVERS	(1u << 0)	/* the base has the name */
#define IMAPIFS_LOG_BURNED	(1u << 1)	/* the newest session has it */

#endif
