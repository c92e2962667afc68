// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "background.h"
#include "commands.h"
#include "log.h"

/* Spool files in use, and open files' pins: the more the better */
#define WANTED_FILES	1048576

/* What the caller had open, a lock or a pipe, must not stay open with the mount */
static void close_inherited(int keep)
{
	unsigned int first = STDERR_FILENO + 1, at = (unsigned int)keep;

	if (at > first)
		close_range(first, at - 1, 0);
	close_range(at < first ? first : at + 1, ~0u, 0);
}

static void raise_limits(void)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) || lim.rlim_cur >= WANTED_FILES)
		return;
	if (lim.rlim_max < WANTED_FILES && !getuid()) {
		lim.rlim_cur = lim.rlim_max = WANTED_FILES;
		if (!setrlimit(RLIMIT_NOFILE, &lim))
			return;
		getrlimit(RLIMIT_NOFILE, &lim);
	}
	lim.rlim_cur = lim.rlim_max < WANTED_FILES ? lim.rlim_max : WANTED_FILES;
	setrlimit(RLIMIT_NOFILE, &lim);
}

void background_enter(int ready)
{
	close_inherited(ready);
	setsid();
	raise_limits();
	umask(0077);
}

void background_detach(const char *source)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (chdir("/"))
		log_line("/: %s", strerror(errno));
	log_to_syslog(source);
	if (fd >= 0) {
		dup2(fd, STDIN_FILENO);
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		if (fd > STDERR_FILENO)
			close(fd);
	}
}

void background_tell(int ready, int code)
{
	unsigned char byte = (unsigned char)code;

	while (write(ready, &byte, 1) < 0 && errno == EINTR)
		;
	close(ready);
}

void background_survive_shutdown(void)
{
	program_invocation_name[0] = '@';
}

static int await(int fd, pid_t child)
{
	unsigned char code;
	int status;
	ssize_t n;

	do
		n = read(fd, &code, 1);
	while (n < 0 && errno == EINTR);
	close(fd);
	if (n == 1 && !code)
		return 0;
	waitpid(child, &status, 0);
	if (n == 1)
		return code;
	log_line("the process that was to serve the mount died");
	return MOUNT_EX_SOFTWARE;
}

int background_start(int (*child)(void *ctx, int ready), void *ctx)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC)) {
		log_line("%s", strerror(errno));
		return MOUNT_EX_SYSERR;
	}
	pid = fork();
	if (pid < 0) {
		log_line("%s", strerror(errno));
		close(fds[0]);
		close(fds[1]);
		return MOUNT_EX_SYSERR;
	}
	if (!pid) {
		close(fds[0]);
		_exit(child(ctx, fds[1]));
	}
	close(fds[1]);
	return await(fds[0], pid);
}
