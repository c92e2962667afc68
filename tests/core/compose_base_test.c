// SPDX-License-Identifier: GPL-2.0-only
/* Sessions that are composed over an older one */
#include "compose_fixture.h"
#include "kselftest_harness.h"

#define WHEN	1700000000

FIXTURE(base)
{
	struct image img;
	struct imapi_source src;
	struct imapi_volume vol;
	struct imapi_tree *t;		/* over the newest session */
	struct compose_params p;
	struct compose *c;
	struct found f;
	char bad[64];
};

/* Plans and emits tree @t as a session at p.start, its descriptors at 16 as well */
static int burn(FIXTURE_DATA(base) *self)
{
	struct compose_sink sink = image_sink(&self->img);
	u8 head[COMPOSE_HEAD_MAX * IMAPI_BLOCK];
	u32 blocks;
	int ret;

	compose_free(self->c);
	self->c = NULL;
	ret = compose_plan(self->t, &self->p, &self->c);
	if (ret)
		return ret;
	image_reserve(&self->img, self->p.start);
	if (!self->img.counting)
		self->img.blocks = self->p.start;
	self->img.session = self->p.start;
	ret = compose_emit(self->c, &sink);
	if (ret)
		return ret;
	blocks = compose_head(self->c, head);
	memcpy(self->img.data + 16 * IMAPI_BLOCK, head, blocks * IMAPI_BLOCK);
	return 0;
}

/* A new tree over what was burned last; the next session comes behind it */
static int reopen(FIXTURE_DATA(base) *self)
{
	int ret;

	imapi_tree_commit_end(self->t, 0);
	imapi_tree_free(self->t);
	self->t = NULL;
	self->src.blocks = self->img.counting ? UINT32_MAX : self->img.blocks;
	ret = imapi_volume_read(&self->src, self->img.session + 16, &self->vol);
	if (ret)
		return ret;
	self->p.prev_start = self->img.session;
	self->p.prev_desc = self->img.session + 16;
	self->p.start = (self->img.session + compose_blocks(self->c) + 31) / 32 * 32;
	return imapi_tree_new(&self->src, &self->vol, &tree_ops, &self->t);
}

static const char *check(FIXTURE_DATA(base) *self)
{
	const char *why;
	u32 joliet;

	free(self->f.text);
	why = check_tree(&self->img, self->img.session + 16, false, 0, &self->f);
	joliet = self->f.next_dir;
	free(self->f.text);
	if (why) {
		self->f.text = NULL;
		return why;
	}
	return check_tree(&self->img, self->img.session + 16, true, joliet, &self->f);
}

FIXTURE_SETUP(base)
{
	static const char *const files[] = { "a", "big", "d/e/f/g", "d/e/old", "d/x", "s/t" };
	size_t i;

	memset(self, 0, sizeof(*self));
	/* So that records a test points to stay where they are */
	image_reserve(&self->img, 4096);
	self->src = (struct imapi_source){ image_read, &self->img, 0 };
	self->p = (struct compose_params){
		.start = 32, .volid = "Base", .now = WHEN,
		.bad_path = self->bad, .bad_path_size = sizeof(self->bad),
	};
	ASSERT_EQ(0, imapi_tree_new(&self->src, NULL, &tree_ops, &self->t));
	for (i = 0; i < 6; i++)
		ASSERT_EQ(0, make_file(self->t, files[i], 3000 * (i + 1), (u8)i, WHEN));
	ASSERT_EQ(0, imapi_tree_commit_begin(self->t));
	ASSERT_EQ(0, burn(self));
	ASSERT_EQ(NULL, check(self)) TH_LOG("%s", self->f.why);
	ASSERT_EQ(0, reopen(self));
}

FIXTURE_TEARDOWN(base)
{
	compose_free(self->c);
	imapi_tree_free(self->t);
	free(self->f.text);
	free(self->img.data);
}

