// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
#include "io.h"
#include "treefile.h"

struct treefile {
	int fd;
	u64 pos;
};

static int open_named(const char *folder)
{
	char *path;
	int fd;

	if (asprintf(&path, "%s/tree-XXXXXX", folder) < 0)
		return -ENOMEM;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		fd = -errno;
	else
		unlink(path);
	free(path);
	return fd;
}

static int open_file(const char *folder)
{
	int fd;

	if (!folder) {
		fd = memfd_create("imapifs-tree", MFD_CLOEXEC);
		return fd < 0 ? -errno : fd;
	}
	fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
	/* Not every file system has files without a name */
	return errno == EOPNOTSUPP || errno == EISDIR ? open_named(folder) : -errno;
}

static int write_blocks(void *ctx, const void *buf, u32 count)
{
	struct treefile *t = ctx;
	size_t len = (size_t)count * IMAPI_BLOCK;
	int err = io_write(t->fd, buf, len, t->pos);

	t->pos += len;
	return err;
}

int treefile_make(struct compose *plan, const char *folder)
{
	struct treefile t = { .fd = open_file(folder) };
	const struct compose_sink sink = { .blocks = write_blocks, .ctx = &t };
	int err;

	if (t.fd < 0)
		return t.fd;
	err = compose_emit_tree(plan, &sink);
	if (!err)
		return t.fd;
	close(t.fd);
	return err;
}
