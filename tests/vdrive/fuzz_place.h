/* SPDX-License-Identifier: GPL-2.0-only */
/* Where fuzzers keep their disc */
#ifndef VDRIVE_FUZZ_PLACE_H
#define VDRIVE_FUZZ_PLACE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char dir[32], path[64], description[80];

static void leave(void)
{
	unlink(path);
	unlink(description);
	rmdir(dir);
}

/* Return: false if the place has been there before */
static bool prepare(void)
{
	if (path[0])
		return false;
	/* In memory if there is such a place: descriptions are replaced all the time */
	strcpy(dir, "/dev/shm/vdrive-fuzz.XXXXXX");
	if (!mkdtemp(dir))
		strcpy(dir, "/tmp/vdrive-fuzz.XXXXXX");
	if (access(dir, F_OK) && !mkdtemp(dir))
		abort();
	snprintf(path, sizeof(path), "%s/disc", dir);
	snprintf(description, sizeof(description), "%s.disc", path);
	atexit(leave);
	return true;
}

#endif
