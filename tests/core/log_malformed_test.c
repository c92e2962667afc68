// SPDX-License-Identifier: GPL-2.0-only
/* Change logs that nobody should believe: a made one, and something wrong with it. */
#include "log_check.h"
#include "log_made.h"
#include "kselftest_harness.h"

FIXTURE(made) {
	struct memdisc d;
	struct imapi_tree_ops ops;
	struct made_log log;
	struct imapi_tree *tree;
	u32 given, dropped, max;	/* staged handles; the most there are */
};

static void drop_handle(void *ctx, void *staged)
{
	FIXTURE_DATA(made) *self = ctx;

	self->dropped++;
	free(staged);
}

static void *give_handle(void *ctx, u64 ino, u64 size)
{
	FIXTURE_DATA(made) *self = ctx;

	if (ino < IMAPI_INO_NEW || size != 5000 || self->given == self->max)
		return NULL;
	self->given++;
	return calloc(1, sizeof(struct blob));
}

static u64 no_room(void *ctx, u64 taken)
{
	(void)ctx;
	(void)taken;
	return 0;
}

static int import_made(FIXTURE_DATA(made) *self)
{
	/* Of its own length, so that a read past its end is seen */
	u8 *exact = malloc(self->log.len);
	int ret;

	memcpy(exact, self->log.p, self->log.len);
	ret = imapi_tree_import(&self->d.src, &self->ops, exact, self->log.len, give_handle,
				self, &self->tree);
	free(exact);
	return ret;
}

FIXTURE_SETUP(made)
{
	memset(self, 0, sizeof(*self));
	fuzzdisc_init(&self->d, NULL, 0);
	self->ops = (struct imapi_tree_ops){
		.nwa = UINT32_MAX, .room = no_room, .drop = drop_handle, .ctx = self,
	};
	self->max = 2000;
	made_log(&self->log);
}

FIXTURE_TEARDOWN(made)
{
	EXPECT_EQ(0, self->d.strays);
	memdisc_free(&self->d);
}

TEST_F(made, good_one_is_taken)
{
	struct imapi_node *n;
	struct imapi_usage u;
	struct text text = { 0 };
	char path[64];

	ASSERT_EQ(0, import_made(self));
	EXPECT_TRUE(imapi_tree_dirty(self->tree));
	EXPECT_EQ(2, imapi_tree_generation(self->tree));
	ASSERT_EQ(0, dump_tree(self->tree, &text));
	EXPECT_NE(NULL, strstr(text.p, "/dir/big flags 0 time 1000 size 2053 68+2048/0/0/0 "
				       "70+5/0/0/0\n"));
	EXPECT_NE(NULL, strstr(text.p, "/new/moved flags 1 time 1000 size 3000 66+3000/0/0/0\n"));
	EXPECT_NE(NULL, strstr(text.p, "unburned new/staged ino 1099511627783 dir 0 staged 1"));
	EXPECT_EQ(NULL, strstr(text.p, "\n/file.txt"));
	ASSERT_EQ(0, imapi_tree_usage(self->tree, &u));
	EXPECT_EQ(1, u.staged_files);
	EXPECT_EQ(3, u.staged_blocks);
	/* big, dir/big, dir/file.txt, new/staged, new/moved */
	EXPECT_EQ(5, u.files);
	EXPECT_EQ(3, u.dirs);
	n = imapi_node_by_ino(self->tree, INO_FILE);
	ASSERT_NE(NULL, n);
	EXPECT_STREQ("new/moved", imapi_node_path(self->tree, n, path, sizeof(path)));
	imapi_node_put(self->tree, n, 1);
	EXPECT_EQ(NULL, imapi_node_by_ino(self->tree, 12345));
	imapi_tree_free(self->tree);
	EXPECT_EQ(1, self->given);
	EXPECT_EQ(1, self->dropped);
	free(text.p);
}

