// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <linux/major.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "loop.h"

/* Others take free devices too */
#define LOOP_TRIES	64

/* The number of a device that is free now, if nobody comes by; or -errno */
static int find_free(void)
{
	int fd = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	int number;

	if (fd < 0)
		return -errno;
	number = ioctl(fd, LOOP_CTL_GET_FREE);
	if (number < 0)
		number = -errno;
	close(fd);
	return number;
}

static int configure(int dev, int file, const char *path)
{
	struct loop_config config = {
		.fd = (__u32)file,
		.info.lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR,
	};

	/* For people who look at losetup's list; it may be cut */
	snprintf((char *)config.info.lo_file_name, sizeof(config.info.lo_file_name),
		 "%s", path);
	return ioctl(dev, LOOP_CONFIGURE, &config) ? -errno : 0;
}

static int try_free_device(int file, const char *path, char *name, size_t size)
{
	int number = find_free();
	int dev, err;

	if (number < 0)
		return number;
	snprintf(name, size, "/dev/loop%d", number);
	dev = open(name, O_RDONLY | O_CLOEXEC);
	if (dev < 0)
		return -errno;
	err = configure(dev, file, path);
	if (!err)
		return dev;
	close(dev);
	return err;
}

/*
 * The file is opened once more: the device may keep it open for a moment longer
 * than the mount lasts, and must not keep the recorder's lock on it.
 */
int loop_setup(const char *path, char *name, size_t size)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	int dev, tries = LOOP_TRIES;

	if (file < 0)
		return -errno;
	do
		dev = try_free_device(file, path, name, size);
	while (dev == -EBUSY && --tries);
	close(file);
	return dev;
}

int loop_resize(int fd)
{
	return ioctl(fd, LOOP_SET_CAPACITY, 0) ? -errno : 0;
}

static int is_of(int dev, const char *path)
{
	struct loop_info64 info;
	struct stat st;

	if (ioctl(dev, LOOP_GET_STATUS64, &info) || stat(path, &st))
		return -errno;
	return info.lo_device == st.st_dev && info.lo_inode == st.st_ino ?
		0 : -EMEDIUMTYPE;
}

int loop_find(unsigned int major, unsigned int minor, const char *path)
{
	char name[32];
	struct stat st;
	int dev, err;

	if (major != LOOP_MAJOR)
		return -ENOTTY;
	snprintf(name, sizeof(name), "/dev/loop%u", minor);
	dev = open(name, O_RDONLY | O_CLOEXEC);
	if (dev < 0)
		return -errno;
	err = fstat(dev, &st) ? -errno : 0;
	if (!err && st.st_rdev != makedev(major, minor))
		err = -ENODEV;
	if (!err)
		err = is_of(dev, path);
	if (!err)
		return dev;
	close(dev);
	return err;
}
