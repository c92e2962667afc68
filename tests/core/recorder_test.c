// SPDX-License-Identifier: GPL-2.0-only
/* The image recorder: what is blank, what is whose, where the next session goes */
#include <sys/wait.h>
#include "disc_image.h"
#include "kselftest_harness.h"

FIXTURE(image) {
	struct disc d;
	struct recorder *rec;
};

FIXTURE_SETUP(image)
{
	ASSERT_EQ(0, disc_init(&self->d));
}

FIXTURE_TEARDOWN(image)
{
	disc_exit(&self->d);
}

/* Mounts, burns one file of @size bytes, and lets go */
static int burn(struct disc *d, const char *name, u64 size)
{
	int err = disc_mount(d);

	if (!err)
		err = disc_stage(d, name, 1, size);
	if (!err)
		err = disc_commit(d);
	if (d->rec)
		disc_umount(d);
	return err;
}

TEST_F(image, empty_file_is_blank)
{
	ASSERT_EQ(0, disc_mount(&self->d));
	EXPECT_TRUE(self->d.rec->blank);
	EXPECT_TRUE(self->d.rec->writable);
	EXPECT_EQ(IMAPI_FIRST_SESSION, self->d.rec->nwa);
	EXPECT_EQ(0u, self->d.rec->sessions.nr);
	EXPECT_EQ(0, self->d.rec->ops->check(self->d.rec));
}

TEST_F(image, one_hole_is_blank_and_stays_so_after_a_failure)
{
	struct disc *d = &self->d;
	u8 block[IMAPI_BLOCK] = { 1 };

	ASSERT_EQ(0, truncate(d->path, 100 << 20));
	ASSERT_EQ(0, disc_mount(d));
	EXPECT_TRUE(d->rec->blank);
	ASSERT_EQ(0, d->rec->ops->begin(d->rec, 1));
	ASSERT_EQ(0, d->rec->ops->write(d->rec, block, 1));
	ASSERT_EQ(0, d->rec->ops->flush(d->rec));
	EXPECT_NE(0, d->rec->ops->check(d->rec));
	d->rec->ops->abort(d->rec);
	EXPECT_EQ(0, d->rec->ops->check(d->rec));
	EXPECT_EQ(100 << 20, disc_size(d));
	disc_umount(d);
	EXPECT_EQ(0, burn(d, "a", 5000));
	EXPECT_EQ(100 << 20, disc_size(d));
	EXPECT_EQ(0, burn(d, "b", 5000));
	EXPECT_EQ(100 << 20, disc_size(d));
}

TEST_F(image, what_is_no_image)
{
	struct disc *d = &self->d;
	static const u8 zeros[1 << 20];
	struct recorder *rec;

	EXPECT_EQ(-EMEDIUMTYPE, recorder_open_image(d->dir, 0, &rec));
	EXPECT_EQ(-EMEDIUMTYPE, recorder_open_image("/dev/null", 0, &rec));
	EXPECT_EQ(-ENOENT, recorder_open_image("/nowhere/disc.iso", 0, &rec));
	/* Somebody's zeros, and then something */
	ASSERT_EQ(0, disc_poke(d, 0, 0, zeros, sizeof(zeros)));
	EXPECT_EQ(-ENODATA, recorder_open_image(d->path, 0, &rec));
	ASSERT_EQ(0, disc_poke(d, 0, 0, "text", 4));
	EXPECT_EQ(-EMEDIUMTYPE, recorder_open_image(d->path, 0, &rec));
}

TEST_F(image, mounted_already)
{
	struct disc *d = &self->d;
	struct recorder *rec;

	ASSERT_EQ(0, disc_mount(d));
	EXPECT_EQ(-EBUSY, recorder_open_image(d->path, 0, &rec));
	EXPECT_EQ(-EBUSY, recorder_open_image(d->path, RECORDER_SHARE, &rec));
	ASSERT_EQ(0, recorder_open_image(d->path, RECORDER_READ, &rec));
	rec->ops->close(rec);
	disc_umount(d);
	ASSERT_EQ(0, disc_mount(d));
}

