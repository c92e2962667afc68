// SPDX-License-Identifier: GPL-2.0-only
/*
 * A change log over a small good disc: either the input itself, or a good log
 * with the input's changes: 2 bytes say where, 1 how many, and they follow. The
 * tree that comes of it is walked, composed, ended both ways, exported and taken
 * in again.
 */
#include "../core/log_made.h"
#include "compose.h"

/* Staged files that have been handed over and not given back */
static u32 handles;

static void drop(void *ctx, void *staged)
{
	(void)ctx;
	handles--;
	free(staged);
}

static void *staged(void *ctx, u64 ino, u64 size)
{
	u64 *s = malloc(sizeof(*s));

	(void)ctx;
	(void)ino;
	*s = size;
	handles++;
	return s;
}

static u64 room(void *ctx, u64 taken)
{
	(void)ctx;
	return taken;
}

static const struct imapi_tree_ops ops = { .nwa = FUZZDISC_BLOCKS, .room = room, .drop = drop };

/* --- the log --- */

static void change(struct made_log *l, const u8 *in, size_t size)
{
	size_t at, len;

	while (size > 3) {
		at = get_unaligned_le16(in) % l->len;
		len = in[2] % 16;
		in += 3;
		size -= 3;
		if (len > size)
			len = size;
		if (len > l->len - at)
			len = l->len - at;
		memcpy(l->p + at, in, len);
		in += len;
		size -= len;
	}
}

/* --- what comes of it --- */

struct bytes {
	u8 *p;
	size_t len;
};

static int bytes_write(void *ctx, const void *buf, size_t len)
{
	struct bytes *b = ctx;

	b->p = realloc(b->p, b->len + len);
	memcpy(b->p + b->len, buf, len);
	b->len += len;
	return 0;
}

static int unburned(void *ctx, const char *path, struct imapi_node *n)
{
	(void)n;
	*(size_t *)ctx += strlen(path);
	return 0;
}

static int gone(void *ctx, const char *path)
{
	*(size_t *)ctx += strlen(path);
	return 0;
}

/* Content is on the disc and as long as it says, or staged with the size that was given */
static int check_entry(void *ctx, const struct imapi_entry *e)
{
	const struct imapi_source *src = ctx;
	const struct imapi_content *c = &e->content;
	u64 size = 0;
	u32 i, run;

	if (!e->name_len || e->name_len > IMAPI_NAME_BYTES_ON_DISC)
		abort();
	if (e->flags & IMAPI_DE_DIRECTORY)
		return 0;
	if (c->staged && (c->nr || *(u64 *)c->staged != c->size))
		abort();
	for (i = 0; i < c->nr; i++) {
		size += c->extents[i].len;
		if (c->extents[i].len &&
		    imapi_extent_map(&c->extents[i], c->extents[i].len - 1, &run) >=
		    (u64)src->blocks * IMAPI_BLOCK)
			abort();
	}
	if (!c->staged && size != c->size)
		abort();
	return 0;
}

static int sink_blocks(void *ctx, const void *buf, u32 count)
{
	/* All of it is there to be read */
	imapi_sum32(buf, count * IMAPI_BLOCK);
	*(u64 *)ctx += count;
	return 0;
}

static int sink_file(void *ctx, void *file, u64 size)
{
	if (*(u64 *)file != size)
		abort();
	*(u64 *)ctx += (size + IMAPI_BLOCK - 1) / IMAPI_BLOCK;
	return 0;
}

/* What is planned is emitted, and has a place for every file */
static void compose(struct imapi_tree *t)
{
	struct compose_params p = { .start = 96, .volid = "FUZZ", .now = 1000 };
	u64 blocks = 0;
	const struct compose_sink sink = { sink_blocks, sink_file, &blocks };
	struct compose *c;

	if (compose_plan(t, &p, &c))
		return;
	if (compose_emit(c, &sink) || blocks != compose_blocks(c))
		abort();
	compose_free(c);
}

/* An imported tree can be told of again, and is taken in */
static void again(const struct imapi_source *src, struct imapi_tree *t)
{
	struct bytes log = { 0 };
	struct imapi_tree *copy;

	if (imapi_tree_export(t, bytes_write, &log))
		abort();
	if (imapi_tree_import(src, &ops, log.p, log.len, staged, NULL, &copy))
		abort();
	imapi_tree_free(copy);
	free(log.p);
}

static void use(const struct imapi_source *src, struct imapi_tree *t)
{
	struct imapi_dirref root = { .node = imapi_tree_root(t) };
	struct imapi_usage u;
	size_t paths = 0;

	if (imapi_tree_commit_begin(t))
		abort();
	imapi_dir_walk(t, &root, check_entry, (void *)src);
	if (imapi_tree_unburned(t, unburned, gone, &paths))
		abort();
	again(src, t);
	compose(t);
	imapi_tree_usage(t, &u);
	imapi_tree_commit_end(t, -EIO);
	if (imapi_tree_commit_begin(t))
		abort();
	compose(t);
	imapi_tree_commit_end(t, imapi_tree_burned_check(t));
	imapi_tree_usage(t, &u);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct made_log made;
	struct imapi_tree *t;
	struct memdisc d;
	u32 magic = 0;
	u8 *log;
	int ret;

	fuzzdisc_init(&d, NULL, 0);
	if (size >= sizeof(magic))
		memcpy(&magic, data, sizeof(magic));
	if (magic != IMAPIFS_LOG_MAGIC) {
		made_log(&made);
		change(&made, data, size);
		data = made.p;
		size = made.len;
	}
	log = malloc(size);
	memcpy(log, data, size);
	ret = imapi_tree_import(&d.src, &ops, log, size, staged, NULL, &t);
	free(log);
	if (!ret) {
		use(&d.src, t);
		imapi_tree_free(t);
	} else if (ret != -EINVAL) {
		abort();
	}
	if (handles)
		abort();
	fuzzdisc_free(&d);
	return 0;
}
