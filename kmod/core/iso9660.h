/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The disc format: ECMA-119 (ISO 9660) and its Joliet supplement.
 *
 * Nothing but what stands on a disc. Numbers that ECMA-119 records in both
 * byte orders (7.2.3, 7.3.3) are read from their little-endian half: some
 * writers leave the other one empty.
 */
#ifndef IMAPI_ISO9660_H
#define IMAPI_ISO9660_H

#include <core_env.h>

#define IMAPI_BLOCK		2048u	/* logical block and sector, bytes */
#define IMAPI_BLOCK_SHIFT	11

/* First volume descriptor of a session, blocks from its start (ECMA-119 6.2.1) */
#define IMAPI_SYSTEM_BLOCKS	16u
/* No honest set is longer; isofs looks no further either */
#define IMAPI_MAX_DESCRIPTORS	84u

/* Session starts on overwritable media, and where the first one stands */
#define IMAPI_SESSION_ALIGN	32u
#define IMAPI_FIRST_SESSION	32u

/* Volume descriptor types (ECMA-119 8.1.1) */
#define IMAPI_VD_BOOT		0
#define IMAPI_VD_PRIMARY	1
#define IMAPI_VD_SUPPLEMENTARY	2
#define IMAPI_VD_TERMINATOR	255

#define IMAPI_STANDARD_ID	"CD001"

/* Numbers in both byte orders (ECMA-119 7.2.3, 7.3.3) */
struct imapi_both16 {
	u8 le[2];
	u8 be[2];
} __packed;

struct imapi_both32 {
	u8 le[4];
	u8 be[4];
} __packed;

/* Recording date and time of a directory record (ECMA-119 9.1.5) */
struct imapi_iso_date {
	u8 year;		/* since 1900 */
	u8 month;		/* 1 to 12 */
	u8 day;			/* 1 to 31 */
	u8 hour;
	u8 minute;
	u8 second;
	s8 zone;		/* quarters of an hour east of Greenwich, -48 to 52 */
} __packed;
static_assert(sizeof(struct imapi_iso_date) == 7);

/* Date and time of a volume descriptor: digits (ECMA-119 8.4.26.1) */
struct imapi_iso_longdate {
	u8 digits[16];		/* YYYYMMDDhhmmsscc */
	s8 zone;
} __packed;
static_assert(sizeof(struct imapi_iso_longdate) == 17);

/* File flags (ECMA-119 9.1.6) */
#define IMAPI_DE_HIDDEN		0x01
#define IMAPI_DE_DIRECTORY	0x02
#define IMAPI_DE_ASSOCIATED	0x04
#define IMAPI_DE_MULTI_EXTENT	0x80

/* Directory record, fixed part (ECMA-119 9.1); the identifier follows */
struct imapi_iso_dirent {
	u8 len;
	u8 xattr_blocks;
	struct imapi_both32 lba;
	struct imapi_both32 size;
	struct imapi_iso_date date;
	u8 flags;
	u8 unit_size;
	u8 gap_size;
	struct imapi_both16 volume;
	u8 name_len;
	u8 name[];
} __packed;
static_assert(offsetof(struct imapi_iso_dirent, size) == 10);
static_assert(offsetof(struct imapi_iso_dirent, flags) == 25);
static_assert(offsetof(struct imapi_iso_dirent, name) == 33);

/* Path table record, fixed part (ECMA-119 9.4); L is little-endian, M big */
struct imapi_iso_path {
	u8 name_len;
	u8 xattr_blocks;
	u8 lba[4];
	u8 parent[2];
	u8 name[];
} __packed;
static_assert(offsetof(struct imapi_iso_path, name) == 8);

/*
 * Primary and supplementary volume descriptor (ECMA-119 8.4, 8.5): one layout,
 * in the supplementary one the identifiers are UTF-16BE (Joliet).
 */
struct imapi_iso_volume {
	u8 type;
	u8 id[5];
	u8 version;
	u8 flags;			/* supplementary: bit 0, escapes not registered */
	u8 system_id[32];
	u8 volume_id[32];
	u8 unused1[8];
	struct imapi_both32 space;	/* blocks */
	u8 escapes[32];			/* supplementary: 8.5.6 */
	struct imapi_both16 set_size;
	struct imapi_both16 sequence;
	struct imapi_both16 block_size;
	struct imapi_both32 path_size;	/* bytes */
	u8 path_l[4];			/* little-endian */
	u8 path_l_opt[4];
	u8 path_m[4];			/* big-endian */
	u8 path_m_opt[4];
	u8 root[34];			/* struct imapi_iso_dirent with a name of 1 */
	u8 volume_set_id[128];
	u8 publisher_id[128];
	u8 preparer_id[128];
	u8 application_id[128];
	u8 copyright_id[37];
	u8 abstract_id[37];
	u8 bibliographic_id[37];
	struct imapi_iso_longdate created;
	struct imapi_iso_longdate modified;
	struct imapi_iso_longdate expires;
	struct imapi_iso_longdate effective;
	u8 structure_version;
	u8 unused2;
	u8 application_use[512];
	u8 reserved[653];
} __packed;
static_assert(sizeof(struct imapi_iso_volume) == 2048);
static_assert(offsetof(struct imapi_iso_volume, space) == 80);
static_assert(offsetof(struct imapi_iso_volume, escapes) == 88);
static_assert(offsetof(struct imapi_iso_volume, path_size) == 132);
static_assert(offsetof(struct imapi_iso_volume, root) == 156);
static_assert(offsetof(struct imapi_iso_volume, volume_set_id) == 190);
static_assert(offsetof(struct imapi_iso_volume, created) == 813);
static_assert(offsetof(struct imapi_iso_volume, application_use) == 883);

/*
 * What imapifs leaves in the application use field of its primary descriptors
 * (ECMA-119 8.4.32): the way back to the session before. libburnia's chain of
 * sessions needs none when the first one starts at IMAPI_FIRST_SESSION; where
 * another program put its only session at block 0, that session's descriptors
 * are saved in the system area of ours before block 16 is written over.
 * All numbers are little-endian.
 */
#define IMAPI_LINK_MAGIC	"IMAPIFS1"
struct imapi_iso_link {
	u8 magic[8];
	u8 start[4];		/* lba of the session these descriptors head */
	u8 prev_start[4];	/* lba of the session before; unused if prev_desc is 0 */
	u8 prev_desc[4];	/* lba of its first descriptor; 0: there is none */
	u8 sum[4];		/* imapi_sum32() of the bytes before this */
} __packed;
static_assert(sizeof(struct imapi_iso_link) == 24);

/* Joliet: most units in a name, and the characters no name may have (Joliet, on identifiers) */
#define IMAPI_NAME_UNITS	64
#define IMAPI_NAME_BYTES	(2 * IMAPI_NAME_UNITS)
/* What a directory record can hold at all: 255 - 33, even */
#define IMAPI_NAME_BYTES_ON_DISC	222
/* UTF-8 bytes of the longest name on a disc (3 for each UTF-16 unit), and a NUL */
#define IMAPI_NAME_UTF8		(3 * IMAPI_NAME_BYTES_ON_DISC / 2 + 1)

/* Path tables number parents in 16 bits (ECMA-119 9.4.4) */
#define IMAPI_MAX_DIRS		65535u

/* A file section's most bytes, whole blocks (ECMA-119 9.1.4, 32 bits) */
#define IMAPI_MAX_EXTENT	0xfffff800u

#endif
