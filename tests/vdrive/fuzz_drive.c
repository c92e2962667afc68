// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands of any bytes to a drive with a small disc. The input's first byte picks
 * the medium; then come records: what to do (an opcode, or what befalls a drive), 15
 * bytes of CDB, and the first 44 bytes of the data that go with it. Whatever comes:
 * no more bytes are moved than there is room for, sense data is well formed, and the
 * disc can be opened again.
 */
#include "vdrive.h"
#include "fuzz_place.h"

#define ROOM (64u * 2048)
#define LIST 44u
#define RECORD (1u + 15 + LIST)

static struct disc *make_disc(uint8_t which)
{
	const char *const *names = media_names();
	struct disc *disc;
	unsigned int n = 0;
	char name[40];

	while (names[n])
		n++;
	snprintf(name, sizeof(name), "%s:4M", names[which % n]);
	unlink(path);
	unlink(description);
	if (disc_create(path, name) || disc_open(path, &disc))
		abort();
	return disc;
}

static void check(const struct command *c)
{
	if (c->done > c->length)
		abort();
	if (c->status == DRIVE_GOOD)
		return;
	if (c->status != DRIVE_CHECK_CONDITION)
		abort();
	if ((c->sense[0] & 0x7f) != 0x70 || !(c->sense[2] & 0x0f) || c->sense[7] != 10)
		abort();
}

/* Much of what comes at random is no command at all: most records get one that is */
static uint8_t opcode(uint8_t pick)
{
	static const uint8_t known[] = {
		0x00, 0x03, 0x04, 0x12, 0x15, 0x1a, 0x1b, 0x1e, 0x23, 0x25, 0x28, 0x2a, 0x2b,
		0x2e, 0x2f, 0x35, 0x3c, 0x43, 0x46, 0x4a, 0x51, 0x52, 0x53, 0x54, 0x55, 0x5a,
		0x5b, 0x5c, 0x5d, 0xa0, 0xa1, 0xa4, 0xa8, 0xaa, 0xac, 0xad, 0xb6, 0xbb, 0xbd,
		0xbe, 0xbf, 0x2a, 0x2a, 0x35, 0x5b, 0x55,
	};

	return pick < sizeof(known) ? known[pick] : pick;
}

enum { WHOLE = UINT32_MAX };

static void command(struct drive *drive, const uint8_t *in, size_t room, uint32_t steps)
{
	uint8_t cdb[16], *data = malloc(room ? room : 1);
	struct command c = { .cdb = cdb, .data = data, .length = room };

	cdb[0] = opcode(in[0]);
	memcpy(cdb + 1, in + 1, 15);
	memset(data, in[1], room);
	memcpy(data, in + 16, room < LIST ? room : LIST);
	if (steps == WHOLE)
		drive_command(drive, &c);
	else
		drive_tear(drive, &c, steps);
	check(&c);
	free(data);
}

/* A write where the drive wants it, which random bytes never hit */
static void write_next(struct drive *drive, const uint8_t *in)
{
	uint8_t track[48] = { 0 }, ask[16] = { 0x52, 0x01, 0, 0, 0, in[1], 0, 0, 48 };
	struct command c = { .cdb = ask, .data = track, .length = sizeof(track) };
	uint8_t record[RECORD] = { 0x2a };

	drive_command(drive, &c);
	check(&c);
	if (c.status != DRIVE_GOOD)
		return;
	record[0] = 11;		/* WRITE (10), in the table above */
	memcpy(record + 2, track + 12, 4);
	record[8] = in[2] % 65;
	command(drive, record, ROOM, WHOLE);
}

/* What is done by steps, broken off amid them, with the power gone or not */
static void tear(struct drive *drive, const uint8_t *in)
{
	/* In the table above: FORMAT UNIT, the WRITEs, SYNCHRONIZE CACHE, RESERVE, CLOSE, BLANK */
	static const uint8_t picks[] = { 2, 11, 13, 33, 15, 22, 26, 30 };
	uint8_t record[RECORD] = { 0 };

	record[0] = picks[in[1] % sizeof(picks)];
	memcpy(record + 1, in + 3, 15 + LIST - 2);
	command(drive, record, ROOM, in[2] & 0x7f);
	if (in[2] & 0x80)
		drive_power(drive);
}

static void befall(struct drive *drive, uint8_t what, const uint8_t *in)
{
	struct disc *disc;

	switch (what % 8) {
	case 0:
		drive_power(drive);
		break;
	case 1:
		drive_reset(drive);
		break;
	case 2:
		drive_button(drive);
		break;
	case 3:
		disc = drive_eject(drive);
		if (disc)
			drive_insert(drive, disc);
		break;
	case 4:
		drive_busy(drive, in[1] % 4);
		break;
	case 5:
		drive_quirk(drive, in[1] & 4 ? "ready-early" : in[1] & 1 ? "close-event" :
			    "read-ends-track", in[1] & 2);
		break;
	case 6:
		tear(drive, in);
		break;
	default:
		write_next(drive, in);
		break;
	}
}

/* As a power cut would leave it, the disc is one that a drive takes */
static void reopen(void)
{
	struct disc *disc;

	if (disc_open(path, &disc))
		abort();
	disc_close(disc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct drive *drive = drive_new(NULL);
	uint8_t record[RECORD];
	size_t now, room;

	if (!drive)
		abort();
	prepare();
	if (!size) {
		drive_free(drive);
		return 0;
	}
	drive_insert(drive, make_disc(data[0]));
	for (data++; size > 1; size -= now, data += now) {
		now = size - 1 < RECORD ? size - 1 : RECORD;
		memset(record, 0, sizeof(record));
		memcpy(record, data, now);
		/* From nothing to all that a transfer can have */
		room = record[15] & 0x80 ? ROOM : record[15] * 8u;
		if (record[0] >= 0xe0)
			befall(drive, record[0], record);
		else
			command(drive, record, room, WHOLE);
	}
	drive_free(drive);
	reopen();
	return 0;
}