TEST_F(image, mounted_already_for_reading)
{
	struct disc *d = &self->d;
	struct recorder *one, *two, *rec;

	ASSERT_EQ(0, burn(d, "a", 5000));
	ASSERT_EQ(0, recorder_open_image(d->path, RECORDER_SHARE, &one));
	EXPECT_TRUE(one->writable);
	ASSERT_EQ(0, recorder_open_image(d->path, RECORDER_SHARE, &two));
	EXPECT_EQ(-EBUSY, recorder_open_image(d->path, 0, &rec));
	one->ops->close(one);
	EXPECT_EQ(-EBUSY, recorder_open_image(d->path, 0, &rec));
	two->ops->close(two);
	ASSERT_EQ(0, disc_mount(d));
}

/* A loop device over the image: false if there is none to have */
static bool loop_up(const struct disc *d, char *loop, int size)
{
	char command[200];
	FILE *out;
	bool ok;

	snprintf(command, sizeof(command), "losetup -f --show %s 2>/dev/null", d->path);
	out = popen(command, "r");
	ok = fgets(loop, size, out);
	if (pclose(out) || !ok)
		return false;
	loop[strcspn(loop, "\n")] = '\0';
	return true;
}

static int loop_down(const char *loop)
{
	char command[100];

	snprintf(command, sizeof(command), "losetup -d %s", loop);
	return system(command);
}

/* A loop device and the file behind it are one image */
TEST_F(image, mounted_already_behind_a_loop_device)
{
	struct disc *d = &self->d;
	struct recorder *rec, *other;
	char loop[32];

	ASSERT_EQ(0, truncate(d->path, 1 << 20));
	if (!loop_up(d, loop, sizeof(loop)))
		SKIP(return, "no loop device");
	EXPECT_EQ(0, recorder_open_image(loop, 0, &rec));
	EXPECT_EQ(-EBUSY, recorder_open_image(d->path, 0, &other));
	EXPECT_EQ(-EBUSY, recorder_open_image(d->path, RECORDER_SHARE, &other));
	rec->ops->close(rec);
	EXPECT_EQ(0, recorder_open_image(d->path, 0, &rec));
	EXPECT_EQ(-EBUSY, recorder_open_image(loop, RECORDER_SHARE, &other));
	rec->ops->close(rec);
	EXPECT_EQ(0, loop_down(loop));
}

/* On a device what lies behind the last session is free, so that has to be true */
TEST_F(image, device_with_a_session_longer_than_it_says)
{
	static const u8 zeros[8];
	struct disc *d = &self->d;
	struct recorder *rec;
	char loop[32];
	u32 lba;

	ASSERT_EQ(0, burn(d, "a", 5000));
	ASSERT_EQ(0, truncate(d->path, 4 << 20));
	for (lba = 16; lba < 18; lba++)
		ASSERT_EQ(0, disc_poke(d, lba, offsetof(struct imapi_iso_volume, space),
				       zeros, sizeof(zeros)));
	if (!loop_up(d, loop, sizeof(loop)))
		SKIP(return, "no loop device");
	ASSERT_EQ(0, recorder_open_image(loop, 0, &rec));
	EXPECT_FALSE(rec->writable);
	EXPECT_NE(NULL, strstr(rec->why, "longer"));
	rec->ops->close(rec);
	EXPECT_EQ(0, loop_down(loop));
}