/* The Joliet record of a one-letter name, in the newest session's directory @dir */
static struct imapi_iso_dirent *find_record(FIXTURE_DATA(base) *self, const char *dir,
					    char name)
{
	unsigned long long size;
	u32 lba, extents, pos = 0;

	if (!*dir) {
		lba = self->vol.ucs.root.lba;
		size = self->vol.ucs.root.size;
	} else if (!found_get(&self->f, dir, &size, &lba, &extents)) {
		return NULL;
	}
	while (pos < size) {
		struct imapi_iso_dirent *de = (void *)(self->img.data +
						       (size_t)lba * IMAPI_BLOCK + pos);

		if (!de->len)
			return NULL;
		if (de->name_len == 2 && de->name[1] == name)
			return de;
		pos += de->len;
	}
	return NULL;
}

static void set_both32(struct imapi_both32 *b, u32 v)
{
	put_unaligned_le32(v, b->le);
	put_unaligned_be32(v, b->be);
}

TEST_F(base, append_one)
{
	unsigned long long size;
	u32 lba, was, extents;

	ASSERT_TRUE(found_get(&self->f, "/d/e/old", &size, &was, &extents));
	ASSERT_EQ(0, make_file(self->t, "new", 1, 1, WHEN));
	ASSERT_EQ(0, imapi_tree_commit_begin(self->t));
	ASSERT_EQ(0, burn(self));
	ASSERT_EQ(NULL, check(self)) TH_LOG("%s", self->f.why);
	EXPECT_EQ(7, self->f.files);
	EXPECT_EQ(5, self->f.dirs);
	ASSERT_TRUE(found_get(&self->f, "/d/e/old", &size, &lba, &extents));
	EXPECT_EQ(was, lba);
	EXPECT_EQ(12000, size);
	EXPECT_EQ(compose_tree_blocks(self->c) + 1, compose_blocks(self->c));
}

TEST_F(base, link_to_the_session_before)
{
	const struct imapi_iso_link *link;
	const struct imapi_iso_volume *v;

	ASSERT_EQ(0, make_file(self->t, "new", 1, 1, WHEN));
	ASSERT_EQ(0, imapi_tree_commit_begin(self->t));
	ASSERT_EQ(0, burn(self));
	v = (const void *)block_at(&self->img, 16);
	link = (const void *)v->application_use;
	EXPECT_EQ(0, memcmp(link->magic, "IMAPIFS1", 8));
	EXPECT_EQ(self->p.start, get_unaligned_le32(link->start));
	EXPECT_EQ(32, get_unaligned_le32(link->prev_start));
	EXPECT_EQ(48, get_unaligned_le32(link->prev_desc));
	EXPECT_EQ(imapi_sum32(link, 20), get_unaligned_le32(link->sum));
}

/* What block 16 will hold is known before it is written, by the hash that a mount has */
TEST_F(base, hash_of_the_head)
{
	u8 head[COMPOSE_HEAD_MAX * IMAPI_BLOCK], boot[IMAPI_BLOCK] = "\0CD001\1EL TORITO SPECIFICATION";
	struct imapi_volume vol;
	u32 blocks;
	int i;

	for (i = 0; i < 2; i++) {
		self->p.boot = i ? boot : NULL;
		ASSERT_EQ(0, make_file(self->t, i ? "one" : "two", 1, 1, WHEN));
		ASSERT_EQ(0, imapi_tree_commit_begin(self->t));
		ASSERT_EQ(0, burn(self));
		blocks = compose_head(self->c, head);
		ASSERT_EQ(3 + i, blocks);
		imapi_tree_commit_end(self->t, 0);
		self->src.blocks = self->img.blocks;
		ASSERT_EQ(0, imapi_volume_read(&self->src, 16, &vol));
		EXPECT_EQ(blocks, vol.descs);
		EXPECT_EQ(vol.hash, imapi_hash64(IMAPI_HASH64_SEED, head, blocks * IMAPI_BLOCK));
	}
}

