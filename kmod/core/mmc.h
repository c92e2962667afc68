/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Drives: what their own commands say of the disc that is in there (MMC-6, sense
 * data of SPC-4). Nothing here writes to a disc. Commands go out through a
 * callback, so the module and the helper ask the same questions. An answer is
 * believed as far as it reaches: lengths in it are checked against what came. What a
 * function fills in is all 0 where it returns an error.
 */
#ifndef IMAPI_MMC_H
#define IMAPI_MMC_H

#include "core.h"

/* --- mmc_sense.c: why a drive refused (SPC-4 4.5) --- */

/**
 * struct imapi_sense - sense data
 * @key: sense key, 0 to 15
 * @asc: additional sense code, 0: none was given
 * @ascq: its qualifier
 * @deferred: it is about an earlier command, as a write that was buffered
 * @located: @lba is there: the block that it is about
 */
struct imapi_sense {
	u8 key, asc, ascq;
	bool deferred;
	bool located;
	u32 lba;
};

/**
 * imapi_sense_parse - sense data in the fixed or the descriptor format
 * @bytes: as the drive gave it
 * @len: bytes of it
 * @s: filled in; all 0 on an error
 *
 * Return: 0, or -EINVAL for what is no sense data.
 */
int imapi_sense_parse(const u8 *bytes, u32 len, struct imapi_sense *s);

/* Fixed format of 18 bytes, for who has nothing but the decoded values */
#define IMAPI_SENSE_FIXED	18u
void imapi_sense_build(u8 key, u8 asc, u8 ascq, u8 out[IMAPI_SENSE_FIXED]);

/* Sense key of what happened between two commands; the second one is not done */
#define IMAPI_UNIT_ATTENTION	6

/* What to do after a refusal */
enum imapi_advice {
	IMAPI_STOP,		/* it will be the same again */
	IMAPI_RETRY,		/* at once */
	IMAPI_WAIT,		/* a little later: the drive is at work */
	IMAPI_IDENTIFY,		/* the disc may be another: look at it before anything else */
};

/**
 * struct imapi_meaning - sense data in this program's words
 * @error: -errno as users get it, 0 if the command has succeeded all the same
 * @advice: what to do
 * @text: what happened, for the one line that users get
 */
struct imapi_meaning {
	int error;
	enum imapi_advice advice;
	const char *text;
};

/* Never NULL; the codes are those of MMC-6 annex F and SPC-4 annex D */
const struct imapi_meaning *imapi_sense_meaning(const struct imapi_sense *s);

/* --- mmc_packet.c: sending commands --- */

enum imapi_direction { IMAPI_NO_DATA, IMAPI_FROM_DRIVE };

/* How long a command may take */
enum imapi_timeout {
	IMAPI_QUICK,		/* answered from the drive's memory: some seconds */
	IMAPI_SPIN_UP,		/* the disc may have to turn first: a minute */
};

#define IMAPI_CDB_BYTES		12u
#define IMAPI_SENSE_MAX		64u

/**
 * struct imapi_packet - one command
 * @cdb: the command, @cdb_len bytes
 * @buf: where data goes, @len bytes, zeroed; from core_zalloc()
 * @got: bytes that came; whoever can't tell leaves it as it is, at @len
 * @sense: what the drive gave with CHECK CONDITION
 * @sense_len: bytes of it, 0: the command succeeded
 */
struct imapi_packet {
	u8 cdb[IMAPI_CDB_BYTES];
	u8 cdb_len;
	enum imapi_direction direction;
	enum imapi_timeout timeout;
	void *buf;
	u32 len;
	u32 got;
	u8 sense[IMAPI_SENSE_MAX];
	u32 sense_len;
};

