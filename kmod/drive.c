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
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <scsi/scsi_common.h>
#include <scsi/scsi_device.h>
#include "internal.h"
#include "medium.h"

#define QUICK_TIMEOUT	(10 * HZ)
#define SPIN_UP_TIMEOUT	(60 * HZ)
/* A look is begun anew so often if the disc may have been changed meanwhile */
#define LOOK_ROUNDS	2
/* Of a session on a disc that is written once, from its descriptors on */
#define BEGINNING_BLOCKS	16u
/* Of directories, before anybody asks for them: 1 MiB, an eighth of a second of a DVD */
#define AHEAD_BLOCKS	512u
#define AHEAD_BLOCKS_CD	256u

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

static void adopt_capacity(struct imapifs_sb *sbi)
{
	struct imapifs_drive *d = sbi->drive;

	WRITE_ONCE(d->capacity, d->medium.capacity);
	/* A blank disc has none */
	if (!d->capacity)
		return;
	fit_capacity(d);
	/* The page of the old last block has zeros for what came after it */
	invalidate_bdev(sbi->sb->s_bdev);
	imapifs_disc_init(sbi);
}

/* --- looking at the disc --- */

/*
 * sr knows of another disc, and refuses all reads until somebody asks for events; or
 * somebody has, and the disc got another number
 */
static bool has_changed(const struct imapifs_drive *d)
{
	return (d->scsi && d->scsi->changed) ||
	       READ_ONCE(d->disk->diskseq) != READ_ONCE(d->number);
}

/*
 * With the lock. Once it knows that a disc came in, sr refuses all reads until somebody
 * polls for that; where nobody does, this is the poll. Others that poll leave a trace in
 * the disc's number. Whether it is the right disc the caller finds out.
 */
static void accept_disc(struct imapifs_drive *d)
{
	struct cdrom_device_info *cdi = disk_to_cdi(d->disk);
	u64 number = READ_ONCE(d->disk->diskseq);

	if (cdi->ops->check_events(cdi, DISK_EVENT_MEDIA_CHANGE, CDSL_CURRENT) &
	    DISK_EVENT_MEDIA_CHANGE || number != d->number)
		d->changes++;
	WRITE_ONCE(d->number, number);
}

static bool is_doubtful(const struct imapifs_drive *d)
{
	return READ_ONCE(d->mounted) && (READ_ONCE(d->wrong) || has_changed(d));
}

/* With the lock, and the disc accepted: @d->seen is what is there now */
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

