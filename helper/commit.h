/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A commit: compose what is staged, record it, read it back, make it the newest
 * session. Same for every face and every recorder.
 */
#ifndef IMAPI_COMMIT_H
#define IMAPI_COMMIT_H

#include "tree.h"
#include "progress.h"
#include "recorder.h"
#include "staged.h"

enum verify_mode {
	VERIFY_FULL,	/* every block of the session */
	VERIFY_META,	/* descriptors, path tables and directories */
	VERIFY_NONE,
};

/**
 * struct commit_prepared - the session that is to become the newest
 * @descriptors: hash of the newest descriptor set, as imapi_volume_read() will
 *	give it
 * @start: the session's first lba
 * @blocks: its length
 * @nwa: where the session after it will start, lba; with @closes_first only the
 *	drive will know, and this is the session's end
 * @closes_first: nothing of it was written yet; see struct recorder
 */
struct commit_prepared {
	u64 descriptors;
	u32 start;
	u32 blocks;
	u32 nwa;
	bool closes_first;
};

/**
 * struct commit_job - one commit
 * @tree: what is to be burned
 * @staged: how to get at its staged content
 * @rec: where to
 * @volid: new volume identifier, NULL: as the last session's, "DISC" on a blank
 * @verify: what is read back before anything staged is dropped
 * @unchanged: burn a session also if nothing is staged: it is the one that closes
 *	the disc
 * @progress: kept up to date
 * @folder: where the tree of the session is kept while it is written, if it has to
 *	be; NULL: in memory
 * @prepare: called when all is recorded and read back but for the write that
 *	commits, or, where the recorder closes first, before the first write; the tree
 *	is still frozen. Anything but 0 ends the commit. NULL: nobody wants to know
 * @switch_begin: nobody uses the content of any file from here ...
 * @switch_end: ... to here
 * @ctx: first argument of these three
 * @message: one line on what happened, and on failure what to do
 */
struct commit_job {
	struct imapi_tree *tree;
	const struct staged_ops *staged;
	struct recorder *rec;
	const char *volid;
	enum verify_mode verify;
	bool unchanged;
	struct progress *progress;
	const char *folder;
	int (*prepare)(void *ctx, const struct commit_prepared *p);
	void (*switch_begin)(void *ctx);
	void (*switch_end)(void *ctx);
	void *ctx;
	char message[192];
};

/**
 * commit_run - burn what is staged as one session
 * @job: see there
 *
 * No change of the tree may run meanwhile. Dates follow SOURCE_DATE_EPOCH if it
 * is set. On failure everything stays staged and the older sessions stand; but a
 * medium that is written once may have a session more, or less room.
 *
 * Return: 0, also if nothing was staged; -EMEDIUMTYPE: another disc; -ENOSPC;
 * -EIO: verifying found a difference; -EINTR: cancelled; or -errno.
 */
int commit_run(struct commit_job *job);

#endif
