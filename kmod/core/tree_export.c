// SPDX-License-Identifier: GPL-2.0-only
/*
 * The overlay as a change log (include/uapi/linux/imapifs.h). The tree is frozen:
 * nodes that have a name and differ from their records stay as and where they are,
 * so only finding them needs the lock.
 */
#include <linux/imapifs.h>
#include "tree_private.h"

#define BUF_BYTES	((size_t)64 * 1024)

enum { MARK_NONE, MARK_WANTED, MARK_LISTED };

struct export {
	struct imapi_tree *t;
	int (*write)(void *ctx, const void *buf, size_t len);
	void *ctx;
	struct imapi_node **list;	/* parents before what is in them */
	u32 nr, wanted;
	u8 *buf;
	size_t used;
};

/* --- which nodes; under the lock --- */

static void each_node(struct export *x, void (*fn)(struct export *x, struct imapi_node *n))
{
	struct tree_table *tab = &x->t->nodes;
	struct imapi_node *n;
	u32 i;

	for (i = 0; i <= tab->mask; i++)
		for (n = tab->bucket[i]; n; n = n->hash_next)
			fn(x, n);
}

static void unmark(struct export *x, struct imapi_node *n)
{
	(void)x;
	n->mark = MARK_NONE;
}

/* Directories on the way are needed even if nothing is new about them */
static void want(struct export *x, struct imapi_node *n)
{
	if (!n->linked || (!n->pinned && !n->change))
		return;
	for (; n && n->mark == MARK_NONE; n = n->parent) {
		n->mark = MARK_WANTED;
		x->wanted++;
	}
}

/* Lists @n behind those of its ancestors that aren't listed yet */
static void enlist(struct export *x, struct imapi_node *n)
{
	struct imapi_node *up;
	u32 at;

	for (up = n; up && up->mark == MARK_WANTED; up = up->parent) {
		up->mark = MARK_LISTED;
		x->nr++;
	}
	for (at = x->nr; n != up; n = n->parent)
		x->list[--at] = n;
}

static int list_nodes(struct export *x)
{
	int ret = 0;

	core_mutex_lock(&x->t->lock);
	each_node(x, unmark);
	each_node(x, want);
	if (x->wanted) {
		x->list = core_zalloc((size_t)x->wanted * sizeof(struct imapi_node *));
		ret = x->list ? 0 : -ENOMEM;
	}
	if (x->list)
		each_node(x, enlist);
	core_mutex_unlock(&x->t->lock);
	return ret;
}

/* --- how long --- */

static u32 rounded(size_t bytes)
{
	return ((u32)bytes + 7) & ~7u;
}

/* Of what is staged the log has no places */
static u32 node_extents(const struct imapi_node *n)
{
	return n->dir || n->staged ? 0 : n->nr;
}

static u32 node_bytes(const struct imapi_node *n)
{
	return rounded(sizeof(struct imapifs_log_node) + n->name_len +
		       node_extents(n) * sizeof(struct imapifs_log_extent));
}

static u32 change_bytes(const struct tree_change *c)
{
	return rounded(sizeof(struct imapifs_log_change) + c->name_len);
}

static void count_changes(const struct imapi_node *dir, struct imapifs_log_head *h)
{
	u32 i;

	for (i = 0; i < dir->slots_nr; i++) {
		if (!dir->slots[i].change)
			continue;
		h->bytes += change_bytes(dir->slots[i].change);
		h->changes++;
	}
}

static void make_head(const struct export *x, struct imapifs_log_head *h)
{
	const struct imapi_tree *t = x->t;
	u32 i;

	memset(h, 0, sizeof(*h));
	h->magic = IMAPIFS_LOG_MAGIC;
	h->version = IMAPIFS_VERSION;
	h->bytes = sizeof(*h);
	h->nodes = x->nr;
	h->root_lba = t->root->base.lba;
	h->root_size = t->root->base.size;
	h->root_mtime = t->root->mtime;
	h->generation = t->generation;
	h->flags = t->ucs ? IMAPIFS_LOG_UCS : 0;
	h->nwa = t->ops ? t->ops->nwa : 0;
	for (i = 0; i < x->nr; i++) {
		h->bytes += node_bytes(x->list[i]);
		if (x->list[i]->dir)
			count_changes(x->list[i], h);
	}
}

/* --- writing --- */

static int flush(struct export *x)
{
	size_t used = x->used;

	x->used = 0;
	return used ? x->write(x->ctx, x->buf, used) : 0;
}

