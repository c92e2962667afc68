// SPDX-License-Identifier: GPL-2.0-only
/* Sessions that are composed onto a blank disc */
#include <time.h>
#include "compose_fixture.h"
#include "isonames.h"
#include "kselftest_harness.h"

#define WHEN	1700000000

static const struct {
	const char *name, *file, *dir;
} names[] = {
	{ "a", "A", "A" },
	{ "readme.txt", "README.TXT", "README_TXT" },
	{ "UPPER_09.C", "UPPER_09.C", "UPPER_09_C" },
	{ "two.dots.here", "TWO_DOTS.HERE", "TWO_DOTS_HERE" },
	{ ".hidden", "_HIDDEN", "_HIDDEN" },
	{ ".hidden.txt", "_HIDDEN.TXT", "_HIDDEN_TXT" },
	{ "..x", "_.X", "__X" },
	{ "end.", "END", "END_" },
	{ "ext.12345678", "EXT.12345678", "EXT_12345678" },
	{ "ext.123456789", "EXT_123456789", "EXT_123456789" },
	{ "blank and-dash", "BLANK_AND_DASH", "BLANK_AND_DASH" },
	{ "gr\xc3\xbc\xc3\x9f" "e.txt", "GR__E.TXT", "GR__E_TXT" },
	{ "smile\xf0\x9f\x98\x80.md", "SMILE_.MD", "SMILE__MD" },
	{ "abcdefghijklmnopqrstuvwxyz0123456789",
	  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123", "ABCDEFGHIJKLMNOPQRSTUVWXYZ01234" },
	{ "abcdefghijklmnopqrstuvwxyz0123456789.html",
	  "ABCDEFGHIJKLMNOPQRSTUVWXYZ.HTML", "ABCDEFGHIJKLMNOPQRSTUVWXYZ01234" },
	{ "abcdefghijklmnopqrstuvwxyz.12345678",
	  "ABCDEFGHIJKLMNOPQRSTUV.12345678", "ABCDEFGHIJKLMNOPQRSTUVWXYZ_1234" },
};

TEST(iso_names_of_one)
{
	struct iso_name n;
	u8 ucs[256];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int len = imapi_utf8_to_utf16(names[i].name, strlen(names[i].name),
					      ucs, sizeof(ucs));

		ASSERT_GT(len, 0);
		iso_name_file(ucs, len, &n);
		EXPECT_EQ(strlen(names[i].file), n.len);
		EXPECT_EQ(0, memcmp(names[i].file, n.chars, n.len))
			TH_LOG("%s: %.*s", names[i].name, n.len, n.chars);
		EXPECT_EQ(strcspn(names[i].file, "."), n.stem);
		iso_name_dir(ucs, len, &n);
		EXPECT_EQ(strlen(names[i].dir), n.len);
		EXPECT_EQ(0, memcmp(names[i].dir, n.chars, n.len))
			TH_LOG("%s: %.*s", names[i].name, n.len, n.chars);
	}
}

FIXTURE(blank)
{
	struct image img;
	struct imapi_source src;
	struct imapi_tree *t;
	struct compose_params p;
	struct compose *c;
	struct found f;
	char bad[64];
};

FIXTURE_SETUP(blank)
{
	memset(self, 0, sizeof(*self));
	self->src = (struct imapi_source){ image_read, &self->img, 0 };
	self->p = (struct compose_params){
		.start = 32, .volid = "Test disc", .now = WHEN,
		.bad_path = self->bad, .bad_path_size = sizeof(self->bad),
	};
	ASSERT_EQ(0, imapi_tree_new(&self->src, NULL, &tree_ops, &self->t));
}

FIXTURE_TEARDOWN(blank)
{
	compose_free(self->c);
	imapi_tree_free(self->t);
	free(self->f.text);
	free(self->img.data);
}

