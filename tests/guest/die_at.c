// SPDX-License-Identifier: GPL-2.0-only
/*
 * For killed.t, preloaded into the real helper: it is killed just before a call by
 * which it goes on to the next phase. $DIE_AT names that; nothing happens until the
 * file $DIE_WHEN is there.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define DESCRIPTORS	(16 * 2048)	/* the write that makes a session the newest */

static void point(const char *name)
{
	const char *at = getenv("DIE_AT"), *when = getenv("DIE_WHEN");

	if (at && when && !strcmp(at, name) && !access(when, F_OK))
		kill(getpid(), SIGKILL);
}

/* The first one asks the module for the change log */
int ioctl(int fd, unsigned long request, ...)
{
	int (*next)(int, unsigned long, void *) = dlsym(RTLD_NEXT, "ioctl");
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	point("plan");
	return next(fd, request, arg);
}

ssize_t pwrite64(int fd, const void *buf, size_t count, off64_t pos)
{
	ssize_t (*next)(int, const void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pwrite64");

	point(pos == DESCRIPTORS ? "close" : "record");
	return next(fd, buf, count, pos);
}

int fdatasync(int fd)
{
	int (*next)(int) = dlsym(RTLD_NEXT, "fdatasync");

	point("flush");
	return next(fd);
}

int posix_fadvise64(int fd, off64_t pos, off64_t len, int advice)
{
	int (*next)(int, off64_t, off64_t, int) = dlsym(RTLD_NEXT, "posix_fadvise64");

	point("verify");
	return next(fd, pos, len, advice);
}

/* Descriptors alone are flushed by it */
int fsync(int fd)
{
	int (*next)(int) = dlsym(RTLD_NEXT, "fsync");

	point("closed");
	return next(fd);
}
