// SPDX-License-Identifier: GPL-2.0-only
/* What is made of a drive's answers, for each kind of medium, and of wrong ones */
#include "mmc_drive.h"
#include "kselftest_harness.h"

/* --- CD --- */

static const struct mmc_answer cd_r_blank[] = {
	CONFIG(0x09, 0x2d), INFO(DISC_EMPTY, 1, 1, 1, 0, 0, 79, 59, 74), ATIP(15),
	NEXT_AS(0xff, 1, 1, 0, 359849), END
};

/* 5,000 blocks and their run-out, then 11,400 that nobody can write on */
static const struct mmc_answer cd_r_one[] = {
	CONFIG(0x09, 0x2d), INFO(DISC_APPENDABLE, 2, 2, 2, 0x80, 0x1234abcd, 79, 59, 74), ATIP(15),
	FULL_TOC(1, 1, 6, POINT(1, 4, 0xa0, 1, 0, 0), POINT(1, 4, 0xa1, 1, 0, 0),
		 POINT(1, 4, 0xa2, 1, 8, 52), POINT(1, 4, 1, 0, 2, 0),
		 1, 0x54, 0, 0xb0, 3, 40, 52, 2, 79, 59, 74,
		 /* A part to be skipped, which is no track */
		 1, 0x54, 0, 0x01, 0, 4, 0, 0, 0, 3, 0),
	DONE(1, 1, 0, 5002), NEXT_AS(0xff, 2, 2, 16402, 343447), CAPACITY(5002), END
};

/* The third session has two tracks; a CD-RW in a drive of MMC-1's short answers */
static const struct mmc_answer cd_rw_three[] = {
	CONFIG(0x0a, 0x2d),
	{ .op = 0x51, BYTES(0, 22, 0x11, 1, 4, 5, 5, 0x80, 0, 0, 0, 0, BE32(0xabcd),
			    0, 0, 0, 0, 0, 79, 59, 74) },
	ATIP(15),
	FULL_TOC(1, 3, 13, POINT(1, 4, 0xa0, 1, 0, 0), POINT(1, 4, 0xa1, 1, 0, 0),
		 POINT(1, 4, 0xa2, 0, 6, 2), POINT(1, 4, 1, 0, 2, 0),
		 POINT(2, 4, 0xa0, 2, 0, 0), POINT(2, 4, 0xa1, 2, 0, 0),
		 POINT(2, 4, 0xa2, 2, 42, 4), POINT(2, 4, 2, 2, 38, 2),
		 POINT(3, 4, 0xa0, 3, 0, 0), POINT(3, 4, 0xa1, 4, 0, 0),
		 POINT(3, 4, 0xa2, 4, 26, 8), POINT(3, 4, 3, 4, 14, 4), POINT(3, 4, 4, 4, 20, 4)),
	{ .op = 0x52, .key = 3, BYTES(0, 26, 3, 3, 0, 4, 0, 0, BE32(18904), BE32(0), BE32(0),
				      BE32(0), BE32(450)) },
	{ .op = 0x52, .key = 0xff, BYTES(0, 26, 5, 4, 0, 4, 0x40, 1, BE32(26708), BE32(26708),
					 BE32(300000), BE32(0), BE32(0)) },
	CAPACITY(19808), END
};

static const struct mmc_answer cd_r_closed[] = {
	CONFIG(0x09, 0x2d), INFO(DISC_CLOSED, 1, 1, 1, 0, 0, 0xff, 0xff, 0xff), ATIP(15),
	FULL_TOC(1, 1, 4, POINT(1, 4, 0xa0, 1, 0, 0), POINT(1, 4, 0xa1, 1, 0, 0),
		 POINT(1, 4, 0xa2, 1, 8, 52), POINT(1, 4, 1, 0, 2, 0)),
	DONE(1, 1, 0, 5002), CAPACITY(5002), END
};

/* Its table is that of the disc as it was put in, before a burn */
static const struct mmc_answer cd_r_stale_table[] = {
	CONFIG(0x09, 0x2d), INFO(DISC_APPENDABLE, 3, 3, 3, 0, 0, 79, 59, 74), ATIP(15),
	FULL_TOC(1, 1, 4, POINT(1, 4, 0xa0, 1, 0, 0), POINT(1, 4, 0xa1, 1, 0, 0),
		 POINT(1, 4, 0xa2, 1, 8, 52), POINT(1, 4, 1, 0, 2, 0)),
	DONE(1, 1, 0, 5002), DONE(2, 2, 16402, 302), NEXT_AS(0xff, 3, 3, 23604, 336245),
	CAPACITY(16704), END
};

static const struct mmc_answer cd_audio[] = {
	CONFIG(0x09, 0x2d), INFO(DISC_CLOSED, 1, 1, 2, 0, 0, 0xff, 0xff, 0xff), ATIP(15),
	FULL_TOC(1, 1, 5, POINT(1, 0, 0xa0, 1, 0, 0), POINT(1, 0, 0xa1, 2, 0, 0),
		 POINT(1, 0, 0xa2, 5, 0, 0), POINT(1, 0, 1, 0, 2, 0), POINT(1, 2, 2, 3, 0, 0)),
	{ .op = 0x43, .key = 0, BYTES(0, 26, 1, 2, 0, 0x10, 1, 0, BE32(0), 0, 0x12, 2, 0,
				      BE32(13350), 0, 0x10, 0xaa, 0, BE32(22350)) },
	TRACK_AS(1, 1, 1, 0, 0, 0, 0, 0, 0, 13350),
	{ .op = 0x25, BYTES(BE32(19999), BE32(2352)) }, END
};

/* Music in front, data in a second session */
static const struct mmc_answer cd_extra[] = {
	CONFIG(0x08, 0x10), INFO(DISC_CLOSED, 2, 2, 2, 0, 0, 0xff, 0xff, 0xff),
	FULL_TOC(1, 2, 8, POINT(1, 0, 0xa0, 1, 0, 0), POINT(1, 0, 0xa1, 1, 0, 0),
		 POINT(1, 0, 0xa2, 3, 0, 0), POINT(1, 0, 1, 0, 2, 0),
		 POINT(2, 4, 0xa0, 2, 0x20, 0), POINT(2, 4, 0xa1, 2, 0, 0),
		 POINT(2, 4, 0xa2, 6, 0, 0), POINT(2, 4, 2, 5, 32, 0)),
	DONE(2, 2, 24750, 2100), CAPACITY(26850), END
};

/* Data in front, music in a second session: the data can still be shown */
static const struct mmc_answer cd_data_then_audio[] = {
	CONFIG(0x09, 0x2d), INFO(DISC_APPENDABLE, 3, 3, 3, 0, 0, 79, 59, 74), ATIP(15),
	FULL_TOC(1, 2, 8, POINT(1, 4, 0xa0, 1, 0, 0), POINT(1, 4, 0xa1, 1, 0, 0),
		 POINT(1, 4, 0xa2, 3, 0, 0), POINT(1, 4, 1, 0, 2, 0),
		 POINT(2, 0, 0xa0, 2, 0, 0), POINT(2, 0, 0xa1, 2, 0, 0),
		 POINT(2, 0, 0xa2, 6, 0, 0), POINT(2, 0, 2, 5, 32, 0)),
	DONE(1, 1, 0, 13350), NEXT_AS(0xff, 3, 3, 33750, 300000), CAPACITY(26850), END
};

