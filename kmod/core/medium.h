/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A disc in a drive: its kind and state, its sessions, and the room behind them. All
 * of it comes from the drive's answers (mmc.h) and is believed only where they agree.
 */
#ifndef IMAPI_MEDIUM_H
#define IMAPI_MEDIUM_H

#include "mmc.h"

/* --- medium_types.c: kinds of media --- */

enum imapi_medium_kind {
	IMAPI_OTHER,		/* read alone, as if it were an image */
	IMAPI_PRESSED,
	IMAPI_CD_R, IMAPI_CD_RW,
	IMAPI_DVD_R, IMAPI_DVD_R_DL, IMAPI_DVD_RW,
	IMAPI_DVD_PLUS_R, IMAPI_DVD_PLUS_R_DL,
	IMAPI_BD_R,
	IMAPI_DVD_RW_OVER,	/* "restricted overwrite" */
	IMAPI_DVD_PLUS_RW, IMAPI_DVD_RAM, IMAPI_BD_RE,
};

/**
 * struct imapi_media_type - what goes for all media of a profile (MMC-6 5.3.1)
 * @profile: as GET CONFIGURATION has it
 * @kind: IMAPI_OTHER: nothing is burned on it
 * @cd: addresses and tracks are those of CDs
 * @bd: its disc structures are those of BDs
 * @overwritable: sessions are those of an image, descriptors are at block 16
 * @erasable: it can be blanked
 * @align: blocks that are written as one, a power of two
 * @max_sessions: 0: as many as there is room for
 * @write_features: one of these is current if the drive can record on this disc as we
 *	do; 0: none
 * @code: where its maker stands
 * @name: for people
 */
struct imapi_media_type {
	u16 profile;
	enum imapi_medium_kind kind;
	bool cd, bd, overwritable, erasable;
	u8 align;
	u16 max_sessions;
	u8 write_features[2];
	enum imapi_code code;
	const char *name;
};

/* Never NULL: a profile that isn't known is IMAPI_OTHER */
const struct imapi_media_type *imapi_media_type(u16 profile);

/* --- medium.c: the disc's state --- */

enum imapi_state {
	IMAPI_BLANK,		/* no session is closed, and none begun */
	IMAPI_APPENDABLE,
	IMAPI_COMPLETE,		/* closed for good, or pressed */
	IMAPI_OVERWRITABLE,
};

/**
 * struct imapi_place - a closed session
 * @number: from 1; 0: there is none
 * @first_track: the one where its volume descriptors are, at @start + 16
 * @last_track: of it
 * @start: lba
 * @end: first lba behind its last track
 * @data: on a CD: its first track is a data track
 * @recorded: first lba behind the last one that is recorded, as the drive says, which nobody
 *	has checked; 0: it doesn't. Means nothing on CDs
 */
struct imapi_place {
	u32 number;
	u32 first_track, last_track;
	u32 start, end;
	bool data;
	u32 recorded;
};

/**
 * struct imapi_medium - what the drive says of the disc
 * @type: its kind
 * @state: see there
 * @unformatted: overwritable, and to be formatted before anything is written; one that was
 *	begun and stopped at once is no format
 * @stopped: formatting it in the background was begun and stopped, and has to go on before
 *	anything is written; until then it ends at @capacity, and at @free from then on
 * @unfinished: behind the last closed session one was begun and never closed, which
 *	has to be done before another one can be
 * @erasable: the drive says that it can be blanked
 * @audio: there are tracks, and none has data
 * @writable: a session can be recorded; it may lack room (medium_room.c)
 * @why: if not @writable, one line that says why
 * @sessions: that are closed
 * @tracks: of those
 * @last: the newest of them that begins with data, or an older one
 * @passed_over: why newer ones than @last were (imapi_medium_volume()): -errno, 0
 * @cut_short: all sessions are those that a burn of ours was broken off in
 * @nwa_valid: @nwa and @free are there; not for overwritable media
 * @nwa: next writable address, lba
 * @free: blocks from there on, nothing taken off
 * @capacity: blocks that can be addressed, as the block layer has to know it
 * @code: what @code_hash was read from
 * @code_hash: of what the medium was made with
 * @has_id: @id is there
 * @id: disc identification, of CDs
 */
struct imapi_medium {
	const struct imapi_media_type *type;
	enum imapi_state state;
	bool unformatted, stopped, unfinished, erasable, audio, writable;
	const char *why;
	u32 sessions, tracks;
	struct imapi_place last;
	int passed_over;
	bool cut_short;
	bool nwa_valid;
	u32 nwa, free;
	u32 capacity;
	enum imapi_code code;
	u64 code_hash;
	bool has_id;
	u32 id;
};

/**
 * imapi_medium_look - what is in the drive?
 * @mmc: the drive; its @left and @patience are set
 * @m: filled in
 *
 * Five to nine commands for most discs that are ready. If the drive tells meanwhile that
 * the disc may be another, all is asked once more, so that the answers are about one.
 *
 * Return: 0; -ENOMEDIUM; -EMEDIUMTYPE: the drive can't read it; -EBUSY: it doesn't
 * get ready; -EIO; or what @mmc's callbacks returned. @mmc->said has it in words.
 */
int imapi_medium_look(struct imapi_mmc *mmc, struct imapi_medium *m);

/* --- medium_tracks.c: sessions and their tracks --- */

/**
 * imapi_place_find - where a session is, by READ TRACK INFORMATION
 * @mmc: the drive
 * @session: its number
 * @high: its last track, or one behind it
 * @place: filled in
 *
 * Tracks and sessions both count upwards, so it is found by halving what is left of
 * @high tracks: two commands where each session has one track and @high is its last,
 * 31 at most. Tables of contents are no help: drives make up those of anything but CDs.
 *
 * Return: 0; -ENOENT: no track belongs to it; -EIO; or -errno.
 */
