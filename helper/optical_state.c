// SPDX-License-Identifier: GPL-2.0-only
/* Discs in drives: what is on the disc, where the next session goes, is it still the same */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "optical.h"
#include "overwritable.h"

/* What a look at the disc gives; moved into struct recorder if it is wanted */
struct optical_state {
	struct imapi_medium medium;
	struct imapi_sessions sessions;
	struct imapi_identity identity;
	u32 nwa;
	bool blank;
	bool writable;
	const char *why;	/* not writable, or why it can't be used at all */
};

int optical_fail(struct optical *o, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(o->said, sizeof(o->said), fmt, ap);
	va_end(ap);
	o->rec.trouble = o->said;
	return err;
}

static int read_raw(void *ctx, u32 lba, u32 count, void *buf)
{
	return drive_read(ctx, lba, count, buf);
}

static struct imapi_source source_of(const struct optical *o, const struct imapi_medium *m)
{
	return (struct imapi_source){ .read = read_raw, .ctx = o->drive, .blocks = m->capacity };
}

/* --- media that are written once, or in sequence --- */

void optical_place_session(const struct imapi_medium *m, const struct imapi_place *place,
			   struct imapi_session *s)
{
	u32 blocks = place->end > place->start ? place->end - place->start : 0;

	if (m->type->cd && blocks > IMAPI_CD_RUN_OUT)
		blocks -= IMAPI_CD_RUN_OUT;
	s->start = place->start;
	s->blocks = blocks;
}

static int list_newest(struct optical_state *st, const struct imapi_volume *vol)
{
	const struct imapi_place *last = &st->medium.last;
	struct imapi_session *newest;

	if (!last->number)
		return 0;
	st->sessions.list = core_zalloc(last->number * sizeof(*newest));
	if (!st->sessions.list)
		return -ENOMEM;
	st->sessions.nr = last->number;
	st->sessions.end = last->end;
	newest = &st->sessions.list[last->number - 1];
	optical_place_session(&st->medium, last, newest);
	newest->vol = *vol;
	st->identity.descriptors = vol->hash;
	return 0;
}

static int append_state(const struct drive_view *view, struct optical_state *st)
{
	const struct imapi_medium *m = &st->medium;
	struct imapi_verdict v;

	imapi_medium_verdict(m, view->error, view->volume.joliet, &v);
	st->why = v.why;
	if (v.error)
		return v.error;
	st->blank = v.empty;
	st->writable = !v.read_only;
	st->nwa = m->nwa_valid ? m->nwa : m->last.end;
	return v.empty ? 0 : list_newest(st, &view->volume);
}

/* --- overwritable media --- */

static int is_zero(const struct imapi_source *src, u32 lba, u32 count)
{
	u8 buf[IMAPI_SESSION_ALIGN * IMAPI_BLOCK];
	int err;

	if (lba + count > src->blocks)
		return 0;
	err = src->read(src->ctx, lba, count, buf);
	if (err)
		return err;
	return !buf[0] && !memcmp(buf, buf + 1, count * IMAPI_BLOCK - 1);
}

/* As a device that holds an image: it begins with zeros, and has no sessions behind them */
static int is_blank(const struct imapi_medium *m, const struct imapi_source *src)
{
	int ret;

	if (m->unformatted)
		return 1;
	ret = is_zero(src, 0, IMAPI_FIRST_SESSION);
	if (ret <= 0)
		return ret;
	ret = overwritable_begun_at(src, IMAPI_FIRST_SESSION);
	if (ret)
		return ret < 0 ? ret : !overwritable_has_chain(src);
	return is_zero(src, IMAPI_FIRST_SESSION, IMAPI_FIRST_SESSION);
}

static const char *why_not_overwritten(const struct optical_state *st, u64 nwa)
{
	if (!st->medium.writable)
		return st->medium.why;
	if (nwa > UINT32_MAX || !imapi_session_room(&st->medium, (u32)nwa))
		return "there is no room for another session";
	if (st->blank)
		return NULL;
	if (st->sessions.end > st->medium.capacity)
		return "the last session is longer than the disc";
	if (st->sessions.headless)
		return "the descriptors at block 16 are damaged; shown is the newest session that was found";
	return overwritable_why_not(&st->sessions.list[st->sessions.nr - 1].vol, nwa);
}

