// SPDX-License-Identifier: GPL-2.0-only
/*
 * A disc in a drive. What is on it is asked of the drive by MMC commands, because
 * sr and the cdrom layer answer from what they learned when the disc came in: after
 * a burn they name the old session, and the new one lies behind the disk's end.
 */
#include <linux/blkdev.h>
#include <linux/cdrom.h>
#include <linux/fs_context.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <scsi/scsi_common.h>
#include "internal.h"
#include "medium.h"

#define QUICK_TIMEOUT	(10 * HZ)
#define SPIN_UP_TIMEOUT	(60 * HZ)
/* Of a session on a disc that is written once, from its descriptors on */
#define BEGINNING_BLOCKS	16u
/* Of directories, before anybody asks for them: 1 MiB, an eighth of a second of a DVD */
#define AHEAD_BLOCKS	512u
#define AHEAD_BLOCKS_CD	256u

/**
 * struct imapifs_drive - the drive of a mount
 * @disk: its
 * @lock: of @mmc, @medium and @seen
 * @mmc: commands go out by it
 * @medium: the disc that is mounted
 * @seen: the one of the last look; the same, unless somebody put in another
 * @capacity: of @medium, blocks, as the block layer has to have it; of @seen during a look
 */
struct imapifs_drive {
	struct gendisk *disk;
	struct mutex lock;	/* the next three */
	struct imapi_mmc mmc;
	struct imapi_medium medium;
	struct imapi_medium seen;
	u32 capacity;
};

/* --- commands --- */

static int packet(void *context, struct imapi_packet *p)
{
	struct imapifs_drive *d = context;
	struct cdrom_device_info *cdi = disk_to_cdi(d->disk);
	struct scsi_sense_hdr sense = { 0 };
	struct packet_command cgc = {
		.buffer = p->buf,
		.buflen = p->len,
		.sshdr = &sense,
		.data_direction = p->direction == IMAPI_FROM_DRIVE ? CGC_DATA_READ : CGC_DATA_NONE,
		.quiet = 1,
		.timeout = p->timeout == IMAPI_SPIN_UP ? SPIN_UP_TIMEOUT : QUICK_TIMEOUT,
	};
	int err;

	memcpy(cgc.cmd, p->cdb, p->cdb_len);
	err = cdi->ops->generic_packet(cdi, &cgc);
	if (!err || !scsi_sense_valid(&sense))
		return err;
	imapi_sense_build(sense.sense_key, sense.asc, sense.ascq, p->sense);
	p->sense_len = IMAPI_SENSE_FIXED;
	return 0;
}

static int wait(void *context, u32 ms)
{
	schedule_timeout_killable(msecs_to_jiffies(ms));
	return fatal_signal_pending(current) ? -EINTR : 0;
}

/* --- capacity --- */

static sector_t sectors_of(u32 blocks)
{
	return (sector_t)blocks << (IMAPI_BLOCK_SHIFT - SECTOR_SHIFT);
}

/*
 * sr shrinks the disk to the address of an error, or takes up a capacity that it
 * read long ago. A block too few hides data, a block too many makes the last good
 * one unreadable, so it is what the drive said, exactly.
 */
static void fit_capacity(struct imapifs_drive *d)
{
	sector_t sectors = sectors_of(READ_ONCE(d->capacity));

	if (sectors && get_capacity(d->disk) != sectors)
		set_capacity(d->disk, sectors);
}

/* The disc has grown: desktops wait for the event that this makes */
static void tell_capacity(struct imapifs_sb *sbi)
{
	struct imapifs_drive *d = sbi->drive;

	WRITE_ONCE(d->capacity, d->medium.capacity);
	/* A blank disc has none */
	if (!d->capacity)
		return;
	set_capacity_and_notify(d->disk, sectors_of(d->capacity));
	/* The page of the old last block has zeros for what came after it */
	invalidate_bdev(sbi->sb->s_bdev);
	imapifs_disc_init(sbi);
}

int imapifs_disc_begin_read(struct imapifs_sb *sbi)
{
	if (wait_event_killable(sbi->idle, !READ_ONCE(sbi->burning)))
		return -EINTR;
	if (sbi->drive)
		fit_capacity(sbi->drive);
	return 0;
}

