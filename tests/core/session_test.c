// SPDX-License-Identifier: GPL-2.0-only
/* Finding the sessions of an image */
#include "memdisc.h"
#include "kselftest_harness.h"

#define DISC_BLOCKS	1000u
#define LENGTH		40u	/* of each session, so they start 64 blocks apart */

FIXTURE(sessions) {
	struct memdisc d;
	struct imapi_sessions s;
};

FIXTURE_SETUP(sessions)
{
	memdisc_init(&self->d, DISC_BLOCKS);
	ASSERT_NE(NULL, self->d.data);
}

FIXTURE_TEARDOWN(sessions)
{
	EXPECT_EQ(0, self->d.strays);
	core_free(self->s.list);
	memdisc_free(&self->d);
}

/* A session with its own descriptors */
static void put_session(struct memdisc *d, u32 start)
{
	put_set(d, start + 16, start, LENGTH);
}

/* Block 16 names the session at @start the newest */
static void put_head(struct memdisc *d, u32 start)
{
	put_set(d, 16, start, start + LENGTH);
}

/* @nr sessions of libburnia's kind: at 32, 96, 160 ... */
static void put_chain(struct memdisc *d, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++)
		put_session(d, 32 + 64 * i);
	put_head(d, 32 + 64 * (nr - 1));
}

/* A session of ours: its own descriptors and the head, both with a link */
static void put_ours(struct memdisc *d, u32 start, u32 prev_start, u32 prev_desc)
{
	put_session(d, start);
	put_link(d, start + 16, start, prev_start, prev_desc);
	put_head(d, start);
	put_link(d, 16, start, prev_start, prev_desc);
}

/* The set at block 16 goes into the system area of the session at @start */
static void save_head(struct memdisc *d, u32 start)
{
	memcpy(memdisc_at(d, start), memdisc_at(d, 16), 3 * IMAPI_BLOCK);
}

/* Are they at these starts? Ends the list by UINT32_MAX */
static bool starts_are(const struct imapi_sessions *s, const u32 *starts)
{
	u32 i;

	for (i = 0; i < s->nr; i++)
		if (s->list[i].start != starts[i])
			return false;
	return starts[i] == UINT32_MAX;
}

#define STARTS(...)	((const u32[]) { __VA_ARGS__, UINT32_MAX })

TEST_F(sessions, one_at_block_0)
{
	put_set(&self->d, 16, 0, 500);
	ASSERT_EQ(0, imapi_sessions_scan(&self->d.src, &self->s));
	EXPECT_TRUE(starts_are(&self->s, STARTS(0)));
	EXPECT_EQ(500, self->s.list[0].blocks);
	EXPECT_EQ(16, self->s.list[0].vol.desc);
	EXPECT_EQ(500, self->s.end);
}

TEST_F(sessions, one_at_block_32)
{
	put_chain(&self->d, 1);
	ASSERT_EQ(0, imapi_sessions_scan(&self->d.src, &self->s));
	EXPECT_TRUE(starts_are(&self->s, STARTS(32)));
	EXPECT_EQ(LENGTH, self->s.list[0].blocks);
	EXPECT_EQ(48, self->s.list[0].vol.desc);
	EXPECT_EQ(72, self->s.end);
}

TEST_F(sessions, chain)
{
	put_chain(&self->d, 10);
	ASSERT_EQ(0, imapi_sessions_scan(&self->d.src, &self->s));
	EXPECT_TRUE(starts_are(&self->s, STARTS(32, 96, 160, 224, 288, 352, 416, 480, 544, 608)));
	EXPECT_EQ(LENGTH, self->s.list[3].blocks);
	EXPECT_EQ(648, self->s.end);
}

/* A commit that never came to its last write */
TEST_F(sessions, unfinished_one_behind_the_newest)
{
	put_chain(&self->d, 2);
	put_session(&self->d, 160);
	ASSERT_EQ(0, imapi_sessions_scan(&self->d.src, &self->s));
	EXPECT_TRUE(starts_are(&self->s, STARTS(32, 96)));
	EXPECT_EQ(136, self->s.end);
}

