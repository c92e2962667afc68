// SPDX-License-Identifier: GPL-2.0-only
/* READ TOC/PMA/ATIP (MMC-6 6.26) */
#include <stdlib.h>
#include "drive.h"

enum toc_format {
	FORMAT_TOC = 0,
	FORMAT_SESSIONS = 1,
	FORMAT_FULL_TOC = 2,
	FORMAT_PMA = 3,
	FORMAT_ATIP = 4,
	FORMAT_CD_TEXT = 5,
};

#define POINT_LEAD_OUT 0xaa
/* Q sub-channel mode 1, data track that was recorded at once */
#define ADR_CONTROL 0x14

struct toc {
	uint8_t *p;
	size_t len;
	size_t room;
	bool msf;
};

static void put_address(const struct toc *t, uint8_t *p, uint32_t lba)
{
	if (!t->msf) {
		put32(p, lba);
		return;
	}
	p[0] = 0;
	put_msf(p + 1, lba);
}

static uint8_t *more(struct toc *t, size_t len)
{
	uint8_t *p = t->p + t->len;

	if (len > t->room - t->len)
		return NULL;
	memset(p, 0, len);
	t->len += len;
	return p;
}

/* --- format 0 --- */

static void put_toc_track(struct toc *t, unsigned int number, uint32_t lba)
{
	uint8_t *p = more(t, 8);

	if (!p)
		return;
	p[1] = ADR_CONTROL;
	p[2] = (uint8_t)number;
	put_address(t, p + 4, lba);
}

/* Tracks of sessions that are closed; on media written anywhere their one track */
static unsigned int closed_tracks(const struct disc *d)
{
	if (disc_random(d))
		return d->formatted ? 1 : 0;
	return d->closed ? disc_last_track(d, d->closed) : 0;
}

static sense_t put_toc(const struct disc *d, struct toc *t, unsigned int from)
{
	unsigned int i, last = closed_tracks(d);
	struct track_view v;

	if (!last || (from > last && from != POINT_LEAD_OUT))
		return SENSE_CDB_FIELD;
	/* Track numbers have a byte here: the newest are what a reader looks for */
	t->p[2] = 1;
	t->p[3] = (uint8_t)(last > 99 ? 99 : last);
	for (i = from ? from : 1; i <= last && i <= 99; i++) {
		if (!disc_view(d, i, &v))
			put_toc_track(t, i, v.start);
	}
	put_toc_track(t, POINT_LEAD_OUT, disc_readable_end(d));
	return GOOD;
}

/* --- format 1 --- */

static sense_t put_sessions(const struct disc *d, struct toc *t)
{
	unsigned int session = disc_random(d) ? 1 : d->closed, track = 1;
	struct track_view v = { 0 };

	if (!closed_tracks(d))
		return SENSE_CDB_FIELD;
	if (!disc_random(d))
		track = disc_first_track(d, session);
	disc_view(d, track, &v);
	t->p[2] = 1;
	t->p[3] = (uint8_t)session;
	put_toc_track(t, track, v.start);
	return GOOD;
}

/* --- format 2: the lead-ins' Q sub-channel, CD only --- */

static void put_point(struct toc *t, unsigned int session, unsigned int point,
		      const uint8_t pmsf[3])
{
	uint8_t *p = more(t, 11);

	if (!p)
		return;
	p[0] = (uint8_t)session;
	p[1] = ADR_CONTROL;
	p[3] = (uint8_t)point;
	memcpy(p + 8, pmsf, 3);
}

static void put_point_lba(struct toc *t, unsigned int session, unsigned int point, uint32_t lba)
{
	uint8_t msf[3];

	put_msf(msf, lba);
	put_point(t, session, point, msf);
}

/* Where the next program area can begin, and where the last lead-out can (mode 5, B0h) */
static void put_next_session(const struct disc *d, struct toc *t, unsigned int session)
{
	const struct track *last = &d->tracks[disc_last_track(d, session) - 1];
	uint8_t *p;

	if (session == d->closed && d->complete)
		return;
	p = more(t, 11);
	if (!p)
		return;
	p[0] = (uint8_t)session;
	p[1] = 0x54;
	p[3] = 0xb0;
	put_msf(p + 4, last->start + last->size +
		(session == 1 ? d->media->first_gap : d->media->later_gap));
	p[7] = session == 1 ? 2 : 1;
	put_msf(p + 8, d->blocks);
}

