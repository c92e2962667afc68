// SPDX-License-Identifier: GPL-2.0-only
/* The control language, and what it does to a drive: faults, power, log */
#include "control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kselftest_harness.h"

static int parse(const char *line, struct control_request *request, char **copy)
{
	const char *why = NULL;
	int rc;

	*copy = strdup(line);
	rc = control_parse(*copy, request, &why);
	if (rc && !why)
		abort();
	return rc;
}

TEST(refused)
{
	static const char *const bad[] = {
		"", " ", "insert", "insert ", "inserted x", "ejec", "eject now", "power up",
		"power off now", "quirk", "quirk close-event", "quirk close-event maybe",
		"quirk  on", "busy", "busy -1", "busy 1x", "busy 4294967296", "closing",
		"closing all", "fault",
		"fault add", "fault add 2a", "fault clear x", "fault clear 0", "fault list all",
		"log", "log file", "log maybe", "clock", "clock stop", "stat all", "device 1", "quit now", "\t", "\x80",
	};
	struct control_request r;
	char *copy;
	size_t n;

	for (n = 0; n < sizeof(bad) / sizeof(bad[0]); n++) {
		EXPECT_EQ(-EINVAL, parse(bad[n], &r, &copy))
			TH_LOG("\"%s\" was taken", bad[n]);
		free(copy);
	}
}

TEST(taken)
{
	static const struct {
		const char *line;
		enum control_verb verb;
		const char *text;
		unsigned int number;
	} good[] = {
		{ "insert /tmp/a b ", CONTROL_INSERT, "/tmp/a b", 0 },
		{ "  swap   /x", CONTROL_SWAP, "/x", 0 },
		{ "power", CONTROL_POWER, NULL, 0 },
		{ "power  on", CONTROL_POWER_ON, NULL, 0 },
		{ "power off", CONTROL_POWER_OFF, NULL, 0 },
		{ "busy 12", CONTROL_BUSY, NULL, 12 },
		{ "closing 90", CONTROL_CLOSING, NULL, 90 },
		{ "fault clear", CONTROL_FAULT_CLEAR, NULL, 0 },
		{ "fault clear 3", CONTROL_FAULT_CLEAR, NULL, 3 },
		{ "log file /a", CONTROL_LOG_FILE, "/a", 0 },
		{ "quirk close-event off", CONTROL_QUIRK, "close-event", 0 },
	};
	struct control_request r;
	char *copy;
	size_t n;

	for (n = 0; n < sizeof(good) / sizeof(good[0]); n++) {
		ASSERT_EQ(0, parse(good[n].line, &r, &copy))
			TH_LOG("\"%s\"", good[n].line);
		EXPECT_EQ(good[n].verb, r.verb);
		EXPECT_EQ(good[n].number, r.number);
		EXPECT_EQ(!good[n].text, !r.text);
		if (good[n].text)
			EXPECT_STREQ(good[n].text, r.text);
		free(copy);
	}
}

FIXTURE(control) {
	struct bay bay;
	char folder[32];
	char disc[64];
	char *text;
	uint8_t cdb[16];
	uint8_t data[4 * 2048];
	struct command c;
};