/**
 * struct imapi_mmc - a drive to talk to; one caller at a time
 * @packet: sends one command. 0: the drive has answered, be it with sense data;
 *	-errno: it didn't (-ETIMEDOUT, -ENODEV, -EINTR)
 * @wait: sleeps so many milliseconds, -EINTR: enough of it. NULL: never wait
 * @context: first argument of both
 * @buf: for answers, of imapi_mmc_init()
 * @left: commands that may still be sent, IMAPI_MOUNT_COMMANDS at first; at 0 all
 *	fail with -EIO
 * @patience: milliseconds that may still be waited, IMAPI_MMC_PATIENCE at first
 * @attention: the drive said that the disc may be another; stays set
 * @ready: the drive is known to be, and the next look needn't ask
 * @opcode: of the command that failed last
 * @sense: what the drive said to it, all 0: nothing
 * @said: that in words
 */
struct imapi_mmc {
	int (*packet)(void *context, struct imapi_packet *p);
	int (*wait)(void *context, u32 ms);
	void *context;
	u8 *buf;
	u32 left;
	u32 patience;
	bool attention;
	bool ready;
	u8 opcode;
	struct imapi_sense sense;
	const char *said;
};

#define IMAPI_MMC_BUFFER	8192u
#define IMAPI_MMC_PATIENCE	30000u
/*
 * For a mount: a look at the disc, finding its newest session, and all that is sent
 * again. The rest up to 40 is for locking the tray and reading descriptors.
 */
#define IMAPI_MOUNT_COMMANDS	32u

/* Takes a buffer; @mmc has the callbacks and is zero elsewhere: 0 or -ENOMEM */
int imapi_mmc_init(struct imapi_mmc *mmc);
void imapi_mmc_exit(struct imapi_mmc *mmc);

/**
 * imapi_mmc_send - a command, again if the drive's sense data says that it helps
 * @mmc: the drive
 * @p: the command; sent three times at most where nothing was waited for
 *
 * A unit attention is noted in @mmc->attention and the command sent again.
 *
 * Return: 0, the errno of the sense data (struct imapi_meaning), -EIO if no
 * command is left, or what @mmc->packet or @mmc->wait returned.
 */
int imapi_mmc_send(struct imapi_mmc *mmc, struct imapi_packet *p);

/* --- mmc_commands.c: commands and their answers --- */

/* TEST UNIT READY: 0; -ENOMEDIUM; -EBUSY: not within the patience */
int imapi_mmc_ready(struct imapi_mmc *mmc);

/* Features by their code, as far as anything here depends on them (MMC-6 5.3) */
#define IMAPI_MAX_FEATURE	0x50u
enum {
	IMAPI_FEATURE_WRITE_PROTECT	= 0x04,
	IMAPI_FEATURE_RANDOM_WRITABLE	= 0x20,
	IMAPI_FEATURE_INCREMENTAL	= 0x21,	/* gone from a DVD-RW blanked in the quick way */
	IMAPI_FEATURE_OVERWRITE		= 0x26,
	IMAPI_FEATURE_DVD_PLUS_RW	= 0x2a,
	IMAPI_FEATURE_DVD_PLUS_R	= 0x2b,
	IMAPI_FEATURE_RIGID_OVERWRITE	= 0x2c,
	IMAPI_FEATURE_CD_TAO		= 0x2d,
	IMAPI_FEATURE_BD_R_POW		= 0x38,	/* pseudo-overwrite */
	IMAPI_FEATURE_DVD_PLUS_R_DL	= 0x3b,
	IMAPI_FEATURE_BD_WRITE		= 0x41,
};

/**
 * struct imapi_configuration - what the drive can do with this disc
 * @profile: current profile, 0: none
 * @current_features: bits by code; those of DVD+ count if they write
 */
struct imapi_configuration {
	u16 profile;
	u8 current_features[IMAPI_MAX_FEATURE / 8];
};

/**
 * imapi_mmc_configuration - GET CONFIGURATION (MMC-6 6.5)
 * @mmc: the drive
 * @c: current profile and current features
 *
 * Return: 0, -EOPNOTSUPP from a drive older than MMC-2, -EIO, or -errno.
 */
int imapi_mmc_configuration(struct imapi_mmc *mmc, struct imapi_configuration *c);
bool imapi_has_feature(const struct imapi_configuration *c, u32 feature);

