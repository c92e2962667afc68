// SPDX-License-Identifier: GPL-2.0-only
/* Directory records (ECMA-119 9.1), and the files and directories they make up. */
#include "core.h"

/* Flags in which the sections of one file agree */
#define SECTION_FLAGS	(IMAPI_DE_HIDDEN | IMAPI_DE_DIRECTORY | IMAPI_DE_ASSOCIATED)

/* Blocks that @bytes fill */
static u32 blocks_of(u32 bytes)
{
	return (u32)(((u64)bytes + IMAPI_BLOCK - 1) >> IMAPI_BLOCK_SHIFT);
}

int imapi_dirent_check(const struct imapi_iso_dirent *de, size_t avail)
{
	if (!avail || !de->len)
		return 0;
	if (de->len < sizeof(*de) || de->len > avail)
		return -EUCLEAN;
	if (!de->name_len || de->name_len > de->len - sizeof(*de))
		return -EUCLEAN;
	return de->len;
}

/* Blocks from an extent's first data block to behind its last one */
static u64 extent_span(const struct imapi_extent *ext)
{
	u32 blocks = blocks_of(ext->len);

	if (!ext->unit || !blocks)
		return blocks;
	return blocks + (u64)((blocks - 1) / ext->unit) * ext->gap;
}

int imapi_extent_check(const struct imapi_source *src, const struct imapi_extent *ext)
{
	/* A gap between units of no size (ECMA-119 9.1.8) */
	if (!ext->unit && ext->gap)
		return -EUCLEAN;
	/* Nothing is there, and writers put anything where it would be */
	if (!ext->len)
		return 0;
	if ((u64)ext->lba + ext->xattr_blocks + extent_span(ext) > src->blocks)
		return -EUCLEAN;
	return 0;
}

int imapi_extent_read(const struct imapi_source *src,
		      const struct imapi_iso_dirent *de, struct imapi_extent *ext)
{
	int ret;

	ext->lba = get_unaligned_le32(de->lba.le);
	ext->len = get_unaligned_le32(de->size.le);
	ext->xattr_blocks = de->xattr_blocks;
	ext->unit = de->unit_size;
	ext->gap = de->gap_size;
	ret = imapi_extent_check(src, ext);
	if (ret)
		return ret;
	/* A directory is in one piece and its bytes have 32-bit places (ECMA-119 6.8.1) */
	if ((de->flags & IMAPI_DE_DIRECTORY) && (ext->unit || ext->len > IMAPI_MAX_EXTENT))
		return -EUCLEAN;
	return 0;
}

u64 imapi_extent_map(const struct imapi_extent *ext, u32 offset, u32 *run)
{
	u64 first = (u64)ext->lba + ext->xattr_blocks;
	u32 block, unit, in_unit, left;

	*run = ext->len - offset;
	if (!ext->unit)
		return (first << IMAPI_BLOCK_SHIFT) + offset;

	block = offset >> IMAPI_BLOCK_SHIFT;
	unit = block / ext->unit;
	in_unit = block % ext->unit;
	left = ((ext->unit - in_unit) << IMAPI_BLOCK_SHIFT) - offset % IMAPI_BLOCK;
	if (*run > left)
		*run = left;
	return ((first + block + (u64)unit * ext->gap) << IMAPI_BLOCK_SHIFT) +
	       offset % IMAPI_BLOCK;
}

/* Have the directory's block in the buffer; it is in the source for sure */
static int fill(struct imapi_dir_cursor *cur, u32 block)
{
	u32 left = blocks_of(cur->dir.size) - block;
	u32 count = left < cur->buf_blocks ? left : cur->buf_blocks;
	int err;

	if (cur->have && block >= cur->have_block && block - cur->have_block < cur->have)
		return 0;
	cur->have = 0;
	err = cur->src->read(cur->src->ctx, cur->dir.lba + block, count, cur->buf);
	if (err)
		return err;
	cur->have_block = block;
	cur->have = count;
	return 0;
}

/*
 * The record at @pos, or the first one behind the padding there (a record never
 * crosses a sector, ECMA-119 6.8.1.1). 1 and @pos moved to it, 0 at the end of
 * the directory, or -errno. Good until the next call.
 */
static int record_at(struct imapi_dir_cursor *cur, u32 *pos,
		     const struct imapi_iso_dirent **de)
{
	u32 end = blocks_of(cur->dir.size) << IMAPI_BLOCK_SHIFT;
	u32 block, offset;
	int ret;

	while (*pos < end) {
		block = *pos >> IMAPI_BLOCK_SHIFT;
		offset = *pos % IMAPI_BLOCK;
		ret = fill(cur, block);
		if (ret)
			return ret;
		*de = (const void *)(cur->buf + offset +
				     ((size_t)(block - cur->have_block) << IMAPI_BLOCK_SHIFT));
		ret = imapi_dirent_check(*de, IMAPI_BLOCK - offset);
		if (ret < 0)
			return ret;
		if (ret)
			return 1;
		*pos = (block + 1) << IMAPI_BLOCK_SHIFT;
	}
	return 0;
}

