// SPDX-License-Identifier: GPL-2.0-only
/* READ TOC/PMA/ATIP, track information by address and session, disc structures, READ CD */
#include "drive_fixture.h"

FIXTURE(toc) {
	struct bench b;
};

FIXTURE_SETUP(toc)
{
	bench_init(&self->b);
}

FIXTURE_TEARDOWN(toc)
{
	bench_exit(&self->b);
}

/* Two sessions on an 80-minute CD: blocks 0 to 399 and from 11802 on 500, each and its run-out */
static void record_cd(struct __test_metadata *_metadata, struct bench *b, bool last)
{
	ASSERT_EQ(0, bench_page05(b, 1, true));
	ASSERT_EQ(0, bench_write(b, 0, 400));
	ASSERT_EQ(0, SYNC(b));
	ASSERT_EQ(0, CLOSE_SESSION(b));
	ASSERT_EQ(0, bench_page05(b, 1, !last));
	ASSERT_EQ(0, bench_write(b, 11802, 500));
	ASSERT_EQ(0, SYNC(b));
	ASSERT_EQ(0, CLOSE_SESSION(b));
}

/* --- format 2: full TOC (MMC-6 6.26.3.4) --- */

struct point {
	uint8_t session, adr_control, point;
	uint8_t msf[3], zero, pmsf[3];
};

static const struct point full_toc[] = {
	{ 1, 0x14, 0xa0, { 0 }, 0, { 1, 0, 0 } },
	{ 1, 0x14, 0xa1, { 0 }, 0, { 1, 0, 0 } },
	{ 1, 0x14, 0xa2, { 0 }, 0, { 0, 7, 27 } },		/* block 402 */
	{ 1, 0x14, 0x01, { 0 }, 0, { 0, 2, 0 } },
	{ 1, 0x54, 0xb0, { 2, 39, 27 }, 2, { 79, 59, 74 } },	/* block 11802 */
	{ 1, 0x54, 0xc0, { 0 }, 0, { 97, 1, 0 } },
	{ 2, 0x14, 0xa0, { 0 }, 0, { 2, 0, 0 } },
	{ 2, 0x14, 0xa1, { 0 }, 0, { 2, 0, 0 } },
	{ 2, 0x14, 0xa2, { 0 }, 0, { 2, 46, 4 } },		/* block 12304 */
	{ 2, 0x14, 0x02, { 0 }, 0, { 2, 39, 27 } },
	{ 2, 0x54, 0xb0, { 4, 18, 4 }, 1, { 79, 59, 74 } },	/* block 19204 */
};

static void expect_points(struct __test_metadata *_metadata, struct bench *b,
			  const struct point *points, unsigned int n)
{
	const uint8_t *p = b->data + 4;
	unsigned int i;

	EXPECT_EQ(4 + 11 * n, b->c.done);
	EXPECT_EQ(2 + 11 * n, at16(b, 0));
	for (i = 0; i < n; i++, p += 11) {
		EXPECT_EQ(points[i].session, p[0]);
		EXPECT_EQ(points[i].adr_control, p[1]);
		EXPECT_EQ(0, p[2]);
		EXPECT_EQ(points[i].point, p[3]);
		EXPECT_EQ(0, memcmp(points[i].msf, p + 4, 3)) TH_LOG("point %u", i);
		EXPECT_EQ(points[i].zero, p[7]);
		EXPECT_EQ(0, memcmp(points[i].pmsf, p + 8, 3)) TH_LOG("point %u", i);
	}
}

TEST_F(toc, full)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "cd-r-80"));
	EXPECT_EQ(0x52400, RUN(b, 2048, 0x43, 2, 2, 0, 0, 0, 0, 8, 0));
	record_cd(_metadata, b, false);
	ASSERT_EQ(0, RUN(b, 2048, 0x43, 2, 2, 0, 0, 0, 1, 8, 0));
	EXPECT_EQ(1, b->data[2]);
	EXPECT_EQ(2, b->data[3]);
	expect_points(_metadata, b, full_toc, 11);
	/* From the second session on */
	ASSERT_EQ(0, RUN(b, 2048, 0x43, 2, 2, 0, 0, 0, 2, 8, 0));
	expect_points(_metadata, b, full_toc + 6, 5);
	EXPECT_EQ(0x52400, RUN(b, 2048, 0x43, 2, 2, 0, 0, 0, 3, 8, 0));
}

TEST_F(toc, full_of_a_complete_disc)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "cd-r-80"));
	record_cd(_metadata, b, true);
	/* No pointer to a next session in the last */
	ASSERT_EQ(0, RUN(b, 2048, 0x43, 2, 2, 0, 0, 0, 1, 8, 0));
	expect_points(_metadata, b, full_toc, 10);
}

