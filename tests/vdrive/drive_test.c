// SPDX-License-Identifier: GPL-2.0-only
/* The drive itself: who it is, unit attentions, events, tray and lock, mode pages, speeds */
#include "drive_fixture.h"

FIXTURE(drive) {
	struct bench b;
};

FIXTURE_SETUP(drive)
{
	bench_init(&self->b);
}

FIXTURE_TEARDOWN(drive)
{
	bench_exit(&self->b);
}

/* --- INQUIRY (SPC-4 6.6, 7.8) --- */

TEST_F(drive, inquiry)
{
	struct bench *b = &self->b;

	/* Whatever waits to be told, and with no disc */
	ASSERT_EQ(0, RUN(b, 96, 0x12, 0, 0, 0, 96));
	ASSERT_EQ(96, b->c.done);
	EXPECT_EQ(0x05, b->data[0]);
	EXPECT_EQ(0x80, b->data[1]);
	EXPECT_EQ(0x06, b->data[2]);
	EXPECT_EQ(0x02, b->data[3] & 0x0f);
	EXPECT_EQ(91, b->data[4]);
	EXPECT_EQ(0, memcmp(b->data + 8, "IMAPIFS Virtual recorder0001", 28));
	ASSERT_EQ(0, RUN(b, 96, 0x12, 0, 0, 0, 36));
	EXPECT_EQ(36, b->c.done);
	EXPECT_EQ(0x52400, RUN(b, 96, 0x12, 0, 0x80, 0, 96));
	/* It didn't eat the attention */
	EXPECT_EQ(0x62900, RUN(b, 0, 0x00));
	EXPECT_EQ(0x23a01, RUN(b, 0, 0x00));
}

TEST_F(drive, vital_product_data)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, RUN(b, 64, 0x12, 1, 0x00, 0, 64));
	EXPECT_EQ(7, b->c.done);
	EXPECT_EQ(0, memcmp(b->data, "\x05\x00\x00\x03\x00\x80\x83", 7));
	ASSERT_EQ(0, RUN(b, 64, 0x12, 1, 0x80, 0, 64));
	EXPECT_EQ(0x80, b->data[1]);
	EXPECT_EQ(b->c.done - 4, at16(b, 2));
	ASSERT_EQ(0, RUN(b, 64, 0x12, 1, 0x83, 0, 64));
	EXPECT_EQ(0x83, b->data[1]);
	EXPECT_EQ(b->c.done - 4, at16(b, 2));
	EXPECT_EQ(b->c.done - 8, b->data[7]);
	EXPECT_EQ(0x52400, RUN(b, 64, 0x12, 1, 0xb0, 0, 64));
}

TEST_F(drive, unknown_opcodes)
{
	static const uint8_t opcodes[] = { 0x01, 0x08, 0x0a, 0x2c, 0x34, 0x41, 0x8a, 0xff };
	struct bench *b = &self->b;
	unsigned int i;

	bench_settle(b);
	for (i = 0; i < sizeof(opcodes); i++)
		EXPECT_EQ(0x52000, RUN(b, 0, opcodes[i]));
}

/* --- sense and unit attentions --- */

TEST_F(drive, attentions_in_order)
{
	struct bench *b = &self->b;

	bench_settle(b);
	ASSERT_EQ(0, disc_create(b->path, "cd-r-80"));
	ASSERT_EQ(0, bench_load(b));
	drive_power(b->drive);
	drive_reset(b->drive);
	EXPECT_EQ(0x62900, RUN(b, 8, 0x25));
	EXPECT_EQ(0x62902, RUN(b, 8, 0x25));
	/* REQUEST SENSE tells it as data, once */
	ASSERT_EQ(0, RUN(b, 18, 0x03, 0, 0, 0, 18));
	EXPECT_EQ(18, b->c.done);
	EXPECT_EQ(0x70, b->data[0]);
	EXPECT_EQ(0x06, b->data[2]);
	EXPECT_EQ(0x28, b->data[12]);
	EXPECT_EQ(0x00, b->data[13]);
	ASSERT_EQ(0, RUN(b, 18, 0x03, 0, 0, 0, 18));
	EXPECT_EQ(0x00, b->data[2]);
	EXPECT_EQ(0, RUN(b, 0, 0x00));
}

