// SPDX-License-Identifier: GPL-2.0-only
/* imapifs rescue list: rescue folders, and spool folders of killed mounts */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "commands.h"
#include "json.h"
#include "log.h"
#include "restore.h"
#include "spool.h"
#include "text.h"

/* One folder; a spool's has neither a source nor lists */
struct entry {
	char *path;
	bool spool;
	char source[256];
	time_t when;
	uint64_t files, bytes, deleted, missing;
	bool whole;		/* false: the rescue was cut short, or can't be read */
};

struct list {
	struct json *json;	/* NULL: text */
	unsigned int nr;
};

/* --- looking into a folder --- */

static bool is_dot(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

/* Files and bytes below @name; what can't be read makes it not whole */
static void count(struct entry *e, int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *d;
	struct stat st;

	if (!list) {
		e->whole = false;
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((d = readdir(list))) {
		if (is_dot(d->d_name) || (e->spool && !strcmp(d->d_name, SPOOL_LOCK)) ||
		    fstatat(fd, d->d_name, &st, AT_SYMLINK_NOFOLLOW))
			continue;
		if (S_ISDIR(st.st_mode)) {
			count(e, fd, d->d_name);
		} else {
			e->files++;
			e->bytes += (uint64_t)st.st_size;
		}
	}
	closedir(list);
}

static FILE *open_note(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");

	if (!f && fd >= 0)
		close(fd);
	return f;
}

static uint64_t count_lines(struct entry *e, int dir, const char *name)
{
	FILE *f = open_note(dir, name);
	uint64_t lines = 0;
	int c;

	if (!f) {
		e->whole = false;
		return 0;
	}
	while ((c = getc_unlocked(f)) != EOF)
		lines += c == '\n';
	fclose(f);
	return lines;
}

static void read_source(struct entry *e, int dir)
{
	FILE *f = open_note(dir, "source");
	struct stat st;

	if (!f) {
		e->whole = false;
		return;
	}
	if (fgets(e->source, sizeof(e->source), f))
		e->source[strcspn(e->source, "\n")] = '\0';
	if (!fstat(fileno(f), &st))
		e->when = st.st_mtime;
	fclose(f);
}

/* --- telling of it --- */

static void print_json(struct json *j, const struct entry *e)
{
	json_open(j, NULL, '{');
	json_string(j, "folder", e->path);
	json_string(j, "kind", e->spool ? "spool" : "rescue");
	json_string(j, "source", e->source[0] ? e->source : NULL);
	json_signed(j, "when", e->when);
	json_number(j, "files", e->files);
	json_number(j, "bytes", e->bytes);
	json_number(j, "deleted", e->deleted);
	json_number(j, "missing", e->missing);
	json_bool(j, "whole", e->whole);
	json_close(j, '}');
}

static void print_text(struct entry *e)
{
	char date[32] = "";
	struct tm tm;

	text_printable(e->path);
	text_printable(e->source);
	if (gmtime_r(&e->when, &tm))
		strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S UTC", &tm);
	puts(e->path);
	if (e->spool)
		printf("    left by a mount that was killed, %s\n", date);
	else
		printf("    of %s, %s\n", e->source[0] ? e->source : "?", date);
	printf("    %llu file%s, %s", (unsigned long long)e->files, text_plural(e->files),
	       text_size(e->bytes).s);
	if (!e->spool)
		printf("; %llu name%s deleted, %llu missing", (unsigned long long)e->deleted,
		       text_plural(e->deleted), (unsigned long long)e->missing);
	puts(e->whole ? "" : "; not whole");
}

static void print(struct list *l, struct entry *e)
{
	if (l->json)
		print_json(l->json, e);
	else
		print_text(e);
	l->nr++;
}

/* --- finding them --- */

static int add_leftover(void *ctx, const char *path, uint64_t bytes)
{
	struct entry e = { .path = strdup(path), .spool = true, .whole = true };
	struct stat st;

	(void)bytes;
	if (!e.path)
		return -ENOMEM;
	if (!stat(path, &st))
		e.when = st.st_mtime;
	count(&e, AT_FDCWD, path);
	print(ctx, &e);
	free(e.path);
	return 0;
}

static int add_rescue(struct list *l, int rescues, const char *base, const char *name)
{
	struct entry e = { .whole = true };
	int fd = openat(rescues, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOTDIR || errno == ELOOP ? 0 : -errno;
	if (asprintf(&e.path, "%s/rescue/%s", base, name) < 0) {
		close(fd);
		return -ENOMEM;
	}
	read_source(&e, fd);
	e.deleted = count_lines(&e, fd, "deleted");
	e.missing = count_lines(&e, fd, "missing");
	count(&e, fd, "files");
	print(l, &e);
	free(e.path);
	close(fd);
	return 0;
}

static int add_rescues(struct list *l, const char *base)
{
	struct dirent **names;
	int i, nr, fd, err = 0;
	char *path;

	if (asprintf(&path, "%s/rescue", base) < 0)
		return -ENOMEM;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(path);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	nr = scandirat(fd, ".", &names, NULL, alphasort);
	if (nr < 0)
		err = -errno;
	for (i = 0; i < nr; i++) {
		if (!err && !is_dot(names[i]->d_name))
			err = add_rescue(l, fd, base, names[i]->d_name);
		free(names[i]);
	}
	if (nr >= 0)
		free(names);
	close(fd);
	return err;
}

static int look_into(struct list *l, const char *base)
{
	int err = add_rescues(l, base);

	return err ? err : spool_leftovers(base, add_leftover, l);
}

/* The default need not be there: no mount may have used it so far */
static int look_into_default(struct list *l)
{
	char *base = spool_default();
	int err = base ? look_into(l, base) : 0;

	if (err == -ENOENT)
		err = 0;
	if (err)
		log_line("%s: %s", base, strerror(-err));
	free(base);
	return err;
}

static int look_into_named(struct list *l, const char *spool)
{
	char *base = realpath(spool, NULL);
	int err = base ? look_into(l, base) : -errno;

	if (err)
		log_line("%s: %s", spool, strerror(-err));
	free(base);
	return err;
}

int rescue_list(const struct rescue_list_call *call)
{
	struct json j = { .out = stdout };
	struct list l = { .json = call->json ? &j : NULL };
	unsigned int i;
	int err;

	if (call->json)
		json_open(&j, NULL, '[');
	err = look_into_default(&l);
	for (i = 0; i < call->nr; i++)
		if (look_into_named(&l, call->spool[i]))
			err = -EIO;
	if (call->json)
		json_close(&j, ']');
	else if (!l.nr && !err)
		puts("nothing");
	return text_flush() || err ? EXIT_FAILED : EXIT_DONE;
}
