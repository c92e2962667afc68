/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the composer share: the plan of a session.
 *
 * A directory's children stand one behind the other in @dirs, in Joliet order,
 * and so do its staged files in @files.
 */
#ifndef IMAPI_PLAN_H
#define IMAPI_PLAN_H

#include "compose.h"
#include "listing.h"
#include "out.h"

struct cdir {
	struct imapi_dirref ref;
	s64 mtime;
	const u8 *name;			/* UTF-16BE, kept in compose.names */
	u32 parent;			/* the root's is the root */
	u32 first_dir, dirs;
	u32 first_file, files;
	struct imapi_dirloc at[TREES];	/* in the new session */
	u16 number[TREES];		/* in the path tables, from 1 */
	u8 name_len;
	u8 flags;
	struct iso_name iso;
};

/* A staged file */
struct cfile {
	struct imapi_node *node;
	void *staged;
	u64 size;
	u32 lba;
	u32 dirs_before;		/* directories that sort before it, in its own */
};

struct ctree {
	u32 *children;	/* as compose.dirs, each directory's children in this tree's order */
	u32 *preorder;	/* the directories as they are emitted */
	u32 *numbered;	/* as path tables number them (ECMA-119 6.9.1) */
	u32 path_size;
	u32 path_l, path_m;
};

struct compose {
	struct imapi_tree *tree;
	struct compose_params params;
	u8 volid[32];			/* d-characters, padded */
	u8 volid_ucs[32];
	struct arena names;
	struct cdir *dirs;
	struct cfile *files;
	u32 dirs_nr, dirs_room;
	u32 files_nr, files_room;
	u32 *data;			/* @files as their data is emitted */
	struct ctree trees[TREES];
	u32 tree_blocks, blocks;
	u32 padding;		/* blocks of these, at their end */
};

static inline u32 blocks_of(u64 bytes)
{
	return (u32)((bytes + IMAPI_BLOCK - 1) >> IMAPI_BLOCK_SHIFT);
}

static inline void put_both16(u16 v, struct imapi_both16 *p)
{
	put_unaligned_le16(v, p->le);
	put_unaligned_be16(v, p->be);
}

static inline void put_both32(u32 v, struct imapi_both32 *p)
{
	put_unaligned_le32(v, p->le);
	put_unaligned_be32(v, p->be);
}

/* --- plan.c --- */

/* Names directory @dir in the caller's bad_path; Return: -EUCLEAN */
int compose_malformed(const struct compose *c, u32 dir);

/* --- order.c: which directory and which file comes when --- */

/* Fills in preorder and numbered, and the directories' numbers; 0 or -ENOMEM */
int compose_order_dirs(struct compose *c);

/* Fills in compose.data: as a recursive copy of the Joliet tree reads; 0 or -ENOMEM */
int compose_order_files(struct compose *c);

/* --- directories.c --- */

/* Bytes that a directory takes in @tree, whole blocks; listing_iso_names() was called */
u64 directory_size(const struct listing *l, u32 tree);

/* Emits all directories of @tree */
int directories_emit(struct compose *c, u32 tree, struct out *o);

/* The record of the root that stands in a descriptor (ECMA-119 8.4.18) */
void directory_root_record(const struct compose *c, u32 tree, u8 record[34]);

/* --- pathtables.c --- */

/* Bytes of one path table of @tree */
u32 path_table_size(const struct compose *c, u32 tree);

/* Emits both path tables of @tree, L and M */
int path_tables_emit(const struct compose *c, u32 tree, struct out *o);

/* --- descriptors.c --- */

/* Takes the volume identifier over from params; 0 or -EILSEQ */
int descriptors_volid(struct compose *c);

/* Blocks of the set */
u32 descriptors_count(const struct compose *c);

/* The set, into @buf of COMPOSE_HEAD_MAX blocks; @space: blocks of the volume */
void descriptors_make(const struct compose *c, u32 space, u8 *buf);

/* The system area, IMAPI_SYSTEM_BLOCKS blocks */
int system_area_emit(const struct compose *c, struct out *o);

#endif
