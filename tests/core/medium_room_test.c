// SPDX-License-Identifier: GPL-2.0-only
/* What a session may take on each medium, and how many still fit */
#include "mmc_drive.h"
#include "kselftest_harness.h"

/* A recordable disc with @sessions closed ones and @free blocks */
static struct imapi_medium disc(u16 profile, u32 sessions, u32 free)
{
	return (struct imapi_medium){
		.type = imapi_media_type(profile),
		.state = sessions ? IMAPI_APPENDABLE : IMAPI_BLANK,
		.writable = true, .sessions = sessions, .nwa_valid = true, .nwa = 1000,
		.free = free,
	};
}

static const struct {
	const char *name;
	u16 profile;
	u32 sessions, free, room, left;
} cases[] = {
	{ "CD-R of 74 minutes", 0x09, 0, 333000, 333000 - 11254, 45 },
	{ "CD-R of 80 minutes, one session", 0x09, 1, 300000, 300000 - 6754, 41 },
	{ "CD-R, just the shortest session", 0x09, 1, 7055, 301, 1 },
	{ "CD-R, one block less", 0x09, 1, 7054, 0, 0 },
	{ "CD-R, blank, just the shortest session", 0x09, 0, 11555, 301, 1 },
	{ "CD-R, blank, one block less", 0x09, 0, 11554, 0, 0 },
	{ "CD-R, two of the shortest", 0x09, 1, 305 + 6900 + 7055, 305 + 6900 + 301, 2 },
	{ "CD-R, one block less than two", 0x09, 1, 305 + 6900 + 7054, 305 + 6900 + 300, 1 },
	{ "CD-R, two of the shortest from blank", 0x09, 0, 305 + 11400 + 7055,
	  305 + 11400 + 7055 - 11254, 2 },
	{ "CD-RW of 98 sessions", 0x0a, 98, 300000, 300000 - 6754, 1 },
	{ "CD-RW of 99 sessions", 0x0a, 99, 300000, 300000 - 6754, 0 },
	{ "CD-RW of 100 sessions", 0x0a, 100, 300000, 300000 - 6754, 0 },
	{ "DVD-R", 0x11, 0, 2297888, 2297888 - 28704, 79 },
	{ "DVD-R, room for one unit too few", 0x11, 3, 28704 + 16, 0, 0 },
	{ "DVD-R, room for the least", 0x11, 3, 28704 + 32, 32, 1 },
	{ "DVD-R, no whole unit", 0x11, 3, 28704 + 47, 32, 1 },
	{ "DVD-R DL", 0x15, 0, 4171712, 4171712 - 28704, 1 },
	{ "DVD+R", 0x1b, 0, 2295104, 2295104 - 2048, 153 },
	{ "DVD+R of 150 sessions", 0x1b, 150, 2000000, 2000000 - 2048, 3 },
	{ "DVD+R DL", 0x2b, 2, 4000000, 4000000 - 2048, 125 },
	{ "BD-R", 0x41, 0, 12219392, 12219392, 7927 },
	{ "BD-R, no whole unit", 0x41, 5, 63, 32, 1 },
	{ "BD-R, full", 0x41, 5, 31, 0, 0 },
	{ "nothing free", 0x09, 0, 0, 0, 0 },
	{ "more than there can be", 0x41, 0, 0x80000000, 0x80000000, 7927 },
};

TEST(sequential)
{
	struct imapi_medium m;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		m = disc(cases[i].profile, cases[i].sessions, cases[i].free);
		EXPECT_EQ(cases[i].room, imapi_session_room(&m, 0)) TH_LOG("%s", cases[i].name);
		EXPECT_EQ(cases[i].left, imapi_sessions_left(&m, 0)) TH_LOG("%s", cases[i].name);
	}
}

/* What is accepted fits: the session, as the medium takes it, and what closes it */
TEST(room_and_cost_agree)
{
	struct imapi_medium m;
	u32 i, room;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		m = disc(cases[i].profile, cases[i].sessions, cases[i].free);
		room = imapi_session_room(&m, 0);
		if (!room)
			continue;
		EXPECT_LE(imapi_session_takes(&m, room) + imapi_closing_reserve(&m), m.free)
			TH_LOG("%s", cases[i].name);
		EXPECT_GT(imapi_session_takes(&m, room + 1) + imapi_closing_reserve(&m), m.free)
			TH_LOG("%s", cases[i].name);
	}
}

