// SPDX-License-Identifier: GPL-2.0-only
/* The tree "files" of a rescue folder: looked through, and then copied. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "log.h"
#include "restore.h"
#include "text.h"

/**
 * struct walk - where a walk is
 * @r: the restore
 * @copy: it copies; otherwise it only looks
 * @len: of @path
 * @path: from the tree's root, for messages
 */
struct walk {
	struct restore *r;
	bool copy;
	size_t len;
	char path[PATH_MAX];
};

static int walk_folder(struct walk *w, int from, int to);

static void tell(const struct walk *w, const char *what)
{
	char plain[PATH_MAX];

	memcpy(plain, w->path, w->len + 1);
	text_printable(plain);
	log_line("%s: %s", plain, what);
}

static int open_below(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int look_at_folder(struct walk *w, int from, int to, const char *name)
{
	int sub, err;

	sub = open_below(to, name);
	if (sub == -ENOENT)
		return 0;
	/* Something else has the name */
	if (sub == -ENOTDIR || sub == -ELOOP)
		return restore_file_check(w->r, from, ".", to, name, w->path, w->r->saved);
	if (sub < 0)
		return sub;
	err = walk_folder(w, from, sub);
	close(sub);
	return err;
}

static int copy_folder(struct walk *w, int from, int to, const char *name)
{
	int sub, err;

	sub = open_below(to, name);
	if (sub == -ENOTDIR || sub == -ELOOP) {
		err = restore_remove(to, name);
		if (err)
			return err;
		sub = -ENOENT;
	}
	if (sub == -ENOENT) {
		if (mkdirat(to, name, 0777))
			return -errno;
		sub = open_below(to, name);
	}
	if (sub < 0)
		return sub;
	err = walk_folder(w, from, sub);
	close(sub);
	return err;
}

static int do_folder(struct walk *w, int from, int to, const char *name)
{
	int sub = open_below(from, name);
	int err;

	if (sub < 0)
		return sub;
	err = w->copy ? copy_folder(w, sub, to, name) : look_at_folder(w, sub, to, name);
	close(sub);
	return err;
}

static int do_file(struct walk *w, int from, int to, const char *name)
{
	return w->copy ? restore_file_copy(w->r, from, name, to, name) :
		restore_file_check(w->r, from, name, to, name, w->path, w->r->saved);
}

/* No rescue makes anything else than files and folders */
static int leave(struct walk *w)
{
	if (w->copy)
		return 0;
	tell(w, "neither a file nor a folder: it is not restored");
	w->r->left++;
	return 0;
}

static int do_entry(struct walk *w, int from, int to, const char *name)
{
	struct stat st;
	int err;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW))
		err = -errno;
	else if (S_ISDIR(st.st_mode))
		err = do_folder(w, from, to, name);
	else
		err = S_ISREG(st.st_mode) ? do_file(w, from, to, name) : leave(w);
	return err;
}

/* Its depth is bounded by the length of a path, and by the descriptors of a process */
static int walk_entry(struct walk *w, int from, int to, const char *name)
{
	size_t len = w->len, add = strlen(name);
	int err;

	if (len + add + 2 > sizeof(w->path))
		return -ENAMETOOLONG;
	if (len)
		w->path[w->len++] = '/';
	memcpy(w->path + w->len, name, add + 1);
	w->len += add;
	err = do_entry(w, from, to, name);
	/* Once, where it happened */
	if (err && err != -ECANCELED) {
		tell(w, strerror(-err));
		err = -ECANCELED;
	}
	w->len = len;
	w->path[len] = '\0';
	return err;
}

static int walk_folder(struct walk *w, int from, int to)
{
	int fd = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *d;
	int err = 0;

	if (!dir) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	while (!err) {
		errno = 0;
		d = readdir(dir);
		if (!d) {
			err = -errno;
			break;
		}
		if (strcmp(d->d_name, ".") && strcmp(d->d_name, ".."))
			err = walk_entry(w, from, to, d->d_name);
	}
	closedir(dir);
	return err;
}

int restore_tree_check(struct restore *r, int files)
{
	struct walk w = { .r = r };

	return walk_folder(&w, files, r->dir);
}

int restore_tree_copy(struct restore *r, int files)
{
	struct walk w = { .r = r, .copy = true };

	return walk_folder(&w, files, r->dir);
}
