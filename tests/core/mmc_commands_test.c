// SPDX-License-Identifier: GPL-2.0-only
/* Answers to single commands: what of them counts, and what is refused */
#include "mmc_drive.h"
#include "kselftest_harness.h"

FIXTURE(drive) {
	struct mmc_drive d;
};

FIXTURE_SETUP(drive)
{
	ASSERT_EQ(0, mmc_drive_init(&self->d, NULL));
}

FIXTURE_TEARDOWN(drive)
{
	EXPECT_EQ(0, self->d.bad);
	imapi_mmc_exit(&self->d.mmc);
}

static const struct mmc_answer another_track[] = { TRACK_AS(5, 6, 1, 4, 0, 0, 0, 0, 0, 10), END };

TEST_F(drive, track_of_another_number)
{
	struct imapi_track t;

	self->d.answers = another_track;
	EXPECT_EQ(-EIO, imapi_mmc_track(&self->d.mmc, 5, &t));
}

static const struct mmc_answer tracks_beyond[][2] = {
	{ TRACK_AS(1, 1, 1, 4, 0, 0, 0x80000000, 0, 0, 10), END },
	{ TRACK_AS(1, 1, 1, 4, 0, 0, 0xffffff6a, 0, 0, 10), END },
	{ TRACK_AS(1, 1, 1, 4, 0, 0, 0x7fffffff, 0, 0, 2), END },
	{ TRACK_AS(1, 1, 1, 4, 0, 1, 100, 99, 0, 2), END },
	{ TRACK_AS(1, 1, 1, 4, 0, 1, 100, 0x80000000, 0, 2), END },
	{ TRACK_AS(1, 1, 1, 4, 0, 1, 100, 0x7fffffff, 2, 2), END },
};

TEST_F(drive, tracks_beyond_any_disc)
{
	struct imapi_track t;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(tracks_beyond); i++) {
		self->d.answers = tracks_beyond[i];
		EXPECT_EQ(-EIO, imapi_mmc_track(&self->d.mmc, 1, &t)) TH_LOG("%u", i);
	}
}

static const struct mmc_answer with_pregap[][2] = {
	{ TRACK_AS(0xff, 1, 1, 4, 0x40, 1, 0, 0xffffff6a, 1000, 1000), END },
	{ TRACK_AS(0xff, 2, 2, 4, 0x40, 1, 11500, 11350, 1000, 1000), END },
	{ TRACK_AS(0xff, 2, 2, 4, 0x40, 1, 11500, 11500, 1000, 1000), END },
};

TEST_F(drive, next_session_of_a_cd_in_any_write_type)
{
	static const u32 nwa[] = { 0, 11500, 11500 };
	struct imapi_track t;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(with_pregap); i++) {
		self->d.answers = with_pregap[i];
		EXPECT_EQ(0, imapi_mmc_track(&self->d.mmc, IMAPI_TRACK_INVISIBLE, &t));
		EXPECT_TRUE(t.nwa_valid);
		EXPECT_EQ(nwa[i], t.nwa) TH_LOG("%u", i);
	}
}

static const struct mmc_answer session_beyond[] = {
	{ .op = 0x43, .key = 1, BYTES(0, 10, 1, 2, 0, 0x14, 2, 0, BE32(0x9d000800)) }, END
};

TEST_F(drive, session_beyond_any_disc)
{
	struct imapi_last_session l;

	self->d.answers = session_beyond;
	EXPECT_EQ(-EIO, imapi_mmc_last_session(&self->d.mmc, &l));
	EXPECT_EQ(0, l.start);
}

