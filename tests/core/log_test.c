// SPDX-License-Identifier: GPL-2.0-only
/* The change log: what goes over is what comes out. */
#include <linux/imapifs.h>
#include "../fuzz/fuzzdisc.h"
#include "log_check.h"
#include "kselftest_harness.h"

FIXTURE(log) {
	struct world w;
};

FIXTURE_SETUP(log)
{
	ASSERT_EQ(0, world_init(&self->w));
}

FIXTURE_TEARDOWN(log)
{
	EXPECT_EQ(0, world_exit(&self->w));
}

/* --- changes by path, each 0 or -errno --- */

static struct imapi_node *parent_of(struct world *w, const char *path, const char **last)
{
	const char *slash = strrchr(path, '/');
	char dir[512];
	int err;

	*last = slash ? slash + 1 : path;
	snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - path) : 0, path);
	return world_resolve(w, dir, &err);
}

static int make(struct world *w, const char *path, enum imapi_kind kind,
		struct imapi_node **out)
{
	const char *last;
	struct imapi_node *dir = parent_of(w, path, &last);
	int ret;

	if (!dir)
		return -ENOENT;
	ret = imapi_create(w->tree, dir, last, strlen(last), kind, 5000, out);
	imapi_node_put(w->tree, dir, 1);
	return ret;
}

static int make_dir(struct world *w, const char *path)
{
	struct imapi_node *n;
	int ret = make(w, path, IMAPI_DIR, &n);

	if (!ret)
		imapi_node_put(w->tree, n, 1);
	return ret;
}

/* A file with bytes of its own; a size of 0 stages nothing */
static int make_file(struct world *w, const char *path, u64 size)
{
	struct imapi_node *n;
	int ret = make(w, path, IMAPI_FILE, &n);

	if (ret)
		return ret;
	if (size)
		ret = world_stage(w, n, (u32)size * 31 + (u8)*path, size);
	imapi_node_put(w->tree, n, 1);
	return ret;
}

static int rewrite(struct world *w, const char *path, u64 size)
{
	struct imapi_node *n;
	int ret;

	n = world_resolve(w, path, &ret);
	if (!n)
		return ret;
	ret = world_stage(w, n, 77, size);
	imapi_node_put(w->tree, n, 1);
	return ret;
}

static int drop(struct world *w, const char *path, enum imapi_kind kind)
{
	const char *last;
	struct imapi_node *dir = parent_of(w, path, &last);
	int ret;

	if (!dir)
		return -ENOENT;
	ret = imapi_unlink(w->tree, dir, last, strlen(last), kind, 6000);
	imapi_node_put(w->tree, dir, 1);
	return ret;
}

static int move_with(struct world *w, const char *from, const char *to, unsigned int flags)
{
	const char *olast, *nlast;
	struct imapi_node *odir = parent_of(w, from, &olast);
	struct imapi_node *ndir = parent_of(w, to, &nlast);
	int ret = -ENOENT;

	if (odir && ndir)
		ret = imapi_rename(w->tree, odir, olast, strlen(olast), ndir, nlast,
				   strlen(nlast), flags, 7000);
	if (odir)
		imapi_node_put(w->tree, odir, 1);
	if (ndir)
		imapi_node_put(w->tree, ndir, 1);
	return ret;
}

static int move(struct world *w, const char *from, const char *to)
{
	return move_with(w, from, to, 0);
}

static int set_time(struct world *w, const char *path, s64 time)
{
	struct imapi_node *n;
	int ret;

	n = world_resolve(w, path, &ret);
	if (!n)
		return ret;
	ret = imapi_node_set_mtime(w->tree, n, time);
	imapi_node_put(w->tree, n, 1);
	return ret;
}

/* --- a disc, and every sort of change to it --- */

static int base_disc(struct world *w)
{
	int ret = make_dir(w, "d") ?: make_dir(w, "d/e") ?: make_dir(w, "d/e/f") ?:
		make_dir(w, "s") ?: make_dir(w, "empty") ?:
		make_file(w, "a", 3000) ?: make_file(w, "b", 5000) ?:
		make_file(w, "nil", 0) ?: make_file(w, "d/x", 10) ?:
		make_file(w, "d/e/y", 2048) ?: make_file(w, "d/e/f/z", 2049) ?:
		make_file(w, "s/t", 100);

	if (!ret)
		ret = world_commit(w, 0);
	return ret ?: world_remount(w);
}

