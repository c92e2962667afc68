/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A commit as the module and its helper do it: the tree goes over as a change
 * log, and what comes out of the log has to be the same tree in all that counts.
 */
#ifndef TEST_LOG_CHECK_H
#define TEST_LOG_CHECK_H

#include <stdarg.h>
#include "world.h"

/* --- text that grows, one line an entry --- */

struct text {
	char *p;
	size_t len, room;
};

__attribute__((format(printf, 2, 3)))
static inline void text_add(struct text *t, const char *format, ...)
{
	va_list ap;
	int n;

	if (t->room - t->len < 2048) {
		t->room = 2 * t->room + 65536;
		t->p = realloc(t->p, t->room);
		if (!t->p)
			abort();
	}
	va_start(ap, format);
	n = vsnprintf(t->p + t->len, t->room - t->len, format, ap);
	va_end(ap);
	t->len += (size_t)n < t->room - t->len ? (size_t)n : t->room - t->len - 1;
}

static inline int text_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Readdir's order is no promise of the log */
static inline void text_sort(struct text *t)
{
	struct text sorted = { 0 };
	size_t nr = 0, i;
	char *line, **lines;

	for (i = 0; i < t->len; i++)
		nr += t->p[i] == '\n';
	lines = calloc(nr + 1, sizeof(*lines));
	nr = 0;
	for (line = t->p ? strtok(t->p, "\n") : NULL; line; line = strtok(NULL, "\n"))
		lines[nr++] = line;
	qsort(lines, nr, sizeof(*lines), text_cmp);
	for (i = 0; i < nr; i++)
		text_add(&sorted, "%s\n", lines[i]);
	free(lines);
	free(t->p);
	*t = sorted;
}

/* --- all that a composer sees of a tree --- */

struct dump {
	struct imapi_tree *tree;
	struct text *text;
	char path[4096];
	int depth;
};

static inline int dump_entry(void *ctx, const struct imapi_entry *e)
{
	const struct imapi_content *c = &e->content;
	char name[IMAPI_NAME_UTF8];
	struct dump *d = ctx;
	size_t len = strlen(d->path);
	int ret = 0;
	u32 i;

	if (imapi_utf16_to_utf8(e->name, e->name_len, name, sizeof(name)) < 0)
		return -EILSEQ;
	if (snprintf(d->path + len, sizeof(d->path) - len, "/%s", name) >=
	    (int)(sizeof(d->path) - len))
		return -ENAMETOOLONG;
	text_add(d->text, "%s flags %u time %lld", d->path, e->flags, (long long)e->mtime);
	if (!(e->flags & IMAPI_DE_DIRECTORY)) {
		text_add(d->text, " size %llu", (unsigned long long)c->size);
		if (c->staged)
			text_add(d->text, " seed %u", ((struct blob *)c->staged)->seed);
		for (i = 0; i < c->nr; i++)
			text_add(d->text, " %u+%u/%u/%u/%u", c->extents[i].lba,
				 c->extents[i].len, c->extents[i].xattr_blocks,
				 c->extents[i].unit, c->extents[i].gap);
	}
	text_add(d->text, "\n");
	if (e->flags & IMAPI_DE_DIRECTORY && d->depth++ < 100)
		ret = imapi_dir_walk(d->tree, &e->dir, dump_entry, d);
	d->depth -= !!(e->flags & IMAPI_DE_DIRECTORY);
	d->path[len] = 0;
	return ret;
}

static inline int note_staged(void *ctx, const char *path, struct imapi_node *n)
{
	struct dump *d = ctx;
	struct imapi_attr a;

	imapi_node_attr(d->tree, n, &a);
	text_add(d->text, "unburned %s ino %llu dir %d staged %d time %lld\n", path,
		 (unsigned long long)a.ino, a.dir, a.staged, (long long)a.mtime);
	return 0;
}

static inline int note_gone(void *ctx, const char *path)
{
	struct dump *d = ctx;

	text_add(d->text, "gone %s\n", path);
	return 0;
}

