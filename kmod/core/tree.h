/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The overlay tree: the disc's tree as it was at mount, and over it what was
 * added, replaced, renamed and deleted since.
 *
 * The base is read on demand and never changes: a commit does not move the
 * mount to the new session's tree, it only turns staged content into burned
 * content. So inode numbers hold for the life of a mount, and memory grows with
 * what was looked at or changed, not with what is on the disc.
 *
 * A node is a file or a directory that somebody looked up. Nodes that equal
 * their record on the disc go when the last reference goes; changed ones stay.
 *
 * Locks: every function takes the tree's own mutex for as long as it needs it,
 * never over a read of the disc. Besides, the face has to see to it that
 *  - changes of the tree (all functions with "changes" in their kernel-doc) do
 *    not run between imapi_tree_commit_begin() and _end();
 *  - a node's content is not used while it is switched: imapi_node_stage(),
 *    imapi_tree_commit_end().
 */
#ifndef IMAPI_TREE_H
#define IMAPI_TREE_H

#include "core.h"

struct imapi_tree;
struct imapi_node;

/* Inode numbers: the root's; records of the base (byte address / 32); new ones */
#define IMAPI_INO_ROOT		1ull
#define IMAPI_INO_NEW		(1ull << 40)

/**
 * struct imapi_tree_ops - what the tree needs of its face
 * @nwa: where the next session will start. A base whose files reach behind it
 *	is malformed: a session would be written over them
 * @room: given the blocks that the next session already takes (staged data and
 *	the whole new tree), how many more could be accepted. Called without a
 *	lock; may be slow
 * @drop: staged content is no longer wanted: deleted, or burned. Called without
 *	a lock
 * @ctx: first argument of both
 */
struct imapi_tree_ops {
	u32 nwa;
	u64 (*room)(void *ctx, u64 taken);
	void (*drop)(void *ctx, void *staged);
	void *ctx;
};

/**
 * imapi_tree_new - an overlay over a session, or over a blank disc
 * @src: the disc; kept, must outlive the tree
 * @base: the session, NULL for an empty tree. Its Joliet tree is used where it
 *	has one, otherwise the primary one
 * @ops: kept, must outlive the tree; NULL for a tree that is only read (every
 *	change is -EROFS)
 * @out: the tree
 *
 * Return: 0 or -ENOMEM.
 */
int imapi_tree_new(const struct imapi_source *src,
		   const struct imapi_volume *base,
		   const struct imapi_tree_ops *ops, struct imapi_tree **out);

/* Drops all staged content; no reference may be used any more. NULL is fine */
void imapi_tree_free(struct imapi_tree *t);

/* The root directory. Its reference is the tree's own */
struct imapi_node *imapi_tree_root(struct imapi_tree *t);

/* --- nodes --- */

struct imapi_attr {
	u64 ino;
	u64 size;		/* bytes; of a directory: of its records on the disc, or 2,048 */
	s64 mtime;		/* seconds since 1970 */
	bool dir;
	bool linked;		/* has a name */
	bool staged;		/* content is staged, not on the disc */
};

void imapi_node_attr(struct imapi_tree *t, struct imapi_node *n,
		     struct imapi_attr *attr);

/* The node of an inode number, with a reference; NULL: nobody looked it up */
struct imapi_node *imapi_node_by_ino(struct imapi_tree *t, u64 ino);

void imapi_node_get(struct imapi_tree *t, struct imapi_node *n);

/* Gives back @count references; the last one of an unlinked file drops its content */
void imapi_node_put(struct imapi_tree *t, struct imapi_node *n, u64 count);

/**
 * imapi_lookup - find a name in a directory
 * @t: the tree
 * @dir: the directory
 * @name: UTF-8, not "." or ".."
 * @len: its bytes
 * @out: the node, with a reference for the caller
 *
 * The first look-up in a directory of the base reads it once, whole, and keeps
 * 8 bytes an entry. A directory that is its own ancestor is -EUCLEAN.
 *
 * Return: 0, -ENOENT, -ENOTDIR, -EUCLEAN, -ENOMEM, or what read returned.
 */
int imapi_lookup(struct imapi_tree *t, struct imapi_node *dir,
		 const char *name, size_t len, struct imapi_node **out);

/* The directory that @n is in, with a reference; the root's is the root */
struct imapi_node *imapi_node_parent(struct imapi_tree *t, struct imapi_node *n);

/**
 * imapi_node_path - where a node is now
 * @t: the tree
 * @n: a file or directory
 * @buf: room for the path
 * @size: bytes of @buf
 *
 * Return: the path from the root, UTF-8, without a leading "/", somewhere in
 * @buf; NULL: it has no name any more, or one too long for @buf.
 */
