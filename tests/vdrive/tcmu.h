/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ring that the kernel's target_core_user shares with us (linux/target_core_user.h).
 * Nothing in it is believed before it was checked: whatever writes to that memory can
 * make a command fail, and no more.
 */
#ifndef VDRIVE_TCMU_H
#define VDRIVE_TCMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vdrive.h"

/* More than any initiator here sends at once: tcm_loop's 256 pages of a command */
#define TCMU_DATA_MAX	(4u << 20)

struct tcmu_ring {
	uint8_t *map;
	size_t size;		/* bytes of the map */
	uint32_t off;		/* where the command ring begins */
	uint32_t ring;		/* its size in bytes */
	uint32_t tail;		/* ours alone; the mailbox has a copy for the kernel */
	bool read_len;		/* may we say how much of a read came? */
};

/* The command at the ring's tail */
struct tcmu_command {
	uint32_t at;		/* offset of its entry in the ring */
	uint32_t length;	/* bytes of that entry */
	uint16_t id;
	uint32_t iov_count;
	uint8_t cdb[16];
	size_t data;		/* bytes of its buffer */
};

/**
 * tcmu_ring_open - look at a map before it is used
 * @map: of the uio device
 * @size: its bytes
 *
 * Return: 0, -EPROTO for a version or a layout that this doesn't know.
 */
int tcmu_ring_open(struct tcmu_ring *ring, void *map, size_t size);

/**
 * tcmu_ring_next - the command that has to be answered next
 *
 * Passes over padding, notes about aborted tasks, and refuses operations that it
 * doesn't know. The command stays the next one until tcmu_ring_complete().
 *
 * Return: 1, 0 if there is none now, -EUCLEAN if the ring can't be followed any more.
 */
int tcmu_ring_next(struct tcmu_ring *ring, struct tcmu_command *command);

/* Copies the initiator's buffer to @data, @command->data bytes */
void tcmu_ring_gather(const struct tcmu_ring *ring, const struct tcmu_command *command,
		      uint8_t *data);

/**
 * tcmu_ring_complete - answer the command that tcmu_ring_next() gave
 * @command: it
 * @answer: its data buffer has @command->data bytes, which all go back: what is
 *	beyond ->done must not be a stranger's
 */
void tcmu_ring_complete(struct tcmu_ring *ring, const struct tcmu_command *command,
			const struct command *answer);

/* Has the initiator given up on the command at the tail? */
bool tcmu_ring_aborted(const struct tcmu_ring *ring, const struct tcmu_command *command);

#endif
