// SPDX-License-Identifier: GPL-2.0-only
/* Images: opening them, and the lock against another mount */
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "image.h"

static const char *const denied_mode = "the image file is read-only: chmod u+w it to append";
static const char *const denied_open = "the image can't be opened for writing";

/* A device that was set read-only can be opened for writing all the same */
static bool is_read_only_disk(const struct image *im)
{
	int ro = 0;

	return im->disk && !ioctl(im->fd, BLKROGET, &ro) && ro;
}

static int open_for_reading(struct image *im)
{
	im->fd = open(im->path, O_RDONLY | O_CLOEXEC);
	if (im->fd < 0)
		return -errno;
	if (!im->denied && (access(im->path, W_OK) || is_read_only_disk(im)))
		im->denied = denied_open;
	return 0;
}

static int open_for_writing(struct image *im)
{
	im->fd = open(im->path, O_RDWR | O_CLOEXEC);
	if (im->fd >= 0) {
		if (is_read_only_disk(im))
			im->denied = denied_open;
		return 0;
	}
	if (errno != EACCES && errno != EROFS && errno != EPERM)
		return -errno;
	im->denied = denied_open;
	return open_for_reading(im);
}

/* The file behind a loop device, or behind the one that a partition is of; or -1 */
static int open_backing(dev_t dev)
{
	unsigned int nr[2] = { major(dev), minor(dev) };
	char where[64], path[PATH_MAX];
	struct stat st;
	ssize_t len;
	int fd;

	snprintf(where, sizeof(where), "/sys/dev/block/%u:%u/loop/backing_file", nr[0], nr[1]);
	fd = open(where, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		snprintf(where, sizeof(where), "/sys/dev/block/%u:%u/../loop/backing_file",
			 nr[0], nr[1]);
		fd = open(where, O_RDONLY | O_CLOEXEC);
	}
	if (fd < 0)
		return -1;
	len = read(fd, path, sizeof(path) - 1);
	close(fd);
	if (len <= 0)
		return -1;
	path[len - (path[len - 1] == '\n')] = '\0';
	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return -1;
	return open(path, O_RDONLY | O_CLOEXEC);
}

static int lock(int fd, int how)
{
	if (!flock(fd, how | LOCK_NB))
		return 0;
	return errno == EWOULDBLOCK ? -EBUSY : -errno;
}

/*
 * Locks on open files: they go with the mount, however that ends. An image that
 * is mounted as a file must not be changed through a loop device, so the file
 * behind that is locked as well.
 */
static int lock_medium(struct image *im, dev_t rdev, unsigned int flags)
{
	int how = im->denied || flags & RECORDER_SHARE ? LOCK_SH : LOCK_EX;
	int err;

	err = lock(im->fd, how);
	if (err || !im->disk)
		return err;
	im->backing = open_backing(rdev);
	return im->backing < 0 ? 0 : lock(im->backing, how);
}

/* Looked at before it is opened: opening a tape or a terminal can do things */
int image_open(struct image *im, const char *path, unsigned int flags)
{
	struct stat st;
	int err;

	im->path = realpath(path, NULL);
	if (!im->path || stat(im->path, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return -EMEDIUMTYPE;
	im->disk = S_ISBLK(st.st_mode);
	/* Root could open it all the same, but somebody meant it to stay as it is */
	if (!im->disk && !(st.st_mode & 0222))
		im->denied = denied_mode;
	if (im->denied || flags & (RECORDER_READ | RECORDER_SHARE))
		err = open_for_reading(im);
	else
		err = open_for_writing(im);
	if (err || flags & RECORDER_READ)
		return err;
	if (flags & RECORDER_TAKE_OVER && !im->disk)
		return 0;
	return lock_medium(im, st.st_rdev, flags);
}
