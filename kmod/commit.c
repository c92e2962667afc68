// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commits. Who asks for one closes the gates, checks the disc, writes the change
 * log and hands the helper the job; from there on the job belongs to the mount.
 * It is ended where its answer comes in, or where the helper's last descriptor
 * goes, so that who waits may be killed at any time.
 */
#include <linux/file.h>
#include <linux/pagemap.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include "internal.h"

/* Tenths of a second, see memory_may_come() */
#define PATIENCE	300

static atomic64_t last_id;

static void job_free(struct kref *ref)
{
	struct imapifs_job *job = container_of(ref, struct imapifs_job, ref);

	if (job->log)
		fput(job->log);
	kfree(job);
}

void imapifs_job_put(struct imapifs_job *job)
{
	kref_put(&job->ref, job_free);
}

struct imapifs_job *imapifs_job_get(struct imapifs_sb *sbi, u64 id)
{
	struct imapifs_job *job;

	spin_lock(&sbi->lock);
	job = sbi->job;
	if (job && job->id == id)
		kref_get(&job->ref);
	else
		job = NULL;
	spin_unlock(&sbi->lock);
	return job;
}

/* --- one at a time --- */

static bool turn_try(struct imapifs_sb *sbi)
{
	bool mine;

	spin_lock(&sbi->lock);
	mine = !sbi->busy;
	sbi->busy = true;
	spin_unlock(&sbi->lock);
	return mine;
}

static void turn_over(struct imapifs_sb *sbi)
{
	spin_lock(&sbi->lock);
	sbi->busy = false;
	sbi->job = NULL;
	spin_unlock(&sbi->lock);
	wake_up_all(&sbi->idle);
}

static bool is_idle(struct imapifs_sb *sbi)
{
	bool idle;

	spin_lock(&sbi->lock);
	idle = !sbi->busy;
	spin_unlock(&sbi->lock);
	return idle;
}

void imapifs_commit_drain(struct imapifs_sb *sbi)
{
	wait_event_idle(sbi->idle, is_idle(sbi));
}

static void record_result(struct imapifs_sb *sbi, int err, const char *message)
{
	spin_lock(&sbi->lock);
	sbi->last_error = -err;
	strscpy(sbi->message, message, sizeof(sbi->message));
	memset(&sbi->progress, 0, sizeof(sbi->progress));
	spin_unlock(&sbi->lock);
}

/* The module itself says no: the helper's own words come with its answer */
static int refuse(struct imapifs_sb *sbi, int err, const char *message)
{
	record_result(sbi, err, message);
	if (err != -EINTR)
		pr_warn("imapifs: %s: %s\n", sbi->sb->s_id, message);
	return err;
}

/* --- gates --- */

static void open_gates(struct imapifs_sb *sbi)
{
	imapifs_gate_open(&sbi->faults);
	imapifs_gate_open(&sbi->changes);
}

static int close_gates(struct imapifs_sb *sbi)
{
	int err;

	err = imapifs_gate_close(&sbi->changes);
	if (err)
		return err;
	err = imapifs_gate_close(&sbi->faults);
	if (err)
		imapifs_gate_open(&sbi->changes);
	return err;
}

/* The next write through a mapping asks at the gate again */
static void protect_mapping(struct inode *inode)
{
	struct file *spool;

	if (!atomic_read(&imapifs_inode(inode)->users))
		return;
	spool = imapifs_spool_get(inode);
	if (!spool)
		return;
	unmap_mapping_range(spool->f_mapping, 0, 0, 0);
	fput(spool);
}

/* --- making a job --- */

static const char helper_gone[] =
	"the helper is gone: imapifs attach starts a new one; all stays staged";

struct log_writer {
	struct file *file;
	loff_t pos;
};

static int write_log(void *ctx, const void *buf, size_t len)
{
	struct log_writer *w = ctx;
	ssize_t done;

	while (len) {
		done = kernel_write(w->file, buf, len, &w->pos);
		if (done <= 0)
			return done ?: -ENOSPC;
		buf += done;
		len -= done;
	}
	return 0;
}

/* For what can't be tried again later: waits a moment if memory was short */
static bool memory_may_come(int err, int *tries)
{
	if (err != -ENOMEM || ++*tries > PATIENCE)
		return false;
	schedule_timeout_uninterruptible(HZ / 10);
	return true;
}

