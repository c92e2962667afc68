// SPDX-License-Identifier: GPL-2.0-only
/* vdrive: a virtual recorder for CD, DVD and BD */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control.h"
#include "drives.h"
#include "serve.h"
#include "target.h"
#include "vdrive.h"

struct options {
	const char *media;
	const char *make;
	const char *drive;
	bool foreground;
	bool verbose;
	bool force;
};

static int usage(FILE *out)
{
	const char *const *name;

	fputs("vdrive new --media NAME [--make NAME] FILE\n"
	      "                                     make a blank disc: FILE and FILE.disc; of\n"
	      "                                     another maker\n"
	      "vdrive attach [--foreground] [--verbose] [FILE]\n"
	      "                                     make a drive, with that disc in it; prints\n"
	      "                                     its device\n"
	      "vdrive ctl [--drive N|DEVICE] COMMAND...\n"
	      "vdrive detach [--force] [--drive N|DEVICE]\n"
	      "\n"
	      "Media (with :64M or so after it, a smaller one):\n ", out);
	for (name = media_names(); *name; name++)
		fprintf(out, " %s", *name);
	fputs("\n\nCommands of \"ctl\":\n", out);
	fputs(control_help, out);
	return out == stdout ? 0 : 2;
}

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "vdrive: %s%s%s\n", what, *what ? ": " : "", why);
	return 1;
}

static int do_new(const struct options *o, int argc, char **argv)
{
	int rc;

	if (argc != 1 || !o->media)
		return usage(stderr);
	rc = disc_create_by(argv[0], o->media, o->make);
	if (rc == -EINVAL && o->make)
		return fail(o->media, "no such medium, or not in that size; or its maker has no name "
			    "of up to 6 letters, digits or \"-\"");
	if (rc == -EINVAL)
		return fail(o->media, "no such medium, or not in that size; --help lists them");
	return rc ? fail(argv[0], strerror(-rc)) : 0;
}

/* What a drive whose server was killed left behind */
static int clean(unsigned int number)
{
	return target_exists(number) ? target_clean(number) : 0;
}

/* Whoever waits for the device */
struct waiter {
	int fd;			/* where the names go */
	bool verbose;
	bool background;	/* and then standard streams are let go */
};

static bool ready(void *context, const char *block, const char *generic)
{
	struct waiter *w = context;
	char line[160];
	int n, null;

	n = snprintf(line, sizeof(line), "%s%s%s\n", block, w->verbose ? " " : "",
		     w->verbose ? generic : "");
	if (write(w->fd, line, (size_t)n) != n)
		return false;
	if (!w->background)
		return true;
	null = open("/dev/null", O_RDWR);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	close(null);
	close(w->fd);
	return true;
}

/* Return: an exit code */
static int run_server(const char *disc, struct waiter *waiter)
{
	struct serve_options options = {
		.disc = disc,
		.ready = ready,
		.context = waiter,
	};
	int lock, number, rc;

	number = drives_claim(&lock);
	if (number < 0)
		return fail("/run/vdrive", number == -EMFILE ? "no number is free" :
							       strerror(-number));
	options.number = (unsigned int)number;
	rc = clean(options.number);
	if (rc)
		return fail("what a killed drive left in /sys/kernel/config/target",
			    strerror(-rc));
	rc = serve(&options);
	close(lock);
	return rc ? 1 : 0;
}

/* Prints what the server says; its silence is a failure, of which it told the reason */
static int await(int fd)
{
	char text[256];
	bool any = false;
	ssize_t n;

	while ((n = read(fd, text, sizeof(text))) > 0) {
		fwrite(text, 1, (size_t)n, stdout);
		any = true;
	}
	return any ? 0 : 1;
}

static int run_background(const char *disc, struct waiter *waiter)
{
	int pipes[2];
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC))
		return fail("pipe", strerror(errno));
	pid = fork();
	if (pid < 0)
		return fail("fork", strerror(errno));
	if (pid) {
		close(pipes[1]);
		return await(pipes[0]);
	}
	close(pipes[0]);
	setsid();
	/* Keeps no file system busy */
	if (chdir("/"))
		return fail("/", strerror(errno));
	waiter->fd = pipes[1];
	waiter->background = true;
	return run_server(disc, waiter);
}

static int do_attach(const struct options *o, int argc, char **argv)
{
	struct waiter waiter = { .fd = STDOUT_FILENO, .verbose = o->verbose };
	char path[PATH_MAX];
	const char *why;

	if (argc > 1)
		return usage(stderr);
	if (argc && !realpath(argv[0], path))
		return fail(argv[0], strerror(errno));
	if (target_prepare(&why))
		return fail("", why);
	if (o->foreground)
		return run_server(argc ? path : NULL, &waiter);
	return run_background(argc ? path : NULL, &waiter);
}

