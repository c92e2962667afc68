// SPDX-License-Identifier: GPL-2.0-only
/*
 * A tree from a change log (include/uapi/linux/imapifs.h). Nobody else has the
 * tree until it is whole, so it is built without its lock.
 */
#include <linux/imapifs.h>
#include "tree_private.h"

/* A descriptor's date has four digits for the year: seconds, some 8,700 years */
#define TIME_LIMIT	0x4000000000ll

#define NODE_FLAGS	(IMAPIFS_LOG_DIR | IMAPIFS_LOG_STAGED | IMAPIFS_LOG_HIDDEN)
#define CHANGE_FLAGS	(IMAPIFS_LOG_COVERS | IMAPIFS_LOG_BURNED)

/* How a record of either kind begins */
struct log_prefix {
	u32 len;
	u16 type;
	u8 flags;
	u8 name_len;
};

static_assert(offsetof(struct imapifs_log_node, ino) == sizeof(struct log_prefix));
static_assert(offsetof(struct imapifs_log_change, dir) == sizeof(struct log_prefix));

struct import {
	struct imapi_tree *t;
	void *(*staged)(void *ctx, u64 ino, u64 size);
	void *ctx;
	const u8 *at;		/* the record that is next */
	size_t left;		/* bytes from there on */
	u64 generation;
	s64 root_mtime;
	u64 nodes, changes;	/* taken */
	u32 dirs;		/* of them */
};

static bool dir_fits(const struct imapi_source *src, u32 lba, u32 size)
{
	return size <= IMAPI_MAX_EXTENT &&
	       (!size || lba + tree_file_blocks(size) <= src->blocks);
}

/* Nothing but zeros from the name to the end of the record */
static bool ends_well(const u8 *rec, u32 len, u64 used)
{
	if (((used + 7) & ~7ull) != len)
		return false;
	for (; used < len; used++)
		if (rec[used])
			return false;
	return true;
}

static bool name_is_good(const u8 *name, u8 len)
{
	return len <= IMAPI_NAME_BYTES_ON_DISC && !imapi_name_decoded_check(name, len);
}

/* --- nodes --- */

static int extent_take(const struct import *im, const u8 *from, struct imapi_extent *ext)
{
	struct imapifs_log_extent e;

	memcpy(&e, from, sizeof(e));
	ext->lba = e.lba;
	ext->len = e.len;
	ext->xattr_blocks = e.xattr_blocks;
	ext->unit = e.unit;
	ext->gap = e.gap;
	return e.pad || imapi_extent_check(im->t->src, ext) ? -EINVAL : 0;
}

/* Sections of whole blocks but for the last, and together as long as the file */
static int extents_take(const struct import *im, const struct imapifs_log_node *r,
			struct imapi_node *n)
{
	const u8 *from = im->at + sizeof(*r);
	struct imapi_extent ext;
	u64 size = 0;
	u32 i;

	if (r->extents > 1) {
		n->more = core_zalloc((size_t)r->extents * sizeof(*n->more));
		if (!n->more)
			return -ENOMEM;
	}
	n->nr = r->extents;
	for (i = 0; i < r->extents; i++, from += sizeof(struct imapifs_log_extent)) {
		if (extent_take(im, from, &ext))
			return -EINVAL;
		if (i + 1 < r->extents && ext.len % IMAPI_BLOCK)
			return -EINVAL;
		if (n->more)
			n->more[i] = ext;
		if (!i)
			n->first = ext;
		size += ext.len;
	}
	return size == r->size ? 0 : -EINVAL;
}

static bool dir_is_good(const struct import *im, const struct imapifs_log_node *r)
{
	return !(r->flags & IMAPIFS_LOG_STAGED) && !r->size && !r->extents &&
	       dir_fits(im->t->src, r->dir_lba, r->dir_size);
}