static int append(struct export *x, const void *data, size_t len)
{
	const u8 *from = data;
	size_t part;
	int ret;

	while (len) {
		part = len < BUF_BYTES - x->used ? len : BUF_BYTES - x->used;
		memcpy(x->buf + x->used, from, part);
		x->used += part;
		from += part;
		len -= part;
		ret = x->used == BUF_BYTES ? flush(x) : 0;
		if (ret)
			return ret;
	}
	return 0;
}

/* A record's end: its name, and zeros up to a multiple of 8 */
static int append_name(struct export *x, const u8 *name, u8 len, u32 unpadded)
{
	static const u8 zeros[8];
	int ret = append(x, name, len);

	return ret ? ret : append(x, zeros, rounded(unpadded) - unpadded);
}

static int append_extent(struct export *x, const struct imapi_extent *from)
{
	struct imapifs_log_extent e = {
		.lba = from->lba,
		.len = from->len,
		.xattr_blocks = from->xattr_blocks,
		.unit = from->unit,
		.gap = from->gap,
	};

	return append(x, &e, sizeof(e));
}

static void node_record(const struct imapi_node *n, struct imapifs_log_node *r)
{
	memset(r, 0, sizeof(*r));
	r->len = node_bytes(n);
	r->type = IMAPIFS_LOG_NODE;
	r->flags = n->hidden ? IMAPIFS_LOG_HIDDEN : 0;
	r->name_len = n->name_len;
	r->ino = n->ino;
	r->parent = n->parent ? n->parent->ino : 0;
	r->mtime = n->mtime;
	if (n->dir) {
		r->flags |= IMAPIFS_LOG_DIR;
		r->dir_lba = n->base.lba;
		r->dir_size = n->base.size;
		return;
	}
	if (n->staged)
		r->flags |= IMAPIFS_LOG_STAGED;
	r->size = n->size;
	r->extents = node_extents(n);
}

static int write_node(struct export *x, const struct imapi_node *n)
{
	struct imapifs_log_node r;
	u32 i, bytes = sizeof(r);
	int ret;

	node_record(n, &r);
	ret = append(x, &r, sizeof(r));
	for (i = 0; !ret && i < r.extents; i++) {
		ret = append_extent(x, n->more ? &n->more[i] : &n->first);
		bytes += sizeof(struct imapifs_log_extent);
	}
	return ret ? ret : append_name(x, n->name, n->name_len, bytes + n->name_len);
}

static int write_change(struct export *x, const struct tree_change *c)
{
	struct imapifs_log_change r = {
		.len = change_bytes(c),
		.type = IMAPIFS_LOG_CHANGE,
		.name_len = c->name_len,
		.dir = c->dir->ino,
		.node = c->node ? c->node->ino : 0,
		.generation = c->generation,
	};
	int ret;

	if (c->covers)
		r.flags |= IMAPIFS_LOG_COVERS;
	if (c->burned)
		r.flags |= IMAPIFS_LOG_BURNED;
	ret = append(x, &r, sizeof(r));
	return ret ? ret : append_name(x, c->name, c->name_len, sizeof(r) + c->name_len);
}

static int write_changes(struct export *x, const struct imapi_node *dir)
{
	int ret = 0;
	u32 i;

	for (i = 0; !ret && i < dir->slots_nr; i++)
		if (dir->slots[i].change)
			ret = write_change(x, dir->slots[i].change);
	return ret;
}

static int write_log(struct export *x)
{
	struct imapifs_log_head h;
	int ret;
	u32 i;

	make_head(x, &h);
	ret = append(x, &h, sizeof(h));
	for (i = 0; !ret && i < x->nr; i++)
		ret = write_node(x, x->list[i]);
	for (i = 0; !ret && i < x->nr; i++)
		if (x->list[i]->dir)
			ret = write_changes(x, x->list[i]);
	return ret ? ret : flush(x);
}

int imapi_tree_export(struct imapi_tree *t,
		      int (*write)(void *ctx, const void *buf, size_t len), void *ctx)
{
	struct export x = { .t = t, .write = write, .ctx = ctx };
	int ret;

	ret = list_nodes(&x);
	if (!ret) {
		x.buf = core_zalloc(BUF_BYTES);
		ret = x.buf ? write_log(&x) : -ENOMEM;
	}
	core_free(x.buf);
	core_free(x.list);
	return ret;
}
