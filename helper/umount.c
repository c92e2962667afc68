// SPDX-License-Identifier: GPL-2.0-only
/* umount.imapifs: burns what is staged, then unmounts, then waits for the end. */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include "commands.h"
#include "attach.h"
#include "control.h"
#include "drive.h"
#include "log.h"
#include "mountpoint.h"
#include "writers.h"

/* What is left to do for the one who served the mount should take no longer */
#define END_MS		60000
#define TELL_MS		3000

struct umount_call {
	const char *dir;
	bool force, lazy, no_note, verbose;
};

static const char usage_text[] =
	"usage: umount.imapifs DIR [-flnrv]\n"
	"see umount.imapifs(8)\n";

/* Return: 0, a code of mount(8), or -1: done */
static int parse_arguments(int argc, char **argv, struct umount_call *call)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "flnrvt:N:hV", longs, NULL)) != -1) {
		switch (c) {
		case 'f':
			call->force = true;
			break;
		case 'l':
			call->lazy = true;
			break;
		case 'n':
			call->no_note = true;
			break;
		case 'v':
			call->verbose = true;
			break;
		case 'r':	/* what fails stays mounted read-write, see the manual */
		case 't':
		case 'N':	/* umount(8) is in that name space already */
			break;
		case 'h':
			fputs(usage_text, stdout);
			return -1;
		case 'V':
			puts("umount.imapifs " IMAPIFS_RELEASE);
			return -1;
		default:
			fputs(usage_text, stderr);
			return MOUNT_EX_USAGE;
		}
	}
	if (argc - optind == 1)
		return 0;
	fputs(usage_text, stderr);
	return MOUNT_EX_USAGE;
}

/* Only fusermount3 may unmount for a user */
static int unmount_as_user(const char *dir, bool lazy)
{
	pid_t child = fork();
	int status;

	if (child < 0)
		return -errno;
	if (!child) {
		execlp("fusermount3", "fusermount3", "-u", lazy ? "-z" : "--",
		       lazy ? "--" : dir, lazy ? dir : NULL, NULL);
		log_line("fusermount3: %s", strerror(errno));
		_exit(127);
	}
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -ECANCELED;
}

static int unmount_failed(const struct umount_call *call)
{
	if (errno == EBUSY)
		log_line("%s: target is busy; end what uses it and unmount again",
			 call->dir);
	else
		log_line("%s: %s", call->dir, strerror(errno));
	return MOUNT_EX_FAIL;
}

static int unmount(const struct umount_call *call)
{
	int flags = UMOUNT_NOFOLLOW;
	int err;

	if (geteuid()) {
		err = unmount_as_user(call->dir, call->lazy);
		/* It has said itself what it didn't like */
		return err ? MOUNT_EX_FAIL : 0;
	}
	if (call->force)
		flags |= MNT_FORCE;
	if (call->lazy)
		flags |= MNT_DETACH;
	return umount2(call->dir, flags) ? unmount_failed(call) : 0;
}

/* The disc is whole and unlocked when the process that served it is gone */
static void await_end(const char *dir, const char *source, int pidfd)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	if (poll(&p, 1, TELL_MS))
		return;
	if (isatty(STDERR_FILENO))
		log_line("%s: unmounted; waiting until %s is done", dir, source);
	if (!poll(&p, 1, END_MS))
		log_line("%s: unmounted, but its process is still at work; the system log will tell how it ended",
			 dir);
}

/*
 * A disc that was closed for good and stays mounted, because a program uses it, takes
 * nothing more of what that writes: so it is asked before. A mount that isn't in use is
 * marked by this, and the next look at it takes the mark away. Return: 0, or a code of
 * mount(8).
 */
static int check_idle(const struct umount_call *call, int *fd, struct imapifs_status *st)
{
	/* Only root may ask, and lazily or by force it is unmounted all the same */
	if (!(st->flags & IMAPIFS_FINALIZE) || geteuid() || call->lazy || call->force)
		return 0;
	close(*fd);
	*fd = -1;
	if (umount2(call->dir, MNT_EXPIRE | UMOUNT_NOFOLLOW) && errno != EAGAIN)
		return unmount_failed(call);
	*fd = control_open(call->dir, st);
	return *fd < 0 ? MOUNT_EX_FAIL : 0;
}

