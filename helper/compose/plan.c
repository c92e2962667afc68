// SPDX-License-Identifier: GPL-2.0-only
/* Laying a session out: one walk over the tree, then every place follows. */
#include "plan.h"

int compose_malformed(const struct compose *c, u32 dir)
{
	char *path = c->params.bad_path;
	size_t at = c->params.bad_path_size;
	char name[IMAPI_NAME_UTF8];
	size_t end;
	int len;

	if (!at)
		return -EUCLEAN;
	path[--at] = 0;
	end = at;
	/* From the end backwards, as far as there is room */
	for (; dir; dir = c->dirs[dir].parent) {
		len = imapi_utf16_to_utf8(c->dirs[dir].name, c->dirs[dir].name_len,
					  name, sizeof(name));
		if (len < 0 || (size_t)len + 1 > at)
			break;
		at -= (size_t)len;
		memcpy(path + at, name, (size_t)len);
		path[--at] = '/';
	}
	if (at == end && at)
		path[--at] = '/';
	memmove(path, path + at, end - at + 1);
	return -EUCLEAN;
}

static int dirs_grow(struct compose *c)
{
	u32 room = c->dirs_room ? 2 * c->dirs_room : 64;
	struct cdir *dirs;
	u32 *children;
	u32 i;

	dirs = reallocarray(c->dirs, room, sizeof(*dirs));
	if (!dirs)
		return -ENOMEM;
	c->dirs = dirs;
	for (i = 0; i < TREES; i++) {
		children = reallocarray(c->trees[i].children, room,
					sizeof(*children));
		if (!children)
			return -ENOMEM;
		c->trees[i].children = children;
	}
	c->dirs_room = room;
	return 0;
}

static int dir_new(struct compose *c, struct cdir **out)
{
	int ret;

	if (c->dirs_nr == IMAPI_MAX_DIRS)
		return -ENOSPC;
	if (c->dirs_nr == c->dirs_room) {
		ret = dirs_grow(c);
		if (ret)
			return ret;
	}
	*out = memset(&c->dirs[c->dirs_nr++], 0, sizeof(**out));
	return 0;
}

static int add_root(struct compose *c)
{
	struct imapi_attr attr;
	struct cdir *d;
	int ret = dir_new(c, &d);

	if (ret)
		return ret;
	d->ref.node = imapi_tree_root(c->tree);
	imapi_node_attr(c->tree, d->ref.node, &attr);
	d->mtime = attr.mtime;
	d->flags = IMAPI_DE_DIRECTORY;
	return 0;
}

/* A directory of the base that is one of its own ancestors has no end */
static bool is_loop(const struct compose *c, u32 dir)
{
	const struct cdir *d = &c->dirs[dir];
	u32 up;

	if (d->ref.node)
		return false;
	for (up = d->parent; up; up = c->dirs[up].parent)
		if (!c->dirs[up].ref.node &&
		    c->dirs[up].ref.base.lba == d->ref.base.lba)
			return true;
	return false;
}

static int add_dir(struct compose *c, u32 parent, const struct listed *e)
{
	u32 at = c->dirs_nr;
	struct cdir *d;
	int ret = dir_new(c, &d);

	if (ret)
		return ret;
	d->name = arena_copy(&c->names, e->name, e->name_len);
	if (!d->name)
		return -ENOMEM;
	d->ref = e->dir;
	d->mtime = e->mtime;
	d->parent = parent;
	d->name_len = e->name_len;
	d->flags = e->flags;
	d->iso = e->iso;
	c->trees[TREE_UCS].children[at] = at;
	return is_loop(c, at) ? compose_malformed(c, at) : 0;
}

static int add_file(struct compose *c, const struct listed *e, u32 dirs_before)
{
	struct cfile *f;
	u32 room;

	if (e->size > (u64)UINT32_MAX * IMAPI_BLOCK)
		return -ENOSPC;
	if (c->files_nr == c->files_room) {
		if (c->files_room > UINT32_MAX / 2)
			return -ENOMEM;
		room = c->files_room ? 2 * c->files_room : 64;
		f = reallocarray(c->files, room, sizeof(*f));
		if (!f)
			return -ENOMEM;
		c->files = f;
		c->files_room = room;
	}
	f = &c->files[c->files_nr++];
	f->node = e->dir.node;
	f->staged = e->staged;
	f->size = e->size;
	f->lba = 0;
	f->dirs_before = dirs_before;
	return 0;
}

static int add_entries(struct compose *c, u32 dir, const struct listing *l)
{
	u32 first_dir = c->dirs_nr, first_file = c->files_nr;
	u32 i, nr = 0;
	int ret = 0;

	for (i = 0; i < l->nr && !ret; i++) {
		const struct listed *e = l->order[TREE_UCS][i];

		if (e->flags & IMAPI_DE_DIRECTORY)
			ret = add_dir(c, dir, e);
		else if (e->staged)
			ret = add_file(c, e, c->dirs_nr - first_dir);
	}
	if (ret)
		return ret;

	for (i = 0; i < l->nr; i++) {
		const struct listed *e = l->order[TREE_ISO][i];

		if (e->flags & IMAPI_DE_DIRECTORY)
			c->trees[TREE_ISO].children[first_dir + nr++] =
				first_dir + e->index;
	}
	c->dirs[dir].first_dir = first_dir;
	c->dirs[dir].dirs = l->dirs;
	c->dirs[dir].first_file = first_file;
	c->dirs[dir].files = l->staged;
	return 0;
}

