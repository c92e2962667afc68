// SPDX-License-Identifier: GPL-2.0-only
/* Mounting through FUSE: this process is the file system. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "commands.h"
#include "fuse.h"
#include "log.h"
#include "mounted.h"
#include "rescue.h"

int mount_fuse_spool(struct mount_call *call, struct mounted *m)
{
	int err;

	if (m->ro)
		return 0;
	err = spool_open(call->opt.spool, &m->spool);
	if (err)
		return mount_spool_failed(call->opt.spool, err);
	mount_tell_leftovers(spool_base(m->spool));
	return 0;
}

/* Most of what is kept of a disc's directories, blocks: 4 MiB, some 60,000 names */
#define KEEP_BLOCKS	2048u

/*
 * They lie side by side, and each look-up reads one of their blocks: with files in between
 * that would be two seeks for each file. If this fails, that is how they are read
 */
static void keep_directories(const struct mounted *m)
{
	const struct imapi_volume *vol = m->base;
	u32 from, count;

	if (!m->rec->ops->keep || !vol)
		return;
	if (!imapi_dirs_span(&m->rec->source, vol->joliet ? &vol->ucs : &vol->primary,
			     KEEP_BLOCKS, &from, &count) && count)
		m->rec->ops->keep(m->rec, from, count);
}

int mount_fuse(struct mount_call *call, struct mounted *m)
{
	int err;

	err = mount_fuse_spool(call, m);
	if (err)
		return err;
	err = recorder_claim(m->rec);
	if (err)
		return mount_not_alone(err);
	keep_directories(m);
	err = face_new(m->rec, m->spool, m->base, &call->opt, call->source,
		       &m->face);
	if (err)
		return mount_fail(strerror(-err));
	return face_mount(m->face, call->dir) ? MOUNT_EX_FAIL : 0;
}

void mount_fuse_close(struct mounted *m)
{
	if (m->face)
		face_free(m->face);
	if (m->spool)
		spool_close(m->spool);
	m->face = NULL;
	m->spool = NULL;
}

/* Not the mounted session's: each commit makes the list of sessions anew */
static const char *newest_label(const struct recorder *rec)
{
	const struct imapi_sessions *s = &rec->sessions;

	return s->nr ? s->list[s->nr - 1].vol.volid : "";
}

/*
 * Unmounted, and something is still staged: burn it, or else keep it. Return:
 * false if the spool is now the only place that has it.
 */
static bool settle(struct mount_call *call, struct mounted *m)
{
	struct rescue_job job = { .staged = &spool_staged, .source = call->source };
	char *path;
	int err;

	if (!m->spool)
		return true;
	if (call->opt.commit != COMMIT_MANUAL && !face_commit_last(m->face))
		return true;
	if (!imapi_tree_dirty(m->face->tree))
		return true;
	job.tree = m->face->tree;
	job.base = spool_base(m->spool);
	job.rec = m->rec;
	job.volid = newest_label(m->rec);
	err = rescue_save(&job, &path);
	if (!err)
		log_line("changes that were not burned are in %s", path);
	else
		log_line("changes that were not burned could not be saved (%s); they are in %s and %s",
			 strerror(-err), spool_path(m->spool), path ? path : "nowhere else");
	free(path);
	return !err;
}

void mount_fuse_serve(struct mount_call *call, struct mounted *m)
{
	face_serve(m->face);
	/* A bare umount(2) leaves the note */
	mount_gone(call);
	if (settle(call, m))
		return;
	/* Freeing them would delete what is staged */
	m->face = NULL;
	m->spool = NULL;
}
