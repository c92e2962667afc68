/* SPDX-License-Identifier: GPL-2.0-only */
/* A disc in memory, and what a test writes onto it. */
#ifndef IMAPI_MEMDISC_H
#define IMAPI_MEMDISC_H

#include "core.h"

#define MEMDISC_GOOD	UINT32_MAX

struct memdisc {
	u8 *data;
	struct imapi_source src;
	u32 bad;		/* lba that can't be read, MEMDISC_GOOD: none */
	u32 strays;		/* reads that passed the end: the core's fault */
};

static inline int memdisc_read(void *ctx, u32 lba, u32 count, void *buf)
{
	struct memdisc *d = ctx;

	if (!count || (u64)lba + count > d->src.blocks) {
		d->strays++;
		return -EIO;
	}
	if (d->bad >= lba && d->bad - lba < count) {
		memset(buf, 0xff, (size_t)count * IMAPI_BLOCK);
		return -EIO;
	}
	memcpy(buf, d->data + (size_t)lba * IMAPI_BLOCK, (size_t)count * IMAPI_BLOCK);
	return 0;
}

static inline void memdisc_init(struct memdisc *d, u32 blocks)
{
	memset(d, 0, sizeof(*d));
	d->data = calloc(blocks, IMAPI_BLOCK);
	d->src.read = memdisc_read;
	d->src.ctx = d;
	d->src.blocks = blocks;
	d->bad = MEMDISC_GOOD;
}

static inline void memdisc_free(struct memdisc *d)
{
	free(d->data);
}

static inline void *memdisc_at(struct memdisc *d, u32 lba)
{
	return d->data + (size_t)lba * IMAPI_BLOCK;
}

static inline void put_both32(u32 v, struct imapi_both32 *n)
{
	put_unaligned_le32(v, n->le);
	put_unaligned_be32(v, n->be);
}

/* A directory record; returns the byte behind it */
static inline u8 *put_dirent(u8 *at, const void *name, u8 name_len, u32 lba, u32 size,
			     u8 flags)
{
	struct imapi_iso_dirent *de = (void *)at;
	u8 len = (u8)(sizeof(*de) + name_len);

	memset(de, 0, sizeof(*de));
	de->len = (u8)(len + len % 2);
	put_both32(lba, &de->lba);
	put_both32(size, &de->size);
	de->date.year = 126;
	de->date.month = 3;
	de->date.day = 1;
	de->flags = flags;
	de->volume.le[0] = 1;
	de->name_len = name_len;
	memcpy(de->name, name, name_len);
	return at + de->len;
}

/* ASCII as UTF-16BE; returns bytes */
static inline u8 utf16(const char *ascii, u8 *out)
{
	u8 n = 0;

	for (; *ascii; ascii++) {
		out[n++] = 0;
		out[n++] = (u8)*ascii;
	}
	return n;
}

static inline void put_standard_id(struct imapi_iso_volume *vd, u8 type)
{
	memset(vd, 0, sizeof(*vd));
	vd->type = type;
	memcpy(vd->id, IMAPI_STANDARD_ID, 5);
	vd->version = 1;
}

/* A primary descriptor, or a Joliet one; its tables and root are at @tables on */
static inline void put_descriptor(struct memdisc *d, u32 lba, u8 type, u32 tables, u32 space)
{
	struct imapi_iso_volume *vd = memdisc_at(d, lba);
	static const u8 dot;

	put_standard_id(vd, type);
	memset(vd->volume_id, ' ', sizeof(vd->volume_id));
	memcpy(vd->volume_id, "PLAIN", 5);
	if (type == IMAPI_VD_SUPPLEMENTARY) {
		memset(vd->volume_id, 0, sizeof(vd->volume_id));
		utf16("Joliet name", vd->volume_id);
		memcpy(vd->escapes, "%/E", 3);
	}
	put_both32(space, &vd->space);
	put_unaligned_le16(IMAPI_BLOCK, vd->block_size.le);
	put_both32(10, &vd->path_size);
	put_unaligned_le32(tables, vd->path_l);
	put_unaligned_be32(tables + 1, vd->path_m);
	put_dirent(vd->root, &dot, 1, tables + 2, IMAPI_BLOCK, IMAPI_DE_DIRECTORY);
	memcpy(vd->created.digits, "2026030100000000", 16);
}

/* Where put_set() has the trees of the session at @start */
#define PRIMARY_TABLES(start)	((start) + 20)
#define JOLIET_TABLES(start)	((start) + 24)
/* The least space of such a session */
#define SESSION_BLOCKS		28u

/* The three descriptors of the session at @start, written at @lba */
static inline void put_set(struct memdisc *d, u32 lba, u32 start, u32 space)
{
	put_descriptor(d, lba, IMAPI_VD_PRIMARY, PRIMARY_TABLES(start), space);
	put_descriptor(d, lba + 1, IMAPI_VD_SUPPLEMENTARY, JOLIET_TABLES(start), space);
	put_standard_id(memdisc_at(d, lba + 2), IMAPI_VD_TERMINATOR);
}

/* Our link in the primary descriptor at @lba */
static inline void put_link(struct memdisc *d, u32 lba, u32 start, u32 prev_start,
			    u32 prev_desc)
{
	struct imapi_iso_volume *vd = memdisc_at(d, lba);
	struct imapi_iso_link *link = (void *)vd->application_use;

	memcpy(link->magic, IMAPI_LINK_MAGIC, sizeof(link->magic));
	put_unaligned_le32(start, link->start);
	put_unaligned_le32(prev_start, link->prev_start);
	put_unaligned_le32(prev_desc, link->prev_desc);
	put_unaligned_le32(imapi_sum32(link, offsetof(struct imapi_iso_link, sum)), link->sum);
}

#endif
