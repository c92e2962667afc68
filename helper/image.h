/* SPDX-License-Identifier: GPL-2.0-only */
/* The image recorder's own: recorder_image.c reads and identifies, image_write.c writes. */
#ifndef IMAPI_IMAGE_H
#define IMAPI_IMAGE_H

#include <sys/stat.h>
#include "recorder.h"

/**
 * struct image - an image file or a block device that holds one
 * @rec: what everybody else sees of it
 * @fd: open for writing unless @rec is not writable
 * @path: absolute, to see what stands at its place at a commit
 * @disk: it is a block device
 * @bytes: its length when it was last looked at
 * @denied: it can't be opened for writing
 * @recording: a session is being written; what follows is of that session
 * @pos: byte address behind the stream so far, of which the last @fill bytes
 *	are still in @buf
 * @buf: IMAGE_BUFFER bytes
 * @fill: bytes in @buf
 * @pushed: byte address up to which write-back was started
 * @before: the file's length before the session
 */
struct image {
	struct recorder rec;
	int fd;
	char *path;
	bool disk;
	bool denied;
	u64 bytes;

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

/* Looks at the medium anew: sessions, next writable address, identity; 0 or -errno */
int image_rescan(struct image *im);

/* All of @count bytes at @pos; -EIO if they are not there */
int image_pread(int fd, void *buf, size_t count, u64 pos);

u64 image_room(struct recorder *r);
int image_write(struct recorder *r, const void *buf, u32 count);
int image_copy(struct recorder *r, int fd, u64 size);
int image_flush(struct recorder *r);
int image_settle(struct recorder *r);
int image_finish(struct recorder *r, const void *head, u32 count);
void image_abort(struct recorder *r);

#endif