/* Power went in the middle of the second session: no address to go on from */
static const struct mmc_answer cd_r_cut[] = {
	CONFIG(0x09, 0x2d), INFO(DISC_UNFINISHED, 2, 2, 2, 0, 0, 79, 59, 74), ATIP(15),
	FULL_TOC(1, 1, 4, POINT(1, 4, 0xa0, 1, 0, 0), POINT(1, 4, 0xa1, 1, 0, 0),
		 POINT(1, 4, 0xa2, 1, 8, 52), POINT(1, 4, 1, 0, 2, 0)),
	DONE(1, 1, 0, 5002), TRACK_AS(0xff, 2, 2, 0x24, 0, 0, 16402, 0, 0, 343447),
	CAPACITY(5002), END
};

/* Tracks of a second session are done, and the session isn't closed */
static const struct mmc_answer cd_r_open_session[] = {
	CONFIG(0x09, 0x2d), INFO(DISC_UNFINISHED, 2, 2, 3, 0, 0, 79, 59, 74), ATIP(15),
	FULL_TOC(1, 1, 4, POINT(1, 4, 0xa0, 1, 0, 0), POINT(1, 4, 0xa1, 1, 0, 0),
		 POINT(1, 4, 0xa2, 1, 8, 52), POINT(1, 4, 1, 0, 2, 0)),
	DONE(1, 1, 0, 5002), NEXT_AS(0xff, 3, 2, 17000, 342849), CAPACITY(5002), END
};

static const struct mmc_answer cd_r_first_cut[] = {
	CONFIG(0x09, 0x2d), INFO(DISC_UNFINISHED, 1, 1, 1, 0, 0, 79, 59, 74), ATIP(15),
	TRACK_AS(0xff, 1, 1, 0x24, 0, 0, 0, 0, 0, 359849), END
};

static const struct mmc_answer cd_rw_packets[] = {
	CONFIG(0x0a, 0x2d), INFO(DISC_UNFINISHED, 1, 1, 1, 0, 0, 79, 59, 74), ATIP(15),
	TRACK_AS(0xff, 1, 1, 4, 0x30, 1, 0, 4000, 300000, 350000), END
};

static const struct mmc_answer cd_r_full[] = {
	CONFIG(0x09, 0x2d), INFO(DISC_APPENDABLE, 2, 2, 2, 0, 0, 79, 59, 74), ATIP(15),
	FULL_TOC(1, 1, 4, POINT(1, 4, 0xa0, 1, 0, 0), POINT(1, 4, 0xa1, 1, 0, 0),
		 POINT(1, 4, 0xa2, 77, 0, 0), POINT(1, 4, 1, 0, 2, 0)),
	DONE(1, 1, 0, 346350), NEXT_AS(0xff, 2, 2, 357750, 7054), CAPACITY(346350), END
};

/* A drive that says what lies behind 6,750 + 305 free blocks */
static const struct mmc_answer cd_r_almost_full[] = {
	CONFIG(0x09, 0x2d), INFO(DISC_APPENDABLE, 2, 2, 2, 0, 0, 79, 59, 74), ATIP(15),
	FULL_TOC(1, 1, 4, POINT(1, 4, 0xa0, 1, 0, 0), POINT(1, 4, 0xa1, 1, 0, 0),
		 POINT(1, 4, 0xa2, 77, 0, 0), POINT(1, 4, 1, 0, 2, 0)),
	DONE(1, 1, 0, 346350), NEXT_AS(0xff, 2, 2, 357750, 7055), CAPACITY(346350), END
};

/* A drive that can only read; and one that has none of the commands since MMC-1 */
static const struct mmc_answer cd_r_in_reader[] = {
	CONFIG(0x08, 0x1e), INFO(DISC_APPENDABLE, 2, 2, 2, 0, 0, 79, 59, 74),
	FULL_TOC(1, 1, 4, POINT(1, 4, 0xa0, 1, 0, 0), POINT(1, 4, 0xa1, 1, 0, 0),
		 POINT(1, 4, 0xa2, 1, 8, 52), POINT(1, 4, 1, 0, 2, 0)),
	DONE(1, 1, 0, 5002), CAPACITY(5002), END
};

static const struct mmc_answer cd_in_old_drive[] = {
	{ .op = 0x43, .key = 1, BYTES(0, 10, 1, 2, 0, 0x14, 3, 0, BE32(16402)) },
	CAPACITY(20000), END
};

/* --- DVD --- */

static const struct mmc_answer dvd_r_blank[] = {
	CONFIG(0x11, 0x21), INFO(DISC_EMPTY, 1, 1, 1, 0, 0, 0, 0, 0), PRERECORDED,
	NEXT(1, 1, 0, 2297888), END
};

/* READ TOC tells of two sessions whatever there are, and this drive knows no track FFh */
static const struct mmc_answer dvd_r_three[] = {
	CONFIG(0x11, 0x21), INFO(DISC_APPENDABLE, 4, 4, 4, 0, 0, 0, 0, 0), PRERECORDED,
	{ .op = 0x43, .key = 1, BYTES(0, 10, 1, 2, 0, 0x14, 2, 0, BE32(40000)) },
	DONE(1, 1, 0, 10000), DONE(2, 2, 38672, 1328), DONE(3, 3, 68672, 16),
	NEXT(4, 4, 97360, 2200512), CAPACITY(68688), END
};

static const struct mmc_answer dvd_r_closed[] = {
	CONFIG(0x11, 0x1f), INFO(DISC_CLOSED, 1, 1, 1, 0, 0, 0, 0, 0), PRERECORDED,
	DONE(1, 1, 0, 10000), CAPACITY(10000), END
};

/* Two tracks in the border that isn't closed, and one that is written in parts */
static const struct mmc_answer dvd_r_open_border[] = {
	CONFIG(0x11, 0x21), INFO(DISC_UNFINISHED, 2, 2, 4, 0, 0, 0, 0, 0), PRERECORDED,
	DONE(1, 1, 0, 10000), DONE(2, 2, 38672, 1328), DONE(3, 2, 40000, 160),
	TRACK_AS(4, 4, 2, 4, 0x20, 0x01, 40160, 40192, 2257680, 2257712), CAPACITY(10000), END
};

/* The track says what the drive's list of sessions doesn't */
static const struct mmc_answer dvd_r_damaged[] = {
	CONFIG(0x11, 0x21), INFO(DISC_APPENDABLE, 2, 2, 2, 0, 0, 0, 0, 0), PRERECORDED,
	DONE(1, 1, 0, 10000), TRACK_AS(2, 2, 2, 0x24, 0x20, 0, 38672, 0, 0, 2257712),
	CAPACITY(10000), END
};

