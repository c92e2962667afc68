// SPDX-License-Identifier: GPL-2.0-only
/* The control language: reading it and doing it */
#include "control.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const char control_help[] =
	"  insert FILE              put a disc in\n"
	"  eject                    take it out, whatever the initiator said\n"
	"  button                   press the eject button\n"
	"  swap FILE                another disc in place of this one\n"
	"  power [off|on]           cut it and give it back; off, until on\n"
	"  reset                    a bus reset\n"
	"  quirk NAME on|off        be one of the drives that do that: close-event,\n"
	"                           read-ends-track, ready-early, pow\n"
	"  busy N                   the next N commands find a long write in progress\n"
	"  closing N                N commands find a close going on that wasn't waited for\n"
	"  fault add WHAT [nth=N] [times=N|every] [lba=A[-B]] ACTION...\n"
	"                           WHAT: code in hex, name, any, read, write\n"
	"                           ACTION: sense=K/ASC/ASCQ, reset, power, off (each with\n"
	"                           \"after\", or torn=STEPS), hang=SECONDS|forever, short=BYTES\n"
	"  fault list, fault clear [ID]\n"
	"  log on|off|clear|show    every command, its LBA, length, result, simulated time\n"
	"  log file FILE            append it to a file as well\n"
	"  clock show|reset         simulated seconds\n"
	"  stat [reset]             commands, seeks, blocks\n"
	"  device                   the kernel's names of it\n";

/* What stands after a verb */
enum argument {
	ARGUMENT_NONE,
	ARGUMENT_TEXT,		/* the rest of the line */
	ARGUMENT_NUMBER,
	ARGUMENT_MAYBE_NUMBER,
	ARGUMENT_SWITCH,	/* NAME on|off */
	ARGUMENT_RULE,
};

static const struct verb {
	const char *first, *second;	/* words; no second: NULL */
	enum control_verb verb;
	enum argument argument;
} verbs[] = {
	{ "insert", NULL, CONTROL_INSERT, ARGUMENT_TEXT },
	{ "eject", NULL, CONTROL_EJECT, ARGUMENT_NONE },
	{ "button", NULL, CONTROL_BUTTON, ARGUMENT_NONE },
	{ "swap", NULL, CONTROL_SWAP, ARGUMENT_TEXT },
	{ "power", "off", CONTROL_POWER_OFF, ARGUMENT_NONE },
	{ "power", "on", CONTROL_POWER_ON, ARGUMENT_NONE },
	{ "power", NULL, CONTROL_POWER, ARGUMENT_NONE },
	{ "reset", NULL, CONTROL_RESET, ARGUMENT_NONE },
	{ "quirk", NULL, CONTROL_QUIRK, ARGUMENT_SWITCH },
	{ "busy", NULL, CONTROL_BUSY, ARGUMENT_NUMBER },
	{ "closing", NULL, CONTROL_CLOSING, ARGUMENT_NUMBER },
	{ "fault", "add", CONTROL_FAULT_ADD, ARGUMENT_RULE },
	{ "fault", "list", CONTROL_FAULT_LIST, ARGUMENT_NONE },
	{ "fault", "clear", CONTROL_FAULT_CLEAR, ARGUMENT_MAYBE_NUMBER },
	{ "log", "on", CONTROL_LOG_ON, ARGUMENT_NONE },
	{ "log", "off", CONTROL_LOG_OFF, ARGUMENT_NONE },
	{ "log", "clear", CONTROL_LOG_CLEAR, ARGUMENT_NONE },
	{ "log", "show", CONTROL_LOG_SHOW, ARGUMENT_NONE },
	{ "log", "file", CONTROL_LOG_FILE, ARGUMENT_TEXT },
	{ "clock", "show", CONTROL_CLOCK_SHOW, ARGUMENT_NONE },
	{ "clock", "reset", CONTROL_CLOCK_RESET, ARGUMENT_NONE },
	{ "stat", "reset", CONTROL_STAT_RESET, ARGUMENT_NONE },
	{ "stat", NULL, CONTROL_STAT, ARGUMENT_NONE },
	{ "device", NULL, CONTROL_DEVICE, ARGUMENT_NONE },
	{ "quit", NULL, CONTROL_QUIT, ARGUMENT_NONE },
};

#define VERBS	(sizeof(verbs) / sizeof(verbs[0]))