TEST_F(toc, in_msf)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "cd-r-80"));
	record_cd(_metadata, b, false);
	ASSERT_EQ(0, RUN(b, 64, 0x43, 2, 0, 0, 0, 0, 2, 0, 64));
	EXPECT_EQ(4 + 16, b->c.done);
	EXPECT_EQ(2, b->data[6]);
	EXPECT_EQ(0x0002271b, at32(b, 8));
	EXPECT_EQ(0xaa, b->data[14]);
	EXPECT_EQ(0x00022e04, at32(b, 16));
	/* The lead-out alone, and a track that isn't there */
	ASSERT_EQ(0, RUN(b, 64, 0x43, 0, 0, 0, 0, 0, 0xaa, 0, 64));
	EXPECT_EQ(4 + 8, b->c.done);
	EXPECT_EQ(12304, at32(b, 8));
	EXPECT_EQ(0x52400, RUN(b, 64, 0x43, 0, 0, 0, 0, 0, 3, 0, 64));
}

TEST_F(toc, pma_and_atip)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "cd-rw-74"));
	ASSERT_EQ(0, RUN(b, 64, 0x43, 2, 3, 0, 0, 0, 0, 0, 64));
	EXPECT_EQ(2, at16(b, 0));
	/* In the PMA as soon as the track has ended, closed session or not */
	ASSERT_EQ(0, bench_page05(b, 1, true));
	ASSERT_EQ(0, bench_write(b, 0, 400));
	ASSERT_EQ(0, SYNC(b));
	ASSERT_EQ(0, RUN(b, 64, 0x43, 2, 3, 0, 0, 0, 0, 0, 64));
	EXPECT_EQ(13, at16(b, 0));
	EXPECT_EQ(1, b->data[7]);
	EXPECT_EQ(0, memcmp(b->data + 8, "\x00\x07\x1b\x00\x00\x02\x00", 7));
	ASSERT_EQ(0, RUN(b, 64, 0x43, 2, 4, 0, 0, 0, 0, 0, 64));
	EXPECT_EQ(26, at16(b, 0));
	EXPECT_EQ(0x80, b->data[4] & 0x80);
	EXPECT_EQ(0x40, b->data[6] & 0x40);
	EXPECT_EQ(97, b->data[8]);
	/* Last possible lead-out: block 333000 */
	EXPECT_EQ(0, memcmp(b->data + 12, "\x4a\x02\x00", 3));
}

/* Format 5: of a session, and this one has no CD-TEXT: a header alone (MMC-6 6.26.3.7) */
TEST_F(toc, cd_text)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "cd-r-80"));
	EXPECT_EQ(0x52400, RUN(b, 64, 0x43, 0, 5, 0, 0, 0, 0, 0, 64));
	record_cd(_metadata, b, false);
	ASSERT_EQ(0, RUN(b, 64, 0x43, 0, 5, 0, 0, 0, 0, 0, 64));
	EXPECT_EQ(4, b->c.done);
	EXPECT_EQ(0x00020000, at32(b, 0));
}

TEST_F(toc, formats_that_are_not)
{
	static const char *const media[] = { "dvd-r", "bd-re", "dvd+rw" };
	struct bench *b = &self->b;
	unsigned int i, format;

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, bench_new(b, media[i]));
		for (format = 0; format < 7; format++)
			EXPECT_EQ(0x52400, RUN(b, 64, 0x43, 0, (uint8_t)format, 0, 0, 0, 0, 0, 64));
		disc_close(drive_eject(b->drive));
		bench_exit(b);
		bench_init(b);
	}
}

/* Written anywhere: one track from 0 to the end, one session */
TEST_F(toc, of_random_media)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "dvd-ram"));
	ASSERT_EQ(0, RUN(b, 64, 0x43, 0, 0, 0, 0, 0, 0, 0, 64));
	EXPECT_EQ(18, at16(b, 0));
	EXPECT_EQ(0, at32(b, 8));
	EXPECT_EQ(0xaa, b->data[14]);
	EXPECT_EQ(2236704, at32(b, 16));
	ASSERT_EQ(0, RUN(b, 12, 0x43, 0, 1, 0, 0, 0, 0, 0, 12));
	EXPECT_EQ(0x0101, at16(b, 2));
	EXPECT_EQ(1, b->data[6]);
	EXPECT_EQ(0, at32(b, 8));
	ASSERT_EQ(0, bench_track(b, 1));
	EXPECT_EQ(2236704, at32(b, 24));
	EXPECT_EQ(0x52400, bench_track(b, 2));
}