/* Of a disc with sessions; on success @st->sessions is filled in */
static int scan_sessions(const struct imapi_source *src, struct optical_state *st)
{
	struct imapi_verdict v;
	int err;

	err = imapi_sessions_scan(src, &st->sessions);
	if (!err)
		return 0;
	imapi_medium_verdict(&st->medium, err, 0, &v);
	st->why = v.why;
	return v.error ? v.error : err;
}

static int overwrite_state(const struct imapi_source *src, struct optical_state *st)
{
	u64 nwa = IMAPI_FIRST_SESSION;
	struct imapi_volume vol;
	int ret;

	if (st->medium.unformatted && !st->medium.writable) {
		st->why = st->medium.why;
		return -EMEDIUMTYPE;
	}
	ret = is_blank(&st->medium, src);
	if (ret < 0)
		return ret;
	st->blank = ret;
	st->identity.blank = st->blank;
	if (!st->blank) {
		ret = scan_sessions(src, st);
		if (ret)
			return ret;
		nwa = overwritable_align(st->sessions.end);
		st->identity.sessions = st->sessions.nr;
		st->identity.start = st->sessions.list[st->sessions.nr - 1].start;
		/* Those that any program which appends has to write over */
		if (!imapi_volume_read(src, IMAPI_SYSTEM_BLOCKS, &vol))
			st->identity.descriptors = vol.hash;
	}
	st->why = why_not_overwritten(st, nwa);
	st->writable = !st->why;
	st->nwa = nwa > UINT32_MAX ? UINT32_MAX : (u32)nwa;
	st->identity.nwa = st->nwa;
	return 0;
}

/* --- either --- */

/* On success the caller owns @st->sessions.list; @st->identity is there with an error too */
static int read_state(const struct optical *o, struct optical_state *st)
{
	struct imapi_source src;
	struct drive_view view;
	int err;

	memset(st, 0, sizeof(*st));
	err = drive_look(o->drive, &view);
	if (err) {
		st->why = drive_said(o->drive);
		return err;
	}
	st->medium = view.medium;
	imapi_medium_identify(&st->medium, &st->identity);
	src = source_of(o, &st->medium);
	if (st->medium.type->overwritable)
		err = overwrite_state(&src, st);
	else
		err = append_state(&view, st);
	if (err && !st->why)
		st->why = drive_said(o->drive);
	if (!err && st->writable && o->denied) {
		st->writable = false;
		st->why = o->denied;
	}
	return err;
}

/* Where reading ahead does no harm: within what was recorded */
static void set_read_ahead(const struct optical *o, const struct optical_state *st)
{
	const struct imapi_medium *m = &st->medium;

	if (m->state == IMAPI_OVERWRITABLE)
		drive_read_ahead(o->drive, 0, st->sessions.end);
	else
		drive_read_ahead(o->drive, m->last.start,
				 m->last.start + imapi_readable(m, m->last.start));
}

static void tell_of_disc(struct recorder *r, const struct optical_state *st)
{
	r->disc.kind = st->medium.type->name;
	r->disc.closed = st->medium.state == IMAPI_COMPLETE;
	r->disc.reserve = imapi_closing_reserve(&st->medium);
	r->disc.more = st->writable ? imapi_sessions_left(&st->medium, st->nwa) : 0;
	r->disc.tracks = st->medium.tracks;
}

/* Readers look at it */
static void trust(struct optical *o, u64 changes)
{
	__atomic_store_n(&o->trusted, changes, __ATOMIC_RELAXED);
}

/* Others look at these, for room and to read, while a commit ends */
static void take_over(struct optical *o, const struct optical_state *st)
{
	struct recorder *r = &o->rec;

	pthread_mutex_lock(&o->lock);
	core_free(r->sessions.list);
	r->sessions = st->sessions;
	r->identity = st->identity;
	r->blank = st->blank;
	r->writable = st->writable;
	r->stuck = st->writable && st->medium.unfinished && !st->medium.nwa_valid;
	r->why = st->why;
	r->head_separate = st->medium.type->overwritable;
	r->closes_first = !r->head_separate;
	r->least = r->head_separate ? 0 : imapi_min_session(&st->medium);
	o->medium = st->medium;
	tell_of_disc(r, st);
	__atomic_store_n(&r->nwa, st->nwa, __ATOMIC_RELAXED);
	__atomic_store_n(&r->source.blocks, st->medium.capacity, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&o->lock);
	set_read_ahead(o, st);
	trust(o, drive_changes(o->drive));
}