#define HEAD(field)	-1, offsetof(struct imapifs_log_head, field), \
			sizeof(((struct imapifs_log_head *)0)->field)
#define NODE(rec, field) rec, offsetof(struct imapifs_log_node, field), \
			sizeof(((struct imapifs_log_node *)0)->field)
#define CHANGE(rec, field) rec, offsetof(struct imapifs_log_change, field), \
			sizeof(((struct imapifs_log_change *)0)->field)
#define EXT(rec, nr, field) rec, sizeof(struct imapifs_log_node) + \
			(nr) * sizeof(struct imapifs_log_extent) + \
			offsetof(struct imapifs_log_extent, field), \
			sizeof(((struct imapifs_log_extent *)0)->field)
/* Byte @at of a name, or of the padding behind it */
#define CHANGE_NAME(rec, at) rec, sizeof(struct imapifs_log_change) + (at), 1
#define BASE_NAME(rec, ext, at) rec, sizeof(struct imapifs_log_node) + \
			(ext) * sizeof(struct imapifs_log_extent) + (at), 1

static const struct {
	const char *name;
	int rec;
	size_t at, len;
	u64 value;
} malformed[] = {
	{ "no magic", HEAD(magic), 1 },
	{ "another version", HEAD(version), IMAPIFS_VERSION + 1 },
	{ "longer than it is", HEAD(bytes), 1u << 20 },
	{ "shorter than it is", HEAD(bytes), 56 },
	{ "more nodes than there are", HEAD(nodes), MADE_GONE + 1 },
	{ "fewer nodes than there are", HEAD(nodes), 0 },
	{ "more changes than there are", HEAD(changes), ~0ull },
	{ "fewer changes than there are", HEAD(changes), 3 },
	{ "root behind the end", HEAD(root_lba), FUZZDISC_BLOCKS },
	{ "root's end wraps around", HEAD(root_lba), UINT32_MAX },
	{ "root larger than any directory", HEAD(root_size), UINT32_MAX },
	{ "root's time beyond dates", HEAD(root_mtime), 1ull << 62 },
	{ "root's time isn't its record's", HEAD(root_mtime), 999 },
	{ "unknown flags in the head", HEAD(flags), 3 },
	{ "changes younger than the tree", HEAD(generation), 1 },

	{ "record of no length", NODE(MADE_DIR, len), 0 },
	{ "record shorter than its prefix", NODE(MADE_DIR, len), 4 },
	{ "record shorter than a node", NODE(MADE_DIR, len), 48 },
	{ "record shorter than its name", NODE(MADE_DIR, len), 56 },
	{ "record longer than its name", NODE(MADE_DIR, len), 72 },
	{ "record longer than the log", NODE(MADE_DIR, len), 1u << 16 },
	{ "record as long as can be", NODE(MADE_DIR, len), UINT32_MAX },
	{ "record that isn't a multiple of 8", NODE(MADE_DIR, len), 62 },
	{ "record of no type", NODE(MADE_DIR, type), 0 },
	{ "record of another type", NODE(MADE_DIR, type), IMAPIFS_LOG_CHANGE },
	{ "record of an unknown type", NODE(MADE_DIR, type), 3 },
	{ "unknown node flags", NODE(MADE_FILE, flags), 0x80 },
	{ "node's padding isn't 0", NODE(MADE_FILE, pad), 1 },
	{ "bytes behind a node's name", BASE_NAME(MADE_DIR, 0, 7), 1 },

	{ "root isn't a directory", NODE(MADE_ROOT, flags), 0 },
	{ "root is hidden", NODE(MADE_ROOT, flags), IMAPIFS_LOG_DIR | IMAPIFS_LOG_HIDDEN },
	{ "root has a parent", NODE(MADE_ROOT, parent), 1 },
	{ "root is elsewhere than the head says", NODE(MADE_ROOT, dir_lba), FUZZDISC_SUB },
	{ "root has another size", NODE(MADE_ROOT, dir_size), 0 },
	{ "root isn't first", NODE(MADE_ROOT, ino), INO_OF(FUZZDISC_ROOT, 0) },

	{ "number 0", NODE(MADE_DIR, ino), 0 },
	{ "root comes again", NODE(MADE_DIR, ino), 1 },
	{ "one number twice", NODE(MADE_STAGED, ino), INO_NEW_DIR },
	{ "number without a next one", NODE(MADE_STAGED, ino), ~0ull },
	{ "no record of its parent's", NODE(MADE_DIR, ino), INO_OF(FUZZDISC_ROOT + 1, 0) },
	{ "record before its parent's", NODE(MADE_DIR, ino), INO_OF(FUZZDISC_ROOT, 0) - 1 },
	{ "new number with a name in the base", NODE(MADE_DIR, ino), IMAPI_INO_NEW + 9 },
	{ "base number without a name there", NODE(MADE_STAGED, ino), INO_OF(FUZZDISC_ROOT, 64) },
	{ "no parent", NODE(MADE_DIR, parent), 0 },
	{ "parent that is not there", NODE(MADE_DIR, parent), 77 },
	{ "parent that comes later", NODE(MADE_DIR, parent), INO_NEW_DIR },
	{ "parent is itself", NODE(MADE_DIR, parent), INO_DIR },
	{ "parent is a file", NODE(MADE_NEW_DIR, parent), INO_BIG },
	{ "neither place nor change", NODE(MADE_BIG, parent), INO_NEW_DIR },

	{ "directory is staged", NODE(MADE_DIR, flags), IMAPIFS_LOG_DIR | IMAPIFS_LOG_STAGED },
	{ "directory has a size", NODE(MADE_DIR, size), 2048 },
	{ "directory behind the end", NODE(MADE_DIR, dir_lba), FUZZDISC_BLOCKS },
	{ "directory passes the end", NODE(MADE_DIR, dir_size), 17 * IMAPI_BLOCK },
	{ "directory's end wraps around", NODE(MADE_DIR, dir_lba), UINT32_MAX },
	{ "directory larger than any", NODE(MADE_DIR, dir_size), UINT32_MAX },
	{ "new directory on the disc", NODE(MADE_NEW_DIR, dir_size), IMAPI_BLOCK },
	{ "file with a directory's place", NODE(MADE_BIG, dir_lba), FUZZDISC_SUB },
	{ "file with a directory's size", NODE(MADE_BIG, dir_size), 1 },
	{ "time beyond dates", NODE(MADE_BIG, mtime), 1ull << 63 },

	{ "staged and on the disc", NODE(MADE_BIG, flags), IMAPIFS_LOG_STAGED },
	{ "staged beyond any disc", NODE(MADE_STAGED, size), 1ull << 43 },
	{ "size that wraps around in blocks", NODE(MADE_STAGED, size), ~0ull },
	{ "bytes that are nowhere", NODE(MADE_STAGED, flags), 0 },
	{ "size below its sections'", NODE(MADE_BIG, size), IMAPI_BLOCK },
	{ "size over its sections'", NODE(MADE_BIG, size), 1u << 20 },
	{ "sections of an empty file", NODE(MADE_FILE, size), 0 },
	{ "one section less", NODE(MADE_BIG, extents), 1 },
	{ "one section more", NODE(MADE_BIG, extents), 3 },
	{ "more sections than any file", NODE(MADE_BIG, extents), 65537 },
	{ "sections as many as can be", NODE(MADE_BIG, extents), UINT32_MAX },
	{ "section behind the end", EXT(MADE_FILE, 0, lba), FUZZDISC_BLOCKS },
	{ "section passes the end", EXT(MADE_FILE, 0, lba), FUZZDISC_BLOCKS - 1 },
	{ "section's end wraps around", EXT(MADE_FILE, 0, lba), UINT32_MAX },
	{ "section behind the end by its attributes", EXT(MADE_FILE, 0, xattr_blocks), 255 },
	{ "section behind the end by its gaps", EXT(MADE_FILE, 0, gap), 255 },
	{ "section's padding isn't 0", EXT(MADE_FILE, 0, pad), 1 },
	{ "first section ends within a block", EXT(MADE_BIG, 0, len), 2047 },

	{ "base name is empty", NODE(MADE_FILE, name_len), 0 },
	{ "base name has half a unit", NODE(MADE_FILE, name_len), 15 },
	{ "base name has a NUL", BASE_NAME(MADE_FILE, 1, 1), 0 },
	{ "base name has a slash", BASE_NAME(MADE_FILE, 1, 1), '/' },
	{ "base name has half a pair", BASE_NAME(MADE_FILE, 1, 0), 0xd8 },
	{ "base name longer than its record", NODE(MADE_FILE, name_len), 255 },

	{ "record shorter than a change", CHANGE(MADE_NAME_DIR, len), 24 },
	{ "change's length wraps around", CHANGE(MADE_NAME_MOVED, len), UINT32_MAX - 7 },
	{ "unknown change flags", CHANGE(MADE_GONE, flags), 5 },
	{ "bytes behind a change's name", CHANGE_NAME(MADE_NAME_DIR, 7), 1 },
	{ "change younger than the tree", CHANGE(MADE_GONE, generation), 3 },
	{ "change of no directory", CHANGE(MADE_GONE, dir), 0 },
	{ "change of an unknown directory", CHANGE(MADE_GONE, dir), 77 },
	{ "change of a file", CHANGE(MADE_GONE, dir), INO_BIG },
	{ "covers what has no base", CHANGE(MADE_NAME_STAGED, flags), IMAPIFS_LOG_COVERS },
	{ "gone, and nobody had it", CHANGE(MADE_GONE, flags), 0 },
	{ "name of an unknown node", CHANGE(MADE_NAME_STAGED, node), 77 },
	{ "name of the root", CHANGE(MADE_NAME_DIR, node), 1 },
	{ "name of what is elsewhere", CHANGE(MADE_NAME_DIR, node), INO_STAGED },
	{ "one node named twice", CHANGE(MADE_NAME_MOVED, node), INO_STAGED },
	{ "name of the directory itself", CHANGE(MADE_NAME_STAGED, node), INO_NEW_DIR },
	{ "named no more, and in no place", CHANGE(MADE_NAME_MOVED, node), 0 },
	{ "new name is empty", CHANGE(MADE_NAME_DIR, name_len), 0 },
	{ "new name has half a unit", CHANGE(MADE_NAME_DIR, name_len), 5 },
	{ "new name longer than its record", CHANGE(MADE_NAME_DIR, name_len), 64 },
	{ "new name has a slash", CHANGE_NAME(MADE_NAME_DIR, 1), '/' },
	{ "new name that Joliet hasn't", CHANGE_NAME(MADE_NAME_DIR, 1), '*' },
	{ "new name has half a pair", CHANGE_NAME(MADE_NAME_DIR, 0), 0xdc },
};

