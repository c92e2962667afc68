// SPDX-License-Identifier: GPL-2.0-only
/* Directory records: what is read of them and what is refused */
#include "memdisc.h"
#include "kselftest_harness.h"

#define FIELD(f)	offsetof(struct imapi_iso_dirent, f)

#define DISC_BLOCKS	4096u
#define DIR_LBA		20u
#define DIR_BLOCKS	3u

FIXTURE(dir) {
	struct memdisc d;
	struct imapi_dir_cursor cur;
	struct imapi_record rec;
	u8 *at;			/* where the next record goes */
	u8 buf[2 * IMAPI_BLOCK];
};

FIXTURE_SETUP(dir)
{
	memdisc_init(&self->d, DISC_BLOCKS);
	ASSERT_NE(NULL, self->d.data);
	self->cur.src = &self->d.src;
	self->cur.dir.lba = DIR_LBA;
	self->cur.dir.size = DIR_BLOCKS * IMAPI_BLOCK;
	self->cur.buf = self->buf;
	self->cur.buf_blocks = 1;
	self->at = memdisc_at(&self->d, DIR_LBA);
	self->at = put_dirent(self->at, "\0", 1, DIR_LBA, IMAPI_BLOCK, IMAPI_DE_DIRECTORY);
	self->at = put_dirent(self->at, "\1", 1, DIR_LBA, IMAPI_BLOCK, IMAPI_DE_DIRECTORY);
}

FIXTURE_TEARDOWN(dir)
{
	EXPECT_EQ(0, self->d.strays);
	memdisc_free(&self->d);
}

static void add(FIXTURE_DATA(dir) *self, const char *name, u32 lba, u32 size, u8 flags)
{
	self->at = put_dirent(self->at, name, (u8)strlen(name), lba, size, flags);
}

/* Is it called so? */
static bool is_called(const struct imapi_record *rec, const char *ascii)
{
	u8 name[256];
	u8 len = utf16(ascii, name);

	return rec->name_len == len && !memcmp(rec->name, name, len);
}

TEST_F(dir, empty)
{
	EXPECT_EQ(0, imapi_dir_next(&self->cur, &self->rec));
	self->cur.dir.size = 0;
	self->cur.dir.lba = UINT32_MAX;
	self->cur.pos = 0;
	EXPECT_EQ(0, imapi_dir_next(&self->cur, &self->rec));
}

TEST_F(dir, one_file)
{
	u8 *at = self->at;

	add(self, "A.TXT;1", 30, 3000, IMAPI_DE_HIDDEN);
	ASSERT_EQ(1, imapi_dir_next(&self->cur, &self->rec));
	EXPECT_TRUE(is_called(&self->rec, "A.TXT"));
	EXPECT_EQ(at - (u8 *)memdisc_at(&self->d, DIR_LBA), self->rec.pos);
	EXPECT_EQ(self->at - (u8 *)memdisc_at(&self->d, DIR_LBA), self->rec.next);
	EXPECT_EQ(self->rec.next, self->cur.pos);
	EXPECT_EQ(IMAPI_DE_HIDDEN, self->rec.flags);
	EXPECT_EQ(3000, self->rec.size);
	EXPECT_EQ(1, self->rec.extents);
	EXPECT_EQ(30, self->rec.first.lba);
	EXPECT_EQ(3000, self->rec.first.len);
	EXPECT_EQ(1772323200, self->rec.mtime);
	EXPECT_EQ(0, imapi_dir_next(&self->cur, &self->rec));
}

TEST_F(dir, joliet_names)
{
	self->cur.ucs = true;
	self->at = put_dirent(self->at, "\x30\x42\0;\0""1", 6, 30, 1, 0);
	ASSERT_EQ(1, imapi_dir_next(&self->cur, &self->rec));
	EXPECT_EQ(2, self->rec.name_len);
	EXPECT_EQ(0, memcmp(self->rec.name, "\x30\x42", 2));
}

TEST_F(dir, sizes_of_the_empty)
{
	add(self, "DIR", UINT32_MAX, 0, IMAPI_DE_DIRECTORY);
	add(self, "FILE", 0, 0, 0);
	ASSERT_EQ(1, imapi_dir_next(&self->cur, &self->rec));
	EXPECT_EQ(0, self->rec.size);
	ASSERT_EQ(1, imapi_dir_next(&self->cur, &self->rec));
	EXPECT_EQ(0, self->rec.size);
}

