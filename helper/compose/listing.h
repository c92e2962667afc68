/* SPDX-License-Identifier: GPL-2.0-only */
/* One merged directory in memory, in the order of either tree. */
#ifndef IMAPI_LISTING_H
#define IMAPI_LISTING_H

#include "arena.h"
#include "isonames.h"
#include "tree.h"

/* Both trees of a session */
enum { TREE_ISO, TREE_UCS, TREES };

struct listed {
	const u8 *name;			/* UTF-16BE */
	struct imapi_dirref dir;	/* of a directory; @dir.node also of a file */
	const struct imapi_extent *extents;
	void *staged;
	u64 size;
	s64 mtime;
	u32 sections;			/* @extents, 0: an empty file or a staged one */
	u32 rank;			/* place in Joliet order */
	u32 index;			/* among the directories, or the staged files */
	u8 name_len;
	u8 flags;
	bool numbered;			/* somebody else has its own primary name */
	struct iso_name iso;		/* set by listing_iso_names() */
};

/* All zeros is an empty listing */
struct listing {
	struct arena arena;
	struct listed *list;
	u32 nr, room;
	u32 dirs, staged;		/* how many of them */
	struct listed **order[TREES];	/* each @nr long */
	u32 order_room;
};

/**
 * listing_load - read a directory and sort it for the Joliet tree
 * @l: what was in it goes
 * @t: the tree
 * @dir: the directory
 *
 * Return: 0, -EUCLEAN, -ENOMEM, or what read returned.
 */
int listing_load(struct listing *l, struct imapi_tree *t,
		 const struct imapi_dirref *dir);

/* Names it for the primary tree and sorts it for that */
void listing_iso_names(struct listing *l);

void listing_free(struct listing *l);

/* The name that an entry has in its primary record, bytes in @out */
#define ISO_IDENTIFIER_MAX	(ISO_NAME_MAX + 3)
u32 listed_iso_identifier(const struct listed *e, u8 *out);

/* Records that an entry takes: one a file section, and at least one */
u32 listed_records(const struct listed *e);

/**
 * listed_section - what one of its records says
 * @e: a file
 * @lba: where its data is, if it is staged
 * @nr: which record, from 0
 * @ext: filled in
 */
void listed_section(const struct listed *e, u32 lba, u32 nr,
		    struct imapi_extent *ext);

#endif
