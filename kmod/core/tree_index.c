// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finding names in a directory of the base.
 *
 * One pass over the records fills a hash table with 8 bytes a name; a look-up
 * then reads just the block that has the record.
 */
#include "tree_private.h"

#define INDEX_FIRST	32u
/*
 * Linear probing at most three quarters full: an honest directory of any size
 * stays far below this, so a longer run means names chosen to collide.
 */
#define INDEX_MAX_PROBES	2048u
/* Buffer for a pass over a directory, blocks */
#define INDEX_BUF_BLOCKS	32u

int tree_cursor_init(const struct imapi_tree *t, const struct imapi_dirloc *dir,
		     u32 blocks, struct imapi_dir_cursor *cur)
{
	u32 have = (u32)(((u64)dir->size + IMAPI_BLOCK - 1) >> IMAPI_BLOCK_SHIFT);

	memset(cur, 0, sizeof(*cur));
	cur->src = t->src;
	cur->dir = *dir;
	cur->ucs = t->ucs;
	cur->buf_blocks = have < blocks ? have : blocks;
	if (!cur->buf_blocks)
		cur->buf_blocks = 1;
	cur->buf = core_zalloc((size_t)cur->buf_blocks * IMAPI_BLOCK);
	return cur->buf ? 0 : -ENOMEM;
}

static struct tree_index *index_alloc(u32 slots)
{
	struct tree_index *idx;

	idx = core_zalloc(sizeof(*idx) + (size_t)slots * sizeof(idx->slot[0]));
	if (idx)
		idx->mask = slots - 1;
	return idx;
}

/* Return: 1 and @rec, 0, -EUCLEAN for names made to collide, or -errno */
static int index_find(const struct tree_index *idx, struct imapi_dir_cursor *cur,
		      const struct tree_name *name, struct imapi_record *rec)
{
	u32 i = name->hash & idx->mask, probes;
	int ret;

	for (probes = 0; idx->slot[i].pos1; i = (i + 1) & idx->mask) {
		if (++probes > INDEX_MAX_PROBES)
			return -EUCLEAN;
		if (idx->slot[i].hash != name->hash)
			continue;
		cur->pos = idx->slot[i].pos1 - 1;
		ret = imapi_dir_next(cur, rec);
		if (ret < 0)
			return ret;
		if (ret && rec->name_len == name->len &&
		    !memcmp(rec->name, name->utf16, name->len))
			return 1;
	}
	return 0;
}

static void index_insert(struct tree_index *idx, u32 hash, u32 pos1)
{
	u32 i = hash & idx->mask;

	while (idx->slot[i].pos1)
		i = (i + 1) & idx->mask;
	idx->slot[i].hash = hash;
	idx->slot[i].pos1 = pos1;
	idx->names++;
}

static struct tree_index *index_grown(struct tree_index *old)
{
	struct tree_index *idx = index_alloc((old->mask + 1) * 2);
	u32 i;

	if (!idx)
		return NULL;
	for (i = 0; i <= old->mask; i++)
		if (old->slot[i].pos1)
			index_insert(idx, old->slot[i].hash, old->slot[i].pos1);
	core_free(old);
	return idx;
}

/* @cur runs over the records, @again looks at ones seen before */
static int index_fill(struct imapi_dir_cursor *cur, struct imapi_dir_cursor *again,
		      struct tree_index **idx)
{
	struct imapi_record rec, same;
	struct tree_index *grown;
	struct tree_name name;
	int ret;

	while ((ret = imapi_dir_next(cur, &rec)) > 0) {
		if ((*idx)->names >= (*idx)->mask - (*idx)->mask / 4) {
			grown = index_grown(*idx);
			if (!grown)
				return -ENOMEM;
			*idx = grown;
		}
		name.hash = imapi_sum32(rec.name, rec.name_len);
		name.len = rec.name_len;
		memcpy(name.utf16, rec.name, rec.name_len);
		ret = index_find(*idx, again, &name, &same);
		if (ret < 0)
			return ret;
		if (!ret)	/* of records with one name the first counts */
			index_insert(*idx, name.hash, rec.pos + 1);
	}
	return ret;
}

/* Builds the index without the lock; of two that race, one is kept */
int tree_index_load(struct imapi_tree *t, struct imapi_node *dir)
{
	struct imapi_dir_cursor cur, again = { 0 };
	struct tree_index *idx;
	int ret;

	core_mutex_lock(&t->lock);
	idx = dir->index;
	core_mutex_unlock(&t->lock);
	if (idx)
		return 0;

	ret = tree_cursor_init(t, &dir->base, INDEX_BUF_BLOCKS, &cur);
	if (ret)
		return ret;
	ret = tree_cursor_init(t, &dir->base, 1, &again);
	if (ret)
		goto out;
	idx = index_alloc(INDEX_FIRST);
	ret = idx ? index_fill(&cur, &again, &idx) : -ENOMEM;
	if (ret)
		goto out;
	core_mutex_lock(&t->lock);
	if (!dir->index) {
		dir->index = idx;
		idx = NULL;
	}
	core_mutex_unlock(&t->lock);
out:
	core_free(idx);
	core_free(cur.buf);
	core_free(again.buf);
	return ret;
}

/*
 * Looks for a name in what the disc has of @dir, whatever was changed since.
 * Return: 1 and @rec, 0, or -errno.
 */
int tree_base_find(struct imapi_tree *t, struct imapi_node *dir,
		   const struct tree_name *name, struct imapi_record *rec)
{
	struct imapi_dir_cursor cur;
	int ret;

	if (!dir->base.size)
		return 0;
	ret = tree_index_load(t, dir);
	if (ret)
		return ret;
	ret = tree_cursor_init(t, &dir->base, 1, &cur);
	if (ret)
		return ret;
	ret = index_find(dir->index, &cur, name, rec);
	core_free(cur.buf);
	return ret;
}
