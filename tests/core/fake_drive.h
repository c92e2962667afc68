/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For tests of the recorder of discs: a drive and a burner that are a piece of memory.
 * They stand in for drive.c, drive_open.c and burner.c, whose functions these are.
 * Blocks that were not recorded can't be read, and no block at all amid a burn on
 * media that are written once.
 */
#ifndef TEST_FAKE_DRIVE_H
#define TEST_FAKE_DRIVE_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "burner.h"
#include "drive.h"

#define FAKE_BLOCKS	65536u	/* 128 MiB */
#define FAKE_GAP	6900u	/* between sessions */
#define FAKE_SESSIONS	16u

struct fake_disc {
	struct imapi_medium medium;
	struct imapi_place session[FAKE_SESSIONS + 1];
	u32 open_start, open_end;	/* the session that was begun last */
	u8 *blocks;
	bool recorded[FAKE_BLOCKS];
};

/* All of it is for tests to set and to look at */
static struct fake {
	struct fake_disc *disc;		/* in the drive; NULL: it is empty */
	u32 writes;			/* calls that put blocks on a disc */
	u32 bad_reads;			/* that a drive would have refused, or been spoiled by */
	u32 fail_write;			/* the nth one from now fails, and all after it */
	u32 fail_head;			/* so many writes to block 0 fail, half done */
	u32 fail_format;		/* so many formats are cut off by the drive's power */
	bool kept_open;			/* drive_keep_open() was called */
	bool stays_open;		/* closes no disc for good */
	bool lies;			/* says that all went well, and burns nothing */
	u32 spoil;			/* this block becomes another when it was written */
	void (*at_open)(void);		/* the burner is opened */
	void (*at_feed)(void);
	u32 opened, closed;		/* times that the burner was */
	bool fail_wake;			/* it can't go on after it rested */
	void (*at_write)(void);		/* before the nth write from now */
	u32 at_write_nth;
	bool burning;
	bool last;			/* as the burner was told */
	u32 speed;			/* the same */
	int erased;			/* how burner_erase() was last called, -1: it wasn't */
	u32 pos;			/* how far the burn is */
	u32 held;			/* times that the tray was locked */
	u64 changes;			/* that somebody told of */
	bool module;			/* the drive is mounted by it */
	u32 end_takes;			/* ms for the end of what is burned, behind burner_end() */
	u32 at_work;			/* so many of them are left */
} fake;

static inline struct fake_disc *fake_disc(u16 profile)
{
	struct fake_disc *d = calloc(1, sizeof(*d));
	struct imapi_medium *m = &d->medium;

	m->type = imapi_media_type(profile);
	m->state = m->type->overwritable ? IMAPI_OVERWRITABLE : IMAPI_BLANK;
	m->writable = true;
	m->nwa_valid = !m->type->overwritable;
	m->free = FAKE_BLOCKS;
	m->capacity = m->type->overwritable ? FAKE_BLOCKS : 0;
	m->code = m->type->code;
	m->code_hash = 77;
	d->blocks = calloc(FAKE_BLOCKS, IMAPI_BLOCK);
	if (m->type->overwritable)
		memset(d->recorded, 1, sizeof(d->recorded));
	return d;
}

static inline void fake_disc_free(struct fake_disc *d)
{
	free(d->blocks);
	free(d);
}

/* --- drive.h --- */

struct drive {
	char none;
};

static struct drive fake_drive;

bool drive_is_one(const char *path)
{
	return !strcmp(path, "/dev/fake");
}

const char *drive_block_device(const char *source, char *path, size_t size)
{
	(void)path;
	(void)size;
	return source;
}

int drive_open(const char *path, unsigned int flags, struct drive **out)
{
	(void)path;
	(void)flags;
	*out = &fake_drive;
	return 0;
}

void drive_close(struct drive *d)
{
	(void)d;
}

bool drive_may_write(const struct drive *d)
{
	(void)d;
	return true;
}

