// SPDX-License-Identifier: GPL-2.0-only
/* Media that are formatted: capacities that are offered, formats, what they make of the disc */
#include "drive_fixture.h"

FIXTURE(format) {
	struct bench b;
};

FIXTURE_SETUP(format)
{
	bench_init(&self->b);
}

FIXTURE_TEARDOWN(format)
{
	bench_exit(&self->b);
}

static uint32_t capacities(struct bench *b)
{
	return RUN(b, 252, 0x23, 0, 0, 0, 0, 0, 0, 0, 252);
}

static unsigned int profile(struct bench *b)
{
	return RUN(b, 8, 0x46, 0, 0, 0, 0, 0, 0, 0, 8) ? 0xffff : at16(b, 6);
}

static uint32_t status(struct bench *b)
{
	return RUN(b, 34, 0x51, 0, 0, 0, 0, 0, 0, 0, 34) ? 0xff : b->data[2] & 0x0f;
}

/* What READ CAPACITY says, counted in blocks; 1 where nothing is */
static uint32_t readable(struct bench *b)
{
	return RUN(b, 8, 0x25) ? 0 : at32(b, 0) + 1;
}

/* --- READ FORMAT CAPACITIES (MMC-6 6.23): current, then what can be formatted --- */

static const struct {
	const char *media;
	unsigned int type;		/* 1 unformatted, 2 formatted */
	uint32_t blocks;
	struct { uint32_t blocks, type, parameter; } offers[6];
} blanks[] = {
	{ "cd-r-80", 1, 359849, { { 0 } } },
	{ "dvd+r", 1, 2295104, { { 0 } } },
	{ "dvd-rw", 1, 2298496, { { 2298496, 0x00, 2048 }, { 2298496, 0x10, 16 },
				  { 2298496, 0x15, 16 } } },
	{ "dvd+rw", 1, 2295104, { { 2295104, 0x26, 0 } } },
	{ "dvd-ram", 2, 2236704, { { 2236704, 0x00, 2048 }, { 2295072, 0x00, 2048 } } },
	{ "bd-r", 1, 12219392, { { 11826176, 0x00, 2048 }, { 11826176, 0x32, 0x3000 },
				 { 12088320, 0x32, 0x1000 }, { 11564032, 0x32, 0x5000 } } },
	{ "bd-re", 1, 12219392, { { 11826176, 0x00, 2048 }, { 11826176, 0x30, 0x3000 },
				  { 12088320, 0x30, 0x1000 }, { 11564032, 0x30, 0x5000 },
				  { 12219392, 0x31, 2048 } } },
};

TEST_F(format, capacities)
{
	struct bench *b = &self->b;
	unsigned int i, n;
	const uint8_t *p;

	for (i = 0; i < sizeof(blanks) / sizeof(blanks[0]); i++) {
		ASSERT_EQ(0, bench_new(b, blanks[i].media));
		ASSERT_EQ(0, capacities(b));
		EXPECT_EQ(b->c.done - 4, b->data[3]) TH_LOG("%s", blanks[i].media);
		EXPECT_EQ(blanks[i].blocks, at32(b, 4));
		EXPECT_EQ(blanks[i].type, b->data[8] & 3);
		EXPECT_EQ(2048, at32(b, 8) & 0xffffff);
		for (n = 0; blanks[i].offers[n].blocks; n++) {
			p = b->data + 12 + 8 * n;
			EXPECT_EQ(blanks[i].offers[n].blocks, at32(b, 12 + 8 * n));
			EXPECT_EQ(blanks[i].offers[n].type, p[4] >> 2);
			EXPECT_EQ(blanks[i].offers[n].parameter, at32(b, 16 + 8 * n) & 0xffffff);
		}
		EXPECT_EQ(12 + 8 * n, b->c.done) TH_LOG("%s", blanks[i].media);
		disc_close(drive_eject(b->drive));
		bench_exit(b);
		bench_init(b);
	}
}

/* --- DVD+RW (MMC-6 6.4.4.2.11): all of it at once, laid down in the background --- */

