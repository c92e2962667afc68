// SPDX-License-Identifier: GPL-2.0-only
/* The overlay tree: what the random walk of roundtrip_test.c would not meet. */
#include "world.h"
#include "kselftest_harness.h"

FIXTURE(tree) {
	struct world w;
	struct imapi_node *root;
};

FIXTURE_SETUP(tree)
{
	ASSERT_EQ(0, world_init(&self->w));
	self->root = imapi_tree_root(self->w.tree);
}

FIXTURE_TEARDOWN(tree)
{
	EXPECT_EQ(0, world_exit(&self->w));
}

static int make_in(struct world *w, struct imapi_node *dir, const char *name,
		   enum imapi_kind kind)
{
	struct imapi_node *n;
	int ret = imapi_create(w->tree, dir, name, strlen(name), kind, 5, &n);

	if (!ret)
		imapi_node_put(w->tree, n, 1);
	return ret;
}

static int make(struct world *w, const char *name, enum imapi_kind kind)
{
	return make_in(w, imapi_tree_root(w->tree), name, kind);
}

static int gone(struct world *w, const char *name, enum imapi_kind kind)
{
	return imapi_unlink(w->tree, imapi_tree_root(w->tree), name, strlen(name), kind, 6);
}

/* The directory record of @name in the directory at @lba of the disc */
static struct imapi_iso_dirent *record_of(struct world *w, u32 lba, const char *name)
{
	u8 wanted[IMAPI_NAME_BYTES], *block = w->disc + (size_t)lba * IMAPI_BLOCK;
	struct imapi_iso_dirent *de;
	int len = imapi_utf8_to_utf16(name, strlen(name), wanted, sizeof(wanted));
	u32 at;

	for (at = 0; at < IMAPI_BLOCK && block[at]; at += block[at]) {
		de = (void *)(block + at);
		if (de->name_len == len && !memcmp(de->name, wanted, (size_t)len))
			return de;
	}
	return NULL;
}

static int newest(struct world *w, struct imapi_volume *vol)
{
	return imapi_volume_read(&w->src, 16, vol);
}

/* / with the directories "bad" and "good", a file in each; on the disc */
static int two_dirs(struct world *w)
{
	static const char *const names[] = { "bad", "good" };
	struct imapi_node *dir;
	int i, ret;

	for (i = 0; i < 2; i++) {
		ret = imapi_create(w->tree, imapi_tree_root(w->tree), names[i],
				   strlen(names[i]), IMAPI_DIR, 5, &dir);
		if (ret)
			return ret;
		ret = make_in(w, dir, "file", IMAPI_FILE);
		imapi_node_put(w->tree, dir, 1);
		if (ret)
			return ret;
	}
	ret = world_commit(w, 0);
	return ret ? ret : world_remount(w);
}

TEST_F(tree, unlinked_file_keeps_its_content_until_the_last_reference)
{
	struct world *w = &self->w;
	struct imapi_content c;
	struct imapi_node *n;

	ASSERT_EQ(0, imapi_create(w->tree, self->root, "f", 1, IMAPI_FILE, 5, &n));
	ASSERT_EQ(0, world_stage(w, n, 1, 5000));
	ASSERT_EQ(0, gone(w, "f", IMAPI_FILE));
	EXPECT_EQ(0, w->drops);
	ASSERT_EQ(0, imapi_node_content(w->tree, n, &c));
	EXPECT_NE(NULL, c.staged);
	/* It is in no session, and a commit leaves it alone */
	ASSERT_EQ(0, world_commit(w, 0));
	EXPECT_EQ(0, w->drops);
	ASSERT_EQ(0, imapi_node_resize(w->tree, n, 9000, 0, 7));
	EXPECT_FALSE(imapi_tree_dirty(w->tree));
	imapi_node_put(w->tree, n, 1);
	EXPECT_EQ(1, w->drops);
}

TEST_F(tree, a_clean_tree_has_nothing_to_commit)
{
	ASSERT_EQ(-EALREADY, imapi_tree_commit_begin(self->w.tree));
	ASSERT_EQ(0, make(&self->w, "f", IMAPI_FILE));
	ASSERT_EQ(0, world_commit(&self->w, 0));
	ASSERT_EQ(-EALREADY, imapi_tree_commit_begin(self->w.tree));
	EXPECT_EQ(1, imapi_tree_generation(self->w.tree));
}

