// SPDX-License-Identifier: GPL-2.0-only
/* Memory fails in mount, commit and umount: each allocation of each call once. */
#include "fail_fixture.h"

#define HIGH_NWA	(1u << 20)	/* behind whatever is on the disc */

/* --- mounts whose helper is the test itself --- */

static long mount_served(struct disc *d)
{
	d->chan = channel_new(HIGH_NWA);
	return d->chan < 0 ? d->chan : disc_mount(d, d->chan);
}

/* What is staged is lost with the helper, which is what is wanted here */
static int let_go(struct disc *d)
{
	if (d->chan >= 0)
		close(d->chan);
	d->chan = -1;
	return disc_umount(d);
}

/* The channel is there before, and closed behind */
static long lose_in_mount(struct disc *d, unsigned int n)
{
	long ret;

	d->chan = channel_new(HIGH_NWA);
	if (d->chan < 0)
		return d->chan;
	fail_hit = 0;
	fail_next = n;
	ret = FAIL_IN(disc_mount(d, d->chan) ? -1 : 0);
	fail_next = 0;
	return ret;
}

/* Number of allocations, or -1 */
static int lose_mounts(struct disc *d)
{
	unsigned int n;
	long ret;
	int good;

	for (n = 1; n < MANY; n++) {
		ret = lose_in_mount(d, n);
		good = ret ? ret == -ENOMEM && fail_hit : same_dir(d->dir, model);
		if (!good)
			fprintf(stderr, "# mount, allocation %u: %ld\n", n, ret);
		if (ret)
			close(d->chan);
		else if (let_go(d))
			good = 0;
		d->chan = -1;
		if (!good)
			return -1;
		if (!fail_hit)
			return (int)n - 1;
	}
	return -1;
}

TEST_F_TIMEOUT(model, mount_of_a_blank_disc, 900)
{
	int n;

	ASSERT_EQ(0, ftruncate(self->d.file, 1 << 20));
	ASSERT_EQ(0, ioctl(self->d.loop, LOOP_SET_CAPACITY));
	n = lose_mounts(&self->d);
	EXPECT_LT(0, n);
	TH_LOG("%d allocations", n);
}

TEST_F_TIMEOUT(model, mount, 900)
{
	int n;

	ASSERT_EQ(0, burn_folder(&self->d));
	n = lose_mounts(&self->d);
	EXPECT_LT(0, n);
	TH_LOG("%d allocations", n);
}

static long remount_ro(const struct disc *d)
{
	return mount("none", d->dir, "imapifs", MS_REMOUNT | MS_RDONLY, "");
}

TEST_F_TIMEOUT(model, remount, 300)
{
	unsigned int n;
	long ret;

	ASSERT_EQ(0, burn_folder(&self->d));
	for (n = 1; n < MANY; n++) {
		ASSERT_EQ(0, mount_served(&self->d));
		fail_hit = 0;
		fail_next = n;
		ret = FAIL_IN(remount_ro(&self->d));
		fail_next = 0;
		ASSERT_TRUE(!ret || ret == -ENOMEM) TH_LOG("allocation %u: %ld", n, ret);
		ASSERT_TRUE(same_dir(self->d.dir, model));
		ASSERT_EQ(0, let_go(&self->d));
		if (!fail_hit)
			break;
	}
	EXPECT_LT(n, MANY);
	TH_LOG("%u allocations", n - 1);
}

/* The first change of a mount counts the tree of the disc */
TEST_F_TIMEOUT(model, first_change, 900)
{
	unsigned int n;
	char path[600];
	long ret;

	ASSERT_EQ(0, burn_folder(&self->d));
	snprintf(path, sizeof(path), "%s/a/new", self->d.dir);
	for (n = 1; n < MANY; n++) {
		ASSERT_EQ(0, mount_served(&self->d));
		fail_hit = 0;
		fail_next = n;
		ret = FAIL_IN(mkdir(path, 0755));
		fail_next = 0;
		if (!ret)
			ret = rmdir(path);
		ASSERT_TRUE(!ret || ret == -ENOMEM) TH_LOG("allocation %u: %ld", n, ret);
		ASSERT_TRUE(same_dir(self->d.dir, model)) TH_LOG("allocation %u", n);
		ASSERT_EQ(0, let_go(&self->d));
		if (!fail_hit)
			break;
	}
	EXPECT_LT(n, MANY);
	TH_LOG("%u allocations", n - 1);
}

