/* SPDX-License-Identifier: GPL-2.0-only */
/* A drive on the bench: a disc in a folder of its own, and commands by their bytes */
#ifndef VDRIVE_FIXTURE_H
#define VDRIVE_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "kselftest_harness.h"
#include "vdrive.h"

#define BENCH_BLOCKS 512u
#define BLOCK_SIZE 2048u

struct bench {
	char dir[32];
	char path[48];
	struct drive *drive;
	struct command c;
	uint8_t data[BENCH_BLOCKS * BLOCK_SIZE];
	/* What the hooks saw */
	uint32_t written, read;
	unsigned int works[8];
};

static inline void bench_access(void *context, bool write, uint32_t lba, uint32_t blocks)
{
	struct bench *b = context;

	(void)lba;
	*(write ? &b->written : &b->read) += blocks;
}

static inline void bench_work(void *context, enum drive_work what, uint32_t blocks)
{
	struct bench *b = context;

	(void)blocks;
	b->works[what]++;
}

static inline void bench_init(struct bench *b)
{
	const struct drive_events events = { b, bench_access, bench_work };

	memset(b, 0, sizeof(*b));
	strcpy(b->dir, "/tmp/vdrive.XXXXXX");
	if (!mkdtemp(b->dir))
		abort();
	snprintf(b->path, sizeof(b->path), "%s/disc", b->dir);
	b->drive = drive_new(&events);
	if (!b->drive)
		abort();
}

static inline void bench_exit(struct bench *b)
{
	char description[64];

	drive_free(b->drive);
	unlink(b->path);
	snprintf(description, sizeof(description), "%s.disc", b->path);
	unlink(description);
	rmdir(b->dir);
}

/* What sense came, as 0xKAAQQ; 0 is GOOD, and ~0 sense data that isn't well formed */
static inline uint32_t bench_sense(const struct bench *b)
{
	const uint8_t *s = b->c.sense;

	if (b->c.status == DRIVE_GOOD)
		return 0;
	if (b->c.status != DRIVE_CHECK_CONDITION || (s[0] & 0x7f) != 0x70 || s[7] != 10)
		return ~0u;
	return (uint32_t)s[2] << 16 | (uint32_t)s[12] << 8 | s[13];
}

static inline uint32_t bench_run(struct bench *b, size_t length, const uint8_t *cdb)
{
	b->c = (struct command) { .cdb = cdb, .data = b->data, .length = length };
	drive_command(b->drive, &b->c);
	return bench_sense(b);
}

/* Its first steps, as if the power were cut then */
static inline void bench_tear(struct bench *b, uint32_t steps, size_t length, const uint8_t *cdb)
{
	b->c = (struct command) { .cdb = cdb, .data = b->data, .length = length };
	drive_tear(b->drive, &b->c, steps);
	drive_power(b->drive);
}

/* In data: the buffer is filled with what no command answers, so that gaps show */
#define RUN(b, length, ...) \
	(memset((b)->data, 0xa5, sizeof((b)->data)), \
	 bench_run(b, length, (const uint8_t[16]){ __VA_ARGS__ }))
/* Out data: it is in b->data already */
#define SEND(b, length, ...) bench_run(b, length, (const uint8_t[16]){ __VA_ARGS__ })

#define B3(v) (uint8_t)((v) >> 24)
#define B2(v) (uint8_t)((v) >> 16)
#define B1(v) (uint8_t)((v) >> 8)
#define B0(v) (uint8_t)(v)
#define BE16(v) B1(v), B0(v)
#define BE24(v) B2(v), B1(v), B0(v)
#define BE32(v) B3(v), B2(v), B1(v), B0(v)

static inline uint32_t at16(const struct bench *b, size_t at)
{
	return (uint32_t)b->data[at] << 8 | b->data[at + 1];
}

static inline uint32_t at32(const struct bench *b, size_t at)
{
	return at16(b, at) << 16 | at16(b, at + 2);
}

/* Unit attentions are told and gone */
static inline void bench_settle(struct bench *b)
{
	unsigned int i;

	for (i = 0; i < 8 && RUN(b, 0, 0x00); i++)
		;
}

