// SPDX-License-Identifier: GPL-2.0-only
/* Which session a mount shows, whether it can be appended to, and what is said */
#include "memdisc.h"
#include "mmc_drive.h"
#include "kselftest_harness.h"

/* A DVD+R with sessions of one track each at these blocks, 40 long */
static const u32 starts[] = { 0, 2096, 4192, 6288, 8384 };

#define LENGTH		40u
#define NR		ARRAY_SIZE(starts)

FIXTURE(disc) {
	struct memdisc d;
	struct mmc_drive drive;
	struct imapi_medium m;
	struct imapi_volume vol;
	struct imapi_verdict v;
};

static int tracks(struct mmc_drive *d, struct imapi_packet *p)
{
	u32 number = get_unaligned_be32(p->cdb + 2);
	u8 *b = p->buf;

	(void)d;
	if (p->cdb[0] != 0x52)
		return 0;
	if (!number || number > NR) {
		mmc_refuse(p, 5, 0x24, 0);
		return 1;
	}
	put_unaligned_be16(34, b);
	b[2] = (u8)number;
	b[3] = (u8)number;
	b[5] = 4;
	put_unaligned_be32(starts[number - 1], b + 8);
	put_unaligned_be32(LENGTH, b + 24);
	p->got = 36;
	return 1;
}

FIXTURE_SETUP(disc)
{
	u32 i;

	ASSERT_EQ(0, mmc_drive_init(&self->drive, NULL));
	self->drive.make = tracks;
	memdisc_init(&self->d, starts[NR - 1] + LENGTH);
	for (i = 0; i < NR; i++)
		put_set(&self->d, starts[i] + 16, starts[i], SESSION_BLOCKS);
	self->m = (struct imapi_medium){
		.type = imapi_media_type(0x1b), .state = IMAPI_APPENDABLE, .writable = true,
		.sessions = NR, .tracks = NR, .nwa_valid = true, .nwa = 10480, .free = 100000,
		.capacity = self->d.src.blocks,
		.last = { NR, NR, NR, starts[NR - 1], starts[NR - 1] + LENGTH, true },
	};
}

FIXTURE_TEARDOWN(disc)
{
	EXPECT_EQ(0, self->d.strays);
	EXPECT_EQ(0, self->drive.bad);
	memdisc_free(&self->d);
	imapi_mmc_exit(&self->drive.mmc);
}

/* What the newest session has instead of its descriptors */
enum damage { MALFORMED, FOREIGN, UNREADABLE, PLAIN };

static void damage(struct memdisc *d, u32 session, enum damage how)
{
	u32 lba = starts[session - 1] + 16;

	if (how == MALFORMED)
		memset(memdisc_at(d, lba), 0xff, 1);
	else if (how == FOREIGN)
		memset(memdisc_at(d, lba), 0, IMAPI_BLOCK);
	else if (how == UNREADABLE)
		d->bad = lba;
	else
		put_standard_id(memdisc_at(d, lba + 1), IMAPI_VD_TERMINATOR);
}

#define FIND(session) \
	imapi_medium_volume(&self->drive.mmc, &self->d.src, &self->m, session, &self->vol)

TEST_F(disc, the_newest)
{
	EXPECT_EQ(0, FIND(0));
	EXPECT_EQ(starts[4] + 16, self->vol.desc);
	EXPECT_EQ(0, self->drive.commands);
	imapi_medium_verdict(&self->m, 0, self->vol.joliet, &self->v);
	EXPECT_EQ(0, self->v.error);
	EXPECT_FALSE(self->v.read_only);
	EXPECT_FALSE(self->v.empty);
	EXPECT_EQ(NULL, self->v.why);
}

TEST_F(disc, an_older_one)
{
	u32 s;

	for (s = 1; s <= NR; s++) {
		EXPECT_EQ(0, FIND(s));
		EXPECT_EQ(s, self->m.last.number);
		EXPECT_EQ(starts[s - 1] + 16, self->vol.desc);
	}
	EXPECT_EQ(-ENOENT, FIND(NR + 1));
	EXPECT_EQ(NR, self->m.last.number);
	/* Asked for by its number, it is what counts, also if it is damaged */
	damage(&self->d, 2, MALFORMED);
	EXPECT_EQ(-EUCLEAN, FIND(2));
}

TEST_F(disc, newest_is_malformed)
{
	damage(&self->d, 5, MALFORMED);
	EXPECT_EQ(0, FIND(0));
	EXPECT_EQ(4, self->m.last.number);
	EXPECT_EQ(starts[3], self->m.last.start);
	imapi_medium_verdict(&self->m, 0, self->vol.joliet, &self->v);
	EXPECT_FALSE(self->v.read_only);
	EXPECT_NE(NULL, strstr(self->v.why, "damaged"));
}

