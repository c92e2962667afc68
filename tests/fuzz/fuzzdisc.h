/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A disc from a fuzzer's input: the input itself where it is a whole image, and
 * otherwise a small good image with the input's changes: records of a block, a
 * byte in it (2 bytes), a count and so many bytes.
 */
#ifndef IMAPI_FUZZDISC_H
#define IMAPI_FUZZDISC_H

#include "../core/memdisc.h"

#define FUZZDISC_BLOCKS		80u
#define FUZZDISC_START		32u	/* of its session */
#define FUZZDISC_ROOT		58u	/* of its Joliet tree, see put_set() */
#define FUZZDISC_SUB		64u

/* A directory with a directory, a file, and a file of two sections */
static inline void fuzzdisc_directory(struct memdisc *d, u32 lba, u32 sub)
{
	u8 *at = memdisc_at(d, lba);
	u8 name[64];

	at = put_dirent(at, "\0", 1, lba, IMAPI_BLOCK, IMAPI_DE_DIRECTORY);
	at = put_dirent(at, "\1", 1, lba, IMAPI_BLOCK, IMAPI_DE_DIRECTORY);
	at = put_dirent(at, name, utf16("big;1", name), 68, IMAPI_BLOCK, IMAPI_DE_MULTI_EXTENT);
	at = put_dirent(at, name, utf16("big;1", name), 70, 5, 0);
	if (sub)
		at = put_dirent(at, name, utf16("dir", name), sub, IMAPI_BLOCK,
				IMAPI_DE_DIRECTORY);
	put_dirent(at, name, utf16("file.txt;1", name), 66, 3000, 0);
}

static inline void fuzzdisc_change(struct memdisc *d, const u8 *in, size_t size)
{
	size_t len, room;
	u8 *to;

	while (size > 4) {
		to = (u8 *)memdisc_at(d, in[0] % FUZZDISC_BLOCKS) +
		     get_unaligned_le16(in + 1) % IMAPI_BLOCK;
		room = (size_t)(d->data + FUZZDISC_BLOCKS * IMAPI_BLOCK - to);
		len = in[3];
		in += 4;
		size -= 4;
		if (len > size)
			len = size;
		memcpy(to, in, len < room ? len : room);
		in += len;
		size -= len;
	}
}

static inline void fuzzdisc_init(struct memdisc *d, const u8 *in, size_t size)
{
	static const char id[] = "\1" IMAPI_STANDARD_ID;
	u32 end = FUZZDISC_BLOCKS - FUZZDISC_START;

	if (size > 17 * IMAPI_BLOCK && !memcmp(in + 16 * IMAPI_BLOCK, id, 6)) {
		memdisc_init(d, (u32)(size / IMAPI_BLOCK));
		memcpy(d->data, in, size / IMAPI_BLOCK * IMAPI_BLOCK);
		return;
	}
	memdisc_init(d, FUZZDISC_BLOCKS);
	put_set(d, 16, FUZZDISC_START, FUZZDISC_BLOCKS);
	put_set(d, 48, FUZZDISC_START, end);
	put_link(d, 16, FUZZDISC_START, 0, 0);
	put_link(d, 48, FUZZDISC_START, 0, 0);
	fuzzdisc_directory(d, FUZZDISC_ROOT, FUZZDISC_SUB);
	fuzzdisc_directory(d, FUZZDISC_SUB, 0);
	fuzzdisc_change(d, in, size);
}

/* Whoever read past the end is stopped here */
static inline void fuzzdisc_free(struct memdisc *d)
{
	if (d->strays)
		abort();
	memdisc_free(d);
}

#endif
