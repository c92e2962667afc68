/* SPDX-License-Identifier: GPL-2.0-only */
/* Closing a disc for good that has nothing staged for it. */
#ifndef IMAPI_FINALIZE_H
#define IMAPI_FINALIZE_H

#include "commit.h"

/**
 * struct finalize_job - a disc to be closed
 * @rec: recorder_is_open() says so; nobody else uses it
 * @volid: as in struct commit_job
 * @verify: as in struct commit_job
 * @progress: kept up to date
 * @folder: as in struct commit_job
 * @message: one line on what happened
 */
struct finalize_job {
	struct recorder *rec;
	const char *volid;
	enum verify_mode verify;
	struct progress *progress;
	const char *folder;
	char message[192];
};

/**
 * finalize_disc - close a disc for good
 * @job: see there
 *
 * Burns one more session, with the newest one's tree and no data, and has the drive
 * close the disc with it. There is no other way that every medium has: a CD whose
 * sessions are all closed takes no closing command.
 *
 * Return: 0; -EBUSY: another program has the drive; -EIO: also where the drive burned
 * the session and left the disc open; or what commit_run() returned.
 */
int finalize_disc(struct finalize_job *job);

#endif