static struct imapifs_job *job_new(struct imapifs_sb *sbi, u32 op, u32 flags)
{
	struct imapifs_job *job = kzalloc(sizeof(*job), GFP_KERNEL);
	struct log_writer w = { NULL };
	int err;

	if (!job)
		return ERR_PTR(-ENOMEM);
	kref_init(&job->ref);
	init_completion(&job->done);
	job->id = (u64)atomic64_inc_return(&last_id);
	job->op = op;
	job->flags = flags;
	w.file = imapifs_shmem_file("imapifs-log");
	if (IS_ERR(w.file)) {
		err = PTR_ERR(w.file);
	} else {
		job->log = w.file;
		err = imapi_tree_export(sbi->tree, write_log, &w);
	}
	if (err) {
		imapifs_job_put(job);
		return ERR_PTR(err);
	}
	job->log_bytes = (u64)w.pos;
	return job;
}

/* Hands it over; on success the caller has a reference, and the mount another */
static int job_start(struct imapifs_sb *sbi, struct imapifs_job *job)
{
	int err;

	kref_get(&job->ref);
	spin_lock(&sbi->lock);
	sbi->job = job;
	spin_unlock(&sbi->lock);
	err = imapifs_chan_send(sbi, job);
	if (!err)
		return 0;
	spin_lock(&sbi->lock);
	/* Unless the helper's end came first, and ended the job with it */
	if (sbi->job != job)
		err = 0;
	else
		sbi->job = NULL;
	spin_unlock(&sbi->lock);
	if (err)
		imapifs_job_put(job);
	return err;
}

static int check_disc(struct imapifs_sb *sbi)
{
	struct imapi_identity now;
	enum imapi_difference d;
	u64 there = 0;
	int err;

	err = sbi->disc->identify(sbi, &now, &there);
	if (err == -ENOMEM)
		return refuse(sbi, err, "no memory to look at the disc: sync again");
	if (err && err != -ENOMEDIUM)
		return refuse(sbi, err, "the disc can't be read: see to it and sync again");
	d = imapi_identity_compare(&sbi->id, err ? NULL : &now, there);
	err = imapi_difference_error(d);
	if (!err)
		return 0;
	if (sbi->drive)
		return refuse(sbi, err, imapi_difference_text(d));
	return refuse(sbi, err,
		      "not the image as it was mounted: put that back and sync again; if another program changed it, umount -f it (what is staged goes to the rescue folder) and mount it again");
}

/* An unmount follows, and the disc has to be closed for good */
static bool closes(struct imapifs_sb *sbi, u32 flags)
{
	return sbi->opt.finalize && flags & (IMAPIFS_LAST | IMAPIFS_FINAL) &&
	       !sb_rdonly(sbi->sb) && sbi->disc->is_open && sbi->disc->is_open(sbi);
}

static bool is_wanted(struct imapifs_sb *sbi, u32 flags)
{
	return imapi_tree_dirty(sbi->tree) || closes(sbi, flags);
}

/* The tree is frozen; @job is set on success */
static int start_commit(struct imapifs_sb *sbi, u32 flags, struct imapifs_job **job)
{
	int err;

	imapi_tree_commit_begin_unchanged(sbi->tree);
	*job = job_new(sbi, IMAPIFS_OP_COMMIT, flags);
	err = PTR_ERR_OR_ZERO(*job);
	if (!err) {
		err = job_start(sbi, *job);
		if (err)
			imapifs_job_put(*job);
	}
	if (err) {
		imapi_tree_commit_end(sbi->tree, err);
		refuse(sbi, err, err == -ENOTCONN ? helper_gone :
		       "the change log could not be made: sync again; all stays staged");
	}
	return err;
}

/* With the turn taken; whatever comes, it and the gates are given back */
static int prepare_commit(struct imapifs_sb *sbi, u32 flags, struct imapifs_job **job)
{
	int err;

	err = close_gates(sbi);
	if (err)
		goto out;
	err = -EALREADY;
	if (!is_wanted(sbi, flags))
		goto out_gates;
	err = -ENOTCONN;
	if (!imapifs_served(sbi)) {
		refuse(sbi, err, helper_gone);
		goto out_gates;
	}
	err = check_disc(sbi);
	if (err)
		goto out_gates;
	imapifs_each_staged(sbi, protect_mapping);
	err = start_commit(sbi, flags, job);
	if (!err)
		return 0;
out_gates:
	open_gates(sbi);
out:
	turn_over(sbi);
	return err;
}