static const struct mmc_answer dvd_rw_blank[] = {
	CONFIG(0x14, 0x21), INFO(DISC_EMPTY | DISC_ERASABLE, 1, 1, 1, 0, 0, 0, 0, 0), PRERECORDED,
	NEXT(1, 1, 0, 2297888), END
};

static const struct mmc_answer dvd_rw_blanked_quickly[] = {
	CONFIG(0x14, 0x2f), INFO(DISC_EMPTY | DISC_ERASABLE, 1, 1, 1, 0, 0, 0, 0, 0), PRERECORDED,
	NEXT(1, 1, 0, 2297888), END
};

static const struct mmc_answer dvd_r_dl_blank[] = {
	CONFIG(0x15, 0x21), INFO(DISC_EMPTY, 1, 1, 1, 0, 0, 0, 0, 0), PRERECORDED,
	NEXT(1, 1, 0, 4171712), END
};

static const struct mmc_answer dvd_plus_r_two[] = {
	CONFIG(0x1b, 0x2b), INFO(DISC_APPENDABLE, 3, 3, 3, 0, 0, 0, 0, 0), ADIP,
	DONE(1, 1, 0, 4096), DONE(2, 2, 6144, 160), NEXT(3, 3, 8352, 2286752), CAPACITY(6304), END
};

/* The first drive that libburn's authors met has no ADIP format for it */
static const struct mmc_answer dvd_plus_r_full_of_sessions[] = {
	CONFIG(0x1b, 0x2b), INFO(DISC_APPENDABLE, 154, 154, 154, 0, 0, 0, 0, 0),
	STRUCTURE(0x00, 0, 34, 0, 0, 0xa1, 0x0f, 1, 0, 0, 3, 0, 0, 0, 0x26, 5, 0x3f,
		  0, 0, 0, 0, 0, 0, 0, 'M', 'A', 'K', 'E', 'R', 0, 0, 0, 'R', '0', '1', 0, 0),
	DONE(152, 152, 400000, 160), DONE(153, 153, 402208, 160),
	NEXT(154, 154, 404416, 1890688), CAPACITY(402368), END
};

static const struct mmc_answer dvd_plus_r_dl_blank[] = {
	CONFIG(0x2b, 0x3b), INFO(DISC_EMPTY, 1, 1, 1, 0, 0, 0, 0, 0), ADIP,
	NEXT(1, 1, 0, 4173824), END
};

/* READ FORMAT CAPACITIES: header, current or maximum capacity, one format that is offered */
#define FORMATS(blocks, state) \
	{ .op = 0x23, BYTES(0, 0, 0, 16, BE32(blocks), state, 0, 8, 0, BE32(blocks), 0, 0, 0, 0) }

static const struct mmc_answer dvd_rw_formatted[] = {
	CONFIG(0x13, 0x26), INFO(0x1e, 1, 1, 1, 0, 0, 0, 0, 0), PRERECORDED,
	FORMATS(2295104, 2), CAPACITY(2295104), END
};

static const struct mmc_answer dvd_rw_intermediate[] = {
	CONFIG(0x13, 0x26), INFO(0x15, 1, 1, 1, 0, 0, 0, 0, 0), PRERECORDED,
	FORMATS(2295104, 3), CAPACITY(1), END
};

static const struct mmc_answer dvd_plus_rw_new[] = {
	CONFIG(0x1a, 0x2a), INFO(DISC_EMPTY | DISC_ERASABLE, 1, 1, 1, 0, 0, 0, 0, 0), ADIP,
	FORMATS(2295104, 1), END
};

static const struct mmc_answer dvd_plus_rw_in_background[] = {
	CONFIG(0x1a, 0x2a), INFO(0x1e, 1, 1, 1, 2, 0, 0, 0, 0), ADIP, FORMATS(2295104, 1),
	CAPACITY(2295104), END
};

/* It ends at the lead-out that it was ejected with, and the list says what it can become */
static const struct mmc_answer dvd_plus_rw_stopped[] = {
	CONFIG(0x1a, 0x2a), INFO(0x1e, 1, 1, 1, 1, 0, 0, 0, 0), ADIP,
	{ .op = 0x23, BYTES(0, 0, 0, 16, BE32(4096), 2, 0, 8, 0,
			    BE32(2295104), 0x26 << 2, 0, 0, 0) },
	CAPACITY(4096), END
};

/* The power was cut as soon as it was begun: nothing is readable */
static const struct mmc_answer dvd_plus_rw_hardly_begun[] = {
	CONFIG(0x1a, 0x2a), INFO(0x1e, 1, 1, 1, 1, 0, 0, 0, 0), ADIP,
	{ .op = 0x23, BYTES(0, 0, 0, 16, BE32(0), 2, 0, 8, 0,
			    BE32(2295104), 0x26 << 2, 0, 0, 0) },
	CAPACITY(1), END
};

static const struct mmc_answer dvd_plus_rw_stopped_no_list[] = {
	CONFIG(0x1a, 0x2a), INFO(0x1e, 1, 1, 1, 1, 0, 0, 0, 0), ADIP, FORMATS(4096, 2),
	CAPACITY(4096), END
};

/* Nothing but what the list of formats says of its size; and not even that */
static const struct mmc_answer dvd_ram_no_capacity[] = {
	CONFIG(0x12, 0x20), INFO(0x1f, 1, 1, 1, 0, 0, 0, 0, 0), FORMATS(2236704, 2), END
};

static const struct mmc_answer dvd_ram_no_size[] = {
	CONFIG(0x12, 0x20), INFO(0x1f, 1, 1, 1, 0, 0, 0, 0, 0), CAPACITY(1), END
};

static const struct mmc_answer dvd_ram[] = {
	CONFIG(0x12, 0x20), INFO(0x1f, 1, 1, 1, 0, 0, 0, 0, 0), FORMATS(2236704, 2),
	STRUCTURE(0x00, 0, 18, 0, 0, 0x16, 0x0f, 2, 0x10, 0, 3, 0, 0, 0, 0x26, 0, 0, 0, 0, 0, 0),
	CAPACITY(2236704), END
};

/* A cartridge with its tab open: current are Random Writable and Write Protect */
static const struct mmc_answer dvd_ram_protected[] = {
	{ .op = 0x46, BYTES(BE32(16), 0, 0, BE16(0x12), BE16(0x20), 0x01, 0, BE16(4), 0x01, 4,
			    0, 0, 0, 0) },
	INFO(0x1f, 1, 1, 1, 0, 0, 0, 0, 0), FORMATS(2236704, 2), CAPACITY(2236704),
	STRUCTURE(0xc0, 0, 6, 0, 0, 0x04, 0, 0, 0), END
};

