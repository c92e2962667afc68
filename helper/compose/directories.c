// SPDX-License-Identifier: GPL-2.0-only
/* Directories of either tree (ECMA-119 6.8, 9.1). */
#include "plan.h"

/* Identifiers of a directory's own record and of its parent's (ECMA-119 6.8.2.2) */
static const u8 self_name[1] = { 0 };
static const u8 parent_name[1] = { 1 };

/* What the records of one entry have in common */
struct record {
	const u8 *name;
	u32 name_len;
	u8 flags;
	struct imapi_iso_date date;
};

/*
 * Even (ECMA-119 9.1.12), but for a name of 222 bytes: its record is the longest
 * there can be and has no room for the padding byte.
 */
static u32 record_len(u32 name_len)
{
	u32 len = sizeof(struct imapi_iso_dirent) + name_len;

	return len < UINT8_MAX ? len + (len & 1) : len;
}

static u32 entry_name(const struct listed *e, u32 tree, u8 *iso, const u8 **name)
{
	if (tree == TREE_ISO) {
		*name = iso;
		return listed_iso_identifier(e, iso);
	}
	*name = e->name;
	return e->name_len;
}

/* Records don't pass a sector's end (ECMA-119 6.8.1.1) */
static u64 add_record(u64 size, u32 len)
{
	u32 used = size % IMAPI_BLOCK;

	if (used + len > IMAPI_BLOCK)
		size += IMAPI_BLOCK - used;
	return size + len;
}

u64 directory_size(const struct listing *l, u32 tree)
{
	u64 size = 2 * record_len(sizeof(self_name));
	u32 i, k;

	for (i = 0; i < l->nr; i++) {
		const struct listed *e = l->order[tree][i];
		u8 iso[ISO_IDENTIFIER_MAX];
		const u8 *name;
		u32 len = record_len(entry_name(e, tree, iso, &name));
		u32 records = listed_records(e);

		for (k = 0; k < records; k++)
			size = add_record(size, len);
	}
	return (size + IMAPI_BLOCK - 1) & ~(u64)(IMAPI_BLOCK - 1);
}

static void put_date(const struct compose *c, s64 t, struct imapi_iso_date *d)
{
	if (c->params.clamp && t > c->params.now)
		t = c->params.now;
	imapi_date_encode(t, d);
}

static void put_record(u8 *at, const struct record *r,
		       const struct imapi_extent *ext, u8 more)
{
	struct imapi_iso_dirent *de = (struct imapi_iso_dirent *)at;

	de->len = (u8)record_len(r->name_len);
	de->xattr_blocks = ext->xattr_blocks;
	put_both32(ext->lba, &de->lba);
	put_both32(ext->len, &de->size);
	de->date = r->date;
	de->flags = r->flags | more;
	de->unit_size = ext->unit;
	de->gap_size = ext->gap;
	put_both16(1, &de->volume);
	de->name_len = (u8)r->name_len;
	memcpy(de->name, r->name, r->name_len);
}

static int emit_record(struct out *o, const struct record *r,
		       const struct imapi_extent *ext, u8 more)
{
	u8 *at;
	int ret = out_record(o, record_len(r->name_len), &at);

	if (ret)
		return ret;
	put_record(at, r, ext, more);
	return 0;
}

static struct imapi_extent dir_extent(const struct cdir *d, u32 tree)
{
	return (struct imapi_extent){
		.lba = d->at[tree].lba,
		.len = d->at[tree].size,
	};
}

/* "." and ".." */
static int emit_dots(const struct compose *c, const struct cdir *d, u32 tree,
		     struct out *o)
{
	const struct cdir *parent = &c->dirs[d->parent];
	struct record r = { self_name, 1, IMAPI_DE_DIRECTORY, { 0 } };
	struct imapi_extent ext = dir_extent(d, tree);
	int ret;

	put_date(c, d->mtime, &r.date);
	ret = emit_record(o, &r, &ext, 0);
	if (ret)
		return ret;
	r.name = parent_name;
	put_date(c, parent->mtime, &r.date);
	ext = dir_extent(parent, tree);
	return emit_record(o, &r, &ext, 0);
}

static int emit_file(const struct compose *c, const struct cdir *d,
		     const struct listed *e, const struct record *r,
		     struct out *o)
{
	u32 lba = e->staged ? c->files[d->first_file + e->index].lba : 0;
	u32 i, records = listed_records(e);
	struct imapi_extent ext;
	int ret;

	for (i = 0; i < records; i++) {
		listed_section(e, lba, i, &ext);
		ret = emit_record(o, r, &ext,
				  i + 1 < records ? IMAPI_DE_MULTI_EXTENT : 0);
		if (ret)
			return ret;
	}
	return 0;
}

static int emit_entry(const struct compose *c, const struct cdir *d,
		      const struct listed *e, u32 tree, struct out *o)
{
	u8 iso[ISO_IDENTIFIER_MAX];
	struct imapi_extent ext;
	struct record r;

	r.name_len = entry_name(e, tree, iso, &r.name);
	r.flags = e->flags;
	put_date(c, e->mtime, &r.date);
	if (!(e->flags & IMAPI_DE_DIRECTORY))
		return emit_file(c, d, e, &r, o);
	ext = dir_extent(&c->dirs[d->first_dir + e->index], tree);
	return emit_record(o, &r, &ext, 0);
}

/* Is the directory what it was when the session was planned? */
static bool as_planned(const struct compose *c, const struct cdir *d,
		       const struct listing *l, u32 tree)
{
	u32 i;

	if (l->dirs != d->dirs || l->staged != d->files ||
	    directory_size(l, tree) != d->at[tree].size)
		return false;
	for (i = 0; i < l->nr; i++) {
		const struct listed *e = &l->list[i];
		const struct cdir *child;

		if (e->staged &&
		    e->dir.node != c->files[d->first_file + e->index].node)
			return false;
		if (!(e->flags & IMAPI_DE_DIRECTORY))
			continue;
		child = &c->dirs[d->first_dir + e->index];
		if (e->name_len != child->name_len ||
		    memcmp(e->name, child->name, e->name_len))
			return false;
	}
	return true;
}

static int emit_directory(const struct compose *c, u32 at, u32 tree,
			  struct listing *l, struct out *o)
{
	const struct cdir *d = &c->dirs[at];
	int ret = listing_load(l, c->tree, &d->ref);
	u32 i;

	if (ret == -EUCLEAN)
		return compose_malformed(c, at);
	if (ret)
		return ret;
	if (tree == TREE_ISO)
		listing_iso_names(l);
	if (!as_planned(c, d, l, tree))
		return compose_malformed(c, at);

	ret = emit_dots(c, d, tree, o);
	for (i = 0; i < l->nr && !ret; i++)
		ret = emit_entry(c, d, l->order[tree][i], tree, o);
	return ret ? ret : out_align(o);
}

int directories_emit(struct compose *c, u32 tree, struct out *o)
{
	struct listing l = { 0 };
	int ret = 0;
	u32 i;

	for (i = 0; i < c->dirs_nr && !ret; i++)
		ret = emit_directory(c, c->trees[tree].preorder[i], tree, &l, o);
	listing_free(&l);
	return ret;
}

void directory_root_record(const struct compose *c, u32 tree, u8 record[34])
{
	struct record r = { self_name, 1, IMAPI_DE_DIRECTORY, { 0 } };
	struct imapi_extent ext = dir_extent(&c->dirs[0], tree);

	put_date(c, c->dirs[0].mtime, &r.date);
	put_record(record, &r, &ext, 0);
}
