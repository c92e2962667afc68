/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel lets one allocation of a task fail, of the slab or of pages: the nth
 * one from now on (/proc/PID/fail-nth). Who calls it for n = 1, 2, ... until nothing
 * is left to fail has seen each of them fail.
 */
#ifndef FAIL_NTH_H
#define FAIL_NTH_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FAIL_NTH	"/proc/thread-self/fail-nth"

/* For each thread one of its own: it stays with the task that opened it */
static __thread int fail_fd = -1;
static __thread unsigned int fail_next;		/* 0: nothing is to fail */
static __thread int fail_hit;			/* something did */

static inline int fail_set(unsigned int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", n);

	if (fail_fd < 0)
		fail_fd = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	return fail_fd < 0 || pwrite(fail_fd, text, (size_t)len, 0) != len ? -errno : 0;
}

/* What is left to come: 0 if it came */
static inline unsigned int fail_left(void)
{
	char text[16] = "";

	if (pread(fail_fd, text, sizeof(text) - 1, 0) <= 0)
		return 1;
	return (unsigned int)strtoul(text, NULL, 10);
}

/* The call, in which number fail_next fails: what it returned, or -errno */
#define FAIL_IN(call) ({							\
	unsigned int n_ = fail_next;						\
	long ret_;								\
										\
	if (n_ && fail_set(n_))							\
		abort();							\
	ret_ = (long)(call);							\
	if (ret_ == -1)								\
		ret_ = -errno;							\
	if (n_) {								\
		fail_hit |= !fail_left();					\
		fail_set(0);							\
	}									\
	ret_; })

#endif
