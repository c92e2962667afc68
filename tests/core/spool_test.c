// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <libgen.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/resource.h>
#include "disc_image.h"
#include "kselftest_harness.h"

FIXTURE(spool) {
	char dir[64];
	struct spool *s;
};

FIXTURE_SETUP(spool)
{
	strcpy(self->dir, "/tmp/imapifs-test-XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->dir));
	ASSERT_EQ(0, spool_open(self->dir, &self->s));
}

FIXTURE_TEARDOWN(spool)
{
	spool_close(self->s);
	/* Fails, and the test with it, if the spool left anything behind */
	EXPECT_EQ(0, rmdir(self->dir));
}

static int entries(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *e;
	int nr = 0;

	while (dir && (e = readdir(dir)))
		nr += e->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return nr;
}

TEST_F(spool, folder_is_private_and_locked)
{
	char lock[200];
	struct stat st;
	int fd;

	ASSERT_EQ(0, stat(spool_path(self->s), &st));
	EXPECT_EQ(0700, st.st_mode & 07777);
	EXPECT_EQ(spool_dev(self->s), st.st_dev);
	EXPECT_STREQ(self->dir, spool_base(self->s));
	snprintf(lock, sizeof(lock), "%s/lock", spool_path(self->s));
	fd = open(lock, O_RDONLY);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, flock(fd, LOCK_SH | LOCK_NB));
	EXPECT_EQ(EWOULDBLOCK, errno);
	close(fd);
}

TEST_F(spool, folders_that_cannot_be_used)
{
	struct spool *other;
	char path[100];

	snprintf(path, sizeof(path), "%s/missing", self->dir);
	EXPECT_EQ(-ENOENT, spool_open(path, &other));
	EXPECT_EQ(-ENOTDIR, spool_open("/dev/null", &other));
}

TEST_F(spool, default_folder_is_made)
{
	char base[100], command[200];
	struct spool *other;

	if (!geteuid() && (setegid(65534) || seteuid(65534)))
		SKIP(return, "can't become another user");
	strcpy(base, "/tmp/imapifs-test-XXXXXX");
	ASSERT_NE(NULL, mkdtemp(base));
	snprintf(command, sizeof(command), "%s/state/deep", base);
	setenv("XDG_STATE_HOME", command, 1);
	ASSERT_EQ(0, spool_open(NULL, &other));
	strcat(command, "/imapifs");
	EXPECT_STREQ(command, spool_base(other));
	spool_close(other);
	EXPECT_EQ(0, rmdir(command));
	EXPECT_EQ(0, rmdir(dirname(command)));
	EXPECT_EQ(0, rmdir(dirname(command)));
	EXPECT_EQ(0, rmdir(base));
	setenv("XDG_STATE_HOME", "relative", 1);
	unsetenv("HOME");
	EXPECT_EQ(-ENOENT, spool_open(NULL, &other));
	EXPECT_EQ(0, seteuid(getuid()));
	EXPECT_EQ(0, setegid(getgid()));
}

TEST_F(spool, many_files_need_few_descriptors)
{
	const struct rlimit few = { 32, 32 };
	struct spool_file *f[1000];
	char c;
	int i, fd;

	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &few));
	for (i = 0; i < 1000; i++) {
		ASSERT_EQ(0, spool_create(self->s, &f[i]));
		c = (char)i;
		EXPECT_EQ(1, pwrite(spool_use(f[i]), &c, 1, 0));
		spool_unuse(f[i]);
		spool_unuse(f[i]);
	}
	for (i = 0; i < 1000; i++) {
		fd = spool_use(f[i]);
		ASSERT_LE(0, fd);
		EXPECT_EQ(1, pread(fd, &c, 1, 0));
		EXPECT_EQ((char)i, c);
		spool_unuse(f[i]);
		spool_drop(f[i]);
	}
	EXPECT_EQ(1, entries(spool_path(self->s)));
}

