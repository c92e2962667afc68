// SPDX-License-Identifier: GPL-2.0-only
/* Writing by tracks: run-out, cuts of power, the cache, reservations, at once, blanking */
#include "drive_fixture.h"

FIXTURE(write) {
	struct bench b;
};

FIXTURE_SETUP(write)
{
	bench_init(&self->b);
}

FIXTURE_TEARDOWN(write)
{
	bench_exit(&self->b);
}

static void expect_track(struct __test_metadata *_metadata, struct bench *b, unsigned int number,
			 uint32_t start, uint32_t size)
{
	ASSERT_EQ(0, bench_track(b, number));
	EXPECT_EQ(start, at32(b, 8));
	EXPECT_EQ(size, at32(b, 24));
	EXPECT_EQ(0, b->data[7] & 1);
}

/* The power goes and comes back */
static void cut(struct bench *b)
{
	drive_power(b->drive);
	bench_settle(b);
}

/* --- track at once on CD (MMC-6 4.2.7) --- */

TEST_F(write, run_out)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "cd-r-80"));
	ASSERT_EQ(0, bench_page05(b, 1, true));
	ASSERT_EQ(0, bench_write(b, 0, 310));
	ASSERT_EQ(0, SYNC(b));
	/* The flush ended the track; the next one comes after run-out and pre-gap */
	expect_track(_metadata, b, 1, 0, 312);
	ASSERT_EQ(0, bench_track(b, 0xff));
	EXPECT_EQ(312 + 150, at32(b, 12));
	EXPECT_EQ(0x52102, bench_write(b, 310, 1));
	ASSERT_EQ(0, bench_write(b, 462, 400));
	ASSERT_EQ(0, SYNC(b));
	ASSERT_EQ(0, CLOSE_SESSION(b));
	expect_track(_metadata, b, 2, 462, 402);
	ASSERT_EQ(0, RUN(b, 8, 0x25));
	EXPECT_EQ(863, at32(b, 0));
	/* Run-out: what was before it comes, then the block that failed */
	EXPECT_EQ(0, bench_compare(b, 0, 310));
	EXPECT_EQ(0x31100, RUN(b, 8 * 2048, 0x28, 0, BE32(305), 0, BE16(8)));
	EXPECT_EQ(5 * 2048, b->c.done);
	EXPECT_EQ(0xf0, b->c.sense[0]);
	EXPECT_EQ(310, (b->c.sense[3] << 24 | b->c.sense[4] << 16 | b->c.sense[5] << 8 |
			b->c.sense[6]));
	EXPECT_EQ(0x31100, RUN(b, 2048, 0x28, 0, BE32(311), 0, BE16(1)));
	/* The pre-gap is a data track's as well */
	EXPECT_EQ(0, RUN(b, 2048, 0x28, 0, BE32(461), 0, BE16(1)));
	EXPECT_EQ(0, b->data[0]);
	EXPECT_EQ(0x31100, RUN(b, 2048, 0x28, 0, BE32(863), 0, BE16(1)));
	EXPECT_EQ(0x52100, RUN(b, 2048, 0x28, 0, BE32(864), 0, BE16(1)));
	EXPECT_EQ(0, bench_compare(b, 462, 400));
}

/* 4 seconds at least: the drive fills it up with zeros */
TEST_F(write, short_track)
{
	struct bench *b = &self->b;
	uint32_t i;

	ASSERT_EQ(0, bench_new(b, "cd-rw-80"));
	ASSERT_EQ(0, bench_page05(b, 1, true));
	ASSERT_EQ(0, bench_write(b, 0, 10));
	ASSERT_EQ(0, SYNC(b));
	expect_track(_metadata, b, 1, 0, 302);
	EXPECT_EQ(0, bench_compare(b, 0, 10));
	ASSERT_EQ(0, RUN(b, 290 * 2048, 0x28, 0, BE32(10), 0, BE16(290)));
	for (i = 0; i < 290 * 2048 && !b->data[i]; i++)
		;
	EXPECT_EQ(290 * 2048, i);
}

