// SPDX-License-Identifier: GPL-2.0-only
/* Path tables (ECMA-119 9.4). */
#include "core.h"

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
