// SPDX-License-Identifier: GPL-2.0-only
/* GET CONFIGURATION: profiles and features, and which the disc makes current (MMC-6 5.3, 6.5) */
#include "drive.h"

/* Which media make a feature current */
typedef bool (*current_t)(const struct drive *d);
/* Its data after the 4 bytes of header; returns its length, or NULL: it has none */
typedef size_t (*fill_t)(const struct drive *d, uint8_t *p);

struct feature {
	uint16_t code;
	uint8_t version;
	bool persistent;
	current_t current;
	fill_t fill;
};

static enum profile profile_of(const struct drive *d)
{
	return drive_has_medium(d) ? disc_profile(d->disc) : PROFILE_NONE;
}

static bool medium_kind(const struct drive *d, enum media_kind kind)
{
	return drive_has_medium(d) && d->disc->media->kind == kind;
}

/* --- when they are current --- */

static bool always(const struct drive *d)
{
	(void)d;
	return true;
}

static bool on_any(const struct drive *d)
{
	return drive_has_medium(d);
}

static bool on_cd(const struct drive *d)
{
	return medium_kind(d, MEDIA_CD);
}

static bool on_dvd(const struct drive *d)
{
	return medium_kind(d, MEDIA_DVD);
}

static bool on_bd(const struct drive *d)
{
	return medium_kind(d, MEDIA_BD);
}

static bool on_open_cd(const struct drive *d)
{
	return on_cd(d) && !d->disc->complete;
}

static bool on_cd_rw(const struct drive *d)
{
	return profile_of(d) == PROFILE_CD_RW;
}

static bool on_formatted(const struct drive *d)
{
	return on_any(d) && d->disc->media->random && d->disc->formatted;
}

static bool dvd_minus(const struct drive *d)
{
	return profile_of(d) == PROFILE_DVD_R || profile_of(d) == PROFILE_DVD_RW;
}

/* A minimally blanked DVD-RW takes nothing but a whole disc at once */
static bool on_incremental(const struct drive *d)
{
	return dvd_minus(d) && !d->disc->complete && !d->disc->minimal;
}

static bool on_dvd_minus(const struct drive *d)
{
	return dvd_minus(d) && !d->disc->complete;
}

static bool on_formattable(const struct drive *d)
{
	return on_any(d) && disc_formattable(d->disc);
}

static bool on_defect_managed(const struct drive *d)
{
	return profile_of(d) == PROFILE_DVD_RAM || profile_of(d) == PROFILE_BD_RE;
}

static bool on_overwrite(const struct drive *d)
{
	return profile_of(d) == PROFILE_DVD_RW_OVERWRITE;
}

static bool on_plus_rw(const struct drive *d)
{
	return profile_of(d) == PROFILE_DVD_PLUS_RW;
}

static bool on_plus_r(const struct drive *d)
{
	return profile_of(d) == PROFILE_DVD_PLUS_R;
}

static bool on_plus_r_dl(const struct drive *d)
{
	return profile_of(d) == PROFILE_DVD_PLUS_R_DL;
}

/* Some drives have it so with each BD-R, also with a blank one that nobody formatted */
static bool on_pow(const struct drive *d)
{
	return d->quirk_pow && profile_of(d) == PROFILE_BD_R;
}

/* --- what they say --- */

static size_t fill_profiles(const struct drive *d, uint8_t *p)
{
	static const uint16_t profiles[] = {
		PROFILE_BD_RE, PROFILE_BD_R, PROFILE_BD_ROM, PROFILE_DVD_PLUS_R_DL,
		PROFILE_DVD_PLUS_R, PROFILE_DVD_PLUS_RW, PROFILE_DVD_RW,
		PROFILE_DVD_RW_OVERWRITE, PROFILE_DVD_RAM, PROFILE_DVD_R, PROFILE_DVD_ROM,
		PROFILE_CD_RW, PROFILE_CD_R, PROFILE_CD_ROM,
	};
	size_t i, n = sizeof(profiles) / sizeof(profiles[0]);

	for (i = 0; i < n; i++) {
		put16(p + 4 * i, profiles[i]);
		p[4 * i + 2] = profiles[i] == profile_of(d);
	}
	return 4 * n;
}

