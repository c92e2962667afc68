/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For channel_test.c and channel_end_test.c: a mount of the module whose helper is
 * the test itself. Every wait has an end, so that a hang is a failure.
 */
#ifndef CHANNEL_FIXTURE_H
#define CHANNEL_FIXTURE_H

#include <errno.h>
#include <fcntl.h>
#include <linux/imapifs.h>
#include <linux/loop.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "kselftest_harness.h"

#define WAIT_MS		25000	/* less than the harness gives a case */
#define NWA		32	/* of a blank disc */
#define TEXT		"what is staged"

struct disc {
	char image[256], dir[256], spool[256];
	int file;		/* the image */
	int loop;
	char device[32];
	int chan;
};

static inline int channel_set_up(uint32_t version, uint32_t nwa)
{
	struct imapifs_setup s = { .version = version, .nwa = nwa };
	int fd = open("/dev/imapifs", O_RDWR | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	if (!ioctl(fd, IMAPIFS_DEV_SETUP, &s))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static inline int channel_new(uint32_t nwa)
{
	return channel_set_up(IMAPIFS_VERSION, nwa);
}

/* Closes itself when the mount is gone; others take free devices too */
static inline int loop_over(struct disc *d)
{
	struct loop_config config = {
		.fd = (uint32_t)d->file,
		.info.lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR,
	};
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	int tries, number;

	for (tries = 0; control >= 0 && tries < 50; tries++) {
		number = ioctl(control, LOOP_CTL_GET_FREE);
		snprintf(d->device, sizeof(d->device), "/dev/loop%d", number);
		d->loop = open(d->device, O_RDONLY | O_CLOEXEC);
		if (d->loop >= 0 && !ioctl(d->loop, LOOP_CONFIGURE, &config))
			break;
		if (d->loop >= 0)
			close(d->loop);
		d->loop = -1;
	}
	if (control >= 0)
		close(control);
	return d->loop < 0 ? -EBUSY : 0;
}

/* A blank image in the working folder, and a device over it; 0 or -errno */
static inline int disc_new(struct disc *d, const char *name)
{
	char cwd[128];

	if (!getcwd(cwd, sizeof(cwd)))
		return -errno;
	snprintf(d->image, sizeof(d->image), "%s/%s-%d.iso", cwd, name, (int)getpid());
	snprintf(d->dir, sizeof(d->dir), "%s/%s-%d", cwd, name, (int)getpid());
	snprintf(d->spool, sizeof(d->spool), "%s/%s-%d.spool", cwd, name, (int)getpid());
	d->chan = -1;
	d->loop = -1;
	d->file = open(d->image, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0644);
	if (d->file < 0 || mkdir(d->dir, 0755) || mkdir(d->spool, 0700))
		return -errno;
	return loop_over(d);
}

/* By mount(2), with this descriptor as the channel; 0 or -errno */
static inline int disc_mount(const struct disc *d, int chan)
{
	char data[512];

	snprintf(data, sizeof(data), "fd=%d,backing=%d,spool=%s", chan, d->file, d->spool);
	return mount(d->device, d->dir, "imapifs", 0, data) ? -errno : 0;
}

static inline void disc_free(struct disc *d)
{
	if (d->chan >= 0)
		close(d->chan);
	umount2(d->dir, 0);
	if (d->loop >= 0)
		close(d->loop);
	if (d->file >= 0)
		close(d->file);
	unlink(d->image);
}

static inline const char *at(const struct disc *d, const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", d->dir, name);
	return path;
}

static inline int put(const struct disc *d, const char *name, const char *text)
{
	int fd = open(at(d, name), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));

	return fd < 0 || close(fd) || n != (ssize_t)strlen(text) ? -1 : 0;
}

static inline int holds(const struct disc *d, const char *name, const char *text)
{
	char buf[64] = "";
	int fd = open(at(d, name), O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);

	if (fd >= 0)
		close(fd);
	return n == (ssize_t)strlen(text) && !strcmp(buf, text);
}

static inline uint64_t ino_of(const struct disc *d, const char *name)
{
	struct stat st;

	return stat(at(d, name), &st) ? 0 : st.st_ino;
}

/* --- others who ask something of the mount --- */

static inline int root_ioctl(const struct disc *d, unsigned long cmd, void *arg)
{
	int fd = open(d->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = fd < 0 || ioctl(fd, cmd, arg) ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return err;
}

static inline int disc_sync(const struct disc *d)
{
	int fd = open(d->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = fd < 0 || fsync(fd) ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return err;
}

static inline int disc_umount(const struct disc *d)
{
	return umount2(d->dir, 0) ? -errno : 0;
}

/* A process of its own, as @what waits for who serves. It has no part in the channel */
static inline pid_t in_child(const struct disc *d, int (*what)(const struct disc *))
{
	pid_t pid = fork();

	if (pid)
		return pid;
	close(d->chan);
	_exit(-what(d));
}

static inline void short_sleep(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
}

/* Its errno, -1: it was killed, -2: it goes on and on */
static inline int child_end(pid_t pid)
{
	int status, n;

	for (n = 0; n < WAIT_MS / 10; n++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
		short_sleep();
	}
	return -2;
}

static inline int still_waits(pid_t pid)
{
	return !waitpid(pid, NULL, WNOHANG);
}

/* --- the helper's side --- */

static inline int readable(int chan)
{
	struct pollfd p = { .fd = chan, .events = POLLIN };

	return poll(&p, 1, WAIT_MS) == 1 && p.revents & POLLIN;
}

/* Bytes of the next message, 0: the mount is gone, or -errno */
static inline ssize_t next_message(int chan, struct imapifs_request *msg)
{
	char buf[IMAPIFS_MSG_MAX];
	ssize_t n;

	if (!readable(chan))
		return -ETIME;
	n = read(chan, buf, sizeof(buf));
	if (n < 0)
		return -errno;
	memset(msg, 0, sizeof(*msg));
	memcpy(msg, buf, (size_t)n < sizeof(*msg) ? (size_t)n : sizeof(*msg));
	return n;
}

/* As one message: 0 or -errno */
static inline int say(int chan, const void *msg, size_t len)
{
	ssize_t n = write(chan, msg, len);

	return n < 0 ? -errno : n == (ssize_t)len ? 0 : -EIO;
}

#define SAY(chan, request, code, msg) ({					\
	(msg)->h = (struct imapifs_header){ .len = sizeof(*(msg)), .op = code,	\
					    .id = request };			\
	say(chan, msg, sizeof(*(msg))); })

static inline int say_done(int chan, uint64_t id, int err)
{
	struct imapifs_done d = { .error = err, .message = "the test says so" };

	return SAY(chan, id, IMAPIFS_OP_DONE, &d);
}

struct burned_one {
	struct imapifs_header h;
	struct imapifs_burned_file file;
};

static inline int say_burned(int chan, uint64_t id, uint64_t ino, uint32_t lba)
{
	struct burned_one b = { .file = { .ino = ino, .lba = lba } };

	return SAY(chan, id, IMAPIFS_OP_BURNED, &b);
}

static inline int say_prepared(int chan, uint64_t id, uint64_t descriptors)
{
	struct imapifs_prepared p = {
		.descriptors = descriptors, .start = NWA, .blocks = 100, .nwa = 160,
	};

	return SAY(chan, id, IMAPIFS_OP_PREPARED, &p);
}

static inline int open_staged(int chan, uint64_t id, uint64_t ino)
{
	struct imapifs_open o = { .id = id, .ino = ino };
	int fd = ioctl(chan, IMAPIFS_DEV_OPEN, &o);

	return fd < 0 ? -errno : fd;
}

/* --- the real helper --- */

static inline int real_helper(const struct disc *d)
{
	char line[512];

	snprintf(line, sizeof(line), "timeout 60 \"$IMAPIFS_BUILD/imapifs\" attach '%s'", d->dir);
	return system(line);
}

static inline int enter_folder(void)
{
	const char *dir = getenv("IMAPIFS_DIR");

	return dir ? chdir(dir) : -1;
}

/* --- a mount with one staged file and nothing asked yet --- */

FIXTURE(served)
{
	struct disc d;
};

FIXTURE_SETUP(served)
{
	ASSERT_EQ(0, enter_folder());
	ASSERT_EQ(0, disc_new(&self->d, "served"));
	self->d.chan = channel_new(NWA);
	ASSERT_LE(0, self->d.chan);
	ASSERT_EQ(0, disc_mount(&self->d, self->d.chan));
	ASSERT_EQ(0, put(&self->d, "a", TEXT));
}

FIXTURE_TEARDOWN(served)
{
	disc_free(&self->d);
}

/* All is still staged; with a helper that works it is burned, in one session */
#define EXPECT_GOES_ON(d) do {							\
	struct imapifs_status now = { 0 };					\
										\
	EXPECT_TRUE(holds(d, "a", TEXT));					\
	EXPECT_EQ(0, root_ioctl(d, IMAPIFS_IOC_STATUS, &now));			\
	EXPECT_EQ(1, now.staged_files);						\
	EXPECT_EQ(0, now.commits);						\
	close((d)->chan);							\
	(d)->chan = -1;								\
	EXPECT_EQ(0, real_helper(d));						\
	EXPECT_EQ(0, disc_sync(d));						\
	EXPECT_EQ(0, root_ioctl(d, IMAPIFS_IOC_STATUS, &now));			\
	EXPECT_EQ(0, now.staged_files);						\
	EXPECT_EQ(1, now.commits);						\
	EXPECT_TRUE(holds(d, "a", TEXT));					\
} while (0)