const char *drive_burner_path(const struct drive *d)
{
	(void)d;
	return "/dev/fake";
}

bool drive_is_mounted(const struct drive *d)
{
	(void)d;
	return fake.module;
}

void drive_ask_kernel(struct drive *d)
{
	(void)d;
}

int drive_claim(struct drive *d)
{
	(void)d;
	return 0;
}

int drive_burn_begin(struct drive *d)
{
	(void)d;
	return 0;
}

void drive_burn_end(struct drive *d)
{
	(void)d;
}

int drive_check_place(const struct drive *d)
{
	(void)d;
	return 0;
}

int drive_read(struct drive *d, u32 lba, u32 count, void *buf)
{
	u32 i;

	(void)d;
	if (!fake.disc)
		return -ENOMEDIUM;
	for (i = 0; i < count; i++) {
		if (fake.burning || lba + i >= FAKE_BLOCKS || !fake.disc->recorded[lba + i]) {
			fake.bad_reads++;
			return -EIO;
		}
	}
	memcpy(buf, fake.disc->blocks + (size_t)lba * IMAPI_BLOCK, (size_t)count * IMAPI_BLOCK);
	return 0;
}

static int fake_read(void *ctx, u32 lba, u32 count, void *buf)
{
	return drive_read(ctx, lba, count, buf);
}

static inline int fake_volume(const struct imapi_place *place, struct imapi_volume *vol)
{
	struct imapi_source src = { .read = fake_read, .ctx = &fake_drive,
				    .blocks = fake.disc->medium.capacity };

	return imapi_volume_read(&src, place->start + IMAPI_SYSTEM_BLOCKS, vol);
}

/* As imapi_medium_volume(): the newest one that can be read */
int drive_look(struct drive *d, struct drive_view *view)
{
	u32 bad_reads = fake.bad_reads, n;

	(void)d;
	memset(view, 0, sizeof(*view));
	if (!fake.disc)
		return -ENOMEDIUM;
	if (fake.at_work > IMAPI_MMC_PATIENCE) {
		fake.at_work -= IMAPI_MMC_PATIENCE;
		return -EBUSY;
	}
	fake.at_work = 0;
	view->medium = fake.disc->medium;
	view->error = -ENOENT;
	view->medium.cut_short = view->medium.sessions;
	for (n = view->medium.sessions; n && view->error; n--) {
		view->medium.last = fake.disc->session[n];
		view->error = fake_volume(&view->medium.last, &view->volume);
		if (!view->error && view->volume.space >
				    view->medium.last.end - view->medium.last.start)
			view->error = -EUCLEAN;
		if (view->error)
			view->medium.passed_over = view->error;
		else
			view->medium.cut_short = false;
	}
	fake.bad_reads = bad_reads;
	return 0;
}

void drive_settle(struct drive *d)
{
	(void)d;
	fake.at_work = 0;
}

int drive_session(struct drive *d, const struct imapi_medium *m, u32 number,
		  struct imapi_place *place, struct imapi_volume *vol)
{
	(void)d;
	(void)m;
	*place = fake.disc->session[number];
	return fake_volume(place, vol);
}

int drive_tracks(struct drive *d, const struct imapi_medium *m, u32 from,
		 struct imapi_track *list, u32 max)
{
	(void)d;
	(void)m;
	(void)from;
	(void)list;
	(void)max;
	return 0;
}

void drive_read_ahead(struct drive *d, u32 from, u32 to)
{
	(void)d;
	(void)from;
	(void)to;
}

int drive_keep(struct drive *d, u32 lba, u32 count)
{
	(void)d;
	(void)lba;
	(void)count;
	return 0;
}

void drive_forget(struct drive *d)
{
	(void)d;
}

u64 drive_changes(struct drive *d)
{
	(void)d;
	return fake.changes;
}

int drive_hold_tray(struct drive *d)
{
	(void)d;
	fake.held++;
	return 0;
}

void drive_start(struct drive *d)
{
	(void)d;
}