TEST_F(drive, long_write)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "dvd-r"));
	drive_busy(b->drive, 2);
	EXPECT_EQ(0x20408, RUN(b, 0, 0x00));
	/* What asks the drive and not the disc is answered */
	EXPECT_EQ(0, RUN(b, 8, 0x46, 0, 0, 0, 0, 0, 0, 0, 8));
	EXPECT_EQ(0, RUN(b, 12, 0x5c, 0, 0, 0, 0, 0, 0, 0, 12));
	EXPECT_EQ(0x20408, RUN(b, 8, 0x25));
	EXPECT_EQ(0, RUN(b, 0, 0x00));
}

/* A session whose close is not waited for */
static void close_at_once(struct __test_metadata *_metadata, struct bench *b)
{
	ASSERT_EQ(0, bench_track(b, 1));
	ASSERT_EQ(0, bench_write(b, at32(b, 12), 32));
	ASSERT_EQ(0, SYNC(b));
	ASSERT_EQ(0, RUN(b, 0, 0x5b, 1, 2));
}

TEST_F(drive, closing)
{
	struct bench *b = &self->b;
	unsigned int i;

	ASSERT_EQ(0, bench_new(b, "dvd-r"));
	drive_close_takes(b->drive, 5);
	close_at_once(_metadata, b);
	for (i = 0; i < 5; i++)
		EXPECT_EQ(0x20408, RUN(b, 0, 0x00));
	EXPECT_EQ(0, RUN(b, 0, 0x00));
}

TEST_F(drive, ready_early)
{
	struct bench *b = &self->b;
	unsigned int i;

	ASSERT_EQ(0, bench_new(b, "dvd-r"));
	ASSERT_EQ(0, drive_quirk(b->drive, "ready-early", true));
	drive_close_takes(b->drive, 4);
	close_at_once(_metadata, b);
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(0, RUN(b, 0, 0x00));
		EXPECT_EQ(0x20407, RUN(b, 34, 0x51, 0, 0, 0, 0, 0, 0, 0, 34));
		EXPECT_EQ(0, RUN(b, 2048, 0x28, 0, BE32(0), 0, BE16(1)));
		EXPECT_EQ(0x20407, bench_track(b, 1));
	}
	EXPECT_EQ(0, RUN(b, 34, 0x51, 0, 0, 0, 0, 0, 0, 0, 34));
	EXPECT_EQ(0, bench_track(b, 1));
	/* What is no close is told as ever */
	drive_busy(b->drive, 1);
	EXPECT_EQ(0x20408, RUN(b, 0, 0x00));
}

/* --- tray, lock, button (MMC-6 6.14, 6.42) --- */

TEST_F(drive, no_disc)
{
	struct bench *b = &self->b;

	bench_settle(b);
	EXPECT_EQ(0x23a01, RUN(b, 0, 0x00));
	EXPECT_EQ(0x23a01, RUN(b, 8, 0x25));
	EXPECT_EQ(0, RUN(b, 0, 0x1b, 0, 0, 0, 2));
	EXPECT_EQ(0x23a02, RUN(b, 0, 0x00));
	ASSERT_EQ(0, RUN(b, 8, 0xbd, 0, 0, 0, 0, 0, 0, 0, 0, 8));
	EXPECT_EQ(0x10, b->data[1]);
	EXPECT_EQ(0, RUN(b, 0, 0x1b, 0, 0, 0, 3));
	EXPECT_EQ(0x23a01, RUN(b, 0, 0x00));
	ASSERT_EQ(0, RUN(b, 12, 0x23, 0, 0, 0, 0, 0, 0, 0, 12));
	EXPECT_EQ(3, b->data[8] & 3);
	EXPECT_EQ(NULL, drive_eject(b->drive));
}

