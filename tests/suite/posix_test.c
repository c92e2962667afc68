// SPDX-License-Identifier: GPL-2.0-only
/*
 * What programs expect of a writable folder and no shell command shows: mmap,
 * open files without a name, rename's flags, holes. The folder to work in is
 * $IMAPIFS_DIR; what serves it is none of this program's business.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "kselftest_harness.h"

FIXTURE(folder)
{
	int fd;			/* a new folder of its own for each test */
	char name[32];
};

FIXTURE_SETUP(folder)
{
	const char *dir = getenv("IMAPIFS_DIR");

	ASSERT_NE(NULL, dir);
	ASSERT_EQ(0, chdir(dir));
	snprintf(self->name, sizeof(self->name), "posix-%d", (int)getpid());
	ASSERT_EQ(0, mkdir(self->name, 0755));
	self->fd = open(self->name, O_RDONLY | O_DIRECTORY);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, fchdir(self->fd));
}

FIXTURE_TEARDOWN(folder)
{
	close(self->fd);
}

static int put(const char *name, const char *text)
{
	int fd = open(name, O_CREAT | O_TRUNC | O_WRONLY, 0644);
	ssize_t len = (ssize_t)strlen(text);

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) != len) {
		close(fd);
		return -EIO;
	}
	return close(fd);
}

static int holds(const char *name, const char *text)
{
	char buf[256] = "";
	int fd = open(name, O_RDONLY);
	ssize_t got;

	if (fd < 0)
		return 0;
	got = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	return got == (ssize_t)strlen(text) && !strcmp(buf, text);
}

static void fill(uint8_t *buf, size_t len, uint32_t seed)
{
	for (size_t i = 0; i < len; i++) {
		seed = seed * 1664525 + 1013904223;
		buf[i] = (uint8_t)(seed >> 24);
	}
}

TEST_F(folder, exclusive_create)
{
	ASSERT_EQ(0, put("a", "x"));
	EXPECT_EQ(-1, open("a", O_CREAT | O_EXCL | O_WRONLY, 0644));
	EXPECT_EQ(EEXIST, errno);
	EXPECT_EQ(-1, mkdir("a", 0755));
	EXPECT_EQ(EEXIST, errno);
}

TEST_F(folder, write_past_the_end_leaves_zeros)
{
	int fd = open("a", O_CREAT | O_RDWR, 0644);
	uint8_t buf[100001];
	struct stat st;

	ASSERT_LE(0, fd);
	ASSERT_EQ(1, pwrite(fd, "z", 1, 100000));
	ASSERT_EQ(0, fstat(fd, &st));
	EXPECT_EQ(100001, st.st_size);
	ASSERT_EQ((ssize_t)sizeof(buf), pread(fd, buf, sizeof(buf), 0));
	for (size_t i = 0; i < 100000; i++)
		ASSERT_EQ(0, buf[i]);
	EXPECT_EQ('z', buf[100000]);
	EXPECT_EQ(0, pread(fd, buf, 10, 100001));
}

TEST_F(folder, append_from_two_descriptors)
{
	int a = open("a", O_CREAT | O_APPEND | O_WRONLY, 0644);
	int b = open("a", O_APPEND | O_WRONLY);

	ASSERT_LE(0, a);
	ASSERT_LE(0, b);
	ASSERT_EQ(3, write(a, "one", 3));
	ASSERT_EQ(3, write(b, "two", 3));
	ASSERT_EQ(5, write(a, "three", 5));
	EXPECT_TRUE(holds("a", "onetwothree"));
}

