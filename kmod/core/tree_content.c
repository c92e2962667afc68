// SPDX-License-Identifier: GPL-2.0-only
/* The overlay tree's files: staged and burned content, and the commit's switch. */
#include "tree_private.h"

int imapi_node_content(struct imapi_tree *t, struct imapi_node *n,
		       struct imapi_content *c)
{
	if (n->dir)
		return -EISDIR;
	core_mutex_lock(&t->lock);
	c->staged = n->staged;
	c->size = n->size;
	c->nr = n->staged ? 0 : n->nr;
	c->extents = n->more ? n->more : &n->first;
	core_mutex_unlock(&t->lock);
	return 0;
}

u64 imapi_content_map(const struct imapi_content *c, u64 off, u64 *run)
{
	u32 i, piece;
	u64 at;

	for (i = 0; i < c->nr; i++) {
		if (off < c->extents[i].len) {
			at = imapi_extent_map(&c->extents[i], (u32)off, &piece);
			*run = piece;
			return at;
		}
		off -= c->extents[i].len;
	}
	*run = 0;
	return 0;
}

/*
 * Charges for content of @size bytes in place of what @n has staged, and locks
 * the tree. Asking for room takes time: if the file was resized or unlinked
 * meanwhile, it asks again. A file without a name is not burned and costs nothing;
 * nor does a write within a file that another one has made longer by then.
 */
static int charge_and_lock(struct imapi_tree *t, struct imapi_node *n, u64 size,
			   unsigned int flags)
{
	struct tree_cost cost;
	bool linked, staged;
	u64 old;
	int ret;

	if (tree_file_blocks(size) > UINT_MAX)
		return -EFBIG;
	core_mutex_lock(&t->lock);
	for (;;) {
		linked = n->linked;
		staged = n->staged;
		old = n->size;
		core_mutex_unlock(&t->lock);

		memset(&cost, 0, sizeof(cost));
		if (linked && staged)
			tree_cost_content(&cost, old, -1);
		else if (linked)
			tree_cost_sections(&cost, n->nr, -1);
		if (linked)
			tree_cost_content(&cost, flags & IMAPI_GROW && size < old ? old : size, 1);
		ret = linked ? tree_charge(t, &cost) : 0;
		if (ret)
			return ret;
		core_mutex_lock(&t->lock);
		if (n->linked == linked && n->size == old)
			return 0;
		core_mutex_unlock(&t->lock);
		tree_uncharge(t, &cost);
		core_mutex_lock(&t->lock);
	}
}

static void content_changed(struct imapi_tree *t, struct imapi_node *n, s64 now)
{
	n->mtime = now;
	if (!n->linked)
		return;
	tree_node_pin(n);
	t->dirty = true;
}

int imapi_node_stage(struct imapi_tree *t, struct imapi_node *n, void *staged,
		     u64 size, s64 now)
{
	int ret = charge_and_lock(t, n, size, 0);

	if (ret)
		return ret;
	n->staged = staged;
	n->size = size;
	tree_staged_add(t, n);
	content_changed(t, n, now);
	core_mutex_unlock(&t->lock);
	return 0;
}

int imapi_node_resize(struct imapi_tree *t, struct imapi_node *n, u64 size,
		      unsigned int flags, s64 now)
{
	int ret;

	core_mutex_lock(&t->lock);
	if (size == n->size || (flags & IMAPI_GROW && size < n->size)) {
		content_changed(t, n, now);
		core_mutex_unlock(&t->lock);
		return 0;
	}
	core_mutex_unlock(&t->lock);
	ret = charge_and_lock(t, n, size, flags);
	if (ret)
		return ret;
	if (!(flags & IMAPI_GROW) || size > n->size)
		n->size = size;
	content_changed(t, n, now);
	core_mutex_unlock(&t->lock);
	return 0;
}

/* --- commit --- */

int imapi_tree_commit_begin(struct imapi_tree *t)
{
	int ret = -EALREADY;

	core_mutex_lock(&t->lock);
	if (t->dirty) {
		t->committing = true;
		ret = 0;
	}
	core_mutex_unlock(&t->lock);
	return ret;
}

void imapi_tree_commit_begin_unchanged(struct imapi_tree *t)
{
	core_mutex_lock(&t->lock);
	t->committing = true;
	core_mutex_unlock(&t->lock);
}

/* The sections of a staged file of @size bytes that begins at @lba */
static void sections_fill(struct imapi_extent *ext, u32 nr, u32 lba, u64 size)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		ext[i].lba = lba;
		ext[i].len = size > IMAPI_MAX_EXTENT ? IMAPI_MAX_EXTENT : (u32)size;
		lba += IMAPI_MAX_EXTENT >> IMAPI_BLOCK_SHIFT;
		size -= ext[i].len;
	}
}

/* Sections of a file of @size bytes, without a 64-bit division */
static u32 sections_count(u64 size)
{
	u32 nr = 0;

	for (; size > IMAPI_MAX_EXTENT; size -= IMAPI_MAX_EXTENT)
		nr++;
	return size ? nr + 1 : nr;
}

/* What a commit said of a file's place, be it done or not */
static void burned_forget(struct imapi_node *n)
{
	core_free(n->burn_more);
	n->burn_more = NULL;
	n->burn_nr = 0;
	n->burn_told = false;
}

