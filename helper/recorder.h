/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recorders: how a session gets onto a medium. The commit (commit.c) knows only
 * this table; an image file's recorder is recorder_image.c.
 */
#ifndef IMAPI_RECORDER_H
#define IMAPI_RECORDER_H

#include "core.h"
#include "progress.h"

struct recorder;

struct recorder_ops {
	/* Is the disc that was opened still there, as it was? 0, -EMEDIUMTYPE, -ENOMEDIUM */
	int (*check)(struct recorder *r);
	/* Blocks that a session starting at the next writable address may have */
	u64 (*room)(struct recorder *r);
	/*
	 * A session of @blocks follows, from the next writable address on. Room is
	 * taken for it here where the medium can, so that it doesn't run out half way
	 */
	int (*begin)(struct recorder *r, u32 blocks);
	/* Write @count blocks, the stream's next */
	int (*write)(struct recorder *r, const void *buf, u32 count);
	/* The stream's next blocks from a file: @size bytes of @fd, padded to blocks */
	int (*copy)(struct recorder *r, int fd, u64 size);
	/* All that was written is on the medium when this returns 0 */
	int (*flush)(struct recorder *r);
	/* Nothing that is read from here on comes from a cache of what was written */
	int (*settle)(struct recorder *r);
	/*
	 * Make the session the newest: the one write that commits. @head: @count
	 * blocks. After a failure the one before is the newest again, and abort()
	 * follows; -EMEDIUMTYPE or -ENOMEDIUM: the disc went away
	 */
	int (*finish)(struct recorder *r, const void *head, u32 count);
	/* The commit failed: undo what can be undone (an image's length) */
	void (*abort)(struct recorder *r);
	void (*close)(struct recorder *r);
};

/**
 * struct recorder - an open medium
 * @ops: its table
 * @source: reading it; @source.blocks moves with the commits
 * @sessions: the sessions on it, oldest first
 * @nwa: where the next session starts, lba
 * @head_separate: the newest descriptors are also written at lba 16 (overwritable)
 * @blank: there is no session
 * @writable: a session can be appended
 * @why: if not @writable, one line that says why
 * @trouble: what check() or finish() found wrong with the disc, and what to do; or NULL
 * @identity: of what is in there
 * @progress: set while a commit runs: every block that was written is added to
 *	it, and writing ends with -EINTR when it says so; NULL: nobody is interested
 */
struct recorder {
	const struct recorder_ops *ops;
	struct imapi_source source;
	struct imapi_sessions sessions;
	u32 nwa;
	bool head_separate;
	bool blank;
	bool writable;
	const char *why;
	const char *trouble;
	struct imapi_identity identity;
	struct progress *progress;
};

#define RECORDER_READ		(1u << 0)	/* a look at it; no lock is taken */
#define RECORDER_SHARE		(1u << 1)	/* a mount that only reads */
#define RECORDER_TAKE_OVER	(1u << 2)	/* a mount that is there, and holds a file's lock */

/**
 * recorder_open_image - open an image file or a block device with an image on it
 * @path: the image
 * @flags: RECORDER_READ or RECORDER_SHARE
 * @out: the recorder
 *
 * Without flags the image is locked against any other mount; a file that can't be
 * opened for writing, or that nobody has write permission for, gives a recorder
 * that is not @writable. With RECORDER_SHARE it is locked against a mount that
 * writes. With either flag @writable tells whether a mount could append. Behind a
 * loop device the file is locked as well.
 *
 * A program that commits has to ignore SIGXFSZ, so that a file size limit is an
 * error and not its end.
 *
 * Return: 0; -EBUSY: somebody has it mounted; -EMEDIUMTYPE; -ENODATA: zeros
 * that somebody wrote; -EUCLEAN; or -errno.
 */
int recorder_open_image(const char *path, unsigned int flags,
			struct recorder **out);

/* For splicing file data: the image's fd and a byte address on it */
int recorder_image_fd(const struct recorder *r);

#endif
