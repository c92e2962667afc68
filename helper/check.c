// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>
#include "check.h"
#include "text.h"

#define CHUNK		512u	/* blocks read at once: 1 MiB */
#define DIR_BLOCKS	16u

/* Where the walk is in a directory */
struct dir_walk {
	struct check_tree *t;
	u32 dir;		/* index */
	u8 *extent_buf;		/* DIR_BLOCKS blocks */
	u8 last_name[IMAPI_NAME_BYTES_ON_DISC];
	u32 last_len;
	u32 orders;		/* that the records may still be in; 0: said so already */
};

void check_problem(struct check *c, const char *fmt, ...)
{
	char line[2 * CHECK_PATH];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	c->problems++;
	c->problem(c->ctx, line);
}

/* Puts "/" and @name in front of what @at points to, as far as there is room */
static char *prepend(char *start, char *at, const char *name)
{
	size_t len = strlen(name);

	if ((size_t)(at - start) < len + 1)
		return at;
	at -= len;
	memcpy(at, name, len);
	*--at = '/';
	return at;
}

const char *check_path(const struct check_tree *t, u32 dir, const char *name, char *out)
{
	char *at = out + CHECK_PATH - 1;

	*at = '\0';
	if (name)
		at = prepend(out, at, name);
	for (; dir; dir = t->dirs[dir].parent)
		at = prepend(out, at, t->dirs[dir].name);
	if (!*at)
		*--at = '/';
	text_printable(at);
	return at;
}

static u32 slot_of(const struct check_tree *t, u32 lba)
{
	u32 slot = imapi_sum32(&lba, sizeof(lba)) % CHECK_SLOTS;

	while (t->slots[slot] && t->dirs[t->slots[slot] - 1].lba != lba)
		slot = (slot + 1) % CHECK_SLOTS;
	return slot;
}

u32 check_find_dir(const struct check_tree *t, u32 lba)
{
	/* An empty slot gives UINT32_MAX */
	return t->slots[slot_of(t, lba)] - 1;
}

static int grow_dirs(struct check_tree *t)
{
	u32 room = t->room ? 2 * t->room : 64;
	struct check_dir *dirs = realloc(t->dirs, room * sizeof(*dirs));

	if (!dirs)
		return -ENOMEM;
	t->dirs = dirs;
	t->room = room;
	return 0;
}

/* A directory that was not seen before goes to the end of the queue that @dirs is */
static int add_dir(struct check_tree *t, u32 parent, const char *name,
		   const struct imapi_dirloc *loc)
{
	u32 slot = slot_of(t, loc->lba);
	char path[CHECK_PATH], other[CHECK_PATH];

	if (t->slots[slot]) {
		check_problem(t->c, "%s tree: directory %s is the same as %s", t->label,
			      check_path(t, parent, name, path),
			      check_path(t, t->slots[slot] - 1, NULL, other));
		return 0;
	}
	if (t->nr == IMAPI_MAX_DIRS) {
		if (!t->too_many)
			check_problem(t->c,
				      "%s tree: more than %u directories; the others were not looked at",
				      t->label, IMAPI_MAX_DIRS);
		t->too_many = true;
		t->broken = true;
		return 0;
	}
	if (t->nr == t->room && grow_dirs(t))
		return -ENOMEM;
	t->dirs[t->nr] = (struct check_dir) {
		.lba = loc->lba,
		.size = loc->size,
		.parent = parent,
		.name = strdup(name),
	};
	if (!t->dirs[t->nr].name)
		return -ENOMEM;
	t->slots[slot] = ++t->nr;
	return 0;
}

u32 check_orders(u32 orders, const u8 *a, u32 a_len, const u8 *b, u32 b_len)
{
	int by_unit = memcmp(a, b, a_len < b_len ? a_len : b_len);

	if (imapi_name_cmp(a, a_len, b, b_len) >= 0)
		orders &= ~CHECK_BY_NAME;
	if (by_unit > 0 || (!by_unit && a_len >= b_len))
		orders &= ~CHECK_BY_UNIT;
	return orders;
}

/* Two records of one name are out of order as well */
static void check_order(struct dir_walk *w, const struct imapi_record *rec)
{
	char path[CHECK_PATH];

	if (w->last_len && w->orders) {
		w->orders = check_orders(w->orders, w->last_name, w->last_len,
					 rec->name, rec->name_len);
		if (!w->orders)
			check_problem(w->t->c,
				      "%s tree: %s: the records are not in order, or one name stands twice",
				      w->t->label, check_path(w->t, w->dir, NULL, path));
	}
	memcpy(w->last_name, rec->name, rec->name_len);
	w->last_len = rec->name_len;
}