static int new_ones(struct world *w)
{
	return make_file(w, "new", 4000) ?: make_dir(w, "n") ?: make_dir(w, "n/n") ?:
		make_dir(w, "n/n/n") ?: make_file(w, "n/n/n/deep", 1) ?:
		make_file(w, "n/nothing", 0) ?: make_file(w, "d/e/f/new", 70000);
}

static int empty_ones(struct world *w)
{
	struct imapi_node *n;
	int ret = make_file(w, "n1", 0) ?: make(w, "n2", IMAPI_FILE, &n);

	if (ret)
		return ret;
	ret = world_stage(w, n, 1, 0);
	imapi_node_put(w->tree, n, 1);
	return ret ?: rewrite(w, "a", 0);
}

static int in_place(struct world *w)
{
	return rewrite(w, "d/e/f/z", 9000) ?: rewrite(w, "a", 1) ?: set_time(w, "b", 1) ?:
		set_time(w, "d/e", -5) ?: set_time(w, "", 12345);
}

static int renames(struct world *w)
{
	return move(w, "a", "a2") ?: move(w, "d/x", "s/x") ?: move(w, "d/e", "e2") ?:
		move(w, "nil", "e2/f/nil") ?: rewrite(w, "s/x", 500);
}

static int there_and_back(struct world *w)
{
	return move(w, "a", "elsewhere") ?: move(w, "elsewhere", "a") ?:
		move(w, "d/e", "s/e") ?: move(w, "s/e", "d/e");
}

static int below_a_new_one(struct world *w)
{
	return make_dir(w, "n") ?: make_dir(w, "n/m") ?: move(w, "d", "n/m/d") ?:
		make_file(w, "n/m/d/e/new", 30) ?: drop(w, "n/m/d/x", IMAPI_FILE);
}

/* A directory changes places with one that it was in */
static int inside_out(struct world *w)
{
	return move(w, "d/e", "e") ?: move(w, "d", "e/d") ?: move(w, "e/f", "e/d/f");
}

static int exchanges(struct world *w)
{
	return move_with(w, "a", "d", IMAPI_RENAME_EXCHANGE) ?:
		move_with(w, "b", "s/t", IMAPI_RENAME_EXCHANGE) ?:
		move_with(w, "a/e", "s", IMAPI_RENAME_EXCHANGE);
}

static int gone_and_again(struct world *w)
{
	return drop(w, "a", IMAPI_FILE) ?: make_file(w, "a", 20) ?:
		drop(w, "d/x", IMAPI_FILE) ?: drop(w, "empty", IMAPI_DIR) ?:
		make_dir(w, "empty") ?: make_file(w, "empty/not", 3);
}

static int other_kinds(struct world *w)
{
	return drop(w, "a", IMAPI_FILE) ?: make_dir(w, "a") ?: make_file(w, "a/in", 10) ?:
		drop(w, "empty", IMAPI_DIR) ?: make_file(w, "empty", 10);
}

static int over_others(struct world *w)
{
	return move(w, "a", "b") ?: move(w, "s", "empty") ?: move(w, "nil", "d/x");
}

/* All of a directory of the disc, and then itself */
static int whole_dirs(struct world *w)
{
	return drop(w, "d/e/f/z", IMAPI_FILE) ?: drop(w, "d/e/f", IMAPI_DIR) ?:
		move(w, "d/e/y", "y") ?: drop(w, "d/e", IMAPI_DIR) ?:
		drop(w, "d/x", IMAPI_FILE) ?: drop(w, "d", IMAPI_DIR) ?: make_dir(w, "d");
}

static int burned_before(struct world *w)
{
	return new_ones(w) ?: renames(w) ?: world_commit(w, 0) ?: make_file(w, "late", 6) ?:
		drop(w, "new", IMAPI_FILE) ?: move(w, "n/n", "n/k") ?: rewrite(w, "a2", 9);
}

/* The newest session has names that the base hasn't, and they are gone again */
static int burned_and_gone(struct world *w)
{
	return make_file(w, "x1", 7) ?: drop(w, "a", IMAPI_FILE) ?: world_commit(w, 0) ?:
		drop(w, "x1", IMAPI_FILE) ?: make_file(w, "a", 8) ?: world_commit(w, -EIO) ?:
		drop(w, "b", IMAPI_FILE);
}

