// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <libmount.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mountpoint.h"

/* libmount lets others read it only as far as it goes with what is mounted */
#define UTAB		"/run/mount/utab"

/* umount(8) looks for helper= when root unmounts, for uhelper= when others do */
#define UTAB_OPTIONS	"helper=imapifs,uhelper=imapifs"

static bool is_imapifs(const char *type)
{
	return !strcmp(type, "imapifs") || !strcmp(type, "fuse.imapifs");
}

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

		if (type && target && is_imapifs(type) &&
		    (!strcmp(target, want) || (source && !strcmp(source, want))))
			found = strdup(target);
	}
	free(path);
	mnt_free_iter(itr);
	mnt_unref_table(tb);
	return found;
}

/* The fields of one line, proc(5); false: it is none of the module's */
struct mount_line {
	unsigned int major, minor;
	char *target;
	char *source;
	char *options;
};

static bool read_line(char *line, struct mount_line *m)
{
	char *field, *type = NULL;
	unsigned int i, dash = 0;

	for (i = 0; (field = strsep(&line, " \n")); i++) {
		if (i == 2 && sscanf(field, "%u:%u", &m->major, &m->minor) != 2)
			return false;
		if (i == 4)
			m->target = field;
		if (i > 5 && !dash && !strcmp(field, "-"))
			dash = i;
		if (dash && i == dash + 1)
			type = field;
		if (dash && i == dash + 2)
			m->source = field;
		if (dash && i == dash + 3)
			m->options = field;
	}
	return type && m->options && !strcmp(type, "imapifs");
}

static bool is_target(const char *field, const char *dir)
{
	char *plain = mnt_unmangle(field);
	bool same = plain && !strcmp(plain, dir);

	free(plain);
	return same;
}

void mountpoint_free(struct mountpoint_info *info)
{
	free(info->source);
	free(info->options);
	info->source = NULL;
	info->options = NULL;
}

static int take_line(struct mountpoint_info *info, const struct mount_line *m)
{
	mountpoint_free(info);
	info->source = mnt_unmangle(m->source);
	info->options = strdup(m->options);
	info->major = m->major;
	info->minor = m->minor;
	return info->source && info->options ? 0 : -ENOMEM;
}

int mountpoint_read(const char *dir, struct mountpoint_info *info)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	int err = -ENOENT;
	char *line = NULL;
	size_t size = 0;

	*info = (struct mountpoint_info){ 0 };
	if (!f)
		return -errno;
	while (err != -ENOMEM && getline(&line, &size, f) > 0) {
		struct mount_line m = { 0 };

		if (read_line(line, &m) && is_target(m.target, dir))
			err = take_line(info, &m);
	}
	free(line);
	fclose(f);
	return err;
}

static struct libmnt_fs *note(const char *source, const char *dir)
{
	struct libmnt_fs *fs = mnt_new_fs();

	if (!fs)
		return NULL;
	if (!mnt_fs_set_source(fs, source) && !mnt_fs_set_target(fs, dir) &&
	    !mnt_fs_set_fstype(fs, "fuse.imapifs") &&
	    !mnt_fs_set_options(fs, UTAB_OPTIONS))
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

/* A field of a line of utab, "TARGET=..." for instance, has libmount's escapes */
static bool has_field(const char *line, const char *name, const char *value)
{
	size_t len = strlen(name), word = 0;
	char *field, *plain;
	bool same;

	for (; *line; line += word + strspn(line + word, " \n")) {
		word = strcspn(line, " \n");
		if (word < len || strncmp(line, name, len))
			continue;
		field = strndup(line + len, word - len);
		plain = field ? mnt_unmangle(field) : NULL;
		same = plain && !strcmp(plain, value);
		free(plain);
		free(field);
		return same;
	}
	return false;
}

/* Is @dir's newest entry one of ours? */
static bool newest_is_ours(const char *dir)
{
	FILE *f = fopen(UTAB, "re");
	bool ours = false;
	char *line = NULL;
	size_t size = 0;

	if (!f)
		return false;
	while (getline(&line, &size, f) > 0)
		if (has_field(line, "TARGET=", dir))
			ours = has_field(line, "OPTS=", UTAB_OPTIONS);
	free(line);
	fclose(f);
	return ours;
}

/*
 * utab's entries are found by the directory alone. umount(8) takes away the
 * newest one if it finds any behind its helper: so where another mount shows up
 * below, nothing is taken away here, or umount(8) would take that one's, and
 * would then unmount it without a commit. An entry too many does no harm: it is
 * for no mount that there is, and goes with the directory's last one.
 */
void mountpoint_forget(const char *dir)
{
	char *other = mountpoint_find(dir);

	while (!other && newest_is_ours(dir))
		if (update(dir, NULL))
			break;
	free(other);
}
