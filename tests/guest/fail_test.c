// SPDX-License-Identifier: GPL-2.0-only
/* Memory fails in what is done to files and folders: each allocation of each call once. */
#include <sys/mman.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include "fail_fixture.h"

#define BATCH		12		/* folders made for an operation at once */

static char got[BYTES + 1];

/* --- operations: each on a folder of its own, of which make_folder() is the start --- */

struct op {
	const char *name;
	long (*run)(const char *dir);	/* what it returned, or -errno */
};

static long op_create(const char *dir)
{
	const char *path = in(dir, "new");
	long fd = FAIL_IN(open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644));

	if (fd >= 0)
		close((int)fd);
	return fd;
}

static long op_mkdir(const char *dir)
{
	const char *path = in(dir, "new");

	return FAIL_IN(mkdir(path, 0755));
}

static long op_unlink(const char *dir)
{
	const char *path = in(dir, "file");

	return FAIL_IN(unlink(path));
}

static long op_rmdir(const char *dir)
{
	const char *path = in(dir, "empty");

	return FAIL_IN(rmdir(path));
}

static long renamed(const char *dir, const char *from, const char *to, unsigned int flags)
{
	const char *old = in(dir, from), *new = in(dir, to);

	return FAIL_IN(renameat2(AT_FDCWD, old, AT_FDCWD, new, flags));
}

static long op_rename(const char *dir)
{
	return renamed(dir, "file", "new", 0);
}

static long op_rename_over(const char *dir)
{
	return renamed(dir, "file", "other", 0);
}

static long op_rename_dir(const char *dir)
{
	return renamed(dir, "full", "empty", 0);
}

static long op_move(const char *dir)
{
	return renamed(dir, "file", "full/file", 0);
}

static long op_exchange(const char *dir)
{
	return renamed(dir, "file", "full", RENAME_EXCHANGE);
}

/* Opening for both makes the copy that a shared mapping would need */
static long op_open(const char *dir)
{
	const char *path = in(dir, "file");
	long fd = FAIL_IN(open(path, O_RDWR | O_CLOEXEC));

	if (fd >= 0)
		close((int)fd);
	return fd;
}

static long op_open_truncating(const char *dir)
{
	const char *path = in(dir, "file");
	long fd = FAIL_IN(open(path, O_WRONLY | O_TRUNC | O_CLOEXEC));

	if (fd >= 0)
		close((int)fd);
	return fd;
}

/* With "file" open, which is not what is to fail */
static long with_file(const char *dir, int mode, long (*run)(int fd))
{
	int fd = open(in(dir, "file"), mode | O_CLOEXEC);
	long ret = fd < 0 ? -EBADF : run(fd);

	if (fd >= 0)
		close(fd);
	return ret;
}

/*
 * It may be short. Then that much has to be there, so the model gets no more, and
 * what is said of it here is that it was as long as asked for
 */
static long last_written;

static long written(int fd, size_t len, off_t pos)
{
	size_t some = !fail_next && last_written >= 0 ? (size_t)last_written : len;
	long n = FAIL_IN(pwrite(fd, want, some, pos));

	if (fail_next)
		last_written = n;
	return n;
}

static long write_within(int fd)
{
	return written(fd, 5000, 100);
}

static long write_behind(int fd)
{
	return written(fd, 9000, BYTES + 3000);
}

static long truncate_shorter(int fd)
{
	return FAIL_IN(ftruncate(fd, 5000));
}

static long truncate_longer(int fd)
{
	return FAIL_IN(ftruncate(fd, 30000));
}

static long allocate(int fd)
{
	return FAIL_IN(fallocate(fd, 0, 0, 20000));
}

static long punch(int fd)
{
	return FAIL_IN(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4096, 5000));
}

static long set_time(int fd)
{
	struct timespec t[2] = { { .tv_sec = MAGIC_TIME }, { .tv_sec = MAGIC_TIME } };

	return FAIL_IN(futimens(fd, t));
}

static long file_sync(int fd)
{
	return FAIL_IN(fsync(fd));
}

/* Right as far as it goes */
static long read_some(int fd)
{
	long n = FAIL_IN(pread(fd, got, sizeof(got), 0));

	return n > 0 && memcmp(got, want, (size_t)n) ? -EBADMSG : n;
}

static long map(int fd)
{
	long m = FAIL_IN(mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));

	if (m < 0)
		return m;
	munmap((void *)m, BYTES);
	return 0;
}

