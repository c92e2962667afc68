// SPDX-License-Identifier: GPL-2.0-only
/* A whole disc as a tree: everything in it is listed, looked up and placed */
#include "fuzzdisc.h"
#include "tree.h"

/* A disc may have far more than is worth a fuzzer's time */
#define MAX_DEPTH	12
#define MAX_ENTRIES	600

struct walk {
	struct imapi_tree *t;
	const struct imapi_source *src;
	struct imapi_node *dir;
	u32 *entries;
	int depth;
};

static int visit(void *ctx, const struct imapi_dent *d);

static void walk_dir(const struct walk *up, struct imapi_node *dir)
{
	struct walk w = *up;

	w.dir = dir;
	w.depth++;
	if (w.depth < MAX_DEPTH)
		imapi_readdir(w.t, dir, 0, visit, &w);
}

/* The sections of a file are on the disc and make up its size */
static void check_content(const struct walk *w, struct imapi_node *n)
{
	struct imapi_content c;
	u64 size = 0;
	u32 i, run;

	if (imapi_node_content(w->t, n, &c))
		return;
	if (c.staged)
		abort();
	for (i = 0; i < c.nr; i++) {
		size += c.extents[i].len;
		if (c.extents[i].len &&
		    imapi_extent_map(&c.extents[i], c.extents[i].len - 1, &run) >=
		    (u64)w->src->blocks * IMAPI_BLOCK)
			abort();
	}
	if (size != c.size)
		abort();
}

static int visit(void *ctx, const struct imapi_dent *d)
{
	struct walk *w = ctx;
	struct imapi_node *n;
	struct imapi_attr attr;

	if (++*w->entries > MAX_ENTRIES)
		return -EINTR;
	if (!d->len || d->name[d->len] || strlen(d->name) != d->len || strchr(d->name, '/'))
		abort();
	if (imapi_lookup(w->t, w->dir, d->name, d->len, &n))
		return 0;
	imapi_node_attr(w->t, n, &attr);
	if (attr.dir)
		walk_dir(w, n);
	else
		check_content(w, n);
	imapi_node_put(w->t, n, 1);
	return 0;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct imapi_volume vol;
	struct imapi_usage usage;
	struct memdisc d;
	u32 entries = 0;
	struct walk w = { .src = &d.src, .entries = &entries };

	fuzzdisc_init(&d, data, size);
	if (!imapi_volume_read(&d.src, IMAPI_SYSTEM_BLOCKS, &vol) &&
	    !imapi_tree_new(&d.src, &vol, NULL, &w.t)) {
		walk_dir(&w, imapi_tree_root(w.t));
		imapi_tree_usage(w.t, &usage);
		imapi_tree_free(w.t);
	}
	fuzzdisc_free(&d);
	return 0;
}
