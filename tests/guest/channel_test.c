// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the module takes from a helper, and above all what it doesn't: messages of
 * the wrong length, order, id or content are errors, and the mount goes on. Works
 * in $IMAPIFS_DIR, with the programs in $IMAPIFS_BUILD.
 */
#include <sys/mman.h>
#include "channel_fixture.h"

/* --- a channel that serves nothing --- */

TEST(setup_that_is_wrong)
{
	static const struct {
		const char *name;
		uint32_t version, nwa;
	} bad[] = {
		{ "version 0", 0, 32 },
		{ "a later version", IMAPIFS_VERSION + 1, 32 },
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		EXPECT_EQ(-EINVAL, channel_set_up(bad[i].version, bad[i].nwa))
			TH_LOG("%s", bad[i].name);
	}
}

TEST(setup_twice)
{
	struct imapifs_setup s = { .version = IMAPIFS_VERSION, .nwa = 32 };
	int fd = channel_new(32);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, ioctl(fd, IMAPIFS_DEV_SETUP, &s));
	EXPECT_EQ(EBUSY, errno);
	close(fd);
}

TEST(setup_from_nowhere)
{
	int fd = open("/dev/imapifs", O_RDWR);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, ioctl(fd, IMAPIFS_DEV_SETUP, NULL));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, ioctl(fd, IMAPIFS_DEV_OPEN, NULL));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, ioctl(fd, _IO('j', 99)));
	EXPECT_EQ(ENOTTY, errno);
	close(fd);
}

TEST(unbound)
{
	char buf[IMAPIFS_MSG_MAX];
	int fd = open("/dev/imapifs", O_RDWR | O_NONBLOCK), set_up;

	/* Neither before it is set up nor after */
	for (set_up = 0; set_up < 2; set_up++) {
		ASSERT_LE(0, fd);
		EXPECT_EQ(-ENOTCONN, say_done(fd, 1, 0));
		EXPECT_EQ(-ENOTCONN, open_staged(fd, 1, 0));
		EXPECT_EQ(-1, ioctl(fd, IMAPIFS_DEV_SYNC));
		EXPECT_EQ(ENOTCONN, errno);
		fcntl(fd, F_SETFL, O_NONBLOCK);
		EXPECT_EQ(-1, read(fd, buf, sizeof(buf)));
		EXPECT_EQ(EAGAIN, errno);
		EXPECT_EQ(-1, read(fd, buf, sizeof(buf) - 1));
		EXPECT_EQ(EINVAL, errno);
		close(fd);
		fd = channel_new(32);
	}
	close(fd);
}

TEST(mount_with_what_is_no_channel)
{
	struct disc d;
	int other, chan;

	ASSERT_EQ(0, enter_folder());
	ASSERT_EQ(0, disc_new(&d, "no-channel"));
	other = open("/dev/null", O_RDWR);
	EXPECT_EQ(-EINVAL, disc_mount(&d, other));
	close(other);
	EXPECT_EQ(-EBADF, disc_mount(&d, other));
	chan = open("/dev/imapifs", O_RDWR);
	EXPECT_EQ(-EINVAL, disc_mount(&d, chan));
	close(chan);
	/* None of them took anything with it */
	chan = channel_new(NWA);
	EXPECT_EQ(0, disc_mount(&d, chan));
	close(chan);
	EXPECT_EQ(0, disc_umount(&d));
	disc_free(&d);
}

/* --- a mount that nothing was asked of yet --- */

TEST_F(served, channel_of_another_mount)
{
	struct disc two;

	ASSERT_EQ(0, disc_new(&two, "two"));
	EXPECT_EQ(-EBUSY, disc_mount(&two, self->d.chan));
	two.chan = channel_new(NWA);
	EXPECT_EQ(0, disc_mount(&two, two.chan));
	EXPECT_EQ(-EBUSY, root_ioctl(&two, IMAPIFS_IOC_ATTACH, &self->d.chan));
	disc_free(&two);
	EXPECT_GOES_ON(&self->d);
}

