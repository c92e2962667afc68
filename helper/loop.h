/* SPDX-License-Identifier: GPL-2.0-only */
/* Loop devices: the module mounts block devices, and an image is a file. */
#ifndef IMAPI_LOOP_H
#define IMAPI_LOOP_H

#include <stdbool.h>
#include <stddef.h>

/**
 * loop_setup - a read-only loop device over a file
 * @path: the file
 * @name: set to the device, "/dev/loop0"
 * @size: bytes of @name
 *
 * The device goes when nobody has it open any more, a mount included. Needs root.
 *
 * Return: an fd of it, or -errno.
 */
int loop_setup(const char *path, char *name, size_t size);

/* The file has another length: so has the device @fd from here on; 0 or -errno */
int loop_resize(int fd);

/**
 * loop_find - the loop device of a mount
 * @major: device number of the mounted file system
 * @minor: the same
 * @path: the image that it should be of
 *
 * Return: an fd of it; -ENOTTY: this is no loop device; -EMEDIUMTYPE: it is one of
 * another file; or -errno.
 */
int loop_find(unsigned int major, unsigned int minor, const char *path);

#endif
