// SPDX-License-Identifier: GPL-2.0-only
/* What is on the disc, and how much fits: disc and track information, capacities */
#include "drive.h"

enum disc_status {
	DISC_EMPTY = 0,
	DISC_APPENDABLE = 1,
	DISC_COMPLETE = 2,
	DISC_OTHER = 3,			/* written anywhere (MMC-6 table 363) */
};

enum session_state {
	SESSION_EMPTY = 0,
	SESSION_INCOMPLETE = 1,
	SESSION_COMPLETE = 3,
};

/* --- READ DISC INFORMATION (MMC-6 6.21) --- */

static enum disc_status random_status(const struct disc *d)
{
	if (!d->formatted)
		return DISC_EMPTY;
	if (d->overwrite)
		return d->intermediate ? DISC_APPENDABLE : DISC_COMPLETE;
	return d->media->profile == PROFILE_DVD_PLUS_RW ? DISC_COMPLETE : DISC_OTHER;
}

static enum disc_status status_of(const struct disc *d)
{
	if (disc_random(d))
		return random_status(d);
	if (d->complete)
		return DISC_COMPLETE;
	/* A BD-R that was formatted isn't blank any more, though nothing is on it */
	return d->nr_tracks || d->format ? DISC_APPENDABLE : DISC_EMPTY;
}

static enum session_state last_session(const struct disc *d)
{
	if (disc_random(d)) {
		if (!d->formatted)
			return SESSION_EMPTY;
		return d->intermediate ? SESSION_INCOMPLETE : SESSION_COMPLETE;
	}
	if (d->complete)
		return SESSION_COMPLETE;
	return disc_session_begun(d) ? SESSION_INCOMPLETE : SESSION_EMPTY;
}

/* First track of the last session; an empty one has the invisible track alone */
static unsigned int first_of_last(const struct disc *d)
{
	unsigned int first = disc_first_track(d, disc_sessions(d));

	if (disc_random(d))
		return 1;
	return first ? first : d->nr_tracks + 1;
}

static void put_cd_info(const struct disc *d, uint8_t *p)
{
	uint32_t next = disc_next_start(d);

	p[8] = d->nr_tracks && d->tracks[0].mode == 2 ? 0x20 : 0x00;
	/* The disc id is in the PMA, so it comes with the first track */
	if (d->nr_tracks) {
		p[7] |= 0x80;
		put32(p + 12, d->id % 1000000);
	}
	memset(p + 16, 0xff, 8);
	if (d->complete)
		return;
	if (next != UINT32_MAX && d->closed && !disc_session_begun(d)) {
		p[16] = 0;
		put_msf(p + 17, next - CD_PREGAP - CD_LEAD_IN);
	} else if (!d->closed) {
		/* The first lead-in's start is on the groove */
		p[16] = 0;
		disc_lead_in(d, p + 17);
	}
	p[20] = 0;
	put_msf(p + 21, d->blocks);
}

static void put_other_info(const struct disc *d, uint8_t *p)
{
	uint32_t next = disc_random(d) ? UINT32_MAX : disc_next_start(d);

	p[8] = 0;
	put32(p + 16, next != UINT32_MAX && !disc_session_begun(d) ? next : 0);
	put32(p + 20, d->complete ? 0 : d->blocks);
}

static sense_t standard_info(const struct disc *d, struct command *c)
{
	unsigned int sessions = disc_sessions(d), first = first_of_last(d);
	unsigned int last = disc_count(d);
	uint8_t out[34] = { 0 };

	if (last < first)
		last = first;
	put16(out, sizeof(out) - 2);
	out[2] = (uint8_t)((d->media->erasable ? 0x10 : 0) | last_session(d) << 2 | status_of(d));
	out[3] = 1;
	out[4] = (uint8_t)sessions;
	out[5] = (uint8_t)first;
	out[6] = (uint8_t)last;
	out[7] = 0x20;			/* unrestricted use */
	if (d->media->profile == PROFILE_DVD_PLUS_RW)
		out[7] |= d->format;
	out[9] = (uint8_t)(sessions >> 8);
	out[10] = (uint8_t)(first >> 8);
	out[11] = (uint8_t)(last >> 8);
	if (is_cd(d))
		put_cd_info(d, out);
	else
		put_other_info(d, out);
	return reply(c, out, sizeof(out), get16(c->cdb + 7));
}

/* Track resources: most tracks that can be open, and those that are (MMC-6 6.21.4) */
static sense_t track_resources(const struct disc *d, struct command *c)
{
	uint8_t out[12] = { 0, 10, 0x20 };
	unsigned int i, open = 0;

	for (i = 0; i < d->nr_tracks; i++)
		open += d->tracks[i].state != TRACK_CLOSED;
	put16(out + 4, d->media->tracks);
	put16(out + 6, d->nr_tracks);
	put16(out + 8, d->media->tracks);
	put16(out + 10, open);
	return reply(c, out, sizeof(out), get16(c->cdb + 7));
}

