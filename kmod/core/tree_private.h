/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside of the overlay tree, shared by tree*.c alone.
 *
 * A directory's entries are its base (records on the disc, never changed) and
 * its changes (struct tree_change): names that were added, and names of the
 * base that are gone or stand for something else now. A file of the base that
 * only got new content or a new time stays in its place and needs no change;
 * its node is pinned.
 *
 * All of it is protected by imapi_tree.lock, but for what never changes after a
 * node was made (ino, dir, base) and directory indexes, which are set once.
 */
#ifndef IMAPI_TREE_PRIVATE_H
#define IMAPI_TREE_PRIVATE_H

#include "tree.h"

/* A name, ready to be searched for */
struct tree_name {
	u32 hash;
	u8 len;			/* bytes */
	u8 utf16[IMAPI_NAME_BYTES_ON_DISC];
};

struct tree_change {
	struct tree_change *hash_next;	/* imapi_tree.changes */
	struct imapi_node *dir;
	struct imapi_node *node;	/* what has the name now; NULL: it is gone */
	u64 generation;			/* of its last alteration */
	u64 seq;			/* place in readdir; grows */
	u32 slot;			/* index in dir->slots */
	u32 hash;
	bool covers;			/* the base has the name too */
	bool burned;			/* the newest session has it */
	u8 name_len;
	u8 name[];
};

struct tree_slot {
	u64 seq;
	struct tree_change *change;	/* NULL: taken out */
};

/* Base directory: hash of a name to where its record is; built in one pass */
struct tree_index {
	u32 names;		/* different names */
	u32 mask;		/* slots - 1 */
	struct {
		u32 hash;
		u32 pos1;	/* record's position + 1; 0: free */
	} slot[];
};

struct imapi_node {
	struct imapi_node *hash_next;	/* imapi_tree.nodes, by ino */
	struct imapi_node *parent;	/* referenced; NULL for the root */
	struct tree_change *change;	/* what gives it its name; NULL: the base does */
	u64 ino;
	u64 refs;
	u64 size;
	s64 mtime;
	u32 mark;		/* tree_export.c's, while it lists nodes */
	bool dir;
	bool linked;		/* has a name */
	bool pinned;		/* differs from its record: holds a reference of its own */
	bool burn_told;		/* a file: burn_* below are what this commit said */
	u8 hidden;		/* IMAPI_DE_HIDDEN or 0 */
	u8 name_len;		/* of the base's name, below */

	union {
		struct {		/* a file */
			void *staged;
			struct imapi_node *staged_next, **staged_link;
			u32 nr;			/* sections on the disc */
			u32 burn_nr;		/* ... in the session being burned; 0: none */
			struct imapi_extent first, burn_first;
			struct imapi_extent *more, *burn_more;	/* all of them, if over one */
		};
		struct {		/* a directory */
			struct imapi_dirloc base;	/* size 0: nothing */
			struct tree_index *index;	/* of the base, once asked for */
			struct tree_slot *slots;	/* changes in readdir order */
			u32 slots_nr, slots_max, slots_gone;
			u32 covered;			/* changes with covers */
			u32 live;			/* changes with a node */
		};
	};
	u8 name[];
};

/* What a tree of names takes: sums over all entries, in bytes */
struct tree_cost {
	s64 joliet, primary;	/* directory records */
	s64 paths;		/* records of all four path tables */
	s64 files, dirs;
	s64 staged_files, staged_bytes, staged_blocks;
};

struct tree_table {
	void **bucket;
	u32 mask;
	u32 nr;
};

struct imapi_tree {
	struct core_mutex lock;
	const struct imapi_source *src;
	const struct imapi_tree_ops *ops;
	bool ucs;
	bool measured;		/* cost counts the base as well */
	bool dirty;
	bool committing;
	bool imported;		/* before cost is measured, it has what is staged alone */
	u64 generation;
	u64 next_ino, next_seq;
	struct tree_table nodes;	/* struct imapi_node by ino */
	struct tree_table changes;	/* struct tree_change by directory and name */
	struct imapi_node *staged;	/* all staged files, unlinked ones too */
	struct tree_cost cost;
	struct imapi_node *root;
};

/* tree.c */
struct imapi_node *tree_node_alloc(u8 name_len);
void tree_node_insert(struct imapi_tree *t, struct imapi_node *n);
struct imapi_node *tree_node_find(struct imapi_tree *t, u64 ino);
void tree_node_pin(struct imapi_node *n);
void tree_staged_add(struct imapi_tree *t, struct imapi_node *n);
void tree_staged_del(struct imapi_node *n);
void tree_put_locked(struct imapi_tree *t, struct imapi_node *n, u64 count,
		     struct imapi_node **dead);
void tree_bury(struct imapi_tree *t, struct imapi_node *dead);
const u8 *tree_node_name(const struct imapi_node *n, u8 *len);

static inline u64 tree_record_ino(const struct imapi_dirloc *dir, u32 pos)
{
	return (((u64)dir->lba << IMAPI_BLOCK_SHIFT) + pos) >> 5;
}

/* tree_index.c */
int tree_cursor_init(const struct imapi_tree *t, const struct imapi_dirloc *dir,
		     u32 blocks, struct imapi_dir_cursor *cur);
int tree_base_find(struct imapi_tree *t, struct imapi_node *dir,
		   const struct tree_name *name, struct imapi_record *rec);
int tree_index_load(struct imapi_tree *t, struct imapi_node *dir);

/* tree_changes.c: under the lock */
struct tree_change *tree_change_alloc(struct imapi_node *dir,
				      const struct tree_name *name, bool covers);
struct tree_change *tree_change_find(struct imapi_tree *t,
				     const struct imapi_node *dir, u32 hash,
				     const u8 *name, u8 len);
void tree_change_insert(struct imapi_tree *t, struct tree_change *c);
void tree_change_remove(struct imapi_tree *t, struct tree_change *c);
bool tree_slots_reserve(struct imapi_node *dir, u32 nr);

/* tree_space.c */
void tree_cost_entry(struct tree_cost *c, u32 name_len, bool dir, s64 sign);
void tree_cost_sections(struct tree_cost *c, u32 nr, s64 sign);
void tree_cost_content(struct tree_cost *c, u64 size, s64 sign);
u64 tree_cost_blocks(const struct tree_cost *c);
int tree_charge(struct imapi_tree *t, const struct tree_cost *delta);
void tree_uncharge(struct imapi_tree *t, const struct tree_cost *delta);
u64 tree_file_blocks(u64 size);

#endif
