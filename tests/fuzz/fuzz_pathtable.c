// SPDX-License-Identifier: GPL-2.0-only
/* Any bytes as a path table, of both types, and where it says that directories are */
#include "core.h"

static void walk(const u8 *table, size_t size, bool big)
{
	struct imapi_path p;
	size_t pos = 0, last;
	u32 number;

	for (number = 1;; number++) {
		last = pos;
		if (imapi_path_next(table, size, big, &pos, number, &p) != 1)
			return;
		if (pos <= last || !p.name_len || p.name + p.name_len > table + size)
			abort();
		if (p.parent < 1 || (number > 1 && p.parent >= number))
			abort();
	}
}

#define TABLE_LBA	16u
#define DISC_BLOCKS	100000u
#define LIMIT		512u

struct table {
	const u8 *data;
	size_t size;
};

static int read_table(void *ctx, u32 lba, u32 count, void *buf)
{
	const struct table *t = ctx;
	size_t bytes = (size_t)count * IMAPI_BLOCK;

	if (lba != TABLE_LBA)
		abort();
	memset(buf, 0, bytes);
	memcpy(buf, t->data, bytes < t->size ? bytes : t->size);
	return 0;
}

static void span(const u8 *table, size_t size, bool big)
{
	struct table t = { .data = table, .size = size };
	const struct imapi_source src = { .read = read_table, .ctx = &t, .blocks = DISC_BLOCKS };
	const struct imapi_hierarchy tree = {
		.path_size = (u32)size, .path_l = big ? 0 : TABLE_LBA, .path_m = big ? TABLE_LBA : 0,
	};
	u32 from = 0, count;

	if (imapi_dirs_span(&src, &tree, LIMIT, &from, &count))
		abort();
	if (count > LIMIT || from > DISC_BLOCKS || count > DISC_BLOCKS - from)
		abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	walk(data, size, false);
	walk(data, size, true);
	span(data, size, false);
	span(data, size, true);
	return 0;
}
