// SPDX-License-Identifier: GPL-2.0-only
/* imapifs attach: a new process for a mount whose own one died */
#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "attach.h"
#include "background.h"
#include "channel.h"
#include "commands.h"
#include "control.h"
#include "log.h"
#include "loop.h"
#include "mountpoint.h"
#include "options.h"
#include "recorder.h"
#include "serve.h"
#include "spool.h"
#include "text.h"

struct attach {
	const char *dir;
	struct mountpoint_info info;
	struct mount_options opt;
	struct serve serve;
	char *base;
};

static const char usage_text[] = "usage: imapifs attach DIR [-o OPTIONS]\n";

static int usage(void)
{
	fputs(usage_text, stderr);
	return EXIT_USAGE;
}

static int fail(const struct attach *a, const char *what)
{
	log_line("%s: %s", a->dir, what);
	return MOUNT_EX_FAIL;
}

/* --- what the mount was made with --- */

static int set_option(struct attach *a, const char *name, const char *value)
{
	char err[256];
	int ret = options_set(&a->opt, name, value, err, sizeof(err));

	if (ret < 0)
		log_line("%s: %s", a->dir, err);
	return ret;
}

/* The module's own list: a comma within a value is escaped there */
static int set_from_mount(struct attach *a)
{
	char *list = a->info.options, *word, *plain, *value;
	int ret = 0;

	while (ret >= 0 && (word = strsep(&list, ","))) {
		plain = mnt_unmangle(word);
		if (!plain)
			return -ENOMEM;
		value = strchr(plain, '=');
		if (value)
			*value++ = '\0';
		ret = set_option(a, plain, value);
		free(plain);
	}
	return ret < 0 ? ret : 0;
}

static int set_from_user(struct attach *a, const char *optstr)
{
	char *copy = strdup(optstr), *list = copy, *word, *value;
	int ret = 0;

	if (!copy)
		return -ENOMEM;
	while (!ret && (word = strsep(&list, ","))) {
		value = strchr(word, '=');
		if (value)
			*value++ = '\0';
		ret = set_option(a, word, value);
		if (ret == 1) {
			log_line("%s: option %s can't be set by attach", a->dir, word);
			ret = -EINVAL;
		}
	}
	free(copy);
	return ret;
}

/* The kernel's word for a path whose file was unlinked, though it may be back by now */
static void forget_deleted(char *source)
{
	static const char word[] = " (deleted)";
	size_t len = strlen(source), tail = sizeof(word) - 1;

	if (len > tail && !strcmp(source + len - tail, word) && access(source, F_OK))
		source[len - tail] = '\0';
}

static int find_options(struct attach *a, const char *optstr)
{
	char err[256];
	int ret;

	ret = mountpoint_read(a->dir, &a->info);
	if (ret) {
		log_line("%s: /proc/self/mountinfo: %s", a->dir, strerror(-ret));
		return MOUNT_EX_FAIL;
	}
	forget_deleted(a->info.source);
	a->serve.source = a->info.source;
	ret = options_parse(NULL, 0, &a->opt, err, sizeof(err));
	if (!ret)
		ret = set_from_mount(a);
	if (!ret && optstr)
		ret = set_from_user(a, optstr);
	if (ret == -ENOMEM)
		return MOUNT_EX_SYSERR;
	return ret ? MOUNT_EX_USAGE : 0;
}

/* --- the new process --- */

/* Is what stands at the path what is mounted? @a->serve.loop is set if by a loop device */
static int check_source(struct attach *a)
{
	struct stat st;
	int loop;

	if (stat(a->info.source, &st)) {
		log_line("%s: %s: %s; put it back and attach again", a->dir, a->info.source,
			 strerror(errno));
		return MOUNT_EX_FAIL;
	}
	if (S_ISBLK(st.st_mode))
		return st.st_rdev == makedev(a->info.major, a->info.minor) ? 0 :
			fail(a, "another device is mounted there than its name says");
	loop = loop_find(a->info.major, a->info.minor, a->info.source);
	if (loop == -EMEDIUMTYPE)
		return fail(a, "another image stands at the place of the one that is mounted; put it back and attach again");
	if (loop < 0) {
		log_line("%s: its loop device: %s", a->dir, strerror(-loop));
		return MOUNT_EX_FAIL;
	}
	a->serve.loop = loop;
	return 0;
}

