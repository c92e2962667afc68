// SPDX-License-Identifier: GPL-2.0-only
/* FORMAT UNIT and READ FORMAT CAPACITIES (MMC-6 6.4, 6.23) */
#include "drive.h"

enum format_type {
	TYPE_FULL = 0x00,
	TYPE_DVD_RW_FULL = 0x10,
	TYPE_GROW_SESSION = 0x11,
	TYPE_QUICK_GROW = 0x13,
	TYPE_QUICK = 0x15,
	TYPE_DVD_PLUS_RW = 0x26,
	TYPE_BD_RE_SPARE = 0x30,
	TYPE_BD_RE_PLAIN = 0x31,
	TYPE_BD_R_SPARE = 0x32,
};

/* Blocks that a background format gets done between two commands */
#define FORMAT_STEP 512u

/* A capacity that the medium can be formatted to */
struct offer {
	uint32_t blocks;
	enum format_type type;
	uint32_t parameter;
};

#define OFFERS_MAX 8

static size_t add_offer(struct offer *o, size_t n, uint32_t blocks, enum format_type type,
			uint32_t parameter)
{
	o[n] = (struct offer) { blocks, type, parameter };
	return n + 1;
}

static size_t dvd_rw_offers(const struct disc *d, struct offer *o)
{
	size_t n = add_offer(o, 0, d->blocks, TYPE_FULL, BLOCK);

	n = add_offer(o, n, d->blocks, TYPE_DVD_RW_FULL, d->media->unit);
	if (d->overwrite && !d->intermediate && d->formatted < d->blocks) {
		n = add_offer(o, n, d->blocks - d->formatted, TYPE_GROW_SESSION, d->media->unit);
		n = add_offer(o, n, d->blocks - d->formatted, TYPE_QUICK_GROW, d->media->unit);
	}
	return add_offer(o, n, d->blocks, TYPE_QUICK, d->media->unit);
}

/* The first is what a drive would do by itself */
static size_t bd_offers(const struct disc *d, enum format_type spare, struct offer *o)
{
	uint32_t clusters = d->media->unit;
	size_t n = add_offer(o, 0, d->blocks - media_spare(d, 0), TYPE_FULL, BLOCK);
	unsigned int i;

	for (i = 0; i < 3; i++)
		n = add_offer(o, n, d->blocks - media_spare(d, i), spare,
			      media_spare(d, i) / clusters);
	return n;
}

static size_t offers(const struct disc *d, struct offer *o)
{
	size_t n;

	switch (d->media->profile) {
	case PROFILE_DVD_RW:
		return dvd_rw_offers(d, o);
	case PROFILE_DVD_PLUS_RW:
		return add_offer(o, 0, d->blocks, TYPE_DVD_PLUS_RW, 0);
	case PROFILE_DVD_RAM:
		n = add_offer(o, 0, d->blocks - media_spare(d, 0), TYPE_FULL, BLOCK);
		return add_offer(o, n, d->blocks, TYPE_FULL, BLOCK);
	case PROFILE_BD_R:
		/* Only before anything is written */
		return d->nr_tracks || d->format ? 0 : bd_offers(d, TYPE_BD_R_SPARE, o);
	case PROFILE_BD_RE:
		n = bd_offers(d, TYPE_BD_RE_SPARE, o);
		return add_offer(o, n, d->blocks, TYPE_BD_RE_PLAIN, BLOCK);
	default:
		return 0;
	}
}

/* --- READ FORMAT CAPACITIES --- */

enum descriptor_type {
	DESCRIPTOR_UNFORMATTED = 1,
	DESCRIPTOR_FORMATTED = 2,
	DESCRIPTOR_UNKNOWN = 3,		/* no medium, or a session that can grow */
};

static uint32_t current_capacity(const struct disc *d, enum descriptor_type *type)
{
	*type = DESCRIPTOR_FORMATTED;
	if (d->intermediate)
		*type = DESCRIPTOR_UNKNOWN;
	/* A background format that was stopped: up to where it came */
	if (d->format == FORMAT_SUSPENDED && d->media->profile == PROFILE_DVD_PLUS_RW)
		return d->iced;
	if (disc_random(d) && d->formatted)
		return d->formatted;
	if (d->media->profile == PROFILE_BD_R && d->format)
		return d->formatted;
	if (!disc_random(d) && d->nr_tracks)
		return disc_readable_end(d);
	*type = DESCRIPTOR_UNFORMATTED;
	return d->blocks;
}

