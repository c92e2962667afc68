// SPDX-License-Identifier: GPL-2.0-only
/*
 * Three threads at most. The first one reads the channel, so that a cancel is heard
 * while a commit runs; the second one carries out the request, of which there is
 * one at a time; the third tells the module now and then how far that is.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "background.h"
#include "log.h"
#include "loop.h"
#include "rescue.h"
#include "serve.h"
#include "serve_tree.h"

#define TICK_MS		200

/* One request on its way */
struct work {
	struct serve *s;
	struct imapifs_request req;
	struct progress progress;
	struct serve_tree tree;
	pthread_t thread;
	pthread_mutex_t lock;	/* what follows, and writes of messages */
	pthread_cond_t over;
	bool answered;		/* no message of this request any more */
	char message[192];
};

/* --- messages --- */

/* -ESHUTDOWN: it was answered already */
static int send_message(struct work *w, const void *msg, size_t len)
{
	int err = -ESHUTDOWN;

	pthread_mutex_lock(&w->lock);
	if (!w->answered)
		err = w->s->channel->write(w->s->fd, msg, len);
	pthread_mutex_unlock(&w->lock);
	return err;
}

static struct imapifs_header header(const struct work *w, enum imapifs_op op, size_t len)
{
	return (struct imapifs_header){ .len = (__u32)len, .op = op, .id = w->req.h.id };
}

static void send_done(struct serve *s, __u64 id, int err, const char *message)
{
	struct imapifs_done done = {
		.h = { .len = sizeof(done), .op = IMAPIFS_OP_DONE, .id = id },
		.error = err,
	};
	int ret;

	snprintf(done.message, sizeof(done.message), "%s", message);
	ret = s->channel->write(s->fd, &done, sizeof(done));
	if (ret)
		log_line("the answer to request %llu was refused: %s",
			 (unsigned long long)id, strerror(-ret));
}

static void answer(struct work *w, int err)
{
	pthread_mutex_lock(&w->lock);
	w->answered = true;
	pthread_cond_broadcast(&w->over);
	pthread_mutex_unlock(&w->lock);
	send_done(w->s, w->req.h.id, err, w->message);
}

static int send_progress(struct work *w)
{
	struct imapifs_progress msg = {
		.h = header(w, IMAPIFS_OP_PROGRESS, sizeof(msg)),
		.phase = atomic_load(&w->progress.phase),
		.done = atomic_load(&w->progress.done),
		.total = atomic_load(&w->progress.total),
	};

	return send_message(w, &msg, sizeof(msg));
}

static void next_tick(struct timespec *at)
{
	clock_gettime(CLOCK_MONOTONIC, at);
	at->tv_nsec += TICK_MS * 1000000;
	at->tv_sec += at->tv_nsec / 1000000000;
	at->tv_nsec %= 1000000000;
}

/* False: the request is answered */
static bool wait_tick(struct work *w)
{
	struct timespec at;
	bool go_on;
	int err = 0;

	next_tick(&at);
	pthread_mutex_lock(&w->lock);
	while (!w->answered && !err)
		err = pthread_cond_timedwait(&w->over, &w->lock, &at);
	go_on = !w->answered;
	pthread_mutex_unlock(&w->lock);
	return go_on;
}

/* A module that doesn't want to hear of the commit any more has given it up */
static void *tick_thread(void *arg)
{
	struct work *w = arg;
	int err;

	do {
		err = send_progress(w);
		if (err && err != -ESHUTDOWN)
			atomic_store(&w->progress.cancel, true);
	} while (wait_tick(w));
	return NULL;
}

/* --- commit --- */

static int send_prepared(struct work *w, const struct commit_prepared *p)
{
	struct imapifs_prepared msg = {
		.h = header(w, IMAPIFS_OP_PREPARED, sizeof(msg)),
		.descriptors = p->descriptors,
		.start = p->start,
		.blocks = p->blocks,
		.nwa = p->nwa,
		.flags = p->closes_first ? IMAPIFS_CLOSES_FIRST : 0,
	};

	return send_message(w, &msg, sizeof(msg));
}

/* As many as one message holds */
#define BATCH	((IMAPIFS_MSG_MAX - sizeof(struct imapifs_burned)) / \
		 sizeof(struct imapifs_burned_file))