static const struct mmc_answer dvd_rom[] = {
	CONFIG(0x10, 0x1f),
	{ .op = 0x43, .key = 1, BYTES(0, 10, 1, 1, 0, 0x14, 1, 0, BE32(0)) },
	CAPACITY(2000000), END
};

/* --- BD --- */

static const struct mmc_answer bd_r_blank[] = {
	CONFIG(0x41, 0x41), INFO(DISC_EMPTY, 1, 1, 1, 0, 0, 0, 0, 0), BD_INFORMATION,
	NEXT(1, 1, 0, 12219392), END
};

/* BD-R Write is current; pseudo-overwrite, of @bytes: whether it is, its length, zeros */
#define BD_R_CONFIG(bytes, ...) \
	{ .op = 0x46, BYTES(BE32(4 + 4 + 8 + (bytes)), 0, 0, BE16(0x41), \
			    BE16(0x38), __VA_ARGS__, BE16(0x41), 1, 4, 0, 0, 0, 0) }

static const struct mmc_answer bd_r_pow_blank[] = {
	BD_R_CONFIG(4, 1, 4, 0, 0, 0, 0), INFO(DISC_EMPTY, 1, 1, 1, 0, 0, 0, 0, 0),
	BD_INFORMATION, NEXT(1, 1, 0, 12219392), END
};

/* With the header alone */
static const struct mmc_answer bd_r_pow_one[] = {
	BD_R_CONFIG(0, 1, 0), INFO(DISC_APPENDABLE, 2, 2, 2, 0, 0, 0, 0, 0),
	BD_INFORMATION, DONE(1, 1, 0, 320), NEXT(2, 2, 320, 11826176), CAPACITY(320), END
};

static const struct mmc_answer bd_r_pow_closed[] = {
	BD_R_CONFIG(4, 1, 4, 0, 0, 0, 0), INFO(DISC_CLOSED, 1, 1, 1, 0, 0, 0, 0, 0),
	BD_INFORMATION, DONE(1, 1, 0, 320), CAPACITY(320), END
};

/* The drive could, and the disc isn't one */
static const struct mmc_answer bd_r_not_pow[] = {
	BD_R_CONFIG(4, 0, 4, 0, 0, 0, 0), INFO(DISC_EMPTY, 1, 1, 1, 0, 0, 0, 0, 0),
	BD_INFORMATION, NEXT(1, 1, 0, 12219392), END
};

static const struct mmc_answer bd_re[] = {
	CONFIG(0x43, 0x41), INFO(0x1f, 1, 1, 1, 0, 0, 0, 0, 0), BD_INFORMATION,
	FORMATS(11826176, 2), CAPACITY(11826176), END
};

static const struct mmc_answer bd_re_new[] = {
	CONFIG(0x43, 0x41), INFO(DISC_EMPTY | DISC_ERASABLE, 1, 1, 1, 0, 0, 0, 0, 0),
	BD_INFORMATION, FORMATS(12219392, 1), END
};

/* With the usual spare area, with the least one, and of another type */
static const struct mmc_answer bd_re_spare[] = {
	CONFIG(0x43, 0x41), INFO(DISC_EMPTY | DISC_ERASABLE, 1, 1, 1, 0, 0, 0, 0, 0),
	BD_INFORMATION,
	{ .op = 0x23, BYTES(0, 0, 0, 32, BE32(12219392), 1, 0, 8, 0,
			    BE32(11826176), 0x00 << 2, 0, 8, 0, BE32(12088320), 0x00 << 2, 0, 8, 0,
			    BE32(11564032), 0x30 << 2, 0, 0, 0) }, END
};

/* The list says that it is longer than what came */
static const struct mmc_answer dvd_ram_cut_list[] = {
	CONFIG(0x12, 0x20), INFO(DISC_EMPTY | DISC_ERASABLE, 1, 1, 1, 0, 0, 0, 0, 0),
	{ .op = 0x23, BYTES(0, 0, 0, 248, BE32(2295072), 1, 0, 8, 0,
			    BE32(2236720), 0x00 << 2, 0, 8, 0, BE32(1000)) }, END
};

static const struct mmc_answer bd_r_random[] = {
	CONFIG(0x42, 0x41), INFO(DISC_RANDOM, 1, 1, 1, 0, 0, 0, 0, 0), CAPACITY(11826176), END
};

/* --- drives that say what can't be --- */

static const struct mmc_answer next_is_inside[] = {
	CONFIG(0x11, 0x21), INFO(DISC_APPENDABLE, 2, 2, 2, 0, 0, 0, 0, 0), PRERECORDED,
	DONE(1, 1, 0, 10000), NEXT(2, 2, 9984, 2000000), CAPACITY(10000), END
};

static const struct mmc_answer next_is_unknown[] = {
	CONFIG(0x1b, 0x2b), INFO(DISC_APPENDABLE, 2, 2, 2, 0, 0, 0, 0, 0), ADIP,
	DONE(1, 1, 0, 4096), TRACK_AS(2, 2, 2, 4, 0x40, 0, 6144, 0, 0, 0), CAPACITY(4096), END
};

/* The feature is there, and without its Write bit */
static const struct mmc_answer reads_alone[] = {
	{ .op = 0x46, BYTES(BE32(12), 0, 0, BE16(0x1b), BE16(0x2b), 1, 4, 0, 0, 0, 0) },
	INFO(DISC_APPENDABLE, 2, 2, 2, 0, 0, 0, 0, 0), ADIP,
	DONE(1, 1, 0, 4096), NEXT(2, 2, 6144, 2200000), CAPACITY(4096), END
};

static const struct mmc_answer cannot_append[] = {
	CONFIG(0x1b, 0x1f), INFO(DISC_APPENDABLE, 2, 2, 2, 0, 0, 0, 0, 0), ADIP,
	DONE(1, 1, 0, 4096), NEXT(2, 2, 6144, 2200000), CAPACITY(4096), END
};

#define PLACE(n, from, to, a, b)	{ .number = n, .first_track = from, .last_track = to, \
					  .start = a, .end = b, .data = true }

