// SPDX-License-Identifier: GPL-2.0-only
/*
 * One loop for the ring, the control socket and what takes its time. The kernel's
 * part is made and unmade by a child: while it waits for that, the device is probed,
 * and the probe's commands are answered here.
 */
#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "bay.h"
#include "control.h"
#include "drives.h"
#include "target.h"
#include "tcmu.h"

#define CLIENTS		8
/* The ring, the socket, signals, and the clients */
#define FDS		(3 + CLIENTS)

struct client {
	int fd;			/* -1: a free place */
	char in[CONTROL_LINE];
	size_t have;
	char *out;		/* the answer, once the line was there */
	size_t size, sent;
};

/* The kernel's part, as a child process does it */
enum stage {
	STAGE_EXPORTING,
	STAGE_RUNNING,
	STAGE_LEAVING,
	STAGE_GONE,
};

struct server {
	const struct serve_options *options;
	struct bay bay;
	struct tcmu_ring ring;
	size_t map_size;
	int uio, listener, signals;
	struct client client[CLIENTS];
	uint8_t *data;		/* TCMU_DATA_MAX bytes, the command's buffer */
	bool hanging;		/* the command at the tail waits, as planned */
	struct tcmu_command command;
	struct bay_plan plan;
	uint64_t until;		/* milliseconds, UINT64_MAX for ever */
	enum stage stage;
	pid_t child;
	int rc;			/* why it ends */
};

static int complain(int rc, const char *what)
{
	fprintf(stderr, "vdrive: %s: %s\n", what, strerror(-rc));
	syslog(LOG_ERR, "%s: %s", what, strerror(-rc));
	return rc;
}

static uint64_t milliseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* The ring */

static void kick(struct server *s)
{
	uint32_t one = 1;

	if (write(s->uio, &one, sizeof(one)) != sizeof(one))
		complain(-errno, "the ring");
}

static void answer(struct server *s, bool given_up)
{
	struct command command = {
		.cdb = s->command.cdb,
		.data = s->data,
		.length = s->command.data,
	};

	tcmu_ring_gather(&s->ring, &s->command, s->data);
	if (given_up)
		bay_abandon(&s->bay, &s->plan, &command);
	else
		bay_run(&s->bay, &s->plan, &command);
	/* The kernel's pages, that had somebody else's data, go to the initiator */
	memset(s->data + command.done, 0, command.length - command.done);
	tcmu_ring_complete(&s->ring, &s->command, &command);
	kick(s);
}

/* Is the waiting over? */
static void wake(struct server *s)
{
	bool given_up = tcmu_ring_aborted(&s->ring, &s->command);

	if (!given_up && s->stage != STAGE_LEAVING && milliseconds() < s->until)
		return;
	s->hanging = false;
	answer(s, given_up);
}

static void hang(struct server *s)
{
	s->hanging = true;
	s->until = s->plan.action.hang == FAULT_HANG_FOREVER ? UINT64_MAX :
		   milliseconds() + s->plan.action.hang * 1000ull;
}

/* All that is in the ring, as far as nothing hangs */
static int serve_ring(struct server *s)
{
	int rc = 0;

	if (s->hanging)
		wake(s);
	while (!s->hanging) {
		rc = tcmu_ring_next(&s->ring, &s->command);
		if (rc <= 0)
			break;
		s->plan = bay_plan(&s->bay, s->command.cdb);
		if (s->plan.action.hang)
			hang(s);
		else
			answer(s, false);
	}
	return rc < 0 ? complain(rc, "the kernel's ring makes no sense") : 0;
}

/* Control */

static void close_client(struct client *c)
{
	close(c->fd);
	free(c->out);
	*c = (struct client) { .fd = -1 };
}

static void accept_client(struct server *s)
{
	int fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	unsigned int n;

	if (fd < 0)
		return;
	for (n = 0; n < CLIENTS; n++) {
		if (s->client[n].fd >= 0)
			continue;
		s->client[n].fd = fd;
		return;
	}
	close(fd);
}

static void run_line(struct server *s, struct client *c)
{
	FILE *out = open_memstream(&c->out, &c->size);

	if (!out)
		return;
	control_line(&s->bay, c->in, out);
	if (fclose(out))
		c->size = 0;
}