const char *imapi_node_path(struct imapi_tree *t, struct imapi_node *n,
			    char *buf, size_t size);

struct imapi_dent {
	const char *name;	/* UTF-8, NUL at its end */
	size_t len;
	u64 ino;
	bool dir;
	u64 next;		/* where to go on behind this one */
};

/**
 * imapi_readdir - the entries of a directory, without "." and ".."
 * @t: the tree
 * @dir: the directory
 * @pos: 0, or an entry's @next. Stays good while entries come and go: what was
 *	there all the time is given once
 * @fn: called for each entry without a lock; anything but 0 ends the walk
 * @ctx: first argument of @fn
 *
 * Return: 0 at the end, what @fn returned, or -errno.
 */
int imapi_readdir(struct imapi_tree *t, struct imapi_node *dir, u64 pos,
		  int (*fn)(void *ctx, const struct imapi_dent *d), void *ctx);

/* --- changes: of names --- */

enum imapi_kind { IMAPI_FILE, IMAPI_DIR };

/**
 * imapi_create - a new, empty file or directory; changes the tree
 * @t: the tree
 * @dir: where
 * @name: UTF-8
 * @len: its bytes
 * @kind: what
 * @now: its time, seconds since 1970
 * @out: the node, with a reference for the caller
 *
 * A file is staged by imapi_node_stage() next, or burned as an empty one.
 *
 * Return: 0; -EEXIST; -ENOENT: @dir was removed; -EINVAL, -EILSEQ,
 * -ENAMETOOLONG: see imapi_name_check(); -ENOSPC: no room, or one directory
 * more than path tables can number; -EUCLEAN: the base can't be read, so it
 * can't be appended to; -EROFS; -ENOMEM.
 */
int imapi_create(struct imapi_tree *t, struct imapi_node *dir,
		 const char *name, size_t len, enum imapi_kind kind, s64 now,
		 struct imapi_node **out);

/**
 * imapi_unlink - remove a name; changes the tree
 * @t: the tree
 * @dir: where
 * @name: UTF-8
 * @len: its bytes
 * @kind: what must be there: -EISDIR or -ENOTDIR otherwise
 * @now: the directory's new time
 *
 * A node that somebody holds stays usable until its last reference goes.
 *
 * Return: 0, -ENOENT, -ENOTEMPTY, -EISDIR, -ENOTDIR, -EROFS, -EUCLEAN, -ENOMEM.
 */
int imapi_unlink(struct imapi_tree *t, struct imapi_node *dir,
		 const char *name, size_t len, enum imapi_kind kind, s64 now);

/* As renameat2(2) has them */
#define IMAPI_RENAME_NOREPLACE	(1u << 0)
#define IMAPI_RENAME_EXCHANGE	(1u << 1)

/**
 * imapi_rename - rename(2); changes the tree
 * @t: the tree
 * @odir: where from
 * @oname: UTF-8, @olen bytes
 * @olen: bytes
 * @ndir: where to
 * @nname: UTF-8, @nlen bytes
 * @nlen: bytes
 * @flags: IMAPI_RENAME_*
 * @now: both directories' new time
 *
 * Return: as imapi_create() and imapi_unlink(); -EINVAL: a directory into
 * itself, or unknown @flags.
 */
int imapi_rename(struct imapi_tree *t, struct imapi_node *odir,
		 const char *oname, size_t olen, struct imapi_node *ndir,
		 const char *nname, size_t nlen, unsigned int flags, s64 now);

/* Sets a node's time, brought between IMAPI_TIME_MIN and _MAX; changes the tree */
int imapi_node_set_mtime(struct imapi_tree *t, struct imapi_node *n, s64 mtime);

/* --- content --- */

/**
 * struct imapi_content - where a file's bytes are
 * @staged: the face's own handle of staged content; NULL: on the disc
 * @size: bytes
 * @nr: sections on the disc, if not staged (0 for an empty file)
 * @extents: @nr of them; kept by the node, good while its content isn't switched
 */
struct imapi_content {
	void *staged;
	u64 size;
	u32 nr;
	const struct imapi_extent *extents;
};

/* Return: 0, or -EISDIR */
int imapi_node_content(struct imapi_tree *t, struct imapi_node *n,
		       struct imapi_content *c);

/**
 * imapi_content_map - where a byte of a file that is on the disc lies
 * @c: its content
 * @off: the byte
 * @run: set to the bytes from there on that lie one behind the other; 0: the file
 *	ends before
 *
 * Return: the byte's address on the disc, in bytes.
 */
