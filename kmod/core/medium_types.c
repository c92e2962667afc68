// SPDX-License-Identifier: GPL-2.0-only
/* Kinds of media, by the profile that a drive gives them (MMC-6 5.3.1). */
#include "medium.h"

#define CD_SESSIONS		IMAPI_CD_TRACKS
/* More closed ones than this a DVD+R's table of contents doesn't hold */
#define PLUS_SESSIONS		153u
#define PLUS_DL_SESSIONS	127u
/* Entries of a BD-R's list of tracks (sequential recording range) */
#define BD_SESSIONS		7927u

/* Error correction works on so many blocks at once, and a drive writes no less */
#define DVD_UNIT		16u
#define BD_UNIT			32u
/* Sessions stand one behind the other as on an image, in its units */
#define OVER_UNIT		IMAPI_SESSION_ALIGN

static const struct imapi_media_type types[] = {
	{ .profile = 0x08, .kind = IMAPI_PRESSED, .name = "CD-ROM", .cd = true, .align = 1 },
	{ .profile = 0x09, .kind = IMAPI_CD_R, .name = "CD-R", .cd = true, .align = 1,
	  .max_sessions = CD_SESSIONS, .write_features = { IMAPI_FEATURE_CD_TAO },
	  .code = IMAPI_CODE_ATIP },
	{ .profile = 0x0a, .kind = IMAPI_CD_RW, .name = "CD-RW", .cd = true, .align = 1,
	  .max_sessions = CD_SESSIONS, .write_features = { IMAPI_FEATURE_CD_TAO },
	  .code = IMAPI_CODE_ATIP, .erasable = true },
	{ .profile = 0x10, .kind = IMAPI_PRESSED, .name = "DVD-ROM", .align = DVD_UNIT,
	  .code = IMAPI_CODE_DVD },
	{ .profile = 0x11, .kind = IMAPI_DVD_R, .name = "DVD-R", .align = DVD_UNIT,
	  .write_features = { IMAPI_FEATURE_INCREMENTAL }, .code = IMAPI_CODE_PRERECORDED },
	{ .profile = 0x12, .kind = IMAPI_DVD_RAM, .name = "DVD-RAM", .align = OVER_UNIT,
	  .overwritable = true, .erasable = true,
	  .write_features = { IMAPI_FEATURE_RANDOM_WRITABLE }, .code = IMAPI_CODE_DVD },
	{ .profile = 0x13, .kind = IMAPI_DVD_RW_OVER, .name = "DVD-RW, overwritable",
	  .align = OVER_UNIT, .overwritable = true, .erasable = true,
	  .write_features = { IMAPI_FEATURE_OVERWRITE, IMAPI_FEATURE_RIGID_OVERWRITE },
	  .code = IMAPI_CODE_PRERECORDED },
	{ .profile = 0x14, .kind = IMAPI_DVD_RW, .name = "DVD-RW", .align = DVD_UNIT,
	  .erasable = true, .write_features = { IMAPI_FEATURE_INCREMENTAL },
	  .code = IMAPI_CODE_PRERECORDED },
	{ .profile = 0x15, .kind = IMAPI_DVD_R_DL, .name = "DVD-R DL", .align = DVD_UNIT,
	  .max_sessions = 1, .write_features = { IMAPI_FEATURE_INCREMENTAL },
	  .code = IMAPI_CODE_PRERECORDED },
	{ .profile = 0x1a, .kind = IMAPI_DVD_PLUS_RW, .name = "DVD+RW", .align = OVER_UNIT,
	  .overwritable = true, .erasable = true,
	  .write_features = { IMAPI_FEATURE_DVD_PLUS_RW }, .code = IMAPI_CODE_ADIP },
	{ .profile = 0x1b, .kind = IMAPI_DVD_PLUS_R, .name = "DVD+R", .align = DVD_UNIT,
	  .max_sessions = PLUS_SESSIONS, .write_features = { IMAPI_FEATURE_DVD_PLUS_R },
	  .code = IMAPI_CODE_ADIP },
	{ .profile = 0x2b, .kind = IMAPI_DVD_PLUS_R_DL, .name = "DVD+R DL", .align = DVD_UNIT,
	  .max_sessions = PLUS_DL_SESSIONS, .write_features = { IMAPI_FEATURE_DVD_PLUS_R_DL },
	  .code = IMAPI_CODE_ADIP },
	{ .profile = 0x40, .kind = IMAPI_PRESSED, .name = "BD-ROM", .align = BD_UNIT,
	  .bd = true, .code = IMAPI_CODE_BD },
	{ .profile = 0x41, .kind = IMAPI_BD_R, .name = "BD-R", .align = BD_UNIT, .bd = true,
	  .max_sessions = BD_SESSIONS, .write_features = { IMAPI_FEATURE_BD_WRITE },
	  .code = IMAPI_CODE_BD },
	{ .profile = 0x43, .kind = IMAPI_BD_RE, .name = "BD-RE", .align = OVER_UNIT, .bd = true,
	  .overwritable = true, .erasable = true, .write_features = { IMAPI_FEATURE_BD_WRITE },
	  .code = IMAPI_CODE_BD },

	/* Nobody could try them: read, and left as they are */
	{ .profile = 0x16, .name = "DVD-R DL, layer jump", .align = DVD_UNIT },
	{ .profile = 0x17, .name = "DVD-RW DL", .align = DVD_UNIT },
	{ .profile = 0x2a, .name = "DVD+RW DL", .align = DVD_UNIT },
	{ .profile = 0x42, .name = "BD-R, random recording", .align = BD_UNIT, .bd = true },
	{ .profile = 0x50, .name = "HD DVD-ROM", .align = BD_UNIT },
	{ .profile = 0x51, .name = "HD DVD-R", .align = BD_UNIT },
	{ .profile = 0x52, .name = "HD DVD-RAM", .align = BD_UNIT },
	{ .profile = 0x53, .name = "HD DVD-RW", .align = BD_UNIT },

	/* The end: whatever a drive names else, or has no profile for */
	{ .name = "disc of an unknown kind", .align = 1 },
};

const struct imapi_media_type *imapi_media_type(u16 profile)
{
	const struct imapi_media_type *t = types;

	while (t->profile && t->profile != profile)
		t++;
	return t;
}
