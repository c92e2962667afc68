// SPDX-License-Identifier: GPL-2.0-only
/* Commands to a drive, by the kernel's SCSI pass-through */
#include <linux/fs.h>
#include <scsi/sg.h>
#include <scsi/scsi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include "drive_private.h"
#include "guard.h"

#define START_STOP		0x1b
#define READ_10			0x28

/* How a host adapter says that nobody answered (the kernel's DID_*) */
#define HOST_NO_CONNECT		0x01
#define HOST_TIME_OUT		0x03
#define HOST_BAD_TARGET		0x04

/* Reads that fail are sent again so often at most; imapi_mmc_send() decides which */
#define READ_COMMANDS		8u
#define READ_PATIENCE		20000u

/* For the end of a session: so often IMAPI_MMC_PATIENCE, an hour */
#define SETTLE_ROUNDS		(3600000u / IMAPI_MMC_PATIENCE)
#define ASC_NOT_READY_YET	0x04

static unsigned int timeout_ms(enum imapi_timeout timeout)
{
	return timeout == IMAPI_SPIN_UP ? 90000 : 20000;
}

static int host_error(const struct sg_io_hdr *h)
{
	switch (h->host_status) {
	case 0:
		return 0;
	case HOST_NO_CONNECT:
	case HOST_BAD_TARGET:
		return -ENODEV;
	case HOST_TIME_OUT:
		return -ETIMEDOUT;
	default:
		return -EIO;
	}
}

static int packet(void *ctx, struct imapi_packet *p)
{
	struct drive *d = ctx;
	struct sg_io_hdr h = {
		.interface_id = 'S',
		.dxfer_direction = p->direction == IMAPI_FROM_DRIVE ? SG_DXFER_FROM_DEV :
								      SG_DXFER_NONE,
		.cmd_len = p->cdb_len,
		.cmdp = p->cdb,
		.mx_sb_len = sizeof(p->sense),
		.sbp = p->sense,
		.dxfer_len = p->len,
		.dxferp = p->buf,
		.timeout = timeout_ms(p->timeout),
	};
	int err;

	if (ioctl(d->fd, SG_IO, &h))
		return -errno;
	err = host_error(&h);
	if (err)
		return err;
	if (h.resid > 0 && (u32)h.resid <= p->len)
		p->got = p->len - (u32)h.resid;
	p->sense_len = h.sb_len_wr;
	/* Busy, or reserved by another host: there is no sense data for that */
	if (!h.sb_len_wr && (h.status & 0x3e))
		return h.status & 0x02 ? -EIO : -EBUSY;
	return 0;
}

static int wait_ms(void *ctx, u32 ms)
{
	const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	(void)ctx;
	nanosleep(&t, NULL);
	return 0;
}

int drive_init(struct drive *d)
{
	pthread_mutex_init(&d->mutex, NULL);
	d->mmc.packet = packet;
	d->mmc.wait = wait_ms;
	d->mmc.context = d;
	d->window = malloc(DRIVE_WINDOW * IMAPI_BLOCK);
	if (!d->window)
		return -ENOMEM;
	return imapi_mmc_init(&d->mmc);
}

void drive_exit(struct drive *d)
{
	imapi_mmc_exit(&d->mmc);
	free(d->window);
	free(d->kept);
	pthread_mutex_destroy(&d->mutex);
}

const char *drive_said(const struct drive *d)
{
	return d->mmc.said ? d->mmc.said : "the drive doesn't say why";
}

/* --- reading, with the mutex held --- */

static int read_once(struct drive *d, u32 lba, u32 count, u8 *buf)
{
	struct imapi_packet p = {
		.cdb = { READ_10 }, .cdb_len = 10, .timeout = IMAPI_SPIN_UP,
		.direction = IMAPI_FROM_DRIVE, .buf = buf, .len = count * IMAPI_BLOCK,
	};
	int err;

	put_unaligned_be32(lba, p.cdb + 2);
	put_unaligned_be16((u16)count, p.cdb + 7);
	err = imapi_mmc_send(&d->mmc, &p);
	if (err)
		return err;
	return p.got == p.len ? 0 : -EIO;
}

/* As few commands as the host takes: its limit is not known before it refuses */
static int read_pieces(struct drive *d, u32 lba, u32 count, u8 *buf)
{
	u32 left = d->mmc.left, patience = d->mmc.patience, part;
	int err = 0;

	for (; count && !err; lba += part, count -= part, buf += (size_t)part * IMAPI_BLOCK) {
		part = count < d->piece ? count : d->piece;
		d->mmc.left = READ_COMMANDS;
		d->mmc.patience = READ_PATIENCE;
		err = read_once(d, lba, part, buf);
		if ((err == -EINVAL || err == -ENOMEM) && d->piece > 1) {
			d->piece /= 2;
			part = 0;
			err = 0;
		}
	}
	d->mmc.left = left;
	d->mmc.patience = patience;
	return err;
}

/*
 * Directories, files and the files of a directory each follow one another on our discs.
 * Who goes on for long gets more at a time; a few directories are not worth the whole.
 */