struct burned_batch {
	struct work *w;
	u32 nr;
	union {
		struct imapifs_burned msg;
		u8 bytes[IMAPIFS_MSG_MAX];
	};
};

static int send_batch(struct burned_batch *b)
{
	size_t len = sizeof(b->msg) + b->nr * sizeof(b->msg.file[0]);

	if (!b->nr)
		return 0;
	b->msg.h = header(b->w, IMAPIFS_OP_BURNED, len);
	b->nr = 0;
	return send_message(b->w, &b->msg, len);
}

static int add_burned(void *ctx, u64 ino, u32 lba)
{
	struct burned_batch *b = ctx;

	b->msg.file[b->nr++] = (struct imapifs_burned_file){ .ino = ino, .lba = lba };
	return b->nr == BATCH ? send_batch(b) : 0;
}

static int send_burned(struct work *w)
{
	struct burned_batch b = { .w = w };
	int err;

	err = serve_tree_burned(&w->tree, add_burned, &b);
	return err ? err : send_batch(&b);
}

/* The session is in the file by now, and the module has to find it on its device */
static int prepare(void *ctx, const struct commit_prepared *p)
{
	struct work *w = ctx;
	int err = 0;

	if (w->s->loop >= 0)
		err = loop_resize(w->s->loop);
	if (!err)
		err = send_burned(w);
	if (!err)
		err = send_prepared(w, p);
	return err;
}

static int commit(struct work *w)
{
	struct commit_job job = {
		.tree = w->tree.tree,
		.staged = &serve_staged,
		.rec = w->s->rec,
		.volid = w->s->volid,
		.verify = w->s->verify,
		/* The module knows whether there is something to burn */
		.unchanged = true,
		.progress = &w->progress,
		.folder = w->s->base,
		.prepare = prepare,
		.ctx = w,
	};
	int err;

	w->s->rec->finalize = w->s->finalize && w->req.flags & (IMAPIFS_LAST | IMAPIFS_FINAL);
	/* The module looks for the session when it has the answer, and udev waits to eject */
	w->s->rec->keep_off = true;
	err = commit_run(&job);
	memcpy(w->message, job.message, sizeof(w->message));
	return err;
}

/* --- rescue --- */

static const char *newest_label(const struct recorder *rec)
{
	const struct imapi_sessions *s = &rec->sessions;

	return s->nr ? s->list[s->nr - 1].vol.volid : "";
}

static int rescue(struct work *w)
{
	/* While the mount lives on, its files may still change */
	bool last = w->req.flags & IMAPIFS_LAST;
	struct rescue_job job = {
		.tree = w->tree.tree,
		.staged = last ? &serve_staged_last : &serve_staged,
		.base = w->s->base,
		.rec = w->s->rec,
		.volid = newest_label(w->s->rec),
		.source = w->s->source,
	};
	char *path;
	int err = rescue_save(&job, &path);

	if (err)
		snprintf(w->message, sizeof(w->message),
			 "changes that were not burned could not all be saved: %s; what could be is in %.100s",
			 strerror(-err), path ? path : "no folder");
	else
		snprintf(w->message, sizeof(w->message),
			 "changes that were not burned are in %.140s", path);
	/* Whole, however long the path is */
	log_line("changes that were not burned%s are in %s%s%s", err ? ", some of them," : "",
		 path ? path : "no folder", err ? ": " : "", err ? strerror(-err) : "");
	free(path);
	return err;
}

/* --- requests --- */

static int carry_out(struct work *w)
{
	int err;

	w->tree.channel = w->s->channel;
	w->tree.fd = w->s->fd;
	w->tree.id = w->req.h.id;
	w->tree.rec = w->s->rec;
	err = serve_tree_open(&w->tree, w->req.log_bytes);
	if (err) {
		snprintf(w->message, sizeof(w->message),
			 "what is staged could not be taken over from the module: %s",
			 strerror(-err));
		log_line("%s", w->message);
		return err;
	}
	if (w->req.h.op == IMAPIFS_OP_RESCUE) {
		err = rescue(w);
	} else {
		err = commit(w);
		if (err)
			log_line("%s", w->message);
		else
			log_info("%s", w->message);
	}
	serve_tree_close(&w->tree);
	return err;
}