TEST_F(tree, a_failed_commit_keeps_everything_staged)
{
	struct world *w = &self->w;
	struct imapi_content c;
	struct imapi_node *n;

	ASSERT_EQ(0, imapi_create(w->tree, self->root, "f", 1, IMAPI_FILE, 5, &n));
	ASSERT_EQ(0, world_stage(w, n, 1, 5000));
	ASSERT_EQ(0, world_commit(w, -EIO));
	EXPECT_TRUE(imapi_tree_dirty(w->tree));
	ASSERT_EQ(0, imapi_node_content(w->tree, n, &c));
	EXPECT_NE(NULL, c.staged);
	EXPECT_EQ(0, w->drops);
	ASSERT_EQ(0, world_commit(w, 0));
	ASSERT_EQ(0, imapi_node_content(w->tree, n, &c));
	EXPECT_EQ(NULL, c.staged);
	EXPECT_EQ(5000, c.size);
	EXPECT_EQ(1, w->drops);
	imapi_node_put(w->tree, n, 1);
}

TEST_F(tree, a_node_given_back_during_a_commit_stays_until_its_end)
{
	struct world *w = &self->w;
	struct imapi_node *n;
	struct imapi_attr a;
	int err;

	ASSERT_EQ(0, two_dirs(w));
	ASSERT_EQ(0, make(w, "new", IMAPI_FILE));
	n = world_resolve(w, "good", &err);
	ASSERT_NE(NULL, n);
	ASSERT_EQ(0, imapi_tree_commit_begin(w->tree));
	imapi_node_put(w->tree, n, 1);
	imapi_node_attr(w->tree, n, &a);
	EXPECT_TRUE(a.dir);	/* the sanitizer speaks up if it is gone */
	n = world_resolve(w, "good/file", &err);
	ASSERT_NE(NULL, n);
	imapi_node_put(w->tree, n, 1);
	imapi_tree_commit_end(w->tree, -EIO);
	n = world_resolve(w, "good/file", &err);
	ASSERT_NE(NULL, n);
	imapi_node_put(w->tree, n, 1);
}

TEST_F(tree, what_does_not_fit_is_refused_when_it_is_written)
{
	struct world *w = &self->w;
	struct imapi_node *n;
	struct imapi_usage u;

	ASSERT_EQ(0, imapi_create(w->tree, self->root, "f", 1, IMAPI_FILE, 5, &n));
	ASSERT_EQ(0, imapi_tree_usage(w->tree, &u));
	w->room = u.tree_blocks + 10;
	ASSERT_EQ(-ENOSPC, world_stage(w, n, 1, 11 * IMAPI_BLOCK));
	ASSERT_EQ(0, world_stage(w, n, 1, 10 * IMAPI_BLOCK));
	EXPECT_EQ(-ENOSPC, imapi_node_resize(w->tree, n, 10 * IMAPI_BLOCK + 1, IMAPI_GROW, 5));
	EXPECT_EQ(0, imapi_node_resize(w->tree, n, 9 * IMAPI_BLOCK, IMAPI_GROW, 5));
	ASSERT_EQ(0, imapi_tree_usage(w->tree, &u));
	EXPECT_EQ(10, u.staged_blocks);
	EXPECT_EQ(-EFBIG, imapi_node_resize(w->tree, n, 1ull << 44, 0, 5));
	ASSERT_EQ(0, imapi_node_resize(w->tree, n, 3, 0, 5));
	ASSERT_EQ(0, imapi_tree_usage(w->tree, &u));
	EXPECT_EQ(1, u.staged_blocks);
	EXPECT_EQ(3, u.staged_bytes);
	ASSERT_EQ(0, gone(w, "f", IMAPI_FILE));
	imapi_node_put(w->tree, n, 1);
	ASSERT_EQ(0, imapi_tree_usage(w->tree, &u));
	EXPECT_EQ(0, u.staged_blocks);
	EXPECT_EQ(0, u.staged_files);
	EXPECT_EQ(0, u.files);
	EXPECT_EQ(1, u.dirs);
}