static const struct {
	u16 profile;
	u32 blocks, takes;
} costs[] = {
	{ 0x09, 1, 305 }, { 0x09, 301, 305 }, { 0x09, 302, 306 }, { 0x1b, 1, 32 },
	{ 0x1b, 33, 48 }, { 0x11, 48, 48 }, { 0x41, 33, 64 }, { 0x43, 65, 96 }, { 0x09, 0, 305 },
};

TEST(cost)
{
	struct imapi_medium m;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(costs); i++) {
		m = disc(costs[i].profile, 0, 1u << 20);
		EXPECT_EQ(costs[i].takes, imapi_session_takes(&m, costs[i].blocks)) TH_LOG("%u", i);
	}
	m = disc(0x41, 0, 1u << 20);
	EXPECT_EQ(1ull << 32, imapi_session_takes(&m, UINT32_MAX));
}

TEST(reserve)
{
	struct imapi_medium m = disc(0x09, 0, 300000);

	EXPECT_EQ(11250, imapi_closing_reserve(&m));
	m = disc(0x09, 1, 300000);
	EXPECT_EQ(6750, imapi_closing_reserve(&m));
	/* One to be closed first, and what moves the next address by that */
	m.unfinished = true;
	EXPECT_EQ(6900 + 6750, imapi_closing_reserve(&m));
	EXPECT_EQ(41, imapi_sessions_left(&m, 0) + 1);
	m.sessions = 0;
	EXPECT_EQ(11400 + 6750, imapi_closing_reserve(&m));
	m.state = IMAPI_COMPLETE;
	EXPECT_EQ(0, imapi_closing_reserve(&m));
	EXPECT_EQ(0, imapi_session_room(&m, 0));
}

TEST(no_address)
{
	struct imapi_medium m = disc(0x09, 1, 300000);

	m.nwa_valid = false;
	EXPECT_EQ(0, imapi_session_room(&m, 0));
	EXPECT_EQ(0, imapi_sessions_left(&m, 0));
	m.nwa_valid = true;
	m.writable = false;
	EXPECT_EQ(0, imapi_session_room(&m, 0));
}

TEST(overwritable)
{
	struct imapi_medium m = {
		.type = imapi_media_type(0x1a), .state = IMAPI_OVERWRITABLE, .writable = true,
		.capacity = 2295104,
	};

	EXPECT_EQ(2295104 - 1024, imapi_session_room(&m, 1024));
	EXPECT_EQ(0, imapi_closing_reserve(&m));
	EXPECT_EQ(0, imapi_session_room(&m, 2295104));
	EXPECT_EQ(0, imapi_session_room(&m, UINT32_MAX));
	EXPECT_EQ(32, imapi_session_room(&m, 2295104 - 47));
	EXPECT_EQ(1, imapi_sessions_left(&m, 2295104 - 47));
	m.unformatted = true;
	EXPECT_EQ(0, imapi_session_room(&m, 0));
	m.free = 2295104;
	EXPECT_EQ(2295104 - 32, imapi_session_room(&m, 32));
	/* What is formatted so far doesn't count: the format goes on before a session */
	m.unformatted = false;
	m.stopped = true;
	m.capacity = 4096;
	EXPECT_EQ(2295104 - 2048, imapi_session_room(&m, 2048));
	EXPECT_LT(1000, imapi_sessions_left(&m, 2048));
}

TEST(readable)
{
	struct imapi_medium m = disc(0x09, 1, 300000);

	m.last = (struct imapi_place){ .number = 1, .start = 16402, .end = 16704 };
	m.capacity = 16704;
	EXPECT_EQ(300, imapi_readable(&m, 16402));
	EXPECT_EQ(1, imapi_readable(&m, 16701));
	EXPECT_EQ(0, imapi_readable(&m, 16702));
	EXPECT_EQ(0, imapi_readable(&m, 16401));
	EXPECT_EQ(0, imapi_readable(&m, UINT32_MAX));
	/* The block layer doesn't know the newest session yet */
	m.capacity = 16500;
	EXPECT_EQ(96, imapi_readable(&m, 16402));
	m.capacity = 0;
	EXPECT_EQ(0, imapi_readable(&m, 16402));
	m = disc(0x1b, 1, 300000);
	m.last = (struct imapi_place){ .number = 1, .start = 0, .end = 160 };
	m.capacity = 160;
	EXPECT_EQ(160, imapi_readable(&m, 0));
}

TEST_HARNESS_MAIN
