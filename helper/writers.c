// SPDX-License-Identifier: GPL-2.0-only
/* Which programs have a device open for writing? /proc is the one place that knows. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "writers.h"

static bool is_number(const char *s)
{
	return *s && strspn(s, "0123456789") == strlen(s);
}

/* "flags:", octal, is what open(2) was called with */
static bool is_for_writing(const char *process, const char *fd)
{
	char path[PATH_MAX], line[128];
	unsigned int flags = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/fdinfo/%s", process, fd);
	f = fopen(path, "re");
	if (!f)
		return false;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "flags: %o", &flags) == 1)
			break;
	fclose(f);
	return (flags & O_ACCMODE) != O_RDONLY;
}

static bool has_open(const char *process, dev_t device)
{
	char path[PATH_MAX];
	const struct dirent *e;
	bool found = false;
	struct stat st;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/fd", process);
	dir = opendir(path);
	if (!dir)
		return false;
	while (!found && (e = readdir(dir)))
		found = is_number(e->d_name) && !fstatat(dirfd(dir), e->d_name, &st, 0) &&
			S_ISBLK(st.st_mode) && st.st_rdev == device &&
			is_for_writing(process, e->d_name);
	closedir(dir);
	return found;
}

/* A process names itself as it likes */
static void read_name(const char *process, char *name, int size)
{
	char path[PATH_MAX];
	char *p;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/comm", process);
	f = fopen(path, "re");
	if (!f || !fgets(name, size, f))
		snprintf(name, (size_t)size, "a program");
	if (f)
		fclose(f);
	name[strcspn(name, "\n")] = '\0';
	for (p = name; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
}

bool writers_find(const char *path, pid_t but, struct writer *w)
{
	const struct dirent *e;
	bool found = false;
	struct stat st;
	DIR *dir;

	if (stat(path, &st) || !S_ISBLK(st.st_mode))
		return false;
	dir = opendir("/proc");
	if (!dir)
		return false;
	while (!found && (e = readdir(dir))) {
		if (!is_number(e->d_name))
			continue;
		w->pid = (pid_t)atol(e->d_name);
		found = w->pid != getpid() && w->pid != but && has_open(e->d_name, st.st_rdev);
		if (found)
			read_name(e->d_name, w->name, sizeof(w->name));
	}
	closedir(dir);
	return found;
}
