// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the next session takes, so that what is accepted can be burned.
 *
 * The new session holds the complete tree: its size is bounded by sums over all
 * entries, kept up to date with each change. The base is counted once, before
 * the first change. The bound is a little above what the composer needs: records
 * don't cross blocks, so a block may hold as little as itself less one record.
 */
#include "tree_private.h"

/* System area, PVD, boot record, SVD, terminator, and a last partial block of each path table */
#define FIXED_BLOCKS	(IMAPI_SYSTEM_BLOCKS + 4 + 4)
#define COUNT_BUF_BLOCKS	32u

static u32 even(u32 bytes)
{
	return (bytes + 1) & ~1u;
}

/*
 * An entry with a name of @name_len bytes of UTF-16. The primary tree's name has
 * at most 30 characters, "." and ";1", or what making it unique adds.
 */
void tree_cost_entry(struct tree_cost *c, u32 name_len, bool dir, s64 sign)
{
	u32 fixed = offsetof(struct imapi_iso_dirent, name);
	u32 chars = name_len / 2 + 8;
	u32 dots = fixed + 1;

	if (chars > 33)
		chars = 33;
	c->joliet += sign * even(fixed + name_len);
	c->primary += sign * even(fixed + chars);
	if (!dir) {
		c->files += sign;
		return;
	}
	c->dirs += sign;
	c->joliet += sign * 2 * even(dots);
	c->primary += sign * 2 * even(dots);
	fixed = offsetof(struct imapi_iso_path, name);
	c->paths += sign * 2 * (s64)(even(fixed + name_len) + even(fixed + chars));
}

u64 tree_file_blocks(u64 size)
{
	return (size + IMAPI_BLOCK - 1) >> IMAPI_BLOCK_SHIFT;
}

/* Each section of a file behind the first has a record of its own in both trees */
void tree_cost_sections(struct tree_cost *c, u32 nr, s64 sign)
{
	if (nr <= 1)
		return;
	c->joliet += sign * 256 * (s64)(nr - 1);
	c->primary += sign * 66 * (s64)(nr - 1);
}

/* Staged content; the number of sections is rounded up */
void tree_cost_content(struct tree_cost *c, u64 size, s64 sign)
{
	c->staged_files += sign;
	c->staged_bytes += sign * (s64)size;
	c->staged_blocks += sign * (s64)tree_file_blocks(size);
	tree_cost_sections(c, size > IMAPI_MAX_EXTENT ? 2 + (u32)(size >> 32) : 1, sign);
}

/*
 * A block that is full has at least 1,793 bytes of Joliet records (none is over
 * 255) or 1,982 of primary ones (none over 66): 37/32 and 265/256 of the sums
 * are enough, without a division. Each directory has a last, partial block.
 */
static u64 tree_blocks(const struct tree_cost *c)
{
	u64 joliet = (u64)c->joliet >> IMAPI_BLOCK_SHIFT;
	u64 primary = (u64)c->primary >> IMAPI_BLOCK_SHIFT;
	u64 paths = (u64)c->paths >> IMAPI_BLOCK_SHIFT;

	joliet += (joliet >> 3) + (joliet >> 5) + 3;
	primary += (primary >> 5) + (primary >> 8) + 3;
	return FIXED_BLOCKS + 2 * (u64)c->dirs + paths + joliet + primary;
}

u64 tree_cost_blocks(const struct tree_cost *c)
{
	return (u64)c->staged_blocks + tree_blocks(c);
}

static void cost_add(struct tree_cost *c, const struct tree_cost *d, s64 sign)
{
	c->joliet += sign * d->joliet;
	c->primary += sign * d->primary;
	c->paths += sign * d->paths;
	c->files += sign * d->files;
	c->dirs += sign * d->dirs;
	c->staged_files += sign * d->staged_files;
	c->staged_bytes += sign * d->staged_bytes;
	c->staged_blocks += sign * d->staged_blocks;
}

/* Directories still to be counted */
struct count_stack {
	struct imapi_dirref *dir;
	u32 nr, max;
};

