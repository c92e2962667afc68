// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a commit ends when one side goes: who syncs, the helper in each phase of it,
 * the mount. Works in $IMAPIFS_DIR, with the programs in $IMAPIFS_BUILD.
 */
#include "channel_fixture.h"

TEST_F(commit, who_syncs_is_killed)
{
	struct imapifs_request msg;
	uint64_t id = self->req.h.id;

	kill(self->sync, SIGKILL);
	EXPECT_EQ(-1, child_end(self->sync)) TH_LOG("before anything was answered");
	ASSERT_EQ((ssize_t)sizeof(msg.h), next_message(self->d.chan, &msg));
	EXPECT_EQ(sizeof(msg.h), msg.h.len);
	EXPECT_EQ(IMAPIFS_OP_CANCEL, msg.h.op);
	EXPECT_EQ(id, msg.h.id);
	EXPECT_EQ(0, say_done(self->d.chan, id, -EINTR));
	self->sync = in_child(&self->d, disc_sync);
	ASSERT_EQ((ssize_t)sizeof(msg), next_message(self->d.chan, &self->req));
	EXPECT_EQ(IMAPIFS_OP_COMMIT, self->req.h.op);
	EXPECT_LT(id, self->req.h.id);
	EXPECT_EQ(-ENOENT, say_done(self->d.chan, id, -EINTR));
	EXPECT_UNHARMED();
}

/* --- a helper that just goes --- */

static int helper_goes(struct disc *d, pid_t sync)
{
	close(d->chan);
	d->chan = -1;
	return child_end(sync);
}

TEST_F(served, gone_before_it_read_the_request)
{
	pid_t sync = in_child(&self->d, disc_sync);

	ASSERT_TRUE(readable(self->d.chan));
	EXPECT_EQ(ENOTCONN, helper_goes(&self->d, sync));
	EXPECT_GOES_ON(&self->d);
}

TEST_F(commit, gone_while_it_plans)
{
	EXPECT_EQ(ENOTCONN, helper_goes(&self->d, self->sync));
	EXPECT_EQ(-1, put(&self->d, "b", TEXT));
	EXPECT_EQ(ENOTCONN, errno);
	EXPECT_GOES_ON(&self->d);
}

TEST_F(commit, gone_while_it_records)
{
	struct imapifs_progress p = { .phase = IMAPIFS_PHASE_RECORD, .done = 1, .total = 2 };
	int file = open_staged(self->d.chan, self->req.h.id, self->ino);
	char c = 0;

	ASSERT_LE(0, file);
	EXPECT_EQ(0, SAY(self->d.chan, self->req.h.id, IMAPIFS_OP_PROGRESS, &p));
	EXPECT_EQ(0, say_burned(self->d.chan, self->req.h.id, self->ino, 64));
	EXPECT_EQ(ENOTCONN, helper_goes(&self->d, self->sync));
	EXPECT_EQ(1, read(file, &c, 1)) TH_LOG("its descriptors outlive it");
	close(file);
	EXPECT_GOES_ON(&self->d);
}

TEST_F(commit, gone_when_all_was_prepared)
{
	EXPECT_EQ(0, say_burned(self->d.chan, self->req.h.id, self->ino, 64));
	EXPECT_EQ(0, say_prepared(self->d.chan, self->req.h.id, 0x1234));
	EXPECT_EQ(ENOTCONN, helper_goes(&self->d, self->sync));
	EXPECT_GOES_ON(&self->d);
}

/* --- a session that is really there: the real helper's, of another mount --- */

#define BLOCK		2048

struct session {
	char bytes[1 << 20];
	size_t len;
	uint32_t lba;		/* of the file */
	uint64_t descriptors;
};

/* FNV-1a over the blocks from 16 up to the one that ends the set */
static uint64_t hash_descriptors(const struct session *s)
{
	const unsigned char *p = (const unsigned char *)s->bytes + 16 * BLOCK, *end;
	uint64_t h = 0xcbf29ce484222325ull;

	for (end = p; *end != 255; end += BLOCK)
		;
	for (end += BLOCK; p < end; p++)
		h = (h ^ *p) * 0x100000001b3ull;
	return h;
}

static int session_make(struct session *s)
{
	struct disc d;
	ssize_t n;
	int err;

	err = disc_new(&d, "model");
	d.chan = channel_new(NWA);
	if (!err)
		err = disc_mount(&d, d.chan);
	if (!err)
		err = put(&d, "a", TEXT);
	close(d.chan);
	d.chan = -1;
	if (!err)
		err = real_helper(&d);
	if (!err)
		err = disc_sync(&d);
	n = err ? -1 : pread(d.file, s->bytes, sizeof(s->bytes), 0);
	disc_free(&d);
	if (n < (NWA + 16) * BLOCK || n == (ssize_t)sizeof(s->bytes))
		return -EIO;
	s->len = (size_t)n;
	for (s->lba = NWA; s->lba < n / BLOCK; s->lba++)
		if (!strcmp(s->bytes + (size_t)s->lba * BLOCK, TEXT))
			break;
	s->descriptors = hash_descriptors(s);
	return s->lba < n / BLOCK ? 0 : -EIO;
}

/* As a helper does it, up to and with the last write */
static int session_burn(struct disc *d, const struct session *s, uint64_t id, uint64_t ino)
{
	int err;

	if (pwrite(d->file, s->bytes, s->len, 0) != (ssize_t)s->len)
		return -EIO;
	if (ioctl(d->loop, LOOP_SET_CAPACITY, 0))
		return -errno;
	err = say_burned(d->chan, id, ino, s->lba);
	return err ? err : say_prepared(d->chan, id, s->descriptors);
}

