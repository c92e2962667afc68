// SPDX-License-Identifier: GPL-2.0-only
/* Requests about what is in files. */
#include <fcntl.h>
#include <linux/falloc.h>
#include <unistd.h>
#include "fuse.h"

static struct handle *handle_of(const struct fuse_file_info *fi)
{
	return fi ? (struct handle *)(uintptr_t)fi->fh : NULL;
}

static void pin(struct face *f, const struct fuse_file_info *fi,
		const struct held *held)
{
	struct handle *h = handle_of(fi);

	if (h)
		face_handle_pin(f, h, held);
}

static int open_truncated(fuse_req_t req, struct face *f, fuse_ino_t ino)
{
	int err;

	if (!face_change_begin(f, req))
		return 1;
	err = face_truncate(f, face_node(f, ino), 0);
	face_change_end(f);
	return err;
}

void face_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct face *f = face_of(req);
	struct handle *h;
	int err;

	/*
	 * Nothing is kept for a file that is only read, so a read-only mount
	 * tells the kernel not to ask again.
	 */
	if (!f->spool) {
		fuse_reply_err(req, ENOSYS);
		return;
	}
	if (fi->flags & O_TRUNC) {
		err = open_truncated(req, f, ino);
		if (err) {
			if (err < 0)
				fuse_reply_err(req, -err);
			return;
		}
	}
	h = face_handle_new(f, ino, fi->flags);
	if (!h) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	fi->fh = (uintptr_t)h;
	fi->keep_cache = 1;
	if (fuse_reply_open(req, fi))
		face_handle_free(f, h);
}

void face_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct handle *h = handle_of(fi);

	(void)ino;
	if (h)
		face_handle_free(face_of(req), h);
	fuse_reply_err(req, 0);
}

/*
 * The pieces of the image that hold bytes @off to @off + @len: one, but where
 * a file has several extents or is interleaved.
 */
static struct fuse_bufvec *image_pieces(struct face *f,
					const struct imapi_content *c,
					u64 off, u64 len)
{
	struct fuse_bufvec *v = NULL, *grown;
	size_t nr = 0, room = 0;
	u64 at, run;

	while (len) {
		at = imapi_content_map(c, off, &run);
		if (!run)
			break;
		if (run > len)
			run = len;
		if (nr == room) {
			room = room ? 8 * room : 1;
			grown = realloc(v, sizeof(*v) + room * sizeof(v->buf[0]));
			if (!grown) {
				free(v);
				return NULL;
			}
			v = grown;
		}
		v->buf[nr++] = (struct fuse_buf) {
			.size = run,
			.flags = FUSE_BUF_IS_FD | FUSE_BUF_FD_SEEK |
				 FUSE_BUF_FD_RETRY,
			.fd = f->rec->fd,
			.pos = (off_t)at,
		};
		off += run;
		len -= run;
	}
	if (v) {
		v->count = nr;
		v->idx = 0;
		v->off = 0;
	}
	return v;
}

static int read_disc(struct face *f, const struct imapi_content *c, u64 off, u8 *buf,
		     u32 len)
{
	u32 part;
	u64 at, run;
	int err;

	for (; len; off += part, buf += part, len -= part) {
		at = imapi_content_map(c, off, &run);
		if (!run)
			return -EIO;
		part = run < len ? (u32)run : len;
		err = recorder_read(f->rec, at, buf, part);
		if (err)
			return err;
	}
	return 0;
}

/* A disc in a drive has no descriptor that its bytes could be spliced from */
static void reply_disc(fuse_req_t req, struct face *f, const struct imapi_content *c,
		       u64 off, u64 len)
{
	struct face_reading reading;
	u8 *buf = malloc(len);
	int err;

	face_reading_begin(&reading, f, req);
	err = buf ? read_disc(f, c, off, buf, (u32)len) : -ENOMEM;
	face_reading_end(req);
	if (err)
		fuse_reply_err(req, -err);
	else
		fuse_reply_buf(req, (const char *)buf, len);
	free(buf);
}

