/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A drive that is open: asking it and reading from it by its own commands, past the
 * block layer, which doesn't know of what was burned since the disc came in. All
 * functions but drive_open() and drive_close() may be called from any thread.
 */
#ifndef IMAPI_DRIVE_H
#define IMAPI_DRIVE_H

#include "medium.h"

struct drive;

/* Is @path a CD drive: its block device, or its SCSI generic one? */
bool drive_is_one(const char *path);

/* --- drive_open.c --- */

/*
 * Only the block device shows whether the disc is mounted, or another program has it for
 * itself. @source: a drive. Return: the device's name in @path, or @source if it is that, or
 * where the drive has none
 */
const char *drive_block_device(const char *source, char *path, size_t size);

/**
 * drive_open - open a drive
 * @path: see drive_is_one()
 * @flags: RECORDER_READ and so on (recorder.h)
 * @out: the drive
 *
 * The lock against other mounts is taken as @flags say; while somebody burns, even
 * RECORDER_READ is refused, because a command in between can spoil the burn.
 *
 * Return: 0, -EBUSY, -EACCES, or -errno.
 */
int drive_open(const char *path, unsigned int flags, struct drive **out);

/* Unlocks the tray if drive_hold_tray() locked it */
void drive_close(struct drive *d);

/* May this process send commands that write? */
bool drive_may_write(const struct drive *d);

/* Has the module it mounted? Else nobody but this process uses it */
bool drive_is_mounted(const struct drive *d);

/*
 * The name that libburn is to open: the SCSI generic device of a drive that the module
 * has mounted, as kernels may refuse to open a mounted block device for writing, and as
 * an open has the kernel look after the mount if the disc was changed
 */
const char *drive_burner_path(const struct drive *d);

/*
 * Keeps off all who open it exclusively, as burning programs and mount(2) do: 0, or
 * -EBUSY. Not where the kernel has it mounted, which does the same
 */
int drive_claim(struct drive *d);

/* While a session is written: nobody else looks at the disc, udev included. 0 or -EBUSY */
int drive_burn_begin(struct drive *d);
void drive_burn_end(struct drive *d);

/* Does what is in there have its node at the same place? 0, -ENODEV */
int drive_check_place(const struct drive *d);

/* --- drive.c --- */

/**
 * struct drive_view - what one look at a disc gives
 * @medium: see there
 * @volume: of the newest session that is whole; not of overwritable media
 * @error: why there is none, 0: there is
 */
struct drive_view {
	struct imapi_medium medium;
	struct imapi_volume volume;
	int error;
};

/* What is in the drive? 0, or what imapi_medium_look() returned (drive_said()) */
int drive_look(struct drive *d, struct drive_view *view);

/**
 * drive_settle - wait until the drive is done with what a burn ended with
 * @d: the drive
 *
 * A CLOSE TRACK SESSION that was not waited for (IMMED, MMC-6 6.3) may go on while TEST
 * UNIT READY says that all is done: drives are there that tell of it, by "not ready", in
 * READ DISC INFORMATION alone. A lead-out takes up to a quarter of an hour, far more than
 * any look at a disc waits for; this waits as long as libburn does, an hour. Not to be
 * cancelled, as the burn itself. What else is wrong says the look that follows. One command
 * if the drive is done.
 */
void drive_settle(struct drive *d);

/* Where session @number is, all 0 if nobody knows, and its descriptors: 0 or -errno */
int drive_session(struct drive *d, const struct imapi_medium *m, u32 number,
		  struct imapi_place *place, struct imapi_volume *vol);

/* imapi_tracks_list() */
int drive_tracks(struct drive *d, const struct imapi_medium *m, u32 from,
		 struct imapi_track *list, u32 max);

/**
 * drive_read - blocks of the disc
 * @d: the drive
 * @lba: the first one
 * @count: how many
 * @buf: where to
 *
 * One read behind the other is led by a window that is read ahead, as far as
 * drive_read_ahead() allows.
 *
 * Return: 0, -EIO, -ENOMEDIUM, or -errno.
 */
int drive_read(struct drive *d, u32 lba, u32 count, void *buf);

/* Blocks that may be read though nobody asked for them: from @from to before @to */
void drive_read_ahead(struct drive *d, u32 from, u32 to);

/**
 * drive_keep - keep what is asked for again and again
 * @d: the drive
 * @lba: the first block
 * @count: blocks that no burn ever changes: all of them can be read
 *
 * They are read here, and stay in memory until drive_close(). Once for a drive, while
 * it is known which disc is in it.
 *
 * Return: 0, -ENOMEM, or why they can't be read; reading goes on without.
 */
int drive_keep(struct drive *d, u32 lba, u32 count);

/* What was read ahead may be something else by now */
void drive_forget(struct drive *d);

/**
 * drive_changes - how often somebody told that the disc may be another
 * @d: the drive
 *
 * The drive tells whoever sends it a command next, and once. If that is the kernel, it
 * gives the disc another number, which is looked at here; so is what libburn was told
 * (guard.h). The disc is the same as long as this is; not the other way round. No
 * command is sent.
 */
u64 drive_changes(struct drive *d);

/*
 * Has the kernel ask the drive now. Not while a commit holds up an unmount of what is
 * mounted by the module: the kernel would have that mount look after itself first
 */
void drive_ask_kernel(struct drive *d);

/* --- drive_mode.c --- */

/*
 * A CD or DVD-R is closed by the write parameters that the drive has. They are still those
 * of the burn that was broken off: if that was to be the last one, closing what is left of
 * it would close the disc. This has them say that more follows: 0, or -errno, also from
 * drives that have none for the disc. libburn sends them too, but not for a data track,
 * which a drive may refuse.
 */
int drive_keep_open(struct drive *d);

/* --- drive.c again --- */

/* The tray is locked from here until drive_close(); called again after each burn */
int drive_hold_tray(struct drive *d);

/*
 * Has the disc turn again, without waiting for it: libburn stops it when it lets go, and
 * there are drives that then read nothing before they are told to start
 */
void drive_start(struct drive *d);

/* Unlocks it and opens it; 0 or -errno */
int drive_eject(struct drive *d);

/* What the drive said when a command last failed, for people; never NULL */
const char *drive_said(const struct drive *d);

#endif
