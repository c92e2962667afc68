/* SPDX-License-Identifier: GPL-2.0-only */
/* The image recorder's own: recorder_image.c reads and identifies, image_write.c writes. */
#ifndef IMAPI_IMAGE_H
#define IMAPI_IMAGE_H

#include <sys/stat.h>
#include "compose.h"
#include "recorder.h"

/**
 * struct image - an image file or a block device that holds one
 * @rec: what everybody else sees of it
 * @fd: open for writing unless @rec is not writable
 * @backing: the file behind a loop device, open for its lock's sake, or -1
 * @path: absolute, to see what stands at its place at a commit
 * @disk: it is a block device
 * @bytes: its length when it was last looked at
 * @denied: why it can't be written, NULL: it can
 * @torn: nobody knows what is at block 16: a commit failed there, and what was
 *	there before, the @head_len bytes of @head, could not be put back either
 * @recording: a session is being written; what follows is of that session
 * @pos: byte address behind the stream so far, of which the last @fill bytes
 *	are still in @buf
 * @buf: IMAGE_BUFFER bytes
 * @fill: bytes in @buf
 * @pushed: byte address up to which write-back was started
 * @before: the file's length without the session
 */
struct image {
	struct recorder rec;
	int fd;
	int backing;
	char *path;
	bool disk;
	const char *denied;
	u64 bytes;

	bool torn;
	u8 head[COMPOSE_HEAD_MAX * IMAPI_BLOCK];
	u32 head_len;

	bool recording;
	u64 pos;
	u8 *buf;
	u32 fill;
	u64 pushed;
	u64 before;
};

#define IMAGE_BUFFER	(1u << 20)

/* Zeros in front of a first session, which the descriptors go to */
#define IMAGE_BLANK_HEAD	(IMAPI_FIRST_SESSION * IMAPI_BLOCK)

static inline struct image *to_image(struct recorder *r)
{
	return (struct image *)((char *)r - offsetof(struct image, rec));
}

/* Opens @path, and locks it as RECORDER_READ and RECORDER_SHARE in @flags say */
int image_open(struct image *im, const char *path, unsigned int flags);

/* Undoes what image_finish() wrote; while that fails the image is @torn */
int image_put_head_back(struct image *im);

/* Looks at the medium anew: sessions, next writable address, identity; 0 or -errno */
int image_rescan(struct image *im);

/*
 * Is what stands at the path what is open? 0, -ENOMEDIUM, -EMEDIUMTYPE, or -errno;
 * @rec.trouble says it in words
 */
int image_check_place(struct image *im);

/* Did a commit of ours begin a session at @start? @bytes: the image's length. 1, 0, -errno */
int image_unfinished_at(const struct image *im, u64 bytes, u32 start);

u64 image_room(struct recorder *r);
int image_begin(struct recorder *r, u32 blocks);
int image_write(struct recorder *r, const void *buf, u32 count);
int image_copy(struct recorder *r, int fd, u64 size);
int image_flush(struct recorder *r);
int image_settle(struct recorder *r);
int image_finish(struct recorder *r, const void *head, u32 count);
void image_abort(struct recorder *r);

#endif
