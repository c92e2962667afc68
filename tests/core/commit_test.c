// SPDX-License-Identifier: GPL-2.0-only
/* The commit, on an image file: what it writes, and what is left when it fails */
#include <signal.h>
#include <sys/resource.h>
#include "disc_image.h"
#include "image.h"
#include "kselftest_harness.h"

FIXTURE(commit) {
	struct disc d;
};

FIXTURE_SETUP(commit)
{
	ASSERT_EQ(0, disc_init(&self->d));
	ASSERT_EQ(0, disc_mount(&self->d));
}

FIXTURE_TEARDOWN(commit)
{
	disc_exit(&self->d);
}

/* Like the recorder's own table, but for an operation that is a test's own */
static struct recorder_ops changed;
static struct disc *watched;
static const struct recorder_ops *original;

static void change_ops(struct disc *d)
{
	original = d->rec->ops;
	changed = *original;
	d->rec->ops = &changed;
	watched = d;
}

TEST_F(commit, nothing_staged_burns_nothing)
{
	ASSERT_EQ(0, disc_commit(&self->d));
	EXPECT_STREQ("nothing to burn", self->d.message);
	EXPECT_EQ(0, disc_size(&self->d));
}

TEST_F(commit, three_sessions_one_after_another)
{
	struct disc *d = &self->d;
	u32 i;

	for (i = 0; i < 3; i++) {
		char name[] = { (char)('a' + i), '\0' };

		ASSERT_EQ(0, disc_stage(d, name, i, 5000 + 1500000 * i));
		ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
		EXPECT_EQ(i + 1, d->rec->sessions.nr);
		EXPECT_EQ(2 * (i + 1), d->switches);
		EXPECT_EQ(0, d->rec->nwa % IMAPI_SESSION_ALIGN);
		EXPECT_EQ(0, disc_check(d, i + 1)) TH_LOG("%s", d->line);
	}
	EXPECT_EQ(IMAPI_FIRST_SESSION, d->rec->sessions.list[0].start);
	disc_umount(d);
	ASSERT_EQ(0, disc_mount(d));
	EXPECT_EQ(3, d->rec->sessions.nr);
	EXPECT_EQ(0, disc_compare(d, "a", 0, 5000));
	EXPECT_EQ(0, disc_compare(d, "b", 1, 1505000));
	EXPECT_EQ(0, disc_compare(d, "c", 2, 3005000));
}

/* Sizes around every limit that copying has: block, small file, buffer */
TEST_F(commit, sizes_at_the_edges)
{
	static const u64 sizes[] = {
		1, 2047, 2048, 2049, (256 << 10) - 1, 256 << 10, (256 << 10) + 1,
		(1 << 20) - 1, 1 << 20, (1 << 20) + 1, (3 << 20) - 2047, (3 << 20) - 2049,
		(9 << 20) + 4097,
	};
	struct disc *d = &self->d;
	char name[16];
	u32 i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		snprintf(name, sizeof(name), "%02u", i);
		ASSERT_EQ(0, disc_stage(d, name, i, sizes[i]));
	}
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
	EXPECT_EQ(0, disc_check(d, 1)) TH_LOG("%s", d->line);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		snprintf(name, sizeof(name), "%02u", i);
		EXPECT_EQ(0, disc_compare(d, name, i, sizes[i])) TH_LOG("%s", name);
	}
}

/* The last block of the session is file data */
static int spoil_data(struct recorder *r)
{
	int err = original->flush(r);
	u8 wrong = 0xa5;

	disc_poke(watched, (u32)(disc_size(watched) / IMAPI_BLOCK) - 1, 77, &wrong, 1);
	return err;
}

TEST_F(commit, one_wrong_byte_of_data_is_found)
{
	struct disc *d = &self->d;

	ASSERT_EQ(0, disc_stage(d, "a", 1, 3 << 20));
	change_ops(d);
	changed.flush = spoil_data;
	ASSERT_EQ(-EIO, disc_commit(d));
	EXPECT_NE(NULL, strstr(d->message, "block "));
	EXPECT_EQ(0, disc_size(d));
	EXPECT_EQ(0, d->switches);
	EXPECT_TRUE(imapi_tree_dirty(d->tree));

	d->rec->ops = original;
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
	EXPECT_EQ(0, disc_compare(d, "a", 1, 3 << 20));
}