TEST_F(sessions, none)
{
	EXPECT_EQ(-EMEDIUMTYPE, imapi_sessions_scan(&self->d.src, &self->s));
	put_set(&self->d, 16, 0, 300);
	memset(memdisc_at(&self->d, 18), 0, IMAPI_BLOCK);
	EXPECT_EQ(-EUCLEAN, imapi_sessions_scan(&self->d.src, &self->s));
	put_chain(&self->d, 2);
	self->d.bad = 16;
	EXPECT_EQ(-EIO, imapi_sessions_scan(&self->d.src, &self->s));
}

TEST_F(sessions, broken_chain_without_links)
{
	put_chain(&self->d, 3);
	memset(memdisc_at(&self->d, 96 + 16), 0, IMAPI_BLOCK);
	ASSERT_EQ(0, imapi_sessions_scan(&self->d.src, &self->s));
	EXPECT_TRUE(starts_are(&self->s, STARTS(0)));
	EXPECT_EQ(200, self->s.list[0].blocks);
	EXPECT_EQ(200, self->s.end);
	EXPECT_EQ(160 + 22, self->s.list[0].vol.primary.root.lba);
}

TEST_F(sessions, unreadable_in_the_chain)
{
	put_chain(&self->d, 3);
	self->d.bad = 48;
	ASSERT_EQ(0, imapi_sessions_scan(&self->d.src, &self->s));
	EXPECT_TRUE(starts_are(&self->s, STARTS(0)));
}

TEST_F(sessions, broken_chain_with_links)
{
	put_session(&self->d, 32);
	put_ours(&self->d, 96, 32, 48);
	put_ours(&self->d, 160, 96, 112);
	put_ours(&self->d, 224, 160, 176);
	memset(memdisc_at(&self->d, 112), 0, IMAPI_BLOCK);
	ASSERT_EQ(0, imapi_sessions_scan(&self->d.src, &self->s));
	EXPECT_TRUE(starts_are(&self->s, STARTS(160, 224)));
	EXPECT_EQ(LENGTH, self->s.list[0].blocks);
}

TEST_F(sessions, ours_behind_one_at_block_0)
{
	put_set(&self->d, 16, 0, 300);
	save_head(&self->d, 320);
	put_ours(&self->d, 320, 0, 320);
	put_ours(&self->d, 384, 320, 336);
	ASSERT_EQ(0, imapi_sessions_scan(&self->d.src, &self->s));
	ASSERT_TRUE(starts_are(&self->s, STARTS(0, 320, 384)));
	EXPECT_EQ(300, self->s.list[0].blocks);
	EXPECT_EQ(320, self->s.list[0].vol.desc);
	EXPECT_EQ(22, self->s.list[0].vol.primary.root.lba);
	EXPECT_EQ(LENGTH, self->s.list[1].blocks);
	EXPECT_EQ(336, self->s.list[1].vol.desc);
	EXPECT_EQ(LENGTH, self->s.list[2].blocks);
	EXPECT_EQ(400, self->s.list[2].vol.desc);
	EXPECT_EQ(424, self->s.end);
}

/* A short image of another program's: our first session starts where a chain would */
TEST_F(sessions, ours_at_block_32_behind_one_at_block_0)
{
	put_set(&self->d, 16, 0, 31);
	save_head(&self->d, 32);
	put_ours(&self->d, 32, 0, 32);
	put_ours(&self->d, 96, 32, 48);
	ASSERT_EQ(0, imapi_sessions_scan(&self->d.src, &self->s));
	ASSERT_TRUE(starts_are(&self->s, STARTS(0, 32, 96)));
	EXPECT_EQ(31, self->s.list[0].blocks);
	EXPECT_EQ(32, self->s.list[0].vol.desc);
}