TEST_F(drive, lock)
{
	struct bench *b = &self->b;
	struct disc *disc;

	ASSERT_EQ(0, bench_new(b, "cd-rw-74"));
	EXPECT_EQ(-EBUSY, drive_insert(b->drive, NULL));
	ASSERT_EQ(0, RUN(b, 0, 0x1e, 0, 0, 0, 1));
	EXPECT_EQ(0x55302, RUN(b, 0, 0x1b, 0, 0, 0, 2));
	EXPECT_EQ(-EPERM, drive_button(b->drive));
	/* Media class: EjectRequest, and the disc is still there */
	ASSERT_EQ(0, RUN(b, 8, 0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8));
	EXPECT_EQ(6, at16(b, 0));
	EXPECT_EQ(0x04, b->data[2]);
	EXPECT_EQ(0x5e, b->data[3]);
	EXPECT_EQ(0x01, b->data[4] & 0x0f);
	EXPECT_EQ(0x02, b->data[5]);
	/* Told once */
	ASSERT_EQ(0, RUN(b, 8, 0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8));
	EXPECT_EQ(0x00, b->data[4] & 0x0f);
	/* A reset unlocks it */
	drive_reset(b->drive);
	bench_settle(b);
	EXPECT_EQ(0, drive_button(b->drive));
	EXPECT_EQ(0x23a02, RUN(b, 0, 0x00));
	ASSERT_EQ(0, RUN(b, 8, 0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8));
	EXPECT_EQ(0x03, b->data[4] & 0x0f);
	EXPECT_EQ(0x01, b->data[5]);
	/* The disc lies on the tray, and is loaded again */
	ASSERT_EQ(0, RUN(b, 0, 0x1b, 0, 0, 0, 3));
	ASSERT_EQ(0, RUN(b, 8, 0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8));
	EXPECT_EQ(0x02, b->data[4] & 0x0f);
	EXPECT_EQ(0x02, b->data[5]);
	EXPECT_EQ(0x62800, RUN(b, 0, 0x00));
	/* By force */
	ASSERT_EQ(0, RUN(b, 0, 0x1e, 0, 0, 0, 1));
	disc = drive_eject(b->drive);
	EXPECT_NE(NULL, disc);
	disc_close(disc);
	EXPECT_EQ(0x23a02, RUN(b, 0, 0x00));
}

TEST_F(drive, events_of_no_class)
{
	struct bench *b = &self->b;

	/* Asynchronous operation isn't there, and no class that is reserved */
	EXPECT_EQ(0x52400, RUN(b, 8, 0x4a, 0, 0, 0, 0x10, 0, 0, 0, 8));
	ASSERT_EQ(0, RUN(b, 8, 0x4a, 1, 0, 0, 0x80, 0, 0, 0, 8));
	EXPECT_EQ(4, b->c.done);
	EXPECT_EQ(2, at16(b, 0));
	EXPECT_EQ(0x80, b->data[2]);
	/* Of several classes the lowest, if none has anything to say */
	ASSERT_EQ(0, RUN(b, 8, 0x4a, 1, 0, 0, 0x52, 0, 0, 0, 8));
	EXPECT_EQ(0x01, b->data[2]);
	drive_busy(b->drive, 1);
	ASSERT_EQ(0, RUN(b, 8, 0x4a, 1, 0, 0, 0x42, 0, 0, 0, 8));
	EXPECT_EQ(0x06, b->data[2]);
	EXPECT_EQ(0x01, b->data[4]);
}

/* Another disc, or none, changes what can be done (MMC-6 6.6.2.3) */
TEST_F(drive, operational_event)
{
	struct bench *b = &self->b;
	unsigned int i;

	ASSERT_EQ(0, RUN(b, 8, 0x4a, 1, 0, 0, 0x02, 0, 0, 0, 8));
	EXPECT_EQ(0x0006015e, at32(b, 0));
	EXPECT_EQ(0, at32(b, 4));
	ASSERT_EQ(0, bench_new(b, "cd-r-80"));
	for (i = 0; i < 2; i++) {
		/* Before the media event, which is still there */
		ASSERT_EQ(0, RUN(b, 8, 0x4a, 1, 0, 0, 0x12, 0, 0, 0, 8));
		EXPECT_EQ(0x01, b->data[2]);
		EXPECT_EQ(0x02000001, at32(b, 4));
		ASSERT_EQ(0, RUN(b, 8, 0x4a, 1, 0, 0, 0x12, 0, 0, 0, 8));
		EXPECT_EQ(0x04, b->data[2]);
		EXPECT_EQ(i ? 0x03 : 0x02, b->data[4] & 0x0f);
		ASSERT_EQ(0, RUN(b, 0, 0x1b, 0, 0, 0, 2));
	}
	ASSERT_EQ(0, RUN(b, 0, 0x1e, 0, 0, 0, 3));
	ASSERT_EQ(0, RUN(b, 8, 0x4a, 1, 0, 0, 0x02, 0, 0, 0, 8));
	EXPECT_EQ(0x00800000, at32(b, 4));
}

