/* SPDX-License-Identifier: GPL-2.0-only */
/* The stream of blocks, collected so that the sink gets many at a time. */
#ifndef IMAPI_OUT_H
#define IMAPI_OUT_H

#include "compose.h"

struct out {
	const struct compose_sink *sink;
	u8 *buf;
	u32 used;
};

int out_init(struct out *o, const struct compose_sink *sink);
void out_free(struct out *o);

/* Bytes that follow one another whatever the sectors are; @data NULL: zeros */
int out_write(struct out *o, const void *data, size_t len);

/**
 * out_record - room for what must not pass a sector's end
 * @o: the stream
 * @len: its bytes, a sector's at most
 * @p: set to @len zeroed bytes, good until the next call
 *
 * Return: 0 or what the sink returned.
 */
int out_record(struct out *o, u32 len, u8 **p);

/* Zeros up to the end of the block */
int out_align(struct out *o);

/* Hands everything to the sink; the stream is at the end of a block */
int out_flush(struct out *o);

#endif
