// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "io.h"
#include "serve_tree.h"

/* A staged file of the module: it has an fd here only while somebody uses it */
struct serve_file {
	struct serve_file *next;
	const struct serve_tree *t;
	u64 ino;
	u64 size;
};

/* --- staged content --- */

static int use(void *staged)
{
	const struct serve_file *f = staged;

	return f->t->channel->open(f->t->fd, f->t->id, f->ino);
}

static void unuse(void *staged, int fd)
{
	(void)staged;
	close(fd);
}

static int copy_to(int in, u64 size, int dirfd, const char *name)
{
	int out = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int err;

	if (out < 0)
		return -errno;
	err = io_copy(in, 0, out, 0, size);
	if (close(out) && !err)
		err = -errno;
	if (err)
		unlinkat(dirfd, name, 0);
	return err;
}

static int copy(void *staged, uint64_t size, int dirfd, const char *name)
{
	int fd = use(staged);
	int err;

	if (fd < 0)
		return fd;
	err = copy_to(fd, size, dirfd, name);
	close(fd);
	return err;
}

/*
 * The module's spool files have no name, so giving them one is all there is to do,
 * if the folder is on the same file system.
 */
static int link_to(int fd, u64 size, int dirfd, const char *name)
{
	char path[32];
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) || (u64)st.st_size != size)
		return -EINVAL;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!linkat(fd, "", dirfd, name, AT_EMPTY_PATH) ||
	    !linkat(AT_FDCWD, path, dirfd, name, AT_SYMLINK_FOLLOW))
		return 0;
	return -errno;
}

static int move(void *staged, uint64_t size, int dirfd, const char *name)
{
	int fd = use(staged);
	int err;

	if (fd < 0)
		return fd;
	err = link_to(fd, size, dirfd, name);
	if (err && err != -EEXIST)
		err = copy_to(fd, size, dirfd, name);
	close(fd);
	return err;
}

const struct staged_ops serve_staged = {
	.use = use,
	.unuse = unuse,
	.move = copy,
};

const struct staged_ops serve_staged_last = {
	.use = use,
	.unuse = unuse,
	.move = move,
};

/* --- the tree --- */

static void *new_file(void *ctx, u64 ino, u64 size)
{
	struct serve_file *f = malloc(sizeof(*f));
	struct serve_tree *t = ctx;

	if (!f)
		return NULL;
	f->t = t;
	f->ino = ino;
	f->size = size;
	f->next = t->files;
	t->files = f;
	return f;
}

static void drop_file(void *ctx, void *staged)
{
	(void)ctx;
	free(staged);
}

/* Nothing is added here: what is staged was let in by the module */
static u64 any_room(void *ctx, u64 taken)
{
	(void)ctx;
	(void)taken;
	return UINT32_MAX;
}

static int read_whole(int fd, void *buf, size_t size)
{
	size_t have = 0;
	ssize_t n;

	while (have < size) {
		n = read(fd, (char *)buf + have, size - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return -EINVAL;
		have += (size_t)n;
	}
	return 0;
}

static int read_log(const struct serve_tree *t, u64 bytes, void **log)
{
	int fd, err;

	if (bytes > SIZE_MAX / 2)
		return -ENOMEM;
	fd = t->channel->open(t->fd, t->id, 0);
	if (fd < 0)
		return fd;
	*log = malloc(bytes ? bytes : 1);
	err = *log ? read_whole(fd, *log, bytes) : -ENOMEM;
	close(fd);
	if (!err)
		return 0;
	free(*log);
	return err;
}

int serve_tree_open(struct serve_tree *t, u64 bytes)
{
	void *log;
	int err;

	err = read_log(t, bytes, &log);
	if (err)
		return err;
	t->ops.nwa = t->rec->nwa;
	t->ops.room = any_room;
	t->ops.drop = drop_file;
	err = imapi_tree_import(&t->rec->source, &t->ops, log, bytes, new_file, t, &t->tree);
	free(log);
	return err;
}

void serve_tree_close(struct serve_tree *t)
{
	imapi_tree_free(t->tree);
	t->tree = NULL;
	t->files = NULL;
}

/* Not by a walk of the tree: that makes paths, which have a longest length */
int serve_tree_burned(const struct serve_tree *t,
		      int (*fn)(void *ctx, u64 ino, u32 lba), void *ctx)
{
	const struct serve_file *f;
	struct imapi_node *n;
	int err = 0;
	u32 lba;

	for (f = t->files; f && !err; f = f->next) {
		if (!f->size)
			continue;
		n = imapi_node_by_ino(t->tree, f->ino);
		if (!n)
			return -EUCLEAN;
		err = imapi_node_burned_lba(t->tree, n, &lba);
		imapi_node_put(t->tree, n, 1);
		if (!err)
			err = fn(ctx, f->ino, lba);
	}
	return err;
}
