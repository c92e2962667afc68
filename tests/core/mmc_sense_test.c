// SPDX-License-Identifier: GPL-2.0-only
/* Sense data: what is read of it, and what is made of it */
#include "mmc_drive.h"
#include "kselftest_harness.h"

static const struct {
	const char *name;
	u8 bytes[32];
	u32 len;
	int ret;
	struct imapi_sense s;
} formats[] = {
	{ "fixed", { 0x70, 0, 5, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x24, 0x01 }, 18, 0,
	  { .key = 5, .asc = 0x24, .ascq = 1 } },
	{ "fixed, about an earlier command, with a block",
	  { 0xf1, 0, 3, 0, 1, 2, 3, 10, 0, 0, 0, 0, 0x0c, 0x00 }, 18, 0,
	  { .key = 3, .asc = 0x0c, .deferred = true, .located = true, .lba = 0x10203 } },
	{ "fixed, upper bits of the key's byte",
	  { 0x70, 0, 0xe2, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x3a },
	  18, 0, { .key = 2, .asc = 0x3a } },
	{ "fixed that ends behind the key", { 0x70, 0, 4 }, 3, 0, { .key = 4 } },
	{ "fixed with nothing behind its length",
	  { 0x70, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x3a, 1 }, 18, 0, { .key = 2 } },
	{ "fixed that says more than came",
	  { 0x70, 0, 2, 0, 0, 0, 0, 255, 0, 0, 0, 0, 0x3a, 1 }, 13, 0, { .key = 2, .asc = 0x3a } },
	{ "descriptors", { 0x72, 2, 0x04, 0x08 }, 8, 0, { .key = 2, .asc = 4, .ascq = 8 } },
	{ "descriptors, with a block behind another one",
	  { 0x73, 3, 0x11, 0x05, 0, 0, 0, 20, 2, 6, 0, 0, 0x80, 0, 0, 0,
	    0, 10, 0x80, 0, 0, 0, 0, 0, 0, 0x12, 0xd6, 0x87 }, 28, 0,
	  { .key = 3, .asc = 0x11, .ascq = 5, .deferred = true, .located = true, .lba = 1234567 } },
	{ "a block that no disc has",
	  { 0x72, 3, 0x11, 0x05, 0, 0, 0, 12, 0, 10, 0x80, 0, 0, 0, 0, 1, 0, 0, 0, 9 }, 20, 0,
	  { .key = 3, .asc = 0x11, .ascq = 5 } },
	{ "a descriptor that passes the end",
	  { 0x72, 3, 0x11, 0x05, 0, 0, 0, 12, 0, 10, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 9 }, 19, 0,
	  { .key = 3, .asc = 0x11, .ascq = 5 } },
	{ "descriptors of no length",
	  { 0x72, 3, 0x11, 0x05, 0, 0, 0, 24, 1, 0, 1, 0, 1, 0, 1, 0 }, 32, 0,
	  { .key = 3, .asc = 0x11, .ascq = 5 } },
	{ "a header that is cut", { 0x72, 2, 4, 1, 0, 0, 0 }, 7, -EINVAL, { 0 } },
	{ "too short", { 0x70, 0 }, 2, -EINVAL, { 0 } },
	{ "none", { 0 }, 0, -EINVAL, { 0 } },
	{ "another response code", { 0x7f, 0, 2, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x3a }, 18, -EINVAL,
	  { 0 } },
};

TEST(is_parsed)
{
	struct imapi_sense s;
	u8 *copy;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(formats); i++) {
		/* No byte more than there is, so that the sanitizer sees one read behind */
		copy = malloc(formats[i].len ? formats[i].len : 1);
		memcpy(copy, formats[i].bytes, formats[i].len);
		EXPECT_EQ(formats[i].ret, imapi_sense_parse(copy, formats[i].len, &s))
			TH_LOG("%s", formats[i].name);
		EXPECT_EQ(0, memcmp(&s, &formats[i].s, sizeof(s)))
			TH_LOG("%s: %x/%02x/%02x, block %u", formats[i].name, s.key, s.asc, s.ascq,
			       s.lba);
		free(copy);
	}
}

TEST(built_and_read)
{
	struct imapi_sense s;
	u8 b[IMAPI_SENSE_FIXED];

	imapi_sense_build(6, 0x28, 1, b);
	ASSERT_EQ(0, imapi_sense_parse(b, sizeof(b), &s));
	EXPECT_EQ(6, s.key);
	EXPECT_EQ(0x28, s.asc);
	EXPECT_EQ(1, s.ascq);
}

