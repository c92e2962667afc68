// SPDX-License-Identifier: GPL-2.0-only
/* Path tables */
#include "core.h"
#include "kselftest_harness.h"

/* The root, "AB" below it, "C" below that: 10, 10 and 10 bytes */
static const u8 table_l[] = {
	1, 0, 20, 0, 0, 0, 1, 0, 0, 0,
	2, 3, 0x78, 0x56, 0x34, 0x12, 1, 0, 'A', 'B',
	1, 0, 22, 0, 0, 0, 2, 0, 'C', 0,
};

static const u8 table_m[] = {
	1, 0, 0, 0, 0, 20, 0, 1, 0, 0,
	2, 3, 0x12, 0x34, 0x56, 0x78, 0, 1, 'A', 'B',
	1, 0, 0, 0, 0, 22, 0, 2, 'C', 0,
};

static const struct {
	const char *name;
	const u8 *table;
	size_t size;
	bool big;
} tables[] = {
	{ .name = "type L", .table = table_l, .size = sizeof(table_l), .big = false },
	{ .name = "type M", .table = table_m, .size = sizeof(table_m), .big = true },
	{ .name = "pad behind the end", .table = table_l, .size = sizeof(table_l) - 1,
	  .big = false },
};

TEST(records)
{
	struct imapi_path p;
	size_t i, pos;

	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		const u8 *t = tables[i].table;
		size_t size = tables[i].size;
		bool big = tables[i].big;

		pos = 0;
		ASSERT_EQ(1, imapi_path_next(t, size, big, &pos, 1, &p))
			TH_LOG("%s", tables[i].name);
		EXPECT_EQ(20, p.lba);
		EXPECT_EQ(1, p.parent);
		EXPECT_EQ(1, p.name_len);
		ASSERT_EQ(1, imapi_path_next(t, size, big, &pos, 2, &p));
		EXPECT_EQ(0x12345678, p.lba);
		EXPECT_EQ(1, p.parent);
		EXPECT_EQ(3, p.xattr_blocks);
		EXPECT_EQ(2, p.name_len);
		EXPECT_EQ(0, memcmp(p.name, "AB", 2));
		ASSERT_EQ(1, imapi_path_next(t, size, big, &pos, 3, &p));
		EXPECT_EQ(22, p.lba);
		EXPECT_EQ(2, p.parent);
		EXPECT_EQ(0, imapi_path_next(t, size, big, &pos, 4, &p))
			TH_LOG("%s", tables[i].name);
	}
}

static const struct {
	const char *name;
	u8 bytes[12];
	size_t size;
	u32 number;
	int want;
} cases[] = {
	{ .name = "empty table", .bytes = { 0 }, .size = 0, .number = 1, .want = 0 },
	{ .name = "root", .bytes = { 1, 0, 9, 0, 0, 0, 1, 0, 0 }, .size = 9, .number = 1,
	  .want = 1 },
	{ .name = "cut within the fixed part", .bytes = { 1, 0, 9, 0, 0, 0, 1 }, .size = 7,
	  .number = 1, .want = -EUCLEAN },
	{ .name = "cut before the name", .bytes = { 1, 0, 9, 0, 0, 0, 1, 0 }, .size = 8,
	  .number = 1, .want = -EUCLEAN },
	{ .name = "name runs past the end", .bytes = { 5, 0, 9, 0, 0, 0, 1, 0, 'A', 'B', 'C', 'D' },
	  .size = 12, .number = 2, .want = -EUCLEAN },
	{ .name = "name of 255", .bytes = { 255, 0, 9, 0, 0, 0, 1, 0, 'A' }, .size = 12,
	  .number = 2, .want = -EUCLEAN },
	{ .name = "no name", .bytes = { 0, 0, 9, 0, 0, 0, 1, 0, 'A' }, .size = 12, .number = 2,
	  .want = -EUCLEAN },
	{ .name = "root below another", .bytes = { 1, 0, 9, 0, 0, 0, 2, 0, 0 }, .size = 9,
	  .number = 1, .want = -EUCLEAN },
	{ .name = "no parent", .bytes = { 1, 0, 9, 0, 0, 0, 0, 0, 'A' }, .size = 9,
	  .number = 2, .want = -EUCLEAN },
	{ .name = "its own parent", .bytes = { 1, 0, 9, 0, 0, 0, 2, 0, 'A' }, .size = 9,
	  .number = 2, .want = -EUCLEAN },
	{ .name = "parent comes later", .bytes = { 1, 0, 9, 0, 0, 0, 7, 0, 'A' }, .size = 9,
	  .number = 3, .want = -EUCLEAN },
	{ .name = "last parent that can be told", .bytes = { 1, 0, 9, 0, 0, 0, 255, 255, 'A' },
	  .size = 9, .number = 65536, .want = 1 },
};

