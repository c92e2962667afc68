// SPDX-License-Identifier: GPL-2.0-only
/* What is asked of a drive, and its answers field by field (MMC-6 6). */
#include "mmc_private.h"

int imapi_mmc_ready(struct imapi_mmc *mmc)
{
	struct imapi_packet p = {
		.cdb = { TEST_UNIT_READY }, .cdb_len = 6, .timeout = IMAPI_SPIN_UP,
	};

	return imapi_mmc_send(mmc, &p);
}

int imapi_mmc_tray(struct imapi_mmc *mmc, enum imapi_tray tray)
{
	struct imapi_packet p = {
		.cdb = { PREVENT_ALLOW, 0, 0, 0, tray == IMAPI_LOCK }, .cdb_len = 6,
	};

	return imapi_mmc_send(mmc, &p);
}

/* --- GET CONFIGURATION (MMC-6 6.5): header, then features one after another --- */

#define CONFIG_BYTES		2048u
#define CONFIG_HEADER		8u
#define CONFIG_CURRENT_ALONE	1u	/* RT: features that are current */
#define FEATURE_HEADER		4u
#define FEATURE_CURRENT		1u
#define FEATURE_WRITES		1u	/* in the first byte behind the header */

/* Of the DVD+ family a drive also has a feature that only reads: a bit tells (MMC-6 5.3) */
static bool is_for_writing(u32 feature, const u8 *data, u32 len)
{
	switch (feature) {
	case IMAPI_FEATURE_DVD_PLUS_RW:
	case IMAPI_FEATURE_DVD_PLUS_R:
	case IMAPI_FEATURE_DVD_PLUS_R_DL:
		return len && (data[0] & FEATURE_WRITES);
	default:
		return true;
	}
}

static void read_features(const u8 *b, u32 len, struct imapi_configuration *c)
{
	u32 at, feature, bytes;

	for (at = CONFIG_HEADER; at + FEATURE_HEADER <= len; at += FEATURE_HEADER + bytes) {
		feature = get_unaligned_be16(b + at);
		bytes = b[at + 3];
		if (bytes > len - at - FEATURE_HEADER)
			return;
		if (feature < IMAPI_MAX_FEATURE && (b[at + 2] & FEATURE_CURRENT) &&
		    is_for_writing(feature, b + at + FEATURE_HEADER, bytes))
			c->current_features[feature / 8] |= (u8)(1u << feature % 8);
	}
}

int imapi_mmc_configuration(struct imapi_mmc *mmc, struct imapi_configuration *c)
{
	struct imapi_packet p = {
		.cdb = { GET_CONFIGURATION, CONFIG_CURRENT_ALONE }, .cdb_len = 10,
	};
	u32 len;
	int err;

	memset(c, 0, sizeof(*c));
	put_unaligned_be16(CONFIG_BYTES, p.cdb + 7);
	err = imapi_mmc_ask(mmc, &p, CONFIG_BYTES);
	if (err)
		return err;
	if (p.got < CONFIG_HEADER)
		return imapi_mmc_short(mmc, &p);
	/* This one has a length of four bytes */
	len = get_unaligned_be32(mmc->buf);
	len = len < p.got - 4 ? len + 4 : p.got;
	if (len < CONFIG_HEADER)
		return imapi_mmc_short(mmc, &p);
	c->profile = get_unaligned_be16(mmc->buf + 6);
	read_features(mmc->buf, len, c);
	return 0;
}

bool imapi_has_feature(const struct imapi_configuration *c, u32 feature)
{
	return feature < IMAPI_MAX_FEATURE &&
	       (c->current_features[feature / 8] & 1u << feature % 8);
}

/* --- READ DISC INFORMATION (MMC-6 6.21) --- */

#define INFO_BYTES		34u
/* Up to the type of the disc; drives of MMC-1 end soon after */
#define INFO_MIN		9u
#define INFO_LEAD_OUT		20u	/* last possible start of it, MSF */
#define INFO_ERASABLE		0x10u
#define INFO_HAS_ID		0x80u

