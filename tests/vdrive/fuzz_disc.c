// SPDX-License-Identifier: GPL-2.0-only
/*
 * A disc's description of any bytes. Where it is taken for one, a drive with that disc
 * answers everything that is asked of discs, writes where it says, closes and blanks.
 */
#include "vdrive.h"
#include "fuzz_place.h"

static uint8_t data[64 * 2048];

static void put(const char *name, const uint8_t *p, size_t size)
{
	FILE *f = fopen(name, "w");

	if (!f || (size && fwrite(p, size, 1, f) != 1) || fclose(f))
		abort();
}

static void run(struct drive *drive, const uint8_t *cdb)
{
	struct command c = { .cdb = cdb, .data = data, .length = sizeof(data) };

	drive_command(drive, &c);
	if (c.done > c.length)
		abort();
}

#define RUN(drive, ...) run(drive, (const uint8_t[16]){ __VA_ARGS__ })

static void ask(struct drive *drive)
{
	uint8_t i;

	RUN(drive, 0x25);
	RUN(drive, 0x46, 0, 0, 0, 0, 0, 0, 0x10, 0);
	RUN(drive, 0x51, 0, 0, 0, 0, 0, 0, 0, 34);
	RUN(drive, 0x23, 0, 0, 0, 0, 0, 0, 0x10, 0);
	RUN(drive, 0x28, 0, 0, 0, 0, 0, 0, 0, 64);
	for (i = 0; i < 6; i++) {
		RUN(drive, 0x43, 2, i, 0, 0, 0, 0, 0x20, 0);
		RUN(drive, 0x52, 1, 0, 0, 0, i, 0, 0, 48);
		RUN(drive, 0x52, 2, 0, 0, 0, i, 0, 0, 48);
		RUN(drive, 0x52, 0, 0, i, 0, 0, 0, 0, 48);
	}
}

static void write_next(struct drive *drive)
{
	uint8_t cdb[16] = { 0x2a };

	memset(data, 0, 48);
	RUN(drive, 0x52, 1, 0, 0, 0, 0xff, 0, 0, 48);
	memcpy(cdb + 2, data + 12, 4);
	cdb[8] = 64;
	run(drive, cdb);
}

static void use(struct drive *drive)
{
	unsigned int i;

	for (i = 0; i < 3; i++)
		RUN(drive, 0x00);
	ask(drive);
	write_next(drive);
	ask(drive);
	RUN(drive, 0x35);
	RUN(drive, 0x5b, 0, 1, 0, 0, 1);
	RUN(drive, 0x5b, 0, 2);
	write_next(drive);
	drive_power(drive);
	for (i = 0; i < 3; i++)
		RUN(drive, 0x00);
	ask(drive);
	RUN(drive, 0x5b, 0, 6);
	RUN(drive, 0xa1, 5);
	RUN(drive, 0xa1, 6);
	ask(drive);
	RUN(drive, 0xa1, 0);
	ask(drive);
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t size)
{
	struct drive *drive;
	struct disc *disc;

	if (prepare() && disc_create(path, "dvd-r"))
		abort();
	put(description, in, size);
	if (disc_open(path, &disc))
		return 0;
	drive = drive_new(NULL);
	if (!drive || drive_insert(drive, disc))
		abort();
	use(drive);
	drive_free(drive);
	/* What it was made into is one as well */
	if (disc_open(path, &disc))
		abort();
	disc_close(disc);
	/* Written at any address of the disc, it is sparse, but no smaller */
	if (truncate(path, 0))
		abort();
	return 0;
}
