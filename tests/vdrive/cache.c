// SPDX-License-Identifier: GPL-2.0-only
/* The write cache: a run of blocks that the drive took and the disc hasn't got yet */
#include "drive.h"

void cache_drop(struct drive *d)
{
	d->cache.blocks = 0;
}

/* Everything up to here is on the disc */
static void keep(struct disc *disc)
{
	unsigned int i;

	for (i = 0; i < disc->nr_tracks; i++)
		disc->tracks[i].kept = disc->tracks[i].written;
	disc->formatted_kept = disc->formatted;
}

/**
 * cache_drain - put what is cached on the disc
 *
 * Return: GOOD, or a write error if the disc's file doesn't take it. The blocks are
 * lost then, as they are if a drive fails to write.
 */
sense_t cache_drain(struct drive *d)
{
	struct cache *cache = &d->cache;
	uint32_t blocks = cache->blocks;

	if (!blocks)
		return GOOD;
	cache->blocks = 0;
	if (d->events.access)
		d->events.access(d->events.context, true, cache->lba, blocks);
	if (disc_write(d->disc, cache->lba, blocks, cache->data))
		return SENSE_WRITE_ERROR;
	keep(d->disc);
	/* What overwrites in place changes nothing that the description has */
	if (d->disc->media->random && d->disc->media->profile != PROFILE_DVD_PLUS_RW)
		return GOOD;
	return disc_save(d->disc) ? SENSE_WRITE_ERROR : GOOD;
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
