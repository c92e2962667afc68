// SPDX-License-Identifier: GPL-2.0-only
/* GET CONFIGURATION: each feature's descriptor, and which a disc makes current (MMC-6 5.3, 5.4) */
#include "drive_fixture.h"

FIXTURE(features) {
	struct bench b;
};

FIXTURE_SETUP(features)
{
	bench_init(&self->b);
}

FIXTURE_TEARDOWN(features)
{
	bench_exit(&self->b);
}

/* --- descriptors (MMC-6 5.3) --- */

struct descriptor {
	const char *media;		/* NULL: no disc */
	uint16_t code;
	uint8_t version;
	bool persistent, current;
	uint8_t length;
	uint8_t data[56];
};

#define PROFILES(which) \
	0x00, 0x43, (which) == 0x43, 0, 0x00, 0x41, (which) == 0x41, 0, 0x00, 0x40, 0, 0, \
	0x00, 0x2b, (which) == 0x2b, 0, 0x00, 0x1b, (which) == 0x1b, 0, \
	0x00, 0x1a, (which) == 0x1a, 0, 0x00, 0x14, (which) == 0x14, 0, \
	0x00, 0x13, (which) == 0x13, 0, 0x00, 0x12, (which) == 0x12, 0, \
	0x00, 0x11, (which) == 0x11, 0, 0x00, 0x10, 0, 0, \
	0x00, 0x0a, (which) == 0x0a, 0, 0x00, 0x09, (which) == 0x09, 0, 0x00, 0x08, 0, 0

