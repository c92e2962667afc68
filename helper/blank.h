/* SPDX-License-Identifier: GPL-2.0-only */
/* Making discs and images blank: blank.c is the command, blank_drive.c for discs. */
#ifndef IMAPI_BLANK_H
#define IMAPI_BLANK_H

#include <stdbool.h>
#include <stdint.h>

/* What blank.c asks and says meanwhile */
struct blank_call {
	const char *source;
	bool full;		/* --full */
	bool yes;
};

struct blank_result {
	const char *kind;	/* of the medium */
	bool already;		/* nothing was done: it was blank */
	uint64_t free;		/* bytes that a first session may have */
};

/**
 * blank_drive - make the rewritable disc in a drive blank
 * @call: what for
 * @result: filled in on success
 *
 * Nobody else has the drive meanwhile. The disc that was asked about is the one that is
 * blanked: it is compared once more when the answer is there. What is in the drive
 * afterwards is asked of the drive.
 *
 * Return: 0, or -errno after a line that says why; -ECANCELED needs no line.
 */
int blank_drive(const struct blank_call *call, struct blank_result *result);

#endif
