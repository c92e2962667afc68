// SPDX-License-Identifier: GPL-2.0-only
/* Mode pages (MMC-6 7): error recovery, write parameters, capabilities, power, time-out */
#include "drive.h"

#define DBD 0x08
#define ALL_PAGES 0x3f

/* MODE SENSE: which values (SPC-4 table 185) */
enum page_control {
	VALUES_CURRENT = 0,
	VALUES_CHANGEABLE = 1,
	VALUES_DEFAULT = 2,
	VALUES_SAVED = 3,
};

static const uint8_t default_page01[12] = { 0x01, 0x0a, 0xc0, 0x20, 0, 0, 0, 0, 0x20 };
static const uint8_t default_page1a[12] = { 0x1a, 0x0a };
static const uint8_t default_page1d[12] = { 0x1d, 0x0a, 0, 0, 0x04, 0, 0, 0, 0x05, 0xdc };

/* Bits that can be set, from byte 2 on: how errors are met, how long commands may take */
static const uint8_t changeable_page01[10] = { 0xff, 0xff };
static const uint8_t changeable_page1a[10];
static const uint8_t changeable_page1d[10] = { 0, 0, 0x0f, 0, 0xff, 0xff, 0xff, 0xff };

/* Write parameters as the drive comes up with them for the disc that is in it */
static void default_page05(const struct drive *d, uint8_t *p)
{
	bool cd = drive_has_medium(d) && is_cd(d->disc);

	memset(p, 0, PAGE05_LENGTH);
	p[0] = 0x05;
	p[1] = PAGE05_LENGTH - 2;
	p[2] = cd || !drive_has_medium(d) ? WRITE_TAO : WRITE_PACKET;
	p[3] = cd ? 0x04 : 0x05;
	p[4] = 0x08;
	p[13] = 0x10;
	put16(p + 14, 150);
}

void mode_defaults(struct drive *d)
{
	default_page05(d, d->page05);
	memcpy(d->page01, default_page01, sizeof(default_page01));
	memcpy(d->page1d, default_page1d, sizeof(default_page1d));
}

bool mode_multi_session(const struct drive *d)
{
	return (d->page05[3] & 0xc0) == 0xc0;
}

enum write_type write_type(const struct drive *d)
{
	return (enum write_type)(d->page05[2] & 0x0f);
}

/* --- MODE SENSE --- */

/* All but what is reserved, and test writing (MMC-6 table 665) */
static void changeable_page05(uint8_t *p)
{
	memset(p + 2, 0xff, PAGE05_LENGTH - 2);
	p[2] = 0x6f;
	p[4] = 0x0f;
	p[6] = 0;
	p[7] = 0x3f;
	p[9] = 0;
}

static size_t add_page05(const struct drive *d, enum page_control pc, uint8_t *p)
{
	if (pc == VALUES_CURRENT)
		memcpy(p, d->page05, PAGE05_LENGTH);
	else
		default_page05(d, p);
	if (pc == VALUES_CHANGEABLE)
		changeable_page05(p);
	return PAGE05_LENGTH;
}

/* A page of 12 bytes, with those bits of it that can be set */
static size_t add_kept(const uint8_t *current, const uint8_t *defaults, const uint8_t *changeable,
		       enum page_control pc, uint8_t *p)
{
	memcpy(p, pc == VALUES_CURRENT ? current : defaults, 12);
	if (pc == VALUES_CHANGEABLE)
		memcpy(p + 2, changeable, 10);
	return 12;
}

/* What was set of a page, and the rest as it was */
static void set_kept(uint8_t *page, const uint8_t *p, const uint8_t *changeable, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		page[i] = (uint8_t)((page[i] & ~changeable[i]) | (p[i] & changeable[i]));
}

/* MM capabilities and mechanical status, as MMC-3 had it: programs still go by it */
static size_t add_page2a(const struct drive *d, enum page_control pc, uint8_t *p)
{
	const uint16_t *list = speeds(d);
	size_t i, n = 3, len = 32 + 4 * n;

	memset(p, 0, len);
	p[0] = 0x2a;
	p[1] = (uint8_t)(len - 2);
	if (pc == VALUES_CHANGEABLE)
		return len;
	p[2] = 0x3f;			/* reads CD-R, CD-RW, method 2, DVD-ROM, -R, -RAM */
	p[3] = 0x33;			/* writes CD-R, CD-RW, DVD-R, DVD-RAM */
	p[4] = 0xf0;			/* BUF, multi-session, mode 2 forms 2 and 1 */
	p[6] = (uint8_t)(0x29 | (d->prevented ? 0x02 : 0));	/* tray, eject, lock */
	put16(p + 8, list[0]);
	put16(p + 12, CACHE_BLOCKS * BLOCK / 1024);
	put16(p + 14, d->read_speed ? d->read_speed : list[0]);
	put16(p + 18, list[0]);
	put16(p + 20, d->write_speed ? d->write_speed : list[0]);
	put16(p + 22, 1);
	put16(p + 28, d->write_speed ? d->write_speed : list[0]);
	put16(p + 30, (uint32_t)n);
	for (i = 0; i < n; i++)
		put16(p + 32 + 4 * i + 2, list[i]);
	return len;
}

static size_t add_page(const struct drive *d, unsigned int page, enum page_control pc, uint8_t *p)
{
	switch (page) {
	case 0x01:
		return add_kept(d->page01, default_page01, changeable_page01, pc, p);
	case 0x05:
		return add_page05(d, pc, p);
	case 0x1a:
		return add_kept(default_page1a, default_page1a, changeable_page1a, pc, p);
	case 0x1d:
		return add_kept(d->page1d, default_page1d, changeable_page1d, pc, p);
	case 0x2a:
		return add_page2a(d, pc, p);
	default:
		return 0;
	}
}

