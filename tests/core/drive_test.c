// SPDX-License-Identifier: GPL-2.0-only
/* Waiting for a drive that is at work: what is sent to it, and for how long */
#include <scsi/sg.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include "drive_private.h"
#include "guard.h"
#include "kselftest_harness.h"

#define READ_DISC_INFORMATION	0x51
#define INFO_BYTES		34u
#define FOR_EVER		UINT32_MAX
#define HOUR_MS			3600000u

/* The drive: so many commands get this sense data, or this status and none */
static struct {
	u8 key, asc, ascq, status;
	u32 refusals;
	u32 asked;
	u32 others;		/* commands that are not READ DISC INFORMATION */
	u64 waited_ms;
} answers;

/* In place of guard.c's, which would bring another ioctl() with it */
uint64_t guard_attentions(void)
{
	return 0;
}

static void refuse(struct sg_io_hdr *h)
{
	answers.refusals -= answers.refusals != FOR_EVER;
	h->status = answers.status;
	if (!answers.key)
		return;
	imapi_sense_build(answers.key, answers.asc, answers.ascq, h->sbp);
	h->sb_len_wr = IMAPI_SENSE_FIXED;
}

int ioctl(int fd, unsigned long request, ...)
{
	struct sg_io_hdr *h;
	va_list ap;

	va_start(ap, request);
	h = va_arg(ap, struct sg_io_hdr *);
	va_end(ap);
	if (fd != -1 || request != SG_IO)
		return -1;
	if (h->cmdp[0] == READ_DISC_INFORMATION)
		answers.asked++;
	else
		answers.others++;
	if (answers.refusals)
		refuse(h);
	else
		((u8 *)h->dxferp)[1] = INFO_BYTES - 2;
	return 0;
}

int nanosleep(const struct timespec *t, struct timespec *left)
{
	(void)left;
	answers.waited_ms += (u64)t->tv_sec * 1000 + (u64)t->tv_nsec / 1000000;
	return 0;
}

FIXTURE(settle) {
	struct drive d;
};

FIXTURE_SETUP(settle)
{
	memset(&answers, 0, sizeof(answers));
	memset(&self->d, 0, sizeof(self->d));
	self->d.fd = -1;
	ASSERT_EQ(0, drive_init(&self->d));
}

FIXTURE_TEARDOWN(settle)
{
	EXPECT_EQ(0, answers.others);
	drive_exit(&self->d);
}

TEST_F(settle, a_drive_that_is_done_is_asked_once)
{
	drive_settle(&self->d);
	EXPECT_EQ(1, answers.asked);
	EXPECT_EQ(0, answers.waited_ms);
}

TEST_F(settle, work_that_takes_longer_than_a_look_waits)
{
	static const u8 qualifiers[] = { 0x01, 0x04, 0x07, 0x08 };
	size_t i;

	for (i = 0; i < sizeof(qualifiers); i++) {
		memset(&answers, 0, sizeof(answers));
		answers.key = 2;
		answers.asc = 0x04;
		answers.ascq = qualifiers[i];
		answers.refusals = 400;
		drive_settle(&self->d);
		EXPECT_EQ(401, answers.asked);
		EXPECT_LT(10 * IMAPI_MMC_PATIENCE, answers.waited_ms);
	}
}

TEST_F(settle, work_that_never_ends_is_given_up)
{
	answers.key = 2;
	answers.asc = 0x04;
	answers.ascq = 0x07;
	answers.refusals = FOR_EVER;
	drive_settle(&self->d);
	EXPECT_EQ(HOUR_MS, answers.waited_ms);
}

/* A change is told of later on: it isn't lost with the command that heard of it */
TEST_F(settle, a_change_is_noted)
{
	u64 changes = drive_changes(&self->d);

	answers.key = 6;
	answers.asc = 0x28;
	answers.refusals = 1;
	drive_settle(&self->d);
	EXPECT_EQ(2, answers.asked);
	EXPECT_NE(changes, drive_changes(&self->d));
}

/* All else is for the look that follows */
TEST_F(settle, no_other_answer_is_waited_for)
{
	static const struct {
		const char *name;
		u8 key, asc, ascq, status;
	} others[] = {
		{ "no disc", 2, 0x3a, 0x01, 0x02 },
		{ "a command is wanted", 2, 0x04, 0x02, 0x02 },
		{ "it doesn't know the command", 5, 0x20, 0x00, 0x02 },
		{ "the disc can't be read", 3, 0x57, 0x00, 0x02 },
		{ "another host has reserved it", 0, 0, 0, 0x18 },
	};
	size_t i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		memset(&answers, 0, sizeof(answers));
		answers.key = others[i].key;
		answers.asc = others[i].asc;
		answers.ascq = others[i].ascq;
		answers.status = others[i].status;
		answers.refusals = FOR_EVER;
		drive_settle(&self->d);
		EXPECT_EQ(1, answers.asked) TH_LOG("%s", others[i].name);
		EXPECT_EQ(0, answers.waited_ms) TH_LOG("%s", others[i].name);
	}
}

TEST_HARNESS_MAIN
