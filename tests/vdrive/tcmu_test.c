// SPDX-License-Identifier: GPL-2.0-only
/* The ring: what the kernel writes into it, and what nobody should */
#include "tcmu.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <linux/target_core_user.h>

#include "kselftest_harness.h"

#define OFF	128u
#define RING	1024u
#define AREA	(OFF + RING)
#define SIZE	(AREA + 65536u)
#define ENTRY	sizeof(struct tcmu_cmd_entry)

FIXTURE(ring) {
	uint8_t *map;
	struct tcmu_mailbox *mb;
	struct tcmu_ring ring;
	struct tcmu_command c;
	uint8_t *data;
};

FIXTURE_SETUP(ring)
{
	/* Of just that size: a sanitizer sees each byte beyond */
	self->map = calloc(1, SIZE);
	self->data = calloc(1, TCMU_DATA_MAX);
	ASSERT_NE(NULL, self->map);
	ASSERT_NE(NULL, self->data);
	self->mb = (struct tcmu_mailbox *)self->map;
	self->mb->version = TCMU_MAILBOX_VERSION;
	self->mb->flags = TCMU_MAILBOX_FLAG_CAP_READ_LEN;
	self->mb->cmdr_off = OFF;
	self->mb->cmdr_size = RING;
	ASSERT_EQ(0, tcmu_ring_open(&self->ring, self->map, SIZE));
}

FIXTURE_TEARDOWN(ring)
{
	free(self->map);
	free(self->data);
}

static struct tcmu_cmd_entry *at(FIXTURE_DATA(ring) *self, uint32_t offset)
{
	return (struct tcmu_cmd_entry *)(self->map + OFF + offset);
}

/* As the kernel puts it there: the entry, iovecs, then the CDB. Gives its length */
static uint32_t put(FIXTURE_DATA(ring) *self, uint16_t id, uint8_t op, uint32_t iovs)
{
	uint32_t head = self->mb->cmd_head, n;
	uint32_t base = offsetof(struct tcmu_cmd_entry, req.iov) + iovs * sizeof(struct iovec);
	struct tcmu_cmd_entry *e = at(self, head);

	if (base < ENTRY)
		base = ENTRY;
	memset(e, 0, base + 16);
	e->hdr.len_op = (base + 16) | TCMU_OP_CMD;
	e->hdr.cmd_id = id;
	e->req.iov_cnt = iovs;
	/* Each piece in its own part of the data area, not in order */
	for (n = 0; n < iovs; n++) {
		e->req.iov[n].iov_base = (void *)(uintptr_t)(AREA + (iovs - 1 - n) * 1000);
		e->req.iov[n].iov_len = 100 + n;
	}
	e->req.cdb_off = OFF + head + base;
	self->map[e->req.cdb_off] = op;
	self->map[e->req.cdb_off + 1] = 0x5a;
	self->mb->cmd_head = (head + base + 16) % RING;
	return base + 16;
}

static void pad(FIXTURE_DATA(ring) *self)
{
	struct tcmu_cmd_entry_hdr *hdr = &at(self, self->mb->cmd_head)->hdr;

	memset(hdr, 0, sizeof(*hdr));
	hdr->len_op = (RING - self->mb->cmd_head) | TCMU_OP_PAD;
	self->mb->cmd_head = 0;
}

static void note(FIXTURE_DATA(ring) *self, uint16_t id)
{
	struct tcmu_tmr_entry *tmr = (struct tcmu_tmr_entry *)at(self, self->mb->cmd_head);
	uint32_t length = sizeof(*tmr) + 8;

	memset(tmr, 0, length);
	tmr->hdr.len_op = length | TCMU_OP_TMR;
	tmr->tmr_type = TCMU_TMR_ABORT_TASK;
	tmr->cmd_cnt = 2;
	tmr->cmd_ids[0] = 999;
	tmr->cmd_ids[1] = id;
	self->mb->cmd_head += length;
}

