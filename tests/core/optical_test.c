// SPDX-License-Identifier: GPL-2.0-only
/* Commits on discs in drives: what is written when, and what is left when it fails */
#include "blank.h"
#include "finalize.h"
#include "optical_fixture.h"

FIXTURE(optical) {
	struct disc d;
	struct fake_disc *mounted;
};

FIXTURE_VARIANT(optical) {
	u16 profile;
};

FIXTURE_VARIANT_ADD(optical, cd_r) { .profile = CD_R };
FIXTURE_VARIANT_ADD(optical, dvd_plus_r) { .profile = DVD_PLUS_R };
FIXTURE_VARIANT_ADD(optical, dvd_plus_rw) { .profile = DVD_PLUS_RW };

FIXTURE_SETUP(optical)
{
	memset(&fake, 0, sizeof(fake));
	self->mounted = fake_disc(variant->profile);
	fake.disc = self->mounted;
	ASSERT_EQ(0, disc_init(&self->d));
	ASSERT_EQ(0, mount_fake(&self->d));
}

FIXTURE_TEARDOWN(optical)
{
	disc_exit(&self->d);
	fake_disc_free(self->mounted);
}

TEST_F(optical, three_sessions)
{
	struct disc *d = &self->d;
	u32 starts[3], i;

	EXPECT_TRUE(d->rec->blank);
	for (i = 0; i < 3; i++) {
		char name[] = { (char)('a' + i), '\0' };

		starts[i] = d->rec->nwa;
		burn_one(_metadata, d, name, i);
		EXPECT_EQ(i + 1, d->rec->sessions.nr);
		EXPECT_EQ(starts[i], d->rec->sessions.list[i].start);
	}
	EXPECT_EQ(0, fake.bad_reads);
	EXPECT_LE(3, fake.held);
	disc_umount(d);
	ASSERT_EQ(0, mount_fake(d));
	for (i = 0; i < 3; i++) {
		char name[] = { (char)('a' + i), '\0' };

		EXPECT_EQ(0, disc_compare(d, name, i, 3000001));
		EXPECT_EQ(0, recorder_load(d->rec, i + 1));
		EXPECT_EQ(starts[i], d->rec->sessions.list[i].start);
	}
}

TEST_F(optical, the_speed_that_was_asked_for)
{
	self->d.rec->speed = 5540;
	burn_one(_metadata, &self->d, "a", 1);
	EXPECT_EQ(5540, fake.speed);
}

TEST_F(optical, nothing_staged_writes_nothing)
{
	ASSERT_EQ(0, disc_commit(&self->d));
	EXPECT_EQ(0, fake.writes);
}


/* --- which disc is it? --- */

TEST_F(optical, another_disc_is_not_written_to)
{
	struct fake_disc *other = fake_disc(variant->profile);
	struct disc *d = &self->d;

	burn_one(_metadata, d, "a", 1);
	ASSERT_EQ(0, disc_stage(d, "b", 2, 3000001));
	refused(_metadata, d, NULL, -ENOMEDIUM);
	refused(_metadata, d, other, -EMEDIUMTYPE);
	other->medium.code_hash++;
	refused(_metadata, d, other, -EMEDIUMTYPE);
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
	EXPECT_EQ(0, disc_compare(d, "b", 2, 3000001));
	fake_disc_free(other);
}

static struct fake_disc *swap_to;

static void swap_discs(void)
{
	fake.disc = swap_to;
}

static void swap_and_tell(void)
{
	fake.disc = swap_to;
	fake.changes++;
}

/* By nothing but that somebody told of it: once, and who comes again means it */
TEST_F(optical, a_blank_disc_that_was_put_in_is_asked_about)
{
	struct fake_disc *other = fake_disc(variant->profile);
	struct disc *d = &self->d;

	ASSERT_EQ(0, disc_stage(d, "a", 1, 3000001));
	fake.changes++;
	refused(_metadata, d, other, -EMEDIUMTYPE);
	EXPECT_NE(NULL, strstr(d->message, "can't be told apart"));
	fake.changes++;
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
	EXPECT_EQ(0, disc_compare(d, "a", 1, 3000001));
	fake_disc_free(other);
}