static int plan_dir(struct compose *c, u32 dir, struct listing *l)
{
	int ret = listing_load(l, c->tree, &c->dirs[dir].ref);
	u32 i;

	if (ret == -EUCLEAN)
		return compose_malformed(c, dir);
	if (ret)
		return ret;
	listing_iso_names(l);
	ret = add_entries(c, dir, l);
	if (ret)
		return ret;
	for (i = 0; i < TREES; i++) {
		u64 size = directory_size(l, i);

		if (size > IMAPI_MAX_EXTENT)
			return -ENOSPC;
		c->dirs[dir].at[i].size = (u32)size;
	}
	return 0;
}

/* Depth first, so that a base is read forward if it was laid out so */
static int plan_walk(struct compose *c)
{
	struct listing l = { 0 };
	u32 *stack = calloc(IMAPI_MAX_DIRS, sizeof(*stack));
	u32 depth = 0;
	int ret;

	if (!stack)
		return -ENOMEM;
	ret = add_root(c);
	if (!ret)
		stack[depth++] = 0;
	while (depth && !ret) {
		u32 dir = stack[--depth];
		u32 i;

		ret = plan_dir(c, dir, &l);
		if (ret)
			break;
		for (i = c->dirs[dir].dirs; i--; )
			stack[depth++] = c->dirs[dir].first_dir + i;
	}
	listing_free(&l);
	free(stack);
	return ret;
}

/* Path tables L and M of both trees, then the directories of both */
static u64 place_tree(struct compose *c, u64 at)
{
	u32 t, i;

	for (t = 0; t < TREES; t++) {
		struct ctree *tree = &c->trees[t];

		tree->path_size = path_table_size(c, t);
		tree->path_l = (u32)at;
		tree->path_m = (u32)at + blocks_of(tree->path_size);
		at += 2 * blocks_of(tree->path_size);
	}
	for (t = 0; t < TREES; t++) {
		for (i = 0; i < c->dirs_nr; i++) {
			struct cdir *d = &c->dirs[c->trees[t].preorder[i]];

			d->at[t].lba = (u32)at;
			at += blocks_of(d->at[t].size);
		}
	}
	return at;
}

static u64 place_files(struct compose *c, u64 at)
{
	u32 i;

	for (i = 0; i < c->files_nr; i++) {
		struct cfile *f = &c->files[c->data[i]];

		f->lba = f->size ? (u32)at : 0;
		at += blocks_of(f->size);
	}
	return at;
}

/* Every place is below @at, so none of them was cut if @at fits in the end */
static int plan_places(struct compose *c)
{
	u32 start = c->params.start;
	u64 tree_end, end;
	u32 i;
	int ret = 0;

	tree_end = place_tree(c, (u64)start + IMAPI_SYSTEM_BLOCKS +
			      descriptors_count(c));
	end = place_files(c, tree_end);
	if (end < (u64)start + c->params.least) {
		c->padding = (u32)(start + c->params.least - end);
		end += c->padding;
	}
	if (end > UINT32_MAX)
		return -ENOSPC;
	c->tree_blocks = (u32)tree_end - start;
	c->blocks = (u32)end - start;
	for (i = 0; i < c->files_nr && !ret; i++)
		ret = imapi_node_set_burned(c->tree, c->files[i].node,
					    c->files[i].lba);
	return ret;
}

static int plan(struct compose *c)
{
	struct compose_params *p = &c->params;
	int ret;

	if (p->bad_path_size)
		p->bad_path[0] = 0;
	if (p->saved) {
		if (p->saved_blocks > COMPOSE_SAVED_MAX)
			return -ENOSPC;
		p->prev_desc = p->start + 1;
	}
	ret = descriptors_volid(c);
	if (ret)
		return ret;
	ret = plan_walk(c);
	if (ret)
		return ret;
	ret = compose_order_dirs(c);
	if (ret)
		return ret;
	ret = compose_order_files(c);
	if (ret)
		return ret;
	return plan_places(c);
}

int compose_plan(struct imapi_tree *t, const struct compose_params *p,
		 struct compose **out)
{
	struct compose *c = calloc(1, sizeof(*c));
	int ret;

	if (!c)
		return -ENOMEM;
	c->tree = t;
	c->params = *p;
	ret = plan(c);
	if (ret)
		compose_free(c);
	else
		*out = c;
	return ret;
}

void compose_free(struct compose *c)
{
	u32 i;

	if (!c)
		return;
	for (i = 0; i < TREES; i++) {
		free(c->trees[i].children);
		free(c->trees[i].preorder);
		free(c->trees[i].numbered);
	}
	free(c->data);
	free(c->files);
	free(c->dirs);
	arena_free(&c->names);
	free(c);
}

u32 compose_blocks(const struct compose *c)
{
	return c->blocks;
}

u32 compose_tree_blocks(const struct compose *c)
{
	return c->tree_blocks;
}
