// SPDX-License-Identifier: GPL-2.0-only
/* One file at a time: is it in anybody's way, and into its place. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "io.h"
#include "log.h"
#include "restore.h"
#include "text.h"

/* What is being copied; one that a killed restore left is written over */
#define PART_NAME	".imapifs-restore"
#define COMPARE_BYTES	(64u << 10)

bool restore_path_ok(const char *path)
{
	size_t len;

	if (!*path || strlen(path) >= PATH_MAX)
		return false;
	for (;; path += len + 1) {
		len = strcspn(path, "/");
		if (!len || len > NAME_MAX || (len == 1 && path[0] == '.') ||
		    (len == 2 && path[0] == '.' && path[1] == '.'))
			return false;
		if (!path[len])
			return true;
	}
}

static int enter(int dir, const char *name, bool make)
{
	int fd;

	if (make && mkdirat(dir, name, 0777) && errno != EEXIST)
		return -errno;
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	return errno == ELOOP ? -ENOTDIR : -errno;
}

int restore_open_parent(int dir, const char *path, bool make, const char **name)
{
	char part[NAME_MAX + 1];
	const char *slash;
	int fd, next;

	fd = fcntl(dir, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	while ((slash = strchr(path, '/'))) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		next = enter(fd, part, make);
		close(fd);
		if (next < 0)
			return next;
		fd = next;
		path = slash + 1;
	}
	*name = path;
	return fd;
}

int restore_is_newer(int dir, const char *name, time_t since)
{
	struct dirent *d;
	struct stat st;
	int fd, ret = 0;
	DIR *list;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : -errno;
	/* A folder's own time says no more than that something in it was renamed */
	if (!S_ISDIR(st.st_mode))
		return st.st_mtime > since;
	fd = enter(dir, name, false);
	if (fd < 0)
		return fd;
	list = fdopendir(fd);
	if (!list) {
		close(fd);
		return -ENOMEM;
	}
	while (!ret && (d = readdir(list)))
		if (strcmp(d->d_name, ".") && strcmp(d->d_name, ".."))
			ret = restore_is_newer(dirfd(list), d->d_name, since);
	closedir(list);
	return ret;
}

/* Names first, then what they stand for: readdir() over a folder that changes may miss some */
static int remove_below(int dir, const char *name)
{
	int fd = enter(dir, name, false);
	struct dirent **list;
	int i, nr, err = 0;

	if (fd < 0)
		return fd;
	nr = scandirat(fd, ".", &list, NULL, NULL);
	if (nr < 0)
		err = -errno;
	for (i = 0; i < nr; i++) {
		if (!err && strcmp(list[i]->d_name, ".") && strcmp(list[i]->d_name, ".."))
			err = restore_remove(fd, list[i]->d_name);
		free(list[i]);
	}
	if (nr >= 0)
		free(list);
	close(fd);
	return err;
}

int restore_remove(int dir, const char *name)
{
	struct stat st;
	int err;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISDIR(st.st_mode))
		return unlinkat(dir, name, 0) ? -errno : 0;
	err = remove_below(dir, name);
	if (err)
		return err;
	return unlinkat(dir, name, AT_REMOVEDIR) ? -errno : 0;
}

/* --- what is there --- */

static int open_file(int dir, const char *name, struct stat *st)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	err = fstat(fd, st) ? -errno : S_ISREG(st->st_mode) ? 0 : -EINVAL;
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* 1: the same @size bytes, 0: others, or -errno */
static int same_bytes(int a, int b, uint64_t size)
{
	char *buf = malloc(2 * COMPARE_BYTES);
	size_t part;
	uint64_t at;
	int ret = 1;

	if (!buf)
		return -ENOMEM;
	for (at = 0; at < size && ret == 1; at += part) {
		part = size - at < COMPARE_BYTES ? (size_t)(size - at) : COMPARE_BYTES;
		ret = io_read(a, buf, part, at);
		if (!ret)
			ret = io_read(b, buf + COMPARE_BYTES, part, at);
		if (!ret)
			ret = !memcmp(buf, buf + COMPARE_BYTES, part);
	}
	free(buf);
	return ret;
}

/* Has the file at @name the bytes of @in already? 1, 0 or -errno; @st is set on 1 */
static int is_there(int in, const struct stat *want, int to, const char *name,
		    struct stat *st)
{
	int ret = 0, fd = open_file(to, name, st);

	if (fd < 0)
		return 0;
	if (st->st_size == want->st_size)
		ret = same_bytes(in, fd, (uint64_t)want->st_size);
	close(fd);
	return ret;
}

static void conflict(struct restore *r, const char *path, const char *what)
{
	char *plain = strdup(path);

	r->conflicts++;
	if (plain)
		text_printable(plain);
	log_line("%s: %s", plain ? plain : "a file", what);
	free(plain);
}

static int check_strictly(struct restore *r, int from, const char *from_name, int to,
			  const char *name, const char *path)
{
	struct stat want, st;
	int ret, in;

	in = open_file(from, from_name, &want);
	/* A folder, which equals no file */
	if (in < 0 && in != -EINVAL)
		return in;
	ret = in < 0 ? 0 : is_there(in, &want, to, name, &st);
	if (in >= 0)
		close(in);
	if (!ret)
		conflict(r, path, "is there already, and differs");
	return ret < 0 ? ret : 0;
}

int restore_file_check(struct restore *r, int from, const char *from_name, int to,
		       const char *name, const char *path, time_t since)
{
	struct stat st;
	int newer;

	if (r->force)
		return 0;
	if (fstatat(to, name, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : -errno;
	if (r->strict)
		return check_strictly(r, from, from_name, to, name, path);
	newer = restore_is_newer(to, name, since);
	if (newer > 0)
		conflict(r, path, "was changed after it was rescued");
	return newer < 0 ? newer : 0;
}

/* --- into its place --- */

static int write_part(int in, const struct stat *want, int to)
{
	const struct timespec times[2] = { want->st_mtim, want->st_mtim };
	int out, err;

	unlinkat(to, PART_NAME, 0);
	out = openat(to, PART_NAME, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (out < 0)
		return -errno;
	err = io_copy(in, 0, out, 0, (uint64_t)want->st_size);
	if (!err && futimens(out, times))
		err = -errno;
	if (close(out) && !err)
		err = -errno;
	return err;
}

static int put(int in, const struct stat *want, int to, const char *name)
{
	int err = write_part(in, want, to);

	if (!err && renameat(to, PART_NAME, to, name))
		err = -errno;
	if (err == -EISDIR || err == -ENOTEMPTY || err == -EEXIST) {
		err = restore_remove(to, name);
		if (!err && renameat(to, PART_NAME, to, name))
			err = -errno;
	}
	if (err)
		unlinkat(to, PART_NAME, 0);
	return err;
}

int restore_file_copy(struct restore *r, int from, const char *from_name, int to,
		      const char *name)
{
	struct stat want, st;
	int in, err;

	in = open_file(from, from_name, &want);
	if (in < 0)
		return in;
	err = is_there(in, &want, to, name, &st);
	/* A disc has whole seconds */
	if (!err || (err == 1 && st.st_mtime != want.st_mtime))
		err = put(in, &want, to, name);
	close(in);
	if (err < 0)
		return err;
	r->files++;
	r->bytes += (uint64_t)want.st_size;
	return 0;
}