/* Two writes of one file at once: the room is asked for without a lock */
static struct imapi_node *racing;
static struct world *race_world;

static u64 room_while_it_grows(void *ctx, u64 taken)
{
	struct imapi_node *n = racing;

	racing = NULL;
	if (n && imapi_node_resize(race_world->tree, n, 90 * IMAPI_BLOCK, IMAPI_GROW, 5))
		return 0;
	return world_room(ctx, taken);
}

TEST_F(tree, a_write_within_what_another_one_added_meanwhile_frees_nothing)
{
	struct world *w = &self->w;
	struct imapi_node *n;
	struct imapi_attr a;
	struct imapi_usage u;

	ASSERT_EQ(0, imapi_create(w->tree, self->root, "f", 1, IMAPI_FILE, 5, &n));
	ASSERT_EQ(0, world_stage(w, n, 1, 0));
	w->ops.room = room_while_it_grows;
	race_world = w;
	racing = n;
	ASSERT_EQ(0, imapi_node_resize(w->tree, n, 30 * IMAPI_BLOCK, IMAPI_GROW, 5));
	ASSERT_EQ(NULL, racing);
	imapi_node_attr(w->tree, n, &a);
	EXPECT_EQ(90 * IMAPI_BLOCK, a.size);
	ASSERT_EQ(0, imapi_tree_usage(w->tree, &u));
	EXPECT_EQ(90, u.staged_blocks);
	EXPECT_EQ(90 * IMAPI_BLOCK, u.staged_bytes);
	imapi_node_put(w->tree, n, 1);
}

TEST_F(tree, the_first_change_needs_room_for_the_whole_tree)
{
	struct world *w = &self->w;

	ASSERT_EQ(0, two_dirs(w));
	w->room = 10;
	EXPECT_EQ(-ENOSPC, make(w, "f", IMAPI_FILE));
	EXPECT_EQ(-ENOSPC, imapi_node_set_mtime(w->tree, imapi_tree_root(w->tree), 5));
	EXPECT_FALSE(imapi_tree_dirty(w->tree));
}

TEST_F(tree, directory_65536_is_no_space)
{
	struct world *w = &self->w;
	struct imapi_node *dir;
	char name[16];
	u32 i;

	for (i = 1; i < IMAPI_MAX_DIRS; i++) {
		snprintf(name, sizeof(name), "%u", i);
		ASSERT_EQ(0, make(w, name, IMAPI_DIR));
	}
	EXPECT_EQ(-ENOSPC, make(w, "one more", IMAPI_DIR));
	EXPECT_EQ(0, make(w, "a file", IMAPI_FILE));
	ASSERT_EQ(0, gone(w, "77", IMAPI_DIR));
	EXPECT_EQ(0, make(w, "one more", IMAPI_DIR));
	ASSERT_EQ(0, imapi_lookup(w->tree, self->root, "one more", 8, &dir));
	imapi_node_put(w->tree, dir, 1);
}

TEST_F(tree, names_are_checked_when_they_are_given)
{
	static const struct {
		const char *name;
		int ret;
	} cases[] = {
		{ "plain", 0 },
		{ "a*b", -EINVAL }, { "a/b", -EINVAL }, { "a:b", -EINVAL },
		{ "a;1", -EINVAL }, { "what?", -EINVAL }, { "back\\slash", -EINVAL },
		{ "tab\there", -EINVAL }, { "", -EINVAL },
		{ "\xff", -EILSEQ }, { "\xed\xa0\x80", -EILSEQ },
		{ "0123456789012345678901234567890123456789012345678901234567890123", 0 },
		{ "01234567890123456789012345678901234567890123456789012345678901234",
		  -ENAMETOOLONG },
	};
	struct world *w = &self->w;
	u32 i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		EXPECT_EQ(cases[i].ret, make(w, cases[i].name, IMAPI_FILE))
			TH_LOG("name %s", cases[i].name);
}