TEST_F(write, reading_costs_the_track)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "cd-r-80"));
	ASSERT_EQ(0, bench_page05(b, 1, true));
	ASSERT_EQ(0, bench_write(b, 0, 350));
	EXPECT_EQ(0, bench_compare(b, 0, 16));
	EXPECT_EQ(0x52102, bench_write(b, 350, 16));
	expect_track(_metadata, b, 1, 0, 352);
	/* A drive that can do both */
	ASSERT_EQ(0, drive_quirk(b->drive, "read-ends-track", false));
	ASSERT_EQ(0, bench_write(b, 502, 350));
	EXPECT_EQ(0, bench_compare(b, 502, 16));
	EXPECT_EQ(0, bench_write(b, 852, 16));
}

TEST_F(write, reading_amid_a_write_on_dvd)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "dvd-r"));
	ASSERT_EQ(0, bench_page05(b, 0, true));
	ASSERT_EQ(0, bench_write(b, 0, 100));
	EXPECT_EQ(0, bench_compare(b, 50, 50));
	EXPECT_EQ(0x52100, RUN(b, 2048, 0x28, 0, BE32(100), 0, BE16(1)));
	EXPECT_EQ(0, bench_write(b, 100, 100));
	EXPECT_EQ(0, bench_compare(b, 0, 200));
}

/* READ(12) is READ(10) with a longer length */
TEST_F(write, read_12)
{
	struct bench *b = &self->b;
	uint8_t first[2048];

	ASSERT_EQ(0, bench_new(b, "bd-r"));
	ASSERT_EQ(0, bench_write(b, 0, 32));
	ASSERT_EQ(0, RUN(b, 2048, 0x28, 0, BE32(17), 0, BE16(1)));
	memcpy(first, b->data, sizeof(first));
	ASSERT_EQ(0, RUN(b, 3 * 2048, 0xa8, 0, BE32(17), BE32(3)));
	EXPECT_EQ(3 * 2048, b->c.done);
	EXPECT_EQ(0, memcmp(first, b->data, sizeof(first)));
	EXPECT_EQ(0, RUN(b, 0, 0xa8, 0, BE32(17), BE32(0)));
	EXPECT_EQ(0x52100, RUN(b, 2048, 0xa8, 0, BE32(0x7fffffff), BE32(1)));
}

/* --- cache and power --- */

TEST_F(write, cache_is_lost_with_the_power)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "bd-r"));
	ASSERT_EQ(0, bench_write(b, 0, 96));
	ASSERT_EQ(0, SYNC(b));
	EXPECT_EQ(96, b->written);
	ASSERT_EQ(0, bench_write(b, 96, 64));
	EXPECT_EQ(96, b->written);
	cut(b);
	ASSERT_EQ(0, bench_track(b, 1));
	EXPECT_EQ(96, at32(b, 12));
	EXPECT_EQ(0, bench_compare(b, 0, 96));
	EXPECT_EQ(0x52100, RUN(b, 2048, 0x28, 0, BE32(96), 0, BE16(1)));
	/* Nothing had reached the disc: it is blank again */
	disc_close(drive_eject(b->drive));
	bench_exit(b);
	bench_init(b);
	ASSERT_EQ(0, bench_new(b, "dvd+r"));
	ASSERT_EQ(0, bench_write(b, 0, 64));
	cut(b);
	ASSERT_EQ(0, RUN(b, 34, 0x51, 0, 0, 0, 0, 0, 0, 0, 34));
	EXPECT_EQ(0, b->data[2] & 0x0f);
}

/* 2 MiB and no more is at stake */
TEST_F(write, cache_is_bounded)
{
	struct bench *b = &self->b;
	uint32_t i;

	ASSERT_EQ(0, bench_new(b, "dvd-r"));
	ASSERT_EQ(0, bench_page05(b, 0, true));
	for (i = 0; i < 5; i++)
		ASSERT_EQ(0, bench_write(b, 400 * i, 400));
	EXPECT_EQ(1024, b->written);
	cut(b);
	ASSERT_EQ(0, bench_track(b, 1));
	EXPECT_EQ(1024, at32(b, 12));
	EXPECT_EQ(0, bench_compare(b, 600, 424));
}

