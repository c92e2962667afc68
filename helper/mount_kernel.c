// SPDX-License-Identifier: GPL-2.0-only
/* Mounting with the module: this process composes, records and keeps. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include "channel.h"
#include "commands.h"
#include "log.h"
#include "loop.h"
#include "mounted.h"
#include "mountpoint.h"
#include "serve.h"

struct kernel {
	int channel;		/* -1: read-only */
	int loop;		/* -1: a block device was given */
	char device[32];	/* the loop device's name */
	char *base;		/* the folder that spools are in; NULL: read-only */
};

/* FUSE will do, and nobody needs to know why, unless the module was asked for */
static int __attribute__((format(printf, 2, 3)))
no_module(const struct mount_call *call, const char *fmt, ...)
{
	char line[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (call->opt.face == FACE_KERNEL)
		log_line("option face=kernel: %s", line);
	return MOUNT_NO_MODULE;
}

static bool is_below_dir(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	if (!strcmp(dir, "/"))
		return true;
	return !strncmp(path, dir, len) && (path[len] == '/' || !path[len]);
}

/* The module stages in files without a name, which not every file system has */
static int try_unnamed_file(const char *folder)
{
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static int find_spool(struct mount_call *call, struct kernel *k)
{
	int err;

	err = spool_find_base(call->opt.spool, &k->base);
	if (err)
		return mount_spool_failed(call->opt.spool, err);
	/* What this process writes to it would go to the mount, and wait for this process */
	if (is_below_dir(k->base, call->dir))
		return no_module(call, "the spool folder %s lies below the mount point",
				 k->base);
	err = try_unnamed_file(k->base);
	if (err == -EOPNOTSUPP || err == -EISDIR)
		return no_module(call,
				 "the spool folder %s is on a file system without unnamed files (O_TMPFILE); name another one with spool=",
				 k->base);
	return err ? mount_spool_failed(call->opt.spool, err) : 0;
}

static int open_channel(struct mount_call *call, const struct mounted *m,
			struct kernel *k)
{
	/* A read-only mount has no use for it, but wants the module loaded */
	int fd = channel_open(m->ro ? IMAPI_FIRST_SESSION : m->rec->nwa);

	if (fd >= 0) {
		k->channel = fd;
		return 0;
	}
	if (fd == -ENODEV)
		return no_module(call, "this kernel has no module imapifs");
	if (fd == -EPROTO) {
		log_line("the module imapifs is of another version than this program, and not used");
		return MOUNT_NO_MODULE;
	}
	return no_module(call, "/dev/imapifs: %s", strerror(-fd));
}

/* What to mount: the module takes block devices */
static int find_device(struct mount_call *call, struct kernel *k, const char **device)
{
	struct stat st;
	int fd;

	*device = call->source;
	if (stat(call->source, &st))
		st.st_mode = 0;
	if (S_ISBLK(st.st_mode))
		return 0;
	if (S_ISCHR(st.st_mode))
		return no_module(call, "the module takes a drive by its block device (/dev/sr0) alone");
	fd = loop_setup(call->source, k->device, sizeof(k->device));
	if (fd < 0)
		return no_module(call, "no loop device for the image: %s", strerror(-fd));
	k->loop = fd;
	*device = k->device;
	return 0;
}

/* --- fsopen(2) and on --- */

/* A new mount on its way: the first error ends it */
struct setup {
	int fs;
	int err;
};

static void set_string(struct setup *s, const char *key, const char *value)
{
	if (!s->err && value && fsconfig(s->fs, FSCONFIG_SET_STRING, key, value, 0))
		s->err = -errno;
}

static void __attribute__((format(printf, 3, 4)))
set_number(struct setup *s, const char *key, const char *fmt, ...)
{
	char value[32];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	set_string(s, key, value);
}

static void set_flag(struct setup *s, const char *key, bool set)
{
	if (!s->err && set && fsconfig(s->fs, FSCONFIG_SET_FLAG, key, NULL, 0))
		s->err = -errno;
}

static void set_fd(struct setup *s, const char *key, int fd)
{
	if (!s->err && fsconfig(s->fs, FSCONFIG_SET_FD, key, NULL, fd))
		s->err = -errno;
}

static void set_options(struct setup *s, const struct mount_options *opt, bool ro)
{
	static const char *const commits[] = { "sync", "umount", "manual" };
	static const char *const verifies[] = { "full", "meta", "none" };

	set_flag(s, "ro", ro);
	if (opt->session)
		set_number(s, "session", "%u", opt->session);
	set_flag(s, "fresh", opt->fresh);
	if (opt->commit != COMMIT_SYNC)
		set_string(s, "commit", commits[opt->commit]);
	if (opt->verify != VERIFY_FULL)
		set_string(s, "verify", verifies[opt->verify]);
	if (opt->speed)
		set_number(s, "speed", "%u", opt->speed);
	if (opt->size != UINT64_MAX)
		set_number(s, "size", "%llu", (unsigned long long)opt->size);
	set_string(s, "volid", opt->volid);
	set_number(s, "uid", "%u", opt->uid);
	set_number(s, "gid", "%u", opt->gid);
	set_number(s, "fmask", "%o", opt->fmask);
	set_number(s, "dmask", "%o", opt->dmask);
	set_flag(s, "finalize", opt->finalize);
	set_flag(s, "eject", opt->eject);
}

/* Is @name, without a value, in the list of what mount(8) handed on? The last one counts */
static bool vfs_says(const struct mount_options *opt, const char *yes, const char *no)
{
	const char *at = opt->vfs ? opt->vfs : "";
	bool says = false;
	size_t len;

	for (; *at; at += len + (at[len] == ',')) {
		len = strcspn(at, ",");
		if (len == strlen(yes) && !strncmp(at, yes, len))
			says = true;
		if (len == strlen(no) && !strncmp(at, no, len))
			says = false;
	}
	return says;
}

/* nosuid and nodev always: a disc has neither such files nor a say in the matter */
static unsigned int mount_attributes(const struct mount_options *opt, bool ro)
{
	unsigned int attr = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;

	if (ro)
		attr |= MOUNT_ATTR_RDONLY;
	if (vfs_says(opt, "noexec", "exec"))
		attr |= MOUNT_ATTR_NOEXEC;
	if (vfs_says(opt, "noatime", "atime"))
		attr |= MOUNT_ATTR_NOATIME;
	if (vfs_says(opt, "nodiratime", "diratime"))
		attr |= MOUNT_ATTR_NODIRATIME;
	return attr;
}

/* The kernel's words on what went wrong: "e imapifs: ...", one a read */
static bool tell_messages(int fs)
{
	bool told = false;
	char line[512];
	ssize_t n;

	while ((n = read(fs, line, sizeof(line) - 1)) > 0) {
		line[n - (line[n - 1] == '\n')] = '\0';
		log_line("%s", n > 2 && line[1] == ' ' ? line + 2 : line);
		told |= line[0] == 'e';
	}
	return told;
}

static int attach_mount(struct setup *s, const struct mount_call *call, bool ro)
{
	int mnt, err = 0;

	mnt = fsmount(s->fs, FSMOUNT_CLOEXEC, mount_attributes(&call->opt, ro));
	if (mnt < 0)
		return -errno;
	if (move_mount(mnt, "", AT_FDCWD, call->dir, MOVE_MOUNT_F_EMPTY_PATH))
		err = -errno;
	close(mnt);
	return err;
}

/*
 * The recorder's own fd is handed over, not another one of the same file: its lock
 * then lasts as long as the mount, even if this process doesn't.
 */
static int configure(struct setup *s, const struct mount_call *call,
		     const struct mounted *m, const char *device)
{
	const struct kernel *k = m->kernel;

	set_string(s, "source", device);
	if (!m->ro) {
		set_fd(s, "fd", k->channel);
		set_string(s, "spool", k->base);
	}
	if (k->loop >= 0)
		set_fd(s, "backing", m->rec->fd);
	set_flag(s, "sync", vfs_says(&call->opt, "sync", "async"));
	set_flag(s, "dirsync", vfs_says(&call->opt, "dirsync", ""));
	set_options(s, &call->opt, m->ro);
	if (!s->err && fsconfig(s->fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		s->err = -errno;
	return s->err ? s->err : attach_mount(s, call, m->ro);
}

static int mount_device(struct mount_call *call, struct mounted *m, const char *device)
{
	struct setup s = { .fs = fsopen("imapifs", FSOPEN_CLOEXEC) };
	int err;

	if (s.fs < 0)
		return no_module(call, "%s", strerror(errno));
	err = configure(&s, call, m, device);
	if (!tell_messages(s.fs) && err)
		log_line("%s: %s", call->dir, strerror(-err));
	close(s.fs);
	return err ? MOUNT_EX_FAIL : 0;
}

/* The module looks for itself, and has said why */
static bool is_read_only(const char *dir)
{
	struct mountpoint_info info;
	bool ro;

	ro = !mountpoint_read(dir, &info) &&
	     (!strcmp(info.options, "ro") || !strncmp(info.options, "ro,", 3));
	mountpoint_free(&info);
	return ro;
}

int mount_kernel(struct mount_call *call, struct mounted *m)
{
	const char *device;
	int code = 0;

	if (geteuid())
		return no_module(call, "only root can mount with it");
	/* Only FUSE mends that, as the module takes block 16 for what counts */
	if (!m->ro && m->rec->sessions.headless)
		return no_module(call, "the descriptors at block 16 are damaged");
	m->kernel = calloc(1, sizeof(*m->kernel));
	if (!m->kernel)
		return mount_fail(strerror(ENOMEM));
	m->kernel->channel = -1;
	m->kernel->loop = -1;
	if (!m->ro)
		code = find_spool(call, m->kernel);
	if (!code)
		code = open_channel(call, m, m->kernel);
	if (!code)
		code = find_device(call, m->kernel, &device);
	if (!code)
		code = mount_device(call, m, device);
	if (code) {
		mount_kernel_close(m);
		return code;
	}
	if (!m->ro)
		mount_tell_leftovers(m->kernel->base);
	m->ro |= is_read_only(call->dir);
	return 0;
}

void mount_kernel_serve(struct mount_call *call, struct mounted *m)
{
	struct serve s = {
		.channel = &channel_device,
		.fd = m->kernel->channel,
		.rec = m->rec,
		.loop = m->kernel->loop,
		.volid = call->opt.volid,
		.verify = call->opt.verify,
		.base = m->kernel->base,
		.source = call->source,
		.finalize = call->opt.finalize,
		.manual = call->opt.commit == COMMIT_MANUAL,
	};

	if (m->ro)
		return;
	serve_process(&s);
	mount_gone(call);
}

void mount_kernel_close(struct mounted *m)
{
	struct kernel *k = m->kernel;

	if (!k)
		return;
	if (k->channel >= 0)
		close(k->channel);
	if (k->loop >= 0)
		close(k->loop);
	free(k->base);
	free(k);
	m->kernel = NULL;
}
