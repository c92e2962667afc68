/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A drive that answers from tables of bytes, written down from MMC-6. It has no idea
 * of a disc: what a drive does is the virtual drive's part, this one only talks.
 */
#ifndef TEST_MMC_DRIVE_H
#define TEST_MMC_DRIVE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "medium.h"

/* For struct mmc_answer: @bytes and @len */
#define BYTES(...) \
	.bytes = (const u8[]){ __VA_ARGS__ }, .len = sizeof((const u8[]){ __VA_ARGS__ })
#define BE16(v)		(u8)((v) >> 8), (u8)(v)
#define BE32(v)		(u8)((u32)(v) >> 24), (u8)((u32)(v) >> 16), BE16(v)

/**
 * struct mmc_answer - to one kind of request
 * @op: operation code; 0xff ends a table
 * @key: format of a table or structure, or number of a track
 * @sense: key, ASC and ASCQ, if not all 0
 * @times: how often it is given before the next one that fits; 0: for ever
 */
struct mmc_answer {
	u8 op;
	u16 key;
	const u8 *bytes;
	u32 len;
	u8 sense[3];
	u32 times;
};

#define END		{ .op = 0xff }
#define REFUSED		.sense = { 5, 0x24, 0 }
#define ATTENTION	.sense = { 6, 0x28, 0 }

/* GET CONFIGURATION with a profile and one current feature, whose first bit is set */
#define CONFIG(profile, feature) \
	{ .op = 0x46, BYTES(BE32(4 + 12 + 8 + 8), 0, 0, BE16(profile), \
			    BE16(0x0001), 0x0b, 8, BE32(7), 1, 0, 0, 0, \
			    BE16(0x0003), 0x03, 4, 0x29, 0, 0, 0, \
			    BE16(feature), 0x01, 4, 1, 0, 0, 0) }

/*
 * READ DISC INFORMATION: byte 2, sessions, first and last track of the last one,
 * byte 7, identification, last possible lead-out
 */
#define INFO(states, sessions, first, last, flags, id, m, s, f) \
	{ .op = 0x51, BYTES(0, 32, states, 1, (u8)(sessions), (u8)(first), (u8)(last), \
			    flags, 0, (u8)((sessions) >> 8), (u8)((first) >> 8), \
			    (u8)((last) >> 8), BE32(id), 0, 0, 0, 0, 0, m, s, f, \
			    0, 0, 0, 0, 0, 0, 0, 0, 0, 0) }
#define DISC_EMPTY	0x00	/* and its session is */
#define DISC_APPENDABLE	0x01	/* the last session is empty */
#define DISC_UNFINISHED	0x05	/* it was begun */
#define DISC_CLOSED	0x0e
#define DISC_RANDOM	0x0f
#define DISC_ERASABLE	0x10

/* READ TRACK INFORMATION, 36 bytes: asked for as @asked; bytes 5 to 7; addresses */
#define TRACK_AS(asked, number, session, b5, b6, b7, start, nwa, free, size) \
	{ .op = 0x52, .key = asked, \
	  BYTES(0, 34, (u8)(number), (u8)(session), 0, b5, b6, b7, BE32(start), BE32(nwa), \
		BE32(free), BE32(0), BE32(size), BE32(0), (u8)((number) >> 8), \
		(u8)((session) >> 8), 0, 0) }
/* A data track that is done, one that isn't begun, one that is being written */
#define DONE(number, session, start, size) \
	TRACK_AS(number, number, session, 0x04, 0x00, 0x00, start, 0, 0, size)
#define NEXT_AS(asked, number, session, nwa, free) \
	TRACK_AS(asked, number, session, 0x04, 0x40, 0x01, nwa, nwa, free, free)
#define NEXT(number, session, nwa, free)	NEXT_AS(number, number, session, nwa, free)

#define CAPACITY(blocks)	{ .op = 0x25, BYTES(BE32((blocks) - 1), BE32(2048)) }

/* ATIP of a CD of 79:59.74; any other one has another lead-in */
#define ATIP(frame) \
	{ .op = 0x43, .key = 4, \
	  BYTES(0, 26, 0, 0, 0xd0, 0x00, 0x90, 0, 97, 24, frame, 0, 79, 59, 74, 0, \
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) }

/* A disc structure with a name at one place of it */
#define STRUCTURE(format, ...)	{ .op = 0xad, .key = format, BYTES(__VA_ARGS__) }
#define PRERECORDED \
	STRUCTURE(0x0e, 0, 38, 0, 0, 1, 0x40, 0xc1, 0xfd, 0x9e, 0xd8, 0x52, 0, \
		  2, 0x85, 0x0e, 0x12, 0x78, 0x80, 0, 0, 3, 'M', 'A', 'K', 'E', 'R', '0', 0, \
		  4, '1', 0, 0, 0, 0, 0, 0, 5, 0, 0, 0)
