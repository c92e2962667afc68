/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading, writing and copying whole ranges of files. */
#ifndef IMAPI_IO_H
#define IMAPI_IO_H

#include <stddef.h>
#include <stdint.h>

/* All of @count bytes at @pos; 0, -EIO if the file ends before, or -errno */
int io_read(int fd, void *buf, size_t count, uint64_t pos);

/* All of @count bytes at @pos; 0 or -errno */
int io_write(int fd, const void *buf, size_t count, uint64_t pos);

/**
 * io_copy - copy a range of one file to another
 * @in: where from
 * @from: byte offset in it
 * @out: where to
 * @to: byte offset there
 * @len: bytes
 *
 * In the kernel where the file systems can, which shares blocks if they can that;
 * through a buffer otherwise.
 *
 * Return: 0; -EIO if @in ends before; or -errno.
 */
int io_copy(int in, uint64_t from, int out, uint64_t to, uint64_t len);

/*
 * Has a block device for itself until the fd is closed, as mount(2) and programs that burn
 * have theirs: the fd, -EBUSY if somebody else has it so, or -errno
 */
int io_open_exclusive(const char *path);

#endif