TEST_F(image, read_only_file)
{
	struct disc *d = &self->d;
	struct recorder *rec;

	ASSERT_EQ(0, burn(d, "a", 5000));
	ASSERT_EQ(0, chmod(d->dir, 0755));
	ASSERT_EQ(0, chmod(d->path, 0444));
	if (!geteuid() && seteuid(65534))
		SKIP(return, "can't become another user");
	ASSERT_EQ(0, disc_mount(d));
	EXPECT_FALSE(d->rec->writable);
	EXPECT_NE(NULL, d->rec->why);
	EXPECT_EQ(0, disc_compare(d, "a", 1, 5000));
	/* Any number of readers */
	ASSERT_EQ(0, recorder_open_image(d->path, 0, &rec));
	EXPECT_FALSE(rec->writable);
	rec->ops->close(rec);
	ASSERT_EQ(0, seteuid(getuid()));
}

/* Root can write to it, but somebody meant that it stays as it is */
TEST_F(image, file_without_write_permission)
{
	struct disc *d = &self->d;
	struct recorder *rec;

	ASSERT_EQ(0, burn(d, "a", 5000));
	ASSERT_EQ(0, chmod(d->path, 0444));
	ASSERT_EQ(0, disc_mount(d));
	EXPECT_FALSE(d->rec->writable);
	EXPECT_NE(NULL, strstr(d->rec->why, "chmod u+w"));
	ASSERT_EQ(0, recorder_open_image(d->path, RECORDER_READ, &rec));
	EXPECT_FALSE(rec->writable);
	EXPECT_STREQ(d->rec->why, rec->why);
	rec->ops->close(rec);
	disc_umount(d);
	ASSERT_EQ(0, chmod(d->path, 0644));
	EXPECT_EQ(0, burn(d, "b", 5000));
}

TEST_F(image, truncated_image_is_read_only)
{
	struct disc *d = &self->d;

	ASSERT_EQ(0, burn(d, "a", 100000));
	ASSERT_EQ(0, truncate(d->path, disc_size(d) - 1));
	ASSERT_EQ(0, disc_mount(d));
	EXPECT_FALSE(d->rec->writable);
	EXPECT_NE(NULL, strstr(d->rec->why, "truncated"));
}

TEST_F(image, tail_of_somebody_else_is_kept)
{
	struct disc *d = &self->d;
	u32 nwa;

	ASSERT_EQ(0, burn(d, "a", 5000));
	ASSERT_EQ(0, disc_mount(d));
	nwa = d->rec->nwa;
	disc_umount(d);
	/* Padding is free ... */
	ASSERT_EQ(0, truncate(d->path, (nwa + 150) * (s64)IMAPI_BLOCK));
	ASSERT_EQ(0, disc_mount(d));
	EXPECT_EQ(nwa, d->rec->nwa);
	disc_umount(d);
	/* ... and anything else is not, zeros before it or none */
	ASSERT_EQ(0, disc_poke(d, nwa + 149, 0, "mine", 4));
	ASSERT_EQ(0, disc_mount(d));
	EXPECT_EQ((nwa + 150 + 31) / 32 * 32, d->rec->nwa);
	disc_umount(d);
	ASSERT_EQ(0, disc_poke(d, nwa + 3, 0, "mine", 4));
	ASSERT_EQ(0, disc_mount(d));
	EXPECT_EQ((nwa + 150 + 31) / 32 * 32, d->rec->nwa);
	disc_umount(d);
	ASSERT_EQ(0, burn(d, "b", 5000));
	ASSERT_EQ(0, disc_mount(d));
	EXPECT_EQ(0, disc_compare(d, "a", 1, 5000));
	EXPECT_EQ(0, disc_compare(d, "b", 1, 5000));
	/* No chain leads over the gap, our link does */
	EXPECT_EQ(2u, d->rec->sessions.nr);
}

static int die(struct recorder *r)
{
	(void)r;
	_exit(0);
}

/* A commit by another process, killed before the write that would make it count */
static int killed_commit(struct disc *d)
{
	struct recorder_ops ops;
	pid_t pid = fork();

	if (!pid) {
		if (spool_open(d->dir, &d->spool) || disc_mount(d) ||
		    disc_stage(d, "lost", 9, 3 << 20))
			_exit(1);
		ops = *d->rec->ops;
		ops.flush = die;
		d->rec->ops = &ops;
		disc_commit(d);
		_exit(2);
	}
	return waitpid(pid, &pid, 0) < 0 || pid;
}

