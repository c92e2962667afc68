// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changes of directories: one table for look-ups in the whole tree, and for
 * each directory its changes in the order they came, for readdir. Everything
 * here runs under the tree's lock.
 */
#include "tree_private.h"

static u32 change_bucket(const struct tree_table *tab,
			 const struct imapi_node *dir, u32 hash)
{
	return (hash ^ (u32)((dir->ino * 0x9e3779b97f4a7c15ull) >> 32)) & tab->mask;
}

static void changes_grow(struct imapi_tree *t)
{
	struct tree_table old = t->changes, tab = old;
	struct tree_change *c, *next;
	u32 i, b;

	if (old.nr <= old.mask)
		return;
	tab.mask = old.mask * 2 + 1;
	tab.bucket = core_zalloc(((size_t)tab.mask + 1) * sizeof(*tab.bucket));
	if (!tab.bucket)
		return;
	for (i = 0; i <= old.mask; i++) {
		for (c = old.bucket[i]; c; c = next) {
			next = c->hash_next;
			b = change_bucket(&tab, c->dir, c->hash);
			c->hash_next = tab.bucket[b];
			tab.bucket[b] = c;
		}
	}
	core_free(old.bucket);
	t->changes = tab;
}

struct tree_change *tree_change_alloc(struct imapi_node *dir,
				      const struct tree_name *name, bool covers)
{
	struct tree_change *c = core_zalloc(sizeof(*c) + name->len);

	if (c) {
		c->dir = dir;
		c->hash = name->hash;
		c->covers = covers;
		c->name_len = name->len;
		memcpy(c->name, name->utf16, name->len);
	}
	return c;
}

struct tree_change *tree_change_find(struct imapi_tree *t,
				     const struct imapi_node *dir, u32 hash,
				     const u8 *name, u8 len)
{
	struct tree_change *c = t->changes.bucket[change_bucket(&t->changes, dir, hash)];

	for (; c; c = c->hash_next)
		if (c->dir == dir && c->hash == hash && c->name_len == len &&
		    !memcmp(c->name, name, len))
			return c;
	return NULL;
}

/* Closes the gaps that removed changes left; positions of the others stay in order */
static void slots_compact(struct imapi_node *dir)
{
	u32 from, to = 0;

	for (from = 0; from < dir->slots_nr; from++) {
		if (!dir->slots[from].change)
			continue;
		dir->slots[to] = dir->slots[from];
		dir->slots[to].change->slot = to;
		to++;
	}
	dir->slots_nr = to;
	dir->slots_gone = 0;
}

/* Makes sure that @nr more changes of @dir can be inserted; at most 8 */
bool tree_slots_reserve(struct imapi_node *dir, u32 nr)
{
	struct tree_slot *slots;
	u32 max;

	if (dir->slots_gone > 8 && dir->slots_gone > dir->slots_nr / 2)
		slots_compact(dir);
	if (dir->slots_max - dir->slots_nr >= nr)
		return true;
	max = dir->slots_max ? dir->slots_max * 2 : 8;
	slots = core_zalloc((size_t)max * sizeof(*slots));
	if (!slots)
		return false;
	if (dir->slots_nr)
		memcpy(slots, dir->slots, (size_t)dir->slots_nr * sizeof(*slots));
	core_free(dir->slots);
	dir->slots = slots;
	dir->slots_max = max;
	return true;
}

/* There is room for it: tree_slots_reserve() */
void tree_change_insert(struct imapi_tree *t, struct tree_change *c)
{
	struct imapi_node *dir = c->dir;
	u32 b;

	changes_grow(t);
	b = change_bucket(&t->changes, dir, c->hash);
	c->hash_next = t->changes.bucket[b];
	t->changes.bucket[b] = c;
	t->changes.nr++;
	c->seq = t->next_seq++;
	c->slot = dir->slots_nr++;
	dir->slots[c->slot].seq = c->seq;
	dir->slots[c->slot].change = c;
	dir->covered += c->covers;
}

void tree_change_remove(struct imapi_tree *t, struct tree_change *c)
{
	void **head = &t->changes.bucket[change_bucket(&t->changes, c->dir, c->hash)];
	struct tree_change *p = *head;

	if (p == c) {
		*head = c->hash_next;
	} else {
		while (p->hash_next != c)
			p = p->hash_next;
		p->hash_next = c->hash_next;
	}
	t->changes.nr--;
	c->dir->slots[c->slot].change = NULL;
	c->dir->slots_gone++;
	c->dir->covered -= c->covers;
	core_free(c);
}
