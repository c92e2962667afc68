/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A disc in memory with an overlay tree on it: what the tests of the tree and
 * the composer share. Staged content is bytes that follow from a seed.
 */
#ifndef TEST_WORLD_H
#define TEST_WORLD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compose.h"
#include "tree.h"

#define WORLD_BLOCKS	(1u << 16)

struct blob {
	u32 seed;
	u64 size;
};

struct world {
	u8 *disc;
	struct imapi_source src;	/* src.blocks: what is on the disc */
	struct imapi_tree_ops ops;
	struct imapi_tree *tree;
	u64 room;			/* blocks that a session may have */
	u32 blobs, drops;		/* staged content that came and went */
	u64 reads;			/* blocks read */
	u32 at;				/* where the sink writes next */
};

static inline u8 byte_of(u32 seed, u64 at)
{
	return (u8)((seed * 2654435761u + (u32)at * 40503u) >> 13);
}

static inline int world_read(void *ctx, u32 lba, u32 count, void *buf)
{
	struct world *w = ctx;

	if ((u64)lba + count > w->src.blocks)
		return -EIO;
	w->reads += count;
	memcpy(buf, w->disc + (size_t)lba * IMAPI_BLOCK, (size_t)count * IMAPI_BLOCK);
	return 0;
}

static inline u64 world_room(void *ctx, u64 taken)
{
	struct world *w = ctx;

	return taken < w->room ? w->room - taken : 0;
}

static inline void world_drop(void *ctx, void *staged)
{
	struct world *w = ctx;

	w->drops++;
	free(staged);
}

static inline int world_blocks(void *ctx, const void *buf, u32 count)
{
	struct world *w = ctx;

	if ((u64)w->at + count > WORLD_BLOCKS)
		return -ENOSPC;
	memcpy(w->disc + (size_t)w->at * IMAPI_BLOCK, buf, (size_t)count * IMAPI_BLOCK);
	w->at += count;
	return 0;
}

static inline int world_file(void *ctx, void *staged, u64 size)
{
	struct blob *b = staged;
	u8 block[IMAPI_BLOCK];
	u64 at, i;
	int ret;

	if (b->size != size)
		return -EIO;
	for (at = 0; at < size; at += IMAPI_BLOCK) {
		memset(block, 0, sizeof(block));
		for (i = 0; i < IMAPI_BLOCK && at + i < size; i++)
			block[i] = byte_of(b->seed, at + i);
		ret = world_blocks(ctx, block, 1);
		if (ret)
			return ret;
	}
	return 0;
}

/* A blank disc, mounted */
static inline int world_init(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->disc = calloc(WORLD_BLOCKS, IMAPI_BLOCK);
	if (!w->disc)
		return -ENOMEM;
	w->src.read = world_read;
	w->src.ctx = w;
	w->ops.nwa = UINT32_MAX;
	w->ops.room = world_room;
	w->ops.drop = world_drop;
	w->ops.ctx = w;
	w->room = 1u << 20;
	return imapi_tree_new(&w->src, NULL, &w->ops, &w->tree);
}

/* Return: 0, or -1 if staged content was lost on the way */
static inline int world_exit(struct world *w)
{
	imapi_tree_free(w->tree);
	free(w->disc);
	return w->blobs == w->drops ? 0 : -1;
}

static inline int world_stage(struct world *w, struct imapi_node *n, u32 seed, u64 size)
{
	struct blob *b = malloc(sizeof(*b));
	int ret;

	b->seed = seed;
	b->size = size;
	ret = imapi_node_stage(w->tree, n, b, size, 1000);
	if (ret)
		free(b);
	else
		w->blobs++;
	return ret;
}

/*
 * Composes what is staged behind what is on the disc; @result stands for the
 * recorder's. Return: 0, or what went wrong before that.
 */
static inline int world_commit(struct world *w, int result)
{
	struct compose_params p = { .volid = "WORLD", .now = 1000000 };
	const struct compose_sink sink = { world_blocks, world_file, w };
	struct imapi_usage u;
	struct compose *c;
	int ret;

	ret = imapi_tree_usage(w->tree, &u);
	if (ret)
		return ret;
	ret = imapi_tree_commit_begin(w->tree);
	if (ret)
		return ret == -EALREADY ? 0 : ret;
	p.start = w->src.blocks ? (w->src.blocks + 31) & ~31u : IMAPI_FIRST_SESSION;
	ret = compose_plan(w->tree, &p, &c);
	if (ret)
		goto out;
	w->at = p.start;
	ret = compose_emit(c, &sink);
	if (!ret && w->at != p.start + compose_blocks(c))
		ret = -1000;
	/* What was accepted fits: the bound holds */
	if (!ret && compose_blocks(c) > u.staged_blocks + u.tree_blocks)
		ret = -1001;
	if (!ret && !result) {
		w->src.blocks = w->at;
		compose_head(c, w->disc + 16 * IMAPI_BLOCK);
	}
	compose_free(c);
out:
	imapi_tree_commit_end(w->tree, ret ? ret : result);
	return ret;
}

/* A new tree over the newest session on the disc */
static inline int world_remount(struct world *w)
{
	struct imapi_sessions s;
	int ret;

	imapi_tree_free(w->tree);
	w->tree = NULL;
	ret = imapi_sessions_scan(&w->src, &s);
	if (ret)
		return ret;
	ret = imapi_tree_new(&w->src, &s.list[s.nr - 1].vol, &w->ops, &w->tree);
	free(s.list);
	return ret;
}

/* The node of a path from the root, referenced; NULL and *@err */
static inline struct imapi_node *world_resolve(struct world *w, const char *path, int *err)
{
	struct imapi_node *n = imapi_tree_root(w->tree), *sub;
	const char *end;

	*err = 0;
	imapi_node_get(w->tree, n);
	while (*path) {
		end = strchrnul(path, '/');
		*err = imapi_lookup(w->tree, n, path, (size_t)(end - path), &sub);
		imapi_node_put(w->tree, n, 1);
		if (*err)
			return NULL;
		n = sub;
		path = *end ? end + 1 : end;
	}
	return n;
}

#endif
