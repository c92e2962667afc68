// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sessions of an overwritable medium or image. Block 16 has the newest one's
 * descriptors; the older ones are found by libburnia's chain or by our links.
 * A link is believed only where the descriptors it leads to agree: a program
 * that appends to our image may carry our application use field along.
 */
#include "core.h"

struct found {
	u32 nr, room;
	struct imapi_session *at;
};

static int found_add(struct found *l, u32 start, u32 blocks, const struct imapi_volume *vol)
{
	struct imapi_session *grown;
	u32 room;

	if (l->nr == l->room) {
		room = l->room ? 2 * l->room : 8;
		grown = core_zalloc(room * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		if (l->nr)
			memcpy(grown, l->at, l->nr * sizeof(*grown));
		core_free(l->at);
		l->at = grown;
		l->room = room;
	}
	l->at[l->nr].start = start;
	l->at[l->nr].blocks = blocks;
	l->at[l->nr].vol = *vol;
	l->nr++;
	return 0;
}

static void found_reverse(struct found *l)
{
	struct imapi_session tmp;
	u32 i, j;

	for (i = 0, j = l->nr; i + 1 < j; i++) {
		j--;
		tmp = l->at[i];
		l->at[i] = l->at[j];
		l->at[j] = tmp;
	}
}

/* Is the session at @start, with the descriptors @vol, the one that block 16 is about? */
static bool is_newest(const struct imapi_volume *newest, u32 start,
		      const struct imapi_volume *vol)
{
	return vol->primary.root.lba == newest->primary.root.lba &&
	       vol->primary.root.size == newest->primary.root.size &&
	       vol->joliet == newest->joliet &&
	       vol->ucs.root.lba == newest->ucs.root.lba &&
	       vol->ucs.root.size == newest->ucs.root.size &&
	       (u64)start + vol->space == newest->space;
}

/*
 * libburnia's chain from @start on: each session's own descriptors count its own
 * blocks, the next one starts at the following multiple of 32. @l gets the
 * sessions, oldest first, if the chain leads to the newest one; the number of
 * sessions in @l is 0 otherwise. Where nobody knows the newest one (NULL), it
 * gets all that are there to their end.
 */
static int walk_forward(const struct imapi_source *src, const struct imapi_volume *newest,
			u32 start, struct found *l)
{
	u32 end = newest ? newest->space : src->blocks;
	struct imapi_volume vol;
	u64 next = start;
	int err;

	while (next + IMAPI_SYSTEM_BLOCKS < end && l->nr < IMAPI_MAX_SESSIONS) {
		start = (u32)next;
		err = imapi_volume_read(src, start + IMAPI_SYSTEM_BLOCKS, &vol);
		if (err == -ENOMEM)
			return err;
		if (err || vol.space <= IMAPI_SYSTEM_BLOCKS)
			break;
		if (!newest && (u64)start + vol.space > end)
			break;
		err = found_add(l, start, vol.space, &vol);
		if (err)
			return err;
		if (newest && is_newest(newest, start, &vol))
			return 0;
		next = (u64)start + vol.space + IMAPI_SESSION_ALIGN - 1;
		next -= next % IMAPI_SESSION_ALIGN;
	}
	if (newest)
		l->nr = 0;
	return 0;
}

/* Blocks of the session at @start, which can't reach into the one at @limit */
static u32 blocks_before(u32 start, u32 limit, u32 space)
{
	return space < limit - start ? space : limit - start;
}

/*
 * The sessions before the one at @start with the descriptors @vol, by links,
 * newest first. Each one starts before the one that leads to it.
 */
static int walk_links(const struct imapi_source *src, u32 start,
		      const struct imapi_volume *vol, struct found *l)
{
	struct imapi_volume at = *vol, prev;
	u32 prev_start, blocks;
	int err;

	while (at.linked && at.start == start && at.prev_desc &&
	       l->nr < IMAPI_MAX_SESSIONS) {
		prev_start = at.prev_start;
		err = imapi_volume_read(src, at.prev_desc, &prev);
		if (err)
			return err == -ENOMEM ? err : 0;
		blocks = blocks_before(prev_start, start, prev.space);
		err = found_add(l, prev_start, blocks, &prev);
		if (err)
			return err;
		start = prev_start;
		at = prev;
	}
	return 0;
}

/* Puts the sessions that links lead to from the oldest one of @l before it */
static int prepend_linked(const struct imapi_source *src, struct found *l)
{
	struct found all = { 0 };
	u32 i;
	int err;

	err = walk_links(src, l->at[0].start, &l->at[0].vol, &all);
	if (err || !all.nr)
		goto out;
	found_reverse(&all);
	for (i = 0; i < l->nr && !err; i++)
		err = found_add(&all, l->at[i].start, l->at[i].blocks, &l->at[i].vol);
	if (!err) {
		core_free(l->at);
		*l = all;
		return 0;
	}
out:
	core_free(all.at);
	return err;
}

/*
 * The chain from block 32 on; or, where there is none, from the session that
 * the link of block 16 names: the newest one, unless another program has
 * appended to it since. Either may have begun behind a session at block 0.
 */
static int find_all(const struct imapi_source *src, const struct imapi_volume *newest,
		    struct found *l)
{
	int err;

	err = walk_forward(src, newest, IMAPI_FIRST_SESSION, l);
	if (!err && !l->nr && newest->linked)
		err = walk_forward(src, newest, newest->start, l);
	if (!err && !l->nr)
		/* Nothing says where it starts: it is all there is, from block 0 */
		return found_add(l, 0, newest->space, newest);
	return err ? err : prepend_linked(src, l);
}

/* Block 16 is damaged, @why: the newest session that is whole counts */
static int scan_headless(const struct imapi_source *src, int why,
			 struct imapi_sessions *out)
{
	struct found l = { 0 };
	int err;

	err = walk_forward(src, NULL, IMAPI_FIRST_SESSION, &l);
	if (!err && !l.nr)
		err = why;
	if (!err)
		err = prepend_linked(src, &l);
	if (err) {
		core_free(l.at);
		return err;
	}
	out->headless = true;
	out->nr = l.nr;
	out->list = l.at;
	out->end = l.at[l.nr - 1].start + l.at[l.nr - 1].blocks;
	return 0;
}

int imapi_sessions_scan(const struct imapi_source *src,
			struct imapi_sessions *out)
{
	struct imapi_volume newest;
	struct found l = { 0 };
	int err;

	err = imapi_volume_read(src, IMAPI_SYSTEM_BLOCKS, &newest);
	if (err == -EUCLEAN || err == -EMEDIUMTYPE)
		return scan_headless(src, err, out);
	if (err)
		return err;
	err = find_all(src, &newest, &l);
	if (err) {
		core_free(l.at);
		return err;
	}
	out->headless = false;
	out->nr = l.nr;
	out->list = l.at;
	out->end = newest.space;
	/*
	 * Where they differ, one of two sets was written over the other and not
	 * to its end: what either tree lies in must not be taken for free.
	 */
	if (newest.ucs_space > out->end && newest.ucs_space <= src->blocks)
		out->end = newest.ucs_space;
	return 0;
}
