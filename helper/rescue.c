// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "rescue.h"

struct rescue {
	struct imapi_tree *tree;
	int files;		/* the folder "files" */
	FILE *names, *deleted;
};

/* A label as part of a file's name */
static void plain_name(const char *volid, char *out, size_t size)
{
	size_t n = 0;

	for (; *volid && n + 1 < size; volid++)
		out[n++] = *volid == '/' || (unsigned char)*volid <= ' ' ?
			   '_' : *volid;
	out[n] = '\0';
	if (!n || out[0] == '.')
		snprintf(out, size, "disc");
}

static int make_folder(const struct spool *spool, const char *volid, char **path)
{
	char name[64], date[32];
	time_t now = time(NULL);
	struct tm tm;
	char *parent;
	int err = 0;

	*path = NULL;
	plain_name(volid, name, sizeof(name));
	gmtime_r(&now, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H%M%SZ", &tm);
	if (asprintf(&parent, "%s/rescue", spool_base(spool)) < 0)
		return -ENOMEM;
	if (mkdir(parent, 0700) && errno != EEXIST)
		err = -errno;
	else if (asprintf(path, "%s/%s-%s-%d", parent, name, date,
			  (int)getpid()) < 0)
		err = -ENOMEM;
	free(parent);
	if (err) {
		*path = NULL;
		return err;
	}
	if (!mkdir(*path, 0700))
		return 0;
	err = -errno;
	free(*path);
	*path = NULL;
	return err;
}

/* The folders on the way to @path; those of the disc were not made before */
static int make_parents(int dirfd, const char *path)
{
	char *copy = strdup(path), *slash;
	int err = 0;

	if (!copy)
		return -ENOMEM;
	for (slash = strchr(copy, '/'); slash && !err; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdirat(dirfd, copy, 0755) && errno != EEXIST)
			err = -errno;
		*slash = '/';
	}
	free(copy);
	return err;
}

static int save_empty(int dirfd, const char *path)
{
	int fd = openat(dirfd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static int save_file(struct rescue *r, const char *path, struct imapi_node *n,
		     s64 mtime)
{
	const struct timespec times[2] = { { .tv_sec = mtime },
					   { .tv_sec = mtime } };
	struct imapi_content c;
	int err;

	err = imapi_node_content(r->tree, n, &c);
	if (err)
		return err;
	/* A burned file that was renamed is safe on the disc; keep its name */
	if (!c.staged && c.size)
		return fprintf(r->names, "%s\n", path) < 0 ? -EIO : 0;
	err = make_parents(r->files, path);
	if (!err)
		err = c.staged ? spool_move(c.staged, r->files, path) :
				 save_empty(r->files, path);
	if (!err)
		utimensat(r->files, path, times, 0);
	return err;
}

static int save(void *ctx, const char *path, struct imapi_node *n)
{
	struct rescue *r = ctx;
	struct imapi_attr attr;
	int err;

	imapi_node_attr(r->tree, n, &attr);
	if (!attr.dir)
		return save_file(r, path, n, attr.mtime);
	err = make_parents(r->files, path);
	if (!err && mkdirat(r->files, path, 0755) && errno != EEXIST)
		err = -errno;
	return err;
}

static int note_gone(void *ctx, const char *path)
{
	struct rescue *r = ctx;

	return fprintf(r->deleted, "%s\n", path) < 0 ? -EIO : 0;
}

static FILE *open_note(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			0600);
	FILE *f;

	if (fd < 0)
		return NULL;
	f = fdopen(fd, "w");
	if (!f)
		close(fd);
	return f;
}

static int close_note(FILE *f)
{
	int bad = fflush(f) || fsync(fileno(f));
	int err = bad ? -errno : 0;

	fclose(f);
	return err;
}

static int write_source(int dirfd, const char *source)
{
	FILE *f = open_note(dirfd, "source");

	if (!f)
		return -errno;
	fprintf(f, "%s\n", source);
	return close_note(f);
}

static int walk(struct imapi_tree *tree, struct rescue *r)
{
	int err = imapi_tree_commit_begin(tree);

	if (err)
		return err;
	err = imapi_tree_unburned(tree, save, note_gone, r);
	imapi_tree_commit_end(tree, -EIO);
	return err;
}

static int save_all(struct imapi_tree *tree, int dirfd, int files)
{
	struct rescue r = { .tree = tree, .files = files };
	int err = -EIO, end;

	r.names = open_note(dirfd, "renamed");
	if (!r.names)
		return -errno;
	r.deleted = open_note(dirfd, "deleted");
	if (r.deleted) {
		err = walk(tree, &r);
		end = close_note(r.deleted);
		err = err ? err : end;
	}
	end = close_note(r.names);
	return err ? err : end;
}

static int fill_folder(struct imapi_tree *tree, int dirfd, const char *source)
{
	int err, files;

	err = write_source(dirfd, source);
	if (err)
		return err;
	if (mkdirat(dirfd, "files", 0755))
		return -errno;
	files = openat(dirfd, "files", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (files < 0)
		return -errno;
	err = save_all(tree, dirfd, files);
	/* One sync of the disk is cheaper than one for each of a million files */
	if (!err && syncfs(files))
		err = -errno;
	close(files);
	return err;
}

int rescue_save(struct imapi_tree *tree, struct spool *spool, const char *volid,
		const char *source, char **path)
{
	int err, dirfd;

	err = make_folder(spool, volid, path);
	if (err)
		return err;
	dirfd = open(*path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0)
		return -errno;
	err = fill_folder(tree, dirfd, source);
	close(dirfd);
	return err;
}