/* A fault that lacks memory is tried again by the kernel: it can't fail */
static long store(volatile char *m)
{
	m[5000] = 'x';
	return 0;
}

static long map_and_store(int fd)
{
	char *m = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	long ret;

	if (m == MAP_FAILED)
		return -errno;
	ret = FAIL_IN(store(m));
	munmap(m, BYTES);
	return ret;
}

static long load(const volatile char *m)
{
	return m[0] == want[0] && m[8192] == want[8192] ? 0 : -EBADMSG;
}

static long map_and_load(int fd)
{
	char *m = mmap(NULL, BYTES, PROT_READ, MAP_SHARED, fd, 0);
	long ret;

	if (m == MAP_FAILED)
		return -errno;
	ret = FAIL_IN(load(m));
	munmap(m, BYTES);
	return ret;
}

#define ON_FILE(name, mode, run)						\
	static long name(const char *dir)					\
	{									\
		return with_file(dir, mode, run);				\
	}

ON_FILE(op_write, O_WRONLY, write_within)
ON_FILE(op_write_behind, O_WRONLY, write_behind)
ON_FILE(op_truncate, O_WRONLY, truncate_shorter)
ON_FILE(op_grow, O_WRONLY, truncate_longer)
ON_FILE(op_fallocate, O_WRONLY, allocate)
ON_FILE(op_punch, O_WRONLY, punch)
ON_FILE(op_time, O_WRONLY, set_time)
ON_FILE(op_fsync, O_WRONLY, file_sync)
ON_FILE(op_read, O_RDONLY, read_some)
ON_FILE(op_mmap, O_RDWR, map)
ON_FILE(op_store, O_RDWR, map_and_store)
ON_FILE(op_load, O_RDONLY, map_and_load)

static long op_stat(const char *dir)
{
	const char *path = in(dir, "full/in");
	struct stat st;

	return FAIL_IN(stat(path, &st));
}

static long op_list(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char buf[4096];
	long ret = fd < 0 ? -errno : FAIL_IN(syscall(SYS_getdents64, fd, buf, sizeof(buf)));

	if (fd >= 0)
		close(fd);
	return ret;
}

static long op_statfs(const char *dir)
{
	struct statfs st;

	return FAIL_IN(statfs(dir, &st));
}

static const struct op ops[] = {
	{ "create", op_create }, { "mkdir", op_mkdir }, { "unlink", op_unlink },
	{ "rmdir", op_rmdir }, { "rename", op_rename }, { "rename-over", op_rename_over },
	{ "rename-dir", op_rename_dir }, { "move", op_move }, { "exchange", op_exchange },
	{ "open", op_open }, { "open-truncating", op_open_truncating },
	{ "write", op_write }, { "write-behind", op_write_behind },
	{ "truncate", op_truncate }, { "grow", op_grow }, { "fallocate", op_fallocate },
	{ "punch", op_punch }, { "time", op_time }, { "fsync", op_fsync },
	{ "read", op_read }, { "mmap", op_mmap }, { "store", op_store }, { "load", op_load },
	{ "stat", op_stat }, { "list", op_list }, { "statfs", op_statfs },
};
#define OPS	(sizeof(ops) / sizeof(ops[0]))

/* Where op number @i loses allocation @n, below @root */
static const char *folder(const char *root, size_t i, unsigned int n)
{
	static char path[2][400];
	static unsigned int turn;
	char *to = path[turn++ % 2];

	snprintf(to, sizeof(path[0]), "%s/%s-%u", root, ops[i].name, n);
	return to;
}

/* tmpfs, where the spool is, has no space for an inode that it has no memory for */
static int is_lack(long ret)
{
	return ret == -ENOMEM || ret == -ENOSPC;
}

/* 1: something failed, 0: nothing was left to; -1: not as it should be */
static int lose_one(const struct disc *d, size_t i, unsigned int n)
{
	const char *dir = folder(d->dir, i, n);
	long ret, expected = 0;

	last_written = -1;
	fail_hit = 0;
	fail_next = n;
	ret = ops[i].run(dir);
	fail_next = 0;
	if (ret >= 0)
		expected = ops[i].run(folder(model, i, n));
	if (ret >= 0 ? expected < 0 : !is_lack(ret)) {
		fprintf(stderr, "# %s: %ld where the model has %ld\n", dir, ret, expected);
		return -1;
	}
	if (!same_dir(dir, folder(model, i, n)))
		return -1;
	if (ret < 0 && !fail_hit) {
		fprintf(stderr, "# %s: no memory, but nobody took it away\n", dir);
		return -1;
	}
	return fail_hit;
}