/* --- commits --- */

static int status_of(int root, uint64_t *commits)
{
	struct imapifs_status st = { 0 };

	if (ioctl(root, IMAPIFS_IOC_STATUS, &st))
		return -errno;
	*commits = st.commits;
	return !!(st.flags & IMAPIFS_DIRTY);
}

/* 1: something failed, 0: nothing was left to, -1: not as it should be */
static int lose_in_commit(const struct disc *d, int root, unsigned int n)
{
	uint64_t before, after;
	char name[32];
	int dirty;
	long ret;

	snprintf(name, sizeof(name), "new-%u", n);
	if (make_folder(in(d->dir, name)) || make_folder(in(model, name)))
		return -1;
	status_of(root, &before);
	fail_hit = 0;
	fail_next = n;
	ret = FAIL_IN(fsync(root));
	fail_next = 0;
	dirty = status_of(root, &after);
	if (ret ? ret != -ENOMEM || !fail_hit || !dirty || after != before :
		  dirty || after != before + 1) {
		fprintf(stderr, "# allocation %u: %ld, %s, commits %d\n", n, ret,
		       dirty ? "dirty" : "clean", (int)(after - before));
		return -1;
	}
	return same_dir(d->dir, model) ? fail_hit : -1;
}

TEST_F_TIMEOUT(model, commit, 1500)
{
	unsigned int n;
	int root, hit = 1;

	ASSERT_EQ(0, mount_really(&self->d));
	root = open(self->d.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (n = 1; hit == 1 && n < MANY; n++)
		hit = lose_in_commit(&self->d, root, n);
	EXPECT_EQ(0, hit);
	TH_LOG("%u allocations", n - 2);
	close(root);
	ASSERT_EQ(0, umount_really(&self->d));
	EXPECT_TRUE(is_sound(&self->d));
	ASSERT_EQ(0, mount_really(&self->d));
	EXPECT_TRUE(same_dir(self->d.dir, model));
	EXPECT_EQ(0, umount_really(&self->d));
}

/* --- in the helper, while it burns --- */

static char fail_file[300];

/*
 * What came of that call? The commit ends within the last one, a moment before
 * the helper can say so. 0: it made no such allocation, 1: it lost it, -1: never made the call
 */
static int helper_said(void)
{
	struct stat st;
	int tries;

	for (tries = 0; tries < 200; tries++) {
		if (stat(fail_file, &st))
			return 0;
		if (!st.st_size)
			return 1;
		usleep(50000);
	}
	return -1;
}

/* A commit in which that call of the helper loses allocation @n: as lose_in_commit() */
static int lose_in_helper(const struct disc *d, int root, const char *call, unsigned int n)
{
	char line[32], content[64];
	uint64_t before, after;
	int len, dirty;
	long ret;

	len = snprintf(content, sizeof(content), "%s, allocation %u", call, n);
	if (write_file(in(d->dir, "file"), content, (size_t)len) ||
	    write_file(in(model, "file"), content, (size_t)len))
		return -1;
	len = snprintf(line, sizeof(line), "%s %u", call, n);
	if (write_file(fail_file, line, (size_t)len))
		return -1;
	status_of(root, &before);
	ret = fsync(root) ? -errno : 0;
	dirty = status_of(root, &after);
	if (ret ? ret != -ENOMEM || !dirty || after != before : dirty || after != before + 1) {
		fprintf(stderr, "# %s, allocation %u: %ld, %s, commits %d\n", call, n, ret,
		       dirty ? "dirty" : "clean", (int)(after - before));
		return -1;
	}
	if (!same_dir(d->dir, model) || (ret && fsync(root)))
		return -1;
	return helper_said();
}

TEST_F_TIMEOUT(model, helper, 1500)
{
	static const char *const calls[] = { "open", "burned", "prepared", "progress", "done" };
	char before[800];
	unsigned int i, n;
	int root, hit;

	snprintf(fail_file, sizeof(fail_file), "%s.fail", model);
	snprintf(before, sizeof(before), "FAIL_FILE='%s' LD_PRELOAD='%s'", fail_file,
		 getenv("FAIL_AT"));
	ASSERT_EQ(0, mount_with(&self->d, before));
	root = open(self->d.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		hit = 1;
		for (n = 1; hit == 1 && n < MANY; n++)
			hit = lose_in_helper(&self->d, root, calls[i], n);
		EXPECT_EQ(0, hit);
		TH_LOG("%s: %u allocations", calls[i], n - 2);
	}
	close(root);
	ASSERT_EQ(0, umount_really(&self->d));
	EXPECT_TRUE(is_sound(&self->d));
	ASSERT_EQ(0, mount_really(&self->d));
	EXPECT_TRUE(same_dir(self->d.dir, model));
	EXPECT_EQ(0, umount_really(&self->d));
}

/* --- the last commit --- */

/* umount(2) in a process of its own: its errno, and 128 if something failed */
static pid_t umount_losing(const struct disc *d, unsigned int n)
{
	pid_t pid = fork();
	long ret;

	if (pid)
		return pid;
	close(d->chan);
	fail_fd = -1;
	fail_hit = 0;
	fail_next = n;
	ret = FAIL_IN(umount2(d->dir, 0));
	_exit((int)-ret | (fail_hit ? 128 : 0));
}

static int has_text(int fd)
{
	char buf[64] = "";
	ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);

	if (fd >= 0)
		close(fd);
	return n == (ssize_t)strlen(TEXT) && !strcmp(buf, TEXT);
}