/* "." and ".." (ECMA-119 6.8.2.2), and associated files */
static bool is_passed_over(const struct imapi_iso_dirent *de)
{
	if (de->flags & IMAPI_DE_ASSOCIATED)
		return true;
	return de->name_len == 1 && de->name[0] <= 1;
}

/* A record's part of @rec that holds for the whole file */
static int start_record(const struct imapi_dir_cursor *cur,
			const struct imapi_iso_dirent *de, struct imapi_record *rec)
{
	u8 name[2 * 255];
	int len;

	len = imapi_name_decode(de->name, de->name_len, cur->ucs, name);
	/* An identifier of over 111 bytes is no ISO 9660 one (ECMA-119 7.5.1) */
	if (len < 0 || len > (int)sizeof(rec->name))
		return -EUCLEAN;
	memcpy(rec->name, name, (size_t)len);
	rec->name_len = (u8)len;
	rec->flags = (u8)(de->flags & ~IMAPI_DE_MULTI_EXTENT);
	rec->mtime = imapi_date_decode(&de->date);
	rec->size = 0;
	rec->extents = 0;
	return 0;
}

/* One more section of the file */
static int add_section(const struct imapi_dir_cursor *cur,
		       const struct imapi_iso_dirent *de, struct imapi_record *rec)
{
	struct imapi_extent ext;
	int err;

	err = imapi_extent_read(cur->src, de, &ext);
	if (err)
		return err;
	if (rec->extents == IMAPI_MAX_SECTIONS)
		return -EUCLEAN;
	/* What follows continues in a block of its own (ECMA-119 6.5.1) */
	if ((de->flags & IMAPI_DE_MULTI_EXTENT) &&
	    ((de->flags & IMAPI_DE_DIRECTORY) || ext.len % IMAPI_BLOCK))
		return -EUCLEAN;
	if (cur->extents) {
		if (rec->extents == cur->max_extents)
			return -EUCLEAN;
		cur->extents[rec->extents] = ext;
	}
	if (!rec->extents)
		rec->first = ext;
	rec->extents++;
	rec->size += ext.len;
	return 0;
}

/* The identifier and flags that all sections of a file share */
struct section_key {
	u8 flags;
	u8 len;
	u8 name[255];
};

static void set_key(struct section_key *key, const struct imapi_iso_dirent *de)
{
	key->flags = de->flags & SECTION_FLAGS;
	key->len = de->name_len;
	memcpy(key->name, de->name, de->name_len);
}

static bool has_key(const struct section_key *key, const struct imapi_iso_dirent *de)
{
	return key->flags == (de->flags & SECTION_FLAGS) && key->len == de->name_len &&
	       !memcmp(key->name, de->name, key->len);
}

/* The sections behind the first one, which was @de at @rec->pos */
static int more_sections(struct imapi_dir_cursor *cur,
			 const struct imapi_iso_dirent *de, struct imapi_record *rec)
{
	struct section_key key;
	u32 pos;
	int ret;

	set_key(&key, de);
	while (de->flags & IMAPI_DE_MULTI_EXTENT) {
		pos = rec->next;
		ret = record_at(cur, &pos, &de);
		if (ret < 0)
			return ret;
		/* The last section was never recorded */
		if (!ret || !has_key(&key, de))
			return -EUCLEAN;
		ret = add_section(cur, de, rec);
		if (ret)
			return ret;
		rec->next = pos + de->len;
	}
	return 0;
}

static int check_cursor(const struct imapi_dir_cursor *cur)
{
	const struct imapi_dirloc *dir = &cur->dir;

	if (dir->size > IMAPI_MAX_EXTENT)
		return -EUCLEAN;
	if (dir->size && (u64)dir->lba + blocks_of(dir->size) > cur->src->blocks)
		return -EUCLEAN;
	return 0;
}

int imapi_dir_next(struct imapi_dir_cursor *cur, struct imapi_record *rec)
{
	const struct imapi_iso_dirent *de;
	u32 pos = cur->pos;
	int ret;

	ret = check_cursor(cur);
	if (ret)
		return ret;
	for (;;) {
		ret = record_at(cur, &pos, &de);
		if (ret <= 0)
			return ret;
		if (!is_passed_over(de))
			break;
		pos += de->len;
	}
	rec->pos = pos;
	rec->next = pos + de->len;
	ret = start_record(cur, de, rec);
	if (ret)
		return ret;
	ret = add_section(cur, de, rec);
	if (ret)
		return ret;
	ret = more_sections(cur, de, rec);
	if (ret)
		return ret;
	cur->pos = rec->next;
	return 1;
}

int imapi_dir_extents(struct imapi_dir_cursor *cur, u32 pos,
		      struct imapi_extent *extents, u32 max)
{
	struct imapi_record rec;
	int ret;

	cur->pos = pos;
	cur->extents = extents;
	cur->max_extents = max;
	ret = imapi_dir_next(cur, &rec);
	cur->extents = NULL;
	cur->max_extents = 0;
	if (ret < 0)
		return ret;
	/* The caller had an entry there before */
	if (!ret || rec.pos != pos)
		return -EUCLEAN;
	return (int)rec.extents;
}