static int make_batch(const struct disc *d, const unsigned int *next)
{
	unsigned int n;
	size_t i;

	for (i = 0; i < OPS; i++)
		for (n = next[i]; next[i] && n < next[i] + BATCH; n++)
			if (make_folder(folder(d->dir, i, n)) || make_folder(folder(model, i, n)))
				return -1;
	return 0;
}

/* How many are not through; -1: one is not as it should be */
static int lose_batch(const struct disc *d, unsigned int *next)
{
	int more = 0, ret = 0;
	unsigned int n;
	size_t i;

	for (i = 0; i < OPS; i++) {
		for (n = 0; next[i] && n < BATCH; n++) {
			ret = lose_one(d, i, next[i] + n);
			if (ret < 0 || next[i] + n > MANY)
				return -1;
			if (!ret)
				break;
		}
		if (!next[i])
			continue;
		if (n < BATCH)
			fprintf(stderr, "# %s: %u allocations\n", ops[i].name, next[i] + n - 1);
		next[i] = n < BATCH ? 0 : next[i] + n;
		more += !!next[i];
	}
	return more;
}

/* What was made for it is burned first, and mounted anew, or it is still staged */
static int lose_all(const struct disc *d, int burned)
{
	unsigned int next[OPS];
	int more = 1;
	size_t i;

	for (i = 0; i < OPS; i++)
		next[i] = 1;
	while (more > 0) {
		if (make_batch(d, next))
			return -1;
		if (burned && (umount_really(d) || mount_really(d)))
			return -1;
		more = lose_batch(d, next);
	}
	return more;
}

TEST_F_TIMEOUT(model, of_what_is_staged, 1500)
{
	ASSERT_EQ(0, mount_really(&self->d));
	EXPECT_EQ(0, lose_all(&self->d, 0));
	ASSERT_EQ(0, umount_really(&self->d));
	EXPECT_TRUE(is_sound(&self->d));
	ASSERT_EQ(0, mount_really(&self->d));
	EXPECT_TRUE(same_dir(self->d.dir, model));
	EXPECT_EQ(0, umount_really(&self->d));
}

TEST_F_TIMEOUT(model, of_what_is_burned, 1500)
{
	ASSERT_EQ(0, mount_really(&self->d));
	EXPECT_EQ(0, lose_all(&self->d, 1));
	ASSERT_EQ(0, umount_really(&self->d));
	EXPECT_TRUE(is_sound(&self->d));
	ASSERT_EQ(0, mount_really(&self->d));
	EXPECT_TRUE(same_dir(self->d.dir, model));
	EXPECT_EQ(0, umount_really(&self->d));
}

/* --- with nothing cached --- */

static long mount_plain(struct disc *d)
{
	return mount(d->device, d->dir, "imapifs", MS_RDONLY, "") ? -errno : 0;
}

/* Each time by a mount that has nothing in memory yet */
static int lose_cold(struct disc *d, long (*run)(const char *dir))
{
	char dir[300];
	unsigned int n;
	long ret;

	snprintf(dir, sizeof(dir), "%s/a", d->dir);
	for (n = 1; n < MANY; n++) {
		if (mount_plain(d))
			return -1;
		fail_hit = 0;
		fail_next = n;
		ret = run(dir);
		fail_next = 0;
		if ((ret < 0 && ret != -ENOMEM) || !same_dir(d->dir, model)) {
			fprintf(stderr, "# allocation %u: %ld\n", n, ret);
			return -1;
		}
		if (disc_umount(d))
			return -1;
		if (!fail_hit)
			return (int)n - 1;
	}
	return -1;
}

TEST_F_TIMEOUT(model, cold, 1500)
{
	ASSERT_EQ(0, burn_folder(&self->d));
	EXPECT_LT(0, lose_cold(&self->d, op_stat));
	EXPECT_LT(0, lose_cold(&self->d, op_list));
	EXPECT_LT(0, lose_cold(&self->d, op_read));
	EXPECT_LT(0, lose_cold(&self->d, op_load));
}

TEST_HARNESS_MAIN
