/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The virtual drive's engine: an MMC-6 recorder over a disc that is a file. It knows
 * nothing of transports, sockets or clocks: whoever drives it hands in one command at
 * a time, from one thread, and may watch through struct drive_events what moved.
 */
#ifndef VDRIVE_H
#define VDRIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum drive_status {
	DRIVE_GOOD = 0x00,
	DRIVE_CHECK_CONDITION = 0x02,
	DRIVE_BUSY = 0x08,
};

/* One SCSI command and its answer */
struct command {
	const uint8_t *cdb;		/* 16 bytes, padded with zeros */
	uint8_t *data;			/* the initiator's buffer: out data is in it, in data goes there */
	size_t length;			/* its size in bytes */
	size_t done;			/* bytes of it that were moved */
	uint8_t status;			/* SAM: 0x00 GOOD, 0x02 CHECK CONDITION, 0x08 BUSY ... */
	uint8_t sense[18];		/* fixed format */
};

/* A disc: a sparse data file and its description beside it (FILE and FILE.disc, text) */
struct disc;
struct drive;

/* Physical work other than reading and writing where the initiator said */
enum drive_work {
	DRIVE_WORK_SPIN_UP,
	DRIVE_WORK_OPC,
	DRIVE_WORK_SYNC,
	DRIVE_WORK_CLOSE_TRACK,
	DRIVE_WORK_CLOSE_SESSION,
	DRIVE_WORK_BLANK,
	DRIVE_WORK_FORMAT,
	DRIVE_WORK_SEEK,
};

/* What the shell hooks into; any may be NULL */
struct drive_events {
	void *context;
	/* the head moved: physical lba and blocks read or written; for the clock */
	void (*access)(void *context, bool write, uint32_t lba, uint32_t blocks);
	/* other physical work, and how many blocks it lays down (0: none that count) */
	void (*work)(void *context, enum drive_work what, uint32_t blocks);
};

/**
 * disc_create - make a blank disc: @path and @path.disc
 * @path: the data file, which must not exist
 * @media: a name of media_names(), with a smaller capacity after a colon if wished
 *	(a number of blocks, or with K, M or G of bytes): "cd-r-80", "dvd-r:64M"
 *
 * Return: 0, -EINVAL for an unknown medium or a size that it can't have, -EEXIST,
 * or what the file system says.
 */
int disc_create(const char *path, const char *media);

/**
 * disc_create_by - make a blank disc that somebody else made
 * @make: by whom: 1 to 6 letters, digits or "-". DVD and BD have it as their manufacturer's
 *	id; a CD has the start of its first lead-in, by which its makers are known
 *
 * Return: as disc_create(), and -EINVAL for another @make.
 */
int disc_create_by(const char *path, const char *media, const char *make);

/**
 * disc_open - take a disc in hand
 * @path: the data file
 * @disc: the disc, which disc_close() or drive_free() frees
 *
 * Its state is on the file at all times.
 *
 * Return: 0, -EUCLEAN if the description can't be one, -EBUSY if a drive of another
 * process has it, or what the file system says.
 */
int disc_open(const char *path, struct disc **disc);
void disc_close(struct disc *disc);

/* The names of all media, and NULL after them */
const char *const *media_names(void);

/* Without a disc, powered on. @events may be NULL, and is copied. NULL: no memory */
struct drive *drive_new(const struct drive_events *events);
/* Closes the disc that is in it, as a power cut would */
void drive_free(struct drive *drive);

/* Carry out one command; @command has everything that comes of it */
void drive_command(struct drive *drive, struct command *command);

/**
 * drive_tear - carry out the first steps of a command, after which it is broken off
 * @steps: how many. Each block of a WRITE is one, and each that SYNCHRONIZE CACHE puts on
 *	the disc; CLOSE TRACK SESSION does the cache and the track first, then the session;
 *	BLANK and FORMAT UNIT of the whole disc undo what it was first, then make it new,
 *	and any other kind of them has one step
 *
 * What has no steps isn't carried out at all. What it was answered is no matter: the
 * caller has the end of it.
 */
void drive_tear(struct drive *drive, struct command *command, uint32_t steps);

/* Loads: unit attention, media event. -EBUSY if there is a disc in it; the drive owns it then */
int drive_insert(struct drive *drive, struct disc *disc);
/* As by force, ignores PREVENT; the caller owns what comes back. NULL: none was in it */
struct disc *drive_eject(struct drive *drive);

/**
 * drive_button - somebody presses the eject button
 *
 * Return: 0 if the tray opened; the disc then lies on it and is drive_eject()'s to
 * take, or START STOP UNIT's or another press's to load again. -EPERM if removal is prevented: the
 * initiator is told by an EjectRequest event alone.
 */
int drive_button(struct drive *drive);

/* Power cycle: volatile state goes, an unflushed cache is lost, the disc stays */
void drive_power(struct drive *drive);
/* Bus reset: unit attention, locks cleared */
void drive_reset(struct drive *drive);

/**
 * drive_quirk - make it one of the drives that do such a thing
 * @name: "close-event": report a media change after a session was closed, or the
 *	disc blanked or formatted;
 *	"read-ends-track": a read amid a TAO write on CD ends the track (on at first);
 *	"ready-early": a close that was asked for with IMMED is told of, by "operation in
 *	progress" (02h/04h/07h), in READ DISC INFORMATION and READ TRACK INFORMATION alone;
 *	"pow": a BD-R is one with pseudo-overwrite, by its features alone
 *
 * Return: 0, or -EINVAL if it has no such quirk.
 */
int drive_quirk(struct drive *drive, const char *name, bool on);

/* The next @commands to the medium find it busy with a long write (02h/04h/08h) */
void drive_busy(struct drive *drive, unsigned int commands);
/* Closes with IMMED from here on: so many commands find one going on (2 at first) */
void drive_close_takes(struct drive *drive, unsigned int commands);

#endif
