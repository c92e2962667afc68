// SPDX-License-Identifier: GPL-2.0-only
/* Commits, the room for changes, and what is said about both. */
#include <linux/imapifs.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "commit.h"
#include "fuse.h"
#include "log.h"
#include "room.h"

/* A request that waits at the gate */
struct wait {
	struct face *f;
	struct gate_waiter w;
};

static void wake(fuse_req_t req, void *data)
{
	struct wait *wait = data;

	(void)req;
	gate_wake(&wait->f->gate, &wait->w);
}

static void wait_begin(struct wait *wait, struct face *f, fuse_req_t req)
{
	wait->f = f;
	wait->w.pid = fuse_req_ctx(req)->pid;
	atomic_init(&wait->w.signalled, false);
	fuse_req_interrupt_func(req, wake, wait);
}

/* After this wake() is not running, and doesn't run again */
static void wait_end(fuse_req_t req)
{
	fuse_req_interrupt_func(req, NULL, NULL);
}

static void note_signal(fuse_req_t req, void *data)
{
	struct face_reading *r = data;

	(void)req;
	atomic_store(&r->w.signalled, true);
}

static bool is_gone(void *ctx)
{
	struct face_reading *r = ctx;

	return atomic_load(&r->w.signalled) && gate_waiter_dying(&r->w);
}

void face_reading_begin(struct face_reading *r, struct face *f, fuse_req_t req)
{
	r->f = f;
	r->w.pid = fuse_req_ctx(req)->pid;
	atomic_init(&r->w.signalled, false);
	fuse_req_interrupt_func(req, note_signal, r);
	recorder_patience(is_gone, r);
}

void face_reading_end(fuse_req_t req)
{
	recorder_patience(NULL, NULL);
	fuse_req_interrupt_func(req, NULL, NULL);
}

bool face_change_begin(struct face *f, fuse_req_t req)
{
	struct wait wait;
	int err;

	wait_begin(&wait, f, req);
	err = gate_enter(&f->gate, &wait.w);
	wait_end(req);
	if (err)
		fuse_reply_err(req, -err);
	return !err;
}

void face_change_end(struct face *f)
{
	gate_leave(&f->gate);
}

/* --- commit --- */

/* Is the disc to be closed, be there something staged or not? */
static bool closes(const struct face *f, unsigned int how)
{
	return f->spool && f->opt->finalize && how == IMAPIFS_COMMIT_LAST &&
	       recorder_is_open(f->rec);
}

/* @how: 0 or IMAPIFS_COMMIT_LAST */
static int burn(struct face *f, unsigned int how)
{
	struct commit_job job = {
		.tree = f->tree,
		.staged = &spool_staged,
		.rec = f->rec,
		.volid = f->opt->volid,
		.verify = f->opt->verify,
		.unchanged = closes(f, how),
		.progress = &f->progress,
		.folder = spool_path(f->spool),
		.switch_begin = face_switch_begin,
		.switch_end = face_switch_end,
		.ctx = f,
	};
	int err;

	f->rec->finalize = f->opt->finalize && how == IMAPIFS_COMMIT_LAST;
	err = commit_run(&job);
	progress_phase(&f->progress, IMAPIFS_PHASE_IDLE, 0);
	pthread_mutex_lock(&f->result_lock);
	f->last_error = -err;
	snprintf(f->message, sizeof(f->message), "%s", job.message);
	pthread_mutex_unlock(&f->result_lock);
	if (err)
		log_line("%s", job.message);
	else
		log_info("%s", job.message);
	return err;
}

/* A commit runs in a thread of its own, so that its caller's can look for signals */
struct burning {
	struct face *f;
	unsigned int how;
	int err;
	bool done;		/* under the gate's lock */
};

static void *burn_thread(void *arg)
{
	struct burning *b = arg;

	b->err = burn(b->f, b->how);
	pthread_mutex_lock(&b->f->gate.lock);
	b->done = true;
	pthread_cond_broadcast(&b->f->gate.moved);
	pthread_mutex_unlock(&b->f->gate.lock);
	return NULL;
}

/* The gate is closed */
static int burn_killable(struct face *f, struct gate_waiter *w, unsigned int how)
{
	struct burning b = { .f = f, .how = how };
	pthread_t thread;
	int err;

	if (!imapi_tree_dirty(f->tree) && !closes(f, how))
		return 0;
	/* Before the burn, not in it: from here on a cancel is meant for this one */
	atomic_store(&f->progress.cancel, false);
	err = pthread_create(&thread, NULL, burn_thread, &b);
	if (err)
		return -err;
	pthread_mutex_lock(&f->gate.lock);
	while (!b.done && !gate_wait(&f->gate, w))
		;
	if (!b.done)
		atomic_store(&f->progress.cancel, true);
	pthread_mutex_unlock(&f->gate.lock);
	pthread_join(thread, NULL);
	return b.err;
}

/*
 * The kernel has pages that programs changed through a mapping. Telling it that
 * a file's pages are no longer good makes it write them first; the writes come
 * as requests like others, which is why the gate must be open.
 */
void face_push_dirty(struct face *f)
{
	size_t nr = 0, i = 0;
	fuse_ino_t *inos;
	struct handle *h;

	pthread_mutex_lock(&f->handles_lock);
	for (h = f->handles; h; h = h->next)
		nr += h->writer;
	inos = calloc(nr ? nr : 1, sizeof(*inos));
	for (h = f->handles; h && inos; h = h->next)
		if (h->writer && h->ino)
			inos[i++] = h->ino;
	pthread_mutex_unlock(&f->handles_lock);
	/* A file that was closed since has nothing to write any more */
	while (i)
		fuse_lowlevel_notify_inval_inode(f->se, inos[--i], 0, 0);
	free(inos);
}