/* A track at once that was cut off can't go on; closing repairs it */
TEST_F(write, cut_track_at_once)
{
	struct bench *b = &self->b;
	uint32_t i;

	ASSERT_EQ(0, bench_new(b, "cd-r-80"));
	ASSERT_EQ(0, bench_page05(b, 1, true));
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, bench_write(b, 400 * i, 400));
	cut(b);
	ASSERT_EQ(0, bench_track(b, 1));
	EXPECT_EQ(0x20, b->data[5] & 0x20);
	EXPECT_EQ(0, b->data[7] & 1);
	ASSERT_EQ(0, bench_page05(b, 1, true));
	EXPECT_EQ(0x52102, bench_write(b, 1024, 16));
	ASSERT_EQ(0, CLOSE_TRACK(b, 1));
	expect_track(_metadata, b, 1, 0, 1026);
	ASSERT_EQ(0, CLOSE_SESSION(b));
	EXPECT_EQ(0, bench_compare(b, 600, 424));
	ASSERT_EQ(0, bench_track(b, 2));
	EXPECT_EQ(1026 + 11400, at32(b, 12));
}

/* A reset isn't a power cut: what was taken is written */
TEST_F(write, reset_keeps_the_cache)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "dvd+r"));
	ASSERT_EQ(0, bench_write(b, 0, 64));
	drive_reset(b->drive);
	bench_settle(b);
	cut(b);
	ASSERT_EQ(0, bench_track(b, 1));
	EXPECT_EQ(64, at32(b, 12));
}

TEST_F(write, flush_fills_the_ecc_block)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "bd-r"));
	ASSERT_EQ(0, bench_write(b, 0, 33));
	ASSERT_EQ(0, bench_track(b, 1));
	EXPECT_EQ(33, at32(b, 12));
	ASSERT_EQ(0, SYNC(b));
	ASSERT_EQ(0, bench_track(b, 1));
	EXPECT_EQ(64, at32(b, 12));
	EXPECT_EQ(63, at32(b, 28));
	EXPECT_EQ(0x02, b->data[7] & 0x02);
}

TEST_F(write, immediate)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "dvd+r"));
	ASSERT_EQ(0, bench_write(b, 0, 16));
	ASSERT_EQ(0, RUN(b, 0, 0x35, 2));
	EXPECT_EQ(0x20408, RUN(b, 0, 0x00));
	EXPECT_EQ(0x80, b->c.sense[15]);
	EXPECT_EQ(0x20408, RUN(b, 0, 0x00));
	EXPECT_EQ(0, RUN(b, 0, 0x00));
	EXPECT_EQ(1, b->works[DRIVE_WORK_SYNC]);
}

/* --- parameters that don't fit --- */

TEST_F(write, parameters)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "cd-r-80"));
	/* Session at once without a cue sheet */
	ASSERT_EQ(0, bench_page05(b, 2, true));
	EXPECT_EQ(0x52c00, bench_write(b, 0, 16));
	/* WRITE AND VERIFY isn't for CD */
	ASSERT_EQ(0, bench_page05(b, 1, true));
	EXPECT_EQ(0x52000, SEND(b, 2048, 0x2e, 0, 0, 0, 0, 0, 0, 0, 1));
	/* Nothing to write is no error */
	EXPECT_EQ(0, SEND(b, 0, 0x2a));
	EXPECT_EQ(0, SEND(b, 0, 0xaa));
	/* Page 05h stands while the track is written */
	ASSERT_EQ(0, bench_write(b, 0, 16));
	EXPECT_EQ(0x52c00, bench_page05(b, 2, true));
}

/* --- WRITE (12): a length of 4 bytes (MMC-6 6.46) --- */