/* 0 and a job to wait for, -EALREADY: nothing to burn, or -errno */
static int begin(struct imapifs_sb *sbi, u32 flags, struct imapifs_job **job)
{
	if (!is_wanted(sbi, flags))
		return -EALREADY;
	if (wait_event_killable(sbi->idle, turn_try(sbi)))
		return -EINTR;
	if (READ_ONCE(sbi->going)) {
		turn_over(sbi);
		return -ENOTCONN;
	}
	return prepare_commit(sbi, flags, job);
}

int imapifs_commit_begin(struct imapifs_sb *sbi)
{
	struct imapifs_job *job;
	int err;

	err = begin(sbi, 0, &job);
	if (!err)
		imapifs_job_put(job);
	return err == -EALREADY ? 0 : err;
}

int imapifs_commit(struct imapifs_sb *sbi, u32 flags)
{
	struct imapifs_job *job;
	int err;

	err = begin(sbi, flags, &job);
	if (err)
		return err == -EALREADY ? 0 : err;
	if (wait_for_completion_killable(&job->done)) {
		imapifs_chan_cancel(sbi, job->id);
		err = -EINTR;
	} else {
		err = job->error;
	}
	imapifs_job_put(job);
	return err;
}

int imapifs_rescue(struct imapifs_sb *sbi)
{
	struct imapifs_job *job;
	int err, tries = 0;

	/* Nobody else is left: it is the last that this mount does */
	wait_event_idle(sbi->idle, turn_try(sbi));
	err = imapi_tree_commit_begin(sbi->tree);
	if (!err) {
		do {
			job = job_new(sbi, IMAPIFS_OP_RESCUE, IMAPIFS_LAST);
			err = PTR_ERR_OR_ZERO(job);
		} while (memory_may_come(err, &tries));
	}
	if (!err) {
		err = job_start(sbi, job);
		if (!err) {
			wait_for_completion_state(&job->done, TASK_IDLE);
			err = job->error;
		} else {
			turn_over(sbi);
		}
		imapifs_job_put(job);
	} else {
		turn_over(sbi);
	}
	if (err)
		pr_err("imapifs: %s: what was staged and not burned is lost: the helper could not keep it (error %d)\n",
		       sbi->sb->s_id, -err);
	return err;
}

/* --- the end of a job --- */

static void forget_cached(struct inode *inode)
{
	/* Copies for mappings that are older than the change; the disc has it now */
	if (inode->i_mapping->nrpages)
		imapifs_forget_pages(inode);
}

/*
 * The gates are closed, so no content changes; readers find the same bytes in
 * the spool file and on the disc.
 */
static void end_commit(struct imapifs_sb *sbi, const struct imapifs_job *job, int err)
{
	if (!err)
		imapifs_each_staged(sbi, forget_cached);
	down_write(&sbi->switch_lock);
	imapi_tree_commit_end(sbi->tree, err);
	if (job->found) {
		sbi->id = job->now;
		/* A drive says it, also where there is none before a session is closed */
		sbi->nwa = job->closes_first ? job->now.nwa : job->now.nwa ?: job->nwa;
		imapifs_disc_init(sbi);
	}
	up_write(&sbi->switch_lock);
	if (!err)
		imapifs_each_staged(sbi, imapifs_spool_let_go);
	open_gates(sbi);
}

/* The disc can be read again */
static void end_burning(struct imapifs_sb *sbi)
{
	WRITE_ONCE(sbi->burning, false);
	wake_up_all(&sbi->idle);
}

/* Whoever takes the job out of the mount ends it; @message: one line */
static void job_end(struct imapifs_sb *sbi, struct imapifs_job *job, int err, const char *message)
{
	spin_lock(&sbi->lock);
	if (sbi->job != job) {
		spin_unlock(&sbi->lock);
		return;
	}
	sbi->job = NULL;
	spin_unlock(&sbi->lock);

	if (job->op == IMAPIFS_OP_COMMIT && sbi->disc->ended)
		sbi->disc->ended(sbi, job);
	end_burning(sbi);
	if (job->op == IMAPIFS_OP_COMMIT)
		end_commit(sbi, job, err);
	else
		imapi_tree_commit_end(sbi->tree, -ECANCELED);
	record_result(sbi, err, message);
	job->error = err;
	turn_over(sbi);
	complete_all(&job->done);
	imapifs_job_put(job);
}

