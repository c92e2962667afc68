// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control lines, each followed by a few commands to the drive. What would open a file
 * is read, and not done.
 */
#include <stdlib.h>
#include <string.h>

#include "control.h"

static bool harmless(const struct control_request *request)
{
	return request->verb != CONTROL_INSERT && request->verb != CONTROL_SWAP &&
	       request->verb != CONTROL_LOG_FILE;
}

static void commands(struct bay *bay, const char *line, size_t length)
{
	static uint8_t data[4096];
	uint8_t cdb[16] = { 0 };
	struct command command = { .cdb = cdb, .data = data, .length = sizeof(data) };
	struct bay_plan plan;

	memcpy(cdb, line, length < sizeof(cdb) ? length : sizeof(cdb));
	plan = bay_plan(bay, cdb);
	if (plan.action.hang)
		bay_abandon(bay, &plan, &command);
	else
		bay_run(bay, &plan, &command);
	if (command.done > command.length)
		abort();
}

static void one(struct bay *bay, char *line, size_t length, FILE *out)
{
	struct control_request request;
	const char *why = NULL;
	char *copy = strdup(line);

	if (control_parse(copy, &request, &why)) {
		if (!why)
			abort();
	} else if (harmless(&request)) {
		control_run(bay, &request, out, &why);
	}
	commands(bay, line, length);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *line, *end;
	FILE *out = fopen("/dev/null", "w");
	struct bay bay;

	if (!out || bay_init(&bay))
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	for (line = text; line <= text + size; line = end + 1) {
		end = memchr(line, '\n', (size_t)(text + size - line));
		if (!end)
			end = text + size;
		*end = '\0';
		one(&bay, line, (size_t)(end - line), out);
	}
	bay_free(&bay);
	fclose(out);
	free(text);
	return 0;
}
