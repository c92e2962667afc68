// SPDX-License-Identifier: GPL-2.0-only
/* Images: what is in the file, where the next session goes, is it still the same */
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "compose.h"
#include "image.h"
#include "io.h"
#include "overwritable.h"

/* A longer tail is taken for somebody's rather than read through at each mount */
#define TAIL_MAX_READ	(64u << 20)

/* What a look at the medium gives; moved into struct recorder if it is wanted */
struct image_state {
	struct imapi_sessions sessions;
	struct imapi_identity identity;
	u64 bytes;
	u32 blocks;
	u32 nwa;
	bool blank;
	bool writable;
	const char *why;
};

static int image_read(void *ctx, u32 lba, u32 count, void *buf)
{
	struct image *im = ctx;

	return io_read(im->fd, buf, (size_t)count * IMAPI_BLOCK,
			   (u64)lba * IMAPI_BLOCK);
}

static bool all_zero(const u8 *buf, size_t len)
{
	return !len || (!buf[0] && !memcmp(buf, buf + 1, len - 1));
}

/* Are the @len bytes from @pos, or those of them that are there, all zero? 1, 0, -errno */
static int range_zero(const struct image *im, u64 bytes, u64 pos, u32 len)
{
	u8 buf[IMAPI_SESSION_ALIGN * IMAPI_BLOCK];
	u32 part;
	int err;

	for (; len && pos < bytes; pos += part, len -= part) {
		part = len < sizeof(buf) ? len : sizeof(buf);
		if (part > bytes - pos)
			part = (u32)(bytes - pos);
		err = io_read(im->fd, buf, part, pos);
		if (err)
			return err;
		if (!all_zero(buf, part))
			return 0;
	}
	return 1;
}

int image_unfinished_at(const struct image *im, u64 bytes, u32 start)
{
	const struct imapi_source src = {
		.read = image_read,
		.ctx = (void *)(uintptr_t)im,
		.blocks = bytes / IMAPI_BLOCK > UINT32_MAX ? UINT32_MAX :
							     (u32)(bytes / IMAPI_BLOCK),
	};

	return overwritable_begun_at(&src, start);
}

static bool data_from(const struct image *im, u64 pos)
{
	return lseek(im->fd, (off_t)pos, SEEK_DATA) >= 0 || errno != ENXIO;
}

/*
 * Blank is what holds nothing of anybody's: an empty file, one hole, a device
 * that begins with zeros, and what a first commit left behind that never came
 * to its end. A file of zeros that were written is somebody's.
 */
static int is_blank(const struct image *im, const struct imapi_source *src, u64 bytes)
{
	u32 look = 2 * IMAGE_BLANK_HEAD;
	int ret;

	if (!bytes)
		return 1;
	if (!im->disk && !data_from(im, 0))
		return 1;
	ret = range_zero(im, bytes, 0, IMAGE_BLANK_HEAD);
	if (ret <= 0)
		return ret;
	ret = image_unfinished_at(im, bytes, IMAPI_FIRST_SESSION);
	if (ret)
		return ret < 0 ? ret : !overwritable_has_chain(src);
	ret = range_zero(im, bytes, 0, look);
	if (ret <= 0 || im->disk)
		return ret;
	return !data_from(im, look);
}

/* Is @pos to the end nothing but holes and zeros? 1, 0, -errno */
static int tail_is_zero(const struct image *im, u64 bytes, u64 pos)
{
	u32 chunk = IMAPI_SESSION_ALIGN * IMAPI_BLOCK;
	u64 left = TAIL_MAX_READ;
	off_t data;
	int ret;

	for (; pos < bytes && left; pos += chunk, left -= chunk) {
		data = lseek(im->fd, (off_t)pos, SEEK_DATA);
		if (data < 0 && errno == ENXIO)
			return 1;
		if (data > 0)
			pos = (u64)data;
		ret = range_zero(im, bytes, pos, chunk);
		if (ret <= 0)
			return ret;
	}
	return pos >= bytes;
}

/*
 * Behind the newest session: what a device has there is free, as the medium of
 * an overwritable disc is. A file may have been given a tail by somebody who
 * wants it, so only padding and what we began ourselves is written over.
 */