static int stack_push(struct count_stack *s, struct imapi_dirref dir)
{
	struct imapi_dirref *grown;

	if (s->nr == s->max) {
		s->max = s->max ? s->max * 2 : 64;
		grown = core_zalloc((size_t)s->max * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		if (s->nr)
			memcpy(grown, s->dir, (size_t)s->nr * sizeof(*grown));
		core_free(s->dir);
		s->dir = grown;
	}
	s->dir[s->nr++] = dir;
	return 0;
}

/* Would the next session be written over a file's data? Sections are taken as one */
static bool is_behind_nwa(const struct imapi_tree *t, const struct imapi_extent *ext,
			  u64 size)
{
	u64 first = (u64)ext->lba + ext->xattr_blocks;

	return t->ops && size && first + tree_file_blocks(size) > t->ops->nwa;
}

static int count_dir(struct imapi_tree *t, struct imapi_dirloc dir,
		     struct tree_cost *c, struct count_stack *stack)
{
	struct imapi_dirref sub = { .node = NULL };
	struct imapi_dir_cursor cur;
	struct imapi_record rec;
	int ret;

	ret = tree_cursor_init(t, &dir, COUNT_BUF_BLOCKS, &cur);
	if (ret)
		return ret;
	while ((ret = imapi_dir_next(&cur, &rec)) > 0) {
		ret = is_behind_nwa(t, &rec.first, rec.size) ? -EUCLEAN : 0;
		if (ret)
			break;
		tree_cost_entry(c, rec.name_len, rec.flags & IMAPI_DE_DIRECTORY, 1);
		tree_cost_sections(c, rec.extents, 1);
		if (!(rec.flags & IMAPI_DE_DIRECTORY) || !rec.size)
			continue;
		sub.base.lba = rec.first.lba + rec.first.xattr_blocks;
		sub.base.size = rec.first.len;
		ret = stack_push(stack, sub);
		if (ret)
			break;
		ret = c->dirs > IMAPI_MAX_DIRS ? -EUCLEAN : 0;
		if (ret)
			break;
	}
	core_free(cur.buf);
	return ret;
}

/*
 * Counts the base. Directories that contain one another, or that share their
 * blocks, would never end: together they can't be larger than the disc.
 */
static int count_base(struct imapi_tree *t, struct tree_cost *c)
{
	struct imapi_dirref dir = { .base = t->root->base };
	struct count_stack stack = { 0 };
	u64 blocks = 0;
	int ret;

	ret = dir.base.size ? stack_push(&stack, dir) : 0;
	while (!ret && stack.nr) {
		dir = stack.dir[--stack.nr];
		blocks += tree_file_blocks(dir.base.size);
		ret = blocks > t->src->blocks ? -EUCLEAN :
						count_dir(t, dir.base, c, &stack);
	}
	core_free(stack.dir);
	return ret;
}

struct count_walk {
	struct imapi_tree *t;
	struct tree_cost *c;
	struct count_stack stack;
};

/* What is staged counts already */
static int count_entry(void *ctx, const struct imapi_entry *e)
{
	bool dir = e->flags & IMAPI_DE_DIRECTORY;
	struct count_walk *w = ctx;

	tree_cost_entry(w->c, e->name_len, dir, 1);
	if (w->c->dirs > IMAPI_MAX_DIRS)
		return -EUCLEAN;
	if (dir)
		return stack_push(&w->stack, e->dir);
	if (e->content.staged)
		return 0;
	tree_cost_sections(w->c, e->content.nr, 1);
	/* What the mount burned lies behind where its first session started */
	return !e->node && e->content.nr &&
	       is_behind_nwa(w->t, e->content.extents, e->content.size) ? -EUCLEAN : 0;
}

/* An imported tree was changed before it was counted: all of it is walked, as above */
static int count_merged(struct imapi_tree *t, struct tree_cost *c)
{
	struct imapi_dirref dir = { .node = t->root };
	struct count_walk w = { .t = t, .c = c };
	u64 blocks = 0;
	int ret;

	ret = stack_push(&w.stack, dir);
	while (!ret && w.stack.nr) {
		dir = w.stack.dir[--w.stack.nr];
		blocks += tree_file_blocks(dir.node ? dir.node->base.size : dir.base.size);
		ret = blocks > t->src->blocks ? -EUCLEAN :
						imapi_dir_walk(t, &dir, count_entry, &w);
	}
	core_free(w.stack.dir);
	return ret;
}

static int measure(struct imapi_tree *t)
{
	struct tree_cost c;
	bool measured;
	int ret;

	core_mutex_lock(&t->lock);
	measured = t->measured;
	core_mutex_unlock(&t->lock);
	if (measured)
		return 0;
	memset(&c, 0, sizeof(c));
	ret = t->imported ? count_merged(t, &c) : count_base(t, &c);
	if (ret)
		return ret;
	core_mutex_lock(&t->lock);
	if (!t->measured)
		cost_add(&t->cost, &c, 1);
	t->measured = true;
	core_mutex_unlock(&t->lock);
	return 0;
}

/*
 * Asks for room for a change, and takes it. The first change asks for the whole
 * new tree as well. A change that frees space is refused only by a disc that
 * has no room for the tree.
 */
int tree_charge(struct imapi_tree *t, const struct tree_cost *delta)
{
	u64 before, after, more;
	bool dirty;
	int ret;

	if (!t->ops)
		return -EROFS;
	ret = measure(t);
	if (ret)
		return ret;
	core_mutex_lock(&t->lock);
	dirty = t->dirty;
	before = dirty ? tree_cost_blocks(&t->cost) : 0;
	cost_add(&t->cost, delta, 1);
	after = tree_cost_blocks(&t->cost);
	ret = t->cost.dirs > IMAPI_MAX_DIRS && delta->dirs > 0 ? -ENOSPC : 0;
	core_mutex_unlock(&t->lock);
	if (!ret && after > before) {
		more = t->ops->room(t->ops->ctx, before);
		ret = after - before > more ? -ENOSPC : 0;
	}
	if (ret)
		tree_uncharge(t, delta);
	return ret;
}

void tree_uncharge(struct imapi_tree *t, const struct tree_cost *delta)
{
	core_mutex_lock(&t->lock);
	cost_add(&t->cost, delta, -1);
	core_mutex_unlock(&t->lock);
}

int imapi_tree_usage(struct imapi_tree *t, struct imapi_usage *u)
{
	int ret = measure(t);

	core_mutex_lock(&t->lock);
	u->staged_files = (u64)t->cost.staged_files;
	u->staged_bytes = (u64)t->cost.staged_bytes;
	u->staged_blocks = (u64)t->cost.staged_blocks;
	u->tree_blocks = tree_blocks(&t->cost);
	u->files = (u64)t->cost.files;
	u->dirs = (u64)t->cost.dirs;
	u->dirty = t->dirty;
	core_mutex_unlock(&t->lock);
	return ret;
}

bool imapi_tree_dirty(struct imapi_tree *t)
{
	bool dirty;

	core_mutex_lock(&t->lock);
	dirty = t->dirty;
	core_mutex_unlock(&t->lock);
	return dirty;
}