static void spoil(struct made_log *l, u32 i)
{
	size_t from = malformed[i].rec < 0 ? 0 : l->at[malformed[i].rec];

	memcpy(l->p + from + malformed[i].at, &malformed[i].value, malformed[i].len);
}

TEST_F(made, malformed_ones_are_refused)
{
	u32 i;

	for (i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		made_log(&self->log);
		spoil(&self->log, i);
		EXPECT_EQ(-EINVAL, import_made(self)) TH_LOG("%s", malformed[i].name);
		EXPECT_EQ(self->given, self->dropped) TH_LOG("%s", malformed[i].name);
	}
}

static struct imapifs_log_node *node_at(struct made_log *l, enum made rec)
{
	return (void *)(l->p + l->at[rec]);
}

TEST_F(made, place_that_something_else_has)
{
	/* "new" becomes "dir", which the node of that record is called */
	utf16("dir", self->log.p + self->log.at[MADE_NAME_DIR] +
		     sizeof(struct imapifs_log_change));
	EXPECT_EQ(-EINVAL, import_made(self));
	EXPECT_EQ(self->given, self->dropped);
}

TEST_F(made, directory_that_leads_to_itself)
{
	/* All that is in it has its place there, too */
	node_at(&self->log, MADE_DIR)->dir_lba = FUZZDISC_ROOT;
	node_at(&self->log, MADE_BIG)->ino = INO_OF(FUZZDISC_ROOT, 68);
	EXPECT_EQ(-EINVAL, import_made(self));
	node_at(&self->log, MADE_DIR)->dir_lba = FUZZDISC_SUB;
	EXPECT_EQ(-EINVAL, import_made(self));
	node_at(&self->log, MADE_BIG)->ino = INO_BIG;
	EXPECT_EQ(0, import_made(self));
	imapi_tree_free(self->tree);
	EXPECT_EQ(self->given, self->dropped);
}