/* The merged tree, what a rescue would see, and the figures */
static inline int dump_tree(struct imapi_tree *t, struct text *text)
{
	struct dump *d = calloc(1, sizeof(*d));
	struct imapi_dirref root = { .node = imapi_tree_root(t) };
	struct imapi_usage u;
	struct imapi_attr a;
	int ret;

	d->tree = t;
	d->text = text;
	imapi_node_attr(t, root.node, &a);
	text_add(text, "/ time %lld size %llu\n", (long long)a.mtime,
		 (unsigned long long)a.size);
	ret = imapi_dir_walk(t, &root, dump_entry, d);
	if (!ret)
		ret = imapi_tree_unburned(t, note_staged, note_gone, d);
	if (!ret)
		ret = imapi_tree_usage(t, &u);
	if (!ret)
		text_add(text, "usage %llu %llu %llu %llu %llu %llu generation %llu\n",
			 (unsigned long long)u.staged_files, (unsigned long long)u.staged_bytes,
			 (unsigned long long)u.staged_blocks, (unsigned long long)u.tree_blocks,
			 (unsigned long long)u.files, (unsigned long long)u.dirs,
			 (unsigned long long)imapi_tree_generation(t));
	text_sort(text);
	free(d);
	return ret;
}

/* --- over and back --- */

static inline int text_write(void *ctx, const void *buf, size_t len)
{
	struct text *t = ctx;

	if (!len)
		return -EINVAL;
	if (t->room - t->len < len) {
		t->room = 2 * t->room + len;
		t->p = realloc(t->p, t->room);
	}
	memcpy(t->p + t->len, buf, len);
	t->len += len;
	return 0;
}

/* The other side opens the same file: here it is a copy of what stands for it */
static inline void *staged_copy(void *ctx, u64 ino, u64 size)
{
	struct world *w = ctx;
	struct imapi_node *n = imapi_node_by_ino(w->tree, ino);
	struct imapi_content c;
	struct blob *b = NULL;

	if (!n)
		return NULL;
	if (!imapi_node_content(w->tree, n, &c) && c.staged && c.size == size) {
		b = malloc(sizeof(*b));
		*b = *(struct blob *)c.staged;
		w->blobs++;
	}
	imapi_node_put(w->tree, n, 1);
	return b;
}

static inline int world_export(struct world *w, struct text *log)
{
	return imapi_tree_export(w->tree, text_write, log);
}

static inline int world_import(struct world *w, const struct text *log,
			       struct imapi_tree **out)
{
	return imapi_tree_import(&w->src, &w->ops, log->p, log->len, staged_copy, w, out);
}

static inline int text_file(void *ctx, void *staged, u64 size)
{
	static const u8 zeros[IMAPI_BLOCK];
	struct blob *b = staged;
	u64 at;
	u8 c;

	if (b->size != size)
		return -EIO;
	for (at = 0; at < size; at++) {
		c = byte_of(b->seed, at);
		text_write(ctx, &c, 1);
	}
	if (size % IMAPI_BLOCK)
		text_write(ctx, zeros, IMAPI_BLOCK - size % IMAPI_BLOCK);
	return 0;
}

static inline int text_blocks(void *ctx, const void *buf, u32 count)
{
	return text_write(ctx, buf, (size_t)count * IMAPI_BLOCK);
}

/* A session from @t as bytes; its descriptors for block 16 come last */
static inline int compose_bytes(struct imapi_tree *t, u32 start, struct text *out)
{
	struct compose_params p = { .start = start, .volid = "LOG", .now = 1000000 };
	const struct compose_sink sink = { text_blocks, text_file, out };
	u8 head[COMPOSE_HEAD_MAX * IMAPI_BLOCK];
	struct compose *c;
	int ret = compose_plan(t, &p, &c);

	if (ret)
		return ret;
	ret = compose_emit(c, &sink);
	if (!ret)
		text_write(out, head, compose_head(c, head) * IMAPI_BLOCK);
	compose_free(c);
	return ret;
}

static inline int tell_place(void *ctx, u64 ino, u32 lba)
{
	struct world *w = ctx;

	if (imapi_tree_set_burned_ino(w->tree, ino, lba))
		return -EPROTO;
	return imapi_tree_set_burned_ino(w->tree, ino, lba) == -EALREADY ? 0 : -EPROTO;
}

struct log_check {
	struct text log, ours, theirs, session, same;
	struct imapi_tree *copy;
};