/* If @line begins with that word: what follows it, past the spaces. Else NULL */
static char *after_word(char *line, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(line, word, n) || (line[n] && line[n] != ' '))
		return NULL;
	return line + n + strspn(line + n, " ");
}

static const struct verb *find_verb(char *line, char **rest)
{
	size_t n;

	for (n = 0; n < VERBS; n++) {
		char *at = after_word(line, verbs[n].first);

		if (at && verbs[n].second)
			at = after_word(at, verbs[n].second);
		if (!at)
			continue;
		*rest = at;
		return &verbs[n];
	}
	return NULL;
}

static int parse_number(const char *text, unsigned int *number)
{
	unsigned long value;
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || *end || value > UINT32_MAX)
		return -EINVAL;
	*number = (unsigned int)value;
	return 0;
}

static int parse_switch(char *text, struct control_request *request)
{
	char *space = strchr(text, ' ');

	if (!space)
		return -EINVAL;
	*space++ = '\0';
	request->text = text;
	request->on = !strcmp(space, "on");
	return request->on || !strcmp(space, "off") ? 0 : -EINVAL;
}

static int parse_argument(enum argument argument, char *text, struct control_request *request,
			  const char **why)
{
	switch (argument) {
	case ARGUMENT_NONE:
		*why = "too many words for that command";
		return *text ? -EINVAL : 0;
	case ARGUMENT_TEXT:
		*why = "the name of a file is missing";
		request->text = text;
		return *text ? 0 : -EINVAL;
	case ARGUMENT_MAYBE_NUMBER:
		if (!*text)
			return 0;
		/* 0 stands for none */
		*why = "there is no such number";
		return parse_number(text, &request->number) || !request->number ? -EINVAL : 0;
	case ARGUMENT_NUMBER:
		*why = "a number is missing, or can't be read";
		return parse_number(text, &request->number);
	case ARGUMENT_SWITCH:
		*why = "a name and \"on\" or \"off\" are missing";
		return parse_switch(text, request);
	case ARGUMENT_RULE:
		return fault_parse(text, &request->rule, why);
	}
	return -EINVAL;
}

int control_parse(char *line, struct control_request *request, const char **why)
{
	const struct verb *v;
	size_t length;
	char *rest;

	memset(request, 0, sizeof(*request));
	line += strspn(line, " ");
	for (length = strlen(line); length && line[length - 1] == ' ';)
		line[--length] = '\0';
	v = find_verb(line, &rest);
	*why = "no such command; \"vdrive --help\" lists them";
	if (!v)
		return -EINVAL;
	request->verb = v->verb;
	return parse_argument(v->argument, rest, request, why);
}

static int explain(int rc, const char **why)
{
	switch (-rc) {
	case 0:
		break;
	case EBUSY:
		*why = "there is a disc in it already, or that disc is in some drive";
		break;
	case EUCLEAN:
		*why = "that isn't a disc of \"vdrive new\", or it is damaged";
		break;
	case ENOMEDIUM:
		*why = "there is no disc in it";
		break;
	case EPERM:
		*why = "the initiator prevents removal";
		break;
	case EIO:
		*why = "it has no power";
		break;
	case EINVAL:
		*why = "it knows no such thing";
		break;
	case ESRCH:
		*why = "there is no rule of that number";
		break;
	case ENOSPC:
		*why = "there are too many rules, clear some";
		break;
	default:
		*why = strerror(-rc);
	}
	return rc;
}

static void show_stat(const struct bay *bay, FILE *out)
{
	const struct clock *c = &bay->clock;

	cmdlog_stat(&bay->log, out);
	fprintf(out, "seeks %" PRIu64 "\nblocks-read %" PRIu64 "\nblocks-cached %" PRIu64
		"\nblocks-written %" PRIu64 "\n", c->seeks, c->read, c->cached, c->written);
}

static void reset_stat(struct bay *bay)
{
	uint64_t now = bay->clock.now;

	cmdlog_stat_reset(&bay->log);
	clock_reset(&bay->clock);
	bay->clock.now = now;
}

static int add_rule(struct bay *bay, const struct fault_rule *rule, FILE *out)
{
	int id = fault_add(&bay->faults, rule);

	if (id < 0)
		return id;
	fprintf(out, "%d\n", id);
	return 0;
}

static int run_disc(struct bay *bay, const struct control_request *r)
{
	switch (r->verb) {
	case CONTROL_INSERT:
		return bay_insert(bay, r->text);
	case CONTROL_SWAP:
		return bay_swap(bay, r->text);
	case CONTROL_EJECT:
		return bay_eject(bay);
	case CONTROL_BUTTON:
		return bay_button(bay);
	default:
		return -EINVAL;
	}
}

