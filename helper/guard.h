/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that this process sends to drives by SG_IO is seen here, what libburn sends
 * included. A unit attention says that the disc may be another, and is told to one
 * command alone: libburn sends that command again, a write as well, to whatever disc
 * is there by then.
 */
#ifndef IMAPI_GUARD_H
#define IMAPI_GUARD_H

#include <stdbool.h>
#include <stdint.h>

/* How often drives told this process that the disc may be another, or of a reset */
uint64_t guard_attentions(void);

/**
 * guard_begin - no other disc is written on from here on
 * @changes: counts what tells of another disc, guard_attentions() among it; called by any
 *	thread, sends nothing
 * @ctx: its argument
 * @was: what it returned when the disc was looked at
 *
 * Commands that change a disc reach a drive only while the count is what it was. After
 * that their sender is told that there is no medium, until guard_end(). One at a time.
 */
void guard_begin(uint64_t (*changes)(void *ctx), void *ctx, uint64_t was);

/* Was anything held back, or told that there is no medium, from guard_begin() on to guard_end()? */
bool guard_held_back(void);

/* Was any command that changes a disc carried out since guard_begin(), or may have been? */
bool guard_let_through(void);

void guard_end(void);

/**
 * guard_asking_begin - libburn asks the drive when it is done, for as long as it isn't
 *
 * After a minute of answers in a row that aren't "in progress" the drive is said to be
 * ready, so that libburn comes to an end. It has to be called before what is asked about
 * is sent.
 */
void guard_asking_begin(void);

/* Return: was the drive said to be ready, and isn't? */
bool guard_asking_end(void);

#endif
