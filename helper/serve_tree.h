/* SPDX-License-Identifier: GPL-2.0-only */
/* The module's tree in this process: from its change log, with its staged files. */
#ifndef IMAPI_SERVE_TREE_H
#define IMAPI_SERVE_TREE_H

#include "channel.h"
#include "recorder.h"
#include "staged.h"
#include "tree.h"

/**
 * struct serve_tree - a change log on its way to a tree
 * @channel: how to talk to the module
 * @fd: first argument of all its operations
 * @id: the request that the log and the staged files belong to
 * @rec: the medium
 * @ops: the tree's
 * @files: all that is staged in it
 * @tree: the result
 */
struct serve_tree {
	const struct channel_ops *channel;
	int fd;
	u64 id;
	struct recorder *rec;
	struct imapi_tree_ops ops;
	struct serve_file *files;
	struct imapi_tree *tree;
};

/**
 * serve_tree_open - read the change log and make a tree of it
 * @t: set up; the rest is filled in
 * @bytes: of the log
 *
 * Return: 0; -EINVAL: malformed; -ENOMEM; or -errno.
 */
int serve_tree_open(struct serve_tree *t, u64 bytes);

/*
 * In a commit: @fn for each file that is staged and not empty, with its first block
 * in the new session. 0, what @fn returned, or -errno
 */
int serve_tree_burned(const struct serve_tree *t,
		      int (*fn)(void *ctx, u64 ino, u32 lba), void *ctx);

void serve_tree_close(struct serve_tree *t);

/* Staged content of such a tree; the second one: of a mount that is going */
extern const struct staged_ops serve_staged;
extern const struct staged_ops serve_staged_last;

#endif
