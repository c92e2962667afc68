// SPDX-License-Identifier: GPL-2.0-only
/* Discs in drives: taking the burner, and the buffer in front of it */
#include <string.h>
#include "guard.h"
#include "io.h"
#include "optical.h"

/* Changes that come one after the other */
#define CHECK_TRIES	3

static int burner_failed(struct optical *o, int err)
{
	if (err == -EBUSY)
		return optical_fail(o, err,
				    "another program writes on the disc: wait for its end and sync again");
	return optical_fail(o, err,
			    "the drive can't be written to (%.100s): nothing was written, sync again",
			    o->burner ? burner_said(o->burner) : strerror(-err));
}

void optical_let_go(struct optical *o)
{
	if (!o->burner)
		return;
	burner_close(o->burner);
	o->burner = NULL;
	drive_start(o->drive);
}

int optical_open_burner(struct optical *o)
{
	if (o->burner && !burner_wake(o->burner))
		return 0;
	optical_let_go(o);
	return burner_open(drive_burner_path(o->drive), &o->burner);
}

static int open_burner(struct optical *o)
{
	int err = optical_open_burner(o);

	return err ? burner_failed(o, err) : 0;
}

void optical_burn_go_on(struct optical *o, u64 changes)
{
	guard_begin(optical_changes, o, changes);
}

/* The look itself may be what is told of a change, and the disc the same all the same */
static int check_until_quiet(struct optical *o)
{
	int err, tries = 0;

	do {
		err = optical_check(o);
	} while (!err && optical_changes(o) != o->trusted && ++tries < CHECK_TRIES);
	return err;
}

/*
 * To open the burner takes seconds, so the disc is compared once more behind it, and
 * nothing is written any more once somebody tells of a change. The tray may have been
 * unlocked since the last burn, and a burner that was kept locks nothing.
 */
int optical_burn_begin(struct optical *o)
{
	int err;

	o->rec.trouble = NULL;
	o->rec.untouched = false;
	o->was_torn = o->torn;
	if (!o->buf)
		o->buf = malloc(OPTICAL_BUFFER);
	if (!o->buf)
		return -ENOMEM;
	o->fill = 0;
	err = optical_take(o);
	if (err)
		return burner_failed(o, err);
	err = open_burner(o);
	if (err)
		return err;
	drive_hold_tray(o->drive);
	err = check_until_quiet(o);
	if (!err)
		optical_burn_go_on(o, o->trusted);
	return err;
}

int optical_changed(struct optical *o)
{
	return optical_fail(o, -EMEDIUMTYPE,
			    "the disc was taken out or the drive reset amid the burn, and nothing was written since: put back the disc that was mounted and sync again");
}

int optical_held_back(struct optical *o)
{
	if (!guard_held_back())
		return 0;
	o->rec.untouched = !guard_let_through();
	if (o->rec.untouched)
		o->torn = o->was_torn;
	return optical_changed(o);
}

void optical_burn_end(struct optical *o)
{
	if (!o->away)
		return;
	if (o->burner && burner_rest(o->burner))
		optical_let_go(o);
	guard_end();
	/* libburn leaves it locked, but that is its word alone */
	drive_hold_tray(o->drive);
	optical_give_back(o);
}

static int progress(const struct optical *o, u64 bytes)
{
	return o->rec.progress ? progress_add(o->rec.progress, bytes) : 0;
}

static int put_done(struct optical *o, u32 bytes, int (*drain)(struct optical *o))
{
	int err = 0;

	o->fill += bytes;
	if (o->fill == OPTICAL_BUFFER)
		err = drain(o);
	return err ? err : progress(o, bytes);
}

int optical_put(struct optical *o, const void *buf, u32 count, int (*drain)(struct optical *o))
{
	u64 left = (u64)count * IMAPI_BLOCK;
	const u8 *from = buf;
	int err = 0;
	u32 part;

	for (; left && !err; left -= part) {
		part = OPTICAL_BUFFER - o->fill;
		if (part > left)
			part = (u32)left;
		if (from) {
			memcpy(o->buf + o->fill, from, part);
			from += part;
		} else {
			memset(o->buf + o->fill, 0, part);
		}
		err = put_done(o, part, drain);
	}
	return err;
}

int optical_put_file(struct optical *o, int fd, u64 size, int (*drain)(struct optical *o))
{
	u32 part, whole;
	int err = 0;
	u64 pos;

	for (pos = 0; pos < size && !err; pos += part) {
		part = OPTICAL_BUFFER - o->fill;
		if (part > size - pos)
			part = (u32)(size - pos);
		/* A file's last part alone is no whole number of blocks */
		whole = (part + IMAPI_BLOCK - 1) & ~(IMAPI_BLOCK - 1u);
		err = io_read(fd, o->buf + o->fill, part, pos);
		if (err)
			return err;
		memset(o->buf + o->fill + part, 0, whole - part);
		err = put_done(o, whole, drain);
	}
	return err;
}
