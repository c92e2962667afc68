// SPDX-License-Identifier: GPL-2.0-only
/* WRITE, SYNCHRONIZE CACHE, RESERVE TRACK (MMC-6 6.45, 6.43, 6.32) */
#include "drive.h"

sense_t save(struct drive *d)
{
	return disc_save(d->disc) ? SENSE_WRITE_ERROR : GOOD;
}

/* --- ending what is being written --- */

sense_t close_track(struct drive *d, struct track *t)
{
	sense_t sense = cache_drain(d);
	uint32_t before = t->written;

	if (sense) {
		t->run_out = 0;
		return sense;
	}
	disc_close_track(d->disc, t);
	drive_work_done(d, DRIVE_WORK_CLOSE_TRACK, t->size - before);
	d->writing = 0;
	return save(d);
}

/**
 * close_session - write its lead-in and lead-out, or border, or what its medium has
 * @last: nothing can be appended any more
 *
 * Its tracks are closed. Blocks that can't be used by data any more are told to be work.
 */
sense_t close_session(struct drive *d, bool last)
{
	struct disc *disc = d->disc;
	const struct track *t = &disc->tracks[disc->nr_tracks - 1];
	uint32_t next, end = t->start + t->size;

	disc_close_session(disc, last);
	disc->minimal = false;
	next = disc_next_start(disc);
	drive_work_done(d, DRIVE_WORK_CLOSE_SESSION, next == UINT32_MAX ? 0 : next - end);
	drive_session_closed(d);
	return save(d);
}

sense_t end_track_at_once(struct drive *d)
{
	struct track *t = &d->disc->tracks[d->writing - 1];

	t->run_out = CD_RUN_OUT;
	if (t->reserved && t->run_out > t->size - t->written)
		t->run_out = t->size - t->written;
	return close_track(d, t);
}

/* The drive fills the ECC block that it is in; what was reserved and is full is closed */
static sense_t settle(struct drive *d)
{
	struct disc *disc = d->disc;
	struct track *t;
	uint32_t filled;
	bool full, changed = false;
	unsigned int i;

	for (i = 0; i < disc->nr_tracks; i++) {
		t = &disc->tracks[i];
		filled = round_up32(t->written, disc->media->unit);
		full = t->reserved && filled >= t->size;
		if (t->state != TRACK_OPEN || (filled == t->written && !full))
			continue;
		changed = true;
		if (full) {
			disc_close_track(disc, t);
		} else if (!d->dao) {
			t->written = filled;
			t->kept = filled;
		}
	}
	return changed ? save(d) : GOOD;
}

/* A disc at once is done when what was reserved for it is full */
static sense_t end_disc_at_once(struct drive *d)
{
	if (d->disc->tracks[0].state != TRACK_CLOSED)
		return GOOD;
	d->dao = false;
	return close_session(d, !mode_multi_session(d));
}

/**
 * flush - put everything on the disc, and end what can't be interrupted
 *
 * On CD the track at once ends here, with its run-out.
 */
sense_t flush(struct drive *d)
{
	sense_t sense;

	if (d->cue.writing)
		return cue_flush(d);
	sense = cache_drain(d);
	if (sense || disc_random(d->disc))
		return sense;
	if (d->writing)
		return end_track_at_once(d);
	if (is_cd(d->disc))
		return GOOD;
	sense = settle(d);
	return !sense && d->dao ? end_disc_at_once(d) : sense;
}

sense_t mmc_synchronize_cache(struct drive *d, struct command *c)
{
	bool something = d->cache.blocks || d->writing || d->cue.writing;
	sense_t sense;

	/* Torn: nothing is ended that was being written */
	if (d->steps != ALL_STEPS)
		return cache_drain_some(d, d->steps);
	sense = flush(d);
	if (sense || !something)
		return sense;
	drive_work_done(d, DRIVE_WORK_SYNC, 0);
	drive_go_on(d, c->cdb[1] & 0x02, SENSE_LONG_WRITE);
	return GOOD;
}