TEST_F(folder, truncate_both_ways)
{
	int fd = open("a", O_CREAT | O_RDWR, 0644);
	char buf[10];

	ASSERT_EQ(6, write(fd, "abcdef", 6));
	ASSERT_EQ(0, ftruncate(fd, 3));
	ASSERT_EQ(0, ftruncate(fd, 8));
	ASSERT_EQ(8, pread(fd, buf, 10, 0));
	EXPECT_EQ(0, memcmp(buf, "abc\0\0\0\0\0", 8));
	ASSERT_EQ(0, close(open("a", O_WRONLY | O_TRUNC)));
	EXPECT_EQ(0, pread(fd, buf, 10, 0));
	EXPECT_EQ(-1, ftruncate(fd, -1));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(folder, big_writes_read_back)
{
	const size_t len = 8u << 20;
	uint8_t *want = malloc(len), *got = malloc(len);
	int fd = open("a", O_CREAT | O_RDWR, 0644);

	fill(want, len, 7);
	for (size_t at = 0; at < len; at += 99991) {
		size_t n = len - at < 99991 ? len - at : 99991;

		ASSERT_EQ((ssize_t)n, pwrite(fd, want + at, n, (off_t)at));
	}
	ASSERT_EQ(0, fsync(fd));
	ASSERT_EQ((ssize_t)len, pread(fd, got, len, 0));
	EXPECT_EQ(0, memcmp(want, got, len));
	free(want);
	free(got);
}

TEST_F(folder, shared_mapping_reaches_the_file)
{
	int fd = open("a", O_CREAT | O_RDWR, 0644);
	char buf[6] = "";
	char *map;

	ASSERT_EQ(0, ftruncate(fd, 20000));
	map = mmap(NULL, 20000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, map);
	memcpy(map + 12345, "hello", 5);
	ASSERT_EQ(0, msync(map, 20000, MS_SYNC));
	ASSERT_EQ(5, pread(fd, buf, 5, 12345));
	EXPECT_STREQ("hello", buf);
	ASSERT_EQ(3, pwrite(fd, "HEY", 3, 12345));
	EXPECT_EQ(0, memcmp(map + 12345, "HEYlo", 5));
	ASSERT_EQ(0, munmap(map, 20000));
}

TEST_F(folder, private_mapping_of_what_was_written)
{
	int fd;
	char *map;

	ASSERT_EQ(0, put("a", "some text"));
	fd = open("a", O_RDONLY);
	map = mmap(NULL, 9, PROT_READ, MAP_PRIVATE, fd, 0);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(0, memcmp(map, "some text", 9));
	ASSERT_EQ(0, munmap(map, 9));
}

TEST_F(folder, open_and_unlinked)
{
	int fd = open("a", O_CREAT | O_RDWR, 0644);
	char buf[10] = "";

	ASSERT_EQ(4, write(fd, "body", 4));
	ASSERT_EQ(0, unlink("a"));
	EXPECT_EQ(-1, access("a", F_OK));
	EXPECT_EQ(ENOENT, errno);
	ASSERT_EQ(4, pread(fd, buf, 10, 0));
	EXPECT_STREQ("body", buf);
	ASSERT_EQ(4, pwrite(fd, "more", 4, 4));
	ASSERT_EQ(8, pread(fd, buf, 10, 0));
	EXPECT_STREQ("bodymore", buf);
	ASSERT_EQ(0, put("a", "new"));
	ASSERT_EQ(8, pread(fd, buf, 10, 0));
	EXPECT_STREQ("bodymore", buf);
}

TEST_F(folder, replaced_while_open)
{
	char buf[10] = "";
	int fd;

	ASSERT_EQ(0, put("old", "old"));
	ASSERT_EQ(0, put("new", "new"));
	fd = open("old", O_RDONLY);
	ASSERT_EQ(0, rename("new", "old"));
	ASSERT_EQ(3, pread(fd, buf, 10, 0));
	EXPECT_STREQ("old", buf);
	EXPECT_TRUE(holds("old", "new"));
	EXPECT_EQ(-1, access("new", F_OK));
}

TEST_F(folder, rename_flags)
{
	ASSERT_EQ(0, put("a", "A"));
	ASSERT_EQ(0, put("b", "B"));
	EXPECT_EQ(-1, renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_NOREPLACE));
	EXPECT_EQ(EEXIST, errno);
	ASSERT_EQ(0, renameat2(AT_FDCWD, "a", AT_FDCWD, "c", RENAME_NOREPLACE));
	ASSERT_EQ(0, renameat2(AT_FDCWD, "b", AT_FDCWD, "c", RENAME_EXCHANGE));
	EXPECT_TRUE(holds("b", "A"));
	EXPECT_TRUE(holds("c", "B"));
	EXPECT_EQ(-1, renameat2(AT_FDCWD, "b", AT_FDCWD, "none", RENAME_EXCHANGE));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(-1, renameat2(AT_FDCWD, "b", AT_FDCWD, "w", RENAME_WHITEOUT));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(folder, exchange_a_file_and_a_folder)
{
	ASSERT_EQ(0, put("f", "F"));
	ASSERT_EQ(0, mkdir("d", 0755));
	ASSERT_EQ(0, put("d/in", "in"));
	ASSERT_EQ(0, renameat2(AT_FDCWD, "f", AT_FDCWD, "d", RENAME_EXCHANGE));
	EXPECT_TRUE(holds("d", "F"));
	EXPECT_TRUE(holds("f/in", "in"));
	/* A folder can't change places with one that it is in */
	ASSERT_EQ(0, mkdir("f/sub", 0755));
	EXPECT_EQ(-1, renameat2(AT_FDCWD, "f", AT_FDCWD, "f/sub", RENAME_EXCHANGE));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(folder, rename_of_folders)
{
	ASSERT_EQ(0, mkdir("a", 0755));
	ASSERT_EQ(0, mkdir("a/b", 0755));
	ASSERT_EQ(0, mkdir("full", 0755));
	ASSERT_EQ(0, put("full/x", "x"));
	ASSERT_EQ(0, put("file", "f"));
	EXPECT_EQ(-1, rename("a", "a/b/c"));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, rename("a", "full"));
	EXPECT_EQ(ENOTEMPTY, errno);
	EXPECT_EQ(-1, rename("a", "file"));
	EXPECT_EQ(ENOTDIR, errno);
	EXPECT_EQ(-1, rename("file", "a"));
	EXPECT_EQ(EISDIR, errno);
	ASSERT_EQ(0, rename("full", "a/b"));
	EXPECT_TRUE(holds("a/b/x", "x"));
	ASSERT_EQ(0, rename("a/b", "a/c"));
	EXPECT_TRUE(holds("a/c/x", "x"));
}

TEST_F(folder, removing)
{
	ASSERT_EQ(0, mkdir("d", 0755));
	ASSERT_EQ(0, put("d/f", "f"));
	EXPECT_EQ(-1, rmdir("d"));
	EXPECT_EQ(ENOTEMPTY, errno);
	EXPECT_EQ(-1, rmdir("d/f"));
	EXPECT_EQ(ENOTDIR, errno);
	EXPECT_EQ(-1, unlink("d"));
	EXPECT_EQ(EISDIR, errno);
	EXPECT_EQ(-1, unlink("none"));
	EXPECT_EQ(ENOENT, errno);
	ASSERT_EQ(0, unlink("d/f"));
	ASSERT_EQ(0, rmdir("d"));
	EXPECT_EQ(-1, access("d", F_OK));
}

TEST_F(folder, nothing_is_made_in_a_removed_folder)
{
	int dir;

	ASSERT_EQ(0, mkdir("d", 0755));
	dir = open("d", O_RDONLY | O_DIRECTORY);
	ASSERT_EQ(0, rmdir("d"));
	EXPECT_EQ(-1, openat(dir, "x", O_CREAT | O_WRONLY, 0644));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(-1, mkdirat(dir, "x", 0755));
	EXPECT_EQ(ENOENT, errno);
}

TEST_F(folder, what_joliet_cannot_hold)
{
	ASSERT_EQ(0, put("a", "x"));
	EXPECT_EQ(-1, symlink("a", "s"));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(-1, link("a", "l"));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(-1, mkfifo("p", 0644));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(-1, open(".", O_TMPFILE | O_RDWR, 0600));
	EXPECT_NE(0, errno);
}

TEST_F(folder, times)
{
	const struct timespec set[2] = { { 1000000000, 0 }, { 1234567890, 0 } };
	const struct timespec keep[2] = { { 0, UTIME_OMIT }, { 0, UTIME_OMIT } };
	const struct timespec now[2] = { { 0, UTIME_NOW }, { 0, UTIME_NOW } };
	struct stat st;
	time_t t;

	ASSERT_EQ(0, put("a", "x"));
	ASSERT_EQ(0, utimensat(AT_FDCWD, "a", set, 0));
	ASSERT_EQ(0, stat("a", &st));
	EXPECT_EQ(1234567890, st.st_mtime);
	ASSERT_EQ(0, utimensat(AT_FDCWD, "a", keep, 0));
	ASSERT_EQ(0, stat("a", &st));
	EXPECT_EQ(1234567890, st.st_mtime);
	ASSERT_EQ(0, utimensat(AT_FDCWD, "a", now, 0));
	ASSERT_EQ(0, stat("a", &st));
	t = time(NULL);
	EXPECT_TRUE(st.st_mtime >= t - 30 && st.st_mtime <= t + 2);
	ASSERT_EQ(0, utimensat(AT_FDCWD, ".", set, 0));
	ASSERT_EQ(0, stat(".", &st));
	EXPECT_EQ(1234567890, st.st_mtime);
	ASSERT_EQ(0, put("b", "x"));
	ASSERT_EQ(0, stat(".", &st));
	EXPECT_LE(t - 30, st.st_mtime);
}

TEST_F(folder, writing_moves_the_time)
{
	const struct timespec set[2] = { { 1000000000, 0 }, { 1000000000, 0 } };
	int fd = open("a", O_CREAT | O_WRONLY, 0644);
	struct stat st;

	ASSERT_EQ(0, futimens(fd, set));
	ASSERT_EQ(1, write(fd, "x", 1));
	ASSERT_EQ(0, fsync(fd));
	ASSERT_EQ(0, fstat(fd, &st));
	EXPECT_LT(1500000000, st.st_mtime);
}

TEST_F(folder, holes_are_told_truly)
{
	int fd = open("a", O_CREAT | O_RDWR, 0644);
	off_t data, hole;

	ASSERT_EQ(4096, pwrite(fd, calloc(1, 4096), 4096, 1 << 20));
	ASSERT_EQ(0, ftruncate(fd, 2 << 20));
	data = lseek(fd, 0, SEEK_DATA);
	hole = lseek(fd, 1 << 20, SEEK_HOLE);
	EXPECT_TRUE(data >= 0 && data <= 1 << 20);
	EXPECT_TRUE(hole >= (1 << 20) + 4096 && hole <= 2 << 20);
	EXPECT_EQ(-1, lseek(fd, 2 << 20, SEEK_DATA));
	EXPECT_EQ(ENXIO, errno);
}

TEST_F(folder, preallocation_is_true_or_refused)
{
	int fd = open("a", O_CREAT | O_RDWR, 0644);
	struct stat st;
	char buf[4];

	if (fallocate(fd, 0, 0, 100000)) {
		EXPECT_EQ(EOPNOTSUPP, errno);
	} else {
		ASSERT_EQ(0, fstat(fd, &st));
		EXPECT_EQ(100000, st.st_size);
	}
	ASSERT_EQ(8, pwrite(fd, "abcdefgh", 8, 0));
	if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 2, 4)) {
		EXPECT_EQ(EOPNOTSUPP, errno);
	} else {
		ASSERT_EQ(4, pread(fd, buf, 4, 2));
		EXPECT_EQ(0, memcmp(buf, "\0\0\0\0", 4));
	}
	EXPECT_EQ(-1, fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 0, 4096));
}

