// SPDX-License-Identifier: GPL-2.0-only
/* The overlay tree: its nodes, from look-up to the last reference. */
#include "tree_private.h"

#define TABLE_FIRST	64u

static bool table_init(struct tree_table *tab)
{
	tab->bucket = core_zalloc(TABLE_FIRST * sizeof(*tab->bucket));
	tab->mask = TABLE_FIRST - 1;
	return tab->bucket;
}

/* Inode numbers of one directory's records are close together: spread them */
static u32 ino_bucket(const struct tree_table *tab, u64 ino)
{
	return (u32)((ino * 0x9e3779b97f4a7c15ull) >> 32) & tab->mask;
}

/* A table that can't grow stays correct and gets slower */
static void nodes_grow(struct imapi_tree *t)
{
	struct tree_table old = t->nodes, tab = old;
	struct imapi_node *n, *next;
	u32 i, b;

	if (old.nr <= old.mask)
		return;
	tab.mask = old.mask * 2 + 1;
	tab.bucket = core_zalloc(((size_t)tab.mask + 1) * sizeof(*tab.bucket));
	if (!tab.bucket)
		return;
	for (i = 0; i <= old.mask; i++) {
		for (n = old.bucket[i]; n; n = next) {
			next = n->hash_next;
			b = ino_bucket(&tab, n->ino);
			n->hash_next = tab.bucket[b];
			tab.bucket[b] = n;
		}
	}
	core_free(old.bucket);
	t->nodes = tab;
}

struct imapi_node *tree_node_alloc(u8 name_len)
{
	struct imapi_node *n = core_zalloc(sizeof(*n) + name_len);

	if (n) {
		n->refs = 1;
		n->name_len = name_len;
	}
	return n;
}

/* The node keeps a reference to its parent */
void tree_node_insert(struct imapi_tree *t, struct imapi_node *n)
{
	u32 b;

	nodes_grow(t);
	b = ino_bucket(&t->nodes, n->ino);
	n->hash_next = t->nodes.bucket[b];
	t->nodes.bucket[b] = n;
	t->nodes.nr++;
	if (n->parent)
		n->parent->refs++;
}

struct imapi_node *tree_node_find(struct imapi_tree *t, u64 ino)
{
	struct imapi_node *n;

	for (n = t->nodes.bucket[ino_bucket(&t->nodes, ino)]; n; n = n->hash_next)
		if (n->ino == ino)
			return n;
	return NULL;
}

static void node_unhash(struct imapi_tree *t, struct imapi_node *n)
{
	void **head = &t->nodes.bucket[ino_bucket(&t->nodes, n->ino)];
	struct imapi_node *p = *head;

	if (p == n) {
		*head = n->hash_next;
	} else {
		while (p->hash_next != n)
			p = p->hash_next;
		p->hash_next = n->hash_next;
	}
	t->nodes.nr--;
}

void tree_staged_add(struct imapi_tree *t, struct imapi_node *n)
{
	n->staged_next = t->staged;
	n->staged_link = &t->staged;
	if (n->staged_next)
		n->staged_next->staged_link = &n->staged_next;
	t->staged = n;
}

void tree_staged_del(struct imapi_node *n)
{
	*n->staged_link = n->staged_next;
	if (n->staged_next)
		n->staged_next->staged_link = n->staged_link;
	n->staged_next = NULL;
	n->staged_link = NULL;
}

/* A removed directory still says of its base's names that they are gone */
static void node_forget_changes(struct imapi_tree *t, struct imapi_node *dir)
{
	u32 i;

	for (i = 0; i < dir->slots_nr; i++)
		if (dir->slots[i].change)
			tree_change_remove(t, dir->slots[i].change);
}

void tree_node_pin(struct imapi_node *n)
{
	if (n->pinned)
		return;
	n->pinned = true;
	n->refs++;
}

/*
 * Drops references; nodes that nobody wants any more are chained to @dead for
 * tree_bury(), which has to run without the lock. While a commit runs, the
 * composer may hold any node of the tree: imapi_tree_commit_end() sweeps later.
 */
void tree_put_locked(struct imapi_tree *t, struct imapi_node *n, u64 count,
		     struct imapi_node **dead)
{
	struct imapi_node *parent;

	while (n) {
		n->refs -= count < n->refs ? count : n->refs;
		if (n->refs || (t->committing && n->linked))
			return;
		parent = n->parent;
		node_unhash(t, n);
		if (n->dir)
			node_forget_changes(t, n);
		else if (n->staged)
			tree_staged_del(n);
		n->hash_next = *dead;
		*dead = n;
		n = parent;
		count = 1;
	}
}