TEST_F(sessions, head_that_is_damaged)
{
	put_chain(&self->d, 3);
	memset(memdisc_at(&self->d, 16), 0xa5, IMAPI_BLOCK);
	ASSERT_EQ(0, imapi_sessions_scan(&self->d.src, &self->s));
	EXPECT_TRUE(self->s.headless);
	ASSERT_TRUE(starts_are(&self->s, STARTS(32, 96, 160)));
	EXPECT_EQ(200, self->s.end);
	core_free(self->s.list);

	/* The last one was not written to its end */
	self->d.src.blocks = 199;
	ASSERT_EQ(0, imapi_sessions_scan(&self->d.src, &self->s));
	ASSERT_TRUE(starts_are(&self->s, STARTS(32, 96)));
	EXPECT_EQ(136, self->s.end);
}

/* The saved descriptors claim more than lies before the session that saved them */
TEST_F(sessions, older_session_ends_where_the_next_starts)
{
	put_set(&self->d, 16, 0, 900);
	save_head(&self->d, 320);
	put_ours(&self->d, 320, 0, 320);
	ASSERT_EQ(0, imapi_sessions_scan(&self->d.src, &self->s));
	ASSERT_TRUE(starts_are(&self->s, STARTS(0, 320)));
	EXPECT_EQ(320, self->s.list[0].blocks);
}

/* Another program appended, and carried our link along in its descriptors */
TEST_F(sessions, stale_link)
{
	put_set(&self->d, 16, 0, 300);
	save_head(&self->d, 320);
	put_ours(&self->d, 320, 0, 320);
	put_session(&self->d, 384);
	put_link(&self->d, 400, 320, 0, 320);
	put_head(&self->d, 384);
	put_link(&self->d, 16, 320, 0, 320);
	ASSERT_EQ(0, imapi_sessions_scan(&self->d.src, &self->s));
	EXPECT_TRUE(starts_are(&self->s, STARTS(0, 320, 384)));
}

/* The same, and then we appended again: the way back goes over a stale link */
TEST_F(sessions, stale_link_on_the_way_back)
{
	put_set(&self->d, 16, 0, 300);
	save_head(&self->d, 320);
	put_ours(&self->d, 320, 0, 320);
	put_session(&self->d, 384);
	put_link(&self->d, 400, 320, 0, 320);
	put_ours(&self->d, 448, 384, 400);
	ASSERT_EQ(0, imapi_sessions_scan(&self->d.src, &self->s));
	EXPECT_TRUE(starts_are(&self->s, STARTS(384, 448)));
}

/* The link's session isn't there: what block 16 heads counts from block 0 */
TEST_F(sessions, link_to_nowhere)
{
	put_head(&self->d, 320);
	put_link(&self->d, 16, 320, 0, 320);
	ASSERT_EQ(0, imapi_sessions_scan(&self->d.src, &self->s));
	EXPECT_TRUE(starts_are(&self->s, STARTS(0)));
	put_link(&self->d, 16, UINT32_MAX, 0, 320);
	core_free(self->s.list);
	ASSERT_EQ(0, imapi_sessions_scan(&self->d.src, &self->s));
	EXPECT_TRUE(starts_are(&self->s, STARTS(0)));
}

/* What stands at block 48 may be a file, even one that is an image */
TEST_F(sessions, descriptors_within_a_file)
{
	put_set(&self->d, 16, 0, 500);
	put_session(&self->d, 32);
	put_session(&self->d, 96);
	ASSERT_EQ(0, imapi_sessions_scan(&self->d.src, &self->s));
	EXPECT_TRUE(starts_are(&self->s, STARTS(0)));
	EXPECT_EQ(500, self->s.list[0].blocks);
}

static const struct {
	const char *name;
	u32 head_space, own_space;
} spaces[] = {
	{ .name = "no space at all", .head_space = 0, .own_space = LENGTH },
	{ .name = "all the space there is", .head_space = UINT32_MAX, .own_space = LENGTH },
	{ .name = "first session without space", .head_space = 136, .own_space = 0 },
	{ .name = "first session as long as can be", .head_space = 136,
	  .own_space = UINT32_MAX },
	{ .name = "both", .head_space = UINT32_MAX, .own_space = UINT32_MAX },
};