static int three_commits(struct world *w)
{
	return burned_before(w) ?: world_commit(w, 0) ?: drop(w, "late", IMAPI_FILE) ?:
		move(w, "n/k", "d/k") ?: rewrite(w, "b", 3) ?: world_commit(w, 0) ?:
		make_file(w, "late", 1);
}

static const struct {
	const char *name;
	int (*change)(struct world *w);
} changes[] = {
	{ "new files and directories", new_ones },
	{ "empty files, staged and not", empty_ones },
	{ "content and times in their places", in_place },
	{ "files and directories of the disc renamed", renames },
	{ "renamed there and back", there_and_back },
	{ "a directory moved below a new one", below_a_new_one },
	{ "a directory into one that was in it", inside_out },
	{ "exchanged", exchanges },
	{ "deleted and made again", gone_and_again },
	{ "replaced by another kind", other_kinds },
	{ "renamed over others", over_others },
	{ "whole directories deleted", whole_dirs },
	{ "changes that are burned already", burned_before },
	{ "names that only the newest session has, gone", burned_and_gone },
	{ "three commits", three_commits },
};

TEST_F(log, every_sort_of_change_goes_over)
{
	const char *why;
	enum log_haste haste;
	struct world w;
	u32 i;

	for (i = 0; i < 2 * sizeof(changes) / sizeof(changes[0]); i++) {
		haste = i % 2 ? LOG_HASTY : LOG_COMPARED;
		ASSERT_EQ(0, world_init(&w));
		ASSERT_EQ(0, base_disc(&w));
		ASSERT_EQ(0, changes[i / 2].change(&w)) TH_LOG("%s", changes[i / 2].name);
		why = world_check_log(&w, haste);
		EXPECT_EQ(NULL, why) TH_LOG("%s: %s", changes[i / 2].name, why);
		/* Once more, over the session that has them */
		ASSERT_EQ(0, make_file(&w, "again", 5));
		why = world_check_log(&w, haste);
		EXPECT_EQ(NULL, why) TH_LOG("%s, again: %s", changes[i / 2].name, why);
		EXPECT_EQ(0, world_exit(&w));
	}
}

TEST_F(log, copy_can_be_changed_like_the_tree)
{
	struct log_check k = { .copy = NULL };
	struct world *w = &self->w;
	struct imapi_tree *ours;
	const char *why;
	int i;

	ASSERT_EQ(0, base_disc(w));
	ours = w->tree;
	ASSERT_EQ(0, renames(w));
	ASSERT_EQ(0, world_export(w, &k.log));
	ASSERT_EQ(0, world_import(w, &k.log, &k.copy));
	for (i = 0; i < 2; i++) {
		w->tree = i ? k.copy : ours;
		ASSERT_EQ(0, make_file(w, "e2/new", 3000));
		ASSERT_EQ(0, drop(w, "e2/f/nil", IMAPI_FILE));
		ASSERT_EQ(0, drop(w, "s/x", IMAPI_FILE));
		ASSERT_EQ(0, drop(w, "s/t", IMAPI_FILE));
		ASSERT_EQ(0, drop(w, "s", IMAPI_DIR));
		ASSERT_EQ(0, move(w, "e2", "d/e"));
		ASSERT_EQ(0, rewrite(w, "b", 1));
		ASSERT_EQ(0, drop(w, "a2", IMAPI_FILE));
		ASSERT_EQ(0, make_dir(w, "a"));
	}
	w->tree = ours;
	why = check_same(w, &k);
	EXPECT_EQ(NULL, why) TH_LOG("%s", why);
	imapi_tree_free(k.copy);
	free(k.log.p);
	free(k.ours.p);
	free(k.theirs.p);
}

TEST_F(log, blank_disc)
{
	const char *why;
	ASSERT_EQ(0, make_dir(&self->w, "d"));
	ASSERT_EQ(0, make_file(&self->w, "d/first", 1000));
	why = world_check_log(&self->w, LOG_COMPARED);
	EXPECT_EQ(NULL, why) TH_LOG("%s", why);
	why = world_check_log(&self->w, LOG_COMPARED);
	EXPECT_EQ(NULL, why) TH_LOG("%s", why);
}

