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

TEST_HARNESS_MAIN
