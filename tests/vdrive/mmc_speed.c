// SPDX-License-Identifier: GPL-2.0-only
/* Speeds, power calibration and buffers: what a burn is prepared by */
#include "drive.h"

static bool kind_is(const struct drive *d, enum media_kind kind)
{
	return drive_has_medium(d) && d->disc->media->kind == kind;
}

/* kB/s, fastest first: CD 48x, 24x and 8x; DVD 8x, 4x and 2x; BD 4x, 2x and 1x */
const uint16_t *speeds(const struct drive *d)
{
	static const uint16_t cd[] = { 8467, 4234, 1411 };
	static const uint16_t dvd[] = { 11080, 5540, 2770 };
	static const uint16_t bd[] = { 17984, 8992, 4496 };

	if (kind_is(d, MEDIA_BD))
		return bd;
	return kind_is(d, MEDIA_DVD) ? dvd : cd;
}

/* The fastest that isn't faster than asked for; FFFFh is the fastest */
static uint16_t pick_speed(const struct drive *d, uint32_t asked)
{
	const uint16_t *s = speeds(d);
	unsigned int i;

	for (i = 0; i < 2; i++) {
		if (s[i] <= asked)
			return s[i];
	}
	return s[2];
}

/* MMC-6 6.37 */
sense_t mmc_set_cd_speed(struct drive *d, struct command *c)
{
	d->read_speed = pick_speed(d, get16(c->cdb + 2));
	d->write_speed = pick_speed(d, get16(c->cdb + 4));
	return GOOD;
}

/* A performance descriptor: so many kB in so many milliseconds (MMC-6 6.39) */
static uint16_t performance(const struct drive *d, const uint8_t *size, const uint8_t *time)
{
	uint64_t ms = get32(time);
	uint64_t rate = ms ? (uint64_t)get32(size) * 1000 / ms : 0xffff;

	return pick_speed(d, rate > 0xffff ? 0xffff : (uint32_t)rate);
}

sense_t mmc_set_streaming(struct drive *d, struct command *c)
{
	size_t len = get16(c->cdb + 9);

	/* Only performance descriptors */
	if (c->cdb[8])
		return SENSE_CDB_FIELD;
	if (len != 28 || !have_list(c, len))
		return SENSE_LIST_LENGTH;
	c->done = len;
	/* Restore the defaults */
	if (c->data[0] & 0x04) {
		d->read_speed = 0;
		d->write_speed = 0;
		return GOOD;
	}
	if (get32(c->data + 4) > get32(c->data + 8))
		return SENSE_LIST_FIELD;
	d->read_speed = performance(d, c->data + 12, c->data + 16);
	d->write_speed = performance(d, c->data + 20, c->data + 24);
	return GOOD;
}

static uint32_t last_block(const struct drive *d)
{
	return drive_has_medium(d) ? d->disc->blocks - 1 : 0;
}

/* Nominal performance: as fast at the end as at the start (MMC-6 6.8.5.1) */
static sense_t nominal(struct drive *d, struct command *c, bool write)
{
	uint16_t asked = write ? d->write_speed : d->read_speed;
	uint32_t speed = asked ? asked : speeds(d)[0];
	uint8_t out[24] = { 0 };
	size_t len = get16(c->cdb + 8) ? sizeof(out) : 8;

	put32(out, sizeof(out) - 4);
	out[4] = write ? 0x02 : 0;
	put32(out + 12, speed);
	put32(out + 16, last_block(d));
	put32(out + 20, speed);
	return reply(c, out, len, c->length);
}

/* Write speed descriptors (MMC-6 6.8.5.5) */
static sense_t write_speeds(struct drive *d, struct command *c)
{
	size_t i, n = get16(c->cdb + 8);
	uint8_t out[8 + 3 * 16] = { 0 }, *p;

	put32(out, sizeof(out) - 4);
	if (n > 3)
		n = 3;
	for (i = 0; i < n; i++) {
		p = out + 8 + 16 * i;
		put32(p + 4, last_block(d));
		put32(p + 8, speeds(d)[0]);
		put32(p + 12, speeds(d)[i]);
	}
	return reply(c, out, 8 + 16 * n, c->length);
}

sense_t mmc_get_performance(struct drive *d, struct command *c)
{
	/* Exceptions and defects are none that could be told of */
	if (c->cdb[1] & 0x03)
		return SENSE_CDB_FIELD;
	switch (c->cdb[10]) {
	case 0x00:
		return nominal(d, c, c->cdb[1] & 0x04);
	case 0x03:
		return write_speeds(d, c);
	default:
		return SENSE_CDB_FIELD;
	}
}

/* MMC-6 6.40: with DoOpc the drive calibrates; without, host values that it has no use for */
sense_t mmc_send_opc(struct drive *d, struct command *c)
{
	size_t len = get16(c->cdb + 7);

	if (len && !have_list(c, len))
		return SENSE_LIST_LENGTH;
	c->done = len;
	if (disc_random(d->disc) || d->disc->complete)
		return GOOD;
	if (c->cdb[1] & 0x01)
		drive_work_done(d, DRIVE_WORK_OPC, 0);
	return GOOD;
}

/* SPC-4 6.18: the descriptor (mode 3) alone, of a buffer that only WRITE fills */
sense_t mmc_read_buffer(struct drive *d, struct command *c)
{
	uint8_t out[4] = { 0 };

	(void)d;
	if ((c->cdb[1] & 0x1f) != 0x03 || c->cdb[2])
		return SENSE_CDB_FIELD;
	put24(out + 1, CACHE_BLOCKS * BLOCK);
	return reply(c, out, sizeof(out), get24(c->cdb + 6));
}

/* No content protection: nothing to report a key for (MMC-6 6.29) */
sense_t mmc_report_key(struct drive *d, struct command *c)
{
	(void)d;
	(void)c;
	return SENSE_CDB_FIELD;
}
