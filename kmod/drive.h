/* SPDX-License-Identifier: GPL-2.0-only */
/* A drive of a mount: what drive.c and drive_identify.c share */
#ifndef IMAPIFS_DRIVE_H
#define IMAPIFS_DRIVE_H

#include <linux/blkdev.h>
#include "internal.h"
#include "medium.h"

/**
 * struct imapifs_drive - the drive of a mount
 * @disk: its
 * @scsi: sr's device; NULL: it is another driver's
 * @lock: of @mmc and all that follows, which readers look at without it
 * @mmc: commands go out by it
 * @medium: the disc that is mounted
 * @seen: the one of the last look; the same, unless somebody put in another
 * @id: of @medium
 * @seen_id: of @seen
 * @desc: where the descriptors are that @id has the hash of, lba
 * @capacity: of @medium, blocks, as the block layer has to have it; of @seen during a look
 * @mounted: @id is there
 * @number: the block layer's of the disc: each one that comes gets another
 * @changes: how often it, or sr, told that a disc came or went
 * @trusted: @changes of when the disc was @medium for the last commit
 * @judged: @changes of when it was last compared
 * @wrong: what reads get for what was found then; 0: it can be read
 * @burned: by this mount
 * @torn: a commit changed the disc, and what it left isn't @medium and isn't known
 * @head: hash of the descriptors that it was to write; 0: it came not that far
 * @warned: whoever commits was told that a blank disc may be another one
 */
struct imapifs_drive {
	struct gendisk *disk;
	struct scsi_device *scsi;
	struct mutex lock;	/* what follows */
	struct imapi_mmc mmc;
	struct imapi_medium medium;
	struct imapi_medium seen;
	struct imapi_identity id;
	struct imapi_identity seen_id;
	u32 desc;
	u32 capacity;
	bool mounted;
	u64 number, changes, trusted, judged;
	int wrong;
	bool burned, torn, warned;
	u64 head;
};

/* Is @m treated as an image is: written over, the newest descriptors at block 16? */
static inline bool imapifs_drive_is_image(const struct imapi_medium *m)
{
	return m->type->overwritable && !m->unformatted;
}

/* --- drive.c --- */

/*
 * sr shrinks the disk to the address of an error, or takes up a capacity that it
 * read long ago. A block too few hides data, a block too many makes the last good
 * one unreadable, so it is what the drive said, exactly.
 */
void imapifs_drive_fit_capacity(struct imapifs_drive *d);

/* --- drive_identify.c --- */

/* With the lock, and the disc accepted: @d->seen is what is there now. 0 or -errno */
int imapifs_drive_look(struct imapifs_drive *d);

/* See struct imapifs_disc_ops */
int imapifs_drive_identify(struct imapifs_sb *sbi, struct imapi_identity *now, u64 *there);

#endif
