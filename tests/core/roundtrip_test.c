// SPDX-License-Identifier: GPL-2.0-only
/*
 * The overlay tree, the composer and the parser against a plain model: random
 * changes, commits, and new mounts of what was composed, compared name by name
 * and byte by byte after each step.
 */
#include "log_check.h"
#include "kselftest_harness.h"

#define MAX_ITEMS	400

struct item {
	char path[512];
	bool dir;
	u32 seed;
	u64 size;
	u64 ino;	/* 0: not asked for in this mount */
};

struct model {
	struct world w;
	struct item items[MAX_ITEMS];
	u32 nr, rnd;
};

static u32 rnd(struct model *m, u32 below)
{
	m->rnd = m->rnd * 1664525u + 1013904223u;
	return (m->rnd >> 8) % below;
}

/* The directory of a path, and its last part */
static struct imapi_node *parent_of(struct model *m, const char *path, const char **last)
{
	const char *slash = strrchr(path, '/');
	struct imapi_node *n;
	char dir[512];
	int err;

	*last = slash ? slash + 1 : path;
	snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - path) : 0, path);
	n = world_resolve(&m->w, dir, &err);
	if (!n)
		abort();
	return n;
}

static struct item *item_at(struct model *m, const char *path)
{
	u32 i;

	for (i = 0; i < m->nr; i++)
		if (!strcmp(m->items[i].path, path))
			return &m->items[i];
	return NULL;
}

static bool below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return !strncmp(path, dir, len) && path[len] == '/';
}

static bool has_children(struct model *m, const char *dir)
{
	u32 i;

	for (i = 0; i < m->nr; i++)
		if (below(m->items[i].path, dir))
			return true;
	return false;
}

static void random_path(struct model *m, char *out, size_t size)
{
	static const char *const stems[] = {
		"a", "b.txt", "B.TXT", "long name with spaces.jpeg", "\xc3\xa4\xc3\xb6",
		"\xf0\x9f\x92\xbf", "x.y.z", "noext", ".hidden", "UPPER",
	};
	struct item *dir = NULL;
	u32 tries;

	for (tries = 0; m->nr && tries < 4 && !dir; tries++) {
		dir = &m->items[rnd(m, m->nr)];
		if (!dir->dir || strlen(dir->path) > 200)
			dir = NULL;
	}
	snprintf(out, size, "%s%s%s%u", dir ? dir->path : "", dir ? "/" : "",
		 stems[rnd(m, 10)], rnd(m, 4));
}

static int op_create(struct model *m, bool dir)
{
	struct item *it = &m->items[m->nr];
	struct imapi_node *parent, *n;
	const char *last;
	bool there;
	int ret;

	if (m->nr == MAX_ITEMS)
		return 0;
	random_path(m, it->path, sizeof(it->path));
	there = item_at(m, it->path);
	parent = parent_of(m, it->path, &last);
	ret = imapi_create(m->w.tree, parent, last, strlen(last),
			   dir ? IMAPI_DIR : IMAPI_FILE, 500, &n);
	imapi_node_put(m->w.tree, parent, 1);
	if (there)
		return ret == -EEXIST ? 0 : -1;
	if (ret)
		return -2;
	it->dir = dir;
	it->seed = rnd(m, 1u << 30);
	it->size = dir || !rnd(m, 5) ? 0 : rnd(m, 9000);
	it->ino = 0;
	if (it->size && world_stage(&m->w, n, it->seed, it->size))
		return -3;
	imapi_node_put(m->w.tree, n, 1);
	m->nr++;
	return 0;
}

static int op_unlink(struct model *m)
{
	struct item *it;
	struct imapi_node *parent;
	const char *last;
	int ret, want = 0;

	if (!m->nr)
		return 0;
	it = &m->items[rnd(m, m->nr)];
	if (it->dir && has_children(m, it->path))
		want = -ENOTEMPTY;
	parent = parent_of(m, it->path, &last);
	ret = imapi_unlink(m->w.tree, parent, last, strlen(last),
			   it->dir ? IMAPI_DIR : IMAPI_FILE, 600);
	imapi_node_put(m->w.tree, parent, 1);
	if (ret != want)
		return -1;
	if (!ret)
		*it = m->items[--m->nr];
	return 0;
}

static int op_rewrite(struct model *m)
{
	struct imapi_content c;
	struct imapi_node *n;
	struct item *it;
	int ret;

	if (!m->nr)
		return 0;
	it = &m->items[rnd(m, m->nr)];
	if (it->dir)
		return 0;
	n = world_resolve(&m->w, it->path, &ret);
	if (!n)
		return ret;
	imapi_node_content(m->w.tree, n, &c);
	it->seed = rnd(m, 1u << 30);
	it->size = 1 + rnd(m, 5000);
	if (c.staged) {
		ret = imapi_node_resize(m->w.tree, n, it->size, 0, 700);
		((struct blob *)c.staged)->seed = it->seed;
		((struct blob *)c.staged)->size = it->size;
	} else {
		ret = world_stage(&m->w, n, it->seed, it->size);
	}
	imapi_node_put(m->w.tree, n, 1);
	return ret;
}