static bool file_is_good(const struct imapifs_log_node *r)
{
	if (r->dir_lba || r->dir_size)
		return false;
	if (r->flags & IMAPIFS_LOG_STAGED)
		return !r->extents && r->size <= (u64)UINT_MAX << IMAPI_BLOCK_SHIFT;
	return !r->extents == !r->size;
}

/* What can be said of a record without looking at others */
static bool node_is_good(const struct import *im, const struct imapifs_log_node *r)
{
	u64 name = sizeof(*r) + (u64)r->extents * sizeof(struct imapifs_log_extent);

	if (r->flags & ~NODE_FLAGS || r->pad || r->extents > IMAPI_MAX_SECTIONS)
		return false;
	if (r->mtime < -TIME_LIMIT || r->mtime > TIME_LIMIT)
		return false;
	if (!ends_well(im->at, r->len, name + r->name_len))
		return false;
	if (r->flags & IMAPIFS_LOG_DIR ? !dir_is_good(im, r) : !file_is_good(r))
		return false;
	/* New ones and the root have neither a name in the base nor a record there */
	if (r->ino >= IMAPI_INO_NEW || r->ino == IMAPI_INO_ROOT)
		return !r->name_len && (!r->dir_size || r->ino == IMAPI_INO_ROOT);
	return name_is_good(im->at + name, r->name_len);
}

static int root_take(struct import *im, const struct imapifs_log_node *r)
{
	struct imapi_node *root = im->t->root;

	if (im->nodes || r->parent || r->flags != IMAPIFS_LOG_DIR ||
	    r->mtime != im->root_mtime ||
	    r->dir_lba != root->base.lba || r->dir_size != root->base.size)
		return -EINVAL;
	tree_node_pin(root);
	return 0;
}

/* All of a node but its staged bytes; what is in it so far is the caller's */
static int node_fill(const struct import *im, const struct imapifs_log_node *r,
		     struct imapi_node *n)
{
	n->dir = r->flags & IMAPIFS_LOG_DIR;
	n->hidden = r->flags & IMAPIFS_LOG_HIDDEN ? IMAPI_DE_HIDDEN : 0;
	n->linked = true;
	n->ino = r->ino;
	n->mtime = r->mtime;
	n->size = r->size;
	memcpy(n->name, im->at + sizeof(*r) + r->extents * sizeof(struct imapifs_log_extent),
	       r->name_len);
	if (n->dir) {
		n->base.lba = r->dir_lba;
		n->base.size = r->dir_size;
		return 0;
	}
	return r->flags & IMAPIFS_LOG_STAGED ? 0 : extents_take(im, r, n);
}

static int staged_take(struct import *im, struct imapi_node *n)
{
	n->staged = im->staged(im->ctx, n->ino, n->size);
	if (!n->staged)
		return -ENOMEM;
	tree_staged_add(im->t, n);
	tree_cost_content(&im->t->cost, n->size, 1);
	return 0;
}

static int node_add(struct import *im, const struct imapifs_log_node *r,
		    struct imapi_node *parent)
{
	struct imapi_node *n = tree_node_alloc(r->name_len);
	int ret;

	if (!n)
		return -ENOMEM;
	ret = node_fill(im, r, n);
	if (ret) {
		if (!n->dir)
			core_free(n->more);
		core_free(n);
		return ret;
	}
	/* That first reference is what keeps a node that isn't as on the disc */
	n->pinned = true;
	n->parent = parent;
	tree_node_insert(im->t, n);
	if (n->ino >= im->t->next_ino)
		im->t->next_ino = n->ino + 1;
	return r->flags & IMAPIFS_LOG_STAGED ? staged_take(im, n) : 0;
}