TEST_F(image, killed_first_commit_leaves_a_blank)
{
	struct disc *d = &self->d;

	ASSERT_EQ(0, killed_commit(d));
	EXPECT_LT(1 << 20, disc_size(d));
	ASSERT_EQ(0, disc_mount(d));
	EXPECT_TRUE(d->rec->blank);
	disc_umount(d);
	EXPECT_EQ(0, burn(d, "a", 5000));
}

TEST_F(image, damaged_head_shows_the_newest_session_and_is_mended_by_the_next)
{
	struct disc *d = &self->d;
	static const u8 zeros[32 * IMAPI_BLOCK];

	ASSERT_EQ(0, burn(d, "a", 5000));
	ASSERT_EQ(0, burn(d, "b", 5000));
	ASSERT_EQ(0, disc_poke(d, 0, 0, zeros, sizeof(zeros)));
	ASSERT_EQ(0, disc_mount(d));
	EXPECT_FALSE(d->rec->blank);
	EXPECT_TRUE(d->rec->sessions.headless);
	EXPECT_EQ(0, disc_compare(d, "a", 1, 5000));
	disc_umount(d);
	ASSERT_EQ(0, burn(d, "c", 5000));
	ASSERT_EQ(0, disc_mount(d));
	EXPECT_FALSE(d->rec->sessions.headless);
	EXPECT_EQ(3u, d->rec->sessions.nr);
	EXPECT_EQ(0, disc_compare(d, "a", 1, 5000));
	EXPECT_EQ(0, disc_compare(d, "b", 1, 5000));
	EXPECT_EQ(0, disc_compare(d, "c", 1, 5000));
}

TEST_F(image, killed_later_commit_is_written_over)
{
	struct disc *d = &self->d;
	u32 nwa;

	ASSERT_EQ(0, burn(d, "a", 5000));
	ASSERT_EQ(0, disc_mount(d));
	nwa = d->rec->nwa;
	disc_umount(d);
	ASSERT_EQ(0, killed_commit(d));
	ASSERT_EQ(0, disc_mount(d));
	EXPECT_EQ(1u, d->rec->sessions.nr);
	EXPECT_EQ(nwa, d->rec->nwa);
	EXPECT_EQ(0, disc_compare(d, "a", 1, 5000));
	ASSERT_EQ(0, disc_stage(d, "b", 1, 5000));
	EXPECT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
	EXPECT_EQ(2u, d->rec->sessions.nr);
	EXPECT_EQ(0, disc_check(d, 2)) TH_LOG("%s", d->line);
}

TEST_F(image, killed_commit_leaves_no_gap_between_the_next_ones)
{
	struct disc *d = &self->d;

	ASSERT_EQ(0, killed_commit(d));
	ASSERT_EQ(0, burn(d, "a", 5000));
	ASSERT_EQ(0, killed_commit(d));
	ASSERT_EQ(0, burn(d, "b", 5000));
	ASSERT_EQ(0, burn(d, "c", 5000));
	ASSERT_EQ(0, disc_mount(d));
	ASSERT_EQ(3u, d->rec->sessions.nr);
	EXPECT_EQ(32u, d->rec->sessions.list[0].start);
	EXPECT_EQ(64u, d->rec->sessions.list[1].start);
	EXPECT_EQ(96u, d->rec->sessions.list[2].start);
	EXPECT_EQ(0, disc_compare(d, "a", 1, 5000));
	EXPECT_EQ(0, disc_compare(d, "b", 1, 5000));
	EXPECT_EQ(0, disc_compare(d, "c", 1, 5000));
}