static u64 place_of(const struct imapi_extent *list, u32 nr)
{
	u64 hash = IMAPI_HASH64_SEED;
	u32 i;

	for (i = 0; i < nr; i++) {
		hash = imapi_hash64(hash, &list[i].lba, sizeof(list[i].lba));
		hash = imapi_hash64(hash, &list[i].len, sizeof(list[i].len));
	}
	return hash;
}

/* Adds a file's place to the sum; of several extents all are read again */
static int add_place(struct dir_walk *w, const struct imapi_record *rec)
{
	struct imapi_dir_cursor cur = {
		.src = w->t->c->src,
		.dir = { w->t->dirs[w->dir].lba, w->t->dirs[w->dir].size },
		.ucs = w->t->ucs,
		.buf = w->extent_buf,
		.buf_blocks = DIR_BLOCKS,
	};
	struct imapi_extent *list;
	int nr;

	if (rec->extents == 1) {
		w->t->places += place_of(&rec->first, 1);
		return 0;
	}
	list = calloc(rec->extents, sizeof(*list));
	if (!list)
		return -ENOMEM;
	nr = imapi_dir_extents(&cur, rec->pos, list, rec->extents);
	if (nr > 0)
		w->t->places += place_of(list, (u32)nr);
	free(list);
	return nr < 0 ? nr : 0;
}

static int take_record(struct dir_walk *w, const struct imapi_record *rec)
{
	struct imapi_dirloc loc = {
		.lba = rec->first.lba + rec->first.xattr_blocks,
		.size = rec->first.len,
	};
	char name[IMAPI_NAME_UTF8];
	int len;

	check_order(w, rec);
	if (rec->flags & IMAPI_DE_DIRECTORY) {
		len = imapi_utf16_to_utf8(rec->name, rec->name_len, name, sizeof(name));
		return len < 0 ? len : add_dir(w->t, w->dir, name, &loc);
	}
	w->t->files++;
	w->t->bytes += rec->size;
	if (!rec->size)
		return 0;
	w->t->data_files++;
	return add_place(w, rec);
}

static int walk_dir(struct check_tree *t, u32 dir, u8 *buf, u8 *extent_buf)
{
	struct imapi_dir_cursor cur = {
		.src = t->c->src,
		.dir = { t->dirs[dir].lba, t->dirs[dir].size },
		.ucs = t->ucs,
		.buf = buf,
		.buf_blocks = DIR_BLOCKS,
	};
	struct dir_walk w = {
		.t = t,
		.dir = dir,
		.extent_buf = extent_buf,
		.orders = CHECK_ANY_ORDER,
	};
	struct imapi_record rec;
	char path[CHECK_PATH];
	int ret;

	while ((ret = imapi_dir_next(&cur, &rec)) > 0) {
		ret = take_record(&w, &rec);
		if (ret)
			break;
	}
	if (!ret || ret == -ENOMEM)
		return ret;
	t->broken = true;
	check_problem(t->c, "%s tree: %s: %s at byte %u", t->label, check_path(t, dir, NULL, path),
		      ret == -EUCLEAN ? "malformed record" : strerror(-ret), cur.pos);
	return 0;
}

/* @dirs is a queue: what the walk finds is walked later, so nothing recurses */
static int walk_tree(struct check_tree *t)
{
	u8 *buf = malloc(2 * DIR_BLOCKS * IMAPI_BLOCK);
	int err;
	u32 i;

	t->slots = calloc(CHECK_SLOTS, sizeof(*t->slots));
	if (!buf || !t->slots) {
		free(buf);
		return -ENOMEM;
	}
	err = add_dir(t, 0, "", &t->where->root);
	for (i = 0; i < t->nr && !err; i++)
		err = walk_dir(t, i, buf, buf + DIR_BLOCKS * IMAPI_BLOCK);
	free(buf);
	return err;
}

static void free_tree(struct check_tree *t)
{
	u32 i;

	for (i = 0; i < t->nr; i++)
		free(t->dirs[i].name);
	free(t->dirs);
	free(t->slots);
}

static int check_tree(struct check_tree *t)
{
	int err;

	err = walk_tree(t);
	return err ? err : check_path_tables(t);
}

