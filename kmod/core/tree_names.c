// SPDX-License-Identifier: GPL-2.0-only
/* The overlay tree's names: look-up, create, unlink, rename. */
#include "tree_private.h"

/* A name that is searched for: what can't be on a disc isn't there */
static int name_wanted(const char *name, size_t len, struct tree_name *out)
{
	int ret = imapi_utf8_to_utf16(name, len, out->utf16, sizeof(out->utf16));

	if (ret <= 0)
		return ret == -ENAMETOOLONG ? ret : -ENOENT;
	out->len = (u8)ret;
	out->hash = imapi_sum32(out->utf16, out->len);
	return 0;
}

/* A name that is to be given */
static int name_new(const char *name, size_t len, struct tree_name *out)
{
	int ret = imapi_utf8_to_utf16(name, len, out->utf16, sizeof(out->utf16));

	if (ret < 0)
		return ret;
	out->len = (u8)ret;
	out->hash = imapi_sum32(out->utf16, out->len);
	return imapi_name_check(out->utf16, out->len);
}

static struct tree_change *change_of(struct imapi_tree *t,
				     const struct imapi_node *dir,
				     const struct tree_name *name)
{
	return tree_change_find(t, dir, name->hash, name->utf16, name->len);
}

/* Copies a record into a fresh node, all sections with it; no lock */
static int node_from_record(struct imapi_tree *t, struct imapi_node *dir,
			    const struct imapi_record *rec, struct imapi_node **out)
{
	struct imapi_node *n = tree_node_alloc(rec->name_len);
	struct imapi_dir_cursor cur;
	int ret;

	if (!n)
		return -ENOMEM;
	memcpy(n->name, rec->name, rec->name_len);
	n->ino = tree_record_ino(&dir->base, rec->pos);
	n->parent = dir;
	n->size = rec->size;
	n->mtime = rec->mtime;
	n->dir = rec->flags & IMAPI_DE_DIRECTORY;
	n->hidden = rec->flags & IMAPI_DE_HIDDEN;
	n->linked = true;
	*out = n;
	if (n->dir) {
		n->base.lba = rec->first.lba + rec->first.xattr_blocks;
		n->base.size = rec->first.len;
		return 0;
	}
	n->nr = rec->size ? rec->extents : 0;
	n->first = rec->first;
	if (n->nr <= 1)
		return 0;
	n->more = core_zalloc((size_t)n->nr * sizeof(*n->more));
	ret = n->more ? tree_cursor_init(t, &dir->base, 1, &cur) : -ENOMEM;
	if (!ret) {
		ret = imapi_dir_extents(&cur, rec->pos, n->more, n->nr);
		core_free(cur.buf);
		if (ret >= 0)
			ret = (u32)ret == n->nr ? 0 : -EUCLEAN;
	}
	if (ret) {
		core_free(n->more);
		core_free(n);
	}
	return ret;
}

/* A directory of the disc that is one of its own ancestors never ends */
static bool node_loops(const struct imapi_node *n)
{
	const struct imapi_node *p;

	if (!n->dir || !n->base.size)
		return false;
	for (p = n->parent; p; p = p->parent)
		if (p->base.size && p->base.lba == n->base.lba)
			return true;
	return false;
}

static int node_of_record(struct imapi_tree *t, struct imapi_node *dir,
			  const struct imapi_record *rec, struct imapi_node **out)
{
	u64 ino = tree_record_ino(&dir->base, rec->pos);
	struct imapi_node *n, *fresh = NULL;
	int ret = 0;

	core_mutex_lock(&t->lock);
	n = tree_node_find(t, ino);
	if (!n) {
		core_mutex_unlock(&t->lock);
		ret = node_from_record(t, dir, rec, &fresh);
		if (ret)
			return ret;
		core_mutex_lock(&t->lock);
		n = tree_node_find(t, ino);
	}
	if (n) {
		/* One record below two directories: they share their blocks */
		if (n->parent != dir)
			ret = -EUCLEAN;
		else
			n->refs++;
	} else if (node_loops(fresh)) {
		ret = -EUCLEAN;
	} else {
		n = fresh;
		fresh = NULL;
		tree_node_insert(t, n);
	}
	core_mutex_unlock(&t->lock);
	if (fresh) {
		if (!fresh->dir)
			core_free(fresh->more);
		core_free(fresh);
	}
	*out = ret ? NULL : n;
	return ret;
}