TEST_F(write, twelve)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "dvd+r"));
	bench_fill(b, 0, 300);
	ASSERT_EQ(0, SEND(b, 300 * BLOCK_SIZE, 0xaa, 0, BE32(0), BE32(300)));
	EXPECT_EQ(300 * BLOCK_SIZE, b->c.done);
	/* Each byte of the length counts: more than there is data for, and nothing comes of it */
	EXPECT_EQ(0x52400, SEND(b, 32 * BLOCK_SIZE, 0xaa, 0, BE32(300), BE32(0x01000010)));
	EXPECT_EQ(0x52400, SEND(b, 32 * BLOCK_SIZE, 0xaa, 0, BE32(300), BE32(0x00010010)));
	EXPECT_EQ(0x52400, SEND(b, 32 * BLOCK_SIZE, 0xaa, 0, BE32(300), BE32(0x00000110)));
	EXPECT_EQ(0x52102, SEND(b, 32 * BLOCK_SIZE, 0xaa, 0, BE32(0x01000000 + 300), BE32(32)));
	ASSERT_EQ(0, bench_track(b, 1));
	EXPECT_EQ(300, at32(b, 12));
	/* Streaming, as BD recorders are sent it, is the same */
	bench_fill(b, 300, 20);
	ASSERT_EQ(0, SEND(b, 20 * BLOCK_SIZE, 0xaa, 0, BE32(300), BE32(20), 0x80));
	ASSERT_EQ(0, SYNC(b));
	ASSERT_EQ(0, CLOSE_SESSION(b));
	EXPECT_EQ(320, b->written);
	EXPECT_EQ(0, bench_compare(b, 0, 320));
}

/* --- CLOSE TRACK SESSION with function 5: finalized at the least radius (MMC-6 6.3) --- */

TEST_F(write, finalized_minimally)
{
	static const char *const media[] = { "dvd+r", "dvd+r-dl", "cd-r-80", "dvd-r", "bd-r" };
	struct bench *b = &self->b;
	unsigned int i;

	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, bench_new(b, media[i]));
		ASSERT_EQ(0, bench_page05(b, i == 2 ? 1 : 0, true));
		ASSERT_EQ(0, bench_write(b, 0, 320));
		ASSERT_EQ(0, SYNC(b));
		EXPECT_EQ(i < 2 ? 0 : 0x52400, RUN(b, 0, 0x5b, 0, 5)) TH_LOG("%s", media[i]);
		ASSERT_EQ(0, RUN(b, 34, 0x51, 0, 0, 0, 0, 0, 0, 0, 34));
		EXPECT_EQ(i < 2 ? 0x0e : 0x05, b->data[2]) TH_LOG("%s", media[i]);
		if (i < 2) {
			EXPECT_EQ(0x57200, CLOSE_SESSION(b));
			EXPECT_EQ(0, bench_compare(b, 0, 320));
		}
		disc_close(drive_eject(b->drive));
		bench_exit(b);
		bench_init(b);
	}
}

/* --- reservations (MMC-6 6.32) --- */

TEST_F(write, reserved_tracks)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "dvd-r"));
	ASSERT_EQ(0, bench_page05(b, 0, true));
	ASSERT_EQ(0, RUN(b, 0, 0x53, 0, 0, 0, 0, BE32(100)));
	ASSERT_EQ(0, bench_track(b, 1));
	EXPECT_EQ(0xc0, b->data[6] & 0xc0);
	EXPECT_EQ(112, at32(b, 24));
	EXPECT_EQ(112, at32(b, 16));
	ASSERT_EQ(0, bench_track(b, 0xff));
	EXPECT_EQ(2, b->data[2]);
	EXPECT_EQ(112, at32(b, 12));
	/* Two tracks are open, each with its next address */
	ASSERT_EQ(0, bench_write(b, 0, 16));
	ASSERT_EQ(0, bench_write(b, 112, 32));
	ASSERT_EQ(0, bench_write(b, 16, 16));
	EXPECT_EQ(0x56300, bench_write(b, 32, 81));
	EXPECT_EQ(0x57204, CLOSE_SESSION(b));
	ASSERT_EQ(0, bench_write(b, 32, 80));
	EXPECT_EQ(0x52102, bench_write(b, 48, 16));
	ASSERT_EQ(0, SYNC(b));
	expect_track(_metadata, b, 1, 0, 112);
	ASSERT_EQ(0, CLOSE_SESSION(b));
	EXPECT_EQ(0, bench_compare(b, 0, 144));
	EXPECT_EQ(0x52400, RUN(b, 0, 0x53, 0, 0, 0, 0, BE32(0)));
	EXPECT_EQ(0x52100, RUN(b, 0, 0x53, 0, 0, 0, 0, BE32(0x7fffffff)));
}

