/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Simulated time: what the commands of an initiator would have cost a real drive. It
 * moves with the drive's work alone, never with this machine's, so that the same
 * commands always cost the same.
 */
#ifndef VDRIVE_CLOCK_H
#define VDRIVE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "vdrive.h"

struct clock_medium;

struct clock {
	uint64_t now;		/* nanoseconds since the last clock_reset() */
	uint64_t seeks;
	uint64_t read;		/* blocks that came from the medium */
	uint64_t cached;	/* blocks that came from the drive's buffer */
	uint64_t written;
	const struct clock_medium *medium;
	uint32_t head;		/* the block after the last one that was read or written */
	uint32_t buffer;	/* blocks before ->head that the drive still has */
	bool writing;		/* what the head did last */
};

void clock_init(struct clock *clock);

/* Back to zero, with what was counted; the head stays where it is */
void clock_reset(struct clock *clock);

/**
 * clock_load - another medium came in, or none
 * @profile: its profile number (MMC-6 5.3.1 table 92), 0 for none
 */
void clock_load(struct clock *clock, unsigned int profile);

/* Some command was received and answered */
void clock_command(struct clock *clock);
/* Time that is just spent, in seconds */
void clock_wait(struct clock *clock, uint32_t seconds);

/* struct drive_events' hooks; @context is the clock */
void clock_access(void *context, bool write, uint32_t lba, uint32_t blocks);
void clock_work(void *context, enum drive_work what, uint32_t blocks);

#endif
