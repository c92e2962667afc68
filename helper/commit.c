// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include "commit.h"
#include "compose.h"
#include "epoch.h"
#include "readback.h"
#include "text.h"
#include "treefile.h"

#define BAD_PATH	256
/* To begin with the first write, as long as that isn't done */
#define RECORD_TRIES	3

/* One commit on its way; what compose_params points to lives here */
struct commit {
	struct commit_job *job;
	struct recorder *rec;
	struct compose *plan;
	int tree;		/* the session's tree in a file, -1: none is needed */
	time_t begun;		/* by CLOCK_MONOTONIC */
	u32 start;
	u32 blocks;
	u8 head[COMPOSE_HEAD_MAX * IMAPI_BLOCK];
	u32 head_blocks;
	u8 boot[IMAPI_BLOCK];
	u8 saved[COMPOSE_SAVED_MAX * IMAPI_BLOCK];
	char bad_path[BAD_PATH];
};

#define say(c, ...) snprintf((c)->job->message, sizeof((c)->job->message), __VA_ARGS__)

/* Like say(), and hands @err on: "return fail(c, err, ...)" */
#define fail(c, err, ...) (say(c, __VA_ARGS__), (err))

static int disc_failed(struct commit *c, int err)
{
	if (c->rec->trouble)
		return fail(c, err, "%s", c->rec->trouble);
	return fail(c, err, "the disc can't be read: %s; nothing was written", strerror(-err));
}

static int check_disc(struct commit *c)
{
	int err = c->rec->ops->check(c->rec);

	return err ? disc_failed(c, err) : 0;
}

static int repair_disc(struct commit *c)
{
	int err = c->rec->ops->repair ? c->rec->ops->repair(c->rec) : 0;

	return err ? disc_failed(c, err) : 0;
}

static int set_dates(struct commit *c, struct compose_params *p)
{
	if (!epoch_now(&p->now, &p->clamp))
		return 0;
	return fail(c, -EINVAL,
		    "SOURCE_DATE_EPOCH is not a number of seconds: set it right or unset it, and sync again");
}

/* Does @last have descriptors of its own, besides those at block 16? */
static bool has_own_header(const struct imapi_source *src, const struct imapi_session *last)
{
	const struct imapi_hierarchy *want = &last->vol.primary;
	struct imapi_volume own;

	if (last->start < IMAPI_FIRST_SESSION)
		return false;
	if (imapi_volume_read(src, last->start + IMAPI_SYSTEM_BLOCKS, &own))
		return false;
	return own.primary.root.lba == want->root.lba &&
	       own.primary.root.size == want->root.size;
}

/*
 * The way back to the newest session: its own header, or, where block 16 is
 * the only one it has, a copy of that in the new session's system area.
 */
static int set_previous(struct commit *c, struct compose_params *p)
{
	const struct imapi_source *src = &c->rec->source;
	const struct imapi_session *last;
	int err;

	if (!c->rec->sessions.nr)
		return 0;
	last = &c->rec->sessions.list[c->rec->sessions.nr - 1];
	p->prev_start = last->start;
	if (last->vol.boot) {
		err = src->read(src->ctx, last->vol.boot, 1, c->boot);
		if (err)
			return err;
		p->boot = c->boot;
	}
	/* Where no descriptors are ever written over, each session has its own */
	if (!c->rec->head_separate) {
		p->prev_desc = last->vol.desc;
		return 0;
	}
	if (has_own_header(src, last)) {
		p->prev_desc = last->start + IMAPI_SYSTEM_BLOCKS;
		return 0;
	}
	if (last->vol.descs > COMPOSE_SAVED_MAX)
		return -EUCLEAN;
	err = src->read(src->ctx, last->vol.desc, last->vol.descs, c->saved);
	if (err)
		return err;
	p->saved = c->saved;
	p->saved_blocks = last->vol.descs;
	return 0;
}

static const char *choose_volid(const struct commit *c)
{
	const struct imapi_sessions *s = &c->rec->sessions;

	if (c->job->volid)
		return c->job->volid;
	return s->nr ? s->list[s->nr - 1].vol.volid : "DISC";
}

static int plan_failed(struct commit *c, int err)
{
	switch (err) {
	case -EUCLEAN:
		return fail(c, err,
			    "directory %.100s of the disc is damaged: nothing can be appended to it",
			    c->bad_path[0] ? c->bad_path : "(unknown)");
	case -ENOSPC:
		return fail(c, err,
			    "the tree is too large for one session: remove something and sync again");
	case -EILSEQ:
		return fail(c, err, "the volume identifier is not UTF-8: mount with another volid");
	case -ENOMEM:
		return fail(c, err, "out of memory while planning the session: sync again later");
	default:
		return fail(c, err, "the session could not be planned: %s", strerror(-err));
	}
}

