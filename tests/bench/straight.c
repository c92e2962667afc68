// SPDX-License-Identifier: GPL-2.0-only
/*
 * straight DEVICE LBA BLOCKS TRACK HOW: write a session of zeros with no command too many:
 * WRITEs of 64 KiB from the next writable address LBA on, SYNCHRONIZE CACHE, and the closing
 * of TRACK and of its session. HOW: "cd" and "dvd-r" set the write parameters before that,
 * "plain" is for DVD+R and BD-R, which have none. "over" is for what is written over: what
 * closes a session there are the descriptors at block 16, so its last 32 blocks are written
 * to block 0, behind a flush of the others. What a drive needs for this is what a commit of as
 * many blocks is compared with.
 */
#include <errno.h>
#include <fcntl.h>
#include <scsi/sg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BLOCK		2048u
#define PIECE		32u	/* blocks a WRITE */
#define HEAD		32u
#define TIMEOUT_MS	120000u

#define WRITE_10		0x2a
#define MODE_SELECT_10		0x55
#define SYNCHRONIZE_CACHE	0x35
#define CLOSE_TRACK_SESSION	0x5b
#define CLOSE_TRACK		1
#define CLOSE_SESSION		2

/* MMC-6 7.5, behind an eight byte header: sessions follow; Mode 1 in tracks at once... */
static uint8_t track_at_once[8 + 52] = {
	[8] = 0x05, 0x32, 0x01, 0xc4, 0x08,
};

/* ...and packets of 16 blocks */
static uint8_t incremental[8 + 52] = {
	[8] = 0x05, 0x32, 0x20, 0xc5, 0x08, 0x10, [8 + 13] = 0x10,
};

static uint8_t zeros[PIECE * BLOCK];

static int send(int fd, uint8_t *cdb, uint8_t *data, uint32_t bytes)
{
	uint8_t sense[32] = { 0 };
	struct sg_io_hdr h = {
		.interface_id = 'S',
		.dxfer_direction = bytes ? SG_DXFER_TO_DEV : SG_DXFER_NONE,
		.cmd_len = 10,
		.cmdp = cdb,
		.mx_sb_len = sizeof(sense),
		.sbp = sense,
		.dxfer_len = bytes,
		.dxferp = data,
		.timeout = TIMEOUT_MS,
	};

	if (ioctl(fd, SG_IO, &h))
		return -errno;
	if (!h.status && !h.host_status)
		return 0;
	fprintf(stderr, "straight: command %02x: sense %x/%02x/%02x\n", cdb[0], sense[2] & 0xf,
		sense[12], sense[13]);
	return -EIO;
}

static int write_piece(int fd, uint32_t lba, uint32_t blocks)
{
	uint8_t cdb[10] = {
		WRITE_10, 0, (uint8_t)(lba >> 24), (uint8_t)(lba >> 16), (uint8_t)(lba >> 8),
		(uint8_t)lba, 0, (uint8_t)(blocks >> 8), (uint8_t)blocks,
	};

	return send(fd, cdb, zeros, blocks * BLOCK);
}

static int sync_cache(int fd)
{
	uint8_t cdb[10] = { SYNCHRONIZE_CACHE };

	return send(fd, cdb, NULL, 0);
}

static int close_it(int fd, uint8_t what, uint16_t track)
{
	uint8_t cdb[10] = {
		CLOSE_TRACK_SESSION, 0, what, 0, (uint8_t)(track >> 8), (uint8_t)track,
	};

	return send(fd, cdb, NULL, 0);
}

static int set_parameters(int fd, const char *how)
{
	uint8_t cdb[10] = { MODE_SELECT_10, 0x10, [8] = sizeof(track_at_once) };

	if (!strcmp(how, "cd"))
		return send(fd, cdb, track_at_once, sizeof(track_at_once));
	return strcmp(how, "dvd-r") ? 0 : send(fd, cdb, incremental, sizeof(incremental));
}

static int write_blocks(int fd, uint32_t lba, uint32_t blocks)
{
	uint32_t part;
	int err = 0;

	for (; blocks && !err; lba += part, blocks -= part) {
		part = blocks < PIECE ? blocks : PIECE;
		err = write_piece(fd, lba, part);
	}
	return err ? err : sync_cache(fd);
}

static int write_over(int fd, uint32_t lba, uint32_t blocks)
{
	int err = write_blocks(fd, lba, blocks > HEAD ? blocks - HEAD : 0);

	return err ? err : write_blocks(fd, 0, HEAD);
}

static int write_session(int fd, uint32_t lba, uint32_t blocks, uint16_t track, const char *how)
{
	int err;

	if (!strcmp(how, "over"))
		return write_over(fd, lba, blocks);
	err = set_parameters(fd, how);
	if (!err)
		err = write_blocks(fd, lba, blocks);
	if (!err)
		err = close_it(fd, CLOSE_TRACK, track);
	return err ? err : close_it(fd, CLOSE_SESSION, track);
}

int main(int argc, char **argv)
{
	int fd, err;

	if (argc != 6) {
		fprintf(stderr, "usage: straight DEVICE LBA BLOCKS TRACK HOW\n");
		return 2;
	}
	fd = open(argv[1], O_RDONLY | O_NONBLOCK);
	if (fd < 0) {
		perror(argv[1]);
		return 1;
	}
	err = write_session(fd, (uint32_t)strtoul(argv[2], NULL, 10),
			    (uint32_t)strtoul(argv[3], NULL, 10),
			    (uint16_t)strtoul(argv[4], NULL, 10), argv[5]);
	close(fd);
	if (err)
		fprintf(stderr, "straight: %s\n", strerror(-err));
	return err ? 1 : 0;
}
