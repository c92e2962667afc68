// SPDX-License-Identifier: GPL-2.0-only
/*
 * From blank to three sessions to finalized on every medium that is recorded by
 * sessions, by commands alone. What is expected are the figures of MMC-6 4.2 to 4.5
 * and of the Orange Book, written out here.
 */
#include "drive_fixture.h"

struct medium {
	const char *name;
	uint32_t blocks;
	uint32_t unit;			/* blocks of an ECC block */
	uint32_t run_out;
	uint32_t gaps[3];		/* from a session's end to the next track */
	unsigned int write_type;
	uint8_t finalize;		/* close function, or 0: the write parameters say so */
	bool page05, cd, erasable;
};

static const struct medium media[] = {
	{ "cd-r-74", 333000, 1, 2, { 11400, 6900, 6900 }, 1, 0, true, true, false },
	{ "cd-r-80", 359849, 1, 2, { 11400, 6900, 6900 }, 1, 0, true, true, false },
	{ "cd-rw-74", 333000, 1, 2, { 11400, 6900, 6900 }, 1, 0, true, true, true },
	{ "cd-rw-80", 359849, 1, 2, { 11400, 6900, 6900 }, 1, 0, true, true, true },
	{ "dvd-r", 2298496, 16, 0, { 28688, 28688, 28688 }, 0, 0, true, false, false },
	{ "dvd-rw", 2298496, 16, 0, { 28688, 28688, 28688 }, 0, 0, true, false, true },
	{ "dvd+r", 2295104, 16, 0, { 2048, 2048, 2048 }, 0, 6, false, false, false },
	{ "dvd+r-dl", 4173824, 16, 0, { 2048, 2048, 2048 }, 0, 6, false, false, false },
	{ "bd-r", 12219392, 32, 0, { 0, 0, 0 }, 0, 6, false, false, false },
};

#define NR_MEDIA (sizeof(media) / sizeof(media[0]))
#define SESSIONS 3

/* Blocks that are written in each: none of them a multiple of an ECC block */
static const uint32_t amounts[SESSIONS] = { 333, 401, 500 };

FIXTURE(sessions) {
	struct bench b;
	const struct medium *m;
	uint32_t start[SESSIONS + 1];	/* of each session's track, and the next one */
	uint32_t end[SESSIONS];		/* block after it, with run-out or padding */
};

FIXTURE_VARIANT(sessions) {
	unsigned int medium;
};

#define MEDIUM(name, number) \
	FIXTURE_VARIANT_ADD(sessions, name) { .medium = number }

MEDIUM(cd_r_74, 0);
MEDIUM(cd_r_80, 1);
MEDIUM(cd_rw_74, 2);
MEDIUM(cd_rw_80, 3);
MEDIUM(dvd_r, 4);
MEDIUM(dvd_rw, 5);
MEDIUM(dvd_plus_r, 6);
MEDIUM(dvd_plus_r_dl, 7);
MEDIUM(bd_r, 8);

FIXTURE_SETUP(sessions)
{
	const struct medium *m = &media[variant->medium];
	uint32_t at = 0;
	unsigned int i;

	self->m = m;
	for (i = 0; i < SESSIONS; i++) {
		self->start[i] = at;
		self->end[i] = at + (amounts[i] + m->unit - 1) / m->unit * m->unit + m->run_out;
		at = self->end[i] + m->gaps[i];
		at = (at + m->unit - 1) / m->unit * m->unit;
	}
	self->start[i] = at;
	bench_init(&self->b);
	ASSERT_EQ(0, bench_new(&self->b, m->name));
}

FIXTURE_TEARDOWN(sessions)
{
	bench_exit(&self->b);
}

/* READ DISC INFORMATION, table 361: every field that is the same on all media, and states */
static void expect_disc(struct __test_metadata *_metadata, struct bench *b, const struct medium *m,
			unsigned int closed, bool complete)
{
	unsigned int last = complete ? closed : closed + 1;
	unsigned int status = complete ? 2 : closed ? 1 : 0;

	ASSERT_EQ(0, RUN(b, 34, 0x51, 0, 0, 0, 0, 0, 0, 0, 34));
	ASSERT_EQ(34, b->c.done);
	EXPECT_EQ(32, at16(b, 0));
	EXPECT_EQ((m->erasable ? 0x10 : 0) | (complete ? 0x0c : 0) | status, b->data[2]);
	EXPECT_EQ(1, b->data[3]);
	EXPECT_EQ(last, b->data[4]);
	EXPECT_EQ(last, b->data[5]);
	EXPECT_EQ(last, b->data[6]);
	EXPECT_EQ(0, b->data[7] & 0x03);
	EXPECT_EQ(0, b->data[9]);
	EXPECT_EQ(0, b->data[10]);
	EXPECT_EQ(0, b->data[11]);
	EXPECT_EQ(0, b->data[33]);
}