/*
 * What came of a job that was prepared, says the disc. @job->found: its session is
 * there, or one of ours that came to no end, which the next commit closes
 */
static bool was_committed(struct imapifs_sb *sbi, struct imapifs_job *job)
{
	struct imapi_identity *now = &job->now;
	int err, tries = 0;
	u64 old;

	if (job->op != IMAPIFS_OP_COMMIT || !job->prepared)
		return false;
	do {
		err = sbi->disc->identify(sbi, now, &old);
	} while (memory_may_come(err, &tries));
	if (err)
		return false;
	job->found = imapi_identity_same_medium(&sbi->id, now) &&
		     (now->descriptors == job->head ||
		      (job->closes_first && old == sbi->id.descriptors));
	return job->found && now->descriptors == job->head;
}

void imapifs_job_orphaned(struct imapifs_sb *sbi)
{
	struct imapifs_job *job;

	spin_lock(&sbi->lock);
	job = sbi->job;
	if (job)
		kref_get(&job->ref);
	spin_unlock(&sbi->lock);
	if (!job)
		return;
	/* What was not read back may not be readable */
	if (was_committed(sbi, job) && !job->closes_first)
		job_end(sbi, job, 0, "burned; the helper died when it was done");
	else
		job_end(sbi, job, -ENOTCONN,
			"the helper died: imapifs attach starts a new one; all stays staged");
	imapifs_job_put(job);
}

/* --- the helper's messages --- */

int imapifs_job_burned(struct imapifs_sb *sbi, u64 id, const struct imapifs_burned_file *file,
		       u32 nr)
{
	struct imapifs_job *job = imapifs_job_get(sbi, id);
	int err = 0;
	u32 i;

	if (!job)
		return -ENOENT;
	if (job->op != IMAPIFS_OP_COMMIT || job->prepared)
		err = -EINVAL;
	for (i = 0; i < nr && !err; i++) {
		err = file[i].pad || file[i].lba < sbi->nwa ? -EINVAL :
			imapi_tree_set_burned_ino(sbi->tree, file[i].ino, file[i].lba);
		/* Of a message, ENOENT means: no such request */
		if (err == -ENOENT || err == -EALREADY)
			err = -EINVAL;
	}
	imapifs_job_put(job);
	return err;
}

int imapifs_job_prepared(struct imapifs_sb *sbi, const struct imapifs_prepared *p)
{
	struct imapifs_job *job = imapifs_job_get(sbi, p->h.id);
	int err = 0;

	if (!job)
		return -ENOENT;
	if (job->op != IMAPIFS_OP_COMMIT || job->prepared || !p->descriptors ||
	    p->flags & ~IMAPIFS_CLOSES_FIRST ||
	    p->start < sbi->nwa || (u64)p->start + p->blocks > p->nwa ||
	    imapi_tree_burned_check(sbi->tree)) {
		err = -EINVAL;
	} else {
		spin_lock(&sbi->lock);
		job->head = p->descriptors;
		job->start = p->start;
		job->blocks = p->blocks;
		job->nwa = p->nwa;
		job->closes_first = p->flags & IMAPIFS_CLOSES_FIRST;
		job->prepared = true;
		spin_unlock(&sbi->lock);
		WRITE_ONCE(sbi->burning, job->closes_first);
	}
	imapifs_job_put(job);
	return err;
}

int imapifs_job_progress(struct imapifs_sb *sbi, const struct imapifs_progress *p)
{
	struct imapifs_job *job = imapifs_job_get(sbi, p->h.id);

	if (!job)
		return -ENOENT;
	imapifs_job_put(job);
	if (p->phase > IMAPIFS_PHASE_CLOSE || p->pad)
		return -EINVAL;
	if (p->phase == IMAPIFS_PHASE_VERIFY)
		end_burning(sbi);
	spin_lock(&sbi->lock);
	if (sbi->progress.phase != p->phase)
		sbi->progress.since = ktime_get();
	sbi->progress.phase = p->phase;
	sbi->progress.done = p->done;
	sbi->progress.total = p->total;
	spin_unlock(&sbi->lock);
	return 0;
}