TEST_F(spool, dropped_file_lives_for_its_users)
{
	struct spool_file *f;
	char c = 'x';
	int fd;

	ASSERT_EQ(0, spool_create(self->s, &f));
	fd = spool_use(f);
	spool_unuse(f);
	ASSERT_EQ(1, pwrite(fd, &c, 1, 0));
	spool_drop(f);
	EXPECT_EQ(1, entries(spool_path(self->s)));
	EXPECT_EQ(1, pread(fd, &c, 1, 0));
	spool_unuse(f);
	EXPECT_EQ(-1, pread(fd, &c, 1, 0));
}

TEST_F(spool, close_removes_what_is_left)
{
	struct spool_file *f;
	struct spool *other;

	ASSERT_EQ(0, spool_open(self->dir, &other));
	ASSERT_EQ(0, spool_create(other, &f));
	EXPECT_EQ(2, entries(self->dir));
	/* As after a kill: the file was never dropped */
	spool_close(other);
	EXPECT_EQ(1, entries(self->dir));
	spool_unuse(f);
	free(f);
}

static void move_and_compare(struct __test_metadata *_metadata, struct spool *s, const char *to)
{
	struct spool_file *f;
	char path[100], c = 0;
	struct stat st;
	int dirfd, fd;

	snprintf(path, sizeof(path), "%s/imapifs-test-XXXXXX", to);
	ASSERT_NE(NULL, mkdtemp(path));
	dirfd = open(path, O_RDONLY | O_DIRECTORY);
	ASSERT_EQ(0, spool_create(s, &f));
	ASSERT_EQ(0, disc_fill(spool_use(f), 7, (3 << 20) + 5));
	spool_unuse(f);
	spool_unuse(f);
	ASSERT_EQ(0, spool_move(f, dirfd, "rescued"));
	EXPECT_EQ(1, entries(spool_path(s)));
	fd = openat(dirfd, "rescued", O_RDONLY);
	ASSERT_EQ(0, fstat(fd, &st));
	EXPECT_EQ((3 << 20) + 5, st.st_size);
	EXPECT_EQ(1, pread(fd, &c, 1, 3 << 20));
	EXPECT_EQ((char)disc_byte(7, 3 << 20), c);
	close(fd);
	spool_drop(f);

	/* What is there already is never written over */
	ASSERT_EQ(0, spool_create(s, &f));
	EXPECT_EQ(-EEXIST, spool_move(f, dirfd, "rescued"));
	spool_unuse(f);
	spool_drop(f);
	unlinkat(dirfd, "rescued", 0);
	close(dirfd);
	EXPECT_EQ(0, rmdir(path));
}

TEST_F(spool, move_by_rename)
{
	move_and_compare(_metadata, self->s, "/tmp");
}

TEST_F(spool, move_to_another_file_system)
{
	struct stat st;

	if (stat("/dev/shm", &st) || access("/dev/shm", W_OK) || st.st_dev == spool_dev(self->s))
		SKIP(return, "/dev/shm is no other file system");
	move_and_compare(_metadata, self->s, "/dev/shm");
}

static void *use_and_unuse(void *arg)
{
	struct spool_file *f = arg;
	long i, bad = 0;
	char c;
	int fd;

	for (i = 0; i < 5000; i++) {
		fd = spool_use(f);
		bad += fd < 0 || pread(fd, &c, 1, 0) != 1;
		spool_unuse(f);
	}
	return (void *)bad;
}

TEST_F(spool, one_file_used_by_four_threads)
{
	struct spool_file *f;
	pthread_t thread[4];
	void *bad;
	int i;

	ASSERT_EQ(0, spool_create(self->s, &f));
	ASSERT_EQ(0, disc_fill(spool_use(f), 1, 10));
	spool_unuse(f);
	spool_unuse(f);
	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, use_and_unuse, f));
	for (i = 0; i < 4; i++) {
		pthread_join(thread[i], &bad);
		EXPECT_EQ(NULL, bad);
	}
	spool_drop(f);
}

TEST_HARNESS_MAIN
