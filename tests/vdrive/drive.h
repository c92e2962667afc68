/* SPDX-License-Identifier: GPL-2.0-only */
/* The drive's own state, and what the families of commands share */
#ifndef VDRIVE_DRIVE_H
#define VDRIVE_DRIVE_H

#include "disc.h"

/* What a command comes to: 0, or sense key, ASC and ASCQ (SPC-4 4.5, MMC-6 Annex F) */
typedef uint32_t sense_t;

#define SENSE(key, asc, ascq) ((sense_t)((key) << 16 | (asc) << 8 | (ascq)))
#define GOOD 0u
#define SENSE_BECOMING_READY SENSE(0x2, 0x04, 0x01)
#define SENSE_FORMATTING SENSE(0x2, 0x04, 0x04)
#define SENSE_IN_PROGRESS SENSE(0x2, 0x04, 0x07)
#define SENSE_LONG_WRITE SENSE(0x2, 0x04, 0x08)
#define SENSE_NO_MEDIUM_CLOSED SENSE(0x2, 0x3a, 0x01)
#define SENSE_NO_MEDIUM_OPEN SENSE(0x2, 0x3a, 0x02)
#define SENSE_WRITE_ERROR SENSE(0x3, 0x0c, 0x00)
#define SENSE_UNREADABLE SENSE(0x3, 0x11, 0x00)
#define SENSE_LIST_LENGTH SENSE(0x5, 0x1a, 0x00)
#define SENSE_OPCODE SENSE(0x5, 0x20, 0x00)
#define SENSE_OUT_OF_RANGE SENSE(0x5, 0x21, 0x00)
#define SENSE_WRITE_ADDRESS SENSE(0x5, 0x21, 0x02)
#define SENSE_CDB_FIELD SENSE(0x5, 0x24, 0x00)
#define SENSE_LUN SENSE(0x5, 0x25, 0x00)
#define SENSE_LIST_FIELD SENSE(0x5, 0x26, 0x00)
#define SENSE_SEQUENCE SENSE(0x5, 0x2c, 0x00)
#define SENSE_WRONG_MEDIUM SENSE(0x5, 0x30, 0x00)
#define SENSE_UNFORMATTED SENSE(0x5, 0x30, 0x10)
#define SENSE_SAVING SENSE(0x5, 0x39, 0x00)
#define SENSE_REMOVAL_PREVENTED SENSE(0x5, 0x53, 0x02)
#define SENSE_TRACK_END SENSE(0x5, 0x63, 0x00)
#define SENSE_TRACK_MODE SENSE(0x5, 0x64, 0x00)
#define SENSE_SESSION_FIXATION SENSE(0x5, 0x72, 0x00)
#define SENSE_RESERVED_TRACK SENSE(0x5, 0x72, 0x04)
#define SENSE_NO_MORE_TRACKS SENSE(0x5, 0x72, 0x05)
#define SENSE_CHANGED SENSE(0x6, 0x28, 0x00)
#define SENSE_POWER_ON SENSE(0x6, 0x29, 0x00)
#define SENSE_BUS_RESET SENSE(0x6, 0x29, 0x02)

/* Unit attentions that wait to be told, most urgent first */
enum {
	ATTENTION_POWER_ON = 1 << 0,
	ATTENTION_BUS_RESET = 1 << 1,
	ATTENTION_CHANGED = 1 << 2,
};

/* Media events (MMC-6 6.6.2.6.1) */
enum media_event {
	EVENT_NONE = 0,
	EVENT_EJECT_REQUEST = 1,
	EVENT_NEW_MEDIA = 2,
	EVENT_MEDIA_REMOVAL = 3,
	EVENT_FORMAT_COMPLETED = 5,
	EVENT_FORMAT_RESTARTED = 6,
};

/* Write types of mode page 05h (MMC-6 7.5.4.9) */
enum write_type {
	WRITE_PACKET = 0,
	WRITE_TAO = 1,
	WRITE_SAO = 2,
};

/* For ->steps: the command isn't torn */
#define ALL_STEPS UINT32_MAX