TEST_F(optical, the_module_has_asked_about_it)
{
	struct disc *d = &self->d;

	fake.module = true;
	ASSERT_EQ(0, disc_stage(d, "a", 1, 3000001));
	fake.changes++;
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
	EXPECT_EQ(0, disc_compare(d, "a", 1, 3000001));
}

TEST_F(optical, a_blank_disc_that_comes_while_the_burner_is_opened)
{
	struct disc *d = &self->d;

	fake.module = true;
	ASSERT_EQ(0, disc_stage(d, "a", 1, 3000001));
	swap_to = fake_disc(variant->profile);
	fake.at_open = swap_and_tell;
	EXPECT_EQ(-EMEDIUMTYPE, disc_commit(d)) TH_LOG("%s", d->message);
	EXPECT_EQ(0, fake.writes);
	fake.at_open = NULL;
	fake_disc_free(swap_to);
	fake.disc = self->mounted;
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
}

/* Like the one that is burned in all that is compared: the drive's word alone tells */
static struct fake_disc *twin_of(const struct fake_disc *d)
{
	struct fake_disc *twin = malloc(sizeof(*twin));

	*twin = *d;
	twin->blocks = malloc((size_t)FAKE_BLOCKS * IMAPI_BLOCK);
	memcpy(twin->blocks, d->blocks, (size_t)FAKE_BLOCKS * IMAPI_BLOCK);
	return twin;
}

TEST_F(optical, a_disc_that_comes_amid_a_burn_is_not_written_to)
{
	struct disc *d = &self->d;
	u32 writes;

	burn_one(_metadata, d, "a", 1);
	ASSERT_EQ(0, disc_stage(d, "b", 2, 3000001));
	swap_to = twin_of(self->mounted);
	fake.writes = 0;
	fake.at_write = swap_and_tell;
	fake.at_write_nth = 2;
	EXPECT_EQ(-EMEDIUMTYPE, disc_commit(d));
	EXPECT_NE(NULL, strstr(d->message, "amid the burn")) TH_LOG("%s", d->message);
	EXPECT_EQ(1, fake.writes);
	EXPECT_TRUE(is_staged(d));
	writes = fake.writes;
	fake.disc = self->mounted;
	fake.changes++;
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
	EXPECT_LT(writes, fake.writes);
	EXPECT_EQ(0, disc_compare(d, "a", 1, 3000001));
	EXPECT_EQ(0, disc_compare(d, "b", 2, 3000001));
	fake_disc_free(swap_to);
}

static void tell(void)
{
	fake.changes++;
}

/* As of who asked the drive just before, and has heard of it first */
TEST_F(optical, a_change_that_is_told_late_of_the_right_disc)
{
	struct disc *d = &self->d;

	burn_one(_metadata, d, "a", 1);
	ASSERT_EQ(0, disc_stage(d, "b", 2, 3000001));
	fake.at_write = tell;
	fake.at_write_nth = 1;
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
	EXPECT_EQ(2, d->rec->sessions.nr);
	EXPECT_EQ(0, disc_compare(d, "a", 1, 3000001));
	EXPECT_EQ(0, disc_compare(d, "b", 2, 3000001));
}

TEST_F(optical, a_change_that_is_told_late_of_another_disc)
{
	struct disc *d = &self->d;

	burn_one(_metadata, d, "a", 1);
	ASSERT_EQ(0, disc_stage(d, "b", 2, 3000001));
	swap_to = fake_disc(variant->profile);
	fake.writes = 0;
	fake.at_write = swap_and_tell;
	fake.at_write_nth = 1;
	EXPECT_EQ(-EMEDIUMTYPE, disc_commit(d)) TH_LOG("%s", d->message);
	EXPECT_EQ(0, fake.writes);
	EXPECT_TRUE(is_staged(d));
	fake_disc_free(swap_to);
	fake.disc = self->mounted;
	fake.changes++;
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
	EXPECT_EQ(2, d->rec->sessions.nr);
}

