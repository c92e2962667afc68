/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules of what goes wrong, and when */
#ifndef VDRIVE_FAULT_H
#define VDRIVE_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define FAULT_RULES	64
/* Instead of an operation code: whole kinds of commands */
#define FAULT_ANY	0x100
#define FAULT_READS	0x101
#define FAULT_WRITES	0x102

#define FAULT_EVERY	0
#define FAULT_HANG_FOREVER	UINT32_MAX

/* How a command ends that a rule hit */
enum fault_end {
	FAULT_END_RUN,		/* as the drive itself ends it */
	FAULT_END_SENSE,	/* CHECK CONDITION with ->sense */
	FAULT_END_RESET,	/* a bus reset: unit attention, locks cleared */
	FAULT_END_POWER,	/* power cut, and at once back */
	FAULT_END_OFF,		/* power cut, until "power on" */
};

struct fault_action {
	uint32_t hang;		/* seconds before anything else happens */
	enum fault_end end;
	uint8_t key, asc, ascq;
	bool after;		/* the command is carried out before it ends so */
	bool torn;		/* or only this much of it is, see drive_tear(): */
	uint32_t steps;
	bool cut;		/* no more than this of its data comes: */
	uint32_t cut_bytes;
};

struct fault_rule {
	unsigned int id;	/* never used again */
	int what;		/* operation code or FAULT_ANY and the like */
	bool ranged;		/* only commands that touch blocks of this range */
	uint32_t first, last;
	uint32_t nth;		/* the first that is hit, from 1 */
	uint32_t times;		/* how many are; FAULT_EVERY */
	uint32_t seen, hits;
	struct fault_action action;
};

struct faults {
	struct fault_rule rule[FAULT_RULES];
	unsigned int count;
	unsigned int last_id;
};

/**
 * fault_parse - read a rule: WHAT [nth=N] [times=N|every] [lba=A[-B]] ACTION...
 * @text: the rule; is cut into words
 * @why: in one line what is wrong with it
 *
 * WHAT is an operation code in hex, a command's name, "any", "read" or "write". Actions:
 * sense=K/ASC/ASCQ, reset, power, off; each with "after" or torn=STEPS;
 * hang=SECONDS|forever; short=BYTES.
 *
 * Return: 0 or -EINVAL.
 */
int fault_parse(char *text, struct fault_rule *rule, const char **why);

/* Return: the rule's id, or -ENOSPC */
int fault_add(struct faults *faults, const struct fault_rule *rule);

/* @id: 0 for all. Return: 0 or -ESRCH */
int fault_clear(struct faults *faults, unsigned int id);

/**
 * fault_hit - count a command, and find what is to happen to it
 * @cdb: 16 bytes
 *
 * Each rule counts the commands that it fits. The oldest rule whose turn it is counts
 * as hit.
 *
 * Return: that rule, valid until the next call; NULL if nothing happens.
 */
const struct fault_rule *fault_hit(struct faults *faults, const uint8_t *cdb);

/* A line for each rule, as fault_parse() reads it, with its id and counts before it */
void fault_list(const struct faults *faults, FILE *out);

#endif
