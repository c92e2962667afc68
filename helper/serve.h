/* SPDX-License-Identifier: GPL-2.0-only */
/* The module's requests: burn what its change log says, or keep it in a rescue folder. */
#ifndef IMAPI_SERVE_H
#define IMAPI_SERVE_H

#include "channel.h"
#include "commit.h"
#include "recorder.h"

/**
 * struct serve - what a mount of the module is served with
 * @channel: how to talk to the module
 * @fd: the channel, first argument of all its operations
 * @rec: the medium, writable
 * @loop: fd of the loop device that the module reads it by, -1: there is none
 * @volid: as in struct commit_job
 * @verify: as in struct commit_job
 * @base: the folder that spools are in, for the rescue folder
 * @source: what is mounted, for people
 * @finalize: the commit before an unmount closes the disc for good
 * @manual: commit=manual: a signal burns nothing
 */
struct serve {
	const struct channel_ops *channel;
	int fd;
	struct recorder *rec;
	int loop;
	const char *volid;
	enum verify_mode verify;
	const char *base;
	const char *source;
	bool finalize;
	bool manual;
};

/**
 * serve_run - answer the module until the mount is gone
 * @s: see there; closes nothing
 *
 * Touches no path below the mount.
 *
 * Return: 0, or -errno after a line in the log: the channel broke.
 */
int serve_run(struct serve *s);

/*
 * The same for a process that ends after it, and outlives a shutdown's signals:
 * SIGTERM, SIGHUP, SIGINT and SIGQUIT each begin a commit, as sync(2) does; the
 * mount and its server stay
 */
int serve_process(struct serve *s);

#endif
