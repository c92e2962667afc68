// SPDX-License-Identifier: GPL-2.0-only
/* Walks over merged directories: readdir, the composer's, and a rescue's. */
#include "tree_private.h"

#define READDIR_BUF_BLOCKS	4u
#define WALK_BUF_BLOCKS		32u

/* Positions below are record offsets in the base; above, changes by seq */
#define POS_CHANGES		(1ull << 33)

/* What the base calls @rec may be gone, or be something else now */
static bool is_covered(struct imapi_tree *t, struct imapi_node *dir,
		       const struct imapi_record *rec)
{
	bool covered;

	core_mutex_lock(&t->lock);
	covered = dir->covered &&
		  tree_change_find(t, dir, imapi_sum32(rec->name, rec->name_len),
				   rec->name, rec->name_len);
	core_mutex_unlock(&t->lock);
	return covered;
}

/* --- readdir --- */

static int dent_emit(const u8 *name, u8 name_len, struct imapi_dent *d, char *buf,
		     int (*fn)(void *ctx, const struct imapi_dent *d), void *ctx)
{
	int len = imapi_utf16_to_utf8(name, name_len, buf, IMAPI_NAME_UTF8);

	if (len < 0)
		return -EUCLEAN;
	d->name = buf;
	d->len = (size_t)len;
	return fn(ctx, d);
}

static int readdir_base(struct imapi_tree *t, struct imapi_node *dir, u32 pos,
			char *buf, int (*fn)(void *ctx, const struct imapi_dent *d),
			void *ctx)
{
	struct imapi_dir_cursor cur;
	struct imapi_record rec;
	struct imapi_dent d;
	int ret;

	ret = tree_cursor_init(t, &dir->base, READDIR_BUF_BLOCKS, &cur);
	if (ret)
		return ret;
	cur.pos = pos;
	while ((ret = imapi_dir_next(&cur, &rec)) > 0) {
		if (is_covered(t, dir, &rec))
			continue;
		d.ino = tree_record_ino(&dir->base, rec.pos);
		d.dir = rec.flags & IMAPI_DE_DIRECTORY;
		d.next = rec.next;
		ret = dent_emit(rec.name, rec.name_len, &d, buf, fn, ctx);
		if (ret)
			break;
	}
	core_free(cur.buf);
	return ret;
}

