// SPDX-License-Identifier: GPL-2.0-only
#include "listing.h"

static struct listed *listing_new(struct listing *l)
{
	struct listed *list;
	u32 room;

	if (l->nr == l->room) {
		if (l->room > UINT32_MAX / 2)
			return NULL;
		room = l->room ? 2 * l->room : 256;
		list = reallocarray(l->list, room, sizeof(*list));
		if (!list)
			return NULL;
		l->list = list;
		l->room = room;
	}
	return memset(&l->list[l->nr++], 0, sizeof(*l->list));
}

static int take_file(struct listing *l, struct listed *e,
		     const struct imapi_entry *from)
{
	const struct imapi_content *c = &from->content;

	e->dir.node = from->node;
	e->size = c->size;
	e->staged = c->staged;
	if (c->staged)
		return 0;
	e->sections = c->nr;
	e->extents = arena_copy(&l->arena, c->extents,
				c->nr * sizeof(*c->extents));
	return e->extents ? 0 : -ENOMEM;
}

static int take_entry(void *ctx, const struct imapi_entry *from)
{
	struct listing *l = ctx;
	struct listed *e = listing_new(l);

	if (!e)
		return -ENOMEM;
	e->name = arena_copy(&l->arena, from->name, from->name_len);
	if (!e->name)
		return -ENOMEM;
	e->name_len = from->name_len;
	e->flags = from->flags & (IMAPI_DE_HIDDEN | IMAPI_DE_DIRECTORY);
	e->mtime = from->mtime;
	if (!(e->flags & IMAPI_DE_DIRECTORY))
		return take_file(l, e, from);
	e->dir = from->dir;
	return 0;
}

/* The records of one name in the order of the disc */
static int cmp_joliet(const void *a, const void *b)
{
	const struct listed *x = *(struct listed *const *)a;
	const struct listed *y = *(struct listed *const *)b;
	int diff = imapi_name_cmp(x->name, x->name_len, y->name, y->name_len);

	if (diff)
		return diff;
	return x < y ? -1 : x > y;
}

static int cmp_iso(const void *a, const void *b)
{
	const struct listed *x = *(struct listed *const *)a;
	const struct listed *y = *(struct listed *const *)b;
	int diff = iso_name_cmp(&x->iso, &y->iso);

	if (diff)
		return diff;
	return x->rank < y->rank ? -1 : x->rank > y->rank;
}

/* What comes from a disc is sorted already, as a rule */
static void sort(struct listed **v, u32 nr, int (*cmp)(const void *, const void *))
{
	u32 i;

	for (i = 1; i < nr; i++) {
		if (cmp(&v[i - 1], &v[i]) > 0) {
			qsort(v, nr, sizeof(*v), cmp);
			return;
		}
	}
}

static int make_room_for_orders(struct listing *l)
{
	struct listed **v;
	u32 t;

	if (l->order_room >= l->nr)
		return 0;
	for (t = 0; t < TREES; t++) {
		v = reallocarray(l->order[t], l->room, sizeof(struct listed *));
		if (!v)
			return -ENOMEM;
		l->order[t] = v;
	}
	l->order_room = l->room;
	return 0;
}

/*
 * A disc may have a file in several versions, which Joliet names don't tell apart. The
 * newest one is recorded first (ECMA-119 9.3), and is the one that counts.
 */
static void drop_older_versions(struct listing *l)
{
	struct listed **order = l->order[TREE_UCS], *last = NULL;
	u32 i, kept = 0;

	for (i = 0; i < l->nr; i++) {
		if (last && !imapi_name_cmp(last->name, last->name_len, order[i]->name,
					    order[i]->name_len))
			continue;
		last = order[i];
		order[kept++] = last;
	}
	l->nr = kept;
}

int listing_load(struct listing *l, struct imapi_tree *t,
		 const struct imapi_dirref *dir)
{
	struct listed **order;
	int ret;
	u32 i;

	arena_reset(&l->arena);
	l->nr = 0;
	l->dirs = 0;
	l->staged = 0;
	ret = imapi_dir_walk(t, dir, take_entry, l);
	if (ret)
		return ret;
	ret = make_room_for_orders(l);
	if (ret)
		return ret;

	order = l->order[TREE_UCS];
	for (i = 0; i < l->nr; i++)
		order[i] = &l->list[i];
	sort(order, l->nr, cmp_joliet);
	drop_older_versions(l);
	for (i = 0; i < l->nr; i++) {
		order[i]->rank = i;
		if (order[i]->flags & IMAPI_DE_DIRECTORY)
			order[i]->index = l->dirs++;
		else if (order[i]->staged)
			order[i]->index = l->staged++;
	}
	return 0;
}