/* Plans and emits the session, and checks both trees; leaves Joliet's in self->f */
static void burn(struct __test_metadata *_metadata, FIXTURE_DATA(blank) *self)
{
	struct compose_sink sink = image_sink(&self->img);
	u32 desc = self->p.start + 16;
	struct imapi_usage usage;

	ASSERT_EQ(0, imapi_tree_usage(self->t, &usage));
	imapi_tree_commit_begin(self->t);
	ASSERT_EQ(0, compose_plan(self->t, &self->p, &self->c));
	/* What the tree lets in has to fit */
	EXPECT_LE(compose_tree_blocks(self->c), usage.tree_blocks);
	EXPECT_EQ(compose_blocks(self->c),
		  compose_tree_blocks(self->c) + usage.staged_blocks);
	image_reserve(&self->img, self->p.start);
	self->img.blocks = self->p.start;
	ASSERT_EQ(0, compose_emit(self->c, &sink));
	EXPECT_EQ(compose_blocks(self->c), self->img.counted);

	EXPECT_EQ(NULL, check_tree(&self->img, desc, false, 0, &self->f))
		TH_LOG("%s", self->f.why);
	desc = self->f.next_dir;
	free(self->f.text);
	EXPECT_EQ(NULL, check_tree(&self->img, self->p.start + 16, true, desc, &self->f))
		TH_LOG("%s", self->f.why);
	EXPECT_EQ(self->p.start + compose_tree_blocks(self->c), self->f.next_dir);
}

TEST_F(blank, nothing)
{
	ASSERT_EQ(0, make_dir(self->t, "gone", WHEN));
	ASSERT_EQ(0, imapi_unlink(self->t, imapi_tree_root(self->t), "gone", 4,
				  IMAPI_DIR, WHEN));
	burn(_metadata, self);
	/* System area, three descriptors, four path tables and two roots */
	EXPECT_EQ(16 + 3 + 4 + 2, compose_blocks(self->c));
	EXPECT_EQ(compose_blocks(self->c), compose_tree_blocks(self->c));
	EXPECT_EQ(1, self->f.dirs);
	EXPECT_EQ(0, self->f.files);
}

/* What a directory's entries are called in the primary tree */
static const struct {
	const char *what;
	const char *entries[6];	/* a directory ends in "/" */
	const char *iso[6];
} collisions[] = {
	{ "first in Joliet order keeps the name",
	  { "b.txt", "B.txt", "B.TXT" }, { "/B_2.TXT", "/B_1.TXT", "/B.TXT" } },
	{ "a number somebody has by nature is passed over",
	  { "A.TXT", "a.txt", "a_1.txt" }, { "/A.TXT", "/A_2.TXT", "/A_1.TXT" } },
	{ "a directory and a file without extension",
	  { "x", "X/" }, { "/X_1", "/X" } },
	{ "extensions tell names apart",
	  { "x.a", "x.b", "x" }, { "/X.A", "/X.B", "/X" } },
	{ "a number takes the tail's place",
	  { "abcdefghijklmnopqrstuvwxyz01234.doc", "abcdefghijklmnopqrstuvwxyz05678.doc" },
	  { "/ABCDEFGHIJKLMNOPQRSTUVWXYZ0.DOC", "/ABCDEFGHIJKLMNOPQRSTUVWXY_1.DOC" } },
	{ "one counter for a directory",
	  { "1-", "1+", "2-", "2+" }, { "/1__1", "/1_", "/2__2", "/2_" } },
};

static char *iso_line(char *line, const char *entry, const char *iso)
{
	if (entry[strlen(entry) - 1] == '/')
		sprintf(line, "%s", iso);
	else
		sprintf(line, "%s%s;1", iso, strchr(iso, '.') ? "" : ".");
	return line;
}

