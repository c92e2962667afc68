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
	/* Is the disc that was opened still there? 0, -EMEDIUMTYPE, -ENOMEDIUM */
	int (*check)(struct recorder *r);
	/* Blocks that a session starting at the next writable address may have */
	u64 (*room)(struct recorder *r);
	/* Write @count blocks, the stream's next; the first call is at the nwa */
	int (*write)(struct recorder *r, const void *buf, u32 count);
	/* The stream's next blocks from a file: @size bytes of @fd, padded to blocks */
	int (*copy)(struct recorder *r, int fd, u64 size);
	/* All that was written is on the medium when this returns 0 */
	int (*flush)(struct recorder *r);
	/* Nothing that is read from here on comes from a cache of what was written */
	int (*settle)(struct recorder *r);
	/* Make the session the newest: the one write that commits. @head: @count blocks */
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
	struct imapi_identity identity;
	struct progress *progress;
};

#define RECORDER_READ		(1u << 0)	/* reading only; no lock is taken */

/**
 * recorder_open_image - open an image file or a block device with an image on it
 * @path: the image
 * @flags: RECORDER_READ
 * @out: the recorder
 *
 * Without RECORDER_READ the image is locked against another mount; a file that
 * can't be opened for writing gives a recorder that is not @writable. With it
 * @writable tells whether a mount could append.
 *
 * A program that commits has to ignore SIGXFSZ, so that a file size limit is an
 * error and not its end.
 *
 * Return: 0; -EBUSY: somebody has it mounted; -EMEDIUMTYPE; -EUCLEAN; or -errno.
 */
int recorder_open_image(const char *path, unsigned int flags,
			struct recorder **out);

/* For splicing file data: the image's fd and a byte address on it */
int recorder_image_fd(const struct recorder *r);

#endif
