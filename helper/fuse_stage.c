// SPDX-License-Identifier: GPL-2.0-only
/* Where a file's bytes are, and moving them from the disc to the spool. */
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>
#include "fuse.h"
#include "io.h"

/* An extended attribute of a longer path wouldn't fit everywhere */
#define FACE_LABEL_BYTES	2048

/* Nodes are larger than 16 bytes, so the low bits of the address say nothing */
static pthread_rwlock_t *content_lock(struct face *f, const struct imapi_node *n)
{
	uintptr_t a = (uintptr_t)n >> 4;

	return &f->content[(a ^ a >> 7) % FACE_CONTENT_LOCKS];
}

/* With the content lock held */
static int look(struct face *f, struct imapi_node *n, struct held *h)
{
	int err = imapi_node_content(f->tree, n, &h->c);

	h->fd = -1;
	if (err || !h->c.staged)
		return err;
	h->fd = spool_use(h->c.staged);
	return h->fd < 0 ? h->fd : 0;
}

static void unlook(struct held *h)
{
	if (h->fd >= 0)
		spool_unuse(h->c.staged);
}

int face_hold(struct face *f, struct imapi_node *n, struct held *h)
{
	int err;

	pthread_rwlock_rdlock(content_lock(f, n));
	err = look(f, n, h);
	if (err)
		pthread_rwlock_unlock(content_lock(f, n));
	return err;
}

void face_let_go(struct face *f, struct imapi_node *n, struct held *h)
{
	unlook(h);
	pthread_rwlock_unlock(content_lock(f, n));
}

int face_hold_two(struct face *f, struct imapi_node *a, struct held *ha,
		  struct imapi_node *b, struct held *hb)
{
	pthread_rwlock_t *la = content_lock(f, a), *lb = content_lock(f, b);
	int err;

	pthread_rwlock_rdlock(la < lb ? la : lb);
	if (la != lb)
		pthread_rwlock_rdlock(la < lb ? lb : la);
	err = look(f, a, ha);
	if (!err) {
		err = look(f, b, hb);
		if (!err)
			return 0;
		unlook(ha);
	}
	if (la != lb)
		pthread_rwlock_unlock(lb);
	pthread_rwlock_unlock(la);
	return err;
}

void face_let_go_two(struct face *f, struct imapi_node *a, struct held *ha,
		     struct imapi_node *b, struct held *hb)
{
	pthread_rwlock_t *la = content_lock(f, a), *lb = content_lock(f, b);

	unlook(ha);
	unlook(hb);
	if (la != lb)
		pthread_rwlock_unlock(lb);
	pthread_rwlock_unlock(la);
}

int face_copy(struct face *f, const struct held *h, u64 off, u64 len, int fd,
	      u64 pos)
{
	u64 at, run;
	int err;

	if (h->c.staged)
		return io_copy(h->fd, off, fd, pos, len);
	while (len) {
		at = imapi_content_map(&h->c, off, &run);
		if (run > len)
			run = len;
		if (!run)
			return -EIO;
		err = recorder_copy_to(f->rec, at, fd, pos, run);
		if (err)
			return err;
		off += run;
		pos += run;
		len -= run;
	}
	return 0;
}

/* The node's place is noted with its bytes; @file is what it has staged */
static void label(struct face *f, struct imapi_node *n, struct spool_file *file)
{
	char buf[FACE_LABEL_BYTES];
	const char *path = imapi_node_path(f->tree, n, buf, sizeof(buf));

	if (path)
		spool_label(file, path);
}

void face_label(struct face *f, struct imapi_node *n)
{
	struct held h;

	if (face_hold(f, n, &h))
		return;
	if (h.c.staged)
		label(f, n, h.c.staged);
	face_let_go(f, n, &h);
}

/*
 * From now on @n is staged, with the first @keep bytes of what it was; held
 * exclusive, inside the gate. @h is of the old content and then of the new.
 */
static int copy_up(struct face *f, struct imapi_node *n, struct held *h, u64 keep)
{
	struct spool_file *file;
	int err, fd;

	/* mount -o remount,rw turns the kernel's half of a read-only mount alone */
	if (!f->spool)
		return -EROFS;
	err = spool_create(f->spool, &file);
	if (err)
		return err;
	fd = spool_use(file);
	err = fd < 0 ? fd : face_copy(f, h, 0, keep, fd, 0);
	if (!err)
		err = imapi_node_stage(f->tree, n, file, keep, face_now());
	if (!err)
		label(f, n, file);
	if (fd >= 0)
		spool_unuse(file);
	if (err)
		spool_drop(file);
	spool_unuse(file);
	return err ? err : look(f, n, h);
}