/* Nothing is staged any more, and what was is read from the disc */
#define EXPECT_COMMITTED(d) do {						\
	struct imapifs_status now = { 0 };					\
										\
	EXPECT_EQ(0, root_ioctl(d, IMAPIFS_IOC_STATUS, &now));			\
	EXPECT_EQ(0, now.staged_files);						\
	EXPECT_EQ(0, now.flags & IMAPIFS_DIRTY);				\
	EXPECT_EQ(1, now.commits);						\
	EXPECT_EQ(0, now.last_error);						\
	EXPECT_TRUE(holds(d, "a", TEXT));					\
} while (0)

TEST_F(commit, answered_when_it_is_there)
{
	struct session *s = calloc(1, sizeof(*s));
	uint64_t id = self->req.h.id;

	ASSERT_EQ(0, session_make(s));
	ASSERT_EQ(0, session_burn(&self->d, s, id, self->ino));
	EXPECT_TRUE(still_waits(self->sync));
	EXPECT_EQ(0, say_done(self->d.chan, id, 0));
	EXPECT_EQ(0, child_end(self->sync));
	EXPECT_COMMITTED(&self->d);
	EXPECT_EQ(self->ino, ino_of(&self->d, "a"));
	EXPECT_EQ(-ENOENT, say_done(self->d.chan, id, 0));
	EXPECT_EQ(-ENOENT, open_staged(self->d.chan, id, self->ino));
	/* What is burned is nothing that a later commit could be told of */
	ASSERT_EQ(0, put(&self->d, "b", "more"));
	self->sync = in_child(&self->d, disc_sync);
	ASSERT_EQ((ssize_t)sizeof(self->req), next_message(self->d.chan, &self->req));
	EXPECT_EQ(-EINVAL, say_burned(self->d.chan, self->req.h.id, self->ino, 192));
	EXPECT_EQ(-EINVAL, say_burned(self->d.chan, self->req.h.id, ino_of(&self->d, "b"), 64))
		TH_LOG("where the session of before is");
	EXPECT_EQ(-ENOENT, open_staged(self->d.chan, self->req.h.id, self->ino));
	EXPECT_EQ(0, say_done(self->d.chan, self->req.h.id, -EIO));
	EXPECT_EQ(EIO, child_end(self->sync));
	free(s);
}

TEST_F(commit, gone_just_after_the_last_write)
{
	struct session *s = calloc(1, sizeof(*s));

	ASSERT_EQ(0, session_make(s));
	ASSERT_EQ(0, session_burn(&self->d, s, self->req.h.id, self->ino));
	EXPECT_EQ(0, helper_goes(&self->d, self->sync));
	EXPECT_COMMITTED(&self->d);
	free(s);
}

/* --- the end of the mount --- */

TEST_F(served, the_mount_goes)
{
	struct imapifs_request req;
	char buf[IMAPIFS_MSG_MAX];
	struct disc two;
	pid_t umount;

	umount = in_child(&self->d, disc_umount);
	ASSERT_EQ((ssize_t)sizeof(req), next_message(self->d.chan, &req));
	EXPECT_EQ(IMAPIFS_OP_COMMIT, req.h.op);
	EXPECT_EQ(IMAPIFS_LAST, req.flags);
	EXPECT_EQ(0, say_done(self->d.chan, req.h.id, -EIO));
	ASSERT_EQ((ssize_t)sizeof(req), next_message(self->d.chan, &req));
	EXPECT_EQ(IMAPIFS_OP_RESCUE, req.h.op);
	EXPECT_EQ(IMAPIFS_LAST, req.flags);
	EXPECT_EQ(-EINVAL, say_prepared(self->d.chan, req.h.id, 1));
	EXPECT_EQ(-EINVAL, say_burned(self->d.chan, req.h.id, 2, 64));
	EXPECT_TRUE(still_waits(umount));
	EXPECT_EQ(0, say_done(self->d.chan, req.h.id, 0));
	EXPECT_EQ(0, child_end(umount));
	EXPECT_EQ(0, next_message(self->d.chan, &req));
	EXPECT_EQ(0, read(self->d.chan, buf, sizeof(buf))) TH_LOG("and again");
	EXPECT_EQ(-ENOTCONN, say_done(self->d.chan, req.h.id, 0));
	/* It has had its mount */
	ASSERT_EQ(0, disc_new(&two, "two"));
	EXPECT_EQ(-EBUSY, disc_mount(&two, self->d.chan));
	disc_free(&two);
}

TEST_F(served, gone_while_it_rescues)
{
	struct imapifs_request req;
	pid_t umount = in_child(&self->d, disc_umount);

	ASSERT_EQ((ssize_t)sizeof(req), next_message(self->d.chan, &req));
	EXPECT_EQ(0, say_done(self->d.chan, req.h.id, -EIO));
	ASSERT_EQ((ssize_t)sizeof(req), next_message(self->d.chan, &req));
	EXPECT_EQ(IMAPIFS_OP_RESCUE, req.h.op);
	EXPECT_EQ(0, helper_goes(&self->d, umount));
}

TEST_F(served, gone_while_the_mount_goes)
{
	struct imapifs_request req;
	pid_t umount = in_child(&self->d, disc_umount);

	ASSERT_EQ((ssize_t)sizeof(req), next_message(self->d.chan, &req));
	EXPECT_EQ(IMAPIFS_OP_COMMIT, req.h.op);
	EXPECT_EQ(0, helper_goes(&self->d, umount));
}

TEST_HARNESS_MAIN
