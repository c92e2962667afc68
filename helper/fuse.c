// SPDX-License-Identifier: GPL-2.0-only
/* The FUSE session: setting up, serving, taking down. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
#include "fuse.h"
#include "log.h"

/* Changes that wait for a commit each hold a thread */
#define MAX_THREADS	1024
#define IDLE_THREADS	16

/*
 * A write and its header must fit into a pipe to be spliced, and 1 MiB is the
 * most that a user's pipe may have (/proc/sys/fs/pipe-max-size).
 */
#define MAX_WRITE	(512u << 10)

/* Requests that the kernel sends without a program waiting: readahead, writeback */
#define MAX_BACKGROUND	256

static void face_init(void *userdata, struct fuse_conn_info *conn)
{
	static const unsigned int wanted = FUSE_CAP_ASYNC_READ |
		FUSE_CAP_ATOMIC_O_TRUNC | FUSE_CAP_SPLICE_READ |
		FUSE_CAP_SPLICE_WRITE | FUSE_CAP_SPLICE_MOVE |
		FUSE_CAP_IOCTL_DIR | FUSE_CAP_READDIRPLUS |
		FUSE_CAP_READDIRPLUS_AUTO | FUSE_CAP_ASYNC_DIO |
		FUSE_CAP_PARALLEL_DIROPS | FUSE_CAP_NO_OPEN_SUPPORT |
		FUSE_CAP_NO_OPENDIR_SUPPORT;

	(void)userdata;
	/*
	 * No writeback cache: write(2) would return before anybody asked
	 * whether the disc has room, and ENOSPC has to come from the write
	 * that doesn't fit. Nor does the kernel have to look at times to learn
	 * that a file changed: it made every change itself.
	 */
	conn->want &= ~(unsigned int)(FUSE_CAP_WRITEBACK_CACHE |
				      FUSE_CAP_AUTO_INVAL_DATA);
	conn->want |= wanted & conn->capable;
	conn->max_write = MAX_WRITE;
	/* Writeback may wait for a commit, and must not hold up readahead then */
	conn->max_background = MAX_BACKGROUND;
	conn->congestion_threshold = MAX_BACKGROUND * 3 / 4;
}

/* No flush: the kernel writes mapped pages back before it would ask for one */
static const struct fuse_lowlevel_ops ops = {
	.init = face_init,
	.lookup = face_lookup,
	.forget = face_forget,
	.forget_multi = face_forget_multi,
	.getattr = face_getattr,
	.setattr = face_setattr,
	.mkdir = face_mkdir,
	.mknod = face_mknod,
	.create = face_create,
	.symlink = face_symlink,
	.link = face_link,
	.unlink = face_unlink,
	.rmdir = face_rmdir,
	.rename = face_rename,
	.opendir = face_opendir,
	.readdir = face_readdir,
	.readdirplus = face_readdirplus,
	.fsyncdir = face_fsyncdir,
	.open = face_open,
	.release = face_release,
	.read = face_read,
	.write_buf = face_write_buf,
	.fsync = face_fsync,
	.fallocate = face_fallocate,
	.lseek = face_lseek,
	.copy_file_range = face_copy_file_range,
	.statfs = face_statfs,
	.ioctl = face_ioctl,
};

static void from_libfuse(enum fuse_log_level level, const char *fmt, va_list ap)
{
	char line[256];
	size_t len;

	/* clone_fd needs /dev/fuse open to the user; without it all works as well */
	if (level > FUSE_LOG_WARNING || strstr(fmt, "clone"))
		return;
	vsnprintf(line, sizeof(line), fmt, ap);
	len = strlen(line);
	if (len && line[len - 1] == '\n')
		line[len - 1] = '\0';
	log_line("%s", line);
}