static int commit_first(const struct umount_call *call, int *fd, struct imapifs_status *st)
{
	int code, err;

	if (st->flags & (IMAPIFS_READONLY | IMAPIFS_MANUAL))
		return 0;
	code = check_idle(call, fd, st);
	if (code)
		return code;
	/* Not only if something is staged: a mapping may have what isn't yet */
	err = control_commit(*fd, call->dir, IMAPIFS_COMMIT_LAST);
	if (!err && (call->verbose || isatty(STDERR_FILENO)))
		control_tell(*fd, call->dir, st);
	if (!err || call->force)
		return 0;
	/* Of one that was cancelled, what is true is said already */
	log_line(err == -EINTR ? "%s: still mounted" : "%s: still mounted, nothing is lost",
		 call->dir);
	return MOUNT_EX_FAIL;
}

/* Nobody serves it: nothing can be burned */
static int unmount_dead(const struct umount_call *call)
{
	int code = unmount(call);

	if (!code)
		log_line("%s: unmounted; its process was gone, so what it may have staged is left in its spool folder",
			 call->dir);
	return code;
}

/*
 * The module still has what is staged when its process died, and needs another one
 * to burn it, or to keep it. Return: 0, or a code of mount(8).
 */
static int replace_dead(const struct umount_call *call, int *fd, struct imapifs_status *st)
{
	int code;

	log_line("%s: the process that served it is gone: starting another one", call->dir);
	code = attach_start(call->dir, NULL);
	if (!code) {
		close(*fd);
		*fd = control_open(call->dir, st);
		return *fd < 0 ? MOUNT_EX_FAIL : 0;
	}
	if (!(st->flags & IMAPIFS_DIRTY))
		return 0;
	if (call->force) {
		log_line("%s: what is staged is lost", call->dir);
		return 0;
	}
	log_line("%s: still mounted, nothing is lost", call->dir);
	return MOUNT_EX_FAIL;
}

/*
 * Some programs that burn unmount the drive, and then write where the disc ended when they
 * looked at it: over what is burned now, on media that can be written over.
 */
static bool is_in_the_way(const struct umount_call *call, const struct imapifs_status *st)
{
	struct writer w;

	if (call->force || !(st->flags & IMAPIFS_DIRTY) || !drive_is_one(st->source) ||
	    !writers_find(st->source, (pid_t)st->helper_pid, &w))
		return false;
	log_line("%s: still mounted: %s (process %d) has %s open for writing, which could spoil what is burned now; end it and unmount again",
		 call->dir, w.name, w.pid, st->source);
	return true;
}

/* 0 if nothing speaks against unmounting now */
static int prepare(const struct umount_call *call, int *fd, struct imapifs_status *st)
{
	int code;

	if (is_in_the_way(call, st))
		return MOUNT_EX_FAIL;
	if (attach_is_needed(st)) {
		code = replace_dead(call, fd, st);
		/* Without a process nothing can be burned, but it was said what that means */
		if (code || attach_is_needed(st))
			return code;
	}
	return commit_first(call, fd, st);
}

static int commit_and_unmount(const struct umount_call *call)
{
	struct imapifs_status st;
	int fd, code, pidfd;

	fd = control_try(call->dir, &st);
	if (fd == -ENOTCONN)
		return unmount_dead(call);
	if (fd < 0) {
		control_explain(call->dir, fd);
		return MOUNT_EX_FAIL;
	}
	code = prepare(call, &fd, &st);
	if (fd >= 0)
		close(fd);
	if (code)
		return code;
	pidfd = st.helper_pid ? pidfd_open((pid_t)st.helper_pid, 0) : -1;
	code = unmount(call);
	if (!code && pidfd >= 0 && !call->lazy)
		await_end(call->dir, st.source, pidfd);
	if (pidfd >= 0)
		close(pidfd);
	if (!code && (st.flags & IMAPIFS_MANUAL) && (st.flags & IMAPIFS_DIRTY))
		log_line("%s: commit=manual, so what was staged was not burned; the system log names the folder that has it",
			 call->dir);
	return code;
}

int umount_main(int argc, char **argv)
{
	struct umount_call call = { NULL };
	char *dir;
	int code;

	code = parse_arguments(argc, argv, &call);
	if (code)
		return code < 0 ? 0 : code;
	dir = mountpoint_find(argv[optind]);
	if (!dir) {
		log_line("%s: no imapifs is mounted there", argv[optind]);
		return MOUNT_EX_FAIL;
	}
	call.dir = dir;
	code = commit_and_unmount(&call);
	if (!code && !call.no_note && !geteuid())
		mountpoint_forget(dir);
	if (!code && call.verbose)
		printf("umount.imapifs: %s unmounted\n", dir);
	free(dir);
	return code;
}
