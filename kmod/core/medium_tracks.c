// SPDX-License-Identifier: GPL-2.0-only
/* Where the sessions are, and the tracks in them. */
#include "medium.h"
#include "mmc_private.h"

static void place_fill(struct imapi_place *place, u32 session, const struct imapi_track *first,
		       const struct imapi_track *last)
{
	place->number = session;
	place->first_track = first->number;
	place->last_track = last->number;
	place->start = first->start;
	place->end = last->start + last->size;
	place->data = first->mode & IMAPI_TRACK_DATA;
	place->recorded = last->last_valid && last->last >= last->start ? last->last + 1 : 0;
}

/*
 * The first track of @session or of a later one, between @low and @high; a drive whose
 * answers don't count upwards is led to some track, which the caller looks at.
 */
static int first_track(struct imapi_mmc *mmc, u32 session, u32 low, u32 high,
		       struct imapi_track *t)
{
	struct imapi_track mid;
	u32 at;
	int err;

	while (low < high) {
		at = low + (high - low) / 2;
		err = imapi_mmc_track(mmc, at, &mid);
		if (err)
			return err;
		if (mid.session >= session)
			high = at;
		else
			low = at + 1;
	}
	return imapi_mmc_track(mmc, low, t);
}

static int no_such_session(struct imapi_mmc *mmc)
{
	mmc->said = "the drive's answers about tracks and sessions contradict one another";
	return -ENOENT;
}

/*
 * @last is known to be the last track of @session: most have no other. Each session
 * before it has a track, so that none of a lower number than its own is in it.
 */
static int place_before(struct imapi_mmc *mmc, u32 session, const struct imapi_track *last,
			struct imapi_place *place)
{
	struct imapi_track first = *last, before;
	int err = 0;

	if (last->number > session) {
		err = imapi_mmc_track(mmc, last->number - 1u, &before);
		if (!err && before.session >= session)
			err = first_track(mmc, session, session, last->number - 1u, &first);
	}
	if (err)
		return err;
	if (first.session != session || first.start + first.size > last->start + last->size)
		return no_such_session(mmc);
	place_fill(place, session, &first, last);
	return 0;
}

int imapi_place_find(struct imapi_mmc *mmc, u32 session, u32 high, struct imapi_place *place)
{
	struct imapi_track t;
	int err;

	if (!session || high < session)
		return no_such_session(mmc);
	err = imapi_mmc_track(mmc, high, &t);
	if (err)
		return err;
	if (t.session > session) {
		/* Its last track is the one before the next session's first */
		err = first_track(mmc, session + 1, session + 1, high, &t);
		if (!err)
			err = imapi_mmc_track(mmc, t.number - 1u, &t);
		if (err)
			return err;
	}
	if (t.session != session)
		return no_such_session(mmc);
	return place_before(mmc, session, &t, place);
}

int imapi_place_from_toc(const struct imapi_toc *toc, u32 session, struct imapi_place *place)
{
	u32 first;

	if (session < toc->first || session > toc->last || !toc->session[session].end)
		return -ENOENT;
	first = toc->session[session].first;
	place->number = session;
	place->first_track = first;
	place->last_track = toc->session[session].last;
	place->start = toc->track[first].start;
	place->end = toc->session[session].end;
	place->data = toc->track[first].control & IMAPI_TRACK_DATA;
	place->recorded = 0;
	return 0;
}

static int session_of_cd(struct imapi_mmc *mmc, u32 session, struct imapi_place *place)
{
	struct imapi_toc *toc;
	int err;

	toc = core_zalloc(sizeof(*toc));
	if (!toc)
		return -ENOMEM;
	err = imapi_mmc_toc(mmc, toc);
	if (!err)
		err = imapi_place_from_toc(toc, session, place);
	core_free(toc);
	return err;
}

int imapi_medium_session(struct imapi_mmc *mmc, struct imapi_medium *m, u32 session)
{
	struct imapi_place place = m->last;
	u32 high = m->tracks;
	int err = -EOPNOTSUPP;

	if (!session || session > m->sessions)
		return -ENOENT;
	if (session == m->last.number)
		return 0;
	/* Most often it is the one before, which ends where the other begins */
	if (session < m->last.number && m->last.first_track > session)
		high = m->last.first_track - 1;
	if (m->type->cd)
		err = session_of_cd(mmc, session, &place);
	if (imapi_mmc_refused(err))
		err = imapi_place_find(mmc, session, high, &place);
	if (!err)
		m->last = place;
	return err;
}

/*
 * Of the session that is not closed: those that were begun, and where it goes on. A CD has
 * an invisible track for that; other discs give it a number.
 */
static int list_open(struct imapi_mmc *mmc, const struct imapi_medium *m,
		     struct imapi_track *list, u32 max)
{
	u32 nr = 0;
	int err = 0;

	if (m->state != IMAPI_BLANK && m->state != IMAPI_APPENDABLE)
		return 0;
	while (nr < max && nr < IMAPI_OPEN_TRACKS && !err) {
		err = imapi_mmc_track(mmc, m->tracks + nr + 1, &list[nr]);
		if (!err && list[nr].session <= m->sessions)
			err = -EIO;
		if (!err)
			nr++;
	}
	if (m->type->cd && nr < max && !imapi_mmc_track(mmc, IMAPI_TRACK_INVISIBLE, &list[nr]) &&
	    !(nr && list[nr - 1].start == list[nr].start))
		nr++;
	return (int)nr;
}

int imapi_tracks_list(struct imapi_mmc *mmc, const struct imapi_medium *m, u32 from,
		      struct imapi_track *list, u32 max)
{
	u32 nr = 0;
	int err;

	if (from > m->tracks)
		return from == m->tracks + 1 ? list_open(mmc, m, list, max) : 0;
	for (; from + nr <= m->tracks && nr < max; nr++) {
		err = imapi_mmc_track(mmc, from + nr, &list[nr]);
		if (err)
			return err;
	}
	return (int)nr;
}
