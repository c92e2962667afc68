/* SPDX-License-Identifier: GPL-2.0-only */
/* What the shell has to know of a command by its first byte: a name and where its LBA is */
#ifndef VDRIVE_OPCODES_H
#define VDRIVE_OPCODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum opcode_kind {
	OPCODE_OTHER,
	OPCODE_READ,
	OPCODE_WRITE,
};

/* The blocks that a CDB names */
struct extent {
	bool valid;		/* has the command an LBA at all? */
	uint32_t lba;
	uint32_t blocks;
};

/* "WRITE_10"; "?" for what no drive knows */
const char *opcode_name(uint8_t op);
enum opcode_kind opcode_kind(uint8_t op);

/**
 * opcode_find - the command of that name
 * @name: as opcode_name() gives it, in either case
 *
 * Return: the operation code or -EINVAL.
 */
int opcode_find(const char *name);

/* @cdb: 16 bytes */
struct extent opcode_extent(const uint8_t *cdb);

#endif