int imapi_mmc_disc_info(struct imapi_mmc *mmc, struct imapi_disc_info *info)
{
	struct imapi_packet p = {
		.cdb = { READ_DISC_INFORMATION }, .cdb_len = 10, .timeout = IMAPI_SPIN_UP,
	};
	const u8 *b = mmc->buf;
	u32 len;
	int err;

	memset(info, 0, sizeof(*info));
	put_unaligned_be16(INFO_BYTES, p.cdb + 7);
	err = imapi_mmc_ask(mmc, &p, INFO_BYTES);
	if (err)
		return err;
	len = imapi_mmc_bytes(&p);
	if (len < INFO_MIN)
		return imapi_mmc_short(mmc, &p);
	info->status = b[2] & 3;
	info->last = b[2] >> 2 & 3;
	info->erasable = b[2] & INFO_ERASABLE;
	info->first_track = b[3];
	info->sessions = b[4];
	info->last_first = b[5];
	info->last_last = b[6];
	info->format = b[7] & 3;
	if (len >= 12) {
		info->sessions |= (u16)(b[9] << 8);
		info->last_first |= (u16)(b[10] << 8);
		info->last_last |= (u16)(b[11] << 8);
	}
	if (len >= 16 && (b[7] & INFO_HAS_ID)) {
		info->has_id = true;
		info->id = get_unaligned_be32(b + 12);
	}
	/* FFh FFh FFh: it can't be written any more */
	if (len < INFO_LEAD_OUT + 4 || !imapi_msf_lba(b + INFO_LEAD_OUT + 1, &info->lead_out))
		info->lead_out = 0;
	return 0;
}

/* --- READ TRACK INFORMATION (MMC-6 6.26) --- */

#define TRACK_BYTES		48u
#define TRACK_MIN		28u	/* up to the track's size, all that MMC-1 has */
#define TRACK_HAS_LAST		32u
#define TRACK_HAS_MSB		34u
#define TRACK_BY_NUMBER		1u

static void parse_track(const u8 *b, u32 len, struct imapi_track *t)
{
	t->number = b[2];
	t->session = b[3];
	t->damaged = b[5] & 0x20;
	t->mode = b[5] & 0x0f;
	t->reserved = b[6] & 0x80;
	t->blank = b[6] & 0x40;
	t->packet = b[6] & 0x20;
	t->fixed = b[6] & 0x10;
	t->nwa_valid = b[7] & 0x01;
	t->start = get_unaligned_be32(b + 8);
	t->nwa = get_unaligned_be32(b + 12);
	t->free = get_unaligned_be32(b + 16);
	t->size = get_unaligned_be32(b + 24);
	if (len >= TRACK_HAS_LAST) {
		t->last_valid = b[7] & 0x02;
		t->last = get_unaligned_be32(b + 28);
	}
	if (len >= TRACK_HAS_MSB) {
		t->number |= (u16)(b[32] << 8);
		t->session |= (u16)(b[33] << 8);
	}
}

/*
 * With "session at once" in the write parameters, as any program may have left them, a
 * CD's next session is said to begin with its pre-gap, which the initiator would have
 * to send then.
 */
static void skip_pregap(struct imapi_track *t)
{
	if (t->nwa_valid && t->nwa + IMAPI_CD_PREGAP == t->start)
		t->nwa = t->start;
}

static bool track_makes_sense(struct imapi_track *t)
{
	if (t->start >= LBA_LIMIT || t->size > LBA_LIMIT - t->start)
		return false;
	if (!t->nwa_valid) {
		t->nwa = 0;
		t->free = 0;
		return true;
	}
	return t->nwa >= t->start && t->nwa < LBA_LIMIT && t->free <= LBA_LIMIT - t->nwa;
}

int imapi_mmc_track(struct imapi_mmc *mmc, u32 number, struct imapi_track *t)
{
	struct imapi_packet p = {
		.cdb = { READ_TRACK_INFORMATION, TRACK_BY_NUMBER }, .cdb_len = 10,
		.timeout = IMAPI_SPIN_UP,
	};
	u32 len;
	int err;

	memset(t, 0, sizeof(*t));
	put_unaligned_be32(number, p.cdb + 2);
	put_unaligned_be16(TRACK_BYTES, p.cdb + 7);
	err = imapi_mmc_ask(mmc, &p, TRACK_BYTES);
	if (err)
		return err;
	len = imapi_mmc_bytes(&p);
	if (len < TRACK_MIN)
		return imapi_mmc_short(mmc, &p);
	parse_track(mmc->buf, len, t);
	if (number == IMAPI_TRACK_INVISIBLE)
		skip_pregap(t);
	/* The invisible one may come with its number to be */
	if (track_makes_sense(t) && (number == IMAPI_TRACK_INVISIBLE || t->number == number))
		return 0;
	memset(t, 0, sizeof(*t));
	return imapi_mmc_nonsense(mmc, &p);
}