/* --- WRITE on media that are written anywhere --- */

static sense_t check_random(const struct disc *d, uint32_t lba, uint32_t blocks)
{
	uint32_t end = d->intermediate ? d->blocks : d->formatted;

	if (!d->formatted)
		return SENSE_UNFORMATTED;
	if (lba > end || blocks > end - lba)
		return SENSE_OUT_OF_RANGE;
	if (!d->overwrite)
		return GOOD;
	/* Restricted: whole ECC blocks, and no hole before them (MMC-6 4.3.6.4) */
	if (lba % d->media->unit || lba > d->formatted)
		return SENSE_WRITE_ADDRESS;
	return blocks % d->media->unit ? SENSE_CDB_FIELD : GOOD;
}

/* A DVD+RW whose background format was stopped begins it again */
static void restart_format(struct drive *d)
{
	if (d->disc->format != FORMAT_SUSPENDED || d->disc->media->profile != PROFILE_DVD_PLUS_RW)
		return;
	d->disc->format = FORMAT_RUNNING;
	drive_media_event(d, EVENT_FORMAT_RESTARTED);
}

static sense_t write_random(struct drive *d, uint32_t lba, uint32_t blocks, const uint8_t *data)
{
	struct disc *disc = d->disc;
	sense_t sense = check_random(disc, lba, blocks);
	uint32_t inside = blocks;

	if (sense)
		return sense;
	restart_format(d);
	if (lba + blocks > disc->formatted)
		inside = disc->formatted - lba;
	sense = cache_write(d, lba, inside, data, NULL);
	if (!sense && inside < blocks)
		sense = cache_write(d, lba + inside, blocks - inside, data + (size_t)inside * BLOCK,
				    &disc->formatted);
	if (disc->iced < lba + blocks)
		disc->iced = lba + blocks;
	return sense;
}

/* --- WRITE by tracks --- */

/* The write parameters fit the medium (MMC-6 7.5) */
static sense_t check_parameters(const struct drive *d)
{
	const struct disc *disc = d->disc;
	enum write_type type = write_type(d);

	if (!disc->media->page05)
		return GOOD;
	if (is_cd(disc) && type != WRITE_TAO)
		return SENSE_SEQUENCE;
	if (is_cd(disc))
		return d->page05[3] & 0x04 ? GOOD : SENSE_TRACK_MODE;
	if (type == WRITE_SAO)
		return d->dao ? GOOD : SENSE_SEQUENCE;
	if (type == WRITE_TAO || disc->minimal || d->dao)
		return SENSE_TRACK_MODE;
	return GOOD;
}

static unsigned int cd_mode(const struct drive *d)
{
	return (d->page05[4] & 0x0f) == 8 ? 1 : 2;
}

/* The track whose next writable address is @lba; the invisible one becomes visible */
static sense_t find_track(struct drive *d, uint32_t lba, struct track_view *v)
{
	unsigned int i, count = disc_count(d->disc);

	for (i = count; i; i--) {
		if (!disc_view(d->disc, i, v) && v->nwa_valid && v->nwa == lba)
			return GOOD;
		/* One that is full has no address, and says so */
		if (v->nwa && lba == v->nwa && !v->nwa_valid && !v->damaged)
			return v->reserved ? SENSE_TRACK_END : SENSE_OUT_OF_RANGE;
	}
	return SENSE_WRITE_ADDRESS;
}

static sense_t begin_track(struct drive *d, const struct track_view *v)
{
	struct track t = { .session = v->session, .start = v->start, .mode = 1 };

	if (v->number <= d->disc->nr_tracks)
		return GOOD;
	if (is_cd(d->disc))
		t.mode = cd_mode(d);
	return disc_add_track(d->disc, &t) ? SENSE_NO_MORE_TRACKS : GOOD;
}

