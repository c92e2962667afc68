// SPDX-License-Identifier: GPL-2.0-only
/*
 * imapifs rescue restore. First it only looks: whatever speaks against it is said
 * before anything is changed. The folder goes last, when a session has it all.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>
#include "attach.h"
#include "commands.h"
#include "control.h"
#include "log.h"
#include "mountpoint.h"
#include "restore.h"
#include "spool.h"
#include "text.h"

/**
 * struct job - a restore, and all that it needs
 * @r: what its parts share
 * @folder_name: as it was given
 * @dir_name: as it was given
 * @keep: the folder stays in any case
 * @folder: its fd
 * @files: fd of "files" in it; -1: it is a spool folder
 * @lock: of a spool folder's mount, held so that nobody takes it for left over
 * @mount: fd of the mount's root, -1: @dir_name is an ordinary folder
 * @status: of the mount
 * @deleted: names that the disc is to lose
 * @whole: false: deletions can't be trusted, and the folder stays
 */
struct job {
	struct restore r;
	const char *folder_name, *dir_name;
	bool keep;
	int folder, files, lock, mount;
	struct imapifs_status status;
	struct restore_deleted deleted;
	bool whole;
};

static int say(const char *name, const char *what)
{
	log_line("%s: %s", name, what);
	return -ECANCELED;
}

static int say_errno(const char *name, int err)
{
	return say(name, strerror(-err));
}

/* --- where to --- */

static bool is_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return !strncmp(path, dir, len) && (!path[len] || path[len] == '/' || !strcmp(dir, "/"));
}

/* One within the other would be copied into itself, or removed with the other */
static int check_apart(const struct job *j)
{
	char *folder = realpath(j->folder_name, NULL), *dir = realpath(j->dir_name, NULL);
	bool apart = folder && dir && !is_below(dir, folder);

	free(folder);
	free(dir);
	return apart ? 0 : say(j->dir_name, "is in the folder that is to be restored");
}

/* Below a mount's root "commit" can't be said, and names don't start at the disc's */
static int check_ordinary(const struct job *j)
{
	char *dir = realpath(j->dir_name, NULL);
	char *mount = dir ? mnt_get_mountpoint(dir) : NULL;
	char *found = mount ? mountpoint_find(mount) : NULL;
	int err = 0;

	if (found && !strcmp(found, mount)) {
		log_line("%s: not the root directory of the mount, which is %s", j->dir_name,
			 mount);
		err = -ECANCELED;
	}
	free(found);
	free(mount);
	free(dir);
	return err;
}

static int check_mount(const struct job *j)
{
	if (j->status.flags & IMAPIFS_READONLY)
		return say(j->dir_name, "mounted read-only");
	if (attach_is_needed(&j->status))
		return say(j->dir_name,
			   "the process that served it is gone: 'imapifs attach' it first");
	if ((j->status.flags & IMAPIFS_DIRTY) && !j->r.force)
		return say(j->dir_name,
			   "something is staged there that no session has yet: 'imapifs commit' it first, or --force");
	return 0;
}