/* States of a disc and of its last session (MMC-6 6.21.3.1) */
enum { IMAPI_DISC_EMPTY, IMAPI_DISC_INCOMPLETE, IMAPI_DISC_FINALIZED, IMAPI_DISC_OTHERS };
enum { IMAPI_LAST_EMPTY, IMAPI_LAST_INCOMPLETE, IMAPI_LAST_DAMAGED, IMAPI_LAST_COMPLETE };

/**
 * struct imapi_disc_info - READ DISC INFORMATION, standard data (MMC-6 6.21.3.1)
 * @status: IMAPI_DISC_*
 * @last: IMAPI_LAST_*, of the last session, which may be one that is just begun
 * @format: state of background formatting: 0 none, 1 stopped, 2 going on, 3 done
 * @first_track: of the disc
 * @sessions: with the last one
 * @last_first: first track of the last session
 * @last_last: last track of the last session
 * @has_id: @id is there: written with the first track of a CD-R, and kept
 * @lead_out: last possible start of the lead-out, lba; 0: not given
 */
struct imapi_disc_info {
	u8 status, last, format;
	bool erasable;
	u16 first_track, sessions, last_first, last_last;
	bool has_id;
	u32 id;
	u32 lead_out;
};

/* 0, -EOPNOTSUPP from drives that can only read, -EIO, or -errno */
int imapi_mmc_disc_info(struct imapi_mmc *mmc, struct imapi_disc_info *info);

/* The track that is next to be written on a CD; on others it has a number */
#define IMAPI_TRACK_INVISIBLE	0xffu
/* Blocks in front of a CD's track (MMC-6 4.2.3) */
#define IMAPI_CD_PREGAP		150u

/**
 * struct imapi_track - READ TRACK INFORMATION (MMC-6 6.26)
 * @number: of the track
 * @session: it belongs to
 * @mode: control bits: 4 is data
 * @damaged: its end was never written
 * @reserved: its size was fixed before it was written
 * @blank: nothing is in it
 * @packet: written in packets, on DVD incrementally
 * @fixed: ... of a fixed size
 * @nwa_valid: @nwa and @free are there
 * @last_valid: @last is there
 * @start: lba
 * @nwa: next writable address, lba
 * @free: blocks
 * @size: blocks
 * @last: last recorded lba
 */
struct imapi_track {
	u16 number, session;
	u8 mode;
	bool damaged, reserved, blank, packet, fixed, nwa_valid, last_valid;
	u32 start, nwa, free, size, last;
};

#define IMAPI_TRACK_DATA	4u

/**
 * imapi_mmc_track - READ TRACK INFORMATION of one track
 * @mmc: the drive
 * @number: from 1, or IMAPI_TRACK_INVISIBLE
 * @t: filled in; @start and @start + @size are lbas of less than 2^31
 *
 * Return: 0; -EIO: also where the answer is about another track; or -errno.
 */
int imapi_mmc_track(struct imapi_mmc *mmc, u32 number, struct imapi_track *t);

/* READ DISC STRUCTURE, format C0h (MMC-6 6.22): 1: write-protected, 0, -errno */
int imapi_mmc_write_protected(struct imapi_mmc *mmc, bool bd);

/**
 * imapi_mmc_capacity - READ CAPACITY (MMC-6 6.18)
 * @mmc: the drive
 * @blocks: how many can be addressed; 0: the drive can't say
 */
int imapi_mmc_capacity(struct imapi_mmc *mmc, u32 *blocks);

/* READ FORMAT CAPACITIES, current/maximum capacity (MMC-6 6.23.3.2) */
enum { IMAPI_UNFORMATTED = 1, IMAPI_FORMATTED = 2, IMAPI_FORMAT_UNKNOWN = 3 };

/**
 * struct imapi_format - READ FORMAT CAPACITIES
 * @state: IMAPI_UNFORMATTED, ...
 * @blocks: as it is; of an unformatted disc what a full format leaves, at least
 * @whole: what formatting a DVD+RW to its end gives (type 26h), 0: not said
 */
struct imapi_format {
	u8 state;
	u32 blocks, whole;
};

/* 0, -EOPNOTSUPP for discs that aren't formatted, -EIO, or -errno */
int imapi_mmc_format(struct imapi_mmc *mmc, struct imapi_format *f);