static int open_source(struct attach *a)
{
	const char *why;
	int err;

	err = check_source(a);
	if (err)
		return err;
	err = recorder_open(a->info.source, RECORDER_TAKE_OVER, &a->serve.rec, &why);
	if (err) {
		log_line("%s: %s: %s", a->dir, a->info.source, why);
		return MOUNT_EX_FAIL;
	}
	a->serve.rec->speed = a->opt.speed;
	a->serve.rec->eject = a->opt.eject;
	if (!a->serve.rec->writable)
		return fail(a, a->serve.rec->why);
	err = spool_find_base(a->opt.spool, &a->base);
	if (err) {
		log_line("%s: spool folder: %s; name another one with -o spool=", a->dir,
			 strerror(-err));
		return MOUNT_EX_FAIL;
	}
	return 0;
}

static int hand_over(struct attach *a)
{
	__s32 channel = a->serve.fd;
	int dir = open(a->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = 0;

	if (dir < 0 || ioctl(dir, IMAPIFS_IOC_ATTACH, &channel))
		err = errno;
	if (dir >= 0)
		close(dir);
	switch (err) {
	case 0:
		return 0;
	case EBUSY:
		return fail(a, "a process serves it already");
	case EMEDIUMTYPE:
		return fail(a, "the disc was changed by another program since it was mounted; umount -f it");
	default:
		return fail(a, strerror(err));
	}
}

static int attach(struct attach *a)
{
	int code = open_source(a);

	if (code)
		return code;
	a->serve.base = a->base;
	a->serve.fd = channel_open(a->serve.rec->nwa);
	if (a->serve.fd < 0) {
		log_line("%s: /dev/imapifs: %s", a->dir, strerror(-a->serve.fd));
		return MOUNT_EX_FAIL;
	}
	return hand_over(a);
}

static int child(void *ctx, int ready)
{
	struct attach *a = ctx;
	int code;

	background_enter(ready);
	code = attach(a);
	if (code) {
		background_tell(ready, code);
		return code;
	}
	background_detach(a->info.source);
	background_tell(ready, 0);
	serve_process(&a->serve);
	mountpoint_forget(a->dir);
	/* Only now: it may have something to put right */
	a->serve.rec->ops->close(a->serve.rec);
	return 0;
}

bool attach_is_needed(const struct imapifs_status *st)
{
	return !strcmp(st->face, "kernel") && !st->helper_pid &&
	       !(st->flags & IMAPIFS_READONLY);
}

int attach_start(const char *dir, const char *optstr)
{
	struct attach a = {
		.dir = dir,
		.serve.channel = &channel_device,
		.serve.fd = -1,
		.serve.loop = -1,
	};
	int code;

	code = find_options(&a, optstr);
	a.serve.volid = a.opt.volid;
	a.serve.verify = a.opt.verify;
	a.serve.finalize = a.opt.finalize;
	a.serve.manual = a.opt.commit == COMMIT_MANUAL;
	if (!code)
		code = background_start(child, &a);
	options_free(&a.opt);
	mountpoint_free(&a.info);
	return code;
}

static int run(const char *name, const char *optstr)
{
	char *dir = mountpoint_find(name);
	struct imapifs_status st;
	int fd, code;

	if (!dir) {
		log_line("%s: no imapifs is mounted there", name);
		return EXIT_FAILED;
	}
	fd = control_open(dir, &st);
	if (fd < 0) {
		free(dir);
		return EXIT_FAILED;
	}
	close(fd);
	code = EXIT_FAILED;
	if (attach_is_needed(&st))
		code = attach_start(dir, optstr) ? EXIT_FAILED : EXIT_DONE;
	else if (strcmp(st.face, "kernel"))
		log_line("%s: the module doesn't serve it, process %u does", dir, st.helper_pid);
	else if (st.helper_pid)
		log_line("%s: process %u serves it", dir, st.helper_pid);
	else
		log_line("%s: it is read-only, and needs no process", dir);
	free(dir);
	return code;
}

int attach_command(int argc, char **argv)
{
	const char *dir = NULL, *optstr = NULL;
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			fputs(usage_text, stdout);
			return EXIT_DONE;
		}
		if (!strcmp(argv[i], "-o") && i + 1 < argc && !optstr)
			optstr = argv[++i];
		else if (argv[i][0] != '-' && !dir)
			dir = argv[i];
		else
			return usage();
	}
	return dir ? run(dir, optstr) : usage();
}
