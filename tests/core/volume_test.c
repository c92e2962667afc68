// SPDX-License-Identifier: GPL-2.0-only
/* Descriptor sets: what is read of them and what is refused */
#include "memdisc.h"
#include "kselftest_harness.h"

#define FIELD(f)	offsetof(struct imapi_iso_volume, f)
/* Of the root's directory record */
#define ROOT(f)		(FIELD(root) + offsetof(struct imapi_iso_dirent, f))

#define DISC_BLOCKS	200u

FIXTURE(volume) {
	struct memdisc d;
	struct imapi_volume vol;
};

FIXTURE_SETUP(volume)
{
	memdisc_init(&self->d, DISC_BLOCKS);
	ASSERT_NE(NULL, self->d.data);
	put_set(&self->d, 16, 0, SESSION_BLOCKS);
}

FIXTURE_TEARDOWN(volume)
{
	EXPECT_EQ(0, self->d.strays);
	memdisc_free(&self->d);
}

static struct imapi_iso_volume *descriptor(struct memdisc *d, u32 lba)
{
	return memdisc_at(d, lba);
}

TEST_F(volume, primary_and_joliet)
{
	struct imapi_volume *v = &self->vol;

	ASSERT_EQ(0, imapi_volume_read(&self->d.src, 16, v));
	EXPECT_EQ(16, v->desc);
	EXPECT_EQ(3, v->descs);
	EXPECT_EQ(0, v->boot);
	EXPECT_EQ(SESSION_BLOCKS, v->space);
	EXPECT_EQ(3, v->joliet);
	EXPECT_EQ(22, v->primary.root.lba);
	EXPECT_EQ(IMAPI_BLOCK, v->primary.root.size);
	EXPECT_EQ(20, v->primary.path_l);
	EXPECT_EQ(21, v->primary.path_m);
	EXPECT_EQ(10, v->primary.path_size);
	EXPECT_EQ(26, v->ucs.root.lba);
	EXPECT_EQ(24, v->ucs.path_l);
	EXPECT_EQ(1772323200, v->created);
	EXPECT_STREQ("Joliet name", v->volid);
	EXPECT_FALSE(v->linked);
	EXPECT_EQ(imapi_hash64(IMAPI_HASH64_SEED, memdisc_at(&self->d, 16), 3 * IMAPI_BLOCK),
		  v->hash);
}

TEST_F(volume, primary_alone)
{
	struct imapi_hierarchy none = { 0 };

	put_standard_id(memdisc_at(&self->d, 17), IMAPI_VD_TERMINATOR);
	ASSERT_EQ(0, imapi_volume_read(&self->d.src, 16, &self->vol));
	EXPECT_EQ(2, self->vol.descs);
	EXPECT_EQ(0, self->vol.joliet);
	EXPECT_EQ(0, memcmp(&none, &self->vol.ucs, sizeof(none)));
	EXPECT_STREQ("PLAIN", self->vol.volid);
}

TEST_F(volume, not_at_block_16)
{
	put_set(&self->d, 100, 84, SESSION_BLOCKS);
	ASSERT_EQ(0, imapi_volume_read(&self->d.src, 100, &self->vol));
	EXPECT_EQ(100, self->vol.desc);
	EXPECT_EQ(106, self->vol.primary.root.lba);
}

TEST_F(volume, boot_record)
{
	struct imapi_iso_volume *boot = descriptor(&self->d, 17);

	put_set(&self->d, 17, 0, SESSION_BLOCKS);
	put_standard_id(boot, IMAPI_VD_BOOT);
	EXPECT_EQ(0, imapi_volume_read(&self->d.src, 16, &self->vol));
	EXPECT_EQ(0, self->vol.boot);
	memcpy((u8 *)boot + 7, "EL TORITO SPECIFICATION", 23);
	ASSERT_EQ(0, imapi_volume_read(&self->d.src, 16, &self->vol));
	EXPECT_EQ(17, self->vol.boot);
	EXPECT_EQ(3, self->vol.joliet);
}

