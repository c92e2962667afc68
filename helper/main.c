// SPDX-License-Identifier: GPL-2.0-only
/* One binary: which program it is, its name or its first argument says. */
#include <stdio.h>
#include <string.h>
#include "commands.h"

static const char usage_text[] =
	"usage: imapifs info SOURCE|DIR [--json]\n"
	"       imapifs verify SOURCE [--session N] [--json]\n"
	"       imapifs commit DIR [-v]\n"
	"       imapifs status DIR [--json] [--watch]\n"
	"       imapifs blank SOURCE [--full] [--yes]\n"
	"       imapifs finalize SOURCE [--yes]\n"
	"       imapifs attach DIR [-o OPTIONS]\n"
	"       imapifs rescue list [--spool FOLDER] [--json]\n"
	"       imapifs rescue restore FOLDER DIR [--keep] [--force]\n"
	"       imapifs mount SOURCE DIR [-o OPTIONS]\n"
	"       imapifs umount DIR\n"
	"       imapifs --help | --version\n"
	"\n"
	"Mounts a recordable disc, or an image of one, as a directory; what is written there\n"
	"becomes one more session on it, by sync DIR, imapifs commit DIR, or umount DIR.\n"
	"See imapifs(1) and mount.imapifs(8).\n";

static const struct {
	const char *name;
	int (*main)(int argc, char **argv);
} programs[] = {
	{ "mount.imapifs", mount_main },
	{ "mount.fuse.imapifs", mount_main },
	{ "umount.imapifs", umount_main },
	{ "umount.fuse.imapifs", umount_main },
}, commands[] = {
	{ "info", info_command },
	{ "verify", verify_command },
	{ "commit", commit_command },
	{ "status", status_command },
	{ "blank", blank_command },
	{ "finalize", finalize_command },
	{ "attach", attach_command },
	{ "rescue", rescue_command },
	{ "mount", mount_main },
	{ "umount", umount_main },
};

#define NR(array)	(sizeof(array) / sizeof((array)[0]))

int main(int argc, char **argv)
{
	const char *slash, *name;
	size_t i;

	if (argc < 1)
		return EXIT_USAGE;
	slash = strrchr(argv[0], '/');
	name = slash ? slash + 1 : argv[0];
	for (i = 0; i < NR(programs); i++)
		if (!strcmp(name, programs[i].name))
			return programs[i].main(argc, argv);
	if (argc < 2) {
		fputs(usage_text, stderr);
		return EXIT_USAGE;
	}
	name = argv[1];
	for (i = 0; i < NR(commands); i++)
		if (!strcmp(name, commands[i].name))
			return commands[i].main(argc - 1, argv + 1);
	if (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help")) {
		fputs(usage_text, stdout);
		return EXIT_DONE;
	}
	if (!strcmp(name, "--version") || !strcmp(name, "-V")) {
		puts("imapifs " IMAPIFS_RELEASE);
		return EXIT_DONE;
	}
	fprintf(stderr, "imapifs: %s: no such command; see imapifs --help\n", name);
	return EXIT_USAGE;
}
