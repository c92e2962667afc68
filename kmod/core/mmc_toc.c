// SPDX-License-Identifier: GPL-2.0-only
/* Tables of contents (MMC-6 6.25): what a CD has in its lead-ins, and what others make up. */
#include "mmc_private.h"

#define FORMAT_TRACKS		0u
#define FORMAT_LAST_SESSION	1u
#define FORMAT_FULL		2u
#define FORMAT_ATIP		4u

#define ANSWER_HEADER		4u
#define TRACK_ENTRY		8u	/* of the formats 0 and 1 */
#define FULL_ENTRY		11u
#define MSF			2u	/* in the request: formats 2 and 4 want it */

#define LEAD_OUT		0xaau
#define POINT_FIRST_TRACK	0xa0u
#define POINT_LAST_TRACK	0xa1u
#define POINT_LEAD_OUT		0xa2u
/* ADR, in the upper half of a byte: positions, which alone say where something is */
#define ADR_POSITION		1u

static int ask(struct imapi_mmc *mmc, u8 format, u32 max, u32 *len)
{
	struct imapi_packet p = {
		.cdb = { READ_TOC, format >= FORMAT_FULL ? MSF : 0, format }, .cdb_len = 10,
		.timeout = IMAPI_SPIN_UP,
	};
	int err;

	/* Both formats begin with a number: of the first track or session that is wanted */
	if (format == FORMAT_TRACKS || format == FORMAT_FULL)
		p.cdb[6] = 1;
	put_unaligned_be16((u16)max, p.cdb + 7);
	err = imapi_mmc_ask(mmc, &p, max);
	if (err)
		return err;
	*len = imapi_mmc_bytes(&p);
	return *len < ANSWER_HEADER ? imapi_mmc_short(mmc, &p) : 0;
}

static int nonsense(struct imapi_mmc *mmc)
{
	const struct imapi_packet p = { .cdb = { READ_TOC } };

	return imapi_mmc_nonsense(mmc, &p);
}

int imapi_mmc_data_tracks(struct imapi_mmc *mmc, u32 *data)
{
	const u8 *b = mmc->buf;
	u32 len, at;
	int err;

	*data = 0;
	err = ask(mmc, FORMAT_TRACKS, ANSWER_HEADER + (IMAPI_CD_TRACKS + 1) * TRACK_ENTRY, &len);
	if (err)
		return err;
	for (at = ANSWER_HEADER; at + TRACK_ENTRY <= len; at += TRACK_ENTRY)
		if (b[at + 2] != LEAD_OUT && (b[at + 1] & IMAPI_TRACK_DATA))
			++*data;
	return 0;
}

int imapi_mmc_last_session(struct imapi_mmc *mmc, struct imapi_last_session *l)
{
	const u8 *b = mmc->buf;
	u32 len;
	int err;

	memset(l, 0, sizeof(*l));
	err = ask(mmc, FORMAT_LAST_SESSION, ANSWER_HEADER + TRACK_ENTRY, &len);
	if (err)
		return err;
	if (len < ANSWER_HEADER + TRACK_ENTRY)
		return nonsense(mmc);
	l->session = b[3];
	l->control = b[5] & 0x0f;
	l->track = b[6];
	l->start = get_unaligned_be32(b + 8);
	if (l->start < LBA_LIMIT)
		return 0;
	memset(l, 0, sizeof(*l));
	return nonsense(mmc);
}

/* One descriptor (MMC-6 6.25.3.4); what isn't needed, or nonsense, is passed over */
static void full_entry(const u8 *e, struct imapi_toc *toc)
{
	u8 session = e[0], control = e[1] & 0x0f, point = e[3];
	u32 lba;

	if (e[1] >> 4 != ADR_POSITION || !session || session > IMAPI_CD_TRACKS)
		return;
	if (point == POINT_FIRST_TRACK) {
		toc->session[session].first = e[8];
	} else if (point == POINT_LAST_TRACK) {
		toc->session[session].last = e[8];
	} else if (imapi_msf_lba(e + 8, &lba)) {
		if (point == POINT_LEAD_OUT) {
			toc->session[session].end = lba;
		} else if (point && point <= IMAPI_CD_TRACKS) {
			toc->track[point].start = lba;
			toc->track[point].session = session;
			toc->track[point].control = control;
		}
	}
}

static bool session_makes_sense(const struct imapi_toc *toc, u32 session, u32 *track, u32 *end)
{
	u32 first = toc->session[session].first, last = toc->session[session].last;

	if (!first || first != *track || last < first || last > IMAPI_CD_TRACKS)
		return false;
	for (; *track <= last; ++*track) {
		if (toc->track[*track].session != session || toc->track[*track].start < *end)
			return false;
		*end = toc->track[*track].start;
	}
	if (toc->session[session].end <= *end)
		return false;
	*end = toc->session[session].end;
	return true;
}

/* One behind the other, tracks and sessions, and all of them are there */
static bool toc_makes_sense(const struct imapi_toc *toc)
{
	u32 session, track, end = 0;

	if (!toc->first || toc->last < toc->first || toc->last > IMAPI_CD_TRACKS)
		return false;
	track = toc->session[toc->first].first;
	for (session = toc->first; session <= toc->last; session++)
		if (!session_makes_sense(toc, session, &track, &end))
			return false;
	return true;
}

int imapi_mmc_toc(struct imapi_mmc *mmc, struct imapi_toc *toc)
{
	u32 len, at;
	int err;

	memset(toc, 0, sizeof(*toc));
	err = ask(mmc, FORMAT_FULL, IMAPI_MMC_BUFFER, &len);
	if (err)
		return err;
	toc->first = mmc->buf[2];
	toc->last = mmc->buf[3];
	for (at = ANSWER_HEADER; at + FULL_ENTRY <= len; at += FULL_ENTRY)
		full_entry(mmc->buf + at, toc);
	if (toc_makes_sense(toc))
		return 0;
	memset(toc, 0, sizeof(*toc));
	return nonsense(mmc);
}

/*
 * ATIP (MMC-6 6.25.3.6) is pressed into the groove, so all of it stays. A drive that
 * gives more of it or less at another time gives it cut at the same place here.
 */
#define ATIP_BYTES		28u
#define ATIP_MIN		15u	/* lead-in and last possible lead-out */

static int atip_code(struct imapi_mmc *mmc, u64 *hash)
{
	u32 len;
	int err;

	err = ask(mmc, FORMAT_ATIP, ATIP_BYTES, &len);
	if (err)
		return err;
	if (len < ATIP_MIN)
		return nonsense(mmc);
	*hash = imapi_hash64(IMAPI_HASH64_SEED, mmc->buf + ANSWER_HEADER,
			     ATIP_MIN - ANSWER_HEADER);
	return 0;
}

int imapi_mmc_media_code(struct imapi_mmc *mmc, enum imapi_code code, u64 *hash)
{
	*hash = 0;
	if (code == IMAPI_CODE_NONE)
		return -EOPNOTSUPP;
	return code == IMAPI_CODE_ATIP ? atip_code(mmc, hash) :
					 imapi_mmc_structure_code(mmc, code, hash);
}
