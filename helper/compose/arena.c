// SPDX-License-Identifier: GPL-2.0-only
#include "arena.h"

#define CHUNK_BYTES	(64u << 10)
#define ARENA_ALIGN	sizeof(void *)

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, size;
	u8 data[];
};

static struct arena_chunk *chunk_new(struct arena *a, size_t bytes)
{
	size_t size = bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES;
	struct arena_chunk *c = malloc(sizeof(*c) + size);

	if (!c)
		return NULL;
	c->used = 0;
	c->size = size;
	if (a->current) {
		c->next = a->current->next;
		a->current->next = c;
	} else {
		c->next = NULL;
		a->first = c;
	}
	return c;
}

void *arena_alloc(struct arena *a, size_t bytes)
{
	struct arena_chunk *c = a->current;
	void *p;

	if (bytes > SIZE_MAX / 2)
		return NULL;
	bytes = (bytes + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1);
	if (!c || c->size - c->used < bytes) {
		if (c && c->next && c->next->size >= bytes) {
			c = c->next;
			c->used = 0;
		} else {
			c = chunk_new(a, bytes);
		}
		if (!c)
			return NULL;
		a->current = c;
	}
	p = c->data + c->used;
	c->used += bytes;
	return p;
}

void *arena_copy(struct arena *a, const void *data, size_t bytes)
{
	void *p = arena_alloc(a, bytes);

	if (p)
		memcpy(p, data, bytes);
	return p;
}

void arena_reset(struct arena *a)
{
	a->current = a->first;
	if (a->first)
		a->first->used = 0;
}

void arena_free(struct arena *a)
{
	struct arena_chunk *c = a->first;

	while (c) {
		struct arena_chunk *next = c->next;

		free(c);
		c = next;
	}
	a->first = NULL;
	a->current = NULL;
}
