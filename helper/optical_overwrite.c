// SPDX-License-Identifier: GPL-2.0-only
/*
 * Media that can be written over: as on an image, sessions one behind the other, and
 * the descriptors at block 16 last. Writes are whole units of what the medium's error
 * correction takes together, so none of them has to be read back by the drive.
 */
#include <string.h>
#include "optical.h"
#include "overwritable.h"

static int burn_failed(struct optical *o)
{
	int other = optical_held_back(o);

	return other ? other :
		optical_fail(o, -EIO,
			     "the drive failed to write (%.80s): the older sessions stand, sync again",
			     burner_said(o->burner));
}

static int write_at(struct optical *o, u32 lba, const void *buf, u32 count)
{
	return burner_write_at(o->burner, lba, buf, count) ? burn_failed(o) : 0;
}

/* Its capacity is known only then, and all of it can be read and written only then */
static int format(struct optical *o)
{
	if (burner_format(o->burner))
		return optical_fail(o, -EIO,
				    "the drive failed to format the disc (%.80s): sync again, or take another disc",
				    burner_said(o->burner));
	o->torn = true;
	drive_settle(o->drive);
	if (optical_adopt(o))
		return optical_fail(o, -EIO,
				    "the drive can't say what is on the disc that it has formatted (%.60s)",
				    drive_said(o->drive));
	optical_burn_go_on(o, o->trusted);
	return 0;
}

/*
 * A first session needs its head, and must not find out at the end that it has none. What
 * was on the disc before it was made blank may not go on where it ends, as its second one.
 */
static int write_blank_head(struct optical *o, u32 blocks)
{
	u32 stale = overwritable_stale_at(&o->rec.source, (u64)o->start + blocks);
	int err;

	memset(o->buf, 0, OPTICAL_HEAD);
	err = write_at(o, 0, o->buf, IMAPI_FIRST_SESSION);
	if (!err && stale)
		err = write_at(o, stale, o->buf, IMAPI_FIRST_SESSION);
	return err;
}

int optical_overwrite_begin(struct recorder *r, u32 blocks)
{
	struct optical *o = to_optical(r);
	int err;

	err = optical_burn_begin(o);
	if (!err && (o->medium.unformatted || o->medium.stopped))
		err = format(o);
	/* Behind the format, which would be blamed for a speed that the drive refuses */
	if (!err && r->speed)
		burner_set_speed(o->burner, r->speed);
	if (!err && blocks > imapi_session_room(&o->medium, r->nwa))
		err = optical_fail(o, -ENOSPC,
				   "the session does not fit on the disc: remove something and sync again");
	if (err)
		return err;
	if (!o->head)
		o->head = malloc(OPTICAL_HEAD);
	if (!o->head)
		return -ENOMEM;
	o->start = r->nwa;
	o->begun = 0;
	o->fed = 0;
	return r->blank ? write_blank_head(o, blocks) : 0;
}

/* Called with a full buffer, and at the end with one that was padded */
static int drain(struct optical *o)
{
	u32 count = o->fill / IMAPI_BLOCK;
	int err;

	if (!o->fed)
		o->begun = optical_hash_descriptors(o->buf);
	err = write_at(o, o->start + o->fed, o->buf, count);
	o->fed += count;
	o->fill = 0;
	return err;
}

int optical_overwrite_write(struct recorder *r, const void *buf, u32 count)
{
	return optical_put(to_optical(r), buf, count, drain);
}

int optical_overwrite_copy(struct recorder *r, int fd, u64 size)
{
	return optical_put_file(to_optical(r), fd, size, drain);
}

int optical_overwrite_flush(struct recorder *r)
{
	struct optical *o = to_optical(r);
	u32 unit = IMAPI_SESSION_ALIGN * IMAPI_BLOCK;
	u32 padded = (o->fill + unit - 1) / unit * unit;
	int err = 0;

	memset(o->buf + o->fill, 0, padded - o->fill);
	o->fill = padded;
	if (o->fill)
		err = drain(o);
	if (!err && burner_sync(o->burner))
		err = burn_failed(o);
	return err;
}

/* --- the write that commits --- */

static int write_head(struct optical *o, const u8 *head)
{
	int err;

	err = write_at(o, 0, head, IMAPI_FIRST_SESSION);
	if (!err && burner_sync(o->burner))
		err = burn_failed(o);
	drive_forget(o->drive);
	return err;
}

static int compare_head(struct optical *o, const u8 *head)
{
	u8 *now = malloc(OPTICAL_HEAD);
	int err = now ? drive_read(o->drive, 0, IMAPI_FIRST_SESSION, now) : -ENOMEM;

	if (!err && memcmp(now, head, OPTICAL_HEAD))
		err = -EIO;
	free(now);
	return err;
}

static bool is_newest(const struct recorder *r, u32 start)
{
	return r->sessions.nr && !r->sessions.headless &&
	       r->sessions.list[r->sessions.nr - 1].start == start;
}

/* @o->buf has the head as it is to be */
static int make_newest(struct optical *o)
{
	int err;

	err = write_head(o, o->buf);
	if (!err)
		err = compare_head(o, o->buf);
	if (!err)
		err = optical_adopt(o);
	if (err)
		return err;
	return is_newest(&o->rec, o->start) ? 0 : -EIO;
}

static void put_back(struct optical *o)
{
	const char *trouble = o->rec.trouble;
	int err;

	err = write_head(o, o->head);
	if (!err)
		err = compare_head(o, o->head);
	if (!err)
		err = optical_adopt(o);
	o->head_torn = err;
	o->rec.trouble = trouble;
}

/*
 * As with an image: after a failure nobody can tell what is at block 16, so the old
 * head is put back, and if that fails as well, before the next commit or at the end.
 */
int optical_overwrite_finish(struct recorder *r, const void *head, u32 count)
{
	struct optical *o = to_optical(r);
	int err;

	err = optical_check(o);
	if (!err)
		err = drive_read(o->drive, 0, IMAPI_FIRST_SESSION, o->head);
	if (err)
		return err;
	optical_burn_go_on(o, o->trusted);
	o->descriptors = imapi_hash64(IMAPI_HASH64_SEED, head, (size_t)count * IMAPI_BLOCK);
	memcpy(o->buf, o->head, OPTICAL_HEAD);
	memcpy(o->buf + IMAPI_SYSTEM_BLOCKS * IMAPI_BLOCK, head, count * IMAPI_BLOCK);
	err = make_newest(o);
	if (err)
		put_back(o);
	else
		optical_burn_end(o);
	return err;
}

/* What was written of the session lies behind the newest one, where the next one goes */
void optical_overwrite_abort(struct recorder *r)
{
	optical_burn_end(to_optical(r));
}

int optical_overwrite_mend(struct optical *o)
{
	u64 changes;
	int err;

	err = optical_take(o);
	if (!err)
		err = optical_open_burner(o);
	changes = optical_changes(o);
	if (!err && !optical_has_begun_session(o))
		err = -EMEDIUMTYPE;
	if (!err) {
		optical_burn_go_on(o, changes);
		put_back(o);
		err = o->head_torn ? -EIO : 0;
	}
	optical_burn_end(o);
	if (err == -EMEDIUMTYPE)
		o->rec.trouble = imapi_difference_text(IMAPI_OTHER_DISC);
	else if (err)
		optical_fail(o, err,
			     "what a failed commit left at block 16 can't be put right: see to the drive and sync again");
	return err;
}