/* --- disc information of CD (MMC-6 6.21) --- */

TEST_F(toc, cd_disc_information)
{
	struct bench *b = &self->b;
	uint32_t id;

	ASSERT_EQ(0, bench_new(b, "cd-r-80"));
	ASSERT_EQ(0, RUN(b, 34, 0x51, 0, 0, 0, 0, 0, 0, 0, 34));
	EXPECT_EQ(0, b->data[7] & 0x80);
	EXPECT_EQ(0x004f3b4a, at32(b, 20));
	record_cd(_metadata, b, false);
	ASSERT_EQ(0, RUN(b, 34, 0x51, 0, 0, 0, 0, 0, 0, 0, 34));
	EXPECT_EQ(0x80, b->data[7] & 0x80);
	EXPECT_EQ(0, b->data[8]);
	id = at32(b, 12);
	/* The next lead-in: after the lead-out of 2,250 blocks behind block 12303 */
	EXPECT_EQ(0x00031004, at32(b, 16));
	EXPECT_EQ(0x004f3b4a, at32(b, 20));
	drive_power(b->drive);
	bench_settle(b);
	ASSERT_EQ(0, RUN(b, 34, 0x51, 0, 0, 0, 0, 0, 0, 0, 34));
	EXPECT_EQ(id, at32(b, 12));
}

/* Data type 1: tracks that there can be and are, and that can be open and are (MMC-6 6.21.4) */
TEST_F(toc, track_resources)
{
	struct bench *b = &self->b;
	unsigned int i;

	ASSERT_EQ(0, bench_new(b, "bd-r"));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, RUN(b, 34, 0x51, 1, 0, 0, 0, 0, 0, 0, 34));
		EXPECT_EQ(12, b->c.done);
		EXPECT_EQ(0x000a2000, at32(b, 0));
		EXPECT_EQ(7000, at16(b, 4));
		EXPECT_EQ(i, at16(b, 6));
		EXPECT_EQ(7000, at16(b, 8));
		EXPECT_EQ(i, at16(b, 10));
		ASSERT_EQ(0, RUN(b, 0, 0x53, 0, 0, 0, 0, BE32(64)));
	}
	/* Closed, it is still a track */
	ASSERT_EQ(0, bench_write(b, 0, 64));
	ASSERT_EQ(0, SYNC(b));
	ASSERT_EQ(0, RUN(b, 34, 0x51, 1, 0, 0, 0, 0, 0, 0, 34));
	EXPECT_EQ(3, at16(b, 6));
	EXPECT_EQ(2, at16(b, 10));
	/* Data type 2: no pseudo-overwrite, and no resources of it. Others are reserved */
	for (i = 2; i < 8; i++)
		EXPECT_EQ(0x52400, RUN(b, 34, 0x51, (uint8_t)i, 0, 0, 0, 0, 0, 0, 34));
}

TEST_F(toc, resources_are_of_bd)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "dvd+r"));
	EXPECT_EQ(0x52400, RUN(b, 34, 0x51, 1, 0, 0, 0, 0, 0, 0, 34));
	EXPECT_EQ(0x52400, RUN(b, 34, 0x51, 2, 0, 0, 0, 0, 0, 0, 34));
}

/* --- READ TRACK INFORMATION by address and by session --- */

TEST_F(toc, tracks_by_address)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "cd-r-80"));
	record_cd(_metadata, b, false);
	ASSERT_EQ(0, RUN(b, 48, 0x52, 0, BE32(401), 0, 0, 48));
	EXPECT_EQ(1, b->data[2]);
	EXPECT_EQ(0x52400, RUN(b, 48, 0x52, 0, BE32(402), 0, 0, 48));
	ASSERT_EQ(0, RUN(b, 48, 0x52, 0, BE32(11802), 0, 0, 48));
	EXPECT_EQ(2, b->data[2]);
	ASSERT_EQ(0, RUN(b, 48, 0x52, 0, BE32(30000), 0, 0, 48));
	EXPECT_EQ(3, b->data[2]);
	ASSERT_EQ(0, RUN(b, 48, 0x52, 2, BE32(2), 0, 0, 48));
	EXPECT_EQ(2, b->data[2]);
	EXPECT_EQ(2, b->data[3]);
	ASSERT_EQ(0, RUN(b, 48, 0x52, 2, BE32(3), 0, 0, 48));
	EXPECT_EQ(3, b->data[2]);
	EXPECT_EQ(0x52400, RUN(b, 48, 0x52, 2, BE32(4), 0, 0, 48));
	EXPECT_EQ(0x52400, RUN(b, 48, 0x52, 1, BE32(0), 0, 0, 48));
	EXPECT_EQ(0x52400, RUN(b, 48, 0x52, 3, BE32(1), 0, 0, 48));
}