TEST(iso_names_that_collide)
{
	struct imapi_source src = { image_read, NULL, 0 };
	struct compose_params p = { .start = 0, .volid = "", .now = WHEN };
	size_t i, k;

	for (i = 0; i < sizeof(collisions) / sizeof(collisions[0]); i++) {
		struct image img = { 0 };
		struct compose_sink sink = image_sink(&img);
		struct compose *c;
		struct imapi_tree *t;
		struct found f;

		ASSERT_EQ(0, imapi_tree_new(&src, NULL, &tree_ops, &t));
		for (k = 0; collisions[i].entries[k]; k++) {
			char name[80];
			const char *e = collisions[i].entries[k];

			strcpy(name, e);
			if (name[strlen(e) - 1] == '/') {
				name[strlen(e) - 1] = 0;
				ASSERT_EQ(0, make_dir(t, name, WHEN));
			} else {
				ASSERT_EQ(0, make_file(t, name, k + 1, 0, WHEN));
			}
		}
		imapi_tree_commit_begin(t);
		ASSERT_EQ(0, compose_plan(t, &p, &c));
		ASSERT_EQ(0, compose_emit(c, &sink));
		EXPECT_EQ(NULL, check_tree(&img, 16, false, 0, &f))
			TH_LOG("%s: %s", collisions[i].what, f.why);
		for (k = 0; collisions[i].entries[k]; k++) {
			char line[80];

			iso_line(line, collisions[i].entries[k], collisions[i].iso[k]);
			EXPECT_TRUE(found_has(&f, line))
				TH_LOG("%s: no %s in%s", collisions[i].what, line, f.text);
		}
		compose_free(c);
		imapi_tree_free(t);
		free(f.text);
		free(img.data);
	}
}

/* Capitals sort first in Joliet alone, so the trees' orders differ */
static char letter(u32 i)
{
	return i % 2 ? 'D' : 'd';
}

/* Some directories, one of more than a sector, and files between them */
static int make_some(struct imapi_tree *t, u32 first, u32 step)
{
	char path[100];
	u32 i, at;
	int ret = 0;

	for (i = 0; i < 300 && !ret; i++) {
		at = (first + i * step) % 300;
		snprintf(path, sizeof(path), "%cir %u/Sub-%u/a file number %u.data",
			 letter(at % 7), at % 7, at % 11, at);
		ret = make_file(t, path, at * 37, (u8)at, WHEN + at);
		if (ret)
			break;
		snprintf(path, sizeof(path), "m%u", at);
		ret = make_file(t, path, at % 5 ? 5000 : 0, (u8)at, WHEN + at);
	}
	/* Making entries has set their times, in the order they were made in */
	for (i = 0; i < 7 && !ret; i++) {
		struct imapi_node *n;

		snprintf(path, sizeof(path), "%cir %u", letter(i), i);
		ret = imapi_lookup(t, imapi_tree_root(t), path, strlen(path), &n);
		if (ret)
			break;
		ret = imapi_node_set_mtime(t, n, WHEN);
		for (at = 0; at < 11 && !ret; at++) {
			struct imapi_node *sub;

			snprintf(path, sizeof(path), "Sub-%u", at);
			ret = imapi_lookup(t, n, path, strlen(path), &sub);
			if (ret)
				break;
			ret = imapi_node_set_mtime(t, sub, WHEN);
			imapi_node_put(t, sub, 1);
		}
		imapi_node_put(t, n, 1);
	}
	return ret ? ret : imapi_node_set_mtime(t, imapi_tree_root(t), WHEN);
}

TEST_F(blank, both_trees)
{
	unsigned long long size;
	u32 lba, extents, i;

	ASSERT_EQ(0, make_some(self->t, 0, 1));
	burn(_metadata, self);
	EXPECT_EQ(1 + 7 + 77, self->f.dirs);
	EXPECT_EQ(600, self->f.files);
	EXPECT_EQ(self->img.blocks, self->f.next_data);
	ASSERT_TRUE(found_get(&self->f, "/Dir 5/Sub-2/a file number 299.data",
			      &size, &lba, &extents));
	EXPECT_EQ(299 * 37, size);
	for (i = 0; i < size; i++)
		ASSERT_EQ(blob_byte(&(struct blob){ size, (u8)299 }, i),
			  block_at(&self->img, lba)[i]);
}

