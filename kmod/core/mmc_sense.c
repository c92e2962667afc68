// SPDX-License-Identifier: GPL-2.0-only
/* Why a drive refused: sense data (SPC-4 4.5), and what to make of it. */
#include "mmc.h"

/* Sense keys (SPC-4 4.5.6) */
enum {
	NO_SENSE, RECOVERED, NOT_READY, MEDIUM_ERROR, HARDWARE_ERROR, ILLEGAL_REQUEST,
	UNIT_ATTENTION = IMAPI_UNIT_ATTENTION,
	DATA_PROTECT, BLANK_CHECK, VENDOR, COPY_ABORTED, ABORTED_COMMAND,
	VOLUME_OVERFLOW = 13,
};

/* Response codes (SPC-4 4.5.1) */
enum { FIXED_CURRENT = 0x70, FIXED_DEFERRED, DESCRIPTOR_CURRENT, DESCRIPTOR_DEFERRED };

/* The shortest that has a sense key */
#define FIXED_MIN		3u
#define DESCRIPTOR_HEADER	8u
/* Descriptor of the information field: type, length, its bytes (SPC-4 4.5.2.2) */
#define INFORMATION_TYPE	0u
#define INFORMATION_BYTES	12u

#define VALID			0x80u

static void parse_fixed(const u8 *b, u32 len, struct imapi_sense *s)
{
	/* Old drives give no length behind byte 7, and nothing there */
	u32 end = len > 7 && b[7] < len - 8 ? 8u + b[7] : len;

	s->key = b[2] & 0xf;
	if (end > 12)
		s->asc = b[12];
	if (end > 13)
		s->ascq = b[13];
	if ((b[0] & VALID) && end > 6) {
		s->located = true;
		s->lba = get_unaligned_be32(b + 3);
	}
}

static void parse_descriptors(const u8 *b, u32 len, struct imapi_sense *s)
{
	u32 end = b[7] < len - DESCRIPTOR_HEADER ? DESCRIPTOR_HEADER + b[7] : len;
	u32 at;

	s->key = b[1] & 0xf;
	s->asc = b[2];
	s->ascq = b[3];
	for (at = DESCRIPTOR_HEADER; at + 2 <= end; at += 2u + b[at + 1]) {
		if (b[at] != INFORMATION_TYPE)
			continue;
		if (at + INFORMATION_BYTES > end)
			return;
		/* Eight bytes; no block of an optical disc needs the upper four */
		s->located = (b[at + 2] & VALID) && !get_unaligned_be32(b + at + 4);
		s->lba = s->located ? get_unaligned_be32(b + at + 8) : 0;
		return;
	}
}

int imapi_sense_parse(const u8 *bytes, u32 len, struct imapi_sense *s)
{
	u8 code;

	memset(s, 0, sizeof(*s));
	if (len < FIXED_MIN)
		return -EINVAL;
	code = bytes[0] & 0x7f;
	s->deferred = code == FIXED_DEFERRED || code == DESCRIPTOR_DEFERRED;
	if (code == FIXED_CURRENT || code == FIXED_DEFERRED) {
		parse_fixed(bytes, len, s);
		return 0;
	}
	if (len >= DESCRIPTOR_HEADER &&
	    (code == DESCRIPTOR_CURRENT || code == DESCRIPTOR_DEFERRED)) {
		parse_descriptors(bytes, len, s);
		return 0;
	}
	s->deferred = false;
	return -EINVAL;
}

void imapi_sense_build(u8 key, u8 asc, u8 ascq, u8 out[IMAPI_SENSE_FIXED])
{
	memset(out, 0, IMAPI_SENSE_FIXED);
	out[0] = FIXED_CURRENT;
	out[2] = key & 0xf;
	out[7] = IMAPI_SENSE_FIXED - 8;
	out[12] = asc;
	out[13] = ascq;
}

#define ANY	0x100u

struct row {
	u16 key, asc, ascq;
	struct imapi_meaning meaning;
};

#define ROW(k, a, q, err, what, words)	{ k, a, q, { err, what, words } }