/* Blank discs can't be told apart, so it is refused, once */
TEST_F(optical, a_change_that_is_told_late_of_a_blank_disc)
{
	struct disc *d = &self->d;

	ASSERT_EQ(0, disc_stage(d, "a", 1, 3000001));
	fake.at_write = tell;
	fake.at_write_nth = 1;
	EXPECT_EQ(-EMEDIUMTYPE, disc_commit(d)) TH_LOG("%s", d->message);
	EXPECT_EQ(0, fake.writes);
	EXPECT_NE(NULL, strstr(d->message, "can't be told apart")) TH_LOG("%s", d->message);
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
	EXPECT_EQ(1, d->rec->sessions.nr);
}

TEST_F(optical, a_swap_while_the_burner_is_opened_is_noticed)
{
	struct disc *d = &self->d;

	burn_one(_metadata, d, "a", 1);
	ASSERT_EQ(0, disc_stage(d, "b", 2, 3000001));
	swap_to = fake_disc(variant->profile);
	fake.writes = 0;
	fake.at_open = swap_discs;
	EXPECT_EQ(-EMEDIUMTYPE, disc_commit(d)) TH_LOG("%s", d->message);
	EXPECT_EQ(0, fake.writes);
	fake.at_open = NULL;
	fake_disc_free(swap_to);
	fake.disc = self->mounted;
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
}

/* To let go of the drive is to stop the disc */
TEST_F(optical, the_burner_rests_between_the_burns)
{
	struct disc *d = &self->d;

	burn_one(_metadata, d, "a", 1);
	burn_one(_metadata, d, "b", 2);
	EXPECT_EQ(1, fake.opened);
	EXPECT_EQ(0, fake.closed);
	fake.fail_wake = true;
	burn_one(_metadata, d, "c", 3);
	EXPECT_EQ(2, fake.opened);
	EXPECT_EQ(1, fake.closed);
	disc_umount(d);
	EXPECT_EQ(2, fake.closed);
	ASSERT_EQ(0, mount_fake(d));
}

TEST_F(optical, a_session_that_somebody_else_burned_is_noticed)
{
	struct disc *d = &self->d;
	struct disc other;

	burn_one(_metadata, d, "a", 1);
	ASSERT_EQ(0, disc_init(&other));
	ASSERT_EQ(0, mount_fake(&other));
	burn_one(_metadata, &other, "theirs", 3);
	disc_exit(&other);
	ASSERT_EQ(0, disc_stage(d, "b", 2, 3000001));
	refused(_metadata, d, fake.disc, -EMEDIUMTYPE);
}

TEST_F(optical, nothing_is_read_from_another_disc)
{
	struct fake_disc *other = fake_disc(variant->profile);
	struct disc *d = &self->d;
	u8 block[IMAPI_BLOCK];

	burn_one(_metadata, d, "a", 1);
	memset(other->recorded, 1, sizeof(other->recorded));
	fake.disc = other;
	fake.changes++;
	EXPECT_EQ(-EMEDIUMTYPE, d->rec->source.read(d->rec->source.ctx, 0, 1, block));
	EXPECT_EQ(-EMEDIUMTYPE, d->rec->source.read(d->rec->source.ctx, 0, 1, block));
	fake.disc = NULL;
	fake.changes++;
	EXPECT_EQ(-ENOMEDIUM, d->rec->source.read(d->rec->source.ctx, 0, 1, block));
	fake.disc = self->mounted;
	fake.changes++;
	EXPECT_EQ(0, d->rec->source.read(d->rec->source.ctx, 0, 1, block));
	fake_disc_free(other);
}

/* --- burns that fail --- */

TEST_F(optical, the_next_commit_makes_good_a_broken_burn)
{
	struct disc *d = &self->d;

	burn_one(_metadata, d, "a", 1);
	ASSERT_EQ(0, disc_stage(d, "b", 2, 3000001));
	fake.fail_write = 2;
	EXPECT_EQ(-EIO, disc_commit(d));
	EXPECT_NE(NULL, strstr(d->message, "the fake burner failed"));
	EXPECT_TRUE(is_staged(d));
	EXPECT_EQ(0, disc_compare(d, "a", 1, 3000001));
	fake.fail_write = 0;
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
	EXPECT_EQ(0, disc_compare(d, "a", 1, 3000001));
	EXPECT_EQ(0, disc_compare(d, "b", 2, 3000001));
}