int drive_keep_open(struct drive *d)
{
	(void)d;
	fake.kept_open = true;
	return 0;
}

int drive_eject(struct drive *d)
{
	(void)d;
	return 0;
}

const char *drive_said(const struct drive *d)
{
	(void)d;
	return "nothing";
}

/* --- guard.h: as there, in front of all that is written --- */

static struct {
	bool armed, held_back, let_through;
	uint64_t (*changes)(void *ctx);
	void *ctx;
	uint64_t was;
} fake_guard;

void guard_begin(uint64_t (*changes)(void *ctx), void *ctx, uint64_t was)
{
	fake_guard.armed = true;
	fake_guard.held_back = false;
	fake_guard.let_through = false;
	fake_guard.changes = changes;
	fake_guard.ctx = ctx;
	fake_guard.was = was;
}

bool guard_held_back(void)
{
	return fake_guard.held_back;
}

bool guard_let_through(void)
{
	return fake_guard.let_through;
}

void guard_end(void)
{
	fake_guard.armed = false;
	fake_guard.held_back = false;
}

/* What the drive is in the middle of goes to the disc that was there when it was sent */
static inline bool fake_may_go(void)
{
	if (fake.at_write_nth && !--fake.at_write_nth)
		fake.at_write();
	if (fake_guard.armed && fake_guard.changes(fake_guard.ctx) != fake_guard.was)
		fake_guard.held_back = true;
	fake_guard.let_through |= !fake_guard.held_back;
	return !fake_guard.held_back;
}

/* --- burner.h --- */

struct burner {
	struct burner_session session;
};

static struct burner fake_burner;

int burner_open(const char *device, struct burner **out)
{
	(void)device;
	if (fake.at_open)
		fake.at_open();
	fake.opened++;
	*out = &fake_burner;
	return 0;
}

int burner_wake(struct burner *b)
{
	(void)b;
	if (fake.at_open)
		fake.at_open();
	return fake.fail_wake ? -EIO : 0;
}

int burner_rest(struct burner *b)
{
	(void)b;
	return fake.burning ? -EIO : 0;
}

/* What begins, with a write that reaches the disc, and is never closed */
void burner_close(struct burner *b)
{
	fake.closed += !!b;
	if (b && fake.burning && fake_guard.let_through) {
		fake.disc->medium.unfinished = true;
		fake.disc->medium.state = IMAPI_APPENDABLE;
		fake.disc->medium.nwa = fake.disc->open_end;
	}
	fake.burning = false;
}

int burner_begin(struct burner *b, const struct burner_session *s)
{
	if (s->nwa != fake.disc->medium.nwa)
		return -ESTALE;
	b->session = *s;
	fake.last = s->last;
	fake.speed = s->speed;
	fake.burning = true;
	fake.disc->open_start = s->nwa;
	fake.disc->open_end = s->nwa;
	fake.pos = s->nwa;
	return 0;
}

/* False: this write fails */
static inline bool fake_write(u32 lba, const void *buf, u32 count)
{
	if (!fake_may_go())
		return false;
	fake.writes++;
	if (fake.fail_write && !--fake.fail_write) {
		fake.fail_write = 1;
		return false;
	}
	memcpy(fake.disc->blocks + (size_t)lba * IMAPI_BLOCK, buf, (size_t)count * IMAPI_BLOCK);
	memset(fake.disc->recorded + lba, 1, count);
	if (fake.spoil && fake.spoil >= lba && fake.spoil < lba + count)
		fake.disc->blocks[(size_t)fake.spoil * IMAPI_BLOCK + 5] ^= 0x10;
	return true;
}

int burner_feed(struct burner *b, const void *buf, size_t len)
{
	u32 count = (u32)(len / IMAPI_BLOCK);

	(void)b;
	if (fake.at_feed)
		fake.at_feed();
	if (fake.lies)
		return 0;
	if (!fake_write(fake.pos, buf, count))
		return -EIO;
	fake.pos += count;
	fake.disc->open_end = fake.pos;
	return 0;
}