TEST_F(commit, data_is_not_looked_at_by_meta)
{
	struct disc *d = &self->d;

	d->verify = VERIFY_META;
	ASSERT_EQ(0, disc_stage(d, "a", 1, 5000));
	change_ops(d);
	changed.flush = spoil_data;
	EXPECT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
	d->rec->ops = original;
}

static int spoil_tree(struct recorder *r)
{
	int err = original->flush(r);
	u8 wrong = 0x55;

	disc_poke(watched, r->nwa + IMAPI_SYSTEM_BLOCKS + 1, 40, &wrong, 1);
	return err;
}

TEST_F(commit, one_wrong_byte_in_the_tree_is_found_by_meta)
{
	struct disc *d = &self->d;

	d->verify = VERIFY_META;
	ASSERT_EQ(0, disc_stage(d, "a", 1, 5000));
	change_ops(d);
	changed.flush = spoil_tree;
	ASSERT_EQ(-EIO, disc_commit(d));
	EXPECT_NE(NULL, strstr(d->message, "block 49 "));
	d->rec->ops = original;
}

static int cancel_in_copy(struct recorder *r, int fd, u64 size)
{
	atomic_store(&r->progress->cancel, true);
	return original->copy(r, fd, size);
}

TEST_F(commit, cancelled_within_a_file)
{
	struct disc *d = &self->d;

	ASSERT_EQ(0, disc_stage(d, "a", 1, 20 << 20));
	change_ops(d);
	changed.copy = cancel_in_copy;
	ASSERT_EQ(-EINTR, disc_commit(d));
	EXPECT_EQ(0, disc_size(d));
	EXPECT_FALSE(atomic_load(&d->progress.cancel));
	d->rec->ops = original;
	EXPECT_EQ(0, disc_commit(d));
}

TEST_F(commit, file_size_limit_is_no_room)
{
	const struct rlimit limit = { 4 << 20, 4 << 20 };
	struct disc *d = &self->d;

	ASSERT_EQ(0, disc_stage(d, "a", 1, 3 << 20));
	ASSERT_EQ(0, disc_stage(d, "b", 2, 3 << 20));
	signal(SIGXFSZ, SIG_IGN);
	ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &limit));
	EXPECT_EQ(-ENOSPC, disc_commit(d));
	EXPECT_EQ(0, disc_size(d));
	EXPECT_TRUE(imapi_tree_dirty(d->tree));
}

static u64 any_room(struct recorder *r)
{
	(void)r;
	return UINT32_MAX;
}

/* The disk fills up in the middle: nobody could have known */
TEST_F(commit, full_disk_while_writing)
{
	const struct rlimit limit = { 6 << 20, RLIM_INFINITY };
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };
	struct disc *d = &self->d;
	s64 before;

	ASSERT_EQ(0, disc_stage(d, "a", 1, 1 << 20));
	ASSERT_EQ(0, disc_commit(d));
	before = disc_size(d);
	ASSERT_EQ(0, disc_stage(d, "b", 2, 4 << 20));
	ASSERT_EQ(0, disc_stage(d, "c", 3, 4 << 20));
	signal(SIGXFSZ, SIG_IGN);
	ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &limit));
	change_ops(d);
	changed.room = any_room;
	EXPECT_EQ(-ENOSPC, disc_commit(d));
	EXPECT_EQ(before, disc_size(d));
	d->rec->ops = original;
	ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &none));
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
	EXPECT_EQ(0, disc_compare(d, "b", 2, 4 << 20));
	EXPECT_EQ(2, d->rec->sessions.nr);
}

