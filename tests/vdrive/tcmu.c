// SPDX-License-Identifier: GPL-2.0-only
/* The ring of target_core_user, from the side of the device */
#include "tcmu.h"

#include <errno.h>
#include <string.h>
#include <linux/target_core_user.h>

/* A notification, and a command, can't be shorter: their fixed parts */
#define TMR_FIXED	sizeof(struct tcmu_tmr_entry)
#define COMMAND_FIXED	sizeof(struct tcmu_cmd_entry)

/* The kernel's structures are packed, so that their address can't be taken as it is */
static uint32_t *field(const struct tcmu_ring *ring, size_t offset)
{
	return (uint32_t *)(void *)(ring->map + offset);
}

static uint32_t head(const struct tcmu_ring *ring)
{
	return __atomic_load_n(field(ring, offsetof(struct tcmu_mailbox, cmd_head)),
			       __ATOMIC_ACQUIRE);
}

static void publish(struct tcmu_ring *ring, uint32_t length)
{
	ring->tail = (ring->tail + length) % ring->ring;
	__atomic_store_n(field(ring, offsetof(struct tcmu_mailbox, cmd_tail)), ring->tail,
			 __ATOMIC_RELEASE);
}

int tcmu_ring_open(struct tcmu_ring *ring, void *map, size_t size)
{
	const struct tcmu_mailbox *mb = map;

	if (size < sizeof(*mb) || mb->version != TCMU_MAILBOX_VERSION)
		return -EPROTO;
	if (mb->cmdr_off < sizeof(*mb) || mb->cmdr_off % TCMU_OP_ALIGN_SIZE ||
	    !mb->cmdr_size || mb->cmdr_size % TCMU_OP_ALIGN_SIZE ||
	    mb->cmdr_off > size || mb->cmdr_size > size - mb->cmdr_off)
		return -EPROTO;
	if (mb->cmd_tail >= mb->cmdr_size || mb->cmd_tail % TCMU_OP_ALIGN_SIZE)
		return -EPROTO;
	ring->map = map;
	ring->size = size;
	ring->off = mb->cmdr_off;
	ring->ring = mb->cmdr_size;
	ring->tail = mb->cmd_tail;
	ring->read_len = mb->flags & TCMU_MAILBOX_FLAG_CAP_READ_LEN;
	return 0;
}

/*
 * The header at @at, where up to @head there may be entries. Entries don't wrap: the
 * kernel pads the end of the ring. Return: bytes of the entry, 0 if it can't be one.
 */
static uint32_t entry(const struct tcmu_ring *ring, uint32_t at, uint32_t up_to,
		      struct tcmu_cmd_entry_hdr *hdr)
{
	uint32_t avail = (up_to > at ? up_to : ring->ring) - at;
	uint32_t length;

	if (avail < sizeof(*hdr))
		return 0;
	memcpy(hdr, ring->map + ring->off + at, sizeof(*hdr));
	length = tcmu_hdr_get_len(hdr->len_op);
	if (length < sizeof(*hdr) || length % TCMU_OP_ALIGN_SIZE || length > avail)
		return 0;
	return length;
}

/* One piece of the data buffer */
struct piece {
	size_t base;
	size_t length;
};

/*
 * False if piece @n isn't wholly behind the command ring, or has more than @room. It is
 * asked each time anew, as the memory can change at any time.
 */
static bool get_piece(const struct tcmu_ring *ring, const struct tcmu_command *command,
		      uint32_t n, size_t room, struct piece *p)
{
	struct iovec iov;

	memcpy(&iov, ring->map + ring->off + command->at +
	       offsetof(struct tcmu_cmd_entry, req.iov) + n * sizeof(iov), sizeof(iov));
	p->base = (size_t)(uintptr_t)iov.iov_base;
	p->length = iov.iov_len;
	return p->base >= (size_t)ring->off + ring->ring && p->base <= ring->size &&
	       p->length <= ring->size - p->base && p->length <= room;
}

/* Sets ->data */
static bool measure(const struct tcmu_ring *ring, struct tcmu_command *command)
{
	struct piece p;
	uint32_t n;

	command->data = 0;
	for (n = 0; n < command->iov_count; n++) {
		if (!get_piece(ring, command, n, TCMU_DATA_MAX - command->data, &p))
			return false;
		command->data += p.length;
	}
	return true;
}

/* Reads the request out of a checked entry; false if it contradicts itself */
static bool take(const struct tcmu_ring *ring, struct tcmu_command *command)
{
	const size_t iovs = offsetof(struct tcmu_cmd_entry, req.iov);
	struct tcmu_cmd_entry e;
	size_t at = (size_t)ring->off + command->at, end = at + command->length, cdb;

	memset(command->cdb, 0, sizeof(command->cdb));
	command->iov_count = 0;
	command->data = 0;
	memcpy(&e, ring->map + at, sizeof(e));
	/* Nothing of MMC moves data both ways */
	if (e.req.iov_bidi_cnt || e.req.iov_cnt > (command->length - iovs) / sizeof(struct iovec))
		return false;
	if (e.req.cdb_off < at || e.req.cdb_off >= end)
		return false;
	cdb = end - e.req.cdb_off;
	if (cdb > sizeof(command->cdb))
		cdb = sizeof(command->cdb);
	memcpy(command->cdb, ring->map + e.req.cdb_off, cdb);
	command->iov_count = e.req.iov_cnt;
	return measure(ring, command);
}