TEST_F(log, of_a_clean_tree_holds_nothing)
{
	const char *why;
	struct imapifs_log_head head;
	struct text log = { 0 };

	ASSERT_EQ(0, base_disc(&self->w));
	ASSERT_EQ(0, world_export(&self->w, &log));
	ASSERT_EQ(sizeof(head), log.len);
	memcpy(&head, log.p, sizeof(head));
	EXPECT_EQ(0, head.nodes);
	EXPECT_EQ(0, head.changes);
	EXPECT_EQ(UINT32_MAX, head.nwa);
	free(log.p);
	why = world_check_log(&self->w, LOG_COMPARED);
	EXPECT_EQ(NULL, why) TH_LOG("%s", why);
}

/* The fuzzers' disc: a file of two sections, and one that we hide */
static int sections_disc(struct world *w)
{
	struct imapi_iso_dirent *de;
	struct memdisc d;
	u32 at;

	fuzzdisc_init(&d, NULL, 0);
	memcpy(w->disc, d.data, FUZZDISC_BLOCKS * IMAPI_BLOCK);
	memdisc_free(&d);
	w->src.blocks = FUZZDISC_BLOCKS;
	for (at = 0; at < IMAPI_BLOCK; at += de->len) {
		de = (void *)(w->disc + FUZZDISC_ROOT * IMAPI_BLOCK + at);
		if (!de->len)
			break;
		if (de->name_len > 2 && de->name[1] != 'b')
			de->flags |= IMAPI_DE_HIDDEN;
	}
	return world_remount(w);
}

TEST_F(log, sections_and_hidden_ones)
{
	const char *why;
	struct world *w = &self->w;

	ASSERT_EQ(0, sections_disc(w));
	ASSERT_EQ(0, set_time(w, "big", 99));
	ASSERT_EQ(0, move(w, "dir/big", "big in a new place"));
	ASSERT_EQ(0, move(w, "file.txt", "dir/hidden.txt"));
	ASSERT_EQ(0, set_time(w, "dir", 98));
	ASSERT_EQ(0, rewrite(w, "dir/file.txt", 5));
	why = world_check_log(w, LOG_HASTY);
	EXPECT_EQ(NULL, why) TH_LOG("%s", why);
}

/* Larger than the test's disc: nothing of it is read */
TEST_F(log, sections_of_a_file_that_was_burned)
{
	const char *why;
	struct log_check k = { .copy = NULL };
	struct world *w = &self->w;
	struct imapi_content c;
	struct imapi_node *n;
	u32 lba;

	w->room = UINT32_MAX;
	ASSERT_EQ(0, make(w, "huge", IMAPI_FILE, &n));
	ASSERT_EQ(0, world_stage(w, n, 1, 9000000000ull));
	ASSERT_EQ(-EINVAL, imapi_tree_set_burned_ino(w->tree, 1ull << 40, 1000));
	ASSERT_EQ(0, imapi_tree_commit_begin(w->tree));
	EXPECT_EQ(-ENODATA, imapi_node_burned_lba(w->tree, n, &lba));
	EXPECT_EQ(-EINVAL, imapi_tree_set_burned_ino(w->tree, 1ull << 40, UINT32_MAX - 1000));
	EXPECT_EQ(-ENODATA, imapi_tree_burned_check(w->tree));
	ASSERT_EQ(0, imapi_tree_set_burned_ino(w->tree, 1ull << 40, 1000));
	EXPECT_EQ(0, imapi_tree_burned_check(w->tree));
	ASSERT_EQ(0, imapi_node_burned_lba(w->tree, n, &lba));
	EXPECT_EQ(1000, lba);
	imapi_tree_commit_end(w->tree, 0);
	ASSERT_EQ(0, imapi_node_content(w->tree, n, &c));
	EXPECT_EQ(3, c.nr);
	imapi_node_put(w->tree, n, 1);

	ASSERT_EQ(0, make_file(w, "new", 1));
	ASSERT_EQ(0, imapi_tree_commit_begin(w->tree));
	ASSERT_EQ(0, world_export(w, &k.log));
	w->src.blocks = 1000 + 4394531;
	EXPECT_EQ(-EINVAL, world_import(w, &k.log, &k.copy));
	w->src.blocks++;
	ASSERT_EQ(0, world_import(w, &k.log, &k.copy));
	why = check_same(w, &k);
	EXPECT_EQ(NULL, why) TH_LOG("%s", why);
	imapi_tree_commit_end(w->tree, -EIO);
	imapi_tree_free(k.copy);
	free(k.log.p);
	free(k.ours.p);
	free(k.theirs.p);
}