TEST_F(folder, copy_within_the_mount)
{
	const size_t len = 300000;
	uint8_t *want = malloc(len), *got = malloc(len);
	loff_t from = 0, to = 0;
	size_t left = len;
	int in, out;

	fill(want, len, 9);
	in = open("in", O_CREAT | O_RDWR, 0644);
	out = open("out", O_CREAT | O_RDWR, 0644);
	ASSERT_EQ((ssize_t)len, write(in, want, len));
	while (left) {
		ssize_t n = copy_file_range(in, &from, out, &to, left, 0);

		ASSERT_LT(0, n);
		left -= (size_t)n;
	}
	ASSERT_EQ((ssize_t)len, pread(out, got, len, 0));
	EXPECT_EQ(0, memcmp(want, got, len));
	free(want);
	free(got);
}

TEST_F(folder, listing_while_it_changes)
{
	int seen[400] = { 0 }, n = 0;
	struct dirent *d;
	char name[32];
	DIR *dir;

	for (int i = 0; i < 400; i++) {
		snprintf(name, sizeof(name), "stay%03d", i);
		ASSERT_EQ(0, put(name, ""));
	}
	dir = opendir(".");
	while ((d = readdir(dir))) {
		if (sscanf(d->d_name, "stay%d", &n) == 1)
			seen[n]++;
		snprintf(name, sizeof(name), "come%03d", n);
		put(name, "");
		snprintf(name, sizeof(name), "come%03d", n - 1);
		unlink(name);
	}
	closedir(dir);
	for (int i = 0; i < 400; i++)
		EXPECT_EQ(1, seen[i]);
}

