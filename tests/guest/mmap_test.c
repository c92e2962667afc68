// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings over commits, and the ways around read(2) and write(2). The root of the
 * mount is $IMAPIFS_DIR; fsync(2) on it burns. Every case checks by content, before
 * and after a commit.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/imapifs.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "kselftest_harness.h"

#define PAGE	4096
#define LEN	(3 * PAGE + 100)	/* of file "a": an odd end */

FIXTURE(burned)
{
	int root;
	char dir[64];
	char want[LEN];
	int fd;			/* of "a", which is burned */
};

static int burn(int root)
{
	return fsync(root) ? -errno : 0;
}

static uint64_t commits(int root)
{
	struct imapifs_status st = { 0 };

	return ioctl(root, IMAPIFS_IOC_STATUS, &st) ? 0 : st.commits;
}

static int dirty(int root)
{
	struct imapifs_status st = { 0 };

	return ioctl(root, IMAPIFS_IOC_STATUS, &st) ? -1 : !!(st.flags & IMAPIFS_DIRTY);
}

static void short_sleep(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
}

static void fill(char *buf, size_t len, uint32_t seed)
{
	for (size_t i = 0; i < len; i++) {
		seed = seed * 1664525 + 1013904223;
		buf[i] = (char)(seed >> 24);
	}
}

/* Is this all that a file has? */
static int file_is(const char *name, const char *want, size_t len)
{
	char *got = malloc(len + 1);
	int fd = open(name, O_RDONLY), same;
	ssize_t n = fd < 0 ? -1 : read(fd, got, len + 1);

	same = n >= 0 && (size_t)n == len && !memcmp(got, want, len);
	if (fd >= 0)
		close(fd);
	free(got);
	return same;
}

FIXTURE_SETUP(burned)
{
	const char *root = getenv("IMAPIFS_DIR");

	ASSERT_NE(NULL, root);
	self->root = open(root, O_RDONLY | O_DIRECTORY);
	ASSERT_LE(0, self->root);
	ASSERT_EQ(0, chdir(root));
	snprintf(self->dir, sizeof(self->dir), "case-%d", (int)getpid());
	ASSERT_EQ(0, mkdir(self->dir, 0755));
	ASSERT_EQ(0, chdir(self->dir));
	fill(self->want, LEN, 1);
	self->fd = open("a", O_CREAT | O_RDWR, 0644);
	ASSERT_EQ(LEN, write(self->fd, self->want, LEN));
	ASSERT_EQ(0, burn(self->root));
	ASSERT_EQ(0, dirty(self->root));
}

FIXTURE_TEARDOWN(burned)
{
	if (self->fd >= 0)
		close(self->fd);
	close(self->root);
}

static char *map(int fd, int prot, int flags)
{
	return mmap(NULL, LEN, prot, flags, fd, 0);
}

/* Changes the file by a mapping, and what it should be by that */
#define CHANGE(area, at, byte) do {				\
	((volatile char *)(area))[at] = byte;			\
	self->want[at] = byte;					\
} while (0)

TEST_F(burned, shared_mapping)
{
	uint64_t before = commits(self->root);
	char *m = map(self->fd, PROT_READ | PROT_WRITE, MAP_SHARED);

	ASSERT_NE(MAP_FAILED, m);
	ASSERT_EQ(0, memcmp(m, self->want, LEN));
	CHANGE(m, 5, 'x');
	CHANGE(m, LEN - 1, 'y');
	EXPECT_TRUE(file_is("a", self->want, LEN));
	EXPECT_EQ(1, dirty(self->root));
	ASSERT_EQ(0, burn(self->root));
	EXPECT_EQ(before + 1, commits(self->root));
	EXPECT_EQ(0, dirty(self->root));
	EXPECT_TRUE(file_is("a", self->want, LEN));
	/* The mapping has lived on: a write to it is a change of the file again */
	CHANGE(m, PAGE + 1, 'z');
	CHANGE(m, 5, 'X');
	EXPECT_EQ(1, dirty(self->root));
	EXPECT_TRUE(file_is("a", self->want, LEN));
	ASSERT_EQ(0, burn(self->root));
	EXPECT_EQ(before + 2, commits(self->root));
	ASSERT_EQ(0, munmap(m, LEN));
	/* Nothing keeps the spool file any more: these are the disc's bytes */
	EXPECT_TRUE(file_is("a", self->want, LEN));
	EXPECT_EQ(0, dirty(self->root));
}