static int node_take(struct import *im, const struct log_prefix *p)
{
	struct imapifs_log_node r;
	struct imapi_node *parent;
	int ret;

	if (p->len < sizeof(r))
		return -EINVAL;
	memcpy(&r, im->at, sizeof(r));
	if (!node_is_good(im, &r))
		return -EINVAL;
	if (r.ino == IMAPI_INO_ROOT) {
		ret = root_take(im, &r);
		im->nodes++;
		return ret;
	}
	/* The last one leaves a number for what is created next */
	if (!r.ino || r.ino >= 1ull << 63 || tree_node_find(im->t, r.ino))
		return -EINVAL;
	parent = tree_node_find(im->t, r.parent);
	if (!im->nodes || !parent || !parent->dir)
		return -EINVAL;
	if (r.flags & IMAPIFS_LOG_DIR && ++im->dirs > IMAPI_MAX_DIRS)
		return -EINVAL;
	im->nodes++;
	return node_add(im, &r, parent);
}

/* --- changes --- */

/* Only a name that the base has may be one that can't be given any more */
static bool change_name_is_good(const struct imapifs_log_change *r, const u8 *name)
{
	if (!name_is_good(name, r->name_len))
		return false;
	return r->flags & IMAPIFS_LOG_COVERS || !imapi_name_check(name, r->name_len);
}

static bool change_is_good(const struct import *im, const struct imapifs_log_change *r)
{
	if (r->flags & ~CHANGE_FLAGS || r->generation > im->generation)
		return false;
	if (r->flags & IMAPIFS_LOG_BURNED && !im->generation)
		return false;
	/* That a name is gone says something only where somebody has it */
	if (!r->node && !r->flags)
		return false;
	return ends_well(im->at, r->len, sizeof(*r) + r->name_len) &&
	       change_name_is_good(r, im->at + sizeof(*r));
}

static int change_add(struct import *im, const struct imapifs_log_change *r,
		      struct imapi_node *dir, struct imapi_node *n)
{
	struct tree_name key = { .len = r->name_len };
	struct tree_change *c;

	memcpy(key.utf16, im->at + sizeof(*r), key.len);
	key.hash = imapi_sum32(key.utf16, key.len);
	if (tree_change_find(im->t, dir, key.hash, key.utf16, key.len))
		return -EINVAL;
	if (!tree_slots_reserve(dir, 1))
		return -ENOMEM;
	c = tree_change_alloc(dir, &key, r->flags & IMAPIFS_LOG_COVERS);
	if (!c)
		return -ENOMEM;
	c->generation = r->generation;
	c->burned = r->flags & IMAPIFS_LOG_BURNED;
	c->node = n;
	tree_change_insert(im->t, c);
	if (n) {
		n->change = c;
		dir->live++;
	}
	return 0;
}

static int change_take(struct import *im, const struct log_prefix *p)
{
	struct imapi_node *dir, *n = NULL;
	struct imapifs_log_change r;

	if (p->len < sizeof(r))
		return -EINVAL;
	memcpy(&r, im->at, sizeof(r));
	if (!change_is_good(im, &r))
		return -EINVAL;
	dir = tree_node_find(im->t, r.dir);
	if (!im->nodes || !dir || !dir->dir)
		return -EINVAL;
	if (r.flags & IMAPIFS_LOG_COVERS && !dir->base.size)
		return -EINVAL;
	if (r.node) {
		n = tree_node_find(im->t, r.node);
		if (!n || n->parent != dir || n->change)
			return -EINVAL;
	}
	im->changes++;
	return change_add(im, &r, dir, n);
}

/* --- the whole --- */

/* Could the record of inode number @ino be in what the disc has of @dir? */
static bool has_record(const struct imapi_node *dir, u64 ino)
{
	u64 first = tree_record_ino(&dir->base, 0);
	u64 blocks = tree_file_blocks(dir->base.size);

	return ino >= first && ino < first + (blocks << (IMAPI_BLOCK_SHIFT - 5));
}

static bool is_covered(struct imapi_tree *t, const struct imapi_node *dir,
		       const struct imapi_node *n)
{
	return tree_change_find(t, dir, imapi_sum32(n->name, n->name_len), n->name,
				n->name_len);
}