static const struct {
	const char *name;
	const struct mmc_answer *answers;
	enum imapi_medium_kind kind;
	enum imapi_state state;
	bool writable, unfinished, unformatted, stopped, erasable, audio;
	u32 sessions, tracks;
	struct imapi_place last;
	u32 nwa, room, capacity;
	const char *why;		/* a part of it */
	u32 commands;
} media[] = {
	{ .name = "blank CD-R", cd_r_blank, IMAPI_CD_R, IMAPI_BLANK, .writable = true,
	  .room = 359849 - 11250 - 4, .commands = 5 },
	{ .name = "CD-R with a session", cd_r_one, IMAPI_CD_R, IMAPI_APPENDABLE, .writable = true,
	  .sessions = 1, .tracks = 1, .last = PLACE(1, 1, 1, 0, 5002), .nwa = 16402,
	  .room = 343447 - 6750 - 4, .capacity = 5002, .commands = 8 },
	{ .name = "CD-RW with three", cd_rw_three, IMAPI_CD_RW, IMAPI_APPENDABLE,
	  .writable = true, .erasable = true, .sessions = 3, .tracks = 4,
	  .last = PLACE(3, 3, 4, 18904, 19808), .nwa = 26708, .room = 300000 - 6754,
	  .capacity = 19808, .commands = 8 },
	{ .name = "closed CD-R", cd_r_closed, IMAPI_CD_R, IMAPI_COMPLETE, .sessions = 1,
	  .tracks = 1, .last = PLACE(1, 1, 1, 0, 5002), .capacity = 5002, .why = "is closed",
	  .commands = 7 },
	{ .name = "CD-R with a table of yesterday", cd_r_stale_table, IMAPI_CD_R, IMAPI_APPENDABLE,
	  .writable = true, .sessions = 2, .tracks = 2, .last = PLACE(2, 2, 2, 16402, 16704),
	  .nwa = 23604, .room = 336245 - 6754, .capacity = 16704, .commands = 8 },
	{ .name = "audio CD", cd_audio, IMAPI_CD_R, IMAPI_COMPLETE, .audio = true, .sessions = 1,
	  .tracks = 2, .last = { 1, 1, 2, 0, 22350, false }, .capacity = 22350,
	  .why = "is closed", .commands = 8 },
	{ .name = "music and data", cd_extra, IMAPI_PRESSED, IMAPI_COMPLETE, .sessions = 2,
	  .tracks = 2, .last = PLACE(2, 2, 2, 24750, 26850), .capacity = 26850,
	  .why = "pressed", .commands = 6 },
	{ .name = "data and music", cd_data_then_audio, IMAPI_CD_R, IMAPI_APPENDABLE,
	  .writable = true, .sessions = 2, .tracks = 2, .last = PLACE(1, 1, 1, 0, 13350),
	  .nwa = 33750, .room = 300000 - 6754, .capacity = 26850, .commands = 8 },
	{ .name = "CD-R whose second session was cut", cd_r_cut, IMAPI_CD_R, IMAPI_APPENDABLE,
	  .writable = true, .unfinished = true, .sessions = 1, .tracks = 1,
	  .last = PLACE(1, 1, 1, 0, 5002), .capacity = 5002, .commands = 8 },
	{ .name = "CD-R whose second session is open", cd_r_open_session, IMAPI_CD_R,
	  IMAPI_APPENDABLE, .writable = true, .unfinished = true, .sessions = 1, .tracks = 1,
	  .last = PLACE(1, 1, 1, 0, 5002), .nwa = 17000, .room = 342849 - 6900 - 6754,
	  .capacity = 5002, .commands = 8 },
	{ .name = "CD-R whose first session was cut", cd_r_first_cut, IMAPI_CD_R,
	  IMAPI_APPENDABLE, .writable = true, .unfinished = true, .commands = 5 },
	{ .name = "CD-RW of packets", cd_rw_packets, IMAPI_CD_RW, IMAPI_APPENDABLE,
	  .unfinished = true, .nwa = 4000, .why = "packets", .commands = 5 },
	{ .name = "full CD-R", cd_r_full, IMAPI_CD_R, IMAPI_APPENDABLE, .sessions = 1, .tracks = 1,
	  .last = PLACE(1, 1, 1, 0, 346350), .nwa = 357750, .capacity = 346350,
	  .why = "no room", .commands = 8 },
	{ .name = "CD-R with room for the shortest session", cd_r_almost_full, IMAPI_CD_R,
	  IMAPI_APPENDABLE, .writable = true, .sessions = 1, .tracks = 1,
	  .last = PLACE(1, 1, 1, 0, 346350), .nwa = 357750, .room = 301, .capacity = 346350,
	  .commands = 8 },
	{ .name = "CD-R in a reader", cd_r_in_reader, IMAPI_PRESSED, IMAPI_COMPLETE, .sessions = 1,
	  .tracks = 1, .last = PLACE(1, 1, 1, 0, 5002), .capacity = 5002,
	  .why = "only read", .commands = 6 },
	{ .name = "CD in an old drive", cd_in_old_drive, IMAPI_OTHER, IMAPI_COMPLETE,
	  .sessions = 2, .tracks = 3, .last = PLACE(2, 3, 3, 16402, 20000), .capacity = 20000,
	  .why = "can't say", .commands = 5 },

	{ .name = "blank DVD-R", dvd_r_blank, IMAPI_DVD_R, IMAPI_BLANK, .writable = true,
	  .room = 2297888 - 28704, .commands = 5 },
	{ .name = "DVD-R with three borders", dvd_r_three, IMAPI_DVD_R, IMAPI_APPENDABLE,
	  .writable = true, .sessions = 3, .tracks = 3, .last = PLACE(3, 3, 3, 68672, 68688),
	  .nwa = 97360, .room = 2200512 - 28704, .capacity = 68688, .commands = 7 },
	{ .name = "closed DVD-R", dvd_r_closed, IMAPI_DVD_R, IMAPI_COMPLETE, .sessions = 1,
	  .tracks = 1, .last = PLACE(1, 1, 1, 0, 10000), .capacity = 10000, .why = "is closed",
	  .commands = 6 },
	{ .name = "DVD-R with an open border", dvd_r_open_border, IMAPI_DVD_R, IMAPI_APPENDABLE,
	  .writable = true, .unfinished = true, .sessions = 1, .tracks = 1,
	  .last = PLACE(1, 1, 1, 0, 10000), .nwa = 40192, .room = 2257680 - 2 * 28704,
	  .capacity = 10000, .commands = 7 },
	{ .name = "DVD-R with a damaged track", dvd_r_damaged, IMAPI_DVD_R, IMAPI_APPENDABLE,
	  .writable = true, .unfinished = true, .sessions = 1, .tracks = 1,
	  .last = PLACE(1, 1, 1, 0, 10000), .capacity = 10000, .commands = 7 },
	{ .name = "blank DVD-RW", dvd_rw_blank, IMAPI_DVD_RW, IMAPI_BLANK, .writable = true,
	  .erasable = true, .room = 2297888 - 28704, .commands = 5 },
	{ .name = "DVD-RW blanked the quick way", dvd_rw_blanked_quickly, IMAPI_DVD_RW,
	  IMAPI_BLANK, .erasable = true, .why = "imapifs blank it", .commands = 5 },
	{ .name = "blank DVD-R DL", dvd_r_dl_blank, IMAPI_DVD_R_DL, IMAPI_BLANK, .writable = true,
	  .room = 4171712 - 28704, .commands = 5 },
	{ .name = "DVD+R with two sessions", dvd_plus_r_two, IMAPI_DVD_PLUS_R, IMAPI_APPENDABLE,
	  .writable = true, .sessions = 2, .tracks = 2, .last = PLACE(2, 2, 2, 6144, 6304),
	  .nwa = 8352, .room = 2286752 - 2048, .capacity = 6304, .commands = 7 },
	{ .name = "DVD+R with all its sessions", dvd_plus_r_full_of_sessions, IMAPI_DVD_PLUS_R,
	  IMAPI_APPENDABLE, .sessions = 153, .tracks = 153,
	  .last = PLACE(153, 153, 153, 402208, 402368), .nwa = 404416, .capacity = 402368,
	  .why = "as many sessions", .commands = 8 },
	{ .name = "blank DVD+R DL", dvd_plus_r_dl_blank, IMAPI_DVD_PLUS_R_DL, IMAPI_BLANK,
	  .writable = true, .room = 4173824 - 2048, .commands = 5 },
	{ .name = "DVD-RW, formatted", dvd_rw_formatted, IMAPI_DVD_RW_OVER, IMAPI_OVERWRITABLE,
	  .writable = true, .erasable = true, .room = 2295104, .capacity = 2295104,
	  .commands = 6 },
	{ .name = "DVD-RW, half formatted", dvd_rw_intermediate, IMAPI_DVD_RW_OVER,
	  IMAPI_OVERWRITABLE, .erasable = true, .why = "imapifs blank --full it", .commands = 6 },
	{ .name = "new DVD+RW", dvd_plus_rw_new, IMAPI_DVD_PLUS_RW, IMAPI_OVERWRITABLE,
	  .writable = true, .unformatted = true, .erasable = true, .room = 2295104,
	  .commands = 5 },
	{ .name = "DVD+RW being formatted", dvd_plus_rw_in_background, IMAPI_DVD_PLUS_RW,
	  IMAPI_OVERWRITABLE, .writable = true, .erasable = true, .room = 2295104,
	  .capacity = 2295104, .commands = 6 },
	{ .name = "DVD+RW whose format was stopped", dvd_plus_rw_stopped, IMAPI_DVD_PLUS_RW,
	  IMAPI_OVERWRITABLE, .writable = true, .stopped = true, .erasable = true,
	  .room = 2295104, .capacity = 4096, .commands = 6 },
	{ .name = "DVD+RW whose format was cut off at once", dvd_plus_rw_hardly_begun,
	  IMAPI_DVD_PLUS_RW, IMAPI_OVERWRITABLE, .writable = true, .unformatted = true,
	  .erasable = true, .room = 2295104, .commands = 6 },
	{ .name = "DVD+RW stopped, and no list of formats", dvd_plus_rw_stopped_no_list,
	  IMAPI_DVD_PLUS_RW, IMAPI_OVERWRITABLE, .writable = true, .stopped = true,
	  .erasable = true, .room = 4096, .capacity = 4096, .commands = 6 },
	{ .name = "DVD-RAM", dvd_ram, IMAPI_DVD_RAM, IMAPI_OVERWRITABLE, .writable = true,
	  .erasable = true, .room = 2236704, .capacity = 2236704, .commands = 6 },
	{ .name = "DVD-RAM without READ CAPACITY", dvd_ram_no_capacity, IMAPI_DVD_RAM,
	  IMAPI_OVERWRITABLE, .writable = true, .erasable = true, .room = 2236704,
	  .capacity = 2236704, .commands = 6 },
	{ .name = "DVD-RAM of no size", dvd_ram_no_size, IMAPI_DVD_RAM, IMAPI_OVERWRITABLE,
	  .erasable = true, .why = "how large", .commands = 6 },
	{ .name = "DVD-RAM, write-protected", dvd_ram_protected, IMAPI_DVD_RAM,
	  IMAPI_OVERWRITABLE, .erasable = true, .capacity = 2236704,
	  .why = "write-protected", .commands = 7 },
	{ .name = "DVD-ROM", dvd_rom, IMAPI_PRESSED, IMAPI_COMPLETE, .sessions = 1, .tracks = 1,
	  .last = PLACE(1, 1, 1, 0, 2000000), .capacity = 2000000, .why = "can't say",
	  .commands = 6 },
	{ .name = "blank BD-R", bd_r_blank, IMAPI_BD_R, IMAPI_BLANK, .writable = true,
	  .room = 12219392, .commands = 5 },
	{ .name = "blank BD-R with pseudo-overwrite", bd_r_pow_blank, IMAPI_BD_R, IMAPI_BLANK,
	  .why = "pseudo-overwrite", .commands = 5 },
	{ .name = "BD-R with pseudo-overwrite and a session", bd_r_pow_one, IMAPI_BD_R,
	  IMAPI_APPENDABLE, .sessions = 1, .tracks = 1, .last = PLACE(1, 1, 1, 0, 320), .nwa = 320,
	  .capacity = 320, .why = "pseudo-overwrite", .commands = 7 },
	{ .name = "closed BD-R with pseudo-overwrite", bd_r_pow_closed, IMAPI_BD_R,
	  IMAPI_COMPLETE, .sessions = 1, .tracks = 1, .last = PLACE(1, 1, 1, 0, 320),
	  .capacity = 320, .why = "is closed", .commands = 6 },
	{ .name = "BD-R in a drive that has pseudo-overwrite", bd_r_not_pow, IMAPI_BD_R,
	  IMAPI_BLANK, .writable = true, .room = 12219392, .commands = 5 },
	{ .name = "BD-RE", bd_re, IMAPI_BD_RE, IMAPI_OVERWRITABLE, .writable = true,
	  .erasable = true, .room = 11826176, .capacity = 11826176, .commands = 6 },
	{ .name = "new BD-RE", bd_re_new, IMAPI_BD_RE, IMAPI_OVERWRITABLE, .writable = true,
	  .unformatted = true, .erasable = true, .room = 12219392, .commands = 5 },
	{ .name = "new BD-RE, and what spare areas take", bd_re_spare, IMAPI_BD_RE,
	  IMAPI_OVERWRITABLE, .writable = true, .unformatted = true, .erasable = true,
	  .room = 11826176, .commands = 5 },
	{ .name = "new DVD-RAM, list cut off, no whole unit", dvd_ram_cut_list, IMAPI_DVD_RAM,
	  IMAPI_OVERWRITABLE, .writable = true, .unformatted = true, .erasable = true,
	  .room = 2236704, .commands = 5 },
	{ .name = "BD-R for random recording", bd_r_random, IMAPI_OTHER, IMAPI_COMPLETE,
	  .sessions = 1, .tracks = 1, .last = PLACE(1, 0, 1, 0, 11826176), .capacity = 11826176,
	  .why = "this kind of disc", .commands = 6 },

	{ .name = "next address inside of what is recorded", next_is_inside, IMAPI_DVD_R,
	  IMAPI_APPENDABLE, .sessions = 1, .tracks = 1, .last = PLACE(1, 1, 1, 0, 10000),
	  .capacity = 10000, .why = "write over", .commands = 7 },
	{ .name = "no next address", next_is_unknown, IMAPI_DVD_PLUS_R, IMAPI_APPENDABLE,
	  .sessions = 1, .tracks = 1, .last = PLACE(1, 1, 1, 0, 4096), .capacity = 4096,
	  .why = "doesn't say where", .commands = 7 },
	{ .name = "drive that can't append", cannot_append, IMAPI_DVD_PLUS_R, IMAPI_APPENDABLE,
	  .sessions = 1, .tracks = 1, .last = PLACE(1, 1, 1, 0, 4096), .nwa = 6144,
	  .capacity = 4096, .why = "can't append", .commands = 7 },
	{ .name = "drive that reads DVD+R alone", reads_alone, IMAPI_DVD_PLUS_R, IMAPI_APPENDABLE,
	  .sessions = 1, .tracks = 1, .last = PLACE(1, 1, 1, 0, 4096), .nwa = 6144,
	  .capacity = 4096, .why = "can't append", .commands = 7 },
};

