// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "commands.h"
#include "control.h"
#include "json.h"
#include "log.h"
#include "meter.h"
#include "progress.h"
#include "text.h"

#define POLL_MS		250
/* Until a cancel is heard: a drive may be amid a long command */
#define HEARD_POLLS	40

void control_explain(const char *dir, int err)
{
	if (err == -ENOTCONN || err == -ECONNABORTED)
		log_line("%s: the process that served it is gone; unmount it", dir);
	else if (err == -ENOTTY || err == -EINVAL || err == -ENOTDIR)
		log_line("%s: not the root directory of an imapifs mount", dir);
	else if (err == -EPROTO)
		log_line("%s: mounted by another version of imapifs; unmount it with that one", dir);
	else
		log_line("%s: %s", dir, strerror(-err));
}

static int get_status(int fd, struct imapifs_status *st)
{
	if (ioctl(fd, IMAPIFS_IOC_STATUS, st))
		return -errno;
	if (st->version != IMAPIFS_VERSION)
		return -EPROTO;
	st->face[sizeof(st->face) - 1] = '\0';
	st->message[sizeof(st->message) - 1] = '\0';
	st->source[sizeof(st->source) - 1] = '\0';
	text_printable(st->message);
	text_printable(st->source);
	return 0;
}

int control_try(const char *dir, struct imapifs_status *st)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = fd < 0 ? -errno : get_status(fd, st);

	if (!err)
		return fd;
	if (fd >= 0)
		close(fd);
	/* A request that was under way when the process died */
	return err == -ECONNABORTED ? -ENOTCONN : err;
}

int control_open(const char *dir, struct imapifs_status *st)
{
	int fd = control_try(dir, st);

	if (fd < 0)
		control_explain(dir, fd);
	return fd;
}

bool control_closes(const struct imapifs_status *st)
{
	return (st->flags & (IMAPIFS_FINALIZE | IMAPIFS_READONLY)) == IMAPIFS_FINALIZE;
}

/* --- commit --- */

static volatile sig_atomic_t cancelled;

static void on_signal(int sig)
{
	(void)sig;
	cancelled = 1;
}

/* Until @child ends, or is killed for a signal: its state on the terminal */
static void follow(int fd, pid_t child)
{
	struct pollfd p = { .fd = pidfd_open(child, 0), .events = POLLIN };
	bool terminal = isatty(STDERR_FILENO), shown = false;
	struct imapifs_status st;

	while (p.fd >= 0 && !cancelled && poll(&p, 1, POLL_MS) <= 0) {
		if (!terminal || get_status(fd, &st) ||
		    st.phase == IMAPIFS_PHASE_IDLE)
			continue;
		meter_show(st.phase, st.done, st.total, st.phase_ms);
		shown = true;
	}
	if (cancelled)
		kill(child, SIGKILL);
	if (shown)
		meter_clear();
	if (p.fd >= 0)
		close(p.fd);
}

/*
 * The ioctl waits, killable: so it has a process of its own, which ctrl-C ends,
 * while this one goes on to tell how it went. Return: 0 or -errno.
 */
