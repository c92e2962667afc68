// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "rescue_private.h"

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

static int make_folder(const struct rescue_job *job, char **path)
{
	char name[64], date[32];
	time_t now = time(NULL);
	struct tm tm;
	char *parent;
	int err = 0;

	*path = NULL;
	plain_name(job->volid, name, sizeof(name));
	gmtime_r(&now, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H%M%SZ", &tm);
	if (asprintf(&parent, "%s/rescue", job->base) < 0)
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

int rescue_make_parents(int dirfd, const char *path)
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

void rescue_set_time(int dirfd, const char *path, s64 mtime)
{
	const struct timespec times[2] = { { .tv_sec = mtime },
					   { .tv_sec = mtime } };

	utimensat(dirfd, path, times, 0);
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
	struct imapi_content c;
	int err;

	err = imapi_node_content(r->job->tree, n, &c);
	if (err)
		return err;
	/* The disc has it, under another name: rescue_burned() */
	if (!c.staged && c.size)
		return 0;
	err = rescue_make_parents(r->files, path);
	if (!err)
		err = c.staged ?
			r->job->staged->move(c.staged, c.size, r->files, path) :
			save_empty(r->files, path);
	if (!err)
		rescue_set_time(r->files, path, mtime);
	return err;
}

/* A staged file, an empty one, or a folder */
static int save(void *ctx, const char *path, struct imapi_node *n)
{
	struct rescue *r = ctx;
	struct imapi_attr attr;
	int err;

	imapi_node_attr(r->job->tree, n, &attr);
	if (!attr.dir)
		return save_file(r, path, n, attr.mtime);
	err = rescue_make_parents(r->files, path);
	if (!err && mkdirat(r->files, path, 0755) && errno != EEXIST)
		err = -errno;
	return err;
}

static int note_gone(void *ctx, const char *path)
{
	/* It would be two lines, with names that nobody deleted; so it just stays */
	if (strchr(path, '\n'))
		return 0;
	return fprintf(ctx, "%s\n", path) < 0 ? -EIO : 0;
}

static int ignore_node(void *ctx, const char *path, struct imapi_node *n)
{
	(void)ctx;
	(void)path;
	(void)n;
	return 0;
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

static int write_deleted(struct rescue *r)
{
	FILE *f = open_note(r->folder, "deleted");
	int err, end;

	if (!f)
		return -errno;
	err = imapi_tree_unburned(r->job->tree, ignore_node, note_gone, f);
	end = close_note(f);
	return err ? err : end;
}

static int save_burned(struct rescue *r)
{
	FILE *f = open_note(r->folder, "missing");
	int err, end;

	if (!f)
		return -errno;
	err = rescue_burned(r, f);
	end = close_note(f);
	return err ? err : end;
}

/* One sync of the disk is cheaper than one for each of a million files */
static int sync_files(const struct rescue *r)
{
	return syncfs(r->files) ? -errno : 0;
}

/*
 * What is staged is moved first, which takes neither room nor time: copying from
 * the disc may take both, and may be cut short.
 */
static int save_all(struct rescue *r)
{
	int err;

	err = imapi_tree_unburned(r->job->tree, save, NULL, r);
	if (!err)
		err = write_deleted(r);
	if (!err)
		err = sync_files(r);
	if (!err)
		err = save_burned(r);
	return err ? err : sync_files(r);
}

static int fill_folder(struct rescue *r)
{
	int err;

	err = write_source(r->folder, r->job->source);
	if (err)
		return err;
	if (mkdirat(r->folder, "files", 0755))
		return -errno;
	r->files = openat(r->folder, "files", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->files < 0)
		return -errno;
	err = imapi_tree_commit_begin(r->job->tree);
	if (!err) {
		err = save_all(r);
		imapi_tree_commit_end(r->job->tree, -EIO);
	}
	close(r->files);
	return err;
}

int rescue_save(const struct rescue_job *job, char **path)
{
	struct rescue r = { .job = job };
	int err;

	err = make_folder(job, path);
	if (err)
		return err;
	r.folder = open(*path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r.folder < 0)
		return -errno;
	/* "imapifs rescue restore" keeps off until it is whole */
	err = flock(r.folder, LOCK_EX) ? -errno : fill_folder(&r);
	close(r.folder);
	return err;
}