TEST_F(base, saved_descriptors)
{
	const struct imapi_iso_link *link;
	u8 saved[15 * IMAPI_BLOCK];
	u32 start = self->p.start, i;

	for (i = 0; i < sizeof(saved); i++)
		saved[i] = (u8)(i >> 11) + 1;
	self->p.prev_start = 0;
	self->p.saved = saved;
	self->p.saved_blocks = 15;
	ASSERT_EQ(0, make_file(self->t, "new", 1, 1, WHEN));
	ASSERT_EQ(0, imapi_tree_commit_begin(self->t));
	EXPECT_EQ(-ENOSPC, burn(self));
	self->p.saved_blocks = 14;
	ASSERT_EQ(0, burn(self));
	ASSERT_EQ(NULL, check(self)) TH_LOG("%s", self->f.why);
	EXPECT_EQ(0, memcmp(block_at(&self->img, start + 1), saved, 14 * IMAPI_BLOCK));
	EXPECT_EQ(0, block_at(&self->img, start + 1)[-1]);
	EXPECT_EQ(0, block_at(&self->img, start + 15)[0]);
	link = (const void *)((const struct imapi_iso_volume *)
			      block_at(&self->img, start + 16))->application_use;
	EXPECT_EQ(0, get_unaligned_le32(link->prev_start));
	EXPECT_EQ(start + 1, get_unaligned_le32(link->prev_desc));
}

TEST_F(base, recorded_extents_are_kept)
{
	struct imapi_iso_dirent *was = find_record(self, "/d", 'x');
	struct imapi_iso_dirent copy;
	const struct imapi_iso_dirent *is;

	ASSERT_NE(NULL, was);
	was->xattr_blocks = 1;
	was->unit_size = 2;
	was->gap_size = 1;
	was->flags = IMAPI_DE_HIDDEN;
	set_both32(&was->lba, get_unaligned_le32(was->lba.le) - 9);
	copy = *was;
	ASSERT_EQ(0, make_file(self->t, "d/new", 1, 1, WHEN));
	ASSERT_EQ(0, imapi_tree_commit_begin(self->t));
	ASSERT_EQ(0, burn(self));
	ASSERT_EQ(NULL, check(self)) TH_LOG("%s", self->f.why);
	is = find_record(self, "/d", 'x');
	ASSERT_NE(NULL, is);
	EXPECT_NE(was, is);
	EXPECT_EQ(0, memcmp(&copy, is, sizeof(copy)));
}

TEST_F(base, merged)
{
	struct imapi_node *root = imapi_tree_root(self->t), *d, *e;

	ASSERT_EQ(0, imapi_lookup(self->t, root, "d", 1, &d));
	ASSERT_EQ(0, imapi_lookup(self->t, d, "e", 1, &e));
	ASSERT_EQ(0, imapi_rename(self->t, d, "e", 1, root, "moved", 5, 0, WHEN));
	ASSERT_EQ(0, imapi_rename(self->t, root, "a", 1, e, "a2", 2, 0, WHEN));
	ASSERT_EQ(0, imapi_unlink(self->t, d, "x", 1, IMAPI_FILE, WHEN));
	imapi_node_put(self->t, e, 1);
	imapi_node_put(self->t, d, 1);
	ASSERT_EQ(0, imapi_tree_commit_begin(self->t));
	ASSERT_EQ(0, burn(self));
	ASSERT_EQ(NULL, check(self)) TH_LOG("%s", self->f.why);
	EXPECT_EQ(5, self->f.files);
	EXPECT_EQ(5, self->f.dirs);
	EXPECT_TRUE(found_has(&self->f, "/moved/f/g 9000"));
	EXPECT_TRUE(found_has(&self->f, "/moved/a2 3000"));
	EXPECT_FALSE(found_has(&self->f, "/d/x"));
	EXPECT_EQ(compose_tree_blocks(self->c), compose_blocks(self->c));
}

TEST_F(base, the_root_keeps_its_date)
{
	struct imapi_attr attr;

	ASSERT_EQ(0, imapi_node_set_mtime(self->t, imapi_tree_root(self->t), WHEN - 5000));
	ASSERT_EQ(0, imapi_tree_commit_begin(self->t));
	ASSERT_EQ(0, burn(self));
	ASSERT_EQ(0, reopen(self));
	imapi_node_attr(self->t, imapi_tree_root(self->t), &attr);
	EXPECT_EQ(WHEN - 5000, attr.mtime);
}

