// SPDX-License-Identifier: GPL-2.0-only
#include "compose.h"
#include "overwritable.h"

int overwritable_begun_at(const struct imapi_source *src, u32 start)
{
	const struct imapi_iso_link *link;
	union {
		struct imapi_iso_volume vd;
		u8 bytes[IMAPI_BLOCK];
	} block;
	u64 lba = (u64)start + IMAPI_SYSTEM_BLOCKS;
	int err;

	if (lba >= src->blocks)
		return 0;
	err = src->read(src->ctx, (u32)lba, 1, &block);
	if (err)
		return err;
	link = (const struct imapi_iso_link *)block.vd.application_use;
	return block.vd.type == IMAPI_VD_PRIMARY &&
	       !memcmp(block.vd.id, IMAPI_STANDARD_ID, sizeof(block.vd.id)) &&
	       !memcmp(link->magic, IMAPI_LINK_MAGIC, sizeof(link->magic)) &&
	       get_unaligned_le32(link->sum) ==
			imapi_sum32(link, offsetof(struct imapi_iso_link, sum)) &&
	       get_unaligned_le32(link->start) == start;
}

u32 overwritable_stale_at(const struct imapi_source *src, u64 end)
{
	u64 at = overwritable_align(end);
	struct imapi_volume vol;

	if (at + IMAPI_FIRST_SESSION > src->blocks)
		return 0;
	/* What can't be read was never written */
	return imapi_volume_read(src, (u32)at + IMAPI_SYSTEM_BLOCKS, &vol) ? 0 : (u32)at;
}

bool overwritable_has_chain(const struct imapi_source *src)
{
	struct imapi_sessions s;
	bool chain;

	if (imapi_sessions_scan(src, &s))
		return false;
	chain = s.nr > 1;
	core_free(s.list);
	return chain;
}

/* What doesn't fit on the medium any more is no session's beginning either */
static int wipe_at(const struct imapi_source *src, u64 lba, int (*wipe)(void *ctx, u32 lba),
		   void *ctx)
{
	lba -= lba % IMAPI_FIRST_SESSION;
	return lba + IMAPI_FIRST_SESSION <= src->blocks ? wipe(ctx, (u32)lba) : 0;
}

int overwritable_forget(const struct imapi_source *src, const struct imapi_sessions *s,
			int (*wipe)(void *ctx, u32 lba), void *ctx)
{
	int err = 0;
	u32 i;

	/* One that was begun behind them and never finished */
	if (s->nr)
		err = wipe_at(src, overwritable_align(s->end), wipe, ctx);
	for (i = s->nr; i && !err; i--)
		err = wipe_at(src, s->list[i - 1].start, wipe, ctx);
	if (!err)
		err = wipe_at(src, IMAPI_FIRST_SESSION, wipe, ctx);
	return err ? err : wipe_at(src, 0, wipe, ctx);
}

static bool is_behind(u64 lba, const struct imapi_dirloc *dir)
{
	return lba >= dir->lba + ((u64)dir->size + IMAPI_BLOCK - 1) / IMAPI_BLOCK;
}

/* Behind what of the session can be told without reading all of its tree? */
static bool is_behind_session(u64 lba, const struct imapi_volume *vol)
{
	return lba >= IMAPI_FIRST_SESSION && lba >= (u64)vol->desc + vol->descs &&
	       is_behind(lba, &vol->primary.root) && is_behind(lba, &vol->ucs.root);
}

const char *overwritable_why_not(const struct imapi_volume *vol, u64 nwa)
{
	if (!vol->joliet)
		return "the last session has no Joliet tree";
	if (vol->descs > COMPOSE_SAVED_MAX)
		return "the last session has too many volume descriptors";
	if (!is_behind_session(nwa, vol))
		return "the last session is longer than its descriptors say";
	return NULL;
}

bool overwritable_same_sessions(const struct imapi_sessions *a, const struct imapi_sessions *b)
{
	u32 i;

	if (a->nr != b->nr || a->end != b->end)
		return false;
	for (i = 0; i < a->nr; i++)
		if (a->list[i].start != b->list[i].start ||
		    a->list[i].vol.hash != b->list[i].vol.hash)
			return false;
	return true;
}
