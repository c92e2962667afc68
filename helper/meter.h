/* SPDX-License-Identifier: GPL-2.0-only */
/* How far something is, on one line of a terminal. */
#ifndef IMAPI_METER_H
#define IMAPI_METER_H

#include <stdint.h>
#include "progress.h"

struct meter_text {
	char s[160];
};

/**
 * meter_text - how far a phase is, in words
 * @done: bytes of it
 * @total: bytes that it has, 0: not known, and so the text is empty
 * @ms: milliseconds since it began
 *
 * Return: ", 512 of 1024 blocks, 1.0 MiB of 2.0 MiB, 4.0 MiB/s, 0:01 left"
 */
struct meter_text meter_text(uint64_t done, uint64_t total, uint64_t ms);

/* Bytes a second, 0: too early to tell */
uint64_t meter_rate(uint64_t done, uint64_t ms);

/* Writes @phase and meter_text() over the line that the cursor is in; stderr is a terminal */
void meter_show(uint32_t phase, uint64_t done, uint64_t total, uint64_t ms);

/* The same for what only a drive knows, in percent */
void meter_show_percent(const char *what, unsigned int percent);

/* Clears that line */
void meter_clear(void);

struct meter;

/*
 * Shows @p until meter_end(), in a thread of its own. NULL: standard error is no
 * terminal, or there is no memory for it
 */
struct meter *meter_begin(const struct progress *p);
void meter_end(struct meter *m);

#endif