/* A Joliet name has no version number, so two versions of a file have one name */
TEST_F(base, of_several_versions_the_first_counts)
{
	ASSERT_EQ(0, make_file(self->t, "b", 5000, 1, WHEN));
	ASSERT_EQ(0, imapi_tree_commit_begin(self->t));
	self->p.start = (self->img.blocks + 31) / 32 * 32;
	ASSERT_EQ(0, burn(self));
	ASSERT_EQ(NULL, check(self)) TH_LOG("%s", self->f.why);
	ASSERT_EQ(0, reopen(self));
	ASSERT_NE(NULL, find_record(self, "", 'b'));
	find_record(self, "", 'b')->name[1] = 'a';
	ASSERT_EQ(0, reopen(self));
	self->p.start = (self->img.blocks + 31) / 32 * 32;
	ASSERT_EQ(0, make_file(self->t, "new", 1, 1, WHEN));
	ASSERT_EQ(0, imapi_tree_commit_begin(self->t));
	ASSERT_EQ(0, burn(self));
	ASSERT_EQ(NULL, check(self)) TH_LOG("%s", self->f.why);
	EXPECT_TRUE(found_has(&self->f, "/a 3000"));
	EXPECT_TRUE(found_has(&self->f, "/new 1"));
}

TEST_F(base, commits_of_one_mount)
{
	unsigned long long size;
	u32 lba, was, extents;

	ASSERT_EQ(0, make_file(self->t, "one", 5000, 1, WHEN));
	ASSERT_EQ(0, make_file(self->t, "nil", 0, 1, WHEN));
	ASSERT_EQ(0, imapi_tree_commit_begin(self->t));
	ASSERT_EQ(0, burn(self));
	imapi_tree_commit_end(self->t, 0);
	ASSERT_EQ(NULL, check(self)) TH_LOG("%s", self->f.why);
	ASSERT_TRUE(found_get(&self->f, "/one", &size, &was, &extents));

	self->p.start = (self->img.blocks + 31) / 32 * 32;
	ASSERT_EQ(0, make_file(self->t, "two", 5000, 1, WHEN));
	ASSERT_EQ(0, imapi_tree_commit_begin(self->t));
	ASSERT_EQ(0, burn(self));
	ASSERT_EQ(NULL, check(self)) TH_LOG("%s", self->f.why);
	ASSERT_TRUE(found_get(&self->f, "/one", &size, &lba, &extents));
	EXPECT_EQ(was, lba);
	ASSERT_TRUE(found_get(&self->f, "/two", &size, &lba, &extents));
	EXPECT_EQ(self->p.start + compose_tree_blocks(self->c), lba);
	EXPECT_TRUE(found_has(&self->f, "/nil 0 0 1"));
}

TEST_F(base, sections_of_a_big_file_that_was_looked_up)
{
	struct imapi_node *n;
	unsigned long long size;
	u32 lba, was, extents;

	self->img.counting = true;
	ASSERT_EQ(0, make_file(self->t, "huge", 9000000000ull, 1, WHEN));
	ASSERT_EQ(0, imapi_tree_commit_begin(self->t));
	image_reserve(&self->img, self->p.start);
	self->img.blocks = self->p.start;
	ASSERT_EQ(0, burn(self));
	ASSERT_EQ(NULL, check(self)) TH_LOG("%s", self->f.why);
	ASSERT_TRUE(found_get(&self->f, "/huge", &size, &was, &extents));
	EXPECT_EQ(3, extents);
	ASSERT_EQ(0, reopen(self));

	ASSERT_EQ(0, imapi_lookup(self->t, imapi_tree_root(self->t), "huge", 4, &n));
	ASSERT_EQ(0, make_file(self->t, "b", 0, 1, WHEN));
	ASSERT_EQ(0, imapi_tree_commit_begin(self->t));
	self->p.start = self->img.blocks;
	ASSERT_EQ(0, burn(self));
	ASSERT_EQ(NULL, check(self)) TH_LOG("%s", self->f.why);
	ASSERT_TRUE(found_get(&self->f, "/huge", &size, &lba, &extents));
	EXPECT_EQ(3, extents);
	EXPECT_EQ(was, lba);
	EXPECT_EQ(9000000000ull, size);
	imapi_node_put(self->t, n, 1);
}

