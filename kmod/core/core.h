/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The core: reading sessions. One body of code for the module and the helper.
 * It does no I/O and prints nothing; blocks come through struct imapi_source,
 * results are values or -errno. -EUCLEAN always means: the disc is malformed.
 */
#ifndef IMAPI_CORE_H
#define IMAPI_CORE_H

#include "iso9660.h"

/**
 * struct imapi_source - where blocks come from
 * @read: read @count blocks from @lba into @buf; 0 or -errno. Never called
 *	with a lock of the core held. A read past the end is -EIO
 * @ctx: first argument of @read
 * @blocks: blocks that can be read, from lba 0; the core never asks past it
 */
struct imapi_source {
	int (*read)(void *ctx, u32 lba, u32 count, void *buf);
	void *ctx;
	u32 blocks;
};

/* --- volume.c: the descriptor set of one session (ECMA-119 6.7.1, 8) --- */

/* A directory's extent; directories have just one (ECMA-119 6.8.1) */
struct imapi_dirloc {
	u32 lba;	/* first block of data, behind any extended attribute */
	u32 size;	/* bytes */
};

/* One tree of a session, as its descriptor gives it */
struct imapi_hierarchy {
	struct imapi_dirloc root;
	s64 mtime;	/* the root's, seconds since 1970, 0: not recorded */
	u32 path_size;	/* bytes of one path table */
	u32 path_l;	/* lba of the table with little-endian numbers */
	u32 path_m;	/* lba of the one with big-endian numbers */
};

struct imapi_volume {
	u32 desc;		/* lba of the first descriptor */
	u32 descs;		/* descriptors, with the terminator */
	u32 boot;		/* lba of an El Torito boot record, 0: none */
	u32 space;		/* blocks, as the descriptor says; never trusted alone */
	u32 ucs_space;		/* the same of the Joliet descriptor */
	u8 joliet;		/* UCS level 1 to 3; 0: no Joliet tree */
	struct imapi_hierarchy primary;
	struct imapi_hierarchy ucs;	/* all 0 where joliet is 0 */
	s64 created;		/* seconds since 1970, 0: not recorded */
	char volid[49];		/* UTF-8: Joliet's where there is one */
	bool linked;		/* the next three are there (struct imapi_iso_link) */
	u32 start;
	u32 prev_start;
	u32 prev_desc;
	u64 hash;		/* imapi_hash64() of the whole set in one piece */
};

/**
 * imapi_volume_read - read and check the descriptor set at @desc
 * @src: the disc
 * @desc: lba of its first descriptor (a session's start + 16)
 * @vol: filled in
 *
 * The set must begin with a primary descriptor of 2,048-byte blocks, have a
 * terminator within IMAPI_MAX_DESCRIPTORS, and roots and path tables within
 * the source. Joliet is a supplementary descriptor with the escape sequence
 * of UCS level 1, 2 or 3 (Joliet, on escape sequences); of several the first counts.
 *
 * Return: 0; -EMEDIUMTYPE: no ISO 9660 descriptor there, or a disc with
 * logical blocks of another size (6.2.2 allows 512 and 1,024; nobody makes
 * them); -EUCLEAN: malformed; or what the source's read returned.
 */
int imapi_volume_read(const struct imapi_source *src, u32 desc,
		      struct imapi_volume *vol);

/* --- session.c: the sessions of an overwritable medium or image --- */

struct imapi_session {
	u32 start;		/* lba */
	u32 blocks;		/* its length */
	struct imapi_volume vol;
};

struct imapi_sessions {
	u32 nr;
	struct imapi_session *list;	/* oldest first; core_free() it */
	u32 end;		/* first block behind the newest session */
	bool headless;		/* the descriptors at lba 16 are damaged */
};

/* More sessions than this are not followed */
#define IMAPI_MAX_SESSIONS	4096u

/**
 * imapi_sessions_scan - find every session by libburnia's convention
 * @src: the disc or image
 * @out: filled in; the caller frees @out->list
 *
 * The descriptors at lba 16 are the newest session's. Older ones: from lba 32,
 * each session's descriptor gives its length and the next one starts at the
 * following multiple of 32, up to the end that lba 16 gives; or, where that
 * chain isn't there, by the links (struct imapi_iso_link). What lies behind
 * the end that lba 16 gives was never finished and is not a session. A chain
 * that is broken on the way gives the sessions from the newest back to the
 * break, never an error. If lba 16 itself is damaged, the last session of a
 * chain from lba 32 that lies within the source is the newest.
 *
 * Return: 0 with @out->nr >= 1; -EMEDIUMTYPE, -EUCLEAN, or what read returned.
 */
