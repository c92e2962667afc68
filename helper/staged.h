/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Staged content, as the commit and the rescue folder get at it. Each face keeps
 * it in its own way; what the tree has of it is the face's handle.
 */
#ifndef IMAPI_STAGED_H
#define IMAPI_STAGED_H

#include <stdint.h>

struct staged_ops {
	/* An fd for reading, its content from offset 0 on, good until unuse(); or -errno */
	int (*use)(void *staged);
	void (*unuse)(void *staged, int fd);
	/*
	 * Its @size bytes become the new file @name in the folder @dirfd; they need
	 * not be staged any more when this returns 0, or else -errno
	 */
	int (*move)(void *staged, uint64_t size, int dirfd, const char *name);
};

#endif