/* Physical interface: SCSI family. INQUIRY checks its fields, and busy is an event */
static size_t fill_core(const struct drive *d, uint8_t *p)
{
	(void)d;
	put32(p, 1);
	p[4] = 0x03;
	return 8;
}

/* Events are polled; operational changes are among them */
static size_t fill_morphing(const struct drive *d, uint8_t *p)
{
	(void)d;
	p[0] = 0x02;
	return 4;
}

static size_t fill_nothing(const struct drive *d, uint8_t *p)
{
	(void)d;
	(void)p;
	return 4;
}

/* A tray that loads, ejects and can be locked */
static size_t fill_removable(const struct drive *d, uint8_t *p)
{
	(void)d;
	p[0] = 0x39;
	return 4;
}

static size_t fill_random_read(const struct drive *d, uint8_t *p)
{
	put32(p, BLOCK);
	put16(p + 4, on_any(d) ? d->disc->media->unit : 1);
	p[6] = 0x01;
	return 8;
}

static size_t fill_random_write(const struct drive *d, uint8_t *p)
{
	if (on_formatted(d))
		put32(p, d->disc->formatted - 1);
	put32(p + 4, BLOCK);
	put16(p + 8, on_any(d) ? d->disc->media->unit : 16);
	p[10] = 0x01;
	return 12;
}

static size_t fill_dvd_read(const struct drive *d, uint8_t *p)
{
	(void)d;
	p[0] = 0x01;
	p[2] = 0x01;
	return 4;
}

/* Mode 1 blocks, underrun protection, one link size */
static size_t fill_incremental(const struct drive *d, uint8_t *p)
{
	(void)d;
	put16(p, 1u << 8);
	p[2] = 0x01;
	p[3] = 1;
	p[4] = 16;
	return 8;
}

/* BD-RE without spare area */
static size_t fill_formattable(const struct drive *d, uint8_t *p)
{
	(void)d;
	p[0] = 0x08;
	return 8;
}

static size_t fill_bit0(const struct drive *d, uint8_t *p)
{
	(void)d;
	p[0] = 0x01;
	return 4;
}

/* Intermediate state and blanking */
static size_t fill_rigid(const struct drive *d, uint8_t *p)
{
	(void)d;
	p[0] = 0x03;
	return 4;
}

/* Underrun protection, CD-RW; modes 1 and 2 form 1 */
static size_t fill_tao(const struct drive *d, uint8_t *p)
{
	(void)d;
	p[0] = 0x42;
	put16(p + 2, 1u << 8 | 1u << 10 | 1u << 13);
	return 4;
}

/* Underrun protection, SAO, CD-RW; a cue sheet has 8 bytes an entry */
static size_t fill_mastering(const struct drive *d, uint8_t *p)
{
	(void)d;
	p[0] = 0x62;
	put24(p + 1, 8 * (3 * CUE_TRACKS + 2));
	return 4;
}

/* Underrun protection, DVD-RW */
static size_t fill_dvd_write(const struct drive *d, uint8_t *p)
{
	(void)d;
	p[0] = 0x42;
	return 4;
}

/* Sub-types 0 to 3 */
static size_t fill_cd_rw(const struct drive *d, uint8_t *p)
{
	(void)d;
	p[1] = 0x0f;
	return 4;
}

/* Class 0 of BD-RE versions 1 and 2, BD-R version 1, BD-ROM version 1 */
static size_t fill_bd_read(const struct drive *d, uint8_t *p)
{
	(void)d;
	put16(p + 4, 0x0006);
	put16(p + 12, 0x0002);
	put16(p + 20, 0x0002);
	return 28;
}

