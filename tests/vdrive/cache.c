// SPDX-License-Identifier: GPL-2.0-only
/* The write cache: a run of blocks that the drive took and the disc hasn't got yet */
#include "drive.h"

void cache_drop(struct drive *d)
{
	d->cache.blocks = 0;
}

/*
 * Of @blocks from @start on: those before the first that is cached. An ECC block of which
 * a part is on the disc can't be had again: the rest of it is lost.
 */
static uint32_t kept(const struct cache *cache, uint32_t start, uint32_t blocks, uint32_t unit)
{
	uint32_t before;

	if (!cache->blocks || start + blocks <= cache->lba || start >= cache->lba + cache->blocks)
		return blocks;
	before = cache->lba > start ? round_up32(cache->lba - start, unit) : 0;
	return before < blocks ? before : blocks;
}

/* Everything that isn't cached is on the disc */
static void keep(struct disc *disc, const struct cache *cache)
{
	struct track *t;
	uint32_t end;
	unsigned int i;

	for (i = 0; i < disc->nr_tracks; i++) {
		t = &disc->tracks[i];
		t->kept = kept(cache, t->start, t->written, disc->media->unit);
	}
	/* What is overwritten was there before */
	end = kept(cache, 0, disc->formatted, disc->media->unit);
	if (end > disc->formatted_kept)
		disc->formatted_kept = end;
}

/**
 * cache_drain_some - put the first @blocks of what is cached on the disc
 *
 * Return: GOOD, or a write error if the disc's file doesn't take it. The blocks are
 * lost then, as they are if a drive fails to write.
 */
sense_t cache_drain_some(struct drive *d, uint32_t blocks)
{
	struct cache *cache = &d->cache;
	uint32_t lba = cache->lba;
	int err;

	if (blocks > cache->blocks)
		blocks = cache->blocks;
	if (!blocks)
		return GOOD;
	if (d->events.access)
		d->events.access(d->events.context, true, lba, blocks);
	err = disc_write(d->disc, lba, blocks, cache->data);
	cache->lba += blocks;
	cache->blocks -= blocks;
	memmove(cache->data, cache->data + (size_t)blocks * BLOCK, (size_t)cache->blocks * BLOCK);
	if (err)
		return SENSE_WRITE_ERROR;
	keep(d->disc, cache);
	/* What overwrites in place changes nothing that the description has */
	if (d->disc->media->random && d->disc->media->profile != PROFILE_DVD_PLUS_RW)
		return GOOD;
	return disc_save(d->disc) ? SENSE_WRITE_ERROR : GOOD;
}

sense_t cache_drain(struct drive *d)
{
	return cache_drain_some(d, CACHE_BLOCKS);
}

/**
 * cache_write - take blocks in, and put on the disc what there is no room for
 * @written: what counts them, or NULL; right whenever something is put on the disc
 */
sense_t cache_write(struct drive *d, uint32_t lba, uint32_t blocks, const uint8_t *data,
		    uint32_t *written)
{
	struct cache *cache = &d->cache;
	sense_t sense = GOOD;
	uint32_t now;

	if (cache->blocks && lba != cache->lba + cache->blocks)
		sense = cache_drain(d);
	while (!sense && blocks) {
		if (!cache->blocks)
			cache->lba = lba;
		now = CACHE_BLOCKS - cache->blocks;
		if (now > blocks)
			now = blocks;
		memcpy(cache->data + (size_t)cache->blocks * BLOCK, data, (size_t)now * BLOCK);
		cache->blocks += now;
		if (written)
			*written += now;
		data += (size_t)now * BLOCK;
		lba += now;
		blocks -= now;
		if (cache->blocks == CACHE_BLOCKS)
			sense = cache_drain(d);
	}
	return sense;
}

sense_t cache_read(struct drive *d, uint32_t lba, uint32_t blocks, uint8_t *data)
{
	const struct cache *cache = &d->cache;
	uint32_t i;

	if (d->events.access)
		d->events.access(d->events.context, false, lba, blocks);
	if (disc_read(d->disc, lba, blocks, data))
		return SENSE_UNREADABLE;
	for (i = 0; i < blocks && cache->blocks; i++) {
		if (lba + i - cache->lba < cache->blocks)
			memcpy(data + (size_t)i * BLOCK,
			       cache->data + (size_t)(lba + i - cache->lba) * BLOCK, BLOCK);
	}
	return GOOD;
}