/* What the model says of a rename, before it is tried */
static int rename_wants(struct model *m, const struct item *from, const struct item *to,
			const char *path, unsigned int flags)
{
	if (to == from)
		return flags & IMAPI_RENAME_NOREPLACE ? -EEXIST : 0;
	if (flags & IMAPI_RENAME_EXCHANGE && !to)
		return -ENOENT;
	if (flags & IMAPI_RENAME_NOREPLACE && to)
		return -EEXIST;
	if (below(path, from->path))
		return -EINVAL;
	if (flags & IMAPI_RENAME_EXCHANGE && below(from->path, to->path))
		return -EINVAL;
	if (to && !(flags & IMAPI_RENAME_EXCHANGE)) {
		if (from->dir != to->dir)
			return from->dir ? -ENOTDIR : -EISDIR;
		if (to->dir && has_children(m, to->path))
			return -ENOTEMPTY;
	}
	return 0;
}

static void model_move(struct model *m, const char *from, const char *to)
{
	char moved[sizeof(m->items[0].path)];
	u32 i;

	for (i = 0; i < m->nr; i++) {
		if (strcmp(m->items[i].path, from) && !below(m->items[i].path, from))
			continue;
		if (snprintf(moved, sizeof(moved), "%s%s", to,
			     m->items[i].path + strlen(from)) >= (int)sizeof(moved))
			abort();
		strcpy(m->items[i].path, moved);
	}
}

static int op_rename(struct model *m)
{
	static const unsigned int all_flags[] = {
		0, 0, IMAPI_RENAME_NOREPLACE, IMAPI_RENAME_EXCHANGE
	};
	unsigned int flags = all_flags[rnd(m, 4)];
	struct imapi_node *odir, *ndir;
	const char *olast, *nlast;
	char path[512], old[512];
	struct item *from, *to;
	int ret, want;

	if (!m->nr)
		return 0;
	from = &m->items[rnd(m, m->nr)];
	if (rnd(m, 3))
		random_path(m, path, sizeof(path));
	else
		strcpy(path, m->items[rnd(m, m->nr)].path);
	if (strlen(path) > 220)
		return 0;
	to = item_at(m, path);
	want = rename_wants(m, from, to, path, flags);
	strcpy(old, from->path);
	odir = parent_of(m, old, &olast);
	ndir = parent_of(m, path, &nlast);
	ret = imapi_rename(m->w.tree, odir, olast, strlen(olast), ndir, nlast,
			   strlen(nlast), flags, 800);
	imapi_node_put(m->w.tree, odir, 1);
	imapi_node_put(m->w.tree, ndir, 1);
	if (ret != want)
		return fprintf(stderr, "# rename %s -> %s flags %u: %d, not %d\n", old,
			       path, flags, ret, want), -1;
	if (ret || to == from)
		return 0;
	if (flags & IMAPI_RENAME_EXCHANGE) {
		model_move(m, path, "\1");
		model_move(m, old, path);
		model_move(m, "\1", old);
		return 0;
	}
	if (to)
		*to = m->items[--m->nr];
	model_move(m, old, path);
	return 0;
}

static int content_same(struct model *m, const struct item *it, struct imapi_node *n)
{
	struct imapi_content c;
	u64 done = 0;
	u32 i, at, run;
	const u8 *p;

	if (imapi_node_content(m->w.tree, n, &c) || c.size != it->size)
		return -1;
	if (c.staged) {
		const struct blob *b = c.staged;

		return b->seed == it->seed && b->size == it->size ? 0 : -2;
	}
	for (i = 0; i < c.nr; i++) {
		p = m->w.disc + imapi_extent_map(&c.extents[i], 0, &run);
		for (at = 0; at < c.extents[i].len; at++, done++)
			if (p[at] != byte_of(it->seed, done))
				return -3;
	}
	return done == it->size ? 0 : -4;
}

struct listing {
	struct model *m;
	struct imapi_node *dir;
	u32 seen;
	int err;
};

static int list_one(void *ctx, const struct imapi_dent *d)
{
	struct listing *l = ctx, sub = { .m = l->m };
	struct imapi_attr a;

	l->seen++;
	l->err = imapi_lookup(l->m->w.tree, l->dir, d->name, d->len, &sub.dir);
	if (l->err)
		return l->err;
	imapi_node_attr(l->m->w.tree, sub.dir, &a);
	if (a.ino != d->ino || a.dir != d->dir)
		l->err = -1;
	if (!l->err && d->dir)
		l->err = imapi_readdir(l->m->w.tree, sub.dir, 0, list_one, &sub);
	l->seen += sub.seen;
	imapi_node_put(l->m->w.tree, sub.dir, 1);
	return l->err;
}

