// SPDX-License-Identifier: GPL-2.0-only
/* The helper of the module's face, against a module that is a test */
#include <pthread.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <linux/imapifs.h>
#include "disc_image.h"
#include "serve.h"
#include "kselftest_harness.h"

/*
 * The module's end: requests go out by one side of a socket, what the helper
 * writes comes back by it, as long as @refuse doesn't say that it is refused.
 */
static struct module {
	struct disc *d;
	int socket;
	void *log;
	size_t log_len;
	u64 id;			/* of the request under way */
	_Atomic u32 refuse;	/* an op: it gets @refuse_error */
	int refuse_error;
	int open_error;		/* of a staged file */
	int read_error;		/* of the next read() */
	bool hold;		/* a staged file is opened only when @go is posted */
	sem_t held, go, refused;
	bool kept_off;		/* others, when the answer came */
	bool answered, let_in;
} module;

static ssize_t module_read(int fd, void *buf, size_t size)
{
	ssize_t n = recv(fd, buf, size, 0);

	if (module.read_error)
		return module.read_error;
	return n < 0 ? -errno : n;
}

static int module_write(int fd, const void *msg, size_t len)
{
	const struct imapifs_header *h = msg;

	if (h->len != len || len > IMAPIFS_MSG_MAX)
		return -EMSGSIZE;
	if (h->op == IMAPIFS_OP_DONE) {
		module.kept_off = module.d->rec->keep_off;
		module.answered = true;
	}
	if (h->op == module.refuse) {
		sem_post(&module.refused);
		return module.refuse_error;
	}
	return send(fd, msg, len, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int reopen(int fd)
{
	char path[32];
	int again;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDONLY | O_CLOEXEC);
	return again < 0 ? -errno : again;
}

static int open_log(void)
{
	int fd = memfd_create("log", MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (pwrite(fd, module.log, module.log_len, 0) != (ssize_t)module.log_len) {
		close(fd);
		return -EIO;
	}
	return fd;
}

static int open_staged(u64 ino)
{
	struct imapi_node *n = imapi_node_by_ino(module.d->tree, ino);
	struct imapi_content c;
	int fd = -ENOENT;

	if (!n)
		return -ENOENT;
	if (!imapi_node_content(module.d->tree, n, &c) && c.staged) {
		fd = spool_use(c.staged);
		if (fd >= 0)
			fd = reopen(fd);
		spool_unuse(c.staged);
	}
	imapi_node_put(module.d->tree, n, 1);
	return fd;
}

static int module_open(int fd, uint64_t id, uint64_t ino)
{
	(void)fd;
	if (id != module.id)
		return -ENOENT;
	if (!ino)
		return open_log();
	if (module.open_error)
		return module.open_error;
	if (module.hold) {
		sem_post(&module.held);
		sem_wait(&module.go);
	}
	return open_staged(ino);
}

static int module_sync(int fd)
{
	(void)fd;
	return -ENOTCONN;
}

static const struct channel_ops channel_test = {
	.read = module_read,
	.write = module_write,
	.open = module_open,
	.sync = module_sync,
};

static void *serve_thread(void *arg)
{
	return (void *)(long)serve_run(arg);
}

FIXTURE(serve) {
	struct disc d;
	struct serve s;
	pthread_t thread;
	bool running;
	/* Of the last request */
	u32 burned, messages;
	bool ordered;			/* BURNED, PREPARED, DONE */
	struct imapifs_prepared prepared;
	struct imapifs_done done;
};

FIXTURE_SETUP(serve)
{
	int pair[2];

	ASSERT_EQ(0, disc_init(&self->d));
	ASSERT_EQ(0, disc_mount(&self->d));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair));
	memset(&module, 0, sizeof(module));
	module.d = &self->d;
	module.socket = pair[1];
	sem_init(&module.held, 0, 0);
	sem_init(&module.go, 0, 0);
	sem_init(&module.refused, 0, 0);
	self->s = (struct serve){
		.channel = &channel_test,
		.fd = pair[0],
		.rec = self->d.rec,
		.loop = -1,
		.base = self->d.dir,
		.source = self->d.path,
	};
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, serve_thread, &self->s));
	self->running = true;
}

