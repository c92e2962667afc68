/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading a recorded session back: what is on the medium against what was meant. */
#ifndef IMAPI_READBACK_H
#define IMAPI_READBACK_H

#include "commit.h"
#include "compose.h"

/**
 * readback_session - compare a session that was just recorded
 * @job: the commit; the session is at its recorder's next writable address, and
 *	it wants VERIFY_FULL or VERIFY_META
 * @plan: the session
 * @bad: the block that differs or can't be read, 0 if it isn't the medium's fault
 *
 * Return: 0; -EIO; -EINTR: cancelled; or why the staged data can't be read.
 */
int readback_session(const struct commit_job *job, struct compose *plan, u32 *bad);

#endif