TEST_F(drive, close_event)
{
	struct bench *b = &self->b;
	unsigned int quirk;

	EXPECT_EQ(-EINVAL, drive_quirk(b->drive, "smoke", true));
	ASSERT_EQ(0, bench_new(b, "dvd+r"));
	for (quirk = 0; quirk < 2; quirk++) {
		ASSERT_EQ(0, drive_quirk(b->drive, "close-event", quirk));
		RUN(b, 8, 0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8);
		ASSERT_EQ(0, bench_track(b, 0xff));
		ASSERT_EQ(0, bench_write(b, at32(b, 12), 32));
		ASSERT_EQ(0, SYNC(b));
		ASSERT_EQ(0, CLOSE_SESSION(b));
		ASSERT_EQ(0, RUN(b, 8, 0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8));
		EXPECT_EQ(quirk ? 2 : 0, b->data[4] & 0x0f);
		EXPECT_EQ(quirk ? 0x62800 : 0, RUN(b, 0, 0x00));
	}
}

/* --- mode pages (MMC-6 7) --- */

TEST_F(drive, mode_pages)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "cd-r-80"));
	ASSERT_EQ(0, RUN(b, 255, 0x5a, 0, 0x05, 0, 0, 0, 0, 0, 255));
	EXPECT_EQ(60, b->c.done);
	EXPECT_EQ(58, at16(b, 0));
	EXPECT_EQ(0, at16(b, 6));
	EXPECT_EQ(0x05, b->data[8] & 0x3f);
	EXPECT_EQ(0x32, b->data[9]);
	EXPECT_EQ(0x01, b->data[10] & 0x0f);
	EXPECT_EQ(0x08, b->data[12] & 0x0f);
	EXPECT_EQ(150, at16(b, 22));
	/* The same in 6 bytes */
	ASSERT_EQ(0, RUN(b, 255, 0x1a, 0, 0x05, 0, 255));
	EXPECT_EQ(56, b->c.done);
	EXPECT_EQ(55, b->data[0]);
	EXPECT_EQ(0x05, b->data[4]);
	/* All of them: one after another to the end */
	ASSERT_EQ(0, RUN(b, 255, 0x5a, 0, 0x3f, 0, 0, 0, 0, 0, 255));
	EXPECT_EQ(b->c.done - 2, at16(b, 0));
	EXPECT_EQ(8 + 12 + 52 + 12 + 12 + 44, b->c.done);
	/* Saved values, a page and a subpage that aren't */
	EXPECT_EQ(0x53900, RUN(b, 255, 0x5a, 0, 0xc5, 0, 0, 0, 0, 0, 255));
	EXPECT_EQ(0x52400, RUN(b, 255, 0x5a, 0, 0x08, 0, 0, 0, 0, 0, 255));
	EXPECT_EQ(0x52400, RUN(b, 255, 0x5a, 0, 0x05, 1, 0, 0, 0, 0, 255));
}

