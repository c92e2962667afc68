// SPDX-License-Identifier: GPL-2.0-only
/* Drives: the write parameters, by which a drive closes a session (MMC-6 7.5) */
#include <scsi/sg.h>
#include <string.h>
#include <sys/ioctl.h>
#include "drive_private.h"

#define MODE_SENSE_10	0x5a
#define MODE_SELECT_10	0x55
#define NO_DESCRIPTORS	0x08
#define PAGE_FORMAT	0x10
#define MODE_HEADER	8u
#define MODE_BYTES	128u
#define TIMEOUT_MS	20000u

#define WRITE_PARAMETERS	0x05
/* Of its fourth byte: another session may follow */
#define MULTI_SESSION		0xc0

static int sense_page(struct drive *d, u8 *buf)
{
	struct imapi_packet p = {
		.cdb = { MODE_SENSE_10, NO_DESCRIPTORS, WRITE_PARAMETERS, [8] = MODE_BYTES },
		.cdb_len = 10, .timeout = IMAPI_QUICK,
		.direction = IMAPI_FROM_DRIVE, .buf = buf, .len = MODE_BYTES,
	};

	d->mmc.left = IMAPI_MOUNT_COMMANDS;
	d->mmc.patience = IMAPI_MMC_PATIENCE;
	return imapi_mmc_send(&d->mmc, &p);
}

static int select_page(struct drive *d, u8 *buf, u32 len)
{
	u8 cdb[10] = { MODE_SELECT_10, PAGE_FORMAT }, sense[IMAPI_SENSE_MAX];
	struct sg_io_hdr h = {
		.interface_id = 'S',
		.dxfer_direction = SG_DXFER_TO_DEV,
		.cmd_len = sizeof(cdb),
		.cmdp = cdb,
		.mx_sb_len = sizeof(sense),
		.sbp = sense,
		.dxfer_len = len,
		.dxferp = buf,
		.timeout = TIMEOUT_MS,
	};

	put_unaligned_be16((u16)len, cdb + 7);
	if (ioctl(d->fd, SG_IO, &h))
		return -errno;
	return h.status || h.host_status ? -EIO : 0;
}

static int set_multi_session(struct drive *d)
{
	u8 buf[MODE_BYTES] = { 0 };
	u8 *page = buf + MODE_HEADER;
	u32 len;
	int err;

	err = sense_page(d, buf);
	if (err)
		return err;
	/* Descriptors though none were asked for, or another page: not one that is known here */
	len = MODE_HEADER + 2u + page[1];
	if (buf[6] || buf[7] || (page[0] & 0x3f) != WRITE_PARAMETERS || page[1] < 2 ||
	    len > MODE_BYTES)
		return -EOPNOTSUPP;
	/* Both are reserved in what is sent: the length, and whether it can be saved */
	memset(buf, 0, MODE_HEADER);
	page[0] &= 0x3f;
	page[3] |= MULTI_SESSION;
	return select_page(d, buf, len);
}

int drive_keep_open(struct drive *d)
{
	int err;

	pthread_mutex_lock(&d->mutex);
	err = set_multi_session(d);
	pthread_mutex_unlock(&d->mutex);
	return err;
}
