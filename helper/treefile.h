/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A session's tree in a file: for media that can't be read while they are written,
 * as the trees of older sessions have to be to compose it.
 */
#ifndef IMAPI_TREEFILE_H
#define IMAPI_TREEFILE_H

#include "compose.h"

/**
 * treefile_make - compose all of a session that comes before file data
 * @plan: the session
 * @folder: where the file goes, NULL: in memory
 *
 * Return: a descriptor of compose_tree_blocks() blocks from offset 0 on; -ENOSPC: the
 * folder's disk is full; or what compose_emit_tree() returned.
 */
int treefile_make(struct compose *plan, const char *folder);

#endif