static void answer(FIXTURE_DATA(ring) *self, uint8_t status, size_t done)
{
	struct command c = {
		.data = self->data, .length = self->c.data, .done = done, .status = status,
		.sense = { 0x70, 0, 5, [12] = 0x24 },
	};

	tcmu_ring_complete(&self->ring, &self->c, &c);
}

TEST_F(ring, empty)
{
	EXPECT_EQ(0, tcmu_ring_next(&self->ring, &self->c));
}

TEST_F(ring, one)
{
	uint32_t length = put(self, 7, 0x12, 0);
	struct tcmu_cmd_entry *e = at(self, 0);

	ASSERT_EQ(1, tcmu_ring_next(&self->ring, &self->c));
	EXPECT_EQ(7, self->c.id);
	EXPECT_EQ(0x12, self->c.cdb[0]);
	EXPECT_EQ(0x5a, self->c.cdb[1]);
	EXPECT_EQ(0, self->c.data);
	/* It stays the next one until it is answered */
	EXPECT_EQ(1, tcmu_ring_next(&self->ring, &self->c));
	EXPECT_EQ(0, self->mb->cmd_tail);
	answer(self, DRIVE_CHECK_CONDITION, 0);
	EXPECT_EQ(length, self->mb->cmd_tail);
	EXPECT_EQ(2, e->rsp.scsi_status);
	EXPECT_EQ(5, e->rsp.sense_buffer[2]);
	EXPECT_EQ(0x24, e->rsp.sense_buffer[12]);
	EXPECT_EQ(0, e->hdr.uflags);
	EXPECT_EQ(7, e->hdr.cmd_id);
	EXPECT_EQ(0, tcmu_ring_next(&self->ring, &self->c));
}

TEST_F(ring, pieces)
{
	unsigned int n;

	put(self, 1, 0x2a, 3);
	memset(self->map + AREA + 2000, 'a', 100);
	memset(self->map + AREA + 1000, 'b', 101);
	memset(self->map + AREA, 'c', 102);
	ASSERT_EQ(1, tcmu_ring_next(&self->ring, &self->c));
	ASSERT_EQ(303, self->c.data);
	tcmu_ring_gather(&self->ring, &self->c, self->data);
	EXPECT_EQ('a', self->data[0]);
	EXPECT_EQ('a', self->data[99]);
	EXPECT_EQ('b', self->data[100]);
	EXPECT_EQ('c', self->data[201]);
	EXPECT_EQ('c', self->data[302]);
	EXPECT_EQ(0, self->data[303]);
	for (n = 0; n < 303; n++)
		self->data[n] = (uint8_t)n;
	answer(self, DRIVE_GOOD, 303);
	EXPECT_EQ(0, self->map[AREA + 2000]);
	EXPECT_EQ(99, self->map[AREA + 2099]);
	EXPECT_EQ(0, self->map[AREA + 2100]);
	EXPECT_EQ(100, self->map[AREA + 1000]);
	EXPECT_EQ(201, self->map[AREA]);
	EXPECT_EQ((uint8_t)302, self->map[AREA + 101]);
	EXPECT_EQ(0, self->map[AREA + 102]);
}

TEST_F(ring, short_read)
{
	put(self, 1, 0x12, 1);
	ASSERT_EQ(1, tcmu_ring_next(&self->ring, &self->c));
	answer(self, DRIVE_GOOD, 36);
	EXPECT_EQ(TCMU_UFLAG_READ_LEN, at(self, 0)->hdr.uflags);
	EXPECT_EQ(36, at(self, 0)->rsp.read_len);
}

TEST_F(ring, full_read_and_old_kernel)
{
	uint32_t length = put(self, 1, 0x12, 1);

	ASSERT_EQ(1, tcmu_ring_next(&self->ring, &self->c));
	answer(self, DRIVE_GOOD, 100);
	EXPECT_EQ(0, at(self, 0)->hdr.uflags);
	self->ring.read_len = false;
	put(self, 1, 0x12, 1);
	ASSERT_EQ(1, tcmu_ring_next(&self->ring, &self->c));
	answer(self, DRIVE_GOOD, 36);
	EXPECT_EQ(0, at(self, length)->hdr.uflags);
}