static void reply_image(fuse_req_t req, struct face *f,
			const struct imapi_content *c, u64 off, u64 len)
{
	struct fuse_bufvec *v;

	if (f->rec->fd < 0) {
		reply_disc(req, f, c, off, len);
		return;
	}
	v = image_pieces(f, c, off, len);
	if (!v) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	/* libfuse makes its pipe too small for pieces below a page */
	fuse_reply_data(req, v, v->count > 1 ? FUSE_BUF_NO_SPLICE : 0);
	free(v);
}

void face_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
	       struct fuse_file_info *fi)
{
	struct fuse_bufvec v = FUSE_BUFVEC_INIT(0);
	struct face *f = face_of(req);
	struct imapi_node *n = face_node(f, ino);
	struct held h;
	u64 len;
	int err;

	err = face_hold(f, n, &h);
	if (err) {
		fuse_reply_err(req, -err);
		return;
	}
	pin(f, fi, &h);
	len = (u64)off < h.c.size ? h.c.size - (u64)off : 0;
	if (len > size)
		len = size;
	if (!len) {
		fuse_reply_buf(req, NULL, 0);
	} else if (h.c.staged) {
		v.buf[0].size = len;
		v.buf[0].flags = FUSE_BUF_IS_FD | FUSE_BUF_FD_SEEK |
				 FUSE_BUF_FD_RETRY;
		v.buf[0].fd = h.fd;
		v.buf[0].pos = off;
		fuse_reply_data(req, &v, 0);
	} else {
		reply_image(req, f, &h.c, (u64)off, len);
	}
	face_let_go(f, n, &h);
}

/* What grew the file went wrong. The kernel lets nothing else grow it meanwhile */
static void shrink_back(struct face *f, struct imapi_node *n, const struct held *h)
{
	if (!ftruncate(h->fd, (off_t)h->c.size))
		imapi_node_resize(f->tree, n, h->c.size, 0, face_now());
}

/* Bytes written, or -errno */
static ssize_t write_staged(struct face *f, struct imapi_node *n,
			    const struct held *h, struct fuse_bufvec *in, u64 off)
{
	struct fuse_bufvec out = FUSE_BUFVEC_INIT(fuse_buf_size(in));
	u64 len = out.buf[0].size;
	ssize_t done;
	int err;

	if (off > INT64_MAX - len)
		return -EFBIG;
	err = imapi_node_resize(f->tree, n, off + len, IMAPI_GROW, face_now());
	if (err)
		return err;
	out.buf[0].flags = FUSE_BUF_IS_FD | FUSE_BUF_FD_SEEK;
	out.buf[0].fd = h->fd;
	out.buf[0].pos = (off_t)off;
	done = fuse_buf_copy(&out, in, 0);
	/* Nothing written, and no word why: the spool's disk is full */
	return done || !len ? done : -ENOSPC;
}

void face_write_buf(fuse_req_t req, fuse_ino_t ino, struct fuse_bufvec *in,
		    off_t off, struct fuse_file_info *fi)
{
	struct face *f = face_of(req);
	struct imapi_node *n = face_node(f, ino);
	size_t len = fuse_buf_size(in);
	struct held h;
	ssize_t done;

	if (!face_change_begin(f, req))
		return;
	done = face_hold_staged(f, n, &h);
	if (!done) {
		pin(f, fi, &h);
		done = write_staged(f, n, &h, in, (u64)off);
		face_let_go(f, n, &h);
		if (done < (ssize_t)len)
			face_fit_size(f, n);
	}
	face_change_end(f);
	if (done < 0)
		fuse_reply_err(req, (int)-done);
	else
		fuse_reply_write(req, (size_t)done);
}

/* As durable as the spool is; what is on the disc is already */
void face_fsync(fuse_req_t req, fuse_ino_t ino, int datasync,
		struct fuse_file_info *fi)
{
	struct face *f = face_of(req);
	struct imapi_node *n = face_node(f, ino);
	struct held h;
	int err;

	(void)fi;
	err = face_hold(f, n, &h);
	if (!err) {
		if (h.c.staged && (datasync ? fdatasync(h.fd) : fsync(h.fd)))
			err = -errno;
		face_let_go(f, n, &h);
	}
	fuse_reply_err(req, -err);
}