/* First slot whose seq is above @seq; slots are in that order */
static u32 slot_after(const struct imapi_node *dir, u64 seq)
{
	u32 lo = 0, hi = dir->slots_nr, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (dir->slots[mid].seq <= seq)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The next added name behind @seq, copied out. Return: false at the end */
static bool next_added(struct imapi_tree *t, struct imapi_node *dir, u64 seq,
		       struct imapi_dent *d, u8 *name, u8 *name_len)
{
	struct tree_change *c = NULL;
	u32 i;

	core_mutex_lock(&t->lock);
	for (i = slot_after(dir, seq); i < dir->slots_nr; i++) {
		c = dir->slots[i].change;
		if (c && c->node)
			break;
		c = NULL;
	}
	if (c) {
		d->ino = c->node->ino;
		d->dir = c->node->dir;
		d->next = POS_CHANGES + c->seq;
		*name_len = c->name_len;
		memcpy(name, c->name, c->name_len);
	}
	core_mutex_unlock(&t->lock);
	return c;
}

int imapi_readdir(struct imapi_tree *t, struct imapi_node *dir, u64 pos,
		  int (*fn)(void *ctx, const struct imapi_dent *d), void *ctx)
{
	u8 name[IMAPI_NAME_BYTES_ON_DISC], name_len;
	struct imapi_dent d;
	char *buf;
	int ret = 0;

	if (!dir->dir)
		return -ENOTDIR;
	buf = core_zalloc(IMAPI_NAME_UTF8);
	if (!buf)
		return -ENOMEM;
	if (pos < POS_CHANGES) {
		if (dir->base.size)
			ret = readdir_base(t, dir, (u32)pos, buf, fn, ctx);
		pos = POS_CHANGES;
	}
	while (!ret && next_added(t, dir, pos - POS_CHANGES, &d, name, &name_len)) {
		pos = d.next;
		ret = dent_emit(name, name_len, &d, buf, fn, ctx);
	}
	core_free(buf);
	return ret;
}

/* --- the composer's walk --- */

static void entry_of_node(struct imapi_node *n, struct imapi_entry *e)
{
	e->flags = n->hidden | (n->dir ? IMAPI_DE_DIRECTORY : 0);
	e->mtime = n->mtime;
	e->dir.node = n->dir ? n : NULL;
	e->node = n->dir ? NULL : n;
	if (n->dir)
		return;
	e->content.staged = n->staged;
	e->content.size = n->size;
	e->content.nr = n->staged ? 0 : n->nr;
	e->content.extents = n->more ? n->more : &n->first;
}

static int walk_added(struct imapi_tree *t, struct imapi_node *dir,
		      int (*fn)(void *ctx, const struct imapi_entry *e), void *ctx)
{
	struct tree_change *c;
	struct imapi_entry e;
	int ret = 0;
	u32 i;

	/* Frozen: no change comes or goes, and what they name stays */
	for (i = 0; !ret && i < dir->slots_nr; i++) {
		c = dir->slots[i].change;
		if (!c || !c->node)
			continue;
		memset(&e, 0, sizeof(e));
		e.name = c->name;
		e.name_len = c->name_len;
		core_mutex_lock(&t->lock);
		entry_of_node(c->node, &e);
		core_mutex_unlock(&t->lock);
		ret = fn(ctx, &e);
	}
	return ret;
}

struct base_walk {
	struct imapi_dir_cursor cur, again;	/* @again: for several sections */
	struct imapi_extent *more;
	u32 more_max;
};

static int base_sections(struct base_walk *w, const struct imapi_record *rec,
			 struct imapi_entry *e)
{
	struct imapi_extent *more;
	int ret;

	if (rec->extents > w->more_max) {
		more = core_zalloc((size_t)rec->extents * sizeof(*more));
		if (!more)
			return -ENOMEM;
		core_free(w->more);
		w->more = more;
		w->more_max = rec->extents;
	}
	ret = imapi_dir_extents(&w->again, rec->pos, w->more, rec->extents);
	if (ret < 0)
		return ret;
	e->content.extents = w->more;
	return (u32)ret == rec->extents ? 0 : -EUCLEAN;
}

static int base_entry(struct imapi_tree *t, struct base_walk *w,
		      const struct imapi_record *rec, struct imapi_entry *e)
{
	struct imapi_node *n;

	memset(e, 0, sizeof(*e));
	e->name = rec->name;
	e->name_len = rec->name_len;
	core_mutex_lock(&t->lock);
	n = tree_node_find(t, tree_record_ino(&w->cur.dir, rec->pos));
	if (n)
		entry_of_node(n, e);
	core_mutex_unlock(&t->lock);
	if (n)
		return 0;
	e->flags = rec->flags & (IMAPI_DE_HIDDEN | IMAPI_DE_DIRECTORY);
	e->mtime = rec->mtime;
	if (e->flags & IMAPI_DE_DIRECTORY) {
		e->dir.base.lba = rec->first.lba + rec->first.xattr_blocks;
		e->dir.base.size = rec->first.len;
		return 0;
	}
	e->content.size = rec->size;
	e->content.nr = rec->size ? rec->extents : 0;
	e->content.extents = &rec->first;
	return e->content.nr > 1 ? base_sections(w, rec, e) : 0;
}

static int walk_base(struct imapi_tree *t, const struct imapi_dirloc *base,
		     struct imapi_node *dir,
		     int (*fn)(void *ctx, const struct imapi_entry *e), void *ctx)
{
	struct base_walk w = { .more = NULL };
	struct imapi_record rec;
	struct imapi_entry e;
	int ret;

	ret = tree_cursor_init(t, base, WALK_BUF_BLOCKS, &w.cur);
	if (ret)
		return ret;
	ret = tree_cursor_init(t, base, 1, &w.again);
	while (!ret && (ret = imapi_dir_next(&w.cur, &rec)) > 0) {
		ret = 0;
		if (dir && is_covered(t, dir, &rec))
			continue;
		ret = base_entry(t, &w, &rec, &e);
		if (!ret)
			ret = fn(ctx, &e);
	}
	core_free(w.cur.buf);
	core_free(w.again.buf);
	core_free(w.more);
	return ret;
}

int imapi_dir_walk(struct imapi_tree *t, const struct imapi_dirref *dir,
		   int (*fn)(void *ctx, const struct imapi_entry *e), void *ctx)
{
	const struct imapi_dirloc *base = dir->node ? &dir->node->base : &dir->base;
	int ret = 0;

	if (base->size)
		ret = walk_base(t, base, dir->node, fn, ctx);
	if (!ret && dir->node)
		ret = walk_added(t, dir->node, fn, ctx);
	return ret;
}

/* --- what no session has yet --- */

/* A longer path is an error */
#define PATH_BYTES	((size_t)64 * 1024)

/*
 * Writes the path of @name in @dir to the end of @buf, *@path is where it starts.
 * Return: 1, 0 if a directory on the way was removed, -ENAMETOOLONG.
 */
static int path_to(const struct imapi_node *dir, const u8 *name, u8 name_len,
		   char *buf, size_t size, const char **path)
{
	char part[IMAPI_NAME_UTF8], *p = buf + size - 1;
	int len;

	*p = 0;
	for (;;) {
		if (!dir->linked)
			return 0;
		len = imapi_utf16_to_utf8(name, name_len, part, sizeof(part));
		if (len < 0)
			return len;
		if (len > p - buf)
			return -ENAMETOOLONG;
		p -= len;
		memcpy(p, part, (size_t)len);
		*path = p;
		if (!dir->parent)
			return 1;
		if (p == buf)
			return -ENAMETOOLONG;
		*--p = '/';
		name = tree_node_name(dir, &name_len);
		dir = dir->parent;
	}
}

const char *imapi_node_path(struct imapi_tree *t, struct imapi_node *n,
			    char *buf, size_t size)
{
	const char *path = NULL;
	const u8 *name;
	u8 len;

	core_mutex_lock(&t->lock);
	if (n->linked && n->parent) {
		name = tree_node_name(n, &len);
		if (path_to(n->parent, name, len, buf, size, &path) <= 0)
			path = NULL;
	}
	core_mutex_unlock(&t->lock);
	return path;
}

struct unburned {
	struct imapi_tree *t;
	int (*fn)(void *ctx, const char *path, struct imapi_node *n);
	int (*gone)(void *ctx, const char *path);
	void *ctx;
	char *buf;
};

static int unburned_change(struct unburned *u, const struct tree_change *c)
{
	const char *path;
	int ret;

	if (c->generation != u->t->generation)
		return 0;
	ret = path_to(c->dir, c->name, c->name_len, u->buf, PATH_BYTES, &path);
	if (ret <= 0)
		return ret;
	if (c->node)
		return u->fn(u->ctx, path, c->node);
	return u->gone ? u->gone(u->ctx, path) : 0;
}

static int unburned_staged(struct unburned *u, struct imapi_node *n)
{
	const char *path;
	const u8 *name;
	int ret;
	u8 len;

	if (!n->linked || (n->change && n->change->generation == u->t->generation))
		return 0;	/* deleted, or told of as a change */
	name = tree_node_name(n, &len);
	ret = path_to(n->parent, name, len, u->buf, PATH_BYTES, &path);
	return ret <= 0 ? ret : u->fn(u->ctx, path, n);
}

int imapi_tree_unburned(struct imapi_tree *t,
			int (*fn)(void *ctx, const char *path,
				  struct imapi_node *n),
			int (*gone)(void *ctx, const char *path), void *ctx)
{
	struct unburned u = { .t = t, .fn = fn, .gone = gone, .ctx = ctx };
	struct tree_change *c;
	struct imapi_node *n;
	int ret = 0;
	u32 i;

	u.buf = core_zalloc(PATH_BYTES);
	if (!u.buf)
		return -ENOMEM;
	for (i = 0; i <= t->changes.mask; i++)
		for (c = t->changes.bucket[i]; c && !ret; c = c->hash_next)
			ret = unburned_change(&u, c);
	for (n = t->staged; n && !ret; n = n->staged_next)
		ret = unburned_staged(&u, n);
	core_free(u.buf);
	return ret;
}