/* Does one of the first @nr of the primary order, which is sorted, have this name? */
static bool name_taken(const struct listing *l, u32 nr, const struct iso_name *n)
{
	struct listed *const *order = l->order[TREE_ISO];
	u32 low = 0;
	int diff;

	while (low < nr) {
		u32 mid = low + (nr - low) / 2;

		diff = iso_name_cmp(n, &order[mid]->iso);
		if (!diff)
			return true;
		if (diff < 0)
			nr = mid;
		else
			low = mid + 1;
	}
	return false;
}

/*
 * Leaves the entries that keep their own name at the front of the primary
 * order, marks the others, and returns how many keep it.
 */
static u32 keep_first_takers(struct listing *l)
{
	struct listed **order = l->order[TREE_ISO];
	u32 i, kept = 0;

	for (i = 0; i < l->nr; i++) {
		if (kept && !iso_name_cmp(&order[kept - 1]->iso, &order[i]->iso))
			order[i]->numbered = true;
		else
			order[kept++] = order[i];
	}
	return kept;
}

/*
 * A number makes names differ from each other by itself, so only the @kept ones
 * have to be compared with; each of them ends in at most one number, which
 * bounds the numbers that are passed over.
 */
static void number_others(struct listing *l, u32 kept)
{
	u32 i, number = 0, nr = kept;

	for (i = 0; i < l->nr; i++) {
		struct listed *e = l->order[TREE_UCS][i];
		u32 max = ISO_FILE_MAX;
		struct iso_name own = e->iso;

		if (!e->numbered)
			continue;
		if (e->flags & IMAPI_DE_DIRECTORY)
			max = ISO_NAME_MAX;
		do {
			e->iso = own;
			iso_name_number(&e->iso, max, ++number);
		} while (name_taken(l, kept, &e->iso));
		l->order[TREE_ISO][nr++] = e;
	}
}

void listing_iso_names(struct listing *l)
{
	struct listed **order = l->order[TREE_ISO];
	u32 i, kept;

	for (i = 0; i < l->nr; i++) {
		struct listed *e = l->order[TREE_UCS][i];

		if (e->flags & IMAPI_DE_DIRECTORY)
			iso_name_dir(e->name, e->name_len, &e->iso);
		else
			iso_name_file(e->name, e->name_len, &e->iso);
		order[i] = e;
	}
	sort(order, l->nr, cmp_iso);
	kept = keep_first_takers(l);
	if (kept == l->nr)
		return;
	number_others(l, kept);
	sort(order, l->nr, cmp_iso);
}

void listing_free(struct listing *l)
{
	arena_free(&l->arena);
	free(l->list);
	free(l->order[TREE_ISO]);
	free(l->order[TREE_UCS]);
}

u32 listed_iso_identifier(const struct listed *e, u8 *out)
{
	u32 len = e->iso.len;

	memcpy(out, e->iso.chars, len);
	if (e->flags & IMAPI_DE_DIRECTORY)
		return len;
	/* A file's identifier always has both separators (ECMA-119 7.5.1) */
	if (e->iso.stem == len)
		out[len++] = '.';
	out[len++] = ';';
	out[len++] = '1';
	return len;
}

u32 listed_records(const struct listed *e)
{
	if (e->staged && e->size)
		return (u32)((e->size - 1) / IMAPI_MAX_EXTENT + 1);
	return e->sections ? e->sections : 1;
}

void listed_section(const struct listed *e, u32 lba, u32 nr,
		    struct imapi_extent *ext)
{
	u64 offset = (u64)nr * IMAPI_MAX_EXTENT;
	u64 left = e->size - offset;

	if (e->sections) {
		*ext = e->extents[nr];
		return;
	}
	memset(ext, 0, sizeof(*ext));
	if (!e->size)
		return;
	ext->lba = lba + nr * (IMAPI_MAX_EXTENT / IMAPI_BLOCK);
	ext->len = left < IMAPI_MAX_EXTENT ? (u32)left : IMAPI_MAX_EXTENT;
}
