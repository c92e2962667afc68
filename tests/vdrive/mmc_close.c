// SPDX-License-Identifier: GPL-2.0-only
/* CLOSE TRACK SESSION and BLANK (MMC-6 6.3, 6.2) */
#include "drive.h"

enum close_function {
	CLOSE_STOP_FORMAT = 0,
	CLOSE_TRACK = 1,
	CLOSE_SESSION = 2,
	CLOSE_FINALIZE_MINIMAL = 5,
	CLOSE_FINALIZE = 6,
};

/* --- tracks and sessions --- */

static sense_t close_numbered(struct drive *d, unsigned int number)
{
	struct disc *disc = d->disc;
	struct track_view v;
	struct track *t;

	if (number == TRACK_INVISIBLE && disc_count(disc) != TRACK_INVISIBLE)
		number = disc_count(disc);
	if (disc_view(disc, number, &v))
		return SENSE_CDB_FIELD;
	/* A track at once has ended with the flush; nothing is in an invisible one */
	if (number > disc->nr_tracks || disc->tracks[number - 1].state == TRACK_CLOSED)
		return GOOD;
	t = &disc->tracks[number - 1];
	if (t->state == TRACK_RUINED)
		return SENSE_SESSION_FIXATION;
	if (is_cd(disc) && !t->reserved)
		t->run_out = CD_RUN_OUT;
	return close_track(d, t);
}

/* The track that is open ends with its session; reserved ones must have been filled */
static sense_t close_open_tracks(struct drive *d)
{
	struct disc *disc = d->disc;
	struct track *t = disc_open_track(disc);
	unsigned int i;

	for (i = 0; i < disc->nr_tracks; i++) {
		if (disc->tracks[i].reserved && disc->tracks[i].state == TRACK_OPEN)
			return SENSE_RESERVED_TRACK;
		if (disc->tracks[i].state == TRACK_RUINED)
			return SENSE_SESSION_FIXATION;
	}
	for (i = 0; i < disc->nr_tracks; i++) {
		if (disc->tracks[i].state == TRACK_DAMAGED)
			disc_close_track(disc, &disc->tracks[i]);
	}
	if (!t || t->state == TRACK_CLOSED)
		return GOOD;
	if (is_cd(disc))
		t->run_out = CD_RUN_OUT;
	return close_track(d, t);
}

/* Its tracks, and then what makes a session of them */
static sense_t close_all(struct drive *d, bool last)
{
	sense_t sense = close_open_tracks(d);

	if (!sense)
		sense = drive_step(d);
	return sense ? sense : close_session(d, last);
}

static sense_t close_this_session(struct drive *d)
{
	bool last = d->disc->media->page05 && !mode_multi_session(d);

	if (d->disc->complete)
		return SENSE_SESSION_FIXATION;
	/* Closing what is empty does nothing */
	if (!disc_session_begun(d->disc))
		return GOOD;
	return close_all(d, last);
}

/* DVD+R and BD-R: the whole disc, with the session that is open */
static sense_t finalize(struct drive *d)
{
	struct disc *disc = d->disc;
	sense_t sense;

	if (disc->complete)
		return SENSE_SESSION_FIXATION;
	if (disc_session_begun(disc))
		return close_all(d, true);
	if (!disc->closed)
		return SENSE_SEQUENCE;
	sense = drive_step(d);
	if (sense)
		return sense;
	disc_finalize(disc);
	drive_work_done(d, DRIVE_WORK_CLOSE_SESSION, 0);
	drive_session_closed(d);
	return save(d);
}

static sense_t close_sequential(struct drive *d, struct command *c)
{
	enum profile profile = d->disc->media->profile;
	bool plus = profile == PROFILE_DVD_PLUS_R || profile == PROFILE_DVD_PLUS_R_DL;

	switch (c->cdb[2] & 0x07) {
	case CLOSE_TRACK:
		return close_numbered(d, get16(c->cdb + 4));
	case CLOSE_SESSION:
		return close_this_session(d);
	case CLOSE_FINALIZE_MINIMAL:
		return plus ? finalize(d) : SENSE_CDB_FIELD;
	case CLOSE_FINALIZE:
		return plus || profile == PROFILE_BD_R ? finalize(d) : SENSE_CDB_FIELD;
	default:
		return SENSE_CDB_FIELD;
	}
}

/* --- media that are written anywhere --- */

/* DVD+RW: stop the background format, with or without a lead-out for players */
static sense_t close_plus_rw(struct drive *d, unsigned int function)
{
	if (function != CLOSE_STOP_FORMAT && function != CLOSE_SESSION)
		return SENSE_CDB_FIELD;
	if (d->disc->format == FORMAT_RUNNING)
		d->disc->format = FORMAT_SUSPENDED;
	if (function == CLOSE_SESSION) {
		drive_work_done(d, DRIVE_WORK_CLOSE_SESSION, 0);
		drive_session_closed(d);
	}
	return save(d);
}

/* DVD-RW restricted overwrite: what grew has a lead-out now */
static sense_t close_overwrite(struct drive *d, unsigned int function)
{
	if (function != CLOSE_SESSION)
		return SENSE_CDB_FIELD;
	if (!d->disc->intermediate)
		return GOOD;
	d->disc->intermediate = false;
	drive_work_done(d, DRIVE_WORK_CLOSE_SESSION, 0);
	drive_session_closed(d);
	return save(d);
}

