// SPDX-License-Identifier: GPL-2.0-only
/* Session at once on CD: the cue sheet, and writing by it (MMC-6 6.39, 4.2.7.4) */
#include "drive.h"

#define ENTRY 8

enum cue_field {
	CUE_CTL_ADR,
	CUE_TRACK,
	CUE_INDEX,
	CUE_FORM,
	CUE_SCMS,
	CUE_MSF,
};

#define CUE_DATA 0x40
#define CUE_LEAD_OUT 0xaa
/* Data forms: the main channel's blocks as the initiator sends them */
#define FORM_MODE1 0x10
#define FORM_MODE2 0x20

static sense_t msf_to_lba(const uint8_t *p, int32_t *lba)
{
	if (p[0] > 99 || p[1] > 59 || p[2] > 74)
		return SENSE_LIST_FIELD;
	*lba = (p[0] * 60 + p[1]) * 75 + p[2] - 150;
	return GOOD;
}

/* Audio isn't recorded, nor anything that isn't 2,048 bytes a block */
static sense_t set_form(struct cue *cue, const uint8_t *e)
{
	unsigned int form = e[CUE_FORM] & 0x3f;

	if (!(e[CUE_CTL_ADR] & CUE_DATA) || (form != FORM_MODE1 && form != FORM_MODE2))
		return SENSE_LIST_FIELD;
	cue->mode = form == FORM_MODE1 ? 1 : 2;
	return GOOD;
}

static sense_t add_track(struct cue *cue, const uint8_t *e, int32_t lba)
{
	uint32_t before = cue->tracks ? cue->start[cue->tracks - 1] : 0;
	sense_t sense = set_form(cue, e);

	if (sense)
		return sense;
	if (e[CUE_INDEX] == 0) {
		if (!cue->tracks)
			cue->next = lba;
		return GOOD;
	}
	/* Further indices begin nothing */
	if (e[CUE_INDEX] > 1)
		return GOOD;
	if (lba < 0 || cue->tracks >= CUE_TRACKS)
		return SENSE_LIST_FIELD;
	if (cue->tracks && (uint32_t)lba < before + CD_TRACK_MIN)
		return SENSE_LIST_FIELD;
	cue->start[cue->tracks++] = (uint32_t)lba;
	return GOOD;
}

static sense_t add_entry(struct cue *cue, const uint8_t *e)
{
	int32_t lba;
	sense_t sense;

	/* Catalogue number and ISRC have nowhere to go */
	if ((e[CUE_CTL_ADR] & 0x0f) != 1)
		return GOOD;
	sense = msf_to_lba(e + CUE_MSF, &lba);
	if (sense || e[CUE_TRACK] == 0)
		return sense;
	if (e[CUE_TRACK] != CUE_LEAD_OUT)
		return add_track(cue, e, lba);
	if (!cue->tracks || lba < (int32_t)(cue->start[cue->tracks - 1] + CD_TRACK_MIN))
		return SENSE_LIST_FIELD;
	cue->lead_out = (uint32_t)lba;
	return GOOD;
}

static sense_t parse(struct cue *cue, const uint8_t *list, size_t len)
{
	sense_t sense = GOOD;
	size_t at;

	memset(cue, 0, sizeof(*cue));
	cue->next = INT32_MAX;
	for (at = 0; !sense && at < len && !cue->lead_out; at += ENTRY)
		sense = add_entry(cue, list + at);
	/* The lead-out is the last entry */
	if (!sense && (!cue->lead_out || at != len))
		return SENSE_LIST_FIELD;
	if (cue->next == INT32_MAX)
		cue->next = (int32_t)cue->start[0];
	return sense;
}

/* Programs count from the session's start as well as from the disc's */
static void place(const struct disc *d, struct cue *cue)
{
	uint32_t start = disc_next_start(d);
	unsigned int i;

	if (cue->start[0] || start == UINT32_MAX)
		return;
	for (i = 0; i < cue->tracks; i++)
		cue->start[i] += start;
	cue->lead_out += start;
	cue->next += (int32_t)start;
}