/* --- is it still the same? --- */

/* Hash of the descriptors that stand now where those of the newest session stood */
static u64 descriptors_there(const struct optical *o, const struct optical_state *now)
{
	const struct imapi_sessions *s = &o->rec.sessions;
	struct imapi_source src = source_of(o, &now->medium);
	struct imapi_volume vol;
	u32 desc = IMAPI_SYSTEM_BLOCKS;

	if (!s->nr)
		return 0;
	if (!o->rec.head_separate)
		desc = s->list[s->nr - 1].vol.desc;
	return imapi_volume_read(&src, desc, &vol) ? 0 : vol.hash;
}

static enum imapi_difference compare_state(const struct optical *o,
					   const struct optical_state *now)
{
	u64 there = now->identity.descriptors;

	if (!imapi_identity_equal(&o->rec.identity, &now->identity))
		there = descriptors_there(o, now);
	return imapi_identity_compare(&o->rec.identity, &now->identity, there);
}

/* A disc that can be looked at, but not used, is another one as well */
static bool is_another(int err)
{
	return err == -EMEDIUMTYPE || err == -EUCLEAN;
}

static int cannot_tell(int err, const char **trouble)
{
	enum imapi_difference d = err == -ENOMEDIUM ? IMAPI_NO_DISC : IMAPI_OTHER_DISC;

	if (trouble && (err == -ENOMEDIUM || is_another(err)))
		*trouble = imapi_difference_text(d);
	return is_another(err) ? -EMEDIUMTYPE : err;
}

u64 optical_changes(void *ctx)
{
	struct optical *o = ctx;

	return drive_changes(o->drive);
}

/* The first look of a commit, which reports its progress from then on */
static bool begins_commit(const struct optical *o)
{
	return !o->away && !o->rec.progress;
}

/*
 * One blank disc is like the next of its make. Who was told that, and commits again, has
 * seen to it. The module has already asked when a commit of its mount comes here.
 */
static bool is_put_in(struct optical *o)
{
	bool known = drive_changes(o->drive) == o->trusted;

	if (begins_commit(o)) {
		known |= o->warned || drive_is_mounted(o->drive);
		o->warned = false;
	}
	o->warned |= !known;
	return !known;
}

/* A disc that was ejected and is back is the same, but formatting it has stopped */
static void note_format(struct optical *o, const struct imapi_medium *now)
{
	pthread_mutex_lock(&o->lock);
	o->medium.stopped = now->stopped;
	if (now->stopped)
		o->medium.free = now->free;
	pthread_mutex_unlock(&o->lock);
}

int optical_compare(struct optical *o, const char **trouble)
{
	u64 changes = drive_changes(o->drive);
	struct optical_state now;
	enum imapi_difference d;
	int err;

	if (trouble)
		*trouble = NULL;
	err = read_state(o, &now);
	if (err)
		return cannot_tell(err, trouble);
	now.identity.put_in = now.identity.blank && is_put_in(o);
	d = compare_state(o, &now);
	/* An older session's link may lead elsewhere though the newest one is the same */
	if (!imapi_difference_error(d) && o->rec.head_separate &&
	    !overwritable_same_sessions(&now.sessions, &o->rec.sessions))
		d = IMAPI_CHANGED;
	core_free(now.sessions.list);
	err = imapi_difference_error(d);
	if (err && trouble)
		*trouble = imapi_difference_text(d);
	if (err)
		return err;
	trust(o, now.identity.blank ? drive_changes(o->drive) : changes);
	note_format(o, &now.medium);
	return 0;
}

int optical_find(struct optical *o)
{
	const struct imapi_identity *was = &o->rec.identity;
	u64 changes = drive_changes(o->drive);
	struct optical_state now;
	int err;

	err = read_state(o, &now);
	if (err)
		return cannot_tell(err, NULL);
	if (!imapi_identity_same_medium(was, &now.identity) ||
	    (was->descriptors && descriptors_there(o, &now) != was->descriptors))
		err = -EMEDIUMTYPE;
	core_free(now.sessions.list);
	if (!err && !now.identity.blank)
		trust(o, changes);
	return err;
}