/*
 * Two trees, one set of data. Empty files may differ: other programs put
 * symbolic links into the primary tree alone, as empty files.
 */
static void compare_trees(struct check *c, const struct check_tree *primary,
			  const struct check_tree *ucs)
{
	if (primary->broken || ucs->broken)
		return;
	if (primary->data_files != ucs->data_files)
		check_problem(c, "the primary tree has %llu file%s with data, the Joliet tree %llu",
			      (unsigned long long)primary->data_files,
			      text_plural(primary->data_files),
			      (unsigned long long)ucs->data_files);
	else if (primary->places != ucs->places)
		check_problem(c, "the primary tree's files lie elsewhere than the Joliet tree's");
}

static int check_trees(struct check *c)
{
	const struct imapi_volume *vol = &c->session->vol;
	struct check_tree primary = {
		.c = c, .label = "primary", .where = &vol->primary,
	};
	struct check_tree ucs = {
		.c = c, .label = "Joliet", .where = &vol->ucs, .ucs = true,
	};
	const struct check_tree *shown = vol->joliet ? &ucs : &primary;
	int err;

	err = check_tree(&primary);
	if (!err && vol->joliet)
		err = check_tree(&ucs);
	if (!err && vol->joliet)
		compare_trees(c, &primary, &ucs);
	c->dirs = shown->nr;
	c->files = shown->files;
	c->bytes = shown->bytes;
	free_tree(&primary);
	free_tree(&ucs);
	return err;
}

static void say_unreadable(struct check *c, u32 first, u32 count)
{
	if (count == 1)
		check_problem(c, "block %u can't be read", first);
	else if (count)
		check_problem(c, "blocks %u to %u can't be read", first, first + count - 1);
}

/* A chunk failed: which of its blocks is it? One line for each run of them */
static void find_unreadable(struct check *c, u32 lba, u32 count, u8 *buf)
{
	u32 bad = 0, i;

	for (i = 0; i < count; i++) {
		if (c->src->read(c->src->ctx, lba + i, 1, buf)) {
			bad++;
			continue;
		}
		say_unreadable(c, lba + i - bad, bad);
		bad = 0;
	}
	say_unreadable(c, lba + count - bad, bad);
}

struct reading {
	struct check *c;
	u8 *buf;		/* CHUNK blocks */
	u64 done, total;	/* bytes */
};

static void read_blocks(struct reading *r, u32 lba, u32 end)
{
	struct check *c = r->c;
	u32 count;

	for (; lba < end; lba += count) {
		count = end - lba < CHUNK ? end - lba : CHUNK;
		if (c->src->read(c->src->ctx, lba, count, r->buf))
			find_unreadable(c, lba, count, r->buf);
		r->done += (u64)count * IMAPI_BLOCK;
		if (c->progress)
			c->progress(c->ctx, r->done, r->total);
	}
}

/* A drive can't read the gaps, and takes its time to say so */
static void read_sessions(struct reading *r, u32 end)
{
	const struct imapi_sessions *all = r->c->recorded;
	const struct imapi_session *s;
	u64 to;
	u32 i;

	for (i = 0; i < all->nr && all->list + i <= r->c->session; i++)
		r->total += (u64)all->list[i].blocks * IMAPI_BLOCK;
	for (i = 0; i < all->nr && all->list + i <= r->c->session; i++) {
		s = &all->list[i];
		to = (u64)s->start + s->blocks;
		read_blocks(r, s->start, to < end ? (u32)to : end);
	}
}

/* Every block up to the session's end: what it shows may lie in any older session */
static int check_data(struct check *c)
{
	u64 end = (u64)c->session->start + c->session->blocks;
	struct reading r = { .c = c };

	if (end > c->src->blocks) {
		check_problem(c, "the disc is truncated: %llu blocks of the session are not there",
			      (unsigned long long)(end - c->src->blocks));
		end = c->src->blocks;
	}
	r.buf = malloc(CHUNK * IMAPI_BLOCK);
	if (!r.buf)
		return -ENOMEM;
	if (c->recorded) {
		read_sessions(&r, (u32)end);
	} else {
		r.total = end * IMAPI_BLOCK;
		read_blocks(&r, 0, (u32)end);
	}
	free(r.buf);
	return 0;
}

int check_session(struct check *c)
{
	int err;

	err = check_trees(c);
	return err ? err : check_data(c);
}
