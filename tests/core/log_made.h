/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A change log made by hand, over the fuzzers' disc (fuzzdisc.h): one record of
 * each sort, at known places, for tests that spoil it and for fuzzers to begin with.
 */
#ifndef TEST_LOG_MADE_H
#define TEST_LOG_MADE_H

#include <linux/imapifs.h>
#include "../fuzz/fuzzdisc.h"
#include "tree.h"

enum made {
	MADE_ROOT,
	MADE_DIR,		/* the disc's "dir", in its place */
	MADE_BIG,		/* in it: two sections, in its place */
	MADE_NEW_DIR,
	MADE_FILE,		/* the disc's "file.txt", moved into MADE_NEW_DIR */
	MADE_STAGED,		/* in MADE_NEW_DIR */
	MADE_GONE,		/* changes: file.txt is gone from the root, ... */
	MADE_NAME_DIR,
	MADE_NAME_STAGED,
	MADE_NAME_MOVED,
	MADE_RECORDS
};

/* Inode numbers; the disc's follow from where fuzzdisc_directory() has the records */
#define INO_OF(lba, pos)	((((u64)(lba) << IMAPI_BLOCK_SHIFT) + (pos)) >> 5)
#define INO_DIR			INO_OF(FUZZDISC_ROOT, 156)
#define INO_BIG			INO_OF(FUZZDISC_SUB, 68)
#define INO_FILE		INO_OF(FUZZDISC_ROOT, 196)
#define INO_NEW_DIR		IMAPI_INO_NEW
#define INO_STAGED		(IMAPI_INO_NEW + 7)

struct made_log {
	u8 p[2048];
	size_t len;
	size_t at[MADE_RECORDS + 1];	/* of each record, and their end */
	u32 nr;
};

static inline void made_put(struct made_log *l, const void *bytes, size_t len)
{
	memcpy(l->p + l->len, bytes, len);
	l->len += len;
}

static inline void made_end(struct made_log *l, const char *name)
{
	u8 ucs[64];
	u32 len;

	made_put(l, ucs, utf16(name, ucs));
	l->len = (l->len + 7) & ~(size_t)7;
	len = (u32)(l->len - l->at[l->nr]);
	memcpy(l->p + l->at[l->nr], &len, sizeof(len));
	l->at[++l->nr] = l->len;
}

static inline void made_node(struct made_log *l, struct imapifs_log_node n,
			     const struct imapifs_log_extent *ext, const char *name)
{
	n.type = IMAPIFS_LOG_NODE;
	n.name_len = (u8)(2 * strlen(name));
	n.mtime = 1000;
	made_put(l, &n, sizeof(n));
	if (n.extents)
		made_put(l, ext, n.extents * sizeof(*ext));
	made_end(l, name);
}

static inline void made_change(struct made_log *l, struct imapifs_log_change c,
			       const char *name)
{
	c.type = IMAPIFS_LOG_CHANGE;
	c.name_len = (u8)(2 * strlen(name));
	made_put(l, &c, sizeof(c));
	made_end(l, name);
}

static inline void made_nodes(struct made_log *l)
{
	static const struct imapifs_log_extent big[] = {
		{ .lba = 68, .len = IMAPI_BLOCK }, { .lba = 70, .len = 5 },
	};
	static const struct imapifs_log_extent file = { .lba = 66, .len = 3000 };
	const u8 dir = IMAPIFS_LOG_DIR;

	made_node(l, (struct imapifs_log_node){ .ino = 1, .flags = dir,
		  .dir_lba = FUZZDISC_ROOT, .dir_size = IMAPI_BLOCK }, NULL, "");
	made_node(l, (struct imapifs_log_node){ .ino = INO_DIR, .parent = 1, .flags = dir,
		  .dir_lba = FUZZDISC_SUB, .dir_size = IMAPI_BLOCK }, NULL, "dir");
	made_node(l, (struct imapifs_log_node){ .ino = INO_BIG, .parent = INO_DIR,
		  .size = IMAPI_BLOCK + 5, .extents = 2 }, big, "big");
	made_node(l, (struct imapifs_log_node){ .ino = INO_NEW_DIR, .parent = 1, .flags = dir },
		  NULL, "");
	made_node(l, (struct imapifs_log_node){ .ino = INO_FILE, .parent = INO_NEW_DIR,
		  .size = 3000, .extents = 1, .flags = IMAPIFS_LOG_HIDDEN }, &file,
		  "file.txt");
	made_node(l, (struct imapifs_log_node){ .ino = INO_STAGED, .parent = INO_NEW_DIR,
		  .size = 5000, .flags = IMAPIFS_LOG_STAGED }, NULL, "");
}

static inline void made_changes(struct made_log *l)
{
	made_change(l, (struct imapifs_log_change){ .dir = 1, .generation = 1,
		    .flags = IMAPIFS_LOG_COVERS }, "file.txt");
	made_change(l, (struct imapifs_log_change){ .dir = 1, .node = INO_NEW_DIR,
		    .generation = 1, .flags = IMAPIFS_LOG_BURNED }, "new");
	made_change(l, (struct imapifs_log_change){ .dir = INO_NEW_DIR, .node = INO_STAGED,
		    .generation = 2 }, "staged");
	made_change(l, (struct imapifs_log_change){ .dir = INO_NEW_DIR, .node = INO_FILE,
		    .generation = 1, .flags = IMAPIFS_LOG_BURNED }, "moved");
}

static inline void made_log(struct made_log *l)
{
	struct imapifs_log_head h = {
		.magic = IMAPIFS_LOG_MAGIC, .version = IMAPIFS_VERSION,
		.nodes = MADE_GONE, .changes = MADE_RECORDS - MADE_GONE,
		.root_lba = FUZZDISC_ROOT, .root_size = IMAPI_BLOCK, .root_mtime = 1000,
		.generation = 2, .flags = IMAPIFS_LOG_UCS, .nwa = FUZZDISC_BLOCKS,
	};

	memset(l, 0, sizeof(*l));
	made_put(l, &h, sizeof(h));
	l->at[0] = l->len;
	made_nodes(l);
	made_changes(l);
	((struct imapifs_log_head *)(void *)l->p)->bytes = l->len;
}

#endif