TEST_F(optical, a_broken_burn_is_not_looked_for_on_another_disc)
{
	struct disc *d = &self->d;
	struct fake_disc *other;

	ASSERT_EQ(0, disc_stage(d, "a", 1, 3000001));
	fake.fail_write = 2;
	EXPECT_EQ(-EIO, disc_commit(d));
	fake.fail_write = 0;
	/* Of the same make, with a session of its own */
	other = fake_disc(variant->profile);
	fake.disc = other;
	disc_umount(d);
	ASSERT_EQ(0, mount_fake(d));
	ASSERT_EQ(0, disc_stage(d, "y", 8, 100000));
	burn_one(_metadata, d, "x", 7);
	disc_umount(d);
	fake.disc = self->mounted;
	ASSERT_EQ(0, mount_fake(d));
	burn_one(_metadata, d, "a", 1);
	ASSERT_EQ(0, disc_stage(d, "b", 2, 3000001));
	fake.fail_write = 2;
	EXPECT_EQ(-EIO, disc_commit(d));
	fake.fail_write = 0;
	refused(_metadata, d, other, -EMEDIUMTYPE);
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
	fake_disc_free(other);
}

TEST_F(optical, a_wrong_block_is_found)
{
	struct disc *d = &self->d;
	bool once = variant->profile != DVD_PLUS_RW;

	ASSERT_EQ(0, disc_stage(d, "a", 1, 3000001));
	fake.spoil = 200;
	EXPECT_EQ(-EIO, disc_commit(d));
	EXPECT_NE(NULL, strstr(d->message, "block 200 ")) TH_LOG("%s", d->message);
	EXPECT_TRUE(is_staged(d));
	EXPECT_EQ(once, d->rec->sessions.nr);
	fake.spoil = 0;
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
	EXPECT_EQ(0, disc_compare(d, "a", 1, 3000001));
	EXPECT_EQ(1 + once, d->rec->sessions.nr);
}

static struct disc *cancelled;

static void cancel(void)
{
	atomic_store(&cancelled->progress.cancel, true);
}

TEST_F(optical, a_cancel_before_the_first_write_is_heard)
{
	struct disc *d = &self->d;

	ASSERT_EQ(0, disc_stage(d, "a", 1, 3000001));
	cancelled = d;
	cancel();
	EXPECT_EQ(-EINTR, disc_commit(d));
	EXPECT_EQ(0, fake.writes);
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
}

/* --- media that are written once --- */

FIXTURE(once) {
	struct disc d;
	struct fake_disc *mounted;
};

FIXTURE_SETUP(once)
{
	memset(&fake, 0, sizeof(fake));
	self->mounted = fake_disc(CD_R);
	fake.disc = self->mounted;
	ASSERT_EQ(0, disc_init(&self->d));
	ASSERT_EQ(0, mount_fake(&self->d));
}

FIXTURE_TEARDOWN(once)
{
	disc_exit(&self->d);
	fake_disc_free(self->mounted);
}

TEST_F(once, a_short_session_is_padded)
{
	struct disc *d = &self->d;

	ASSERT_EQ(0, disc_stage(d, "a", 1, 1));
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
	EXPECT_EQ(IMAPI_CD_MIN_SESSION, d->rec->sessions.list[0].vol.space);
	EXPECT_EQ(IMAPI_CD_MIN_SESSION + 150, d->rec->sessions.list[0].blocks);
	EXPECT_EQ(0, d->rec->sessions.list[0].start);
}

TEST_F(once, a_session_that_was_begun_is_carried_to_its_end)
{
	struct disc *d = &self->d;

	ASSERT_EQ(0, disc_stage(d, "a", 1, 3000001));
	cancelled = d;
	fake.at_feed = cancel;
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
	fake.at_feed = NULL;
	EXPECT_EQ(0, disc_compare(d, "a", 1, 3000001));
	EXPECT_FALSE(atomic_load(&d->progress.cancel));
	EXPECT_FALSE(atomic_load(&d->progress.too_late));
}

TEST_F(once, a_drive_that_lies_is_not_believed)
{
	struct disc *d = &self->d;

	ASSERT_EQ(0, disc_stage(d, "a", 1, 3000001));
	d->verify = VERIFY_NONE;
	fake.lies = true;
	EXPECT_EQ(-EIO, disc_commit(d));
	EXPECT_TRUE(is_staged(d));
	fake.lies = false;
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
}