/* The whole of a DVD-R at once: lead-in and lead-out come by themselves */
TEST_F(write, disc_at_once)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "dvd-rw"));
	ASSERT_EQ(0, RUN(b, 0, 0xa1, 1));
	/* Blanked minimally it takes nothing else, and says so */
	ASSERT_EQ(0, RUN(b, 16, 0x46, 2, 0, 0x21, 0, 0, 0, 0, 16));
	EXPECT_EQ(0, b->data[10] & 1);
	ASSERT_EQ(0, bench_page05(b, 0, true));
	EXPECT_EQ(0x56400, bench_write(b, 0, 16));
	ASSERT_EQ(0, bench_page05(b, 2, false));
	EXPECT_EQ(0x52c00, bench_write(b, 0, 16));
	ASSERT_EQ(0, RUN(b, 0, 0x53, 0, 0, 0, 0, BE32(100)));
	ASSERT_EQ(0, bench_write(b, 0, 50));
	ASSERT_EQ(0, bench_write(b, 50, 50));
	EXPECT_EQ(0x56300, bench_write(b, 100, 1));
	ASSERT_EQ(0, SYNC(b));
	ASSERT_EQ(0, RUN(b, 34, 0x51, 0, 0, 0, 0, 0, 0, 0, 34));
	EXPECT_EQ(0x1e, b->data[2]);
	expect_track(_metadata, b, 1, 0, 100);
	EXPECT_EQ(0, bench_compare(b, 0, 100));
}

/* --- session at once on CD (MMC-6 6.39) --- */

static void put_cue(uint8_t *p, unsigned int track, unsigned int index, unsigned int form,
		    uint32_t lba)
{
	uint32_t frames = lba + 150;

	p[0] = 0x41;
	p[1] = (uint8_t)track;
	p[2] = (uint8_t)index;
	p[3] = (uint8_t)form;
	p[4] = 0;
	p[5] = (uint8_t)(frames / 4500);
	p[6] = (uint8_t)(frames / 75 % 60);
	p[7] = (uint8_t)(frames % 75);
}

/* Lead-in, a track from @start with its pre-gap, another one, lead-out */
static uint32_t cue_sheet(struct bench *b, uint32_t start, uint32_t second, uint32_t end)
{
	put_cue(b->data, 0, 0, 0x14, (uint32_t)-150);
	put_cue(b->data + 8, 1, 0, 0x10, start - 150);
	put_cue(b->data + 16, 1, 1, 0x10, start);
	put_cue(b->data + 24, 2, 1, 0x10, second);
	put_cue(b->data + 32, 0xaa, 1, 0x14, end);
	return SEND(b, 40, 0x5d, 0, 0, 0, 0, 0, 0, 0, 40);
}

