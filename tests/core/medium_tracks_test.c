// SPDX-License-Identifier: GPL-2.0-only
/* Finding a session among any number of tracks, in few commands */
#include "mmc_drive.h"
#include "kselftest_harness.h"

/* A drive whose sessions have so many tracks each, 100 blocks long, 50 between sessions */
FIXTURE(tracks) {
	struct mmc_drive d;
	struct imapi_place place;
};

static const u16 *sessions;	/* tracks of each, 0 ends */

static u32 total(void)
{
	u32 i, n = 0;

	for (i = 0; sessions[i]; i++)
		n += sessions[i];
	return n;
}

static u32 session_of(u32 track)
{
	u32 i;

	for (i = 0; sessions[i] && track > sessions[i]; i++)
		track -= sessions[i];
	return i + 1;
}

static int answer(struct mmc_drive *d, struct imapi_packet *p)
{
	u32 number = get_unaligned_be32(p->cdb + 2), session;
	u8 *b = p->buf;

	(void)d;
	if (p->cdb[0] != 0x52)
		return 0;
	if (!number || number > total()) {
		mmc_refuse(p, 5, 0x24, 0);
		return 1;
	}
	session = session_of(number);
	put_unaligned_be16(34, b);
	b[2] = (u8)number;
	b[3] = (u8)session;
	b[5] = 4;
	put_unaligned_be32(100 * (number - 1) + 50 * (session - 1), b + 8);
	put_unaligned_be32(100, b + 24);
	b[32] = (u8)(number >> 8);
	b[33] = (u8)(session >> 8);
	p->got = 36;
	return 1;
}

FIXTURE_SETUP(tracks)
{
	ASSERT_EQ(0, mmc_drive_init(&self->d, NULL));
	self->d.make = answer;
}

FIXTURE_TEARDOWN(tracks)
{
	EXPECT_EQ(0, self->d.bad);
	imapi_mmc_exit(&self->d.mmc);
}

static const u16 one[] = { 1, 0 };
static const u16 each_one[] = { 1, 1, 1, 1, 1, 1, 1, 1, 0 };
static const u16 some[] = { 3, 1, 7, 2, 1, 40, 1, 0 };
static const u16 many[] = { 7000, 900, 1, 26, 0 };
static const u16 *const shapes[] = { one, each_one, some, many };

TEST_F(tracks, every_session_of_some_discs)
{
	u32 i, s, first, last;

	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		sessions = shapes[i];
		for (s = 1, first = 1; sessions[s - 1]; s++) {
			last = first + sessions[s - 1] - 1;
			self->d.commands = 0;
			self->d.mmc.left = 40;
			ASSERT_EQ(0, imapi_place_find(&self->d.mmc, s, total(), &self->place))
				TH_LOG("disc %u, session %u", i, s);
			EXPECT_EQ(s, self->place.number);
			EXPECT_EQ(first, self->place.first_track);
			EXPECT_EQ(last, self->place.last_track);
			EXPECT_EQ(100 * (first - 1) + 50 * (s - 1), self->place.start);
			EXPECT_EQ(100 * last + 50 * (s - 1), self->place.end);
			EXPECT_TRUE(self->place.data);
			EXPECT_LE(self->d.commands, 31);
			first = last + 1;
		}
	}
}

TEST_F(tracks, newest_session_is_near)
{
	sessions = each_one;
	ASSERT_EQ(0, imapi_place_find(&self->d.mmc, 8, 8, &self->place));
	EXPECT_EQ(1, self->d.commands);
	self->d.commands = 0;
	sessions = some;
	ASSERT_EQ(0, imapi_place_find(&self->d.mmc, 7, total(), &self->place));
	EXPECT_EQ(2, self->d.commands);
}

TEST_F(tracks, no_such_session)
{
	sessions = some;
	EXPECT_EQ(-ENOENT, imapi_place_find(&self->d.mmc, 8, total(), &self->place));
	EXPECT_EQ(-ENOENT, imapi_place_find(&self->d.mmc, 0, total(), &self->place));
	EXPECT_EQ(-ENOENT, imapi_place_find(&self->d.mmc, 7, 6, &self->place));
}

/* Of the session's last track; an address in front of that says nothing */
static const struct {
	u8 valid;
	u32 last, recorded;
} ends[] = {
	{ 2, 250 + 50 + 9, 250 + 50 + 10 }, { 0, 250 + 50 + 9, 0 }, { 2, 0, 0 }, { 2, 249, 0 },
	{ 2, 0xffffffff, 0 }, { 2, 0x7fffffff, 0x80000000 },
};

static u32 which_end;

static int answer_end(struct mmc_drive *d, struct imapi_packet *p)
{
	int made = answer(d, p);
	u8 *b = p->buf;

	if (made && !p->sense_len) {
		b[7] |= ends[which_end].valid;
		put_unaligned_be32(ends[which_end].last, b + 28);
	}
	return made;
}

