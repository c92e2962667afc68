// SPDX-License-Identifier: GPL-2.0-only
/* Path tables (ECMA-119 9.4), and where they say that directories are. */
#include "core.h"

/* Of a longer table the beginning is looked at, which has the upper directories */
#define SPAN_TABLE_BLOCKS	32u
/* The table has no lengths: so many blocks are taken for the last directory */
#define SPAN_LAST_BLOCKS	8u
/* Blocks a directory, on the average; with more of them they don't lie side by side */
#define SPAN_SPARSE		64u

/* The root's record is the first and its own parent; others stand behind theirs (6.9.1) */
static bool parent_valid(u32 parent, u32 number)
{
	if (number == 1)
		return parent == 1;
	return parent >= 1 && parent < number;
}

int imapi_path_next(const u8 *table, size_t size, bool big, size_t *pos,
		    u32 number, struct imapi_path *p)
{
	const struct imapi_iso_path *rec;
	size_t left, len;

	if (*pos >= size)
		return 0;
	left = size - *pos;
	rec = (const void *)(table + *pos);
	if (left < sizeof(*rec) || !rec->name_len)
		return -EUCLEAN;
	len = sizeof(*rec) + rec->name_len;
	if (len > left)
		return -EUCLEAN;
	p->lba = big ? get_unaligned_be32(rec->lba) : get_unaligned_le32(rec->lba);
	p->parent = big ? get_unaligned_be16(rec->parent) : get_unaligned_le16(rec->parent);
	p->xattr_blocks = rec->xattr_blocks;
	p->name_len = rec->name_len;
	p->name = rec->name;
	if (!parent_valid(p->parent, number))
		return -EUCLEAN;
	/* A name of odd length is padded (9.4.6); a pad behind the end isn't missed */
	*pos += len + len % 2;
	return 1;
}

struct span {
	u32 first, last;	/* lba */
	u32 nr;			/* directories */
};

/* A table that was cut ends in half a record, and a malformed one is of no use either */
static void span_count(const u8 *table, size_t size, bool big, struct span *s)
{
	struct imapi_path p;
	size_t pos = 0;

	while (s->nr < IMAPI_MAX_DIRS &&
	       imapi_path_next(table, size, big, &pos, s->nr + 1, &p) == 1) {
		if (!s->nr || p.lba < s->first)
			s->first = p.lba;
		if (!s->nr || p.lba > s->last)
			s->last = p.lba;
		s->nr++;
	}
}

static int span_read(const struct imapi_source *src, const struct imapi_hierarchy *tree,
		     struct span *s)
{
	u64 blocks = ((u64)tree->path_size + IMAPI_BLOCK - 1) >> IMAPI_BLOCK_SHIFT;
	u32 count = blocks < SPAN_TABLE_BLOCKS ? (u32)blocks : SPAN_TABLE_BLOCKS;
	u32 lba = tree->path_l ? tree->path_l : tree->path_m;
	size_t size = (size_t)count * IMAPI_BLOCK;
	u8 *table;
	int err;

	if (!count || !lba)
		return 0;
	table = core_zalloc(size);
	if (!table)
		return -ENOMEM;
	err = src->read(src->ctx, lba, count, table);
	if (!err)
		span_count(table, size < tree->path_size ? size : tree->path_size,
			   !tree->path_l, s);
	core_free(table);
	return err;
}

int imapi_dirs_span(const struct imapi_source *src, const struct imapi_hierarchy *tree, u32 limit,
		    u32 *from, u32 *count)
{
	struct span s = { 0 };
	int err;
	u64 nr;

	*count = 0;
	err = span_read(src, tree, &s);
	if (err || !s.nr || s.last >= src->blocks)
		return err;
	nr = (u64)s.last - s.first + SPAN_LAST_BLOCKS;
	if (nr > limit && nr > (u64)s.nr * SPAN_SPARSE)
		return 0;
	if (nr > limit)
		nr = limit;
	if (nr > src->blocks - s.first)
		nr = src->blocks - s.first;
	*from = s.first;
	*count = (u32)nr;
	return 0;
}
