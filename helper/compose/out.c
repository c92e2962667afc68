// SPDX-License-Identifier: GPL-2.0-only
#include "out.h"

#define OUT_BYTES	(64 * IMAPI_BLOCK)

int out_init(struct out *o, const struct compose_sink *sink)
{
	o->sink = sink;
	o->used = 0;
	o->buf = malloc(OUT_BYTES);
	return o->buf ? 0 : -ENOMEM;
}

void out_free(struct out *o)
{
	free(o->buf);
}

int out_flush(struct out *o)
{
	u32 count = o->used / IMAPI_BLOCK;

	if (!count)
		return 0;
	o->used = 0;
	return o->sink->blocks(o->sink->ctx, o->buf, count);
}

/* Bytes that fit now, at least one */
static int out_room(struct out *o, u32 *room)
{
	int ret = 0;

	if (o->used == OUT_BYTES)
		ret = out_flush(o);
	*room = OUT_BYTES - o->used;
	return ret;
}

int out_write(struct out *o, const void *data, size_t len)
{
	const u8 *from = data;

	while (len) {
		u32 room;
		int ret = out_room(o, &room);

		if (ret)
			return ret;
		if (room > len)
			room = (u32)len;
		if (from) {
			memcpy(o->buf + o->used, from, room);
			from += room;
		} else {
			memset(o->buf + o->used, 0, room);
		}
		o->used += room;
		len -= room;
	}
	return 0;
}

int out_align(struct out *o)
{
	return out_write(o, NULL, -o->used % IMAPI_BLOCK);
}

int out_record(struct out *o, u32 len, u8 **p)
{
	u32 room;
	int ret;

	if (o->used % IMAPI_BLOCK + len > IMAPI_BLOCK) {
		ret = out_align(o);
		if (ret)
			return ret;
	}
	ret = out_room(o, &room);
	if (ret)
		return ret;
	*p = memset(o->buf + o->used, 0, len);
	o->used += len;
	return 0;
}