TEST_F(commit, another_image_at_its_place)
{
	struct disc *d = &self->d;
	char away[100];
	int fd;

	snprintf(away, sizeof(away), "%s/away", d->dir);
	ASSERT_EQ(0, disc_stage(d, "a", 1, 5000));
	ASSERT_EQ(0, rename(d->path, away));
	EXPECT_EQ(-ENOMEDIUM, disc_commit(d));
	EXPECT_NE(NULL, strstr(d->message, "gone"));
	fd = open(d->path, O_CREAT | O_RDWR, 0600);
	ASSERT_LE(0, fd);
	close(fd);
	EXPECT_EQ(-EMEDIUMTYPE, disc_commit(d));
	EXPECT_NE(NULL, strstr(d->message, "another image"));
	EXPECT_EQ(0, disc_size(d));
	ASSERT_EQ(0, rename(away, d->path));
	EXPECT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
}

static int lose_image(struct recorder *r)
{
	char away[100];

	snprintf(away, sizeof(away), "%s/away", watched->dir);
	return rename(watched->path, away) ? -errno : original->flush(r);
}

TEST_F(commit, image_gone_while_it_burns)
{
	struct disc *d = &self->d;
	struct imapi_usage u;
	char away[100];

	ASSERT_EQ(0, disc_stage(d, "a", 1, 3 << 20));
	change_ops(d);
	changed.flush = lose_image;
	EXPECT_EQ(-ENOMEDIUM, disc_commit(d)) TH_LOG("%s", d->message);
	EXPECT_EQ(0, d->switches);
	ASSERT_EQ(0, imapi_tree_usage(d->tree, &u));
	EXPECT_EQ(3 << 20, u.staged_bytes);

	d->rec->ops = original;
	snprintf(away, sizeof(away), "%s/away", d->dir);
	ASSERT_EQ(0, rename(away, d->path));
	EXPECT_EQ(0, disc_size(d));
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
	EXPECT_EQ(0, disc_compare(d, "a", 1, 3 << 20));
}

/* The same file, but what is in it was changed by somebody else */
TEST_F(commit, other_descriptors_in_the_same_file)
{
	struct disc *d = &self->d;
	u8 digit = '3';

	ASSERT_EQ(0, disc_stage(d, "a", 1, 5000));
	ASSERT_EQ(0, disc_commit(d));
	ASSERT_EQ(0, disc_stage(d, "b", 1, 5000));
	ASSERT_EQ(0, disc_poke(d, 16, offsetof(struct imapi_iso_volume, modified), &digit, 1));
	EXPECT_EQ(-EMEDIUMTYPE, disc_commit(d));
	EXPECT_NE(NULL, strstr(d->message, "changed by another program"));
}

/* The old files would have a hole, and the new session would hide it */
TEST_F(commit, image_truncated_under_the_mount)
{
	struct disc *d = &self->d;
	char command[300];
	s64 size;

	ASSERT_EQ(0, disc_stage(d, "a", 1, 5 << 20));
	ASSERT_EQ(0, disc_commit(d));
	size = disc_size(d);
	snprintf(command, sizeof(command), "cp %s %s/whole", d->path, d->dir);
	ASSERT_EQ(0, system(command));
	ASSERT_EQ(0, disc_stage(d, "b", 2, 1));
	ASSERT_EQ(0, truncate(d->path, size - 1));
	EXPECT_EQ(-EMEDIUMTYPE, disc_commit(d));
	ASSERT_EQ(0, truncate(d->path, 1 << 20));
	EXPECT_EQ(-EMEDIUMTYPE, disc_commit(d));
	EXPECT_NE(NULL, strstr(d->message, "truncated"));
	EXPECT_EQ(1 << 20, disc_size(d));
	EXPECT_TRUE(imapi_tree_dirty(d->tree));
	snprintf(command, sizeof(command), "cat %s/whole >%s", d->dir, d->path);
	ASSERT_EQ(0, system(command));
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
	EXPECT_EQ(0, disc_compare(d, "a", 1, 5 << 20));
	EXPECT_EQ(0, disc_compare(d, "b", 2, 1));
}

/* --- before the write that commits --- */

static int remember_prepared(struct disc *d, const struct commit_prepared *p)
{
	d->prepared = *p;
	/* Recorded, but not yet the newest */
	return d->rec->nwa == p->start &&
	       disc_size(d) == (s64)(p->start + p->blocks) * IMAPI_BLOCK ? 0 : -EBADMSG;
}