/* The mount is gone; what serve_run() returns */
static int hang_up(FIXTURE_DATA(serve) *self)
{
	void *ret;

	shutdown(module.socket, SHUT_WR);
	if (pthread_join(self->thread, &ret))
		return -EDEADLK;
	self->running = false;
	return (int)(long)ret;
}

FIXTURE_TEARDOWN(serve)
{
	if (self->running)
		EXPECT_EQ(0, hang_up(self));
	close(self->s.fd);
	close(module.socket);
	free(module.log);
	disc_exit(&self->d);
}

static int send_bytes(const void *msg, size_t len)
{
	return send(module.socket, msg, len, MSG_NOSIGNAL) == (ssize_t)len ? 0 : -EIO;
}

static int send_bare(u32 op, u64 id)
{
	const struct imapifs_header h = { .len = sizeof(h), .op = op, .id = id };

	return send_bytes(&h, sizeof(h));
}

static int add_to_log(void *ctx, const void *buf, size_t len)
{
	void *grown = realloc(module.log, module.log_len + len);

	(void)ctx;
	if (!grown)
		return -ENOMEM;
	module.log = grown;
	memcpy((u8 *)grown + module.log_len, buf, len);
	module.log_len += len;
	return 0;
}

/* Freezes the tree, and makes its log */
static int make_log(struct disc *d)
{
	int err = imapi_tree_commit_begin(d->tree);

	module.log_len = 0;
	return err ? err : imapi_tree_export(d->tree, add_to_log, NULL);
}

static int send_request(u32 op, u32 flags, u64 log_bytes)
{
	const struct imapifs_request req = {
		.h = { .len = sizeof(req), .op = op, .id = ++module.id },
		.log_bytes = log_bytes,
		.flags = flags,
	};

	return send_bytes(&req, sizeof(req));
}

