// SPDX-License-Identifier: GPL-2.0-only
/* READ DISC STRUCTURE: what lead-in, ADIP and DI say of a DVD or BD (MMC-6 6.22) */
#include <stdlib.h>
#include "drive.h"

#define HEADER 4

/* Type of medium: its maker's name for it */
#define TYPE "V01"

struct structure {
	enum media_kind kind;
	uint8_t format;
	bool (*has)(const struct disc *d);
	/* Data after the header */
	size_t (*fill)(const struct disc *d, uint8_t *p);
};

static bool any(const struct disc *d)
{
	(void)d;
	return true;
}

static bool minus(const struct disc *d)
{
	return d->media->profile == PROFILE_DVD_R || d->media->profile == PROFILE_DVD_RW;
}

static bool plus_dl(const struct disc *d)
{
	return d->media->profile == PROFILE_DVD_PLUS_R_DL;
}

static bool plus(const struct disc *d)
{
	return plus_dl(d) || d->media->profile == PROFILE_DVD_PLUS_R ||
	       d->media->profile == PROFILE_DVD_PLUS_RW;
}

static bool ram(const struct disc *d)
{
	return d->media->profile == PROFILE_DVD_RAM;
}

static bool spared(const struct disc *d)
{
	return d->media->profile == PROFILE_BD_RE || d->media->profile == PROFILE_BD_R;
}

/* Book type and version of the part (MMC-6 table 396) */
static uint8_t book(const struct disc *d)
{
	switch (d->media->profile) {
	case PROFILE_DVD_RAM:
		return 0x16;
	case PROFILE_DVD_R:
		return 0x25;
	case PROFILE_DVD_RW:
		return 0x32;
	case PROFILE_DVD_PLUS_RW:
		return 0x92;
	case PROFILE_DVD_PLUS_R_DL:
		return 0xe1;
	default:
		return 0xa1;
	}
}

/* The first 17 bytes of physical format information, where @end blocks are data */
static void put_physical(const struct disc *d, uint32_t end, uint8_t *p)
{
	uint32_t first = ram(d) ? 0x31000 : 0x30000;

	p[0] = book(d);
	p[1] = 0x02;			/* 120 mm */
	p[2] = (uint8_t)((plus_dl(d) ? 0x20 : 0) | (d->media->erasable ? 0x04 : 0x02));
	put32(p + 4, first);
	put32(p + 8, end ? first + end - 1 : 0);
	if (plus_dl(d))
		put32(p + 12, first + d->blocks / 2 - 1);
}

static size_t fill_physical(const struct disc *d, uint8_t *p)
{
	put_physical(d, disc_readable_end(d), p);
	if (plus(d)) {
		memcpy(p + 19, d->make, strlen(d->make));
		memcpy(p + 27, TYPE, 2);
		p[29] = 1;
	}
	return 2048;
}

/* The lead-in's own: what could be written, not what is */
static size_t fill_lead_in(const struct disc *d, uint8_t *p)
{
	put_physical(d, d->blocks, p);
	return 2048;
}

static size_t fill_adip(const struct disc *d, uint8_t *p)
{
	put_physical(d, d->blocks, p);
	memcpy(p + 19, d->make, strlen(d->make));
	memcpy(p + 27, TYPE, 2);
	p[29] = 1;
	return 256;
}

/* No protection, no region */
static size_t fill_zeros4(const struct disc *d, uint8_t *p)
{
	(void)d;
	(void)p;
	return 4;
}

/* Fields of 8 bytes, each begun by its number; the third and fourth name the maker */
static size_t fill_prerecorded(const struct disc *d, uint8_t *p)
{
	unsigned int i;

	for (i = 0; i < 5; i++)
		p[8 * i] = (uint8_t)(i + 1);
	memcpy(p + 17, d->make, strlen(d->make));
	memcpy(p + 25, TYPE, sizeof(TYPE) - 1);
	return 44 - HEADER;
}

static size_t fill_boundary(const struct disc *d, uint8_t *p)
{
	put32(p + 4, d->blocks / 2);
	return 8;
}

/* Not in a cartridge */
static size_t fill_ram_status(const struct disc *d, uint8_t *p)
{
	(void)d;
	p[1] = 0x10;
	return 4;
}

static uint32_t spare_blocks(const struct disc *d)
{
	return d->formatted || d->format ? d->blocks - d->formatted : 0;
}

static size_t fill_ram_spare(const struct disc *d, uint8_t *p)
{
	put32(p, 12800);
	put32(p + 4, spare_blocks(d));
	put32(p + 8, spare_blocks(d));
	return 12;
}