TEST_F(tree, a_directory_of_100000_is_indexed_in_one_pass)
{
	struct world *w = &self->w;
	struct imapi_node *dir, *n;
	struct imapi_attr a;
	char name[32];
	u32 i, blocks;
	u64 before;

	ASSERT_EQ(0, imapi_create(w->tree, self->root, "big", 3, IMAPI_DIR, 5, &dir));
	for (i = 0; i < 100000; i++) {
		snprintf(name, sizeof(name), "file number %06u", i);
		ASSERT_EQ(0, make_in(w, dir, name, IMAPI_FILE));
	}
	imapi_node_put(w->tree, dir, 1);
	ASSERT_EQ(0, world_commit(w, 0));
	ASSERT_EQ(0, world_remount(w));
	ASSERT_EQ(0, imapi_lookup(w->tree, imapi_tree_root(w->tree), "big", 3, &dir));
	imapi_node_attr(w->tree, dir, &a);
	blocks = (u32)(a.size / IMAPI_BLOCK);
	before = w->reads;
	for (i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "file number %06u", i * 49);
		ASSERT_EQ(0, imapi_lookup(w->tree, dir, name, strlen(name), &n));
		imapi_node_put(w->tree, n, 1);
		ASSERT_EQ(-ENOENT, imapi_lookup(w->tree, dir, "none", 4, &n));
	}
	/* One pass, and a block for each name that is there */
	EXPECT_LE(w->reads - before, blocks + 2000 + 10);
	imapi_node_put(w->tree, dir, 1);
}

TEST_F(tree, a_directory_that_contains_itself_is_refused_and_the_rest_is_read)
{
	struct world *w = &self->w;
	struct imapi_volume vol;
	struct imapi_node *n;
	int err;

	ASSERT_EQ(0, two_dirs(w));
	ASSERT_EQ(0, newest(w, &vol));
	put_unaligned_le32(vol.ucs.root.lba, record_of(w, vol.ucs.root.lba, "bad")->lba.le);
	EXPECT_EQ(NULL, world_resolve(w, "bad", &err));
	EXPECT_EQ(-EUCLEAN, err);
	n = world_resolve(w, "good/file", &err);
	ASSERT_NE(NULL, n);
	imapi_node_put(w->tree, n, 1);
	/* It can't be composed again, so nothing is accepted */
	EXPECT_EQ(-EUCLEAN, make(w, "new", IMAPI_FILE));
}

TEST_F(tree, a_malformed_record_spoils_its_directory_only)
{
	struct world *w = &self->w;
	struct imapi_volume vol;
	struct imapi_node *n;
	u32 lba;
	int err;

	ASSERT_EQ(0, two_dirs(w));
	ASSERT_EQ(0, newest(w, &vol));
	lba = get_unaligned_le32(record_of(w, vol.ucs.root.lba, "bad")->lba.le);
	record_of(w, lba, "file")->len = 35;
	EXPECT_EQ(NULL, world_resolve(w, "bad/file", &err));
	EXPECT_EQ(-EUCLEAN, err);
	n = world_resolve(w, "good/file", &err);
	ASSERT_NE(NULL, n);
	imapi_node_put(w->tree, n, 1);
	EXPECT_EQ(-EUCLEAN, make(w, "new", IMAPI_FILE));
	EXPECT_FALSE(imapi_tree_dirty(w->tree));
}

TEST_F(tree, data_behind_the_next_writable_address_is_not_written_over)
{
	struct world *w = &self->w;
	struct imapi_node *n;

	ASSERT_EQ(0, imapi_create(w->tree, self->root, "f", 1, IMAPI_FILE, 5, &n));
	ASSERT_EQ(0, world_stage(w, n, 1, 5000));
	imapi_node_put(w->tree, n, 1);
	ASSERT_EQ(0, world_commit(w, 0));
	w->ops.nwa = w->src.blocks - 1;
	ASSERT_EQ(0, world_remount(w));
	EXPECT_EQ(-EUCLEAN, make(w, "new", IMAPI_FILE));
	w->ops.nwa = w->src.blocks;
	ASSERT_EQ(0, world_remount(w));
	EXPECT_EQ(0, make(w, "new", IMAPI_FILE));
}

