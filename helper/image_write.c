// SPDX-License-Identifier: GPL-2.0-only
/* Images: writing a session behind the last one, and the write that commits it */
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <unistd.h>
#include "image.h"
#include "io.h"
#include "overwritable.h"

/* One call copies no more, so that progress moves and a cancel is heard */
#define IMAGE_COPY	(8u << 20)
/* Write-back starts when so much has come together: little is left for the flush */
#define IMAGE_PUSH	(16u << 20)
/* Smaller files go through the buffer: one write for many of them */
#define IMAGE_SMALL	(IMAGE_BUFFER / 4)

#define FAT_MAX_FILE	0xffffffffu

/* To the caller a full disk, a full quota and a file size limit are the same */
static int full(int err)
{
	return err == -EDQUOT || err == -EFBIG ? -ENOSPC : err;
}

/* Bytes that the file may grow to */
static u64 file_limit(const struct statfs *fs)
{
	u64 limit = (u64)UINT32_MAX * IMAPI_BLOCK;
	struct rlimit size;

	if (fs->f_type == MSDOS_SUPER_MAGIC)
		limit = FAT_MAX_FILE;
	if (!getrlimit(RLIMIT_FSIZE, &size) && size.rlim_cur < limit)
		limit = size.rlim_cur;
	return limit;
}

/* What is allocated behind the next writable address already; never too much */
static u64 allocated_tail(const struct stat *st, u64 pos)
{
	u64 allocated = (u64)st->st_blocks * 512;
	u64 tail;

	if ((u64)st->st_size <= pos || allocated <= pos)
		return 0;
	tail = (u64)st->st_size - pos;
	return tail < allocated - pos ? tail : allocated - pos;
}

u64 image_room(struct recorder *r)
{
	struct image *im = to_image(r);
	u64 pos = __atomic_load_n(&r->nwa, __ATOMIC_RELAXED) * (u64)IMAPI_BLOCK;
	u64 room, limit, bytes;
	struct statfs fs;
	struct stat st;

	if (im->disk) {
		bytes = __atomic_load_n(&im->bytes, __ATOMIC_RELAXED);
		return bytes > pos ? (bytes - pos) / IMAPI_BLOCK : 0;
	}
	if (fstatfs(im->fd, &fs) || fstat(im->fd, &st))
		return 0;
	limit = file_limit(&fs);
	if (limit <= pos)
		return 0;
	room = (u64)fs.f_bavail * (u64)fs.f_frsize + allocated_tail(&st, pos);
	return (room < limit - pos ? room : limit - pos) / IMAPI_BLOCK;
}

/*
 * A first session needs its head, and must not find out at the end that it has none. On a
 * device nothing that was there before may go on where it ends, as its second one.
 */
static int write_blank_head(struct image *im, u32 blocks)
{
	u32 stale = im->disk ? overwritable_stale_at(&im->rec.source,
						     (u64)im->rec.nwa + blocks) : 0;
	int err;

	memset(im->buf, 0, IMAGE_BLANK_HEAD);
	err = io_write(im->fd, im->buf, IMAGE_BLANK_HEAD, 0);
	if (!err && stale)
		err = io_write(im->fd, im->buf, IMAGE_BLANK_HEAD, (u64)stale * IMAPI_BLOCK);
	return full(err);
}

/*
 * What a killed burn left is cut off for good, also if this one fails: the end
 * of it would stand between this session and the next one, where nobody can tell
 * whose it is, and libburnia's chain of sessions has no gaps. Zeros and holes
 * stay: they may be the length that somebody gave the file.
 */
static int cut_leftover(struct image *im)
{
	u64 end = im->rec.blank ? 0 : im->pos;
	int ret;

	if (im->disk || im->before <= im->pos)
		return 0;
	ret = image_unfinished_at(im, im->before, im->rec.nwa);
	if (ret <= 0)
		return ret;
	if (ftruncate(im->fd, (off_t)end))
		return full(-errno);
	im->before = end;
	return 0;
}