static bool same_place(const struct imapi_place *a, const struct imapi_place *b)
{
	return a->number == b->number && a->first_track == b->first_track &&
	       a->last_track == b->last_track && a->start == b->start && a->end == b->end &&
	       a->data == b->data;
}

TEST(every_kind_of_medium)
{
	struct imapi_medium m;
	struct mmc_drive d;
	const char *name;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(media); i++) {
		name = media[i].name;
		ASSERT_EQ(0, mmc_drive_init(&d, media[i].answers));
		EXPECT_EQ(0, imapi_medium_look(&d.mmc, &m)) TH_LOG("%s: %s", name, d.mmc.said);
		EXPECT_EQ(media[i].kind, m.type->kind) TH_LOG("%s: kind", name);
		EXPECT_EQ(media[i].state, m.state) TH_LOG("%s: state", name);
		EXPECT_EQ(media[i].writable, m.writable) TH_LOG("%s: writable", name);
		EXPECT_EQ(media[i].unfinished, m.unfinished) TH_LOG("%s: unfinished", name);
		EXPECT_EQ(media[i].unformatted, m.unformatted) TH_LOG("%s: unformatted", name);
		EXPECT_EQ(media[i].stopped, m.stopped) TH_LOG("%s: stopped", name);
		EXPECT_EQ(media[i].erasable, m.erasable) TH_LOG("%s: erasable", name);
		EXPECT_EQ(media[i].audio, m.audio) TH_LOG("%s: audio", name);
		EXPECT_EQ(media[i].sessions, m.sessions) TH_LOG("%s: sessions", name);
		EXPECT_EQ(media[i].tracks, m.tracks) TH_LOG("%s: tracks", name);
		EXPECT_TRUE(same_place(&media[i].last, &m.last))
			TH_LOG("%s: session %u, tracks %u to %u, blocks %u to %u", name,
			       m.last.number, m.last.first_track, m.last.last_track, m.last.start,
			       m.last.end);
		EXPECT_EQ(media[i].nwa, m.nwa) TH_LOG("%s: next address", name);
		EXPECT_EQ(media[i].room, imapi_session_room(&m, 0)) TH_LOG("%s: room", name);
		EXPECT_EQ(media[i].capacity, m.capacity) TH_LOG("%s: capacity", name);
		EXPECT_EQ(!media[i].why, !m.why) TH_LOG("%s: %s", name, m.why);
		EXPECT_TRUE(!m.why || !media[i].why || strstr(m.why, media[i].why))
			TH_LOG("%s: %s", name, m.why);
		EXPECT_EQ(media[i].commands, d.commands) TH_LOG("%s: commands", name);
		EXPECT_EQ(0, d.bad) TH_LOG("%s: requests", name);
		imapi_mmc_exit(&d.mmc);
	}
}