static int find_nwa(const struct image *im, u64 bytes, u64 end, u64 *nwa)
{
	u64 pos;
	int ret;

	*nwa = overwritable_align(end);
	pos = *nwa * IMAPI_BLOCK;
	if (im->disk || pos >= bytes || *nwa > UINT32_MAX)
		return 0;
	ret = image_unfinished_at(im, bytes, (u32)*nwa);
	if (!ret)
		ret = tail_is_zero(im, bytes, pos);
	if (ret < 0)
		return ret;
	if (!ret)
		*nwa = overwritable_align((bytes + IMAPI_BLOCK - 1) / IMAPI_BLOCK);
	return 0;
}

static const char *why_not_writable(const struct image *im,
				    const struct image_state *st, u64 nwa)
{
	if (im->denied)
		return im->denied;
	if (nwa > UINT32_MAX - 2 * IMAPI_SESSION_ALIGN)
		return "there is no room for another session";
	if (im->disk && nwa + 2 * IMAPI_SESSION_ALIGN > st->blocks)
		return "there is no room for another session";
	if (st->blank)
		return NULL;
	if (st->sessions.end > st->blocks)
		return "the image is truncated: its last session is longer than the file";
	if (im->disk && st->sessions.headless)
		return "the descriptors at block 16 are damaged; shown is the newest session that was found";
	return overwritable_why_not(&st->sessions.list[st->sessions.nr - 1].vol, nwa);
}

static int medium_size(const struct image *im, const struct stat *st, u64 *bytes)
{
	if (!im->disk) {
		*bytes = (u64)st->st_size;
		return 0;
	}
	return ioctl(im->fd, BLKGETSIZE64, bytes) ? -errno : 0;
}

/*
 * The descriptors that count are those at block 16, which any program that
 * appends has to write over; the newest session's own may differ from them.
 */
static int identify(struct image_state *state, const struct imapi_source *src,
		    const struct image *im, const struct stat *st)
{
	struct imapi_identity *id = &state->identity;
	u64 number[2] = { st->st_dev, st->st_ino };
	struct imapi_volume vol;
	int err;

	if (im->disk) {
		number[0] = st->st_rdev;
		number[1] = 0;
	}
	memcpy(id->medium, number, sizeof(number));
	id->medium_len = sizeof(number);
	id->sessions = state->sessions.nr;
	id->nwa = state->nwa;
	if (state->blank)
		return 0;
	if (state->sessions.headless) {
		id->descriptors = state->sessions.list[state->sessions.nr - 1].vol.hash;
		return 0;
	}
	err = imapi_volume_read(src, IMAPI_SYSTEM_BLOCKS, &vol);
	if (err)
		return err;
	id->descriptors = vol.hash;
	return 0;
}

/* On success the caller owns @state->sessions.list */
static int read_state(struct image *im, struct image_state *state)
{
	struct imapi_source src = { .read = image_read, .ctx = im };
	u64 nwa = IMAPI_FIRST_SESSION;
	struct stat st;
	int err;

	memset(state, 0, sizeof(*state));
	if (fstat(im->fd, &st))
		return -errno;
	err = medium_size(im, &st, &state->bytes);
	if (err)
		return err;
	src.blocks = state->bytes / IMAPI_BLOCK > UINT32_MAX ?
			UINT32_MAX : (u32)(state->bytes / IMAPI_BLOCK);
	state->blocks = src.blocks;
	err = is_blank(im, &src, state->bytes);
	if (err < 0)
		return err;
	state->blank = err;
	err = 0;
	if (!state->blank) {
		err = imapi_sessions_scan(&src, &state->sessions);
		if (err == -EMEDIUMTYPE && range_zero(im, state->bytes, 0, IMAGE_BLANK_HEAD) == 1)
			return -ENODATA;
		if (err)
			return err;
		err = find_nwa(im, state->bytes, state->sessions.end, &nwa);
	}
	state->why = why_not_writable(im, state, nwa);
	state->writable = !state->why;
	state->nwa = nwa > UINT32_MAX ? UINT32_MAX : (u32)nwa;
	if (!err)
		err = identify(state, &src, im, &st);
	if (err)
		core_free(state->sessions.list);
	return err;
}