TEST_F(format, dvd_plus_rw)
{
	struct bench *b = &self->b;
	uint32_t end;

	ASSERT_EQ(0, bench_new(b, "dvd+rw:32M"));
	EXPECT_EQ(0x53010, bench_write(b, 0, 16));
	EXPECT_EQ(0, status(b));
	EXPECT_EQ(0, b->data[7] & 3);
	ASSERT_EQ(0, bench_format(b, 0x26, 0xffffffff, 0));
	EXPECT_EQ(16384, readable(b));
	EXPECT_EQ(0x0e, status(b));
	EXPECT_EQ(2, b->data[7] & 3);
	/* How far it is, with no sense key */
	ASSERT_EQ(0, RUN(b, 18, 0x03, 0, 0, 0, 18));
	EXPECT_EQ(0, b->data[2]);
	EXPECT_EQ(0x0404, at16(b, 12));
	EXPECT_EQ(0x80, b->data[15]);
	/* Anywhere and any number; beyond what is laid down nothing can be read */
	ASSERT_EQ(0, bench_write(b, 7001, 3));
	EXPECT_EQ(0, bench_compare(b, 7001, 3));
	EXPECT_EQ(0x31100, RUN(b, 2048, 0x28, 0, BE32(16000), 0, BE16(1)));
	EXPECT_EQ(0x52100, bench_write(b, 16383, 2));
	/* Stopped for a lead-out: it is as long as what is there */
	ASSERT_EQ(0, SYNC(b));
	ASSERT_EQ(0, CLOSE_SESSION(b));
	end = readable(b);
	EXPECT_LE(7004, end);
	EXPECT_GT(16384, end);
	EXPECT_EQ(0x0e, status(b));
	EXPECT_EQ(1, b->data[7] & 3);
	ASSERT_EQ(0, capacities(b));
	EXPECT_EQ(end, at32(b, 4));
	EXPECT_EQ(2, b->data[8] & 3);
	/* Restarted, it comes to its end, which is an event */
	RUN(b, 8, 0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8);
	ASSERT_EQ(0, bench_format(b, 0x26, 16384, 1));
	ASSERT_EQ(0, RUN(b, 8, 0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8));
	EXPECT_EQ(6, b->data[4] & 0x0f);
	do {
		ASSERT_EQ(0, RUN(b, 8, 0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8));
	} while (!(b->data[4] & 0x0f));
	EXPECT_EQ(5, b->data[4] & 0x0f);
	EXPECT_EQ(0x0e, status(b));
	EXPECT_EQ(3, b->data[7] & 3);
	EXPECT_EQ(16384, readable(b));
	EXPECT_EQ(0, RUN(b, 2048, 0x28, 0, BE32(16000), 0, BE16(1)));
	EXPECT_EQ(0, bench_compare(b, 7001, 3));
}

/* CLOSE TRACK SESSION with function 0: the format stops, and nothing else is done (MMC-6 6.3) */
TEST_F(format, stopped)
{
	static const char *const others[] = { "cd-r-80", "dvd-r", "dvd+r", "bd-r", "dvd-rw-over" };
	struct bench *b = &self->b;
	unsigned int i, works;

	ASSERT_EQ(0, bench_new(b, "dvd+rw:32M"));
	EXPECT_EQ(0x53010, RUN(b, 0, 0x5b, 0, 0));
	ASSERT_EQ(0, bench_format(b, 0x26, 16384, 0));
	ASSERT_EQ(0, bench_write(b, 0, 16));
	works = b->works[DRIVE_WORK_CLOSE_SESSION];
	ASSERT_EQ(0, RUN(b, 0, 0x5b, 0, 0));
	EXPECT_EQ(works, b->works[DRIVE_WORK_CLOSE_SESSION]);
	EXPECT_EQ(0x0e, status(b));
	EXPECT_EQ(1, b->data[7] & 3);
	EXPECT_EQ(0, bench_compare(b, 0, 16));
	/* It stays so, until something is written; then it can be stopped again */
	EXPECT_EQ(0, RUN(b, 0, 0x5b, 0, 0));
	EXPECT_EQ(0x0e, status(b));
	EXPECT_EQ(1, b->data[7] & 3);
	ASSERT_EQ(0, bench_write(b, 16, 16));
	EXPECT_EQ(0x0e, status(b));
	EXPECT_EQ(2, b->data[7] & 3);
	EXPECT_EQ(0x52400, RUN(b, 0, 0x5b, 0, 5));
	EXPECT_EQ(0x52400, RUN(b, 0, 0x5b, 0, 6));
	/* Nothing else is formatted so */
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		disc_close(drive_eject(b->drive));
		bench_exit(b);
		bench_init(b);
		ASSERT_EQ(0, bench_new(b, others[i]));
		EXPECT_EQ(0x52400, RUN(b, 0, 0x5b, 0, 0)) TH_LOG("%s", others[i]);
	}
}