/* Media class of GET EVENT STATUS NOTIFICATION, polled (MMC-6 6.6) */
enum imapi_event {
	IMAPI_EVENT_NONE,
	IMAPI_EVENT_EJECT,	/* somebody pressed the button */
	IMAPI_EVENT_NEW,
	IMAPI_EVENT_REMOVED,
	IMAPI_EVENT_CHANGED,
	IMAPI_EVENT_FORMAT,	/* background formatting ended or began again */
};

struct imapi_media_event {
	enum imapi_event event;
	bool tray_open, present;
};

/* 0, -EOPNOTSUPP from a drive that doesn't tell of media, -EIO, or -errno */
int imapi_mmc_event(struct imapi_mmc *mmc, struct imapi_media_event *e);

/* PREVENT ALLOW MEDIUM REMOVAL; for all who have the drive open */
enum imapi_tray { IMAPI_UNLOCK, IMAPI_LOCK };
int imapi_mmc_tray(struct imapi_mmc *mmc, enum imapi_tray tray);

/* --- mmc_toc.c: READ TOC/PMA/ATIP (MMC-6 6.25) --- */

#define IMAPI_CD_TRACKS		99u

/**
 * struct imapi_toc - READ TOC/PMA/ATIP, format 0010b: all sessions of a CD
 * @first: session
 * @last: complete session, IMAPI_CD_TRACKS at most
 * @track: by number; session 0: there is none
 * @session: by number; end 0: there is none
 *
 * (MMC-6 6.25.3.4.) Sessions follow one another, as do the tracks in them.
 */
struct imapi_toc {
	u8 first, last;
	struct {
		u32 start;		/* lba */
		u8 session, control;
	} track[IMAPI_CD_TRACKS + 1];
	struct {
		u32 end;		/* where its lead-out starts, lba */
		u8 first, last;		/* tracks */
	} session[IMAPI_CD_TRACKS + 1];
};

/* 0, -EOPNOTSUPP for what is no CD, -EIO for a table that contradicts itself, or -errno */
int imapi_mmc_toc(struct imapi_mmc *mmc, struct imapi_toc *toc);

/**
 * struct imapi_last_session - READ TOC/PMA/ATIP, format 0001b (MMC-6 6.25.3.3)
 * @session: its number; what a drive has made up, unless it is a CD
 * @track: its first track, likewise
 * @control: of that track
 * @start: lba
 */
struct imapi_last_session {
	u8 session, track, control;
	u32 start;
};

/* 0, -EIO, or -errno */
int imapi_mmc_last_session(struct imapi_mmc *mmc, struct imapi_last_session *l);

/* READ TOC/PMA/ATIP, format 0000b (MMC-6 6.25.3.2): how many tracks have data? */
int imapi_mmc_data_tracks(struct imapi_mmc *mmc, u32 *data);

/* What of the medium itself can be read, whatever is burned on it */
enum imapi_code {
	IMAPI_CODE_NONE,
	IMAPI_CODE_ATIP,	/* READ TOC/PMA/ATIP, format 0100b (MMC-6 6.25.3.6) */
	IMAPI_CODE_DVD,		/* READ DISC STRUCTURE, format 00h (6.22.3.2.1) */
	IMAPI_CODE_DVD_PLUS,	/* ... of DVD+R and +RW, for drives that lack format 11h */
	IMAPI_CODE_PRERECORDED,	/* ... 0Eh, DVD-R and -RW (6.22.3.2.14) */
	IMAPI_CODE_ADIP,	/* ... 11h, DVD+R and +RW (6.22.3.2.17) */
	IMAPI_CODE_BD,		/* ... 00h of BD, disc information (6.22.3.3.1) */
};

/**
 * imapi_mmc_media_code - a hash of what the medium was made with
 * @mmc: the drive
 * @code: what to ask for
 * @hash: over those bytes of the answer that no burn changes
 *
 * Discs of one make have the same.
 *
 * Return: 0, -EOPNOTSUPP, -EIO, or -errno.
 */
int imapi_mmc_media_code(struct imapi_mmc *mmc, enum imapi_code code, u64 *hash);

#endif