/* Round and round, with padding where an entry doesn't fit any more */
TEST_F(ring, wraps)
{
	unsigned int n;

	for (n = 0; n < 100; n++) {
		if (RING - self->mb->cmd_head < ENTRY + 16 + 2 * sizeof(struct iovec))
			pad(self);
		put(self, (uint16_t)n, 0x28, n % 3);
		ASSERT_EQ(1, tcmu_ring_next(&self->ring, &self->c));
		EXPECT_EQ(n, self->c.id);
		EXPECT_EQ(0x28, self->c.cdb[0]);
		answer(self, DRIVE_GOOD, self->c.data);
		EXPECT_EQ(self->mb->cmd_head, self->mb->cmd_tail);
	}
}

TEST_F(ring, aborted)
{
	uint32_t length = put(self, 5, 0x28, 1);

	ASSERT_EQ(1, tcmu_ring_next(&self->ring, &self->c));
	EXPECT_FALSE(tcmu_ring_aborted(&self->ring, &self->c));
	put(self, 6, 0x00, 0);
	note(self, 6);
	EXPECT_FALSE(tcmu_ring_aborted(&self->ring, &self->c));
	note(self, 5);
	EXPECT_TRUE(tcmu_ring_aborted(&self->ring, &self->c));
	answer(self, DRIVE_CHECK_CONDITION, 0);
	EXPECT_EQ(length, self->mb->cmd_tail);
	ASSERT_EQ(1, tcmu_ring_next(&self->ring, &self->c));
	EXPECT_EQ(6, self->c.id);
	answer(self, DRIVE_GOOD, 0);
	/* The notes go by */
	EXPECT_EQ(0, tcmu_ring_next(&self->ring, &self->c));
	EXPECT_EQ(self->mb->cmd_head, self->mb->cmd_tail);
}

/* Passed over, and marked so that the kernel fails it */
TEST_F(ring, unknown_operation)
{
	uint32_t length = put(self, 1, 0x00, 0);

	put(self, 2, 0x12, 0);
	at(self, 0)->hdr.len_op = length | 5;
	ASSERT_EQ(1, tcmu_ring_next(&self->ring, &self->c));
	EXPECT_EQ(2, self->c.id);
	EXPECT_EQ(TCMU_UFLAG_UNKNOWN_OP, at(self, 0)->hdr.uflags);
	EXPECT_EQ(length, self->mb->cmd_tail);
}

/* One command that contradicts itself costs that command alone */
TEST_F(ring, bad_commands)
{
	static const char *const cases[] = {
		"CDB before the entry", "CDB after the entry", "more iovecs than there is room for",
		"all the iovecs there are", "data both ways", "data in the command ring",
		"data beyond the map", "data that wraps round", "too much data",
	};
	struct tcmu_cmd_entry *e = at(self, 0);
	unsigned int n;

	for (n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		self->mb->cmd_head = 0;
		self->mb->cmd_tail = 0;
		ASSERT_EQ(0, tcmu_ring_open(&self->ring, self->map, SIZE));
		put(self, 1, 0x28, 2);
		put(self, 2, 0x12, 0);
		switch (n) {
		case 0: e->req.cdb_off = OFF - 1; break;
		case 1: e->req.cdb_off = OFF + tcmu_hdr_get_len(e->hdr.len_op); break;
		case 2: e->req.iov_cnt = 9; break;
		case 3: e->req.iov_cnt = UINT32_MAX; break;
		case 4: e->req.iov_bidi_cnt = 1; break;
		case 5: e->req.iov[1].iov_base = (void *)(uintptr_t)(AREA - 1); break;
		case 6: e->req.iov[0].iov_len = SIZE - AREA; break;
		case 7: e->req.iov[0].iov_len = SIZE_MAX - AREA; break;
		case 8: e->req.iov[0].iov_len = TCMU_DATA_MAX + 1; break;
		}
		ASSERT_EQ(1, tcmu_ring_next(&self->ring, &self->c))
			TH_LOG("%s", cases[n]);
		EXPECT_EQ(2, self->c.id)
			TH_LOG("%s", cases[n]);
		EXPECT_EQ(TCMU_UFLAG_UNKNOWN_OP, e->hdr.uflags)
			TH_LOG("%s", cases[n]);
	}
}

