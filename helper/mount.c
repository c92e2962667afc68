// SPDX-License-Identifier: GPL-2.0-only
/* mount.imapifs: reads the disc, mounts it, and serves it in the background. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <libmount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "commands.h"
#include "epoch.h"
#include "fuse.h"
#include "log.h"
#include "mountpoint.h"
#include "rescue.h"
#include "text.h"

/* Spool files in use, and open files' pins: the more the better */
#define WANTED_FILES	1048576

struct mount_call {
	char *source;		/* absolute */
	char *dir;		/* absolute */
	char *optstr;
	bool sloppy, fake, no_note, verbose;
	struct mount_options opt;
};

/* What is open for the mount, in the process that serves it */
struct mounted {
	struct recorder *rec;
	struct spool *spool;		/* NULL: read-only */
	/* NULL: blank. In the recorder's list: good until the first commit */
	const struct imapi_volume *base;
	struct face *face;
};

static const char usage_text[] =
	"usage: mount.imapifs SOURCE DIR [-fnsv] [-o OPTIONS]\n"
	"see mount.imapifs(8)\n";

static int usage(void)
{
	fputs(usage_text, stderr);
	return MOUNT_EX_USAGE;
}

/* getopt's letters are those of mount(8)'s contract with its helpers */
static int parse_arguments(int argc, char **argv, struct mount_call *call)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "sfnvo:t:N:hV", longs, NULL)) != -1) {
		switch (c) {
		case 's':
			call->sloppy = true;
			break;
		case 'f':
			call->fake = true;
			break;
		case 'n':
			call->no_note = true;
			break;
		case 'v':
			call->verbose = true;
			break;
		case 'o':
			if (mnt_optstr_append_option(&call->optstr, optarg, NULL))
				return MOUNT_EX_SYSERR;
			break;
		case 't':
		case 'N':	/* mount(8) is in that name space already */
			break;
		case 'h':
			fputs(usage_text, stdout);
			exit(0);
		case 'V':
			puts("mount.imapifs " IMAPIFS_RELEASE);
			exit(0);
		default:
			return usage();
		}
	}
	return argc - optind == 2 ? 0 : usage();
}

static int resolve(struct mount_call *call, const char *source, const char *dir)
{
	struct stat st;

	call->source = realpath(source, NULL);
	if (!call->source) {
		log_line("%s: %s", source, strerror(errno));
		return MOUNT_EX_FAIL;
	}
	call->dir = realpath(dir, NULL);
	if (!call->dir || stat(call->dir, &st)) {
		log_line("%s: %s", dir, strerror(errno));
		return MOUNT_EX_FAIL;
	}
	if (!S_ISDIR(st.st_mode)) {
		log_line("%s: not a directory", dir);
		return MOUNT_EX_FAIL;
	}
	return 0;
}

static int fail(const char *what)
{
	log_line("%s", what);
	return MOUNT_EX_FAIL;
}

/* Which session to show: 0 or a code of mount(8) */
static int choose_session(struct mounted *m, const struct mount_options *opt)
{
	const struct imapi_sessions *s = &m->rec->sessions;
	u32 n = opt->session ? opt->session : s->nr;

	if (opt->fresh && !m->rec->blank)
		return fail("option fresh needs a blank disc, and there are sessions on this one; mount it without fresh to append");
	if (n > s->nr) {
		log_line("session %u: there %s %u; imapifs info lists them",
			 n, s->nr == 1 ? "is" : "are", s->nr);
		return MOUNT_EX_FAIL;
	}
	if (n)
		m->base = &s->list[n - 1].vol;
	return 0;
}

/* Why nothing can be appended to what was chosen, or NULL */
static const char *why_not(const struct mounted *m)
{
	if (!m->rec->writable)
		return m->rec->why;
	if (m->base && !m->base->joliet)
		return "the newest session has no Joliet names";
	return NULL;
}

/* Both absolute, without links */
static bool is_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return !strncmp(path, dir, len) && (path[len] == '/' || !strcmp(dir, "/"));
}

static int spool_failed(const char *option, int err)
{
	char *folder = option ? strdup(option) : spool_default();

	log_line("spool folder %s: %s; name another one with spool=",
		 folder ? folder : "in the home folder", strerror(-err));
	free(folder);
	return MOUNT_EX_FAIL;
}

static int tell_leftover(void *ctx, const char *path, uint64_t bytes)
{
	(void)ctx;
	log_line("%s: %s that a mount had staged when it was killed; 'getfattr -R -n user.imapifs.path' names the files; save what you need and delete it",
		 path, text_size(bytes).s);
	return 0;
}

static int open_source(struct mount_call *call, struct mounted *m)
{
	/* An older session can't be appended to, so naming one is for reading */
	bool ro = call->opt.ro || call->opt.session;
	const char *why;
	int err;

	if (call->opt.finalize)
		return fail("option finalize: an image can't be closed for good");
	err = recorder_open_image(call->source, ro ? RECORDER_SHARE : 0, &m->rec);
	if (err)
		return fail(text_source_error(err));
	err = choose_session(m, &call->opt);
	if (err || ro)
		return err;
	why = why_not(m);
	if (why) {
		log_line("mounted read-only: %s", why);
		return 0;
	}
	if (is_below(call->source, call->dir))
		return fail("the image lies below the mount point, which would hide it from the commit; mount it somewhere else");
	err = spool_open(call->opt.spool, &m->spool);
	if (!err) {
		spool_leftovers(spool_base(m->spool), tell_leftover, NULL);
		return 0;
	}
	return spool_failed(call->opt.spool, err);
}