/* Errors of a helper are passed on, nonsense isn't */
static bool is_error(s32 error)
{
	return error <= 0 && error >= -MAX_ERRNO;
}

int imapifs_job_done(struct imapifs_sb *sbi, const struct imapifs_done *d)
{
	struct imapifs_job *job = imapifs_job_get(sbi, d->h.id);
	int err = d->error;
	bool there;

	if (!job)
		return -ENOENT;
	if (!is_error(err) || d->pad || !memchr(d->message, 0, sizeof(d->message)) ||
	    (job->op == IMAPIFS_OP_COMMIT && !err && !job->prepared)) {
		imapifs_job_put(job);
		return -EINVAL;
	}
	there = (!err || job->closes_first) && was_committed(sbi, job);
	if (job->op == IMAPIFS_OP_COMMIT && !err && !there)
		job_end(sbi, job, -EIO,
			"the session was said to be burned, but it is not there: all stays staged, sync again");
	else
		job_end(sbi, job, err, d->message);
	imapifs_job_put(job);
	return 0;
}

static struct file *staged_file(struct imapifs_sb *sbi, u64 ino)
{
	struct file *file = ERR_PTR(-ENOENT);
	struct imapi_content c;
	struct imapi_node *n;

	down_read(&sbi->switch_lock);
	n = imapi_node_by_ino(sbi->tree, ino);
	if (n) {
		if (!imapi_node_content(sbi->tree, n, &c) && c.staged)
			file = get_file(c.staged);
		imapi_node_put(sbi->tree, n, 1);
	}
	up_read(&sbi->switch_lock);
	return file;
}

struct file *imapifs_job_open(struct imapifs_sb *sbi, u64 id, u64 ino)
{
	struct imapifs_job *job = imapifs_job_get(sbi, id);
	struct file *from, *file;

	if (!job)
		return ERR_PTR(-ENOENT);
	from = ino ? staged_file(sbi, ino) : get_file(job->log);
	imapifs_job_put(job);
	if (IS_ERR(from))
		return from;
	file = dentry_open(&from->f_path, O_RDONLY | O_LARGEFILE, sbi->cred);
	fput(from);
	return file;
}

/* --- status --- */

void imapifs_status(struct imapifs_sb *sbi, struct imapifs_status *s)
{
	struct imapi_usage u = { 0 };
	char *path;

	s->version = IMAPIFS_VERSION;
	if (!sb_rdonly(sbi->sb) && !imapi_tree_usage(sbi->tree, &u))
		s->free_bytes = imapifs_free_blocks(sbi, &u) << IMAPI_BLOCK_SHIFT;
	s->staged_files = u.staged_files;
	s->staged_bytes = u.staged_bytes;
	s->tree_bytes = u.tree_blocks << IMAPI_BLOCK_SHIFT;
	s->commits = imapi_tree_generation(sbi->tree);
	if (u.dirty)
		s->flags |= IMAPIFS_DIRTY;
	if (sb_rdonly(sbi->sb))
		s->flags |= IMAPIFS_READONLY;
	if (sbi->opt.commit == IMAPIFS_BY_HAND)
		s->flags |= IMAPIFS_MANUAL;
	if (sbi->opt.finalize)
		s->flags |= IMAPIFS_FINALIZE;
	spin_lock(&sbi->lock);
	s->phase = sbi->progress.phase;
	s->done = sbi->progress.done;
	s->total = sbi->progress.total;
	if (s->phase)
		s->phase_ms = (u64)ktime_ms_delta(ktime_get(), sbi->progress.since);
	if (sbi->job && sbi->job->closes_first && s->phase >= IMAPIFS_PHASE_RECORD)
		s->flags |= IMAPIFS_TOO_LATE;
	s->last_error = sbi->last_error;
	memcpy(s->message, sbi->message, sizeof(s->message));
	spin_unlock(&sbi->lock);
	strscpy(s->face, "kernel", sizeof(s->face));
	s->helper_pid = imapifs_chan_pid(sbi);
	strscpy(s->source, sbi->name, sizeof(s->source));
	if (!sbi->opt.backing)
		return;
	path = file_path(sbi->opt.backing, s->source, sizeof(s->source));
	if (IS_ERR(path))
		strscpy(s->source, sbi->name, sizeof(s->source));
	else
		memmove(s->source, path, strlen(path) + 1);
}