TEST(records_are_checked)
{
	struct imapi_path p;
	size_t i, pos;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		pos = 0;
		EXPECT_EQ(cases[i].want, imapi_path_next(cases[i].bytes, cases[i].size, false,
							 &pos, cases[i].number, &p))
			TH_LOG("%s", cases[i].name);
	}
}

/* --- where directories lie --- */

#define DISC_BLOCKS	5000u
#define TABLE_LBA	20u

struct made {
	u8 table[40 * IMAPI_BLOCK];
	u32 size;
	u32 read, longest;	/* calls, blocks of one */
};

static int read_made(void *ctx, u32 lba, u32 count, void *buf)
{
	struct made *m = ctx;

	m->read++;
	m->longest = count > m->longest ? count : m->longest;
	if (lba != TABLE_LBA || count > sizeof(m->table) / IMAPI_BLOCK)
		return -EIO;
	memcpy(buf, m->table, (size_t)count * IMAPI_BLOCK);
	return 0;
}

/* @nr directories of the root, one every @every blocks from @first on */
static void make_table(struct made *m, u32 nr, u32 first, u32 every, bool big)
{
	u32 i, lba;
	u8 *p;

	memset(m, 0, sizeof(*m));
	for (i = 0; i < nr; i++, m->size += 10) {
		p = m->table + m->size;
		lba = first + i * every;
		p[0] = i ? 2 : 1;
		if (big)
			put_unaligned_be32(lba, p + 2);
		else
			put_unaligned_le32(lba, p + 2);
		p[big ? 7 : 6] = 1;
	}
}

static const struct {
	const char *name;
	u32 nr, first, every, limit;
	u32 from, count;
	bool big;
} spans[] = {
	{ .name = "the root alone", .nr = 1, .first = 100, .every = 1, .limit = 1024,
	  .from = 100, .count = 8 },
	{ .name = "side by side", .nr = 100, .first = 100, .every = 3, .limit = 1024,
	  .from = 100, .count = 305 },
	{ .name = "type M, where there is no other", .nr = 100, .first = 100, .every = 3,
	  .limit = 1024, .from = 100, .count = 305, .big = true },
	{ .name = "more than the limit", .nr = 400, .first = 100, .every = 4, .limit = 1024,
	  .from = 100, .count = 1024 },
	{ .name = "far apart", .nr = 10, .first = 100, .every = 400, .limit = 1024, .count = 0 },
	{ .name = "at the disc's end", .nr = 2, .first = DISC_BLOCKS - 4, .every = 2,
	  .limit = 1024, .from = DISC_BLOCKS - 4, .count = 4 },
	{ .name = "behind the disc's end", .nr = 2, .first = DISC_BLOCKS - 1, .every = 1,
	  .limit = 1024, .count = 0 },
	{ .name = "numbers that wrap around", .nr = 3, .first = 0xfffffff0, .every = 8,
	  .limit = 1024, .count = 0 },
	{ .name = "a table that is read in part", .nr = 7000, .first = 100, .every = 0,
	  .limit = 1024, .from = 100, .count = 8 },
	{ .name = "no table", .nr = 0, .limit = 1024, .count = 0 },
};

TEST(spans_of_directories)
{
	static struct made m;
	struct imapi_source src = { .read = read_made, .ctx = &m, .blocks = DISC_BLOCKS };
	u32 from, count;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(spans); i++) {
		struct imapi_hierarchy tree = { 0 };

		make_table(&m, spans[i].nr, spans[i].first, spans[i].every, spans[i].big);
		tree.path_size = m.size;
		if (spans[i].big)
			tree.path_m = TABLE_LBA;
		else
			tree.path_l = TABLE_LBA;
		from = 0;
		EXPECT_EQ(0, imapi_dirs_span(&src, &tree, spans[i].limit, &from, &count))
			TH_LOG("%s", spans[i].name);
		EXPECT_EQ(spans[i].count, count) TH_LOG("%s", spans[i].name);
		EXPECT_EQ(spans[i].from, from) TH_LOG("%s", spans[i].name);
		EXPECT_EQ(true, m.read <= 1 && m.longest <= 32) TH_LOG("%s", spans[i].name);
	}
}

TEST(a_table_that_is_not_read_is_an_error)
{
	static struct made m;
	struct imapi_source src = { .read = read_made, .ctx = &m, .blocks = DISC_BLOCKS };
	struct imapi_hierarchy tree = { .path_size = 100, .path_l = TABLE_LBA + 1 };
	u32 from, count = 1;

	EXPECT_EQ(-EIO, imapi_dirs_span(&src, &tree, 1024, &from, &count));
	EXPECT_EQ(0, count);
}

TEST_HARNESS_MAIN
