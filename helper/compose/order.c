// SPDX-License-Identifier: GPL-2.0-only
/*
 * No recursion: the depth of a tree is the disc's to say, and so is a stack
 * that grows with it.
 */
#include "plan.h"

/* Depth first, a directory before what is in it */
static void order_preorder(struct compose *c, struct ctree *t, u32 *stack)
{
	u32 depth = 0, nr = 0;

	stack[depth++] = 0;
	while (depth) {
		u32 at = stack[--depth];
		const struct cdir *d = &c->dirs[at];
		u32 i = d->dirs;

		t->preorder[nr++] = at;
		while (i--)
			stack[depth++] = t->children[d->first_dir + i];
	}
}

/*
 * Path tables go by level, then by the parent's number, then by name (ECMA-119
 * 6.9.1): breadth first.
 */
static void order_numbers(struct compose *c, u32 tree)
{
	struct ctree *t = &c->trees[tree];
	u32 i, k, nr = 0;

	t->numbered[nr++] = 0;
	for (i = 0; i < nr; i++) {
		struct cdir *d = &c->dirs[t->numbered[i]];

		d->number[tree] = (u16)(i + 1);
		for (k = 0; k < d->dirs; k++)
			t->numbered[nr++] = t->children[d->first_dir + k];
	}
}

int compose_order_dirs(struct compose *c)
{
	u32 *stack = calloc(c->dirs_nr, sizeof(*stack));
	int ret = -ENOMEM;
	u32 i;

	if (!stack)
		return ret;
	for (i = 0; i < TREES; i++) {
		struct ctree *t = &c->trees[i];

		t->preorder = calloc(c->dirs_nr, sizeof(*t->preorder));
		t->numbered = calloc(c->dirs_nr, sizeof(*t->numbered));
		if (!t->preorder || !t->numbered)
			goto out;
		order_preorder(c, t, stack);
		order_numbers(c, i);
	}
	ret = 0;
out:
	free(stack);
	return ret;
}

int compose_order_files(struct compose *c)
{
	u32 *dir_at, *file_at;		/* how far each directory is walked */
	u32 at = 0, nr = 0;
	int ret = -ENOMEM;

	dir_at = calloc(c->dirs_nr, sizeof(*dir_at));
	file_at = calloc(c->dirs_nr, sizeof(*file_at));
	c->data = calloc((size_t)c->files_nr + 1, sizeof(*c->data));
	if (!dir_at || !file_at || !c->data)
		goto out;

	while (nr < c->files_nr) {
		const struct cdir *d = &c->dirs[at];
		u32 file = d->first_file + file_at[at];

		if (file_at[at] < d->files &&
		    c->files[file].dirs_before <= dir_at[at]) {
			c->data[nr++] = file;
			file_at[at]++;
		} else if (dir_at[at] < d->dirs) {
			at = d->first_dir + dir_at[at]++;
		} else {
			at = d->parent;
		}
	}
	ret = 0;
out:
	free(dir_at);
	free(file_at);
	return ret;
}