/* Buffers of one block and of two */
TEST_F(dir, goes_on_in_the_next_sector)
{
	u32 blocks;
	int i;

	add(self, "ONE", 30, 1, 0);
	self->at = (u8 *)memdisc_at(&self->d, DIR_LBA + 1);
	/* Eight records of 254 bytes, so 16 bytes of padding */
	for (i = 0; i < 8; i++) {
		put_dirent(self->at + i * 254, "TWO", 3, 30, 1, 0);
		self->at[i * 254] = 254;
	}
	self->at = memdisc_at(&self->d, DIR_LBA + 2);
	add(self, "THREE", 30, 1, 0);

	for (blocks = 1; blocks <= 2; blocks++) {
		self->cur.pos = 0;
		self->cur.have = 0;
		self->cur.buf_blocks = blocks;
		ASSERT_EQ(1, imapi_dir_next(&self->cur, &self->rec));
		EXPECT_TRUE(is_called(&self->rec, "ONE"));
		for (i = 0; i < 8; i++) {
			ASSERT_EQ(1, imapi_dir_next(&self->cur, &self->rec));
			EXPECT_TRUE(is_called(&self->rec, "TWO"));
			EXPECT_EQ(IMAPI_BLOCK + 254 * i, self->rec.pos);
		}
		ASSERT_EQ(1, imapi_dir_next(&self->cur, &self->rec));
		EXPECT_TRUE(is_called(&self->rec, "THREE"));
		EXPECT_EQ(2 * IMAPI_BLOCK, self->rec.pos);
		EXPECT_EQ(0, imapi_dir_next(&self->cur, &self->rec));
	}
}

TEST_F(dir, size_counts_whole_blocks)
{
	self->at = memdisc_at(&self->d, DIR_LBA + 1);
	add(self, "LATE", 30, 1, 0);
	self->cur.dir.size = IMAPI_BLOCK;
	EXPECT_EQ(0, imapi_dir_next(&self->cur, &self->rec));
	self->cur.pos = 0;
	self->cur.dir.size = IMAPI_BLOCK + 1;
	EXPECT_EQ(1, imapi_dir_next(&self->cur, &self->rec));
}

TEST_F(dir, starts_where_it_is_told)
{
	u32 second;

	add(self, "A", 30, 1, 0);
	second = (u32)(self->at - (u8 *)memdisc_at(&self->d, DIR_LBA));
	add(self, "B", 30, 1, 0);
	self->cur.pos = second;
	ASSERT_EQ(1, imapi_dir_next(&self->cur, &self->rec));
	EXPECT_TRUE(is_called(&self->rec, "B"));
	self->cur.pos = UINT32_MAX;
	EXPECT_EQ(0, imapi_dir_next(&self->cur, &self->rec));
}

TEST_F(dir, associated_files_are_passed_over)
{
	add(self, "A", 30, 7, IMAPI_DE_ASSOCIATED);
	add(self, "A", 31, 9, 0);
	ASSERT_EQ(1, imapi_dir_next(&self->cur, &self->rec));
	EXPECT_EQ(9, self->rec.size);
	EXPECT_EQ(0, imapi_dir_next(&self->cur, &self->rec));
}

TEST_F(dir, unreadable_block)
{
	self->d.bad = DIR_LBA + 1;
	add(self, "A", 30, 7, 0);
	ASSERT_EQ(1, imapi_dir_next(&self->cur, &self->rec));
	EXPECT_EQ(-EIO, imapi_dir_next(&self->cur, &self->rec));
	/* What the failed read has left in the buffer is not the block before */
	self->cur.pos = 0;
	ASSERT_EQ(1, imapi_dir_next(&self->cur, &self->rec));
	self->d.bad = MEMDISC_GOOD;
	EXPECT_EQ(0, imapi_dir_next(&self->cur, &self->rec));
}

static const struct {
	const char *name;
	u32 disc;		/* its blocks */
	struct imapi_dirloc dir;
} bad_places[] = {
	{ .name = "begins past the end", .disc = DISC_BLOCKS, .dir = { DISC_BLOCKS, 1 } },
	{ .name = "runs past the end", .disc = DISC_BLOCKS,
	  .dir = { DISC_BLOCKS - 1, IMAPI_BLOCK + 1 } },
	{ .name = "last block there is", .disc = UINT32_MAX,
	  .dir = { UINT32_MAX, IMAPI_BLOCK } },
	{ .name = "positions would wrap", .disc = UINT32_MAX, .dir = { 0, UINT32_MAX } },
};

