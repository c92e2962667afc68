// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <libgen.h>
#include <limits.h>
#include <pthread.h>
#include <pwd.h>
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
	EXPECT_EQ(0, seteuid(getuid()));
	EXPECT_EQ(0, setegid(getgid()));
}

/* As mount(8) runs a helper for a user: HOME and XDG_STATE_HOME are not set */
TEST_F(spool, default_folder_without_environment)
{
	const struct passwd *pw;
	char want[PATH_MAX];
	char *base;

	if (!geteuid() && seteuid(65534))
		SKIP(return, "can't become another user");
	setenv("XDG_STATE_HOME", "relative", 1);
	setenv("HOME", "/somewhere", 1);
	base = spool_default();
	EXPECT_STREQ("/somewhere/.local/state/imapifs", base);
	free(base);
	unsetenv("HOME");
	pw = getpwuid(geteuid());
	base = spool_default();
	if (pw) {
		snprintf(want, sizeof(want), "%s/.local/state/imapifs", pw->pw_dir);
		EXPECT_STREQ(want, base);
	} else {
		EXPECT_EQ(NULL, base);
	}
	free(base);
	EXPECT_EQ(0, seteuid(getuid()));
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

struct found {
	char path[200];
	uint64_t bytes;
	int nr;
};

static int find(void *ctx, const char *path, uint64_t bytes)
{
	struct found *f = ctx;

	snprintf(f->path, sizeof(f->path), "%s", path);
	f->bytes += bytes;
	return ++f->nr == 5;
}

/* As a killed mount leaves it, with @size bytes in one staged file */
static int dead_folder(const char *base, const char *name, int size, bool locked)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", base, name);
	if (mkdir(path, 0700))
		return -1;
	strcat(path, "/lock");
	if (locked)
		close(open(path, O_CREAT | O_RDWR, 0600));
	if (size < 0)
		return 0;
	strcpy(strrchr(path, '/'), "/0");
	close(open(path, O_CREAT | O_RDWR, 0600));
	return truncate(path, size);
}

static void remove_tree(const char *base, const char *name)
{
	char command[300];

	snprintf(command, sizeof(command), "rm -r '%s/%s'", base, name);
	if (system(command))
		perror(command);
}

TEST_F(spool, leftovers_of_killed_mounts)
{
	struct spool_file *living;
	struct found f = { 0 };
	char path[200];

	ASSERT_EQ(0, spool_create(self->s, &living));
	ASSERT_EQ(0, disc_fill(spool_use(living), 1, 10));
	spool_unuse(living);
	spool_unuse(living);
	ASSERT_EQ(0, spool_leftovers(self->dir, find, &f));
	EXPECT_EQ(0, f.nr);
	ASSERT_EQ(0, dead_folder(self->dir, "mount-dead", 7777, true));
	ASSERT_EQ(0, dead_folder(self->dir, "mount-none", -1, true));
	ASSERT_EQ(0, dead_folder(self->dir, "mount-zero", 0, true));
	ASSERT_EQ(0, dead_folder(self->dir, "mount-early", -1, false));
	ASSERT_EQ(0, dead_folder(self->dir, "another", 5, true));
	snprintf(path, sizeof(path), "%s/mount-link", self->dir);
	ASSERT_EQ(0, symlink("another", path));
	ASSERT_EQ(0, spool_leftovers(self->dir, find, &f));
	EXPECT_EQ(1, f.nr);
	EXPECT_EQ(7777, f.bytes);
	snprintf(path, sizeof(path), "%s/mount-dead", self->dir);
	EXPECT_STREQ(path, f.path);
	/* The living one, the dead one, "another" and the link */
	EXPECT_EQ(4, entries(self->dir));
	remove_tree(self->dir, "mount-dead");
	remove_tree(self->dir, "mount-link");
	remove_tree(self->dir, "another");
	spool_drop(living);
}

TEST_F(spool, leftovers_end_with_what_the_callback_gives)
{
	struct found f = { .nr = 4 };

	ASSERT_EQ(0, dead_folder(self->dir, "mount-a", 1, true));
	ASSERT_EQ(0, dead_folder(self->dir, "mount-b", 1, true));
	EXPECT_EQ(1, spool_leftovers(self->dir, find, &f));
	EXPECT_EQ(1, f.bytes);
	EXPECT_EQ(-ENOENT, spool_leftovers("/nowhere", find, &f));
	remove_tree(self->dir, "mount-a");
	remove_tree(self->dir, "mount-b");
}

static void *look_for_leftovers(void *arg)
{
	struct found f = { 0 };
	int i;

	for (i = 0; i < 2000; i++)
		spool_leftovers(arg, find, &f);
	return (void *)(long)f.nr;
}

/* One mount must not take for dead what another is just about to lock */
TEST_F(spool, leftovers_while_others_mount)
{
	struct spool *other;
	pthread_t thread;
	void *found;
	int i;

	ASSERT_EQ(0, pthread_create(&thread, NULL, look_for_leftovers, self->dir));
	for (i = 0; i < 1000; i++) {
		ASSERT_EQ(0, spool_open(self->dir, &other));
		EXPECT_EQ(0, access(spool_path(other), F_OK));
		spool_close(other);
	}
	pthread_join(thread, &found);
	EXPECT_EQ(NULL, found);
}

TEST_HARNESS_MAIN
