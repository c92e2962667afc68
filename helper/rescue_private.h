/* SPDX-License-Identifier: GPL-2.0-only */
/* Between rescue.c and rescue_burned.c. */
#ifndef IMAPI_RESCUE_PRIVATE_H
#define IMAPI_RESCUE_PRIVATE_H

#include <stdio.h>
#include "rescue.h"

struct rescue {
	const struct rescue_job *job;
	int folder;
	int files;		/* the folder "files" in it */
};

/* The folders on the way to @path below @dirfd, as far as they are missing */
int rescue_make_parents(int dirfd, const char *path);

void rescue_set_time(int dirfd, const char *path, s64 mtime);

/*
 * Copies what is new in the tree but not staged from the image, with all that is
 * in such folders. What can't be copied gets a line in @missing; 0 or -errno.
 */
int rescue_burned(struct rescue *r, FILE *missing);

#endif