/* Every page: what can be set of it, and what it comes up with; from byte 2 on */
static const struct {
	uint8_t page, length;
	uint8_t changeable[50], defaults[50];
} pages[] = {
	{ 0x01, 0x0a, { 0xff, 0xff }, { 0xc0, 0x20, 0, 0, 0, 0, 0x20 } },
	{ 0x05, 0x32,
	  { 0x6f, 0xff, 0x0f, 0xff, 0, 0x3f, 0xff, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	    /* Catalogue number, ISRC, sub-header */
	    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
	  { 0x01, 0x04, 0x08, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0, 150 } },
	{ 0x1a, 0x0a, { 0 }, { 0 } },
	{ 0x1d, 0x0a, { 0, 0, 0x0f, 0, 0xff, 0xff, 0xff, 0xff },
		      { 0, 0, 0x04, 0, 0, 0, 0x05, 0xdc } },
};

TEST_F(drive, page_controls)
{
	struct bench *b = &self->b;
	unsigned int i;

	ASSERT_EQ(0, bench_new(b, "cd-r-80"));
	for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		ASSERT_EQ(0, RUN(b, 255, 0x5a, 0, 0x40 | pages[i].page, 0, 0, 0, 0, 0, 255));
		EXPECT_EQ(8 + 2 + pages[i].length, b->c.done);
		EXPECT_EQ(pages[i].page, b->data[8]);
		EXPECT_EQ(pages[i].length, b->data[9]);
		EXPECT_EQ(0, memcmp(pages[i].changeable, b->data + 10, pages[i].length))
			TH_LOG("page %02x", pages[i].page);
		ASSERT_EQ(0, RUN(b, 255, 0x5a, 0, 0x80 | pages[i].page, 0, 0, 0, 0, 0, 255));
		EXPECT_EQ(pages[i].page, b->data[8]);
		EXPECT_EQ(0, memcmp(pages[i].defaults, b->data + 10, pages[i].length))
			TH_LOG("page %02x", pages[i].page);
	}
	/* Nothing of the capabilities can be set */
	ASSERT_EQ(0, RUN(b, 255, 0x5a, 0, 0x6a, 0, 0, 0, 0, 0, 255));
	EXPECT_EQ(8 + 44, b->c.done);
	EXPECT_EQ(0x2a, b->data[8]);
	for (i = 10; i < b->c.done; i++)
		EXPECT_EQ(0, b->data[i]);
	/* All of them; the defaults are no other after they were set */
	ASSERT_EQ(0, RUN(b, 255, 0x5a, 0, 0x7f, 0, 0, 0, 0, 0, 255));
	EXPECT_EQ(8 + 12 + 52 + 12 + 12 + 44, b->c.done);
	ASSERT_EQ(0, bench_page05(b, 2, true));
	ASSERT_EQ(0, RUN(b, 60, 0x5a, 0, 0x85, 0, 0, 0, 0, 0, 60));
	EXPECT_EQ(0, memcmp(pages[1].defaults, b->data + 10, 50));
}

/* What can't be set stays, whatever is sent */
TEST_F(drive, page_bits_that_stay)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "cd-r-80"));
	memset(b->data, 0, 8);
	memset(b->data + 8, 0xff, 12);
	b->data[8] = 0x1d;
	b->data[9] = 0x0a;
	ASSERT_EQ(0, SEND(b, 20, 0x55, 0x10, 0, 0, 0, 0, 0, 0, 20));
	ASSERT_EQ(0, RUN(b, 20, 0x5a, 0, 0x1d, 0, 0, 0, 0, 0, 20));
	EXPECT_EQ(0, memcmp(pages[3].changeable, b->data + 10, 10));
	memset(b->data, 0, 8);
	memset(b->data + 8, 0xff, 52);
	b->data[8] = 0x05;
	b->data[9] = 0x32;
	b->data[10] = 0x61;
	b->data[11] = 0xc4;
	b->data[12] = 0xf8;
	ASSERT_EQ(0, SEND(b, 60, 0x55, 0x10, 0, 0, 0, 0, 0, 0, 60));
	ASSERT_EQ(0, RUN(b, 60, 0x5a, 0, 0x05, 0, 0, 0, 0, 0, 60));
	EXPECT_EQ(0x61c408ff, at32(b, 10));
	EXPECT_EQ(0x003fff00, at32(b, 14));
	EXPECT_EQ(0xff, b->data[59]);
}

TEST_F(drive, capabilities)
{
	struct bench *b = &self->b;
	const uint8_t *p = b->data + 8;

	bench_settle(b);
	ASSERT_EQ(0, RUN(b, 255, 0x5a, 8, 0x2a, 0, 0, 0, 0, 0, 255));
	EXPECT_EQ(0x2a, p[0]);
	EXPECT_EQ(42, p[1]);
	EXPECT_EQ(0x3f, p[2]);
	EXPECT_EQ(0x33, p[3]);
	EXPECT_EQ(0x70, p[4] & 0x70);
	EXPECT_EQ(0x29, p[6]);
	EXPECT_EQ(2048, at16(b, 8 + 12));
	EXPECT_EQ(3, at16(b, 8 + 30));
	ASSERT_EQ(0, RUN(b, 0, 0x1e, 0, 0, 0, 1));
	ASSERT_EQ(0, RUN(b, 255, 0x5a, 8, 0x2a, 0, 0, 0, 0, 0, 255));
	EXPECT_EQ(0x2b, p[6]);
}