static void node_free(struct imapi_tree *t, struct imapi_node *n)
{
	if (n->dir) {
		core_free(n->index);
		core_free(n->slots);
	} else {
		if (n->staged)
			t->ops->drop(t->ops->ctx, n->staged);
		core_free(n->more);
		core_free(n->burn_more);
	}
	core_free(n);
}

void tree_bury(struct imapi_tree *t, struct imapi_node *dead)
{
	struct imapi_node *next;

	for (; dead; dead = next) {
		next = dead->hash_next;
		node_free(t, dead);
	}
}

const u8 *tree_node_name(const struct imapi_node *n, u8 *len)
{
	*len = n->change ? n->change->name_len : n->name_len;
	return n->change ? n->change->name : n->name;
}

int imapi_tree_new(const struct imapi_source *src,
		   const struct imapi_volume *base,
		   const struct imapi_tree_ops *ops, struct imapi_tree **out)
{
	struct imapi_tree *t = core_zalloc(sizeof(*t));
	const struct imapi_hierarchy *h;
	struct imapi_node *root;

	if (!t)
		return -ENOMEM;
	core_mutex_init(&t->lock);
	t->src = src;
	t->ops = ops;
	t->ucs = !base || base->joliet;
	t->next_ino = IMAPI_INO_NEW;
	t->next_seq = 1;
	root = tree_node_alloc(0);
	if (!root || !table_init(&t->nodes) || !table_init(&t->changes)) {
		core_free(root);
		imapi_tree_free(t);
		return -ENOMEM;
	}
	root->ino = IMAPI_INO_ROOT;
	root->dir = true;
	root->linked = true;
	if (base) {
		h = base->joliet ? &base->ucs : &base->primary;
		root->base = h->root;
		root->mtime = h->mtime ? h->mtime : base->created;
	}
	tree_node_insert(t, root);
	tree_cost_entry(&t->cost, 2, true, 1);
	t->root = root;
	*out = t;
	return 0;
}

void imapi_tree_free(struct imapi_tree *t)
{
	struct tree_change *c, *next_change;
	struct imapi_node *n, *next;
	u32 i;

	if (!t)
		return;
	for (i = 0; t->changes.bucket && i <= t->changes.mask; i++) {
		for (c = t->changes.bucket[i]; c; c = next_change) {
			next_change = c->hash_next;
			core_free(c);
		}
	}
	for (i = 0; t->nodes.bucket && i <= t->nodes.mask; i++) {
		for (n = t->nodes.bucket[i]; n; n = next) {
			next = n->hash_next;
			node_free(t, n);
		}
	}
	core_free(t->changes.bucket);
	core_free(t->nodes.bucket);
	core_mutex_destroy(&t->lock);
	core_free(t);
}

struct imapi_node *imapi_tree_root(struct imapi_tree *t)
{
	return t->root;
}

void imapi_node_attr(struct imapi_tree *t, struct imapi_node *n,
		     struct imapi_attr *attr)
{
	core_mutex_lock(&t->lock);
	attr->ino = n->ino;
	attr->mtime = n->mtime;
	attr->dir = n->dir;
	attr->linked = n->linked;
	attr->staged = !n->dir && n->staged;
	if (!n->dir)
		attr->size = n->size;
	else
		attr->size = n->base.size ? n->base.size : IMAPI_BLOCK;
	core_mutex_unlock(&t->lock);
}

struct imapi_node *imapi_node_by_ino(struct imapi_tree *t, u64 ino)
{
	struct imapi_node *n;

	core_mutex_lock(&t->lock);
	n = tree_node_find(t, ino);
	if (n)
		n->refs++;
	core_mutex_unlock(&t->lock);
	return n;
}

void imapi_node_get(struct imapi_tree *t, struct imapi_node *n)
{
	core_mutex_lock(&t->lock);
	n->refs++;
	core_mutex_unlock(&t->lock);
}

void imapi_node_put(struct imapi_tree *t, struct imapi_node *n, u64 count)
{
	struct imapi_node *dead = NULL;

	core_mutex_lock(&t->lock);
	tree_put_locked(t, n, count, &dead);
	core_mutex_unlock(&t->lock);
	tree_bury(t, dead);
}

struct imapi_node *imapi_node_parent(struct imapi_tree *t, struct imapi_node *n)
{
	struct imapi_node *p;

	core_mutex_lock(&t->lock);
	p = n->parent ? n->parent : n;
	p->refs++;
	core_mutex_unlock(&t->lock);
	return p;
}
