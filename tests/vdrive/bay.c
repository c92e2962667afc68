// SPDX-License-Identifier: GPL-2.0-only
/* One command from the initiator to the drive and back, with all that may go wrong */
#include "bay.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "opcodes.h"

#define KEY_NOT_READY		0x2
#define KEY_MEDIUM_ERROR	0x3
#define ASC_COMMUNICATION	0x08

static void set_sense(struct command *command, uint8_t key, uint8_t asc, uint8_t ascq)
{
	command->status = DRIVE_CHECK_CONDITION;
	command->done = 0;
	memset(command->sense, 0, sizeof(command->sense));
	command->sense[0] = 0x70;
	command->sense[2] = key;
	command->sense[7] = sizeof(command->sense) - 8;
	command->sense[12] = asc;
	command->sense[13] = ascq;
}

/* Sense data of a medium error names the block (SPC-4 4.5.3), and sr believes it */
static void set_sense_lba(struct command *command, uint32_t lba)
{
	command->sense[0] |= 0x80;
	command->sense[3] = (uint8_t)(lba >> 24);
	command->sense[4] = (uint8_t)(lba >> 16);
	command->sense[5] = (uint8_t)(lba >> 8);
	command->sense[6] = (uint8_t)lba;
}

/* A command of our own, which nobody logs */
static void ask(struct bay *bay, const uint8_t *cdb, uint8_t *data, size_t length)
{
	struct command command = { .cdb = cdb, .data = data, .length = length };

	memset(data, 0, length);
	drive_command(bay->drive, &command);
	if (command.status != DRIVE_GOOD)
		memset(data, 0, length);
}

/* The clock goes by the profile that the drive itself names */
static void look(struct bay *bay)
{
	/* GET CONFIGURATION, the header alone; it leaves unit attentions as they are */
	static const uint8_t cdb[16] = { 0x46, 0x02, [8] = 8 };
	uint8_t header[8];

	ask(bay, cdb, header, sizeof(header));
	clock_load(&bay->clock, (unsigned int)header[6] << 8 | header[7]);
}

int bay_init(struct bay *bay)
{
	struct drive_events events = {
		.access = clock_access,
		.work = clock_work,
	};

	memset(bay, 0, sizeof(*bay));
	clock_init(&bay->clock);
	events.context = &bay->clock;
	if (cmdlog_init(&bay->log))
		return -ENOMEM;
	bay->drive = drive_new(&events);
	if (!bay->drive) {
		cmdlog_free(&bay->log);
		return -ENOMEM;
	}
	bay->powered = true;
	return 0;
}

void bay_free(struct bay *bay)
{
	drive_free(bay->drive);
	cmdlog_free(&bay->log);
}

struct bay_plan bay_plan(struct bay *bay, const uint8_t *cdb)
{
	struct bay_plan plan = { 0 };
	const struct fault_rule *rule = NULL;

	if (bay->powered)
		rule = fault_hit(&bay->faults, cdb);
	if (rule) {
		plan.action = rule->action;
		plan.fault = rule->id;
	}
	return plan;
}

static void note_list(struct cmdlog_entry *e, const struct command *command)
{
	bool mode_select = e->cdb[0] == 0x15 || e->cdb[0] == 0x55;

	if (!mode_select || e->aborted || !e->done)
		return;
	e->list_bytes = e->done < CMDLOG_LIST ? (uint8_t)e->done : CMDLOG_LIST;
	memcpy(e->list, command->data, e->list_bytes);
}

static void note(struct bay *bay, const struct bay_plan *plan, const struct command *command,
		 bool aborted)
{
	struct cmdlog_entry e = {
		.at = bay->clock.now,
		.length = (uint32_t)command->length,
		.done = (uint32_t)command->done,
		.status = command->status,
		.fault = plan->fault,
		.aborted = aborted,
	};

	memcpy(e.cdb, command->cdb, sizeof(e.cdb));
	note_list(&e, command);
	if (command->status == DRIVE_CHECK_CONDITION) {
		e.key = command->sense[2] & 0xf;
		e.asc = command->sense[12];
		e.ascq = command->sense[13];
	}
	cmdlog_add(&bay->log, &e);
}