/* Under the lock; the file's size is frozen */
static int burned_note(struct imapi_node *n, u32 lba)
{
	struct imapi_extent *more = NULL;
	u32 nr = sections_count(n->size);

	if (nr > 1) {
		more = core_zalloc((size_t)nr * sizeof(*more));
		if (!more)
			return -ENOMEM;
	}
	burned_forget(n);
	n->burn_more = more;
	n->burn_nr = nr;
	n->burn_told = true;
	memset(&n->burn_first, 0, sizeof(n->burn_first));
	sections_fill(more ? more : &n->burn_first, nr, lba, n->size);
	return 0;
}

int imapi_node_set_burned(struct imapi_tree *t, struct imapi_node *n, u32 lba)
{
	int ret;

	core_mutex_lock(&t->lock);
	ret = burned_note(n, lba);
	core_mutex_unlock(&t->lock);
	return ret;
}

static int set_burned_ino(struct imapi_tree *t, u64 ino, u32 lba)
{
	struct imapi_node *n;

	if (!t->committing)
		return -EINVAL;
	n = tree_node_find(t, ino);
	if (!n || n->dir || !n->staged || !n->linked)
		return -ENOENT;
	if (n->burn_told)
		return -EALREADY;
	if (lba + tree_file_blocks(n->size) > UINT_MAX)
		return -EINVAL;
	return burned_note(n, lba);
}

int imapi_tree_set_burned_ino(struct imapi_tree *t, u64 ino, u32 lba)
{
	int ret;

	core_mutex_lock(&t->lock);
	ret = set_burned_ino(t, ino, lba);
	core_mutex_unlock(&t->lock);
	return ret;
}

static bool burned_missing(const struct imapi_node *n)
{
	return n->linked && n->size && !n->burn_told;
}

int imapi_tree_burned_check(struct imapi_tree *t)
{
	struct imapi_node *n;
	int ret = 0;

	core_mutex_lock(&t->lock);
	for (n = t->staged; n && !ret; n = n->staged_next)
		if (burned_missing(n))
			ret = -ENODATA;
	core_mutex_unlock(&t->lock);
	return ret;
}

static u32 burned_lba(const struct imapi_node *n)
{
	return n->burn_more ? n->burn_more[0].lba : n->burn_first.lba;
}

int imapi_node_burned_lba(struct imapi_tree *t, struct imapi_node *n, u32 *lba)
{
	int ret = -ENODATA;

	core_mutex_lock(&t->lock);
	if (!n->dir && n->burn_nr) {
		*lba = burned_lba(n);
		ret = 0;
	}
	core_mutex_unlock(&t->lock);
	return ret;
}

int imapi_tree_burned(struct imapi_tree *t, int (*fn)(void *ctx, u64 ino, u32 lba),
		      void *ctx)
{
	struct imapi_node *n;
	int ret = 0;

	for (n = t->staged; n && !ret; n = n->staged_next)
		if (n->linked && n->burn_nr)
			ret = fn(ctx, n->ino, burned_lba(n));
	return ret;
}

/* Turns the staged files that have a name into burned ones; chains their handles' nodes */
static struct imapi_node *switch_content(struct imapi_tree *t)
{
	struct imapi_node *n, *next, *switched = NULL;

	for (n = t->staged; n; n = next) {
		next = n->staged_next;
		if (!n->linked)
			continue;
		tree_staged_del(n);
		core_free(n->more);
		n->nr = n->burn_nr;
		n->first = n->burn_first;
		n->more = n->burn_more;
		n->burn_more = NULL;
		burned_forget(n);
		tree_cost_content(&t->cost, n->size, -1);
		if (t->measured)
			tree_cost_sections(&t->cost, n->nr, 1);
		n->refs++;
		n->staged_next = switched;
		switched = n;
	}
	return switched;
}

/* The names that the new session has; those that it lacks need no mention any more */
static void names_burned(struct imapi_tree *t)
{
	struct tree_change *c, *next;
	u32 i;

	for (i = 0; i <= t->changes.mask; i++) {
		for (c = t->changes.bucket[i]; c; c = next) {
			next = c->hash_next;
			c->burned = c->node;
			if (!c->node && !c->covers)
				tree_change_remove(t, c);
		}
	}
}

/* Nodes that lost their last reference while the composer might hold them */
static void sweep(struct imapi_tree *t, struct imapi_node **dead)
{
	struct imapi_node *n, *next;
	u32 i;

	for (i = 0; i <= t->nodes.mask; i++) {
		for (n = t->nodes.bucket[i]; n; n = next) {
			next = n->hash_next;
			if (n->refs)
				continue;
			n->refs = 1;
			tree_put_locked(t, n, 1, dead);
			next = t->nodes.bucket[i];
		}
	}
}

void imapi_tree_commit_end(struct imapi_tree *t, int err)
{
	struct imapi_node *n, *next, *switched = NULL, *dead = NULL;
	void *staged;

	core_mutex_lock(&t->lock);
	if (!err) {
		switched = switch_content(t);
		names_burned(t);
		t->dirty = false;
		t->generation++;
	}
	/* The next commit has other places for what is still staged */
	for (n = t->staged; n; n = n->staged_next)
		burned_forget(n);
	t->committing = false;
	sweep(t, &dead);
	core_mutex_unlock(&t->lock);

	for (n = switched; n; n = next) {
		next = n->staged_next;
		core_mutex_lock(&t->lock);
		staged = n->staged;
		n->staged = NULL;
		n->staged_next = NULL;
		tree_put_locked(t, n, 1, &dead);
		core_mutex_unlock(&t->lock);
		t->ops->drop(t->ops->ctx, staged);
	}
	tree_bury(t, dead);
}

u64 imapi_tree_generation(struct imapi_tree *t)
{
	u64 generation;

	core_mutex_lock(&t->lock);
	generation = t->generation;
	core_mutex_unlock(&t->lock);
	return generation;
}