/* What the module does with one message; 0 or -errno */
static int take(FIXTURE_DATA(serve) *self, const struct imapifs_header *h)
{
	const struct imapifs_burned *b = (const void *)h;
	struct disc *d = &self->d;
	size_t i, nr;
	int err = 0;

	switch (h->op) {
	case IMAPIFS_OP_PROGRESS:
		return h->len == sizeof(struct imapifs_progress) ? 0 : -EMSGSIZE;
	case IMAPIFS_OP_BURNED:
		self->ordered &= !self->prepared.h.id;
		nr = (h->len - sizeof(*b)) / sizeof(b->file[0]);
		for (i = 0; i < nr && !err; i++)
			err = imapi_tree_set_burned_ino(d->tree, b->file[i].ino, b->file[i].lba);
		self->burned += (u32)nr;
		self->messages++;
		return err;
	case IMAPIFS_OP_PREPARED:
		self->ordered &= !self->prepared.h.id;
		memcpy(&self->prepared, h, sizeof(self->prepared));
		return imapi_tree_burned_check(d->tree);
	case IMAPIFS_OP_DONE:
		memcpy(&self->done, h, sizeof(self->done));
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

/* Until the answer to @id; its error, or -ESTALE for what makes no sense */
static int await(FIXTURE_DATA(serve) *self, u64 id)
{
	union {
		struct imapifs_header h;
		u8 bytes[IMAPIFS_MSG_MAX];
	} in;
	ssize_t n;

	memset(&self->done, 0, sizeof(self->done));
	memset(&self->prepared, 0, sizeof(self->prepared));
	self->burned = 0;
	self->messages = 0;
	self->ordered = true;
	while (!self->done.h.id) {
		n = recv(module.socket, &in, sizeof(in), 0);
		if (n < (ssize_t)sizeof(in.h) || in.h.len != (size_t)n || in.h.id != id ||
		    take(self, &in.h))
			return -ESTALE;
	}
	return self->done.error;
}

/* A whole commit, as the module has it; the answer's error */
static int commit(FIXTURE_DATA(serve) *self)
{
	struct disc *d = &self->d;
	int err = make_log(d);

	if (err)
		return err;
	if (send_request(IMAPIFS_OP_COMMIT, 0, module.log_len))
		return -EPIPE;
	err = await(self, module.id);
	imapi_tree_commit_end(d->tree, err);
	d->ops.nwa = d->rec->nwa;
	return err;
}

static int stage_many(struct disc *d, u32 nr)
{
	char name[16];
	int err = 0;
	u32 i;

	for (i = 0; i < nr && !err; i++) {
		snprintf(name, sizeof(name), "f%03u", i);
		err = disc_stage(d, name, i, 100 + i);
	}
	return err;
}

TEST_F(serve, commit_from_end_to_end)
{
	struct disc *d = &self->d;
	const struct imapi_session *s;
	struct imapi_volume newest;

	ASSERT_EQ(0, stage_many(d, 300));
	ASSERT_EQ(0, disc_stage(d, "large", 7, 3 << 20));
	ASSERT_EQ(0, disc_stage(d, "empty", 0, 0));
	ASSERT_EQ(0, commit(self)) TH_LOG("%s", self->done.message);
	/* One message holds 255 */
	EXPECT_EQ(301, self->burned);
	EXPECT_EQ(2, self->messages);
	EXPECT_TRUE(self->ordered);
	EXPECT_EQ(IMAPI_FIRST_SESSION, self->prepared.start);
	EXPECT_FALSE(imapi_tree_dirty(d->tree));
	EXPECT_EQ(0, hang_up(self));

	disc_umount(d);
	ASSERT_EQ(0, disc_mount(d));
	ASSERT_EQ(1, d->rec->sessions.nr);
	s = &d->rec->sessions.list[0];
	ASSERT_EQ(0, imapi_volume_read(&d->rec->source, IMAPI_SYSTEM_BLOCKS, &newest));
	EXPECT_EQ(newest.hash, self->prepared.descriptors);
	EXPECT_EQ(s->start, self->prepared.start);
	EXPECT_EQ(s->blocks, self->prepared.blocks);
	EXPECT_EQ(d->rec->nwa, self->prepared.nwa);
	EXPECT_EQ(0, disc_check(d, 1)) TH_LOG("%s", d->line);
	EXPECT_EQ(0, disc_compare(d, "f000", 0, 100));
	EXPECT_EQ(0, disc_compare(d, "f299", 299, 399));
	EXPECT_EQ(0, disc_compare(d, "large", 7, 3 << 20));
}

static void let_in(struct recorder *r)
{
	module.let_in = module.answered && !r->keep_off;
}

/* To take the answer is the module's look at the disc, too */
TEST_F(serve, others_get_the_drive_behind_the_answer)
{
	const struct recorder_ops *ops = self->d.rec->ops;
	struct recorder_ops with = *ops;

	with.let_in = let_in;
	self->d.rec->ops = &with;
	ASSERT_EQ(0, disc_stage(&self->d, "a", 1, 5000));
	EXPECT_EQ(0, commit(self)) TH_LOG("%s", self->done.message);
	EXPECT_EQ(0, hang_up(self));
	self->d.rec->ops = ops;
	EXPECT_TRUE(module.kept_off);
	EXPECT_TRUE(module.let_in);
}

TEST_F(serve, one_commit_after_another)
{
	struct disc *d = &self->d;
	u32 i;

	for (i = 0; i < 3; i++) {
		char name[] = { (char)('a' + i), '\0' };

		ASSERT_EQ(0, disc_stage(d, name, i, 5000 + i));
		ASSERT_EQ(0, commit(self)) TH_LOG("%s", self->done.message);
		EXPECT_EQ(1, self->burned);
		EXPECT_EQ(i + 1, d->rec->sessions.nr);
		/* The tree that the module goes on with reads it in its place */
		EXPECT_EQ(0, disc_compare(d, name, i, 5000 + i));
	}
	EXPECT_EQ(0, hang_up(self));
	disc_umount(d);
	ASSERT_EQ(0, disc_mount(d));
	for (i = 0; i < 3; i++) {
		char name[] = { (char)('a' + i), '\0' };

		EXPECT_EQ(0, disc_check(d, i + 1)) TH_LOG("%s", d->line);
		EXPECT_EQ(0, disc_compare(d, name, i, 5000 + i));
	}
}

/* A commit that stands still where it opens its first staged file */
static int begin_held(FIXTURE_DATA(serve) *self)
{
	int err;

	module.hold = true;
	err = disc_stage(&self->d, "held", 1, 1 << 20);
	if (!err)
		err = make_log(&self->d);
	if (!err)
		err = send_request(IMAPIFS_OP_COMMIT, 0, module.log_len);
	if (!err)
		sem_wait(&module.held);
	return err;
}

static void let_go(void)
{
	module.hold = false;
	sem_post(&module.go);
}

/* Reads past a commit's progress to the answer to another request */
static int answer_meanwhile(u64 id)
{
	union {
		struct imapifs_header h;
		struct imapifs_done done;
		u8 bytes[IMAPIFS_MSG_MAX];
	} in;

	do {
		if (recv(module.socket, &in, sizeof(in), 0) < (ssize_t)sizeof(in.h))
			return -ESTALE;
	} while (in.h.op == IMAPIFS_OP_PROGRESS && in.h.id != id);
	return in.h.op == IMAPIFS_OP_DONE && in.h.id == id ? in.done.error : -ESTALE;
}

TEST_F(serve, cancel)
{
	struct disc *d = &self->d;

	ASSERT_EQ(0, begin_held(self));
	ASSERT_EQ(0, send_bare(IMAPIFS_OP_CANCEL, module.id));
	/* Requests are read in turn: with this one answered the cancel was heard */
	ASSERT_EQ(0, send_bare(99, 1000));
	ASSERT_EQ(-EOPNOTSUPP, answer_meanwhile(1000));
	let_go();
	EXPECT_EQ(-EINTR, await(self, module.id));
	imapi_tree_commit_end(d->tree, -EINTR);
	EXPECT_EQ(0, self->burned);
	EXPECT_EQ(0, disc_size(d));
	ASSERT_EQ(0, commit(self)) TH_LOG("%s", self->done.message);
	EXPECT_EQ(0, disc_compare(d, "held", 1, 1 << 20));
}

TEST_F(serve, cancel_of_another_request)
{
	ASSERT_EQ(0, begin_held(self));
	ASSERT_EQ(0, send_bare(IMAPIFS_OP_CANCEL, module.id + 1));
	ASSERT_EQ(0, send_bare(99, 1000));
	ASSERT_EQ(-EOPNOTSUPP, answer_meanwhile(1000));
	let_go();
	EXPECT_EQ(0, await(self, module.id)) TH_LOG("%s", self->done.message);
	imapi_tree_commit_end(self->d.tree, 0);
}

TEST_F(serve, one_request_at_a_time)
{
	u64 id;

	ASSERT_EQ(0, begin_held(self));
	id = module.id;
	ASSERT_EQ(0, send_request(IMAPIFS_OP_COMMIT, 0, module.log_len));
	EXPECT_EQ(-EBUSY, answer_meanwhile(module.id));
	module.id = id;
	let_go();
	EXPECT_EQ(0, await(self, id)) TH_LOG("%s", self->done.message);
	imapi_tree_commit_end(self->d.tree, 0);
}

TEST_F(serve, the_mount_goes_while_it_burns)
{
	struct disc *d = &self->d;

	ASSERT_EQ(0, begin_held(self));
	ASSERT_EQ(0, shutdown(module.socket, SHUT_WR));
	/* Long enough to read the end, which nothing else shows */
	usleep(300000);
	let_go();
	EXPECT_EQ(0, hang_up(self));
	imapi_tree_commit_end(d->tree, -ENOTCONN);
	EXPECT_EQ(0, disc_size(d));
}

/* A message that the module doesn't take ends the commit */
TEST_F(serve, refused_messages)
{
	static const struct {
		const char *name;
		u32 op;
		int error;
	} cases[] = {
		{ "burned", IMAPIFS_OP_BURNED, -EINVAL },
		{ "prepared", IMAPIFS_OP_PREPARED, -EINVAL },
		{ "prepared, no such request", IMAPIFS_OP_PREPARED, -ENOENT },
		{ "burned, not connected", IMAPIFS_OP_BURNED, -ENOTCONN },
	};
	struct disc *d = &self->d;
	u32 i;

	ASSERT_EQ(0, disc_stage(d, "a", 1, 5000));
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		module.refuse = cases[i].op;
		module.refuse_error = cases[i].error;
		EXPECT_EQ(cases[i].error, commit(self)) TH_LOG("%s", cases[i].name);
		EXPECT_NE('\0', self->done.message[0]) TH_LOG("%s", cases[i].name);
		EXPECT_EQ(0, disc_size(d)) TH_LOG("%s", cases[i].name);
		EXPECT_TRUE(imapi_tree_dirty(d->tree));
	}
	module.refuse = 0;
	ASSERT_EQ(0, commit(self)) TH_LOG("%s", self->done.message);
	EXPECT_EQ(0, disc_compare(d, "a", 1, 5000));
}

TEST_F(serve, refused_progress)
{
	ASSERT_EQ(0, begin_held(self));
	module.refuse_error = -ENOENT;
	module.refuse = IMAPIFS_OP_PROGRESS;
	/* The second one comes when what the first one led to is done */
	sem_wait(&module.refused);
	sem_wait(&module.refused);
	let_go();
	EXPECT_EQ(-EINTR, await(self, module.id));
	imapi_tree_commit_end(self->d.tree, -EINTR);
	EXPECT_EQ(0, disc_size(&self->d));
}

TEST_F(serve, staged_files_that_cannot_be_opened)
{
	ASSERT_EQ(0, disc_stage(&self->d, "a", 1, 5000));
	module.open_error = -ENFILE;
	EXPECT_EQ(-ENFILE, commit(self));
	EXPECT_EQ(0, disc_size(&self->d));
	module.open_error = 0;
	EXPECT_EQ(0, commit(self)) TH_LOG("%s", self->done.message);
}

TEST_F(serve, malformed_logs)
{
	static const struct {
		const char *name;
		s64 longer;		/* than the log, in the request */
		size_t at;		/* of a byte that is turned over; 0: none */
		int error;
	} cases[] = {
		{ "request is longer than the log", 8, 0, -EINVAL },
		{ "request is shorter", -8, 0, -EINVAL },
		{ "magic", 0, offsetof(struct imapifs_log_head, magic) + 1, -EINVAL },
		{ "version", 0, offsetof(struct imapifs_log_head, version), -EINVAL },
		{ "count of nodes", 0, offsetof(struct imapifs_log_head, nodes), -EINVAL },
		{ "length of a record", 0, sizeof(struct imapifs_log_head), -EINVAL },
		{ "a length that no memory has", INT64_MAX, 0, -ENOMEM },
	};
	struct disc *d = &self->d;
	u8 *log;
	u32 i;

	ASSERT_EQ(0, disc_stage(d, "a", 1, 5000));
	ASSERT_EQ(0, make_log(d));
	log = module.log;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		if (cases[i].at)
			log[cases[i].at] ^= 0xff;
		ASSERT_EQ(0, send_request(IMAPIFS_OP_COMMIT, 0,
					  cases[i].longer == INT64_MAX ? UINT64_MAX :
					  module.log_len + (u64)cases[i].longer));
		EXPECT_EQ(cases[i].error, await(self, module.id)) TH_LOG("%s", cases[i].name);
		EXPECT_NE(NULL, strstr(self->done.message, "could not be taken over"));
		EXPECT_EQ(0, self->messages);
		if (cases[i].at)
			log[cases[i].at] ^= 0xff;
	}
	EXPECT_EQ(0, disc_size(d));
	/* A log of nothing is none */
	ASSERT_EQ(0, send_request(IMAPIFS_OP_COMMIT, 0, 0));
	EXPECT_EQ(-EINVAL, await(self, module.id));
	ASSERT_EQ(0, send_request(IMAPIFS_OP_COMMIT, 0, module.log_len));
	EXPECT_EQ(0, await(self, module.id)) TH_LOG("%s", self->done.message);
	imapi_tree_commit_end(d->tree, 0);
}