static int note_prepared(struct disc *d, const struct commit_prepared *p)
{
	d->prepared = *p;
	return fake.writes ? -EPROTO : 0;
}

TEST_F(once, what_is_to_come_is_told_before_the_first_write)
{
	struct disc *d = &self->d;
	const struct imapi_session *s;

	ASSERT_EQ(0, disc_stage(d, "a", 1, 3000001));
	d->prepare = note_prepared;
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
	s = &d->rec->sessions.list[0];
	EXPECT_TRUE(d->prepared.closes_first);
	EXPECT_EQ(s->start, d->prepared.start);
	EXPECT_EQ(s->vol.hash, d->prepared.descriptors);
	EXPECT_EQ(d->prepared.start + d->prepared.blocks, d->prepared.nwa);
	EXPECT_LE(d->prepared.blocks, s->blocks);
}

/* As when the program is killed: half a session is there, and open */
static void break_off(struct __test_metadata *_metadata, struct disc *d)
{
	burn_one(_metadata, d, "a", 1);
	ASSERT_EQ(0, disc_stage(d, "lost", 3, 3000001));
	fake.fail_write = 2;
	EXPECT_EQ(-EIO, disc_commit(d));
	fake.fail_write = 0;
	disc_umount(d);
}

TEST_F(once, a_session_that_nobody_closed_is_closed_first)
{
	struct disc *d = &self->d;

	break_off(_metadata, d);
	EXPECT_TRUE(self->mounted->medium.unfinished);
	ASSERT_EQ(0, mount_fake(d));
	burn_one(_metadata, d, "b", 2);
	EXPECT_EQ(0, disc_compare(d, "a", 1, 3000001));
	EXPECT_EQ(-ENOENT, disc_compare(d, "lost", 3, 3000001));
	EXPECT_EQ(3, d->rec->sessions.nr);
}

TEST_F(once, room_is_known_when_a_damaged_session_is_closed)
{
	struct disc *d = &self->d;

	break_off(_metadata, d);
	self->mounted->medium.nwa_valid = false;
	ASSERT_EQ(0, mount_fake(d));
	EXPECT_TRUE(d->rec->stuck);
	EXPECT_EQ(0, d->rec->ops->room(d->rec));
	ASSERT_EQ(0, d->rec->ops->repair(d->rec));
	EXPECT_FALSE(d->rec->stuck);
	EXPECT_LT(0, d->rec->ops->room(d->rec));
	burn_one(_metadata, d, "b", 2);
	EXPECT_EQ(-ENOENT, disc_compare(d, "lost", 3, 3000001));
}

TEST_F(once, the_last_session_is_said_to_be_that)
{
	struct disc *d = &self->d;

	ASSERT_EQ(0, disc_stage(d, "a", 1, 1));
	d->rec->finalize = true;
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
	EXPECT_TRUE(fake.last);
}

/* --- the end of a disc, and its beginning --- */

static int close_disc(struct disc *d, struct finalize_job *job)
{
	*job = (struct finalize_job){ .rec = d->rec, .progress = &d->progress };
	return finalize_disc(job);
}

TEST_F(optical, a_disc_with_nothing_staged_is_closed_by_a_session)
{
	struct disc *d = &self->d;
	struct finalize_job job;

	EXPECT_FALSE(recorder_is_open(d->rec));
	burn_one(_metadata, d, "a", 1);
	if (variant->profile == DVD_PLUS_RW) {
		EXPECT_FALSE(recorder_is_open(d->rec));
		return;
	}
	ASSERT_TRUE(recorder_is_open(d->rec));
	fake.stays_open = true;
	EXPECT_EQ(-EIO, close_disc(d, &job));
	EXPECT_NE(NULL, strstr(job.message, "left the disc open")) TH_LOG("%s", job.message);
	EXPECT_EQ(2, d->rec->sessions.nr);
	ASSERT_TRUE(recorder_is_open(d->rec));
	fake.stays_open = false;
	ASSERT_EQ(0, close_disc(d, &job)) TH_LOG("%s", job.message);
	EXPECT_TRUE(fake.last);
	EXPECT_EQ(3, d->rec->sessions.nr);
	EXPECT_TRUE(d->rec->disc.closed);
	EXPECT_FALSE(recorder_is_open(d->rec));
	disc_umount(d);
	ASSERT_EQ(0, mount_fake(d));
	EXPECT_EQ(0, disc_compare(d, "a", 1, 3000001));
}