/* Also much faster than to let the file grow while it is written */
static int reserve(const struct image *im, u32 blocks)
{
	if (im->disk || !fallocate(im->fd, FALLOC_FL_KEEP_SIZE, (off_t)im->pos,
				   (off_t)(blocks * (u64)IMAPI_BLOCK)))
		return 0;
	return full(-errno) == -ENOSPC ? -ENOSPC : 0;
}

int image_begin(struct recorder *r, u32 blocks)
{
	struct image *im = to_image(r);
	struct stat st;
	int err;

	if (!im->buf)
		im->buf = malloc(IMAGE_BUFFER);
	if (!im->buf)
		return -ENOMEM;
	if (fstat(im->fd, &st))
		return -errno;
	im->before = (u64)st.st_size;
	im->pos = im->rec.nwa * (u64)IMAPI_BLOCK;
	im->pushed = im->pos;
	im->fill = 0;
	im->recording = true;
	err = cut_leftover(im);
	if (!err)
		err = reserve(im, blocks);
	if (err)
		return err;
	return im->rec.blank ? write_blank_head(im, blocks) : 0;
}

static int progress(const struct image *im, u64 bytes)
{
	return im->rec.progress ? progress_add(im->rec.progress, bytes) : 0;
}

static u64 written(const struct image *im)
{
	return im->pos - im->fill;
}

/* Only a hint, so its result doesn't matter: the flush is what has to succeed */
static void push(struct image *im)
{
	u64 end = written(im);

	if (end - im->pushed < IMAGE_PUSH)
		return;
	sync_file_range(im->fd, (off_t)im->pushed, (off_t)(end - im->pushed),
			SYNC_FILE_RANGE_WRITE);
	im->pushed = end;
}

static int drain(struct image *im)
{
	int err;

	err = full(io_write(im->fd, im->buf, im->fill, written(im)));
	if (err)
		return err;
	im->fill = 0;
	push(im);
	return 0;
}

int image_write(struct recorder *r, const void *buf, u32 count)
{
	struct image *im = to_image(r);
	u64 left = (u64)count * IMAPI_BLOCK;
	int err = 0;
	u32 part;

	while (left && !err) {
		part = IMAGE_BUFFER - im->fill;
		if (part > left)
			part = (u32)left;
		memcpy(im->buf + im->fill, buf, part);
		buf = (const u8 *)buf + part;
		im->fill += part;
		im->pos += part;
		left -= part;
		if (im->fill == IMAGE_BUFFER)
			err = drain(im);
		if (!err)
			err = progress(im, part);
	}
	return err;
}

/* @size bytes, not over IMAGE_BUFFER, from @fd at @from, and @pad zeros behind them */
static int copy_buffered(struct image *im, int fd, u64 from, u32 size, u32 pad)
{
	int err;

	if (size + pad > IMAGE_BUFFER - im->fill) {
		err = drain(im);
		if (err)
			return err;
	}
	err = io_read(fd, im->buf + im->fill, size, from);
	if (err)
		return err;
	memset(im->buf + im->fill + size, 0, pad);
	im->fill += size + pad;
	im->pos += size + pad;
	return progress(im, size + pad);
}

/* The first @size bytes of @fd, a multiple of blocks, in steps that can be cancelled */
static int copy_steps(struct image *im, int fd, u64 size)
{
	u64 from, part;
	int err;

	for (from = 0; from < size; from += part) {
		part = size - from < IMAGE_COPY ? size - from : IMAGE_COPY;
		err = full(io_copy(fd, from, im->fd, im->pos, part));
		/* Also after an error: nobody knows how far it came */
		im->pos += part;
		if (err)
			return err;
		push(im);
		err = progress(im, part);
		if (err)
			return err;
	}
	return 0;
}

int image_copy(struct recorder *r, int fd, u64 size)
{
	struct image *im = to_image(r);
	u32 tail = size % IMAPI_BLOCK;
	int err;

	if (size <= IMAGE_SMALL)
		return copy_buffered(im, fd, 0, (u32)size, -(u32)size % IMAPI_BLOCK);
	err = drain(im);
	if (!err)
		err = copy_steps(im, fd, size - tail);
	if (!err && tail)
		err = copy_buffered(im, fd, size - tail, tail, IMAPI_BLOCK - tail);
	return err;
}