TEST_F(base, looked_up_while_it_burns)
{
	struct image again = { 0 };
	struct compose_sink sink = image_sink(&again);
	struct imapi_node *d, *e, *old;

	ASSERT_EQ(0, make_file(self->t, "new", 1, 1, WHEN));
	ASSERT_EQ(0, imapi_tree_commit_begin(self->t));
	ASSERT_EQ(0, burn(self));
	ASSERT_EQ(0, imapi_lookup(self->t, imapi_tree_root(self->t), "d", 1, &d));
	ASSERT_EQ(0, imapi_lookup(self->t, d, "e", 1, &e));
	ASSERT_EQ(0, imapi_lookup(self->t, e, "old", 3, &old));
	ASSERT_EQ(0, compose_emit(self->c, &sink));
	ASSERT_EQ(compose_blocks(self->c), again.blocks);
	EXPECT_EQ(0, memcmp(again.data, block_at(&self->img, self->p.start),
			    (size_t)again.blocks * IMAPI_BLOCK));
	imapi_node_put(self->t, old, 1);
	imapi_node_put(self->t, e, 1);
	imapi_node_put(self->t, d, 1);
	free(again.data);
}

TEST_F(base, directory_that_is_its_ancestor)
{
	struct imapi_iso_dirent *d = find_record(self, "", 'd');
	struct imapi_iso_dirent *f = find_record(self, "/d/e", 'f');

	ASSERT_NE(NULL, d);
	ASSERT_NE(NULL, f);
	ASSERT_EQ(0, make_file(self->t, "new", 1, 1, WHEN));
	f->lba = d->lba;
	f->size = d->size;
	ASSERT_EQ(0, imapi_tree_commit_begin(self->t));
	EXPECT_EQ(-EUCLEAN, burn(self));
	EXPECT_STREQ("/d/e/f", self->bad);
}

TEST_F(base, malformed_directory_is_named)
{
	struct imapi_iso_dirent *g = find_record(self, "/d/e/f", 'g');

	ASSERT_NE(NULL, g);
	ASSERT_EQ(0, make_file(self->t, "new", 1, 1, WHEN));
	ASSERT_EQ(0, imapi_tree_commit_begin(self->t));
	g->name_len = 200;
	EXPECT_EQ(-EUCLEAN, burn(self));
	EXPECT_STREQ("/d/e/f", self->bad);
	self->p.bad_path_size = 6;
	EXPECT_EQ(-EUCLEAN, burn(self));
	EXPECT_STREQ("/e/f", self->bad);
	self->p.bad_path = NULL;
	self->p.bad_path_size = 0;
	EXPECT_EQ(-EUCLEAN, burn(self));
}

TEST_F(base, malformed_root_is_named)
{
	struct imapi_iso_dirent *a = find_record(self, "", 'a');

	ASSERT_NE(NULL, a);
	ASSERT_EQ(0, make_file(self->t, "new", 1, 1, WHEN));
	ASSERT_EQ(0, imapi_tree_commit_begin(self->t));
	a->name_len = 200;
	EXPECT_EQ(-EUCLEAN, burn(self));
	EXPECT_STREQ("/", self->bad);
}

TEST_F(base, changed_after_the_plan)
{
	struct compose_sink sink = image_sink(&self->img);
	struct imapi_iso_dirent *g = find_record(self, "/d/e/f", 'g');
	struct imapi_iso_dirent *e = find_record(self, "/d", 'e');

	ASSERT_NE(NULL, g);
	ASSERT_NE(NULL, e);
	ASSERT_EQ(0, make_file(self->t, "new", 1, 1, WHEN));
	ASSERT_EQ(0, imapi_tree_commit_begin(self->t));
	ASSERT_EQ(0, compose_plan(self->t, &self->p, &self->c));
	e->name[1] = 'E';
	EXPECT_EQ(-EUCLEAN, compose_emit(self->c, &sink));
	EXPECT_STREQ("/d", self->bad);
	e->name[1] = 'e';
	g->flags = IMAPI_DE_DIRECTORY;
	EXPECT_EQ(-EUCLEAN, compose_emit(self->c, &sink));
	EXPECT_STREQ("/d/e/f", self->bad);
}