u64 imapi_content_map(const struct imapi_content *c, u64 off, u64 *run);

/**
 * imapi_node_stage - from now on a file's content is staged; changes the tree
 * @t: the tree
 * @n: the file, not staged before
 * @staged: the face's handle, not NULL; the node owns it from here if this
 *	succeeds, and gives it back by @ops->drop
 * @size: bytes in it, the file's size from now on
 * @now: its new time
 *
 * Return: 0, -ENOSPC, -EROFS, -EUCLEAN, -ENOMEM.
 */
int imapi_node_stage(struct imapi_tree *t, struct imapi_node *n, void *staged,
		     u64 size, s64 now);

/**
 * imapi_node_resize - a staged file's new size; changes the tree
 * @t: the tree
 * @n: a staged file
 * @size: bytes
 * @flags: IMAPI_GROW: a write; do nothing if the file is longer already
 * @now: its new time, set in any case
 *
 * Call it before the bytes are written when the file grows: it is what says no.
 *
 * Return: 0, or -ENOSPC and nothing changed. -EFBIG over 2^32 - 1 blocks.
 */
#define IMAPI_GROW		(1u << 0)
int imapi_node_resize(struct imapi_tree *t, struct imapi_node *n, u64 size,
		      unsigned int flags, s64 now);

/* --- space --- */

struct imapi_usage {
	u64 staged_files;	/* files whose content is staged and that are in the tree */
	u64 staged_bytes;
	u64 staged_blocks;	/* what their data will take */
	u64 tree_blocks;	/* bound on what all the rest of a session will take */
	u64 files, dirs;	/* in the merged tree, the root counted */
	bool dirty;		/* something to commit */
};

/**
 * imapi_tree_usage - what the next session takes
 * @t: the tree
 * @u: filled in
 *
 * Reads all directories of the base, once, to count them.
 *
 * Return: 0; -EUCLEAN: some directory of the base is malformed, or its files
 * reach behind the next writable address, so nothing can be appended (@u still
 * says what was staged); or what read returned.
 */
int imapi_tree_usage(struct imapi_tree *t, struct imapi_usage *u);

bool imapi_tree_dirty(struct imapi_tree *t);

/* --- for the composer: the merged tree, without instantiating it --- */

/* A directory: a node where somebody touched it, a place in the base otherwise */
struct imapi_dirref {
	struct imapi_node *node;
	struct imapi_dirloc base;	/* used where @node is NULL */
};

struct imapi_entry {
	const u8 *name;		/* UTF-16BE */
	u8 name_len;		/* bytes */
	u8 flags;		/* IMAPI_DE_HIDDEN, IMAPI_DE_DIRECTORY */
	s64 mtime;
	struct imapi_dirref dir;	/* of a directory */
	struct imapi_node *node;	/* of a touched file, else NULL */
	struct imapi_content content;	/* of a file */
};

/**
 * imapi_dir_walk - every entry of a merged directory, in no special order
 * @t: the tree, no change going on
 * @dir: the directory; nodes in it stay where they are until commit_end
 * @fn: called without a lock; anything but 0 ends the walk. The entry's name
 *	and extents are good during the call only
 * @ctx: first argument of @fn
 *
 * Return: 0, what @fn returned, -EUCLEAN, -ENOMEM, or what read returned.
 */
int imapi_dir_walk(struct imapi_tree *t, const struct imapi_dirref *dir,
		   int (*fn)(void *ctx, const struct imapi_entry *e), void *ctx);

/* --- commit --- */

/**
 * imapi_tree_commit_begin - start a commit: the tree is frozen from here
 * @t: the tree
 *
 * Nodes that are in the merged tree stay in memory until the end, so that the
 * composer may hold them without references.
 *
 * Return: 0, -EALREADY: nothing to commit.
 */
int imapi_tree_commit_begin(struct imapi_tree *t);

/* The same whether anything was changed or not: a session with the tree as it is */
void imapi_tree_commit_begin_unchanged(struct imapi_tree *t);

/**
 * imapi_node_set_burned - where the next session has a staged file's data
 * @t: the tree, between imapi_tree_commit_begin() and _end()
 * @n: a staged file
 * @lba: its first block; the sections follow one another without a gap
 *
 * Return: 0 or -ENOMEM.
 */
int imapi_node_set_burned(struct imapi_tree *t, struct imapi_node *n, u32 lba);

/**
 * imapi_tree_set_burned_ino - the same by inode number, from somebody not trusted
 * @t: the tree
 * @ino: a staged file's
 * @lba: its first block
 *
 * Return: 0; -ENOENT: no file of that number is staged and has a name; -EALREADY:
 * this commit has been told; -EINVAL: no commit is going on, or the file would
 * pass block 2^32 - 1; -ENOMEM.
 */