/* --- what the medium was made with --- */

static const struct mmc_answer cd_r_of_others[] = {
	CONFIG(0x09, 0x2d), INFO(DISC_EMPTY, 1, 1, 1, 0, 0, 79, 59, 74), ATIP(16),
	NEXT_AS(0xff, 1, 1, 0, 359849), END
};

/* More of the same ATIP than the drive gave before */
static const struct mmc_answer cd_r_more_atip[] = {
	CONFIG(0x09, 0x2d), INFO(DISC_EMPTY, 1, 1, 1, 0, 0, 79, 59, 74),
	{ .op = 0x43, .key = 4, BYTES(0, 14, 0, 0, 0xd0, 0, 0x90, 0, 97, 24, 15, 0, 79, 59, 74, 0) },
	NEXT_AS(0xff, 1, 1, 0, 359849), END
};

static const struct {
	const struct mmc_answer *a, *b;
	bool same;
} makes[] = {
	{ cd_r_blank, cd_r_one, true }, { cd_r_blank, cd_r_closed, true },
	{ cd_r_blank, cd_r_more_atip, true }, { cd_r_blank, cd_r_of_others, false },
	{ dvd_r_blank, dvd_r_three, true }, { dvd_r_blank, dvd_r_closed, true },
	{ dvd_plus_r_two, dvd_plus_rw_new, true },
	/* Other bytes were asked for: what isn't known to be the same is not */
	{ dvd_plus_r_two, dvd_plus_r_full_of_sessions, false },
	{ bd_re, bd_re_new, true }, { dvd_r_blank, cd_r_blank, false },
};

static u64 code_of(const struct mmc_answer *answers)
{
	struct imapi_medium m;
	struct mmc_drive d;

	if (mmc_drive_init(&d, answers))
		return 0;
	imapi_medium_look(&d.mmc, &m);
	imapi_mmc_exit(&d.mmc);
	return m.code == IMAPI_CODE_NONE ? 0 : m.code_hash;
}

TEST(a_burn_leaves_the_code_as_it_is)
{
	u64 a, b;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(makes); i++) {
		a = code_of(makes[i].a);
		b = code_of(makes[i].b);
		EXPECT_NE(0, a) TH_LOG("%u", i);
		EXPECT_EQ(makes[i].same, a == b) TH_LOG("%u", i);
	}
}

/* --- what isn't a disc, or not at once --- */

FIXTURE(look) {
	struct mmc_drive d;
	struct imapi_medium m;
};

FIXTURE_SETUP(look)
{
	ASSERT_EQ(0, mmc_drive_init(&self->d, NULL));
}

FIXTURE_TEARDOWN(look)
{
	EXPECT_EQ(0, self->d.bad);
	EXPECT_LE(self->d.commands, IMAPI_MOUNT_COMMANDS);
	imapi_mmc_exit(&self->d.mmc);
}

TEST_F(look, no_disc)
{
	static const struct mmc_answer answers[] = { { .op = 0, .sense = { 2, 0x3a, 1 } }, END };

	self->d.answers = answers;
	EXPECT_EQ(-ENOMEDIUM, imapi_medium_look(&self->d.mmc, &self->m));
	EXPECT_EQ(1, self->d.commands);
	EXPECT_NE(NULL, self->m.type);
}

TEST_F(look, foreign_disc)
{
	static const struct mmc_answer answers[] = { { .op = 0, .sense = { 2, 0x30, 2 } }, END };

	self->d.answers = answers;
	EXPECT_EQ(-EMEDIUMTYPE, imapi_medium_look(&self->d.mmc, &self->m));
}

