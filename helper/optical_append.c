// SPDX-License-Identifier: GPL-2.0-only
/*
 * Media that are written once, or from their inside to their outside: a session is one
 * track from the drive's next writable address on. It is closed, and so the newest,
 * before anybody can read it back.
 */
#include <string.h>
#include "guard.h"
#include "optical.h"

/*
 * With what ends a track, other writers put as much behind a CD's data, for readers that
 * read ahead across its end, into the blocks that can't be read.
 */
#define CD_PADDING	(150u - IMAPI_CD_RUN_OUT)

/* With what the medium wants to have at least, and as a multiple of */
static u32 padded(const struct optical *o, u32 blocks)
{
	const struct imapi_medium *m = &o->medium;
	u32 room = imapi_session_room(m, o->rec.nwa);
	u32 spare = room > blocks ? room - blocks : 0;

	if (m->type->cd)
		blocks += spare < CD_PADDING ? spare : CD_PADDING;
	return (u32)imapi_session_takes(m, blocks) - (m->type->cd ? IMAPI_CD_RUN_OUT : 0);
}

static int burn_failed(struct optical *o, int err)
{
	int other = optical_held_back(o);

	return other ? other :
		optical_fail(o, err,
			     "the drive failed to burn the session (%.60s): what was on the disc stands, all stays staged; sync again",
			     burner_said(o->burner));
}

int optical_append_begin(struct recorder *r, u32 blocks)
{
	struct optical *o = to_optical(r);
	struct burner_session s = {
		.nwa = r->nwa,
		.speed = r->speed,
		.last = r->finalize,
	};
	int err;

	err = optical_burn_begin(o);
	if (err)
		return err;
	if (!o->head)
		o->head = malloc(OPTICAL_HEAD);
	if (!o->head)
		return -ENOMEM;
	o->descriptors = 0;
	o->start = r->nwa;
	o->blocks = padded(o, blocks);
	o->fed = 0;
	s.blocks = o->blocks;
	s.cd = o->medium.type->cd;
	err = burner_begin(o->burner, &s);
	r->untouched = err == -ESTALE && optical_changes(o) != o->trusted;
	if (r->untouched)
		return optical_changed(o);
	if (err == -ESTALE)
		return optical_fail(o, -EMEDIUMTYPE,
				    "the drive would not write where the session has to be (block %u): nothing was written, sync again",
				    s.nwa);
	if (err)
		return optical_fail(o, err,
				    "the drive does not take the session (%.100s): nothing was written",
				    burner_said(o->burner));
	/* From here on the disc isn't what it was, however this ends */
	o->torn = true;
	return 0;
}

/* The first of it has all descriptors, by which the session is known for ours later */
static void note_beginning(struct optical *o)
{
	memset(o->head, 0, OPTICAL_HEAD);
	memcpy(o->head, o->buf, o->fill < OPTICAL_HEAD ? o->fill : OPTICAL_HEAD);
	o->descriptors = optical_hash_descriptors(o->head);
}

static int drain(struct optical *o)
{
	int err;

	if (!o->fed)
		note_beginning(o);
	err = burner_feed(o->burner, o->buf, o->fill);
	if (err)
		return burn_failed(o, err);
	o->fed += o->fill / IMAPI_BLOCK;
	o->fill = 0;
	return 0;
}

int optical_append_write(struct recorder *r, const void *buf, u32 count)
{
	return optical_put(to_optical(r), buf, count, drain);
}

int optical_append_copy(struct recorder *r, int fd, u64 size)
{
	return optical_put_file(to_optical(r), fd, size, drain);
}

static int close_session(struct optical *o)
{
	u32 there = o->fed + o->fill / IMAPI_BLOCK;
	int err = 0;

	if (there > o->blocks)
		return -EIO;
	if (there < o->blocks)
		err = optical_put(o, NULL, o->blocks - there, drain);
	if (!err && o->fill)
		err = drain(o);
	if (err)
		return err;
	err = burner_end(o->burner);
	return err ? burn_failed(o, err) : 0;
}

static bool is_newest(const struct recorder *r, u32 start)
{
	return r->sessions.nr && r->sessions.list[r->sessions.nr - 1].start == start;
}

/* That libburn was content is no proof: the drive is asked what is on the disc now */
int optical_append_flush(struct recorder *r)
{
	struct optical *o = to_optical(r);
	int err;

	err = close_session(o);
	if (err)
		return err;
	drive_settle(o->drive);
	/* The burner keeps the drive until it is read back, as the disc stops with its end */
	err = optical_adopt(o);
	if (err)
		return optical_fail(o, err,
				    "the session was burned, but the drive can't say what is on the disc now (%.60s): all stays staged; see to it and sync again",
				    drive_said(o->drive));
	if (is_newest(r, o->start))
		return 0;
	return optical_fail(o, -EIO,
			    "the drive said that the session was burned, and it is not on the disc: all stays staged; sync again");
}

int optical_append_finish(struct recorder *r, const void *head, u32 count)
{
	struct optical *o = to_optical(r);

	(void)head;
	(void)count;
	if (!is_newest(r, o->start))
		return -EIO;
	optical_burn_end(o);
	return 0;
}

/* What a broken burn left is looked at now, or, if the drive is stuck, by the next check */
void optical_append_abort(struct recorder *r)
{
	struct optical *o = to_optical(r);
	const char *trouble = r->trouble;
	bool other;

	if (!o->away)
		return;
	other = guard_held_back();
	optical_burn_end(o);
	/* What is there now may be like it was before the burn, and yet another disc */
	if (o->torn && !other)
		optical_adopt(o);
	r->trouble = trouble;
}

/* Of a disc whose last session can't be closed */
static const char *way_out(const struct optical *o)
{
	return o->medium.erasable && !o->medium.sessions ? "blank it (imapifs blank)" :
							   "take another disc";
}

static int repair_failed(struct optical *o, int err)
{
	int other = optical_held_back(o);

	return other ? other :
		optical_fail(o, err,
			     "a session on the disc was never closed, and the drive can't close it (%.60s): %s",
			     burner_said(o->burner), way_out(o));
}

int optical_repair(struct recorder *r)
{
	struct optical *o = to_optical(r);
	int err, adopted;

	if (!o->medium.unfinished)
		return 0;
	err = optical_burn_begin(o);
	if (!err) {
		o->torn = true;
		drive_keep_open(o->drive);
		err = burner_repair(o->burner);
		if (err)
			err = repair_failed(o, err);
	}
	if (!o->torn || err == -EMEDIUMTYPE) {
		optical_burn_end(o);
		return err;
	}
	drive_settle(o->drive);
	o->repairing = true;
	adopted = optical_adopt(o);
	o->repairing = false;
	optical_burn_end(o);
	if (err)
		return err;
	if (adopted || o->medium.unfinished)
		return optical_fail(o, -EIO,
				    "a session on the disc was never closed, and the drive didn't close it: %s",
				    way_out(o));
	return 0;
}
