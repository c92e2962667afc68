// SPDX-License-Identifier: GPL-2.0-only
/*
 * The spool folder of a mount that was killed: numbered files, each with its path
 * in an extended attribute, where the file system could keep that.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "log.h"
#include "restore.h"
#include "spool.h"
#include "text.h"

struct staged {
	char *path;
	char *name;		/* in the spool folder */
};

struct list {
	struct staged *s;
	size_t nr;
};

/* The path that the file had; NULL: it says none that can be used */
static char *read_label(int folder, const char *name)
{
	char label[PATH_MAX];
	struct stat st;
	ssize_t len;
	int fd;

	fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	len = fstat(fd, &st) || !S_ISREG(st.st_mode) ? -1 :
		fgetxattr(fd, SPOOL_LABEL, label, sizeof(label) - 1);
	close(fd);
	if (len <= 0)
		return NULL;
	label[len] = '\0';
	if (strlen(label) != (size_t)len || !restore_path_ok(label))
		return NULL;
	return strdup(label);
}

/* A file without a name and a byte is nothing */
static void leave_nameless(struct restore *r, int folder, const char *name)
{
	struct stat st;

	if (!fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) && S_ISREG(st.st_mode) &&
	    !st.st_size)
		return;
	r->left++;
	log_line("%s: nothing says what its name was: it is not restored", name);
}

static int add(struct list *l, char *path, const char *name)
{
	struct staged *grown = realloc(l->s, (l->nr + 1) * sizeof(*grown));
	char *copy = strdup(name);

	if (grown)
		l->s = grown;
	if (!grown || !copy) {
		free(copy);
		free(path);
		return -ENOMEM;
	}
	l->s[l->nr++] = (struct staged){ .path = path, .name = copy };
	return 0;
}

static int by_path(const void *a, const void *b)
{
	const struct staged *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static void list_free(struct list *l)
{
	size_t i;

	for (i = 0; i < l->nr; i++) {
		free(l->s[i].path);
		free(l->s[i].name);
	}
	free(l->s);
}

static int read_list(struct restore *r, int folder, bool say, struct list *l)
{
	struct dirent **names;
	int i, nr, err = 0;
	char *path;

	nr = scandirat(folder, ".", &names, NULL, alphasort);
	if (nr < 0)
		return -errno;
	for (i = 0; i < nr; i++) {
		const char *name = names[i]->d_name;

		if (!err && strcmp(name, ".") && strcmp(name, "..") && strcmp(name, SPOOL_LOCK)) {
			path = read_label(folder, name);
			if (path)
				err = add(l, path, name);
			else if (say)
				leave_nameless(r, folder, name);
		}
		free(names[i]);
	}
	free(names);
	if (l->nr)
		qsort(l->s, l->nr, sizeof(l->s[0]), by_path);
	return err;
}

/* A folder that was renamed is not followed, so two files may say the same */
static bool is_doubtful(const struct list *l, size_t i)
{
	return (i && !strcmp(l->s[i].path, l->s[i - 1].path)) ||
	       (i + 1 < l->nr && !strcmp(l->s[i].path, l->s[i + 1].path));
}

static int check_one(struct restore *r, int folder, const struct staged *s)
{
	const char *name;
	struct stat st;
	int to, err;

	if (fstatat(folder, s->name, &st, AT_SYMLINK_NOFOLLOW))
		return -errno;
	to = restore_open_parent(r->dir, s->path, false, &name);
	if (to == -ENOENT)
		return 0;
	if (to < 0)
		return to;
	err = restore_file_check(r, folder, s->name, to, name, s->path, st.st_mtime);
	close(to);
	return err;
}

static int copy_one(struct restore *r, int folder, const struct staged *s)
{
	const char *name;
	int to, err;

	to = restore_open_parent(r->dir, s->path, true, &name);
	if (to < 0)
		return to;
	err = restore_file_copy(r, folder, s->name, to, name);
	close(to);
	return err;
}

static int fail(const struct staged *s, int err)
{
	text_printable(s->path);
	log_line("%s: %s", s->path, strerror(-err));
	return -ECANCELED;
}

int restore_spool_check(struct restore *r, int folder)
{
	struct list l = { NULL };
	int err = read_list(r, folder, true, &l);
	size_t i;

	for (i = 0; i < l.nr && !err; i++) {
		if (is_doubtful(&l, i)) {
			r->left++;
			log_line("%s: so does another one say that it was %s: it is not restored",
				 l.s[i].name, l.s[i].path);
			continue;
		}
		err = check_one(r, folder, &l.s[i]);
		if (err)
			err = fail(&l.s[i], err);
	}
	list_free(&l);
	return err;
}

int restore_spool_copy(struct restore *r, int folder)
{
	struct list l = { NULL };
	int err = read_list(r, folder, false, &l);
	size_t i;

	for (i = 0; i < l.nr && !err; i++) {
		if (is_doubtful(&l, i))
			continue;
		err = copy_one(r, folder, &l.s[i]);
		if (err)
			err = fail(&l.s[i], err);
	}
	list_free(&l);
	return err;
}
