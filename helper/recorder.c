// SPDX-License-Identifier: GPL-2.0-only
/* Which recorder is it, and what goes for all of them */
#include "drive.h"
#include "io.h"
#include "recorder.h"
#include "text.h"

#define COPY_BLOCKS	128u

static __thread bool (*patience_gone)(void *ctx);
static __thread void *patience_ctx;

void recorder_patience(bool (*gone)(void *ctx), void *ctx)
{
	patience_gone = gone;
	patience_ctx = ctx;
}

bool recorder_is_gone(void)
{
	return patience_gone && patience_gone(patience_ctx);
}

int recorder_open(const char *path, unsigned int flags, struct recorder **out,
		  const char **why)
{
	int err;

	if (drive_is_one(path))
		return recorder_open_drive(path, flags, out, why);
	err = recorder_open_image(path, flags, out);
	if (err)
		*why = text_source_error(err);
	return err;
}

int recorder_claim(struct recorder *r)
{
	return r->ops->claim ? r->ops->claim(r) : 0;
}

int recorder_load(struct recorder *r, u32 number)
{
	return r->ops->load ? r->ops->load(r, number) : 0;
}

void recorder_let_in(struct recorder *r)
{
	r->keep_off = false;
	if (r->ops->let_in)
		r->ops->let_in(r);
}

bool recorder_is_open(const struct recorder *r)
{
	return !r->head_separate && r->writable && !r->blank;
}

/* BEA01, NSR02 or NSR03, TEA01, and little more */
#define EXTENDED_AREA	8u

bool recorder_has_udf(const struct recorder *r, const struct imapi_volume *vol)
{
	u32 i, lba = vol->desc + vol->descs;
	u8 block[IMAPI_BLOCK];

	for (i = 0; i < EXTENDED_AREA; i++) {
		if (lba + i >= r->source.blocks ||
		    r->source.read(r->source.ctx, lba + i, 1, block))
			return false;
		if (!memcmp(block + 1, "NSR0", 4))
			return true;
		if (memcmp(block + 1, "BEA01", 5) && memcmp(block + 1, "BOOT2", 5))
			return false;
	}
	return false;
}

/* A part of one block */
static int read_within(const struct recorder *r, u64 at, u8 *buf, u32 len)
{
	u8 block[IMAPI_BLOCK];
	int err;

	err = r->source.read(r->source.ctx, (u32)(at / IMAPI_BLOCK), 1, block);
	if (!err)
		memcpy(buf, block + at % IMAPI_BLOCK, len);
	return err;
}

int recorder_read(const struct recorder *r, u64 at, void *buf, u32 len)
{
	u32 skip = at % IMAPI_BLOCK, part;
	u8 *to = buf;
	int err = 0;

	if (r->fd >= 0)
		return io_read(r->fd, buf, len, at);
	for (; len && !err; to += part, at += part, len -= part, skip = 0) {
		part = IMAPI_BLOCK - skip < len ? IMAPI_BLOCK - skip : len;
		if (part < IMAPI_BLOCK) {
			err = read_within(r, at, to, part);
			continue;
		}
		part = len - len % IMAPI_BLOCK;
		err = r->source.read(r->source.ctx, (u32)(at / IMAPI_BLOCK),
				     part / IMAPI_BLOCK, to);
	}
	return err;
}

int recorder_copy_to(const struct recorder *r, u64 at, int fd, u64 pos, u64 len)
{
	const u32 most = COPY_BLOCKS * IMAPI_BLOCK;
	int err = 0;
	u32 part;
	u8 *buf;

	if (r->fd >= 0)
		return io_copy(r->fd, at, fd, pos, len);
	buf = malloc(most);
	if (!buf)
		return -ENOMEM;
	for (; len && !err; at += part, pos += part, len -= part) {
		part = len < most ? (u32)len : most;
		err = recorder_read(r, at, buf, part);
		if (!err)
			err = io_write(fd, buf, part, pos);
	}
	free(buf);
	return err;
}
