// SPDX-License-Identifier: GPL-2.0-only
/* Sessions and tracks: where they lie, which are open, what is between them (MMC-6 4.2 to 4.5) */
#include <stdlib.h>
#include "disc.h"

/* 97:01:00, or a place that the maker's name stands for: makers have one each */
void disc_lead_in(const struct disc *d, uint8_t *msf)
{
	uint32_t sum = 0;
	const char *c;

	for (c = d->make; *c; c++)
		sum = sum * 31 + (uint8_t)*c;
	msf[0] = 97;
	msf[1] = strcmp(d->make, "VDRIVE") ? (uint8_t)(15 + sum % 45) : 1;
	msf[2] = strcmp(d->make, "VDRIVE") ? (uint8_t)(sum / 45 % 8 * 10) : 0;
}

struct track *disc_open_track(const struct disc *d)
{
	struct track *t;

	if (!d->nr_tracks)
		return NULL;
	t = &d->tracks[d->nr_tracks - 1];
	return t->state == TRACK_CLOSED || t->reserved ? NULL : t;
}

uint32_t disc_next_start(const struct disc *d)
{
	const struct track *t;
	uint64_t at = 0;

	if (d->complete || disc_random(d) || d->nr_tracks >= d->media->tracks)
		return UINT32_MAX;
	if (d->nr_tracks) {
		t = &d->tracks[d->nr_tracks - 1];
		at = (uint64_t)t->start + t->size;
		if (t->session > d->closed)
			at += d->media->track_gap;
		else
			at += t->session == 1 ? d->media->first_gap : d->media->later_gap;
	}
	at = (at + d->media->unit - 1) / d->media->unit * d->media->unit;
	return at >= d->blocks ? UINT32_MAX : (uint32_t)at;
}

unsigned int disc_first_track(const struct disc *d, unsigned int session)
{
	unsigned int i;

	for (i = 0; i < d->nr_tracks; i++) {
		if (d->tracks[i].session == session)
			return i + 1;
	}
	return 0;
}

unsigned int disc_last_track(const struct disc *d, unsigned int session)
{
	unsigned int i;

	for (i = d->nr_tracks; i; i--) {
		if (d->tracks[i - 1].session == session)
			return i;
	}
	return 0;
}

bool disc_session_begun(const struct disc *d)
{
	return d->nr_tracks && d->tracks[d->nr_tracks - 1].session > d->closed;
}

unsigned int disc_sessions(const struct disc *d)
{
	if (disc_random(d))
		return 1;
	return d->complete ? d->closed : d->closed + 1;
}

/* Blocks that can be written from @at on; on CD without the run-out */
static uint32_t room_from(const struct disc *d, uint32_t at)
{
	uint32_t run_out = is_cd(d) ? CD_RUN_OUT : 0;

	return at + run_out < d->blocks ? d->blocks - at - run_out : 0;
}

static void view_open(const struct disc *d, const struct track *t, struct track_view *v)
{
	v->nwa = v->start + v->written;
	v->free = t->reserved ? v->size - v->written : room_from(d, v->nwa);
	v->nwa_valid = !v->damaged && v->free;
	/* What is left counts as its own as long as it is open (MMC-6 6.28.3.14) */
	if (!v->size)
		v->size = v->written + v->free;
	v->blank = !t->written;
}

static void view_track(const struct disc *d, unsigned int number, struct track_view *v)
{
	const struct track *t = &d->tracks[number - 1];

	*v = (struct track_view) {
		.number = number, .session = t->session, .start = t->start, .size = t->size,
		.written = t->written, .mode = t->mode, .reserved = t->reserved,
		.damaged = t->state == TRACK_DAMAGED || t->state == TRACK_RUINED,
	};
	if (t->state != TRACK_CLOSED)
		view_open(d, t, v);
	v->invisible = t == disc_open_track(d);
}

static void view_invisible(const struct disc *d, uint32_t start, struct track_view *v)
{
	*v = (struct track_view) {
		.number = d->nr_tracks + 1, .session = d->closed + 1, .start = start,
		.nwa = start, .free = room_from(d, start), .blank = true, .invisible = true,
	};
	v->size = v->free;
	v->nwa_valid = v->free;
}

/* Media that are written anywhere have one track, which is all that is formatted */
static void view_random(const struct disc *d, struct track_view *v)
{
	*v = (struct track_view) {
		.number = 1, .session = 1, .size = d->formatted, .written = d->formatted,
		.blank = !d->formatted, .mode = 1,
	};
	if (d->intermediate) {
		v->nwa = d->formatted;
		v->free = d->blocks - d->formatted;
		v->nwa_valid = v->free;
		v->size = d->blocks;
	}
}

int disc_view(const struct disc *d, unsigned int number, struct track_view *v)
{
	uint32_t start;

	if (!number)
		return -ENOENT;
	if (disc_random(d)) {
		view_random(d, v);
		return number == 1 ? 0 : -ENOENT;
	}
	if (number <= d->nr_tracks) {
		view_track(d, number, v);
		return 0;
	}
	/* There is no invisible track while another one is open at its end */
	start = disc_open_track(d) ? UINT32_MAX : disc_next_start(d);
	if (number != d->nr_tracks + 1 || start == UINT32_MAX)
		return -ENOENT;
	view_invisible(d, start, v);
	return 0;
}

