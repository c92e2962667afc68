/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The composer: a merged tree in, a session as a stream of sectors out.
 *
 * Planning walks the whole tree once, and keeps what a directory needs (places,
 * sizes, its name), not what a file needs. Emitting walks it again, in the
 * order of the stream, so a session of a million files is composed in the
 * memory of its directories. A session may be emitted as often as wanted and
 * is the same each time: verifying is emitting into a comparison.
 */
#ifndef IMAPI_COMPOSE_H
#define IMAPI_COMPOSE_H

#include "tree.h"

struct compose;

/**
 * struct compose_params - what the tree doesn't say
 * @start: the session's first lba
 * @least: blocks that the session has at least; what it takes no data for is zeros
 * @volid: volume identifier, UTF-8; the primary descriptor gets it in d-characters
 * @now: volume dates, seconds since 1970; no date of a file is written as later
 *	than this if @clamp (SOURCE_DATE_EPOCH)
 * @clamp: see @now
 * @boot: an El Torito boot record to be carried over, IMAPI_BLOCK bytes, or NULL
 * @prev_start: lba of the session before
 * @prev_desc: lba of that session's first descriptor, 0: there is no such session
 * @saved: its descriptor set, to be kept in this session's system area because
 *	block 16 will be written over and nothing else holds it; it takes the
 *	place of @prev_desc. NULL: it stands elsewhere
 * @saved_blocks: blocks of @saved, at most COMPOSE_SAVED_MAX
 * @bad_path: if planning or emitting ends in -EUCLEAN, the directory that is
 *	malformed, UTF-8 from the root with "/" in front, its end if it is longer;
 *	"" where it isn't known. NULL: not wanted
 * @bad_path_size: bytes of @bad_path
 */
struct compose_params {
	u32 start;
	u32 least;
	const char *volid;
	s64 now;
	bool clamp;
	const u8 *boot;
	u32 prev_start;
	u32 prev_desc;
	const u8 *saved;
	u32 saved_blocks;
	char *bad_path;
	size_t bad_path_size;
};

/* Blocks of the system area that @saved may take: all but the first and last */
#define COMPOSE_SAVED_MAX	14u

/**
 * compose_plan - lay a session out; all staged files get their place
 * @t: the tree, between imapi_tree_commit_begin() and _end()
 * @p: kept by value; what it points to must outlive the plan
 * @out: the plan
 *
 * Everything that can be refused is refused here.
 *
 * Return: 0; -ENOSPC: over 2^32 - 1 blocks, IMAPI_MAX_DIRS directories or
 * COMPOSE_SAVED_MAX blocks to be saved; -EUCLEAN: a directory of the base is
 * malformed; -EILSEQ: @volid is not UTF-8; -ENOMEM; what read returned.
 */
int compose_plan(struct imapi_tree *t, const struct compose_params *p,
		 struct compose **out);
void compose_free(struct compose *c);

/* The session's length in blocks, and how many of them come before file data */
u32 compose_blocks(const struct compose *c);
u32 compose_tree_blocks(const struct compose *c);

/**
 * struct compose_sink - where the stream goes
 * @blocks: the next @count blocks
 * @file: the next blocks are the content @staged (the face's handle) of @size
 *	bytes, padded with zeros to whole blocks
 * @ctx: first argument of both
 *
 * Both return 0 or -errno, which ends the stream.
 */
struct compose_sink {
	int (*blocks)(void *ctx, const void *buf, u32 count);
	int (*file)(void *ctx, void *staged, u64 size);
	void *ctx;
};

/*
 * The whole session from its first block, data last, just compose_blocks() long.
 * -EUCLEAN if the base isn't what it was when the session was planned.
 */
int compose_emit(struct compose *c, const struct compose_sink *sink);

/*
 * Its two parts: without file data, compose_tree_blocks() long; and that data alone, with
 * the zeros behind it
 */
int compose_emit_tree(struct compose *c, const struct compose_sink *sink);
int compose_emit_data(struct compose *c, const struct compose_sink *sink);

/**
 * compose_head - the descriptor set that goes to lba 16 of an overwritable medium
 * @c: the plan
 * @buf: room for COMPOSE_HEAD_MAX blocks
 *
 * As in the session, but that the volume space reaches from lba 0 to its end.
 *
 * Return: blocks.
 */
#define COMPOSE_HEAD_MAX	4
u32 compose_head(struct compose *c, u8 *buf);

/* The set as it is in the session, for media whose newest session is found by its start */
u32 compose_descriptors(struct compose *c, u8 *buf);

#endif