TEST_F(dir, place_is_checked)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad_places); i++) {
		self->d.src.blocks = bad_places[i].disc;
		self->cur.dir = bad_places[i].dir;
		EXPECT_EQ(-EUCLEAN, imapi_dir_next(&self->cur, &self->rec))
			TH_LOG("%s", bad_places[i].name);
	}
}

/* A good record of 40 bytes with some of them changed */
static const struct {
	const char *name;
	size_t at;
	const char *bytes;
	size_t len;
	int want;
} patches[] = {
#define PATCH(f, s)	.at = FIELD(f), .bytes = s, .len = sizeof(s) - 1
	{ .name = "as it was", PATCH(len, ""), .want = 1 },
	{ .name = "shorter than the fixed part", PATCH(len, "\x20"), .want = -EUCLEAN },
	{ .name = "one byte", PATCH(len, "\1"), .want = -EUCLEAN },
	{ .name = "identifier runs past the record", PATCH(len, "\x27"), .want = -EUCLEAN },
	{ .name = "identifier of 255", PATCH(name_len, "\xff"), .want = -EUCLEAN },
	{ .name = "no identifier", PATCH(name_len, "\0"), .want = -EUCLEAN },
	{ .name = "extent begins past the end", PATCH(lba, "\0\x10\0\0"), .want = -EUCLEAN },
	{ .name = "extent ends at the end", PATCH(lba, "\xfe\x0f\0\0"), .want = 1 },
	{ .name = "extent runs past the end", PATCH(lba, "\xff\x0f\0\0"), .want = -EUCLEAN },
	{ .name = "extent's address wraps", PATCH(lba, "\xff\xff\xff\xff"), .want = -EUCLEAN },
	{ .name = "size past the end", PATCH(size, "\xff\xff\xff\xff"), .want = -EUCLEAN },
	{ .name = "big-endian halves aren't looked at", PATCH(lba.be, "\xff\xff\xff\xff"),
	  .want = 1 },
	{ .name = "extended attribute before the data", PATCH(xattr_blocks, "\x10"), .want = 1 },
	{ .name = "it moves the data past the end", PATCH(xattr_blocks, "\x01\xfe\x0f\0\0"),
	  .want = -EUCLEAN },
	{ .name = "directory", PATCH(flags, "\x02"), .want = 1 },
	{ .name = "directory of several extents", PATCH(flags, "\x82"), .want = -EUCLEAN },
	{ .name = "directory with interleave", PATCH(flags, "\x02\1\1"), .want = -EUCLEAN },
	{ .name = "file with interleave", PATCH(flags, "\0\1\1"), .want = 1 },
	{ .name = "gap without a unit", PATCH(unit_size, "\0\1"), .want = -EUCLEAN },
	{ .name = "unit without a gap", PATCH(unit_size, "\1\0"), .want = 1 },
	{ .name = "more to come that doesn't", PATCH(flags, "\x80"), .want = -EUCLEAN },
	{ .name = "slash in the name", PATCH(name, "A/B"), .want = -EUCLEAN },
	{ .name = "NUL in the name", PATCH(name, "A\0B"), .want = -EUCLEAN },
	{ .name = "parent as a file", PATCH(name, "..;1234"), .want = -EUCLEAN },
	{ .name = "date that is none", PATCH(date, "\xff\xff\xff"), .want = 1 },
};

TEST_F(dir, records_are_checked)
{
	u8 *record = self->at;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(patches); i++) {
		self->at = record;
		add(self, "ABCDE;1", 30, 2 * IMAPI_BLOCK, 0);
		memcpy(record + patches[i].at, patches[i].bytes, patches[i].len);
		self->cur.pos = 0;
		self->cur.have = 0;
		EXPECT_EQ(patches[i].want, imapi_dir_next(&self->cur, &self->rec))
			TH_LOG("%s", patches[i].name);
	}
}

TEST_F(dir, record_runs_past_the_sector)
{
	struct imapi_iso_dirent *de = (void *)((u8 *)memdisc_at(&self->d, DIR_LBA) +
					       IMAPI_BLOCK - 34);

	put_dirent((u8 *)de, "A", 1, 30, 1, 0);
	self->cur.pos = IMAPI_BLOCK - 34;
	EXPECT_EQ(1, imapi_dir_next(&self->cur, &self->rec));
	de->len = 35;
	self->cur.pos = IMAPI_BLOCK - 34;
	self->cur.have = 0;
	EXPECT_EQ(-EUCLEAN, imapi_dir_next(&self->cur, &self->rec));
	/* A position within the last bytes, as a forged one may be */
	self->d.data[(DIR_LBA + 1) * IMAPI_BLOCK - 1] = 34;
	self->cur.pos = IMAPI_BLOCK - 1;
	self->cur.have = 0;
	EXPECT_EQ(-EUCLEAN, imapi_dir_next(&self->cur, &self->rec));
}