int imapi_sessions_scan(const struct imapi_source *src,
			struct imapi_sessions *out);

/* --- dirent.c: directory records (ECMA-119 9.1) --- */

/**
 * imapi_dirent_check - validate a record before anything reads it
 * @de: its first byte
 * @avail: bytes left in the sector from @de
 *
 * Return: the record's length, 0 at the sector's padding, -EUCLEAN if malformed.
 */
int imapi_dirent_check(const struct imapi_iso_dirent *de, size_t avail);

/* Sections of one file; 65,536 full ones are 256 TiB, past any medium */
#define IMAPI_MAX_SECTIONS	65536u

/* A file section (ECMA-119 6.5): one extent of a file, as recorded */
struct imapi_extent {
	u32 lba;		/* as recorded: where an extended attribute begins */
	u32 len;		/* bytes of data */
	u8 xattr_blocks;	/* data begins so many blocks behind @lba */
	u8 unit, gap;		/* interleave in blocks (ECMA-119 6.4.3); 0: none */
};

/**
 * imapi_extent_check - is a file section on the disc?
 * @src: the disc
 * @ext: the section
 *
 * Return: 0, or -EUCLEAN. A section of no bytes may be anywhere.
 */
int imapi_extent_check(const struct imapi_source *src, const struct imapi_extent *ext);

/**
 * imapi_extent_read - a record's extent, checked
 * @src: the disc it has to lie on
 * @de: a record that imapi_dirent_check() has passed
 * @ext: filled in
 *
 * An extent of no bytes may be recorded anywhere. A directory's has no
 * interleave and at most IMAPI_MAX_EXTENT bytes.
 *
 * Return: 0, or -EUCLEAN.
 */
int imapi_extent_read(const struct imapi_source *src,
		      const struct imapi_iso_dirent *de, struct imapi_extent *ext);

/**
 * imapi_extent_map - where a byte of a file section lies
 * @ext: the section
 * @offset: a byte of it, below @ext->len
 * @run: set to the bytes from there on that lie one behind the other
 *
 * Return: the byte's address on the disc, in bytes.
 */
u64 imapi_extent_map(const struct imapi_extent *ext, u32 offset, u32 *run);

/* One file or directory of a directory: its records, several extents merged */
struct imapi_record {
	u32 pos;		/* byte offset of its first record in the directory */
	u32 next;		/* byte offset behind its last record */
	u8 flags;		/* IMAPI_DE_*, without MULTI_EXTENT */
	u8 name_len;		/* bytes of @name */
	u8 name[IMAPI_NAME_BYTES_ON_DISC];	/* UTF-16BE, see imapi_name_decode() */
	s64 mtime;		/* seconds since 1970 */
	u64 size;		/* bytes, all extents */
	u32 extents;		/* at least 1 */
	struct imapi_extent first;
};

/**
 * struct imapi_dir_cursor - walks the records of a directory on the disc
 *
 * The caller sets up @src, @dir, @ucs, @buf and @buf_blocks (at least 1), and
 * @pos: 0, or a value that an imapi_record's @pos or @next had.
 */
struct imapi_dir_cursor {
	const struct imapi_source *src;
	struct imapi_dirloc dir;
	bool ucs;		/* names are UTF-16BE (Joliet), not ISO 9660 */
	u8 *buf;
	u32 buf_blocks;
	u32 pos;
	u32 have_block, have;	/* what @buf holds; @have = 0: nothing */
	struct imapi_extent *extents;	/* imapi_dir_extents() alone: its result */
	u32 max_extents;
};

/**
 * imapi_dir_next - the next entry of a directory
 * @cur: the cursor; advanced behind the entry
 * @rec: filled in
 *
 * Passes over "." and "..", and over associated files, which Joliet doesn't
 * have. Sections of one file are merged: records of one name, all but the last
 * with MULTI_EXTENT, whole blocks long but for the last one. A record whose
 * extent passes the source's end, is a directory with several extents, or has
 * a name that imapi_name_decode() refuses, is malformed.
 *
 * Return: 1 with an entry, 0 at the end, -EUCLEAN, or what read returned.
 */
int imapi_dir_next(struct imapi_dir_cursor *cur, struct imapi_record *rec);

/**
 * imapi_dir_extents - all the sections of the file at @pos
 * @cur: set up as for imapi_dir_next(); its position is changed
 * @pos: an imapi_record's @pos
 * @extents: room for @max sections
 * @max: at least that imapi_record's @extents
 *
 * Return: how many, or -errno.
 */
int imapi_dir_extents(struct imapi_dir_cursor *cur, u32 pos,
		      struct imapi_extent *extents, u32 max);