/* --- DVD-RW: restricted overwrite (MMC-6 6.4.4.2.7 to 9) --- */

TEST_F(format, dvd_rw_full)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "dvd-rw:32M"));
	EXPECT_EQ(0x0014, profile(b));
	EXPECT_EQ(0x52600, bench_format(b, 0x26, 16384, 0));
	ASSERT_EQ(0, bench_format(b, 0x10, 16384, 16));
	EXPECT_EQ(0x0013, profile(b));
	EXPECT_EQ(16384, readable(b));
	EXPECT_EQ(0x0e, status(b));
	/* Whole ECC blocks only */
	EXPECT_EQ(0x52102, bench_write(b, 8, 16));
	EXPECT_EQ(0x52400, bench_write(b, 16, 8));
	EXPECT_EQ(0, bench_write(b, 8000, 32));
	EXPECT_EQ(0, bench_write(b, 16, 16));
	ASSERT_EQ(0, SYNC(b));
	EXPECT_EQ(0, bench_compare(b, 8000, 32));
	EXPECT_EQ(0, RUN(b, 2048, 0x28, 0, BE32(16383), 0, BE16(1)));
	/* And back to sequential */
	ASSERT_EQ(0, RUN(b, 0, 0xa1, 0));
	EXPECT_EQ(0x0014, profile(b));
	EXPECT_EQ(0, status(b));
}

TEST_F(format, dvd_rw_quick)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "dvd-rw:32M"));
	ASSERT_EQ(0, bench_format(b, 0x15, 0, 16));
	EXPECT_EQ(0x0013, profile(b));
	EXPECT_EQ(0x05, status(b));
	EXPECT_EQ(16, readable(b));
	ASSERT_EQ(0, capacities(b));
	EXPECT_EQ(3, b->data[8] & 3);
	/* It grows at its end, and only there */
	EXPECT_EQ(0x52102, bench_write(b, 64, 16));
	ASSERT_EQ(0, bench_write(b, 0, 32));
	ASSERT_EQ(0, bench_write(b, 32, 160));
	EXPECT_EQ(192, readable(b));
	ASSERT_EQ(0, bench_write(b, 16, 16));
	ASSERT_EQ(0, SYNC(b));
	ASSERT_EQ(0, CLOSE_SESSION(b));
	EXPECT_EQ(0x0e, status(b));
	EXPECT_EQ(0x52100, bench_write(b, 192, 16));
	EXPECT_EQ(0, bench_compare(b, 0, 192));
	/* Grown again: by a format, or quickly by writing */
	ASSERT_EQ(0, bench_format(b, 0x11, 16, 16));
	EXPECT_EQ(208, readable(b));
	ASSERT_EQ(0, bench_format(b, 0x13, 0, 16));
	EXPECT_EQ(0x05, status(b));
	ASSERT_EQ(0, bench_write(b, 208, 16));
	/* Unflushed growth goes with the power */
	drive_power(b->drive);
	bench_settle(b);
	EXPECT_EQ(208, readable(b));
}

/* --- DVD-RAM, BD-RE, BD-R --- */

TEST_F(format, dvd_ram)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "dvd-ram"));
	EXPECT_EQ(2236704, readable(b));
	EXPECT_EQ(0x0f, status(b));
	ASSERT_EQ(0, bench_write(b, 2236703, 1));
	EXPECT_EQ(0x52100, bench_write(b, 2236704, 1));
	EXPECT_EQ(0, bench_compare(b, 2236703, 1));
	/* WRITE AND VERIFY is on the disc when it is done */
	bench_fill(b, 5, 1);
	ASSERT_EQ(0, SEND(b, 2048, 0x2e, 0, BE32(5), 0, BE16(1)));
	drive_power(b->drive);
	bench_settle(b);
	EXPECT_EQ(0, bench_compare(b, 5, 1));
	ASSERT_EQ(0, bench_format(b, 0x00, 2295072, 2048));
	EXPECT_EQ(2295072, readable(b));
	EXPECT_EQ(0x52600, bench_format(b, 0x00, 2295071, 2048));
	EXPECT_EQ(0x52400, CLOSE_SESSION(b));
}