TEST_F(blank, same_bytes_whatever_the_order)
{
	struct image first, other = { 0 };
	struct compose_sink sink = image_sink(&other);
	struct imapi_tree *t;
	struct compose *c;

	ASSERT_EQ(0, make_some(self->t, 0, 1));
	burn(_metadata, self);
	first = self->img;

	ASSERT_EQ(0, imapi_tree_new(&self->src, NULL, &tree_ops, &t));
	ASSERT_EQ(0, make_some(t, 13, 7));
	imapi_tree_commit_begin(t);
	ASSERT_EQ(0, compose_plan(t, &self->p, &c));
	ASSERT_EQ(0, compose_emit(c, &sink));
	ASSERT_EQ(first.blocks - 32, other.blocks);
	EXPECT_EQ(0, memcmp(block_at(&first, 32), other.data,
			    (size_t)other.blocks * IMAPI_BLOCK));
	compose_free(c);
	imapi_tree_free(t);
	free(other.data);
}

TEST_F(blank, emits_the_same_again)
{
	struct image again = { 0 };
	struct compose_sink sink = image_sink(&again);

	ASSERT_EQ(0, make_some(self->t, 0, 1));
	burn(_metadata, self);
	ASSERT_EQ(0, compose_emit_tree(self->c, &sink));
	ASSERT_EQ(compose_tree_blocks(self->c), again.blocks);
	EXPECT_EQ(0, memcmp(block_at(&self->img, 32), again.data,
			    (size_t)again.blocks * IMAPI_BLOCK));
	free(again.data);
}

TEST_F(blank, data_in_the_order_of_a_copy)
{
	unsigned long long size;
	u32 a, b, c, d, e, extents;

	ASSERT_EQ(0, make_file(self->t, "z", 1, 1, WHEN));
	ASSERT_EQ(0, make_file(self->t, "m/y", 2049, 1, WHEN));
	ASSERT_EQ(0, make_file(self->t, "m/b/x", 1, 1, WHEN));
	ASSERT_EQ(0, make_file(self->t, "m/a", 2048, 1, WHEN));
	ASSERT_EQ(0, make_file(self->t, "a", 1, 1, WHEN));
	ASSERT_EQ(0, make_file(self->t, "m/c", 0, 1, WHEN));
	burn(_metadata, self);
	ASSERT_TRUE(found_get(&self->f, "/a", &size, &a, &extents));
	ASSERT_TRUE(found_get(&self->f, "/m/a", &size, &b, &extents));
	ASSERT_TRUE(found_get(&self->f, "/m/b/x", &size, &c, &extents));
	ASSERT_TRUE(found_get(&self->f, "/m/y", &size, &d, &extents));
	ASSERT_TRUE(found_get(&self->f, "/z", &size, &e, &extents));
	EXPECT_EQ(32 + compose_tree_blocks(self->c), a);
	EXPECT_EQ(a + 1, b);
	EXPECT_EQ(b + 1, c);
	EXPECT_EQ(c + 1, d);
	EXPECT_EQ(d + 2, e);
	EXPECT_EQ(e + 1, self->img.blocks);
	EXPECT_TRUE(found_has(&self->f, "/m/c 0 0 1"));
}

TEST_F(blank, sections_over_4_gib)
{
	static const struct {
		const char *name;
		u64 size;
		u32 records;
	} files[] = {
		{ "a", IMAPI_MAX_EXTENT - 1ull, 1 },
		{ "b", IMAPI_MAX_EXTENT, 1 },
		{ "c", IMAPI_MAX_EXTENT + 1ull, 2 },
		{ "d", 3 * (u64)IMAPI_MAX_EXTENT + 5, 4 },
		{ "e", 1ull << 40, 257 },
		{ "f", 1, 1 },
	};
	u64 blocks = 0;
	size_t i;

	self->img.counting = true;
	for (i = 0; i < 6; i++) {
		ASSERT_EQ(0, make_file(self->t, files[i].name, files[i].size, 0, WHEN));
		blocks += (files[i].size + 2047) / 2048;
	}
	burn(_metadata, self);
	for (i = 0; i < 6; i++) {
		unsigned long long size;
		char path[4] = { '/', files[i].name[0] };
		u32 lba, records;

		ASSERT_TRUE(found_get(&self->f, path, &size, &lba, &records));
		EXPECT_EQ(files[i].size, size);
		EXPECT_EQ(files[i].records, records);
	}
	EXPECT_EQ(compose_tree_blocks(self->c) + blocks, compose_blocks(self->c));
}

