// SPDX-License-Identifier: GPL-2.0-only
/* The files of a disc: made, opened, read and written */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>
#include "disc.h"

static struct disc *disc_alloc(const char *path)
{
	struct disc *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->fd = -1;
	d->path = strdup(path);
	if (!d->path || asprintf(&d->description, "%s.disc", path) < 0) {
		free(d->path);
		free(d);
		return NULL;
	}
	return d;
}

/* The exclusive lock keeps two drives from having the same disc */
static int disc_lock(struct disc *d)
{
	if (!flock(d->fd, LOCK_EX | LOCK_NB))
		return 0;
	return errno == EWOULDBLOCK ? -EBUSY : -errno;
}

void disc_close(struct disc *disc)
{
	if (!disc)
		return;
	if (disc->fd >= 0)
		close(disc->fd);
	free(disc->tracks);
	free(disc->description);
	free(disc->path);
	free(disc);
}

/* Nobody has registered the usual one; programs know a medium by its maker */
int disc_set_make(struct disc *d, const char *make)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789-";
	size_t len;

	if (!make)
		make = "VDRIVE";
	len = strlen(make);
	if (!len || len > MAKE_MAX || strspn(make, allowed) != len)
		return -EINVAL;
	memcpy(d->make, make, len + 1);
	return 0;
}

int disc_create_by(const char *path, const char *media, const char *make)
{
	struct disc *d;
	uint32_t blocks;
	const struct media *m = media_find(media, &blocks);
	int err;

	if (!m)
		return -EINVAL;
	d = disc_alloc(path);
	if (!d)
		return -ENOMEM;
	err = disc_set_make(d, make);
	if (err) {
		disc_close(d);
		return err;
	}
	d->media = m;
	d->blocks = blocks;
	if (getrandom(&d->id, sizeof(d->id), GRND_NONBLOCK) != sizeof(d->id))
		d->id = (uint32_t)getpid();
	disc_make_blank(d);
	if (m->formatted) {
		d->overwrite = true;
		disc_set_formatted(d, d->blocks);
	}
	d->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	err = d->fd < 0 ? -errno : disc_save(d);
	if (err && d->fd >= 0)
		unlink(path);
	disc_close(d);
	return err;
}

int disc_create(const char *path, const char *media)
{
	return disc_create_by(path, media, NULL);
}

int disc_open(const char *path, struct disc **disc)
{
	struct disc *d = disc_alloc(path);
	int err;

	*disc = NULL;
	if (!d)
		return -ENOMEM;
	d->fd = open(path, O_RDWR | O_CLOEXEC);
	err = d->fd < 0 ? -errno : disc_lock(d);
	if (!err)
		err = disc_load(d);
	if (err) {
		disc_close(d);
		return err;
	}
	*disc = d;
	return 0;
}

enum profile disc_profile(const struct disc *d)
{
	return d->overwrite ? PROFILE_DVD_RW_OVERWRITE : d->media->profile;
}

bool disc_random(const struct disc *d)
{
	return d->media->random || d->overwrite;
}

bool disc_formattable(const struct disc *d)
{
	switch (d->media->profile) {
	case PROFILE_DVD_RW:
	case PROFILE_DVD_PLUS_RW:
	case PROFILE_DVD_RAM:
	case PROFILE_BD_R:
	case PROFILE_BD_RE:
		return true;
	default:
		return false;
	}
}

int disc_read(struct disc *d, uint32_t lba, uint32_t blocks, void *buf)
{
	size_t len = (size_t)blocks * BLOCK;
	off_t at = (off_t)lba * BLOCK;
	char *p = buf;
	ssize_t n;

	while (len) {
		n = pread(d->fd, p, len, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		p += n;
		at += n;
		len -= (size_t)n;
	}
	/* The file ends where nothing was written yet */
	memset(p, 0, len);
	return 0;
}

int disc_write(struct disc *d, uint32_t lba, uint32_t blocks, const void *buf)
{
	size_t len = (size_t)blocks * BLOCK;
	off_t at = (off_t)lba * BLOCK;
	const char *p = buf;
	ssize_t n;

	while (len) {
		n = pwrite(d->fd, p, len, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

int disc_wipe(struct disc *d, uint32_t lba)
{
	return ftruncate(d->fd, (off_t)lba * BLOCK) ? -errno : 0;
}