static const struct descriptor descriptors[] = {
	/* Profile list: all of them, and the one that is current */
	{ NULL, 0x000, 0, true, true, 56, { PROFILES(0) } },
	{ "cd-r-80", 0x000, 0, true, true, 56, { PROFILES(0x09) } },
	{ "dvd-rw", 0x000, 0, true, true, 56, { PROFILES(0x14) } },
	{ "dvd-rw-over", 0x000, 0, true, true, 56, { PROFILES(0x13) } },
	{ "bd-re", 0x000, 0, true, true, 56, { PROFILES(0x43) } },
	/* Core: SCSI family; INQ2 and DBE */
	{ NULL, 0x001, 2, true, true, 8, { 0, 0, 0, 1, 0x03 } },
	/* Morphing: OCEvent, polled */
	{ NULL, 0x002, 1, true, true, 4, { 0x02 } },
	/* Removable medium: tray, load, eject, lock */
	{ NULL, 0x003, 2, true, true, 4, { 0x39 } },
	/* Random readable: block size, blocks that are read together, error recovery page */
	{ NULL, 0x010, 0, false, false, 8, { 0, 0, 8, 0, 0, 1, 1 } },
	{ "cd-r-80", 0x010, 0, false, true, 8, { 0, 0, 8, 0, 0, 1, 1 } },
	{ "dvd+r", 0x010, 0, false, true, 8, { 0, 0, 8, 0, 0, 16, 1 } },
	{ "bd-r", 0x010, 0, false, true, 8, { 0, 0, 8, 0, 0, 32, 1 } },
	/* Multi-read; CD read with CD-TEXT; DVD read */
	{ "cd-rw-80", 0x01d, 0, false, true, 0, { 0 } },
	{ "dvd-r", 0x01d, 0, false, false, 0, { 0 } },
	{ "cd-r-80", 0x01e, 2, false, true, 4, { 0x01 } },
	{ "dvd+r", 0x01f, 1, false, true, 4, { 0x01, 0, 0x01 } },
	{ "bd-r", 0x01f, 1, false, false, 4, { 0x01, 0, 0x01 } },
	/* Random writable: last block, block size, blocks that are written together, page 01h */
	{ "dvd-ram", 0x020, 1, false, true, 12,
	  { BE32(2236703), 0, 0, 8, 0, 0, 16, 1 } },
	{ "dvd+rw", 0x020, 1, false, false, 12, { 0, 0, 0, 0, 0, 0, 8, 0, 0, 16, 1 } },
	{ "bd-re", 0x020, 1, false, false, 12, { 0, 0, 0, 0, 0, 0, 8, 0, 0, 32, 1 } },
	/* Incremental streaming: mode 1, underrun protection, one link size of 16 */
	{ "dvd-r", 0x021, 3, false, true, 8, { 0x01, 0x00, 0x01, 1, 16 } },
	/* Formattable: BD-RE without spare area */
	{ "bd-re", 0x023, 1, false, true, 8, { 0x08 } },
	{ "dvd-r", 0x023, 1, false, false, 8, { 0x08 } },
	/* Defect management without supplementary spare area; restricted overwrite */
	{ "dvd-ram", 0x024, 1, false, true, 4, { 0 } },
	{ "dvd-rw-over", 0x026, 0, false, true, 0, { 0 } },
	{ "dvd-rw", 0x026, 0, false, false, 0, { 0 } },
	/* DVD+RW: written, without quick start and without closing only; DVD+R */
	{ "dvd+rw", 0x02a, 0, false, true, 4, { 0x01 } },
	{ "dvd+r", 0x02b, 0, false, true, 4, { 0x01 } },
	{ "dvd+r-dl", 0x02b, 0, false, false, 4, { 0x01 } },
	/* Rigid restricted overwrite: intermediate state, blank */
	{ "dvd-rw-over", 0x02c, 0, false, true, 4, { 0x03 } },
	/* Track at once: underrun protection, CD-RW; data types 8, 10 and 13 */
	{ "cd-r-80", 0x02d, 2, false, true, 4, { 0x42, 0, 0x25, 0 } },
	/* Mastering: the same and session at once; the longest cue sheet */
	{ "cd-rw-80", 0x02e, 0, false, true, 4, { 0x62, BE24(2392) } },
	/* DVD-R and DVD-RW: underrun protection, DVD-RW */
	{ "dvd-rw", 0x02f, 2, false, true, 4, { 0x42 } },
	{ "dvd-rw-over", 0x02f, 2, false, false, 4, { 0x42 } },
	/* CD-RW sub-types 0 to 3; DVD+R DL */
	{ "cd-rw-80", 0x037, 0, false, true, 4, { 0, 0x0f } },
	{ "cd-r-80", 0x037, 0, false, false, 4, { 0, 0x0f } },
	/* BD-R with pseudo-overwrite: a quirk */
	{ "bd-r", 0x038, 0, false, false, 4, { 0 } },
	{ "dvd+r-dl", 0x03b, 0, false, true, 4, { 0x01 } },
	/* BD, of class 0: BD-RE 1 and 2, BD-R 1, BD-ROM 1 */
	{ "bd-r", 0x040, 0, false, true, 28,
	  { [5] = 0x06, [13] = 0x02, [21] = 0x02 } },
	{ "bd-re", 0x041, 0, false, true, 20, { [5] = 0x06, [13] = 0x02 } },
	/* Power management; time-out without group 3 */
	{ NULL, 0x100, 0, true, true, 0, { 0 } },
	{ NULL, 0x105, 1, true, true, 4, { 0 } },
	/* Streaming: buffer capacity in blocks, SET CD SPEED, page 2Ah, write speeds, stream */
	{ "dvd+r", 0x107, 4, false, true, 4, { 0x1f } },
	{ NULL, 0x107, 4, false, false, 4, { 0x1f } },
	{ NULL, 0x108, 0, true, true, 12, "VD00000001  " },
};

static void expect_descriptor(struct __test_metadata *_metadata, struct bench *b,
			      const struct descriptor *want)
{
	const uint8_t *p = b->data + 8;

	ASSERT_EQ(0, RUN(b, 256, 0x46, 2, BE16(want->code), 0, 0, 0, 1, 0));
	ASSERT_EQ(8 + 4 + want->length, b->c.done) TH_LOG("feature %04x", want->code);
	EXPECT_EQ(want->code, at16(b, 8));
	EXPECT_EQ(want->version << 2 | want->persistent << 1 | want->current, p[2])
		TH_LOG("feature %04x with %s", want->code, want->media);
	EXPECT_EQ(want->length, p[3]);
	EXPECT_EQ(0, memcmp(want->data, p + 4, want->length))
		TH_LOG("feature %04x with %s", want->code, want->media);
}