/* The same record once more, counted */
static void again(struct made_log *l, int rec)
{
	struct imapifs_log_head *h = (void *)l->p;

	made_put(l, l->p + l->at[rec], l->at[rec + 1] - l->at[rec]);
	h->bytes = l->len;
	h->nodes += rec < MADE_GONE;
	h->changes += rec >= MADE_GONE;
}

TEST_F(made, records_that_come_again)
{
	int rec;

	for (rec = 0; rec < MADE_RECORDS; rec++) {
		made_log(&self->log);
		again(&self->log, rec);
		EXPECT_EQ(-EINVAL, import_made(self)) TH_LOG("record %d", rec);
		EXPECT_EQ(self->given, self->dropped);
	}
}

/* No record can be left out but that of a file of the disc in its place */
TEST_F(made, records_that_are_missing)
{
	struct imapifs_log_head *h = (void *)self->log.p;
	size_t len;
	int rec;

	for (rec = 0; rec < MADE_RECORDS; rec++) {
		made_log(&self->log);
		len = self->log.at[rec + 1] - self->log.at[rec];
		memmove(self->log.p + self->log.at[rec], self->log.p + self->log.at[rec + 1],
			self->log.len - self->log.at[rec + 1]);
		self->log.len -= len;
		h->bytes -= len;
		h->nodes -= rec < MADE_GONE;
		h->changes -= rec >= MADE_GONE;
		/* That the old name is gone can't be missed without the disc */
		if (rec == MADE_BIG || rec == MADE_GONE) {
			EXPECT_EQ(0, import_made(self)) TH_LOG("record %d", rec);
			imapi_tree_free(self->tree);
		} else {
			EXPECT_EQ(-EINVAL, import_made(self)) TH_LOG("record %d", rec);
		}
		EXPECT_EQ(self->given, self->dropped);
	}
}

TEST_F(made, cut_at_every_byte)
{
	struct imapifs_log_head *h = (void *)self->log.p;
	size_t full = self->log.len;

	while (self->log.len--) {
		h->bytes = full;
		EXPECT_EQ(-EINVAL, import_made(self)) TH_LOG("%zu bytes", self->log.len);
		h->bytes = self->log.len;
		EXPECT_EQ(-EINVAL, import_made(self)) TH_LOG("%zu bytes said", self->log.len);
	}
	EXPECT_EQ(self->given, self->dropped);
}

TEST_F(made, bytes_left_over)
{
	struct imapifs_log_head *h = (void *)self->log.p;

	self->log.len += 8;
	EXPECT_EQ(-EINVAL, import_made(self));
	h->bytes += 8;
	EXPECT_EQ(-EINVAL, import_made(self));
	EXPECT_EQ(self->given, self->dropped);
}

TEST_F(made, no_handle_to_be_had)
{
	self->max = 0;
	EXPECT_EQ(-ENOMEM, import_made(self));
	EXPECT_EQ(0, self->dropped);
}

TEST_HARNESS_MAIN
