// SPDX-License-Identifier: GPL-2.0-only
/* Requests about names and attributes. */
#include <sys/stat.h>
#include "fuse.h"

void face_stat(struct face *f, struct imapi_node *n, struct stat *st)
{
	struct imapi_attr attr;

	imapi_node_attr(f->tree, n, &attr);
	memset(st, 0, sizeof(*st));
	st->st_ino = attr.ino;
	st->st_mode = attr.dir ? S_IFDIR | (0777 & ~f->opt->dmask) :
				 S_IFREG | (0666 & ~f->opt->fmask);
	st->st_nlink = attr.linked;
	st->st_uid = f->opt->uid;
	st->st_gid = f->opt->gid;
	st->st_size = (off_t)attr.size;
	st->st_blocks = (blkcnt_t)(attr.size / 512 + !!(attr.size % 512));
	st->st_blksize = 4096;
	st->st_mtime = attr.mtime;
	st->st_atime = attr.mtime;
	st->st_ctime = attr.mtime;
}

void face_entry(struct face *f, struct imapi_node *n, struct fuse_entry_param *e)
{
	memset(e, 0, sizeof(*e));
	e->ino = n == f->root ? FUSE_ROOT_ID : (fuse_ino_t)n;
	e->attr_timeout = FACE_TIMEOUT;
	e->entry_timeout = FACE_TIMEOUT;
	face_stat(f, n, &e->attr);
}

/* Hands @n and the caller's reference to the kernel */
static void reply_node(fuse_req_t req, struct face *f, struct imapi_node *n)
{
	struct fuse_entry_param e;

	face_entry(f, n, &e);
	if (fuse_reply_entry(req, &e))
		imapi_node_put(f->tree, n, 1);
}

void face_lookup(fuse_req_t req, fuse_ino_t dir, const char *name)
{
	struct face *f = face_of(req);
	struct fuse_entry_param none = { .entry_timeout = FACE_TIMEOUT };
	struct face_reading reading;
	struct imapi_node *n;
	int err;

	face_reading_begin(&reading, f, req);
	err = imapi_lookup(f->tree, face_node(f, dir), name, strlen(name), &n);
	face_reading_end(req);
	if (!err)
		reply_node(req, f, n);
	else if (err == -ENOENT)
		fuse_reply_entry(req, &none);
	else
		fuse_reply_err(req, -err);
}

static void forget(struct face *f, fuse_ino_t ino, u64 count)
{
	if (ino != FUSE_ROOT_ID)
		imapi_node_put(f->tree, face_node(f, ino), count);
}

void face_forget(fuse_req_t req, fuse_ino_t ino, uint64_t count)
{
	forget(face_of(req), ino, count);
	fuse_reply_none(req);
}

void face_forget_multi(fuse_req_t req, size_t nr, struct fuse_forget_data *list)
{
	struct face *f = face_of(req);
	size_t i;

	for (i = 0; i < nr; i++)
		forget(f, list[i].ino, list[i].nlookup);
	fuse_reply_none(req);
}

void face_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct face *f = face_of(req);
	struct stat st;

	(void)fi;
	face_stat(f, face_node(f, ino), &st);
	fuse_reply_attr(req, &st, FACE_TIMEOUT);
}

/*
 * Joliet has one time and no owner or mode. As with vfat, a mode is taken and
 * forgotten, so that cp -p and tar go on, and another owner is refused.
 */
static int set_attributes(struct face *f, struct imapi_node *n,
			  const struct stat *st, int to_set)
{
	int err = 0;

	if (((to_set & FUSE_SET_ATTR_UID) && st->st_uid != f->opt->uid) ||
	    ((to_set & FUSE_SET_ATTR_GID) && st->st_gid != f->opt->gid))
		return -EPERM;
	if (to_set & FUSE_SET_ATTR_SIZE)
		err = face_truncate(f, n, (u64)st->st_size);
	if (!err && (to_set & FUSE_SET_ATTR_MTIME_NOW))
		err = imapi_node_set_mtime(f->tree, n, face_now());
	else if (!err && (to_set & FUSE_SET_ATTR_MTIME))
		err = imapi_node_set_mtime(f->tree, n, st->st_mtime);
	return err;
}

void face_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *st, int to_set,
		  struct fuse_file_info *fi)
{
	struct face *f = face_of(req);
	struct imapi_node *n = face_node(f, ino);
	struct stat now;
	int err;