int image_rescan(struct image *im)
{
	struct recorder *r = &im->rec;
	struct image_state state;
	int err;

	err = read_state(im, &state);
	if (err)
		return err;
	core_free(r->sessions.list);
	r->sessions = state.sessions;
	r->identity = state.identity;
	r->blank = state.blank;
	r->writable = state.writable;
	r->why = state.why;
	/* Others look at these, for room and to read, while a commit ends */
	__atomic_store_n(&r->nwa, state.nwa, __ATOMIC_RELAXED);
	__atomic_store_n(&im->bytes, state.bytes, __ATOMIC_RELAXED);
	__atomic_store_n(&r->source.blocks, state.blocks, __ATOMIC_RELAXED);
	return 0;
}

int image_check_place(struct image *im)
{
	struct stat open_st, path_st;

	im->rec.trouble = NULL;
	if (fstat(im->fd, &open_st))
		return -errno;
	if (stat(im->path, &path_st)) {
		if (errno != ENOENT && errno != ENOTDIR)
			return -errno;
		im->rec.trouble = "the image is gone from its place: put it back and sync again";
		return -ENOMEDIUM;
	}
	if (im->disk && S_ISBLK(path_st.st_mode) && path_st.st_rdev == open_st.st_rdev)
		return 0;
	if (!im->disk && path_st.st_dev == open_st.st_dev && path_st.st_ino == open_st.st_ino)
		return 0;
	im->rec.trouble = "another image stands at the place of the one that was mounted: put it back and sync again";
	return -EMEDIUMTYPE;
}

static const char changed[] =
	"the image was changed by another program since it was mounted: umount -f it (what is staged goes to the rescue folder) and mount it again";
static const char cut_off[] =
	"the image was truncated since it was mounted: put back what is missing and sync again, or umount -f it (what is staged goes to the rescue folder)";

/* What is in the image now, against what is remembered; NULL: the same */
static const char *compare_state(const struct recorder *r, const struct image_state *now)
{
	if (now->sessions.end > now->blocks)
		return cut_off;
	if (now->blank != r->blank || now->writable != r->writable ||
	    !overwritable_same_sessions(&now->sessions, &r->sessions) ||
	    !imapi_identity_equal(&now->identity, &r->identity))
		return changed;
	return NULL;
}

static int check_content(struct image *im)
{
	struct recorder *r = &im->rec;
	struct image_state state;
	int err;

	err = read_state(im, &state);
	if (err == -EUCLEAN || err == -EMEDIUMTYPE || err == -ENODATA) {
		r->trouble = changed;
		return -EMEDIUMTYPE;
	}
	if (err)
		return err;
	r->trouble = compare_state(r, &state);
	core_free(state.sessions.list);
	return r->trouble ? -EMEDIUMTYPE : 0;
}

static int image_check(struct recorder *r)
{
	struct image *im = to_image(r);
	int err;

	err = image_check_place(im);
	if (!err && im->torn) {
		err = image_put_head_back(im);
		if (err)
			r->trouble = "what a failed commit left at block 16 can't be put right: see to the disk that holds the image and sync again";
	}
	return err ? err : check_content(im);
}

static void image_close(struct recorder *r)
{
	struct image *im = to_image(r);

	if (im->torn)
		image_put_head_back(im);
	core_free(r->sessions.list);
	if (im->fd >= 0)
		close(im->fd);
	if (im->backing >= 0)
		close(im->backing);
	free(im->buf);
	free(im->path);
	free(im);
}

static const struct recorder_ops image_ops = {
	.check = image_check,
	.room = image_room,
	.begin = image_begin,
	.write = image_write,
	.copy = image_copy,
	.flush = image_flush,
	.settle = image_settle,
	.finish = image_finish,
	.abort = image_abort,
	.close = image_close,
};

int recorder_open_image(const char *path, unsigned int flags,
			struct recorder **out)
{
	struct image *im;
	int err;

	im = calloc(1, sizeof(*im));
	if (!im)
		return -ENOMEM;
	im->fd = -1;
	im->backing = -1;
	im->rec.ops = &image_ops;
	im->rec.source.read = image_read;
	im->rec.source.ctx = im;
	im->rec.head_separate = true;
	err = image_open(im, path, flags);
	im->rec.fd = im->fd;
	if (!err)
		err = image_rescan(im);
	if (err) {
		image_close(&im->rec);
		return err;
	}
	*out = &im->rec;
	return 0;
}