/* One disc information unit (112 bytes); the rest of the 4,096 is none */
static size_t fill_disc_information(const struct disc *d, uint8_t *p)
{
	memcpy(p, "DI", 2);
	p[2] = 1;
	p[4] = 1;
	p[6] = 112;
	memcpy(p + 8, d->media->erasable ? "BDW" : "BDR", 3);
	p[11] = 0x11;
	memcpy(p + 100, d->make, strlen(d->make));
	memcpy(p + 106, TYPE, sizeof(TYPE) - 1);
	return 4096;
}

static size_t fill_bd_spare(const struct disc *d, uint8_t *p)
{
	uint32_t spare = d->media->profile == PROFILE_BD_RE ? spare_blocks(d) : 0;

	put32(p + 4, spare);
	put32(p + 8, spare);
	return 12;
}

static const struct structure structures[] = {
	{ MEDIA_DVD, 0x00, any, fill_physical },
	{ MEDIA_DVD, 0x01, any, fill_zeros4 },
	{ MEDIA_DVD, 0x09, ram, fill_ram_status },
	{ MEDIA_DVD, 0x0a, ram, fill_ram_spare },
	{ MEDIA_DVD, 0x0e, minus, fill_prerecorded },
	{ MEDIA_DVD, 0x10, minus, fill_lead_in },
	{ MEDIA_DVD, 0x11, plus, fill_adip },
	{ MEDIA_DVD, 0x20, plus_dl, fill_boundary },
	{ MEDIA_DVD, 0xc0, any, fill_zeros4 },
	{ MEDIA_BD, 0x00, any, fill_disc_information },
	{ MEDIA_BD, 0x09, any, fill_zeros4 },
	{ MEDIA_BD, 0x0a, spared, fill_bd_spare },
	{ MEDIA_BD, 0xc0, any, fill_zeros4 },
};

#define NR_STRUCTURES (sizeof(structures) / sizeof(structures[0]))

/* Format FFh: which there are, that they can be read, and their lengths */
static size_t fill_list(const struct disc *d, uint8_t *scratch, uint8_t *p)
{
	const struct structure *s;
	size_t i, len = 0;

	for (i = 0; i < NR_STRUCTURES; i++) {
		s = &structures[i];
		if (s->kind != d->media->kind || !s->has(d))
			continue;
		p[len] = s->format;
		p[len + 1] = 0x40;
		put16(p + len + 2, (uint32_t)(s->fill(d, scratch) + HEADER));
		len += 4;
	}
	return len;
}

static size_t fill(const struct disc *d, uint8_t format, uint8_t *scratch, uint8_t *p)
{
	const struct structure *s;
	size_t i;

	if (format == 0xff)
		return fill_list(d, scratch, p);
	for (i = 0; i < NR_STRUCTURES; i++) {
		s = &structures[i];
		if (s->kind == d->media->kind && s->format == format && s->has(d))
			return s->fill(d, p);
	}
	return 0;
}

sense_t mmc_read_disc_structure(struct drive *d, struct command *c)
{
	unsigned int type = c->cdb[1] & 0x0f, layer = c->cdb[6];
	enum media_kind kind = d->disc->media->kind;
	sense_t sense = SENSE_CDB_FIELD;
	uint8_t *out;
	size_t len;

	if (kind == MEDIA_CD)
		return SENSE_WRONG_MEDIUM;
	/* The formats that are of every medium can be asked for by either type */
	if (c->cdb[7] < 0x80 && type != (kind == MEDIA_BD))
		return SENSE_CDB_FIELD;
	if (layer > (unsigned int)plus_dl(d->disc))
		return SENSE_CDB_FIELD;
	out = calloc(2, HEADER + 4096);
	if (!out)
		return SENSE(0x4, 0x44, 0x00);
	len = fill(d->disc, c->cdb[7], out + HEADER + 4096, out + HEADER);
	if (len) {
		put16(out, (uint32_t)(len + HEADER - 2));
		sense = reply(c, out, len + HEADER, get16(c->cdb + 8));
	}
	free(out);
	return sense;
}

/* SEND DISC STRUCTURE: the layer boundary of a DVD+R DL that is blank (MMC-6 6.41) */
sense_t mmc_send_disc_structure(struct drive *d, struct command *c)
{
	uint32_t boundary;

	if (!plus_dl(d->disc) || c->cdb[7] != 0x20)
		return SENSE_CDB_FIELD;
	if (get16(c->cdb + 8) < 12 || !have_list(c, 12))
		return SENSE_LIST_LENGTH;
	boundary = get32(c->data + 8);
	c->done = 12;
	if (d->disc->nr_tracks)
		return SENSE_SEQUENCE;
	/* Only where layers can't end does it matter here: blocks are counted through */
	if (boundary % d->disc->media->unit || boundary > d->disc->blocks / 2)
		return SENSE_LIST_FIELD;
	return GOOD;
}