TEST_F(serve, requests_that_are_answered_with_an_error)
{
	ASSERT_EQ(0, send_bare(99, 1));
	EXPECT_EQ(-EOPNOTSUPP, await(self, 1));
	ASSERT_EQ(0, send_bare(IMAPIFS_OP_COMMIT, 2));
	EXPECT_EQ(-EPROTO, await(self, 2));
	ASSERT_EQ(0, send_bare(IMAPIFS_OP_RESCUE, 3));
	EXPECT_EQ(-EPROTO, await(self, 3));
	/* Of nothing that is under way: passed over, and not answered */
	ASSERT_EQ(0, send_bare(IMAPIFS_OP_CANCEL, 4));
	ASSERT_EQ(0, send_bare(99, 5));
	EXPECT_EQ(-EOPNOTSUPP, await(self, 5));
	ASSERT_EQ(0, disc_stage(&self->d, "a", 1, 5000));
	module.id = 10;
	EXPECT_EQ(0, commit(self)) TH_LOG("%s", self->done.message);
}

TEST_F(serve, a_length_that_is_not_the_message_s)
{
	const struct imapifs_header h = { .len = sizeof(h) + 8, .op = IMAPIFS_OP_CANCEL };

	ASSERT_EQ(0, send_bytes(&h, sizeof(h)));
	EXPECT_EQ(-EPROTO, hang_up(self));
}