#define ADIP \
	STRUCTURE(0x11, 0, 34, 0, 0, 0xa1, 0x0f, 1, 0, 0, 3, 0, 0, 0, 0x26, 5, 0x3f, \
		  0, 0, 0, 0, 0, 0, 0, 'M', 'A', 'K', 'E', 'R', 0, 0, 0, 'R', '0', '1', 0, 0)
#define BD_INFORMATION \
	STRUCTURE(0x00, BE16(14), 0, 0, 'D', 'I', 1, 0, 0, 0, 0x20, 0, 'B', 'D', 'R', 1)

/* READ TOC, format 2: one descriptor */
#define POINT(session, control, point, m, s, f) \
	session, 0x10 | (control), 0, point, 0, 0, 0, 0, m, s, f
#define FULL_TOC(first, last, n, ...) \
	{ .op = 0x43, .key = 2, BYTES(BE16(2 + 11 * (n)), first, last, __VA_ARGS__) }

struct mmc_drive {
	struct imapi_mmc mmc;
	const struct mmc_answer *answers;
	u32 given[64];			/* how often, by place in @answers */
	/* Makes answers of its own: 1 if it did; tried before the table */
	int (*make)(struct mmc_drive *d, struct imapi_packet *p);
	int error;			/* of the callback, for all commands */
	u32 commands, waits, waited;
	u32 bad;			/* requests that no drive could take */
};

/* What of a request decides which answer it gets */
static inline u32 mmc_key(const struct imapi_packet *p)
{
	switch (p->cdb[0]) {
	case 0x43:
		return p->cdb[2];
	case 0x52:
		return get_unaligned_be32(p->cdb + 2);
	case 0xad:
		return p->cdb[7];
	default:
		return 0;
	}
}

/* Length of a CDB by the group of its operation code, and where its allocation length is */
static inline bool mmc_is_sound(const struct imapi_packet *p)
{
	static const u8 lengths[8] = { 6, 10, 10, 0, 16, 12, 0, 0 };
	u8 op = p->cdb[0];

	if (p->cdb_len != lengths[op >> 5])
		return false;
	if (p->direction == IMAPI_NO_DATA)
		return !p->len;
	if (op == 0x25)
		return p->len == 8;
	return p->buf && p->len && p->len <= IMAPI_MMC_BUFFER &&
	       p->len == get_unaligned_be16(p->cdb + (op == 0xad ? 8 : 7));
}

static inline void mmc_refuse(struct imapi_packet *p, u8 key, u8 asc, u8 ascq)
{
	imapi_sense_build(key, asc, ascq, p->sense);
	p->sense_len = IMAPI_SENSE_FIXED;
}

static inline void mmc_give(struct imapi_packet *p, const struct mmc_answer *a)
{
	if (a->sense[0]) {
		mmc_refuse(p, a->sense[0], a->sense[1], a->sense[2]);
		return;
	}
	p->got = a->len < p->len ? a->len : p->len;
	if (p->got)
		memcpy(p->buf, a->bytes, p->got);
}

static inline int mmc_packet(void *context, struct imapi_packet *p)
{
	struct mmc_drive *d = context;
	const struct mmc_answer *a;
	u32 i;

	d->commands++;
	if (!mmc_is_sound(p))
		d->bad++;
	if (d->error)
		return d->error;
	if (d->make && d->make(d, p))
		return 0;
	for (i = 0; d->answers && d->answers[i].op != 0xff; i++) {
		a = &d->answers[i];
		if (a->op != p->cdb[0] || a->key != mmc_key(p) ||
		    (a->times && d->given[i] >= a->times))
			continue;
		d->given[i]++;
		mmc_give(p, a);
		return 0;
	}
	if (p->cdb[0])
		mmc_refuse(p, 5, 0x20, 0);
	return 0;
}

static inline int mmc_wait(void *context, u32 ms)
{
	struct mmc_drive *d = context;

	d->waits++;
	d->waited += ms;
	return 0;
}

static inline int mmc_drive_init(struct mmc_drive *d, const struct mmc_answer *answers)
{
	memset(d, 0, sizeof(*d));
	d->answers = answers;
	d->mmc.packet = mmc_packet;
	d->mmc.wait = mmc_wait;
	d->mmc.context = d;
	return imapi_mmc_init(&d->mmc);
}

#endif
