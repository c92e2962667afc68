// SPDX-License-Identifier: GPL-2.0-only
#include "io.h"
#include "readback.h"

#define WINDOW		512u	/* blocks read at once: 1 MiB */

/*
 * The stream is composed a second time and each piece compared with the next
 * blocks of the medium, which are read a window at a time however small the
 * pieces are.
 */
struct readback {
	struct imapi_source medium;
	const struct staged_ops *staged_ops;
	struct progress *progress;
	u32 lba;		/* the next block to be compared */
	u32 end;		/* behind the last one that will be */
	u32 first, have;	/* blocks in @window */
	bool differs;
	u8 *window;
	u8 *staged;		/* WINDOW blocks of a staged file */
};

static int fill_window(struct readback *rb)
{
	u32 count = rb->end - rb->lba < WINDOW ? rb->end - rb->lba : WINDOW;
	int err;

	err = rb->medium.read(rb->medium.ctx, rb->lba, count, rb->window);
	if (err)
		return err;
	rb->first = rb->lba;
	rb->have = count;
	return 0;
}

/* Of a disc that was taken out no block can be read, and that says nothing of any */
static bool is_gone(int err)
{
	return err == -ENOMEDIUM || err == -EMEDIUMTYPE;
}

/* @rb->lba stops at the block that differs */
static int compare(struct readback *rb, const u8 *want, u32 count)
{
	const u8 *got;
	int err;

	for (; count; count--, want += IMAPI_BLOCK) {
		err = rb->lba - rb->first < rb->have ? 0 : fill_window(rb);
		if (is_gone(err))
			return err;
		if (err)
			goto differs;
		got = rb->window + (size_t)(rb->lba - rb->first) * IMAPI_BLOCK;
		if (memcmp(want, got, IMAPI_BLOCK))
			goto differs;
		rb->lba++;
	}
	return 0;

differs:
	rb->differs = true;
	return -EIO;
}

static int compare_blocks(void *ctx, const void *buf, u32 count)
{
	struct readback *rb = ctx;
	int err;

	err = compare(rb, buf, count);
	return err ? err : progress_add(rb->progress, (u64)count * IMAPI_BLOCK);
}

static int compare_fd(struct readback *rb, int fd, u64 size)
{
	const u32 most = WINDOW * IMAPI_BLOCK;
	u32 part, blocks;
	u64 pos;
	int err;

	for (pos = 0; pos < size; pos += part) {
		part = size - pos < most ? (u32)(size - pos) : most;
		blocks = (part + IMAPI_BLOCK - 1) / IMAPI_BLOCK;
		err = io_read(fd, rb->staged, part, pos);
		if (err)
			return err;
		memset(rb->staged + part, 0, blocks * IMAPI_BLOCK - part);
		err = compare_blocks(rb, rb->staged, blocks);
		if (err)
			return err;
	}
	return 0;
}

static int compare_file(void *ctx, void *staged, u64 size)
{
	struct readback *rb = ctx;
	int fd, err;

	fd = rb->staged_ops->use(staged);
	if (fd < 0)
		return fd;
	err = compare_fd(rb, fd, size);
	rb->staged_ops->unuse(staged, fd);
	return err;
}

/* The tree comes from where it was kept, if it was: to compose it is to read the disc */
static int compare_session(struct readback *rb, const struct readback_what *what, bool full)
{
	const struct compose_sink sink = {
		.blocks = compare_blocks,
		.file = compare_file,
		.ctx = rb,
	};
	int err;

	if (what->tree < 0)
		return full ? compose_emit(what->plan, &sink) :
			      compose_emit_tree(what->plan, &sink);
	err = compare_fd(rb, what->tree, (u64)compose_tree_blocks(what->plan) * IMAPI_BLOCK);
	return err || !full ? err : compose_emit_data(what->plan, &sink);
}

int readback_session(const struct commit_job *job, const struct readback_what *what,
		     u32 *bad)
{
	struct readback rb = {
		.medium = job->rec->source,
		.staged_ops = job->staged,
		.progress = job->progress,
		.lba = what->start,
	};
	bool full = job->verify == VERIFY_FULL;
	u32 blocks = full ? compose_blocks(what->plan) : compose_tree_blocks(what->plan);
	int err = -ENOMEM;

	progress_phase(rb.progress, IMAPIFS_PHASE_VERIFY, (u64)blocks * IMAPI_BLOCK);
	rb.end = rb.lba + blocks;
	rb.window = malloc(WINDOW * IMAPI_BLOCK);
	rb.staged = malloc(WINDOW * IMAPI_BLOCK);
	if (rb.window && rb.staged)
		err = compare_session(&rb, what, full);
	*bad = rb.differs ? rb.lba : 0;
	free(rb.window);
	free(rb.staged);
	return err;
}
