/* SPDX-License-Identifier: GPL-2.0-only */
/* A disc as it lies in the drive: what it is made of, and what is recorded on it */
#ifndef VDRIVE_DISC_H
#define VDRIVE_DISC_H

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include "vdrive.h"

#define BLOCK 2048u

/* Profiles (MMC-6 5.3.1) */
enum profile {
	PROFILE_NONE = 0x0000,
	PROFILE_CD_ROM = 0x0008,
	PROFILE_CD_R = 0x0009,
	PROFILE_CD_RW = 0x000a,
	PROFILE_DVD_ROM = 0x0010,
	PROFILE_DVD_R = 0x0011,
	PROFILE_DVD_RAM = 0x0012,
	PROFILE_DVD_RW_OVERWRITE = 0x0013,
	PROFILE_DVD_RW = 0x0014,
	PROFILE_DVD_PLUS_RW = 0x001a,
	PROFILE_DVD_PLUS_R = 0x001b,
	PROFILE_DVD_PLUS_R_DL = 0x002b,
	PROFILE_BD_ROM = 0x0040,
	PROFILE_BD_R = 0x0041,
	PROFILE_BD_RE = 0x0043,
};

enum media_kind {
	MEDIA_CD,
	MEDIA_DVD,
	MEDIA_BD,
};

/* Lead-out, lead-in and pre-gap of CD in blocks (MMC-6 4.2, Orange Book) */
#define CD_LEAD_OUT_FIRST 6750u
#define CD_LEAD_OUT_LATER 2250u
#define CD_LEAD_IN 4500u
#define CD_PREGAP 150u
#define CD_RUN_OUT 2u
#define CD_TRACK_MIN 300u

struct media {
	const char *name;
	enum media_kind kind;
	enum profile profile;		/* of a blank one */
	uint32_t blocks;		/* the most that user data can take */
	uint32_t unit;			/* blocks of an ECC block or cluster */
	uint32_t first_gap;		/* from the first session's end to the next track's start */
	uint32_t later_gap;		/* and from a later session's */
	uint32_t track_gap;		/* from a track's end to the next one's in its session */
	unsigned int sessions;		/* the most that it takes */
	unsigned int tracks;
	bool erasable;
	bool random;			/* written anywhere, once it is formatted */
	bool formatted;			/* a new one is in restricted overwrite */
	bool page05;			/* the write parameters say whether a session is the last */
};

enum track_state {
	TRACK_OPEN,
	TRACK_CLOSED,
	TRACK_DAMAGED,			/* a write to it was cut off; closing repairs it */
	TRACK_RUINED,			/* what a torn BLANK or FORMAT UNIT left of all tracks */
};

struct track {
	unsigned int session;
	uint32_t start;
	uint32_t size;			/* all of it if closed or reserved; 0: as long as it gets */
	uint32_t written;		/* blocks recorded from start on, or in the drive's cache */
	uint32_t kept;			/* those of them that the disc has */
	uint32_t run_out;		/* blocks at its end that can't be read */
	unsigned int mode;		/* CD data mode: 1, or 2 for XA */
	enum track_state state;
	bool reserved;
};

/* Background formatting, as READ DISC INFORMATION tells of it (MMC-6 6.21.3.1.13) */
enum format_state {
	FORMAT_NONE,
	FORMAT_SUSPENDED,
	FORMAT_RUNNING,
	FORMAT_COMPLETE,
};

/* As long as a BD's manufacturer's id is */
#define MAKE_MAX 6

struct disc {
	int fd;
	char *path;
	char *description;		/* path of it */
	const struct media *media;
	uint32_t blocks;		/* capacity as made */
	uint32_t id;			/* random; what a recorder writes to tell discs apart */
	char make[MAKE_MAX + 1];	/* who made it */

	struct track *tracks;
	unsigned int nr_tracks;
	unsigned int closed;		/* sessions that are */
	bool complete;			/* nothing can be appended any more */
	bool xa;			/* CD: sessions of CD-ROM XA (disc type 20h) */
	bool minimal;			/* DVD-RW: blanked minimally */

