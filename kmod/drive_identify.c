// SPDX-License-Identifier: GPL-2.0-only
/* Which disc is in a drive: the one that is mounted, as it was, or another? */
#include <linux/blkdev.h>
#include <linux/cdrom.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <scsi/scsi_device.h>
#include "drive.h"
#include "internal.h"

/* A look is begun anew so often if the disc may have been changed meanwhile */
#define LOOK_ROUNDS	2

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

int imapifs_drive_look(struct imapifs_drive *d)
{
	d->mmc.left = IMAPI_MOUNT_COMMANDS;
	d->mmc.patience = IMAPI_MMC_PATIENCE;
	return imapi_medium_look(&d->mmc, &d->seen);
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
	if (imapifs_drive_is_image(&d->seen))
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
	if (err || imapifs_drive_is_image(&d->seen) || !d->id.descriptors ||
	    now->start == d->id.start)
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

	err = imapifs_drive_look(d);
	if (err)
		return err;
	WRITE_ONCE(d->capacity, d->seen.capacity);
	imapifs_drive_fit_capacity(d);
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
	return d->medium.unformatted && imapifs_drive_is_image(&d->seen) && !now->descriptors;
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

int imapifs_drive_identify(struct imapifs_sb *sbi, struct imapi_identity *now, u64 *there)
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
	imapifs_drive_fit_capacity(d);
	return err;
}