static int run_drive(struct bay *bay, const struct control_request *r)
{
	switch (r->verb) {
	case CONTROL_POWER:
		bay_power_off(bay);
		bay_power_on(bay);
		return 0;
	case CONTROL_POWER_OFF:
		bay_power_off(bay);
		return 0;
	case CONTROL_POWER_ON:
		bay_power_on(bay);
		return 0;
	case CONTROL_RESET:
		bay_reset(bay);
		return 0;
	case CONTROL_QUIRK:
		return drive_quirk(bay->drive, r->text, r->on);
	case CONTROL_BUSY:
		drive_busy(bay->drive, r->number);
		return 0;
	case CONTROL_CLOSING:
		drive_close_takes(bay->drive, r->number);
		return 0;
	default:
		return -EINVAL;
	}
}

static int run_log(struct bay *bay, const struct control_request *r, FILE *out)
{
	switch (r->verb) {
	case CONTROL_LOG_ON:
	case CONTROL_LOG_OFF:
		bay->log.on = r->verb == CONTROL_LOG_ON;
		return 0;
	case CONTROL_LOG_CLEAR:
		cmdlog_clear(&bay->log);
		return 0;
	case CONTROL_LOG_SHOW:
		cmdlog_show(&bay->log, out);
		return 0;
	case CONTROL_LOG_FILE:
		return cmdlog_to(&bay->log, r->text);
	default:
		return -EINVAL;
	}
}

static int run(struct bay *bay, const struct control_request *r, FILE *out)
{
	switch (r->verb) {
	case CONTROL_INSERT:
	case CONTROL_EJECT:
	case CONTROL_BUTTON:
	case CONTROL_SWAP:
		return run_disc(bay, r);
	case CONTROL_POWER:
	case CONTROL_POWER_OFF:
	case CONTROL_POWER_ON:
	case CONTROL_RESET:
	case CONTROL_QUIRK:
	case CONTROL_BUSY:
	case CONTROL_CLOSING:
		return run_drive(bay, r);
	case CONTROL_LOG_ON:
	case CONTROL_LOG_OFF:
	case CONTROL_LOG_CLEAR:
	case CONTROL_LOG_SHOW:
	case CONTROL_LOG_FILE:
		return run_log(bay, r, out);
	case CONTROL_FAULT_ADD:
		return add_rule(bay, &r->rule, out);
	case CONTROL_FAULT_LIST:
		fault_list(&bay->faults, out);
		return 0;
	case CONTROL_FAULT_CLEAR:
		return fault_clear(&bay->faults, r->number);
	case CONTROL_CLOCK_SHOW:
		fprintf(out, "%" PRIu64 ".%06" PRIu64 "\n", bay->clock.now / 1000000000,
			bay->clock.now / 1000 % 1000000);
		return 0;
	case CONTROL_CLOCK_RESET:
		bay->clock.now = 0;
		return 0;
	case CONTROL_STAT:
		show_stat(bay, out);
		return 0;
	case CONTROL_STAT_RESET:
		reset_stat(bay);
		return 0;
	case CONTROL_DEVICE:
		fprintf(out, "%s %s\n", bay->block, bay->generic);
		return 0;
	case CONTROL_QUIT:
		bay->quit = true;
		return 0;
	}
	return -EINVAL;
}

int control_run(struct bay *bay, const struct control_request *request, FILE *out,
		const char **why)
{
	return explain(run(bay, request, out), why);
}

void control_line(struct bay *bay, char *line, FILE *out)
{
	struct control_request request;
	const char *why = "";
	char *body = NULL;
	size_t size = 0;
	FILE *text = open_memstream(&body, &size);

	if (!text) {
		fputs("error: no memory\n", out);
		return;
	}
	if (control_parse(line, &request, &why) || control_run(bay, &request, text, &why))
		fprintf(out, "error: %s\n", why);
	else
		fputs("ok\n", out);
	fclose(text);
	fwrite(body, 1, size, out);
	free(body);
}

bool control_takes_file(int argc, char *const *argv)
{
	if (argc == 2)
		return !strcmp(argv[0], "insert") || !strcmp(argv[0], "swap");
	return argc == 3 && !strcmp(argv[0], "log") && !strcmp(argv[1], "file");
}
