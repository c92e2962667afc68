// SPDX-License-Identifier: GPL-2.0-only
/* What can be put into the drive */
#include <stdlib.h>
#include "disc.h"

/* CD: the gap of a session is its lead-out, the next lead-in and the pre-gap */
#define CD(title, p, size, rw)							\
	{ .name = title, .kind = MEDIA_CD, .profile = p, .blocks = size,	\
	  .unit = 1, .sessions = 99, .tracks = 99, .erasable = rw, .page05 = true, \
	  .first_gap = CD_LEAD_OUT_FIRST + CD_LEAD_IN + CD_PREGAP,		\
	  .later_gap = CD_LEAD_OUT_LATER + CD_LEAD_IN + CD_PREGAP,		\
	  .track_gap = CD_PREGAP }

/* DVD-R and DVD-RW: border-out and the next border-in */
#define DVD_BORDER 28688u
/* DVD+R: closure and the next intro, and the run-in before a track */
#define DVD_PLUS_GAP 2048u
#define DVD_PLUS_RUN_IN 16u
/* Sessions that a DVD+R takes before it can only be finalized */
#define DVD_PLUS_SESSIONS 153u

static const struct media all_media[] = {
	CD("cd-r-74", PROFILE_CD_R, 333000, false),
	CD("cd-r-80", PROFILE_CD_R, 359849, false),
	CD("cd-rw-74", PROFILE_CD_RW, 333000, true),
	CD("cd-rw-80", PROFILE_CD_RW, 359849, true),
	{ .name = "dvd-r", .kind = MEDIA_DVD, .profile = PROFILE_DVD_R, .blocks = 2298496,
	  .unit = 16, .first_gap = DVD_BORDER, .later_gap = DVD_BORDER,
	  .sessions = 400, .tracks = 2302, .page05 = true },
	{ .name = "dvd-rw", .kind = MEDIA_DVD, .profile = PROFILE_DVD_RW, .blocks = 2298496,
	  .unit = 16, .first_gap = DVD_BORDER, .later_gap = DVD_BORDER,
	  .sessions = 400, .tracks = 2302, .erasable = true, .page05 = true },
	/* The same disc, as a formatter has left it; BLANK makes the other one of it */
	{ .name = "dvd-rw-over", .kind = MEDIA_DVD, .profile = PROFILE_DVD_RW, .blocks = 2298496,
	  .unit = 16, .first_gap = DVD_BORDER, .later_gap = DVD_BORDER,
	  .sessions = 400, .tracks = 2302, .erasable = true, .page05 = true,
	  .formatted = true },
	{ .name = "dvd+r", .kind = MEDIA_DVD, .profile = PROFILE_DVD_PLUS_R, .blocks = 2295104,
	  .unit = 16, .first_gap = DVD_PLUS_GAP, .later_gap = DVD_PLUS_GAP,
	  .track_gap = DVD_PLUS_RUN_IN, .sessions = DVD_PLUS_SESSIONS, .tracks = 1023 },
	{ .name = "dvd+r-dl", .kind = MEDIA_DVD, .profile = PROFILE_DVD_PLUS_R_DL,
	  .blocks = 4173824, .unit = 16, .first_gap = DVD_PLUS_GAP, .later_gap = DVD_PLUS_GAP,
	  .track_gap = DVD_PLUS_RUN_IN, .sessions = DVD_PLUS_SESSIONS, .tracks = 1023 },
	{ .name = "dvd+rw", .kind = MEDIA_DVD, .profile = PROFILE_DVD_PLUS_RW,
	  .blocks = 2295104, .unit = 16, .sessions = 1, .tracks = 1,
	  .erasable = true, .random = true },
	/* With and without its supplementary spare area; see media_spare() */
	{ .name = "dvd-ram", .kind = MEDIA_DVD, .profile = PROFILE_DVD_RAM, .blocks = 2295072,
	  .unit = 16, .sessions = 1, .tracks = 1, .erasable = true, .random = true },
	/* Sessions lie side by side, each from a cluster's begin */
	{ .name = "bd-r", .kind = MEDIA_BD, .profile = PROFILE_BD_R, .blocks = 12219392,
	  .unit = 32, .sessions = 1000, .tracks = 7000 },
	{ .name = "bd-re", .kind = MEDIA_BD, .profile = PROFILE_BD_RE, .blocks = 12219392,
	  .unit = 32, .sessions = 1, .tracks = 1, .erasable = true, .random = true },
};

#define NR_MEDIA (sizeof(all_media) / sizeof(all_media[0]))

const char *const *media_names(void)
{
	static const char *names[NR_MEDIA + 1];
	size_t i;

	for (i = 0; i < NR_MEDIA; i++)
		names[i] = all_media[i].name;
	return names;
}

/* "64M" or a number of blocks; 0: it is neither */
static uint32_t parse_blocks(const char *text, uint32_t unit)
{
	unsigned long long n;
	unsigned int shift = 11;
	char *end;

	if (*text < '0' || *text > '9')
		return 0;
	n = strtoull(text, &end, 10);
	if (*end == 'K')
		shift = 10;
	else if (*end == 'M')
		shift = 20;
	else if (*end == 'G')
		shift = 30;
	if (shift != 11)
		end++;
	if (*end || n > 1ULL << 32)
		return 0;
	n = (n << shift) / BLOCK;
	n -= n % unit;
	return n > UINT32_MAX ? 0 : (uint32_t)n;
}

/**
 * media_find - what a name of a medium stands for
 * @name: its name, with a smaller capacity after a colon if wished
 * @blocks: the capacity
 *
 * Return: NULL if there is no such medium, or not in that size.
 */
const struct media *media_find(const char *name, uint32_t *blocks)
{
	size_t len = strcspn(name, ":");
	const struct media *m;
	size_t i;

	for (i = 0; i < NR_MEDIA; i++) {
		m = &all_media[i];
		if (strlen(m->name) != len || memcmp(m->name, name, len))
			continue;
		*blocks = m->blocks;
		if (name[len])
			*blocks = parse_blocks(name + len + 1, m->unit);
		/* Less than a track's least on CD, and a few units, are no disc */
		return *blocks >= 1024 && *blocks <= m->blocks ? m : NULL;
	}
	return NULL;
}

/**
 * media_spare - blocks that formatting sets aside for defects
 * @which: 0: as usual, 1: the least, 2: the most
 *
 * The figures are those of a 25 GB BD and a 4.7 GB DVD-RAM; smaller discs have a like share.
 */
uint32_t media_spare(const struct disc *d, unsigned int which)
{
	static const uint32_t bd[] = { 393216, 131072, 655360 };
	static const uint32_t ram[] = { 58368, 0, 58368 };
	const uint32_t *real = d->media->kind == MEDIA_BD ? bd : ram;
	uint64_t share = (uint64_t)real[which] * d->blocks / d->media->blocks;

	return (uint32_t)(share - share % d->media->unit);
}