TEST_F(blank, too_many_blocks)
{
	ASSERT_EQ(0, make_file(self->t, "a", 2048, 0, WHEN));
	imapi_tree_commit_begin(self->t);
	self->p.start = UINT32_MAX - 26;
	ASSERT_EQ(0, compose_plan(self->t, &self->p, &self->c));
	EXPECT_EQ(26, compose_blocks(self->c));
	compose_free(self->c);
	self->c = NULL;
	self->p.start++;
	EXPECT_EQ(-ENOSPC, compose_plan(self->t, &self->p, &self->c));
}

TEST_F_TIMEOUT(blank, many_colliding_names, 120)
{
	struct timespec from, to;
	char name[64];
	u32 i;

	for (i = 0; i < 100000; i++) {
		snprintf(name, sizeof(name), "one and the same long beginning %05u.txt", i);
		ASSERT_EQ(0, make_file(self->t, name, 0, 0, WHEN));
	}
	imapi_tree_commit_begin(self->t);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	ASSERT_EQ(0, compose_plan(self->t, &self->p, &self->c));
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	/* A second or two with sanitizers; every name against every other takes minutes */
	EXPECT_LT(to.tv_sec - from.tv_sec, 8);
	compose_free(self->c);
	burn(_metadata, self);
	EXPECT_EQ(100000, self->f.files);
	free(self->f.text);
	ASSERT_EQ(NULL, check_tree(&self->img, 48, false, 0, &self->f));
	EXPECT_TRUE(found_has(&self->f, "/ONE_AND_THE_SAME_LONG_BEGIN.TXT;1"));
	EXPECT_TRUE(found_has(&self->f, "/ONE_AND_THE_SAME_LONG_BEG_1.TXT;1"));
	EXPECT_TRUE(found_has(&self->f, "/ONE_AND_THE_SAME_LONG_99999.TXT;1"));
}

TEST_F(blank, deep)
{
	char path[1000] = "";
	u32 i;

	for (i = 0; i < 300; i++)
		strcat(path, "d/");
	strcat(path, "f");
	ASSERT_EQ(0, make_file(self->t, path, 3000, 9, WHEN));
	burn(_metadata, self);
	EXPECT_EQ(301, self->f.dirs);
	EXPECT_EQ(1, self->f.files);
}

TEST_F(blank, descriptors)
{
	static const u8 boot[IMAPI_BLOCK] = { 0, 'C', 'D', '0', '0', '1', 1, 'E', 'L' };
	u8 head[COMPOSE_HEAD_MAX * IMAPI_BLOCK];
	const struct imapi_iso_volume *v;
	const u8 *set;

	ASSERT_EQ(0, make_file(self->t, "a", 1, 1, WHEN));
	self->p.boot = boot;
	self->p.volid = "Gr\xc3\xbc\xc3\x9f" "e an 15 un\xf0\x9f\x98\x80 und alle Welt da draussen";
	burn(_metadata, self);
	set = block_at(&self->img, 48);
	v = (const void *)set;
	EXPECT_EQ(1, v->type);
	EXPECT_EQ(0, memcmp(v->volume_id, "GR__E_AN_15_UN__UND_ALLE_WELT_DA", 32));
	EXPECT_EQ(0, memcmp(v->system_id, "LINUX                           ", 32));
	EXPECT_EQ(0, memcmp(v->application_id, "IMAPIFS " IMAPIFS_RELEASE " ", 9));
	EXPECT_EQ(0, memcmp(v->created.digits, "2023111422132000", 16));
	EXPECT_EQ(0, memcmp(v->expires.digits, "0000000000000000", 16));
	EXPECT_EQ(compose_blocks(self->c), get_unaligned_le32(v->space.le));
	EXPECT_EQ(0, memcmp(set + 2048, boot, 2048));
	v = (const void *)(set + 4096);
	EXPECT_EQ(2, v->type);
	EXPECT_EQ(0, memcmp(v->escapes, "%/E\0", 4));
	/* The 16th unit would be half of a character */
	EXPECT_EQ(0, memcmp(v->volume_id, "\0G\0r\0\xfc\0\xdf\0e\0 \0a\0n\0 \0001\0005\0 "
			    "\0u\0n\xd8\x3d\xde\0", 32));
	EXPECT_EQ(0, memcmp(v->copyright_id + 34, "\0 \0", 3));
	EXPECT_EQ(255, set[6144]);

	ASSERT_EQ(4, compose_head(self->c, head));
	v = (const void *)head;
	EXPECT_EQ(32 + compose_blocks(self->c), get_unaligned_be32(v->space.be));
	EXPECT_EQ(0, memcmp(head + 88, set + 88, IMAPI_BLOCK - 88));
	EXPECT_EQ(0, memcmp(head + 2048, set + 2048, 2048));
	EXPECT_EQ(0, memcmp(head + 4096 + 88, set + 4096 + 88, IMAPI_BLOCK - 88));
}