FIXTURE_SETUP(control)
{
	memset(self, 0, sizeof(*self));
	strcpy(self->folder, "/tmp/vdrive-XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->folder));
	snprintf(self->disc, sizeof(self->disc), "%s/disc", self->folder);
	ASSERT_EQ(0, disc_create(self->disc, "dvd-ram"));
	ASSERT_EQ(0, bay_init(&self->bay));
}

FIXTURE_TEARDOWN(control)
{
	char command[64];

	bay_free(&self->bay);
	free(self->text);
	snprintf(command, sizeof(command), "rm -r %s", self->folder);
	EXPECT_EQ(0, system(command));
}

static const char *say(FIXTURE_DATA(control) *self, const char *line)
{
	char *copy = strdup(line);
	size_t size;
	FILE *out;

	free(self->text);
	self->text = NULL;
	out = open_memstream(&self->text, &size);
	control_line(&self->bay, copy, out);
	fclose(out);
	free(copy);
	return self->text;
}

/* Return: the sense as 0xKAAQQ, 0 for GOOD, -1 while it hangs */
static int send(FIXTURE_DATA(control) *self, uint8_t op, uint32_t lba, uint8_t blocks)
{
	struct bay_plan plan;

	memset(self->cdb, 0, sizeof(self->cdb));
	self->cdb[0] = op;
	self->cdb[4] = (uint8_t)(lba >> 8);
	self->cdb[5] = (uint8_t)lba;
	self->cdb[8] = blocks;
	self->c = (struct command) {
		.cdb = self->cdb, .data = self->data, .length = blocks * 2048u,
	};
	plan = bay_plan(&self->bay, self->cdb);
	if (plan.action.hang)
		return -1;
	bay_run(&self->bay, &plan, &self->c);
	if (self->c.status == DRIVE_GOOD)
		return 0;
	return (self->c.sense[2] & 0xf) << 16 | self->c.sense[12] << 8 | self->c.sense[13];
}

/* A disc is in, and nothing is left to be told */
static int get_ready(FIXTURE_DATA(control) *self)
{
	char line[96];
	int tries, rc = -1;

	snprintf(line, sizeof(line), "insert %s", self->disc);
	if (strcmp(say(self, line), "ok\n"))
		return -1;
	for (tries = 0; tries < 8 && rc; tries++)
		rc = send(self, 0x00, 0, 0);
	return rc;
}

TEST_F(control, no_disc)
{
	EXPECT_STREQ("error: there is no disc in it\n", say(self, "eject"));
	EXPECT_EQ(0, strncmp("error: No such file", say(self, "insert /nonexistent"), 19));
	EXPECT_EQ(0, strncmp("error: that isn't a disc", say(self, "insert /etc/passwd"), 24));
	EXPECT_EQ(0, strncmp("error: that isn't a disc", say(self, "swap /etc/passwd"), 24));
	EXPECT_EQ(0, strncmp("error: ", say(self, "quirk no-such-thing on"), 7));
}

TEST_F(control, disc_in_and_out)
{
	char line[96];

	ASSERT_EQ(0, get_ready(self));
	snprintf(line, sizeof(line), "insert %s", self->disc);
	EXPECT_EQ(0, strncmp("error: ", say(self, line), 7));
	EXPECT_STREQ("ok\n", say(self, "eject"));
	EXPECT_NE(0, send(self, 0x00, 0, 0));
	EXPECT_STREQ("ok\n", say(self, line));
}

/* What a refused swap would have taken out stays in */
TEST_F(control, swap_for_nothing)
{
	ASSERT_EQ(0, get_ready(self));
	EXPECT_EQ(0, strncmp("error: ", say(self, "swap /nonexistent"), 7));
	EXPECT_EQ(0, send(self, 0x00, 0, 0));
}

TEST_F(control, sense)
{
	ASSERT_EQ(0, get_ready(self));
	EXPECT_STREQ("ok\n1\n", say(self, "fault add 28 nth=2 sense=3/11/05"));
	EXPECT_EQ(0, send(self, 0x28, 0, 1));
	EXPECT_EQ(0x31105, send(self, 0x28, 0x1234, 1));
	/* With the block in it */
	EXPECT_EQ(0xf0, self->c.sense[0]);
	EXPECT_EQ(0x12, self->c.sense[5]);
	EXPECT_EQ(0x34, self->c.sense[6]);
	EXPECT_EQ(0, self->c.done);
	EXPECT_EQ(0, send(self, 0x28, 0, 1));
	EXPECT_NE(NULL, strstr(say(self, "log show"), "sense=3/11/05 fault=1"));
}

TEST_F(control, short_data)
{
	ASSERT_EQ(0, get_ready(self));
	say(self, "fault add read short=100");
	EXPECT_EQ(0, send(self, 0x28, 0, 2));
	EXPECT_EQ(100, self->c.done);
	EXPECT_EQ(0, send(self, 0x28, 0, 2));
	EXPECT_EQ(4096, self->c.done);
}

TEST_F(control, hangs)
{
	struct bay_plan plan;

	ASSERT_EQ(0, get_ready(self));
	say(self, "clock reset");
	say(self, "fault add 00 hang=5");
	memset(self->cdb, 0, sizeof(self->cdb));
	plan = bay_plan(&self->bay, self->cdb);
	EXPECT_EQ(5, plan.action.hang);
	self->c = (struct command) { .cdb = self->cdb };
	bay_run(&self->bay, &plan, &self->c);
	EXPECT_EQ(DRIVE_GOOD, self->c.status);
	EXPECT_STREQ("ok\n5.000200\n", say(self, "clock show"));
	bay_abandon(&self->bay, &plan, &self->c);
	EXPECT_NE(NULL, strstr(say(self, "log show"), "status=aborted fault=1"));
}

/* Of commands to the medium, and of no others */
TEST_F(control, busy)
{
	ASSERT_EQ(0, get_ready(self));
	EXPECT_STREQ("ok\n", say(self, "busy 2"));
	EXPECT_EQ(0x20408, send(self, 0x00, 0, 0));
	EXPECT_EQ(0, send(self, 0x12, 0, 0));
	EXPECT_EQ(0x20408, send(self, 0x28, 0, 1));
	EXPECT_EQ(0, send(self, 0x28, 0, 1));
	EXPECT_STREQ("ok\n", say(self, "busy 9"));
	EXPECT_EQ(0x20408, send(self, 0x00, 0, 0));
	EXPECT_STREQ("ok\n", say(self, "busy 0"));
	EXPECT_EQ(0, send(self, 0x00, 0, 0));
}

/* Three blocks are sent, one arrives */
TEST_F(control, torn)
{
	ASSERT_EQ(0, get_ready(self));
	memset(self->data, 'x', sizeof(self->data));
	ASSERT_EQ(0, send(self, 0x2a, 0, 4));
	memset(self->data, 'y', sizeof(self->data));
	say(self, "fault add write lba=2 torn=1");
	EXPECT_EQ(0x30c00, send(self, 0x2a, 0, 3));
	EXPECT_EQ(0xf0, self->c.sense[0]);
	EXPECT_EQ(1, self->c.sense[6]);
	memset(self->data, 0, sizeof(self->data));
	ASSERT_EQ(0, send(self, 0x28, 0, 4));
	EXPECT_EQ('y', self->data[0]);
	EXPECT_EQ('y', self->data[2047]);
	EXPECT_EQ('x', self->data[2048]);
	EXPECT_EQ('x', self->data[4 * 2048 - 1]);
}

TEST_F(control, reset)
{
	ASSERT_EQ(0, get_ready(self));
	memset(self->data, 'x', 2048);
	ASSERT_EQ(0, send(self, 0x2a, 0, 1));
	say(self, "fault add 2a reset");
	memset(self->data, 'y', 2048);
	/* UNIT ATTENTION, some kind of reset; and the write didn't happen */
	EXPECT_EQ(0x629, send(self, 0x2a, 0, 1) >> 8);
	ASSERT_EQ(0, send(self, 0x28, 0, 1));
	EXPECT_EQ('x', self->data[0]);
}

TEST_F(control, power_before_and_after)
{
	ASSERT_EQ(0, get_ready(self));
	memset(self->data, 'x', 2048);
	say(self, "fault add 2a power");
	EXPECT_EQ(0x20800, send(self, 0x2a, 0, 1));
	EXPECT_EQ(0x629, send(self, 0x00, 0, 0) >> 8);
	while (send(self, 0x00, 0, 0))
		;
	ASSERT_EQ(0, send(self, 0x28, 0, 1));
	EXPECT_EQ(0, self->data[0]);
}

TEST_F(control, off_until_on)
{
	ASSERT_EQ(0, get_ready(self));
	say(self, "fault add 00 off");
	EXPECT_EQ(0x20800, send(self, 0x00, 0, 0));
	EXPECT_EQ(0x20800, send(self, 0x12, 0, 0));
	EXPECT_STREQ("error: it has no power\n", say(self, "button"));
	EXPECT_STREQ("ok\n", say(self, "power on"));
	EXPECT_EQ(0x629, send(self, 0x00, 0, 0) >> 8);
	/* Once more changes nothing */
	while (send(self, 0x00, 0, 0))
		;
	EXPECT_STREQ("ok\n", say(self, "power on"));
	EXPECT_EQ(0, send(self, 0x00, 0, 0));
}

TEST_F(control, counts)
{
	char *text;

	ASSERT_EQ(0, get_ready(self));
	say(self, "stat reset");
	ASSERT_EQ(0, send(self, 0x28, 0, 2));
	ASSERT_EQ(0, send(self, 0x28, 2, 2));
	text = (char *)say(self, "stat");
	EXPECT_NE(NULL, strstr(text, "commands 2\n"));
	EXPECT_NE(NULL, strstr(text, "command 28 READ_10 2\n"));
	EXPECT_NE(NULL, strstr(text, "blocks-read 4\n"));
	EXPECT_NE(NULL, strstr(text, "seeks 0\n"));
}

TEST_HARNESS_MAIN
