// SPDX-License-Identifier: GPL-2.0-only
/* Tray, lock and what happened meanwhile: START STOP UNIT, PREVENT ALLOW, events */
#include "drive.h"

/* MMC-6 6.42 */
sense_t mmc_start_stop(struct drive *d, struct command *c)
{
	unsigned int power = c->cdb[4] >> 4;
	bool load_eject = c->cdb[4] & 0x02, start = c->cdb[4] & 0x01;

	/* Power conditions: active, idle, standby, sleep; they are all one here */
	if (power)
		return power == 0x4 || power > 0x5 ? SENSE_CDB_FIELD : GOOD;
	if (load_eject && !start)
		return drive_open_tray(d);
	if (load_eject) {
		drive_load_tray(d);
		return GOOD;
	}
	if (!drive_has_medium(d))
		return start ? drive_no_medium(d) : GOOD;
	if (start)
		drive_spin_up(d);
	else
		d->spinning = false;
	return GOOD;
}

/* MMC-6 6.14 */
sense_t mmc_prevent_allow(struct drive *d, struct command *c)
{
	d->prevented = c->cdb[4] & 0x01;
	d->persistent = c->cdb[4] & 0x02;
	return GOOD;
}

/* MMC-6 6.12: no changer, and nothing that moves */
sense_t mmc_mechanism_status(struct drive *d, struct command *c)
{
	uint8_t out[8] = { 0 };

	out[1] = d->tray_open ? 0x10 : 0;
	return reply(c, out, sizeof(out), get16(c->cdb + 8));
}

/* --- GET EVENT STATUS NOTIFICATION (MMC-6 6.6) --- */

enum event_class {
	CLASS_OPERATIONAL = 1,
	CLASS_POWER = 2,
	CLASS_EXTERNAL = 3,
	CLASS_MEDIA = 4,
	CLASS_BUSY = 6,
};

#define CLASSES (1u << CLASS_OPERATIONAL | 1u << CLASS_POWER | 1u << CLASS_EXTERNAL | \
		 1u << CLASS_MEDIA | 1u << CLASS_BUSY)

static bool has_event(const struct drive *d, unsigned int class)
{
	return (class == CLASS_OPERATIONAL && d->features_changed) ||
	       (class == CLASS_MEDIA && d->media_event) ||
	       (class == CLASS_BUSY && d->busy_commands);
}

static void put_event(struct drive *d, unsigned int class, uint8_t *p)
{
	switch (class) {
	case CLASS_OPERATIONAL:
		/* Whether removal stays prevented; the state has changed: other features */
		p[0] = d->features_changed ? 0x02 : 0;
		p[1] = d->prevented && d->persistent ? 0x80 : 0;
		put16(p + 2, d->features_changed ? 1 : 0);
		d->features_changed = false;
		break;
	case CLASS_POWER:
		p[1] = d->spinning ? 1 : 2;	/* active, idle */
		break;
	case CLASS_MEDIA:
		p[0] = (uint8_t)d->media_event;
		p[1] = (uint8_t)((drive_has_medium(d) ? 0x02 : 0) | (d->tray_open ? 0x01 : 0));
		d->media_event = EVENT_NONE;
		break;
	case CLASS_BUSY:
		p[0] = d->busy_commands ? 1 : 0;
		p[1] = d->busy_commands ? 1 : 0;
		put16(p + 2, d->busy_commands ? 1 : 0);
		break;
	default:
		break;
	}
}

/* The lowest class asked for that has an event, or else the lowest */
static unsigned int pick_class(const struct drive *d, unsigned int asked)
{
	unsigned int class, lowest = 0;

	for (class = 1; class < 7; class++) {
		if (!(asked & CLASSES & 1u << class))
			continue;
		if (has_event(d, class))
			return class;
		if (!lowest)
			lowest = class;
	}
	return lowest;
}

sense_t mmc_get_event(struct drive *d, struct command *c)
{
	uint8_t out[8] = { 0 };
	unsigned int class = pick_class(d, c->cdb[4]);
	size_t allocation = get16(c->cdb + 7);

	/* Only polled operation */
	if (!(c->cdb[1] & 0x01))
		return SENSE_CDB_FIELD;
	out[3] = CLASSES;
	if (!class) {
		put16(out, 2);
		out[2] = 0x80;
		return reply(c, out, 4, allocation);
	}
	put16(out, 6);
	out[2] = (uint8_t)class;
	/* An event that the initiator has no room for stays */
	if (allocation > 4)
		put_event(d, class, out + 4);
	return reply(c, out, sizeof(out), allocation);
}
