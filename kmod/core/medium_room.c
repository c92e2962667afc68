// SPDX-License-Identifier: GPL-2.0-only
/* What a session may take, and what closing it takes. */
#include "medium.h"

/*
 * CD: lead-out and lead-in of the next session, 6,750 + 4,500 blocks after the first
 * session and 2,250 + 4,500 after later ones; behind them lies a pre-gap of 150.
 */
#define CD_RESERVE_FIRST	11250u
#define CD_RESERVE_LATER	6750u
#define CD_GAP_FIRST		11400u
#define CD_GAP_LATER		6900u

/* DVD-R and -RW: border-out and border-in, the first one's size for all of them */
#define DVD_BORDER		28704u
/* DVD+R: closure of the session and intro of the next one */
#define PLUS_RESERVE		2048u

/* The smallest tree that a session has, in whole units of any medium */
#define MIN_SESSION		32u

static u32 reserve_after(const struct imapi_medium *m, u32 sessions)
{
	switch (m->type->kind) {
	case IMAPI_CD_R:
	case IMAPI_CD_RW:
		return sessions ? CD_RESERVE_LATER : CD_RESERVE_FIRST;
	case IMAPI_DVD_R:
	case IMAPI_DVD_R_DL:
	case IMAPI_DVD_RW:
		return DVD_BORDER;
	case IMAPI_DVD_PLUS_R:
	case IMAPI_DVD_PLUS_R_DL:
		return PLUS_RESERVE;
	default:
		/* A BD-R has its sessions in a list, the others have none */
		return 0;
	}
}

/* From the end of a session to the next writable address */
static u32 gap_after(const struct imapi_medium *m, u32 sessions)
{
	if (m->type->cd)
		return sessions ? CD_GAP_LATER : CD_GAP_FIRST;
	return reserve_after(m, sessions);
}

u32 imapi_closing_reserve(const struct imapi_medium *m)
{
	if (m->state != IMAPI_BLANK && m->state != IMAPI_APPENDABLE)
		return 0;
	if (m->unfinished)
		return gap_after(m, m->sessions) + reserve_after(m, m->sessions + 1);
	return reserve_after(m, m->sessions);
}

static u32 run_out(const struct imapi_medium *m)
{
	return m->type->cd ? IMAPI_CD_RUN_OUT : 0;
}

/*
 * Behind a session's blocks: the run-out, and as many zeros in front of it, so that all of
 * the session is there also where a drive doesn't count the run-out as the track's.
 */
static u32 track_end(const struct imapi_medium *m)
{
	return 2 * run_out(m);
}

u32 imapi_min_session(const struct imapi_medium *m)
{
	return m->type->cd ? IMAPI_CD_MIN_SESSION : MIN_SESSION;
}

static u32 blocks_from(const struct imapi_medium *m, u32 nwa)
{
	u32 end = m->unformatted || m->stopped ? m->free : m->capacity;

	if (m->state == IMAPI_OVERWRITABLE)
		return end > nwa ? end - nwa : 0;
	return m->state != IMAPI_COMPLETE && m->nwa_valid ? m->free : 0;
}

u32 imapi_session_room(const struct imapi_medium *m, u32 nwa)
{
	u32 room = blocks_from(m, nwa);
	u32 keep = imapi_closing_reserve(m) + track_end(m);

	if (!m->writable || room <= keep)
		return 0;
	room -= keep;
	room &= ~(m->type->align - 1u);
	return room < imapi_min_session(m) ? 0 : room;
}

u64 imapi_session_takes(const struct imapi_medium *m, u32 blocks)
{
	u64 takes = blocks;

	if (takes < imapi_min_session(m))
		takes = imapi_min_session(m);
	/* Units are powers of two */
	takes += m->type->align - 1u;
	return (takes & ~(u64)(m->type->align - 1u)) + track_end(m);
}

u32 imapi_sessions_left(const struct imapi_medium *m, u32 nwa)
{
	u32 sessions = m->sessions, free = blocks_from(m, nwa), left;
	u32 most = m->type->max_sessions ? m->type->max_sessions : UINT_MAX;
	u32 least = (u32)imapi_session_takes(m, 0), gap, later;

	if (m->state == IMAPI_OVERWRITABLE)
		return free / IMAPI_SESSION_ALIGN;
	if (m->unfinished) {
		gap = gap_after(m, sessions++);
		free = free > gap ? free - gap : 0;
	}
	if (sessions >= most || free < least + reserve_after(m, sessions))
		return 0;
	/* This one, and those behind its gap, which are all alike */
	left = 1;
	gap = gap_after(m, sessions);
	later = least + reserve_after(m, sessions + 1);
	free = free > least + gap ? free - least - gap : 0;
	if (free >= later)
		left += 1 + (free - later) / (least + gap_after(m, sessions + 1));
	return left < most - sessions ? left : most - sessions;
}

u32 imapi_readable(const struct imapi_medium *m, u32 lba)
{
	u32 end = m->last.end < m->capacity ? m->last.end : m->capacity;

	if (m->state == IMAPI_OVERWRITABLE)
		return lba < m->capacity ? m->capacity - lba : 0;
	end = end > run_out(m) ? end - run_out(m) : 0;
	return lba >= m->last.start && lba < end ? end - lba : 0;
}
