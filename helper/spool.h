/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The spool: a folder on a real disk with one named file for each staged file.
 * A spool file has an fd only while somebody uses it, so 100,000 staged files
 * need no 100,000 descriptors. All functions may be called from any thread.
 */
#ifndef IMAPI_SPOOL_H
#define IMAPI_SPOOL_H

#include <stdint.h>
#include "staged.h"

struct spool;
struct spool_file;

/* A mount's own folder in the base is mount-*, and its lock a file in that */
#define SPOOL_PREFIX	"mount-"
#define SPOOL_LOCK	"lock"

/**
 * spool_open - a new, empty folder below @dir
 * @dir: spool= of the mount; NULL: spool_default(), made if missing
 * @out: the spool
 *
 * The folder is 0700 and is held by a lock, so that what a killed mount left
 * behind can be told from a living one's.
 *
 * Return: 0 or -errno.
 */
int spool_open(const char *dir, struct spool **out);

/*
 * Where spools are by default: /var/lib/imapifs for root, $XDG_STATE_HOME/imapifs
 * (~/.local/state/imapifs) for others. free() it; NULL: no memory, or no home
 */
char *spool_default(void);

/* The folder that spools are in, for spool= @dir or NULL, as above; free() it */
int spool_find_base(const char *dir, char **base);

/* Removes the folder and what is in it */
void spool_close(struct spool *s);

const char *spool_path(const struct spool *s);	/* the mount's own folder */
const char *spool_base(const struct spool *s);	/* the folder it is in; rescue/ goes there */
int spool_dirfd(const struct spool *s);

/* A new, empty file; it is in use (see spool_use) when this returns */
int spool_create(struct spool *s, struct spool_file **out);

/* The fd, opened if need be, good until the matching spool_unuse(); or -errno */
int spool_use(struct spool_file *f);
void spool_unuse(struct spool_file *f);

/*
 * Notes @path as what the file is for, in its extended attribute SPOOL_LABEL: if
 * the mount is killed, nobody else knows. A file system without them does without
 */
#define SPOOL_LABEL	"user.imapifs.path"
void spool_label(struct spool_file *f, const char *path);

/* The file is no longer wanted: its name goes now, the rest with its last user */
void spool_drop(struct spool_file *f);

/* Moves the file to @name in the folder @dirfd, by rename or by copying; 0 or -errno */
int spool_move(struct spool_file *f, int dirfd, const char *name);

/* The three above for a commit or a rescue; staged content is struct spool_file */
extern const struct staged_ops spool_staged;

/* Bytes that the file system of the spool still takes */
uint64_t spool_free(const struct spool *s);

/* Device number of the spool's file system: does it share space with the image? */
uint64_t spool_dev(const struct spool *s);

/**
 * spool_leftovers - what killed mounts of this user have left behind
 * @base: the folder that spools are in, as spool_base() gives it
 * @fn: called for each folder that nobody holds and that has staged bytes in it;
 *	a result that is not 0 ends the search
 * @ctx: first argument of @fn
 *
 * Folders in which nothing was staged are removed on the way.
 *
 * Return: 0, what @fn gave, or -errno.
 */
int spool_leftovers(const char *base,
		    int (*fn)(void *ctx, const char *path, uint64_t bytes), void *ctx);

#endif
