// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <pwd.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "io.h"
#include "spool.h"

#define SPOOL_ROOT_BASE	"/var/lib/imapifs"
#define SPOOL_TRIES	10

struct spool {
	char *base;
	char *path;
	int dirfd;
	int lockfd;
	uint64_t dev;
	_Atomic uint64_t next;
};

struct spool_file {
	struct spool *spool;
	uint64_t number;
	pthread_mutex_t lock;	/* guards what follows */
	int fd;			/* -1 while nobody uses it */
	unsigned int users;
	bool dropped;
};

struct spool_name {
	char s[24];
};

static struct spool_name file_name(const struct spool_file *f)
{
	struct spool_name name;

	snprintf(name.s, sizeof(name.s), "%" PRIu64, f->number);
	return name;
}

/* Where a user's home is, also where the environment doesn't say so; or NULL */
static const char *find_home(void)
{
	const char *home = getenv("HOME");
	const struct passwd *pw;

	if (home && home[0] == '/')
		return home;
	/* mount(8) gives the programs that it runs for a user no HOME */
	pw = getpwuid(geteuid());
	return pw && pw->pw_dir[0] == '/' ? pw->pw_dir : NULL;
}

char *spool_default(void)
{
	const char *state = getenv("XDG_STATE_HOME");
	const char *home;
	char *base;
	int n;

	if (!geteuid())
		return strdup(SPOOL_ROOT_BASE);
	/* A relative one is to be ignored (XDG Base Directory Specification) */
	if (state && state[0] == '/') {
		n = asprintf(&base, "%s/imapifs", state);
	} else {
		home = find_home();
		if (!home)
			return NULL;
		n = asprintf(&base, "%s/.local/state/imapifs", home);
	}
	return n < 0 ? NULL : base;
}

/* As mkdir -p; @path is absolute and unchanged on return */
static int make_folders(char *path)
{
	char *slash = path;
	int err = 0;

	while (slash && !err) {
		slash = strchr(slash + 1, '/');
		if (slash)
			*slash = '\0';
		if (mkdir(path, 0700) && errno != EEXIST)
			err = -errno;
		if (slash)
			*slash = '/';
	}
	return err;
}

/* Absolute, as a daemon changes directory */
int spool_find_base(const char *dir, char **out)
{
	char *base = NULL;
	int err = 0;

	if (!dir) {
		base = spool_default();
		if (!base)
			return -ENOENT;
		err = make_folders(base);
		dir = base;
	}
	if (!err) {
		*out = realpath(dir, NULL);
		if (!*out)
			err = -errno;
	}
	free(base);
	return err;
}

/*
 * Makes and locks the mount's own folder below @s->base. -EAGAIN: another mount
 * came by before it was locked, and took it for a dead one's (spool_leftovers()).
 */
static int make_own_folder(struct spool *s)
{
	struct stat st;
	int err;

	if (asprintf(&s->path, "%s/" SPOOL_PREFIX "XXXXXX", s->base) < 0) {
		s->path = NULL;
		return -ENOMEM;
	}
	if (!mkdtemp(s->path))
		return -errno;
	s->dirfd = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dirfd < 0)
		goto fail;
	s->lockfd = openat(s->dirfd, SPOOL_LOCK, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (s->lockfd < 0)
		goto fail;
	if (flock(s->lockfd, LOCK_EX) || fstat(s->lockfd, &st))
		goto fail_unlink;
	if (!st.st_nlink)
		return -EAGAIN;
	s->dev = st.st_dev;
	return 0;

fail_unlink:
	err = -errno;
	unlinkat(s->dirfd, SPOOL_LOCK, 0);
	rmdir(s->path);
	return err;
fail:
	err = errno == ENOENT ? -EAGAIN : -errno;
	rmdir(s->path);
	return err;
}

static void forget_own_folder(struct spool *s)
{
	if (s->lockfd >= 0)
		close(s->lockfd);
	if (s->dirfd >= 0)
		close(s->dirfd);
	free(s->path);
	s->lockfd = -1;
	s->dirfd = -1;
	s->path = NULL;
}

static void spool_free_memory(struct spool *s)
{
	forget_own_folder(s);
	free(s->base);
	free(s);
}

int spool_open(const char *dir, struct spool **out)
{
	int err, tries = SPOOL_TRIES;
	struct spool *s;

	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->dirfd = -1;
	s->lockfd = -1;
	err = spool_find_base(dir, &s->base);
	if (!err)
		err = make_own_folder(s);
	while (err == -EAGAIN && --tries) {
		forget_own_folder(s);
		err = make_own_folder(s);
	}
	if (err) {
		spool_free_memory(s);
		return err;
	}
	*out = s;
	return 0;
}