static size_t fill_bd_write(const struct drive *d, uint8_t *p)
{
	(void)d;
	put16(p + 4, 0x0006);
	put16(p + 12, 0x0002);
	return 20;
}

/* Buffer capacity in blocks, SET CD SPEED, page 2Ah, write speeds, streaming */
static size_t fill_streaming(const struct drive *d, uint8_t *p)
{
	(void)d;
	p[0] = 0x1f;
	return 4;
}

static size_t fill_serial(const struct drive *d, uint8_t *p)
{
	(void)d;
	memcpy(p, "VD00000001  ", 12);
	return 12;
}

static const struct feature features[] = {
	{ 0x0000, 0, true, always, fill_profiles },
	{ 0x0001, 2, true, always, fill_core },
	{ 0x0002, 1, true, always, fill_morphing },
	{ 0x0003, 2, true, always, fill_removable },
	{ 0x0010, 0, false, on_any, fill_random_read },
	{ 0x001d, 0, false, on_cd, NULL },
	{ 0x001e, 2, false, on_cd, fill_bit0 },
	{ 0x001f, 1, false, on_dvd, fill_dvd_read },
	{ 0x0020, 1, false, on_formatted, fill_random_write },
	{ 0x0021, 3, false, on_incremental, fill_incremental },
	{ 0x0023, 1, false, on_formattable, fill_formattable },
	{ 0x0024, 1, false, on_defect_managed, fill_nothing },
	{ 0x0026, 0, false, on_overwrite, NULL },
	{ 0x002a, 0, false, on_plus_rw, fill_bit0 },
	{ 0x002b, 0, false, on_plus_r, fill_bit0 },
	{ 0x002c, 0, false, on_overwrite, fill_rigid },
	{ 0x002d, 2, false, on_open_cd, fill_tao },
	{ 0x002e, 0, false, on_open_cd, fill_mastering },
	{ 0x002f, 2, false, on_dvd_minus, fill_dvd_write },
	{ 0x0037, 0, false, on_cd_rw, fill_cd_rw },
	{ 0x0038, 0, false, on_pow, fill_nothing },
	{ 0x003b, 0, false, on_plus_r_dl, fill_bit0 },
	{ 0x0040, 0, false, on_bd, fill_bd_read },
	{ 0x0041, 0, false, on_bd, fill_bd_write },
	{ 0x0100, 0, true, always, NULL },
	{ 0x0105, 1, true, always, fill_nothing },
	{ 0x0107, 4, false, on_any, fill_streaming },
	{ 0x0108, 0, true, always, fill_serial },
};

enum request {
	REQUEST_ALL = 0,
	REQUEST_CURRENT = 1,
	REQUEST_ONE = 2,
};

static bool wanted(const struct drive *d, const struct feature *f, enum request rt,
		   unsigned int from)
{
	if (rt == REQUEST_ONE)
		return f->code == from;
	if (f->code < from)
		return false;
	return rt == REQUEST_ALL || f->current(d);
}

static size_t put_feature(const struct drive *d, const struct feature *f, uint8_t *p)
{
	size_t len = f->fill ? f->fill(d, p + 4) : 0;

	put16(p, f->code);
	p[2] = (uint8_t)(f->version << 2 | f->persistent << 1 | f->current(d));
	p[3] = (uint8_t)len;
	return 4 + len;
}

sense_t mmc_get_configuration(struct drive *d, struct command *c)
{
	enum request rt = (enum request)(c->cdb[1] & 0x03);
	uint8_t out[512] = { 0 };
	size_t i, len = 8;

	if (rt > REQUEST_ONE)
		return SENSE_CDB_FIELD;
	for (i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
		if (wanted(d, &features[i], rt, get16(c->cdb + 2)))
			len += put_feature(d, &features[i], out + len);
	}
	put32(out, (uint32_t)len - 4);
	put16(out + 6, profile_of(d));
	return reply(c, out, len, get16(c->cdb + 7));
}
