// SPDX-License-Identifier: GPL-2.0-only
/* Who it is, and how it is: INQUIRY, REQUEST SENSE, TEST UNIT READY, REPORT LUNS (SPC-4) */
#include "drive.h"

#define VENDOR "IMAPIFS "
#define PRODUCT "Virtual recorder"
#define REVISION "0001"
#define SERIAL "VD00000001"

sense_t mmc_test_unit_ready(struct drive *d, struct command *c)
{
	(void)d;
	(void)c;
	return GOOD;
}

/* What would be sensed now, without a command that failed (SPC-4 6.39, MMC-6 6.38) */
static sense_t pending(struct drive *d)
{
	sense_t sense = drive_take_attention(d);

	if (sense)
		return sense;
	return drive_has_medium(d) && d->busy_commands ? d->busy_sense : GOOD;
}

sense_t mmc_request_sense(struct drive *d, struct command *c)
{
	uint8_t out[18];

	/* Descriptor format isn't offered */
	if (c->cdb[1] & 1)
		return SENSE_CDB_FIELD;
	build_sense(d, pending(d), out);
	/* A background format tells how far it is, with no sense key (MMC-6 6.6.3.5) */
	if (drive_has_medium(d) && !out[2] && d->disc->format == FORMAT_RUNNING) {
		out[12] = 0x04;
		out[13] = 0x04;
		out[15] = 0x80;
		put16(out + 16, (uint32_t)((uint64_t)d->disc->iced * 0xffff / d->disc->blocks));
	}
	return reply(c, out, sizeof(out), c->cdb[4]);
}

static sense_t vital_product_data(struct command *c)
{
	static const uint8_t pages[] = { 0x00, 0x80, 0x83 };
	uint8_t out[64] = { 0x05, c->cdb[2] };
	size_t len;

	switch (c->cdb[2]) {
	case 0x00:
		len = sizeof(pages);
		memcpy(out + 4, pages, len);
		break;
	case 0x80:
		len = strlen(SERIAL);
		memcpy(out + 4, SERIAL, len);
		break;
	case 0x83:
		/* One designator: ASCII, T10 vendor id based, of the logical unit */
		out[4] = 0x02;
		out[5] = 0x01;
		out[7] = 8 + sizeof(SERIAL) - 1;
		memcpy(out + 8, VENDOR, 8);
		memcpy(out + 16, SERIAL, sizeof(SERIAL) - 1);
		len = 4u + out[7];
		break;
	default:
		return SENSE_CDB_FIELD;
	}
	put16(out + 2, (uint32_t)len);
	return reply(c, out, 4 + len, get16(c->cdb + 3));
}

/* Standard data (SPC-4 table 174): an MMC device that is removable */
sense_t mmc_inquiry(struct drive *d, struct command *c)
{
	/* SAM-5, SPC-4 and MMC-6 */
	static const uint8_t versions[] = { 0x00, 0xa0, 0x04, 0x60, 0x04, 0xe0 };
	uint8_t out[96] = { 0x05, 0x80, 0x06, 0x02, sizeof(out) - 5 };

	(void)d;
	if (c->cdb[1] & 1)
		return vital_product_data(c);
	if (c->cdb[2] || c->cdb[1])
		return SENSE_CDB_FIELD;
	memcpy(out + 8, VENDOR, 8);
	memcpy(out + 16, PRODUCT, 16);
	memcpy(out + 32, REVISION, 4);
	memcpy(out + 58, versions, sizeof(versions));
	return reply(c, out, sizeof(out), get16(c->cdb + 3));
}

sense_t mmc_report_luns(struct drive *d, struct command *c)
{
	/* LUN 0 alone */
	static const uint8_t out[16] = { 0, 0, 0, 8 };

	(void)d;
	if (c->cdb[2] > 2)
		return SENSE_CDB_FIELD;
	return reply(c, out, sizeof(out), get32(c->cdb + 6));
}
