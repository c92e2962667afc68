/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The FUSE face. fuse.c sets it up and serves it; the requests are in
 * fuse_names.c, fuse_dirs.c, fuse_content.c and fuse_commit.c; fuse_stage.c has
 * what they share: where a file's bytes are, and moving them to the spool.
 *
 * Lock order: the gate (changes inside, or the commit alone), content locks (of
 * several the one with the lower address first: a waiting writer holds up new
 * readers), handles_lock, and then the locks of the tree and of the spool.
 */
#ifndef IMAPI_FUSE_H
#define IMAPI_FUSE_H

#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>
#include <time.h>
#include "gate.h"
#include "options.h"
#include "progress.h"
#include "recorder.h"
#include "spool.h"
#include "tree.h"

#define FACE_CONTENT_LOCKS	128

/* Nothing changes but through this mount, so the kernel may keep what it knows */
#define FACE_TIMEOUT		86400.0

/* An open file of a mount that is read-write */
struct handle {
	struct handle *next, **link;	/* face's list, under handles_lock */
	fuse_ino_t ino;
	bool writer;
	struct spool_file *pin;		/* one use of it: its fd stays open */
};

struct face {
	const struct mount_options *opt;
	const char *source;
	struct recorder *rec;
	struct spool *spool;		/* NULL: read-only */
	struct imapi_tree_ops tree_ops;
	struct imapi_tree *tree;
	struct imapi_node *root;
	struct fuse_session *se;
	const char *dir;
	struct gate gate;
	/* A file's content: shared to use it, exclusive to switch or cut it */
	pthread_rwlock_t content[FACE_CONTENT_LOCKS];
	pthread_mutex_t handles_lock;
	struct handle *handles;
	struct progress progress;
	pthread_mutex_t result_lock;	/* the two below */
	int last_error;
	char message[192];
};

/* --- fuse.c --- */

/**
 * face_new - a face over an open recorder
 * @rec: the medium
 * @spool: where changes are staged, NULL: read-only
 * @base: the session to show, NULL on a blank medium
 * @opt: the mount's options
 * @source: what is mounted, for people
 * @out: the face; it keeps what it was given, but doesn't own it
 *
 * Return: 0 or -errno.
 */
int face_new(struct recorder *rec, struct spool *spool,
	     const struct imapi_volume *base, const struct mount_options *opt,
	     const char *source, struct face **out);
void face_free(struct face *f);

/* Mounts on @dir; -EIO after libfuse logged why not */
int face_mount(struct face *f, const char *dir);

/* Serves until it is unmounted or a signal ends it; nothing is mounted after */
void face_serve(struct face *f);

/* --- fuse_names.c --- */

static inline struct face *face_of(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

static inline struct imapi_node *face_node(struct face *f, fuse_ino_t ino)
{
	return ino == FUSE_ROOT_ID ? f->root : (struct imapi_node *)ino;
}

static inline s64 face_now(void)
{
	return time(NULL);
}

void face_stat(struct face *f, struct imapi_node *n, struct stat *st);
void face_entry(struct face *f, struct imapi_node *n, struct fuse_entry_param *e);

void face_lookup(fuse_req_t req, fuse_ino_t dir, const char *name);
void face_forget(fuse_req_t req, fuse_ino_t ino, uint64_t count);
void face_forget_multi(fuse_req_t req, size_t nr, struct fuse_forget_data *list);
void face_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void face_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *st, int to_set,
		  struct fuse_file_info *fi);
void face_mkdir(fuse_req_t req, fuse_ino_t dir, const char *name, mode_t mode);
void face_mknod(fuse_req_t req, fuse_ino_t dir, const char *name, mode_t mode,
		dev_t rdev);
void face_create(fuse_req_t req, fuse_ino_t dir, const char *name, mode_t mode,
		 struct fuse_file_info *fi);
void face_symlink(fuse_req_t req, const char *target, fuse_ino_t dir,
		  const char *name);
void face_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t dir, const char *name);
void face_unlink(fuse_req_t req, fuse_ino_t dir, const char *name);
void face_rmdir(fuse_req_t req, fuse_ino_t dir, const char *name);
void face_rename(fuse_req_t req, fuse_ino_t odir, const char *oname,
		 fuse_ino_t ndir, const char *nname, unsigned int flags);

/* --- fuse_dirs.c --- */

void face_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void face_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		  struct fuse_file_info *fi);
void face_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		      struct fuse_file_info *fi);
void face_fsyncdir(fuse_req_t req, fuse_ino_t ino, int datasync,
		   struct fuse_file_info *fi);

/* --- fuse_stage.c --- */