/* A helper that can't burn, but keeps what it is given: 1: all of it */
static int keep(const struct disc *d, uint64_t ino)
{
	struct imapifs_request req;
	int kept = 0;

	if (next_message(d->chan, &req) <= 0)
		return 0;
	if (req.h.op == IMAPIFS_OP_RESCUE)
		kept = has_text(open_staged(d->chan, req.h.id, ino));
	say_done(d->chan, req.h.id, kept ? 0 : -EIO);
	return kept;
}

/* As umount_losing(), or -1: what was staged was not kept */
static int lose_in_umount(const struct disc *d, uint64_t ino, unsigned int n)
{
	struct pollfd p = { .fd = d->chan, .events = POLLIN };
	pid_t pid = umount_losing(d, n);
	int status, kept = 0;

	while (waitpid(pid, &status, WNOHANG) != pid)
		if (poll(&p, 1, 20) == 1 && !(p.revents & POLLHUP))
			kept += keep(d, ino);
	status = WEXITSTATUS(status);
	return status & 127 || kept == 1 ? status : -1;
}

TEST_F_TIMEOUT(model, umount, 1500)
{
	int status = 128;
	unsigned int n;

	ASSERT_EQ(0, burn_folder(&self->d));
	for (n = 1; status & 128; n++) {
		ASSERT_EQ(0, mount_served(&self->d));
		ASSERT_EQ(0, put(&self->d, "staged", TEXT));
		status = lose_in_umount(&self->d, ino_of(&self->d, "staged"), n);
		ASSERT_LE(0, status) TH_LOG("allocation %u: it is lost", n);
		if (status & 127) {
			ASSERT_EQ(ENOMEM, status & 127);
			ASSERT_TRUE(holds(&self->d, "staged", TEXT));
			ASSERT_EQ(0, lose_in_umount(&self->d, ino_of(&self->d, "staged"), 0));
		}
		close(self->d.chan);
		self->d.chan = -1;
		ASSERT_GT(MANY, n);
	}
	TH_LOG("%u allocations", n - 2);
}

TEST_HARNESS_MAIN