static int plan(struct commit *c)
{
	struct compose_params p = {
		.start = c->rec->nwa,
		.least = c->rec->least,
		.volid = choose_volid(c),
		.bad_path = c->bad_path,
		.bad_path_size = sizeof(c->bad_path),
	};
	int err;

	progress_phase(c->job->progress, IMAPIFS_PHASE_PLAN, 0);
	err = set_dates(c, &p);
	if (err)
		return err;
	err = set_previous(c, &p);
	if (!err)
		err = compose_plan(c->job->tree, &p, &c->plan);
	if (err)
		return plan_failed(c, err);
	c->start = p.start;
	c->blocks = compose_blocks(c->plan);
	return 0;
}

/* From here on nothing has to be read from the disc */
static int keep_tree(struct commit *c)
{
	if (!c->rec->feeds_alone)
		return 0;
	c->tree = treefile_make(c->plan, c->job->folder);
	if (c->tree >= 0)
		return 0;
	if (c->tree == -EUCLEAN)
		return plan_failed(c, c->tree);
	return fail(c, c->tree,
		    "the new tree can't be kept in the spool: %s; nothing was written, sync again",
		    strerror(-c->tree));
}

static int check_room(struct commit *c)
{
	u64 room = c->rec->ops->room(c->rec);

	if (c->blocks <= room)
		return 0;
	if (c->rec->disc.kind)
		return fail(c, -ENOSPC,
			    "the session takes %u MiB and the disc has room for %u: remove something and sync again",
			    (c->blocks >> 9) + 1, (u32)(room >> 9));
	return fail(c, -ENOSPC,
		    "the session takes %u MiB and the disk that holds the image has %u: make room and sync again",
		    (c->blocks >> 9) + 1, (u32)(room >> 9));
}

static int record_blocks(void *ctx, const void *buf, u32 count)
{
	struct commit *c = ctx;

	return c->rec->ops->write(c->rec, buf, count);
}

static int record_file(void *ctx, void *staged, u64 size)
{
	struct commit *c = ctx;
	int fd, err;

	fd = c->job->staged->use(staged);
	if (fd < 0)
		return fd;
	err = c->rec->ops->copy(c->rec, fd, size);
	c->job->staged->unuse(staged, fd);
	return err;
}

static int record_failed(struct commit *c, int err)
{
	if (c->rec->trouble)
		return disc_failed(c, err);
	switch (err) {
	case -ENOSPC:
		return fail(c, err,
			    "the disk that holds the image is full: make room and sync again");
	case -EINTR:
		return fail(c, err, "cancelled: nothing was burned, sync again");
	default:
		return fail(c, err,
			    "writing the session failed: %s; the older sessions stand, sync again",
			    strerror(-err));
	}
}

static int record_kept(struct commit *c, const struct compose_sink *sink)
{
	u64 size = (u64)compose_tree_blocks(c->plan) * IMAPI_BLOCK;
	int err = c->rec->ops->copy(c->rec, c->tree, size);

	return err ? err : compose_emit_data(c->plan, sink);
}

static int record_once(struct commit *c)
{
	const struct compose_sink sink = {
		.blocks = record_blocks,
		.file = record_file,
		.ctx = c,
	};
	int err;

	progress_phase(c->job->progress, IMAPIFS_PHASE_RECORD, (u64)c->blocks * IMAPI_BLOCK);
	err = c->rec->ops->begin(c->rec, c->blocks);
	if (!err)
		err = c->tree < 0 ? compose_emit(c->plan, &sink) : record_kept(c, &sink);
	if (!err) {
		progress_phase(c->job->progress, IMAPIFS_PHASE_FLUSH, 0);
		err = c->rec->ops->flush(c->rec);
	}
	return err;
}

/*
 * What a drive tells of a change may come late: who asked it in between, as udev does behind
 * each commit, has heard it first, and the kernel tells others when it polls. If nothing was
 * written by then, a look at the disc says what there is to it.
 */
static int record(struct commit *c)
{
	int err, tries = 0;

	if (progress_add(c->job->progress, 0))
		return record_failed(c, -EINTR);
	/* Half a session is a loss of room on media that are written once */
	atomic_store(&c->job->progress->too_late, c->rec->closes_first);
	err = record_once(c);
	while (err == -EMEDIUMTYPE && c->rec->untouched && ++tries < RECORD_TRIES) {
		c->rec->ops->abort(c->rec);
		err = check_disc(c);
		if (err)
			return err;
		err = record_once(c);
	}
	return err ? record_failed(c, err) : 0;
}

/* What is left of a session that can't be read back */
static const char *left_over(const struct commit *c)
{
	return c->rec->closes_first ?
		"the disc has that session all the same; all stays staged, sync again burns another one" :
		"the older sessions stand, sync again";
}

static int verify(struct commit *c)
{
	const struct readback_what what = {
		.plan = c->plan,
		.tree = c->tree,
		.start = c->start,
	};
	u32 bad = 0;
	int err;

	if (c->job->verify == VERIFY_NONE)
		return 0;
	err = c->rec->ops->settle(c->rec);
	if (!err)
		err = readback_session(c->job, &what, &bad);
	if (!err)
		return 0;
	if (err == -EINTR)
		return record_failed(c, err);
	if (err == -ENOMEDIUM || err == -EMEDIUMTYPE)
		return fail(c, err, "the disc was taken out before all was read back: put it back; %s",
			    left_over(c));
	if (bad)
		return fail(c, err, "block %u does not read back as it was written: %s", bad,
			    left_over(c));
	return fail(c, err, "the session can't be read back: %s; %s", strerror(-err),
		    left_over(c));
}