int face_commit(struct face *f, fuse_req_t req, unsigned int how)
{
	struct wait wait;
	int err;

	wait_begin(&wait, f, req);
	err = gate_take(&f->gate, &wait.w);
	if (!err) {
		face_push_dirty(f);
		err = gate_close(&f->gate, &wait.w);
		if (!err)
			err = burn_killable(f, &wait.w, how);
		gate_release(&f->gate);
	}
	wait_end(req);
	return err;
}

int face_commit_last(struct face *f)
{
	if (!imapi_tree_dirty(f->tree) && !closes(f, IMAPIFS_COMMIT_LAST))
		return 0;
	/* Who asked for an earlier one may have cancelled as it ended */
	atomic_store(&f->progress.cancel, false);
	return burn(f, IMAPIFS_COMMIT_LAST);
}

/* --- room --- */

/* False: there is none, because what decides it can't be learned */
static bool room_of(struct face *f, struct imapi_room *r)
{
	struct imapi_usage u = { 0 };
	struct stat st = { 0 };

	if (f->opt->size != UINT64_MAX && imapi_tree_usage(f->tree, &u))
		return false;
	if (f->rec->fd >= 0 && fstat(f->rec->fd, &st))
		return false;
	*r = (struct imapi_room){
		.medium = f->rec->ops->room(f->rec),
		.spool = spool_free(f->spool) / IMAPI_BLOCK,
		.limit = f->opt->size,
		.staged_bytes = u.staged_bytes,
		.medium_is_file = S_ISREG(st.st_mode),
		.one_disk = f->rec->fd >= 0 && st.st_dev == spool_dev(f->spool),
	};
	return true;
}

u64 face_room(void *face, u64 taken)
{
	struct imapi_room r;

	return room_of(face, &r) ? imapi_room(&r, taken) : 0;
}

/* What programs may still write, blocks */
static u64 free_blocks(struct face *f, const struct imapi_usage *u)
{
	struct imapi_room r;

	return room_of(f, &r) ? imapi_room_free(&r, u->staged_blocks + u->tree_blocks) : 0;
}

void face_statfs(fuse_req_t req, fuse_ino_t ino)
{
	struct face *f = face_of(req);
	struct imapi_usage u = { 0 };
	struct statvfs st;

	(void)ino;
	memset(&st, 0, sizeof(st));
	st.f_bsize = IMAPI_BLOCK;
	st.f_frsize = IMAPI_BLOCK;
	st.f_namemax = 3 * IMAPI_NAME_UNITS;
	/* A disc that can't be counted can't be appended to, either */
	if (f->spool && !imapi_tree_usage(f->tree, &u))
		st.f_bfree = free_blocks(f, &u);
	st.f_bavail = st.f_bfree;
	st.f_blocks = f->rec->source.blocks + u.staged_blocks + st.f_bfree;
	fuse_reply_statfs(req, &st);
}

/* --- ioctl --- */

static void get_status(struct face *f, struct imapifs_status *s)
{
	struct imapi_usage u = { 0 };

	memset(s, 0, sizeof(*s));
	s->version = IMAPIFS_VERSION;
	s->phase = atomic_load(&f->progress.phase);
	s->done = atomic_load(&f->progress.done);
	s->total = atomic_load(&f->progress.total);
	s->phase_ms = progress_ms(&f->progress);
	if (f->spool && !imapi_tree_usage(f->tree, &u))
		s->free_bytes = free_blocks(f, &u) * IMAPI_BLOCK;
	s->staged_files = u.staged_files;
	s->staged_bytes = u.staged_bytes;
	s->tree_bytes = u.tree_blocks * IMAPI_BLOCK;
	s->commits = imapi_tree_generation(f->tree);
	if (u.dirty)
		s->flags |= IMAPIFS_DIRTY;
	if (!f->spool)
		s->flags |= IMAPIFS_READONLY;
	if (f->opt->commit == COMMIT_MANUAL)
		s->flags |= IMAPIFS_MANUAL;
	if (f->opt->finalize)
		s->flags |= IMAPIFS_FINALIZE;
	if (atomic_load(&f->progress.too_late))
		s->flags |= IMAPIFS_TOO_LATE;
	pthread_mutex_lock(&f->result_lock);
	s->last_error = f->last_error;
	memcpy(s->message, f->message, sizeof(s->message));
	pthread_mutex_unlock(&f->result_lock);
	memcpy(s->face, "fuse", 5);
	snprintf(s->source, sizeof(s->source), "%s", f->source);
	s->helper_pid = (u32)getpid();
}

void face_ioctl(fuse_req_t req, fuse_ino_t ino, unsigned int cmd, void *arg,
		struct fuse_file_info *fi, unsigned int flags, const void *in,
		size_t in_size, size_t out_size)
{
	struct face *f = face_of(req);
	struct imapifs_status status;
	int err;

	(void)fi;
	(void)flags;
	(void)in;
	(void)in_size;
	if (ino == FUSE_ROOT_ID && cmd == IMAPIFS_IOC_STATUS &&
	    out_size >= sizeof(status)) {
		get_status(f, &status);
		fuse_reply_ioctl(req, 0, &status, sizeof(status));
		return;
	}
	if (ino != FUSE_ROOT_ID || cmd != IMAPIFS_IOC_COMMIT) {
		fuse_reply_err(req, ENOTTY);
		return;
	}
	err = face_commit(f, req, (uintptr_t)arg == IMAPIFS_COMMIT_LAST ?
			  IMAPIFS_COMMIT_LAST : 0);
	if (err)
		fuse_reply_err(req, -err);
	else
		fuse_reply_ioctl(req, 0, NULL, 0);
}