	(void)fi;
	if (!face_change_begin(f, req))
		return;
	err = set_attributes(f, n, st, to_set);
	face_change_end(f);
	if (err) {
		fuse_reply_err(req, -err);
		return;
	}
	face_stat(f, n, &now);
	fuse_reply_attr(req, &now, FACE_TIMEOUT);
}

static void make(fuse_req_t req, fuse_ino_t dir, const char *name,
		 enum imapi_kind kind)
{
	struct face *f = face_of(req);
	struct imapi_node *n;
	int err;

	if (!face_change_begin(f, req))
		return;
	err = imapi_create(f->tree, face_node(f, dir), name, strlen(name), kind,
			   face_now(), &n);
	face_change_end(f);
	if (err)
		fuse_reply_err(req, -err);
	else
		reply_node(req, f, n);
}

void face_mkdir(fuse_req_t req, fuse_ino_t dir, const char *name, mode_t mode)
{
	(void)mode;
	make(req, dir, name, IMAPI_DIR);
}

void face_mknod(fuse_req_t req, fuse_ino_t dir, const char *name, mode_t mode,
		dev_t rdev)
{
	(void)rdev;
	if (S_ISREG(mode))
		make(req, dir, name, IMAPI_FILE);
	else
		fuse_reply_err(req, EPERM);
}

void face_create(fuse_req_t req, fuse_ino_t dir, const char *name, mode_t mode,
		 struct fuse_file_info *fi)
{
	struct face *f = face_of(req);
	struct fuse_entry_param e;
	struct imapi_node *n;
	struct handle *h;
	int err;

	(void)mode;
	h = face_handle_new(f, 0, fi->flags);
	if (!h) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	if (!face_change_begin(f, req)) {
		face_handle_free(f, h);
		return;
	}
	err = imapi_create(f->tree, face_node(f, dir), name, strlen(name),
			   IMAPI_FILE, face_now(), &n);
	face_change_end(f);
	if (err) {
		face_handle_free(f, h);
		fuse_reply_err(req, -err);
		return;
	}
	face_entry(f, n, &e);
	face_handle_bind(f, h, e.ino);
	fi->fh = (uintptr_t)h;
	fi->keep_cache = 1;
	if (fuse_reply_create(req, &e, fi)) {
		face_handle_free(f, h);
		imapi_node_put(f->tree, n, 1);
	}
}

/* Joliet has neither; EPERM is what vfat says, too */
void face_symlink(fuse_req_t req, const char *target, fuse_ino_t dir,
		  const char *name)
{
	(void)target;
	(void)dir;
	(void)name;
	fuse_reply_err(req, EPERM);
}

void face_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t dir, const char *name)
{
	(void)ino;
	(void)dir;
	(void)name;
	fuse_reply_err(req, EPERM);
}

static void take_away(fuse_req_t req, fuse_ino_t dir, const char *name,
		      enum imapi_kind kind)
{
	struct face *f = face_of(req);
	int err;

	if (!face_change_begin(f, req))
		return;
	err = imapi_unlink(f->tree, face_node(f, dir), name, strlen(name), kind,
			   face_now());
	face_change_end(f);
	fuse_reply_err(req, -err);
}

void face_unlink(fuse_req_t req, fuse_ino_t dir, const char *name)
{
	take_away(req, dir, name, IMAPI_FILE);
}

void face_rmdir(fuse_req_t req, fuse_ino_t dir, const char *name)
{
	take_away(req, dir, name, IMAPI_DIR);
}

static void label_renamed(struct face *f, struct imapi_node *dir, const char *name)
{
	struct imapi_node *n;

	if (imapi_lookup(f->tree, dir, name, strlen(name), &n))
		return;
	face_label(f, n);
	imapi_node_put(f->tree, n, 1);
}

void face_rename(fuse_req_t req, fuse_ino_t odir, const char *oname,
		 fuse_ino_t ndir, const char *nname, unsigned int flags)
{
	struct face *f = face_of(req);
	int err;

	if (!face_change_begin(f, req))
		return;
	err = imapi_rename(f->tree, face_node(f, odir), oname, strlen(oname),
			   face_node(f, ndir), nname, strlen(nname), flags,
			   face_now());
	if (!err)
		label_renamed(f, face_node(f, ndir), nname);
	if (!err && flags & IMAPI_RENAME_EXCHANGE)
		label_renamed(f, face_node(f, odir), oname);
	face_change_end(f);
	fuse_reply_err(req, -err);
}