static u32 next_after(const struct commit *c)
{
	u64 nwa = (u64)c->start + c->blocks;

	if (!c->rec->closes_first)
		nwa = (nwa + IMAPI_SESSION_ALIGN - 1) & ~(u64)(IMAPI_SESSION_ALIGN - 1);
	return nwa > UINT32_MAX ? UINT32_MAX : (u32)nwa;
}

static int prepare(struct commit *c)
{
	struct commit_prepared p = {
		.start = c->start,
		.blocks = c->blocks,
		.nwa = next_after(c),
		.closes_first = c->rec->closes_first,
	};
	int err;

	c->head_blocks = c->rec->head_separate ? compose_head(c->plan, c->head) :
						 compose_descriptors(c->plan, c->head);
	if (!c->job->prepare)
		return 0;
	p.descriptors = imapi_hash64(IMAPI_HASH64_SEED, c->head,
				     c->head_blocks * (size_t)IMAPI_BLOCK);
	err = c->job->prepare(c->job->ctx, &p);
	if (err == -EINTR)
		return record_failed(c, err);
	if (err)
		return fail(c, err,
			    "the mount did not take the session: %s; the older sessions stand, sync again",
			    strerror(-err));
	return 0;
}

static int finish(struct commit *c)
{
	int err;

	progress_phase(c->job->progress, IMAPIFS_PHASE_CLOSE, 0);
	err = c->rec->ops->finish(c->rec, c->head, c->head_blocks);
	if (err == -ENOMEDIUM || err == -EMEDIUMTYPE)
		return disc_failed(c, err);
	if (err)
		return fail(c, err, "closing the session failed: %s; all stays staged, sync again",
			    strerror(-err));
	return 0;
}

static int get_ready(struct commit *c)
{
	int err;

	err = repair_disc(c);
	if (!err)
		err = plan(c);
	if (!err)
		err = check_room(c);
	return err ? err : keep_tree(c);
}

/* All but the write that commits, where there is one */
static int burn(struct commit *c)
{
	int err;

	err = get_ready(c);
	if (!err && c->rec->closes_first)
		err = prepare(c);
	/* Planning may have taken long: once more, with the first write next */
	if (!err)
		err = check_disc(c);
	if (!err)
		err = record(c);
	if (!err)
		err = verify(c);
	if (err)
		return err;
	if (progress_add(c->job->progress, 0))
		return record_failed(c, -EINTR);
	return c->rec->closes_first ? 0 : prepare(c);
}

static void end_tree(struct commit_job *job, int err)
{
	if (!err && job->switch_begin)
		job->switch_begin(job->ctx);
	imapi_tree_commit_end(job->tree, err);
	if (!err && job->switch_end)
		job->switch_end(job->ctx);
}

static time_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static void say_burned(struct commit *c)
{
	const struct imapi_sessions *s = &c->rec->sessions;

	say(c, "session %u burned: %u blocks (%s) from block %u on, in %s%s", s->nr, c->blocks,
	    text_size((u64)c->blocks * IMAPI_BLOCK).s, s->list[s->nr - 1].start,
	    text_time((u64)(now() - c->begun)).s,
	    c->rec->disc.closed ? "; the disc is closed" : "");
}

static int begin(struct commit_job *job)
{
	if (!job->unchanged)
		return imapi_tree_commit_begin(job->tree);
	imapi_tree_commit_begin_unchanged(job->tree);
	return 0;
}

static int run(struct commit *c)
{
	struct commit_job *job = c->job;
	int err;

	err = check_disc(c);
	if (err)
		return err;
	err = begin(job);
	if (err)
		return err == -EALREADY ? fail(c, 0, "nothing to burn") :
			fail(c, err, "the commit can't begin: %s", strerror(-err));
	c->rec->progress = job->progress;
	err = burn(c);
	if (!err)
		err = finish(c);
	if (err)
		c->rec->ops->abort(c->rec);
	c->rec->progress = NULL;
	if (c->tree >= 0)
		close(c->tree);
	end_tree(job, err);
	if (!err)
		say_burned(c);
	compose_free(c->plan);
	return err;
}

int commit_run(struct commit_job *job)
{
	struct commit *c;
	int err;

	if (!job->unchanged && !imapi_tree_dirty(job->tree)) {
		snprintf(job->message, sizeof(job->message), "nothing to burn");
		return 0;
	}
	c = calloc(1, sizeof(*c));
	if (!c) {
		snprintf(job->message, sizeof(job->message), "out of memory: sync again later");
		return -ENOMEM;
	}
	c->job = job;
	c->rec = job->rec;
	c->tree = -1;
	c->begun = now();
	err = run(c);
	free(c);
	atomic_store(&job->progress->cancel, false);
	atomic_store(&job->progress->too_late, false);
	progress_phase(job->progress, IMAPIFS_PHASE_IDLE, 0);
	return err;
}