/* Nothing was ever recorded on it */
static bool is_unused(const struct imapi_medium *m)
{
	return m->state == IMAPI_BLANK || m->unformatted;
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
		return imapifs_descriptors_at(sbi, d->desc, hash);
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

static int identify_seen(struct imapifs_sb *sbi, struct imapi_identity *now, u64 *there)
{
	struct imapifs_drive *d = sbi->drive;
	u64 hash;
	int err;

	err = newest_hash(sbi, &hash);
	imapi_medium_identify(&d->seen, now);
	now->descriptors = hash;
	/* As little is on it as on the one that is mounted */
	now->blank |= !hash && !d->id.descriptors;
	*there = hash;
	/* It need not be ISO 9660 to be another one */
	if (err == -EIO && !imapi_identity_same_medium(&d->id, now))
		err = 0;
	if (err || is_image(&d->seen) || !d->id.descriptors || now->start == d->id.start)
		return err;
	*there = 0;
	if (d->desc < d->seen.capacity)
		err = imapifs_descriptors_at(sbi, d->desc, there);
	/* Another disc has a gap there, or nothing */
	return err == -EIO ? 0 : err;
}

static int identify_once(struct imapifs_sb *sbi, struct imapi_identity *now, u64 *there)
{
	struct imapifs_drive *d = sbi->drive;
	int err;

	err = look(d);
	if (err)
		return err;
	WRITE_ONCE(d->capacity, d->seen.capacity);
	fit_capacity(d);
	return identify_seen(sbi, now, there);
}

static int identify(struct imapifs_sb *sbi, struct imapi_identity *now, u64 *there)
{
	struct imapifs_drive *d = sbi->drive;
	int err, round = 0;

	do {
		d->judged = d->changes;
		err = identify_once(sbi, now, there);
		/* While it was looked at the drive told of a change, and sr kept that to itself */
		if (has_changed(d))
			accept_disc(d);
		/* A read ends a track that somebody left open, and what is next moves */
	} while (++round < LOOK_ROUNDS && (d->judged != d->changes ||
					   (!err && d->seen.unfinished)));
	if (!err)
		d->seen_id = *now;
	/* Until somebody says that it is the same disc, that one's length counts */
	WRITE_ONCE(d->capacity, d->medium.capacity);
	return err;
}

/* Burning, or waiting to be told how that ended */
static bool is_at_work(struct imapifs_sb *sbi)
{
	bool work;

	spin_lock(&sbi->lock);
	work = sbi->job;
	spin_unlock(&sbi->lock);
	return work;
}

/* Are these the descriptors of a session that is being burned, or was by a broken commit? */
static bool is_of_commit(struct imapifs_sb *sbi, u64 descriptors)
{
	const struct imapifs_drive *d = sbi->drive;
	bool is;

	if (d->torn && d->head && descriptors == d->head)
		return true;
	spin_lock(&sbi->lock);
	is = sbi->job && sbi->job->prepared && sbi->job->head == descriptors;
	spin_unlock(&sbi->lock);
	return is;
}

/*
 * With the lock: can what is mounted be read from the disc that is there, unless @err?
 * What was burned behind it doesn't matter, and on a disc that is written over our own
 * descriptors take the place of the older ones.
 */
static void judge_reads(struct imapifs_sb *sbi, const struct imapi_identity *now, u64 there,
			int err)
{
	struct imapifs_drive *d = sbi->drive;
	const char *why = "another disc is in the drive";
	int was = d->wrong;

	if (!err && !(imapi_identity_same_medium(&d->id, now) &&
		      (!d->id.descriptors || there == d->id.descriptors ||
		       is_of_commit(sbi, there))))
		err = -EMEDIUMTYPE;
	WRITE_ONCE(d->wrong, err);
	if (err && err != -EMEDIUMTYPE)
		why = err == -ENOMEDIUM ? "the drive is empty" :
					  "the drive can't say what is in it";
	if (err && !was)
		pr_warn("imapifs: %s: %s: nothing is read before the disc that was mounted is back\n",
			d->disk->disk_name, why);
}

/*
 * What is asked while the helper is at work is how that ended. A blank disc says nothing
 * then: it may be another, or the one that nothing was burned on.
 */
static void judge_burn(struct imapifs_drive *d, u64 *there)
{
	if (is_unused(&d->seen) && d->changes != d->trusted)
		*there = U64_MAX;
}

/* By a commit that came no further: what is mounted is a disc that wasn't formatted */
static bool is_formatted_since(const struct imapifs_drive *d, const struct imapi_identity *now)
{
	return d->medium.unformatted && is_image(&d->seen) && !now->descriptors;
}

/*
 * Before a commit. Behind a burn that was broken off the helper knows best whether this
 * is what it left. A blank disc that was put in is refused once: who commits again after
 * he was told means it.
 */
static void judge_commit(struct imapifs_drive *d, struct imapi_identity *now, u64 *there)
{
	bool put_in = d->changes != d->trusted;

	if ((d->torn || is_formatted_since(d, now)) &&
	    imapi_identity_left_over(&d->id, now, *there, d->head)) {
		*now = d->id;
		*there = d->id.descriptors;
		return;
	}
	now->put_in = now->blank && put_in && !d->warned;
	d->warned = now->put_in;
	if (!d->warned)
		d->trusted = d->changes;
}

static int drive_identify(struct imapifs_sb *sbi, struct imapi_identity *now, u64 *there)
{
	struct imapifs_drive *d = sbi->drive;
	bool burned = is_at_work(sbi), doubtful;
	int err;

	if (mutex_lock_killable(&d->lock))
		return -EINTR;
	doubtful = is_doubtful(d);
	accept_disc(d);
	doubtful |= d->judged != d->changes;
	err = identify(sbi, now, there);
	judge_reads(sbi, now, *there, err);
	/* Others read from the other disc, by the same cache */
	if (doubtful)
		invalidate_bdev(sbi->sb->s_bdev);
	if (!err && burned)
		judge_burn(d, there);
	else if (!err)
		judge_commit(d, now, there);
	mutex_unlock(&d->lock);
	return err;
}

/* --- reading: never from another disc --- */

/* With the lock: is it still, or again, the disc that is mounted? */
static int find_disc(struct imapifs_sb *sbi)
{
	struct imapifs_drive *d = sbi->drive;
	struct imapi_identity now;
	u64 there;
	int err;

	accept_disc(d);
	/* Nothing came or went since somebody looked */
	if (d->judged == d->changes && (!d->wrong || d->wrong == -ENOMEDIUM ||
					d->wrong == -EMEDIUMTYPE))
		return d->wrong;
	err = identify(sbi, &now, &there);
	judge_reads(sbi, &now, there, err);
	/* Others read from the other disc, by the same cache */
	invalidate_bdev(sbi->sb->s_bdev);
	return d->wrong;
}

int imapifs_disc_begin_read(struct imapifs_sb *sbi)
{
	struct imapifs_drive *d = sbi->drive;
	unsigned int flags;
	int err = 0;

	if (wait_event_killable(sbi->idle, !READ_ONCE(sbi->burning)))
		return -EINTR;
	if (!d)
		return 0;
	if (is_doubtful(d)) {
		if (mutex_lock_killable(&d->lock))
			return -EINTR;
		/* Who reads may hold a page's lock */
		flags = memalloc_nofs_save();
		err = find_disc(sbi);
		memalloc_nofs_restore(flags);
		mutex_unlock(&d->lock);
	}
	fit_capacity(d);
	return err;
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
	WRITE_ONCE(d->number, READ_ONCE(d->disk->diskseq));
	d->mmc.ready = true;
	err = look(d);
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
	is_open = d->medium.writable && d->medium.sessions && !is_image(&d->medium);
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
	if (!is_image(&d->seen))
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
	.identify = drive_identify,
	.room = drive_room,
	.ended = drive_ended,
	.is_open = drive_is_open,
	.free = drive_free,
};