/* The lock goes last: while the folder has anything in it, it is somebody's */
static void empty_folder(struct spool *s)
{
	struct dirent *d;
	DIR *dir;
	int fd;

	fd = openat(s->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return;
	}
	while ((d = readdir(dir))) {
		if (strcmp(d->d_name, SPOOL_LOCK))
			unlinkat(s->dirfd, d->d_name, 0);
	}
	closedir(dir);
	unlinkat(s->dirfd, SPOOL_LOCK, 0);
}

void spool_close(struct spool *s)
{
	if (!s)
		return;
	empty_folder(s);
	rmdir(s->path);
	spool_free_memory(s);
}

const char *spool_path(const struct spool *s)
{
	return s->path;
}

const char *spool_base(const struct spool *s)
{
	return s->base;
}

int spool_dirfd(const struct spool *s)
{
	return s->dirfd;
}

uint64_t spool_free(const struct spool *s)
{
	struct statvfs st;

	if (fstatvfs(s->dirfd, &st))
		return 0;
	return (uint64_t)st.f_bavail * st.f_frsize;
}

uint64_t spool_dev(const struct spool *s)
{
	return s->dev;
}

int spool_create(struct spool *s, struct spool_file **out)
{
	struct spool_file *f;
	int err;

	f = calloc(1, sizeof(*f));
	if (!f)
		return -ENOMEM;
	f->spool = s;
	f->number = atomic_fetch_add(&s->next, 1);
	f->fd = openat(s->dirfd, file_name(f).s, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (f->fd < 0) {
		err = -errno;
		free(f);
		return err;
	}
	pthread_mutex_init(&f->lock, NULL);
	f->users = 1;
	*out = f;
	return 0;
}

int spool_use(struct spool_file *f)
{
	int fd;

	pthread_mutex_lock(&f->lock);
	if (!f->users) {
		f->fd = openat(f->spool->dirfd, file_name(f).s, O_RDWR | O_CLOEXEC);
		if (f->fd < 0) {
			fd = -errno;
			goto out;
		}
	}
	f->users++;
	fd = f->fd;
out:
	pthread_mutex_unlock(&f->lock);
	return fd;
}

static void file_free(struct spool_file *f)
{
	pthread_mutex_destroy(&f->lock);
	free(f);
}

void spool_unuse(struct spool_file *f)
{
	bool last;

	pthread_mutex_lock(&f->lock);
	if (!--f->users) {
		close(f->fd);
		f->fd = -1;
	}
	last = !f->users && f->dropped;
	pthread_mutex_unlock(&f->lock);
	if (last)
		file_free(f);
}

void spool_drop(struct spool_file *f)
{
	bool last;

	unlinkat(f->spool->dirfd, file_name(f).s, 0);
	pthread_mutex_lock(&f->lock);
	f->dropped = true;
	last = !f->users;
	pthread_mutex_unlock(&f->lock);
	if (last)
		file_free(f);
}

/* The copy has to be safe before the original goes, so it is synced */
static int move_by_copy(struct spool_file *f, int dirfd, const char *name)
{
	struct stat st;
	int in, out, err;

	in = spool_use(f);
	if (in < 0)
		return in;
	out = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (out < 0) {
		err = -errno;
		goto out_unuse;
	}
	err = fstat(in, &st) ? -errno : io_copy(in, 0, out, 0, (uint64_t)st.st_size);
	if (!err && fsync(out))
		err = -errno;
	if (close(out) && !err)
		err = -errno;
	if (err)
		unlinkat(dirfd, name, 0);
	else
		unlinkat(f->spool->dirfd, file_name(f).s, 0);
out_unuse:
	spool_unuse(f);
	return err;
}

void spool_label(struct spool_file *f, const char *path)
{
	int fd = spool_use(f);

	if (fd < 0)
		return;
	fsetxattr(fd, SPOOL_LABEL, path, strlen(path), 0);
	spool_unuse(f);
}

int spool_move(struct spool_file *f, int dirfd, const char *name)
{
	if (!renameat2(f->spool->dirfd, file_name(f).s, dirfd, name, RENAME_NOREPLACE))
		return 0;
	/* EINVAL: a file system without RENAME_NOREPLACE */
	if (errno != EXDEV && errno != EINVAL)
		return -errno;
	return move_by_copy(f, dirfd, name);
}

static int staged_use(void *staged)
{
	return spool_use(staged);
}

static void staged_unuse(void *staged, int fd)
{
	(void)fd;
	spool_unuse(staged);
}

/* A spool file is as long as its content */
static int staged_move(void *staged, uint64_t size, int dirfd, const char *name)
{
	(void)size;
	return spool_move(staged, dirfd, name);
}

const struct staged_ops spool_staged = {
	.use = staged_use,
	.unuse = staged_unuse,
	.move = staged_move,
};
