// SPDX-License-Identifier: GPL-2.0-only
/* Requests about directories as a whole. */
#include <sys/stat.h>
#include "fuse.h"

/* Offsets: 0 is before ".", these are behind it and behind "..", then the tree's + 2 */
#define AFTER_DOT	1
#define AFTER_DOTDOT	2

/* A reply to readdir as it grows */
struct fill {
	fuse_req_t req;
	struct face *f;
	struct imapi_node *dir;
	char *buf;
	size_t used, size;
	bool plus;		/* readdirplus: with attributes, and a reference each */
};

/*
 * A directory is read by position and has no state while it is open, so the
 * kernel need not even tell when it opens one. It then caches what it reads.
 */
void face_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	(void)fi;
	fuse_reply_err(req, ENOSYS);
}

/* Adds an entry: false if the reply is full */
static bool add(struct fill *fill, const char *name,
		const struct fuse_entry_param *e, u64 next)
{
	size_t left = fill->size - fill->used;
	char *at = fill->buf + fill->used;
	size_t need;

	if (fill->plus)
		need = fuse_add_direntry_plus(fill->req, at, left, name, e,
					      (off_t)next);
	else
		need = fuse_add_direntry(fill->req, at, left, name, &e->attr,
					 (off_t)next);
	if (need > left)
		return false;
	fill->used += need;
	return true;
}

static int fill_entry(void *ctx, const struct imapi_dent *d)
{
	struct fuse_entry_param e = { .ino = 0 };
	struct fill *fill = ctx;
	struct imapi_node *n = NULL;

	/* Without a node the kernel takes the entry for a plain one */
	e.attr.st_ino = d->ino;
	e.attr.st_mode = d->dir ? S_IFDIR : S_IFREG;
	if (fill->plus &&
	    !imapi_lookup(fill->f->tree, fill->dir, d->name, d->len, &n))
		face_entry(fill->f, n, &e);
	if (add(fill, d->name, &e, d->next + AFTER_DOTDOT))
		return 0;
	if (n)
		imapi_node_put(fill->f->tree, n, 1);
	return 1;
}

static bool fill_dots(struct fill *fill, off_t off)
{
	struct fuse_entry_param e = { .attr.st_mode = S_IFDIR };
	struct imapi_attr attr;
	struct imapi_node *parent;

	imapi_node_attr(fill->f->tree, fill->dir, &attr);
	e.attr.st_ino = attr.ino;
	if (off < AFTER_DOT && !add(fill, ".", &e, AFTER_DOT))
		return false;
	parent = imapi_node_parent(fill->f->tree, fill->dir);
	imapi_node_attr(fill->f->tree, parent, &attr);
	imapi_node_put(fill->f->tree, parent, 1);
	e.attr.st_ino = attr.ino;
	return off >= AFTER_DOTDOT || add(fill, "..", &e, AFTER_DOTDOT);
}

static void fill_and_reply(struct fill *fill, fuse_ino_t ino, off_t off)
{
	u64 pos = off > AFTER_DOTDOT ? (u64)off - AFTER_DOTDOT : 0;
	struct face_reading reading;
	int err = 0;

	fill->dir = face_node(fill->f, ino);
	fill->buf = malloc(fill->size);
	if (!fill->buf) {
		fuse_reply_err(fill->req, ENOMEM);
		return;
	}
	face_reading_begin(&reading, fill->f, fill->req);
	if (off >= AFTER_DOTDOT || fill_dots(fill, off))
		err = imapi_readdir(fill->f->tree, fill->dir, pos, fill_entry,
				    fill);
	face_reading_end(fill->req);
	/* What came before an error is given first; the error comes next time */
	if (err < 0 && !fill->used)
		fuse_reply_err(fill->req, -err);
	else
		fuse_reply_buf(fill->req, fill->buf, fill->used);
	free(fill->buf);
}

void face_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		  struct fuse_file_info *fi)
{
	struct fill fill = { .req = req, .f = face_of(req), .size = size };

	(void)fi;
	fill_and_reply(&fill, ino, off);
}

void face_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		      struct fuse_file_info *fi)
{
	struct fill fill = { .req = req, .f = face_of(req), .size = size,
			     .plus = true };

	(void)fi;
	fill_and_reply(&fill, ino, off);
}

/* Only sync of the root burns, and only if commit= says that sync does */
void face_fsyncdir(fuse_req_t req, fuse_ino_t ino, int datasync,
		   struct fuse_file_info *fi)
{
	struct face *f = face_of(req);
	int err = 0;

	(void)datasync;
	(void)fi;
	if (ino == FUSE_ROOT_ID && f->spool && f->opt->commit == COMMIT_SYNC)
		err = face_commit(f, req, 0);
	fuse_reply_err(req, -err);
}