TEST_F(features, descriptors)
{
	struct bench *b = &self->b;
	unsigned int i;

	for (i = 0; i < sizeof(descriptors) / sizeof(descriptors[0]); i++) {
		if (descriptors[i].media) {
			ASSERT_EQ(0, bench_new(b, descriptors[i].media));
		}
		expect_descriptor(_metadata, b, &descriptors[i]);
		disc_close(drive_eject(b->drive));
		bench_exit(b);
		bench_init(b);
	}
}

/* Each feature that the drive has is in the table above */
TEST_F(features, none_unknown)
{
	struct bench *b = &self->b;
	unsigned int i, at, code;

	ASSERT_EQ(0, RUN(b, 1024, 0x46, 0, 0, 0, 0, 0, 0, 0x04, 0));
	for (at = 8; at < b->c.done; at += 4u + b->data[at + 3]) {
		code = at16(b, at);
		for (i = 0; i < sizeof(descriptors) / sizeof(descriptors[0]); i++) {
			if (descriptors[i].code == code)
				break;
		}
		EXPECT_NE(sizeof(descriptors) / sizeof(descriptors[0]), i)
			TH_LOG("feature %04x", code);
	}
}

/* --- what each profile has to have (MMC-6 5.4) --- */

static const struct {
	const char *media;
	uint32_t profile;
	uint16_t current[12];
	unsigned int type;		/* formatted so, to so many blocks, or not */
	uint32_t blocks;
} profiles[] = {
	{ "cd-r-80", 0x0009, { 0x10, 0x1d, 0x1e, 0x2d, 0x2e, 0x107 } },
	{ "cd-rw-80", 0x000a, { 0x10, 0x1d, 0x1e, 0x2d, 0x2e, 0x37, 0x107 } },
	{ "dvd-r", 0x0011, { 0x10, 0x1f, 0x21, 0x2f, 0x107 } },
	{ "dvd-rw", 0x0014, { 0x10, 0x1f, 0x21, 0x23, 0x2f, 0x107 } },
	{ "dvd+r", 0x001b, { 0x10, 0x1f, 0x2b, 0x107 } },
	{ "dvd+r-dl", 0x002b, { 0x10, 0x1f, 0x3b, 0x107 } },
	{ "dvd+rw", 0x001a, { 0x10, 0x1f, 0x23, 0x2a, 0x107 } },
	{ "dvd-ram", 0x0012, { 0x10, 0x1f, 0x20, 0x23, 0x24, 0x107 } },
	{ "bd-r", 0x0041, { 0x10, 0x23, 0x40, 0x41, 0x107 } },
	{ "bd-re", 0x0043, { 0x10, 0x23, 0x24, 0x40, 0x41, 0x107 } },
	/* Formatted: DVD-RW is restricted overwrite then, the others are written anywhere */
	{ "dvd-rw-over", 0x0013, { 0x10, 0x1f, 0x23, 0x26, 0x2c, 0x107 } },
	{ "dvd+rw", 0x001a, { 0x10, 0x1f, 0x20, 0x23, 0x2a, 0x107 }, 0x26, 2295104 },
	{ "bd-re", 0x0043, { 0x10, 0x20, 0x23, 0x24, 0x40, 0x41, 0x107 }, 0x31, 12219392 },
};

/* Features that are always current */
static bool is_basic(unsigned int code)
{
	return code <= 0x0003 || code == 0x0100 || code == 0x0105 || code == 0x0108;
}

static bool is_listed(const uint16_t *list, unsigned int code)
{
	unsigned int i;

	for (i = 0; list[i]; i++) {
		if (list[i] == code)
			return true;
	}
	return false;
}