/* A good set with some bytes of one descriptor changed */
static const struct {
	const char *name;
	u32 lba;
	size_t at;
	const char *bytes;
	size_t len;
	int want;
} patches[] = {
#define PATCH(where, s)	.at = where, .bytes = s, .len = sizeof(s) - 1
	{ .name = "as it was", .lba = 16, PATCH(0, ""), .want = 0 },
	{ .name = "no standard identifier", .lba = 16, PATCH(FIELD(id), "BEA01"),
	  .want = -EMEDIUMTYPE },
	{ .name = "zeros", .lba = 16, PATCH(0, "\0\0\0\0\0\0\0"), .want = -EMEDIUMTYPE },
	{ .name = "begins with a terminator", .lba = 16, PATCH(0, "\xff"), .want = -EUCLEAN },
	{ .name = "begins with a supplementary one", .lba = 16, PATCH(0, "\2"),
	  .want = -EUCLEAN },
	{ .name = "unknown version", .lba = 16, PATCH(FIELD(version), "\2"), .want = -EUCLEAN },
	{ .name = "blocks of 512 bytes", .lba = 16, PATCH(FIELD(block_size), "\0\2"),
	  .want = -EMEDIUMTYPE },
	{ .name = "blocks of no bytes", .lba = 16, PATCH(FIELD(block_size), "\0\0"),
	  .want = -EMEDIUMTYPE },
	{ .name = "root of no length", .lba = 16, PATCH(ROOT(len), "\0"), .want = -EUCLEAN },
	{ .name = "root too short", .lba = 16, PATCH(ROOT(len), "\x21"), .want = -EUCLEAN },
	{ .name = "root runs past its field", .lba = 16, PATCH(ROOT(len), "\x24"),
	  .want = -EUCLEAN },
	{ .name = "root is a file", .lba = 16, PATCH(ROOT(flags), "\0"), .want = -EUCLEAN },
	{ .name = "root has several extents", .lba = 16, PATCH(ROOT(flags), "\x82"),
	  .want = -EUCLEAN },
	{ .name = "root is interleaved", .lba = 16, PATCH(ROOT(unit_size), "\1\1"),
	  .want = -EUCLEAN },
	{ .name = "root in the last block", .lba = 16, PATCH(ROOT(lba), "\xc7"), .want = 0 },
	{ .name = "root past the end", .lba = 16, PATCH(ROOT(lba), "\xc8"), .want = -EUCLEAN },
	{ .name = "root's address wraps", .lba = 16, PATCH(ROOT(lba), "\xff\xff\xff\xff"),
	  .want = -EUCLEAN },
	{ .name = "root's size past the end", .lba = 16, PATCH(ROOT(size), "\0\0\0\x80"),
	  .want = -EUCLEAN },
	{ .name = "root's extended attribute moves it past the end", .lba = 16,
	  PATCH(ROOT(xattr_blocks), "\xff"), .want = -EUCLEAN },
	{ .name = "path table past the end", .lba = 16, PATCH(FIELD(path_l), "\xc8"),
	  .want = -EUCLEAN },
	{ .name = "path table M past the end", .lba = 16, PATCH(FIELD(path_m), "\0\0\0\xc8"),
	  .want = -EUCLEAN },
	{ .name = "no path table M", .lba = 16, PATCH(FIELD(path_m), "\0\0\0\0"), .want = 0 },
	{ .name = "path tables too long", .lba = 16, PATCH(FIELD(path_size), "\xff\xff\xff\xff"),
	  .want = -EUCLEAN },
	{ .name = "path table's address wraps", .lba = 16,
	  PATCH(FIELD(path_l), "\xff\xff\xff\xff"), .want = -EUCLEAN },
	{ .name = "space past the end", .lba = 16, PATCH(FIELD(space), "\xff\xff\xff\xff"),
	  .want = 0 },
	{ .name = "Joliet root past the end", .lba = 17, PATCH(ROOT(lba), "\xc8"),
	  .want = -EUCLEAN },
	{ .name = "Joliet blocks of 1,024 bytes", .lba = 17, PATCH(FIELD(block_size), "\0\4"),
	  .want = -EUCLEAN },
	{ .name = "second descriptor without identifier", .lba = 17, PATCH(FIELD(id), "CD002"),
	  .want = -EUCLEAN },
	{ .name = "no terminator", .lba = 18, PATCH(0, "\0\0\0\0\0\0"), .want = -EUCLEAN },
};

TEST_F(volume, descriptors_are_checked)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(patches); i++) {
		put_set(&self->d, 16, 0, SESSION_BLOCKS);
		memcpy((u8 *)memdisc_at(&self->d, patches[i].lba) + patches[i].at,
		       patches[i].bytes, patches[i].len);
		EXPECT_EQ(patches[i].want, imapi_volume_read(&self->d.src, 16, &self->vol))
			TH_LOG("%s", patches[i].name);
	}
}