sense_t mmc_read_format_capacities(struct drive *d, struct command *c)
{
	enum descriptor_type type = DESCRIPTOR_UNKNOWN;
	uint8_t out[12 + 8 * OFFERS_MAX] = { 0 }, *p;
	struct offer o[OFFERS_MAX];
	size_t i, n = 0;

	if (drive_has_medium(d)) {
		put32(out + 4, current_capacity(d->disc, &type));
		n = offers(d->disc, o);
	}
	out[8] = type;
	put24(out + 9, BLOCK);
	for (i = 0; i < n; i++) {
		p = out + 12 + 8 * i;
		put32(p, o[i].blocks);
		p[4] = (uint8_t)(o[i].type << 2);
		put24(p + 5, o[i].parameter);
	}
	out[3] = (uint8_t)(8 + 8 * n);
	return reply(c, out, 12 + 8 * n, get16(c->cdb + 7));
}

/* --- FORMAT UNIT --- */

/* What the parameter list asks for */
struct request {
	uint32_t blocks;
	enum format_type type;
	unsigned int subtype;
	uint32_t parameter;
	bool immediate;
};

static void forget_sequential(struct disc *d)
{
	bool overwrite = d->media->profile == PROFILE_DVD_RW;

	disc_make_blank(d);
	d->overwrite = overwrite;
}

/* The first step of a format is that what was there is gone; then comes the second */
static sense_t undo(struct drive *d)
{
	if (disc_make_ruin(d->disc) || disc_wipe(d->disc, 0))
		return SENSE_WRITE_ERROR;
	return drive_step(d);
}

/* A format that covers all of it at once; what was there is zeros */
static sense_t format_whole(struct drive *d, uint32_t blocks)
{
	struct disc *disc = d->disc;
	sense_t sense = undo(d);

	if (sense)
		return sense;
	forget_sequential(disc);
	disc_set_formatted(disc, blocks);
	drive_work_done(d, DRIVE_WORK_FORMAT, blocks);
	return GOOD;
}

/* Lead-in and a first piece; the session grows as it is written */
static sense_t format_quick(struct drive *d, uint32_t blocks)
{
	struct disc *disc = d->disc;
	uint32_t unit = disc->media->unit;
	sense_t sense;

	if (blocks > disc->blocks)
		return SENSE_LIST_FIELD;
	sense = undo(d);
	if (sense)
		return sense;
	forget_sequential(disc);
	disc_set_formatted(disc, blocks ? round_up32(blocks, unit) : unit);
	disc->intermediate = true;
	drive_work_done(d, DRIVE_WORK_FORMAT, disc->formatted);
	return GOOD;
}

static sense_t grow(struct drive *d, uint32_t blocks, bool quick)
{
	struct disc *disc = d->disc;
	uint32_t before = disc->formatted, left = disc->blocks - before;

	if (!disc->overwrite || !before)
		return SENSE_LIST_FIELD;
	if (blocks > left)
		return SENSE_LIST_FIELD;
	disc_set_formatted(disc, before + round_up32(blocks, disc->media->unit));
	disc->intermediate = quick;
	drive_work_done(d, DRIVE_WORK_FORMAT, disc->formatted - before);
	return GOOD;
}

static sense_t format_dvd_rw(struct drive *d, const struct request *r)
{
	switch (r->type) {
	case TYPE_FULL:
	case TYPE_DVD_RW_FULL:
		if (r->blocks != d->disc->blocks && r->blocks)
			return SENSE_LIST_FIELD;
		return format_whole(d, d->disc->blocks);
	case TYPE_QUICK:
		return format_quick(d, r->blocks);
	case TYPE_GROW_SESSION:
		return grow(d, r->blocks, false);
	case TYPE_QUICK_GROW:
		return grow(d, r->blocks, true);
	default:
		return SENSE_LIST_FIELD;
	}
}

/* All of it can be addressed at once; the drive lays it down when it has nothing else to do */
static sense_t format_plus_rw(struct drive *d, const struct request *r)
{
	struct disc *disc = d->disc;
	sense_t sense;

	if (r->type != TYPE_DVD_PLUS_RW)
		return SENSE_LIST_FIELD;
	if (r->blocks != UINT32_MAX && r->blocks > disc->blocks)
		return SENSE_LIST_FIELD;
	/* Restart: go on where it was stopped */
	if (r->parameter & 0x01) {
		if (disc->format == FORMAT_NONE)
			return SENSE_SEQUENCE;
		if (disc->format == FORMAT_SUSPENDED) {
			disc->format = FORMAT_RUNNING;
			drive_media_event(d, EVENT_FORMAT_RESTARTED);
		}
		return GOOD;
	}
	sense = undo(d);
	disc_set_formatted(disc, disc->blocks);
	disc->format = sense ? FORMAT_SUSPENDED : FORMAT_RUNNING;
	drive_work_done(d, DRIVE_WORK_FORMAT, 0);
	return sense;
}

