// SPDX-License-Identifier: GPL-2.0-only
/* Power that is cut within a command: its first steps are done, and the disc shows it */
#include "drive_fixture.h"

FIXTURE(torn) {
	struct bench b;
};

FIXTURE_SETUP(torn)
{
	bench_init(&self->b);
}

FIXTURE_TEARDOWN(torn)
{
	bench_exit(&self->b);
}

/* The power is back, and what it has to say is said */
#define TEAR(b, steps, length, ...) \
	(bench_tear(b, steps, length, (const uint8_t[16]){ __VA_ARGS__ }), bench_settle(b))

/* Byte 2 of disc information: erasable, state of the last session, of the disc */
static unsigned int state(struct bench *b)
{
	return RUN(b, 34, 0x51, 0, 0, 0, 0, 0, 0, 0, 34) ? 0xff : b->data[2];
}

static void next_disc(struct __test_metadata *_metadata, struct bench *b, const char *media)
{
	disc_close(drive_eject(b->drive));
	bench_exit(b);
	bench_init(b);
	ASSERT_EQ(0, bench_new(b, media));
}

/* The disc alone, in another drive */
static void reload(struct __test_metadata *_metadata, struct bench *b)
{
	disc_close(drive_eject(b->drive));
	ASSERT_EQ(0, bench_load(b));
}

TEST_F(torn, write)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "dvd-ram"));
	ASSERT_EQ(0, bench_write(b, 0, 8));
	ASSERT_EQ(0, SYNC(b));
	memset(b->data, 0, sizeof(b->data));
	/* WRITE AND VERIFY, which waits for no flush; nothing comes of a WRITE then */
	TEAR(b, 3, 8 * BLOCK_SIZE, 0x2e, 0, BE32(0), 0, BE16(8));
	EXPECT_EQ(0, bench_compare(b, 3, 5));
	EXPECT_EQ(1, bench_compare(b, 2, 1));
	memset(b->data, 0, sizeof(b->data));
	TEAR(b, 3, 8 * BLOCK_SIZE, 0x2a, 0, BE32(3), 0, BE16(5));
	EXPECT_EQ(0, bench_compare(b, 3, 5));
}

/* The write goes on where the disc ends: on CD nowhere, else at the next ECC block */
TEST_F(torn, synchronize_cache)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "cd-r-80"));
	ASSERT_EQ(0, bench_page05(b, 1, true));
	ASSERT_EQ(0, bench_write(b, 0, 400));
	TEAR(b, 100, 0, 0x35);
	EXPECT_EQ(0, bench_compare(b, 0, 100));
	EXPECT_EQ(0x52100, RUN(b, BLOCK_SIZE, 0x28, 0, BE32(100), 0, BE16(1)));
	ASSERT_EQ(0, bench_track(b, 1));
	EXPECT_EQ(0x20, b->data[5] & 0x20);
	EXPECT_EQ(0, b->data[7] & 0x01);

	next_disc(_metadata, b, "bd-r");
	ASSERT_EQ(0, bench_write(b, 0, 400));
	TEAR(b, 0, 0, 0x35);
	ASSERT_EQ(0, bench_write(b, 0, 400));
	TEAR(b, 100, 0, 0x35);
	reload(_metadata, b);
	EXPECT_EQ(0, bench_compare(b, 0, 100));
	ASSERT_EQ(0, bench_track(b, 1));
	EXPECT_EQ(128, at32(b, 12));
	/* All of it, but the track isn't ended: that takes a flush that comes to its end */
	ASSERT_EQ(0, bench_write(b, 128, 10));
	TEAR(b, 1000, 0, 0x35);
	EXPECT_EQ(0, bench_compare(b, 128, 10));

	next_disc(_metadata, b, "dvd-ram");
	ASSERT_EQ(0, bench_write(b, 5000, 400));
	TEAR(b, 100, 0, 0x35);
	EXPECT_EQ(0, bench_compare(b, 5000, 100));
	EXPECT_EQ(1, bench_compare(b, 5100, 1));
	EXPECT_EQ(0, RUN(b, BLOCK_SIZE, 0x28, 0, BE32(2236703), 0, BE16(1)));
}

/* With anything but a power cut the drive has the rest, and writes it at the next flush */
TEST_F(torn, synchronize_cache_goes_on)
{
	const uint8_t cdb[16] = { 0x35 };
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "dvd+r"));
	ASSERT_EQ(0, bench_write(b, 0, 400));
	b->c = (struct command) { .cdb = cdb };
	drive_tear(b->drive, &b->c, 33);
	EXPECT_EQ(33, b->written);
	ASSERT_EQ(0, bench_write(b, 400, 16));
	ASSERT_EQ(0, SYNC(b));
	EXPECT_EQ(416, b->written);
	drive_power(b->drive);
	bench_settle(b);
	EXPECT_EQ(0, bench_compare(b, 0, 416));
}

