// SPDX-License-Identifier: GPL-2.0-only
/* Numbers, locks and sockets of the drives that run */
#include "drives.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control.h"
#include "target.h"

#define FOLDER	"/run/vdrive"

static void path_to(unsigned int number, const char *what, char *path, size_t room)
{
	snprintf(path, room, FOLDER "/%u.%s", number, what);
}

/* @create: O_CREAT or 0. -EBUSY if another process has it */
static int lock(unsigned int number, int create)
{
	char path[64];
	int fd;

	if (create && mkdir(FOLDER, 0700) && errno != EEXIST)
		return -errno;
	path_to(number, "lock", path, sizeof(path));
	fd = open(path, O_RDWR | create | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		close(fd);
		return -EBUSY;
	}
	return fd;
}

int drives_claim(int *fd)
{
	unsigned int n;

	for (n = 0; n < DRIVES_MAX; n++) {
		*fd = lock(n, O_CREAT);
		if (*fd >= 0) {
			/* For people who wonder whose it is */
			if (ftruncate(*fd, 0) || dprintf(*fd, "%d\n", (int)getpid()) < 0)
				return -EIO;
			return (int)n;
		}
		if (*fd != -EBUSY)
			return *fd;
	}
	return -EMFILE;
}

bool drives_running(unsigned int number)
{
	int fd = lock(number, 0);

	if (fd >= 0)
		close(fd);
	return fd == -EBUSY;
}

int drives_take_over(unsigned int number)
{
	return lock(number, O_CREAT);
}

static socklen_t address(unsigned int number, struct sockaddr_un *sun)
{
	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	path_to(number, "sock", sun->sun_path, sizeof(sun->sun_path));
	return sizeof(*sun);
}

int drives_listen(unsigned int number)
{
	struct sockaddr_un sun;
	socklen_t length = address(number, &sun);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	/* Of one that was killed: the lock says that nobody listens there */
	unlink(sun.sun_path);
	if (bind(fd, (struct sockaddr *)&sun, length) || listen(fd, 8)) {
		int rc = -errno;

		close(fd);
		return rc;
	}
	return fd;
}

/* The lock's file stays: whoever waits for it has to find the same one */
void drives_forget(unsigned int number)
{
	char path[64];

	path_to(number, "sock", path, sizeof(path));
	unlink(path);
}

static int dial(unsigned int number)
{
	struct sockaddr_un sun;
	socklen_t length = address(number, &sun);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&sun, length)) {
		int rc = -errno;

		close(fd);
		return rc;
	}
	return fd;
}

static int read_answer(FILE *from, FILE *answer, char *why, size_t room)
{
	char line[512];
	int rc = 0;

	if (!fgets(line, sizeof(line), from))
		return -ECONNRESET;
	line[strcspn(line, "\n")] = '\0';
	if (strcmp(line, "ok")) {
		const char *text = line;

		if (!strncmp(text, "error: ", 7))
			text += 7;
		snprintf(why, room, "%s", text);
		rc = -EREMOTEIO;
	}
	while (fgets(line, sizeof(line), from))
		fputs(line, answer);
	return rc;
}

int drives_ask(unsigned int number, const char *line, FILE *answer, char *why, size_t room)
{
	int fd, rc;
	FILE *file;

	if (strlen(line) >= CONTROL_LINE || strchr(line, '\n'))
		return -E2BIG;
	fd = dial(number);
	if (fd < 0)
		return fd;
	file = fdopen(fd, "r+");
	if (!file) {
		close(fd);
		return -ENOMEM;
	}
	fprintf(file, "%s\n", line);
	rc = fflush(file) ? -EIO : read_answer(file, answer, why, room);
	fclose(file);
	return rc;
}

/* Is drive @number the kernel's device @name? */
static bool has_device(unsigned int number, const char *name)
{
	struct target_names names;

	target_find(number, &names);
	return !strcmp(names.block, name) || !strcmp(names.generic, name);
}

static int find_number(const char *name)
{
	unsigned long n;
	char *end;

	n = strtoul(name, &end, 10);
	if (end == name || *end || n >= DRIVES_MAX)
		return -EINVAL;
	return drives_running((unsigned int)n) || target_exists((unsigned int)n) ? (int)n : -ENODEV;
}

static int find_only(const char **why)
{
	unsigned int n;
	int found = -ENODEV;

	*why = "no drive is attached; \"vdrive attach\" makes one";
	for (n = 0; n < DRIVES_MAX; n++) {
		if (!drives_running(n) && !target_exists(n))
			continue;
		*why = "several drives are attached: say which with --drive N or --drive /dev/srN";
		if (found >= 0)
			return -ENODEV;
		found = (int)n;
	}
	return found;
}

int drives_find(const char *name, const char **why)
{
	unsigned int n;
	int rc;

	if (!name)
		return find_only(why);
	*why = "no such drive is attached";
	if (name[0] != '/') {
		rc = find_number(name);
		return rc < 0 ? -ENODEV : rc;
	}
	for (n = 0; n < DRIVES_MAX; n++)
		if (target_exists(n) && has_device(n, name))
			return (int)n;
	return -ENODEV;
}