sense_t mmc_read_disc_info(struct drive *d, struct command *c)
{
	switch (c->cdb[1] & 0x07) {
	case 0:
		return standard_info(d->disc, c);
	case 1:
		return d->disc->media->kind == MEDIA_BD ? track_resources(d->disc, c) :
							  SENSE_CDB_FIELD;
	default:
		return SENSE_CDB_FIELD;
	}
}

/* --- READ TRACK INFORMATION (MMC-6 6.28) --- */

enum track_by {
	BY_LBA = 0,
	BY_TRACK = 1,
	BY_SESSION = 2,
};

static unsigned int invisible_track(const struct disc *d)
{
	unsigned int count = disc_count(d);
	struct track_view v;

	return count && !disc_view(d, count, &v) && v.invisible ? count : 0;
}

static unsigned int pick_track(const struct disc *d, enum track_by by, uint32_t address)
{
	switch (by) {
	case BY_LBA:
		return disc_track_at(d, address);
	case BY_TRACK:
		/* A disc of more than 254 tracks has one of that number as well */
		if (address == TRACK_INVISIBLE && invisible_track(d))
			return invisible_track(d);
		return address;
	default:
		if (address == disc_sessions(d))
			return first_of_last(d);
		return disc_first_track(d, address);
	}
}

static uint8_t track_mode(const struct disc *d)
{
	/* Data; incremental where a drive links at any place */
	return is_cd(d) ? 0x04 : 0x05;
}

static uint8_t data_mode(const struct disc *d, const struct track_view *v)
{
	if (v->blank && is_cd(d))
		return 0x0f;
	return v->mode == 2 ? 2 : 1;
}

static void put_track(const struct disc *d, const struct track_view *v, uint8_t *p)
{
	bool packets = !is_cd(d);

	p[2] = (uint8_t)v->number;
	p[3] = (uint8_t)v->session;
	p[5] = (uint8_t)((v->damaged ? 0x20 : 0) | track_mode(d));
	p[6] = (uint8_t)((v->reserved ? 0x80 : 0) | (v->blank ? 0x40 : 0) | (packets ? 0x20 : 0) |
			 (disc_random(d) ? 0x10 : 0) | data_mode(d, v));
	put32(p + 8, v->start);
	if (v->nwa_valid) {
		p[7] |= 0x01;
		put32(p + 12, v->nwa);
	}
	put32(p + 16, v->nwa_valid ? v->free : 0);
	put32(p + 20, packets ? d->media->unit : 0);
	put32(p + 24, v->size);
	/* Last recorded address: DVD-R and BD-R know it */
	if (!is_cd(d) && v->written && !disc_random(d)) {
		p[7] |= 0x02;
		put32(p + 28, v->start + v->written - 1);
	}
	p[32] = (uint8_t)(v->number >> 8);
	p[33] = (uint8_t)(v->session >> 8);
}

/* Once the cue sheet is there a session at once begins with its pre-gap: wodim asks where */
static void apply_cue(const struct drive *d, struct track_view *v)
{
	if (d->cue.tracks && v->blank && v->invisible)
		v->nwa = (uint32_t)d->cue.next;
}

sense_t mmc_read_track_info(struct drive *d, struct command *c)
{
	enum track_by by = (enum track_by)(c->cdb[1] & 0x03);
	struct track_view v;
	uint8_t out[48] = { 0 };

	if (by > BY_SESSION)
		return SENSE_CDB_FIELD;
	if (disc_view(d->disc, pick_track(d->disc, by, get32(c->cdb + 2)), &v))
		return SENSE_CDB_FIELD;
	apply_cue(d, &v);
	put16(out, sizeof(out) - 2);
	put_track(d->disc, &v, out);
	return reply(c, out, sizeof(out), get16(c->cdb + 7));
}

/* --- READ CAPACITY, READ BUFFER CAPACITY (MMC-6 6.19, 6.17) --- */

sense_t mmc_read_capacity(struct drive *d, struct command *c)
{
	uint32_t end = disc_readable_end(d->disc);
	uint8_t out[8];

	/* Nothing closed: the address is 0, as if there were a block */
	put32(out, end ? end - 1 : 0);
	put32(out + 4, BLOCK);
	return reply(c, out, sizeof(out), sizeof(out));
}

sense_t mmc_read_buffer_capacity(struct drive *d, struct command *c)
{
	bool in_blocks = c->cdb[1] & 0x01;
	uint32_t scale = in_blocks ? 1 : BLOCK;
	uint8_t out[12] = { 0, 10 };

	out[3] = in_blocks;
	/* By blocks only what is free is told (MMC-6 table 333) */
	if (!in_blocks)
		put32(out + 4, CACHE_BLOCKS * scale);
	put32(out + 8, (CACHE_BLOCKS - d->cache.blocks) * scale);
	return reply(c, out, sizeof(out), get16(c->cdb + 7));
}