static size_t add_pages(const struct drive *d, unsigned int page, enum page_control pc, uint8_t *p)
{
	static const uint8_t all[] = { 0x01, 0x05, 0x1a, 0x1d, 0x2a };
	size_t i, len = 0;

	if (page != ALL_PAGES)
		return add_page(d, page, pc, p);
	for (i = 0; i < sizeof(all); i++)
		len += add_page(d, all[i], pc, p + len);
	return len;
}

/* Both lengths; an MMC device has no block descriptor (MMC-6 7.2.3) */
sense_t mmc_mode_sense(struct drive *d, struct command *c)
{
	bool ten = c->cdb[0] == 0x5a;
	enum page_control pc = (enum page_control)(c->cdb[2] >> 6);
	size_t header = ten ? 8 : 4, len;
	uint8_t out[256] = { 0 };

	if (pc == VALUES_SAVED)
		return SENSE_SAVING;
	/* Subpages are none */
	if (c->cdb[3])
		return SENSE_CDB_FIELD;
	len = add_pages(d, c->cdb[2] & 0x3f, pc, out + header);
	if (!len)
		return SENSE_CDB_FIELD;
	len += header;
	if (ten)
		put16(out, (uint32_t)len - 2);
	else
		out[0] = (uint8_t)(len - 1);
	return reply(c, out, len, ten ? get16(c->cdb + 7) : c->cdb[4]);
}

/* --- MODE SELECT --- */

/* Packets on CD, raw sectors and test writing are not built; audio isn't either, see WRITE */
/* What programs send that only close a session, as the kind of track is no matter then */
static bool is_audio(const uint8_t *p)
{
	return (p[2] & 0x0f) == WRITE_TAO && !(p[3] & 0x04) && !(p[4] & 0x0f);
}

static sense_t set_page05(struct drive *d, const uint8_t *p)
{
	unsigned int type = p[2] & 0x0f, block = p[4] & 0x0f;
	uint8_t changeable[PAGE05_LENGTH];
	bool cd = drive_has_medium(d) && is_cd(d->disc);

	if (p[2] & 0x10)
		return SENSE_LIST_FIELD;
	if (type > WRITE_SAO || (cd && type == WRITE_PACKET))
		return SENSE_LIST_FIELD;
	/*
	 * Data, in mode 1, mode 2 form 1, or mode 2 mixed: 2,048 bytes of each. A cue
	 * sheet says that itself; only sub-channels aren't built then.
	 */
	if (cd && type == WRITE_SAO) {
		if (block && block < 8)
			return SENSE_LIST_FIELD;
	} else if (!is_audio(p) && (!(p[3] & 0x04) || (block != 8 && block != 10 && block != 13))) {
		return SENSE_LIST_FIELD;
	}
	/* Reserved: the value that neither ends the disc nor keeps it open */
	if ((p[3] & 0xc0) == 0x80)
		return SENSE_LIST_FIELD;
	changeable_page05(changeable);
	set_kept(d->page05 + 2, p + 2, changeable + 2, PAGE05_LENGTH - 2);
	/* Another way of writing than what the cue sheet was for */
	if (type != WRITE_SAO)
		d->cue.tracks = 0;
	return GOOD;
}

static sense_t set_page(struct drive *d, const uint8_t *p, size_t len)
{
	switch (p[0] & 0x3f) {
	case 0x01:
		if (len != 12)
			return SENSE_LIST_FIELD;
		set_kept(d->page01 + 2, p + 2, changeable_page01, 10);
		return GOOD;
	case 0x05:
		return len == PAGE05_LENGTH ? set_page05(d, p) : SENSE_LIST_FIELD;
	case 0x1a:
		return len == 12 ? GOOD : SENSE_LIST_FIELD;
	case 0x1d:
		if (len != 12)
			return SENSE_LIST_FIELD;
		set_kept(d->page1d + 2, p + 2, changeable_page1d, 10);
		return GOOD;
	default:
		return SENSE_LIST_FIELD;
	}
}

static sense_t set_pages(struct drive *d, const uint8_t *p, size_t left)
{
	sense_t sense = GOOD;
	size_t len;

	while (!sense && left) {
		if (left < 2 || p[1] + 2u > left)
			return SENSE_LIST_LENGTH;
		len = p[1] + 2u;
		sense = set_page(d, p, len);
		p += len;
		left -= len;
	}
	return sense;
}

sense_t mmc_mode_select(struct drive *d, struct command *c)
{
	bool ten = c->cdb[0] == 0x55;
	size_t header = ten ? 8 : 4, blocks;
	size_t len = ten ? get16(c->cdb + 7) : c->cdb[4];

	/* Pages can't be saved */
	if (c->cdb[1] & 0x01)
		return SENSE_CDB_FIELD;
	if (!len)
		return GOOD;
	if (len < header || !have_list(c, len))
		return SENSE_LIST_LENGTH;
	/* Some hosts send a block descriptor all the same */
	blocks = ten ? get16(c->data + 6) : c->data[3];
	if (blocks > len - header)
		return SENSE_LIST_LENGTH;
	c->done = len;
	/* While a track is being written its parameters stand (MMC-6 7.5.3) */
	if (d->writing || d->cue.writing)
		return SENSE_SEQUENCE;
	return set_pages(d, c->data + header + blocks, len - header - blocks);
}
