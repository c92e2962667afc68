/* SPDX-License-Identifier: GPL-2.0-only */
/* How much a face may accept; one policy for all faces. */
#ifndef IMAPI_ROOM_H
#define IMAPI_ROOM_H

#include "iso9660.h"

#define IMAPI_ROOM_NO_LIMIT	(~0ull)

/**
 * struct imapi_room - what decides how much may be staged
 * @medium: blocks that can still be recorded, its closing cost taken off: for a disc in a
 *	drive imapi_session_room()
 * @spool: blocks that are free where things are staged
 * @limit: bytes that may be staged (size=), or IMAPI_ROOM_NO_LIMIT
 * @staged_bytes: bytes that are; counts only where there is a limit
 * @medium_is_file: it grows in some file system, which needs blocks for itself
 * @one_disk: ... and that is the one where things are staged
 */
struct imapi_room {
	u64 medium;
	u64 spool;
	u64 limit;
	u64 staged_bytes;
	bool medium_is_file;
	bool one_disk;
};

/**
 * imapi_room - the answer to struct imapi_tree_ops' room
 * @r: see there
 * @taken: blocks that the next session takes already
 *
 * Return: blocks that may be accepted besides.
 */
u64 imapi_room(const struct imapi_room *r, u64 taken);

/* What programs are told they may still write, in blocks: @r->limit holds as well */
u64 imapi_room_free(const struct imapi_room *r, u64 taken);

#endif