static const struct offer *find_offer(const struct offer *o, size_t n, const struct request *r)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (o[i].type == r->type && o[i].blocks == r->blocks)
			return &o[i];
	}
	return NULL;
}

/* With a spare area of any size between the least and the most (MMC-6 6.4.4.2.13) */
static bool between_spares(const struct disc *d, const struct request *r)
{
	if (r->type != TYPE_BD_RE_SPARE && r->type != TYPE_BD_R_SPARE)
		return false;
	return r->blocks <= d->blocks - media_spare(d, 1) &&
	       r->blocks >= d->blocks - media_spare(d, 2) && r->blocks % d->media->unit == 0;
}

static sense_t format_offered(struct drive *d, const struct request *r)
{
	struct offer o[OFFERS_MAX];
	size_t n = offers(d->disc, o);
	const struct offer *chosen = find_offer(o, n, r);

	if (!n)
		return SENSE_SEQUENCE;
	if (!chosen && (!between_spares(d->disc, r) || o[1].type != r->type))
		return SENSE_LIST_FIELD;
	if (d->disc->media->profile != PROFILE_BD_R)
		return format_whole(d, r->blocks);
	/* It stays sequential; defects get a place to go, so that it is shorter. No POW */
	d->disc->blocks = r->blocks;
	disc_set_formatted(d->disc, r->blocks);
	d->disc->format = FORMAT_COMPLETE;
	drive_work_done(d, DRIVE_WORK_FORMAT, 0);
	return GOOD;
}

static sense_t format(struct drive *d, const struct request *r)
{
	/*
	 * BD-R: sequential without pseudo-overwrite; that (0) and random (2) are not
	 * built. BD-RE: without certification (MMC-6 table 297).
	 */
	if (r->subtype != (d->disc->media->profile == PROFILE_BD_R ? 1 : 0))
		return SENSE_LIST_FIELD;
	switch (d->disc->media->profile) {
	case PROFILE_DVD_RW:
		return format_dvd_rw(d, r);
	case PROFILE_DVD_PLUS_RW:
		return format_plus_rw(d, r);
	default:
		return format_offered(d, r);
	}
}

sense_t mmc_format_unit(struct drive *d, struct command *c)
{
	struct request r;
	sense_t sense;

	if (!disc_formattable(d->disc))
		return SENSE_WRONG_MEDIUM;
	/* FMTDATA with format code 001b: a parameter list follows */
	if ((c->cdb[1] & 0x17) != 0x11)
		return SENSE_CDB_FIELD;
	if (!have_list(c, 12))
		return SENSE_LIST_LENGTH;
	c->done = 12;
	if (get16(c->data + 2) != 8)
		return SENSE_LIST_FIELD;
	r.immediate = c->data[1] & 0x02;
	r.blocks = get32(c->data + 4);
	r.type = (enum format_type)(c->data[8] >> 2);
	r.subtype = c->data[8] & 0x03;
	r.parameter = get24(c->data + 9);
	sense = drive_step(d);
	if (!sense)
		sense = flush(d);
	if (!sense)
		sense = format(d, &r);
	d->dao = false;
	d->cue.tracks = 0;
	/* One that came only half way is the disc's state as well */
	if (save(d) && !sense)
		sense = SENSE_WRITE_ERROR;
	if (sense)
		return sense;
	drive_formatted(d);
	drive_go_on(d, r.immediate, SENSE_FORMATTING);
	return GOOD;
}

/* A background format goes on between commands */
void format_advance(struct drive *d)
{
	struct disc *disc = d->disc;

	if (!drive_has_medium(d) || disc->format != FORMAT_RUNNING)
		return;
	disc->iced = disc->formatted - disc->iced > FORMAT_STEP ? disc->iced + FORMAT_STEP :
								   disc->formatted;
	if (disc->iced < disc->formatted)
		return;
	disc->format = FORMAT_COMPLETE;
	drive_media_event(d, EVENT_FORMAT_COMPLETED);
	disc_save(disc);
}