/* Does the disc lead from @dir back to it, or to a directory that it is in? */
static bool leads_back(struct imapi_tree *t, const struct imapi_node *dir)
{
	const struct imapi_node *up;

	if (!dir->base.size)
		return false;
	for (up = dir; up->parent; up = up->parent)
		if (has_record(dir, up->ino) && !is_covered(t, dir, up))
			return true;
	return false;
}

/* Every node is somewhere: a change names it, or its record is in its directory */
static bool is_placed(struct imapi_tree *t, const struct imapi_node *n)
{
	if (n->change || !n->parent)
		return true;
	return n->ino < IMAPI_INO_NEW && has_record(n->parent, n->ino) &&
	       !is_covered(t, n->parent, n);
}

static int check_places(struct imapi_tree *t)
{
	const struct imapi_node *n;
	u32 i;

	for (i = 0; i <= t->nodes.mask; i++)
		for (n = t->nodes.bucket[i]; n; n = n->hash_next)
			if (!is_placed(t, n) || (n->dir && leads_back(t, n)))
				return -EINVAL;
	return 0;
}

static int records_take(struct import *im)
{
	struct log_prefix p;
	int ret = 0;

	for (; !ret && im->left; im->at += p.len, im->left -= p.len) {
		if (im->left < sizeof(p))
			return -EINVAL;
		memcpy(&p, im->at, sizeof(p));
		if (p.len < sizeof(p) || p.len > im->left)
			return -EINVAL;
		if (p.type == IMAPIFS_LOG_NODE)
			ret = node_take(im, &p);
		else if (p.type == IMAPIFS_LOG_CHANGE)
			ret = change_take(im, &p);
		else
			ret = -EINVAL;
	}
	return ret;
}

static int head_check(const struct imapi_source *src, const struct imapifs_log_head *h,
		      size_t bytes)
{
	if (h->magic != IMAPIFS_LOG_MAGIC || h->version != IMAPIFS_VERSION ||
	    h->bytes != bytes || h->flags & ~IMAPIFS_LOG_UCS)
		return -EINVAL;
	if (h->root_mtime < -TIME_LIMIT || h->root_mtime > TIME_LIMIT)
		return -EINVAL;
	return dir_fits(src, h->root_lba, h->root_size) ? 0 : -EINVAL;
}

static int tree_begin(const struct imapi_source *src, const struct imapi_tree_ops *ops,
		      const struct imapifs_log_head *h, struct imapi_tree **out)
{
	struct imapi_volume base;
	int ret;

	memset(&base, 0, sizeof(base));
	base.joliet = h->flags & IMAPIFS_LOG_UCS ? 3 : 0;
	base.primary.root.lba = h->root_lba;
	base.primary.root.size = h->root_size;
	base.primary.mtime = h->root_mtime;
	base.ucs = base.primary;
	ret = imapi_tree_new(src, &base, ops, out);
	if (ret)
		return ret;
	(*out)->generation = h->generation;
	(*out)->imported = true;
	(*out)->dirty = true;
	return 0;
}

int imapi_tree_import(const struct imapi_source *src, const struct imapi_tree_ops *ops,
		      const void *log, size_t bytes,
		      void *(*staged)(void *ctx, u64 ino, u64 size), void *ctx,
		      struct imapi_tree **out)
{
	struct import im = { .staged = staged, .ctx = ctx };
	struct imapifs_log_head h;
	int ret;

	if (bytes < sizeof(h))
		return -EINVAL;
	memcpy(&h, log, sizeof(h));
	ret = head_check(src, &h, bytes);
	if (!ret)
		ret = tree_begin(src, ops, &h, &im.t);
	if (ret)
		return ret;
	im.at = (const u8 *)log + sizeof(h);
	im.left = bytes - sizeof(h);
	im.generation = h.generation;
	im.root_mtime = h.root_mtime;
	ret = records_take(&im);
	if (!ret && (im.nodes != h.nodes || im.changes != h.changes))
		ret = -EINVAL;
	if (!ret)
		ret = check_places(im.t);
	if (ret)
		imapi_tree_free(im.t);
	else
		*out = im.t;
	return ret;
}