/* --- READ CD (MMC-6 6.16) --- */

TEST_F(toc, read_cd)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "cd-r-80"));
	record_cd(_metadata, b, false);
	ASSERT_EQ(0, RUN(b, 3 * 2048, 0xbe, 0, BE32(100), BE24(3), 0x10));
	EXPECT_EQ(3 * 2048, b->c.done);
	EXPECT_EQ(bench_pattern(101, 9), b->data[2048 + 9]);
	/* Sync, header, user data */
	ASSERT_EQ(0, RUN(b, 2064, 0xbe, 0x08, BE32(300), BE24(1), 0xb0));
	EXPECT_EQ(2064, b->c.done);
	EXPECT_EQ(0, memcmp(b->data, "\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00", 12));
	EXPECT_EQ(0x00060001, at32(b, 12));
	EXPECT_EQ(bench_pattern(300, 7), b->data[16 + 7]);
	/* Another type, no room, ECC, audio's sub-channel, run-out */
	EXPECT_EQ(0x56400, RUN(b, 2352, 0xbe, 0x04, BE32(100), BE24(1), 0x10));
	EXPECT_EQ(0x52400, RUN(b, 2047, 0xbe, 0, BE32(100), BE24(1), 0x10));
	EXPECT_EQ(0x52400, RUN(b, 2352, 0xbe, 0, BE32(100), BE24(1), 0xf8));
	EXPECT_EQ(0x52400, RUN(b, 2352, 0xbe, 0, BE32(100), BE24(1), 0x10, 1));
	EXPECT_EQ(0x31100, RUN(b, 3 * 2048, 0xbe, 0, BE32(399), BE24(3), 0x10));
	EXPECT_EQ(2048, b->c.done);
}

/* --- READ DISC STRUCTURE (MMC-6 6.22) --- */

static const struct {
	const char *media;
	uint8_t type;			/* 0 DVD, 1 BD */
	uint8_t format;
	uint32_t length;		/* with its header */
	uint32_t at;			/* 4 bytes of it, and what they are */
	uint32_t value;
} structures[] = {
	{ "dvd-r", 0, 0x00, 2052, 4, 0x25020200 },
	{ "dvd-r", 0, 0x01, 8, 4, 0 },
	{ "dvd-r", 0, 0x0e, 44, 20, 0x03564452 },
	{ "dvd-r", 0, 0x10, 2052, 12, 0x0026127f },
	{ "dvd-rw", 0, 0x00, 2052, 4, 0x32020400 },
	{ "dvd+r", 0, 0x00, 2052, 4, 0xa1020200 },
	{ "dvd+r", 0, 0x11, 260, 23, 0x56445249 },
	{ "dvd+r-dl", 0, 0x20, 12, 8, 2086912 },
	{ "dvd+rw", 0, 0x00, 2052, 4, 0x92020400 },
	{ "dvd-ram", 0, 0x00, 2052, 4, 0x16020400 },
	{ "dvd-ram", 0, 0x00, 2052, 8, 0x00031000 },
	{ "bd-r", 1, 0x00, 4100, 4, 0x44490100 },
	{ "bd-r", 1, 0x00, 4100, 12, 0x42445211 },
	{ "bd-re", 1, 0x00, 4100, 12, 0x42445711 },
	{ "bd-re", 1, 0x0a, 16, 8, 0 },
	{ "bd-re", 0, 0xc0, 8, 4, 0 },
};

TEST_F(toc, structures)
{
	struct bench *b = &self->b;
	unsigned int i;

	for (i = 0; i < sizeof(structures) / sizeof(structures[0]); i++) {
		ASSERT_EQ(0, bench_new(b, structures[i].media));
		ASSERT_EQ(0, RUN(b, 8192, 0xad, structures[i].type, 0, 0, 0, 0, 0,
				 structures[i].format, 0x20, 0))
			TH_LOG("%s %02x", structures[i].media, structures[i].format);
		EXPECT_EQ(structures[i].length, b->c.done);
		EXPECT_EQ(structures[i].length - 2, at16(b, 0));
		EXPECT_EQ(structures[i].value, at32(b, structures[i].at))
			TH_LOG("%s %02x", structures[i].media, structures[i].format);
		disc_close(drive_eject(b->drive));
		bench_exit(b);
		bench_init(b);
	}
}