/* Longer than a look at the disc waits */
#define LONG_END	900000u

TEST_F(once, an_end_that_takes_long_is_waited_for)
{
	struct disc *d = &self->d;
	struct finalize_job job;

	fake.end_takes = LONG_END;
	burn_one(_metadata, d, "a", 1);
	EXPECT_EQ(1, self->mounted->medium.sessions);
	ASSERT_EQ(0, close_disc(d, &job)) TH_LOG("%s", job.message);
	EXPECT_TRUE(d->rec->disc.closed);
	EXPECT_EQ(2, self->mounted->medium.sessions);
}

TEST_F(once, so_is_that_of_a_session_that_nobody_closed)
{
	struct disc *d = &self->d;

	break_off(_metadata, d);
	ASSERT_EQ(0, mount_fake(d));
	fake.end_takes = LONG_END;
	ASSERT_EQ(0, d->rec->ops->repair(d->rec)) TH_LOG("%s", d->rec->trouble);
	burn_one(_metadata, d, "b", 2);
	EXPECT_EQ(3, self->mounted->medium.sessions);
}

TEST_F(optical, a_last_session_that_fails_leaves_the_disc_open)
{
	struct disc *d = &self->d;
	struct finalize_job job;

	burn_one(_metadata, d, "a", 1);
	if (variant->profile == DVD_PLUS_RW)
		return;
	fake.fail_write = 1;
	EXPECT_EQ(-EIO, close_disc(d, &job));
	fake.fail_write = 0;
	ASSERT_TRUE(recorder_is_open(d->rec));
	ASSERT_EQ(0, close_disc(d, &job)) TH_LOG("%s", job.message);
	EXPECT_TRUE(fake.kept_open);
	EXPECT_TRUE(d->rec->disc.closed);
	EXPECT_EQ(3, d->rec->sessions.nr);
}

static const struct blank_call blank_it = { .source = "/dev/fake", .yes = true };
static const struct blank_call blank_all = { .source = "/dev/fake", .yes = true, .full = true };

TEST_F(optical, what_is_written_once_is_not_blanked)
{
	struct disc *d = &self->d;
	struct blank_result result;

	burn_one(_metadata, d, "a", 1);
	if (variant->profile == DVD_PLUS_RW)
		return;
	fake.writes = 0;
	EXPECT_EQ(-EROFS, blank_drive(&blank_it, &result));
	EXPECT_EQ(-EROFS, blank_drive(&blank_all, &result));
	EXPECT_EQ(0, fake.writes);
}

TEST_F(optical, what_can_be_written_over_is_blank_without_its_head)
{
	struct blank_result result = { NULL };
	struct disc *d = &self->d;

	if (variant->profile != DVD_PLUS_RW)
		return;
	burn_one(_metadata, d, "a", 1);
	burn_one(_metadata, d, "b", 2);
	disc_umount(d);
	fake.erased = -1;
	ASSERT_EQ(0, blank_drive(&blank_it, &result));
	EXPECT_EQ(-1, fake.erased);
	EXPECT_EQ((u64)(FAKE_BLOCKS - IMAPI_FIRST_SESSION) * IMAPI_BLOCK, result.free);
	ASSERT_EQ(0, mount_fake(d));
	EXPECT_TRUE(d->rec->blank);
	burn_one(_metadata, d, "c", 3);
	EXPECT_EQ(1, d->rec->sessions.nr);
	disc_umount(d);
	ASSERT_EQ(0, blank_drive(&blank_all, &result));
	EXPECT_EQ(BURNER_FORMAT_ANEW, fake.erased);
	ASSERT_EQ(0, mount_fake(d));
	EXPECT_TRUE(d->rec->blank);
}