#define PAGE05_LENGTH 0x34
/* 2 MiB: what a drive may lose if the power goes */
#define CACHE_BLOCKS 1024u
#define CUE_TRACKS 99

/* Data that the initiator wrote and the disc doesn't have yet; one run of blocks */
struct cache {
	uint8_t *data;
	uint32_t lba;
	uint32_t blocks;
};

/* Session at once: what SEND CUE SHEET announced */
struct cue {
	unsigned int tracks;		/* 0: nothing is */
	uint32_t start[CUE_TRACKS];
	uint32_t lead_out;
	int32_t next;			/* the LBA that the next write has to have */
	unsigned int mode;
	bool writing;
};

struct drive {
	struct drive_events events;
	struct disc *disc;
	bool tray_open;			/* the disc lies on it then */
	bool prevented;
	bool persistent;		/* prevented, and the button is an event */
	bool spinning;
	unsigned int attentions;
	enum media_event media_event;
	bool features_changed;		/* by another disc, or none, and nobody has asked yet */

	bool quirk_close_event;
	bool quirk_read_ends_track;
	bool quirk_pow;
	bool quirk_ready_early;

	/* How much more of the command is carried out, see drive_tear() */
	uint32_t steps;

	/* Commands to the medium that are still answered by this */
	unsigned int busy_commands;
	sense_t busy_sense;
	bool busy_quietly;		/* told by those alone that ask what is on the disc */
	unsigned int close_commands;	/* that find a close going on */

	uint8_t page05[PAGE05_LENGTH];
	uint8_t page01[12];
	uint8_t page1d[12];
	uint16_t read_speed;		/* kB/s as they were asked for */
	uint16_t write_speed;

	struct cache cache;
	unsigned int writing;		/* CD: number of the track that is being written, or 0 */
	bool dao;			/* DVD-R: the whole disc is written at once */
	struct cue cue;

	uint32_t information;		/* sense: the block that failed, with its valid bit */
	bool information_valid;
};

