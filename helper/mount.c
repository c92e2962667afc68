// SPDX-License-Identifier: GPL-2.0-only
/* mount.imapifs: reads the disc, mounts it, and serves it in the background. */
#include <errno.h>
#include <getopt.h>
#include <libmount.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "background.h"
#include "commands.h"
#include "drive.h"
#include "epoch.h"
#include "io.h"
#include "log.h"
#include "mounted.h"
#include "mountpoint.h"
#include "text.h"

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

int mount_fail(const char *what)
{
	log_line("%s", what);
	return MOUNT_EX_FAIL;
}

int mount_not_alone(int err)
{
	return mount_fail(err == -EBUSY ? "the drive is mounted already, or another program has it for itself" :
					  strerror(-err));
}

/* Which session to show: 0 or a code of mount(8) */
static int choose_session(struct mounted *m, const struct mount_options *opt)
{
	const struct imapi_sessions *s = &m->rec->sessions;
	u32 n = opt->session ? opt->session : s->nr;

	if (opt->fresh && !m->rec->blank)
		return mount_fail("option fresh needs a blank disc, and there are sessions on this one; mount it without fresh to append");
	if (n > s->nr) {
		log_line("session %u: there %s %u; imapifs info lists them",
			 n, s->nr == 1 ? "is" : "are", s->nr);
		return MOUNT_EX_FAIL;
	}
	if (n && recorder_load(m->rec, n)) {
		log_line("session %u can't be read as ISO 9660", n);
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

int mount_spool_failed(const char *option, int err)
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
	log_line("%s: %s that a mount had staged when it was killed; 'imapifs rescue restore' brings it back",
		 path, text_size(bytes).s);
	return 0;
}

void mount_tell_leftovers(const char *base)
{
	spool_leftovers(base, tell_leftover, NULL);
}

void mount_gone(const struct mount_call *call)
{
	if (!call->no_note && !getuid())
		mountpoint_forget(call->dir);
}

/*
 * Otherwise nothing could be staged, and so no commit would come to close it. It may be the
 * burn of another program that is under way: the drive is this one's alone meanwhile, and
 * then free again for the kernel to mount
 */
static int close_stuck_session(const struct mount_call *call, struct mounted *m)
{
	char path[PATH_MAX];
	int alone;

	if (m->ro || !m->rec->stuck)
		return 0;
	alone = io_open_exclusive(drive_block_device(call->source, path, sizeof(path)));
	/* Whatever else it is doesn't keep from mounting, or is said by what does */
	if (alone == -EBUSY)
		return mount_not_alone(alone);
	log_line("a session on the disc was never closed: it is closed now, so that another one can follow");
	if (m->rec->ops->repair(m->rec)) {
		log_line("mounted read-only: %s", m->rec->trouble);
		m->ro = true;
	}
	if (alone >= 0)
		close(alone);
	return 0;
}

static int set_options(struct recorder *r, const struct mount_options *opt)
{
	if (opt->finalize && r->head_separate)
		return mount_fail(r->disc.kind ?
				  "option finalize: a disc that can be written over can't be closed for good" :
				  "option finalize: an image can't be closed for good");
	r->speed = opt->speed;
	return 0;
}

static int open_source(struct mount_call *call, struct mounted *m)
{
	const char *why;
	int err;

	/* An older session can't be appended to, so naming one is for reading */
	m->ro = call->opt.ro || call->opt.session;
	err = recorder_open(call->source, m->ro ? RECORDER_SHARE : 0, &m->rec, &why);
	if (err)
		return mount_fail(why);
	err = set_options(m->rec, &call->opt);
	if (!err && !call->fake)
		err = close_stuck_session(call, m);
	if (!err)
		err = choose_session(m, &call->opt);
	if (err || m->ro)
		return err;
	why = why_not(m);
	if (why) {
		log_line("mounted read-only: %s", why);
		m->ro = true;
		return 0;
	}
	if (m->rec->why)
		log_line("%s", m->rec->why);
	if (m->base && m->rec->head_separate && recorder_has_udf(m->rec, m->base))
		log_line("it has a UDF tree as well, which won't show what is burned: read it by -t imapifs or -t iso9660");
	if (is_below(call->source, call->dir))
		return mount_fail("the image lies below the mount point, which would hide it from the commit; mount it somewhere else");
	return 0;
}

static void close_source(struct mounted *m)
{
	mount_fuse_close(m);
	mount_kernel_close(m);
	if (m->rec)
		m->rec->ops->close(m->rec);
}

/* The module where it is to be had, unless somebody insists */
static int mount_it(struct mount_call *call, struct mounted *m)
{
	int code;

	if (call->fake)
		return mount_fuse_spool(call, m);
	if (call->opt.face != FACE_FUSE) {
		code = mount_kernel(call, m);
		if (code != MOUNT_NO_MODULE)
			return code;
		if (call->opt.face == FACE_KERNEL)
			return MOUNT_EX_FAIL;
	}
	return mount_fuse(call, m);
}

/* The child: doesn't return before the mount is gone, if it has to be served */
static int serve(void *ctx, int ready)
{
	struct mount_call *call = ctx;
	struct mounted m = { NULL };
	int code;

	background_enter(ready);
	code = open_source(call, &m);
	if (!code)
		code = mount_it(call, &m);
	if (code || call->fake) {
		close_source(&m);
		background_tell(ready, code);
		return code;
	}
	background_detach(call->source);
	background_tell(ready, 0);
	/* Behind the mount; a read-only one of the module goes on without this process */
	m.rec->eject = call->opt.eject && (m.face || !m.ro);
	if (m.face)
		mount_fuse_serve(call, &m);
	else
		mount_kernel_serve(call, &m);
	close_source(&m);
	return 0;
}

static int start(struct mount_call *call)
{
	int code, err;

	code = background_start(serve, call);
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