static inline int bench_load(struct bench *b)
{
	struct disc *disc;
	int err = disc_open(b->path, &disc);

	if (err)
		return err;
	err = drive_insert(b->drive, disc);
	bench_settle(b);
	return err;
}

static inline int bench_new(struct bench *b, const char *media)
{
	int err = disc_create(b->path, media);

	return err ? err : bench_load(b);
}

static inline uint8_t bench_pattern(uint32_t lba, unsigned int byte)
{
	return (uint8_t)(lba * 7 + (lba >> 8) + byte % 251);
}

static inline void bench_fill(struct bench *b, uint32_t lba, uint32_t blocks)
{
	uint32_t i, j;

	for (i = 0; i < blocks; i++) {
		for (j = 0; j < BLOCK_SIZE; j++)
			b->data[i * BLOCK_SIZE + j] = bench_pattern(lba + i, j);
	}
}

static inline uint32_t bench_write(struct bench *b, uint32_t lba, uint32_t blocks)
{
	bench_fill(b, lba, blocks);
	return SEND(b, blocks * BLOCK_SIZE, 0x2a, 0, BE32(lba), 0, BE16(blocks));
}

/* 0: what was written there; 1: something else; or the sense */
static inline uint32_t bench_compare(struct bench *b, uint32_t lba, uint32_t blocks)
{
	uint32_t i, j, sense = RUN(b, blocks * BLOCK_SIZE, 0x28, 0, BE32(lba), 0, BE16(blocks));

	if (sense)
		return sense;
	if (b->c.done != blocks * BLOCK_SIZE)
		return 1;
	for (i = 0; i < blocks; i++) {
		for (j = 0; j < BLOCK_SIZE; j++) {
			if (b->data[i * BLOCK_SIZE + j] != bench_pattern(lba + i, j))
				return 1;
		}
	}
	return 0;
}

/* Write parameters: 52 bytes of page 05h after a header of 8 */
static inline uint32_t bench_page05_of(struct bench *b, unsigned int type, uint8_t track,
				       uint8_t block)
{
	memset(b->data, 0, 60);
	b->data[8] = 0x05;
	b->data[9] = 0x32;
	b->data[10] = (uint8_t)(0x40 | type);
	b->data[11] = track;
	b->data[12] = block;
	b->data[23] = 150;
	return SEND(b, 60, 0x55, 0x10, 0, 0, 0, 0, 0, 0, 60);
}

static inline uint32_t bench_page05(struct bench *b, unsigned int type, bool multi)
{
	return bench_page05_of(b, type, (multi ? 0xc0 : 0) | 0x04, 0x08);
}

/* READ TRACK INFORMATION by number; fields by offset afterwards */
static inline uint32_t bench_track(struct bench *b, unsigned int number)
{
	return RUN(b, 48, 0x52, 0x01, BE32(number), 0, 0, 48);
}

/* FORMAT UNIT's list; @type: format type, and the sub-type above its 8 bits */
static inline void bench_put_format(struct bench *b, unsigned int type, uint32_t blocks,
				    uint32_t parameter)
{
	memset(b->data, 0, 12);
	b->data[3] = 8;
	b->data[4] = B3(blocks);
	b->data[5] = B2(blocks);
	b->data[6] = B1(blocks);
	b->data[7] = B0(blocks);
	b->data[8] = (uint8_t)(type << 2 | type >> 8);
	b->data[10] = B1(parameter);
	b->data[11] = B0(parameter);
}

static inline uint32_t bench_format(struct bench *b, unsigned int type, uint32_t blocks,
				    uint32_t parameter)
{
	bench_put_format(b, type, blocks, parameter);
	return SEND(b, 12, 0x04, 0x11);
}

#define SYNC(b) RUN(b, 0, 0x35)
#define CLOSE_TRACK(b, n) RUN(b, 0, 0x5b, 0, 1, 0, BE16(n))
#define CLOSE_SESSION(b) RUN(b, 0, 0x5b, 0, 2)
#define FINALIZE(b) RUN(b, 0, 0x5b, 0, 6)

#endif
