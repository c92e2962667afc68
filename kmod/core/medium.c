// SPDX-License-Identifier: GPL-2.0-only
/* The disc's state, put together from what the drive says. */
#include "medium.h"
#include "mmc_private.h"

/* A look is begun anew so often if the disc may have been changed meanwhile */
#define LOOK_ROUNDS	2

/* What one look collects beside struct imapi_medium */
struct look {
	struct imapi_mmc *mmc;
	struct imapi_medium *m;
	struct imapi_configuration config;
	struct imapi_disc_info info;
	bool info_known;
	bool packets;		/* another program's track of packets is open */
	bool astray;		/* the next address lies within what is recorded */
};

static bool is_recordable(const struct imapi_media_type *type)
{
	return type->kind != IMAPI_OTHER && type->kind != IMAPI_PRESSED;
}

static bool drive_writes(const struct look *l)
{
	const u8 *f = l->m->type->write_features;

	return (f[0] && imapi_has_feature(&l->config, f[0])) ||
	       (f[1] && imapi_has_feature(&l->config, f[1]));
}

/* 0 also where the drive has no answer: less can be compared then */
static int look_at_code(struct look *l)
{
	struct imapi_medium *m = l->m;
	int err;

	m->code = m->type->code;
	err = imapi_mmc_media_code(l->mmc, m->code, &m->code_hash);
	if (m->code == IMAPI_CODE_ADIP && imapi_mmc_refused(err)) {
		m->code = IMAPI_CODE_DVD_PLUS;
		err = imapi_mmc_media_code(l->mmc, m->code, &m->code_hash);
	}
	if (!err)
		return 0;
	m->code = IMAPI_CODE_NONE;
	m->code_hash = 0;
	return imapi_mmc_refused(err) ? 0 : err;
}

static int look_at_capacity(struct look *l)
{
	struct imapi_medium *m = l->m;
	int err = imapi_mmc_capacity(l->mmc, &m->capacity);

	if (err && !imapi_mmc_refused(err))
		return err;
	if (!m->capacity)
		m->capacity = m->last.end;
	if (m->last.number && !m->last.end)
		m->last.end = m->capacity;
	return 0;
}

/* --- overwritable media --- */

static bool needs_format(const struct look *l, const struct imapi_format *f)
{
	/* It is readable and writable long before formatting in the background ends */
	if (l->m->type->kind == IMAPI_DVD_PLUS_RW && l->info_known)
		return !l->info.format;
	return f->state == IMAPI_UNFORMATTED;
}

/*
 * Drives stop it for a disc that is ejected, and go on when they are told to; what can be
 * read ends at a lead-out for players meanwhile (background format status, MMC-6 6.21.3.1)
 */
static bool was_stopped(const struct look *l)
{
	return l->m->type->kind == IMAPI_DVD_PLUS_RW && l->info_known && l->info.format == 1;
}

/*
 * Stopped as soon as it was begun, by a power cut for instance, it has laid nothing down that
 * could be read. Such a disc is one that is yet to be formatted.
 */
static bool was_hardly_begun(const struct imapi_medium *m)
{
	return m->stopped && m->capacity < 2 * IMAPI_FIRST_SESSION;
}

static const char *why_not_overwritten(const struct look *l, const struct imapi_format *f)
{
	int ret;

	if (!drive_writes(l))
		return "the disc is write-protected, or the drive can't write on it";
	/* What was written is not known to its end */
	if (l->m->type->kind == IMAPI_DVD_RW_OVER && f->state == IMAPI_FORMAT_UNKNOWN)
		return "formatting the disc was begun and never ended: imapifs blank --full it";
	if (!(l->m->unformatted ? l->m->free : l->m->capacity))
		return "the drive doesn't say how large the disc is";
	if (!imapi_has_feature(&l->config, IMAPI_FEATURE_WRITE_PROTECT))
		return NULL;
	ret = imapi_mmc_write_protected(l->mmc, l->m->type->bd);
	return ret == 1 ? "the disc is write-protected" : NULL;
}

static int look_at_overwritable(struct look *l)
{
	struct imapi_medium *m = l->m;
	struct imapi_format f;
	int err;

	m->state = IMAPI_OVERWRITABLE;
	err = imapi_mmc_format(l->mmc, &f);
	if (err && !imapi_mmc_refused(err))
		return err;
	m->unformatted = needs_format(l, &f);
	if (m->unformatted) {
		m->free = f.blocks;
	} else {
		err = look_at_capacity(l);
		if (err)
			return err;
		if (!m->capacity && f.state == IMAPI_FORMATTED)
			m->capacity = f.blocks;
		m->stopped = was_stopped(l);
	}
	if (was_hardly_begun(m)) {
		m->unformatted = true;
		m->stopped = false;
		m->capacity = 0;
		m->free = f.whole ? f.whole : f.blocks;
	}
	if (m->stopped)
		m->free = f.whole > m->capacity ? f.whole : m->capacity;
	m->why = why_not_overwritten(l, &f);
	m->writable = !m->why;
	return 0;
}