static const struct {
	const char *name;
	struct mmc_answer answers[2];
} tables[] = {
	{ "no lead-out", { FULL_TOC(1, 1, 3, POINT(1, 4, 0xa0, 1, 0, 0), POINT(1, 4, 0xa1, 1, 0, 0),
				    POINT(1, 4, 1, 0, 2, 0)), END } },
	{ "no track", { FULL_TOC(1, 1, 3, POINT(1, 4, 0xa0, 1, 0, 0), POINT(1, 4, 0xa1, 1, 0, 0),
				 POINT(1, 4, 0xa2, 1, 2, 0)), END } },
	{ "a track of another session",
	  { FULL_TOC(1, 1, 4, POINT(1, 4, 0xa0, 1, 0, 0), POINT(1, 4, 0xa1, 1, 0, 0),
		     POINT(1, 4, 0xa2, 1, 2, 0), POINT(2, 4, 1, 0, 2, 0)), END } },
	{ "a lead-out in front of its track",
	  { FULL_TOC(1, 1, 4, POINT(1, 4, 0xa0, 1, 0, 0), POINT(1, 4, 0xa1, 1, 0, 0),
		     POINT(1, 4, 0xa2, 1, 2, 0), POINT(1, 4, 1, 2, 2, 0)), END } },
	{ "tracks backwards",
	  { FULL_TOC(1, 1, 5, POINT(1, 4, 0xa0, 1, 0, 0), POINT(1, 4, 0xa1, 2, 0, 0),
		     POINT(1, 4, 0xa2, 3, 2, 0), POINT(1, 4, 1, 1, 2, 0), POINT(1, 4, 2, 0, 2, 0)),
	    END } },
	{ "no such time", { FULL_TOC(1, 1, 4, POINT(1, 4, 0xa0, 1, 0, 0),
				     POINT(1, 4, 0xa1, 1, 0, 0), POINT(1, 4, 0xa2, 1, 60, 0),
				     POINT(1, 4, 1, 0, 2, 0)), END } },
	{ "tracks past 99", { FULL_TOC(1, 1, 4, POINT(1, 4, 0xa0, 1, 0, 0),
				       POINT(1, 4, 0xa1, 200, 0, 0), POINT(1, 4, 0xa2, 1, 2, 0),
				       POINT(1, 4, 1, 0, 2, 0)), END } },
	{ "sessions past 99", { { .op = 0x43, .key = 2, BYTES(0, 2, 1, 255) }, END } },
	{ "sessions backwards", { { .op = 0x43, .key = 2, BYTES(0, 2, 2, 1) }, END } },
	{ "sessions that are missing",
	  { FULL_TOC(1, 2, 4, POINT(1, 4, 0xa0, 1, 0, 0), POINT(1, 4, 0xa1, 1, 0, 0),
		     POINT(1, 4, 0xa2, 1, 2, 0), POINT(1, 4, 1, 0, 2, 0)), END } },
	{ "a length past what came", { { .op = 0x43, .key = 2, BYTES(0xff, 0xff, 1, 1, 1, 0x14) },
				       END } },
	{ "nothing", { { .op = 0x43, .key = 2, BYTES(0, 0) }, END } },
};

TEST_F(drive, tables_that_make_no_sense)
{
	struct imapi_toc toc;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		self->d.answers = tables[i].answers;
		EXPECT_EQ(-EIO, imapi_mmc_toc(&self->d.mmc, &toc)) TH_LOG("%s", tables[i].name);
	}
}

/* All tracks that there can be, and a last one of a higher number than that */
static int too_many_tracks(struct mmc_drive *d, struct imapi_packet *p)
{
	static const u8 first[] = { POINT(1, 4, 0xa0, 1, 0, 0) };
	static const u8 last[] = { POINT(1, 4, 0xa1, 120, 0, 0) };
	static const u8 out[] = { POINT(1, 4, 0xa2, 70, 0, 0) };
	u8 *b = p->buf, track;

	(void)d;
	put_unaligned_be16(2 + 11 * 102, b);
	b[2] = 1;
	b[3] = 1;
	memcpy(b + 4, first, 11);
	memcpy(b + 15, last, 11);
	memcpy(b + 26, out, 11);
	for (track = 1, b += 37; track <= 99; track++, b += 11) {
		const u8 at[] = { POINT(1, 4, track, (track / 2), 2, 0) };

		memcpy(b, at, 11);
	}
	return 1;
}

