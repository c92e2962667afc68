/* SPDX-License-Identifier: GPL-2.0-only */
/* What the drive was asked, and what it answered */
#ifndef VDRIVE_CMDLOG_H
#define VDRIVE_CMDLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "vdrive.h"

/* As many are kept to be shown; a file gets all */
#define CMDLOG_KEPT	65536u

/* Of a mode page's parameter list: its header, and what comes first in a page */
#define CMDLOG_LIST	16u

struct cmdlog_entry {
	uint64_t at;		/* simulated nanoseconds when it was answered */
	uint8_t cdb[16];
	uint32_t length, done;
	uint8_t status;
	uint8_t key, asc, ascq;
	uint8_t list_bytes, list[CMDLOG_LIST];	/* of MODE SELECT: what it says */
	unsigned int fault;	/* the rule that hit it, or 0 */
	bool aborted;		/* the initiator didn't wait for the answer */
};

struct cmdlog {
	struct cmdlog_entry *kept;	/* CMDLOG_KEPT of them, as a ring */
	uint64_t total;			/* since it was cleared */
	FILE *file;
	bool on;
	uint64_t count[256];		/* by operation code, since stat_reset */
	uint64_t failed;
};

/* Return: 0 or -ENOMEM */
int cmdlog_init(struct cmdlog *log);
void cmdlog_free(struct cmdlog *log);

/* Counts the command, and keeps it if the log is on */
void cmdlog_add(struct cmdlog *log, const struct cmdlog_entry *entry);
void cmdlog_clear(struct cmdlog *log);
void cmdlog_stat_reset(struct cmdlog *log);

/* From now on each command goes to that file too; NULL ends it. Return: 0 or -errno */
int cmdlog_to(struct cmdlog *log, const char *path);

/* A line for each command that is kept, the oldest first; says if older ones are gone */
void cmdlog_show(const struct cmdlog *log, FILE *out);
/* A line for each command that came at all, with how often */
void cmdlog_stat(const struct cmdlog *log, FILE *out);

#endif