static int allocate(struct face *f, struct imapi_node *n, const struct held *h,
		    int mode, off_t off, off_t len)
{
	u64 end = (u64)off + (u64)len;
	int err = 0;

	if (!mode)
		err = imapi_node_resize(f->tree, n, end, IMAPI_GROW, face_now());
	else if (mode & FALLOC_FL_PUNCH_HOLE)
		err = imapi_node_set_mtime(f->tree, n, face_now());
	if (err || !fallocate(h->fd, mode, off, len))
		return err;
	err = -errno;
	if (!mode && end > h->c.size)
		shrink_back(f, n, h);
	return err;
}

void face_fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t off,
		    off_t len, struct fuse_file_info *fi)
{
	struct face *f = face_of(req);
	struct imapi_node *n = face_node(f, ino);
	struct held h;
	int err;

	(void)fi;
	if (mode && mode != FALLOC_FL_KEEP_SIZE &&
	    mode != (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)) {
		fuse_reply_err(req, EOPNOTSUPP);
		return;
	}
	if (!face_change_begin(f, req))
		return;
	err = face_hold_staged(f, n, &h);
	if (!err) {
		err = allocate(f, n, &h, mode, off, len);
		face_let_go(f, n, &h);
	}
	face_change_end(f);
	fuse_reply_err(req, -err);
}

/* On the disc a file has no holes */
static off_t seek_disc(u64 size, off_t off, int whence)
{
	if ((u64)off >= size)
		return -ENXIO;
	return whence == SEEK_DATA ? off : (off_t)size;
}

void face_lseek(fuse_req_t req, fuse_ino_t ino, off_t off, int whence,
		struct fuse_file_info *fi)
{
	struct face *f = face_of(req);
	struct imapi_node *n = face_node(f, ino);
	struct held h;
	off_t at;
	int err;

	(void)fi;
	err = face_hold(f, n, &h);
	if (err) {
		fuse_reply_err(req, -err);
		return;
	}
	if (h.c.staged) {
		at = lseek(h.fd, off, whence);
		if (at < 0)
			at = -errno;
	} else {
		at = seek_disc(h.c.size, off, whence);
	}
	face_let_go(f, n, &h);
	if (at < 0)
		fuse_reply_err(req, (int)-at);
	else
		fuse_reply_lseek(req, at);
}

/* The reply has 32 bits for how much was copied, and older kernels ask for more */
#define COPY_MOST	(1u << 30)

/* Both files are held, @to is staged */
static ssize_t copy_range(struct face *f, const struct held *from, u64 from_off,
			  struct imapi_node *n, const struct held *to, u64 to_off,
			  u64 len)
{
	int err;

	if (from_off >= from->c.size)
		return 0;
	if (len > from->c.size - from_off)
		len = from->c.size - from_off;
	if (len > COPY_MOST)
		len = COPY_MOST;
	if (to_off > INT64_MAX - len)
		return -EFBIG;
	err = imapi_node_resize(f->tree, n, to_off + len, IMAPI_GROW, face_now());
	if (err)
		return err;
	err = face_copy(f, from, from_off, len, to->fd, to_off);
	if (err && to_off + len > to->c.size)
		shrink_back(f, n, to);
	return err ? err : (ssize_t)len;
}

void face_copy_file_range(fuse_req_t req, fuse_ino_t in, off_t in_off,
			  struct fuse_file_info *in_fi, fuse_ino_t out,
			  off_t out_off, struct fuse_file_info *out_fi,
			  size_t len, int flags)
{
	struct face *f = face_of(req);
	struct imapi_node *a = face_node(f, in), *b = face_node(f, out);
	struct held from, to;
	ssize_t done;

	(void)in_fi;
	(void)out_fi;
	(void)flags;
	if (!face_change_begin(f, req))
		return;
	done = face_hold_staged(f, b, &to);
	if (!done) {
		/* Inside the gate it stays staged */
		face_let_go(f, b, &to);
		done = face_hold_two(f, a, &from, b, &to);
	}
	if (!done) {
		done = copy_range(f, &from, (u64)in_off, b, &to, (u64)out_off,
				  len);
		face_let_go_two(f, a, &from, b, &to);
	}
	face_change_end(f);
	if (done < 0)
		fuse_reply_err(req, (int)-done);
	else
		fuse_reply_write(req, (size_t)done);
}