TEST_F(tracks, last_recorded_address)
{
	static const u16 one_and_two[] = { 1, 2, 0 };

	sessions = one_and_two;
	self->d.make = answer_end;
	for (which_end = 0; which_end < ARRAY_SIZE(ends); which_end++) {
		ASSERT_EQ(0, imapi_place_find(&self->d.mmc, 2, 3, &self->place));
		EXPECT_EQ(2, self->place.first_track);
		EXPECT_EQ(350, self->place.end);
		EXPECT_EQ(ends[which_end].recorded, self->place.recorded) TH_LOG("%u", which_end);
	}
}

/* Answers that don't count upwards lead to an error, not around in a circle */
static int contradict(struct mmc_drive *d, struct imapi_packet *p)
{
	u32 number = get_unaligned_be32(p->cdb + 2);
	u8 *b = p->buf;

	(void)d;
	put_unaligned_be16(34, b);
	put_unaligned_be16((u16)number, b + 2);
	b[2] = (u8)number;
	b[3] = (u8)(number * 7 % 5);
	put_unaligned_be32(100, b + 24);
	b[32] = (u8)(number >> 8);
	return 1;
}

TEST_F(tracks, up_and_down)
{
	u32 session;

	self->d.make = contradict;
	for (session = 1; session < 9; session++) {
		self->d.commands = 0;
		self->d.mmc.left = 40;
		imapi_place_find(&self->d.mmc, session, 7927, &self->place);
		EXPECT_LE(self->d.commands, 31);
	}
}

TEST_F(tracks, list)
{
	struct imapi_medium m = { .type = imapi_media_type(0x41), .state = IMAPI_COMPLETE,
				  .tracks = 15 };
	struct imapi_track list[20];

	sessions = some;
	self->d.mmc.left = 100;
	EXPECT_EQ(15, imapi_tracks_list(&self->d.mmc, &m, 1, list, 20));
	EXPECT_EQ(6, list[14].session);
	EXPECT_EQ(4, imapi_tracks_list(&self->d.mmc, &m, 12, list, 20));
	EXPECT_EQ(12, list[0].number);
	EXPECT_EQ(5, imapi_tracks_list(&self->d.mmc, &m, 1, list, 5));
	EXPECT_EQ(0, imapi_tracks_list(&self->d.mmc, &m, 16, list, 5));
	self->d.mmc.left = 3;
	EXPECT_EQ(-EIO, imapi_tracks_list(&self->d.mmc, &m, 1, list, 5));
}

TEST_F(tracks, those_of_an_open_session_follow)
{
	static const u16 three[] = { 1, 1, 3, 0 };
	struct imapi_medium m = { .type = imapi_media_type(0x41), .state = IMAPI_APPENDABLE,
				  .sessions = 2, .tracks = 2 };
	struct imapi_track list[20];

	sessions = three;
	self->d.mmc.left = 100;
	EXPECT_EQ(2, imapi_tracks_list(&self->d.mmc, &m, 1, list, 20));
	EXPECT_EQ(3, imapi_tracks_list(&self->d.mmc, &m, 3, list, 20));
	EXPECT_EQ(3, list[0].number);
	EXPECT_EQ(3, list[0].session);
	EXPECT_EQ(5, list[2].number);
	EXPECT_EQ(2, imapi_tracks_list(&self->d.mmc, &m, 3, list, 2));
	EXPECT_EQ(0, imapi_tracks_list(&self->d.mmc, &m, 6, list, 20));
	/* What belongs to a session that is closed contradicts the rest */
	m.sessions = 3;
	EXPECT_EQ(0, imapi_tracks_list(&self->d.mmc, &m, 3, list, 20));
}

/* A BD-R with as many tracks as it can have is looked at in a handful of commands */
static const struct mmc_answer bd_r_full_of_tracks[] = {
	CONFIG(0x41, 0x41), INFO(DISC_APPENDABLE, 3, 7927, 7927, 0, 0, 0, 0, 0),
	{ .op = 0xad, .sense = { 3, 0x11, 0 } },
	CAPACITY(792700), END
};

static const u16 two_sessions[] = { 7000, 926, 1, 0 };

TEST_F(tracks, look_at_a_disc_of_7927)
{
	struct imapi_medium m;

	sessions = two_sessions;
	self->d.answers = bd_r_full_of_tracks;
	ASSERT_EQ(0, imapi_medium_look(&self->d.mmc, &m));
	EXPECT_EQ(2, m.sessions);
	EXPECT_EQ(7926, m.tracks);
	EXPECT_EQ(7001, m.last.first_track);
	EXPECT_EQ(700050, m.last.start);
	EXPECT_EQ(IMAPI_CODE_NONE, m.code);
	EXPECT_LE(self->d.commands, 24);
}

TEST_HARNESS_MAIN
