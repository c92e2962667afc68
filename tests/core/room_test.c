// SPDX-License-Identifier: GPL-2.0-only
/* How much may be staged; the suite's space.t has it with real disks. */
#include "core.h"
#include "room.h"
#include "kselftest_harness.h"

/* A MiB in blocks */
#define MIB	512u

static const struct {
	const char *name;
	struct imapi_room r;
	u64 taken, room, free;
} cases[] = {
	{ "a disc, and much room to stage",
	  { .medium = 1000, .spool = 1u << 20, .limit = IMAPI_ROOM_NO_LIMIT }, 300, 700, 700 },
	{ "a disc, and little room to stage",
	  { .medium = 1u << 20, .spool = 64 * MIB, .limit = IMAPI_ROOM_NO_LIMIT },
	  300, 62 * MIB, 62 * MIB },
	{ "a disc that is full",
	  { .medium = 300, .spool = 1u << 20, .limit = IMAPI_ROOM_NO_LIMIT }, 300, 0, 0 },
	{ "a disc that is more than full",
	  { .medium = 299, .spool = 1u << 20, .limit = IMAPI_ROOM_NO_LIMIT }, 300, 0, 0 },
	{ "an image on a disk of its own",
	  { .medium = 64 * MIB, .spool = 1u << 20, .limit = IMAPI_ROOM_NO_LIMIT,
	    .medium_is_file = true }, MIB, 61 * MIB, 61 * MIB },
	{ "an image beside what is staged",
	  { .medium = 64 * MIB, .spool = 128 * MIB, .limit = IMAPI_ROOM_NO_LIMIT,
	    .medium_is_file = true, .one_disk = true }, 2 * MIB, 30 * MIB, 30 * MIB },
	{ "the same with less free than the image has",
	  { .medium = 128 * MIB, .spool = 64 * MIB, .limit = IMAPI_ROOM_NO_LIMIT,
	    .medium_is_file = true, .one_disk = true }, 2 * MIB, 30 * MIB, 30 * MIB },
	{ "a device whose node is on the spool's disk",
	  { .medium = 1000, .spool = 1u << 20, .limit = IMAPI_ROOM_NO_LIMIT,
	    .one_disk = true }, 300, 700, 700 },
	{ "less free than a disk needs for itself",
	  { .medium = 1000, .spool = MIB, .limit = IMAPI_ROOM_NO_LIMIT }, 0, 0, 0 },
	{ "a bound that leaves some",
	  { .medium = 1000, .spool = 1u << 20, .limit = 20480, .staged_bytes = 10241 },
	  300, 700, 4 },
	{ "a bound that is reached",
	  { .medium = 1000, .spool = 1u << 20, .limit = 20480, .staged_bytes = 20480 },
	  300, 700, 0 },
	{ "a bound that is passed",
	  { .medium = 1000, .spool = 1u << 20, .limit = 20480, .staged_bytes = 20481 },
	  300, 0, 0 },
	{ "a bound of nothing",
	  { .medium = 1000, .spool = 1u << 20 }, 300, 700, 0 },
	{ "figures as large as can be",
	  { .medium = ~0ull, .spool = ~0ull, .limit = IMAPI_ROOM_NO_LIMIT,
	    .staged_bytes = ~0ull }, ~0ull, 0, 0 },
};

TEST(room)
{
	u32 i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		EXPECT_EQ(cases[i].room, imapi_room(&cases[i].r, cases[i].taken))
			TH_LOG("%s", cases[i].name);
		EXPECT_EQ(cases[i].free, imapi_room_free(&cases[i].r, cases[i].taken))
			TH_LOG("%s, free", cases[i].name);
	}
}

TEST_HARNESS_MAIN
