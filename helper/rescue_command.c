// SPDX-License-Identifier: GPL-2.0-only
/* imapifs rescue: what mounts could not burn, and bringing it back */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "commands.h"
#include "restore.h"

static const char usage_text[] =
	"usage: imapifs rescue list [--spool FOLDER] [--json]\n"
	"       imapifs rescue restore FOLDER DIR [--keep] [--force]\n";

static int usage(void)
{
	fputs(usage_text, stderr);
	return EXIT_USAGE;
}

static int list_command(int argc, char **argv)
{
	struct rescue_list_call call = { NULL };
	int i, code;

	call.spool = calloc((size_t)argc, sizeof(*call.spool));
	if (!call.spool)
		return EXIT_FAILED;
	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--json")) {
			call.json = true;
		} else if (!strcmp(argv[i], "--spool") && i + 1 < argc) {
			call.spool[call.nr++] = argv[++i];
		} else {
			free(call.spool);
			return usage();
		}
	}
	code = rescue_list(&call);
	free(call.spool);
	return code;
}

static int restore_command(int argc, char **argv)
{
	const char *folder = NULL, *dir = NULL;
	bool keep = false, force = false;
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--keep"))
			keep = true;
		else if (!strcmp(argv[i], "--force"))
			force = true;
		else if (argv[i][0] == '-' || dir)
			return usage();
		else if (folder)
			dir = argv[i];
		else
			folder = argv[i];
	}
	return dir ? rescue_restore(folder, dir, keep, force) : usage();
}

int rescue_command(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			fputs(usage_text, stdout);
			return EXIT_DONE;
		}
	}
	if (argc > 1 && !strcmp(argv[1], "list"))
		return list_command(argc - 1, argv + 1);
	if (argc > 1 && !strcmp(argv[1], "restore"))
		return restore_command(argc - 1, argv + 1);
	return usage();
}