TEST_F(burned, shared_mapping_of_a_staged_file)
{
	char *m;

	fill(self->want, LEN, 2);
	ASSERT_EQ(LEN, pwrite(self->fd, self->want, LEN, 0));
	m = map(self->fd, PROT_READ | PROT_WRITE, MAP_SHARED);
	ASSERT_NE(MAP_FAILED, m);
	CHANGE(m, PAGE, '1');
	ASSERT_EQ(0, burn(self->root));
	CHANGE(m, PAGE, '2');
	ASSERT_EQ(0, msync(m, LEN, MS_SYNC));
	ASSERT_EQ(0, burn(self->root));
	ASSERT_EQ(0, munmap(m, LEN));
	EXPECT_TRUE(file_is("a", self->want, LEN));
}

TEST_F(burned, mapping_without_a_descriptor_or_name)
{
	char *m = map(self->fd, PROT_READ | PROT_WRITE, MAP_SHARED);

	ASSERT_NE(MAP_FAILED, m);
	close(self->fd);
	self->fd = -1;
	CHANGE(m, 1, 'c');
	ASSERT_EQ(0, burn(self->root));
	EXPECT_TRUE(file_is("a", self->want, LEN));
	ASSERT_EQ(0, unlink("a"));
	CHANGE(m, 2, 'd');
	EXPECT_EQ(0, memcmp(m, self->want, LEN));
	ASSERT_EQ(0, burn(self->root));
	CHANGE(m, 3, 'e');
	EXPECT_EQ(0, memcmp(m, self->want, LEN));
	ASSERT_EQ(0, munmap(m, LEN));
	ASSERT_EQ(0, burn(self->root));
	EXPECT_EQ(0, dirty(self->root));
}

TEST_F(burned, umount_while_mapped)
{
	char *m = map(self->fd, PROT_READ, MAP_SHARED);
	const char *root = getenv("IMAPIFS_DIR");

	ASSERT_NE(MAP_FAILED, m);
	close(self->fd);
	close(self->root);
	ASSERT_EQ(0, chdir("/"));
	EXPECT_EQ(-1, umount2(root, 0));
	EXPECT_EQ(EBUSY, errno);
	EXPECT_EQ(0, memcmp(m, self->want, LEN));
	ASSERT_EQ(0, munmap(m, LEN));
	self->fd = -1;
	self->root = open(root, O_RDONLY | O_DIRECTORY);
}