TEST_F(served, attach_what_does_not_fit)
{
	int null = open("/dev/null", O_RDWR), none = -1;
	int other = channel_new(NWA), bare = open("/dev/imapifs", O_RDWR);
	int far = channel_new(NWA + 32), odd = channel_new(NWA + 1), zero = channel_new(0);

	EXPECT_EQ(-EBUSY, root_ioctl(&self->d, IMAPIFS_IOC_ATTACH, &other));
	close(self->d.chan);
	self->d.chan = -1;
	EXPECT_EQ(-EBADF, root_ioctl(&self->d, IMAPIFS_IOC_ATTACH, &none));
	EXPECT_EQ(-EFAULT, root_ioctl(&self->d, IMAPIFS_IOC_ATTACH, NULL));
	EXPECT_EQ(-EINVAL, root_ioctl(&self->d, IMAPIFS_IOC_ATTACH, &null));
	EXPECT_EQ(-EINVAL, root_ioctl(&self->d, IMAPIFS_IOC_ATTACH, &bare));
	EXPECT_EQ(-EMEDIUMTYPE, root_ioctl(&self->d, IMAPIFS_IOC_ATTACH, &far));
	EXPECT_EQ(-EMEDIUMTYPE, root_ioctl(&self->d, IMAPIFS_IOC_ATTACH, &odd));
	EXPECT_EQ(-EMEDIUMTYPE, root_ioctl(&self->d, IMAPIFS_IOC_ATTACH, &zero));
	EXPECT_EQ(-ENOTCONN, disc_sync(&self->d));
	EXPECT_EQ(0, root_ioctl(&self->d, IMAPIFS_IOC_ATTACH, &other));
	EXPECT_EQ(-EBUSY, root_ioctl(&self->d, IMAPIFS_IOC_ATTACH, &other));
	self->d.chan = other;
	EXPECT_GOES_ON(&self->d);
}

TEST_F(served, nothing_was_asked)
{
	EXPECT_EQ(-ENOENT, say_done(self->d.chan, 1, -EIO));
	EXPECT_EQ(-ENOENT, say_burned(self->d.chan, 1, ino_of(&self->d, "a"), 64));
	EXPECT_EQ(-ENOENT, say_prepared(self->d.chan, 1, 1));
	EXPECT_EQ(-ENOENT, open_staged(self->d.chan, 1, 0));
	/* Neither is there a request 0 */
	EXPECT_EQ(-ENOENT, say_done(self->d.chan, 0, -EIO));
	EXPECT_EQ(-ENOENT, open_staged(self->d.chan, 0, 0));
	EXPECT_GOES_ON(&self->d);
}

TEST_F(served, the_helper_asks_for_a_commit_itself)
{
	struct imapifs_request req;

	ASSERT_EQ(0, ioctl(self->d.chan, IMAPIFS_DEV_SYNC));
	ASSERT_EQ((ssize_t)sizeof(req), next_message(self->d.chan, &req));
	EXPECT_EQ(IMAPIFS_OP_COMMIT, req.h.op);
	EXPECT_EQ(0, say_done(self->d.chan, req.h.id, -EIO));
	EXPECT_GOES_ON(&self->d);
}

/* --- a commit that is under way --- */

TEST_F(commit, what_a_request_has)
{
	char buf[64] = "";
	struct imapifs_log_head head;
	int log = open_staged(self->d.chan, self->req.h.id, 0);
	int file = open_staged(self->d.chan, self->req.h.id, self->ino);

	EXPECT_EQ(sizeof(self->req), self->req.h.len);
	EXPECT_NE(0, self->req.h.id);
	EXPECT_EQ(0, self->req.flags);
	EXPECT_EQ(0, self->req.pad);
	ASSERT_LE(0, log);
	ASSERT_EQ((ssize_t)sizeof(head), read(log, &head, sizeof(head)));
	EXPECT_EQ(IMAPIFS_LOG_MAGIC, head.magic);
	EXPECT_EQ(IMAPIFS_VERSION, head.version);
	EXPECT_EQ(self->req.log_bytes, head.bytes);
	EXPECT_EQ(NWA, head.nwa);
	EXPECT_EQ(-1, write(log, "x", 1));
	EXPECT_EQ(EBADF, errno);
	ASSERT_LE(0, file);
	EXPECT_EQ((ssize_t)strlen(TEXT), read(file, buf, sizeof(buf)));
	EXPECT_STREQ(TEXT, buf);
	EXPECT_EQ(-1, write(file, "x", 1));
	EXPECT_EQ(EBADF, errno);
	close(log);
	close(file);
	EXPECT_UNHARMED();
}

