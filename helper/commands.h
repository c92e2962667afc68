/* SPDX-License-Identifier: GPL-2.0-only */
/* The programs behind the one binary, each in a file of its name. */
#ifndef IMAPI_COMMANDS_H
#define IMAPI_COMMANDS_H

/* Exit codes of imapifs(1) */
enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,	/* the thing asked for did not work; one line says why */
	EXIT_USAGE = 2,
	EXIT_DIFFERS = 3,	/* verify: the image is not sound */
};

/* Exit codes of mount(8), which mount.imapifs and umount.imapifs give */
enum {
	MOUNT_EX_USAGE = 1,
	MOUNT_EX_SYSERR = 2,
	MOUNT_EX_SOFTWARE = 4,
	MOUNT_EX_USER = 8,
	MOUNT_EX_FILEIO = 16,
	MOUNT_EX_FAIL = 32,
};

int mount_main(int argc, char **argv);		/* mount.imapifs */
int umount_main(int argc, char **argv);		/* umount.imapifs */

/* imapifs NAME ...; argv[0] is the name */
int info_command(int argc, char **argv);
int verify_command(int argc, char **argv);
int commit_command(int argc, char **argv);
int status_command(int argc, char **argv);
int blank_command(int argc, char **argv);
int finalize_command(int argc, char **argv);
int attach_command(int argc, char **argv);
int rescue_command(int argc, char **argv);

#endif