TEST_F(folder, listing_goes_on_where_it_was)
{
	char name[32], at[300] = "";
	struct dirent *d;
	long pos = 0;
	DIR *dir;

	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "f%03d", i);
		ASSERT_EQ(0, put(name, ""));
	}
	dir = opendir(".");
	for (int i = 0; i < 50; i++)
		ASSERT_NE(NULL, readdir(dir));
	pos = telldir(dir);
	d = readdir(dir);
	ASSERT_NE(NULL, d);
	strcpy(at, d->d_name);
	while (readdir(dir))
		;
	seekdir(dir, pos);
	d = readdir(dir);
	ASSERT_NE(NULL, d);
	EXPECT_STREQ(at, d->d_name);
	closedir(dir);
}

struct writer {
	pthread_t thread;
	int fd;
	int index;
	int failed;
};

static void *write_stripes(void *arg)
{
	struct writer *w = arg;
	uint8_t buf[4096];

	memset(buf, 'a' + w->index, sizeof(buf));
	for (int i = 0; i < 64; i++) {
		off_t at = (off_t)(i * 4 + w->index) * 4096;

		if (pwrite(w->fd, buf, sizeof(buf), at) != sizeof(buf))
			w->failed = 1;
	}
	return NULL;
}

TEST_F(folder, four_writers_of_one_file)
{
	struct writer w[4] = { 0 };
	int fd = open("a", O_CREAT | O_RDWR, 0644);
	uint8_t buf[4096];

	for (int i = 0; i < 4; i++) {
		w[i].fd = fd;
		w[i].index = i;
		ASSERT_EQ(0, pthread_create(&w[i].thread, NULL, write_stripes, &w[i]));
	}
	for (int i = 0; i < 4; i++) {
		ASSERT_EQ(0, pthread_join(w[i].thread, NULL));
		EXPECT_EQ(0, w[i].failed);
	}
	for (int i = 0; i < 256; i++) {
		ASSERT_EQ((ssize_t)sizeof(buf), pread(fd, buf, sizeof(buf), (off_t)i * 4096));
		EXPECT_EQ('a' + i % 4, buf[0]);
		EXPECT_EQ('a' + i % 4, buf[4095]);
	}
}

TEST_F(folder, space_is_told)
{
	struct statvfs v;

	ASSERT_EQ(0, statvfs(".", &v));
	EXPECT_LT(0, v.f_blocks);
	EXPECT_LE(v.f_bavail, v.f_blocks);
	EXPECT_LT(0, v.f_bsize);
}

TEST_HARNESS_MAIN