TEST_F(commit, open_what_is_not_there)
{
	EXPECT_EQ(-ENOENT, open_staged(self->d.chan, self->req.h.id + 1, 0));
	EXPECT_EQ(-ENOENT, open_staged(self->d.chan, self->req.h.id - 1, self->ino));
	EXPECT_EQ(-ENOENT, open_staged(self->d.chan, self->req.h.id, self->ino + 1000));
	EXPECT_EQ(-ENOENT, open_staged(self->d.chan, self->req.h.id, UINT64_MAX));
	EXPECT_EQ(-ENOENT, open_staged(self->d.chan, self->req.h.id, ino_of(&self->d, "")));
	EXPECT_UNHARMED();
}

/* So that nothing else can be what is refused */
static void right_but_for_its_length(void *msg, uint32_t op, uint64_t ino)
{
	struct burned_one *burned = msg;
	struct imapifs_done *done = msg;

	memset(msg, 0, sizeof(*done));
	if (op == IMAPIFS_OP_DONE)
		done->error = -EIO;
	if (op == IMAPIFS_OP_BURNED)
		burned->file = (struct imapifs_burned_file){ .ino = ino, .lba = 64 };
}

TEST_F(commit, lengths)
{
	static const struct {
		const char *name;
		uint32_t op;
		size_t len;	/* of the write */
		int32_t more;	/* by which the header's differs */
	} bad[] = {
		{ "nothing", IMAPIFS_OP_DONE, 0, 0 },
		{ "half a header", IMAPIFS_OP_DONE, 8, 0 },
		{ "a byte less than a header", IMAPIFS_OP_DONE, 15, 0 },
		{ "a bare header", IMAPIFS_OP_DONE, 16, 0 },
		{ "a short answer", IMAPIFS_OP_DONE, sizeof(struct imapifs_done) - 1, 0 },
		{ "a long answer", IMAPIFS_OP_DONE, sizeof(struct imapifs_done) + 1, 0 },
		{ "an answer that says it is shorter",
		  IMAPIFS_OP_DONE, sizeof(struct imapifs_done), -8 },
		{ "an answer that says it is longer",
		  IMAPIFS_OP_DONE, sizeof(struct imapifs_done), 8 },
		{ "an answer that says it is huge",
		  IMAPIFS_OP_DONE, sizeof(struct imapifs_done), 0x7fffff00 },
		{ "an answer with more behind it",
		  IMAPIFS_OP_DONE, sizeof(struct imapifs_done) + 8, -8 },
		{ "an answer that is cut", IMAPIFS_OP_DONE, sizeof(struct imapifs_done) - 8, 8 },
		{ "progress with more behind it",
		  IMAPIFS_OP_PROGRESS, sizeof(struct imapifs_progress) + 1, -1 },
		{ "burned, of more files than there are",
		  IMAPIFS_OP_BURNED, 32, IMAPIFS_MSG_MAX - 32 },
		{ "burned, of fewer", IMAPIFS_OP_BURNED, 48, -16 },
		{ "short progress", IMAPIFS_OP_PROGRESS, sizeof(struct imapifs_progress) - 8, 0 },
		{ "long progress", IMAPIFS_OP_PROGRESS, sizeof(struct imapifs_progress) + 8, 0 },
		{ "prepared, short", IMAPIFS_OP_PREPARED, sizeof(struct imapifs_prepared) - 4, 0 },
		{ "prepared, long", IMAPIFS_OP_PREPARED, sizeof(struct imapifs_prepared) + 4, 0 },
		{ "burned, of no file", IMAPIFS_OP_BURNED, 16, 0 },
		{ "burned, of half a file", IMAPIFS_OP_BURNED, 24, 0 },
		{ "burned, of one and a half", IMAPIFS_OP_BURNED, 40, 0 },
		{ "longer than any", IMAPIFS_OP_BURNED, IMAPIFS_MSG_MAX + 16, 0 },
		{ "far longer than any", IMAPIFS_OP_BURNED, 1 << 20, 0 },
		{ "no operation", 0, 16, 0 },
		{ "one of the module's own", IMAPIFS_OP_COMMIT, sizeof(struct imapifs_request), 0 },
		{ "an unknown one", IMAPIFS_OP_DONE + 1, sizeof(struct imapifs_done), 0 },
		{ "the last there could be", UINT32_MAX, 16, 0 },
	};
	void *unreadable = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct imapifs_header *h = calloc(1, 1 << 20);
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		right_but_for_its_length(h, bad[i].op, self->ino);
		h->len = (uint32_t)bad[i].len + (uint32_t)bad[i].more;
		h->op = bad[i].op;
		h->id = self->req.h.id;
		EXPECT_EQ(-EINVAL, say(self->d.chan, h, bad[i].len)) TH_LOG("%s", bad[i].name);
	}
	EXPECT_EQ(-EFAULT, say(self->d.chan, unreadable, 64));
	free(h);
	EXPECT_UNHARMED();
}

