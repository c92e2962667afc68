/* SPDX-License-Identifier: GPL-2.0-only */
/* How far a commit is: written by the commit, read by anybody. */
#ifndef IMAPI_PROGRESS_H
#define IMAPI_PROGRESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <linux/imapifs.h>

struct progress {
	_Atomic uint32_t phase;		/* enum imapifs_phase */
	_Atomic uint64_t done, total;	/* bytes of the phase */
	_Atomic uint64_t since_ms;	/* CLOCK_MONOTONIC when the phase began */
	_Atomic bool cancel;		/* somebody gave up waiting: stop before the last write */
	_Atomic bool too_late;		/* ... unless what was begun has to be ended */
};

/* Begins @phase of @total bytes (0: not known) */
void progress_phase(struct progress *p, enum imapifs_phase phase, uint64_t total);

/* Adds @bytes; Return: 0, or -EINTR if the commit is to stop */
int progress_add(struct progress *p, uint64_t bytes);

/* Milliseconds since the phase began; 0 of one that is idle */
uint64_t progress_ms(const struct progress *p);

/* "record" and so on, for people and for --json */
const char *progress_phase_name(uint32_t phase);

#endif