static void end_sense(const struct bay_plan *plan, struct command *command)
{
	const struct fault_action *a = &plan->action;
	struct extent e = opcode_extent(command->cdb);

	set_sense(command, a->key, a->asc, a->ascq);
	if (e.valid && a->key == KEY_MEDIUM_ERROR)
		set_sense_lba(command, e.lba + (a->torn && a->steps < e.blocks ? a->steps : 0));
}

static void end_no_power(struct command *command)
{
	/* LOGICAL UNIT COMMUNICATION FAILURE: who says so is the host's side */
	set_sense(command, KEY_NOT_READY, ASC_COMMUNICATION, 0);
}

static void finish(struct bay *bay, const struct bay_plan *plan, struct command *command)
{
	switch (plan->action.end) {
	case FAULT_END_RUN:
		break;
	case FAULT_END_SENSE:
		end_sense(plan, command);
		break;
	case FAULT_END_RESET:
		bay_reset(bay);
		/* The command is lost; what the next one would be told, this one is */
		command->done = 0;
		drive_command(bay->drive, command);
		break;
	case FAULT_END_POWER:
		bay_power_off(bay);
		bay_power_on(bay);
		end_no_power(command);
		break;
	case FAULT_END_OFF:
		bay_power_off(bay);
		end_no_power(command);
		break;
	}
}

void bay_run(struct bay *bay, const struct bay_plan *plan, struct command *command)
{
	const struct fault_action *a = &plan->action;

	command->done = 0;
	command->status = DRIVE_GOOD;
	clock_command(&bay->clock);
	if (a->hang != FAULT_HANG_FOREVER)
		clock_wait(&bay->clock, a->hang);
	if (!bay->powered) {
		end_no_power(command);
	} else {
		if (a->torn)
			drive_tear(bay->drive, command, a->steps);
		else if (a->after || a->end == FAULT_END_RUN)
			drive_command(bay->drive, command);
		finish(bay, plan, command);
	}
	if (a->cut && command->done > a->cut_bytes)
		command->done = a->cut_bytes;
	if (command->done > command->length)
		command->done = command->length;
	note(bay, plan, command, false);
}

void bay_abandon(struct bay *bay, const struct bay_plan *plan, struct command *command)
{
	/* ABORTED COMMAND: nobody will read it */
	set_sense(command, 0xb, 0, 0);
	note(bay, plan, command, true);
}

/* A file without the description beside it is there, and is no disc */
static int open_disc(const char *path, struct disc **disc)
{
	int rc = disc_open(path, disc);

	return rc == -ENOENT && !access(path, F_OK) ? -EUCLEAN : rc;
}

/* Takes @disc over */
static int put_in(struct bay *bay, struct disc *disc)
{
	int rc = drive_insert(bay->drive, disc);

	if (rc)
		disc_close(disc);
	else
		look(bay);
	return rc;
}

int bay_insert(struct bay *bay, const char *path)
{
	struct disc *disc;
	int rc;

	rc = open_disc(path, &disc);
	if (rc)
		return rc;
	return put_in(bay, disc);
}

int bay_eject(struct bay *bay)
{
	struct disc *disc = drive_eject(bay->drive);

	clock_load(&bay->clock, 0);
	if (!disc)
		return -ENOMEDIUM;
	disc_close(disc);
	return 0;
}

int bay_button(struct bay *bay)
{
	return bay->powered ? drive_button(bay->drive) : -EIO;
}

int bay_swap(struct bay *bay, const char *path)
{
	struct disc *disc;
	int rc;

	/* Nothing is taken out for a disc that can't be put in */
	rc = open_disc(path, &disc);
	if (rc)
		return rc;
	bay_eject(bay);
	return put_in(bay, disc);
}

void bay_power_off(struct bay *bay)
{
	/* What it had in memory is gone now, not when the power comes back */
	drive_power(bay->drive);
	bay->powered = false;
}

void bay_power_on(struct bay *bay)
{
	if (bay->powered)
		return;
	drive_power(bay->drive);
	bay->powered = true;
	look(bay);
}

void bay_reset(struct bay *bay)
{
	drive_reset(bay->drive);
}