static u32 ahead_of(struct drive *d, u32 lba)
{
	u32 there = lba >= d->ahead_from && lba < d->ahead_to ? d->ahead_to - lba : 0;

	if (lba < d->next || lba - d->next >= DRIVE_WINDOW)
		d->ahead = DRIVE_AHEAD_FIRST;
	else if (d->ahead < DRIVE_WINDOW)
		d->ahead *= 2;
	return there < d->ahead ? there : d->ahead;
}

static bool in_window(const struct drive *d, u32 lba, u32 count)
{
	return lba >= d->first && lba - d->first < d->have &&
	       count <= d->have - (lba - d->first);
}

static int fill_window(struct drive *d, u32 lba, u32 count)
{
	int err;

	d->have = 0;
	err = read_pieces(d, lba, count, d->window);
	if (err)
		return err;
	d->first = lba;
	d->have = count;
	return 0;
}

/* For the core, while it holds the drive */
static int read_held(void *ctx, u32 lba, u32 count, void *buf)
{
	struct drive *d = ctx;

	if (!in_window(d, lba, count))
		return read_pieces(d, lba, count, buf);
	memcpy(buf, d->window + (size_t)(lba - d->first) * IMAPI_BLOCK,
	       (size_t)count * IMAPI_BLOCK);
	return 0;
}

static int read_led(struct drive *d, u32 lba, u32 count, u8 *buf)
{
	u32 ahead;

	if (!in_window(d, lba, count)) {
		ahead = ahead_of(d, lba);
		if (count >= ahead || fill_window(d, lba, ahead))
			return read_pieces(d, lba, count, buf);
	}
	return read_held(d, lba, count, buf);
}

static bool is_kept(const struct drive *d, u32 lba, u32 count)
{
	return lba >= d->kept_first && lba - d->kept_first < d->kept_blocks &&
	       count <= d->kept_blocks - (lba - d->kept_first);
}

/* --- what others call --- */

int drive_read(struct drive *d, u32 lba, u32 count, void *buf)
{
	int err = 0;

	pthread_mutex_lock(&d->mutex);
	if (is_kept(d, lba, count)) {
		memcpy(buf, d->kept + (size_t)(lba - d->kept_first) * IMAPI_BLOCK,
		       (size_t)count * IMAPI_BLOCK);
	} else {
		err = read_led(d, lba, count, buf);
		d->next = lba + count;
	}
	if (err || d->mmc.attention)
		d->have = 0;
	pthread_mutex_unlock(&d->mutex);
	return err;
}

/* After a unit attention it may be another disc's, and it would stay */
static int fill_kept(struct drive *d, u32 lba, u32 count)
{
	int err = read_pieces(d, lba, count, d->kept);

	if (!err && d->mmc.attention)
		err = -EIO;
	if (err)
		return err;
	d->kept_first = lba;
	d->kept_blocks = count;
	return 0;
}

int drive_keep(struct drive *d, u32 lba, u32 count)
{
	int err = 0;

	pthread_mutex_lock(&d->mutex);
	if (!d->kept && count) {
		d->kept = malloc((size_t)count * IMAPI_BLOCK);
		err = d->kept ? fill_kept(d, lba, count) : -ENOMEM;
	}
	pthread_mutex_unlock(&d->mutex);
	return err;
}

void drive_read_ahead(struct drive *d, u32 from, u32 to)
{
	pthread_mutex_lock(&d->mutex);
	d->ahead_from = from;
	d->ahead_to = to;
	d->have = 0;
	pthread_mutex_unlock(&d->mutex);
}

void drive_forget(struct drive *d)
{
	pthread_mutex_lock(&d->mutex);
	d->have = 0;
	pthread_mutex_unlock(&d->mutex);
}

/* The device's number of its disc: each one that comes has another; 0: not known */
static u64 kernel_count(const struct drive *d)
{
	__u64 count;

	return d->media >= 0 && !ioctl(d->media, BLKGETDISKSEQ, &count) ? count : 0;
}

u64 drive_changes(struct drive *d)
{
	u64 count, changes;

	pthread_mutex_lock(&d->mutex);
	count = kernel_count(d) + guard_attentions();
	if (d->mmc.attention || count != d->counted) {
		d->changes++;
		d->have = 0;
	}
	d->mmc.attention = false;
	d->counted = count;
	changes = d->changes;
	pthread_mutex_unlock(&d->mutex);
	return changes;
}

static void allow(struct drive *d, u32 commands)
{
	d->mmc.left = commands;
	d->mmc.patience = IMAPI_MMC_PATIENCE;
	d->mmc.said = NULL;
}

/* -EBUSY is also what a drive is that somebody has reserved: it has no sense data then */
static bool is_at_work(struct drive *d)
{
	struct imapi_disc_info info;

	allow(d, IMAPI_MOUNT_COMMANDS);
	return imapi_mmc_disc_info(&d->mmc, &info) == -EBUSY &&
	       d->mmc.sense.asc == ASC_NOT_READY_YET;
}