static int burn(int fd, unsigned int how)
{
	struct sigaction act = { .sa_handler = on_signal };
	pid_t child = fork(), ended;
	int status;

	if (child < 0)
		return -errno;
	if (!child)
		_exit(ioctl(fd, IMAPIFS_IOC_COMMIT, how) ? errno : 0);
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	follow(fd, child);
	/* Through FUSE, one that was killed is only gone when the burn has ended */
	do {
		ended = waitpid(child, &status, cancelled ? WNOHANG : 0);
	} while (ended < 0 && errno == EINTR);
	if (ended < 0)
		return -errno;
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	return ended && WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

/* Until the commit that was cancelled has heard of it, or can't hear any more */
static int hear(int fd, struct imapifs_status *st)
{
	const struct timespec pause = { .tv_nsec = POLL_MS * 1000000L };
	int err, polls = HEARD_POLLS;

	do {
		nanosleep(&pause, NULL);
		err = get_status(fd, st);
	} while (!err && st->phase != IMAPIFS_PHASE_IDLE &&
		 !(st->flags & IMAPIFS_TOO_LATE) && --polls);
	return err;
}

static void tell_cancelled(int fd, const char *dir, uint64_t commits)
{
	struct imapifs_status st;
	int err = hear(fd, &st);

	if (err)
		control_explain(dir, err);
	else if (st.commits != commits)
		log_line("%s: too late to be cancelled: %s", dir, st.message);
	else if (st.flags & IMAPIFS_TOO_LATE)
		log_line("%s: the burn had begun and goes on to its end; imapifs status --watch shows it",
			 dir);
	else if (st.phase != IMAPIFS_PHASE_IDLE)
		log_line("%s: cancelled, but the drive is amid a command; imapifs status --watch shows how it ends",
			 dir);
	else
		log_line("%s: cancelled; everything is still staged", dir);
}

int control_commit(int fd, const char *dir, unsigned int how)
{
	struct imapifs_status st = { 0 };
	uint64_t commits;
	int err;

	err = get_status(fd, &st);
	commits = st.commits;
	if (!err)
		err = burn(fd, how);
	if (!err)
		return 0;
	if (err == -EINTR)
		tell_cancelled(fd, dir, commits);
	else if (err == -ENOTCONN && !get_status(fd, &st) && !st.helper_pid)
		log_line("%s: the process that served it is gone: 'imapifs attach %s' starts another one",
			 dir, dir);
	else if (!get_status(fd, &st) && st.last_error == -err)
		log_line("%s: %s", dir, st.message);
	else
		control_explain(dir, err);
	return err;
}

void control_tell(int fd, const char *dir, const struct imapifs_status *before)
{
	struct imapifs_status st;

	if (!get_status(fd, &st) && st.commits != before->commits)
		log_line("%s: %s", dir, st.message);
}

static int usage(const char *line)
{
	fprintf(stderr, "usage: imapifs %s\n", line);
	return EXIT_USAGE;
}

static int help(const char *line)
{
	printf("usage: imapifs %s\nsee imapifs(1)\n", line);
	return EXIT_DONE;
}

static bool is_help(const char *arg)
{
	return !strcmp(arg, "--help") || !strcmp(arg, "-h");
}

int commit_command(int argc, char **argv)
{
	static const char line[] = "commit DIR [-v]";
	bool verbose = isatty(STDERR_FILENO);
	struct imapifs_status st;
	const char *dir = NULL;
	int i, fd, err;

	for (i = 1; i < argc; i++) {
		if (is_help(argv[i]))
			return help(line);
		if (!strcmp(argv[i], "-v"))
			verbose = true;
		else if (argv[i][0] != '-' && !dir)
			dir = argv[i];
		else
			return usage(line);
	}
	if (!dir)
		return usage(line);
	fd = control_open(dir, &st);
	if (fd < 0)
		return EXIT_FAILED;
	err = control_commit(fd, dir, 0);
	if (!err && verbose)
		control_tell(fd, dir, &st);
	close(fd);
	return err ? EXIT_FAILED : EXIT_DONE;
}

/* --- status --- */

static void print_json(const struct imapifs_status *st)
{
	struct json j = { .out = stdout };

	json_open(&j, NULL, '{');
	json_string(&j, "source", st->source);
	json_string(&j, "face", st->face);
	json_number(&j, "pid", st->helper_pid);
	json_bool(&j, "read_only", st->flags & IMAPIFS_READONLY);
	json_bool(&j, "manual", st->flags & IMAPIFS_MANUAL);
	json_bool(&j, "finalize", st->flags & IMAPIFS_FINALIZE);
	json_bool(&j, "dirty", st->flags & IMAPIFS_DIRTY);
	json_number(&j, "staged_files", st->staged_files);
	json_number(&j, "staged_bytes", st->staged_bytes);
	json_number(&j, "tree_bytes", st->tree_bytes);
	json_number(&j, "free_bytes", st->free_bytes);
	json_number(&j, "commits", st->commits);
	json_string(&j, "phase", progress_phase_name(st->phase));
	json_number(&j, "done", st->done);
	json_number(&j, "total", st->total);
	json_number(&j, "phase_ms", st->phase_ms);
	json_number(&j, "bytes_per_second", meter_rate(st->done, st->phase_ms));
	json_signed(&j, "last_error", st->last_error);
	json_string(&j, "message", st->message);
	json_close(&j, '}');
}

static void print_staged(const struct imapifs_status *st)
{
	unsigned long long files = st->staged_files;

	if (!(st->flags & IMAPIFS_DIRTY))
		puts("staged:  nothing");
	else if (!files)
		puts("staged:  names or times only, not burned yet");
	else
		printf("staged:  %llu file%s, %s, not burned yet\n", files,
		       text_plural(files), text_size(st->staged_bytes).s);
}

static void print_text(const struct imapifs_status *st)
{
	printf("source:  %s (%s, ", st->source, st->face);
	if (st->helper_pid)
		printf("pid %u%s", st->helper_pid,
		       st->flags & IMAPIFS_READONLY ? ", read-only" : "");
	else
		fputs(st->flags & IMAPIFS_READONLY ? "read-only" : "no process serves it",
		      stdout);
	puts(")");
	print_staged(st);
	printf("free:    %s\n", text_size(st->free_bytes).s);
	printf("commits: %llu since the mount%s%s\n",
	       (unsigned long long)st->commits,
	       st->flags & IMAPIFS_MANUAL ? ", only by imapifs commit" : "",
	       control_closes(st) ? "; umount closes the disc" : "");
	printf("state:   %s%s\n", progress_phase_name(st->phase),
	       meter_text(st->done, st->total, st->phase_ms).s);
	if (st->message[0])
		printf("last:    %s\n", st->message);
}

static int print_status(const char *dir, bool json)
{
	struct imapifs_status st;
	int fd = control_open(dir, &st);

	if (fd < 0)
		return EXIT_FAILED;
	close(fd);
	if (json)
		print_json(&st);
	else
		print_text(&st);
	return text_flush() ? EXIT_FAILED : EXIT_DONE;
}

int status_command(int argc, char **argv)
{
	static const char line[] = "status DIR [--json] [--watch]";
	bool json = false, watch = false;
	const char *dir = NULL;
	int i, code;

	for (i = 1; i < argc; i++) {
		if (is_help(argv[i]))
			return help(line);
		if (!strcmp(argv[i], "--json"))
			json = true;
		else if (!strcmp(argv[i], "--watch"))
			watch = true;
		else if (argv[i][0] != '-' && !dir)
			dir = argv[i];
		else
			return usage(line);
	}
	if (!dir)
		return usage(line);
	/* The directory is opened anew each time, so that it can be unmounted */
	code = print_status(dir, json);
	while (watch && !code) {
		sleep(1);
		if (!json)
			putchar('\n');
		code = print_status(dir, json);
	}
	return code;
}