/*
 * Looks a name up; @in_base says whether the disc has the name in this
 * directory, whatever it stands for now. Return: 0, -ENOENT, or -errno.
 */
static int find(struct imapi_tree *t, struct imapi_node *dir,
		const struct tree_name *name, bool *in_base,
		struct imapi_node **out)
{
	struct tree_change *c;
	struct imapi_record rec;
	int ret;

	if (!dir->dir)
		return -ENOTDIR;
	*out = NULL;
	core_mutex_lock(&t->lock);
	c = change_of(t, dir, name);
	if (c) {
		*in_base = c->covers;
		*out = c->node;
		if (c->node)
			c->node->refs++;
	}
	core_mutex_unlock(&t->lock);
	if (c)
		return *out ? 0 : -ENOENT;
	ret = tree_base_find(t, dir, name, &rec);
	*in_base = ret > 0;
	if (ret <= 0)
		return ret ? ret : -ENOENT;
	return node_of_record(t, dir, &rec, out);
}

int imapi_lookup(struct imapi_tree *t, struct imapi_node *dir,
		 const char *name, size_t len, struct imapi_node **out)
{
	struct tree_name key;
	bool in_base;
	int ret;

	ret = name_wanted(name, len, &key);
	return ret ? ret : find(t, dir, &key, &in_base, out);
}

/* --- altering directories, under the lock --- */

static bool dir_is_empty(const struct imapi_node *dir)
{
	u32 base = dir->index ? dir->index->names : 0;

	return !dir->live && dir->covered == base;
}

/* Is @n still what @name stands for in @dir? Changes of one directory may race */
static bool still_there(struct imapi_tree *t, struct imapi_node *dir,
			const struct tree_name *name, const struct imapi_node *n)
{
	struct tree_change *c = change_of(t, dir, name);

	if (c)
		return c->node == n;
	return n->linked && n->parent == dir && !n->change;
}

static void touch(struct imapi_tree *t, struct imapi_node *dir, s64 now)
{
	dir->mtime = now;
	tree_node_pin(dir);
	t->dirty = true;
}

/*
 * Takes a node out of its place. One that its base names leaves *@spare there
 * to say so; the caller made it for this name.
 */
static void vacate(struct imapi_tree *t, struct imapi_node *n,
		   struct tree_change **spare)
{
	struct tree_change *c = n->change;

	if (!c) {
		c = *spare;
		*spare = NULL;
		tree_change_insert(t, c);
		c->generation = t->generation;
		return;
	}
	n->change = NULL;
	c->node = NULL;
	c->dir->live--;
	c->generation = t->generation;
	if (!c->covers && !c->burned)
		tree_change_remove(t, c);
}

/* Gives a node a place; what is said there already, or *@spare, says so */
static void place(struct imapi_tree *t, struct imapi_node *n,
		  struct imapi_node *dir, const struct tree_name *name,
		  struct tree_change **spare)
{
	struct tree_change *c = change_of(t, dir, name);

	if (!c) {
		c = *spare;
		*spare = NULL;
		tree_change_insert(t, c);
	}
	c->node = n;
	c->generation = t->generation;
	n->change = c;
	dir->live++;
	tree_node_pin(n);
}

static void unlinked(struct imapi_tree *t, struct imapi_node *n,
		     struct imapi_node **dead)
{
	n->linked = false;
	if (n->pinned) {
		n->pinned = false;
		tree_put_locked(t, n, 1, dead);
	}
}