/* New content for a file of the root, in its place */
static int restage(FIXTURE_DATA(base) *self, const char *name)
{
	struct blob *b = calloc(1, sizeof(*b));
	struct imapi_node *n;
	int ret = imapi_lookup(self->t, imapi_tree_root(self->t), name, strlen(name), &n);

	b->size = 1;
	if (!ret) {
		ret = imapi_node_stage(self->t, n, b, 1, WHEN);
		imapi_node_put(self->t, n, 1);
	}
	if (ret)
		free(b);
	return ret;
}

TEST_F(base, staged_files_changed_places)
{
	struct compose_sink sink = image_sink(&self->img);
	struct imapi_iso_dirent *a = find_record(self, "", 'a');

	ASSERT_NE(NULL, a);
	ASSERT_EQ(0, restage(self, "a"));
	ASSERT_EQ(0, restage(self, "big"));
	ASSERT_EQ(0, imapi_tree_commit_begin(self->t));
	ASSERT_EQ(0, burn(self));
	ASSERT_EQ(NULL, check(self)) TH_LOG("%s", self->f.why);
	EXPECT_TRUE(found_has(&self->f, "/a 1"));
	EXPECT_TRUE(found_has(&self->f, "/big 1"));
	a->name[1] = 'z';
	EXPECT_EQ(-EUCLEAN, compose_emit(self->c, &sink));
	EXPECT_STREQ("/", self->bad);
}

TEST_F(base, directory_that_shrank)
{
	struct compose_sink sink = image_sink(&self->img);
	unsigned long long size;
	u32 lba, extents, i;
	char path[40];

	for (i = 0; i < 100; i++) {
		snprintf(path, sizeof(path), "many/files number %u", i);
		ASSERT_EQ(0, make_file(self->t, path, 0, 1, WHEN));
	}
	ASSERT_EQ(0, imapi_tree_commit_begin(self->t));
	ASSERT_EQ(0, burn(self));
	ASSERT_EQ(NULL, check(self)) TH_LOG("%s", self->f.why);
	ASSERT_EQ(0, reopen(self));
	ASSERT_EQ(0, make_file(self->t, "new", 1, 1, WHEN));
	ASSERT_EQ(0, imapi_tree_commit_begin(self->t));
	ASSERT_EQ(0, burn(self));
	ASSERT_TRUE(found_get(&self->f, "/many", &size, &lba, &extents));
	ASSERT_LT(IMAPI_BLOCK, size);
	memset(self->img.data + ((size_t)lba + 1) * IMAPI_BLOCK, 0, IMAPI_BLOCK);
	EXPECT_EQ(-EUCLEAN, compose_emit(self->c, &sink));
	EXPECT_STREQ("/many", self->bad);
}

TEST_F(base, directories_without_end)
{
	char path[80] = "";
	u32 i;

	for (i = 0; i < 15; i++) {
		strcat(path, "b");
		ASSERT_EQ(0, make_dir(self->t, path, WHEN));
		path[strlen(path) - 1] = 'k';
		ASSERT_EQ(0, make_dir(self->t, path, WHEN));
		strcat(path, "/");
	}
	ASSERT_EQ(0, imapi_tree_commit_begin(self->t));
	ASSERT_EQ(0, burn(self));
	ASSERT_EQ(NULL, check(self)) TH_LOG("%s", self->f.why);
	ASSERT_EQ(0, reopen(self));
	ASSERT_EQ(0, make_file(self->t, "new", 1, 1, WHEN));

	/* Each level's b is its k: 65,539 directories without a loop */
	path[0] = 0;
	for (i = 0; i < 15; i++) {
		struct imapi_iso_dirent *b = find_record(self, path, 'b');
		struct imapi_iso_dirent *k = find_record(self, path, 'k');

		ASSERT_NE(NULL, b);
		ASSERT_NE(NULL, k);
		b->lba = k->lba;
		strcat(path, "/k");
	}
	ASSERT_EQ(0, imapi_tree_commit_begin(self->t));
	EXPECT_EQ(-ENOSPC, burn(self));
}

TEST_HARNESS_MAIN
