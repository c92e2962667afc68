/* SPDX-License-Identifier: GPL-2.0-only */
/* What people and tests tell the drive, one line each */
#ifndef VDRIVE_CONTROL_H
#define VDRIVE_CONTROL_H

#include <stdbool.h>
#include <stdio.h>

#include "bay.h"

/* The longest line, its end included */
#define CONTROL_LINE	4352

enum control_verb {
	CONTROL_INSERT,
	CONTROL_EJECT,
	CONTROL_BUTTON,
	CONTROL_SWAP,
	CONTROL_POWER,
	CONTROL_POWER_OFF,
	CONTROL_POWER_ON,
	CONTROL_RESET,
	CONTROL_QUIRK,
	CONTROL_BUSY,
	CONTROL_CLOSING,
	CONTROL_FAULT_ADD,
	CONTROL_FAULT_LIST,
	CONTROL_FAULT_CLEAR,
	CONTROL_LOG_ON,
	CONTROL_LOG_OFF,
	CONTROL_LOG_CLEAR,
	CONTROL_LOG_SHOW,
	CONTROL_LOG_FILE,
	CONTROL_CLOCK_SHOW,
	CONTROL_CLOCK_RESET,
	CONTROL_STAT,
	CONTROL_STAT_RESET,
	CONTROL_DEVICE,
	CONTROL_QUIT,
};

struct control_request {
	enum control_verb verb;
	const char *text;		/* a path or a name, in the line; NULL if none */
	unsigned int number;
	bool on;
	struct fault_rule rule;
};

/* The commands, a line each, for people */
extern const char control_help[];

/**
 * control_parse - read one request
 * @line: NUL-terminated, without its newline; is cut up, and has to outlive @request
 * @why: in one line what is wrong with it
 *
 * Return: 0 or -EINVAL.
 */
int control_parse(char *line, struct control_request *request, const char **why);

/**
 * control_run - do it
 * @out: what the request asked for is written there
 * @why: in one line why not
 *
 * Return: 0 or -errno.
 */
int control_run(struct bay *bay, const struct control_request *request, FILE *out,
		const char **why);

/**
 * control_line - both; writes a whole answer
 *
 * The first line is "ok" or "error: WHY".
 */
void control_line(struct bay *bay, char *line, FILE *out);

/* Is the argument of such a command a file, whose name depends on who asks? */
bool control_takes_file(int argc, char *const *argv);

#endif
