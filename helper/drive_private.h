/* SPDX-License-Identifier: GPL-2.0-only */
/* What drive.c and drive_open.c share. */
#ifndef IMAPI_DRIVE_PRIVATE_H
#define IMAPI_DRIVE_PRIVATE_H

#include <pthread.h>
#include "drive.h"

/**
 * struct drive - an open drive
 * @path: as it was given, absolute
 * @block: it is a block device
 * @fd: commands go out here
 * @lock: of what flock(2) is taken against other mounts; @fd, or the SCSI generic
 *	device, whose lock udev doesn't wait for
 * @claim: the exclusive open, -1: none
 * @media: the block device, of which the kernel counts changes of the disc; @fd, another
 *	one, or -1
 * @generic: name of the SCSI generic device if libburn is to open that; else NULL
 * @may_write: commands that write get through
 * @piece: blocks that one command may read
 * @mutex: of all that follows
 * @mmc: commands
 * @window: WINDOW blocks that were read ahead, of which @have from @first on are good
 * @next: behind what was asked for last
 * @ahead: blocks that were read ahead last
 * @ahead_from: what may be read ahead
 * @ahead_to: the same
 * @kept: @kept_blocks from @kept_first on, for as long as the drive is open
 * @tray_held: locked by us
 * @changes: see drive_changes()
 * @counted: what the kernel and guard.h have counted, as far as @changes has it
 */
struct drive {
	char *path;
	bool block;
	int fd;
	int lock;
	int claim;
	int media;
	char *generic;
	bool may_write;
	u32 piece;

	pthread_mutex_t mutex;
	struct imapi_mmc mmc;
	u8 *window;
	u32 first, have, next, ahead;
	u32 ahead_from, ahead_to;
	u8 *kept;
	u32 kept_first, kept_blocks;
	bool tray_held;
	u64 changes, counted;
};

#define DRIVE_WINDOW		256u	/* blocks: 512 KiB */
/* A DVD is read by so many blocks at once, whatever was asked for */
#define DRIVE_AHEAD_FIRST	16u

/* Makes @d->mmc ready to send; 0 or -ENOMEM */
int drive_init(struct drive *d);
void drive_exit(struct drive *d);

#endif