int image_flush(struct recorder *r)
{
	struct image *im = to_image(r);
	int err;

	err = drain(im);
	if (err)
		return err;
	return fdatasync(im->fd) ? full(-errno) : 0;
}

/* For a device as well: this drops its clean pages, which is what BLKFLSBUF does */
int image_settle(struct recorder *r)
{
	struct image *im = to_image(r);

	return -posix_fadvise(im->fd, (off_t)(r->nwa * (u64)IMAPI_BLOCK), 0,
			      POSIX_FADV_DONTNEED);
}

static int write_head(struct image *im, const void *head, u32 len)
{
	u64 pos = IMAPI_SYSTEM_BLOCKS * IMAPI_BLOCK;
	int err;

	err = full(io_write(im->fd, head, len, pos));
	if (err)
		return err;
	if (fsync(im->fd))
		return full(-errno);
	err = -posix_fadvise(im->fd, 0, IMAGE_BLANK_HEAD, POSIX_FADV_DONTNEED);
	if (err)
		return err;
	err = io_read(im->fd, im->buf, len, pos);
	if (err)
		return err;
	return memcmp(im->buf, head, len) ? -EIO : 0;
}

int image_put_head_back(struct image *im)
{
	int err;

	err = full(io_write(im->fd, im->head, im->head_len,
			    IMAPI_SYSTEM_BLOCKS * IMAPI_BLOCK));
	if (!err && fsync(im->fd))
		err = full(-errno);
	if (!err)
		err = image_rescan(im);
	im->torn = err;
	return err;
}

static int make_newest(struct image *im, const void *head)
{
	const struct recorder *r = &im->rec;
	u32 start = r->nwa;
	int err;

	err = write_head(im, head, im->head_len);
	if (!err)
		err = image_rescan(im);
	if (err)
		return err;
	if (r->sessions.headless || !r->sessions.nr)
		return -EIO;
	return r->sessions.list[r->sessions.nr - 1].start == start ? 0 : -EIO;
}

/*
 * If the write or its flush fails nobody can tell what the medium holds: one
 * head, the other, or a part of each. So the old one is put back: a commit that
 * failed has changed nothing. If that fails too, both sessions have to stay whole
 * (image_abort()), and it is tried again before the next commit, and at the end.
 */
int image_finish(struct recorder *r, const void *head, u32 count)
{
	struct image *im = to_image(r);
	int err;

	/* In a file that was deleted meanwhile the session would be lost */
	err = image_check_place(im);
	if (err)
		return err;
	im->head_len = count * IMAPI_BLOCK;
	err = io_read(im->fd, im->head, im->head_len, IMAPI_SYSTEM_BLOCKS * IMAPI_BLOCK);
	if (err)
		return err;
	err = make_newest(im, head);
	if (err)
		image_put_head_back(im);
	else
		im->recording = false;
	return err;
}

/*
 * A file gets its old length back, unless somebody else has made it longer
 * meanwhile. What was written within that length was padding or a hole, and
 * find_nwa() knows it for ours.
 */
void image_abort(struct recorder *r)
{
	struct image *im = to_image(r);
	u64 written_to = im->pos > im->before ? im->pos : im->before;
	struct stat st;

	if (!im->recording)
		return;
	im->recording = false;
	/* Torn: the session may be the one that block 16 names */
	if (im->torn || im->disk || fstat(im->fd, &st) || (u64)st.st_size > written_to)
		return;
	/* A blank one may have been a hole: it is one again */
	if (r->blank && ftruncate(im->fd, 0))
		return;
	/* What can't be cut off is found and written over by the next commit */
	if (!ftruncate(im->fd, (off_t)im->before))
		__atomic_store_n(&im->bytes, im->before, __ATOMIC_RELAXED);
}
