// SPDX-License-Identifier: GPL-2.0-only
/* The model of time: all figures of it stand in the tables below */
#include "clock.h"

#define MS	1000000ull
#define US	1000ull

/*
 * Where the figures are from. Speeds: what half-height SATA writers are sold with, as
 * multiples of 1x, which the books define: CD 75 blocks/s (176.4 kB/s of audio), DVD
 * 11.08 Mbit/s of user data = 676 blocks/s, BD 35.965 Mbit/s = 2,195 blocks/s. Reading is at
 * constant angular velocity: the speed of the name is reached at the rim alone. Writing is
 * taken as constant. Times: the order of magnitude that data sheets of such drives give
 * for a random access (a third of the stroke) and until ready. None was measured: they
 * say which of two access patterns is the cheaper one, not how long it will take.
 */
struct clock_medium {
	uint16_t profile;
	uint16_t access_ms;	/* a random access, the mean of all pairs of places */
	uint16_t spin_up_ms;	/* until ready after it came in */
	uint16_t opc_ms;	/* power calibration */
	uint16_t close_ms;	/* of closing anything, besides the blocks it writes */
	uint16_t inner;		/* mm, radius where the program area begins */
	uint8_t layers;
	uint32_t blocks;	/* of one layer */
	uint32_t read;		/* blocks/s at the rim */
	uint32_t write;		/* blocks/s */
};

#define CD(x)	((x) * 75u)
#define DVD(x)	((x) * 676u)
#define BD(x)	((x) * 2195u)

static const struct clock_medium media[] = {
	/* profile, access, spin up, OPC, close, radius, layers, blocks, read, write */
	{ 0x08, 125, 4000, 0, 0, 25, 1, 360000, CD(48), CD(48) },		/* CD-ROM */
	{ 0x09, 125, 4000, 5000, 2000, 25, 1, 360000, CD(48), CD(24) },		/* CD-R */
	{ 0x0a, 135, 5000, 5000, 2000, 25, 1, 360000, CD(32), CD(10) },		/* CD-RW */
	{ 0x10, 145, 5000, 0, 0, 24, 1, 2295104, DVD(16), DVD(16) },		/* DVD-ROM */
	{ 0x11, 145, 6000, 4000, 3000, 24, 1, 2298496, DVD(16), DVD(8) },	/* DVD-R */
	{ 0x12, 200, 8000, 0, 500, 24, 1, 2236704, DVD(5), DVD(3) },		/* DVD-RAM */
	{ 0x13, 160, 7000, 4000, 3000, 24, 1, 2298496, DVD(12), DVD(6) },	/* DVD-RW */
	{ 0x14, 160, 7000, 4000, 3000, 24, 1, 2298496, DVD(12), DVD(6) },
	{ 0x1a, 160, 7000, 4000, 1000, 24, 1, 2295104, DVD(12), DVD(6) },	/* DVD+RW */
	{ 0x1b, 145, 6000, 4000, 3000, 24, 1, 2295104, DVD(16), DVD(8) },	/* DVD+R */
	{ 0x2b, 160, 8000, 4000, 3000, 24, 2, 2086912, DVD(12), DVD(4) },	/* DVD+R DL */
	{ 0x41, 180, 10000, 5000, 3000, 24, 1, 12219392, BD(12), BD(6) },	/* BD-R */
	{ 0x43, 180, 10000, 5000, 1000, 24, 1, 11826176, BD(8), BD(2) },	/* BD-RE */
};

/* All discs end here */
#define RIM_UM		58000u
/* The shortest seek: until the pickup follows a track, and then half a turn */
#define SETTLE		(12 * MS)
/* What any command takes, whatever it asks for */
#define COMMAND		(200 * US)
/* A block out of the drive's buffer: 33 MB/s, Ultra DMA mode 2, the usual one of ATAPI */
#define BUFFERED	(62 * US)
/* Blocks of that buffer: 2 MiB */
#define BUFFER		1024u
/* A CD counts the blocks before its program area as negative ones */
#define LEAD_IN		0xfff00000u
/* What is still in the buffer reaches the medium, and the track is left in order */
#define SYNC		(400 * MS)

void clock_init(struct clock *clock)
{
	*clock = (struct clock) { 0 };
	clock_load(clock, 0);
}

void clock_reset(struct clock *clock)
{
	clock->now = 0;
	clock->seeks = 0;
	clock->read = 0;
	clock->cached = 0;
	clock->written = 0;
}

void clock_load(struct clock *clock, unsigned int profile)
{
	unsigned int n;

	/* What it doesn't know goes like a pressed DVD */
	clock->medium = &media[3];
	for (n = 0; n < sizeof(media) / sizeof(media[0]); n++)
		if (media[n].profile == profile)
			clock->medium = &media[n];
	clock->head = 0;
	clock->buffer = 0;
	clock->writing = false;
}

void clock_command(struct clock *clock)
{
	clock->now += COMMAND;
}

void clock_wait(struct clock *clock, uint32_t seconds)
{
	clock->now += seconds * 1000 * MS;
}