/* --- sessions --- */

/* The newest session that begins with data: an audio session may stand behind it */
static int newest_data(const struct imapi_toc *toc, struct imapi_place *place)
{
	struct imapi_place at;
	u32 session;

	for (session = toc->last; session >= toc->first; session--) {
		if (imapi_place_from_toc(toc, session, &at))
			return -ENOENT;
		if (at.data || session == toc->last)
			*place = at;
		if (at.data)
			return 0;
	}
	return 0;
}

/* Drives may answer from a table that they read before the last burn */
static int confirm_place(struct imapi_mmc *mmc, const struct imapi_place *place)
{
	struct imapi_track t;
	int err = imapi_mmc_track(mmc, place->first_track, &t);

	if (err)
		return imapi_mmc_refused(err) ? 0 : err;
	return t.session == place->number && t.start == place->start ? 0 : -ENOENT;
}

static int newest_in_toc(struct look *l, struct imapi_toc *toc)
{
	struct imapi_medium *m = l->m;
	struct imapi_place place;
	int err;

	err = imapi_mmc_toc(l->mmc, toc);
	if (err)
		return err;
	if (m->sessions && m->sessions != toc->last)
		return -ENOENT;
	err = newest_data(toc, &place);
	if (!err)
		err = confirm_place(l->mmc, &place);
	if (err)
		return err;
	m->last = place;
	m->sessions = toc->last;
	m->tracks = toc->session[toc->last].last;
	return 0;
}

static int newest_of_cd(struct look *l)
{
	struct imapi_toc *toc = core_zalloc(sizeof(*toc));
	int err;

	if (!toc)
		return -ENOMEM;
	err = newest_in_toc(l, toc);
	core_free(toc);
	return err;
}

/* What old drives and those that can only read have instead of track information */
static int newest_as_told(struct look *l)
{
	struct imapi_medium *m = l->m;
	struct imapi_last_session last;
	int err;

	err = imapi_mmc_last_session(l->mmc, &last);
	if (err && !imapi_mmc_refused(err))
		return err;
	if (!m->sessions)
		m->sessions = last.session ? last.session : 1;
	if (!m->tracks)
		m->tracks = last.track ? last.track : 1;
	m->last.number = m->sessions;
	m->last.first_track = last.track;
	m->last.last_track = m->tracks;
	m->last.start = last.start;
	m->last.data = err || !m->type->cd || (last.control & IMAPI_TRACK_DATA);
	return 0;
}

static bool is_absent(int err)
{
	return err == -ENOENT || imapi_mmc_refused(err);
}

static int find_newest(struct look *l)
{
	struct imapi_medium *m = l->m;
	int err = -ENOENT;

	if (m->type->cd)
		err = newest_of_cd(l);
	if (is_absent(err) && m->sessions)
		err = imapi_place_find(l->mmc, m->sessions, m->tracks, &m->last);
	if (is_absent(err))
		err = newest_as_told(l);
	return err;
}

static int look_for_audio(struct look *l)
{
	struct imapi_medium *m = l->m;
	u32 data = 0;
	int err;

	if (!m->type->cd || m->last.data)
		return 0;
	err = imapi_mmc_data_tracks(l->mmc, &data);
	if (err && !imapi_mmc_refused(err))
		return err;
	m->audio = !data;
	return 0;
}

/* How many sessions are closed, and the last track of them */
static void count_sessions(struct look *l)
{
	const struct imapi_disc_info *i = &l->info;
	struct imapi_medium *m = l->m;
	bool open = i->status == IMAPI_DISC_INCOMPLETE && i->last != IMAPI_LAST_COMPLETE;

	if (!l->info_known || i->status == IMAPI_DISC_EMPTY || !i->sessions)
		return;
	m->sessions = open ? i->sessions - 1u : i->sessions;
	m->tracks = open && i->last_first ? i->last_first - 1u : i->last_last;
	if (!m->sessions || !m->tracks) {
		m->sessions = 0;
		m->tracks = 0;
	}
}

static enum imapi_state state_of(const struct look *l)
{
	if (!l->info_known || !is_recordable(l->m->type))
		return IMAPI_COMPLETE;
	if (l->info.status == IMAPI_DISC_EMPTY)
		return IMAPI_BLANK;
	return l->info.status == IMAPI_DISC_INCOMPLETE ? IMAPI_APPENDABLE : IMAPI_COMPLETE;
}

/*
 * Where the next session goes. On CDs an open session has an invisible track; on others
 * it has a number, and many DVD drives know nothing of a track FFh.
 */
