/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recorders: how a session gets onto a medium. The commit (commit.c) knows only
 * this table; an image file's recorder is recorder_image.c, that of a disc in a
 * drive recorder_drive.c.
 */
#ifndef IMAPI_RECORDER_H
#define IMAPI_RECORDER_H

#include "core.h"
#include "progress.h"

struct imapi_track;
struct recorder;

struct recorder_ops {
	/* Is the disc that was opened still there, as it was? 0, -EMEDIUMTYPE, -ENOMEDIUM */
	int (*check)(struct recorder *r);
	/*
	 * After check(), before a session is planned: closes one that was never
	 * closed, so @nwa may move. NULL: there can't be one
	 */
	int (*repair)(struct recorder *r);
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
	/*
	 * All that was written is on the medium when this returns 0; with @closes_first
	 * the session is closed, and @sessions and @nwa are those with it
	 */
	int (*flush)(struct recorder *r);
	/* Nothing that is read from here on comes from a cache of what was written */
	int (*settle)(struct recorder *r);
	/*
	 * Make the session the newest: the one write that commits. @head: @count
	 * blocks. After a failure the one before is the newest again, and abort()
	 * follows; -EMEDIUMTYPE or -ENOMEDIUM: the disc went away. With @closes_first
	 * nothing is left to be written
	 */
	int (*finish)(struct recorder *r, const void *head, u32 count);
	/* The commit failed: undo what can be undone (an image's length) */
	void (*abort)(struct recorder *r);
	/*
	 * This process is all of the mount: nobody else may write on the disc or take
	 * it out. 0 or -EBUSY. NULL: open() has seen to that
	 */
	int (*claim)(struct recorder *r);
	/* Reads @sessions.list[@number - 1].vol, if that wasn't done. NULL: all are there */
	int (*load)(struct recorder *r, u32 number);
	/*
	 * Blocks of a closed session that will be asked for again and again: they are read
	 * now, and stay in memory. NULL: they are as near by themselves
	 */
	void (*keep)(struct recorder *r, u32 lba, u32 count);
	/*
	 * Tracks from number @from on, behind @disc.tracks those that are open: how many, 0
	 * behind the last, or -errno. NULL: there are none
	 */
	int (*tracks)(struct recorder *r, u32 from, struct imapi_track *list, u32 max);
	/* Behind a commit with @keep_off: others may use the drive. NULL: they were not kept off */
	void (*let_in)(struct recorder *r);
	void (*close)(struct recorder *r);
};

/**
 * struct recorder_disc - what is told of a disc, for people
 * @kind: of the medium, NULL: it is an image
 * @closed: for good: nothing can ever be appended to it
 * @reserve: blocks kept free for closing the next session
 * @more: sessions that still fit, U32_MAX: nothing bounds them
 * @tracks: in closed sessions
 */
struct recorder_disc {
	const char *kind;
	bool closed;
	u32 reserve;
	u32 more;
	u32 tracks;
};

/**
 * struct recorder - an open medium
 * @ops: its table
 * @source: reading it; @source.blocks moves with the commits
 * @fd: to splice and copy from as a file, -1: @source alone reads it
 * @sessions: the sessions on it, oldest first; all but the newest may still have to
 *	be loaded (recorder_load())
 * @nwa: where the next session starts, lba
 * @least: blocks that a session has at least, 0: as few as it takes
 * @head_separate: the newest descriptors are also written at lba 16 (overwritable)
 * @closes_first: a session is closed, and so the newest, before it can be read back
 * @feeds_alone: while a session is written nothing can be read
 * @blank: there is no session
 * @writable: a session can be appended
 * @stuck: ... but one that was never closed is in the way, and how much room there is
 *	will be known when repair() has closed it
 * @why: if not @writable, one line that says why
 * @trouble: what check() or finish() found wrong with the disc, and what to do; or NULL
 * @untouched: writing ended with -EMEDIUMTYPE before anything was written, because somebody
 *	told of a change; it may be the right disc all the same
 * @identity: of what is in there
 * @disc: of a disc in a drive, else all 0
 * @speed: kB/s to write with, 0: the drive's choice
 * @finalize: the next session is the last one, the disc is closed with it
 * @eject: the tray opens when the recorder is closed
 * @keep_off: who waits for the end of a burn waits for recorder_let_in()
 * @progress: set while a commit runs: every block that was written is added to
 *	it, and writing ends with -EINTR when it says so; NULL: nobody is interested
 */
struct recorder {
	const struct recorder_ops *ops;
	struct imapi_source source;
	int fd;
	struct imapi_sessions sessions;
	u32 nwa;
	u32 least;
	bool head_separate;
	bool closes_first;
	bool feeds_alone;
	bool blank;
	bool writable;
	bool stuck;
	const char *why;
	const char *trouble;
	bool untouched;
	struct imapi_identity identity;
	struct recorder_disc disc;
	u32 speed;
	bool finalize;
	bool eject;
	bool keep_off;
	struct progress *progress;
};

#define RECORDER_READ		(1u << 0)	/* a look at it; no lock is taken */
#define RECORDER_SHARE		(1u << 1)	/* a mount that only reads */
#define RECORDER_TAKE_OVER	(1u << 2)	/* a mount that is there, and holds a file's lock */

/**
 * recorder_open - open a disc in a drive, or an image
 * @path: the drive's block device or SCSI generic device, or the image
 * @flags: RECORDER_READ, RECORDER_SHARE or RECORDER_TAKE_OVER
 * @out: the recorder
 * @why: on failure one line that says why
 *
 * See recorder_open_image() and recorder_open_drive().
 */
int recorder_open(const char *path, unsigned int flags, struct recorder **out,
		  const char **why);

/* What @r's table has for it, or 0 where there is nothing to do */
int recorder_claim(struct recorder *r);
int recorder_load(struct recorder *r, u32 number);

/* The end of @r->keep_off */
void recorder_let_in(struct recorder *r);

/*
 * Has the image of session @vol a tree for UDF as well (ECMA-167 2/9)? Its readers won't see
 * what is appended
 */
bool recorder_has_udf(const struct recorder *r, const struct imapi_volume *vol);

/*
 * Is there a disc to be closed for good? Not if it is blank, if it can be written over,
 * or if it is closed
 */
bool recorder_is_open(const struct recorder *r);

/* @len bytes from byte @at of the medium on: into @buf, or into @fd from @pos on; 0 or -errno */
int recorder_read(const struct recorder *r, u64 at, void *buf, u32 len);
int recorder_copy_to(const struct recorder *r, u64 at, int fd, u64 pos, u64 len);

/*
 * A disc can't be read while it is written, and this thread's reads wait then: they end
 * with -EINTR when @gone says that nobody wants them any more. NULL: they wait
 */
void recorder_patience(bool (*gone)(void *ctx), void *ctx);
bool recorder_is_gone(void);

/**
 * recorder_open_drive - open the disc in a drive
 * @path: the drive, as drive_is_one() tells
 * @flags: as recorder_open_image()
 * @out: the recorder
 * @why: on failure one line that says why
 *
 * Locked as an image is; that keeps off those who know this lock, and claim() every
 * other program. What can't be appended to gives a recorder that is not @writable.
 *
 * Return: 0; -ENOMEDIUM; -EMEDIUMTYPE: audio, or nothing that is ISO 9660; -EBUSY: it
 * is mounted, or being written to; -EACCES; -EUCLEAN; -EIO; or -errno.
 */
int recorder_open_drive(const char *path, unsigned int flags, struct recorder **out,
			const char **why);

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

#endif