int imapi_tree_set_burned_ino(struct imapi_tree *t, u64 ino, u32 lba);

/**
 * imapi_tree_burned_check - does every staged file have its place?
 * @t: the tree, between imapi_tree_commit_begin() and _end()
 *
 * A file without a name needs none, nor does an empty one.
 *
 * Return: 0, or -ENODATA: a commit can't end well.
 */
int imapi_tree_burned_check(struct imapi_tree *t);

/**
 * imapi_node_burned_lba - what imapi_node_set_burned() said
 * @t: the tree, between imapi_tree_commit_begin() and _end()
 * @n: a file
 * @lba: set to its first block
 *
 * Return: 0; -ENODATA: nothing was said, or the file is empty.
 */
int imapi_node_burned_lba(struct imapi_tree *t, struct imapi_node *n, u32 *lba);

/**
 * imapi_tree_burned - walk all that imapi_node_set_burned() said
 * @t: the tree, between imapi_tree_commit_begin() and _end(), and nobody else's
 * @fn: each staged file that is in the tree and not empty, and its first block;
 *	called without a lock, anything but 0 ends the walk
 * @ctx: first argument of @fn
 *
 * Return: 0, or what @fn returned.
 */
int imapi_tree_burned(struct imapi_tree *t, int (*fn)(void *ctx, u64 ino, u32 lba),
		      void *ctx);

/**
 * imapi_tree_commit_end - end a commit
 * @t: the tree
 * @err: 0: the session is burned and read back. All staged content of the
 *	merged tree is on the disc at imapi_node_set_burned()'s places, in
 *	sections of IMAPI_MAX_EXTENT but the last, and is dropped; the tree is
 *	clean. Otherwise everything stays staged, and its places are forgotten
 *
 * Cannot fail: what it needs was allocated at begin or by set_burned.
 */
void imapi_tree_commit_end(struct imapi_tree *t, int err);

/* How many commits have succeeded since the tree was made */
u64 imapi_tree_generation(struct imapi_tree *t);

/**
 * imapi_tree_unburned - walk what no session has yet: for a rescue folder
 * @t: the tree, frozen
 * @fn: each staged file, and each file or directory that got its name since the
 *	last commit, in no special order; @path is UTF-8 from the root, without a
 *	leading "/"; the node is good during the call
 * @gone: each name that went since the last commit
 * @ctx: first argument of both
 *
 * Return: 0, what @fn or @gone returned, or -errno.
 */
int imapi_tree_unburned(struct imapi_tree *t,
			int (*fn)(void *ctx, const char *path,
				  struct imapi_node *n),
			int (*gone)(void *ctx, const char *path), void *ctx);

/* --- the change log (struct imapifs_log_head and on): a tree for somebody else --- */

/**
 * imapi_tree_export - write what differs from the base as a change log
 * @t: the tree, frozen: in a commit, or about to go
 * @write: takes the next @len bytes; called without a lock, ends it if not 0
 * @ctx: first argument of @write
 *
 * Return: 0, what @write returned, or -ENOMEM.
 */
int imapi_tree_export(struct imapi_tree *t,
		      int (*write)(void *ctx, const void *buf, size_t len), void *ctx);

/**
 * imapi_tree_import - a tree from a change log
 * @src: the same disc, as large as it is now; kept, must outlive the tree
 * @ops: kept, must outlive the tree; @ops->room isn't called by this
 * @log: the log, at any address; not used afterwards
 * @bytes: its length
 * @staged: the handle for staged file @ino of @size bytes, to be given back by
 *	@ops->drop; NULL: none to be had. Called without a lock
 * @ctx: first argument of @staged
 * @out: the tree: same names, contents, inode numbers and generation, and dirty
 *
 * Reads nothing from the disc. Whoever made the log is not trusted: what comes
 * of it can be walked, composed and freed, whatever it says. Its nwa is for the
 * caller to compare. Of the loops that a base can have, those among nodes of the
 * log are refused; the others end at IMAPI_MAX_DIRS directories, as always.
 *
 * Return: 0; -EINVAL: malformed, or it doesn't belong to @src; -ENOMEM, also
 * where @staged gave NULL. On failure all handles have been dropped.
 */
int imapi_tree_import(const struct imapi_source *src, const struct imapi_tree_ops *ops,
		      const void *log, size_t bytes,
		      void *(*staged)(void *ctx, u64 ino, u64 size), void *ctx,
		      struct imapi_tree **out);

#endif
