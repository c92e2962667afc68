// SPDX-License-Identifier: GPL-2.0-only
/* imapifs verify finds each kind of damage, and nothing in a sound image */
#include "disc_image.h"
#include "kselftest_harness.h"

FIXTURE(check) {
	struct disc d;
	const struct imapi_volume *vol;
};

static int make_dir(struct disc *d, const char *name)
{
	struct imapi_node *n;
	int err = imapi_create(d->tree, imapi_tree_root(d->tree), name, strlen(name),
			       IMAPI_DIR, 1000, &n);

	if (!err)
		imapi_node_put(d->tree, n, 1);
	return err;
}

FIXTURE_SETUP(check)
{
	struct disc *d = &self->d;

	ASSERT_EQ(0, disc_init(d));
	ASSERT_EQ(0, disc_mount(d));
	ASSERT_EQ(0, make_dir(d, "one"));
	ASSERT_EQ(0, make_dir(d, "two"));
	ASSERT_EQ(0, disc_stage(d, "a.txt", 1, 5000));
	ASSERT_EQ(0, disc_stage(d, "b", 2, 0));
	ASSERT_EQ(0, disc_commit(d));
	self->vol = &d->rec->sessions.list[0].vol;
	ASSERT_EQ(0, disc_check(d, 1)) TH_LOG("%s", d->line);
}

FIXTURE_TEARDOWN(check)
{
	disc_exit(&self->d);
}

/* Byte offset of the record whose name begins with @first, or 0 */
static u32 find_record(struct disc *d, const struct imapi_dirloc *dir, bool ucs, char first)
{
	u8 buf[IMAPI_BLOCK];
	u32 at;

	if (d->rec->source.read(d->rec->source.ctx, dir->lba, 1, buf))
		return 0;
	for (at = 0; at < sizeof(buf) && buf[at]; at += buf[at]) {
		if (buf[at + 33 + ucs] == first)
			return at;
	}
	return 0;
}

static int poke32(struct disc *d, u32 lba, u32 offset, u32 value)
{
	u8 bytes[4];

	put_unaligned_le32(value, bytes);
	return disc_poke(d, lba, offset, bytes, sizeof(bytes));
}

TEST_F(check, directory_that_leads_to_itself)
{
	const struct imapi_dirloc *root = &self->vol->ucs.root;
	u32 at = find_record(&self->d, root, true, 'o');

	ASSERT_NE(0u, at);
	ASSERT_EQ(0, poke32(&self->d, root->lba, at + 2, root->lba));
	EXPECT_LT(0, disc_check(&self->d, 1));
}

TEST_F(check, record_that_is_too_short)
{
	const struct imapi_dirloc *root = &self->vol->primary.root;
	u8 len = 20;
	u32 at = find_record(&self->d, root, false, 'A');

	ASSERT_NE(0u, at);
	ASSERT_EQ(0, disc_poke(&self->d, root->lba, at, &len, 1));
	EXPECT_LE(1, disc_check(&self->d, 1));
}

TEST_F(check, file_past_the_end)
{
	const struct imapi_dirloc *root = &self->vol->ucs.root;
	u32 at = find_record(&self->d, root, true, 'a');

	ASSERT_NE(0u, at);
	ASSERT_EQ(0, poke32(&self->d, root->lba, at + 2, 0x7fffffff));
	EXPECT_LE(1, disc_check(&self->d, 1));
}

TEST_F(check, trees_that_disagree_about_a_file)
{
	const struct imapi_dirloc *root = &self->vol->ucs.root;
	u32 at = find_record(&self->d, root, true, 'a');

	ASSERT_NE(0u, at);
	ASSERT_EQ(0, poke32(&self->d, root->lba, at + 2, root->lba));
	EXPECT_EQ(1, disc_check(&self->d, 1));
	EXPECT_NE(NULL, strstr(self->d.line, "elsewhere"));
}

TEST_F(check, records_out_of_order)
{
	const struct imapi_dirloc *root = &self->vol->ucs.root;
	u32 at = find_record(&self->d, root, true, 'a');

	ASSERT_NE(0u, at);
	ASSERT_EQ(0, disc_poke(&self->d, root->lba, at + 34, "z", 1));
	EXPECT_EQ(1, disc_check(&self->d, 1));
	EXPECT_NE(NULL, strstr(self->d.line, "order"));
}

TEST_F(check, path_tables_that_differ)
{
	ASSERT_EQ(0, poke32(&self->d, self->vol->ucs.path_m, 12, 7));
	EXPECT_LE(1, disc_check(&self->d, 1));
}

TEST_F(check, path_table_with_a_wrong_place)
{
	u32 lba = self->vol->ucs.path_l, other = self->vol->ucs.root.lba;
	u8 be[4];

	/* The second record, behind the root's 10 bytes; its lba is at byte 2 */
	put_unaligned_be32(other, be);
	ASSERT_EQ(0, poke32(&self->d, lba, 12, other));
	ASSERT_EQ(0, disc_poke(&self->d, self->vol->ucs.path_m, 12, be, 4));
	EXPECT_EQ(1, disc_check(&self->d, 1));
	EXPECT_NE(NULL, strstr(self->d.line, "/one is not in the path table"));
}

TEST_F(check, names_cannot_drive_a_terminal)
{
	const struct imapi_dirloc *root = &self->vol->ucs.root;
	u32 at = find_record(&self->d, root, true, 'o');

	ASSERT_NE(0u, at);
	ASSERT_EQ(0, disc_poke(&self->d, root->lba, at + 34, "\033", 1));
	EXPECT_LE(1, disc_check(&self->d, 1));
	EXPECT_EQ(NULL, strchr(self->d.line, '\033'));
}

static int no_block_20(void *ctx, u32 lba, u32 count, void *buf)
{
	const struct imapi_source *src = ctx;

	if (lba <= 21 && lba + count > 20)
		return -EIO;
	return src->read(src->ctx, lba, count, buf);
}

TEST_F(check, unreadable_blocks_are_named)
{
	struct disc *d = &self->d;
	struct imapi_source good = d->rec->source;

	d->rec->source.read = no_block_20;
	d->rec->source.ctx = &good;
	EXPECT_EQ(1, disc_check(d, 1));
	EXPECT_STREQ("blocks 20 to 21 can't be read", d->line);
	d->rec->source = good;
}

TEST_F(check, truncated_image)
{
	struct disc *d = &self->d;

	d->rec->source.blocks--;
	EXPECT_LE(1, disc_check(d, 1));
	EXPECT_NE(NULL, strstr(d->line, "truncated: 1 block"));
}

TEST_HARNESS_MAIN
