// SPDX-License-Identifier: GPL-2.0-only
/* Commits on discs that can be written over: formatting, and the descriptors at block 16 */
#include "optical_fixture.h"

FIXTURE(over) {
	struct disc d;
	struct fake_disc *mounted;
};

FIXTURE_SETUP(over)
{
	memset(&fake, 0, sizeof(fake));
	self->mounted = fake_disc(DVD_PLUS_RW);
	fake.disc = self->mounted;
	ASSERT_EQ(0, disc_init(&self->d));
	ASSERT_EQ(0, mount_fake(&self->d));
}

FIXTURE_TEARDOWN(over)
{
	disc_exit(&self->d);
	fake_disc_free(self->mounted);
}

TEST_F(over, unformatted_is_formatted_by_the_first_commit)
{
	struct disc *d = &self->d;

	disc_umount(d);
	self->mounted->medium.unformatted = true;
	self->mounted->medium.capacity = 0;
	ASSERT_EQ(0, mount_fake(d));
	EXPECT_TRUE(d->rec->writable);
	burn_one(_metadata, d, "a", 1);
	EXPECT_FALSE(self->mounted->medium.unformatted);
}

/* As blank as what was mounted; with the drive's power gone meanwhile it may be any such disc */
TEST_F(over, a_format_that_was_cut_off_goes_on)
{
	struct disc *d = &self->d;

	disc_umount(d);
	self->mounted->medium.unformatted = true;
	self->mounted->medium.capacity = 0;
	ASSERT_EQ(0, mount_fake(d));
	ASSERT_EQ(0, disc_stage(d, "a", 1, 3000001));
	fake.fail_format = 1;
	EXPECT_EQ(-EIO, disc_commit(d));
	EXPECT_TRUE(is_staged(d));
	EXPECT_EQ(-EMEDIUMTYPE, disc_commit(d));
	EXPECT_NE(NULL, strstr(d->message, "a blank disc was put in"));
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
	EXPECT_FALSE(self->mounted->medium.stopped);
	EXPECT_EQ(0, disc_compare(d, "a", 1, 3000001));
}

/* A DVD+RW that was ejected before formatting it ended: the second session needs the rest */
TEST_F(over, a_stopped_format_goes_on_before_a_session)
{
	struct disc *d = &self->d;

	burn_one(_metadata, d, "a", 1);
	disc_umount(d);
	self->mounted->medium.stopped = true;
	self->mounted->medium.free = FAKE_BLOCKS;
	self->mounted->medium.capacity = 2048;
	ASSERT_EQ(0, mount_fake(d));
	EXPECT_TRUE(d->rec->writable);
	EXPECT_LT(FAKE_BLOCKS / 2, d->rec->ops->room(d->rec));
	burn_one(_metadata, d, "b", 2);
	EXPECT_FALSE(self->mounted->medium.stopped);
	EXPECT_EQ(2, d->rec->sessions.nr);
	EXPECT_EQ(0, disc_compare(d, "a", 1, 3000001));
}

TEST_F(over, or_one_that_stopped_while_it_was_mounted)
{
	struct disc *d = &self->d;

	burn_one(_metadata, d, "a", 1);
	self->mounted->medium.stopped = true;
	self->mounted->medium.free = FAKE_BLOCKS;
	burn_one(_metadata, d, "b", 2);
	EXPECT_FALSE(self->mounted->medium.stopped);
	EXPECT_EQ(2, d->rec->sessions.nr);
}

static int take_out(struct recorder *r)
{
	(void)r;
	fake.disc = NULL;
	return 0;
}

/* No block of it is bad for that */
TEST_F(over, taken_out_before_it_is_read_back)
{
	const struct recorder_ops *ops = self->d.rec->ops;
	struct recorder_ops changed = *ops;
	struct disc *d = &self->d;

	burn_one(_metadata, d, "a", 1);
	changed.settle = take_out;
	d->rec->ops = &changed;
	ASSERT_EQ(0, disc_stage(d, "b", 2, 3000001));
	EXPECT_EQ(-ENOMEDIUM, disc_commit(d));
	EXPECT_NE(NULL, strstr(d->message, "taken out before all was read back: put it back"))
		TH_LOG("%s", d->message);
	EXPECT_TRUE(is_staged(d));
	d->rec->ops = ops;
	fake.disc = self->mounted;
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
	EXPECT_EQ(0, disc_compare(d, "b", 2, 3000001));
}