/* Everything in the model is there, and nothing else is */
static int compare(struct model *m)
{
	struct listing l = { .m = m, .dir = imapi_tree_root(m->w.tree) };
	struct imapi_node *n;
	struct imapi_attr a;
	struct item *it;
	int ret;
	u32 i;

	for (i = 0; i < m->nr; i++) {
		it = &m->items[i];
		n = world_resolve(&m->w, it->path, &ret);
		if (!n)
			return fprintf(stderr, "# %s: %d\n", it->path, ret), -1;
		imapi_node_attr(m->w.tree, n, &a);
		ret = a.dir != it->dir ? -1 : it->dir ? 0 : content_same(m, it, n);
		if (it->ino && it->ino != a.ino)
			ret = -100;
		it->ino = a.ino;
		imapi_node_put(m->w.tree, n, 1);
		if (ret)
			return fprintf(stderr, "# %s: differs (%d)\n", it->path, ret), -2;
	}
	ret = imapi_readdir(m->w.tree, l.dir, 0, list_one, &l);
	if (ret)
		return ret;
	return l.seen == m->nr ? 0 : -3;
}

static int remount(struct model *m)
{
	u32 i;

	for (i = 0; i < m->nr; i++)
		m->items[i].ino = 0;
	return world_remount(&m->w);
}

static int step(struct model *m)
{
	switch (rnd(m, 12)) {
	case 0: case 1: case 2: case 3:
		return op_create(m, false);
	case 4: case 5:
		return op_create(m, true);
	case 6:
		return op_unlink(m);
	case 7:
		return op_rewrite(m);
	default:
		return op_rename(m);
	}
}

FIXTURE(round) {
	struct model m;
};

FIXTURE_SETUP(round)
{
	memset(&self->m, 0, sizeof(self->m));
	ASSERT_EQ(0, world_init(&self->m.w));
}

FIXTURE_TEARDOWN(round)
{
	EXPECT_EQ(0, world_exit(&self->m.w));
}

TEST_F(round, random_changes_commits_and_mounts)
{
	struct model *m = &self->m;
	u32 seed, i;

	for (seed = 1; seed <= 12; seed++) {
		m->rnd = seed * 7919;
		for (i = 0; i < 150; i++)
			ASSERT_EQ(0, step(m)) TH_LOG("seed %u step %u", seed, i);
		ASSERT_EQ(0, compare(m)) TH_LOG("seed %u, staged", seed);
		ASSERT_EQ(0, world_commit(&m->w, seed % 3 ? 0 : -EIO));
		ASSERT_EQ(0, compare(m)) TH_LOG("seed %u, committed", seed);
		for (i = 0; i < 40; i++)
			ASSERT_EQ(0, step(m)) TH_LOG("seed %u step %u", seed, i);
		ASSERT_EQ(0, world_commit(&m->w, 0));
		ASSERT_EQ(0, compare(m)) TH_LOG("seed %u, committed twice", seed);
		ASSERT_EQ(false, imapi_tree_dirty(m->w.tree));
		ASSERT_EQ(0, remount(m));
		ASSERT_EQ(0, compare(m)) TH_LOG("seed %u, mounted again", seed);
	}
}

TEST_F(round, readdir_gives_what_stays_once_while_entries_come_and_go)
{
	struct model *m = &self->m;
	u32 i;

	m->rnd = 5;
	for (i = 0; i < 60; i++)
		ASSERT_EQ(0, op_create(m, i % 7 == 0));
	ASSERT_EQ(0, world_commit(&m->w, 0));
	ASSERT_EQ(0, remount(m));
	for (i = 0; i < 60; i++)
		ASSERT_EQ(0, i % 2 ? op_create(m, false) : op_unlink(m));
	ASSERT_EQ(0, compare(m));
}

/* Each commit by way of the change log, over a base and over sessions of this mount */
TEST_F(round, random_changes_as_change_logs)
{
	struct model *m = &self->m;
	const char *why;
	u32 seed, i, nr;

	for (seed = 1; seed <= 12; seed++) {
		m->rnd = seed * 104729;
		for (nr = 1; nr <= 4; nr++) {
			for (i = 0; i < 150 / nr; i++)
				ASSERT_EQ(0, step(m)) TH_LOG("seed %u step %u", seed, i);
			why = world_check_log(&m->w, nr % 2 ? LOG_HASTY : LOG_COMPARED);
			ASSERT_EQ(NULL, why) TH_LOG("seed %u, log %u: %s", seed, nr, why);
			ASSERT_EQ(0, compare(m)) TH_LOG("seed %u, log %u", seed, nr);
		}
		ASSERT_EQ(0, remount(m));
		ASSERT_EQ(0, compare(m)) TH_LOG("seed %u, mounted again", seed);
	}
}

TEST_HARNESS_MAIN
