// SPDX-License-Identifier: GPL-2.0-only
/* Names and LBA fields of the commands (MMC-6 6, SPC-4 6) */
#include "opcodes.h"

#include <errno.h>
#include <strings.h>

struct opcode {
	uint8_t op;
	enum opcode_kind kind;
	uint8_t lba;		/* offset of a 4-byte LBA; 0: there is none */
	uint8_t length;		/* offset of the number of blocks; 0: there is none */
	uint8_t length_size;	/* bytes of that */
	const char *name;
};

static const struct opcode opcodes[] = {
	{ 0x00, OPCODE_OTHER, 0, 0, 0, "TEST_UNIT_READY" },
	{ 0x03, OPCODE_OTHER, 0, 0, 0, "REQUEST_SENSE" },
	{ 0x04, OPCODE_OTHER, 0, 0, 0, "FORMAT_UNIT" },
	{ 0x12, OPCODE_OTHER, 0, 0, 0, "INQUIRY" },
	{ 0x15, OPCODE_OTHER, 0, 0, 0, "MODE_SELECT_6" },
	{ 0x1a, OPCODE_OTHER, 0, 0, 0, "MODE_SENSE_6" },
	{ 0x1b, OPCODE_OTHER, 0, 0, 0, "START_STOP_UNIT" },
	{ 0x1e, OPCODE_OTHER, 0, 0, 0, "PREVENT_ALLOW" },
	{ 0x23, OPCODE_OTHER, 0, 0, 0, "READ_FORMAT_CAPACITIES" },
	{ 0x25, OPCODE_OTHER, 0, 0, 0, "READ_CAPACITY" },
	{ 0x28, OPCODE_READ, 2, 7, 2, "READ_10" },
	{ 0x2a, OPCODE_WRITE, 2, 7, 2, "WRITE_10" },
	{ 0x2b, OPCODE_OTHER, 2, 0, 0, "SEEK_10" },
	{ 0x2e, OPCODE_WRITE, 2, 7, 2, "WRITE_VERIFY_10" },
	{ 0x2f, OPCODE_READ, 2, 7, 2, "VERIFY_10" },
	{ 0x35, OPCODE_OTHER, 0, 0, 0, "SYNCHRONIZE_CACHE" },
	{ 0x3b, OPCODE_OTHER, 0, 0, 0, "WRITE_BUFFER" },
	{ 0x3c, OPCODE_OTHER, 0, 0, 0, "READ_BUFFER" },
	{ 0x42, OPCODE_OTHER, 0, 0, 0, "READ_SUBCHANNEL" },
	{ 0x43, OPCODE_OTHER, 0, 0, 0, "READ_TOC" },
	{ 0x46, OPCODE_OTHER, 0, 0, 0, "GET_CONFIGURATION" },
	{ 0x4a, OPCODE_OTHER, 0, 0, 0, "GET_EVENT_STATUS" },
	{ 0x51, OPCODE_OTHER, 0, 0, 0, "READ_DISC_INFORMATION" },
	{ 0x52, OPCODE_OTHER, 0, 0, 0, "READ_TRACK_INFORMATION" },
	{ 0x53, OPCODE_OTHER, 0, 0, 0, "RESERVE_TRACK" },
	{ 0x54, OPCODE_OTHER, 0, 0, 0, "SEND_OPC" },
	{ 0x55, OPCODE_OTHER, 0, 0, 0, "MODE_SELECT_10" },
	{ 0x58, OPCODE_OTHER, 0, 0, 0, "REPAIR_TRACK" },
	{ 0x5a, OPCODE_OTHER, 0, 0, 0, "MODE_SENSE_10" },
	{ 0x5b, OPCODE_OTHER, 0, 0, 0, "CLOSE_TRACK_SESSION" },
	{ 0x5c, OPCODE_OTHER, 0, 0, 0, "READ_BUFFER_CAPACITY" },
	{ 0x5d, OPCODE_OTHER, 0, 0, 0, "SEND_CUE_SHEET" },
	{ 0xa1, OPCODE_OTHER, 0, 0, 0, "BLANK" },
	{ 0xa3, OPCODE_OTHER, 0, 0, 0, "SEND_KEY" },
	{ 0xa4, OPCODE_OTHER, 0, 0, 0, "REPORT_KEY" },
	{ 0xa6, OPCODE_OTHER, 0, 0, 0, "LOAD_UNLOAD" },
	{ 0xa7, OPCODE_OTHER, 0, 0, 0, "SET_READ_AHEAD" },
	{ 0xa8, OPCODE_READ, 2, 6, 4, "READ_12" },
	{ 0xaa, OPCODE_WRITE, 2, 6, 4, "WRITE_12" },
	{ 0xac, OPCODE_OTHER, 0, 0, 0, "GET_PERFORMANCE" },
	{ 0xad, OPCODE_OTHER, 0, 0, 0, "READ_DISC_STRUCTURE" },
	{ 0xb6, OPCODE_OTHER, 0, 0, 0, "SET_STREAMING" },
	{ 0xb9, OPCODE_OTHER, 0, 0, 0, "READ_CD_MSF" },
	{ 0xbb, OPCODE_OTHER, 0, 0, 0, "SET_CD_SPEED" },
	{ 0xbd, OPCODE_OTHER, 0, 0, 0, "MECHANISM_STATUS" },
	{ 0xbe, OPCODE_READ, 2, 6, 3, "READ_CD" },
	{ 0xbf, OPCODE_OTHER, 0, 0, 0, "SEND_DISC_STRUCTURE" },
};

static const struct opcode *lookup(uint8_t op)
{
	size_t n;

	for (n = 0; n < sizeof(opcodes) / sizeof(opcodes[0]); n++)
		if (opcodes[n].op == op)
			return &opcodes[n];
	return NULL;
}

const char *opcode_name(uint8_t op)
{
	const struct opcode *o = lookup(op);

	return o ? o->name : "?";
}

enum opcode_kind opcode_kind(uint8_t op)
{
	const struct opcode *o = lookup(op);

	return o ? o->kind : OPCODE_OTHER;
}

int opcode_find(const char *name)
{
	size_t n;

	for (n = 0; n < sizeof(opcodes) / sizeof(opcodes[0]); n++)
		if (!strcasecmp(opcodes[n].name, name))
			return opcodes[n].op;
	return -EINVAL;
}

static uint32_t get_be(const uint8_t *at, unsigned int bytes)
{
	uint32_t value = 0;

	while (bytes--)
		value = value << 8 | *at++;
	return value;
}

struct extent opcode_extent(const uint8_t *cdb)
{
	const struct opcode *o = lookup(cdb[0]);
	struct extent e = { 0 };

	if (!o || !o->lba)
		return e;
	e.valid = true;
	e.lba = get_be(&cdb[o->lba], 4);
	if (o->length)
		e.blocks = get_be(&cdb[o->length], o->length_size);
	return e;
}