TEST_F(commit, ids)
{
	struct imapifs_progress p = { .phase = IMAPIFS_PHASE_PLAN };
	uint64_t bad[] = { 0, self->req.h.id - 1, self->req.h.id + 1, UINT64_MAX };
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		EXPECT_EQ(-ENOENT, SAY(self->d.chan, bad[i], IMAPIFS_OP_PROGRESS, &p));
		EXPECT_EQ(-ENOENT, say_burned(self->d.chan, bad[i], self->ino, 64));
		EXPECT_EQ(-ENOENT, say_prepared(self->d.chan, bad[i], 1));
		EXPECT_EQ(-ENOENT, say_done(self->d.chan, bad[i], -EIO));
	}
	EXPECT_UNHARMED();
}

TEST_F(commit, progress)
{
	struct imapifs_progress good = { .phase = IMAPIFS_PHASE_RECORD, .done = 5, .total = 7 };
	struct imapifs_progress phase = { .phase = IMAPIFS_PHASE_CLOSE + 1 };
	struct imapifs_progress pad = { .phase = IMAPIFS_PHASE_VERIFY, .pad = 1 };
	struct imapifs_status st = { 0 };

	EXPECT_EQ(0, SAY(self->d.chan, self->req.h.id, IMAPIFS_OP_PROGRESS, &good));
	EXPECT_EQ(-EINVAL, SAY(self->d.chan, self->req.h.id, IMAPIFS_OP_PROGRESS, &phase));
	EXPECT_EQ(-EINVAL, SAY(self->d.chan, self->req.h.id, IMAPIFS_OP_PROGRESS, &pad));
	ASSERT_EQ(0, root_ioctl(&self->d, IMAPIFS_IOC_STATUS, &st));
	EXPECT_EQ(IMAPIFS_PHASE_RECORD, st.phase);
	EXPECT_EQ(5, st.done);
	EXPECT_EQ(7, st.total);
	EXPECT_UNHARMED();
	ASSERT_EQ(0, root_ioctl(&self->d, IMAPIFS_IOC_STATUS, &st));
	EXPECT_EQ(IMAPIFS_PHASE_IDLE, st.phase);
}

TEST_F(commit, burned)
{
	enum { NOBODY, STAGED, FOLDER, FAR };
	static const struct {
		const char *name;
		int who;
		uint32_t lba, pad;
	} bad[] = {
		{ "nobody", NOBODY, 64, 0 },
		{ "an unknown inode", FAR, 64, 0 },
		{ "the root", FOLDER, 64, 0 },
		{ "in the system area", STAGED, 0, 0 },
		{ "before the session", STAGED, NWA - 1, 0 },
		{ "behind all there can be", STAGED, UINT32_MAX, 0 },
		{ "not padded with zero", STAGED, 64, 1 },
	};
	uint64_t who[] = { 0, self->ino, ino_of(&self->d, ""), self->ino + 1000 };
	struct burned_one b;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		b = (struct burned_one){ .file = { who[bad[i].who], bad[i].lba, bad[i].pad } };
		EXPECT_EQ(-EINVAL, SAY(self->d.chan, self->req.h.id, IMAPIFS_OP_BURNED, &b))
			TH_LOG("%s", bad[i].name);
	}
	EXPECT_EQ(0, say_burned(self->d.chan, self->req.h.id, self->ino, 64));
	EXPECT_EQ(-EINVAL, say_burned(self->d.chan, self->req.h.id, self->ino, 64));
	EXPECT_UNHARMED();
}

