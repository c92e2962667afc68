/* SPDX-License-Identifier: GPL-2.0-only */
/* What mount(8) and umount(8) have to find about a mount: libmount's utab. */
#ifndef IMAPI_MOUNTPOINT_H
#define IMAPI_MOUNTPOINT_H

/**
 * mountpoint_find - the newest imapifs mount at a directory
 * @name: the directory; or what is mounted
 *
 * Doesn't touch the mount itself, which may have nobody any more who serves it.
 *
 * Return: its absolute path, free() it; NULL: there is none.
 */
char *mountpoint_find(const char *name);

/**
 * struct mountpoint_info - what the kernel says of a mount of the module
 * @major: device number of what is mounted
 * @minor: the same
 * @source: what is mounted, as it was given or the image's path
 * @options: the module's own list, each option still escaped
 */
struct mountpoint_info {
	unsigned int major, minor;
	char *source;
	char *options;
};

/*
 * The newest mount of the module at @dir, absolute; 0, -ENOENT, -ENOMEM or -errno.
 * Whatever it returns, @info may be freed
 */
int mountpoint_read(const char *dir, struct mountpoint_info *info);
void mountpoint_free(struct mountpoint_info *info);

/*
 * Notes that umount.imapifs unmounts @dir, so that "umount DIR" commits and
 * shows how far it is. Only root can; it must not be called by the process that
 * serves the mount. 0 or -errno.
 */
int mountpoint_note(const char *source, const char *dir);

/*
 * Takes the note back when the mount is gone. Whoever finds it gone may call it:
 * a second time nothing happens.
 */
void mountpoint_forget(const char *dir);

#endif
