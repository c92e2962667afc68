/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading a recorded session back: what is on the medium against what was meant. */
#ifndef IMAPI_READBACK_H
#define IMAPI_READBACK_H

#include "commit.h"
#include "compose.h"

/**
 * struct readback_what - a session that was recorded
 * @plan: the session
 * @tree: its tree as treefile_make() left it, -1: it is composed again
 * @start: where it is, lba
 */
struct readback_what {
	struct compose *plan;
	int tree;
	u32 start;
};

/**
 * readback_session - compare a session that was just recorded
 * @job: the commit; it wants VERIFY_FULL or VERIFY_META
 * @what: the session
 * @bad: the block that differs or can't be read, 0 if it isn't the medium's fault
 *
 * Return: 0; -EIO; -EINTR: cancelled; or why the staged data can't be read.
 */
int readback_session(const struct commit_job *job, const struct readback_what *what,
		     u32 *bad);

#endif