int face_hold_staged(struct face *f, struct imapi_node *n, struct held *h)
{
	int err;

	/* Inside the gate nothing that is staged is burned, so this ends */
	for (;;) {
		err = face_hold(f, n, h);
		if (err || h->c.staged)
			return err;
		face_let_go(f, n, h);

		pthread_rwlock_wrlock(content_lock(f, n));
		err = look(f, n, h);
		if (!err && !h->c.staged)
			err = copy_up(f, n, h, h->c.size);
		if (!err)
			unlook(h);
		pthread_rwlock_unlock(content_lock(f, n));
		if (err)
			return err;
	}
}

/* A staged file, held exclusive */
static int set_size(struct face *f, struct imapi_node *n, const struct held *h,
		    u64 size)
{
	int err;

	/* Growing, the tree is asked first: it may have no room */
	if (size > h->c.size) {
		err = imapi_node_resize(f->tree, n, size, 0, face_now());
		if (err || !ftruncate(h->fd, (off_t)size))
			return err;
		err = -errno;
		imapi_node_resize(f->tree, n, h->c.size, 0, face_now());
		return err;
	}
	if (ftruncate(h->fd, (off_t)size))
		return -errno;
	return imapi_node_resize(f->tree, n, size, 0, face_now());
}

int face_truncate(struct face *f, struct imapi_node *n, u64 size)
{
	struct held h;
	int err;

	pthread_rwlock_wrlock(content_lock(f, n));
	err = look(f, n, &h);
	if (err)
		goto out;
	if (!h.c.staged && size == h.c.size) {
		err = imapi_node_set_mtime(f->tree, n, face_now());
		goto out;
	}
	if (!h.c.staged)
		err = copy_up(f, n, &h, size < h.c.size ? size : h.c.size);
	if (err)
		goto out;
	err = set_size(f, n, &h, size);
	unlook(&h);
out:
	pthread_rwlock_unlock(content_lock(f, n));
	return err;
}

void face_fit_size(struct face *f, struct imapi_node *n)
{
	struct stat st;
	struct held h;

	pthread_rwlock_wrlock(content_lock(f, n));
	if (!look(f, n, &h)) {
		if (h.c.staged && !fstat(h.fd, &st) && (u64)st.st_size < h.c.size)
			imapi_node_resize(f->tree, n, (u64)st.st_size, 0, face_now());
		unlook(&h);
	}
	pthread_rwlock_unlock(content_lock(f, n));
}

struct handle *face_handle_new(struct face *f, fuse_ino_t ino, int flags)
{
	struct handle *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->ino = ino;
	h->writer = (flags & O_ACCMODE) != O_RDONLY;
	pthread_mutex_lock(&f->handles_lock);
	h->next = f->handles;
	h->link = &f->handles;
	if (h->next)
		h->next->link = &h->next;
	f->handles = h;
	pthread_mutex_unlock(&f->handles_lock);
	return h;
}

void face_handle_bind(struct face *f, struct handle *h, fuse_ino_t ino)
{
	pthread_mutex_lock(&f->handles_lock);
	h->ino = ino;
	pthread_mutex_unlock(&f->handles_lock);
}

/* With handles_lock held */
static void unpin(struct handle *h)
{
	if (h->pin)
		spool_unuse(h->pin);
	h->pin = NULL;
}

void face_handle_free(struct face *f, struct handle *h)
{
	pthread_mutex_lock(&f->handles_lock);
	unpin(h);
	*h->link = h->next;
	if (h->next)
		h->next->link = h->link;
	pthread_mutex_unlock(&f->handles_lock);
	free(h);
}

void face_handle_pin(struct face *f, struct handle *h, const struct held *held)
{
	pthread_mutex_lock(&f->handles_lock);
	if (h->pin != held->c.staged) {
		unpin(h);
		if (held->c.staged && spool_use(held->c.staged) >= 0)
			h->pin = held->c.staged;
	}
	pthread_mutex_unlock(&f->handles_lock);
}

void face_switch_begin(void *face)
{
	struct face *f = face;
	int i;

	for (i = 0; i < FACE_CONTENT_LOCKS; i++)
		pthread_rwlock_wrlock(&f->content[i]);
}

/* What was burned is no longer in the spool, but an open fd would keep it on disk */
void face_switch_end(void *face)
{
	struct face *f = face;
	struct handle *h;
	int i;

	pthread_mutex_lock(&f->handles_lock);
	for (h = f->handles; h; h = h->next)
		unpin(h);
	pthread_mutex_unlock(&f->handles_lock);
	for (i = 0; i < FACE_CONTENT_LOCKS; i++)
		pthread_rwlock_unlock(&f->content[i]);
}

void face_drop(void *face, void *staged)
{
	(void)face;
	spool_drop(staged);
}
