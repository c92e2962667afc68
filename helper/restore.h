/* SPDX-License-Identifier: GPL-2.0-only */
/* Bringing back what a rescue folder, or the spool of a killed mount, has. */
#ifndef IMAPI_RESTORE_H
#define IMAPI_RESTORE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

/**
 * struct restore - one restore
 * @dir: fd of the folder that gets it all
 * @strict: no session keeps what is replaced there: nothing is that differs
 * @force: whatever is in the way is replaced
 * @saved: when the rescue was made; what changed since is in the way
 * @conflicts: things that are in the way, each was named in a line
 * @left: things that can't be brought back, each was named in a line
 * @files: how many were brought back, or were there already
 * @bytes: of these
 * @deleted: names that were deleted
 */
struct restore {
	int dir;
	bool strict, force;
	time_t saved;
	uint64_t conflicts, left;
	uint64_t files, bytes, deleted;
};

/* --- restore_file.c --- */

/* Can @path be a name below a disc's root? Not one that leads out of it */
bool restore_path_ok(const char *path);

/*
 * The folder that @path, which is such a name, has its last part in: an fd, with
 * @name set to that part; -ENOENT, -ENOTDIR or -errno. No link is followed. @make:
 * folders on the way that are missing are made
 */
int restore_open_parent(int dir, const char *path, bool make, const char **name);

/*
 * Counts a conflict if the file @from_name would replace what it must not. @path
 * is for people; @since: what is there and newer was changed by somebody. 0 or -errno
 */
int restore_file_check(struct restore *r, int from, const char *from_name, int to,
		       const char *name, const char *path, time_t since);

/* Copies a file, with its time, over what is there; as a whole or not at all */
int restore_file_copy(struct restore *r, int from, const char *from_name, int to,
		      const char *name);

/* Was anything at @name, or below it, changed after @since? 1, 0 or -errno */
int restore_is_newer(int dir, const char *name, time_t since);

/* Removes @name with all that is below; follows no link. 0 or -errno */
int restore_remove(int dir, const char *name);

/* --- restore_tree.c: the "files" of a rescue folder --- */

int restore_tree_check(struct restore *r, int files);
int restore_tree_copy(struct restore *r, int files);

/* --- restore_deleted.c: its "deleted" --- */

struct restore_deleted {
	char **path;
	size_t nr;
};

/**
 * restore_deleted_read - the names that a disc is to lose
 * @folder: the rescue folder
 * @files: its "files"; what has a name there is never to be deleted
 * @d: set to the names; restore_deleted_free() it
 *
 * Return: 0; -ENOENT: there is no list, so the rescue was cut short; -EUCLEAN: no
 * such list is written here; or -errno.
 */
int restore_deleted_read(int folder, int files, struct restore_deleted *d);
void restore_deleted_free(struct restore_deleted *d);

/* Counts as conflicts what was changed since the rescue; 0 or -errno */
int restore_deleted_check(struct restore *r, const struct restore_deleted *d);
int restore_deleted_apply(struct restore *r, const struct restore_deleted *d);

/* --- restore_spool.c: the folder of a killed mount --- */

int restore_spool_check(struct restore *r, int folder);
int restore_spool_copy(struct restore *r, int folder);

/* --- rescue_list.c, rescue_restore.c: what the command does --- */

struct rescue_list_call {
	const char **spool;	/* folders to look into besides the default */
	unsigned int nr;
	bool json;
};

/* Both return an exit code */
int rescue_list(const struct rescue_list_call *call);
int rescue_restore(const char *folder, const char *dir, bool keep, bool force);

#endif