/* --- names.c: UTF-16BE and UTF-8 --- */

/**
 * imapi_name_decode - a directory record's name as UTF-16BE without version
 * @id: the identifier
 * @len: its bytes
 * @ucs: it is UTF-16BE; otherwise each byte is one character
 * @out: room for 2 * @len bytes
 *
 * Drops ";" and a version number (and, where not @ucs, a last "." before it).
 *
 * Return: bytes in @out, -EUCLEAN for an empty or odd one, an unpaired
 * surrogate, a "/", a NUL, or what would read as "." or "..".
 */
int imapi_name_decode(const u8 *id, size_t len, bool ucs, u8 *out);

/* Could imapi_name_decode() have given these bytes? 0 or -EUCLEAN */
int imapi_name_decoded_check(const u8 *name, size_t len);

/**
 * imapi_utf16_to_utf8 - a UTF-16BE string as UTF-8
 * @in: UTF-16BE
 * @in_len: its bytes
 * @out: room for @out_size bytes, a NUL is added
 * @out_size: 3 bytes for 2 of @in, and 1, always suffice
 *
 * Return: bytes without the NUL; -EILSEQ for an unpaired surrogate or an odd
 * length, -ENAMETOOLONG if @out is too small.
 */
int imapi_utf16_to_utf8(const u8 *in, size_t in_len, char *out, size_t out_size);

/**
 * imapi_utf8_to_utf16 - a UTF-8 string as UTF-16BE
 * @in: UTF-8, shortest forms only, no surrogates, up to U+10FFFF
 * @in_len: its bytes
 * @out: room for @out_size bytes
 * @out_size: bytes
 *
 * Return: bytes; -EILSEQ if malformed, -ENAMETOOLONG if @out is too small.
 */
int imapi_utf8_to_utf16(const char *in, size_t in_len, u8 *out, size_t out_size);

/**
 * imapi_name_check - may a new file have this name? (Joliet, on identifiers)
 * @name: UTF-16BE
 * @len: its bytes
 *
 * Return: 0; -EINVAL: empty, a control character or one of * / : ; ? \;
 * -ENAMETOOLONG: over 64 units.
 */
int imapi_name_check(const u8 *name, size_t len);

/**
 * imapi_name_cmp - the order of records in a directory (ECMA-119 9.3)
 * @a: UTF-16BE, @a_len bytes
 * @a_len: bytes
 * @b: UTF-16BE, @b_len bytes
 * @b_len: bytes
 *
 * By code units; "." sorts before all others, as padding would.
 *
 * Return: below, at or above 0.
 */
int imapi_name_cmp(const u8 *a, size_t a_len, const u8 *b, size_t b_len);

/* FNV-1a, 32 bits: for hash tables and sums, not against forgers */
u32 imapi_sum32(const void *data, size_t len);

/* FNV-1a, 64 bits; start with @seed = IMAPI_HASH64_SEED, or go on from a result */
#define IMAPI_HASH64_SEED	0xcbf29ce484222325ull
u64 imapi_hash64(u64 seed, const void *data, size_t len);

/* --- dates.c --- */

/* What a directory record can say: 1900-01-01 to 2155-12-31 23:59:59 UTC */
#define IMAPI_TIME_MIN		(-2208988800ll)
#define IMAPI_TIME_MAX		5869583999ll

/* Seconds since 1970 of a record's date; 0 for one that is not a date */
s64 imapi_date_decode(const struct imapi_iso_date *d);

/* The date of @t in UTC, @t brought between IMAPI_TIME_MIN and _MAX */
void imapi_date_encode(s64 t, struct imapi_iso_date *d);

/* Seconds since 1970 of a descriptor's date; 0 for "not specified" or nonsense */
s64 imapi_longdate_decode(const struct imapi_iso_longdate *d);

/* The date of @t in UTC; all zeros ("not specified") for @t = 0 */
void imapi_longdate_encode(s64 t, struct imapi_iso_longdate *d);

/* --- pathtable.c (ECMA-119 9.4) --- */

struct imapi_path {
	u32 lba;
	u16 parent;		/* number of the parent's record, from 1 */
	u8 xattr_blocks;
	u8 name_len;
	const u8 *name;		/* within the caller's buffer */
};

/**
 * imapi_path_next - the next record of a path table
 * @table: the whole table, read by the caller
 * @size: its bytes
 * @big: numbers are big-endian (type M)
 * @pos: in and out, 0 at first
 * @number: this record's number, from 1
 * @p: filled in
 *
 * Return: 1, 0 at the end; -EUCLEAN for a record that passes the end or whose
 * parent doesn't come before it (the root's is itself, ECMA-119 6.9.1).
 */