TEST_F(format, bd_re)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "bd-re"));
	EXPECT_EQ(0, status(b));
	EXPECT_EQ(0x53010, bench_write(b, 0, 32));
	ASSERT_EQ(0, bench_format(b, 0x30, 12088320, 0));
	EXPECT_EQ(12088320, readable(b));
	EXPECT_EQ(0x0f, status(b));
	/* A spare area of any size in between */
	ASSERT_EQ(0, bench_format(b, 0x30, 12000000, 0));
	EXPECT_EQ(12000000, readable(b));
	EXPECT_EQ(0x52600, bench_format(b, 0x30, 12219392, 0));
	ASSERT_EQ(0, bench_format(b, 0x31, 12219392, 0));
	ASSERT_EQ(0, bench_write(b, 12219391, 1));
	ASSERT_EQ(0, bench_write(b, 77, 3));
	EXPECT_EQ(0, bench_compare(b, 12219391, 1));
	EXPECT_EQ(0, bench_compare(b, 77, 3));
	ASSERT_EQ(0, RUN(b, 16, 0xad, 1, 0, 0, 0, 0, 0, 0x0a, 0, 16));
	EXPECT_EQ(0, at32(b, 12));
}

/* Sequential as before, but with a spare area: shorter, and no longer blank */
TEST_F(format, bd_r)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "bd-r"));
	/* With pseudo-overwrite, and random: not this drive */
	EXPECT_EQ(0x52600, bench_format(b, 0x00, 11826176, 0));
	EXPECT_EQ(0x52600, bench_format(b, 0x200, 11826176, 0));
	ASSERT_EQ(0, bench_format(b, 0x100, 11826176, 0));
	EXPECT_EQ(0x01, status(b));
	EXPECT_EQ(1, b->data[4]);
	EXPECT_EQ(1, readable(b));
	ASSERT_EQ(0, bench_track(b, 1));
	EXPECT_EQ(11826176, at32(b, 16));
	EXPECT_EQ(0x52102, bench_write(b, 32, 32));
	ASSERT_EQ(0, bench_write(b, 0, 32));
	EXPECT_EQ(0x52c00, bench_format(b, 0x100, 11826176, 0));
	ASSERT_EQ(0, SYNC(b));
	ASSERT_EQ(0, CLOSE_TRACK(b, 1));
	ASSERT_EQ(0, CLOSE_SESSION(b));
	EXPECT_EQ(32, readable(b));
}

/* --- parameter lists that can't be --- */

TEST_F(format, bad_lists)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "dvd+rw:32M"));
	EXPECT_EQ(0x52400, SEND(b, 12, 0x04, 0x01));
	EXPECT_EQ(0x52400, SEND(b, 12, 0x04, 0x12));
	EXPECT_EQ(0x51a00, SEND(b, 11, 0x04, 0x11));
	memset(b->data, 0, 12);
	EXPECT_EQ(0x52600, SEND(b, 12, 0x04, 0x11));
	EXPECT_EQ(0x52600, bench_format(b, 0x00, 16384, 0));
	EXPECT_EQ(0x52600, bench_format(b, 0x26, 16385, 0));
	/* Nothing was begun that could be restarted */
	EXPECT_EQ(0x52c00, bench_format(b, 0x26, 16384, 1));
	EXPECT_EQ(0, status(b));
	/* Immediate: a few commands find it going on */
	bench_format(b, 0x26, 16384, 0);
	b->data[1] = 0x02;
	ASSERT_EQ(0, SEND(b, 12, 0x04, 0x11));
	EXPECT_EQ(0x20404, RUN(b, 0, 0x00));
}

TEST_HARNESS_MAIN