/* Where each kind of medium has its maker's name; DVD-RAM has none */
static const struct {
	const char *media;
	uint8_t type, format;
	uint32_t at;
} makers[] = {
	{ "dvd-r", 0, 0x0e, 21 }, { "dvd-rw", 0, 0x0e, 21 }, { "dvd+r", 0, 0x00, 23 },
	{ "dvd+r", 0, 0x11, 23 }, { "dvd+rw", 0, 0x11, 23 }, { "dvd+r-dl", 0, 0x11, 23 },
	{ "bd-r", 1, 0x00, 104 }, { "bd-re", 1, 0x00, 104 },
};

TEST_F(toc, makes)
{
	static const char *const makes[] = { NULL, "OTHER" };
	struct bench *b = &self->b;
	unsigned int i, make;

	for (i = 0; i < 2 * sizeof(makers) / sizeof(makers[0]); i++) {
		make = i % 2;
		ASSERT_EQ(0, disc_create_by(b->path, makers[i / 2].media, makes[make]));
		ASSERT_EQ(0, bench_load(b));
		ASSERT_EQ(0, RUN(b, 8192, 0xad, makers[i / 2].type, 0, 0, 0, 0, 0,
				 makers[i / 2].format, 0x20, 0));
		EXPECT_EQ(0, memcmp(make ? "OTHER\0" : "VDRIVE", b->data + makers[i / 2].at, 6))
			TH_LOG("%s %02x", makers[i / 2].media, makers[i / 2].format);
		disc_close(drive_eject(b->drive));
		bench_exit(b);
		bench_init(b);
	}
}

/* A CD's is where the first lead-in begins: in ATIP, and as what can be read of the disc */
TEST_F(toc, make_of_a_cd)
{
	static const char *const makes[] = { NULL, "OTHER", "THIRD" };
	struct bench *b = &self->b;
	uint32_t begin[3];
	unsigned int i;

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, disc_create_by(b->path, "cd-r-80", makes[i]));
		ASSERT_EQ(0, bench_load(b));
		ASSERT_EQ(0, RUN(b, 64, 0x43, 2, 4, 0, 0, 0, 0, 0, 64));
		begin[i] = at32(b, 8) >> 8;
		EXPECT_EQ(97, begin[i] >> 16);
		EXPECT_GT(60, begin[i] >> 8 & 0xff);
		EXPECT_GT(75, begin[i] & 0xff);
		ASSERT_EQ(0, RUN(b, 34, 0x51, 0, 0, 0, 0, 0, 0, 0, 34));
		EXPECT_EQ(begin[i], at32(b, 16));
		record_cd(_metadata, b, false);
		/* The sixth point of the full TOC is C0h */
		ASSERT_EQ(0, RUN(b, 2048, 0x43, 2, 2, 0, 0, 0, 1, 8, 0));
		EXPECT_EQ(0xc0, b->data[4 + 5 * 11 + 3]);
		EXPECT_EQ(begin[i], at32(b, 4 + 5 * 11 + 7));
		disc_close(drive_eject(b->drive));
		bench_exit(b);
		bench_init(b);
	}
	EXPECT_EQ(0x610100, begin[0]);
	EXPECT_NE(begin[0], begin[1]);
	EXPECT_NE(begin[1], begin[2]);
}

TEST_F(toc, structures_that_are_not)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "cd-r-80"));
	EXPECT_EQ(0x53000, RUN(b, 2052, 0xad, 0, 0, 0, 0, 0, 0, 0, 8, 4));
	disc_close(drive_eject(b->drive));
	bench_exit(b);
	bench_init(b);
	ASSERT_EQ(0, bench_new(b, "dvd+r"));
	EXPECT_EQ(0x52400, RUN(b, 2052, 0xad, 1, 0, 0, 0, 0, 0, 0, 8, 4));
	EXPECT_EQ(0x52400, RUN(b, 2052, 0xad, 0, 0, 0, 0, 0, 1, 0, 8, 4));
	EXPECT_EQ(0x52400, RUN(b, 2052, 0xad, 0, 0, 0, 0, 0, 0, 0x0e, 8, 4));
	EXPECT_EQ(0x52400, RUN(b, 2052, 0xad, 0, 0, 0, 0, 0, 0, 0x20, 8, 4));
	/* The list names what there is, with its length */
	ASSERT_EQ(0, RUN(b, 256, 0xad, 0, 0, 0, 0, 0, 0, 0xff, 1, 0));
	EXPECT_EQ(0x00400804, at32(b, 4));
	EXPECT_EQ(b->c.done - 2, at16(b, 0));
	EXPECT_EQ(0x52400, RUN(b, 8, 0xa4));
}

TEST_HARNESS_MAIN