static const struct {
	const char *name;
	const char *escapes;
	u8 version;
	u8 level;
} levels[] = {
	{ .name = "level 1", .escapes = "%/@", .version = 1, .level = 1 },
	{ .name = "level 2", .escapes = "%/C", .version = 1, .level = 2 },
	{ .name = "level 3", .escapes = "%/E", .version = 1, .level = 3 },
	{ .name = "UTF-8", .escapes = "%/G", .version = 1, .level = 0 },
	{ .name = "none", .escapes = "", .version = 1, .level = 0 },
	{ .name = "not at the start", .escapes = " %/E", .version = 1, .level = 0 },
	{ .name = "enhanced descriptor", .escapes = "", .version = 2, .level = 0 },
	{ .name = "enhanced descriptor with an escape", .escapes = "%/E", .version = 2,
	  .level = 0 },
};

TEST_F(volume, joliet_levels)
{
	struct imapi_iso_volume *vd = descriptor(&self->d, 17);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(levels); i++) {
		memset(vd->escapes, 0, sizeof(vd->escapes));
		memcpy(vd->escapes, levels[i].escapes, strlen(levels[i].escapes));
		vd->version = levels[i].version;
		ASSERT_EQ(0, imapi_volume_read(&self->d.src, 16, &self->vol));
		EXPECT_EQ(levels[i].level, self->vol.joliet)
			TH_LOG("%s", levels[i].name);
	}
}

TEST_F(volume, first_joliet_counts)
{
	put_descriptor(&self->d, 18, IMAPI_VD_SUPPLEMENTARY, 100, SESSION_BLOCKS);
	descriptor(&self->d, 18)->escapes[2] = '@';
	put_standard_id(memdisc_at(&self->d, 19), IMAPI_VD_TERMINATOR);
	ASSERT_EQ(0, imapi_volume_read(&self->d.src, 16, &self->vol));
	EXPECT_EQ(3, self->vol.joliet);
	EXPECT_EQ(26, self->vol.ucs.root.lba);
	EXPECT_EQ(4, self->vol.descs);
}

TEST_F(volume, sets_are_bounded)
{
	u32 last = 16 + IMAPI_MAX_DESCRIPTORS - 1, lba;

	for (lba = 17; lba <= last; lba++)
		put_standard_id(memdisc_at(&self->d, lba), 3);
	put_standard_id(memdisc_at(&self->d, last), IMAPI_VD_TERMINATOR);
	ASSERT_EQ(0, imapi_volume_read(&self->d.src, 16, &self->vol));
	EXPECT_EQ(IMAPI_MAX_DESCRIPTORS, self->vol.descs);
	put_standard_id(memdisc_at(&self->d, last), 3);
	put_standard_id(memdisc_at(&self->d, last + 1), IMAPI_VD_TERMINATOR);
	EXPECT_EQ(-EUCLEAN, imapi_volume_read(&self->d.src, 16, &self->vol));
}

TEST_F(volume, end_of_the_disc)
{
	EXPECT_EQ(-EMEDIUMTYPE, imapi_volume_read(&self->d.src, DISC_BLOCKS, &self->vol));
	EXPECT_EQ(-EMEDIUMTYPE, imapi_volume_read(&self->d.src, UINT32_MAX, &self->vol));
	put_set(&self->d, DISC_BLOCKS - 3, 0, SESSION_BLOCKS);
	EXPECT_EQ(0, imapi_volume_read(&self->d.src, DISC_BLOCKS - 3, &self->vol));
	self->d.src.blocks--;
	EXPECT_EQ(-EUCLEAN, imapi_volume_read(&self->d.src, DISC_BLOCKS - 3, &self->vol));
	self->d.src.blocks = 0;
	EXPECT_EQ(-EMEDIUMTYPE, imapi_volume_read(&self->d.src, 16, &self->vol));
}

TEST_F(volume, unreadable_block)
{
	self->d.bad = 18;
	EXPECT_EQ(-EIO, imapi_volume_read(&self->d.src, 16, &self->vol));
}

TEST_F(volume, extended_attribute_before_the_root)
{
	descriptor(&self->d, 16)->root[offsetof(struct imapi_iso_dirent, xattr_blocks)] = 3;
	ASSERT_EQ(0, imapi_volume_read(&self->d.src, 16, &self->vol));
	EXPECT_EQ(25, self->vol.primary.root.lba);
}

#define JPAD	"\0 \0 \0 \0 "
#define PAD	"        "