int imapi_path_next(const u8 *table, size_t size, bool big, size_t *pos,
		    u32 number, struct imapi_path *p);

/**
 * imapi_dirs_span - where a tree's directories lie side by side
 * @src: the disc
 * @tree: read by imapi_volume_read()
 * @limit: how many blocks the caller would read at once
 * @from: lba of the first of them
 * @count: blocks from there on, all in @src; 0: they don't lie side by side, or
 *	nobody can tell
 *
 * Writers put all directories of a tree into one piece of the disc, so one read brings
 * what would take one or more for each of them. It is a guess from the path table,
 * which names where each one begins: good for reading ahead, and for nothing else.
 *
 * Return: 0, -ENOMEM, or what the source's read returned.
 */
int imapi_dirs_span(const struct imapi_source *src, const struct imapi_hierarchy *tree, u32 limit,
		    u32 *from, u32 *count);

/* --- identity.c: is this the disc that was mounted? --- */

/**
 * struct imapi_identity - what is compared before a commit
 * @medium: what the drive knows of the medium itself; an image's file number
 * @medium_len: bytes of it; 0: nothing known
 * @sessions: how many
 * @nwa: next writable address, lba
 * @descriptors: hash of the newest session's descriptor set, 0 on a blank disc
 *
 * What follows is 0 for an image.
 * @tracks: how many
 * @start: of the newest session, lba
 * @blank: a disc with nothing on it: any other of its make is the same to us
 * @has_disc_id: @disc_id is there
 * @disc_id: a number that a CD-R gets with its first track, and keeps
 * @put_in: of the disc that is there now: somebody told that one was put in since the
 *	other was looked at, which says something of blank discs alone
 */
struct imapi_identity {
	u8 medium[32];
	u32 medium_len;
	u32 sessions;
	u32 nwa;
	u64 descriptors;
	u32 tracks;
	u32 start;
	bool blank;
	bool has_disc_id;
	u32 disc_id;
	bool put_in;
};

/* Of one make, and nothing says that they are two */
bool imapi_identity_same_medium(const struct imapi_identity *a,
				const struct imapi_identity *b);

bool imapi_identity_equal(const struct imapi_identity *a,
			  const struct imapi_identity *b);

/**
 * imapi_identity_left_over - may a burn of ours that was broken off have left this?
 * @was: the disc before it
 * @now: the one in the drive
 * @there: as for imapi_identity_compare()
 * @head: hash of the descriptors that it was to write; 0: it came not that far
 *
 * Two sessions more at most: one that was repaired, and the new one.
 */
bool imapi_identity_left_over(const struct imapi_identity *was,
			      const struct imapi_identity *now, u64 there, u64 head);

/* What became of the disc that a commit was planned for */
enum imapi_difference {
	IMAPI_SAME,
	IMAPI_SAME_BLANK,	/* as far as can be told: blank discs of a make are alike */
	IMAPI_NO_DISC,
	IMAPI_OTHER_DISC,
	IMAPI_OTHER_CONTENT,	/* of its make; that disc, if its descriptors were written over */
	IMAPI_MORE_SESSIONS,	/* it is that disc, and another program burned on it */
	IMAPI_NOT_BLANK,	/* it was blank; whether this is the same one nobody knows */
	IMAPI_ERASED,		/* it wasn't, and now one of its make is there that is */
	IMAPI_CHANGED,		/* that disc with no session more, but not as it was */
	IMAPI_MAYBE_OTHER_BLANK,	/* IMAPI_SAME_BLANK, and the drive told of a change */
};

/**
 * imapi_identity_compare - is the disc that a commit is planned for in the drive?
 * @planned: of the disc when the plan was made
 * @now: of the one in the drive; NULL: there is none
 * @there: hash of the descriptor set that is now where @planned's newest one was, read
 *	past all caches; 0: none is there
 *
 * A session is the one that it was if it starts where it did and its descriptors are
 * the same. Only IMAPI_SAME and IMAPI_SAME_BLANK allow a WRITE.
 */
enum imapi_difference imapi_identity_compare(const struct imapi_identity *planned,
					     const struct imapi_identity *now, u64 there);

/* 0, -ENOMEDIUM or -EMEDIUMTYPE; and what users are told, with what they can do */
int imapi_difference_error(enum imapi_difference d);
const char *imapi_difference_text(enum imapi_difference d);

/* "1a2b3c4d5e6f7081" for people: one hash of all that is compared, 16 digits and a NUL */
void imapi_identity_print(const struct imapi_identity *id, char out[17]);

#endif