static void close_source(struct mounted *m)
{
	if (m->face)
		face_free(m->face);
	if (m->spool)
		spool_close(m->spool);
	if (m->rec)
		m->rec->ops->close(m->rec);
}

static int mount_face(struct mount_call *call, struct mounted *m)
{
	int err;

	err = face_new(m->rec, m->spool, m->base, &call->opt, call->source,
		       &m->face);
	if (err)
		return fail(strerror(-err));
	return face_mount(m->face, call->dir) ? MOUNT_EX_FAIL : 0;
}

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

/* No terminal any more, and no folder that somebody might want to unmount */
static void go_to_background(const char *source)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	log_to_syslog(source);
	if (fd >= 0) {
		dup2(fd, STDIN_FILENO);
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		if (fd > STDERR_FILENO)
			close(fd);
	}
}

/* Not the mounted session's: each commit makes the list of sessions anew */
static const char *newest_label(const struct recorder *rec)
{
	const struct imapi_sessions *s = &rec->sessions;

	return s->nr ? s->list[s->nr - 1].vol.volid : "";
}

/*
 * Unmounted, and something is still staged: burn it, or else keep it. Return:
 * false if the spool is now the only place that has it.
 */
static bool settle(struct mount_call *call, struct mounted *m)
{
	char *path;
	int err;

	if (!m->spool || !imapi_tree_dirty(m->face->tree))
		return true;
	if (call->opt.commit != COMMIT_MANUAL && !face_commit_last(m->face))
		return true;
	err = rescue_save(m->face->tree, m->spool, recorder_image_fd(m->rec),
			  newest_label(m->rec), call->source, &path);
	if (!err)
		log_line("changes that were not burned are in %s", path);
	else
		log_line("changes that were not burned could not be saved (%s); they are in %s and %s",
			 strerror(-err), spool_path(m->spool), path ? path : "nowhere else");
	free(path);
	return !err;
}

static void tell(int fd, int code)
{
	unsigned char byte = (unsigned char)code;

	while (write(fd, &byte, 1) < 0 && errno == EINTR)
		;
	close(fd);
}

/* The child: never returns before the mount is gone */
static int serve(struct mount_call *call, int ready)
{
	struct mounted m = { NULL };
	int code;

	close_inherited(ready);
	setsid();
	raise_limits();
	umask(0077);
	code = open_source(call, &m);
	if (!code && !call->fake)
		code = mount_face(call, &m);
	if (code || call->fake) {
		close_source(&m);
		tell(ready, code);
		return code;
	}
	if (chdir("/"))
		log_line("/: %s", strerror(errno));
	go_to_background(call->source);
	tell(ready, 0);
	face_serve(m.face);
	/* A bare umount(2) leaves the note */
	if (!call->no_note && !getuid())
		mountpoint_forget(call->dir);
	if (settle(call, &m))
		close_source(&m);
	return 0;
}

/* The child's word on how it went: mount(8)'s exit code */
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

static int start(struct mount_call *call)
{
	int fds[2], code, err;
	pid_t child;

	if (pipe2(fds, O_CLOEXEC)) {
		log_line("%s", strerror(errno));
		return MOUNT_EX_SYSERR;
	}
	child = fork();
	if (child < 0) {
		log_line("%s", strerror(errno));
		return MOUNT_EX_SYSERR;
	}
	if (!child) {
		close(fds[0]);
		_exit(serve(call, fds[1]));
	}
	close(fds[1]);
	code = await(fds[0], child);
	if (code || call->fake || call->no_note || getuid())
		return code;
	/* Not by the child: libmount may look at the directory, which it serves */
	err = mountpoint_note(call->source, call->dir);
	if (err)
		log_line("/run/mount/utab: %s; use umount.imapifs %s to unmount",
			 strerror(-err), call->dir);
	return 0;
}

/* A commit hours later would be too late to say it */
static int check_epoch(void)
{
	bool fixed;
	s64 now;

	if (!epoch_now(&now, &fixed))
		return 0;
	log_line("SOURCE_DATE_EPOCH is not a number of seconds: set it right or unset it");
	return MOUNT_EX_USAGE;
}

int mount_main(int argc, char **argv)
{
	struct mount_call call = { NULL };
	char err[256];
	int code, r;

	code = parse_arguments(argc, argv, &call);
	if (code)
		return code;
	r = options_parse(call.optstr, call.sloppy ? OPTIONS_SLOPPY : 0,
			  &call.opt, err, sizeof(err));
	if (r) {
		log_line("%s", err);
		free(call.optstr);
		return r == -ENOMEM ? MOUNT_EX_SYSERR : MOUNT_EX_USAGE;
	}
	code = check_epoch();
	if (!code)
		code = resolve(&call, argv[optind], argv[optind + 1]);
	if (!code) {
		log_source(argv[optind]);
		code = start(&call);
	}
	if (!code && call.verbose)
		printf("mount.imapifs: %s on %s\n", call.source, call.dir);
	options_free(&call.opt);
	free(call.optstr);
	free(call.source);
	free(call.dir);
	return code;
}