TEST_F(serve, less_than_a_header)
{
	ASSERT_EQ(0, send_bytes("12345678", 8));
	EXPECT_EQ(-EPROTO, hang_up(self));
}

TEST_F(serve, a_channel_that_breaks)
{
	module.read_error = -EIO;
	EXPECT_EQ(-EIO, hang_up(self));
}

TEST_F(serve, end_of_file)
{
	EXPECT_EQ(0, hang_up(self));
}

/* Bytes of a file of the rescue folder, which the answer's message names last */
static ssize_t rescued(const struct imapifs_done *done, const char *name, void *buf, size_t size)
{
	const char *folder = strrchr(done->message, ' ');
	char path[400];
	ssize_t n;
	int fd;

	if (!folder)
		return -1;
	snprintf(path, sizeof(path), "%s/%s", folder + 1, name);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return -1;
	n = read(fd, buf, size);
	close(fd);
	return n;
}

static void check_rescue(struct __test_metadata *_metadata, FIXTURE_DATA(serve) *self,
			 u32 flags)
{
	struct disc *d = &self->d;
	char buf[8192];
	ssize_t i;

	ASSERT_EQ(0, disc_stage(d, "old", 1, 3000));
	ASSERT_EQ(0, commit(self)) TH_LOG("%s", self->done.message);
	ASSERT_EQ(0, disc_stage(d, "new", 2, 5000));
	ASSERT_EQ(0, imapi_unlink(d->tree, imapi_tree_root(d->tree), "old", 3, IMAPI_FILE, 1000));
	ASSERT_EQ(0, make_log(d));
	ASSERT_EQ(0, send_request(IMAPIFS_OP_RESCUE, flags, module.log_len));
	EXPECT_EQ(0, await(self, module.id)) TH_LOG("%s", self->done.message);
	EXPECT_EQ(0, self->messages);
	ASSERT_EQ(5000, rescued(&self->done, "files/new", buf, sizeof(buf)))
		TH_LOG("%s", self->done.message);
	for (i = 0; i < 5000; i++)
		ASSERT_EQ(disc_byte(2, (u64)i), (u8)buf[i]);
	ASSERT_EQ(4, rescued(&self->done, "deleted", buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(buf, "old\n", 4));
	EXPECT_EQ(0, rescued(&self->done, "missing", buf, sizeof(buf)));
	EXPECT_EQ(1, d->rec->sessions.nr);
	imapi_tree_commit_end(d->tree, -EIO);
}

TEST_F(serve, rescue_of_a_mount_that_lives_on)
{
	check_rescue(_metadata, self, 0);
}

TEST_F(serve, rescue_of_a_mount_that_goes)
{
	check_rescue(_metadata, self, IMAPIFS_LAST);
}

TEST_HARNESS_MAIN