static void reparent(struct imapi_tree *t, struct imapi_node *n,
		     struct imapi_node *dir, struct imapi_node **dead)
{
	struct imapi_node *old = n->parent;

	if (old == dir)
		return;
	n->parent = dir;
	dir->refs++;
	tree_put_locked(t, old, 1, dead);
}

/* What a node with a name of @len bytes adds to the next session */
static void node_cost(const struct imapi_node *n, u32 len, s64 sign,
		      struct tree_cost *c)
{
	tree_cost_entry(c, len, n->dir, sign);
	if (!n->dir && n->staged)
		tree_cost_content(c, n->size, sign);
	else if (!n->dir)
		tree_cost_sections(c, n->nr, sign);
}

/* --- create --- */

static int create_locked(struct imapi_tree *t, struct imapi_node *dir,
			 const struct tree_name *key, struct imapi_node *n,
			 struct tree_change **spare, bool in_base, s64 now)
{
	struct tree_change *c = change_of(t, dir, key);

	if (!dir->linked)
		return -ENOENT;
	if (c ? !!c->node : in_base)
		return -EEXIST;
	if (!tree_slots_reserve(dir, 1))
		return -ENOMEM;
	n->ino = t->next_ino++;
	n->parent = dir;
	n->linked = true;
	n->mtime = now;
	tree_node_insert(t, n);
	place(t, n, dir, key, spare);
	touch(t, dir, now);
	return 0;
}

static s64 time_within(s64 t)
{
	if (t < IMAPI_TIME_MIN)
		return IMAPI_TIME_MIN;
	return t > IMAPI_TIME_MAX ? IMAPI_TIME_MAX : t;
}

int imapi_create(struct imapi_tree *t, struct imapi_node *dir,
		 const char *name, size_t len, enum imapi_kind kind, s64 now,
		 struct imapi_node **out)
{
	struct tree_cost cost = { 0 };
	struct imapi_node *n = NULL, *there;
	struct tree_change *spare = NULL;
	struct tree_name key;
	bool in_base = false;
	int ret;

	ret = name_new(name, len, &key);
	if (ret)
		return ret;
	ret = find(t, dir, &key, &in_base, &there);
	if (!ret)
		imapi_node_put(t, there, 1);
	if (ret != -ENOENT)
		return ret ? ret : -EEXIST;
	tree_cost_entry(&cost, key.len, kind == IMAPI_DIR, 1);
	ret = tree_charge(t, &cost);
	if (ret)
		return ret;

	n = tree_node_alloc(0);
	spare = tree_change_alloc(dir, &key, in_base);
	ret = -ENOMEM;
	if (n && spare) {
		n->dir = kind == IMAPI_DIR;
		core_mutex_lock(&t->lock);
		ret = create_locked(t, dir, &key, n, &spare, in_base, time_within(now));
		core_mutex_unlock(&t->lock);
	}
	core_free(spare);
	if (ret) {
		core_free(n);
		tree_uncharge(t, &cost);
		return ret;
	}
	*out = n;
	return 0;
}

/* --- unlink --- */

static int unlink_locked(struct imapi_tree *t, struct imapi_node *dir,
			 const struct tree_name *key, struct imapi_node *n,
			 struct tree_change **spare, s64 now,
			 struct tree_cost *cost, struct imapi_node **dead)
{
	if (!still_there(t, dir, key, n))
		return -ENOENT;
	if (n->dir && !dir_is_empty(n))
		return -ENOTEMPTY;
	if (!n->change && !tree_slots_reserve(dir, 1))
		return -ENOMEM;
	node_cost(n, key->len, 1, cost);
	vacate(t, n, spare);
	touch(t, dir, now);
	unlinked(t, n, dead);
	return 0;
}

static int kind_check(const struct imapi_node *n, enum imapi_kind kind)
{
	bool dir = kind == IMAPI_DIR;

	if (n->dir == dir)
		return 0;
	return n->dir ? -EISDIR : -ENOTDIR;
}

