// SPDX-License-Identifier: GPL-2.0-only
/* Drives: finding out what is one, opening it, and keeping others off */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/cdrom.h>
#include <linux/fs.h>
#include <linux/major.h>
#include <scsi/sg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>
#include "drive_private.h"
#include "io.h"
#include "recorder.h"

#define SCSI_TYPE_CD	5

/*
 * udev takes the lock of a block device for the time that it probes it, in which a disc
 * may have to spin up: a burn waits for that, and who only looks doesn't wait for a burn
 */
#define LOCK_WAIT_MS	50
#define LOCK_TRIES	40
#define BURN_TRIES	400

/* Blocks that a host takes at once, where it doesn't say */
#define PIECE		32u

/* --- what is a drive? --- */

static bool is_sr(dev_t rdev)
{
	return major(rdev) == SCSI_CDROM_MAJOR;
}

static bool answers_as_drive(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	bool drive;

	if (fd < 0)
		return false;
	drive = ioctl(fd, CDROM_GET_CAPABILITY, 0) >= 0;
	close(fd);
	return drive;
}

static bool is_generic_drive(const char *path)
{
	struct sg_scsi_id id;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	bool drive;

	if (fd < 0)
		return false;
	drive = !ioctl(fd, SG_GET_SCSI_ID, &id) && id.scsi_type == SCSI_TYPE_CD;
	close(fd);
	return drive;
}

/* By the number where that says it: who may not open it wants to be told why */
bool drive_is_one(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return false;
	if (S_ISBLK(st.st_mode))
		return is_sr(st.st_rdev) || answers_as_drive(path);
	return S_ISCHR(st.st_mode) && major(st.st_rdev) == SCSI_GENERIC_MAJOR &&
	       is_generic_drive(path);
}

const char *drive_block_device(const char *source, char *path, size_t size)
{
	const struct dirent *e;
	char where[64];
	struct stat st;
	DIR *dir;

	if (stat(source, &st) || !S_ISCHR(st.st_mode))
		return source;
	snprintf(where, sizeof(where), "/sys/dev/char/%u:%u/device/block", major(st.st_rdev),
		 minor(st.st_rdev));
	dir = opendir(where);
	if (!dir)
		return source;
	while ((e = readdir(dir)) && e->d_name[0] == '.')
		;
	if (e && (size_t)snprintf(path, size, "/dev/%s", e->d_name) < size &&
	    !access(path, F_OK))
		source = path;
	closedir(dir);
	return source;
}

/* --- opening --- */

/*
 * Without waiting for a disc, and past the block layer's refusal to open one for
 * writing. Users need that for commands that write; root doesn't, and a kernel that
 * guards mounted devices would refuse it.
 */
static int open_node(struct drive *d, unsigned int flags)
{
	const int how = O_NONBLOCK | O_CLOEXEC;

	d->may_write = !access(d->path, W_OK);
	d->fd = -1;
	if (!flags && geteuid())
		d->fd = open(d->path, O_RDWR | how);
	if (d->fd >= 0)
		return 0;
	d->fd = open(d->path, O_RDONLY | how);
	if (d->fd < 0)
		return -errno;
	if (!flags && geteuid())
		d->may_write = false;
	return 0;
}

static u32 find_piece(const struct drive *d)
{
	unsigned short sectors = 0;
	u32 blocks;

	if (!d->block || ioctl(d->fd, BLKSECTGET, &sectors))
		return PIECE;
	blocks = sectors / (IMAPI_BLOCK / 512);
	if (!blocks)
		return PIECE;
	return blocks < DRIVE_WINDOW ? blocks : DRIVE_WINDOW;
}

/* --- locks --- */

static void pause_ms(long ms)
{
	const struct timespec t = { .tv_nsec = ms * 1000000L };

	nanosleep(&t, NULL);
}

static int lock(int fd, int how, int tries)
{
	for (; tries; tries--) {
		if (!flock(fd, how | LOCK_NB))
			return 0;
		if (errno != EWOULDBLOCK)
			return -errno;
		pause_ms(LOCK_WAIT_MS);
	}
	return -EBUSY;
}

/*
 * The drive's other device, opened for reading: the SCSI generic one of its block device,
 * or the other way round; -1: there is none. @path: where its name goes
 */