/* Reads until the line is there, then writes until the answer is gone */
static void serve_client(struct server *s, struct client *c)
{
	ssize_t n;
	char *end;

	if (!c->out) {
		n = read(c->fd, c->in + c->have, sizeof(c->in) - 1 - c->have);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			close_client(c);
			return;
		}
		c->have += (size_t)n;
		end = memchr(c->in, '\n', c->have);
		if (!end)
			return;
		*end = '\0';
		run_line(s, c);
	}
	n = c->out ? send(c->fd, c->out + c->sent, c->size - c->sent, MSG_NOSIGNAL) : -1;
	if (n > 0)
		c->sent += (size_t)n;
	if ((n < 0 && errno != EAGAIN) || c->sent == c->size)
		close_client(c);
}

/* The child that makes and unmakes the kernel's part */

static int start_child(struct server *s, int (*job)(unsigned int number))
{
	unsigned int n;
	sigset_t none;

	s->child = fork();
	if (s->child < 0)
		return -errno;
	if (s->child)
		return 0;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	close(s->listener);
	for (n = 0; n < CLIENTS; n++)
		if (s->client[n].fd >= 0)
			close(s->client[n].fd);
	_exit(-job(s->options->number) & 0xff);
}

static void leave(struct server *s, int rc)
{
	if (s->stage >= STAGE_LEAVING)
		return;
	s->rc = rc;
	/* Its child has to be done first */
	if (s->stage == STAGE_EXPORTING) {
		s->bay.quit = true;
		return;
	}
	s->stage = STAGE_LEAVING;
	if (start_child(s, target_unexport))
		s->stage = STAGE_GONE;
}

static void exported(struct server *s, int rc)
{
	struct target_names names = { "", "" };

	s->stage = STAGE_RUNNING;
	if (!rc)
		target_find(s->options->number, &names);
	if (!rc && !names.block[0])
		rc = -ENODEV;
	if (rc) {
		leave(s, complain(rc, "the kernel makes no CD drive of it; its log may say why"));
		return;
	}
	snprintf(s->bay.block, sizeof(s->bay.block), "%s", names.block);
	snprintf(s->bay.generic, sizeof(s->bay.generic), "%s", names.generic);
	if (!s->options->ready(s->options->context, names.block, names.generic))
		leave(s, -EPIPE);
}

static void child_ended(struct server *s)
{
	int status, rc;

	if (s->child <= 0 || waitpid(s->child, &status, WNOHANG) != s->child)
		return;
	s->child = 0;
	rc = WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
	if (s->stage == STAGE_EXPORTING) {
		exported(s, rc);
		return;
	}
	if (rc)
		s->rc = complain(rc, "the device can't be taken away");
	s->stage = STAGE_GONE;
}

static void serve_signal(struct server *s)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			child_ended(s);
		else
			leave(s, 0);
	}
}

/* The loop */

static int poll_timeout(const struct server *s)
{
	uint64_t now = milliseconds();

	/* The device can't go before its last command */
	if (s->hanging && s->stage == STAGE_LEAVING)
		return 0;
	if (!s->hanging || s->until == UINT64_MAX)
		return -1;
	return s->until > now ? (int)(s->until - now) : 0;
}

static void wait_for_work(struct server *s, struct pollfd *fds)
{
	unsigned int n;

	fds[0] = (struct pollfd) { .fd = s->uio, .events = POLLIN };
	fds[1] = (struct pollfd) { .fd = s->listener, .events = POLLIN };
	fds[2] = (struct pollfd) { .fd = s->signals, .events = POLLIN };
	for (n = 0; n < CLIENTS; n++)
		fds[3 + n] = (struct pollfd) {
			.fd = s->client[n].fd,
			.events = s->client[n].out ? POLLOUT : POLLIN,
		};
	if (poll(fds, FDS, poll_timeout(s)) < 0)
		for (n = 0; n < FDS; n++)
			fds[n].revents = 0;
}