TEST_F(disc, newest_is_unreadable)
{
	damage(&self->d, 5, UNREADABLE);
	EXPECT_EQ(0, FIND(0));
	EXPECT_EQ(4, self->m.last.number);
	imapi_medium_verdict(&self->m, 0, self->vol.joliet, &self->v);
	EXPECT_FALSE(self->v.read_only);
}

/* Session @n, not the first one, is ours and says that it has @space blocks */
static void put_ours_at(struct memdisc *d, u32 n, u32 space)
{
	u32 lba = starts[n - 1];

	put_set(d, lba + 16, lba, space);
	put_link(d, lba + 16, lba, starts[n - 2], starts[n - 2] + 16);
}

static void put_ours(struct memdisc *d, u32 space)
{
	put_ours_at(d, NR, space);
}

TEST_F(disc, newest_was_broken_off)
{
	put_ours(&self->d, LENGTH);
	EXPECT_EQ(0, FIND(0));
	EXPECT_EQ(5, self->m.last.number);
	put_ours(&self->d, LENGTH + 1);
	EXPECT_EQ(0, FIND(0));
	EXPECT_EQ(4, self->m.last.number);
	EXPECT_EQ(-EUCLEAN, self->m.passed_over);
	EXPECT_EQ(-EUCLEAN, FIND(5));
}

/* A CD's track ends in what nothing can be recorded in */
TEST_F(disc, newest_of_a_cd_was_broken_off)
{
	self->m.type = imapi_media_type(0x09);
	put_ours(&self->d, LENGTH - IMAPI_CD_RUN_OUT);
	EXPECT_EQ(0, FIND(0));
	EXPECT_EQ(5, self->m.last.number);
	put_ours(&self->d, LENGTH - IMAPI_CD_RUN_OUT + 1);
	EXPECT_EQ(0, FIND(0));
	EXPECT_EQ(4, self->m.last.number);
}

/* A short border of a DVD-R is made longer, and the last recorded address is the true end */
static const struct {
	const char *name;
	u16 profile;
	u32 recorded;		/* behind the session's start, 0: the drive doesn't say */
	u32 space;
	bool whole;
} borders[] = {
	{ "all of it is there", 0x11, 32, 32, true },
	{ "a block is missing", 0x11, 32, 33, false },
	{ "DVD-RW", 0x14, 32, 33, false },
	{ "DVD-R DL", 0x15, 32, 33, false },
	{ "to the track's end", 0x11, LENGTH, LENGTH, true },
	{ "behind the track's end", 0x11, LENGTH + 16, LENGTH, true },
	{ "longer than the track, address behind it", 0x11, LENGTH + 16, LENGTH + 1, false },
	{ "the drive doesn't say", 0x11, 0, LENGTH, true },
	{ "in front of the descriptors", 0x11, 16, LENGTH, true },
	{ "with one of the descriptors", 0x11, 17, LENGTH, false },
	{ "the session's first block", 0x11, 1, LENGTH, true },
	/* No others have such borders */
	{ "DVD+R", 0x1b, 32, LENGTH, true },
	{ "BD-R", 0x41, 32, LENGTH, true },
};

TEST_F(disc, a_border_that_was_made_longer)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(borders); i++) {
		self->m.type = imapi_media_type(borders[i].profile);
		self->m.last = (struct imapi_place){
			NR, NR, NR, starts[NR - 1], starts[NR - 1] + LENGTH, true,
			borders[i].recorded ? starts[NR - 1] + borders[i].recorded : 0,
		};
		put_ours(&self->d, borders[i].space);
		EXPECT_EQ(0, FIND(0));
		EXPECT_EQ(borders[i].whole ? 5 : 4, self->m.last.number)
			TH_LOG("%s", borders[i].name);
	}
}

/* The drive says so of older sessions as well */
static int short_tracks(struct mmc_drive *d, struct imapi_packet *p)
{
	int made = tracks(d, p);
	u8 *b = p->buf;

	if (!made || p->sense_len)
		return made;
	b[7] |= 2;
	put_unaligned_be32(get_unaligned_be32(b + 8) + 31, b + 28);
	return made;
}

TEST_F(disc, older_borders_that_were_made_longer)
{
	u32 n;

	self->m.type = imapi_media_type(0x11);
	self->m.last.recorded = starts[NR - 1] + 32;
	self->drive.make = short_tracks;
	for (n = 3; n <= NR; n++)
		put_ours_at(&self->d, n, 33);
	put_ours_at(&self->d, 2, 32);
	EXPECT_EQ(0, FIND(0));
	EXPECT_EQ(2, self->m.last.number);
	EXPECT_EQ(starts[1] + 32, self->m.last.recorded);
}