TEST_F(drive, write_parameters)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "cd-r-80"));
	EXPECT_EQ(0, bench_page05(b, 1, true));
	ASSERT_EQ(0, RUN(b, 60, 0x5a, 8, 0x05, 0, 0, 0, 0, 0, 60));
	EXPECT_EQ(0x41, b->data[10]);
	EXPECT_EQ(0xc4, b->data[11]);
	EXPECT_EQ(0, bench_page05(b, 2, true));
	/* Not built: packets on CD, raw, test writing */
	EXPECT_EQ(0x52600, bench_page05(b, 0, true));
	EXPECT_EQ(0x52600, bench_page05(b, 3, true));
	EXPECT_EQ(0x52600, bench_page05(b, 0x11, true));
	/* As programs send them that close a session; no data can be written so */
	EXPECT_EQ(0, bench_page05_of(b, 1, 0xc0, 0));
	EXPECT_EQ(0x56400, bench_write(b, 0, 16));
	/* Lengths that don't fit */
	EXPECT_EQ(0x51a00, SEND(b, 59, 0x55, 0x10, 0, 0, 0, 0, 0, 0, 60));
	EXPECT_EQ(0x51a00, SEND(b, 7, 0x55, 0x10, 0, 0, 0, 0, 0, 0, 7));
	bench_page05(b, 1, true);
	EXPECT_EQ(0x51a00, SEND(b, 60, 0x55, 0x10, 0, 0, 0, 0, 0, 0, 58));
	EXPECT_EQ(0x52400, SEND(b, 60, 0x55, 0x11, 0, 0, 0, 0, 0, 0, 60));
	b->data[7] = 60;
	EXPECT_EQ(0x51a00, SEND(b, 60, 0x55, 0x10, 0, 0, 0, 0, 0, 0, 60));
	EXPECT_EQ(0, SEND(b, 0, 0x55, 0x10));
	/* They are gone with the power */
	drive_power(b->drive);
	bench_settle(b);
	ASSERT_EQ(0, RUN(b, 60, 0x5a, 8, 0x05, 0, 0, 0, 0, 0, 60));
	EXPECT_EQ(0x01, b->data[10]);
	EXPECT_EQ(0x04, b->data[11]);
}

/* --- speeds and performance (MMC-6 6.8, 6.17, 6.37, 6.39) --- */

TEST_F(drive, speeds)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "dvd-r"));
	ASSERT_EQ(0, RUN(b, 56, 0xac, 0, 0, 0, 0, 0, 0, 0, 0, 3, 3));
	EXPECT_EQ(56, b->c.done);
	EXPECT_EQ(52, at32(b, 0));
	EXPECT_EQ(2298495, at32(b, 12));
	EXPECT_EQ(11080, at32(b, 20));
	EXPECT_EQ(2770, at32(b, 8 + 32 + 12));
	/* 4,000 kB in a second: 2x is the fastest that isn't faster */
	memset(b->data, 0, 28);
	b->data[10] = 1;
	b->data[14] = 4000 >> 8;
	b->data[15] = 4000 & 0xff;
	b->data[18] = 1000 >> 8;
	b->data[19] = 1000 & 0xff;
	memcpy(b->data + 20, b->data + 12, 8);
	ASSERT_EQ(0, SEND(b, 28, 0xb6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 28));
	ASSERT_EQ(0, RUN(b, 24, 0xac, 0x04, 0, 0, 0, 0, 0, 0, 0, 1, 0));
	EXPECT_EQ(20, at32(b, 0));
	EXPECT_EQ(0x02, b->data[4]);
	EXPECT_EQ(2770, at32(b, 12));
	EXPECT_EQ(2770, at32(b, 20));
	EXPECT_EQ(0x51a00, SEND(b, 27, 0xb6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 28));
	ASSERT_EQ(0, RUN(b, 0, 0xbb, 0, 0xff, 0xff, BE16(6000)));
	ASSERT_EQ(0, RUN(b, 24, 0xac, 0x04, 0, 0, 0, 0, 0, 0, 0, 1, 0));
	EXPECT_EQ(5540, at32(b, 12));
	EXPECT_EQ(0x52400, RUN(b, 24, 0xac, 0, 0, 0, 0, 0, 0, 0, 0, 1, 9));
	/* What the cache has room for */
	ASSERT_EQ(0, RUN(b, 12, 0x5c, 0, 0, 0, 0, 0, 0, 0, 12));
	EXPECT_EQ(10, at16(b, 0));
	EXPECT_EQ(1024 * 2048, at32(b, 4));
	EXPECT_EQ(1024 * 2048, at32(b, 8));
	ASSERT_EQ(0, bench_page05(b, 0, true));
	ASSERT_EQ(0, bench_write(b, 0, 100));
	ASSERT_EQ(0, RUN(b, 12, 0x5c, 1, 0, 0, 0, 0, 0, 0, 12));
	EXPECT_EQ(1, b->data[3]);
	EXPECT_EQ(924, at32(b, 8));
}