/* As another program blanks it: the head is gone, and not what its chain led to */
TEST_F(optical, an_old_second_session_does_not_follow_a_new_first_one)
{
	struct disc *d = &self->d;

	if (variant->profile != DVD_PLUS_RW)
		return;
	burn_one(_metadata, d, "a", 1);
	burn_one(_metadata, d, "b", 2);
	disc_umount(d);
	memset(fake.disc->blocks, 0, 2 * (size_t)IMAPI_FIRST_SESSION * IMAPI_BLOCK);
	ASSERT_EQ(0, mount_fake(d));
	ASSERT_TRUE(d->rec->blank);
	burn_one(_metadata, d, "c", 3);
	EXPECT_EQ(1, d->rec->sessions.nr);
}

/* --- what a rewritable disc comes to --- */

FIXTURE(rewritable) {
	struct disc d;
	struct fake_disc *mounted;
};

FIXTURE_VARIANT(rewritable) {
	u16 profile;
	int quick;
};

FIXTURE_VARIANT_ADD(rewritable, cd_rw) { .profile = 0x0a, .quick = BURNER_ERASE_QUICK };
/* Blanked in the quick way it would take no sessions */
FIXTURE_VARIANT_ADD(rewritable, dvd_rw) { .profile = 0x14, .quick = BURNER_ERASE_ALL };

FIXTURE_SETUP(rewritable)
{
	memset(&fake, 0, sizeof(fake));
	fake.erased = -1;
	self->mounted = fake_disc(variant->profile);
	fake.disc = self->mounted;
	ASSERT_EQ(0, disc_init(&self->d));
	ASSERT_EQ(0, mount_fake(&self->d));
	burn_one(_metadata, &self->d, "a", 1);
}

FIXTURE_TEARDOWN(rewritable)
{
	disc_exit(&self->d);
	fake_disc_free(self->mounted);
}

TEST_F(rewritable, a_closed_disc_is_blanked_and_burned_again)
{
	struct blank_result result = { NULL };
	struct disc *d = &self->d;
	struct finalize_job job;

	ASSERT_EQ(0, close_disc(d, &job)) TH_LOG("%s", job.message);
	disc_umount(d);
	ASSERT_EQ(0, blank_drive(&blank_it, &result));
	EXPECT_EQ(variant->quick, fake.erased);
	EXPECT_FALSE(result.already);
	fake.erased = -1;
	ASSERT_EQ(0, blank_drive(&blank_it, &result));
	EXPECT_TRUE(result.already);
	EXPECT_EQ(-1, fake.erased);
	ASSERT_EQ(0, mount_fake(d));
	EXPECT_TRUE(d->rec->blank);
	burn_one(_metadata, d, "b", 2);
	disc_umount(d);
	ASSERT_EQ(0, blank_drive(&blank_all, &result));
	EXPECT_EQ(BURNER_ERASE_ALL, fake.erased);
	ASSERT_EQ(0, mount_fake(d));
}

TEST_F(rewritable, its_end_is_waited_for)
{
	struct blank_result result = { NULL };

	disc_umount(&self->d);
	fake.end_takes = LONG_END;
	ASSERT_EQ(0, blank_drive(&blank_it, &result));
	ASSERT_EQ(0, mount_fake(&self->d));
	EXPECT_TRUE(self->d.rec->blank);
}

TEST_F(rewritable, a_disc_that_came_meanwhile_is_not_blanked)
{
	struct blank_result result = { NULL };

	fake.writes = 0;
	swap_to = fake_disc(variant->profile);
	fake.at_open = swap_discs;
	EXPECT_EQ(-EMEDIUMTYPE, blank_drive(&blank_it, &result));
	EXPECT_EQ(-1, fake.erased);
	EXPECT_EQ(0, fake.writes);
	fake.at_open = NULL;
	fake.disc = NULL;
	EXPECT_EQ(-ENOMEDIUM, blank_drive(&blank_it, &result));
	fake_disc_free(swap_to);
	fake.disc = self->mounted;
}

TEST_F(rewritable, a_drive_that_lies_is_found_out)
{
	struct blank_result result = { NULL };

	fake.lies = true;
	EXPECT_EQ(-EIO, blank_drive(&blank_it, &result));
	EXPECT_EQ(variant->quick, fake.erased);
}

TEST_HARNESS_MAIN