/* However many broken ones stand behind it, a session that is whole is found */
TEST_F(disc, all_but_the_first_were_broken_off)
{
	u32 n;

	for (n = 2; n <= NR; n++)
		put_ours_at(&self->d, n, LENGTH + 1);
	EXPECT_EQ(0, FIND(0));
	EXPECT_EQ(1, self->m.last.number);
	EXPECT_FALSE(self->m.cut_short);
}

/* A disc is not empty because the session that has the files can't be read just now */
TEST_F(disc, the_one_before_those_broken_off_is_bad)
{
	u32 n, how;
	int err;

	for (n = 2; n <= NR; n++)
		put_ours_at(&self->d, n, LENGTH + 1);
	for (how = MALFORMED; how <= UNREADABLE; how++) {
		damage(&self->d, 1, how);
		err = FIND(0);
		EXPECT_GT(0, err) TH_LOG("%u", how);
		EXPECT_NE(-ENOENT, err) TH_LOG("%u", how);
		EXPECT_FALSE(self->m.cut_short) TH_LOG("%u", how);
		imapi_medium_verdict(&self->m, err, 0, &self->v);
		EXPECT_EQ(err, self->v.error) TH_LOG("%u: %s", how, self->v.why);
		EXPECT_FALSE(self->v.empty) TH_LOG("%u", how);
	}
}

/* The drive says of the track of session 4 that it belongs to session 3 */
static int no_fourth(struct mmc_drive *d, struct imapi_packet *p)
{
	int made = tracks(d, p);

	if (made && !p->sense_len && ((u8 *)p->buf)[2] == 4)
		((u8 *)p->buf)[3] = 3;
	return made;
}

TEST_F(disc, one_in_between_is_not_found)
{
	self->drive.make = no_fourth;
	damage(&self->d, 5, MALFORMED);
	EXPECT_EQ(0, FIND(0));
	EXPECT_EQ(3, self->m.last.number);
	EXPECT_EQ(starts[2], self->m.last.start);
}

/* What another program keeps there would be lost from sight */
TEST_F(disc, newest_is_foreign)
{
	damage(&self->d, 5, FOREIGN);
	EXPECT_EQ(0, FIND(0));
	EXPECT_EQ(4, self->m.last.number);
	imapi_medium_verdict(&self->m, 0, self->vol.joliet, &self->v);
	EXPECT_EQ(0, self->v.error);
	EXPECT_TRUE(self->v.read_only);
	EXPECT_NE(NULL, strstr(self->v.why, "not ISO 9660"));
}

TEST_F(disc, all_that_are_tried_are_bad)
{
	u32 s;

	for (s = 2; s <= NR; s++)
		damage(&self->d, s, s == NR ? MALFORMED : FOREIGN);
	EXPECT_EQ(-EUCLEAN, FIND(0));
	EXPECT_EQ(NR, self->m.last.number);
	EXPECT_EQ(IMAPI_OLDER_SESSIONS, self->drive.commands);
	imapi_medium_verdict(&self->m, -EUCLEAN, 0, &self->v);
	EXPECT_EQ(-EUCLEAN, self->v.error);
}

TEST_F(disc, the_drive_goes_away_meanwhile)
{
	damage(&self->d, 5, MALFORMED);
	self->drive.error = -ENODEV;
	EXPECT_EQ(-ENODEV, FIND(0));
}

TEST_F(disc, no_joliet)
{
	damage(&self->d, 5, PLAIN);
	EXPECT_EQ(0, FIND(0));
	imapi_medium_verdict(&self->m, 0, self->vol.joliet, &self->v);
	EXPECT_TRUE(self->v.read_only);
	EXPECT_NE(NULL, strstr(self->v.why, "Joliet"));
}

TEST_F(disc, nothing_on_it)
{
	self->m.sessions = 0;
	self->m.last.number = 0;
	EXPECT_EQ(-ENOENT, FIND(0));
	EXPECT_EQ(-ENOENT, FIND(1));
}

/* --- verdicts (the contract's table) --- */