TEST_F(drive, tracks_past_the_last_one)
{
	struct imapi_toc toc;

	self->d.make = too_many_tracks;
	EXPECT_EQ(-EIO, imapi_mmc_toc(&self->d.mmc, &toc));
}

/* Its data lies behind the end that the answer gives itself */
static const struct mmc_answer feature_is_cut[] = {
	{ .op = 0x46, BYTES(BE32(8), 0, 0, BE16(0x1b), BE16(0x2b), 1, 4, 1, 0, 0, 0) }, END
};

TEST_F(drive, feature_past_the_end)
{
	struct imapi_configuration c;

	self->d.answers = feature_is_cut;
	EXPECT_EQ(0, imapi_mmc_configuration(&self->d.mmc, &c));
	EXPECT_EQ(0x1b, c.profile);
	EXPECT_FALSE(imapi_has_feature(&c, 0x2b));
	EXPECT_FALSE(imapi_has_feature(&c, 0xffff));
}

static const struct mmc_answer whole_track[] = {
	TRACK_AS(5, 5, 1, 4, 0, 1, 100, 200, 300, 400), END
};

/* @says: its own length, @came: what came */
static int ask_cut_track(struct mmc_drive *d, u32 says, u32 came)
{
	struct mmc_answer cut[2] = { whole_track[0], END };
	struct imapi_track t;
	u8 b[36];

	memcpy(b, whole_track[0].bytes, sizeof(b));
	put_unaligned_be16((u16)(says - 2), b);
	cut[0].bytes = b;
	cut[0].len = came;
	d->answers = cut;
	d->mmc.left = 1;
	return imapi_mmc_track(&d->mmc, 5, &t);
}

TEST_F(drive, track_cut_by_its_word_or_in_fact)
{
	u32 len;

	for (len = 2; len <= 36; len++) {
		EXPECT_EQ(len < 28 ? -EIO : 0, ask_cut_track(&self->d, len, 36)) TH_LOG("%u", len);
		EXPECT_EQ(len < 28 ? -EIO : 0, ask_cut_track(&self->d, 36, len)) TH_LOG("%u", len);
	}
}

static const struct mmc_answer event_eject[] = {
	{ .op = 0x4a, BYTES(0, 6, 4, 0x10, 1, 2, 0, 0) }, END
};

static const struct mmc_answer event_none[] = {
	{ .op = 0x4a, BYTES(0, 2, 0x80, 0x02) }, END
};

static const struct mmc_answer event_other_class[] = {
	{ .op = 0x4a, BYTES(0, 6, 2, 0x10, 1, 2, 0, 0) }, END
};

TEST_F(drive, events)
{
	struct imapi_media_event e;

	self->d.answers = event_eject;
	EXPECT_EQ(0, imapi_mmc_event(&self->d.mmc, &e));
	EXPECT_EQ(IMAPI_EVENT_EJECT, e.event);
	EXPECT_TRUE(e.present);
	EXPECT_FALSE(e.tray_open);
	self->d.answers = event_none;
	EXPECT_EQ(-EOPNOTSUPP, imapi_mmc_event(&self->d.mmc, &e));
	self->d.answers = event_other_class;
	EXPECT_EQ(-EIO, imapi_mmc_event(&self->d.mmc, &e));
}

static int only_lock(struct mmc_drive *d, struct imapi_packet *p)
{
	static const u8 lock[] = { 0x1e, 0, 0, 0, 1, 0 };

	if (!memcmp(p->cdb, lock, sizeof(lock)) && p->cdb_len == sizeof(lock))
		return 1;
	d->bad++;
	return 1;
}

TEST_F(drive, the_tray_is_locked)
{
	self->d.make = only_lock;
	EXPECT_EQ(0, imapi_mmc_tray(&self->d.mmc, IMAPI_LOCK));
	EXPECT_EQ(0, self->d.bad);
	EXPECT_EQ(0, imapi_mmc_tray(&self->d.mmc, IMAPI_UNLOCK));
	EXPECT_EQ(1, self->d.bad);
	self->d.bad = 0;
}

TEST_HARNESS_MAIN
