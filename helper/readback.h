/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading a recorded session back: what is on the medium against what was meant. */
#ifndef IMAPI_READBACK_H
#define IMAPI_READBACK_H

#include "commit.h"
#include "compose.h"

/**
 * readback_session - compare a session that was just recorded
 * @rec: the medium; the session is at its next writable address
 * @plan: the session
 * @mode: VERIFY_FULL or VERIFY_META
 * @progress: its verify phase
 * @bad: the block that differs or can't be read, 0 if it isn't the medium's fault
 *
 * Return: 0; -EIO; -EINTR: cancelled; or why the staged data can't be read.
 */
int readback_session(struct recorder *rec, struct compose *plan,
		     enum verify_mode mode, struct progress *progress, u32 *bad);

#endif
