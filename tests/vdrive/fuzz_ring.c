// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ring, as anything may have written it. The input is what lies behind the fields
 * of the mailbox that are checked once and for all; its last bytes are the ring's head.
 */
#include <stdlib.h>
#include <string.h>
#include <linux/target_core_user.h>

#include "tcmu.h"

#define OFF	128u
#define RING	4096u
#define SIZE	(OFF + RING + 8192u)

static void set_head(uint8_t *map, const uint8_t *data, size_t size)
{
	struct tcmu_mailbox *mb = (struct tcmu_mailbox *)map;
	uint16_t head = 0;

	memcpy(&head, data + size - sizeof(head), sizeof(head));
	/* Mostly one that can be */
	mb->cmd_head = head & 1 ? head : head % RING & ~7u;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t buffer[TCMU_DATA_MAX];
	struct tcmu_ring ring;
	struct tcmu_command command;
	struct command answer = { .data = buffer, .sense = { 0x70 } };
	unsigned int n;
	uint8_t *map;
	int rc = 0;

	if (size < sizeof(uint16_t) || size > SIZE - OFF)
		return 0;
	map = calloc(1, SIZE);
	*(struct tcmu_mailbox *)map = (struct tcmu_mailbox) {
		.version = TCMU_MAILBOX_VERSION, .flags = TCMU_MAILBOX_FLAG_CAP_READ_LEN,
		.cmdr_off = OFF, .cmdr_size = RING,
	};
	memcpy(map + OFF, data, size);
	set_head(map, data, size);
	if (tcmu_ring_open(&ring, map, SIZE))
		abort();
	/* No entry is shorter than its header */
	for (n = 0; n <= RING / sizeof(struct tcmu_cmd_entry_hdr); n++) {
		rc = tcmu_ring_next(&ring, &command);
		if (rc <= 0)
			break;
		if (command.data > sizeof(buffer))
			abort();
		tcmu_ring_aborted(&ring, &command);
		tcmu_ring_gather(&ring, &command, buffer);
		answer.length = command.data;
		answer.done = command.data / 2;
		answer.status = n & 1 ? DRIVE_CHECK_CONDITION : DRIVE_GOOD;
		tcmu_ring_complete(&ring, &command, &answer);
	}
	if (rc > 0)
		abort();
	free(map);
	return 0;
}
