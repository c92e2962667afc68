// SPDX-License-Identifier: GPL-2.0-only
/* READ, READ CD, VERIFY, SEEK */
#include <stdlib.h>
#include "drive.h"

/*
 * A drive that is writing on CD has no way back to where it was after it read: the
 * track at once ends, and a session at once refuses (MMC-6 4.2.7.4).
 */
static sense_t read_amid_write(struct drive *d)
{
	if (!is_cd(d->disc))
		return GOOD;
	if (d->cue.writing)
		return SENSE_SEQUENCE;
	if (d->writing && d->quirk_read_ends_track)
		return end_track_at_once(d);
	return GOOD;
}

/* Blocks beyond these were never there to be read, rather than being damaged */
static uint32_t addressable(const struct disc *d)
{
	const struct track *t;

	if (disc_random(d) || !d->nr_tracks)
		return disc_readable_end(d);
	t = &d->tracks[d->nr_tracks - 1];
	return t->state == TRACK_CLOSED ? t->start + t->size : t->start + t->written;
}

static sense_t failed_at(struct drive *d, uint32_t lba)
{
	d->information = lba;
	d->information_valid = true;
	return SENSE_UNREADABLE;
}

/* Reads what can be read; with a sense if that is less than all */
static sense_t read_blocks(struct drive *d, uint32_t lba, uint32_t blocks, uint8_t *data,
			   uint32_t *done)
{
	uint32_t now, left = blocks, end = addressable(d->disc);
	sense_t sense = GOOD;

	*done = 0;
	/* Nothing is read at all of what runs over the end (SBC-3 4.6) */
	if (lba > end || blocks > end - lba)
		return SENSE_OUT_OF_RANGE;
	drive_spin_up(d);
	while (!sense && left) {
		now = disc_readable(d->disc, lba, left);
		if (!now)
			return failed_at(d, lba);
		sense = cache_read(d, lba, now, data + (size_t)*done * BLOCK);
		if (!sense)
			*done += now;
		lba += now;
		left -= now;
	}
	return sense;
}

sense_t mmc_read(struct drive *d, struct command *c)
{
	uint32_t blocks = c->cdb[0] == 0x28 ? get16(c->cdb + 7) : get32(c->cdb + 6);
	uint32_t lba = get32(c->cdb + 2), done;
	sense_t sense = read_amid_write(d);

	if (sense)
		return sense;
	/* RELADR is obsolete */
	if (c->cdb[1] & 0x01)
		return SENSE_CDB_FIELD;
	if (blocks > c->length / BLOCK)
		return blocks > addressable(d->disc) ? SENSE_OUT_OF_RANGE : SENSE_CDB_FIELD;
	sense = read_blocks(d, lba, blocks, c->data, &done);
	c->done = (size_t)done * BLOCK;
	return sense;
}

/* --- READ CD (MMC-6 6.16): the data of data tracks, with sync and header if wished --- */

enum main_channel {
	MAIN_SYNC = 0x80,
	MAIN_HEADERS = 0x60,
	MAIN_HEADER = 0x20,
	MAIN_SUBHEADER = 0x40,
	MAIN_USER_DATA = 0x10,
	MAIN_EDC_ECC = 0x08,
};

/* Expected sector types that a data track can have here */
static bool type_fits(unsigned int type, unsigned int mode)
{
	return !type || (type == 2 && mode != 2) || (type == 4 && mode == 2);
}

static size_t put_sector(uint8_t *p, unsigned int main, unsigned int mode, uint32_t lba,
			 const uint8_t *data)
{
	static const uint8_t sync[12] = { 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0 };
	uint8_t *begin = p, msf[3];
	unsigned int i;

	if (main & MAIN_SYNC) {
		memcpy(p, sync, sizeof(sync));
		p += sizeof(sync);
	}
	if (main & MAIN_HEADER) {
		put_msf(msf, lba);
		for (i = 0; i < 3; i++)
			*p++ = (uint8_t)(msf[i] / 10 << 4 | msf[i] % 10);
		*p++ = (uint8_t)mode;
	}
	/* Mode 1 has none; form 1's says data, twice */
	if ((main & MAIN_SUBHEADER) && mode == 2) {
		memset(p, 0, 8);
		p[2] = 0x08;
		p[6] = 0x08;
		p += 8;
	}
	if (main & MAIN_USER_DATA) {
		memcpy(p, data, BLOCK);
		p += BLOCK;
	}
	return (size_t)(p - begin);
}

static sense_t read_cd_block(struct drive *d, struct command *c, uint32_t lba, unsigned int type,
			     unsigned int main)
{
	unsigned int number = disc_track_at(d->disc, lba);
	unsigned int mode = 1;
	uint8_t data[BLOCK], sector[2352];
	uint32_t done;
	sense_t sense;
	size_t len;

	if (number && number <= d->disc->nr_tracks)
		mode = d->disc->tracks[number - 1].mode;
	if (!type_fits(type, mode))
		return SENSE_TRACK_MODE;
	sense = read_blocks(d, lba, 1, data, &done);
	if (sense)
		return sense;
	len = put_sector(sector, main, mode, lba, data);
	if (len > c->length - c->done)
		return SENSE_CDB_FIELD;
	memcpy(c->data + c->done, sector, len);
	c->done += len;
	return GOOD;
}

sense_t mmc_read_cd(struct drive *d, struct command *c)
{
	uint32_t i, lba = get32(c->cdb + 2), blocks = get24(c->cdb + 6);
	unsigned int main = c->cdb[9] & 0xf8;
	sense_t sense;

	if (!is_cd(d->disc))
		return SENSE_WRONG_MEDIUM;
	/* EDC and ECC, C2 pointers and sub-channels aren't kept */
	if ((main & MAIN_EDC_ECC) || (c->cdb[9] & 0x06) || c->cdb[10])
		return SENSE_CDB_FIELD;
	sense = read_amid_write(d);
	for (i = 0; !sense && main && i < blocks; i++)
		sense = read_cd_block(d, c, lba + i, c->cdb[1] >> 2 & 0x07, main);
	return sense;
}

/* --- VERIFY (10), SEEK (10) --- */

sense_t mmc_verify(struct drive *d, struct command *c)
{
	uint32_t now, lba = get32(c->cdb + 2), blocks = get16(c->cdb + 7);
	uint32_t end = addressable(d->disc);
	sense_t sense = read_amid_write(d);

	/* Byte check isn't offered */
	if (!sense && (c->cdb[1] & 0x02))
		return SENSE_CDB_FIELD;
	if (!sense && (lba > end || blocks > end - lba))
		return SENSE_OUT_OF_RANGE;
	while (!sense && blocks) {
		now = disc_readable(d->disc, lba, blocks);
		if (!now)
			return failed_at(d, lba);
		if (d->events.access)
			d->events.access(d->events.context, false, lba, now);
		lba += now;
		blocks -= now;
	}
	return sense;
}

sense_t mmc_seek(struct drive *d, struct command *c)
{
	if (get32(c->cdb + 2) >= d->disc->blocks)
		return SENSE_OUT_OF_RANGE;
	drive_spin_up(d);
	if (d->events.access)
		d->events.access(d->events.context, false, get32(c->cdb + 2), 0);
	return GOOD;
}