TEST_F(commit, prepared)
{
	static const struct {
		const char *name;
		struct imapifs_prepared p;
	} bad[] = {
		{ "no descriptors", { .start = NWA, .blocks = 100, .nwa = 160 } },
		{ "before the disc's end",
		  { .descriptors = 1, .start = 0, .blocks = 100, .nwa = 160 } },
		{ "a block too early",
		  { .descriptors = 1, .start = NWA - 1, .blocks = 100, .nwa = 160 } },
		{ "longer than it says",
		  { .descriptors = 1, .start = NWA, .blocks = 129, .nwa = 160 } },
		{ "nothing after it",
		  { .descriptors = 1, .start = NWA, .blocks = 100, .nwa = 0 } },
		{ "around the end of 32 bits", { .descriptors = 1, .start = UINT32_MAX,
						 .blocks = UINT32_MAX, .nwa = 160 } },
		{ "an unknown flag", { .descriptors = 1, .start = NWA, .blocks = 100,
				       .nwa = 160, .flags = 2 } },
	};
	struct imapifs_prepared p;
	size_t i;

	EXPECT_EQ(-EINVAL, say_prepared(self->d.chan, self->req.h.id, 1))
		TH_LOG("before all files are");
	EXPECT_EQ(0, say_burned(self->d.chan, self->req.h.id, self->ino, 64));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		p = bad[i].p;
		EXPECT_EQ(-EINVAL, SAY(self->d.chan, self->req.h.id, IMAPIFS_OP_PREPARED, &p))
			TH_LOG("%s", bad[i].name);
	}
	EXPECT_EQ(0, say_prepared(self->d.chan, self->req.h.id, 1));
	EXPECT_EQ(-EINVAL, say_prepared(self->d.chan, self->req.h.id, 1));
	EXPECT_EQ(-EINVAL, say_burned(self->d.chan, self->req.h.id, self->ino, 64));
	EXPECT_UNHARMED();
}

TEST_F(commit, answers)
{
	static const struct {
		const char *name;
		struct imapifs_done d;
	} bad[] = {
		{ "done before it was prepared", { .error = 0 } },
		{ "an error that is none", { .error = EIO } },
		{ "an error that no errno is", { .error = -4096 } },
		{ "the least number", { .error = INT32_MIN } },
		{ "not padded with zero", { .error = -EIO, .pad = 1 } },
		{ "no end of the message", { .error = -EIO, .message = { [0 ... 191] = 'x' } } },
	};
	struct imapifs_status st = { 0 };
	struct imapifs_done d;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		d = bad[i].d;
		EXPECT_EQ(-EINVAL, SAY(self->d.chan, self->req.h.id, IMAPIFS_OP_DONE, &d))
			TH_LOG("%s", bad[i].name);
	}
	EXPECT_TRUE(still_waits(self->sync));
	EXPECT_EQ(0, say_done(self->d.chan, self->req.h.id, -ENOSPC));
	EXPECT_EQ(-ENOENT, say_done(self->d.chan, self->req.h.id, -ENOSPC));
	EXPECT_EQ(-ENOENT, open_staged(self->d.chan, self->req.h.id, 0));
	EXPECT_EQ(-ENOENT, open_staged(self->d.chan, self->req.h.id, self->ino));
	EXPECT_EQ(ENOSPC, child_end(self->sync));
	ASSERT_EQ(0, root_ioctl(&self->d, IMAPIFS_IOC_STATUS, &st));
	EXPECT_EQ(ENOSPC, st.last_error);
	EXPECT_STREQ("the test says so", st.message);
	EXPECT_GOES_ON(&self->d);
}

TEST_F(commit, done_of_what_the_disc_does_not_have)
{
	EXPECT_EQ(0, say_burned(self->d.chan, self->req.h.id, self->ino, 64));
	EXPECT_EQ(0, say_prepared(self->d.chan, self->req.h.id, 0x1234));
	EXPECT_EQ(0, say_done(self->d.chan, self->req.h.id, 0));
	EXPECT_EQ(EIO, child_end(self->sync));
	EXPECT_GOES_ON(&self->d);
}

TEST_HARNESS_MAIN
