// SPDX-License-Identifier: GPL-2.0-only
/* The list "deleted" of a rescue folder: read whole, looked through, and carried out. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "log.h"
#include "restore.h"
#include "text.h"

/* Is there anything at @path? 1, 0 or -errno */
static int has(int dir, const char *path)
{
	const char *name;
	struct stat st;
	int fd, ret;

	fd = restore_open_parent(dir, path, false, &name);
	if (fd == -ENOENT || fd == -ENOTDIR)
		return 0;
	if (fd < 0)
		return fd;
	ret = fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) ? -errno : 1;
	close(fd);
	return ret == -ENOENT ? 0 : ret;
}

static int add(struct restore_deleted *d, const char *path)
{
	char **grown;

	/* Doubled at each power of two */
	if (!(d->nr & (d->nr - 1))) {
		grown = realloc(d->path, (d->nr ? 2 * d->nr : 1) * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		d->path = grown;
	}
	d->path[d->nr] = strdup(path);
	if (!d->path[d->nr])
		return -ENOMEM;
	d->nr++;
	return 0;
}

static int add_line(struct restore_deleted *d, int files, char *line, size_t len)
{
	int ret;

	/* The last line of a list that was cut short may be half a name */
	if (!len || line[len - 1] != '\n' || strlen(line) != len)
		return -EUCLEAN;
	line[len - 1] = '\0';
	if (!restore_path_ok(line))
		return -EUCLEAN;
	ret = has(files, line);
	if (ret)
		return ret < 0 ? ret : 0;
	return add(d, line);
}

int restore_deleted_read(int folder, int files, struct restore_deleted *d)
{
	int fd = openat(folder, "deleted", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int err = 0;
	FILE *f;

	if (fd < 0)
		return -errno;
	f = fdopen(fd, "r");
	if (!f) {
		close(fd);
		return -ENOMEM;
	}
	while (!err && (len = getline(&line, &size, f)) >= 0)
		err = add_line(d, files, line, (size_t)len);
	if (!err && ferror(f))
		err = -EIO;
	free(line);
	fclose(f);
	return err;
}

void restore_deleted_free(struct restore_deleted *d)
{
	size_t i;

	for (i = 0; i < d->nr; i++)
		free(d->path[i]);
	free(d->path);
	d->path = NULL;
	d->nr = 0;
}

static int check_one(struct restore *r, char *path)
{
	const char *name;
	int fd, newer;

	fd = restore_open_parent(r->dir, path, false, &name);
	if (fd == -ENOENT || fd == -ENOTDIR)
		return 0;
	if (fd < 0)
		return fd;
	newer = restore_is_newer(fd, name, r->saved);
	close(fd);
	if (newer <= 0)
		return newer;
	r->conflicts++;
	text_printable(path);
	log_line("%s: is to be deleted, but was changed after the rescue", path);
	return 0;
}

int restore_deleted_check(struct restore *r, const struct restore_deleted *d)
{
	char *copy;
	size_t i;
	int err = 0;

	for (i = 0; i < d->nr && !err && !r->force; i++) {
		copy = strdup(d->path[i]);
		err = copy ? check_one(r, copy) : -ENOMEM;
		free(copy);
	}
	return err;
}

static int apply_one(struct restore *r, const char *path)
{
	const char *name;
	int fd, err;

	err = has(r->dir, path);
	if (err <= 0)
		return err;
	fd = restore_open_parent(r->dir, path, false, &name);
	if (fd < 0)
		return fd;
	err = restore_remove(fd, name);
	close(fd);
	if (!err)
		r->deleted++;
	return err;
}

int restore_deleted_apply(struct restore *r, const struct restore_deleted *d)
{
	size_t i;
	int err = 0;

	for (i = 0; i < d->nr && !err; i++)
		err = apply_one(r, d->path[i]);
	return err;
}
