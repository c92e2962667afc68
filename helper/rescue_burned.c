// SPDX-License-Identifier: GPL-2.0-only
/*
 * What has a new name and its bytes on the disc alone. A disc that can't be
 * appended to keeps the old name, so the rescue folder gets a copy under the new.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "io.h"
#include "rescue_private.h"

struct burned {
	struct rescue *r;
	FILE *missing;
	size_t len;		/* of @path */
	char path[PATH_MAX];	/* UTF-8, below r->files */
};

static int note_missing(struct burned *b)
{
	return fprintf(b->missing, "%s\n", b->path) < 0 ? -EIO : 0;
}

static int copy_extent(const struct recorder *rec, const struct imapi_extent *ext, int out,
		       u64 to)
{
	u32 off = 0, run;
	int err = 0;
	u64 at;

	while (off < ext->len && !err) {
		at = imapi_extent_map(ext, off, &run);
		err = recorder_copy_to(rec, at, out, to + off, run);
		off += run;
	}
	return err;
}

static int copy_content(struct burned *b, const struct imapi_content *c)
{
	int out, err = 0;
	u64 to = 0;
	u32 i;

	out = openat(b->r->files, b->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		     0644);
	if (out < 0)
		return -errno;
	for (i = 0; i < c->nr && !err; i++) {
		err = copy_extent(b->r->job->rec, &c->extents[i], out, to);
		to += c->extents[i].len;
	}
	if (close(out) && !err)
		err = -errno;
	if (err)
		unlinkat(b->r->files, b->path, 0);
	return err;
}

/* A file that can't be copied is told of, and the next one may well be */
static int copy_file(struct burned *b, const struct imapi_content *c, s64 mtime)
{
	int err;

	if (c->staged)
		return 0;
	err = rescue_make_parents(b->r->files, b->path);
	if (!err)
		err = copy_content(b, c);
	/* Already there: it is below a folder that was renamed, and was itself */
	if (err == -EEXIST)
		return 0;
	if (err)
		return note_missing(b);
	rescue_set_time(b->r->files, b->path, mtime);
	return 0;
}

/* False: the path would be too long */
static bool append_name(struct burned *b, const struct imapi_entry *e)
{
	size_t room = sizeof(b->path) - b->len;
	int n;

	if (room < 2)
		return false;
	b->path[b->len] = '/';
	n = imapi_utf16_to_utf8(e->name, e->name_len, b->path + b->len + 1, room - 1);
	if (n < 0)
		return false;
	b->len += 1 + (size_t)n;
	return true;
}

static int copy_entry(void *ctx, const struct imapi_entry *e);

/* Its depth is bounded by the length of a path */
static int copy_folder(struct burned *b, const struct imapi_dirref *dir)
{
	int err;

	err = rescue_make_parents(b->r->files, b->path);
	if (!err && mkdirat(b->r->files, b->path, 0755) && errno != EEXIST)
		err = -errno;
	if (!err)
		err = imapi_dir_walk(b->r->job->tree, dir, copy_entry, b);
	return err ? note_missing(b) : 0;
}

static int copy_entry(void *ctx, const struct imapi_entry *e)
{
	struct burned *b = ctx;
	size_t len = b->len;
	int err;

	if (!append_name(b, e)) {
		b->path[len] = '\0';
		return note_missing(b);
	}
	if (e->flags & IMAPI_DE_DIRECTORY)
		err = copy_folder(b, &e->dir);
	else
		err = copy_file(b, &e->content, e->mtime);
	b->len = len;
	b->path[len] = '\0';
	return err;
}

static int copy_node(void *ctx, const char *path, struct imapi_node *n)
{
	struct imapi_dirref dir = { .node = n };
	struct burned *b = ctx;
	struct imapi_content c;
	struct imapi_attr attr;
	int err;

	b->len = strlen(path);
	if (b->len >= sizeof(b->path))
		return fprintf(b->missing, "%s\n", path) < 0 ? -EIO : 0;
	memcpy(b->path, path, b->len + 1);
	imapi_node_attr(b->r->job->tree, n, &attr);
	if (attr.dir)
		return copy_folder(b, &dir);
	err = imapi_node_content(b->r->job->tree, n, &c);
	return err ? err : copy_file(b, &c, attr.mtime);
}

int rescue_burned(struct rescue *r, FILE *missing)
{
	struct burned *b = calloc(1, sizeof(*b));
	int err;

	if (!b)
		return -ENOMEM;
	b->r = r;
	b->missing = missing;
	err = imapi_tree_unburned(r->job->tree, copy_node, NULL, b);
	free(b);
	return err;
}
