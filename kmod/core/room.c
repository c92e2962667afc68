// SPDX-License-Identifier: GPL-2.0-only
/* What may still be staged, so that all of it can be burned. */
#include "room.h"

static u64 less(u64 a, u64 b)
{
	return a < b ? a : b;
}

/*
 * What a file system needs for itself to hold so many blocks more: maps of
 * extents, the journal. A 64th and a MiB is more than the usual ones take, and
 * keeps a burn from failing for a few blocks.
 */
static u64 less_metadata(u64 blocks)
{
	u64 need = (blocks >> 6) + ((1u << 20) >> IMAPI_BLOCK_SHIFT);

	return blocks > need ? blocks - need : 0;
}

u64 imapi_room(const struct imapi_room *r, u64 taken)
{
	u64 spool = less_metadata(r->spool);
	u64 room = r->medium;

	if (r->staged_bytes > r->limit)
		return 0;
	if (r->medium_is_file)
		room = less_metadata(room);
	if (r->medium_is_file && r->one_disk) {
		/*
		 * Each byte takes its place there twice, when it is staged and
		 * again when it is burned, and what is staged already has still
		 * to be burned.
		 */
		room = less(room, spool);
		return room > taken ? (room - taken) >> 1 : 0;
	}
	return room > taken ? less(room - taken, spool) : 0;
}

u64 imapi_room_free(const struct imapi_room *r, u64 taken)
{
	u64 more = imapi_room(r, taken);

	if (r->limit == IMAPI_ROOM_NO_LIMIT)
		return more;
	if (r->staged_bytes >= r->limit)
		return 0;
	return less(more, (r->limit - r->staged_bytes) >> IMAPI_BLOCK_SHIFT);
}
