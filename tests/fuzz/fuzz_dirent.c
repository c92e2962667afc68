// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as a directory: the first byte says of which tree, how large the
 * cursor's buffer is, and whether the disc is large enough for most extents.
 */
#include "../core/memdisc.h"

#define BUF_BLOCKS	3u
#define MAX_EXTENTS	64u

static void check_extent(const struct imapi_source *src, const struct imapi_extent *ext)
{
	u64 at;
	u32 run;

	if (!ext->len)
		return;
	at = imapi_extent_map(ext, ext->len - 1, &run);
	if (run != 1 || at >= (u64)src->blocks * IMAPI_BLOCK)
		abort();
	imapi_extent_map(ext, 0, &run);
	if (!run || run > ext->len)
		abort();
}

static void check_record(const struct imapi_dir_cursor *cur, const struct imapi_record *rec)
{
	char text[IMAPI_NAME_UTF8];

	if (imapi_utf16_to_utf8(rec->name, rec->name_len, text, sizeof(text)) <= 0)
		abort();
	if (!rec->extents || rec->pos >= rec->next || rec->next != cur->pos)
		abort();
	check_extent(cur->src, &rec->first);
}

/* All sections of an entry, by a cursor of its own: the same as the walk said */
static void check_extents(const struct imapi_dir_cursor *cur, const struct imapi_record *rec)
{
	struct imapi_extent ext[MAX_EXTENTS];
	struct imapi_dir_cursor again = *cur;
	u8 buf[IMAPI_BLOCK];
	u64 size = 0;
	u32 i;

	again.buf = buf;
	again.buf_blocks = 1;
	again.have = 0;
	if (rec->extents > MAX_EXTENTS)
		return;
	if (imapi_dir_extents(&again, rec->pos, ext, MAX_EXTENTS) != (int)rec->extents)
		abort();
	for (i = 0; i < rec->extents; i++) {
		check_extent(cur->src, &ext[i]);
		size += ext[i].len;
	}
	if (size != rec->size)
		abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u8 buf[BUF_BLOCKS * IMAPI_BLOCK];
	struct imapi_record rec;
	struct memdisc d;
	struct imapi_dir_cursor cur = { .src = &d.src, .buf = buf };

	if (!size)
		return 0;
	memdisc_init(&d, (u32)(size / IMAPI_BLOCK) + 1);
	memcpy(d.data, data + 1, size - 1);
	cur.ucs = data[0] & 1;
	cur.buf_blocks = 1 + (data[0] >> 1) % BUF_BLOCKS;
	cur.dir.size = d.src.blocks * IMAPI_BLOCK;
	if (data[0] & 0x80)
		d.src.blocks = UINT32_MAX;
	while (imapi_dir_next(&cur, &rec) == 1) {
		check_record(&cur, &rec);
		check_extents(&cur, &rec);
	}
	if (d.strays)
		abort();
	memdisc_free(&d);
	return 0;
}
