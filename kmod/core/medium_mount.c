// SPDX-License-Identifier: GPL-2.0-only
/* From what the drive says to what a mount does: which session, and may it be appended to? */
#include "medium.h"
#include "mmc_private.h"

#define CUT_SHORT	(-ENODATA)

static bool is_dvd_minus(const struct imapi_medium *m)
{
	return m->type->kind == IMAPI_DVD_R || m->type->kind == IMAPI_DVD_R_DL ||
	       m->type->kind == IMAPI_DVD_RW;
}

/*
 * A short border of DVD-R and -RW drives make as long as it has to be, and count that as the
 * track's. READ CAPACITY is no help: it may be that of before the last burn. An address in
 * front of descriptors that could be read is wrong, so that it says nothing.
 */
static u32 data_end(const struct imapi_medium *m)
{
	const struct imapi_place *p = &m->last;

	if (!is_dvd_minus(m) || p->recorded <= p->start + IMAPI_SYSTEM_BLOCKS)
		return p->end;
	return p->recorded < p->end ? p->recorded : p->end;
}

/*
 * A burn of ours that was broken off, and then closed: its descriptors came first and are
 * good, but the data is missing that they are about. Of other programs' nobody knows
 * from where they count.
 */
static bool is_cut_short(const struct imapi_medium *m, const struct imapi_volume *vol)
{
	u32 there = data_end(m) - m->last.start;

	if (m->type->cd)
		there = there > IMAPI_CD_RUN_OUT ? there - IMAPI_CD_RUN_OUT : 0;
	return vol->linked && vol->start == m->last.start && vol->space > there;
}

static int read_at(const struct imapi_source *src, const struct imapi_medium *m,
		   struct imapi_volume *vol)
{
	int err;

	/* LBAs end below 2^31, so the sum can't wrap */
	err = imapi_volume_read(src, m->last.start + IMAPI_SYSTEM_BLOCKS, vol);
	return !err && is_cut_short(m, vol) ? CUT_SHORT : err;
}

static bool worth_going_back(int err)
{
	return err == -EMEDIUMTYPE || err == -EUCLEAN || err == -EIO || err == CUT_SHORT;
}

/*
 * What was wrong with @newest is returned if nothing before it is better. CUT_SHORT: there is
 * no session but such ones, so nobody misses anything on a disc that is shown as empty.
 */
static int volume_before(struct imapi_mmc *mmc, const struct imapi_source *src,
			 struct imapi_medium *m, int wrong, struct imapi_volume *vol)
{
	const struct imapi_place newest = m->last;
	u32 session = newest.number - 1, damaged = 0;
	int err;

	for (; session && damaged < IMAPI_OLDER_SESSIONS; session--) {
		err = imapi_medium_session(mmc, m, session);
		if (!err)
			err = read_at(src, m, vol);
		if (!err)
			return 0;
		if (err == CUT_SHORT)
			continue;
		damaged++;
		if (wrong == CUT_SHORT)
			wrong = err == -ENOENT ? -EUCLEAN : err;
		if (!worth_going_back(err) && err != -ENOENT) {
			wrong = err;
			break;
		}
	}
	m->last = newest;
	memset(vol, 0, sizeof(*vol));
	return wrong;
}

int imapi_medium_volume(struct imapi_mmc *mmc, const struct imapi_source *src,
			struct imapi_medium *m, u32 session, struct imapi_volume *vol)
{
	int err;

	memset(vol, 0, sizeof(*vol));
	if (session) {
		err = imapi_medium_session(mmc, m, session);
		if (!err)
			err = read_at(src, m, vol);
		return err == CUT_SHORT ? -EUCLEAN : err;
	}
	if (!m->last.number)
		return -ENOENT;
	err = read_at(src, m, vol);
	if (!worth_going_back(err))
		return err;
	m->passed_over = err == CUT_SHORT ? -EUCLEAN : err;
	err = volume_before(mmc, src, m, err, vol);
	if (err)
		m->passed_over = 0;
	if (err != CUT_SHORT)
		return err;
	m->cut_short = true;
	return -ENOENT;
}

static void refuse(struct imapi_verdict *v, int err, const char *why)
{
	v->error = err;
	v->why = why;
}

static void verdict_empty(const struct imapi_medium *m, struct imapi_verdict *v)
{
	v->empty = true;
	v->why = m->why;
	if (!m->writable)
		v->error = -EMEDIUMTYPE;
	else if (m->cut_short)
		v->why = "what was burned was broken off, and nothing of it is shown";
	else if (m->unfinished)
		v->why = "the first session was never finished: the next commit closes it first";
}

static bool is_empty(const struct imapi_medium *m)
{
	if (m->state == IMAPI_OVERWRITABLE)
		return m->unformatted;
	return m->cut_short || (m->state != IMAPI_COMPLETE && !m->sessions);
}

/* Of a disc that can be appended to: what stands against it; NULL: nothing */
static const char *why_not_continued(const struct imapi_medium *m, u8 joliet)
{
	if (m->passed_over == -EMEDIUMTYPE ||
	    (m->last.number < m->sessions && !m->passed_over))
		return "the newest session is not ISO 9660: shown is the newest one that is";
	return joliet ? NULL : "the last session has no Joliet tree";
}

static void verdict_tree(const struct imapi_medium *m, u8 joliet, struct imapi_verdict *v)
{
	v->why = m->writable ? why_not_continued(m, joliet) : m->why;
	v->read_only = v->why;
	if (v->read_only)
		return;
	if (m->unfinished)
		v->why = "a session was begun and never finished: the next commit closes it first";
	else if (m->passed_over)
		v->why = "the newest session is damaged: shown is the newest one that is whole";
}

void imapi_medium_verdict(const struct imapi_medium *m, int err, u8 joliet,
			  struct imapi_verdict *v)
{
	memset(v, 0, sizeof(*v));
	if (is_empty(m))
		verdict_empty(m, v);
	else if (m->audio)
		refuse(v, -EMEDIUMTYPE, "the disc has audio tracks alone");
	else if (err == -EMEDIUMTYPE)
		refuse(v, err, "nothing on the disc is ISO 9660");
	else if (err == -EUCLEAN)
		refuse(v, err, "the disc's volume descriptors are malformed");
	else if (err)
		refuse(v, err, "the disc's volume descriptors can't be read");
	else
		verdict_tree(m, joliet, v);
}

/* In struct imapi_identity's @medium: profile, what the code is of, its hash */
#define ID_CODE		2u
#define ID_HASH		3u
#define ID_BYTES	11u

void imapi_medium_identify(const struct imapi_medium *m, struct imapi_identity *id)
{
	memset(id, 0, sizeof(*id));
	put_unaligned_be16(m->type->profile, id->medium);
	id->medium[ID_CODE] = (u8)m->code;
	put_unaligned_be32((u32)(m->code_hash >> 32), id->medium + ID_HASH);
	put_unaligned_be32((u32)m->code_hash, id->medium + ID_HASH + 4);
	id->medium_len = ID_BYTES;
	id->sessions = m->sessions;
	id->tracks = m->tracks;
	/* A session that was broken off has none before it is closed */
	id->nwa = m->nwa_valid ? m->nwa : m->last.end;
	id->start = m->last.start;
	id->blank = m->state == IMAPI_BLANK || m->unformatted;
	id->has_disc_id = m->has_id;
	id->disc_id = m->id;
}