/* A file's content while its lock is held shared */
struct held {
	struct imapi_content c;
	int fd;			/* the spool file's, -1 if on the disc */
};

/* Where @n's bytes are, from here until face_let_go() */
int face_hold(struct face *f, struct imapi_node *n, struct held *h);
void face_let_go(struct face *f, struct imapi_node *n, struct held *h);

/* Two files at once, which may share a lock, or be one */
int face_hold_two(struct face *f, struct imapi_node *a, struct held *ha,
		  struct imapi_node *b, struct held *hb);
void face_let_go_two(struct face *f, struct imapi_node *a, struct held *ha,
		     struct imapi_node *b, struct held *hb);

/* As face_hold(), for a change: a file on the disc is copied to the spool before */
int face_hold_staged(struct face *f, struct imapi_node *n, struct held *h);

/* Notes in the spool where a staged file is now; a directory has nothing to note */
void face_label(struct face *f, struct imapi_node *n);

/* Sets a file's size, inside the gate; what is cut off is not copied first */
int face_truncate(struct face *f, struct imapi_node *n, u64 size);

/*
 * A write went wrong that had made the file longer: its size is now what there
 * is of it. One write(2) may be several requests at once (O_DIRECT), so this
 * waits for the others; inside the gate, the file not held.
 */
void face_fit_size(struct face *f, struct imapi_node *n);

/**
 * face_copy - bytes of held content into a spool file
 * @f: the face
 * @h: the content
 * @off: first byte
 * @len: bytes, within the content
 * @fd: where to
 * @pos: offset there
 *
 * Return: 0 or -errno; -EIO if the medium ends before the content does.
 */
int face_copy(struct face *f, const struct held *h, u64 off, u64 len, int fd,
	      u64 pos);

struct handle *face_handle_new(struct face *f, fuse_ino_t ino, int flags);
/* Says late which file it is of: it was just created */
void face_handle_bind(struct face *f, struct handle *h, fuse_ino_t ino);
void face_handle_free(struct face *f, struct handle *h);

/* Keeps the held content's fd open for as long as the file is */
void face_handle_pin(struct face *f, struct handle *h, const struct held *held);

/* Commit: nobody uses any content from begin to end, and no handle after end */
void face_switch_begin(void *face);
void face_switch_end(void *face);

/* The tree's: nobody wants this staged content any more */
void face_drop(void *face, void *staged);

/* --- fuse_content.c --- */

void face_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void face_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void face_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
	       struct fuse_file_info *fi);
void face_write_buf(fuse_req_t req, fuse_ino_t ino, struct fuse_bufvec *in,
		    off_t off, struct fuse_file_info *fi);
void face_fsync(fuse_req_t req, fuse_ino_t ino, int datasync,
		struct fuse_file_info *fi);
void face_fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t off,
		    off_t len, struct fuse_file_info *fi);
void face_lseek(fuse_req_t req, fuse_ino_t ino, off_t off, int whence,
		struct fuse_file_info *fi);
void face_copy_file_range(fuse_req_t req, fuse_ino_t in, off_t in_off,
			  struct fuse_file_info *in_fi, fuse_ino_t out,
			  off_t out_off, struct fuse_file_info *out_fi,
			  size_t len, int flags);

/* --- fuse_commit.c --- */

/*
 * Around what may read the disc for a request, and before that is answered: a caller who
 * is killed doesn't have to wait for the end of a burn
 */
struct face_reading {
	struct face *f;
	struct gate_waiter w;
};

void face_reading_begin(struct face_reading *r, struct face *f, fuse_req_t req);
void face_reading_end(fuse_req_t req);

/* A change goes through the gate: true, or the request was answered (EINTR) */
bool face_change_begin(struct face *f, fuse_req_t req);
void face_change_end(struct face *f);

/*
 * Burns what is staged, for a request: 0 or -errno; -EINTR: the caller was killed.
 * @how: 0, or IMAPIFS_COMMIT_LAST: with the option finalize the disc is closed
 */
int face_commit(struct face *f, fuse_req_t req, unsigned int how);

/* The same when nobody can change anything any more */
int face_commit_last(struct face *f);

/* Has the kernel write back what programs changed through mmap(2) */
void face_push_dirty(struct face *f);

u64 face_room(void *face, u64 taken);
void face_statfs(fuse_req_t req, fuse_ino_t ino);
void face_ioctl(fuse_req_t req, fuse_ino_t ino, unsigned int cmd, void *arg,
		struct fuse_file_info *fi, unsigned int flags, const void *in,
		size_t in_size, size_t out_size);

#endif