/* Where the next entry is can't be known any more */
TEST_F(ring, bad_rings)
{
	struct tcmu_cmd_entry *e = at(self, 0);
	uint32_t length = put(self, 1, 0x28, 2);

	self->mb->cmd_head = RING;
	EXPECT_EQ(-EUCLEAN, tcmu_ring_next(&self->ring, &self->c));
	self->mb->cmd_head = UINT32_MAX;
	EXPECT_EQ(-EUCLEAN, tcmu_ring_next(&self->ring, &self->c));
	self->mb->cmd_head = length - 8;
	EXPECT_EQ(-EUCLEAN, tcmu_ring_next(&self->ring, &self->c));
	self->mb->cmd_head = 4;
	EXPECT_EQ(-EUCLEAN, tcmu_ring_next(&self->ring, &self->c));
	self->mb->cmd_head = length;
	e->hdr.len_op = 0 | TCMU_OP_CMD;
	EXPECT_EQ(-EUCLEAN, tcmu_ring_next(&self->ring, &self->c));
	e->hdr.len_op = 32 | TCMU_OP_CMD;
	EXPECT_EQ(-EUCLEAN, tcmu_ring_next(&self->ring, &self->c));
	e->hdr.len_op = 0xfffffff8 | TCMU_OP_CMD;
	EXPECT_EQ(-EUCLEAN, tcmu_ring_next(&self->ring, &self->c));
}

/* It changes after it was looked at: nothing is touched that isn't the data area's */
TEST_F(ring, changes_meanwhile)
{
	struct tcmu_cmd_entry *e = at(self, 0);

	put(self, 1, 0x28, 2);
	ASSERT_EQ(1, tcmu_ring_next(&self->ring, &self->c));
	e->req.iov[1].iov_len = 60000;
	tcmu_ring_gather(&self->ring, &self->c, self->data);
	e->req.iov[0].iov_base = NULL;
	memset(self->data, 0xee, self->c.data);
	answer(self, DRIVE_GOOD, self->c.data);
	EXPECT_EQ(TCMU_MAILBOX_VERSION, self->mb->version);
}

TEST_F(ring, mailboxes)
{
	struct tcmu_mailbox good = *self->mb;

#define REFUSED(field, value) do {						\
		*self->mb = good;						\
		self->mb->field = (value);					\
		EXPECT_EQ(-EPROTO, tcmu_ring_open(&self->ring, self->map, SIZE)); \
	} while (0)
	REFUSED(version, 1);
	REFUSED(version, 3);
	REFUSED(cmdr_off, 0);
	REFUSED(cmdr_off, OFF + 4);
	REFUSED(cmdr_off, SIZE + 8);
	REFUSED(cmdr_size, 0);
	REFUSED(cmdr_size, RING + 4);
	REFUSED(cmdr_size, SIZE);
	REFUSED(cmdr_size, UINT32_MAX & ~7u);
	REFUSED(cmd_tail, RING);
	REFUSED(cmd_tail, 4);
#undef REFUSED
	EXPECT_EQ(-EPROTO, tcmu_ring_open(&self->ring, self->map, 64));
	*self->mb = good;
	EXPECT_EQ(0, tcmu_ring_open(&self->ring, self->map, SIZE));
}

TEST_HARNESS_MAIN