/* READ TRACK INFORMATION of the track that nothing is in (table 492) */
static void expect_invisible(struct __test_metadata *_metadata, struct bench *b,
			     const struct medium *m, unsigned int number, uint32_t start)
{
	unsigned int asked;

	for (asked = number;; asked = 0xff) {
		ASSERT_EQ(0, bench_track(b, asked));
		ASSERT_EQ(48, b->c.done);
		EXPECT_EQ(46, at16(b, 0));
		EXPECT_EQ(number, b->data[2]);
		EXPECT_EQ(number, b->data[3]);
		EXPECT_EQ(0, b->data[5] & 0x20);
		EXPECT_EQ(0x40, b->data[6] & 0xc0);
		EXPECT_EQ(0x01, b->data[7] & 0x03);
		EXPECT_EQ(start, at32(b, 8));
		EXPECT_EQ(start, at32(b, 12));
		EXPECT_EQ(m->blocks - start - m->run_out, at32(b, 16));
		EXPECT_EQ(0, b->data[32]);
		EXPECT_EQ(0, b->data[33]);
		if (asked == 0xff)
			break;
	}
}

static void expect_closed(struct __test_metadata *_metadata, struct bench *b, unsigned int number,
			  uint32_t start, uint32_t end)
{
	ASSERT_EQ(0, bench_track(b, number));
	EXPECT_EQ(number, b->data[2]);
	EXPECT_EQ(number, b->data[3]);
	EXPECT_EQ(0x04, b->data[5] & 0x2c);
	EXPECT_EQ(0x01, b->data[6] & 0xcf);
	EXPECT_EQ(0, b->data[7] & 0x01);
	EXPECT_EQ(start, at32(b, 8));
	EXPECT_EQ(0, at32(b, 12));
	EXPECT_EQ(0, at32(b, 16));
	EXPECT_EQ(end - start, at32(b, 24));
}

/* READ TOC formats 0 and 1, READ CAPACITY */
static void expect_toc(struct __test_metadata *_metadata, struct bench *b, const uint32_t *start,
		       unsigned int closed, uint32_t end)
{
	unsigned int i;

	ASSERT_EQ(0, RUN(b, 804, 0x43, 0, 0, 0, 0, 0, 0, 0x03, 0x24));
	EXPECT_EQ(2 + 8 * (closed + 1), at16(b, 0));
	EXPECT_EQ(1, b->data[2]);
	EXPECT_EQ(closed, b->data[3]);
	for (i = 0; i < closed; i++) {
		EXPECT_EQ(0x14, b->data[4 + 8 * i + 1]);
		EXPECT_EQ(i + 1, b->data[4 + 8 * i + 2]);
		EXPECT_EQ(start[i], at32(b, 4 + 8 * i + 4));
	}
	EXPECT_EQ(0xaa, b->data[4 + 8 * i + 2]);
	EXPECT_EQ(end, at32(b, 4 + 8 * i + 4));

	ASSERT_EQ(0, RUN(b, 12, 0x43, 0, 1, 0, 0, 0, 0, 0, 12));
	EXPECT_EQ(10, at16(b, 0));
	EXPECT_EQ(1, b->data[2]);
	EXPECT_EQ(closed, b->data[3]);
	EXPECT_EQ(0x14, b->data[5]);
	EXPECT_EQ(closed, b->data[6]);
	EXPECT_EQ(start[closed - 1], at32(b, 8));
	/* As the kernel asks for it: the format in byte 9 */
	ASSERT_EQ(0, RUN(b, 12, 0x43, 0, 0, 0, 0, 0, 0, 0, 12, 0x40));
	EXPECT_EQ(start[closed - 1], at32(b, 8));

	ASSERT_EQ(0, RUN(b, 8, 0x25));
	EXPECT_EQ(end - 1, at32(b, 0));
	EXPECT_EQ(2048, at32(b, 4));
}

static void record(struct __test_metadata *_metadata, struct bench *b, const struct medium *m,
		   unsigned int session, uint32_t start, bool last)
{
	uint32_t done, now;

	if (m->page05) {
		ASSERT_EQ(0, bench_page05(b, m->write_type, !last));
	}
	for (done = 0; done < amounts[session]; done += now) {
		now = amounts[session] - done < 32 ? amounts[session] - done : 32;
		ASSERT_EQ(0, bench_write(b, start + done, now));
	}
	ASSERT_EQ(0, SYNC(b));
	ASSERT_EQ(0, CLOSE_TRACK(b, session + 1));
	ASSERT_EQ(0, RUN(b, 0, 0x5b, 0, last && m->finalize ? m->finalize : 2));
}

