/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files that talk to drives share; mmc.h is what others see of them. */
#ifndef IMAPI_MMC_PRIVATE_H
#define IMAPI_MMC_PRIVATE_H

#include "mmc.h"

/* Operation codes (MMC-6 6, SPC-4 6) */
enum {
	TEST_UNIT_READY		= 0x00,
	PREVENT_ALLOW		= 0x1e,
	READ_FORMAT_CAPACITIES	= 0x23,
	READ_CAPACITY		= 0x25,
	READ_TOC		= 0x43,
	GET_CONFIGURATION	= 0x46,
	GET_EVENT_STATUS	= 0x4a,
	READ_DISC_INFORMATION	= 0x51,
	READ_TRACK_INFORMATION	= 0x52,
	READ_DISC_STRUCTURE	= 0xad,
};

/* No disc of any kind has so many blocks; negative addresses of CDs are larger */
#define LBA_LIMIT		0x80000000u

/* Notes what went wrong, and with which command; returns @err */
int imapi_mmc_fail(struct imapi_mmc *mmc, const struct imapi_packet *p, const char *said,
		   int err);

/* Sends @p, whose answer of at most @len bytes comes into @mmc->buf */
int imapi_mmc_ask(struct imapi_mmc *mmc, struct imapi_packet *p, u32 len);

/* The answer doesn't have all of what is needed; contradicts itself. Return: -EIO */
int imapi_mmc_short(struct imapi_mmc *mmc, const struct imapi_packet *p);
int imapi_mmc_nonsense(struct imapi_mmc *mmc, const struct imapi_packet *p);

/*
 * Bytes of an answer that can be believed: its first two tell how many follow
 * them, and no more can be there than came. Never more than @p->len.
 */
static inline u32 imapi_mmc_bytes(const struct imapi_packet *p)
{
	u32 says;

	if (p->got < 2)
		return 0;
	says = get_unaligned_be16(p->buf) + 2u;
	return says < p->got ? says : p->got;
}

/* Minute, second and frame of a CD (MMC-6 4.2.3); false: before block 0, or none */
static inline bool imapi_msf_lba(const u8 *msf, u32 *lba)
{
	u32 frames = (msf[0] * 60u + msf[1]) * 75u + msf[2];

	/* From 90 minutes on they count down to the first block's pre-gap */
	if (msf[0] >= 90 || msf[1] >= 60 || msf[2] >= 75 || frames < 150)
		return false;
	*lba = frames - 150;
	return true;
}

/* READ DISC STRUCTURE's share of imapi_mmc_media_code() */
int imapi_mmc_structure_code(struct imapi_mmc *mmc, enum imapi_code code, u64 *hash);

/* A drive that doesn't have this command, or not for this disc */
static inline bool imapi_mmc_refused(int err)
{
	return err == -EOPNOTSUPP || err == -EIO || err == -EMEDIUMTYPE;
}

#endif