/* The index says how many names the base has: emptiness needs it */
static int load_if_dir(struct imapi_tree *t, struct imapi_node *n)
{
	return n->dir && n->base.size ? tree_index_load(t, n) : 0;
}

int imapi_unlink(struct imapi_tree *t, struct imapi_node *dir,
		 const char *name, size_t len, enum imapi_kind kind, s64 now)
{
	struct tree_cost none = { 0 }, cost = { 0 };
	struct imapi_node *n, *dead = NULL;
	struct tree_change *spare = NULL;
	struct tree_name key;
	bool in_base;
	int ret;

	ret = name_wanted(name, len, &key);
	if (ret)
		return ret;
	ret = find(t, dir, &key, &in_base, &n);
	if (ret)
		return ret;
	ret = kind_check(n, kind);
	if (!ret)
		ret = load_if_dir(t, n);
	if (!ret)
		ret = tree_charge(t, &none);
	if (!ret) {
		spare = tree_change_alloc(dir, &key, in_base);
		ret = spare ? 0 : -ENOMEM;
	}
	core_mutex_lock(&t->lock);
	if (!ret)
		ret = unlink_locked(t, dir, &key, n, &spare, time_within(now), &cost, &dead);
	tree_put_locked(t, n, 1, &dead);
	core_mutex_unlock(&t->lock);
	if (!ret)
		tree_uncharge(t, &cost);
	core_free(spare);
	tree_bury(t, dead);
	return ret;
}

/* --- rename --- */

struct rename {
	struct imapi_node *odir, *ndir;
	struct tree_name oname, nname;
	struct imapi_node *from, *to;	/* @to may be NULL */
	struct tree_change *ospare, *nspare;
	unsigned int flags;
	s64 now;
};

static bool is_within(const struct imapi_node *n, const struct imapi_node *dir)
{
	for (; n; n = n->parent)
		if (n == dir)
			return true;
	return false;
}

/* What rename(2) asks, with nothing altered yet */
static int rename_check(struct imapi_tree *t, const struct rename *r)
{
	bool exchange = r->flags & IMAPI_RENAME_EXCHANGE;

	if (!still_there(t, r->odir, &r->oname, r->from))
		return -ENOENT;
	if (!r->ndir->linked)
		return -ENOENT;
	if (r->to ? !still_there(t, r->ndir, &r->nname, r->to) :
		    change_of(t, r->ndir, &r->nname) &&
		    change_of(t, r->ndir, &r->nname)->node)
		return -EEXIST;
	if (is_within(r->ndir, r->from))
		return -EINVAL;
	if (exchange && is_within(r->odir, r->to))
		return -EINVAL;
	if (r->to && !exchange) {
		if (r->from->dir && !r->to->dir)
			return -ENOTDIR;
		if (!r->from->dir && r->to->dir)
			return -EISDIR;
		if (r->to->dir && !dir_is_empty(r->to))
			return -ENOTEMPTY;
	}
	/* Two for each: they may be one directory */
	if (!tree_slots_reserve(r->odir, 2) || !tree_slots_reserve(r->ndir, 2))
		return -ENOMEM;
	return 0;
}

static int rename_locked(struct imapi_tree *t, struct rename *r,
			 struct tree_cost *freed, struct imapi_node **dead)
{
	struct imapi_node *from = r->from, *to = r->to;
	int ret = rename_check(t, r);

	if (ret)
		return ret;
	vacate(t, from, &r->ospare);
	if (to) {
		vacate(t, to, &r->nspare);
		if (!(r->flags & IMAPI_RENAME_EXCHANGE)) {
			node_cost(to, r->nname.len, 1, freed);
			unlinked(t, to, dead);
		} else {
			place(t, to, r->odir, &r->oname, &r->ospare);
			reparent(t, to, r->odir, dead);
		}
	}
	place(t, from, r->ndir, &r->nname, &r->nspare);
	reparent(t, from, r->ndir, dead);
	touch(t, r->odir, r->now);
	touch(t, r->ndir, r->now);
	return 0;
}