/* What a killed commit left is not kept for good, and what was there before it is */
TEST_F(image, killed_commit_is_cut_off_by_the_next)
{
	struct disc *d = &self->d;
	static const u8 block[IMAPI_BLOCK] = { 1 };
	s64 end, nwa;

	ASSERT_EQ(0, burn(d, "a", 5000));
	end = disc_size(d);
	ASSERT_EQ(0, killed_commit(d));
	ASSERT_LT(end + (2 << 20), disc_size(d));
	ASSERT_EQ(0, disc_mount(d));
	nwa = (s64)d->rec->nwa * IMAPI_BLOCK;
	ASSERT_EQ(0, d->rec->ops->begin(d->rec, 1));
	ASSERT_EQ(0, d->rec->ops->write(d->rec, block, 1));
	EXPECT_EQ(nwa, disc_size(d));
	d->rec->ops->abort(d->rec);
	EXPECT_EQ(nwa, disc_size(d));
	EXPECT_EQ(0, d->rec->ops->check(d->rec));
	EXPECT_EQ(0, disc_compare(d, "a", 1, 5000));
	disc_umount(d);
	ASSERT_EQ(0, killed_commit(d));
	ASSERT_EQ(0, burn(d, "b", 5000));
	ASSERT_EQ(0, disc_mount(d));
	EXPECT_EQ(2u, d->rec->sessions.nr);
	EXPECT_EQ(d->rec->sessions.end, disc_size(d) / IMAPI_BLOCK);
}

TEST_F(image, source_shorter_than_said_is_an_error)
{
	struct disc *d = &self->d;
	struct spool_file *f;

	ASSERT_EQ(0, disc_mount(d));
	ASSERT_EQ(0, spool_create(d->spool, &f));
	ASSERT_EQ(0, disc_fill(spool_use(f), 1, 3 << 20));
	ASSERT_EQ(0, d->rec->ops->begin(d->rec, 5000));
	EXPECT_EQ(-EIO, d->rec->ops->copy(d->rec, spool_use(f), (4 << 20) + 1));
	EXPECT_EQ(-EIO, d->rec->ops->copy(d->rec, spool_use(f), 3 << 20 | 1));
	d->rec->ops->abort(d->rec);
	EXPECT_EQ(0, disc_size(d));
	spool_unuse(f);
	spool_unuse(f);
	spool_unuse(f);
	spool_unuse(f);
	spool_drop(f);
}

TEST_F(image, abort_leaves_what_somebody_appended)
{
	struct disc *d = &self->d;
	static const u8 block[IMAPI_BLOCK] = { 1 };

	ASSERT_EQ(0, burn(d, "a", 5000));
	ASSERT_EQ(0, disc_mount(d));
	ASSERT_EQ(0, d->rec->ops->begin(d->rec, 1));
	ASSERT_EQ(0, d->rec->ops->write(d->rec, block, 1));
	ASSERT_EQ(0, d->rec->ops->flush(d->rec));
	ASSERT_EQ(0, disc_poke(d, 5000, 0, "mine", 4));
	d->rec->ops->abort(d->rec);
	EXPECT_EQ(5000 * IMAPI_BLOCK + 4, disc_size(d));
}

TEST_F(image, reading_past_the_end_is_an_error)
{
	struct disc *d = &self->d;
	u8 buf[2 * IMAPI_BLOCK];
	const struct imapi_source *src;

	ASSERT_EQ(0, burn(d, "a", 5000));
	ASSERT_EQ(0, disc_mount(d));
	src = &d->rec->source;
	EXPECT_EQ(disc_size(d) / IMAPI_BLOCK, src->blocks);
	EXPECT_EQ(0, src->read(src->ctx, src->blocks - 1, 1, buf));
	EXPECT_EQ(-EIO, src->read(src->ctx, src->blocks - 1, 2, buf));
	EXPECT_EQ(-EIO, src->read(src->ctx, UINT32_MAX, 1, buf));
}

TEST_HARNESS_MAIN