TEST_F(over, the_speed_is_set_behind_the_format)
{
	struct disc *d = &self->d;

	disc_umount(d);
	self->mounted->medium.unformatted = true;
	self->mounted->medium.capacity = 0;
	ASSERT_EQ(0, mount_fake(d));
	d->rec->speed = 5540;
	burn_one(_metadata, d, "a", 1);
	EXPECT_EQ(5540, fake.speed);
}

/* Nothing can be read from it, and nothing written to it */
TEST_F(over, unformatted_and_write_protected_is_refused)
{
	struct disc *d = &self->d;

	disc_umount(d);
	self->mounted->medium.unformatted = true;
	self->mounted->medium.capacity = 0;
	self->mounted->medium.writable = false;
	self->mounted->medium.why = "the disc is write-protected";
	EXPECT_EQ(-EMEDIUMTYPE, mount_fake(d));
	self->mounted->medium.writable = true;
	ASSERT_EQ(0, mount_fake(d));
}

TEST_F(over, the_old_head_is_put_back)
{
	struct disc *d = &self->d;

	burn_one(_metadata, d, "a", 1);
	ASSERT_EQ(0, disc_stage(d, "b", 2, 3000001));
	fake.fail_head = 1;
	EXPECT_EQ(-EIO, disc_commit(d));
	EXPECT_EQ(1, d->rec->sessions.nr);
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
	EXPECT_EQ(2, d->rec->sessions.nr);
	EXPECT_EQ(0, disc_compare(d, "a", 1, 3000001));
	EXPECT_EQ(0, disc_compare(d, "b", 2, 3000001));
}

TEST_F(over, or_it_is_put_back_before_the_next_commit)
{
	struct fake_disc *other = fake_disc(DVD_PLUS_RW);
	struct disc *d = &self->d;

	burn_one(_metadata, d, "a", 1);
	ASSERT_EQ(0, disc_stage(d, "b", 2, 3000001));
	fake.fail_head = 2;
	EXPECT_EQ(-EIO, disc_commit(d));
	/* Not to a disc that has nothing of ours */
	refused(_metadata, d, other, -EMEDIUMTYPE);
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
	EXPECT_EQ(2, d->rec->sessions.nr);
	EXPECT_EQ(0, disc_compare(d, "b", 2, 3000001));
	fake_disc_free(other);
}

/* As with any two discs of one make that were filled with as much */
TEST_F(over, nor_to_a_disc_that_has_a_session_of_ours_there)
{
	struct fake_disc *other = fake_disc(DVD_PLUS_RW);
	struct disc *d = &self->d;
	u32 start;

	disc_umount(d);
	fake.disc = other;
	ASSERT_EQ(0, mount_fake(d));
	burn_one(_metadata, d, "x", 7);
	start = d->rec->nwa;
	/* In the same second: by its length alone it isn't the one that is begun below */
	ASSERT_EQ(0, disc_stage(d, "y", 8, 2000001));
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
	disc_umount(d);
	fake.disc = self->mounted;
	ASSERT_EQ(0, mount_fake(d));
	burn_one(_metadata, d, "a", 1);
	ASSERT_EQ(start, d->rec->nwa);
	ASSERT_EQ(0, disc_stage(d, "b", 2, 3000001));
	fake.fail_head = 2;
	EXPECT_EQ(-EIO, disc_commit(d));
	refused(_metadata, d, other, -EMEDIUMTYPE);
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
	EXPECT_EQ(0, disc_compare(d, "a", 1, 3000001));
	EXPECT_EQ(0, disc_compare(d, "b", 2, 3000001));
	fake_disc_free(other);
}

TEST_HARNESS_MAIN
