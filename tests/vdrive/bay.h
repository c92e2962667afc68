/* SPDX-License-Identifier: GPL-2.0-only */
/* A drive with all that stands around it: power, faults, log, clock */
#ifndef VDRIVE_BAY_H
#define VDRIVE_BAY_H

#include <stdbool.h>
#include <stdint.h>

#include "clock.h"
#include "cmdlog.h"
#include "fault.h"
#include "vdrive.h"

struct bay {
	struct drive *drive;
	bool powered;
	struct clock clock;
	struct cmdlog log;
	struct faults faults;
	char block[64];		/* /dev/srN, "" until the kernel has it */
	char generic[64];	/* /dev/sgN */
	bool quit;		/* somebody asked for the end */
};

/* What was decided of a command before it began */
struct bay_plan {
	struct fault_action action;
	unsigned int fault;	/* rule, or 0 */
};

/* Return: 0 or -ENOMEM */
int bay_init(struct bay *bay);
void bay_free(struct bay *bay);

/**
 * bay_plan - count a command that came in, and look up what goes wrong with it
 * @cdb: 16 bytes
 *
 * ->action.hang is the caller's to wait for; then bay_run() or bay_abandon().
 */
struct bay_plan bay_plan(struct bay *bay, const uint8_t *cdb);

/* Carry it out, as planned */
void bay_run(struct bay *bay, const struct bay_plan *plan, struct command *command);
/* The initiator gave up on it while it hung, and it isn't carried out */
void bay_abandon(struct bay *bay, const struct bay_plan *plan, struct command *command);

/* Return: as disc_open() and drive_insert() */
int bay_insert(struct bay *bay, const char *path);
/* Return: 0, -ENOMEDIUM */
int bay_eject(struct bay *bay);
/* The disc stays on the open tray. Return: as drive_button(), -EIO without power */
int bay_button(struct bay *bay);
/* Another disc in place of the one that is there, if one is; as bay_insert() */
int bay_swap(struct bay *bay, const char *path);

void bay_power_off(struct bay *bay);
void bay_power_on(struct bay *bay);
void bay_reset(struct bay *bay);

#endif