static inline void fake_close_session(u32 start)
{
	struct imapi_medium *m = &fake.disc->medium;
	struct imapi_place *place = &fake.disc->session[++m->sessions];

	fake.at_work = fake.end_takes;
	*place = (struct imapi_place){
		.number = m->sessions, .first_track = m->sessions, .last_track = m->sessions,
		.start = start, .end = fake.disc->open_end, .data = true,
	};
	if (m->type->cd)
		place->end += IMAPI_CD_RUN_OUT;
	m->tracks = m->sessions;
	m->last = *place;
	m->capacity = place->end;
	m->nwa = place->end + FAKE_GAP;
	m->free = FAKE_BLOCKS - m->nwa;
	m->nwa_valid = true;
	m->state = IMAPI_APPENDABLE;
	m->unfinished = false;
}

static inline void fake_close_disc(struct imapi_medium *m)
{
	m->state = IMAPI_COMPLETE;
	m->nwa_valid = false;
	m->writable = false;
	m->why = "the disc is closed";
}

int burner_end(struct burner *b)
{
	fake.burning = false;
	if (fake.lies)
		return 0;
	if (fake.pos != b->session.nwa + b->session.blocks)
		return -EIO;
	fake_close_session(b->session.nwa);
	if (b->session.last && !fake.stays_open)
		fake_close_disc(&fake.disc->medium);
	return 0;
}

uint64_t burner_done(struct burner *b)
{
	(void)b;
	return 0;
}

void burner_set_speed(struct burner *b, uint32_t speed)
{
	(void)b;
	fake.speed = speed;
}

int burner_write_at(struct burner *b, uint32_t lba, const void *buf, uint32_t count)
{
	(void)b;
	if (lba % 16 || count % 16)
		return -EIO;
	if (!lba && fake.fail_head) {
		fake.fail_head--;
		fake_write(lba, buf, count / 2 + 1);
		return -EIO;
	}
	return fake_write(lba, buf, count) ? 0 : -EIO;
}

int burner_sync(struct burner *b)
{
	(void)b;
	return 0;
}

int burner_format(struct burner *b)
{
	(void)b;
	if (!fake_may_go())
		return -EIO;
	fake.writes++;
	/* No drive promises to keep it over that */
	fake.speed = 0;
	fake.disc->medium.unformatted = false;
	if (fake.fail_format) {
		fake.fail_format--;
		fake.changes++;
		fake.disc->medium.stopped = true;
		fake.disc->medium.capacity = 2048;
		fake.disc->medium.free = FAKE_BLOCKS;
		return -EIO;
	}
	fake.disc->medium.stopped = false;
	fake.disc->medium.capacity = FAKE_BLOCKS;
	return 0;
}

int burner_erase(struct burner *b, enum burner_erase how,
		 void (*tell)(void *ctx, unsigned int percent), void *ctx)
{
	struct imapi_medium *m = &fake.disc->medium;

	(void)b;
	(void)tell;
	(void)ctx;
	fake.writes++;
	fake.erased = how;
	fake.at_work = fake.end_takes;
	if (fake.lies || m->type->overwritable)
		return 0;
	memset(fake.disc->recorded, 0, sizeof(fake.disc->recorded));
	m->state = IMAPI_BLANK;
	m->sessions = 0;
	m->tracks = 0;
	m->last = (struct imapi_place){ 0 };
	m->nwa_valid = true;
	m->nwa = 0;
	m->free = FAKE_BLOCKS;
	m->capacity = 0;
	m->writable = true;
	m->why = NULL;
	m->unfinished = false;
	return 0;
}

int burner_repair(struct burner *b)
{
	(void)b;
	fake.writes++;
	fake_close_session(fake.disc->open_start);
	/* As the drive was told for the burn that was broken off */
	if (fake.last && !fake.kept_open)
		fake_close_disc(&fake.disc->medium);
	return 0;
}

const char *burner_said(const struct burner *b)
{
	(void)b;
	return "the fake burner failed";
}

#endif