TEST_F(commit, prepare_says_what_the_image_will_have)
{
	struct disc *d = &self->d;
	const struct imapi_session *newest;
	struct imapi_volume vol;
	u32 i;

	d->prepare = remember_prepared;
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, disc_stage(d, i ? "b" : "a", i, 70000));
		ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
		newest = &d->rec->sessions.list[i];
		EXPECT_EQ(newest->start, d->prepared.start);
		EXPECT_EQ(newest->blocks, d->prepared.blocks);
		EXPECT_EQ(d->rec->nwa, d->prepared.nwa);
		ASSERT_EQ(0, imapi_volume_read(&d->rec->source, IMAPI_SYSTEM_BLOCKS, &vol));
		EXPECT_EQ(vol.hash, d->prepared.descriptors);
	}
}

static int refuse_prepared(struct disc *d, const struct commit_prepared *p)
{
	(void)p;
	return d->lines ? -EINTR : -ENOTCONN;
}

TEST_F(commit, refused_by_prepare)
{
	struct disc *d = &self->d;

	ASSERT_EQ(0, disc_stage(d, "a", 1, 5000));
	d->prepare = refuse_prepared;
	EXPECT_EQ(-ENOTCONN, disc_commit(d));
	EXPECT_NE(NULL, strstr(d->message, "did not take the session"));
	d->lines = 1;
	EXPECT_EQ(-EINTR, disc_commit(d));
	EXPECT_NE(NULL, strstr(d->message, "cancelled"));
	EXPECT_EQ(0, disc_size(d));
	EXPECT_EQ(0, d->switches);
	EXPECT_TRUE(imapi_tree_dirty(d->tree));
	d->prepare = NULL;
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
	EXPECT_EQ(0, disc_compare(d, "a", 1, 5000));
}

/* --- the write that commits fails --- */

static int finish_with_nonsense(struct recorder *r, const void *head, u32 count)
{
	static const u8 nonsense[COMPOSE_HEAD_MAX * IMAPI_BLOCK] = { 1, 'C', 'D', '0', '0', '1' };

	(void)head;
	return original->finish(r, nonsense, count);
}

/* Writes fail from here on, and half of the head has arrived: -EBADF stands for -EIO */
static int finish_torn(struct recorder *r, const void *head, u32 count)
{
	int fd = r->fd, good = dup(fd);
	int bad = open(watched->path, O_RDONLY);
	int err;

	dup2(bad, fd);
	err = original->finish(r, head, count);
	if (pwrite(good, head, IMAPI_BLOCK + 100, 16 * IMAPI_BLOCK) < 0)
		perror("pwrite");
	dup2(good, fd);
	close(good);
	close(bad);
	return err;
}

static void fail_to_finish(struct __test_metadata *_metadata, struct disc *d,
			   int (*finish)(struct recorder *r, const void *head, u32 count))
{
	struct imapi_usage u;
	u32 switches = d->switches;

	ASSERT_EQ(0, disc_stage(d, "new", 3, 2 << 20));
	change_ops(d);
	changed.finish = finish;
	EXPECT_NE(0, disc_commit(d));
	d->rec->ops = original;
	EXPECT_EQ(switches, d->switches);
	ASSERT_EQ(0, imapi_tree_usage(d->tree, &u));
	EXPECT_EQ(2 << 20, u.staged_bytes);
}

TEST_F(commit, failed_finish_changes_nothing)
{
	struct disc *d = &self->d;
	char command[300];

	fail_to_finish(_metadata, d, finish_with_nonsense);
	EXPECT_EQ(0, disc_size(d));
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
	ASSERT_EQ(0, disc_stage(d, "old", 1, 3 << 20));
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
	snprintf(command, sizeof(command), "cp %s %s/before", d->path, d->dir);
	ASSERT_EQ(0, system(command));
	ASSERT_EQ(0, imapi_unlink(d->tree, imapi_tree_root(d->tree), "new", 3, IMAPI_FILE,
				  1000));
	fail_to_finish(_metadata, d, finish_with_nonsense);
	EXPECT_EQ(0, disc_compare(d, "old", 1, 3 << 20));
	snprintf(command, sizeof(command), "cmp %s %s/before", d->path, d->dir);
	EXPECT_EQ(0, system(command));
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
	EXPECT_EQ(3, d->rec->sessions.nr);
	EXPECT_EQ(0, disc_compare(d, "new", 3, 2 << 20));
}