static uint64_t root(uint64_t square)
{
	uint64_t r = 0, bit = 1ull << 62;

	while (bit > square)
		bit >>= 2;
	for (; bit; bit >>= 2) {
		if (square >= r + bit) {
			square -= r + bit;
			r = (r >> 1) + bit;
		} else {
			r >>= 1;
		}
	}
	return r;
}

/* Where block @lba is, in micrometres from the centre: equal areas hold equally much */
static uint64_t radius(const struct clock_medium *m, uint32_t lba)
{
	uint64_t inner = m->inner * 1000ull, at = lba;
	uint64_t span = RIM_UM * (uint64_t)RIM_UM - inner * inner;

	/* Lead-in, and wherever calibration and closing leave the head */
	if (lba >= LEAD_IN)
		at = 0;
	/* The second layer runs back inwards (opposite track path) */
	if (m->layers > 1 && at > m->blocks)
		at = at < 2 * m->blocks ? 2 * m->blocks - at : 0;
	if (at > m->blocks)
		at = m->blocks;
	return root(inner * inner + span / m->blocks * at);
}

/* Over a distance of @a to @b: the mean of the root over all pairs is 8/15 of the stroke's */
static uint64_t seek_time(const struct clock_medium *m, uint32_t a, uint32_t b)
{
	uint64_t from = radius(m, a), to = radius(m, b);
	uint64_t way = from > to ? from - to : to - from;
	uint64_t stroke = RIM_UM - m->inner * 1000ull;
	/* In 1/1024 of the stroke's root */
	uint64_t part = root((way << 20) / stroke);

	return SETTLE + (m->access_ms * MS - SETTLE) * 15 / 8 * part / 1024;
}

/* Time of @blocks from @lba on, at the speed that the disc has there */
static uint64_t read_time(const struct clock_medium *m, uint32_t lba, uint32_t blocks)
{
	uint64_t speed = m->read * radius(m, lba) / RIM_UM;

	return blocks * (1000 * MS) / speed;
}

static void seek(struct clock *clock, uint32_t lba)
{
	clock->now += seek_time(clock->medium, clock->head, lba);
	clock->seeks++;
	clock->head = lba;
	clock->buffer = 0;
}

/* The buffer holds the last that was read */
static void keep(struct clock *clock, uint32_t blocks)
{
	clock->buffer = blocks < BUFFER - clock->buffer ? clock->buffer + blocks : BUFFER;
}

/* To @lba for reading; if that is near, all between is read and thrown away */
static void reach(struct clock *clock, uint32_t lba)
{
	uint64_t over;

	if (lba == clock->head && !clock->writing)
		return;
	if (lba > clock->head && lba - clock->head <= BUFFER && !clock->writing) {
		over = read_time(clock->medium, clock->head, lba - clock->head);
		if (over <= seek_time(clock->medium, clock->head, lba)) {
			clock->now += over;
			keep(clock, lba - clock->head);
			clock->head = lba;
			return;
		}
	}
	seek(clock, lba);
}

static void do_read(struct clock *clock, uint32_t lba, uint32_t blocks)
{
	uint32_t have;

	if (lba < clock->head && clock->head - lba <= clock->buffer) {
		have = clock->head - lba;
		if (have > blocks)
			have = blocks;
		clock->now += have * BUFFERED;
		clock->cached += have;
		lba += have;
		blocks -= have;
	}
	if (!blocks)
		return;
	reach(clock, lba);
	clock->now += read_time(clock->medium, lba, blocks);
	clock->read += blocks;
	clock->head = lba + blocks;
	keep(clock, blocks);
	clock->writing = false;
}

static void do_write(struct clock *clock, uint32_t lba, uint32_t blocks)
{
	if (lba != clock->head || !clock->writing)
		seek(clock, lba);
	clock->now += blocks * (1000 * MS) / clock->medium->write;
	clock->written += blocks;
	clock->head = lba + blocks;
	clock->buffer = 0;
	clock->writing = true;
}

void clock_access(void *context, bool write, uint32_t lba, uint32_t blocks)
{
	if (write)
		do_write(context, lba, blocks);
	else
		do_read(context, lba, blocks);
}

void clock_work(void *context, enum drive_work what, uint32_t blocks)
{
	struct clock *clock = context;
	const struct clock_medium *m = clock->medium;

	switch (what) {
	case DRIVE_WORK_SPIN_UP:
		clock->now += m->spin_up_ms * MS;
		clock->head = 0;
		clock->buffer = 0;
		return;
	case DRIVE_WORK_SEEK:
		clock->now += m->access_ms * MS;
		clock->seeks++;
		return;
	case DRIVE_WORK_OPC:
		clock->now += m->opc_ms * MS;
		break;
	case DRIVE_WORK_SYNC:
		clock->now += SYNC;
		break;
	case DRIVE_WORK_CLOSE_TRACK:
	case DRIVE_WORK_CLOSE_SESSION:
	case DRIVE_WORK_BLANK:
	case DRIVE_WORK_FORMAT:
		clock->now += m->close_ms * MS;
		break;
	}
	clock->now += blocks * (1000 * MS) / m->write;
	/* The head is elsewhere now; the next access has to seek */
	clock->buffer = 0;
	clock->writing = false;
	clock->head = LEAD_IN;
}
