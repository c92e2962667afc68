/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory that is given back all at once: the names of one directory, say. */
#ifndef IMAPI_ARENA_H
#define IMAPI_ARENA_H

#include <core_env.h>

struct arena_chunk;

/* All zeros is an empty arena */
struct arena {
	struct arena_chunk *first, *current;
};

/* @bytes of memory, aligned for pointers, not zeroed; or NULL */
void *arena_alloc(struct arena *a, size_t bytes);

/* A copy of @bytes at @data; or NULL */
void *arena_copy(struct arena *a, const void *data, size_t bytes);

/* All that was allocated is gone; the memory is kept for the next use */
void arena_reset(struct arena *a);
void arena_free(struct arena *a);

#endif