TEST_F(tree, a_file_without_a_name_takes_no_room_on_the_disc)
{
	struct world *w = &self->w;
	struct imapi_node *n;

	ASSERT_EQ(0, imapi_create(w->tree, self->root, "f", 1, IMAPI_FILE, 5, &n));
	ASSERT_EQ(0, gone(w, "f", IMAPI_FILE));
	ASSERT_EQ(0, world_commit(w, 0));
	w->room = 0;
	EXPECT_EQ(0, world_stage(w, n, 1, 5000));
	EXPECT_EQ(0, imapi_node_resize(w->tree, n, 9000, 0, 7));
	EXPECT_FALSE(imapi_tree_dirty(w->tree));
	imapi_node_put(w->tree, n, 1);
}

TEST_F(tree, directories_that_share_their_blocks_end)
{
	struct world *w = &self->w;
	struct imapi_volume vol;
	char name[16];
	u32 i, lba;

	/* 60 directories, all with the blocks of the first, which is not small */
	ASSERT_EQ(0, make(w, "0", IMAPI_DIR));
	for (i = 0; i < 2000; i++) {
		struct imapi_node *dir;

		ASSERT_EQ(0, imapi_lookup(w->tree, self->root, "0", 1, &dir));
		snprintf(name, sizeof(name), "f%u", i);
		ASSERT_EQ(0, make_in(w, dir, name, IMAPI_FILE));
		imapi_node_put(w->tree, dir, 1);
	}
	for (i = 1; i < 30; i++) {
		snprintf(name, sizeof(name), "%u", i);
		ASSERT_EQ(0, make(w, name, IMAPI_DIR));
	}
	ASSERT_EQ(0, world_commit(w, 0));
	ASSERT_EQ(0, newest(w, &vol));
	lba = vol.ucs.root.lba;
	for (i = 1; i < 30; i++) {
		snprintf(name, sizeof(name), "%u", i);
		record_of(w, lba, name)->lba = record_of(w, lba, "0")->lba;
		record_of(w, lba, name)->size = record_of(w, lba, "0")->size;
	}
	ASSERT_EQ(0, world_remount(w));
	EXPECT_EQ(-EUCLEAN, make(w, "new", IMAPI_FILE));
}

TEST_F(tree, a_rename_by_another_way_to_a_file_takes_no_reference_of_it)
{
	struct imapi_node *good, *bad, *file;
	struct world *w = &self->w;
	struct imapi_volume vol;
	struct imapi_attr attr;

	ASSERT_EQ(0, two_dirs(w));
	ASSERT_EQ(0, newest(w, &vol));
	record_of(w, vol.ucs.root.lba, "bad")->lba =
		record_of(w, vol.ucs.root.lba, "good")->lba;
	ASSERT_EQ(0, world_remount(w));
	self->root = imapi_tree_root(w->tree);
	ASSERT_EQ(0, imapi_lookup(w->tree, self->root, "good", 4, &good));
	ASSERT_EQ(0, imapi_lookup(w->tree, self->root, "bad", 3, &bad));
	ASSERT_EQ(0, imapi_lookup(w->tree, good, "file", 4, &file));
	EXPECT_EQ(-EUCLEAN, imapi_rename(w->tree, bad, "file", 4, bad, "new", 3, 0, 5));
	imapi_node_attr(w->tree, file, &attr);
	EXPECT_TRUE(attr.linked);
	imapi_node_put(w->tree, file, 1);
	imapi_node_put(w->tree, good, 1);
	imapi_node_put(w->tree, bad, 1);
}

TEST_F(tree, without_a_face_behind_it_every_change_is_refused)
{
	struct world *w = &self->w;
	struct imapi_tree *ro;
	struct imapi_volume vol;
	struct imapi_node *n;

	ASSERT_EQ(0, two_dirs(w));
	ASSERT_EQ(0, newest(w, &vol));
	ASSERT_EQ(0, imapi_tree_new(&w->src, &vol, NULL, &ro));
	EXPECT_EQ(-EROFS, imapi_create(ro, imapi_tree_root(ro), "f", 1, IMAPI_FILE, 5, &n));
	EXPECT_EQ(-EROFS, imapi_unlink(ro, imapi_tree_root(ro), "bad", 3, IMAPI_DIR, 5));
	EXPECT_EQ(-EROFS, imapi_rename(ro, imapi_tree_root(ro), "bad", 3,
				       imapi_tree_root(ro), "x", 1, 0, 5));
	EXPECT_EQ(-EROFS, imapi_node_set_mtime(ro, imapi_tree_root(ro), 5));
	imapi_tree_free(ro);
}

