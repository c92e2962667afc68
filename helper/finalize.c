// SPDX-License-Identifier: GPL-2.0-only
/* imapifs finalize: nothing can be appended to the disc any more. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include "commands.h"
#include "confirm.h"
#include "finalize.h"
#include "log.h"
#include "meter.h"
#include "text.h"

/* Nothing is added to the tree, and so nothing is dropped */
static u64 no_room(void *ctx, u64 taken)
{
	(void)ctx;
	(void)taken;
	return 0;
}

static void drop_none(void *ctx, void *staged)
{
	(void)ctx;
	(void)staged;
}

static int burn_unchanged(struct finalize_job *job, struct imapi_tree *tree)
{
	struct commit_job commit = {
		.tree = tree,
		.rec = job->rec,
		.volid = job->volid,
		.verify = job->verify,
		.unchanged = true,
		.progress = job->progress,
		.folder = job->folder,
	};
	int err;

	job->rec->finalize = true;
	err = commit_run(&commit);
	memcpy(job->message, commit.message, sizeof(job->message));
	if (err || job->rec->disc.closed)
		return err;
	snprintf(job->message, sizeof(job->message),
		 "the drive burned session %u and left the disc open: it can still be appended to",
		 job->rec->sessions.nr);
	return -EIO;
}

int finalize_disc(struct finalize_job *job)
{
	struct recorder *rec = job->rec;
	const struct imapi_tree_ops ops = { .nwa = rec->nwa, .room = no_room, .drop = drop_none };
	/* In the recorder's list, which the commit makes anew: the tree takes what it needs */
	const struct imapi_volume *newest = &rec->sessions.list[rec->sessions.nr - 1].vol;
	struct imapi_tree *tree;
	int err;

	err = recorder_claim(rec);
	if (!err)
		err = imapi_tree_new(&rec->source, newest, &ops, &tree);
	if (err) {
		snprintf(job->message, sizeof(job->message), "the disc can't be closed: %s",
			 err == -EBUSY ? "another program has the drive" : strerror(-err));
		return err;
	}
	err = burn_unchanged(job, tree);
	imapi_tree_free(tree);
	return err;
}

/* --- the command --- */

static const char usage_text[] = "usage: imapifs finalize SOURCE [--yes]\n";

static struct progress progress;

static void on_signal(int sig)
{
	(void)sig;
	atomic_store(&progress.cancel, true);
}

/* Why there is nothing to close; NULL: there is */
static const char *why_not(const struct recorder *rec)
{
	if (!rec->disc.kind)
		return "an image has no end that could be closed: chmod a-w keeps it as it is";
	if (rec->head_separate)
		return "a disc that can be written over can't be closed for good: mount it with -o ro, or set its write protection, to keep it as it is";
	if (rec->blank && rec->writable)
		return "the disc is blank: there is nothing to close";
	return rec->writable ? NULL : rec->why;
}

static int ask(const struct recorder *rec, const char *source)
{
	char question[512];

	snprintf(question, sizeof(question),
		 "Close the %s in %s for good? Nothing can be appended to it then, by anybody.",
		 rec->disc.kind, source);
	return confirm(question);
}

static int close_it(struct recorder *rec)
{
	struct finalize_job job = { .rec = rec, .progress = &progress };
	const struct sigaction act = { .sa_handler = on_signal };
	struct meter *meter;
	int err;

	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	meter = meter_begin(&progress);
	err = finalize_disc(&job);
	meter_end(meter);
	if (err)
		log_line("%s", job.message);
	else
		printf("%s\n", job.message);
	return err ? EXIT_FAILED : EXIT_DONE;
}

static int finalize(const struct confirm_call *call, struct recorder *rec)
{
	const char *why;

	if (rec->disc.closed) {
		puts("the disc is closed already");
		return EXIT_DONE;
	}
	why = why_not(rec);
	if (why) {
		log_line("%s", why);
		return EXIT_FAILED;
	}
	if (!call->yes && ask(rec, call->source))
		return EXIT_FAILED;
	return close_it(rec);
}

int finalize_command(int argc, char **argv)
{
	struct confirm_call call = { NULL };
	struct recorder *rec;
	const char *why;
	int err, code;

	err = confirm_parse(argc, argv, &call);
	if (err) {
		fputs(usage_text, err == -ECANCELED ? stdout : stderr);
		return err == -ECANCELED ? EXIT_DONE : EXIT_USAGE;
	}
	log_source(call.source);
	signal(SIGXFSZ, SIG_IGN);
	err = recorder_open(call.source, 0, &rec, &why);
	if (err) {
		log_line("%s", why);
		return EXIT_FAILED;
	}
	code = finalize(&call, rec);
	rec->ops->close(rec);
	return text_flush() ? EXIT_FAILED : code;
}
