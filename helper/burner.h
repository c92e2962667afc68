/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing on a disc in a drive, by libburn, which knows the drives' quirks. What
 * is asked of the disc before and after is ours (drive.h): libburn's word that all
 * went well is not enough.
 */
#ifndef IMAPI_BURNER_H
#define IMAPI_BURNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct burner;

/**
 * burner_open - take a drive for writing
 * @device: the drive's file; it may be mounted
 * @out: the burner
 *
 * One at a time in a process.
 *
 * Return: 0; -EBUSY: another program writes; -ENOMEDIUM; -EIO; or -errno.
 */
int burner_open(const char *device, struct burner **out);

/* Gives the drive back, its tray locked. What was begun and not ended is cancelled */
void burner_close(struct burner *b);

/*
 * To give a drive back is to stop its disc, which then takes seconds to turn again. So
 * between the burns of a mount the burner keeps it, and does nothing with it: 0, or -EIO
 * after a burn that went wrong, and it has to be closed
 */
int burner_rest(struct burner *b);

/* Goes on with what is in the drive now: 0, -ENOMEDIUM, -EIO, and it has to be closed */
int burner_wake(struct burner *b);

/**
 * struct burner_session - a session of one track, on media that are written once
 *	from their inside to their outside
 * @nwa: where it has to start, lba
 * @blocks: its length; so many have to follow
 * @speed: kB/s, 0: the drive's choice
 * @last: close the disc for good
 * @cd: the medium is a CD
 */
struct burner_session {
	uint32_t nwa;
	uint32_t blocks;
	uint32_t speed;
	bool last;
	bool cd;
};

/**
 * burner_begin - begin a session
 * @b: the burner
 * @s: the session
 *
 * Return: 0; -ESTALE: the drive would not begin at @s->nwa, and nothing was
 * written; -EINVAL: libburn refuses (burner_said()); or -errno.
 */
int burner_begin(struct burner *b, const struct burner_session *s);

/* The session's next bytes; waits while the buffer is full: 0, or -EIO */
int burner_feed(struct burner *b, const void *buf, size_t len);

/*
 * All was fed: waits until the session is closed. 0, or -EIO; that it returns 0
 * is no proof
 */
int burner_end(struct burner *b);

/* How much of what was fed is in the drive, bytes */
uint64_t burner_done(struct burner *b);

/* Overwritable media: the speed of the writes to come, kB/s; burner_begin() sets others' */
void burner_set_speed(struct burner *b, uint32_t speed);

/*
 * Overwritable media: @count blocks to @lba, both multiples of the 32 KiB that such
 * media write at once. 0 or -EIO
 */
int burner_write_at(struct burner *b, uint32_t lba, const void *buf, uint32_t count);

/* What was written so is on the medium: 0 or -EIO */
int burner_sync(struct burner *b);

/*
 * Overwritable media that were never written to: 0 or -EIO. Where the drive can go on
 * with it in the background, it is done when the beginning can be written
 */
int burner_format(struct burner *b);

enum burner_erase {
	BURNER_ERASE_QUICK,	/* what leads to the data; a DVD-RW then takes a disc at once alone */
	BURNER_ERASE_ALL,
	BURNER_FORMAT_ANEW,	/* overwritable media; a DVD+RW in the background */
};

/**
 * burner_erase - make a rewritable disc blank, or format it anew
 * @b: the burner
 * @how: see there. A DVD-RW that can be written over is in sequence after the first two
 * @tell: called now and then with the percentage that is done, NULL: nobody asks
 * @ctx: its first argument
 *
 * Can't be stopped.
 *
 * Return: 0 or -EIO; 0 is no proof.
 */
int burner_erase(struct burner *b, enum burner_erase how,
		 void (*tell)(void *ctx, unsigned int percent), void *ctx);

/* The last session was begun and never closed: closes it. 0 or -EIO */
int burner_repair(struct burner *b);

/* The worst that libburn had to say since the last call that failed; never NULL */
const char *burner_said(const struct burner *b);

#endif