static int open_dir(struct job *j)
{
	int err;

	j->r.dir = open(j->dir_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (j->r.dir < 0 && errno != ENOTCONN)
		return say_errno(j->dir_name, -errno);
	j->mount = control_try(j->dir_name, &j->status);
	if (j->mount >= 0)
		return check_mount(j);
	if (j->mount != -ENOTTY && j->mount != -EINVAL && j->mount != -EOPNOTSUPP &&
	    j->mount != -ENOSYS) {
		control_explain(j->dir_name, j->mount);
		return -ECANCELED;
	}
	err = check_ordinary(j);
	j->r.strict = true;
	return err;
}

/* --- where from --- */

/* The image that the folder is of is the one that is mounted */
static int check_source(const struct job *j, int note)
{
	char source[sizeof(j->status.source)] = "";
	ssize_t len;

	len = pread(note, source, sizeof(source) - 1, 0);
	if (len < 0)
		return say_errno("source", -errno);
	source[strcspn(source, "\n")] = '\0';
	text_printable(source);
	if (j->mount < 0 || j->r.force || !strcmp(source, j->status.source))
		return 0;
	log_line("%s: it is of %s, and %s is mounted at %s; --force restores it all the same",
		 j->folder_name, source, j->status.source, j->dir_name);
	return -ECANCELED;
}

static int read_source(struct job *j)
{
	int note = openat(j->folder, "source", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	int err;

	if (note < 0)
		return say(j->folder_name, "no rescue folder: it has no note of its source");
	err = fstat(note, &st) ? say_errno(j->folder_name, -errno) : check_source(j, note);
	j->r.saved = st.st_mtime;
	close(note);
	return err;
}

/* Names without their bytes: where these are on the disc nothing must be deleted */
static bool nothing_is_missing(const struct job *j)
{
	int fd = openat(j->folder, "missing", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char *line = NULL;
	size_t size = 0;
	bool none = true;
	FILE *f;

	f = fd < 0 ? NULL : fdopen(fd, "r");
	if (!f) {
		if (fd >= 0)
			close(fd);
		log_line("%s: the rescue was cut short: some things may be missing",
			 j->folder_name);
		return false;
	}
	while (getline(&line, &size, f) > 0) {
		line[strcspn(line, "\n")] = '\0';
		text_printable(line);
		log_line("%s: missing, its bytes are on the disc alone", line);
		none = false;
	}
	none = none && !ferror(f);
	free(line);
	fclose(f);
	return none;
}

static int open_rescue(struct job *j)
{
	int err = read_source(j);

	if (err)
		return err;
	j->whole = nothing_is_missing(j);
	err = restore_deleted_read(j->folder, j->files, &j->deleted);
	if (err == -ENOENT) {
		j->whole = false;
		err = 0;
	}
	return err ? say("deleted", strerror(-err)) : 0;
}

static int open_spool(struct job *j)
{
	j->lock = openat(j->folder, SPOOL_LOCK, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (j->lock < 0)
		return say(j->folder_name, "neither a rescue folder nor a spool folder");
	if (flock(j->lock, LOCK_EX | LOCK_NB))
		return say(j->folder_name, "the mount that it belongs to is alive");
	j->whole = true;
	return 0;
}

static int open_folder(struct job *j)
{
	j->folder = open(j->folder_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (j->folder < 0)
		return say_errno(j->folder_name, -errno);
	if (flock(j->folder, LOCK_EX | LOCK_NB))
		return say(j->folder_name, "another process is at work in it");
	j->files = openat(j->folder, "files", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (j->files >= 0)
		return open_rescue(j);
	return errno == ENOENT ? open_spool(j) : say_errno(j->folder_name, -errno);
}

/* --- the work --- */

static int look(struct job *j)
{
	int err;

	err = j->files >= 0 ? restore_tree_check(&j->r, j->files) :
		restore_spool_check(&j->r, j->folder);
	/* Of an ordinary folder no session keeps what is deleted there */
	if (!err && j->whole && !j->r.strict)
		err = restore_deleted_check(&j->r, &j->deleted);
	if (err == -ECANCELED)
		return say(j->folder_name, "nothing was restored");
	if (err)
		return say_errno(j->dir_name, err);
	if (!j->r.conflicts)
		return 0;
	return say(j->dir_name, "nothing was restored; --force replaces all of these");
}

static int copy(struct job *j)
{
	int err;

	err = j->files >= 0 ? restore_tree_copy(&j->r, j->files) :
		restore_spool_copy(&j->r, j->folder);
	if (err && err != -ECANCELED)
		log_line("%s: %s", j->dir_name, strerror(-err));
	return err;
}

static int delete(struct job *j)
{
	int err;

	if (!j->deleted.nr)
		return 0;
	if ((!j->whole || j->r.strict) && !j->r.force) {
		log_line("%s: %zu name%s not deleted; %s", j->dir_name, j->deleted.nr,
			 j->deleted.nr == 1 ? " was" : "s were",
			 j->whole ? "this is no mount of imapifs, so only --force does that" :
				    "what is missing may be below, so only --force does that");
		j->whole = false;
		return 0;
	}
	err = restore_deleted_apply(&j->r, &j->deleted);
	return err ? say_errno(j->dir_name, err) : 0;
}

/* From here on what was restored is safe without the folder */
static int make_safe(const struct job *j)
{
	if (j->mount >= 0)
		return control_commit(j->mount, j->dir_name, 0);
	return syncfs(j->r.dir) ? say_errno(j->dir_name, -errno) : 0;
}

/* Only what this program puts there: a folder with anything else in it stays */
static int remove_rescue(const struct job *j)
{
	static const char *const names[] = { "files", "deleted", "missing", "source" };
	size_t i;
	int err = 0;

	for (i = 0; i < sizeof(names) / sizeof(names[0]) && !err; i++)
		err = restore_remove(j->folder, names[i]);
	return err;
}

static int remove_spool(const struct job *j)
{
	struct dirent **list;
	int i, nr, err = 0;

	nr = scandirat(j->folder, ".", &list, NULL, NULL);
	if (nr < 0)
		return -errno;
	for (i = 0; i < nr; i++) {
		const char *name = list[i]->d_name;

		if (!err && strcmp(name, ".") && strcmp(name, "..") && strcmp(name, SPOOL_LOCK))
			err = unlinkat(j->folder, name, 0) ? -errno : 0;
		free(list[i]);
	}
	free(list);
	return err ? err : restore_remove(j->folder, SPOOL_LOCK);
}

static int remove_folder(const struct job *j)
{
	int err = j->files >= 0 ? remove_rescue(j) : remove_spool(j);

	if (!err && rmdir(j->folder_name))
		err = -errno;
	if (!err)
		return 0;
	return say(j->folder_name, "all is restored, but the folder could not be removed");
}

static void summary(const struct job *j, const char *end)
{
	unsigned long long files = j->r.files, deleted = j->r.deleted;

	printf("%llu file%s, %s restored, %llu name%s deleted; the folder %s\n", files,
	       text_plural(files), text_size(j->r.bytes).s, deleted, text_plural(deleted), end);
}

static int finish(struct job *j)
{
	bool all = j->whole && !j->r.left;
	int err = 0;

	if (all && !j->keep)
		err = remove_folder(j);
	summary(j, all && !j->keep && !err ? "is gone" : "is still there");
	if (!all)
		return say(j->folder_name, "not all of it could be restored, so the folder stays");
	return err;
}

static int restore(struct job *j)
{
	int err;

	err = open_dir(j);
	if (!err)
		err = check_apart(j);
	if (!err)
		err = open_folder(j);
	if (!err)
		err = look(j);
	if (err)
		return err;
	err = copy(j);
	if (!err)
		err = delete(j);
	if (!err)
		err = make_safe(j);
	if (!err)
		return finish(j);
	return say(j->folder_name, j->mount < 0 ?
		   "the folder is as it was; see to it, then restore it again" :
		   "the folder is as it was; see to it, 'imapifs commit' the mount, then restore it again");
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

int rescue_restore(const char *folder, const char *dir, bool keep, bool force)
{
	struct job j = {
		.r = { .dir = -1, .force = force },
		.folder_name = folder,
		.dir_name = dir,
		.keep = keep,
		.folder = -1, .files = -1, .lock = -1, .mount = -1,
	};
	int err = restore(&j);

	restore_deleted_free(&j.deleted);
	close_fd(j.mount);
	close_fd(j.lock);
	close_fd(j.files);
	close_fd(j.folder);
	close_fd(j.r.dir);
	return text_flush() || err ? EXIT_FAILED : EXIT_DONE;
}
