// SPDX-License-Identifier: GPL-2.0-only
/*
 * gauge: do one thing a file system is asked for, and print how many seconds it
 * took. A program's start would weigh more than most of them, in a guest.
 *
 *	gauge mount TYPE DEVICE DIR	mount(2), read-only
 *	gauge stat DIR NAMES FILES	NAMES of mktree's FILES names in DIR, spread evenly
 *	gauge read FILE			all of it, in cat's pieces
 *	gauge write FILE MIB		so many MiB, in cp's pieces
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PIECE	(128 << 10)

static char piece[PIECE];

static int do_mount(char **arg)
{
	return mount(arg[1], arg[2], arg[0], MS_RDONLY, NULL) ? -errno : 0;
}

static int do_stat(char **arg)
{
	unsigned long names = strtoul(arg[1], NULL, 10), files = strtoul(arg[2], NULL, 10);
	char path[4096];
	struct stat st;

	if (!names || names > files)
		return -EINVAL;
	for (unsigned long i = 0; i < names; i++) {
		snprintf(path, sizeof(path), "%s/file%05lu.dat", arg[0], i * (files / names));
		if (lstat(path, &st))
			return -errno;
	}
	return 0;
}

static int do_read(char **arg)
{
	int fd = open(arg[0], O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return -errno;
	do {
		n = read(fd, piece, sizeof(piece));
	} while (n > 0);
	return n < 0 ? -errno : 0;
}

static int do_write(char **arg)
{
	unsigned long pieces = strtoul(arg[1], NULL, 10) * ((1 << 20) / PIECE);
	int fd = open(arg[0], O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0)
		return -errno;
	while (pieces--) {
		ssize_t n = write(fd, piece, sizeof(piece));

		if (n != (ssize_t)sizeof(piece))
			return n < 0 ? -errno : -ENOSPC;
	}
	return close(fd) ? -errno : 0;
}

static const struct {
	const char *name;
	int args;
	int (*run)(char **arg);
} things[] = {
	{ "mount", 3, do_mount },
	{ "stat", 3, do_stat },
	{ "read", 1, do_read },
	{ "write", 2, do_write },
};

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	double start;
	int err;

	memset(piece, 0x5a, sizeof(piece));
	for (size_t i = 0; i < sizeof(things) / sizeof(things[0]); i++) {
		if (argc < 2 || strcmp(argv[1], things[i].name) || argc != things[i].args + 2)
			continue;
		start = now();
		err = things[i].run(argv + 2);
		if (err) {
			fprintf(stderr, "gauge %s %s: %s\n", argv[1], argv[2], strerror(-err));
			return 1;
		}
		printf("%.6f\n", now() - start);
		return 0;
	}
	fprintf(stderr, "usage: gauge mount|stat|read|write ARGUMENTS, see the source\n");
	return 2;
}