TEST_F(dir, identifier_longer_than_iso9660)
{
	char name[222];

	memset(name, 'A', sizeof(name));
	self->at = put_dirent(self->at, name, 111, 30, 1, 0);
	self->at = put_dirent(self->at, name, 112, 30, 1, 0);
	ASSERT_EQ(1, imapi_dir_next(&self->cur, &self->rec));
	EXPECT_EQ(222, self->rec.name_len);
	EXPECT_EQ(-EUCLEAN, imapi_dir_next(&self->cur, &self->rec));
	/* The longest that Joliet's records can hold */
	self->at = memdisc_at(&self->d, DIR_LBA + 1);
	put_dirent(self->at, name, 220, 30, 1, 0);
	self->cur.ucs = true;
	self->cur.pos = IMAPI_BLOCK;
	self->cur.have = 0;
	ASSERT_EQ(1, imapi_dir_next(&self->cur, &self->rec));
	EXPECT_EQ(220, self->rec.name_len);
}

TEST_F(dir, sections_of_one_file)
{
	struct imapi_extent ext[3];
	u32 pos;
	int i;

	/* The last of the three in the next sector */
	add(self, "BEFORE", 30, 1, 0);
	pos = (u32)(self->at - (u8 *)memdisc_at(&self->d, DIR_LBA));
	add(self, "BIG;1", 100, 2 * IMAPI_BLOCK, IMAPI_DE_MULTI_EXTENT);
	add(self, "BIG;1", 200, IMAPI_BLOCK, IMAPI_DE_MULTI_EXTENT);
	self->at = memdisc_at(&self->d, DIR_LBA + 1);
	add(self, "BIG;1", 300, 5, 0);
	add(self, "NEXT", 30, 1, 0);

	ASSERT_EQ(1, imapi_dir_next(&self->cur, &self->rec));
	ASSERT_EQ(1, imapi_dir_next(&self->cur, &self->rec));
	EXPECT_TRUE(is_called(&self->rec, "BIG"));
	EXPECT_EQ(pos, self->rec.pos);
	EXPECT_EQ(3, self->rec.extents);
	EXPECT_EQ(3 * IMAPI_BLOCK + 5, self->rec.size);
	EXPECT_EQ(100, self->rec.first.lba);
	EXPECT_EQ(0, self->rec.flags);
	ASSERT_EQ(1, imapi_dir_next(&self->cur, &self->rec));
	EXPECT_TRUE(is_called(&self->rec, "NEXT"));

	ASSERT_EQ(3, imapi_dir_extents(&self->cur, pos, ext, 3));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(100 * (i + 1), ext[i].lba);
	EXPECT_EQ(5, ext[2].len);
	EXPECT_EQ(-EUCLEAN, imapi_dir_extents(&self->cur, pos, ext, 2));
	EXPECT_EQ(-EUCLEAN, imapi_dir_extents(&self->cur, 2 * IMAPI_BLOCK, ext, 3));
	EXPECT_EQ(-EUCLEAN, imapi_dir_extents(&self->cur, 0, ext, 3));
}

