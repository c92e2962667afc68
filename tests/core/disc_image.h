/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For tests of the recorder and the commit: a folder with an image file and a
 * spool in it, a tree over the image, and commits of what is staged.
 */
#ifndef TEST_DISC_IMAGE_H
#define TEST_DISC_IMAGE_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "commit.h"
#include "spool.h"

struct disc {
	char dir[64], path[80];
	struct recorder *rec;
	struct spool *spool;
	struct imapi_tree_ops ops;
	struct imapi_tree *tree;
	struct progress progress;
	char message[192];
	enum verify_mode verify;
	int (*prepare)(struct disc *d, const struct commit_prepared *p);
	struct commit_prepared prepared;
	u32 switches;			/* switch_begin and switch_end so far */
	u32 lines;			/* problems that a check found */
	char line[256];			/* the last of them */
};

static inline void disc_drop(void *ctx, void *staged)
{
	(void)ctx;
	spool_drop(staged);
}

static inline u64 disc_room(void *ctx, u64 taken)
{
	struct disc *d = ctx;
	u64 room = d->rec->ops->room(d->rec);

	return taken < room ? room - taken : 0;
}

/* An empty folder with an empty image in it */
static inline int disc_init(struct disc *d)
{
	int fd;

	memset(d, 0, sizeof(*d));
	strcpy(d->dir, "/tmp/imapifs-test-XXXXXX");
	if (!mkdtemp(d->dir))
		return -errno;
	snprintf(d->path, sizeof(d->path), "%s/disc.iso", d->dir);
	d->ops.room = disc_room;
	d->ops.drop = disc_drop;
	d->ops.ctx = d;
	fd = open(d->path, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (fd < 0)
		return -errno;
	close(fd);
	return spool_open(d->dir, &d->spool);
}

/* The newest session of what @d->rec has open */
static inline int disc_show(struct disc *d)
{
	const struct imapi_sessions *s = &d->rec->sessions;

	d->ops.nwa = d->rec->nwa;
	return imapi_tree_new(&d->rec->source, s->nr ? &s->list[s->nr - 1].vol : NULL,
			      &d->ops, &d->tree);
}

static inline int disc_mount(struct disc *d)
{
	int err = recorder_open_image(d->path, 0, &d->rec);

	return err ? err : disc_show(d);
}

static inline void disc_umount(struct disc *d)
{
	imapi_tree_free(d->tree);
	d->rec->ops->close(d->rec);
	d->tree = NULL;
	d->rec = NULL;
}

static inline void disc_exit(struct disc *d)
{
	char command[100];

	if (d->rec)
		disc_umount(d);
	spool_close(d->spool);
	snprintf(command, sizeof(command), "rm -rf '%s'", d->dir);
	if (system(command))
		perror(command);
}

static inline u8 disc_byte(u32 seed, u64 at)
{
	return (u8)((seed * 2654435761u + (u32)at * 40503u) >> 13);
}

static inline int disc_fill(int fd, u32 seed, u64 size)
{
	u8 buf[4096];
	u64 at;
	u32 i, part;

	for (at = 0; at < size; at += part) {
		part = size - at < sizeof(buf) ? (u32)(size - at) : sizeof(buf);
		for (i = 0; i < part; i++)
			buf[i] = disc_byte(seed, at + i);
		if (pwrite(fd, buf, part, (off_t)at) != (ssize_t)part)
			return -EIO;
	}
	return 0;
}

/* A staged file in the root directory */
static inline int disc_stage(struct disc *d, const char *name, u32 seed, u64 size)
{
	struct imapi_node *n;
	struct spool_file *f;
	int err;

	err = imapi_create(d->tree, imapi_tree_root(d->tree), name, strlen(name),
			   IMAPI_FILE, 1000, &n);
	if (err)
		return err;
	err = spool_create(d->spool, &f);
	if (err)
		return err;
	err = disc_fill(spool_use(f), seed, size);
	spool_unuse(f);
	spool_unuse(f);
	if (!err)
		err = imapi_node_stage(d->tree, n, f, size, 1000);
	imapi_node_put(d->tree, n, 1);
	return err;
}

/* Is @name on the disc, with the bytes of @seed? 0 or -errno */
static inline int disc_compare(struct disc *d, const char *name, u32 seed, u64 size)
{
	struct imapi_content c;
	struct imapi_node *n;
	u8 block[IMAPI_BLOCK];
	u64 at, where;
	u32 i, run;
	int err;

	err = imapi_lookup(d->tree, imapi_tree_root(d->tree), name, strlen(name), &n);
	if (err)
		return err;
	err = imapi_node_content(d->tree, n, &c);
	if (!err && (c.staged || c.size != size))
		err = -EINVAL;
	for (at = 0; at < size && !err; at += IMAPI_BLOCK) {
		where = imapi_extent_map(&c.extents[0], (u32)at, &run);
		err = d->rec->source.read(d->rec->source.ctx, (u32)(where / IMAPI_BLOCK), 1,
					  block);
		for (i = 0; i < IMAPI_BLOCK && at + i < size && !err; i++)
			err = block[i] == disc_byte(seed, at + i) ? 0 : -EBADMSG;
	}
	imapi_node_put(d->tree, n, 1);
	return err;
}

static inline void disc_switch(void *ctx)
{
	struct disc *d = ctx;

	d->switches++;
}

static inline int disc_prepare(void *ctx, const struct commit_prepared *p)
{
	struct disc *d = ctx;

	return d->prepare(d, p);
}

static inline int disc_commit(struct disc *d)
{
	struct commit_job job = {
		.tree = d->tree,
		.staged = &spool_staged,
		.rec = d->rec,
		.verify = d->verify,
		.progress = &d->progress,
		.prepare = d->prepare ? disc_prepare : NULL,
		.switch_begin = disc_switch,
		.switch_end = disc_switch,
		.ctx = d,
	};
	int err = commit_run(&job);

	memcpy(d->message, job.message, sizeof(d->message));
	return err;
}

static inline void disc_problem(void *ctx, const char *line)
{
	struct disc *d = ctx;

	d->lines++;
	snprintf(d->line, sizeof(d->line), "%s", line);
}

/* Problems of session @number (from 1), or -errno */
static inline int disc_check(struct disc *d, u32 number)
{
	struct check c = {
		.src = &d->rec->source,
		.session = &d->rec->sessions.list[number - 1],
		.problem = disc_problem,
		.ctx = d,
	};
	int err;

	d->lines = 0;
	err = check_session(&c);
	return err ? err : (int)d->lines;
}

/* Bytes of the image, at a block */
static inline int disc_poke(const struct disc *d, u32 lba, u32 offset, const void *bytes,
			    size_t len)
{
	int fd = open(d->path, O_WRONLY);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = pwrite(fd, bytes, len, (off_t)lba * IMAPI_BLOCK + offset);
	close(fd);
	return n == (ssize_t)len ? 0 : -EIO;
}

static inline s64 disc_size(const struct disc *d)
{
	struct stat st;

	return stat(d->path, &st) ? -1 : (s64)st.st_size;
}

#endif