static int look_at_open_track(struct look *l)
{
	struct imapi_medium *m = l->m;
	struct imapi_track t;
	u32 number = IMAPI_TRACK_INVISIBLE;
	int err;

	m->unfinished = l->info.last == IMAPI_LAST_INCOMPLETE ||
			l->info.last == IMAPI_LAST_DAMAGED;
	if (!m->type->cd)
		number = l->info.last_last ? l->info.last_last : 1;
	err = imapi_mmc_track(l->mmc, number, &t);
	if (err)
		return imapi_mmc_refused(err) ? 0 : err;
	if (t.damaged)
		m->unfinished = true;
	l->packets = m->type->cd && t.packet && !t.blank;
	l->astray = t.nwa_valid && t.nwa < m->last.end;
	if (!t.nwa_valid || l->astray)
		return 0;
	m->nwa_valid = true;
	m->nwa = t.nwa;
	m->free = t.free;
	return 0;
}

static const char *why_closed(const struct imapi_medium *m)
{
	if (m->type->kind == IMAPI_PRESSED)
		return "the disc is a pressed one, or the drive can only read it";
	if (m->type->kind == IMAPI_OTHER)
		return "nothing can be recorded on this kind of disc";
	return "the disc is closed";
}

/* libburn refuses each burn on such a disc. There are drives that call a blank one so, too */
static bool is_pseudo_overwritten(const struct look *l)
{
	return l->m->type->kind == IMAPI_BD_R &&
	       imapi_has_feature(&l->config, IMAPI_FEATURE_BD_R_POW);
}

static const char *why_not_recorded(const struct imapi_medium *m)
{
	if (m->type->kind == IMAPI_DVD_RW && m->state == IMAPI_BLANK)
		return "the disc was blanked the quick way and takes no session: imapifs blank it";
	return "the drive can't append to this disc";
}

static const char *why_not_appendable(const struct look *l)
{
	const struct imapi_medium *m = l->m;

	if (m->state == IMAPI_COMPLETE)
		return l->info_known ? why_closed(m) :
				       "the drive can't say whether the disc is closed";
	if (is_pseudo_overwritten(l))
		return "libburn writes no BD-R with pseudo-overwrite: use another disc or drive";
	if (!drive_writes(l))
		return why_not_recorded(m);
	if (l->packets)
		return "another program writes on the disc in packets";
	if (l->astray)
		return "the drive wants to write over what is on the disc";
	if (m->type->max_sessions &&
	    m->sessions + (m->unfinished ? 1 : 0) >= m->type->max_sessions)
		return "the disc has as many sessions as it can hold";
	if (m->unfinished)
		return NULL;
	if (!m->nwa_valid)
		return "the drive doesn't say where the next session goes";
	return imapi_sessions_left(m, m->nwa) ? NULL : "there is no room for another session";
}

static int look_at_sessions(struct look *l)
{
	struct imapi_medium *m = l->m;
	int err = 0;

	m->state = state_of(l);
	count_sessions(l);
	if (m->sessions || m->state == IMAPI_COMPLETE) {
		err = find_newest(l);
		if (!err)
			err = look_for_audio(l);
		if (!err)
			err = look_at_capacity(l);
	}
	if (!err && m->state != IMAPI_COMPLETE)
		err = look_at_open_track(l);
	if (err)
		return err;
	m->why = why_not_appendable(l);
	m->writable = !m->why;
	return 0;
}

static int look_once(struct look *l)
{
	struct imapi_medium *m = l->m;
	int err;

	memset(m, 0, sizeof(*m));
	m->type = imapi_media_type(0);
	err = imapi_mmc_configuration(l->mmc, &l->config);
	if (err && !imapi_mmc_refused(err))
		return err;
	m->type = imapi_media_type(l->config.profile);
	err = imapi_mmc_disc_info(l->mmc, &l->info);
	if (err && !imapi_mmc_refused(err))
		return err;
	l->info_known = !err;
	m->erasable = l->info.erasable;
	m->has_id = m->type->cd && l->info.has_id;
	m->id = m->has_id ? l->info.id : 0;
	err = look_at_code(l);
	if (err)
		return err;
	return m->type->overwritable ? look_at_overwritable(l) : look_at_sessions(l);
}

int imapi_medium_look(struct imapi_mmc *mmc, struct imapi_medium *m)
{
	bool attention = mmc->attention;
	int err, round;

	memset(m, 0, sizeof(*m));
	m->type = imapi_media_type(0);
	for (round = 0; round < LOOK_ROUNDS; round++) {
		struct look l = { .mmc = mmc, .m = m };

		err = mmc->ready ? 0 : imapi_mmc_ready(mmc);
		if (err)
			break;
		mmc->ready = false;
		/* What happened before all of the look is no matter for it */
		attention |= mmc->attention;
		mmc->attention = false;
		err = look_once(&l);
		if (!mmc->attention)
			break;
	}
	if (!err && mmc->attention) {
		mmc->said = "the drive tells of one change after another";
		err = -EBUSY;
	} else if (!err && !mmc->left) {
		/* Some answers are missing, and those that came were not refused */
		mmc->said = "the drive doesn't come to an end";
		err = -EIO;
	}
	mmc->attention |= attention;
	return err;
}