static void *work_thread(void *arg)
{
	struct work *w = arg;
	pthread_t ticker;
	bool ticking;
	int err;

	ticking = !pthread_create(&ticker, NULL, tick_thread, w);
	err = carry_out(w);
	answer(w, err);
	recorder_let_in(w->s->rec);
	if (ticking)
		pthread_join(ticker, NULL);
	return NULL;
}

static void work_free(struct work *w)
{
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->over);
	free(w);
}

/* NULL: it could not be begun, and was answered */
static struct work *work_begin(struct serve *s, const struct imapifs_request *req)
{
	struct work *w = calloc(1, sizeof(*w));
	pthread_condattr_t attr;

	if (!w) {
		send_done(s, req->h.id, -ENOMEM, "out of memory: sync again later");
		return NULL;
	}
	w->s = s;
	w->req = *req;
	progress_phase(&w->progress, IMAPIFS_PHASE_PLAN, 0);
	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w->over, &attr);
	pthread_condattr_destroy(&attr);
	if (!pthread_create(&w->thread, NULL, work_thread, w))
		return w;
	work_free(w);
	send_done(s, req->h.id, -EAGAIN, "no thread for the commit: sync again later");
	return NULL;
}

static bool is_answered(struct work *w)
{
	bool answered;

	pthread_mutex_lock(&w->lock);
	answered = w->answered;
	pthread_mutex_unlock(&w->lock);
	return answered;
}

static void work_end(struct work *w)
{
	if (!w)
		return;
	pthread_join(w->thread, NULL);
	work_free(w);
}

/* Return: what is on its way now */
static struct work *begin_request(struct serve *s, struct work *w,
				  const struct imapifs_request *req, size_t len)
{
	if (len != sizeof(*req)) {
		send_done(s, req->h.id, -EPROTO, "a request of another length");
		return w;
	}
	if (w && !is_answered(w)) {
		send_done(s, req->h.id, -EBUSY, "another request is under way");
		return w;
	}
	work_end(w);
	return work_begin(s, req);
}

static void cancel(struct work *w, __u64 id)
{
	if (w && w->req.h.id == id)
		atomic_store(&w->progress.cancel, true);
}

/* One message of @len bytes, of which the header is there */
static struct work *take(struct serve *s, struct work *w,
			 const struct imapifs_request *req, size_t len)
{
	switch (req->h.op) {
	case IMAPIFS_OP_COMMIT:
	case IMAPIFS_OP_RESCUE:
		return begin_request(s, w, req, len);
	case IMAPIFS_OP_CANCEL:
		cancel(w, req->h.id);
		return w;
	default:
		send_done(s, req->h.id, -EOPNOTSUPP, "unknown request");
		return w;
	}
}

int serve_run(struct serve *s)
{
	union {
		struct imapifs_request req;
		u8 bytes[IMAPIFS_MSG_MAX];
	} in;
	struct work *w = NULL;
	ssize_t len;

	for (;;) {
		len = s->channel->read(s->fd, &in, sizeof(in));
		if (len == -EINTR)
			continue;
		if (len <= 0)
			break;
		if ((size_t)len < sizeof(in.req.h) || in.req.h.len != (size_t)len) {
			len = -EPROTO;
			break;
		}
		w = take(s, w, &in.req, (size_t)len);
	}
	if (w)
		cancel(w, w->req.h.id);
	work_end(w);
	if (len)
		log_line("the module can't be heard any more: %s", strerror((int)-len));
	return (int)len;
}

/* --- signals --- */

static void signal_set(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGQUIT);
}

static void *signal_thread(void *arg)
{
	struct serve *s = arg;
	sigset_t set;
	int sig, err;

	signal_set(&set);
	while (!sigwait(&set, &sig)) {
		if (s->manual)
			continue;
		err = s->channel->sync(s->fd);
		if (err)
			log_line("signal %d: no commit could be begun: %s", sig,
				 strerror(-err));
	}
	return NULL;
}

int serve_process(struct serve *s)
{
	pthread_t thread;
	sigset_t set;
	int err;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	signal_set(&set);
	/* Threads made from here on have them blocked as well */
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	background_survive_shutdown();
	/* The device was made before the image was looked at for a leftover */
	if (s->loop >= 0)
		loop_resize(s->loop);
	err = pthread_create(&thread, NULL, signal_thread, s);
	if (err)
		log_line("signals begin no commit: %s", strerror(err));
	return serve_run(s);
}
