/* SPDX-License-Identifier: GPL-2.0-only */
/* The last resort: what can't be burned any more is kept as plain files. */
#ifndef IMAPI_RESCUE_H
#define IMAPI_RESCUE_H

#include "spool.h"
#include "tree.h"

/**
 * rescue_save - move everything staged to a new folder below the spool's base
 * @tree: with struct spool_file staged in it
 * @spool: where they are
 * @image: fd of the medium, for what is there under a name that is gone
 * @volid: the disc's label, for the folder's name; may be ""
 * @source: what was mounted, is noted in the folder
 * @path: set to the folder, if this got so far as to make it, otherwise NULL;
 *	free() it
 *
 * The folder has "files", a tree of what was added, changed or renamed; "deleted",
 * a line for each name of the disc that is gone; "missing", a line for each new
 * name in "files" whose bytes are on the disc and could not be copied from there
 * (no room, or it can't be read); and "source".
 *
 * Return: 0 or -errno; on failure what wasn't moved is still in the spool.
 */
int rescue_save(struct imapi_tree *tree, struct spool *spool, int image,
		const char *volid, const char *source, char **path);

#endif