/* What the kernel makes an ABORTED COMMAND of */
static void refuse(struct tcmu_ring *ring, uint32_t length)
{
	uint8_t *uflags = ring->map + ring->off + ring->tail +
			  offsetof(struct tcmu_cmd_entry_hdr, uflags);

	*uflags |= TCMU_UFLAG_UNKNOWN_OP;
	publish(ring, length);
}

int tcmu_ring_next(struct tcmu_ring *ring, struct tcmu_command *command)
{
	struct tcmu_cmd_entry_hdr hdr;
	uint32_t up_to, length;

	/* Bounded: each turn takes an entry, and the kernel adds none while @up_to stands */
	for (up_to = head(ring); ring->tail != up_to;) {
		if (up_to >= ring->ring)
			return -EUCLEAN;
		length = entry(ring, ring->tail, up_to, &hdr);
		if (!length)
			return -EUCLEAN;
		switch (tcmu_hdr_get_op(hdr.len_op)) {
		case TCMU_OP_PAD:
		case TCMU_OP_TMR:
			publish(ring, length);
			break;
		case TCMU_OP_CMD:
			if (length < COMMAND_FIXED)
				return -EUCLEAN;
			command->at = ring->tail;
			command->length = length;
			command->id = hdr.cmd_id;
			if (take(ring, command))
				return 1;
			refuse(ring, length);
			break;
		default:
			refuse(ring, length);
		}
	}
	return 0;
}

void tcmu_ring_gather(const struct tcmu_ring *ring, const struct tcmu_command *command,
		      uint8_t *data)
{
	size_t done = 0;
	struct piece p;
	uint32_t n;

	for (n = 0; n < command->iov_count; n++, done += p.length) {
		if (!get_piece(ring, command, n, command->data - done, &p))
			break;
		memcpy(data + done, ring->map + p.base, p.length);
	}
	memset(data + done, 0, command->data - done);
}

static void scatter(const struct tcmu_ring *ring, const struct tcmu_command *command,
		    const uint8_t *data)
{
	size_t done = 0;
	struct piece p;
	uint32_t n;

	for (n = 0; n < command->iov_count; n++, done += p.length) {
		if (!get_piece(ring, command, n, command->data - done, &p))
			return;
		memcpy(ring->map + p.base, data + done, p.length);
	}
}

void tcmu_ring_complete(struct tcmu_ring *ring, const struct tcmu_command *command,
			const struct command *answer)
{
	uint8_t *at = ring->map + ring->off + command->at;
	struct tcmu_cmd_entry e;

	/* The answer lies where the iovecs are */
	scatter(ring, command, answer->data);
	memcpy(&e, at, sizeof(e));
	memset(&e.rsp, 0, sizeof(e.rsp));
	e.hdr.uflags = 0;
	e.rsp.scsi_status = answer->status;
	if (answer->status == DRIVE_CHECK_CONDITION)
		memcpy(e.rsp.sense_buffer, answer->sense, sizeof(answer->sense));
	/* The kernel takes 0 for "not said" */
	if (ring->read_len && answer->done && answer->done < command->data) {
		e.hdr.uflags |= TCMU_UFLAG_READ_LEN;
		e.rsp.read_len = (uint32_t)answer->done;
	}
	memcpy(at, &e, sizeof(e));
	publish(ring, command->length);
}

/* Does the note at @at name the command? */
static bool names(const struct tcmu_ring *ring, uint32_t at, uint32_t length, uint16_t id)
{
	const uint8_t *base = ring->map + ring->off + at;
	struct tcmu_tmr_entry tmr;
	uint32_t n;

	if (length < TMR_FIXED)
		return false;
	memcpy(&tmr, base, TMR_FIXED);
	for (n = 0; n < tmr.cmd_cnt && n < (length - TMR_FIXED) / sizeof(id); n++)
		if (!memcmp(base + TMR_FIXED + n * sizeof(id), &id, sizeof(id)))
			return true;
	return false;
}

bool tcmu_ring_aborted(const struct tcmu_ring *ring, const struct tcmu_command *command)
{
	uint32_t up_to = head(ring), at = (command->at + command->length) % ring->ring;
	struct tcmu_cmd_entry_hdr hdr;
	uint32_t length, passed;

	for (passed = 0; at != up_to && up_to < ring->ring && passed < ring->ring;
	     passed += length) {
		length = entry(ring, at, up_to, &hdr);
		if (!length)
			return false;
		if (tcmu_hdr_get_op(hdr.len_op) == TCMU_OP_TMR &&
		    names(ring, at, length, command->id))
			return true;
		at = (at + length) % ring->ring;
	}
	return false;
}