static const struct mmc_answer just_put_in[] = {
	{ .op = 0, ATTENTION, .times = 1 }, { .op = 0, .sense = { 2, 4, 1 }, .times = 4 },
	CONFIG(0x09, 0x2d), INFO(DISC_EMPTY, 1, 1, 1, 0, 0, 79, 59, 74), ATIP(15),
	NEXT_AS(0xff, 1, 1, 0, 359849), END
};

TEST_F(look, the_disc_was_put_in_just_now)
{
	self->d.answers = just_put_in;
	EXPECT_EQ(0, imapi_medium_look(&self->d.mmc, &self->m));
	EXPECT_EQ(IMAPI_BLANK, self->m.state);
	EXPECT_EQ(10, self->d.commands);
	EXPECT_TRUE(self->d.mmc.attention);
}

static const struct mmc_answer swapped_once[] = {
	{ .op = 0x46, BYTES(BE32(8), 0, 0, BE16(0x1b), BE16(0x2b), 1, 0), .times = 1 },
	{ .op = 0x51, ATTENTION, .times = 1 },
	CONFIG(0x09, 0x2d), INFO(DISC_EMPTY, 1, 1, 1, 0, 0, 79, 59, 74), ATIP(15),
	NEXT_AS(0xff, 1, 1, 0, 359849), END
};

/* Half of the answers are of another disc than the other half */
TEST_F(look, swapped_in_between)
{
	self->d.answers = swapped_once;
	EXPECT_EQ(0, imapi_medium_look(&self->d.mmc, &self->m));
	EXPECT_EQ(IMAPI_CD_R, self->m.type->kind);
	EXPECT_EQ(359849, self->m.free);
	EXPECT_TRUE(self->d.mmc.attention);
}

static const struct mmc_answer swapped_twice[] = {
	{ .op = 0x51, ATTENTION, .times = 1 }, { .op = 0x43, .key = 4, ATTENTION, .times = 2 },
	CONFIG(0x09, 0x2d), INFO(DISC_EMPTY, 1, 1, 1, 0, 0, 79, 59, 74), ATIP(15),
	NEXT_AS(0xff, 1, 1, 0, 359849), END
};

TEST_F(look, swapped_again_and_again)
{
	self->d.answers = swapped_twice;
	EXPECT_EQ(0, imapi_medium_look(&self->d.mmc, &self->m));
	self->d.given[0] = 0;
	self->d.given[1] = 0;
	self->d.mmc.left = IMAPI_MOUNT_COMMANDS;
	self->d.commands = 0;
	self->d.answers = (const struct mmc_answer[]){
		{ .op = 0x51, ATTENTION, .times = 1 }, { .op = 0x46, .sense = { 6, 0x29, 0 } }, END
	};
	EXPECT_NE(0, imapi_medium_look(&self->d.mmc, &self->m));
	EXPECT_TRUE(self->d.mmc.attention);
}

TEST_F(look, the_budget_ends_on_the_way)
{
	u32 left;

	self->d.answers = dvd_plus_r_two;
	for (left = 0; left < 8; left++) {
		self->d.mmc.left = left;
		EXPECT_EQ(-EIO, imapi_medium_look(&self->d.mmc, &self->m)) TH_LOG("%u", left);
		memset(self->d.given, 0, sizeof(self->d.given));
	}
	self->d.commands = 0;
	self->d.mmc.left = 8;
	EXPECT_EQ(0, imapi_medium_look(&self->d.mmc, &self->m));
	EXPECT_EQ(7, self->d.commands);
}

TEST_F(look, the_drive_goes_away)
{
	self->d.error = -ENODEV;
	EXPECT_EQ(-ENODEV, imapi_medium_look(&self->d.mmc, &self->m));
}

/* --- answers that are too short, say too much, or make no sense --- */

static int all_zero(struct mmc_drive *d, struct imapi_packet *p)
{
	(void)d;
	(void)p;
	return 1;
}

static int all_ones(struct mmc_drive *d, struct imapi_packet *p)
{
	(void)d;
	if (p->len)
		memset(p->buf, 0xff, p->len);
	return 1;
}

static int says_more(struct mmc_drive *d, struct imapi_packet *p)
{
	(void)d;
	if (p->len) {
		memset(p->buf, 0xff, 2);
		p->got = 2;
	}
	return 1;
}

TEST_F(look, answers_of_one_byte_over_and_over)
{
	static int (*const all[])(struct mmc_drive *d, struct imapi_packet *p) = {
		all_zero, all_ones, says_more,
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(all); i++) {
		self->d.make = all[i];
		self->d.commands = 0;
		self->d.mmc.left = IMAPI_MOUNT_COMMANDS;
		EXPECT_EQ(0, imapi_medium_look(&self->d.mmc, &self->m));
		EXPECT_EQ(IMAPI_OTHER, self->m.type->kind);
		EXPECT_FALSE(self->m.writable);
		EXPECT_NE(NULL, self->m.why);
		EXPECT_LE(self->d.commands, 10);
	}
}

/* Each answer of a good disc cut at each length: never writable by what isn't there */
TEST_F(look, cut_at_each_byte)
{
	struct mmc_answer cut[16];
	u32 i, n, len;

	for (n = 0; dvd_plus_r_two[n].op != 0xff; n++)
		;
	for (i = 0; i < n; i++) {
		for (len = 0; len < dvd_plus_r_two[i].len; len++) {
			memcpy(cut, dvd_plus_r_two, (n + 1) * sizeof(cut[0]));
			/* Not a byte behind it, for the sanitizer */
			cut[i].bytes = memcpy(malloc(len ? len : 1), cut[i].bytes, len);
			cut[i].len = len;
			self->d.answers = cut;
			self->d.commands = 0;
			self->d.mmc.left = IMAPI_MOUNT_COMMANDS;
			EXPECT_EQ(0, imapi_medium_look(&self->d.mmc, &self->m));
			EXPECT_TRUE(!self->m.writable || self->m.nwa == 8352)
				TH_LOG("answer %u to %02x, %u bytes", i, cut[i].op, len);
			free((void *)cut[i].bytes);
		}
	}
}

/* A drive of MMC-1, whose last session is where no disc has a block */
static const struct mmc_answer session_beyond[] = {
	{ .op = 0x43, .key = 1, BYTES(0, 10, 1, 2, 0, 0x14, 2, 0, BE32(0x9d000800)) },
	CAPACITY(20000), END
};

TEST_F(look, session_beyond_any_disc)
{
	self->d.answers = session_beyond;
	EXPECT_EQ(0, imapi_medium_look(&self->d.mmc, &self->m));
	EXPECT_EQ(1, self->m.last.number);
	EXPECT_EQ(0, self->m.last.start);
	EXPECT_FALSE(self->m.writable);
}

TEST_HARNESS_MAIN
