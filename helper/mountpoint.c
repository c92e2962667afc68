// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <libmount.h>
#include <stdlib.h>
#include <string.h>
#include "mountpoint.h"

char *mountpoint_find(const char *name)
{
	struct libmnt_table *tb = mnt_new_table_from_file("/proc/self/mountinfo");
	struct libmnt_iter *itr = mnt_new_iter(MNT_ITER_BACKWARD);
	char *path = realpath(name, NULL), *found = NULL;
	const char *want = path ? path : name;
	struct libmnt_fs *fs;

	while (tb && itr && !found && !mnt_table_next_fs(tb, itr, &fs)) {
		const char *type = mnt_fs_get_fstype(fs);
		const char *source = mnt_fs_get_source(fs);
		const char *target = mnt_fs_get_target(fs);

		if (type && target && !strcmp(type, "fuse.imapifs") &&
		    (!strcmp(target, want) || (source && !strcmp(source, want))))
			found = strdup(target);
	}
	free(path);
	mnt_free_iter(itr);
	mnt_unref_table(tb);
	return found;
}

/* umount(8) looks for helper= when root unmounts, for uhelper= when others do */
static struct libmnt_fs *note(const char *source, const char *dir)
{
	struct libmnt_fs *fs = mnt_new_fs();

	if (!fs)
		return NULL;
	if (!mnt_fs_set_source(fs, source) && !mnt_fs_set_target(fs, dir) &&
	    !mnt_fs_set_fstype(fs, "fuse.imapifs") &&
	    !mnt_fs_set_options(fs, "helper=imapifs,uhelper=imapifs"))
		return fs;
	mnt_unref_fs(fs);
	return NULL;
}

/* @fs: to be added; NULL: @dir's entry is to go */
static int update(const char *dir, struct libmnt_fs *fs)
{
	struct libmnt_update *upd = mnt_new_update();
	int err;

	if (!upd)
		return -ENOMEM;
	err = mnt_update_set_fs(upd, 0, dir, fs);
	/* 1: nothing to write, as there is no utab */
	if (!err)
		err = mnt_update_table(upd, NULL);
	mnt_free_update(upd);
	return err < 0 ? err : 0;
}

int mountpoint_note(const char *source, const char *dir)
{
	struct libmnt_fs *fs = note(source, dir);
	int err;

	if (!fs)
		return -ENOMEM;
	err = update(NULL, fs);
	mnt_unref_fs(fs);
	return err;
}

void mountpoint_forget(const char *dir)
{
	update(dir, NULL);
}