static const struct {
	const char *name;
	char plain[32], joliet[32];
	const char *want;
} volids[] = {
	{ .name = "Joliet's comes first", .plain = "A" PAD PAD PAD "       ",
	  .joliet = "\0b" JPAD JPAD JPAD "\0 \0 \0 ", .want = "b" },
	{ .name = "NULs at its end", .plain = "A" PAD PAD PAD "       ",
	  .joliet = "\0b\0 \0c\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", .want = "b c" },
	{ .name = "what stands behind a NUL doesn't count", .plain = "A\0CD" PAD PAD PAD "    ",
	  .joliet = JPAD JPAD JPAD JPAD, .want = "A" },
	{ .name = "Joliet's is empty", .plain = "AB C" PAD PAD PAD "    ",
	  .joliet = JPAD JPAD JPAD JPAD, .want = "AB C" },
	{ .name = "Joliet's is no UTF-16", .plain = "AB" PAD PAD PAD "      ",
	  .joliet = "\xd8\0\0a" JPAD JPAD JPAD "\0 \0 ", .want = "AB" },
	{ .name = "bytes above ASCII", .plain = "A\xe9" "B" PAD PAD PAD "     ",
	  .joliet = JPAD JPAD JPAD JPAD, .want = "A_B" },
	{ .name = "what a terminal would obey", .plain = "A\x1b[2J\n\x7f" "B" PAD PAD PAD,
	  .joliet = JPAD JPAD JPAD JPAD, .want = "A_[2J__B" },
	{ .name = "the same in Joliet", .plain = PAD PAD PAD PAD,
	  .joliet = "\0\x1b\0[" JPAD JPAD JPAD "\0 \0 ", .want = "_[" },
	{ .name = "full plain one", .plain = "0123456789ABCDEF0123456789ABCDEF",
	  .joliet = JPAD JPAD JPAD JPAD, .want = "0123456789ABCDEF0123456789ABCDEF" },
	{ .name = "longest in UTF-8", .plain = PAD PAD PAD PAD,
	  .joliet = "\x30\x42\x30\x42\x30\x42\x30\x42\x30\x42\x30\x42\x30\x42\x30\x42"
		    "\x30\x42\x30\x42\x30\x42\x30\x42\x30\x42\x30\x42\x30\x42\x30\x42",
	  .want = "\u3042\u3042\u3042\u3042\u3042\u3042\u3042\u3042"
		  "\u3042\u3042\u3042\u3042\u3042\u3042\u3042\u3042" },
	{ .name = "none", .plain = PAD PAD PAD PAD, .joliet = JPAD JPAD JPAD JPAD, .want = "" },
};

TEST_F(volume, identifiers)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(volids); i++) {
		memcpy(descriptor(&self->d, 16)->volume_id, volids[i].plain, 32);
		memcpy(descriptor(&self->d, 17)->volume_id, volids[i].joliet, 32);
		ASSERT_EQ(0, imapi_volume_read(&self->d.src, 16, &self->vol));
		EXPECT_STREQ(volids[i].want, self->vol.volid)
			TH_LOG("%s", volids[i].name);
	}
}

static const struct {
	const char *name;
	u32 start, prev_start, prev_desc;
	bool linked;
} links[] = {
	{ .name = "first session", .start = 32, .linked = true },
	{ .name = "back to the one before", .start = 96, .prev_start = 32, .prev_desc = 48,
	  .linked = true },
	{ .name = "no way back, so where it led isn't looked at", .start = 32,
	  .prev_start = 96, .linked = true },
	{ .name = "to itself", .start = 96, .prev_start = 96, .prev_desc = 112 },
	{ .name = "forward", .start = 96, .prev_start = 160, .prev_desc = 176 },
};

TEST_F(volume, links)
{
	struct imapi_volume *v = &self->vol;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(links); i++) {
		put_link(&self->d, 16, links[i].start, links[i].prev_start, links[i].prev_desc);
		ASSERT_EQ(0, imapi_volume_read(&self->d.src, 16, v));
		EXPECT_EQ(links[i].linked, v->linked)
			TH_LOG("%s", links[i].name);
		EXPECT_EQ(links[i].linked ? links[i].start : 0, v->start);
		EXPECT_EQ(links[i].linked ? links[i].prev_start : 0, v->prev_start);
		EXPECT_EQ(links[i].linked ? links[i].prev_desc : 0, v->prev_desc);
	}
}

TEST_F(volume, damaged_link)
{
	put_link(&self->d, 16, 32, 0, 0);
	descriptor(&self->d, 16)->application_use[8] ^= 1;
	ASSERT_EQ(0, imapi_volume_read(&self->d.src, 16, &self->vol));
	EXPECT_FALSE(self->vol.linked);
	put_link(&self->d, 16, 32, 0, 0);
	descriptor(&self->d, 16)->application_use[7] = '2';
	ASSERT_EQ(0, imapi_volume_read(&self->d.src, 16, &self->vol));
	EXPECT_FALSE(self->vol.linked);
}

TEST_HARNESS_MAIN
