/* SPDX-License-Identifier: GPL-2.0-only */
/* Is a session sound? Both of its trees, their path tables, and all its data. */
#ifndef IMAPI_CHECK_H
#define IMAPI_CHECK_H

#include "core.h"

/**
 * struct check - one look at one session
 * @src: the image
 * @session: the session
 * @recorded: up to which data has to be readable: sessions with gaps between them that
 *	aren't, @session last; NULL: all from block 0 on
 * @problem: called with one line for each thing that is wrong
 * @progress: bytes of data read so far, and how many there are; may be NULL
 * @ctx: first argument of both
 * @problems: how many lines
 * @dirs: directories, the root counted, in the Joliet tree or else the primary one
 * @files: files in it
 * @bytes: bytes in them
 */
struct check {
	const struct imapi_source *src;
	const struct imapi_session *session;
	const struct imapi_sessions *recorded;
	void (*problem)(void *ctx, const char *line);
	void (*progress)(void *ctx, u64 done, u64 total);
	void *ctx;
	u64 problems;
	u64 dirs, files, bytes;
};

/**
 * check_session - find all that is wrong with a session
 * @c: everything above @problems is filled in
 *
 * Work and memory are bounded whatever the image says: a directory is read
 * once, and no more of them than path tables can number.
 *
 * Return: 0, also if there are problems; -ENOMEM.
 */
int check_session(struct check *c);

/* --- between check.c and check_paths.c --- */

struct check_dir {
	u32 lba;		/* of its data */
	u32 size;
	u32 parent;		/* index; the root's is itself */
	char *name;		/* UTF-8 */
	bool listed;		/* it is in the path table */
};

#define CHECK_SLOTS	(2u * (IMAPI_MAX_DIRS + 1u))

/* One tree of the session. Directories are in @dirs in the order of the walk */
struct check_tree {
	struct check *c;
	const char *label;
	bool ucs;
	const struct imapi_hierarchy *where;
	struct check_dir *dirs;
	u32 nr, room;
	u32 *slots;		/* CHECK_SLOTS, by lba: index + 1 of a directory, 0: free */
	bool too_many;
	bool broken;		/* the walk didn't get to everything */
	u64 files, data_files, bytes;
	u64 places;		/* sum of a hash of each file's extents */
};

#define CHECK_PATH	1024

void check_problem(struct check *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * The order of names (ECMA-119 9.3) in two readings: as imapi_name_cmp() has it,
 * and by code units alone, as xorriso and genisoimage sort Joliet names.
 */
#define CHECK_BY_NAME	(1u << 0)
#define CHECK_BY_UNIT	(1u << 1)
#define CHECK_ANY_ORDER	(CHECK_BY_NAME | CHECK_BY_UNIT)

/* Those of @orders in which @a stands before @b */
u32 check_orders(u32 orders, const u8 *a, u32 a_len, const u8 *b, u32 b_len);

/* The directory whose data is at @lba, IMAPI_MAX_DIRS or above if there is none */
u32 check_find_dir(const struct check_tree *t, u32 lba);

/* @name (NULL: none) in the directory @dir as "/a/b", fit to print; @out: CHECK_PATH bytes */
const char *check_path(const struct check_tree *t, u32 dir, const char *name, char *out);

/* The path tables of a tree that was walked; 0 or -ENOMEM */
int check_path_tables(struct check_tree *t);

#endif
