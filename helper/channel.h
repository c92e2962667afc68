/* SPDX-License-Identifier: GPL-2.0-only */
/* /dev/imapifs: how the module and the process that serves a mount talk. */
#ifndef IMAPI_CHANNEL_H
#define IMAPI_CHANNEL_H

#include <linux/imapifs.h>
#include <stdint.h>
#include <sys/types.h>

/* Tests have a table of their own */
struct channel_ops {
	/* The next request: its bytes; 0: the mount is gone; or -errno */
	ssize_t (*read)(int fd, void *buf, size_t size);
	/* One message: 0 or -errno */
	int (*write)(int fd, const void *msg, size_t len);
	/* IMAPIFS_DEV_OPEN: an fd, or -errno */
	int (*open)(int fd, uint64_t id, uint64_t ino);
	/* IMAPIFS_DEV_SYNC: 0 or -errno */
	int (*sync)(int fd);
};

extern const struct channel_ops channel_device;

/**
 * channel_open - a channel of the module, which is loaded if it has to be
 * @nwa: where the next session will start, lba
 *
 * Return: an fd; -ENODEV: there is no module; -EPROTO: there is one, of another
 * version; or -errno.
 */
int channel_open(uint32_t nwa);

#endif