/* A commit takes all content locks one after the other: readers must let it in */
static void init_content_locks(struct face *f)
{
	pthread_rwlockattr_t attr;
	int i;

	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setkind_np(&attr,
				      PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	for (i = 0; i < FACE_CONTENT_LOCKS; i++)
		pthread_rwlock_init(&f->content[i], &attr);
	pthread_rwlockattr_destroy(&attr);
}

int face_new(struct recorder *rec, struct spool *spool,
	     const struct imapi_volume *base, const struct mount_options *opt,
	     const char *source, struct face **out)
{
	struct face *f = calloc(1, sizeof(*f));
	int err;

	if (!f)
		return -ENOMEM;
	f->opt = opt;
	f->source = source;
	f->rec = rec;
	f->spool = spool;
	f->tree_ops.nwa = rec->nwa;
	f->tree_ops.room = face_room;
	f->tree_ops.drop = face_drop;
	f->tree_ops.ctx = f;
	gate_init(&f->gate);
	init_content_locks(f);
	pthread_mutex_init(&f->handles_lock, NULL);
	pthread_mutex_init(&f->result_lock, NULL);
	err = imapi_tree_new(&rec->source, base, spool ? &f->tree_ops : NULL,
			     &f->tree);
	if (err) {
		face_free(f);
		return err;
	}
	f->root = imapi_tree_root(f->tree);
	*out = f;
	return 0;
}

void face_free(struct face *f)
{
	int i;

	if (f->se)
		fuse_session_destroy(f->se);
	imapi_tree_free(f->tree);
	for (i = 0; i < FACE_CONTENT_LOCKS; i++)
		pthread_rwlock_destroy(&f->content[i]);
	pthread_mutex_destroy(&f->handles_lock);
	pthread_mutex_destroy(&f->result_lock);
	gate_destroy(&f->gate);
	free(f);
}

/* "ro,nosuid,...,fsname=SOURCE", commas in the source escaped */
static char *session_options(const struct face *f)
{
	char *opts = NULL, *name = NULL;
	bool failed;

	failed = fuse_opt_add_opt(&opts, "default_permissions") ||
		 fuse_opt_add_opt(&opts, "subtype=imapifs") ||
		 fuse_opt_add_opt(&opts, f->spool ? "rw" : "ro") ||
		 (!getuid() && fuse_opt_add_opt(&opts, "allow_other")) ||
		 (f->opt->vfs && fuse_opt_add_opt(&opts, f->opt->vfs)) ||
		 asprintf(&name, "fsname=%s", f->source) < 0 ||
		 fuse_opt_add_opt_escaped(&opts, name);
	free(name);
	if (!failed)
		return opts;
	free(opts);
	return NULL;
}

int face_mount(struct face *f, const char *dir)
{
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	char *opts = session_options(f);
	int err = -ENOMEM;

	fuse_set_log_func(from_libfuse);
	if (!opts || fuse_opt_add_arg(&args, "imapifs") ||
	    fuse_opt_add_arg(&args, "-o") || fuse_opt_add_arg(&args, opts))
		goto out;
	err = -EIO;
	f->se = fuse_session_new(&args, &ops, sizeof(ops), f);
	if (!f->se || fuse_session_mount(f->se, dir))
		goto out;
	f->dir = dir;
	err = 0;
out:
	fuse_opt_free_args(&args);
	free(opts);
	return err;
}

/* Ends the session on SIGTERM and the like */
struct watch {
	struct face *f;
	pthread_t server;
	sigset_t signals;
	atomic_bool over;	/* the loop was left */
};

static void nothing(int sig)
{
	(void)sig;
}

static void *watch_signals(void *arg)
{
	const struct timespec pause = { .tv_nsec = 100000000 };
	struct watch *w = arg;
	int sig;

	if (sigwait(&w->signals, &sig))
		return NULL;
	if (!atomic_load(&w->over))
		face_push_dirty(w->f);
	/*
	 * libfuse looks at the flag when a signal wakes it, so knock until it
	 * does. Requests that are under way are still answered.
	 */
	fuse_session_exit(w->f->se);
	while (!atomic_load(&w->over)) {
		pthread_kill(w->server, SIGUSR1);
		nanosleep(&pause, NULL);
	}
	return NULL;
}

static void serve(struct face *f)
{
	struct fuse_loop_config *config = fuse_loop_cfg_create();
	int err;

	if (!config) {
		log_line("out of memory");
		return;
	}
	fuse_loop_cfg_set_clone_fd(config, 1);
	fuse_loop_cfg_set_max_threads(config, MAX_THREADS);
	fuse_loop_cfg_set_idle_threads(config, IDLE_THREADS);
	err = fuse_session_loop_mt(f->se, config);
	if (err < 0)
		log_line("serving ended: %s", strerror(-err));
	fuse_loop_cfg_destroy(config);
}

void face_serve(struct face *f)
{
	struct watch w = { .f = f, .server = pthread_self() };
	struct sigaction knock = { .sa_handler = nothing };
	pthread_t thread;
	bool watched;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	sigaction(SIGUSR1, &knock, NULL);
	sigemptyset(&w.signals);
	sigaddset(&w.signals, SIGTERM);
	sigaddset(&w.signals, SIGINT);
	sigaddset(&w.signals, SIGHUP);
	sigaddset(&w.signals, SIGQUIT);
	pthread_sigmask(SIG_BLOCK, &w.signals, NULL);
	watched = !pthread_create(&thread, NULL, watch_signals, &w);
	serve(f);
	atomic_store(&w.over, true);
	if (watched) {
		pthread_kill(thread, SIGTERM);
		pthread_join(thread, NULL);
	}
	fuse_session_unmount(f->se);
}