/* --- a commit that is under way --- */

FIXTURE(commit)
{
	struct disc d;
	struct imapifs_request req;
	pid_t sync;
	uint64_t ino;
};

FIXTURE_SETUP(commit)
{
	ASSERT_EQ(0, enter_folder());
	ASSERT_EQ(0, disc_new(&self->d, "commit"));
	self->d.chan = channel_new(NWA);
	ASSERT_LE(0, self->d.chan);
	ASSERT_EQ(0, disc_mount(&self->d, self->d.chan));
	ASSERT_EQ(0, put(&self->d, "a", TEXT));
	self->ino = ino_of(&self->d, "a");
	self->sync = in_child(&self->d, disc_sync);
	ASSERT_EQ((ssize_t)sizeof(self->req), next_message(self->d.chan, &self->req));
	ASSERT_EQ(IMAPIFS_OP_COMMIT, self->req.h.op);
}

FIXTURE_TEARDOWN(commit)
{
	disc_free(&self->d);
}

/* The request of before is still under way; ends it, and the next one works */
#define EXPECT_UNHARMED() do {							\
	EXPECT_TRUE(still_waits(self->sync));					\
	EXPECT_EQ(0, say_done(self->d.chan, self->req.h.id, -EIO));		\
	EXPECT_EQ(EIO, child_end(self->sync));					\
	EXPECT_GOES_ON(&self->d);						\
} while (0)

#endif