/* --- what is left: REPORT LUNS, READ BUFFER, SEND OPC, SEEK, VERIFY, layers --- */

TEST_F(drive, small_commands)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, RUN(b, 16, 0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 16));
	EXPECT_EQ(16, b->c.done);
	EXPECT_EQ(8, at32(b, 0));
	EXPECT_EQ(0, at32(b, 8));
	bench_settle(b);
	ASSERT_EQ(0, RUN(b, 4, 0x3c, 3, 0, 0, 0, 0, 0, 0, 4));
	EXPECT_EQ(1024 * 2048, at32(b, 0));
	EXPECT_EQ(0x52400, RUN(b, 4, 0x3c, 2, 0, 0, 0, 0, 0, 0, 4));
	ASSERT_EQ(0, bench_new(b, "dvd-r"));
	EXPECT_EQ(1, b->works[DRIVE_WORK_SPIN_UP]);
	ASSERT_EQ(0, RUN(b, 0, 0x54, 1));
	EXPECT_EQ(1, b->works[DRIVE_WORK_OPC]);
	EXPECT_EQ(0x51a00, RUN(b, 0, 0x54, 0, 0, 0, 0, 0, 0, 0, 8));
	EXPECT_EQ(0, RUN(b, 0, 0x2b, 0, BE32(2298495)));
	EXPECT_EQ(0x52100, RUN(b, 0, 0x2b, 0, BE32(2298496)));
	/* Stopped, it comes up again for the first that needs it */
	ASSERT_EQ(0, bench_page05(b, 0, true));
	ASSERT_EQ(0, bench_write(b, 0, 64));
	ASSERT_EQ(0, RUN(b, 0, 0x1b, 0, 0, 0, 0));
	EXPECT_EQ(0, bench_compare(b, 0, 64));
	EXPECT_EQ(2, b->works[DRIVE_WORK_SPIN_UP]);
	EXPECT_EQ(0, RUN(b, 0, 0x2f, 0, BE32(0), 0, BE16(64)));
	EXPECT_EQ(0x52100, RUN(b, 0, 0x2f, 0, BE32(0), 0, BE16(65)));
	EXPECT_EQ(0x52400, RUN(b, 0, 0x2f, 2, BE32(0), 0, BE16(1)));
}

TEST_F(drive, layer_boundary)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "dvd+r-dl"));
	memset(b->data, 0, 12);
	b->data[1] = 10;
	b->data[9] = 0x10;
	EXPECT_EQ(0, SEND(b, 12, 0xbf, 0, 0, 0, 0, 0, 0, 0x20, 0, 12));
	/* Not where an ECC block ends, and beyond the middle */
	b->data[11] = 0x08;
	EXPECT_EQ(0x52600, SEND(b, 12, 0xbf, 0, 0, 0, 0, 0, 0, 0x20, 0, 12));
	b->data[8] = 0x01;
	b->data[11] = 0;
	EXPECT_EQ(0x52600, SEND(b, 12, 0xbf, 0, 0, 0, 0, 0, 0, 0x20, 0, 12));
	EXPECT_EQ(0x51a00, SEND(b, 11, 0xbf, 0, 0, 0, 0, 0, 0, 0x20, 0, 12));
	EXPECT_EQ(0x52400, SEND(b, 12, 0xbf, 0, 0, 0, 0, 0, 0, 0x0f, 0, 12));
}

TEST_HARNESS_MAIN