/* The copy counts itself when the content's records are another number already */
TEST_F(log, sections_that_are_burned_before_they_are_counted)
{
	struct log_check k = { .copy = NULL };
	struct world *w = &self->w;
	const char *why;

	w->room = UINT32_MAX;
	w->src.blocks = UINT32_MAX;
	ASSERT_EQ(0, make_file(w, "huge", 50000000000ull));
	ASSERT_EQ(0, imapi_tree_commit_begin(w->tree));
	ASSERT_EQ(0, world_export(w, &k.log));
	ASSERT_EQ(0, world_import(w, &k.log, &k.copy));
	ASSERT_EQ(0, imapi_tree_commit_begin(k.copy));
	ASSERT_EQ(0, imapi_tree_set_burned_ino(k.copy, IMAPI_INO_NEW, 1000));
	ASSERT_EQ(0, imapi_tree_burned(k.copy, tell_place, w));
	imapi_tree_commit_end(k.copy, 0);
	imapi_tree_commit_end(w->tree, 0);
	why = check_same(w, &k);
	EXPECT_EQ(NULL, why) TH_LOG("%s", why);
	imapi_tree_free(k.copy);
	free(k.log.p);
	free(k.ours.p);
	free(k.theirs.p);
}

TEST_F(log, files_without_a_name_stay_here)
{
	const char *why;
	struct world *w = &self->w;
	struct imapi_node *staged, *burned;
	int err;

	ASSERT_EQ(0, base_disc(w));
	ASSERT_EQ(0, make(w, "temp", IMAPI_FILE, &staged));
	ASSERT_EQ(0, world_stage(w, staged, 4, 4000));
	burned = world_resolve(w, "a", &err);
	ASSERT_NE(NULL, burned);
	ASSERT_EQ(0, drop(w, "temp", IMAPI_FILE));
	ASSERT_EQ(0, drop(w, "a", IMAPI_FILE));
	why = world_check_log(w, LOG_COMPARED);
	EXPECT_EQ(NULL, why) TH_LOG("%s", why);
	imapi_node_put(w->tree, staged, 1);
	imapi_node_put(w->tree, burned, 1);
}

TEST_F(log, removed_directory_that_is_held_is_left_out)
{
	const char *why;
	struct world *w = &self->w;
	struct imapi_node *dir;
	int err;

	ASSERT_EQ(0, base_disc(w));
	dir = world_resolve(w, "s", &err);
	ASSERT_NE(NULL, dir);
	ASSERT_EQ(0, drop(w, "s/t", IMAPI_FILE));
	ASSERT_EQ(0, drop(w, "s", IMAPI_DIR));
	why = world_check_log(w, LOG_COMPARED);
	EXPECT_EQ(NULL, why) TH_LOG("%s", why);
	imapi_node_put(w->tree, dir, 1);
}

TEST_F(log, deep_tree)
{
	struct imapi_node *dir = imapi_tree_root(self->w.tree), *sub;
	struct imapi_tree *copy;
	struct imapi_usage u;
	struct text log = { 0 };
	u32 i;

	imapi_node_get(self->w.tree, dir);
	for (i = 0; i < 20000; i++) {
		ASSERT_EQ(0, imapi_create(self->w.tree, dir, "d", 1, IMAPI_DIR, 5, &sub));
		imapi_node_put(self->w.tree, dir, 1);
		dir = sub;
	}
	imapi_node_put(self->w.tree, dir, 1);
	ASSERT_EQ(0, imapi_tree_commit_begin(self->w.tree));
	ASSERT_EQ(0, world_export(&self->w, &log));
	imapi_tree_commit_end(self->w.tree, -EIO);
	ASSERT_EQ(0, world_import(&self->w, &log, &copy));
	ASSERT_EQ(0, imapi_tree_usage(copy, &u));
	EXPECT_EQ(20001, u.dirs);
	imapi_tree_free(copy);
	free(log.p);
}

static int refuse(void *ctx, const void *buf, size_t len)
{
	u32 *calls = ctx;

	(void)buf;
	return len && ++*calls == 2 ? -EFBIG : 0;
}

TEST_F(log, write_that_fails_ends_the_export)
{
	char name[16];
	u32 calls = 0, i;

	for (i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "%u", i);
		ASSERT_EQ(0, make_file(&self->w, name, 0));
	}
	EXPECT_EQ(-EFBIG, imapi_tree_export(self->w.tree, refuse, &calls));
	EXPECT_EQ(2, calls);
}

TEST_HARNESS_MAIN