TEST_F(tree, path_of_a_node_follows_renames_and_ends_with_the_name)
{
	struct world *w = &self->w;
	struct imapi_node *n, *dir;
	char buf[64];
	int err;

	ASSERT_EQ(0, two_dirs(w));
	self->root = imapi_tree_root(w->tree);
	n = world_resolve(w, "good/file", &err);
	ASSERT_NE(NULL, n);
	EXPECT_STREQ("good/file", imapi_node_path(w->tree, n, buf, sizeof(buf)));
	ASSERT_EQ(0, imapi_rename(w->tree, self->root, "good", 4, self->root, "better", 6,
				  0, 5));
	EXPECT_STREQ("better/file", imapi_node_path(w->tree, n, buf, sizeof(buf)));
	EXPECT_EQ(NULL, imapi_node_path(w->tree, n, buf, sizeof("better/file") - 1));
	EXPECT_STREQ("better/file", imapi_node_path(w->tree, n, buf, sizeof("better/file")));
	dir = world_resolve(w, "better", &err);
	ASSERT_NE(NULL, dir);
	ASSERT_EQ(0, imapi_unlink(w->tree, dir, "file", 4, IMAPI_FILE, 5));
	EXPECT_EQ(NULL, imapi_node_path(w->tree, n, buf, sizeof(buf)));
	imapi_node_put(w->tree, dir, 1);
	imapi_node_put(w->tree, n, 1);
}

static int count_path(void *ctx, const char *path, struct imapi_node *n)
{
	(void)n;
	strcat(strcat(ctx, "+"), path);
	return 0;
}

static int count_gone(void *ctx, const char *path)
{
	strcat(strcat(ctx, "-"), path);
	return 0;
}

TEST_F(tree, unburned_names_only_what_the_last_commit_did_not)
{
	struct world *w = &self->w;
	struct imapi_node *n;
	char said[256] = "";
	int err;

	ASSERT_EQ(0, two_dirs(w));
	ASSERT_EQ(0, make(w, "burned", IMAPI_FILE));
	ASSERT_EQ(0, world_commit(w, 0));
	n = world_resolve(w, "good/file", &err);
	ASSERT_NE(NULL, n);
	ASSERT_EQ(0, world_stage(w, n, 1, 10));
	imapi_node_put(w->tree, n, 1);
	ASSERT_EQ(0, imapi_tree_unburned(w->tree, count_path, count_gone, said));
	EXPECT_STREQ("+good/file", said);
	n = world_resolve(w, "bad", &err);
	ASSERT_NE(NULL, n);
	ASSERT_EQ(0, imapi_unlink(w->tree, n, "file", 4, IMAPI_FILE, 5));
	imapi_node_put(w->tree, n, 1);
	said[0] = 0;
	ASSERT_EQ(0, imapi_tree_unburned(w->tree, count_path, count_gone, said));
	EXPECT_STREQ("-bad/file+good/file", said);

	/* A name that was made and burned in this mount, and one that was only made */
	ASSERT_EQ(0, world_commit(w, 0));
	ASSERT_EQ(0, gone(w, "burned", IMAPI_FILE));
	ASSERT_EQ(0, make(w, "passing", IMAPI_FILE));
	ASSERT_EQ(0, gone(w, "passing", IMAPI_FILE));
	said[0] = 0;
	ASSERT_EQ(0, imapi_tree_unburned(w->tree, count_path, count_gone, said));
	EXPECT_STREQ("-burned", said);
	EXPECT_EQ(NULL, world_resolve(w, "burned", &err));
	ASSERT_EQ(0, make(w, "burned", IMAPI_FILE));
	ASSERT_EQ(0, gone(w, "burned", IMAPI_FILE));
	ASSERT_EQ(0, world_commit(w, 0));
	said[0] = 0;
	ASSERT_EQ(0, imapi_tree_unburned(w->tree, count_path, count_gone, said));
	EXPECT_STREQ("", said);
}

TEST_HARNESS_MAIN
