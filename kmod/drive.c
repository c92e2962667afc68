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
#include <scsi/scsi_device.h>
#include "drive.h"
#include "internal.h"

#define QUICK_TIMEOUT	(10 * HZ)
#define SPIN_UP_TIMEOUT	(60 * HZ)
/* Of a session on a disc that is written once, from its descriptors on */
#define BEGINNING_BLOCKS	16u
/* Of directories, before anybody asks for them: 1 MiB, an eighth of a second of a DVD */
#define AHEAD_BLOCKS	512u
#define AHEAD_BLOCKS_CD	256u

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

void imapifs_drive_fit_capacity(struct imapifs_drive *d)
{
	sector_t sectors = sectors_of(READ_ONCE(d->capacity));

	if (sectors && get_capacity(d->disk) != sectors)
		set_capacity(d->disk, sectors);
}

static void adopt_capacity(struct imapifs_sb *sbi)
{
	struct imapifs_drive *d = sbi->drive;

	WRITE_ONCE(d->capacity, d->medium.capacity);
	/* A blank disc has none */
	if (!d->capacity)
		return;
	imapifs_drive_fit_capacity(d);
	/* The page of the old last block has zeros for what came after it */
	invalidate_bdev(sbi->sb->s_bdev);
	imapifs_disc_init(sbi);
}

/* --- mounting --- */

/* By the name of its kind: who has no drive need not have the SCSI layer loaded */
static struct scsi_device *scsi_of(struct gendisk *disk)
{
	struct device *parent = disk_to_dev(disk)->parent;

	if (!parent || !parent->type || !parent->type->name ||
	    strcmp(parent->type->name, "scsi_device"))
		return NULL;
	return to_scsi_device(parent);
}

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
	if (imapi_mmc_init(&d->mmc)) {
		kfree(d);
		return NULL;
	}
	/* Kept to the end of the mount, when its block device may be gone */
	d->scsi = scsi_of(disk);
	if (d->scsi)
		get_device(&d->scsi->sdev_gendev);
	return d;
}

/*
 * sr keeps the last session that it found when the disc came in, and isofs mounts that:
 * who opens the drive next has it look anew. So too where the drive told of another disc,
 * as it told us alone.
 */
static void let_go_of_scsi(struct imapifs_drive *d)
{
	if (!d->scsi)
		return;
	if (d->burned || d->changes)
		d->scsi->changed = 1;
	put_device(&d->scsi->sdev_gendev);
}

static void drive_free(struct imapifs_sb *sbi)
{
	struct imapifs_drive *d = sbi->drive;

	if (!d)
		return;
	let_go_of_scsi(d);
	imapi_mmc_exit(&d->mmc);
	kfree(d);
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

	if (!imapifs_drive_is_image(m)) {
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
	if (imapifs_drive_is_image(&d->medium))
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
	WRITE_ONCE(d->number, READ_ONCE(d->disk->diskseq));
	d->mmc.ready = true;
	err = imapifs_drive_look(d);
	if (err) {
		errorf(fc, "imapifs: %s", d->mmc.said);
		return err;
	}
	d->medium = d->seen;
	/* What sr had may be old: then this tells of it */
	if (d->medium.capacity)
		set_capacity_and_notify(d->disk, sectors_of(d->medium.capacity));
	adopt_capacity(sbi);
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
	sbi->id.blank = v.empty;
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
	d->id = sbi->id;
	/* An image's newest ones are at block 16, an older session has its own */
	d->desc = sbi->blank ? IMAPI_SYSTEM_BLOCKS : sbi->base.desc;
	d->trusted = d->changes;
	d->judged = d->changes;
	WRITE_ONCE(d->mounted, !err);
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

static bool drive_is_open(struct imapifs_sb *sbi)
{
	struct imapifs_drive *d = sbi->drive;
	bool is_open;

	mutex_lock(&d->lock);
	is_open = d->medium.writable && d->medium.sessions && !imapifs_drive_is_image(&d->medium);
	mutex_unlock(&d->lock);
	return is_open;
}

/* With the lock: the last look saw the mounted disc, with what was burned on it meanwhile */
static void take_over(struct imapifs_sb *sbi)
{
	struct imapifs_drive *d = sbi->drive;

	d->medium = d->seen;
	d->id = d->seen_id;
	d->desc = IMAPI_SYSTEM_BLOCKS;
	if (!imapifs_drive_is_image(&d->seen))
		d->desc += d->id.start;
	d->torn = false;
	d->head = 0;
	d->burned = true;
	d->trusted = d->judged;
	WRITE_ONCE(d->wrong, 0);
	adopt_capacity(sbi);
	/* Programs that burn leave it unlocked */
	imapi_mmc_tray(&d->mmc, IMAPI_LOCK);
}

/*
 * A commit that isn't found may have written all the same, or have closed the session that
 * somebody left open; whatever is asked of the drive now may fail as well.
 */
static void drive_ended(struct imapifs_sb *sbi, const struct imapifs_job *job)
{
	struct imapifs_drive *d = sbi->drive;

	mutex_lock(&d->lock);
	if (job->found) {
		take_over(sbi);
	} else if (job->prepared || d->medium.unfinished) {
		d->torn = true;
		if (job->prepared)
			d->head = job->head;
	}
	mutex_unlock(&d->lock);
	/*
	 * udev, and desktops behind it, look at a disc again upon any change, and have to also
	 * where its length is what it was, of which the block layer tells nothing.
	 */
	if (job->found)
		disk_uevent(d->disk, KOBJ_CHANGE);
}

const struct imapifs_disc_ops imapifs_drive = {
	.find = drive_find,
	.identify = imapifs_drive_identify,
	.room = drive_room,
	.ended = drive_ended,
	.is_open = drive_is_open,
	.free = drive_free,
};