/* --- looking at the disc --- */

/*
 * Once it knows that a disc came in, sr refuses all reads until somebody polls for
 * that; where nobody does, this is the poll. Whether it is the right disc the caller
 * finds out.
 */
static void accept_disc(struct imapifs_drive *d)
{
	struct cdrom_device_info *cdi = disk_to_cdi(d->disk);

	cdi->ops->check_events(cdi, DISK_EVENT_MEDIA_CHANGE, CDSL_CURRENT);
}

/* With the lock: @d->seen is what is there now */
static int look(struct imapifs_drive *d)
{
	d->mmc.left = IMAPI_MOUNT_COMMANDS;
	d->mmc.patience = IMAPI_MMC_PATIENCE;
	return imapi_medium_look(&d->mmc, &d->seen);
}

static bool is_image(const struct imapi_medium *m)
{
	return m->type->overwritable && !m->unformatted;
}

/* Descriptors of the newest session that is whole, as @find chooses it */
static int newest_hash(struct imapifs_sb *sbi, u64 *hash)
{
	struct imapifs_drive *d = sbi->drive;
	struct imapi_source medium;
	struct imapi_volume *vol;
	int err;

	*hash = 0;
	if (is_image(&d->seen))
		return imapifs_descriptors_at(sbi, IMAPI_SYSTEM_BLOCKS, hash);
	if (!d->seen.sessions)
		return 0;
	vol = kmalloc(sizeof(*vol), GFP_KERNEL);
	if (!vol)
		return -ENOMEM;
	imapifs_medium_source(sbi, &medium);
	err = imapi_medium_volume(&d->mmc, &medium, &d->seen, 0, vol);
	if (!err)
		*hash = vol->hash;
	kfree(vol);
	return err == -EMEDIUMTYPE || err == -EUCLEAN || err == -ENOENT ? 0 : err;
}

static int identify(struct imapifs_sb *sbi, struct imapi_identity *now, u64 *there)
{
	struct imapifs_drive *d = sbi->drive;
	u64 hash;
	int err;

	accept_disc(d);
	err = look(d);
	if (err)
		return err;
	WRITE_ONCE(d->capacity, d->seen.capacity);
	fit_capacity(d);
	err = newest_hash(sbi, &hash);
	imapi_medium_identify(&d->seen, now);
	now->descriptors = hash;
	*there = hash;
	if (err || is_image(&d->seen) || !sbi->id.descriptors || now->start == sbi->id.start)
		return err;
	return imapifs_descriptors_at(sbi, sbi->id.start + IMAPI_SYSTEM_BLOCKS, there);
}

static int drive_identify(struct imapifs_sb *sbi, struct imapi_identity *now, u64 *there)
{
	struct imapifs_drive *d = sbi->drive;
	int err;

	if (mutex_lock_killable(&d->lock))
		return -EINTR;
	err = identify(sbi, now, there);
	/* Until somebody says that it is the same disc, that one's length counts */
	WRITE_ONCE(d->capacity, d->medium.capacity);
	mutex_unlock(&d->lock);
	return err;
}

/* --- mounting --- */

static struct imapifs_drive *drive_new(struct gendisk *disk)
{
	struct imapifs_drive *d = kzalloc(sizeof(*d), GFP_KERNEL);

	if (!d)
		return NULL;
	d->disk = disk;
	mutex_init(&d->lock);
	d->mmc.packet = packet;
	d->mmc.wait = wait;
	d->mmc.context = d;
	if (!imapi_mmc_init(&d->mmc))
		return d;
	kfree(d);
	return NULL;
}

static void drive_free(struct imapifs_sb *sbi)
{
	if (!sbi->drive)
		return;
	imapi_mmc_exit(&sbi->drive->mmc);
	kfree(sbi->drive);
	sbi->drive = NULL;
}

/*
 * One command for the descriptors, and on most discs for the path tables behind them. A
 * disc that is like an image is blank if all in front of its first session is zeros
 */
static void read_beginning_ahead(struct imapifs_sb *sbi)
{
	const struct imapi_medium *m = &sbi->drive->medium;
	u32 lba = 0, count = IMAPI_FIRST_SESSION, readable;

	if (!is_image(m)) {
		lba = m->last.start + IMAPI_SYSTEM_BLOCKS;
		count = BEGINNING_BLOCKS;
	}
	readable = imapi_readable(m, lba);
	imapifs_read_ahead(sbi, lba, min(count, readable));
}