/* --- READ CAPACITY (MMC-6 6.18), READ FORMAT CAPACITIES (MMC-6 6.23) --- */

#define CAPACITY_BYTES		8u

int imapi_mmc_capacity(struct imapi_mmc *mmc, u32 *blocks)
{
	struct imapi_packet p = {
		.cdb = { READ_CAPACITY }, .cdb_len = 10, .timeout = IMAPI_SPIN_UP,
	};
	u32 last, bytes;
	int err;

	*blocks = 0;
	err = imapi_mmc_ask(mmc, &p, CAPACITY_BYTES);
	if (err)
		return err;
	if (p.got < CAPACITY_BYTES)
		return imapi_mmc_short(mmc, &p);
	last = get_unaligned_be32(mmc->buf);
	bytes = get_unaligned_be32(mmc->buf + 4);
	/* Some tell the size of an audio CD's blocks */
	if (last && last < LBA_LIMIT && bytes == IMAPI_BLOCK)
		*blocks = last + 1;
	return 0;
}

#define FORMAT_HEADER		4u
#define FORMAT_DESCRIPTOR	8u
#define FORMAT_BYTES		252u
#define FORMAT_FULL		0u
#define FORMAT_DVD_PLUS_RW	0x26u

/*
 * What a disc can be formatted to (6.23.3.3) is less than all of it where spare areas are
 * set aside for defects. Formats of one type may differ in those: the smallest counts.
 */
static u32 smallest_format(const struct imapi_packet *p, const u8 *b, u8 type, u32 blocks)
{
	u32 at = FORMAT_HEADER + FORMAT_DESCRIPTOR, end = FORMAT_HEADER + b[3], to;

	if (end > p->got)
		end = p->got;
	for (; at + FORMAT_DESCRIPTOR <= end; at += FORMAT_DESCRIPTOR) {
		to = get_unaligned_be32(b + at);
		if (b[at + 4] >> 2 == type && to && to < blocks)
			blocks = to;
	}
	return blocks;
}

int imapi_mmc_format(struct imapi_mmc *mmc, struct imapi_format *f)
{
	struct imapi_packet p = {
		.cdb = { READ_FORMAT_CAPACITIES }, .cdb_len = 10, .timeout = IMAPI_SPIN_UP,
	};
	const u8 *b = mmc->buf;
	int err;

	memset(f, 0, sizeof(*f));
	put_unaligned_be16(FORMAT_BYTES, p.cdb + 7);
	err = imapi_mmc_ask(mmc, &p, FORMAT_BYTES);
	if (err)
		return err;
	/* The list's own length is in byte 3 */
	if (p.got < FORMAT_HEADER + FORMAT_DESCRIPTOR || b[3] < FORMAT_DESCRIPTOR)
		return imapi_mmc_short(mmc, &p);
	f->blocks = get_unaligned_be32(b + FORMAT_HEADER);
	f->state = b[FORMAT_HEADER + 4] & 3;
	if (f->state == IMAPI_UNFORMATTED)
		f->blocks = smallest_format(&p, b, FORMAT_FULL, f->blocks);
	f->whole = smallest_format(&p, b, FORMAT_DVD_PLUS_RW, LBA_LIMIT);
	if (f->whole == LBA_LIMIT)
		f->whole = 0;
	if (f->state && f->blocks < LBA_LIMIT)
		return 0;
	memset(f, 0, sizeof(*f));
	return imapi_mmc_nonsense(mmc, &p);
}

/* --- GET EVENT STATUS NOTIFICATION (MMC-6 6.6), polled --- */

#define EVENT_BYTES		8u
#define EVENT_POLLED		1u
#define EVENT_MEDIA		4u	/* class; as a bit of the request 1 << 4 */
#define EVENT_NONE		0x80u

