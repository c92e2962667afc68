// SPDX-License-Identifier: GPL-2.0-only
/* Folders of mounts that were killed: their lock is free, what they staged is there */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "spool.h"

/* A stream over a folder whose fd stays the caller's */
static DIR *list_folder(int dirfd)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir;

	if (fd < 0)
		return NULL;
	dir = fdopendir(fd);
	if (!dir)
		close(fd);
	return dir;
}

static bool is_dot(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

/*
 * What a folder holds. A staged file's name is known to its mount alone, so one
 * without a byte in it is nothing; what no spool makes counts, so that it stays.
 */
static int count_bytes(int dirfd, uint64_t *bytes)
{
	DIR *dir = list_folder(dirfd);
	struct dirent *d;
	struct stat st;

	if (!dir)
		return -errno;
	*bytes = 0;
	while ((d = readdir(dir))) {
		if (is_dot(d->d_name) || !strcmp(d->d_name, SPOOL_LOCK))
			continue;
		if (fstatat(dirfd, d->d_name, &st, AT_SYMLINK_NOFOLLOW))
			continue;
		*bytes += S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 1;
	}
	closedir(dir);
	return 0;
}

/* The lock last, as in spool_close() */
static void remove_folder(int basefd, const char *name, int dirfd)
{
	DIR *dir = list_folder(dirfd);
	struct dirent *d;

	while (dir && (d = readdir(dir)))
		if (!is_dot(d->d_name) && strcmp(d->d_name, SPOOL_LOCK))
			unlinkat(dirfd, d->d_name, 0);
	if (dir)
		closedir(dir);
	unlinkat(dirfd, SPOOL_LOCK, 0);
	unlinkat(basefd, name, AT_REMOVEDIR);
}

/* Bytes staged in @name if it is a dead mount's; 0: it is not, or was empty and is gone */
static uint64_t look_into(int basefd, const char *name)
{
	uint64_t bytes = 0;
	struct stat st;
	int dirfd, lock = -1;

	dirfd = openat(basefd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dirfd < 0)
		return 0;
	/* The base may be a folder for all: another user's are not our concern */
	if (fstat(dirfd, &st) || st.st_uid != geteuid())
		goto out;
	lock = openat(dirfd, SPOOL_LOCK, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (lock < 0 && errno != ENOENT)
		goto out;
	if (lock >= 0 && flock(lock, LOCK_EX | LOCK_NB))
		goto out;
	if (!count_bytes(dirfd, &bytes) && !bytes)
		remove_folder(basefd, name, dirfd);
out:
	if (lock >= 0)
		close(lock);
	close(dirfd);
	return bytes;
}

static int report(const char *base, const char *name, uint64_t bytes,
		  int (*fn)(void *ctx, const char *path, uint64_t bytes), void *ctx)
{
	char *path;
	int ret;

	if (asprintf(&path, "%s/%s", base, name) < 0)
		return -ENOMEM;
	ret = fn(ctx, path, bytes);
	free(path);
	return ret;
}

int spool_leftovers(const char *base,
		    int (*fn)(void *ctx, const char *path, uint64_t bytes), void *ctx)
{
	struct dirent *d;
	uint64_t bytes;
	int ret = 0;
	DIR *dir;

	dir = opendir(base);
	if (!dir)
		return -errno;
	while (!ret && (d = readdir(dir))) {
		if (strncmp(d->d_name, SPOOL_PREFIX, strlen(SPOOL_PREFIX)))
			continue;
		bytes = look_into(dirfd(dir), d->d_name);
		if (bytes)
			ret = report(base, d->d_name, bytes, fn, ctx);
	}
	closedir(dir);
	return ret;
}