void drive_settle(struct drive *d)
{
	unsigned int round = 0;
	bool at_work;

	do {
		pthread_mutex_lock(&d->mutex);
		at_work = is_at_work(d);
		pthread_mutex_unlock(&d->mutex);
	} while (at_work && ++round < SETTLE_ROUNDS);
}

/* Overwritable: the descriptors at block 16, and a first session's own */
#define BEGINNING	64u

/* One command for all descriptors that a look at the disc reads; it does without, too */
static void window_beginning(struct drive *d, const struct imapi_medium *m)
{
	u32 lba = 0, count = BEGINNING, readable;

	if (m->unformatted)
		return;
	if (!m->type->overwritable) {
		lba = m->last.start + IMAPI_SYSTEM_BLOCKS;
		count = DRIVE_AHEAD_FIRST;
	}
	readable = imapi_readable(m, lba);
	if (readable)
		fill_window(d, lba, count < readable ? count : readable);
}

/*
 * A read ends a track of a CD that was begun and broken off, and the next writable address
 * moves behind what ends it. That is no other disc, so what counts is the address that it
 * has once something was read
 */
static int settle_address(struct drive *d, struct imapi_medium *m)
{
	struct imapi_medium again;
	int err;

	if (!m->type->cd || !m->unfinished || !m->sessions)
		return 0;
	err = imapi_medium_look(&d->mmc, &again);
	if (err)
		return err;
	m->nwa = again.nwa;
	m->nwa_valid = again.nwa_valid;
	m->free = again.free;
	return 0;
}

int drive_look(struct drive *d, struct drive_view *view)
{
	struct imapi_medium *m = &view->medium;
	struct imapi_source src = { .read = read_held, .ctx = d };
	int err;

	memset(view, 0, sizeof(*view));
	pthread_mutex_lock(&d->mutex);
	allow(d, IMAPI_MOUNT_COMMANDS);
	d->have = 0;
	err = imapi_medium_look(&d->mmc, m);
	if (!err)
		window_beginning(d, m);
	if (!err && !m->type->overwritable) {
		src.blocks = m->capacity;
		view->error = imapi_medium_volume(&d->mmc, &src, m, 0, &view->volume);
		err = settle_address(d, m);
	}
	pthread_mutex_unlock(&d->mutex);
	return err;
}

int drive_session(struct drive *d, const struct imapi_medium *m, u32 number,
		  struct imapi_place *place, struct imapi_volume *vol)
{
	struct imapi_source src = { .read = read_held, .ctx = d, .blocks = m->capacity };
	struct imapi_medium copy = *m;
	int err;

	memset(place, 0, sizeof(*place));
	pthread_mutex_lock(&d->mutex);
	allow(d, IMAPI_MOUNT_COMMANDS);
	d->have = 0;
	err = imapi_medium_session(&d->mmc, &copy, number);
	if (!err) {
		*place = copy.last;
		err = imapi_volume_read(&src, copy.last.start + IMAPI_SYSTEM_BLOCKS, vol);
	}
	pthread_mutex_unlock(&d->mutex);
	return err;
}

int drive_tracks(struct drive *d, const struct imapi_medium *m, u32 from,
		 struct imapi_track *list, u32 max)
{
	int nr;

	pthread_mutex_lock(&d->mutex);
	allow(d, max + IMAPI_MOUNT_COMMANDS);
	nr = imapi_tracks_list(&d->mmc, m, from, list, max);
	pthread_mutex_unlock(&d->mutex);
	return nr;
}

static int set_tray(struct drive *d, enum imapi_tray tray)
{
	allow(d, READ_COMMANDS);
	return imapi_mmc_tray(&d->mmc, tray);
}

int drive_hold_tray(struct drive *d)
{
	int err;

	pthread_mutex_lock(&d->mutex);
	err = set_tray(d, IMAPI_LOCK);
	if (!err)
		d->tray_held = true;
	pthread_mutex_unlock(&d->mutex);
	return err;
}

/* START STOP UNIT (MMC-6 6.42) */
#define IMMEDIATELY		1
#define START			1
#define EJECT			2

static int start_stop(struct drive *d, u8 when, u8 what)
{
	struct imapi_packet p = {
		.cdb = { START_STOP, [1] = when, [4] = what },
		.cdb_len = 6, .timeout = IMAPI_SPIN_UP,
	};

	allow(d, READ_COMMANDS);
	return imapi_mmc_send(&d->mmc, &p);
}

void drive_start(struct drive *d)
{
	pthread_mutex_lock(&d->mutex);
	start_stop(d, IMMEDIATELY, START);
	pthread_mutex_unlock(&d->mutex);
}

int drive_eject(struct drive *d)
{
	int err;

	pthread_mutex_lock(&d->mutex);
	set_tray(d, IMAPI_UNLOCK);
	d->tray_held = false;
	err = start_stop(d, 0, EJECT);
	pthread_mutex_unlock(&d->mutex);
	return err;
}