int imapi_mmc_event(struct imapi_mmc *mmc, struct imapi_media_event *e)
{
	static const enum imapi_event events[16] = {
		[1] = IMAPI_EVENT_EJECT, [2] = IMAPI_EVENT_NEW, [3] = IMAPI_EVENT_REMOVED,
		[4] = IMAPI_EVENT_CHANGED, [5] = IMAPI_EVENT_FORMAT, [6] = IMAPI_EVENT_FORMAT,
	};
	struct imapi_packet p = {
		.cdb = { GET_EVENT_STATUS, EVENT_POLLED, [4] = 1u << EVENT_MEDIA,
			 [8] = EVENT_BYTES },
		.cdb_len = 10,
	};
	const u8 *b = mmc->buf;
	int err;

	memset(e, 0, sizeof(*e));
	err = imapi_mmc_ask(mmc, &p, EVENT_BYTES);
	if (err)
		return err;
	if (p.got < 4 || imapi_mmc_bytes(&p) < 4)
		return imapi_mmc_short(mmc, &p);
	if (b[2] & EVENT_NONE)
		return -EOPNOTSUPP;
	if (imapi_mmc_bytes(&p) < EVENT_BYTES || (b[2] & 7) != EVENT_MEDIA)
		return imapi_mmc_nonsense(mmc, &p);
	e->event = events[b[4] & 15];
	e->tray_open = b[5] & 1;
	e->present = b[5] & 2;
	return 0;
}

/* --- READ DISC STRUCTURE (MMC-6 6.22) --- */

#define STRUCTURE_HEADER	4u
#define STRUCTURE_BYTES		2052u
#define STRUCTURE_BD		1u	/* media type of the request */
#define WRITE_PROTECTION	0xc0u
#define PROTECTED		7u	/* by software, for good, or by the cartridge */

/* Bytes behind the header, or -errno */
static int read_structure(struct imapi_mmc *mmc, bool bd, u8 format, u32 max)
{
	struct imapi_packet p = {
		.cdb = { READ_DISC_STRUCTURE, bd ? STRUCTURE_BD : 0, [7] = format },
		.cdb_len = 12, .timeout = IMAPI_SPIN_UP,
	};
	u32 len;
	int err;

	put_unaligned_be16((u16)max, p.cdb + 8);
	err = imapi_mmc_ask(mmc, &p, max);
	if (err)
		return err;
	len = imapi_mmc_bytes(&p);
	return len > STRUCTURE_HEADER ? (int)(len - STRUCTURE_HEADER) : imapi_mmc_short(mmc, &p);
}

int imapi_mmc_write_protected(struct imapi_mmc *mmc, bool bd)
{
	int len = read_structure(mmc, bd, WRITE_PROTECTION, STRUCTURE_HEADER + 4);

	if (len < 0)
		return len;
	return (mmc->buf[STRUCTURE_HEADER] & PROTECTED) ? 1 : 0;
}

/*
 * Of each structure the bytes that come with the medium. On a DVD-R the physical
 * format (00h) tells where the border zones are, so it is used for others alone; on
 * DVD+R it repeats a part of ADIP.
 */
static const struct {
	u8 format;
	u16 from, to;
} structures[] = {
	[IMAPI_CODE_DVD] = { 0x00, 0, 16 },
	[IMAPI_CODE_DVD_PLUS] = { 0x00, 19, 31 },
	[IMAPI_CODE_PRERECORDED] = { 0x0e, 0, 64 },
	[IMAPI_CODE_ADIP] = { 0x11, 0, 256 },
	[IMAPI_CODE_BD] = { 0x00, 0, 112 },
};

int imapi_mmc_structure_code(struct imapi_mmc *mmc, enum imapi_code code, u64 *hash)
{
	u32 from = structures[code].from, to = structures[code].to;
	int len = read_structure(mmc, code == IMAPI_CODE_BD, structures[code].format,
				 STRUCTURE_BYTES);

	if (len < 0)
		return len;
	if ((u32)len < to)
		to = (u32)len;
	if (to <= from)
		return -EIO;
	*hash = imapi_hash64(IMAPI_HASH64_SEED, mmc->buf + STRUCTURE_HEADER + from, to - from);
	return 0;
}
