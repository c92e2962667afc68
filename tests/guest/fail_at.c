// SPDX-License-Identifier: GPL-2.0-only
/*
 * For failslab.t, preloaded into the real helper: one of its calls on the channel
 * loses an allocation. $FAIL_FILE says which, "CALL N", once; if there was one, it is
 * emptied, otherwise it goes.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <linux/imapifs.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include "fail_nth.h"

/* Is it this call's turn? Sets fail_next, then */
static void turn(const char *call)
{
	const char *path = getenv("FAIL_FILE");
	FILE *file = path ? fopen(path, "r") : NULL;
	char wanted[16];
	unsigned int n;

	fail_next = 0;
	fail_hit = 0;
	if (!file)
		return;
	if (fscanf(file, "%15s %u", wanted, &n) == 2 && !strcmp(wanted, call))
		fail_next = n;
	fclose(file);
}

static void turn_over(void)
{
	const char *path = getenv("FAIL_FILE");

	if (!fail_next)
		return;
	fail_next = 0;
	if (!fail_hit || truncate(path, 0))
		unlink(path);
}

static const char *message_name(const void *buf, size_t count)
{
	const struct imapifs_header *h = buf;

	if (count < sizeof(*h) || h->len != count)
		return "";
	switch (h->op) {
	case IMAPIFS_OP_PROGRESS:
		return "progress";
	case IMAPIFS_OP_BURNED:
		return "burned";
	case IMAPIFS_OP_PREPARED:
		return "prepared";
	case IMAPIFS_OP_DONE:
		return "done";
	default:
		return "";
	}
}

int ioctl(int fd, unsigned long request, ...)
{
	int (*next)(int, unsigned long, void *) = dlsym(RTLD_NEXT, "ioctl");
	va_list ap;
	void *arg;
	long ret;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (request != IMAPIFS_DEV_OPEN)
		return next(fd, request, arg);
	turn("open");
	ret = FAIL_IN(next(fd, request, arg));
	turn_over();
	if (ret >= 0)
		return (int)ret;
	errno = (int)-ret;
	return -1;
}

ssize_t write(int fd, const void *buf, size_t count)
{
	ssize_t (*next)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
	const char *name = message_name(buf, count);
	ssize_t ret;

	if (!*name)
		return next(fd, buf, count);
	turn(name);
	ret = FAIL_IN(next(fd, buf, count));
	turn_over();
	if (ret >= 0)
		return ret;
	errno = (int)-ret;
	return -1;
}