static void loop(struct server *s)
{
	struct pollfd fds[FDS];
	uint32_t events;
	unsigned int n;

	while (s->stage != STAGE_GONE) {
		wait_for_work(s, fds);
		/* Counts what came; the ring itself says what */
		if (fds[0].revents && read(s->uio, &events, sizeof(events)) < 0 && errno != EAGAIN)
			leave(s, complain(-errno, "the ring"));
		if (serve_ring(s)) {
			target_abandon(s->options->number);
			leave(s, -EUCLEAN);
		}
		if (fds[1].revents)
			accept_client(s);
		if (fds[2].revents)
			serve_signal(s);
		for (n = 0; n < CLIENTS; n++)
			if (s->client[n].fd >= 0 && fds[3 + n].fd == s->client[n].fd &&
			    fds[3 + n].revents)
				serve_client(s, &s->client[n]);
		if (s->bay.quit)
			leave(s, s->rc);
	}
}

/* Setting up, each step undone by the one that called it */

static int open_ring(struct server *s)
{
	char path[128];
	void *map;
	int rc = -ENODEV, tries;

	/* udev may take its time with the node */
	for (tries = 0; tries < 50; tries++) {
		rc = target_uio(s->options->number, path, sizeof(path), &s->map_size);
		s->uio = rc ? -1 : open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
		if (s->uio >= 0)
			break;
		usleep(100000);
	}
	if (s->uio < 0)
		return complain(rc ? rc : -errno, "the ring's device /dev/uioN");
	map = mmap(NULL, s->map_size, PROT_READ | PROT_WRITE, MAP_SHARED, s->uio, 0);
	if (map == MAP_FAILED) {
		rc = complain(-errno, path);
		goto close;
	}
	rc = tcmu_ring_open(&s->ring, map, s->map_size);
	if (!rc)
		return 0;
	complain(rc, "the kernel has a ring of another make");
	munmap(map, s->map_size);
close:
	close(s->uio);
	return rc;
}

static int open_signals(struct server *s)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	s->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return s->signals < 0 ? complain(-errno, "signals") : 0;
}

/* With the ring there: the device, until it is gone again */
static int serve_device(struct server *s)
{
	unsigned int n;
	int rc;

	s->listener = drives_listen(s->options->number);
	if (s->listener < 0)
		return complain(s->listener, "the control socket");
	rc = open_signals(s);
	if (!rc) {
		s->stage = STAGE_EXPORTING;
		rc = start_child(s, target_export);
		if (!rc)
			loop(s);
		close(s->signals);
	}
	for (n = 0; n < CLIENTS; n++)
		if (s->client[n].fd >= 0)
			close_client(&s->client[n]);
	close(s->listener);
	drives_forget(s->options->number);
	return rc ? complain(rc, "a process of its own") : s->rc;
}

static int serve_backstore(struct server *s)
{
	unsigned int n = s->options->number;
	int rc = target_create(n);

	if (rc)
		return complain(rc, "the kernel's target_core_user refuses");
	rc = open_ring(s);
	if (!rc) {
		rc = serve_device(s);
		munmap(s->ring.map, s->map_size);
		close(s->uio);
	}
	if (target_remove(n) && !rc)
		rc = complain(-EBUSY, "what it made in configfs can't be removed");
	return rc;
}

static int insert_first(struct server *s)
{
	const char *path = s->options->disc;
	int rc = path ? bay_insert(&s->bay, path) : 0;

	if (rc == -EUCLEAN) {
		fprintf(stderr, "vdrive: %s: no disc of \"vdrive new\", or damaged\n", path);
		return rc;
	}
	return rc ? complain(rc, path) : 0;
}

int serve(const struct serve_options *options)
{
	struct server *s = calloc(1, sizeof(*s));
	unsigned int n;
	int rc;

	if (!s)
		return complain(-ENOMEM, "starting");
	s->options = options;
	for (n = 0; n < CLIENTS; n++)
		s->client[n].fd = -1;
	s->data = malloc(TCMU_DATA_MAX);
	rc = s->data ? bay_init(&s->bay) : -ENOMEM;
	if (rc) {
		complain(rc, "starting");
		goto out;
	}
	rc = insert_first(s);
	if (!rc)
		rc = serve_backstore(s);
	bay_free(&s->bay);
out:
	free(s->data);
	free(s);
	return rc;
}