/* The contract's errors, and what to do */
static const struct {
	u8 key, asc, ascq;
	int error;
	enum imapi_advice advice;
} meanings[] = {
	{ 0, 0, 0, 0, IMAPI_STOP },
	{ 1, 0x18, 0, 0, IMAPI_STOP },
	{ 2, 0x3a, 0, -ENOMEDIUM, IMAPI_STOP },
	{ 2, 0x3a, 2, -ENOMEDIUM, IMAPI_STOP },
	{ 2, 0x04, 1, -EBUSY, IMAPI_WAIT },
	{ 2, 0x04, 2, -EIO, IMAPI_STOP },
	{ 2, 0x04, 4, -EBUSY, IMAPI_WAIT },
	{ 2, 0x04, 7, -EBUSY, IMAPI_WAIT },
	{ 2, 0x04, 8, -EBUSY, IMAPI_WAIT },
	{ 2, 0x30, 0, -EMEDIUMTYPE, IMAPI_STOP },
	{ 2, 0x99, 0, -EIO, IMAPI_STOP },
	{ 3, 0x0c, 0, -EIO, IMAPI_STOP },
	{ 3, 0x11, 5, -EIO, IMAPI_STOP },
	{ 3, 0x73, 3, -EIO, IMAPI_STOP },
	{ 3, 0x73, 5, -ENOSPC, IMAPI_STOP },
	{ 4, 0x44, 0, -EIO, IMAPI_STOP },
	{ 5, 0x20, 0, -EOPNOTSUPP, IMAPI_STOP },
	{ 5, 0x21, 0, -EIO, IMAPI_STOP },
	{ 5, 0x21, 2, -EIO, IMAPI_IDENTIFY },
	{ 5, 0x24, 0, -EOPNOTSUPP, IMAPI_STOP },
	{ 5, 0x53, 2, -EBUSY, IMAPI_STOP },
	{ 5, 0x63, 0, -ENOSPC, IMAPI_STOP },
	{ 5, 0x72, 3, -EIO, IMAPI_STOP },
	{ 5, 0x72, 5, -ENOSPC, IMAPI_STOP },
	{ 6, 0x28, 0, -EMEDIUMTYPE, IMAPI_IDENTIFY },
	{ 6, 0x29, 0, -EIO, IMAPI_IDENTIFY },
	{ 6, 0x5a, 1, -EBUSY, IMAPI_RETRY },
	{ 6, 0x77, 0, -EIO, IMAPI_IDENTIFY },
	{ 7, 0x27, 0, -EROFS, IMAPI_STOP },
	{ 7, 0x30, 5, -EMEDIUMTYPE, IMAPI_STOP },
	{ 8, 0x00, 0, -EIO, IMAPI_STOP },
	{ 9, 0x80, 1, -EIO, IMAPI_STOP },
	{ 11, 0x00, 6, -EIO, IMAPI_RETRY },
	{ 13, 0x00, 0, -ENOSPC, IMAPI_STOP },
	{ 15, 0xff, 0xff, -EIO, IMAPI_STOP },
};

TEST(is_understood)
{
	const struct imapi_meaning *m;
	struct imapi_sense s = { 0 };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(meanings); i++) {
		s.key = meanings[i].key;
		s.asc = meanings[i].asc;
		s.ascq = meanings[i].ascq;
		m = imapi_sense_meaning(&s);
		EXPECT_EQ(meanings[i].error, m->error)
			TH_LOG("%x/%02x/%02x: %s", s.key, s.asc, s.ascq, m->text);
		EXPECT_EQ(meanings[i].advice, m->advice)
			TH_LOG("%x/%02x/%02x: %s", s.key, s.asc, s.ascq, m->text);
	}
}

/* Whatever comes has an error of those that users know, and words */
TEST(every_code_has_a_meaning)
{
	static const int known[] = { 0, -EIO, -EBUSY, -ENOMEDIUM, -EMEDIUMTYPE, -EROFS, -ENOSPC,
				     -EOPNOTSUPP };
	const struct imapi_meaning *m;
	struct imapi_sense s = { 0 };
	u32 code, i;

	for (code = 0; code < 1u << 20; code++) {
		s.key = (u8)(code >> 16);
		s.asc = (u8)(code >> 8);
		s.ascq = (u8)code;
		m = imapi_sense_meaning(&s);
		for (i = 0; i < ARRAY_SIZE(known) && m->error != known[i]; i++)
			;
		ASSERT_LT(i, ARRAY_SIZE(known));
		ASSERT_NE(NULL, m->text);
	}
}