static const struct {
	const char *name;
	struct imapi_medium m;
	int err;
	u8 joliet;
	struct imapi_verdict v;
	const char *why;
} verdicts[] = {
	{ "blank", { .state = IMAPI_BLANK, .writable = true }, -ENOENT, 0, { .empty = true } },
	{ "blank, and the drive can't write", { .state = IMAPI_BLANK, .why = "reads" }, -ENOENT, 0,
	  { .error = -EMEDIUMTYPE, .empty = true }, "reads" },
	{ "not formatted", { .state = IMAPI_OVERWRITABLE, .unformatted = true, .writable = true },
	  -EMEDIUMTYPE, 0, { .empty = true } },
	{ "overwritable", { .state = IMAPI_OVERWRITABLE, .writable = true }, 0, 3, { 0 } },
	{ "overwritable, protected", { .state = IMAPI_OVERWRITABLE, .why = "protected" }, 0, 3,
	  { .read_only = true }, "protected" },
	{ "closed", { .state = IMAPI_COMPLETE, .sessions = 1, .last.number = 1, .why = "closed" },
	  0, 3, { .read_only = true }, "closed" },
	{ "closed, without Joliet",
	  { .state = IMAPI_COMPLETE, .sessions = 1, .last.number = 1, .why = "closed" }, 0, 0,
	  { .read_only = true }, "closed" },
	{ "audio", { .state = IMAPI_COMPLETE, .sessions = 1, .last.number = 1, .audio = true }, 0,
	  0, { .error = -EMEDIUMTYPE }, "audio" },
	{ "not ISO", { .state = IMAPI_COMPLETE, .sessions = 1, .last.number = 1 }, -EMEDIUMTYPE, 0,
	  { .error = -EMEDIUMTYPE }, "ISO 9660" },
	{ "malformed", { .state = IMAPI_COMPLETE, .sessions = 1, .last.number = 1 }, -EUCLEAN, 0,
	  { .error = -EUCLEAN }, "malformed" },
	{ "unreadable", { .state = IMAPI_COMPLETE, .sessions = 1, .last.number = 1 }, -EIO, 0,
	  { .error = -EIO }, "can't be read" },
	{ "unfinished",
	  { .state = IMAPI_APPENDABLE, .sessions = 1, .last.number = 1, .writable = true,
	    .unfinished = true }, 0, 3, { 0 }, "never finished" },
	{ "first one unfinished",
	  { .state = IMAPI_APPENDABLE, .writable = true, .unfinished = true }, -ENOENT, 0,
	  { .empty = true }, "never finished" },
	{ "music behind the data",
	  { .state = IMAPI_APPENDABLE, .sessions = 2, .last.number = 1, .writable = true }, 0, 3,
	  { .read_only = true }, "not ISO 9660" },
};

TEST(contract)
{
	struct imapi_verdict v;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(verdicts); i++) {
		imapi_medium_verdict(&verdicts[i].m, verdicts[i].err, verdicts[i].joliet, &v);
		EXPECT_EQ(verdicts[i].v.error, v.error) TH_LOG("%s", verdicts[i].name);
		EXPECT_EQ(verdicts[i].v.read_only, v.read_only) TH_LOG("%s", verdicts[i].name);
		EXPECT_EQ(verdicts[i].v.empty, v.empty) TH_LOG("%s", verdicts[i].name);
		EXPECT_EQ(!verdicts[i].why, !v.why) TH_LOG("%s: %s", verdicts[i].name, v.why);
		EXPECT_TRUE(!v.why || !verdicts[i].why || strstr(v.why, verdicts[i].why))
			TH_LOG("%s: %s", verdicts[i].name, v.why);
	}
}

TEST(identified)
{
	struct imapi_medium m = {
		.type = imapi_media_type(0x09), .state = IMAPI_APPENDABLE, .sessions = 2,
		.tracks = 3, .nwa_valid = true, .nwa = 30000, .code = IMAPI_CODE_ATIP, .code_hash = 77,
		.has_id = true, .id = 5, .last = { .number = 2, .start = 16402, .end = 17000 },
	};
	struct imapi_identity a, b;

	imapi_medium_identify(&m, &a);
	EXPECT_EQ(2, a.sessions);
	EXPECT_EQ(3, a.tracks);
	EXPECT_EQ(30000, a.nwa);
	EXPECT_EQ(16402, a.start);
	EXPECT_FALSE(a.blank);
	imapi_medium_identify(&m, &b);
	EXPECT_TRUE(imapi_identity_equal(&a, &b));
	m.code_hash = 78;
	imapi_medium_identify(&m, &b);
	EXPECT_FALSE(imapi_identity_equal(&a, &b));
	EXPECT_EQ(IMAPI_OTHER_DISC, imapi_identity_compare(&a, &b, 0));
	m.code_hash = 77;
	m.type = imapi_media_type(0x0a);
	imapi_medium_identify(&m, &b);
	EXPECT_EQ(IMAPI_OTHER_DISC, imapi_identity_compare(&a, &b, 0));
	/* A session that was broken off: the drive names none before it is closed */
	m.nwa_valid = false;
	m.nwa = 0;
	imapi_medium_identify(&m, &b);
	EXPECT_EQ(m.last.end, b.nwa);
}

TEST_HARNESS_MAIN
