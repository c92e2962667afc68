/* SPDX-License-Identifier: GPL-2.0-only */
/* The last resort: what can't be burned any more is kept as plain files. */
#ifndef IMAPI_RESCUE_H
#define IMAPI_RESCUE_H

#include "recorder.h"
#include "staged.h"
#include "tree.h"

/**
 * struct rescue_job - what is to be kept
 * @tree: what was mounted, with what is staged in it
 * @staged: how to get at that
 * @base: the folder that spools are in
 * @rec: the medium, for what is there under a name that is gone
 * @volid: the disc's label, for the folder's name; may be ""
 * @source: what was mounted, is noted in the folder
 */
struct rescue_job {
	struct imapi_tree *tree;
	const struct staged_ops *staged;
	const char *base;
	const struct recorder *rec;
	const char *volid;
	const char *source;
};

/**
 * rescue_save - move everything staged to a new folder below the spool's base
 * @job: see there
 * @path: set to the folder, if this got so far as to make it, otherwise NULL;
 *	free() it
 *
 * The folder has "files", a tree of what was added, changed or renamed; "deleted",
 * a line for each name of the disc that is gone; "missing", a line for each new
 * name in "files" whose bytes are on the disc and could not be copied from there
 * (no room, or it can't be read); and "source".
 *
 * Return: 0 or -errno; on failure what wasn't moved is still staged.
 */
int rescue_save(const struct rescue_job *job, char **path);

#endif