FIXTURE(sending) {
	struct mmc_drive d;
};

FIXTURE_SETUP(sending)
{
	ASSERT_EQ(0, mmc_drive_init(&self->d, NULL));
}

FIXTURE_TEARDOWN(sending)
{
	EXPECT_EQ(0, self->d.bad);
	imapi_mmc_exit(&self->d.mmc);
}

TEST_F(sending, attention_is_noted_and_the_command_sent_again)
{
	static const struct mmc_answer answers[] = { { .op = 0, ATTENTION, .times = 2 }, END };

	self->d.answers = answers;
	EXPECT_EQ(0, imapi_mmc_ready(&self->d.mmc));
	EXPECT_EQ(3, self->d.commands);
	EXPECT_TRUE(self->d.mmc.attention);
}

TEST_F(sending, attention_without_end)
{
	static const struct mmc_answer answers[] = { { .op = 0, ATTENTION }, END };

	self->d.answers = answers;
	EXPECT_EQ(-EMEDIUMTYPE, imapi_mmc_ready(&self->d.mmc));
	EXPECT_EQ(3, self->d.commands);
	EXPECT_EQ(6, self->d.mmc.sense.key);
	EXPECT_STREQ("the disc was changed", self->d.mmc.said);
}

TEST_F(sending, getting_ready)
{
	static const struct mmc_answer answers[] = {
		{ .op = 0, .sense = { 2, 4, 1 }, .times = 6 }, END
	};

	self->d.answers = answers;
	EXPECT_EQ(0, imapi_mmc_ready(&self->d.mmc));
	EXPECT_EQ(6, self->d.waits);
	EXPECT_EQ(100 + 200 + 400 + 800 + 1600 + 2000, self->d.waited);
	EXPECT_FALSE(self->d.mmc.attention);
}

TEST_F(sending, never_ready)
{
	static const struct mmc_answer answers[] = { { .op = 0, .sense = { 2, 4, 8 } }, END };

	self->d.answers = answers;
	EXPECT_EQ(-EBUSY, imapi_mmc_ready(&self->d.mmc));
	EXPECT_EQ(IMAPI_MMC_PATIENCE, self->d.waited);
	EXPECT_STREQ("the drive is still writing", self->d.mmc.said);
}

TEST_F(sending, nobody_waits)
{
	static const struct mmc_answer answers[] = { { .op = 0, .sense = { 2, 4, 1 } }, END };

	self->d.answers = answers;
	self->d.mmc.wait = NULL;
	EXPECT_EQ(-EBUSY, imapi_mmc_ready(&self->d.mmc));
	EXPECT_EQ(1, self->d.commands);
}

TEST_F(sending, the_budget_ends)
{
	self->d.mmc.left = 2;
	EXPECT_EQ(0, imapi_mmc_ready(&self->d.mmc));
	EXPECT_EQ(0, imapi_mmc_ready(&self->d.mmc));
	EXPECT_EQ(-EIO, imapi_mmc_ready(&self->d.mmc));
	EXPECT_EQ(2, self->d.commands);
}

TEST_F(sending, no_answer)
{
	self->d.error = -ETIMEDOUT;
	EXPECT_EQ(-ETIMEDOUT, imapi_mmc_ready(&self->d.mmc));
	EXPECT_EQ(1, self->d.commands);
}

static int lie(struct mmc_drive *d, struct imapi_packet *p)
{
	(void)d;
	p->got = p->len + 1;
	return 1;
}

static int garble(struct mmc_drive *d, struct imapi_packet *p)
{
	(void)d;
	memset(p->sense, 0x55, sizeof(p->sense));
	p->sense_len = sizeof(p->sense);
	return 1;
}

static int pass_the_sense(struct mmc_drive *d, struct imapi_packet *p)
{
	(void)d;
	p->sense_len = sizeof(p->sense) + 1;
	return 1;
}

TEST_F(sending, answers_that_make_no_sense)
{
	u32 blocks;

	self->d.make = lie;
	EXPECT_EQ(-EIO, imapi_mmc_capacity(&self->d.mmc, &blocks));
	/* Refused without a reason is not success */
	self->d.make = garble;
	EXPECT_EQ(-EIO, imapi_mmc_capacity(&self->d.mmc, &blocks));
	self->d.make = pass_the_sense;
	EXPECT_EQ(-EIO, imapi_mmc_capacity(&self->d.mmc, &blocks));
	EXPECT_EQ(0x25, self->d.mmc.opcode);
}

TEST_HARNESS_MAIN