/* The names' own cost: exchanged names cost what they did */
static void rename_cost(const struct rename *r, struct tree_cost *c)
{
	if (r->flags & IMAPI_RENAME_EXCHANGE) {
		tree_cost_entry(c, r->oname.len, r->to->dir, 1);
		tree_cost_entry(c, r->nname.len, r->to->dir, -1);
	}
	tree_cost_entry(c, r->nname.len, r->from->dir, 1);
	tree_cost_entry(c, r->oname.len, r->from->dir, -1);
}

static int rename_run(struct imapi_tree *t, struct rename *r)
{
	struct tree_cost cost = { 0 }, freed = { 0 };
	struct imapi_node *dead = NULL;
	int ret;

	rename_cost(r, &cost);
	ret = tree_charge(t, &cost);
	if (ret)
		return ret;
	core_mutex_lock(&t->lock);
	ret = rename_locked(t, r, &freed, &dead);
	core_mutex_unlock(&t->lock);
	tree_uncharge(t, ret ? &cost : &freed);
	tree_bury(t, dead);
	return ret;
}

/* Finds both ends; what it found is the caller's to put even if this fails */
static int rename_find(struct imapi_tree *t, struct rename *r)
{
	bool oin_base, nin_base;
	int ret;

	ret = find(t, r->odir, &r->oname, &oin_base, &r->from);
	if (ret)
		return ret;
	ret = find(t, r->ndir, &r->nname, &nin_base, &r->to);
	if (ret && ret != -ENOENT)
		return ret;
	if (ret && (r->flags & IMAPI_RENAME_EXCHANGE))
		return -ENOENT;
	if (!ret && (r->flags & IMAPI_RENAME_NOREPLACE))
		return -EEXIST;
	if (r->to) {
		ret = load_if_dir(t, r->to);
		if (ret)
			return ret;
	}
	r->ospare = tree_change_alloc(r->odir, &r->oname, oin_base);
	r->nspare = tree_change_alloc(r->ndir, &r->nname, nin_base);
	return r->ospare && r->nspare ? 0 : -ENOMEM;
}

int imapi_rename(struct imapi_tree *t, struct imapi_node *odir,
		 const char *oname, size_t olen, struct imapi_node *ndir,
		 const char *nname, size_t nlen, unsigned int flags, s64 now)
{
	struct rename *r;
	int ret;

	if (flags & ~(IMAPI_RENAME_NOREPLACE | IMAPI_RENAME_EXCHANGE) ||
	    flags == (IMAPI_RENAME_NOREPLACE | IMAPI_RENAME_EXCHANGE))
		return -EINVAL;
	r = core_zalloc(sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->odir = odir;
	r->ndir = ndir;
	r->flags = flags;
	r->now = time_within(now);
	ret = name_wanted(oname, olen, &r->oname);
	if (!ret)
		ret = name_new(nname, nlen, &r->nname);
	if (!ret)
		ret = rename_find(t, r);
	if (!ret && r->from != r->to)
		ret = rename_run(t, r);
	if (r->from)
		imapi_node_put(t, r->from, 1);
	if (r->to)
		imapi_node_put(t, r->to, 1);
	core_free(r->ospare);
	core_free(r->nspare);
	core_free(r);
	return ret;
}

int imapi_node_set_mtime(struct imapi_tree *t, struct imapi_node *n, s64 mtime)
{
	struct tree_cost none = { 0 };
	int ret = tree_charge(t, &none);

	if (ret)
		return ret;
	core_mutex_lock(&t->lock);
	n->mtime = time_within(mtime);
	if (n->linked) {
		tree_node_pin(n);
		t->dirty = true;
	}
	core_mutex_unlock(&t->lock);
	return 0;
}