/* Grown, but for what the cache had */
TEST_F(torn, restricted_overwrite)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "dvd-rw:32M"));
	ASSERT_EQ(0, bench_format(b, 0x15, 0, 16));
	ASSERT_EQ(0, bench_write(b, 0, 320));
	TEAR(b, 40, 0, 0x35);
	ASSERT_EQ(0, RUN(b, 8, 0x25));
	EXPECT_EQ(47, at32(b, 0));
	EXPECT_EQ(0, bench_compare(b, 0, 40));
	EXPECT_EQ(0, bench_write(b, 48, 16));
}

/* The track is closed, the session isn't; what closes it comes again */
TEST_F(torn, close_session)
{
	static const char *const media[] = { "cd-r-80", "dvd-r", "dvd+r", "bd-r" };
	struct bench *b = &self->b;
	unsigned int i;

	ASSERT_EQ(0, bench_new(b, "cd-r-80"));
	for (i = 0; i < 4; i++) {
		next_disc(_metadata, b, media[i]);
		ASSERT_EQ(0, bench_page05(b, i ? 0 : 1, true));
		ASSERT_EQ(0, bench_write(b, 0, 320));
		ASSERT_EQ(0, SYNC(b));
		TEAR(b, 0, 0, 0x5b, 0, 2);
		EXPECT_EQ(0x05, state(b)) TH_LOG("%s", media[i]);
		TEAR(b, 1, 0, 0x5b, 0, 2);
		EXPECT_EQ(0x05, state(b)) TH_LOG("%s", media[i]);
		ASSERT_EQ(0, bench_track(b, 1));
		EXPECT_EQ(0, b->data[7] & 0x01);
		EXPECT_EQ(i ? 320 : 322, at32(b, 24));
		EXPECT_EQ(0x52400, RUN(b, 12, 0x43, 0, 0, 0, 0, 0, 0, 0, 12));
		ASSERT_EQ(0, bench_page05(b, i ? 0 : 1, true));
		ASSERT_EQ(0, CLOSE_SESSION(b));
		EXPECT_EQ(0x01, state(b)) TH_LOG("%s", media[i]);
		EXPECT_EQ(0, bench_compare(b, 0, 320));
	}
}

/* A track has one step, a finished disc and a session two */
TEST_F(torn, close_others)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "dvd+r"));
	ASSERT_EQ(0, bench_write(b, 0, 32));
	TEAR(b, 1, 0, 0x5b, 0, 1, 0, BE16(1));
	ASSERT_EQ(0, bench_track(b, 1));
	EXPECT_EQ(0, b->data[7] & 0x01);
	EXPECT_EQ(0, bench_compare(b, 0, 32));
	TEAR(b, 1, 0, 0x5b, 0, 6);
	EXPECT_EQ(0x05, state(b));
	TEAR(b, 2, 0, 0x5b, 0, 2);
	EXPECT_EQ(0x01, state(b));
	TEAR(b, 1, 0, 0x5b, 0, 6);
	EXPECT_EQ(0x01, state(b));
	TEAR(b, 2, 0, 0x5b, 0, 6);
	EXPECT_EQ(0x0e, state(b));
	/* DVD+RW and DVD-RW: what it has is flushed, and the format goes on */
	next_disc(_metadata, b, "dvd-rw:32M");
	ASSERT_EQ(0, bench_format(b, 0x15, 0, 16));
	ASSERT_EQ(0, bench_write(b, 0, 32));
	TEAR(b, 1, 0, 0x5b, 0, 2);
	EXPECT_EQ(0x15, state(b));
	EXPECT_EQ(0, bench_compare(b, 0, 32));
	ASSERT_EQ(0, CLOSE_SESSION(b));
	EXPECT_EQ(0x1e, state(b));
}

/* Neither what it was nor blank: only BLANK takes it, of all of it */
TEST_F(torn, blank)
{
	static const char *const media[] = { "cd-rw-80", "dvd-rw" };
	struct bench *b = &self->b;
	unsigned int i;

	ASSERT_EQ(0, bench_new(b, "cd-rw-80"));
	for (i = 0; i < 2; i++) {
		next_disc(_metadata, b, media[i]);
		ASSERT_EQ(0, bench_page05(b, i ? 0 : 1, true));
		ASSERT_EQ(0, bench_write(b, 0, 320));
		ASSERT_EQ(0, CLOSE_SESSION(b));
		TEAR(b, 0, 0, 0xa1, 1);
		EXPECT_EQ(0, bench_compare(b, 0, 320));
		TEAR(b, 1, 0, 0xa1, 1);
		reload(_metadata, b);
		/* One session that isn't closed, of a track that is damaged */
		EXPECT_EQ(0x15, state(b)) TH_LOG("%s", media[i]);
		EXPECT_EQ(1, b->data[4]);
		EXPECT_EQ(1, b->data[6]);
		ASSERT_EQ(0, bench_track(b, 1));
		EXPECT_EQ(0x20, b->data[5] & 0x20);
		EXPECT_EQ(0, b->data[7] & 0x01);
		EXPECT_EQ(0x31100, RUN(b, BLOCK_SIZE, 0x28, 0, BE32(0), 0, BE16(1)));
		EXPECT_EQ(0x52400, RUN(b, 12, 0x43, 0, 0, 0, 0, 0, 0, 0, 12));
		ASSERT_EQ(0, RUN(b, 8, 0x25));
		EXPECT_EQ(0, at32(b, 0));
		ASSERT_EQ(0, bench_page05(b, i ? 0 : 1, true));
		EXPECT_EQ(0x52102, bench_write(b, 0, 16));
		EXPECT_EQ(0x57200, CLOSE_TRACK(b, 1));
		EXPECT_EQ(0x57200, CLOSE_SESSION(b));
		EXPECT_EQ(0x52400, RUN(b, 0, 0xa1, 6));
		ASSERT_EQ(0, RUN(b, 0, 0xa1, 1));
		EXPECT_EQ(0x10, state(b));
	}
	ASSERT_EQ(0, bench_page05(b, 2, false));
	EXPECT_EQ(0, RUN(b, 0, 0x53, 0, 0, 0, 0, BE32(100)));
}

