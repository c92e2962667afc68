// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "confirm.h"
#include "log.h"

int confirm(const char *question)
{
	char answer[16];

	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
		log_line("nobody is there to be asked: say --yes if it is to be done");
		return -ENOTTY;
	}
	fprintf(stderr, "%s [y/N] ", question);
	if (!fgets(answer, sizeof(answer), stdin))
		return -ECANCELED;
	answer[strcspn(answer, "\n")] = '\0';
	return !strcasecmp(answer, "y") || !strcasecmp(answer, "yes") ? 0 : -ECANCELED;
}

int confirm_parse(int argc, char **argv, struct confirm_call *call)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			return -ECANCELED;
		if (!strcmp(argv[i], "--yes"))
			call->yes = true;
		else if (call->flag && !strcmp(argv[i], call->flag))
			call->set = true;
		else if (argv[i][0] != '-' && !call->source)
			call->source = argv[i];
		else
			return -EINVAL;
	}
	return call->source ? 0 : -EINVAL;
}