static void expect_all(struct __test_metadata *_metadata, FIXTURE_DATA(sessions) *self,
		       unsigned int closed, bool complete)
{
	struct bench *b = &self->b;
	unsigned int i;

	expect_disc(_metadata, b, self->m, closed, complete);
	expect_toc(_metadata, b, self->start, closed, self->end[closed - 1]);
	for (i = 0; i < closed; i++) {
		expect_closed(_metadata, b, i + 1, self->start[i], self->end[i]);
		EXPECT_EQ(0, bench_compare(b, self->start[i], amounts[i]));
	}
	if (!complete)
		expect_invisible(_metadata, b, self->m, closed + 1, self->start[closed]);
	else
		EXPECT_EQ(0x52400, bench_track(b, closed + 1));
}

static void reload(struct __test_metadata *_metadata, struct bench *b)
{
	disc_close(drive_eject(b->drive));
	ASSERT_EQ(0, bench_load(b));
}

TEST_F(sessions, blank)
{
	struct bench *b = &self->b;

	expect_disc(_metadata, b, self->m, 0, false);
	expect_invisible(_metadata, b, self->m, 1, 0);
	ASSERT_EQ(0, RUN(b, 8, 0x25));
	EXPECT_EQ(0, at32(b, 0));
	EXPECT_EQ(0x52400, RUN(b, 12, 0x43, 0, 0, 0, 0, 0, 0, 0, 12));
	EXPECT_EQ(0x52100, RUN(b, 2048, 0x28, 0, 0, 0, 0, 0, 0, 0, 1));
	EXPECT_EQ(0x52400, bench_track(b, 2));
}

TEST_F(sessions, three_and_finalized)
{
	struct bench *b = &self->b;
	unsigned int i;

	for (i = 0; i < SESSIONS; i++) {
		record(_metadata, b, self->m, i, self->start[i], i + 1 == SESSIONS);
		expect_all(_metadata, self, i + 1, i + 1 == SESSIONS);
		/* The same after the power was off, and from the file alone */
		drive_power(b->drive);
		EXPECT_EQ(0x62900, RUN(b, 0, 0x00));
		bench_settle(b);
		expect_all(_metadata, self, i + 1, i + 1 == SESSIONS);
		reload(_metadata, b);
		expect_all(_metadata, self, i + 1, i + 1 == SESSIONS);
	}
	EXPECT_EQ(0x52102, bench_write(b, self->start[SESSIONS], 16));
	EXPECT_EQ(0x57200, CLOSE_SESSION(b));
}

/* Only the next writable address takes data */
TEST_F(sessions, other_addresses)
{
	struct bench *b = &self->b;

	if (self->m->page05) {
		ASSERT_EQ(0, bench_page05(b, self->m->write_type, true));
	}
	EXPECT_EQ(0x52102, bench_write(b, self->m->unit, 32));
	ASSERT_EQ(0, bench_write(b, 0, 32));
	EXPECT_EQ(0x52102, bench_write(b, 0, 32));
	EXPECT_EQ(0x52102, bench_write(b, 64, 32));
	EXPECT_EQ(0, bench_write(b, 32, 32));
	/* More than there is room for, which is told before anything is taken */
	EXPECT_EQ(0x52400, SEND(b, 2048, 0x2a, 0, BE32(64), 0, BE16(2)));
	ASSERT_EQ(0, bench_track(b, 1));
	EXPECT_EQ(64, at32(b, 12));
	EXPECT_EQ(self->m->blocks - 64 - self->m->run_out, at32(b, 16));
	EXPECT_EQ(0, b->data[6] & 0x40);
}

/* To the last block, and not one more */
TEST_F(sessions, full)
{
	struct bench *b = &self->b;
	uint32_t room, lba = 0, now;
	char small[32];

	disc_close(drive_eject(b->drive));
	bench_exit(b);
	bench_init(b);
	snprintf(small, sizeof(small), "%s:4M", self->m->name);
	ASSERT_EQ(0, bench_new(b, small));
	if (self->m->page05) {
		ASSERT_EQ(0, bench_page05(b, self->m->write_type, true));
	}
	ASSERT_EQ(0, bench_track(b, 0xff));
	room = at32(b, 16);
	EXPECT_EQ(2048 - self->m->run_out, room);
	for (; lba < room; lba += now) {
		now = room - lba < 500 ? room - lba : 500;
		if (now < 500) {
			EXPECT_EQ(0x52100, bench_write(b, lba, now + 1));
		}
		ASSERT_EQ(0, bench_write(b, lba, now));
	}
	EXPECT_EQ(0x52100, bench_write(b, lba, 1));
	ASSERT_EQ(0, SYNC(b));
	ASSERT_EQ(0, CLOSE_TRACK(b, 1));
	ASSERT_EQ(0, CLOSE_SESSION(b));
	/* Nothing can follow: it is complete, whatever was asked for */
	ASSERT_EQ(0, RUN(b, 34, 0x51, 0, 0, 0, 0, 0, 0, 0, 34));
	EXPECT_EQ(0x0e, b->data[2] & 0x0f);
	EXPECT_EQ(0, bench_compare(b, room - 16, 16));
}

TEST_HARNESS_MAIN
