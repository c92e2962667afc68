// SPDX-License-Identifier: GPL-2.0-only
/* What is held back from drives once somebody told of another disc */
#include <errno.h>
#include <fcntl.h>
#include <scsi/sg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "guard.h"
#include "kselftest_harness.h"

#define NO_DRIVE	(-2)

static uint64_t told;

static uint64_t changes(void *ctx)
{
	(void)ctx;
	return told;
}

/* /dev/null takes no commands, so what gets there fails. Return: NO_DRIVE, or the status */
static int send(unsigned char opcode, unsigned char *sense, unsigned char room)
{
	unsigned char cdb[12] = { opcode };
	struct sg_io_hdr h = {
		.interface_id = 'S', .dxfer_direction = SG_DXFER_NONE,
		.cmd_len = sizeof(cdb), .cmdp = cdb, .sbp = sense, .mx_sb_len = room,
		.dxfer_len = 7,
	};
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC), ret;

	ret = ioctl(fd, SG_IO, &h);
	close(fd);
	if (ret)
		return NO_DRIVE;
	return h.sb_len_wr == room && h.resid == 7 ? h.status : -1;
}

TEST(commands_that_change_a_disc_are_held_back)
{
	static const unsigned char writing[] = { 0x04, 0x2a, 0x2e, 0x53, 0x54, 0x5b, 0xa1, 0xaa,
						 0xbf };
	static const unsigned char others[] = { 0x00, 0x12, 0x28, 0x35, 0x4a, 0x51, 0x55, 0xa8 };
	unsigned char sense[18];
	size_t i;

	guard_begin(changes, NULL, told);
	for (i = 0; i < sizeof(writing); i++)
		EXPECT_EQ(NO_DRIVE, send(writing[i], sense, sizeof(sense)));
	EXPECT_FALSE(guard_held_back());
	told++;
	for (i = 0; i < sizeof(others); i++)
		EXPECT_EQ(NO_DRIVE, send(others[i], sense, sizeof(sense)));
	EXPECT_FALSE(guard_held_back());
	for (i = 0; i < sizeof(writing); i++) {
		memset(sense, 0, sizeof(sense));
		EXPECT_EQ(0x02, send(writing[i], sense, sizeof(sense)));
		EXPECT_EQ(0x70, sense[0]);
		EXPECT_EQ(0x02, sense[2]);
		EXPECT_EQ(0x3a, sense[12]);
	}
	EXPECT_TRUE(guard_held_back());
	guard_end();
}

/* That it is as it was doesn't make it good again */
TEST(for_the_whole_burn)
{
	unsigned char sense[18];

	guard_begin(changes, NULL, told);
	told++;
	EXPECT_EQ(0x02, send(0x2a, sense, sizeof(sense)));
	told--;
	EXPECT_EQ(0x02, send(0x2a, sense, sizeof(sense)));
	guard_end();
	EXPECT_FALSE(guard_held_back());
	EXPECT_EQ(NO_DRIVE, send(0x2a, sense, sizeof(sense)));
	guard_begin(changes, NULL, told);
	EXPECT_EQ(NO_DRIVE, send(0x2a, sense, sizeof(sense)));
	guard_end();
}

/* One that fails without an answer may have been carried out */
TEST(let_through)
{
	unsigned char sense[18];

	guard_begin(changes, NULL, told);
	EXPECT_EQ(NO_DRIVE, send(0x2a, sense, sizeof(sense)));
	EXPECT_TRUE(guard_let_through());
	guard_begin(changes, NULL, told);
	EXPECT_EQ(NO_DRIVE, send(0x28, sense, sizeof(sense)));
	EXPECT_FALSE(guard_let_through());
	told++;
	EXPECT_EQ(0x02, send(0x2a, sense, sizeof(sense)));
	EXPECT_FALSE(guard_let_through());
	guard_end();
}

TEST(with_little_room_for_an_answer)
{
	unsigned char sense[18] = { 0 };

	guard_begin(changes, NULL, told);
	told++;
	EXPECT_EQ(0x02, send(0x2a, sense, 3));
	EXPECT_EQ(0x02, sense[2]);
	EXPECT_EQ(0, sense[12]);
	EXPECT_EQ(0x02, send(0x2a, NULL, 0));
	guard_end();
}

TEST_HARNESS_MAIN