TEST_F(features, current)
{
	struct bench *b = &self->b;
	unsigned int i, at, code, last, seen, n;

	for (i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
		ASSERT_EQ(0, bench_new(b, profiles[i].media));
		if (profiles[i].blocks) {
			ASSERT_EQ(0, bench_format(b, profiles[i].type, profiles[i].blocks, 0));
		}
		ASSERT_EQ(0, RUN(b, 1024, 0x46, 0, 0, 0, 0, 0, 0, 0x04, 0));
		EXPECT_EQ(b->c.done - 4, at32(b, 0));
		EXPECT_EQ(profiles[i].profile, at16(b, 6));
		last = seen = 0;
		for (at = 8; at < b->c.done; at += 4u + b->data[at + 3]) {
			code = at16(b, at);
			EXPECT_TRUE(at == 8 || code > last);
			EXPECT_EQ(0, b->data[at + 3] % 4);
			EXPECT_EQ(is_basic(code) || is_listed(profiles[i].current, code),
				  b->data[at + 2] & 1) TH_LOG("%s %04x", profiles[i].media, code);
			seen += !is_basic(code) && (b->data[at + 2] & 1);
			last = code;
		}
		EXPECT_EQ(b->c.done, at);
		for (n = 0; profiles[i].current[n]; n++)
			;
		EXPECT_EQ(n, seen) TH_LOG("%s", profiles[i].media);
		disc_close(drive_eject(b->drive));
		bench_exit(b);
		bench_init(b);
	}
}

TEST_F(features, one_and_all_current)
{
	struct bench *b = &self->b;

	/* No disc: profile 0 */
	ASSERT_EQ(0, RUN(b, 256, 0x46, 2, 0, 0x21, 0, 0, 0, 1, 0));
	EXPECT_EQ(16 + 4, b->c.done);
	EXPECT_EQ(16, at32(b, 0));
	EXPECT_EQ(0, at16(b, 6));
	EXPECT_EQ(0x21, at16(b, 8));
	EXPECT_EQ(0, b->data[10] & 1);
	/* One that it hasn't got: the header alone */
	ASSERT_EQ(0, RUN(b, 256, 0x46, 2, 0, 0x22, 0, 0, 0, 1, 0));
	EXPECT_EQ(8, b->c.done);
	EXPECT_EQ(4, at32(b, 0));
	ASSERT_EQ(0, RUN(b, 256, 0x46, 1, 0, 0x10, 0, 0, 0, 1, 0));
	EXPECT_EQ(0x100, at16(b, 8));
	EXPECT_EQ(0x52400, RUN(b, 256, 0x46, 3, 0, 0, 0, 0, 0, 1, 0));
	/* As much as was asked for; the length is the whole */
	ASSERT_EQ(0, RUN(b, 256, 0x46, 0, 0, 0, 0, 0, 0, 0, 8));
	EXPECT_EQ(8, b->c.done);
	EXPECT_LT(100, at32(b, 0));
}

TEST_F(features, pseudo_overwrite)
{
	static const struct {
		const char *media;
		bool on, current;
	} cases[] = {
		{ "bd-r", true, true }, { "bd-r", false, false }, { "bd-re", true, false },
	};
	struct bench *b = &self->b;
	unsigned int i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ASSERT_EQ(0, bench_new(b, cases[i].media));
		ASSERT_EQ(0, drive_quirk(b->drive, "pow", cases[i].on));
		ASSERT_EQ(0, RUN(b, 256, 0x46, 2, 0, 0x38, 0, 0, 0, 1, 0));
		EXPECT_EQ(0x38, at16(b, 8));
		EXPECT_EQ(cases[i].current, b->data[10] & 1) TH_LOG("%s", cases[i].media);
		EXPECT_EQ(4, b->data[11]);
		/* It writes on it all the same */
		ASSERT_EQ(0, RUN(b, 256, 0x46, 2, 0, 0x41, 0, 0, 0, 1, 0));
		EXPECT_EQ(1, b->data[10] & 1) TH_LOG("%s", cases[i].media);
		disc_close(drive_eject(b->drive));
		bench_exit(b);
		bench_init(b);
	}
}

TEST_HARNESS_MAIN