unsigned int disc_count(const struct disc *d)
{
	struct track_view v;

	if (disc_random(d))
		return 1;
	return d->nr_tracks + !disc_view(d, d->nr_tracks + 1, &v);
}

unsigned int disc_track_at(const struct disc *d, uint32_t lba)
{
	unsigned int i, count = disc_count(d);
	struct track_view v;

	for (i = count; i; i--) {
		if (!disc_view(d, i, &v) && lba >= v.start)
			return lba - v.start < v.size ? i : 0;
	}
	return 0;
}

uint32_t disc_readable_end(const struct disc *d)
{
	const struct track *t;

	/* A DVD+RW whose format was stopped has its lead-out there */
	if (disc_random(d))
		return d->format == FORMAT_SUSPENDED ? d->iced : d->formatted;
	if (!d->closed)
		return 0;
	t = &d->tracks[disc_last_track(d, d->closed) - 1];
	return t->start + t->size;
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

uint32_t disc_readable(const struct disc *d, uint32_t lba, uint32_t blocks)
{
	/* A data track's pre-gap is encoded as the track is; here it has zeros alone */
	uint32_t end = d->formatted, gap = is_cd(d) ? CD_PREGAP : 0;
	const struct track *t;
	unsigned int i;

	if (disc_random(d)) {
		if (d->media->profile == PROFILE_DVD_PLUS_RW)
			end = least(end, d->iced);
		return lba < end ? least(blocks, end - lba) : 0;
	}
	for (i = 0; i < d->nr_tracks; i++) {
		t = &d->tracks[i];
		if (t->state == TRACK_RUINED)
			continue;
		/* The run-out is in a closed track's written blocks no more than in its data */
		if (lba >= t->start && lba - t->start < t->written)
			return least(blocks, t->start + t->written - lba);
		if (t->written && lba < t->start && t->start - lba <= gap)
			return least(blocks, t->start + t->written - lba);
	}
	return 0;
}

int disc_add_track(struct disc *d, const struct track *t)
{
	struct track *more;

	if (d->nr_tracks >= d->media->tracks)
		return -ENOSPC;
	if (!(d->nr_tracks & (d->nr_tracks + 1)) || !d->tracks) {
		more = realloc(d->tracks, (2 * (size_t)d->nr_tracks + 2) * sizeof(*more));
		if (!more)
			return -ENOMEM;
		d->tracks = more;
	}
	d->tracks[d->nr_tracks++] = *t;
	return 0;
}

/**
 * disc_close_track - nothing more is written to it
 *
 * Its last ECC block is filled with zeros, as the drive does; on CD a short track is
 * filled up to 4 seconds, and 2 run-out blocks follow where writing ended alone
 * (the caller has set run_out). A reserved track keeps its length.
 */
void disc_close_track(struct disc *d, struct track *t)
{
	uint32_t filled = round_up32(t->written, d->media->unit);

	if (is_cd(d) && filled < CD_TRACK_MIN)
		filled = CD_TRACK_MIN;
	if (t->reserved)
		filled = t->size - t->run_out;
	if (filled > d->blocks - t->start)
		filled = d->blocks - t->start;
	t->written = filled;
	t->kept = filled;
	if (t->run_out > d->blocks - t->start - filled)
		t->run_out = d->blocks - t->start - filled;
	t->size = filled + t->run_out;
	t->state = TRACK_CLOSED;
	t->reserved = false;
}

void disc_finalize(struct disc *d)
{
	d->complete = true;
}

void disc_close_session(struct disc *d, bool last)
{
	d->closed++;
	if (last || d->closed >= d->media->sessions || disc_next_start(d) == UINT32_MAX)
		disc_finalize(d);
}

void disc_cut(struct disc *d)
{
	struct track *t;
	unsigned int i;

	for (i = 0; i < d->nr_tracks; i++) {
		t = &d->tracks[i];
		t->written = t->kept;
		/* Track at once and the like can't go on where they were cut off */
		if (is_cd(d) && t->state == TRACK_OPEN && t->kept)
			t->state = TRACK_DAMAGED;
		if (!t->kept && !(t->reserved && t->state == TRACK_OPEN))
			break;
	}
	d->nr_tracks = i;
	d->formatted = d->formatted_kept;
}

void disc_set_formatted(struct disc *d, uint32_t blocks)
{
	d->formatted = blocks;
	d->formatted_kept = blocks;
}

void disc_make_blank(struct disc *d)
{
	d->nr_tracks = 0;
	d->closed = 0;
	d->complete = false;
	d->xa = false;
	d->minimal = false;
	d->overwrite = false;
	d->intermediate = false;
	d->format = FORMAT_NONE;
	disc_set_formatted(d, 0);
	d->iced = 0;
	/* DVD-RAM leaves the factory formatted */
	if (d->media->profile == PROFILE_DVD_RAM)
		disc_set_formatted(d, d->blocks - media_spare(d, 0));
}

int disc_make_ruin(struct disc *d)
{
	const struct track t = {
		.session = 1, .mode = 1, .state = TRACK_RUINED,
		.written = d->media->unit, .kept = d->media->unit,
	};

	disc_make_blank(d);
	disc_set_formatted(d, 0);
	return d->media->random ? 0 : disc_add_track(d, &t);
}

bool disc_ruined(const struct disc *d)
{
	return d->nr_tracks && d->tracks[0].state == TRACK_RUINED;
}