static sense_t close_random(struct drive *d, unsigned int function)
{
	sense_t sense;

	if (!d->disc->formatted)
		return SENSE_UNFORMATTED;
	sense = drive_step(d);
	if (sense)
		return sense;
	if (d->disc->overwrite)
		return close_overwrite(d, function);
	if (d->disc->media->profile == PROFILE_DVD_PLUS_RW)
		return close_plus_rw(d, function);
	/* DVD-RAM and BD-RE have neither sessions nor a format that goes on */
	return SENSE_CDB_FIELD;
}

sense_t mmc_close_track_session(struct drive *d, struct command *c)
{
	sense_t sense = drive_step(d);

	if (!sense)
		sense = flush(d);
	if (sense)
		return sense;
	if (disc_random(d->disc))
		sense = close_random(d, c->cdb[2] & 0x07);
	else
		sense = close_sequential(d, c);
	if (!sense)
		drive_close_goes_on(d, c->cdb[1] & 0x01);
	return sense;
}

/* --- BLANK --- */

enum blank_type {
	BLANK_DISC = 0,
	BLANK_MINIMAL = 1,
	BLANK_UNRESERVE = 3,
	BLANK_TAIL = 4,
	BLANK_UNCLOSE = 5,
	BLANK_SESSION = 6,
};

static sense_t blank_disc(struct drive *d, bool minimal)
{
	struct disc *disc = d->disc;
	uint32_t used = disc->nr_tracks ? disc_readable_end(disc) : disc->formatted;
	sense_t sense;

	if (disc_make_ruin(disc) || disc_wipe(disc, 0))
		return SENSE_WRITE_ERROR;
	sense = drive_step(d);
	if (sense) {
		save(d);
		return sense;
	}
	disc_make_blank(disc);
	disc->minimal = minimal && !is_cd(disc);
	drive_work_done(d, DRIVE_WORK_BLANK, minimal ? 0 : used);
	return save(d);
}

/* The last session that is closed is open again, with its tracks */
static sense_t unclose(struct drive *d)
{
	struct disc *disc = d->disc;

	if (!disc->closed || disc_session_begun(disc))
		return SENSE_SEQUENCE;
	disc->closed--;
	disc->complete = false;
	drive_work_done(d, DRIVE_WORK_BLANK, 0);
	return save(d);
}

/* The last session goes, closed or not */
static sense_t blank_session(struct drive *d)
{
	struct disc *disc = d->disc;
	unsigned int session = disc->nr_tracks ? disc->tracks[disc->nr_tracks - 1].session : 0;
	unsigned int first;

	if (!session)
		return SENSE_SEQUENCE;
	first = disc_first_track(disc, session);
	drive_work_done(d, DRIVE_WORK_BLANK, disc->tracks[disc->nr_tracks - 1].size);
	if (disc_wipe(disc, disc->tracks[first - 1].start))
		return SENSE_WRITE_ERROR;
	disc->nr_tracks = first - 1;
	disc->closed = session - 1;
	disc->complete = false;
	return save(d);
}

/* From @lba to the end of the track, which is the last of a session that is open */
static sense_t blank_tail(struct drive *d, uint32_t lba)
{
	struct disc *disc = d->disc;
	struct track *t;

	if (!disc_session_begun(disc))
		return SENSE_SEQUENCE;
	t = &disc->tracks[disc->nr_tracks - 1];
	if (t->reserved || lba <= t->start || lba - t->start >= t->written ||
	    lba % disc->media->unit)
		return SENSE_CDB_FIELD;
	drive_work_done(d, DRIVE_WORK_BLANK, t->start + t->written - lba);
	if (disc_wipe(disc, lba))
		return SENSE_WRITE_ERROR;
	t->written = lba - t->start;
	t->kept = t->written;
	t->size = 0;
	t->run_out = 0;
	t->state = TRACK_OPEN;
	return save(d);
}

static sense_t unreserve(struct drive *d)
{
	struct disc *disc = d->disc;
	const struct track *t = disc->nr_tracks ? &disc->tracks[disc->nr_tracks - 1] : NULL;

	if (!t || !t->reserved || t->written)
		return SENSE_SEQUENCE;
	disc->nr_tracks--;
	return save(d);
}

static sense_t blank(struct drive *d, unsigned int type, uint32_t address)
{
	switch (type) {
	case BLANK_DISC:
	case BLANK_MINIMAL:
		return blank_disc(d, type == BLANK_MINIMAL);
	case BLANK_UNRESERVE:
		return unreserve(d);
	case BLANK_TAIL:
		return blank_tail(d, address);
	case BLANK_UNCLOSE:
		return unclose(d);
	case BLANK_SESSION:
		return blank_session(d);
	default:
		return SENSE_CDB_FIELD;
	}
}

sense_t mmc_blank(struct drive *d, struct command *c)
{
	const struct media *m = d->disc->media;
	unsigned int type = c->cdb[1] & 0x07;
	sense_t sense;

	if (m->profile != PROFILE_CD_RW && m->profile != PROFILE_DVD_RW)
		return SENSE_WRONG_MEDIUM;
	/* Overwritten DVD-RW is one track: all of it or nothing. So is what a torn BLANK left */
	if ((d->disc->overwrite || disc_ruined(d->disc)) && type > BLANK_MINIMAL)
		return SENSE_CDB_FIELD;
	sense = drive_step(d);
	if (!sense)
		sense = flush(d);
	if (!sense)
		sense = blank(d, type, get32(c->cdb + 2));
	d->dao = false;
	d->cue.tracks = 0;
	if (sense)
		return sense;
	drive_formatted(d);
	drive_go_on(d, c->cdb[1] & 0x10, SENSE_IN_PROGRESS);
	return GOOD;
}