/* It begins where the session has to, with a pre-gap of 2 seconds or none that is sent */
static sense_t check_place(const struct disc *d, const struct cue *cue)
{
	uint32_t start = disc_next_start(d);

	if (start == UINT32_MAX || cue->start[0] != start)
		return SENSE_LIST_FIELD;
	if (cue->next != (int32_t)start && cue->next != (int32_t)start - (int32_t)CD_PREGAP)
		return SENSE_LIST_FIELD;
	if (cue->lead_out > d->blocks)
		return SENSE_OUT_OF_RANGE;
	return d->nr_tracks + cue->tracks > d->media->tracks ? SENSE_NO_MORE_TRACKS : GOOD;
}

sense_t mmc_send_cue_sheet(struct drive *d, struct command *c)
{
	size_t len = get24(c->cdb + 6);
	struct cue cue;
	sense_t sense;

	if (!is_cd(d->disc))
		return SENSE_WRONG_MEDIUM;
	if (len % ENTRY || len < 3 * ENTRY || !have_list(c, len))
		return SENSE_LIST_LENGTH;
	c->done = len;
	if (write_type(d) != WRITE_SAO || d->writing || d->cue.writing ||
	    disc_session_begun(d->disc))
		return SENSE_SEQUENCE;
	sense = parse(&cue, c->data, len);
	if (!sense)
		place(d->disc, &cue);
	if (!sense)
		sense = check_place(d->disc, &cue);
	if (!sense)
		d->cue = cue;
	return sense;
}

/* --- writing by it --- */

static sense_t begin(struct drive *d)
{
	struct cue *cue = &d->cue;
	/* Until all of it is there it is what a cut would leave */
	struct track t = { .session = d->disc->closed + 1, .mode = cue->mode, .reserved = true,
			   .state = TRACK_DAMAGED };
	unsigned int i;

	for (i = 0; i < cue->tracks; i++) {
		t.start = cue->start[i];
		t.size = (i + 1 < cue->tracks ? cue->start[i + 1] : cue->lead_out) - t.start;
		if (disc_add_track(d->disc, &t))
			return SENSE_NO_MORE_TRACKS;
	}
	cue->writing = true;
	return GOOD;
}

static struct track *track_of(const struct drive *d, uint32_t lba)
{
	struct track *t = &d->disc->tracks[d->disc->nr_tracks - 1];

	while (lba < t->start)
		t--;
	return t;
}

/**
 * cue_write - the next blocks of the session that was announced
 * @lba: where; before the first track's start lies its pre-gap, which isn't kept
 */
sense_t cue_write(struct drive *d, int32_t lba, uint32_t blocks, const uint8_t *data)
{
	struct cue *cue = &d->cue;
	sense_t sense = cue->writing ? GOOD : begin(d);
	struct track *t;
	uint32_t now;

	if (sense)
		return sense;
	if (lba != cue->next)
		return SENSE_WRITE_ADDRESS;
	if (blocks > (uint32_t)((int64_t)cue->lead_out - lba))
		return SENSE_TRACK_END;
	while (!sense && blocks) {
		if (lba < (int32_t)cue->start[0]) {
			now = (uint32_t)((int32_t)cue->start[0] - lba);
			now = now < blocks ? now : blocks;
		} else {
			t = track_of(d, (uint32_t)lba);
			now = t->size - t->written;
			now = now < blocks ? now : blocks;
			sense = cache_write(d, (uint32_t)lba, now, data, &t->written);
		}
		data += (size_t)now * BLOCK;
		lba += (int32_t)now;
		blocks -= now;
	}
	cue->next = lba;
	return sense;
}

/* All of it is there: lead-in and lead-out follow by themselves. Less than all is a ruin */
sense_t cue_flush(struct drive *d)
{
	bool all = d->cue.next == (int32_t)d->cue.lead_out;
	sense_t sense = cache_drain(d);
	struct track *t;
	unsigned int i;

	d->cue.tracks = 0;
	d->cue.writing = false;
	for (i = 0; i < d->disc->nr_tracks; i++) {
		t = &d->disc->tracks[i];
		if (t->session <= d->disc->closed)
			continue;
		if (all)
			disc_close_track(d->disc, t);
	}
	if (sense)
		return sense;
	return all ? close_session(d, !mode_multi_session(d)) : save(d);
}