/* The first lead-in's start (mode 5, C0h): only in the first session */
static void put_first_lead_in(const struct disc *d, struct toc *t, unsigned int session)
{
	uint8_t *p = session == 1 ? more(t, 11) : NULL;

	if (!p)
		return;
	p[0] = (uint8_t)session;
	p[1] = 0x54;
	p[3] = 0xc0;
	disc_lead_in(d, p + 8);
}

static void put_full_session(const struct disc *d, struct toc *t, unsigned int session)
{
	unsigned int i, first = disc_first_track(d, session), last = disc_last_track(d, session);
	const struct track *end = &d->tracks[last - 1];
	const uint8_t a0[3] = { (uint8_t)first, d->tracks[first - 1].mode == 2 ? 0x20 : 0, 0 };
	const uint8_t a1[3] = { (uint8_t)last, 0, 0 };

	put_point(t, session, 0xa0, a0);
	put_point(t, session, 0xa1, a1);
	put_point_lba(t, session, 0xa2, end->start + end->size);
	for (i = first; i <= last; i++)
		put_point_lba(t, session, i, d->tracks[i - 1].start);
	put_next_session(d, t, session);
	put_first_lead_in(d, t, session);
}

static sense_t put_full_toc(const struct disc *d, struct toc *t, unsigned int from)
{
	unsigned int session;

	if (!is_cd(d) || !d->closed || from > d->closed)
		return SENSE_CDB_FIELD;
	t->p[2] = 1;
	t->p[3] = (uint8_t)d->closed;
	for (session = from ? from : 1; session <= d->closed; session++)
		put_full_session(d, t, session);
	return GOOD;
}

/* --- format 3: every track that was recorded, closed session or not --- */

static sense_t put_pma(const struct disc *d, struct toc *t)
{
	const struct track *tr;
	unsigned int i;
	uint8_t *p;

	if (!is_cd(d))
		return SENSE_CDB_FIELD;
	for (i = 0; i < d->nr_tracks; i++) {
		tr = &d->tracks[i];
		p = tr->state == TRACK_CLOSED ? more(t, 11) : NULL;
		if (!p)
			continue;
		p[1] = ADR_CONTROL;
		p[3] = (uint8_t)(i + 1);
		put_msf(p + 4, tr->start + tr->size);
		put_msf(p + 8, tr->start);
	}
	return GOOD;
}

/* --- format 4: what the groove says --- */

static sense_t put_atip(const struct disc *d, struct toc *t)
{
	bool rw = d->media->profile == PROFILE_CD_RW;
	uint8_t *p = is_cd(d) ? more(t, 24) : NULL;

	if (!p)
		return SENSE_CDB_FIELD;
	p[0] = rw ? 0xb2 : 0xc0;	/* target writing power; reference speed of CD-RW */
	p[1] = 0x40;			/* unrestricted use */
	p[2] = rw ? 0xc4 : 0x80;	/* disc type; CD-RW: A1 is valid */
	disc_lead_in(d, p + 4);		/* by which makers are known */
	put_msf(p + 8, d->blocks);
	if (rw) {
		p[12] = 0x1a;		/* A1: speeds that it takes */
		p[13] = 0x62;
		p[14] = 0x0a;
	}
	return GOOD;
}

static sense_t put_format(const struct disc *d, struct toc *t, unsigned int format,
			  unsigned int from)
{
	switch (format) {
	case FORMAT_TOC:
		return put_toc(d, t, from);
	case FORMAT_SESSIONS:
		return put_sessions(d, t);
	case FORMAT_FULL_TOC:
		return put_full_toc(d, t, from);
	case FORMAT_PMA:
		return put_pma(d, t);
	case FORMAT_ATIP:
		return put_atip(d, t);
	case FORMAT_CD_TEXT:
		/* No session has any */
		return is_cd(d) && d->closed ? GOOD : SENSE_CDB_FIELD;
	default:
		return SENSE_CDB_FIELD;
	}
}

sense_t mmc_read_toc(struct drive *d, struct command *c)
{
	struct toc t = { .len = 4, .room = 4 + 11 * (99 + 99 * 5), .msf = c->cdb[1] & 0x02 };
	/* SFF-8020 had the format in byte 9, and hosts still put it there */
	unsigned int format = c->cdb[2] & 0x0f ? c->cdb[2] & 0x0f : c->cdb[9] >> 6;
	sense_t sense;

	t.p = calloc(1, t.room);
	if (!t.p)
		return SENSE(0x4, 0x44, 0x00);
	sense = put_format(d->disc, &t, format, c->cdb[6]);
	put16(t.p, (uint32_t)t.len - 2);
	if (!sense)
		reply(c, t.p, t.len, get16(c->cdb + 7));
	free(t.p);
	return sense;
}
