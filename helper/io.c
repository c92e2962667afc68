// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>
#include "io.h"

/* What copy_file_range(2) takes at once on every machine */
#define COPY_STEP	(64u << 20)
#define COPY_BUFFER	(256u << 10)

int io_read(int fd, void *buf, size_t count, uint64_t pos)
{
	ssize_t n;

	while (count) {
		n = pread(fd, buf, count, (off_t)pos);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return -EIO;
		buf = (char *)buf + n;
		pos += (uint64_t)n;
		count -= (size_t)n;
	}
	return 0;
}

int io_write(int fd, const void *buf, size_t count, uint64_t pos)
{
	ssize_t n;

	while (count) {
		n = pwrite(fd, buf, count, (off_t)pos);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		buf = (const char *)buf + n;
		pos += (uint64_t)n;
		count -= (size_t)n;
	}
	return 0;
}

static int copy_buffered(int in, uint64_t from, int out, uint64_t to, uint64_t len)
{
	size_t part;
	int err = 0;
	char *buf;

	buf = malloc(COPY_BUFFER);
	if (!buf)
		return -ENOMEM;
	for (; len && !err; from += part, to += part, len -= part) {
		part = len < COPY_BUFFER ? (size_t)len : COPY_BUFFER;
		err = io_read(in, buf, part, from);
		if (!err)
			err = io_write(out, buf, part, to);
	}
	free(buf);
	return err;
}

static bool cant_in_kernel(int err)
{
	return err == EXDEV || err == EINVAL || err == ENOSYS || err == EOPNOTSUPP;
}

int io_copy(int in, uint64_t from, int out, uint64_t to, uint64_t len)
{
	off_t a = (off_t)from, b = (off_t)to;
	ssize_t n;

	while (len) {
		n = copy_file_range(in, &a, out, &b, len < COPY_STEP ? (size_t)len : COPY_STEP, 0);
		if (n < 0 && errno == EINTR)
			continue;
		/* Some file systems say 0 instead; at the end of @in reading does too */
		if (!n || (n < 0 && cant_in_kernel(errno)))
			return copy_buffered(in, (uint64_t)a, out, (uint64_t)b, len);
		if (n < 0)
			return -errno;
		len -= (uint64_t)n;
	}
	return 0;
}

int io_open_exclusive(const char *path)
{
	/* A drive is opened whatever is in it */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_EXCL | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}
