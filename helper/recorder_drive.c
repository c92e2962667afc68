// SPDX-License-Identifier: GPL-2.0-only
/* Discs in drives: opening them, and what both ways of writing have in common */
#include <string.h>
#include "optical.h"
#include "text.h"

static int check(struct recorder *r)
{
	return optical_check(to_optical(r));
}

static u64 room(struct recorder *r)
{
	struct optical *o = to_optical(r);
	u32 blocks;

	pthread_mutex_lock(&o->lock);
	blocks = imapi_session_room(&o->medium, r->nwa);
	pthread_mutex_unlock(&o->lock);
	return blocks;
}

static int settle(struct recorder *r)
{
	drive_forget(to_optical(r)->drive);
	return 0;
}

static int claim(struct recorder *r)
{
	struct optical *o = to_optical(r);
	int err = o->shared ? 0 : drive_claim(o->drive);

	if (err)
		return err;
	/* Some have no lock */
	drive_hold_tray(o->drive);
	return 0;
}

static int load(struct recorder *r, u32 number)
{
	struct optical *o = to_optical(r);
	struct imapi_session *s = &r->sessions.list[number - 1];
	struct imapi_place place;
	int err;

	if (s->vol.desc || o->medium.type->overwritable)
		return 0;
	err = drive_session(o->drive, &o->medium, number, &place, &s->vol);
	if (err)
		memset(&s->vol, 0, sizeof(s->vol));
	if (place.number)
		optical_place_session(&o->medium, &place, s);
	return err;
}

static int tracks(struct recorder *r, u32 from, struct imapi_track *list, u32 max)
{
	struct optical *o = to_optical(r);

	return drive_tracks(o->drive, &o->medium, from, list, max);
}

static void keep(struct recorder *r, u32 lba, u32 count)
{
	struct optical *o = to_optical(r);
	u32 readable = imapi_readable(&o->medium, lba);

	drive_keep(o->drive, lba, count < readable ? count : readable);
}

static void let_in(struct recorder *r)
{
	drive_burn_end(to_optical(r)->drive);
}

static void optical_close(struct recorder *r)
{
	struct optical *o = to_optical(r);

	optical_burn_end(o);
	if (o->head_torn)
		optical_overwrite_mend(o);
	optical_let_go(o);
	if (o->drive) {
		if (r->eject)
			drive_eject(o->drive);
		drive_close(o->drive);
	}
	core_free(r->sessions.list);
	pthread_mutex_destroy(&o->lock);
	pthread_cond_destroy(&o->moved);
	free(o->buf);
	free(o->head);
	free(o);
}

const struct recorder_ops optical_append_ops = {
	.check = check,
	.repair = optical_repair,
	.room = room,
	.begin = optical_append_begin,
	.write = optical_append_write,
	.copy = optical_append_copy,
	.flush = optical_append_flush,
	.settle = settle,
	.finish = optical_append_finish,
	.abort = optical_append_abort,
	.claim = claim,
	.load = load,
	.keep = keep,
	.tracks = tracks,
	.let_in = let_in,
	.close = optical_close,
};

const struct recorder_ops optical_overwrite_ops = {
	.check = check,
	.room = room,
	.begin = optical_overwrite_begin,
	.write = optical_overwrite_write,
	.copy = optical_overwrite_copy,
	.flush = optical_overwrite_flush,
	.settle = settle,
	.finish = optical_overwrite_finish,
	.abort = optical_overwrite_abort,
	.claim = claim,
	.load = load,
	.keep = keep,
	.let_in = let_in,
	.close = optical_close,
};

/* --- opening --- */

int recorder_open_drive(const char *path, unsigned int flags, struct recorder **out,
			const char **why)
{
	struct optical *o = calloc(1, sizeof(*o));
	int err;

	*why = strerror(ENOMEM);
	if (!o)
		return -ENOMEM;
	pthread_mutex_init(&o->lock, NULL);
	pthread_cond_init(&o->moved, NULL);
	o->rec.fd = -1;
	o->rec.source.read = optical_read;
	o->rec.source.ctx = o;
	o->rec.feeds_alone = true;
	o->shared = flags & (RECORDER_READ | RECORDER_SHARE);
	err = drive_open(path, flags, &o->drive);
	if (err)
		*why = text_drive_error(err);
	if (!err && !drive_may_write(o->drive))
		o->denied = "no permission to write with the drive: be root, or in its group (cdrom)";
	if (!err)
		err = optical_look_first(o, why);
	if (err) {
		optical_close(&o->rec);
		return err;
	}
	o->rec.ops = o->rec.head_separate ? &optical_overwrite_ops : &optical_append_ops;
	*out = &o->rec;
	return 0;
}