TEST_F(torn, blank_of_a_session)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "dvd-rw"));
	ASSERT_EQ(0, bench_page05(b, 0, true));
	ASSERT_EQ(0, bench_write(b, 0, 320));
	ASSERT_EQ(0, CLOSE_SESSION(b));
	TEAR(b, 0, 0, 0xa1, 6);
	EXPECT_EQ(0x11, state(b));
	TEAR(b, 1, 0, 0xa1, 6);
	EXPECT_EQ(0x10, state(b));
}

/* Begun and not ended: the drive goes on with it when something is written */
TEST_F(torn, format_dvd_plus_rw)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "dvd+rw:32M"));
	bench_put_format(b, 0x26, 16384, 0);
	TEAR(b, 0, 12, 0x04, 0x11);
	EXPECT_EQ(0x10, state(b));
	EXPECT_EQ(0, b->data[7] & 3);
	bench_put_format(b, 0x26, 16384, 0);
	TEAR(b, 1, 12, 0x04, 0x11);
	reload(_metadata, b);
	EXPECT_EQ(0x1e, state(b));
	EXPECT_EQ(1, b->data[7] & 3);
	ASSERT_EQ(0, RUN(b, 8, 0x25));
	EXPECT_EQ(0, at32(b, 0));
	EXPECT_EQ(0x52100, RUN(b, BLOCK_SIZE, 0x28, 0, BE32(0), 0, BE16(1)));
	ASSERT_EQ(0, bench_write(b, 0, 16));
	EXPECT_EQ(0x1e, state(b));
	EXPECT_EQ(2, b->data[7] & 3);
	EXPECT_EQ(0, bench_compare(b, 0, 16));
	ASSERT_EQ(0, bench_format(b, 0x26, 16384, 0));
	EXPECT_EQ(0x1e, state(b));
	EXPECT_EQ(2, b->data[7] & 3);
}

/* Not formatted, whatever it was before */
TEST_F(torn, format_random)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "bd-re"));
	ASSERT_EQ(0, bench_format(b, 0x30, 12088320, 0));
	ASSERT_EQ(0, bench_write(b, 0, 32));
	bench_put_format(b, 0x31, 12219392, 0);
	TEAR(b, 1, 12, 0x04, 0x11);
	reload(_metadata, b);
	EXPECT_EQ(0x10, state(b));
	EXPECT_EQ(0x53010, bench_write(b, 0, 32));
	ASSERT_EQ(0, bench_format(b, 0x31, 12219392, 0));
	EXPECT_EQ(0, bench_write(b, 0, 32));
	next_disc(_metadata, b, "dvd-ram");
	bench_put_format(b, 0x00, 2236704, 0);
	TEAR(b, 1, 12, 0x04, 0x11);
	EXPECT_EQ(0x53010, bench_write(b, 0, 32));
	ASSERT_EQ(0, bench_format(b, 0x00, 2236704, 0));
	EXPECT_EQ(0, bench_write(b, 0, 32));
}

TEST_F(torn, format_dvd_rw)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "dvd-rw:32M"));
	bench_put_format(b, 0x15, 0, 0);
	TEAR(b, 1, 12, 0x04, 0x11);
	EXPECT_EQ(0x15, state(b));
	EXPECT_EQ(0x31100, RUN(b, BLOCK_SIZE, 0x28, 0, BE32(0), 0, BE16(1)));
	ASSERT_EQ(0, bench_format(b, 0x10, 16384, 16));
	EXPECT_EQ(0x1e, state(b));
	EXPECT_EQ(0, bench_write(b, 0, 16));
}

/* Whatever has no steps isn't carried out, and the next command is whole again */
TEST_F(torn, without_steps)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "dvd-r"));
	ASSERT_EQ(0, bench_page05(b, 0, true));
	TEAR(b, 9, 0, 0x53, 0, 0, 0, 0, BE32(100));
	ASSERT_EQ(0, bench_track(b, 1));
	EXPECT_EQ(0, b->data[6] & 0x80);
	TEAR(b, 9, 0, 0x1b, 0, 0, 0, 2);
	EXPECT_EQ(0, RUN(b, 0, 0x00));
	ASSERT_EQ(0, bench_page05(b, 0, true));
	EXPECT_EQ(0, RUN(b, 0, 0x53, 0, 0, 0, 0, BE32(100)));
}

TEST_HARNESS_MAIN