TEST_F(commit, torn_finish_is_put_right_by_the_next_commit)
{
	struct disc *d = &self->d;

	ASSERT_EQ(0, disc_stage(d, "old", 1, 3 << 20));
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
	fail_to_finish(_metadata, d, finish_torn);
	EXPECT_TRUE(to_image(d->rec)->torn);
	/* It may be the newest on the medium, so it is whole */
	EXPECT_LT(5 << 20, disc_size(d));
	EXPECT_EQ(0, disc_compare(d, "old", 1, 3 << 20));
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
	EXPECT_FALSE(to_image(d->rec)->torn);
	EXPECT_EQ(2, d->rec->sessions.nr);
	EXPECT_EQ(0, disc_check(d, 2)) TH_LOG("%s", d->line);
	EXPECT_EQ(0, disc_compare(d, "old", 1, 3 << 20));
	EXPECT_EQ(0, disc_compare(d, "new", 3, 2 << 20));
}

TEST_F(commit, torn_finish_is_put_right_at_the_end)
{
	struct disc *d = &self->d;

	ASSERT_EQ(0, disc_stage(d, "old", 1, 3 << 20));
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
	fail_to_finish(_metadata, d, finish_torn);
	disc_umount(d);
	ASSERT_EQ(0, disc_mount(d));
	EXPECT_EQ(1, d->rec->sessions.nr);
	EXPECT_TRUE(d->rec->writable);
	EXPECT_EQ(0, disc_compare(d, "old", 1, 3 << 20));
}

TEST_F(commit, torn_finish_of_a_first_session)
{
	struct disc *d = &self->d;

	fail_to_finish(_metadata, d, finish_torn);
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
	EXPECT_EQ(1, d->rec->sessions.nr);
	EXPECT_EQ(0, disc_compare(d, "new", 3, 2 << 20));
}

TEST_F(commit, source_date_epoch)
{
	static const char *const bad[] = {
		"", "-1", " 1", "1x", "5869584000", "99999999999999999999",
	};
	struct disc *d = &self->d;
	u32 i;

	ASSERT_EQ(0, disc_stage(d, "a", 1, 5000));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		setenv("SOURCE_DATE_EPOCH", bad[i], 1);
		EXPECT_EQ(-EINVAL, disc_commit(d)) TH_LOG("'%s'", bad[i]);
	}
	setenv("SOURCE_DATE_EPOCH", "86400", 1);
	ASSERT_EQ(0, disc_commit(d));
	EXPECT_EQ(86400, d->rec->sessions.list[0].vol.created);
}

/* A program's only session at block 0: it stays reachable behind ours */
TEST_F(commit, appends_to_a_session_at_block_0)
{
	struct disc *d = &self->d;
	char command[256];

	disc_umount(d);
	snprintf(command, sizeof(command),
		 "cd %s && mkdir in && head -c 9999 /dev/zero >in/old && xorriso -as mkisofs -quiet -J -V OLD -o disc.iso in 2>/dev/null",
		 d->dir);
	if (system(command))
		SKIP(return, "xorriso is missing");
	ASSERT_EQ(0, disc_mount(d));
	ASSERT_EQ(1, d->rec->sessions.nr);
	ASSERT_EQ(0, disc_stage(d, "new", 4, 7000));
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
	ASSERT_EQ(2, d->rec->sessions.nr);
	EXPECT_EQ(0, d->rec->sessions.list[0].start);
	EXPECT_STREQ("OLD", d->rec->sessions.list[0].vol.volid);
	EXPECT_EQ(0, disc_check(d, 1)) TH_LOG("%s", d->line);
	EXPECT_EQ(0, disc_check(d, 2)) TH_LOG("%s", d->line);
	ASSERT_EQ(0, disc_stage(d, "newer", 5, 7000));
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
	EXPECT_EQ(3, d->rec->sessions.nr);
	EXPECT_EQ(0, disc_compare(d, "new", 4, 7000));
}

TEST_HARNESS_MAIN
