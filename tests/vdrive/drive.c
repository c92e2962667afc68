// SPDX-License-Identifier: GPL-2.0-only
/* The drive as a thing: power, tray, button, disc */
#include <stdlib.h>
#include "drive.h"

/* Commands that find work going on after it was asked for with IMMED */
#define POLLS 2

struct drive *drive_new(const struct drive_events *events)
{
	struct drive *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->cache.data = malloc((size_t)CACHE_BLOCKS * BLOCK);
	if (!d->cache.data) {
		free(d);
		return NULL;
	}
	if (events)
		d->events = *events;
	d->quirk_read_ends_track = true;
	d->close_commands = POLLS;
	d->steps = ALL_STEPS;
	drive_power(d);
	return d;
}

void drive_free(struct drive *drive)
{
	if (!drive)
		return;
	disc_close(drive->disc);
	free(drive->cache.data);
	free(drive);
}

bool drive_has_medium(const struct drive *d)
{
	return d->disc && !d->tray_open;
}

sense_t drive_no_medium(const struct drive *d)
{
	return d->tray_open ? SENSE_NO_MEDIUM_OPEN : SENSE_NO_MEDIUM_CLOSED;
}

void drive_work_done(struct drive *d, enum drive_work what, uint32_t blocks)
{
	if (d->events.work)
		d->events.work(d->events.context, what, blocks);
}

void drive_spin_up(struct drive *d)
{
	if (d->spinning)
		return;
	d->spinning = true;
	drive_work_done(d, DRIVE_WORK_SPIN_UP, 0);
}

void drive_go_on(struct drive *d, bool immediate, sense_t sense)
{
	if (!immediate)
		return;
	d->busy_commands = POLLS;
	d->busy_sense = sense;
	d->busy_quietly = false;
}

/* Drives that are ready early have a sense of their own for it, see drive_quirk() */
void drive_close_goes_on(struct drive *d, bool immediate)
{
	if (!immediate)
		return;
	d->busy_commands = d->close_commands;
	d->busy_sense = d->quirk_ready_early ? SENSE_IN_PROGRESS : SENSE_LONG_WRITE;
	d->busy_quietly = d->quirk_ready_early;
}

sense_t drive_take_attention(struct drive *d)
{
	static const sense_t senses[] = { SENSE_POWER_ON, SENSE_BUS_RESET, SENSE_CHANGED };
	unsigned int i;

	for (i = 0; i < sizeof(senses) / sizeof(senses[0]); i++) {
		if (d->attentions & 1u << i) {
			d->attentions &= ~(1u << i);
			return senses[i];
		}
	}
	return GOOD;
}

sense_t drive_step(struct drive *d)
{
	if (d->steps == ALL_STEPS)
		return GOOD;
	if (!d->steps)
		return SENSE_WRITE_ERROR;
	d->steps--;
	return GOOD;
}

/* Nothing of what was going on outlives it */
static void forget_work(struct drive *d)
{
	cache_drop(d);
	d->writing = 0;
	d->dao = false;
	d->cue.tracks = 0;
	d->cue.writing = false;
	d->busy_commands = 0;
	if (!d->disc)
		return;
	disc_cut(d->disc);
	if (d->disc->format == FORMAT_RUNNING)
		d->disc->format = FORMAT_SUSPENDED;
}

void drive_power(struct drive *drive)
{
	forget_work(drive);
	drive->prevented = false;
	drive->persistent = false;
	drive->spinning = false;
	drive->tray_open = false;
	drive->attentions = ATTENTION_POWER_ON;
	drive->media_event = EVENT_NONE;
	drive->features_changed = false;
	drive->read_speed = 0;
	drive->write_speed = 0;
	if (drive->disc) {
		drive->attentions |= ATTENTION_CHANGED;
		drive->media_event = EVENT_NEW_MEDIA;
	}
	mode_defaults(drive);
}

/* What was cached isn't lost: the drive goes on writing it */
void drive_reset(struct drive *drive)
{
	if (drive->disc)
		cache_drain(drive);
	drive->prevented = false;
	drive->persistent = false;
	drive->attentions |= ATTENTION_BUS_RESET;
	drive->busy_commands = 0;
	mode_defaults(drive);
}

static void media_comes(struct drive *d)
{
	d->tray_open = false;
	d->spinning = false;
	d->attentions |= ATTENTION_CHANGED;
	d->media_event = EVENT_NEW_MEDIA;
	d->features_changed = true;
	mode_defaults(d);
	drive_spin_up(d);
}

static void media_goes(struct drive *d)
{
	d->spinning = false;
	d->media_event = EVENT_MEDIA_REMOVAL;
	d->features_changed = true;
	d->attentions &= ~ATTENTION_CHANGED;
}

int drive_insert(struct drive *drive, struct disc *disc)
{
	if (drive->disc)
		return -EBUSY;
	drive->disc = disc;
	forget_work(drive);
	media_comes(drive);
	return 0;
}

struct disc *drive_eject(struct drive *drive)
{
	struct disc *disc = drive->disc;

	if (disc && !drive->tray_open) {
		/* A tray that is forced open loses what was to be written */
		forget_work(drive);
		media_goes(drive);
	}
	drive->disc = NULL;
	drive->tray_open = true;
	return disc;
}

/* The drive finishes what it has before it lets go of the disc */
sense_t drive_open_tray(struct drive *d)
{
	sense_t sense = GOOD;

	if (d->prevented)
		return SENSE_REMOVAL_PREVENTED;
	if (drive_has_medium(d)) {
		sense = flush(d);
		forget_work(d);
		disc_save(d->disc);
		media_goes(d);
	}
	d->tray_open = true;
	return sense;
}

void drive_load_tray(struct drive *d)
{
	if (!d->tray_open)
		return;
	d->tray_open = false;
	if (d->disc)
		media_comes(d);
}

int drive_button(struct drive *drive)
{
	if (drive->tray_open) {
		drive_load_tray(drive);
		return 0;
	}
	if (drive->prevented) {
		drive->media_event = EVENT_EJECT_REQUEST;
		return -EPERM;
	}
	drive_open_tray(drive);
	return 0;
}

int drive_quirk(struct drive *drive, const char *name, bool on)
{
	if (!strcmp(name, "close-event"))
		drive->quirk_close_event = on;
	else if (!strcmp(name, "read-ends-track"))
		drive->quirk_read_ends_track = on;
	else if (!strcmp(name, "pow"))
		drive->quirk_pow = on;
	else if (!strcmp(name, "ready-early"))
		drive->quirk_ready_early = on;
	else
		return -EINVAL;
	return 0;
}

void drive_busy(struct drive *drive, unsigned int commands)
{
	drive->busy_commands = commands;
	drive->busy_sense = SENSE_LONG_WRITE;
	drive->busy_quietly = false;
}

void drive_close_takes(struct drive *drive, unsigned int commands)
{
	drive->close_commands = commands;
}

void drive_media_event(struct drive *d, enum media_event event)
{
	if (d->media_event == EVENT_NONE)
		d->media_event = event;
}

void drive_session_closed(struct drive *d)
{
	if (!d->quirk_close_event)
		return;
	d->attentions |= ATTENTION_CHANGED;
	d->media_event = EVENT_NEW_MEDIA;
}

/* Those who wait for it to end with TEST UNIT READY take no unit attention then */
void drive_formatted(struct drive *d)
{
	if (d->quirk_close_event)
		d->media_event = EVENT_NEW_MEDIA;
}