	/* Media that are formatted */
	bool overwrite;			/* DVD-RW: restricted overwrite */
	bool intermediate;		/* and its last session can grow */
	enum format_state format;
	uint32_t formatted;		/* blocks that can be addressed, or in the cache beyond */
	uint32_t formatted_kept;
	uint32_t iced;			/* DVD+RW: blocks from here on were never written */
};

static inline bool is_cd(const struct disc *d)
{
	return d->media->kind == MEDIA_CD;
}

static inline uint32_t round_up32(uint32_t n, uint32_t unit)
{
	return (n + unit - 1) / unit * unit;
}

/* media.c */
const struct media *media_find(const char *name, uint32_t *blocks);
uint32_t media_spare(const struct disc *d, unsigned int which);

/* disc.c */
enum profile disc_profile(const struct disc *d);
/* Overwritable as it is now: not by tracks */
bool disc_random(const struct disc *d);
/* FORMAT UNIT is for it */
bool disc_formattable(const struct disc *d);
int disc_read(struct disc *d, uint32_t lba, uint32_t blocks, void *buf);
int disc_write(struct disc *d, uint32_t lba, uint32_t blocks, const void *buf);
/* Forget all data from @lba on */
int disc_wipe(struct disc *d, uint32_t lba);

/* 0 or -EINVAL; NULL: the usual maker */
int disc_set_make(struct disc *d, const char *make);

/* disc_text.c */
int disc_save(const struct disc *d);
int disc_load(struct disc *d);

/* disc_track.c */

/* One track or the invisible one, for those who ask; numbers begin at 1 */
struct track_view {
	unsigned int number;
	unsigned int session;
	uint32_t start;
	uint32_t size;
	uint32_t nwa;
	uint32_t free;
	uint32_t written;
	unsigned int mode;
	bool nwa_valid;
	bool blank;
	bool reserved;
	bool damaged;
	bool invisible;
};

enum { TRACK_INVISIBLE = 0xff };

/* The track that stays open until it is told or full, or NULL */
struct track *disc_open_track(const struct disc *d);
/* CD: minutes, seconds and frames where the groove begins, before block 0 */
void disc_lead_in(const struct disc *d, uint8_t *msf);
/* Where data of a new track would begin; ~0 if nothing can be appended */
uint32_t disc_next_start(const struct disc *d);
/* -ENOENT: it has no such track */
int disc_view(const struct disc *d, unsigned int number, struct track_view *v);
/* Visible tracks and the invisible one if there is one */
unsigned int disc_count(const struct disc *d);
/* The track whose blocks have @lba, or 0 */
unsigned int disc_track_at(const struct disc *d, uint32_t lba);
/* First and last track number of a session, 0 if there is none such */
unsigned int disc_first_track(const struct disc *d, unsigned int session);
unsigned int disc_last_track(const struct disc *d, unsigned int session);
/* Sessions, with the empty or incomplete one that is last */
unsigned int disc_sessions(const struct disc *d);
/* Something is in the session that is open */
bool disc_session_begun(const struct disc *d);
/* Blocks from 0 that READ CAPACITY knows of; 0: none */
uint32_t disc_readable_end(const struct disc *d);
/* All of @blocks from @lba on, as far as they can be read; the rest is *@blocks left */
uint32_t disc_readable(const struct disc *d, uint32_t lba, uint32_t blocks);
int disc_add_track(struct disc *d, const struct track *t);
void disc_close_track(struct disc *d, struct track *t);
/* Close the session that is open; @last: and the disc */
void disc_close_session(struct disc *d, bool last);
void disc_finalize(struct disc *d);
/* What was not kept is gone */
void disc_cut(struct disc *d);
/* So many blocks can be addressed now */
void disc_set_formatted(struct disc *d, uint32_t blocks);
void disc_make_blank(struct disc *d);
/*
 * What was on it is undone, and it isn't blank yet: by tracks it has one that can neither be
 * read nor closed, and what is always written anywhere isn't formatted. Or -ENOMEM
 */
int disc_make_ruin(struct disc *d);
bool disc_ruined(const struct disc *d);

#endif
