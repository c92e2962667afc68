// SPDX-License-Identifier: GPL-2.0-only
/* Simulated time: what must cost more than what, and that it never differs */
#include "clock.h"

#include <string.h>

#include "kselftest_harness.h"

#define SECOND		1000000000ull
#define MS		1000000ull
#define PROFILE_CDR	0x09
#define PROFILE_DVDR	0x11
#define PROFILE_DL	0x2b
#define PROFILE_BDR	0x41

static const unsigned int profiles[] = {
	0, 0x08, 0x09, 0x0a, 0x10, 0x11, 0x12, 0x13, 0x14, 0x1a, 0x1b, 0x2b, 0x41, 0x43, 0xffff,
};

#define PROFILES	(sizeof(profiles) / sizeof(profiles[0]))

FIXTURE(model) {
	struct clock c;
};

FIXTURE_SETUP(model)
{
	clock_init(&self->c);
	clock_load(&self->c, PROFILE_CDR);
}

FIXTURE_TEARDOWN(model)
{
}

static uint64_t cost(struct clock *c, bool write, uint32_t lba, uint32_t blocks)
{
	uint64_t before = c->now;

	clock_access(c, write, lba, blocks);
	return c->now - before;
}

TEST_F(model, forward_has_no_seek)
{
	uint32_t lba;

	for (lba = 0; lba < 10000; lba += 32)
		clock_access(&self->c, false, lba, 32);
	EXPECT_EQ(0, self->c.seeks);
	EXPECT_EQ(10016, self->c.read);
}

/* The same in larger pieces is the same work; a nanosecond is lost by rounding */
TEST_F(model, pieces_do_not_matter)
{
	struct clock other = self->c;
	uint64_t whole = cost(&other, false, 0, 1024), sum = 0;
	uint32_t lba;

	for (lba = 0; lba < 1024; lba += 16)
		sum += cost(&self->c, false, lba, 16);
	EXPECT_LE(sum, whole);
	EXPECT_LE(whole, sum + sum / 100);
}

TEST_F(model, backwards_beyond_the_buffer)
{
	clock_access(&self->c, false, 0, 4096);
	EXPECT_LT(20 * MS, cost(&self->c, false, 1000, 1));
	EXPECT_EQ(1, self->c.seeks);
}

TEST_F(model, from_the_buffer)
{
	clock_access(&self->c, false, 0, 4096);
	EXPECT_GT(MS, cost(&self->c, false, 4000, 10));
	EXPECT_EQ(0, self->c.seeks);
	EXPECT_EQ(10, self->c.cached);
	/* One of them is there, the rest follows it */
	clock_access(&self->c, false, 4095, 3);
	EXPECT_EQ(0, self->c.seeks);
	EXPECT_EQ(11, self->c.cached);
	EXPECT_EQ(4098, self->c.read);
}

/* A gap that passes in less time than a seek takes */
TEST_F(model, over_a_small_gap)
{
	clock_access(&self->c, false, 0, 16);
	EXPECT_GT(12 * MS, cost(&self->c, false, 24, 1));
	EXPECT_EQ(0, self->c.seeks);
}

/* Further is never cheaper */
TEST_F(model, seek_grows)
{
	uint64_t last = 0, now;
	uint32_t lba;
	size_t p;

	for (p = 0; p < PROFILES; p++) {
		last = 0;
		for (lba = 5000; lba < 350000; lba += 5000) {
			clock_load(&self->c, profiles[p]);
			clock_access(&self->c, false, 0, 1);
			clock_access(&self->c, false, lba, 0);
			now = self->c.now;
			clock_access(&self->c, false, lba, 1);
			now = self->c.now - now;
			/* The transfer alone is faster further out */
			EXPECT_LE(now, 2000 * MS);
			EXPECT_LE(last, now + MS);
			last = now;
		}
	}
}