TEST_F(sessions, hostile_spaces)
{
	struct imapi_iso_volume *head = memdisc_at(&self->d, 16);
	struct imapi_iso_volume *own = memdisc_at(&self->d, 48);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(spaces); i++) {
		put_chain(&self->d, 2);
		put_both32(spaces[i].head_space, &head[0].space);
		put_both32(spaces[i].head_space, &head[1].space);
		put_both32(spaces[i].own_space, &own->space);
		core_free(self->s.list);
		ASSERT_EQ(0, imapi_sessions_scan(&self->d.src, &self->s));
		EXPECT_TRUE(starts_are(&self->s, STARTS(0)))
			TH_LOG("%s", spaces[i].name);
		EXPECT_EQ(spaces[i].head_space, self->s.end);
	}
}

/* A power cut in the middle of the write at block 16: the parts of two sets */
TEST_F(sessions, head_that_was_half_written)
{
	struct imapi_iso_volume *head = memdisc_at(&self->d, 16);
	u32 old;

	put_chain(&self->d, 2);
	ASSERT_EQ(0, imapi_sessions_scan(&self->d.src, &self->s));
	old = self->s.end;
	put_both32(old + 32, &head[1].space);
	core_free(self->s.list);
	ASSERT_EQ(0, imapi_sessions_scan(&self->d.src, &self->s));
	EXPECT_EQ(old + 32, self->s.end);
	put_both32(self->d.src.blocks + 1, &head[1].space);
	core_free(self->s.list);
	ASSERT_EQ(0, imapi_sessions_scan(&self->d.src, &self->s));
	EXPECT_EQ(old, self->s.end);
}

/* A session that its own descriptors don't fit in */
TEST_F(sessions, shorter_than_its_descriptors)
{
	struct imapi_iso_volume *own;

	put_session(&self->d, 32);
	own = memdisc_at(&self->d, 48);
	put_both32(IMAPI_SYSTEM_BLOCKS, &own->space);
	put_session(&self->d, 64);
	put_head(&self->d, 64);
	ASSERT_EQ(0, imapi_sessions_scan(&self->d.src, &self->s));
	EXPECT_TRUE(starts_are(&self->s, STARTS(0)));
}

/* The chain ends where block 16 says, but in another tree */
static const struct {
	const char *name;
	u32 lba;		/* of the descriptor whose root is another one */
	size_t at;
} roots[] = {
	{ .name = "primary root elsewhere", .lba = 16,
	  .at = offsetof(struct imapi_iso_dirent, lba) },
	{ .name = "primary root of another size", .lba = 16,
	  .at = offsetof(struct imapi_iso_dirent, size) + 1 },
	{ .name = "Joliet root elsewhere", .lba = 17,
	  .at = offsetof(struct imapi_iso_dirent, lba) },
	{ .name = "Joliet root of another size", .lba = 17,
	  .at = offsetof(struct imapi_iso_dirent, size) + 1 },
};

TEST_F(sessions, chain_to_another_tree)
{
	struct imapi_iso_volume *vd;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(roots); i++) {
		put_chain(&self->d, 2);
		vd = memdisc_at(&self->d, roots[i].lba);
		vd->root[roots[i].at]++;
		core_free(self->s.list);
		ASSERT_EQ(0, imapi_sessions_scan(&self->d.src, &self->s));
		EXPECT_TRUE(starts_are(&self->s, STARTS(0)))
			TH_LOG("%s", roots[i].name);
	}
}

/* Cut behind the newest session's descriptors and trees */
TEST_F(sessions, truncated)
{
	put_chain(&self->d, 3);
	self->d.src.blocks = 160 + SESSION_BLOCKS;
	ASSERT_EQ(0, imapi_sessions_scan(&self->d.src, &self->s));
	EXPECT_TRUE(starts_are(&self->s, STARTS(32, 96, 160)));
	EXPECT_EQ(200, self->s.end);
}

TEST_HARNESS_MAIN