static inline uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t get24(const uint8_t *p)
{
	return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

static inline uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static inline void put16(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static inline void put24(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)(value >> 16);
	put16(p + 1, value);
}

static inline void put32(uint8_t *p, uint32_t value)
{
	put16(p, value >> 16);
	put16(p + 2, value);
}

/* Minutes, seconds and frames of a CD's block */
static inline void put_msf(uint8_t *p, uint32_t lba)
{
	uint32_t frames = lba + 150;

	p[0] = (uint8_t)(frames / 75 / 60);
	p[1] = (uint8_t)(frames / 75 % 60);
	p[2] = (uint8_t)(frames % 75);
}

/* command.c */

/* Data for the initiator: as much of @len as it asked for and has room for */
sense_t reply(struct command *c, const void *data, size_t len, size_t allocation);
/* A parameter list of @len bytes is there */
bool have_list(const struct command *c, size_t len);
void build_sense(const struct drive *d, sense_t sense, uint8_t out[18]);

/* drive.c */
bool drive_has_medium(const struct drive *d);
sense_t drive_no_medium(const struct drive *d);
void drive_spin_up(struct drive *d);
void drive_work_done(struct drive *d, enum drive_work what, uint32_t blocks);
/* The initiator asked not to wait: a few commands find the work going on */
void drive_go_on(struct drive *d, bool immediate, sense_t sense);
/* The same after a close */
void drive_close_goes_on(struct drive *d, bool immediate);
sense_t drive_open_tray(struct drive *d);
void drive_load_tray(struct drive *d);
sense_t drive_take_attention(struct drive *d);
/* Before each step of a command: GOOD, or it is torn there */
sense_t drive_step(struct drive *d);
/* Some drives say then that it is another medium now */
void drive_session_closed(struct drive *d);
void drive_formatted(struct drive *d);
/* To be told unless a more telling one waits */
void drive_media_event(struct drive *d, enum media_event event);

/* cache.c */
sense_t cache_write(struct drive *d, uint32_t lba, uint32_t blocks, const uint8_t *data,
		    uint32_t *written);
sense_t cache_drain(struct drive *d);
/* The first @blocks of it */
sense_t cache_drain_some(struct drive *d, uint32_t blocks);
void cache_drop(struct drive *d);
/* Reads with what the cache has; it has been checked that all of it is readable */
sense_t cache_read(struct drive *d, uint32_t lba, uint32_t blocks, uint8_t *data);

/* mmc_write.c */
enum write_type write_type(const struct drive *d);
/* CD: the track that is being written ends here, as by a flush */
sense_t end_track_at_once(struct drive *d);
sense_t flush(struct drive *d);
sense_t save(struct drive *d);
/* Close a track, and tell of it */
sense_t close_track(struct drive *d, struct track *t);
sense_t close_session(struct drive *d, bool last);
/* mmc_sao.c */
sense_t cue_write(struct drive *d, int32_t lba, uint32_t blocks, const uint8_t *data);
sense_t cue_flush(struct drive *d);
/* mmc_speed.c */
/* Three speeds that the medium is read and written with, in kB/s, fastest first */
const uint16_t *speeds(const struct drive *d);
/* mmc_mode.c */
void mode_defaults(struct drive *d);
/* Multi-session field of the write parameters: another one may follow */
bool mode_multi_session(const struct drive *d);
/* mmc_format.c */
void format_advance(struct drive *d);

/* One command each; all are called with a drive that can carry it out */
typedef sense_t (*handler_t)(struct drive *d, struct command *c);

sense_t mmc_test_unit_ready(struct drive *d, struct command *c);
sense_t mmc_request_sense(struct drive *d, struct command *c);
sense_t mmc_inquiry(struct drive *d, struct command *c);
sense_t mmc_report_luns(struct drive *d, struct command *c);
sense_t mmc_mode_sense(struct drive *d, struct command *c);
sense_t mmc_mode_select(struct drive *d, struct command *c);
sense_t mmc_get_configuration(struct drive *d, struct command *c);
sense_t mmc_get_event(struct drive *d, struct command *c);
sense_t mmc_start_stop(struct drive *d, struct command *c);
sense_t mmc_prevent_allow(struct drive *d, struct command *c);
sense_t mmc_mechanism_status(struct drive *d, struct command *c);
sense_t mmc_read_toc(struct drive *d, struct command *c);
sense_t mmc_read_disc_info(struct drive *d, struct command *c);
sense_t mmc_read_track_info(struct drive *d, struct command *c);
sense_t mmc_read_capacity(struct drive *d, struct command *c);
sense_t mmc_read_buffer_capacity(struct drive *d, struct command *c);
sense_t mmc_read_disc_structure(struct drive *d, struct command *c);
sense_t mmc_send_disc_structure(struct drive *d, struct command *c);
sense_t mmc_send_opc(struct drive *d, struct command *c);
sense_t mmc_set_streaming(struct drive *d, struct command *c);
sense_t mmc_set_cd_speed(struct drive *d, struct command *c);
sense_t mmc_get_performance(struct drive *d, struct command *c);
sense_t mmc_read_buffer(struct drive *d, struct command *c);
sense_t mmc_read(struct drive *d, struct command *c);
sense_t mmc_read_cd(struct drive *d, struct command *c);
sense_t mmc_verify(struct drive *d, struct command *c);
sense_t mmc_seek(struct drive *d, struct command *c);
sense_t mmc_write(struct drive *d, struct command *c);
sense_t mmc_synchronize_cache(struct drive *d, struct command *c);
sense_t mmc_reserve_track(struct drive *d, struct command *c);
sense_t mmc_send_cue_sheet(struct drive *d, struct command *c);
sense_t mmc_close_track_session(struct drive *d, struct command *c);
sense_t mmc_blank(struct drive *d, struct command *c);
sense_t mmc_format_unit(struct drive *d, struct command *c);
sense_t mmc_read_format_capacities(struct drive *d, struct command *c);
sense_t mmc_report_key(struct drive *d, struct command *c);

#endif