TEST_F(write, session_at_once)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "cd-r-80"));
	EXPECT_EQ(0x52c00, cue_sheet(b, 0, 400, 800));
	ASSERT_EQ(0, bench_page05(b, 2, true));
	EXPECT_EQ(0x52600, cue_sheet(b, 16, 400, 800));
	EXPECT_EQ(0x52600, cue_sheet(b, 0, 299, 800));
	EXPECT_EQ(0x52600, cue_sheet(b, 0, 600, 800));
	EXPECT_EQ(0x52100, cue_sheet(b, 0, 400, 360000));
	ASSERT_EQ(0, cue_sheet(b, 0, 400, 800));
	/* The pre-gap comes first, and is the next address now */
	ASSERT_EQ(0, bench_track(b, 0xff));
	EXPECT_EQ((uint32_t)-150, at32(b, 12));
	EXPECT_EQ(0, at32(b, 8));
	EXPECT_EQ(0x52102, bench_write(b, 0, 16));
	ASSERT_EQ(0, bench_write(b, (uint32_t)-150, 160));
	EXPECT_EQ(0x52c00, RUN(b, 2048, 0x28, 0, 0, 0, 0, 0, 0, 0, 1));
	ASSERT_EQ(0, bench_write(b, 10, 400));
	EXPECT_EQ(0x56300, bench_write(b, 410, 391));
	ASSERT_EQ(0, bench_write(b, 410, 390));
	ASSERT_EQ(0, SYNC(b));
	/* No run-out in it, and the session is closed */
	expect_track(_metadata, b, 1, 0, 400);
	expect_track(_metadata, b, 2, 400, 400);
	ASSERT_EQ(0, RUN(b, 34, 0x51, 0, 0, 0, 0, 0, 0, 0, 34));
	EXPECT_EQ(0x01, b->data[2]);
	EXPECT_EQ(2, b->data[4]);
	ASSERT_EQ(0, RUN(b, 8, 0x25));
	EXPECT_EQ(799, at32(b, 0));
	EXPECT_EQ(0, bench_compare(b, 10, 400));
	ASSERT_EQ(0, bench_track(b, 0xff));
	EXPECT_EQ(12200, at32(b, 12));
	/* The second one by times of its own, and by those of the disc */
	ASSERT_EQ(0, cue_sheet(b, 0, 400, 800));
	ASSERT_EQ(0, bench_track(b, 0xff));
	EXPECT_EQ(12050, at32(b, 12));
	ASSERT_EQ(0, cue_sheet(b, 12200, 12600, 13000));
	ASSERT_EQ(0, bench_write(b, 12050, 500));
	ASSERT_EQ(0, bench_write(b, 12550, 450));
	ASSERT_EQ(0, SYNC(b));
	expect_track(_metadata, b, 3, 12200, 400);
	expect_track(_metadata, b, 4, 12600, 400);
	EXPECT_EQ(0, bench_compare(b, 12600, 400));
	ASSERT_EQ(0, bench_track(b, 0xff));
	EXPECT_EQ(13000 + 6900, at32(b, 12));
}

TEST_F(write, session_at_once_that_stops)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "cd-r-80"));
	ASSERT_EQ(0, bench_page05(b, 2, true));
	ASSERT_EQ(0, cue_sheet(b, 0, 400, 800));
	ASSERT_EQ(0, bench_write(b, (uint32_t)-150, 400));
	ASSERT_EQ(0, SYNC(b));
	ASSERT_EQ(0, bench_track(b, 1));
	EXPECT_EQ(0x20, b->data[5] & 0x20);
	EXPECT_EQ(0, b->data[7] & 1);
	/* Not by the cue sheet, which is over, nor as a track at once */
	EXPECT_EQ(0x52c00, bench_write(b, 250, 16));
	ASSERT_EQ(0, bench_page05(b, 1, true));
	EXPECT_EQ(0x52102, bench_write(b, 250, 16));
}

/* --- BLANK (MMC-6 6.2) --- */

static void two_sessions(struct __test_metadata *_metadata, struct bench *b, unsigned int type)
{
	unsigned int i;

	ASSERT_EQ(0, bench_page05(b, type, true));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, bench_track(b, i + 1));
		ASSERT_EQ(0, bench_write(b, at32(b, 12), 320));
		ASSERT_EQ(0, SYNC(b));
		ASSERT_EQ(0, CLOSE_SESSION(b));
	}
}

