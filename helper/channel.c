// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "channel.h"

#define DEVICE		"/dev/imapifs"
#define MODPROBE	"/sbin/modprobe"
#define PATIENCE	300	/* tenths of a second */

static ssize_t device_read(int fd, void *buf, size_t size)
{
	ssize_t n = read(fd, buf, size);

	return n < 0 ? -errno : n;
}

static int device_write(int fd, const void *msg, size_t len)
{
	ssize_t n = write(fd, msg, len);

	if (n < 0)
		return -errno;
	return n == (ssize_t)len ? 0 : -EIO;
}

/* A rescue can't be tried again later, so a lack of memory is waited out */
static int device_open(int fd, uint64_t id, uint64_t ino)
{
	struct imapifs_open what = { .id = id, .ino = ino };
	int opened = ioctl(fd, IMAPIFS_DEV_OPEN, &what);
	int tries;

	for (tries = 0; opened < 0 && errno == ENOMEM && tries < PATIENCE; tries++) {
		usleep(100000);
		opened = ioctl(fd, IMAPIFS_DEV_OPEN, &what);
	}
	if (opened < 0)
		return -errno;
	fcntl(opened, F_SETFD, FD_CLOEXEC);
	return opened;
}

static int device_sync(int fd)
{
	return ioctl(fd, IMAPIFS_DEV_SYNC) ? -errno : 0;
}

const struct channel_ops channel_device = {
	.read = device_read,
	.write = device_write,
	.open = device_open,
	.sync = device_sync,
};

static bool is_absent(int err)
{
	return err == ENOENT || err == ENODEV || err == ENXIO;
}

/* Where the module isn't installed this fails, and nobody wants to read about it */
static void load_module(void)
{
	char *argv[] = { MODPROBE, "-q", "imapifs", NULL };
	char *env[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	posix_spawn_file_actions_t quiet;
	pid_t child;
	int status;

	if (posix_spawn_file_actions_init(&quiet))
		return;
	posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&quiet, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (!posix_spawn(&child, MODPROBE, &quiet, NULL, argv, env))
		while (waitpid(child, &status, 0) < 0 && errno == EINTR)
			;
	posix_spawn_file_actions_destroy(&quiet);
}

static int open_device(void)
{
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC);

	if (fd < 0 && is_absent(errno)) {
		load_module();
		fd = open(DEVICE, O_RDWR | O_CLOEXEC);
	}
	if (fd >= 0)
		return fd;
	return is_absent(errno) ? -ENODEV : -errno;
}

int channel_open(uint32_t nwa)
{
	struct imapifs_setup setup = { .version = IMAPIFS_VERSION, .nwa = nwa };
	int fd = open_device();
	int err;

	if (fd < 0 || !ioctl(fd, IMAPIFS_DEV_SETUP, &setup))
		return fd;
	/* Its messages would not be ours */
	err = errno == EINVAL || errno == ENOTTY ? -EPROTO : -errno;
	close(fd);
	return err;
}