/* The mean over random pairs is what the table promises, a tenth more or less */
TEST_F(model, mean_access)
{
	uint32_t state = 1, n;
	uint64_t before;

	clock_load(&self->c, PROFILE_CDR);
	before = self->c.now;
	for (n = 0; n < 20000; n++) {
		state = state * 1103515245u + 12345u;
		clock_access(&self->c, false, (state >> 8) % 360000, 1);
	}
	before = (self->c.now - before) / 20000;
	EXPECT_LT(112 * MS, before);
	EXPECT_GT(138 * MS, before);
}

/* 48x at the rim, about 20x inside */
TEST_F(model, speed_by_radius)
{
	uint64_t inner = cost(&self->c, false, 0, 3600), rim;

	clock_access(&self->c, false, 350000, 1);
	rim = cost(&self->c, false, 350001, 3600);
	EXPECT_LT(SECOND, rim);
	EXPECT_GT(SECOND + SECOND / 20, rim);
	EXPECT_LT(2 * rim, inner);
	EXPECT_GT(3 * rim, inner);
}

/* The layers of a DVD+R DL meet at the rim */
TEST_F(model, second_layer)
{
	clock_load(&self->c, PROFILE_DL);
	clock_access(&self->c, false, 2086911, 1);
	EXPECT_GT(5 * MS, cost(&self->c, false, 2086912, 1));
	clock_access(&self->c, false, 0, 1);
	/* Its end is where the first layer began: one of the shortest seeks there are */
	EXPECT_GT(30 * MS, cost(&self->c, false, 2 * 2086912u - 10, 1));
}

TEST_F(model, write_follows_write)
{
	uint64_t first = cost(&self->c, true, 1000, 32), next = cost(&self->c, true, 1032, 32);

	EXPECT_LT(next, first);
	EXPECT_EQ(1, self->c.seeks);
	EXPECT_EQ(64, self->c.written);
	/* CD-R at 24x: 1800 blocks a second */
	EXPECT_EQ(32 * SECOND / 1800, next);
	cost(&self->c, false, 1064, 32);
	EXPECT_EQ(2, self->c.seeks);
}

TEST_F(model, work)
{
	uint64_t before = self->c.now;

	clock_work(&self->c, DRIVE_WORK_CLOSE_SESSION, 11400);
	/* Two seconds, and the lead-out and lead-in at 24x */
	EXPECT_EQ(2 * SECOND + 11400 * SECOND / 1800, self->c.now - before);
	clock_access(&self->c, false, 16, 1);
	EXPECT_EQ(1, self->c.seeks);
	before = self->c.now;
	clock_work(&self->c, DRIVE_WORK_SPIN_UP, 0);
	EXPECT_LT(SECOND, self->c.now - before);
}

/* What no drive would be asked has a finite cost as well */
TEST_F(model, odd_numbers)
{
	static const uint32_t odd[] = { 0, 1, 0xffffff6a, UINT32_MAX, 0x7fffffff, 0xfff00000 };
	size_t p, a, b;

	for (p = 0; p < PROFILES; p++) {
		clock_load(&self->c, profiles[p]);
		for (a = 0; a < 6; a++) {
			for (b = 0; b < 6; b++) {
				clock_access(&self->c, false, odd[a], odd[b]);
				clock_access(&self->c, true, odd[b], odd[a]);
				clock_work(&self->c, (enum drive_work)a, odd[b]);
			}
		}
	}
}

TEST_F(model, same_again)
{
	struct clock other = self->c;
	uint32_t state = 7, n;

	for (n = 0; n < 1000; n++) {
		state = state * 1103515245u + 12345u;
		clock_access(&self->c, state & 1, state >> 12, state >> 28);
		clock_access(&other, state & 1, state >> 12, state >> 28);
		clock_command(&self->c);
		clock_command(&other);
	}
	EXPECT_EQ(0, memcmp(&other, &self->c, sizeof(other)));
	clock_reset(&self->c);
	EXPECT_EQ(0, self->c.now);
	EXPECT_EQ(other.head, self->c.head);
}

TEST_HARNESS_MAIN
