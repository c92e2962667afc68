// SPDX-License-Identifier: GPL-2.0-only
/* Path tables (ECMA-119 6.9, 9.4). */
#include "plan.h"

/* The root's identifier is one byte of 0 (ECMA-119 9.4.5) */
static const u8 root_name[1];

static u32 dir_identifier(const struct cdir *d, u32 tree, const u8 **name)
{
	if (!d->name_len) {
		*name = root_name;
		return sizeof(root_name);
	}
	if (tree == TREE_ISO) {
		*name = d->iso.chars;
		return d->iso.len;
	}
	*name = d->name;
	return d->name_len;
}

/* Padded to an even length (ECMA-119 9.4.6) */
static u32 path_record_len(u32 name_len)
{
	return sizeof(struct imapi_iso_path) + name_len + (name_len & 1);
}

u32 path_table_size(const struct compose *c, u32 tree)
{
	const u8 *name;
	u32 i, size = 0;

	for (i = 0; i < c->dirs_nr; i++)
		size += path_record_len(dir_identifier(&c->dirs[i], tree, &name));
	return size;
}

static void put_numbers_l(struct imapi_iso_path *p, u32 lba, u16 parent)
{
	put_unaligned_le32(lba, p->lba);
	put_unaligned_le16(parent, p->parent);
}

static void put_numbers_m(struct imapi_iso_path *p, u32 lba, u16 parent)
{
	put_unaligned_be32(lba, p->lba);
	put_unaligned_be16(parent, p->parent);
}

static int emit_table(const struct compose *c, u32 tree, struct out *o,
		      void (*put_numbers)(struct imapi_iso_path *p, u32 lba,
					  u16 parent))
{
	u8 buf[sizeof(struct imapi_iso_path) + UINT8_MAX + 1];
	struct imapi_iso_path *p = (struct imapi_iso_path *)buf;
	int ret;
	u32 i;

	for (i = 0; i < c->dirs_nr; i++) {
		const struct cdir *d = &c->dirs[c->trees[tree].numbered[i]];
		const u8 *name;
		u32 len = dir_identifier(d, tree, &name);

		p->name_len = (u8)len;
		p->xattr_blocks = 0;
		put_numbers(p, d->at[tree].lba, c->dirs[d->parent].number[tree]);
		memcpy(p->name, name, len);
		p->name[len] = 0;
		ret = out_write(o, buf, path_record_len(len));
		if (ret)
			return ret;
	}
	return out_align(o);
}

int path_tables_emit(const struct compose *c, u32 tree, struct out *o)
{
	int ret = emit_table(c, tree, o, put_numbers_l);

	return ret ? ret : emit_table(c, tree, o, put_numbers_m);
}