static sense_t write_track(struct drive *d, uint32_t lba, uint32_t blocks, const uint8_t *data)
{
	struct track_view v;
	struct track *t;
	sense_t sense = check_parameters(d);

	if (!sense)
		sense = find_track(d, lba, &v);
	if (sense)
		return sense;
	if (blocks > v.free)
		return v.reserved ? SENSE_TRACK_END : SENSE_OUT_OF_RANGE;
	sense = begin_track(d, &v);
	if (sense)
		return sense;
	if (is_cd(d->disc))
		d->writing = v.number;
	t = &d->disc->tracks[v.number - 1];
	sense = cache_write(d, lba, blocks, data, &t->written);
	/* Nothing of it came to be */
	if (sense && !t->written && !t->reserved) {
		d->disc->nr_tracks--;
		d->writing = 0;
	}
	return sense;
}

static bool can_verify(const struct disc *d)
{
	return d->media->kind == MEDIA_BD || (d->media->kind == MEDIA_DVD && d->media->random);
}

sense_t mmc_write(struct drive *d, struct command *c)
{
	uint32_t blocks = c->cdb[0] == 0xaa ? get32(c->cdb + 6) : get16(c->cdb + 7);
	uint32_t lba = get32(c->cdb + 2);
	bool verify = c->cdb[0] == 0x2e;
	sense_t sense;

	if (verify && !can_verify(d->disc))
		return SENSE_OPCODE;
	if (blocks > c->length / BLOCK)
		return SENSE_CDB_FIELD;
	/* Torn: the rest of its data doesn't come */
	if (blocks > d->steps)
		blocks = d->steps;
	if (!blocks)
		return GOOD;
	drive_spin_up(d);
	if (d->cue.tracks)
		sense = cue_write(d, (int32_t)lba, blocks, c->data);
	else if (disc_random(d->disc))
		sense = write_random(d, lba, blocks, c->data);
	else
		sense = write_track(d, lba, blocks, c->data);
	if (!sense && verify)
		sense = cache_drain(d);
	if (!sense)
		c->done = (size_t)blocks * BLOCK;
	return sense;
}

/* --- RESERVE TRACK --- */

/* A whole disc is reserved to its last block, anything else by ECC blocks */
static sense_t check_reservation(const struct drive *d, const struct track_view *v, bool dao,
				 uint32_t blocks)
{
	if (!blocks || (is_cd(d->disc) && blocks < CD_TRACK_MIN))
		return SENSE_CDB_FIELD;
	if (!v->blank || d->cue.tracks)
		return SENSE_SEQUENCE;
	if (dao && d->disc->nr_tracks)
		return SENSE_SEQUENCE;
	if (!dao && d->disc->minimal)
		return SENSE_TRACK_MODE;
	return blocks > v->free ? SENSE_OUT_OF_RANGE : GOOD;
}

sense_t mmc_reserve_track(struct drive *d, struct command *c)
{
	struct disc *disc = d->disc;
	bool dao = disc->media->page05 && !is_cd(disc) && write_type(d) == WRITE_SAO;
	uint32_t blocks = get32(c->cdb + 5);
	struct track t = { .mode = 1, .reserved = true };
	struct track_view v;
	sense_t sense;

	/* By size only, not by an end address */
	if (c->cdb[1] & 0x01)
		return SENSE_CDB_FIELD;
	if (disc_random(disc))
		return SENSE_WRONG_MEDIUM;
	if (disc_view(disc, disc_count(disc), &v) || !v.invisible)
		return SENSE_NO_MORE_TRACKS;
	if (!dao && blocks <= disc->blocks)
		blocks = round_up32(blocks, disc->media->unit);
	sense = check_reservation(d, &v, dao, blocks);
	if (sense)
		return sense;
	t.session = v.session;
	t.start = v.start;
	t.size = blocks;
	if (disc_add_track(disc, &t))
		return SENSE_NO_MORE_TRACKS;
	d->dao = dao;
	return save(d);
}