u64 optical_hash_descriptors(const u8 *beginning)
{
	const struct imapi_iso_volume *vd;
	u64 hash = IMAPI_HASH64_SEED;
	u32 lba;

	for (lba = IMAPI_SYSTEM_BLOCKS; lba < IMAPI_FIRST_SESSION; lba++) {
		vd = (const struct imapi_iso_volume *)(beginning + (size_t)lba * IMAPI_BLOCK);
		hash = imapi_hash64(hash, vd, IMAPI_BLOCK);
		if (vd->type == IMAPI_VD_TERMINATOR)
			return hash;
	}
	return 0;
}

static bool is_newest(const struct optical_state *now, u32 start, u64 descriptors)
{
	return now->sessions.nr && now->identity.start == start &&
	       now->identity.descriptors == descriptors;
}

/*
 * May this be what a burn of ours has made of the disc that is remembered? Where there
 * was no session, that is any disc of the make that has none either.
 */
static bool is_offspring(const struct optical *o, const struct optical_state *now)
{
	const struct imapi_identity *was = &o->rec.identity, *is = &now->identity;

	if (!imapi_identity_same_medium(was, is) || is->sessions > was->sessions + 2)
		return false;
	if (o->descriptors && is_newest(now, o->start, o->descriptors))
		return true;
	if (!was->descriptors)
		return !now->sessions.nr || o->repairing;
	if (is_newest(now, was->start, was->descriptors))
		return true;
	return o->repairing && is->start >= o->medium.last.end &&
	       descriptors_there(o, now) == was->descriptors;
}

int optical_adopt(struct optical *o)
{
	struct optical_state now;
	int err;

	o->torn = true;
	err = read_state(o, &now);
	/* A read ends a track that was left open, and what is next moves */
	if (!err && now.medium.unfinished) {
		core_free(now.sessions.list);
		err = read_state(o, &now);
	}
	if (err)
		return err;
	if (!is_offspring(o, &now)) {
		core_free(now.sessions.list);
		return -EMEDIUMTYPE;
	}
	take_over(o, &now);
	o->torn = false;
	return 0;
}

/* Descriptors of what begins at @start; 0: none, or they can't be read */
static u64 descriptors_at(const struct optical *o, u32 start)
{
	u8 *beginning = malloc(OPTICAL_HEAD);
	u64 hash = 0;

	if (beginning && !drive_read(o->drive, start, IMAPI_FIRST_SESSION, beginning))
		hash = optical_hash_descriptors(beginning);
	free(beginning);
	return hash;
}

/* Discs of one make are filled alike: that a session of ours starts there tells nothing */
bool optical_has_begun_session(struct optical *o)
{
	struct imapi_identity now;
	struct drive_view view;

	if (!o->begun || drive_look(o->drive, &view))
		return false;
	imapi_medium_identify(&view.medium, &now);
	return imapi_identity_same_medium(&now, &o->rec.identity) &&
	       descriptors_at(o, o->start) == o->begun;
}

int optical_check(struct optical *o)
{
	struct recorder *r = &o->rec;
	int err;

	r->trouble = NULL;
	if (drive_check_place(o->drive)) {
		r->trouble = "the drive is gone: connect it, umount -f the disc (what is staged goes to the rescue folder) and mount it again";
		return -ENOMEDIUM;
	}
	if (o->head_torn && !o->away) {
		err = optical_overwrite_mend(o);
		if (err)
			return err;
	}
	if (begins_commit(o))
		drive_ask_kernel(o->drive);
	/* Not in a burn: what that has begun is no more the same, nor finished */
	if (o->torn && !o->away && !optical_adopt(o))
		return 0;
	err = optical_compare(o, &r->trouble);
	if (err && !r->trouble)
		optical_fail(o, err,
			     "the drive can't say what is in it (%.100s): see to it and sync again",
			     drive_said(o->drive));
	return err;
}

/* As the kernel's name for it says nothing to anybody */
static const char *why_not_used(int err, const char *why)
{
	if (err == -ENOMEDIUM)
		return "no disc is in the drive";
	return why ? why : strerror(-err);
}

int optical_look_first(struct optical *o, const char **why)
{
	struct optical_state st;
	int err = read_state(o, &st);

	if (err) {
		*why = why_not_used(err, st.why);
		return err;
	}
	take_over(o, &st);
	return 0;
}
