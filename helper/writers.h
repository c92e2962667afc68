/* SPDX-License-Identifier: GPL-2.0-only */
/* Which programs have a device open for writing? */
#ifndef IMAPI_WRITERS_H
#define IMAPI_WRITERS_H

#include <stdbool.h>
#include <sys/types.h>

struct writer {
	pid_t pid;
	char name[32];
};

/**
 * writers_find - find another process that has a block device open for writing
 * @path: the device
 * @but: a process that may have it; the caller may, too
 * @w: filled in if there is one
 *
 * Processes of others are seen by root alone.
 *
 * Return: is there one?
 */
bool writers_find(const char *path, pid_t but, struct writer *w);

#endif