/* The first that fits counts, so what is special stands before what is general */
static const struct row table[] = {
	ROW(NO_SENSE, ANY, ANY, 0, IMAPI_STOP, "nothing is wrong"),
	ROW(RECOVERED, ANY, ANY, 0, IMAPI_STOP, "the drive helped itself"),

	ROW(NOT_READY, 0x04, 0x01, -EBUSY, IMAPI_WAIT, "the drive is getting ready"),
	ROW(NOT_READY, 0x04, 0x02, -EIO, IMAPI_STOP,
	    "the disc was stopped: take it out and put it back"),
	ROW(NOT_READY, 0x04, 0x03, -EIO, IMAPI_STOP, "the drive wants somebody to see to it"),
	ROW(NOT_READY, 0x04, 0x04, -EBUSY, IMAPI_WAIT, "the disc is being formatted"),
	ROW(NOT_READY, 0x04, 0x07, -EBUSY, IMAPI_WAIT, "the drive is still at work"),
	ROW(NOT_READY, 0x04, 0x08, -EBUSY, IMAPI_WAIT, "the drive is still writing"),
	ROW(NOT_READY, 0x04, 0x09, -EBUSY, IMAPI_WAIT, "the drive is testing itself"),
	ROW(NOT_READY, 0x04, ANY, -EBUSY, IMAPI_WAIT, "the drive is not ready"),
	ROW(NOT_READY, 0x30, 0x03, -EMEDIUMTYPE, IMAPI_STOP, "a cleaning disc is in the drive"),
	ROW(NOT_READY, 0x30, ANY, -EMEDIUMTYPE, IMAPI_STOP,
	    "the drive can't use this kind of disc"),
	ROW(NOT_READY, 0x3a, ANY, -ENOMEDIUM, IMAPI_STOP, "no disc is in the drive"),
	ROW(NOT_READY, 0x3e, ANY, -EBUSY, IMAPI_WAIT, "the drive is starting"),
	ROW(NOT_READY, 0x53, ANY, -EIO, IMAPI_STOP, "the drive could not load the disc"),
	ROW(NOT_READY, 0x57, ANY, -EIO, IMAPI_STOP,
	    "the drive can't read the disc's table of contents"),
	ROW(NOT_READY, ANY, ANY, -EIO, IMAPI_STOP, "the drive is not ready"),

	ROW(MEDIUM_ERROR, 0x03, ANY, -EIO, IMAPI_STOP, "the drive failed to write"),
	ROW(MEDIUM_ERROR, 0x0c, ANY, -EIO, IMAPI_STOP, "the drive failed to write"),
	ROW(MEDIUM_ERROR, 0x10, ANY, -EIO, IMAPI_STOP, "a block of the disc is not readable"),
	ROW(MEDIUM_ERROR, 0x11, ANY, -EIO, IMAPI_STOP, "a block of the disc is not readable"),
	ROW(MEDIUM_ERROR, 0x30, ANY, -EMEDIUMTYPE, IMAPI_STOP,
	    "the drive can't use this kind of disc"),
	ROW(MEDIUM_ERROR, 0x31, ANY, -EIO, IMAPI_STOP, "the disc's format is damaged"),
	ROW(MEDIUM_ERROR, 0x51, ANY, -EIO, IMAPI_STOP, "the disc could not be blanked"),
	ROW(MEDIUM_ERROR, 0x57, ANY, -EIO, IMAPI_STOP,
	    "the drive can't read the disc's table of contents"),
	ROW(MEDIUM_ERROR, 0x72, ANY, -EIO, IMAPI_STOP, "the session could not be closed"),
	ROW(MEDIUM_ERROR, 0x73, 0x02, -ENOSPC, IMAPI_STOP,
	    "the disc's area for trying out the laser is full"),
	ROW(MEDIUM_ERROR, 0x73, 0x03, -EIO, IMAPI_STOP,
	    "the laser's power could not be adjusted to the disc"),
	ROW(MEDIUM_ERROR, 0x73, 0x05, -ENOSPC, IMAPI_STOP, "the disc's list of tracks is full"),
	ROW(MEDIUM_ERROR, 0x73, ANY, -EIO, IMAPI_STOP,
	    "the disc's list of tracks could not be written"),
	ROW(MEDIUM_ERROR, ANY, ANY, -EIO, IMAPI_STOP, "the drive can't read or write the disc"),

	ROW(HARDWARE_ERROR, ANY, ANY, -EIO, IMAPI_STOP, "the drive failed"),

	ROW(ILLEGAL_REQUEST, 0x20, ANY, -EOPNOTSUPP, IMAPI_STOP,
	    "the drive doesn't know this command"),
	ROW(ILLEGAL_REQUEST, 0x21, 0x02, -EIO, IMAPI_IDENTIFY,
	    "the drive wants another block to be written next"),
	ROW(ILLEGAL_REQUEST, 0x21, ANY, -EIO, IMAPI_STOP, "the disc has no such block"),
	ROW(ILLEGAL_REQUEST, 0x24, ANY, -EOPNOTSUPP, IMAPI_STOP,
	    "the drive doesn't know this kind of request"),
	ROW(ILLEGAL_REQUEST, 0x26, ANY, -EOPNOTSUPP, IMAPI_STOP,
	    "the drive doesn't take these settings"),
	ROW(ILLEGAL_REQUEST, 0x2c, ANY, -EIO, IMAPI_STOP,
	    "the drive got commands in an order that it doesn't take"),
	ROW(ILLEGAL_REQUEST, 0x30, ANY, -EMEDIUMTYPE, IMAPI_STOP,
	    "the drive can't use this kind of disc"),
	ROW(ILLEGAL_REQUEST, 0x53, 0x02, -EBUSY, IMAPI_STOP, "the tray is locked"),
	ROW(ILLEGAL_REQUEST, 0x57, ANY, -EIO, IMAPI_STOP,
	    "the drive can't read the disc's table of contents"),
	ROW(ILLEGAL_REQUEST, 0x63, ANY, -ENOSPC, IMAPI_STOP, "the disc is full"),
	ROW(ILLEGAL_REQUEST, 0x64, ANY, -EIO, IMAPI_STOP, "no data can be read from this track"),
	ROW(ILLEGAL_REQUEST, 0x6f, ANY, -EMEDIUMTYPE, IMAPI_STOP,
	    "the disc is protected from being copied"),
	ROW(ILLEGAL_REQUEST, 0x72, 0x05, -ENOSPC, IMAPI_STOP, "the disc takes no track more"),
	ROW(ILLEGAL_REQUEST, 0x72, 0x07, -ENOSPC, IMAPI_STOP, "the disc takes no track more"),
	ROW(ILLEGAL_REQUEST, 0x72, ANY, -EIO, IMAPI_STOP, "the session can't be closed as it is"),
	ROW(ILLEGAL_REQUEST, ANY, ANY, -EIO, IMAPI_STOP, "the drive refused the command"),

	ROW(UNIT_ATTENTION, 0x28, ANY, -EMEDIUMTYPE, IMAPI_IDENTIFY, "the disc was changed"),
	ROW(UNIT_ATTENTION, 0x29, ANY, -EIO, IMAPI_IDENTIFY, "the drive was reset"),
	ROW(UNIT_ATTENTION, 0x2a, ANY, -EIO, IMAPI_RETRY,
	    "another program changed the drive's settings"),
	ROW(UNIT_ATTENTION, 0x2e, ANY, -EIO, IMAPI_RETRY, "the drive had not enough time"),
	ROW(UNIT_ATTENTION, 0x3f, ANY, -EIO, IMAPI_IDENTIFY, "the drive has changed"),
	ROW(UNIT_ATTENTION, 0x5a, ANY, -EBUSY, IMAPI_RETRY, "somebody pressed the eject button"),
	ROW(UNIT_ATTENTION, ANY, ANY, -EIO, IMAPI_IDENTIFY, "something happened to the drive"),

	ROW(DATA_PROTECT, 0x30, ANY, -EMEDIUMTYPE, IMAPI_STOP,
	    "the drive can't write on this kind of disc"),
	ROW(DATA_PROTECT, 0x6f, ANY, -EMEDIUMTYPE, IMAPI_STOP,
	    "the disc is protected from being copied"),
	ROW(DATA_PROTECT, ANY, ANY, -EROFS, IMAPI_STOP, "the disc is write-protected"),

	ROW(BLANK_CHECK, ANY, ANY, -EIO, IMAPI_STOP, "nothing is recorded there"),
	ROW(ABORTED_COMMAND, ANY, ANY, -EIO, IMAPI_RETRY, "the command was broken off"),
	ROW(VOLUME_OVERFLOW, ANY, ANY, -ENOSPC, IMAPI_STOP, "the disc is full"),
	ROW(ANY, ANY, ANY, -EIO, IMAPI_STOP, "the drive failed and didn't say why"),
};

static bool fits(u16 wanted, u8 is)
{
	return wanted == ANY || wanted == is;
}

const struct imapi_meaning *imapi_sense_meaning(const struct imapi_sense *s)
{
	const struct row *r = table;

	/* The last row fits everything */
	while (!fits(r->key, s->key) || !fits(r->asc, s->asc) || !fits(r->ascq, s->ascq))
		r++;
	return &r->meaning;
}