static int open_other(const struct drive *d, char path[PATH_MAX])
{
	const char *prefix = d->block ? "sg" : "sr";
	const struct dirent *e;
	struct stat st;
	int fd = -1;
	DIR *dir;

	if (fstat(d->fd, &st))
		return -1;
	snprintf(path, PATH_MAX, "/sys/dev/%s/%u:%u/device/%s", d->block ? "block" : "char",
		 major(st.st_rdev), minor(st.st_rdev), d->block ? "scsi_generic" : "block");
	dir = opendir(path);
	if (!dir)
		return -1;
	while (fd < 0 && (e = readdir(dir))) {
		if (strncmp(e->d_name, prefix, strlen(prefix)))
			continue;
		snprintf(path, PATH_MAX, "/dev/%s", e->d_name);
		fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	}
	closedir(dir);
	return fd;
}

static void find_media(struct drive *d)
{
	char path[PATH_MAX];

	d->media = d->block ? d->fd : open_other(d, path);
}

/*
 * A lock of the block device would hold up udev, and with it whoever waits to hear
 * of a session that was burned, for as long as the mount lives.
 */
static int lock_mount(struct drive *d, unsigned int flags)
{
	char path[PATH_MAX];

	if (d->block)
		d->lock = open_other(d, path);
	if (d->lock >= 0) {
		d->generic = strdup(path);
		if (!d->generic)
			return -ENOMEM;
	}
	return lock(d->lock >= 0 ? d->lock : d->fd,
		    flags & RECORDER_SHARE ? LOCK_SH : LOCK_EX, LOCK_TRIES);
}

int drive_burn_begin(struct drive *d)
{
	return d->lock >= 0 ? lock(d->fd, LOCK_EX, BURN_TRIES) : 0;
}

void drive_burn_end(struct drive *d)
{
	if (d->lock >= 0)
		flock(d->fd, LOCK_UN);
}

/* Does somebody burn? Only a look: nothing is kept locked */
static int check_idle(struct drive *d)
{
	int err = lock(d->fd, LOCK_SH, LOCK_TRIES);

	if (!err)
		flock(d->fd, LOCK_UN);
	return err;
}

static int lock_as_told(struct drive *d, unsigned int flags)
{
	if (flags & RECORDER_READ)
		return d->block ? check_idle(d) : 0;
	return lock_mount(d, flags & ~RECORDER_TAKE_OVER);
}

int drive_claim(struct drive *d)
{
	if (d->claim >= 0 || !d->block)
		return 0;
	d->claim = io_open_exclusive(d->path);
	return d->claim < 0 ? d->claim : 0;
}

/* --- from open to close --- */

int drive_open(const char *path, unsigned int flags, struct drive **out)
{
	struct drive *d = calloc(1, sizeof(*d));
	struct stat st;
	int err;

	if (!d)
		return -ENOMEM;
	d->fd = -1;
	d->lock = -1;
	d->claim = -1;
	d->media = -1;
	d->path = realpath(path, NULL);
	err = d->path && !stat(d->path, &st) ? drive_init(d) : -errno;
	if (!err) {
		d->block = S_ISBLK(st.st_mode);
		err = open_node(d, flags & ~RECORDER_TAKE_OVER);
	}
	if (!err)
		err = lock_as_told(d, flags);
	if (err) {
		drive_close(d);
		return err;
	}
	find_media(d);
	d->piece = find_piece(d);
	d->ahead = DRIVE_AHEAD_FIRST;
	*out = d;
	return 0;
}

void drive_close(struct drive *d)
{
	if (d->tray_held) {
		d->mmc.left = IMAPI_MOUNT_COMMANDS;
		imapi_mmc_tray(&d->mmc, IMAPI_UNLOCK);
	}
	drive_exit(d);
	if (d->claim >= 0)
		close(d->claim);
	if (d->lock >= 0)
		close(d->lock);
	if (d->media >= 0 && d->media != d->fd)
		close(d->media);
	if (d->fd >= 0)
		close(d->fd);
	free(d->generic);
	free(d->path);
	free(d);
}

bool drive_may_write(const struct drive *d)
{
	return d->may_write;
}

bool drive_is_mounted(const struct drive *d)
{
	return d->block && d->claim < 0;
}

const char *drive_burner_path(const struct drive *d)
{
	return drive_is_mounted(d) && d->generic ? d->generic : d->path;
}

void drive_ask_kernel(struct drive *d)
{
	char path[32];
	int fd;

	if (d->media < 0 || drive_is_mounted(d))
		return;
	/* It asks when the device is opened, by whomever */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", d->media);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0)
		close(fd);
}

/* A drive that was unplugged leaves its descriptor dead, and another may have its name */
int drive_check_place(const struct drive *d)
{
	struct stat open_st, path_st;

	if (fstat(d->fd, &open_st) || stat(d->path, &path_st))
		return -ENODEV;
	return open_st.st_rdev == path_st.st_rdev ? 0 : -ENODEV;
}
