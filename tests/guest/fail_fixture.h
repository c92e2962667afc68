/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For fail_test.c and fail_mount_test.c. Whatever is done to the mount is done to a
 * folder beside it, its model, if the call succeeded, and not if it failed; both have
 * to have the same in the end. Works in $IMAPIFS_DIR, with the programs in
 * $IMAPIFS_BUILD; failslab.t sees to the rest.
 */
#ifndef FAIL_FIXTURE_H
#define FAIL_FIXTURE_H

#include <dirent.h>
#include "channel_fixture.h"
#include "fail_nth.h"

#define HARNESS_SKIP	255		/* exit code of a case's process */
#define BYTES		12388		/* of what is in "file": an odd end */
#define MANY		2000		/* allocations of one call: more is a loop */
#define MAGIC_TIME	1000000000	/* set by an operation; no other time counts */

static char want[BYTES + 1];
static char model[256];

static inline void fill(char *buf, size_t len, uint32_t seed)
{
	for (size_t i = 0; i < len; i++) {
		seed = seed * 1664525 + 1013904223;
		buf[i] = (char)(seed >> 24);
	}
}

/* "dir/name" or, without a name, just that; good for eight calls more */
static inline const char *in(const char *dir, const char *name)
{
	static char path[8][600];
	static unsigned int turn;
	char *to = path[turn++ % 8];

	snprintf(to, sizeof(path[0]), "%s/%s", dir, name);
	return to;
}

static inline int write_file(const char *path, const char *buf, size_t len)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644);
	ssize_t n = fd < 0 ? -1 : write(fd, buf, len);

	return fd < 0 || close(fd) || n != (ssize_t)len ? -1 : 0;
}

/* --- is the one as the other? --- */

static inline int same_bytes(const char *a, const char *b, off_t size)
{
	int fa = open(a, O_RDONLY | O_CLOEXEC), fb = open(b, O_RDONLY | O_CLOEXEC);
	static char pa[65536], pb[65536];
	int same = fa >= 0 && fb >= 0;
	ssize_t na = 1, nb;
	off_t pos = 0;

	while (same && na) {
		na = read(fa, pa, sizeof(pa));
		nb = read(fb, pb, sizeof(pb));
		same = na >= 0 && na == nb && !memcmp(pa, pb, (size_t)na);
		pos += na;
	}
	close(fa);
	close(fb);
	return same && pos == size;
}

static inline int differs(const char *path, const char *how)
{
	fprintf(stderr, "# %s: %s\n", path, how);
	return 0;
}

static inline int count(const char *dir)
{
	DIR *d = opendir(dir);
	int n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return d ? n : -1;
}

/* What isn't a folder in both; -1: that's what they are */
static inline int same_file(const char *a, const char *b)
{
	struct stat sa, sb;

	if (stat(a, &sa) || stat(b, &sb))
		return differs(a, "only one of both has it");
	if (S_ISDIR(sa.st_mode) != S_ISDIR(sb.st_mode))
		return differs(a, "of another kind");
	if (S_ISDIR(sa.st_mode))
		return -1;
	if ((sa.st_mtime == MAGIC_TIME) != (sb.st_mtime == MAGIC_TIME))
		return differs(a, "another time");
	if (sa.st_size != sb.st_size)
		return differs(a, "another size");
	return same_bytes(a, b, sa.st_size) ? 1 : differs(a, "other bytes");
}

static inline int same_dir(const char *a, const char *b)
{
	char ea[600], eb[600];
	struct dirent *e;
	int same = 1;
	DIR *d;

	if (count(a) != count(b))
		return differs(a, "another number of names");
	d = opendir(a);
	while (same && d && (e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		snprintf(ea, sizeof(ea), "%s/%s", a, e->d_name);
		snprintf(eb, sizeof(eb), "%s/%s", b, e->d_name);
		same = same_file(ea, eb);
		if (same < 0)
			same = same_dir(ea, eb);
	}
	if (!d)
		return differs(a, "can't be listed");
	closedir(d);
	return same;
}

/* --- a disc that the real helper serves --- */

static inline int program(const char *name, const char *arguments)
{
	char line[1200];

	snprintf(line, sizeof(line), "timeout 100 \"$IMAPIFS_BUILD/%s\" %s", name, arguments);
	return system(line);
}

/* @before: variables for the helper */
static inline int mount_with(const struct disc *d, const char *before)
{
	char line[1700];

	snprintf(line, sizeof(line),
		 "%s timeout 100 \"$IMAPIFS_BUILD/mount.imapifs\" '%s' '%s' -o face=kernel,spool='%s'",
		 before, d->image, d->dir, d->spool);
	return system(line);
}

static inline int mount_really(const struct disc *d)
{
	return mount_with(d, "");
}

static inline int umount_really(const struct disc *d)
{
	struct imapifs_status st = { 0 };
	int n;

	if (root_ioctl(d, IMAPIFS_IOC_STATUS, &st) || program("umount.imapifs", d->dir))
		return -1;
	/* It holds the image for a moment longer */
	for (n = 0; n < WAIT_MS / 10 && !kill((pid_t)st.helper_pid, 0); n++)
		short_sleep();
	return n < WAIT_MS / 10 ? 0 : -1;
}

static inline int is_sound(const struct disc *d)
{
	char line[300];

	snprintf(line, sizeof(line), "verify '%s'", d->image);
	return !program("imapifs", line);
}

static inline int make_folder(const char *dir)
{
	if (mkdir(dir, 0755) || mkdir(in(dir, "empty"), 0755) || mkdir(in(dir, "full"), 0755))
		return -1;
	return write_file(in(dir, "file"), want, BYTES) ||
	       write_file(in(dir, "other"), want, 1000) ||
	       write_file(in(dir, "full/in"), want, 10) ? -1 : 0;
}

/* A session with one folder, "a", which the device then shows */
static inline int burn_folder(const struct disc *d)
{
	return mount_really(d) || make_folder(in(d->dir, "a")) || make_folder(in(model, "a")) ||
	       umount_really(d) || ioctl(d->loop, LOOP_SET_CAPACITY) ? -1 : 0;
}

FIXTURE(model)
{
	struct disc d;
};

FIXTURE_SETUP(model)
{
	const char *only = getenv("TEST_CASES");
	char cwd[128];

	/* SKIP() in here would not keep the case from being run */
	if (only && !strstr(only, _metadata->name))
		_exit(HARNESS_SKIP);
	ASSERT_EQ(0, enter_folder());
	ASSERT_NE(NULL, getcwd(cwd, sizeof(cwd)));
	snprintf(model, sizeof(model), "%s/model-%d", cwd, (int)getpid());
	ASSERT_EQ(0, mkdir(model, 0755));
	ASSERT_EQ(0, disc_new(&self->d, "fail"));
	fill(want, BYTES, 1);
}

FIXTURE_TEARDOWN(model)
{
	disc_free(&self->d);
}

#endif