static const struct {
	const char *name;
	u32 first_size;
	u8 first_flags;
	const char *second;	/* NULL: no second record */
	u32 second_size;
	u8 second_flags;
	int want;
} chains[] = {
	{ .name = "two sections", .first_size = IMAPI_BLOCK, .first_flags = IMAPI_DE_MULTI_EXTENT,
	  .second = "A", .second_size = 1, .want = 1 },
	{ .name = "first one is empty", .first_size = 0, .first_flags = IMAPI_DE_MULTI_EXTENT,
	  .second = "A", .second_size = 1, .want = 1 },
	{ .name = "first one is not whole blocks", .first_size = 2047,
	  .first_flags = IMAPI_DE_MULTI_EXTENT, .second = "A", .second_size = 1,
	  .want = -EUCLEAN },
	{ .name = "last one is missing", .first_size = IMAPI_BLOCK,
	  .first_flags = IMAPI_DE_MULTI_EXTENT, .second = "A", .second_size = IMAPI_BLOCK,
	  .second_flags = IMAPI_DE_MULTI_EXTENT, .want = -EUCLEAN },
	{ .name = "directory ends", .first_size = IMAPI_BLOCK,
	  .first_flags = IMAPI_DE_MULTI_EXTENT, .want = -EUCLEAN },
	{ .name = "another name", .first_size = IMAPI_BLOCK,
	  .first_flags = IMAPI_DE_MULTI_EXTENT, .second = "B", .want = -EUCLEAN },
	{ .name = "longer name", .first_size = IMAPI_BLOCK,
	  .first_flags = IMAPI_DE_MULTI_EXTENT, .second = "AA", .want = -EUCLEAN },
	{ .name = "second one is a directory", .first_size = IMAPI_BLOCK,
	  .first_flags = IMAPI_DE_MULTI_EXTENT, .second = "A",
	  .second_flags = IMAPI_DE_DIRECTORY, .want = -EUCLEAN },
	{ .name = "second one past the end", .first_size = IMAPI_BLOCK,
	  .first_flags = IMAPI_DE_MULTI_EXTENT, .second = "A", .second_size = UINT32_MAX,
	  .want = -EUCLEAN },
};

TEST_F(dir, chains_are_checked)
{
	u8 *record = self->at;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(chains); i++) {
		memset(record, 0, 200);
		self->at = record;
		add(self, "A", 30, chains[i].first_size, chains[i].first_flags);
		if (chains[i].second)
			add(self, chains[i].second, 40, chains[i].second_size,
			    chains[i].second_flags);
		self->cur.pos = 0;
		self->cur.have = 0;
		EXPECT_EQ(chains[i].want, imapi_dir_next(&self->cur, &self->rec))
			TH_LOG("%s", chains[i].name);
	}
}

/* 65,536 sections of one file, and one more */
TEST_F(dir, sections_are_bounded)
{
	u32 per_block = IMAPI_BLOCK / 34, blocks = 65536 / per_block + 2, i;
	u8 *dir = memdisc_at(&self->d, DIR_LBA);

	ASSERT_LT(DIR_LBA + blocks, DISC_BLOCKS);
	memset(dir, 0, IMAPI_BLOCK);
	for (i = 0; i < 65537; i++)
		put_dirent(dir + i / per_block * IMAPI_BLOCK + i % per_block * 34, "A", 1,
			   30, IMAPI_BLOCK, i < 65535 ? IMAPI_DE_MULTI_EXTENT : 0);
	self->cur.dir.size = blocks * IMAPI_BLOCK;
	ASSERT_EQ(1, imapi_dir_next(&self->cur, &self->rec));
	EXPECT_EQ(65536, self->rec.extents);
	EXPECT_EQ(65536ull * IMAPI_BLOCK, self->rec.size);

	i = 65535;
	put_dirent(dir + i / per_block * IMAPI_BLOCK + i % per_block * 34, "A", 1, 30,
		   IMAPI_BLOCK, IMAPI_DE_MULTI_EXTENT);
	self->cur.pos = 0;
	self->cur.have = 0;
	EXPECT_EQ(-EUCLEAN, imapi_dir_next(&self->cur, &self->rec));
}

/* Sections of nearly 4 GiB: sizes pass 32 bits, and so do their ends */
TEST_F(dir, sizes_pass_four_gigabytes)
{
	self->d.src.blocks = UINT32_MAX;
	add(self, "BIG", 100, IMAPI_MAX_EXTENT, IMAPI_DE_MULTI_EXTENT);
	add(self, "BIG", 3000000, IMAPI_MAX_EXTENT, IMAPI_DE_MULTI_EXTENT);
	add(self, "BIG", UINT32_MAX - 0x200000, UINT32_MAX, 0);
	ASSERT_EQ(1, imapi_dir_next(&self->cur, &self->rec));
	EXPECT_EQ(2ull * IMAPI_MAX_EXTENT + UINT32_MAX, self->rec.size);
	self->cur.have = 0;
	add(self, "PAST", UINT32_MAX - 0x1fffff, UINT32_MAX, 0);
	EXPECT_EQ(-EUCLEAN, imapi_dir_next(&self->cur, &self->rec));
}