TEST_F(burned, private_mapping)
{
	char *m = map(self->fd, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	int staged = open("b", O_CREAT | O_RDWR, 0644);
	char *s;

	ASSERT_NE(MAP_FAILED, m);
	m[7] = 'p';
	EXPECT_TRUE(file_is("a", self->want, LEN));
	EXPECT_EQ(0, memcmp(m + PAGE, self->want + PAGE, LEN - PAGE));
	ASSERT_EQ(LEN, write(staged, self->want, LEN));
	s = map(staged, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	ASSERT_NE(MAP_FAILED, s);
	s[8] = 'q';
	EXPECT_TRUE(file_is("b", self->want, LEN));
	ASSERT_EQ(0, burn(self->root));
	EXPECT_EQ('p', m[7]);
	EXPECT_EQ('q', s[8]);
	s[PAGE] = 'r';
	EXPECT_EQ(0, dirty(self->root));
	EXPECT_TRUE(file_is("a", self->want, LEN));
	EXPECT_TRUE(file_is("b", self->want, LEN));
	ASSERT_EQ(0, munmap(m, LEN));
	ASSERT_EQ(0, munmap(s, LEN));
	close(staged);
}

/* What it sees of the changes is not said anywhere: old bytes or new ones */
TEST_F(burned, mapped_to_read_before_it_is_staged)
{
	char old[LEN], new[LEN];
	int ro = open("a", O_RDONLY), i;
	char *m = map(ro, PROT_READ, MAP_SHARED);

	ASSERT_NE(MAP_FAILED, m);
	memcpy(old, self->want, LEN);
	ASSERT_EQ(old[0], m[0]);
	fill(new, LEN, 3);
	ASSERT_EQ(LEN, pwrite(self->fd, new, LEN, 0));
	for (i = 0; i < LEN; i++)
		ASSERT_TRUE(m[i] == old[i] || m[i] == new[i]);
	/* The mapping may have its own copy by now, and keep it until the burn */
	memcpy(old, new, LEN);
	fill(new, LEN, 4);
	ASSERT_EQ(LEN, pwrite(self->fd, new, LEN, 0));
	for (i = 0; i < LEN; i++)
		ASSERT_TRUE(m[i] == old[i] || m[i] == new[i]);
	ASSERT_EQ(0, burn(self->root));
	/* Burned, there are the new ones alone */
	EXPECT_EQ(0, memcmp(m, new, LEN));
	ASSERT_EQ(0, munmap(m, LEN));
	close(ro);
	EXPECT_TRUE(file_is("a", new, LEN));
}

TEST_F(burned, mapping_that_a_child_inherits_and_a_part_of_it)
{
	char *m = map(self->fd, PROT_READ | PROT_WRITE, MAP_SHARED);
	pid_t child;

	ASSERT_NE(MAP_FAILED, m);
	child = fork();
	if (!child) {
		m[9] = 'k';
		_exit(0);
	}
	waitpid(child, NULL, 0);
	self->want[9] = 'k';
	ASSERT_EQ(0, munmap(m + PAGE, PAGE));
	CHANGE(m, 10, 'l');
	CHANGE(m, 2 * PAGE, 'm');
	ASSERT_EQ(0, burn(self->root));
	CHANGE(m, 2 * PAGE, 'n');
	ASSERT_EQ(0, munmap(m, PAGE));
	ASSERT_EQ(0, burn(self->root));
	ASSERT_EQ(0, munmap(m + 2 * PAGE, LEN - 2 * PAGE));
	EXPECT_TRUE(file_is("a", self->want, LEN));
}

TEST_F(burned, past_the_end_of_the_file)
{
	char *m = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0);
	struct stat st;
	pid_t child;
	int status;

	ASSERT_NE(MAP_FAILED, m);
	child = fork();
	if (!child) {
		((volatile char *)m)[6 * PAGE] = 1;
		_exit(0);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
	/* Within the last page there is memory, but no file */
	m[LEN] = 'o';
	ASSERT_EQ(0, fstat(self->fd, &st));
	EXPECT_EQ(LEN, st.st_size);
	ASSERT_EQ(0, burn(self->root));
	ASSERT_EQ(0, munmap(m, 8 * PAGE));
	EXPECT_TRUE(file_is("a", self->want, LEN));
}

/* The helper is stopped before a commit begins: the gates stay closed */
TEST_F(burned, a_write_waits_for_the_burn)
{
	struct imapifs_status st = { 0 };
	char *m = map(self->fd, PROT_READ | PROT_WRITE, MAP_SHARED);
	pid_t sync, writer;
	int i, status;

	ASSERT_NE(MAP_FAILED, m);
	CHANGE(m, 0, 'b');
	ASSERT_EQ(0, ioctl(self->root, IMAPIFS_IOC_STATUS, &st));
	ASSERT_NE(0, st.helper_pid);
	ASSERT_EQ(0, kill((pid_t)st.helper_pid, SIGSTOP));
	sync = fork();
	if (!sync)
		_exit(burn(self->root) ? 1 : 0);
	for (i = 0; i < 50; i++)
		short_sleep();
	writer = fork();
	if (!writer) {
		((volatile char *)m)[1] = 'w';
		_exit(0);
	}
	for (i = 0; i < 50; i++)
		short_sleep();
	EXPECT_EQ(0, waitpid(writer, &status, WNOHANG));
	EXPECT_EQ(0, memcmp(m, self->want, LEN)) TH_LOG("reading goes on");
	EXPECT_TRUE(file_is("a", self->want, LEN));
	EXPECT_EQ(0, kill((pid_t)st.helper_pid, SIGCONT));
	ASSERT_EQ(sync, waitpid(sync, &status, 0));
	EXPECT_EQ(0, status);
	ASSERT_EQ(writer, waitpid(writer, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(1, dirty(self->root));
	self->want[1] = 'w';
	ASSERT_EQ(0, burn(self->root));
	ASSERT_EQ(0, munmap(m, LEN));
	EXPECT_TRUE(file_is("a", self->want, LEN));
}

/* --- other ways in and out --- */

static int copied_by_splice(int in, int out, size_t len)
{
	int p[2];
	ssize_t n, m;

	if (pipe(p))
		return 0;
	while (len) {
		n = splice(in, NULL, p[1], NULL, len, 0);
		for (len -= n > 0 ? (size_t)n : 0; n > 0; n -= m) {
			m = splice(p[0], NULL, out, NULL, (size_t)n, 0);
			if (m <= 0)
				return 0;
		}
		if (n < 0)
			return 0;
	}
	close(p[0]);
	close(p[1]);
	return 1;
}

TEST_F(burned, splice)
{
	int b = open("b", O_CREAT | O_RDWR, 0644), c = open("c", O_CREAT | O_RDWR, 0644);

	lseek(self->fd, 0, SEEK_SET);
	ASSERT_TRUE(copied_by_splice(self->fd, b, LEN)) TH_LOG("from the disc");
	EXPECT_TRUE(file_is("b", self->want, LEN));
	lseek(b, 0, SEEK_SET);
	ASSERT_TRUE(copied_by_splice(b, c, LEN)) TH_LOG("from what is staged");
	EXPECT_TRUE(file_is("c", self->want, LEN));
	ASSERT_EQ(0, burn(self->root));
	EXPECT_TRUE(file_is("b", self->want, LEN));
	EXPECT_TRUE(file_is("c", self->want, LEN));
	close(b);
	close(c);
}

TEST_F(burned, sendfile_and_copy_file_range)
{
	int b = open("b", O_CREAT | O_RDWR, 0644), c = open("c", O_CREAT | O_RDWR, 0644);
	off_t from = 0, to = 0;

	ASSERT_EQ(LEN, sendfile(b, self->fd, &from, LEN));
	EXPECT_TRUE(file_is("b", self->want, LEN));
	from = 0;
	ASSERT_EQ(LEN, copy_file_range(b, &from, c, &to, LEN, 0));
	EXPECT_TRUE(file_is("c", self->want, LEN));
	/* A file into itself: what is staged by it is also read */
	from = 0;
	to = 2 * PAGE;
	ASSERT_EQ(PAGE, copy_file_range(self->fd, &from, self->fd, &to, PAGE, 0));
	memcpy(self->want + 2 * PAGE, self->want, PAGE);
	EXPECT_TRUE(file_is("a", self->want, LEN));
	ASSERT_EQ(0, burn(self->root));
	EXPECT_TRUE(file_is("a", self->want, LEN));
	EXPECT_FALSE(file_is("b", self->want, LEN));
	close(b);
	close(c);
}

/* Taken, whatever the sizes are, or refused: never wrong */
TEST_F(burned, direct)
{
	static const struct {
		off_t at;
		size_t len, skew;	/* skew: of the buffer */
	} sizes[] = {
		{ 0, PAGE, 0 }, { 512, 512, 0 }, { 1, 1, 1 }, { PAGE - 1, 2, 3 },
		{ PAGE, 2 * PAGE, 8 }, { LEN - 10, 10, 0 }, { 3, 5000, 1 },
	};
	int fd = open("a", O_RDWR | O_DIRECT), i, round;
	char *buf = aligned_alloc(PAGE, 4 * PAGE);
	ssize_t n;

	ASSERT_LE(0, fd);
	for (round = 0; round < 2; round++) {
		for (i = 0; i < 7; i++) {
			n = pread(fd, buf + sizes[i].skew, sizes[i].len, sizes[i].at);
			if (n < 0 && errno == EINVAL)
				continue;
			EXPECT_EQ((ssize_t)sizes[i].len, n);
			EXPECT_EQ(0, memcmp(buf + sizes[i].skew, self->want + sizes[i].at,
					    sizes[i].len));
		}
		for (i = 0; i < 7 && !round; i++) {
			fill(buf + sizes[i].skew, sizes[i].len, 10 + i);
			n = pwrite(fd, buf + sizes[i].skew, sizes[i].len, sizes[i].at);
			if (n < 0 && errno == EINVAL)
				continue;
			EXPECT_EQ((ssize_t)sizes[i].len, n);
			memcpy(self->want + sizes[i].at, buf + sizes[i].skew, sizes[i].len);
			EXPECT_TRUE(file_is("a", self->want, LEN));
		}
		ASSERT_EQ(0, burn(self->root));
	}
	close(fd);
	free(buf);
	EXPECT_TRUE(file_is("a", self->want, LEN));
}

TEST_F(burned, fallocate)
{
	static const int refused[] = {
		FALLOC_FL_PUNCH_HOLE, FALLOC_FL_ZERO_RANGE, FALLOC_FL_COLLAPSE_RANGE,
		FALLOC_FL_INSERT_RANGE, FALLOC_FL_UNSHARE_RANGE,
	};
	char zeros[2 * LEN] = "";
	size_t i;

	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		EXPECT_EQ(-1, fallocate(self->fd, refused[i], 0, PAGE));
		EXPECT_EQ(EOPNOTSUPP, errno);
	}
	EXPECT_TRUE(file_is("a", self->want, LEN));
	ASSERT_EQ(0, fallocate(self->fd, FALLOC_FL_KEEP_SIZE, 0, 2 * LEN));
	EXPECT_TRUE(file_is("a", self->want, LEN));
	ASSERT_EQ(0, fallocate(self->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 100, 5000));
	memset(self->want + 100, 0, 5000);
	EXPECT_TRUE(file_is("a", self->want, LEN));
	ASSERT_EQ(0, burn(self->root));
	EXPECT_TRUE(file_is("a", self->want, LEN));
	ASSERT_EQ(0, fallocate(self->fd, 0, LEN, LEN));
	memcpy(zeros, self->want, LEN);
	EXPECT_TRUE(file_is("a", zeros, 2 * LEN));
	ASSERT_EQ(0, burn(self->root));
	EXPECT_TRUE(file_is("a", zeros, 2 * LEN));
	EXPECT_EQ(-1, fallocate(self->fd, 0, 0, 1LL << 50));
	EXPECT_TRUE(errno == ENOSPC || errno == EFBIG);
	EXPECT_TRUE(file_is("a", zeros, 2 * LEN));
}

TEST_F(burned, holes)
{
	const off_t far = 1 << 20;
	char *want = calloc(1, far + 4);
	int fd = open("h", O_CREAT | O_RDWR, 0644);
	off_t data;

	ASSERT_EQ(4, pwrite(fd, "data", 4, far));
	memcpy(want + far, "data", 4);
	/* Where holes are is the spool's business, where data is isn't */
	data = lseek(fd, 0, SEEK_DATA);
	EXPECT_TRUE(data >= 0 && data <= far);
	EXPECT_EQ(far + 4, lseek(fd, far, SEEK_HOLE));
	EXPECT_EQ(-1, lseek(fd, far + 4, SEEK_DATA));
	EXPECT_EQ(ENXIO, errno);
	EXPECT_TRUE(file_is("h", want, far + 4));
	ASSERT_EQ(0, burn(self->root));
	/* On the disc there are none */
	EXPECT_EQ(0, lseek(fd, 0, SEEK_DATA));
	EXPECT_EQ(far + 4, lseek(fd, 0, SEEK_HOLE));
	EXPECT_TRUE(file_is("h", want, far + 4));
	close(fd);
	free(want);
}

TEST_HARNESS_MAIN