TEST_F(write, blank)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "cd-rw-80"));
	two_sessions(_metadata, b, 1);
	/* Immediate: it is told to be going on */
	ASSERT_EQ(0, RUN(b, 0, 0xa1, 0x10));
	EXPECT_EQ(0x20407, RUN(b, 0, 0x00));
	EXPECT_EQ(0x20407, RUN(b, 0, 0x00));
	ASSERT_EQ(0, RUN(b, 34, 0x51, 0, 0, 0, 0, 0, 0, 0, 34));
	EXPECT_EQ(0x10, b->data[2]);
	EXPECT_EQ(0x52100, RUN(b, 2048, 0x28, 0, 0, 0, 0, 0, 0, 0, 1));
	EXPECT_EQ(0x52400, RUN(b, 0, 0xa1, 7));
}

TEST_F(write, blank_last_session)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "dvd-rw"));
	two_sessions(_metadata, b, 0);
	/* Open the second again, then let it go */
	ASSERT_EQ(0, RUN(b, 0, 0xa1, 5));
	ASSERT_EQ(0, RUN(b, 34, 0x51, 0, 0, 0, 0, 0, 0, 0, 34));
	EXPECT_EQ(0x15, b->data[2]);
	EXPECT_EQ(2, b->data[5]);
	EXPECT_EQ(3, b->data[6]);
	EXPECT_EQ(0x52c00, RUN(b, 0, 0xa1, 5));
	ASSERT_EQ(0, RUN(b, 0, 0xa1, 6));
	ASSERT_EQ(0, RUN(b, 34, 0x51, 0, 0, 0, 0, 0, 0, 0, 34));
	EXPECT_EQ(0x11, b->data[2]);
	EXPECT_EQ(2, b->data[6]);
	ASSERT_EQ(0, bench_track(b, 2));
	EXPECT_EQ(320 + 28688, at32(b, 12));
	EXPECT_EQ(0, bench_compare(b, 0, 320));
}

TEST_F(write, blank_tail)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "dvd-rw"));
	ASSERT_EQ(0, bench_page05(b, 0, true));
	ASSERT_EQ(0, bench_write(b, 0, 320));
	EXPECT_EQ(0x52400, RUN(b, 0, 0xa1, 4, BE32(17)));
	EXPECT_EQ(0x52400, RUN(b, 0, 0xa1, 4, BE32(320)));
	ASSERT_EQ(0, RUN(b, 0, 0xa1, 4, BE32(160)));
	ASSERT_EQ(0, bench_track(b, 1));
	EXPECT_EQ(160, at32(b, 12));
	EXPECT_EQ(0, bench_compare(b, 0, 160));
}

/* Type 3: the last reservation goes, if nothing is in it */
TEST_F(write, unreserve)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "dvd-rw"));
	ASSERT_EQ(0, bench_page05(b, 0, true));
	EXPECT_EQ(0x52c00, RUN(b, 0, 0xa1, 3));
	ASSERT_EQ(0, RUN(b, 0, 0x53, 0, 0, 0, 0, BE32(64)));
	ASSERT_EQ(0, RUN(b, 0, 0x53, 0, 0, 0, 0, BE32(64)));
	ASSERT_EQ(0, bench_write(b, 0, 16));
	ASSERT_EQ(0, RUN(b, 0, 0xa1, 3));
	/* The invisible track begins where it did */
	ASSERT_EQ(0, bench_track(b, 0xff));
	EXPECT_EQ(2, b->data[2]);
	EXPECT_EQ(64, at32(b, 12));
	EXPECT_EQ(0x52c00, RUN(b, 0, 0xa1, 3));
	ASSERT_EQ(0, bench_track(b, 1));
	EXPECT_EQ(0x80, b->data[6] & 0xc0);
	EXPECT_EQ(16, at32(b, 12));
	ASSERT_EQ(0, SYNC(b));
	EXPECT_EQ(0, bench_compare(b, 0, 16));
}

TEST_F(write, write_once)
{
	static const char *const media[] = { "cd-r-80", "dvd-r", "dvd+r", "bd-r" };
	struct bench *b = &self->b;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, bench_new(b, media[i]));
		EXPECT_EQ(0x53000, RUN(b, 0, 0xa1, 0)) TH_LOG("%s", media[i]);
		disc_close(drive_eject(b->drive));
		bench_exit(b);
		bench_init(b);
	}
}

TEST_HARNESS_MAIN