/* Positions in a directory have 32 bits */
TEST_F(dir, largest_directory)
{
	self->d.src.blocks = UINT32_MAX;
	add(self, "LARGEST", 100, IMAPI_MAX_EXTENT, IMAPI_DE_DIRECTORY);
	add(self, "LARGER", 100, IMAPI_MAX_EXTENT + 1, IMAPI_DE_DIRECTORY);
	ASSERT_EQ(1, imapi_dir_next(&self->cur, &self->rec));
	EXPECT_EQ(-EUCLEAN, imapi_dir_next(&self->cur, &self->rec));
}

/* Units of 3 blocks with gaps of 2, none behind the last unit */
static const struct {
	const char *name;
	u32 blocks, span;
} spans[] = {
	{ .name = "less than a unit", .blocks = 2, .span = 2 },
	{ .name = "one whole unit", .blocks = 3, .span = 3 },
	{ .name = "two whole units", .blocks = 6, .span = 8 },
	{ .name = "two units and a block", .blocks = 7, .span = 11 },
};

TEST_F(dir, interleaved_extents_have_to_fit)
{
	struct imapi_iso_dirent *de = (void *)self->at;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(spans); i++) {
		put_dirent((u8 *)de, "A", 1, DISC_BLOCKS - spans[i].span,
			   spans[i].blocks * IMAPI_BLOCK, 0);
		de->unit_size = 3;
		de->gap_size = 2;
		self->cur.pos = 0;
		self->cur.have = 0;
		EXPECT_EQ(1, imapi_dir_next(&self->cur, &self->rec))
			TH_LOG("%s", spans[i].name);
		put_both32(DISC_BLOCKS - spans[i].span + 1, &de->lba);
		self->cur.pos = 0;
		self->cur.have = 0;
		EXPECT_EQ(-EUCLEAN, imapi_dir_next(&self->cur, &self->rec))
			TH_LOG("%s", spans[i].name);
	}
}

static const struct {
	const char *name;
	struct imapi_extent ext;
	u32 offset;
	u64 lba;		/* expected: block, */
	u32 in_block, run;	/* byte in it, bytes that follow on */
} maps[] = {
	{ .name = "first byte", .ext = { 100, 5000, 0, 0, 0 }, .offset = 0,
	  .lba = 100, .in_block = 0, .run = 5000 },
	{ .name = "last byte", .ext = { 100, 5000, 0, 0, 0 }, .offset = 4999,
	  .lba = 102, .in_block = 903, .run = 1 },
	{ .name = "behind an extended attribute", .ext = { 100, 5000, 7, 0, 0 }, .offset = 2048,
	  .lba = 108, .in_block = 0, .run = 2952 },
	{ .name = "far out", .ext = { 0xfff00000, 0xfff, 0, 0, 0 }, .offset = 0xffe,
	  .lba = 0xfff00001, .in_block = 0x7fe, .run = 1 },
	{ .name = "first unit", .ext = { 100, 14336, 0, 3, 2 }, .offset = 10,
	  .lba = 100, .in_block = 10, .run = 3 * 2048 - 10 },
	{ .name = "end of the first unit", .ext = { 100, 14336, 0, 3, 2 }, .offset = 3 * 2048 - 1,
	  .lba = 102, .in_block = 2047, .run = 1 },
	{ .name = "second unit", .ext = { 100, 14336, 0, 3, 2 }, .offset = 3 * 2048,
	  .lba = 105, .in_block = 0, .run = 3 * 2048 },
	{ .name = "last unit is shorter", .ext = { 100, 14336, 0, 3, 2 }, .offset = 6 * 2048,
	  .lba = 110, .in_block = 0, .run = 2048 },
	{ .name = "units behind an extended attribute", .ext = { 100, 14336, 1, 3, 2 },
	  .offset = 6 * 2048 + 1, .lba = 111, .in_block = 1, .run = 2047 },
	{ .name = "units without gaps", .ext = { 100, 14336, 0, 3, 0 }, .offset = 3 * 2048,
	  .lba = 103, .in_block = 0, .run = 3 * 2048 },
};

TEST(map)
{
	size_t i;
	u64 at;
	u32 run;

	for (i = 0; i < ARRAY_SIZE(maps); i++) {
		at = imapi_extent_map(&maps[i].ext, maps[i].offset, &run);
		EXPECT_EQ(maps[i].lba * IMAPI_BLOCK + maps[i].in_block, at)
			TH_LOG("%s", maps[i].name);
		EXPECT_EQ(maps[i].run, run)
			TH_LOG("%s", maps[i].name);
	}
}

TEST_HARNESS_MAIN