static inline bool same_text(struct text *a, struct text *b)
{
	bool same = a->len == b->len && !memcmp(a->p, b->p, a->len);
	size_t i;

	if (same)
		return true;
	for (i = 0; i < a->len && i < b->len && a->p[i] == b->p[i]; i++)
		;
	while (i && a->p[i - 1] != '\n')
		i--;
	fprintf(stderr, "# differs from here:\n# %.400s\n# %.400s\n",
		a->len > i ? a->p + i : "(end)\n", b->len > i ? b->p + i : "(end)\n");
	return false;
}

/* Both trees say the same of themselves */
static inline const char *check_same(struct world *w, struct log_check *k)
{
	free(k->ours.p);
	free(k->theirs.p);
	memset(&k->ours, 0, sizeof(k->ours));
	memset(&k->theirs, 0, sizeof(k->theirs));
	if (dump_tree(w->tree, &k->ours))
		return "our tree can't be walked";
	if (dump_tree(k->copy, &k->theirs))
		return "the copy can't be walked";
	return same_text(&k->ours, &k->theirs) ? NULL : "the copy isn't the same tree";
}

/* The commit fails once, and then is done with places that the copy gives */
static inline const char *check_commit(struct world *w, struct log_check *k)
{
	u32 start = w->src.blocks ? (w->src.blocks + 31) & ~31u : IMAPI_FIRST_SESSION;
	struct imapi_usage u;
	size_t head = 3 * IMAPI_BLOCK;

	if (imapi_tree_usage(w->tree, &u) || imapi_tree_commit_begin(k->copy))
		return "the copy has nothing to commit";
	if (compose_bytes(k->copy, start, &k->session) || imapi_tree_burned_check(k->copy))
		return "the copy can't be composed";
	if (compose_bytes(w->tree, start, &k->same))
		return "our tree can't be composed";
	if (k->session.len != k->same.len || memcmp(k->session.p, k->same.p, k->same.len))
		return "the sessions differ";
	imapi_tree_commit_end(w->tree, -EIO);
	if (imapi_tree_commit_begin(w->tree))
		return "nothing left to commit after a failure";
	/* Files that are all empty have no place to be forgotten */
	if (u.staged_blocks && imapi_tree_burned_check(w->tree) != -ENODATA)
		return "a failed commit's places are still known";
	if (imapi_tree_burned(k->copy, tell_place, w))
		return "a place was refused";
	if (imapi_tree_burned_check(w->tree))
		return "a staged file has no place";
	if (start * (u64)IMAPI_BLOCK + k->session.len > (u64)WORLD_BLOCKS * IMAPI_BLOCK)
		return "the disc is full";
	memcpy(w->disc + (size_t)start * IMAPI_BLOCK, k->session.p, k->session.len - head);
	memcpy(w->disc + 16 * IMAPI_BLOCK, k->session.p + k->session.len - head, head);
	w->src.blocks = start + (u32)((k->session.len - head) / IMAPI_BLOCK);
	imapi_tree_commit_end(w->tree, 0);
	imapi_tree_commit_end(k->copy, 0);
	return check_same(w, k);
}

/* A hasty commit has the copy count itself only when its content is burned */
enum log_haste { LOG_COMPARED, LOG_HASTY };

static inline const char *check_log(struct world *w, struct log_check *k,
				    enum log_haste haste)
{
	bool commit = !imapi_tree_commit_begin(w->tree);
	const char *why = NULL;

	if (world_export(w, &k->log))
		return "export";
	if (world_import(w, &k->log, &k->copy))
		return "import";
	if (haste == LOG_COMPARED || !commit)
		why = check_same(w, k);
	return why || !commit ? why : check_commit(w, k);
}

/*
 * Sends the tree over, compares, and commits if anything is dirty. Return: what is
 * wrong, or NULL.
 */
static inline const char *world_check_log(struct world *w, enum log_haste haste)
{
	struct log_check k = { .copy = NULL };
	const char *why = check_log(w, &k, haste);

	imapi_tree_free(k.copy);
	free(k.log.p);
	free(k.ours.p);
	free(k.theirs.p);
	free(k.session.p);
	free(k.same.p);
	return why;
}

#endif
