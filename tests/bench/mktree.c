// SPDX-License-Identifier: GPL-2.0-only
/*
 * mktree DIR FOLDERS FILES BYTES: make FOLDERS folders in DIR, with FILES files
 * of BYTES bytes in each. The content is the same for the same path and does not
 * compress, so that no file system gets a free lunch.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static uint8_t buf[1 << 20];

static void fill(uint64_t seed)
{
	for (size_t i = 0; i < sizeof(buf); i += sizeof(seed)) {
		/* xorshift64 */
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		memcpy(buf + i, &seed, sizeof(seed));
	}
}

static int make_file(int dir, const char *name, uint64_t size, uint64_t seed)
{
	int fd = openat(dir, name, O_CREAT | O_TRUNC | O_WRONLY, 0644);

	if (fd < 0)
		return -errno;
	while (size) {
		size_t n = size < sizeof(buf) ? (size_t)size : sizeof(buf);

		/* A different start for each file and each piece of it */
		memcpy(buf, &seed, sizeof(seed));
		seed += 0x9e3779b97f4a7c15ull;
		if (write(fd, buf, n) != (ssize_t)n) {
			int err = errno ? -errno : -EIO;

			close(fd);
			return err;
		}
		size -= n;
	}
	return close(fd) ? -errno : 0;
}

static int make_folder(const char *top, unsigned long number, unsigned long files, uint64_t size)
{
	char path[4096], name[32];
	int dir, err = 0;

	snprintf(path, sizeof(path), "%s/folder%04lu", top, number);
	if (mkdir(path, 0755) && errno != EEXIST)
		return -errno;
	dir = open(path, O_RDONLY | O_DIRECTORY);
	if (dir < 0)
		return -errno;
	for (unsigned long i = 0; i < files && !err; i++) {
		snprintf(name, sizeof(name), "file%05lu.dat", i);
		err = make_file(dir, name, size, number * files + i + 1);
	}
	close(dir);
	return err;
}

int main(int argc, char **argv)
{
	unsigned long folders, files;
	uint64_t size;
	int err = 0;

	if (argc != 5) {
		fprintf(stderr, "usage: mktree DIR FOLDERS FILES BYTES\n");
		return 2;
	}
	folders = strtoul(argv[2], NULL, 10);
	files = strtoul(argv[3], NULL, 10);
	size = strtoull(argv[4], NULL, 10);
	if (mkdir(argv[1], 0755) && errno != EEXIST) {
		perror(argv[1]);
		return 1;
	}
	fill(88172645463325252ull);
	for (unsigned long i = 0; i < folders && !err; i++)
		err = make_folder(argv[1], i, files, size);
	if (err) {
		fprintf(stderr, "mktree: %s: %s\n", argv[1], strerror(-err));
		return 1;
	}
	return 0;
}