TEST_F(blank, volid_cut_before_half_a_character)
{
	const struct imapi_iso_volume *v;

	ASSERT_EQ(0, make_file(self->t, "a", 1, 1, WHEN));
	self->p.volid = "fifteen letters\xf0\x9f\x98\x80";
	burn(_metadata, self);
	v = (const void *)block_at(&self->img, 49);
	EXPECT_EQ(0, memcmp(v->volume_id + 26, "\0r\0s\0 ", 6));
	v = (const void *)block_at(&self->img, 48);
	EXPECT_EQ(0, memcmp(v->volume_id, "FIFTEEN_LETTERS_ ", 17));
}

TEST_F(blank, volid_that_is_not_utf8)
{
	ASSERT_EQ(0, make_file(self->t, "a", 1, 1, WHEN));
	imapi_tree_commit_begin(self->t);
	self->p.volid = "\xff";
	EXPECT_EQ(-EILSEQ, compose_plan(self->t, &self->p, &self->c));
}

TEST_F(blank, dates)
{
	struct imapi_iso_date want;
	const struct imapi_iso_volume *v;
	const struct imapi_iso_dirent *de;
	const u8 *root;

	ASSERT_EQ(0, make_file(self->t, "d/a", 1, 1, WHEN - 100));
	ASSERT_EQ(0, make_file(self->t, "d/b", 1, 1, WHEN + 100));
	self->p.clamp = true;
	burn(_metadata, self);
	v = (const void *)block_at(&self->img, 48);
	root = block_at(&self->img, get_unaligned_le32(v->root + 2));
	de = (const void *)(root + 68);
	de = (const void *)block_at(&self->img, get_unaligned_le32(de->lba.le));
	imapi_date_encode(WHEN, &want);
	EXPECT_EQ(0, memcmp(&want, &de->date, 7));
	de = (const void *)((const u8 *)de + 68);
	EXPECT_EQ(0, memcmp("A.;1", de->name, 4));
	imapi_date_encode(WHEN - 100, &want);
	EXPECT_EQ(0, memcmp(&want, &de->date, 7));
	de = (const void *)((const u8 *)de + de->len);
	imapi_date_encode(WHEN, &want);
	EXPECT_EQ(0, memcmp(&want, &de->date, 7));
}

static int broken_blocks(void *ctx, const void *buf, u32 count)
{
	(void)buf;
	(void)count;
	return --*(int *)ctx < 0 ? -EIO : 0;
}

TEST_F(blank, sink_that_fails)
{
	int calls = 1;
	struct compose_sink sink = { broken_blocks, NULL, &calls };

	ASSERT_EQ(0, make_some(self->t, 0, 1));
	burn(_metadata, self);
	EXPECT_EQ(-EIO, compose_emit(self->c, &sink));
}

TEST_HARNESS_MAIN