int imapi_place_find(struct imapi_mmc *mmc, u32 session, u32 high, struct imapi_place *place);

/* The same from a CD's table: 0, or -ENOENT */
int imapi_place_from_toc(const struct imapi_toc *toc, u32 session,
			 struct imapi_place *place);

/**
 * imapi_medium_session - look at another session
 * @mmc: the drive; @left is set
 * @m: @m->last becomes that session
 * @session: from 1 to @m->sessions
 *
 * Return: 0, -ENOENT, or -errno; @m is as it was then.
 */
int imapi_medium_session(struct imapi_mmc *mmc, struct imapi_medium *m, u32 session);

/**
 * imapi_tracks_list - all tracks of a disc, for people: first those of closed sessions
 * @mmc: the drive; one command for each track, @left is set
 * @m: of imapi_medium_look()
 * @from: first track that is wanted; one behind @m->tracks: those of the session that is
 *	open, the one that the next session goes to with them
 * @list: room for @max
 * @max: tracks at most
 *
 * Return: how many, 0: there are no more, or -errno.
 */
int imapi_tracks_list(struct imapi_mmc *mmc, const struct imapi_medium *m, u32 from,
		      struct imapi_track *list, u32 max);

/* No more tracks of an open session are listed */
#define IMAPI_OPEN_TRACKS	16u

/* --- medium_room.c: what a session may take --- */

/* A track of a CD that is shorter the drive makes so long (MMC-6, CLOSE TRACK SESSION) */
#define IMAPI_CD_MIN_TRACK	300u
/* So a session has more, or one that was broken off would be as long as it should be */
#define IMAPI_CD_MIN_SESSION	(IMAPI_CD_MIN_TRACK + 1)
/* Blocks that end a track written at once, and can't be read (MMC-6 4.2.3) */
#define IMAPI_CD_RUN_OUT	2u

/* The shortest session that is burned, blocks */
u32 imapi_min_session(const struct imapi_medium *m);

/**
 * imapi_closing_reserve - what is kept free for closing the next session
 * @m: the disc
 *
 * Return: blocks, those of a session to be repaired before it included.
 */
u32 imapi_closing_reserve(const struct imapi_medium *m);

/**
 * imapi_session_room - how long the next session may be
 * @m: the disc
 * @nwa: where it starts on overwritable media, lba; the drive's word counts on others
 *
 * What struct imapi_room calls @medium: whole units of what the medium writes at
 * once, so that a session of so many blocks still fits when it is padded.
 *
 * Return: blocks, 0: there is no room for any.
 */
u32 imapi_session_room(const struct imapi_medium *m, u32 nwa);

/* Blocks that a session of @blocks takes on the medium, padding and run-out included */
u64 imapi_session_takes(const struct imapi_medium *m, u32 blocks);

/* How many of the shortest sessions still fit */
u32 imapi_sessions_left(const struct imapi_medium *m, u32 nwa);

/**
 * imapi_readable - how many blocks may be read at a stretch
 * @m: the disc
 * @lba: the first one
 *
 * For reading ahead where no file's extent gives the end: blocks behind a track are
 * an error that costs seconds, and the last two of a track written at once as well.
 * Reading what an extent names is allowed up to @m->capacity.
 *
 * Return: blocks of the session @m->last from @lba on, 0 if @lba is outside of it.
 */
u32 imapi_readable(const struct imapi_medium *m, u32 lba);

/* --- medium_mount.c: what a mount makes of it --- */

/**
 * struct imapi_verdict - how a disc is mounted
 * @error: 0, -EMEDIUMTYPE, or why its volume can't be read
 * @read_only: nothing can be appended
 * @empty: there is no tree on it, or none that was finished
 * @why: one line for people if @read_only, @error, or if there is something to tell
 */
struct imapi_verdict {
	int error;
	bool read_only, empty;
	const char *why;
};

/**
 * imapi_medium_volume - the newest session that is whole
 * @mmc: the drive
 * @src: reads it; @src->blocks is @m->capacity
 * @m: a disc that is not overwritable; @m->last becomes the session
 * @session: its number, 0: the newest
 * @vol: filled in
 *
 * Where 0 was asked for and the newest one's descriptors are malformed, unreadable or
 * not there, up to IMAPI_OLDER_SESSIONS before it are tried.
 *
 * Return: 0; -ENOENT: there is no such session, or the medium is @m->cut_short; what
 * imapi_volume_read() said of the newest one; -errno.
 */
int imapi_medium_volume(struct imapi_mmc *mmc, const struct imapi_source *src,
			struct imapi_medium *m, u32 session, struct imapi_volume *vol);

#define IMAPI_OLDER_SESSIONS	3u

/**
 * imapi_medium_verdict - what a mount makes of a disc
 * @m: the disc, after imapi_medium_volume()
 * @err: what that returned; for an overwritable one the same of its image
 * @joliet: struct imapi_volume's
 * @v: filled in
 */
void imapi_medium_verdict(const struct imapi_medium *m, int err, u8 joliet,
			  struct imapi_verdict *v);

/**
 * imapi_medium_identify - the part of an identity that the drive knows
 * @m: the disc
 * @id: all of it but @descriptors; for overwritable media the caller has
 *	to put sessions and next writable address of the image into it
 */
void imapi_medium_identify(const struct imapi_medium *m, struct imapi_identity *id);

#endif