/* A file is one of ours, not of the server's folder; it may not exist yet */
static int absolute(const char *file, char *path)
{
	char folder[PATH_MAX];

	if (file[0] == '/' || !getcwd(folder, sizeof(folder)))
		return snprintf(path, PATH_MAX, "%s", file) < PATH_MAX ? 0 : -ENAMETOOLONG;
	return snprintf(path, PATH_MAX, "%s/%s", folder, file) < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* The words as one line. Return: 0 or -E2BIG */
static int join(int argc, char **argv, char *line, size_t room)
{
	char path[PATH_MAX];
	size_t used = 0;
	int n;

	for (n = 0; n < argc; n++) {
		const char *word = argv[n];

		if (n == argc - 1 && control_takes_file(argc, argv)) {
			if (absolute(word, path))
				return -E2BIG;
			word = path;
		}
		used += (size_t)snprintf(line + used, room - used, "%s%s", n ? " " : "", word);
		if (used >= room)
			return -E2BIG;
	}
	return strchr(line, '\n') ? -E2BIG : 0;
}

static int do_ctl(const struct options *o, int argc, char **argv)
{
	char line[CONTROL_LINE], why[512];
	const char *no;
	int number, rc;

	if (!argc)
		return usage(stderr);
	number = drives_find(o->drive, &no);
	if (number < 0)
		return fail(o->drive ? o->drive : "", no);
	if (join(argc, argv, line, sizeof(line)))
		return fail("", "the command is too long, or has a newline in it");
	rc = drives_ask((unsigned int)number, line, stdout, why, sizeof(why));
	if (rc == -EREMOTEIO)
		return fail("", why);
	if (rc == -EACCES)
		return fail("", "not root: the drive's socket is root's");
	if (rc)
		return fail("it doesn't answer (\"vdrive detach\" cleans up)", strerror(-rc));
	return 0;
}

/* Is it mounted, or has a program that burns claimed it? */
static bool in_use(unsigned int number)
{
	struct target_names names;
	int fd;

	target_find(number, &names);
	if (!names.block[0])
		return false;
	fd = open(names.block, O_RDONLY | O_NONBLOCK | O_EXCL | O_CLOEXEC);
	if (fd >= 0)
		close(fd);
	return fd < 0 && errno == EBUSY;
}

/* Until its server is gone, two minutes at most */
static bool await_end(unsigned int number)
{
	int tries;

	for (tries = 0; tries < 1200; tries++) {
		if (!drives_running(number))
			return true;
		usleep(100000);
	}
	return false;
}

static int do_detach(const struct options *o, int argc, char **argv)
{
	const char *name = argc ? argv[0] : o->drive, *no;
	char why[512];
	int number, lock, rc;

	if (argc > 1)
		return usage(stderr);
	if (geteuid())
		return fail("", "not root");
	number = drives_find(name, &no);
	if (number < 0)
		return fail(name ? name : "", no);
	/* Without its server nothing can go on using it, and asking it takes minutes */
	if (drives_running((unsigned int)number)) {
		if (!o->force && in_use((unsigned int)number))
			return fail(name ? name : "the drive",
				    "in use, unmount it first (or --force)");
		rc = drives_ask((unsigned int)number, "quit", stdout, why, sizeof(why));
		if (rc)
			return fail("its server doesn't answer, kill it and try again",
				    strerror(-rc));
		if (!await_end((unsigned int)number))
			return fail("", "its server doesn't end; the kernel's log may say why");
	}
	lock = drives_take_over((unsigned int)number);
	if (lock < 0)
		return fail("/run/vdrive", strerror(-lock));
	rc = clean((unsigned int)number);
	drives_forget((unsigned int)number);
	close(lock);
	return rc ? fail("/sys/kernel/config/target can't be cleaned", strerror(-rc)) : 0;
}

static const struct {
	const char *name;
	int (*run)(const struct options *o, int argc, char **argv);
} commands[] = {
	{ "new", do_new },
	{ "attach", do_attach },
	{ "ctl", do_ctl },
	{ "detach", do_detach },
};

static bool parse(int argc, char **argv, struct options *o, bool *help)
{
	static const struct option longs[] = {
		{ "media", required_argument, NULL, 'm' },
		{ "make", required_argument, NULL, 'M' },
		{ "drive", required_argument, NULL, 'd' },
		{ "foreground", no_argument, NULL, 'f' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "force", no_argument, NULL, 'F' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	/* "+": the words of a control command are not ours */
	while ((c = getopt_long(argc, argv, "+m:M:d:fvh", longs, NULL)) != -1) {
		switch (c) {
		case 'm':
			o->media = optarg;
			break;
		case 'M':
			o->make = optarg;
			break;
		case 'd':
			o->drive = optarg;
			break;
		case 'f':
			o->foreground = true;
			break;
		case 'v':
			o->verbose = true;
			break;
		case 'F':
			o->force = true;
			break;
		case 'h':
			*help = true;
			break;
		default:
			return false;
		}
	}
	return true;
}

int main(int argc, char **argv)
{
	struct options o = { 0 };
	bool help = false;
	size_t n;

	if (argc >= 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help")))
		return usage(stdout);
	for (n = 0; argc >= 2 && n < sizeof(commands) / sizeof(commands[0]); n++) {
		if (strcmp(argv[1], commands[n].name))
			continue;
		if (!parse(argc - 1, argv + 1, &o, &help))
			return 2;
		if (help)
			return usage(stdout);
		argc -= 1 + optind;
		argv += 1 + optind;
		return commands[n].run(&o, argc, argv);
	}
	return usage(stderr);
}