static int find_volume(struct imapifs_sb *sbi, struct fs_context *fc)
{
	struct imapifs_drive *d = sbi->drive;

	if (!sbi->opt.session)
		read_beginning_ahead(sbi);
	if (is_image(&d->medium))
		return imapifs_image_find(sbi, fc);
	if (!d->medium.sessions)
		return -ENOENT;
	return imapi_medium_volume(&d->mmc, &sbi->source, &d->medium, sbi->opt.session,
				   &sbi->base);
}

/*
 * Who reads the tree goes from directory to directory, and who copies it goes back from
 * the data for each of them: a command each, and a seek. They lie side by side, so all of
 * them are read now, while the head is near. Where that fails they are read one by one
 * later on.
 */
static void read_directories_ahead(struct imapifs_sb *sbi)
{
	const struct imapi_medium *m = &sbi->drive->medium;
	u32 limit = m->type->cd ? AHEAD_BLOCKS_CD : AHEAD_BLOCKS;
	const struct imapi_volume *vol = &sbi->base;
	u32 from, count, readable;

	if (imapi_dirs_span(&sbi->source, vol->joliet ? &vol->ucs : &vol->primary, limit, &from,
			    &count) || !count)
		return;
	readable = imapi_readable(m, from);
	imapifs_read_ahead(sbi, from, min(count, readable));
}

static int find_on(struct imapifs_sb *sbi, struct fs_context *fc)
{
	struct imapifs_drive *d = sbi->drive;
	struct imapi_verdict v;
	int err;

	/* To open the device the kernel has polled, and waited until it is ready */
	d->mmc.ready = true;
	err = look(d);
	if (err) {
		errorf(fc, "imapifs: %s", d->mmc.said);
		return err;
	}
	d->medium = d->seen;
	tell_capacity(sbi);
	sbi->nwa = d->medium.type->overwritable ? IMAPI_FIRST_SESSION : d->medium.nwa;
	err = find_volume(sbi, fc);
	imapi_medium_verdict(&d->medium, err, sbi->base.joliet, &v);
	/* Formatted, and nothing is on it */
	if (sbi->blank)
		v = (struct imapi_verdict){ .read_only = !d->medium.writable, .empty = true,
					    .why = d->medium.why };
	if (v.error) {
		errorf(fc, "imapifs: %s", v.why);
		return v.error;
	}
	sbi->blank = v.empty;
	sbi->why = v.read_only ? v.why : NULL;
	imapi_medium_identify(&d->medium, &sbi->id);
	sbi->id.descriptors = v.empty ? 0 : sbi->base.hash;
	if (!sbi->blank)
		read_directories_ahead(sbi);
	return 0;
}

static int drive_find(struct imapifs_sb *sbi, struct fs_context *fc)
{
	struct imapifs_drive *d = drive_new(sbi->sb->s_bdev->bd_disk);
	int err;

	if (!d)
		return -ENOMEM;
	sbi->drive = d;
	mutex_lock(&d->lock);
	err = find_on(sbi, fc);
	mutex_unlock(&d->lock);
	return err;
}

/* --- afterwards --- */

static u64 drive_room(struct imapifs_sb *sbi)
{
	struct imapifs_drive *d = sbi->drive;
	u64 room;

	mutex_lock(&d->lock);
	room = imapi_session_room(&d->medium, sbi->nwa);
	mutex_unlock(&d->lock);
	return room;
}

/* What the last look saw is the mounted disc, with what was burned on it meanwhile */
static void drive_burned(struct imapifs_sb *sbi)
{
	struct imapifs_drive *d = sbi->drive;

	mutex_lock(&d->lock);
	d->medium = d->seen;
	tell_capacity(sbi);
	/* Programs that burn leave it unlocked */
	imapi_mmc_tray(&d->mmc, IMAPI_LOCK);
	mutex_unlock(&d->lock);
}

const struct imapifs_disc_ops imapifs_drive = {
	.find = drive_find,
	.identify = drive_identify,
	.room = drive_room,
	.burned = drive_burned,
	.free = drive_free,
};
