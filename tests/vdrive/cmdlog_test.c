// SPDX-License-Identifier: GPL-2.0-only
/* The log: what a line says, and what is left when there is too much */
#include "cmdlog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"

FIXTURE(log) {
	struct cmdlog log;
	struct cmdlog_entry e;
	char *text;
};

FIXTURE_SETUP(log)
{
	memset(self, 0, sizeof(*self));
	ASSERT_EQ(0, cmdlog_init(&self->log));
	self->e.at = 12345678901ull;
	self->e.cdb[0] = 0x2a;
	self->e.cdb[4] = 0x01;
	self->e.cdb[8] = 32;
	self->e.length = 65536;
	self->e.done = 65536;
}

FIXTURE_TEARDOWN(log)
{
	free(self->text);
	cmdlog_free(&self->log);
}

static const char *show(FIXTURE_DATA(log) *self,
			void (*what)(const struct cmdlog *log, FILE *out))
{
	size_t size;
	FILE *out;

	free(self->text);
	self->text = NULL;
	out = open_memstream(&self->text, &size);
	what(&self->log, out);
	fclose(out);
	return self->text;
}

TEST_F(log, lines)
{
	cmdlog_add(&self->log, &self->e);
	EXPECT_STREQ("12.345678 2a WRITE_10 lba=256 blocks=32 length=65536 done=65536 "
		     "status=good cdb=2a000000010000002000\n", show(self, cmdlog_show));
	cmdlog_clear(&self->log);
	self->e = (struct cmdlog_entry) {
		.status = 2, .key = 5, .asc = 0x24, .ascq = 1, .fault = 7,
		.cdb = { 0x51, [8] = 34 }, .length = 34,
	};
	cmdlog_add(&self->log, &self->e);
	EXPECT_STREQ("0.000000 51 READ_DISC_INFORMATION length=34 done=0 sense=5/24/01 fault=7 "
		     "cdb=51000000000000002200\n", show(self, cmdlog_show));
	cmdlog_clear(&self->log);
	self->e.aborted = true;
	self->e.fault = 0;
	self->e.cdb[0] = 0xf0;
	cmdlog_add(&self->log, &self->e);
	EXPECT_STREQ("0.000000 f0 ? length=34 done=0 status=aborted "
		     "cdb=f0000000000000002200000000000000\n", show(self, cmdlog_show));
}

TEST_F(log, parameter_list)
{
	self->e = (struct cmdlog_entry) {
		.cdb = { 0x55, 0x10, [8] = 10 }, .length = 10, .done = 10,
		.list_bytes = 10, .list = { [8] = 0x05, 0x32 },
	};
	cmdlog_add(&self->log, &self->e);
	EXPECT_STREQ("0.000000 55 MODE_SELECT_10 length=10 done=10 status=good "
		     "cdb=55100000000000000a00 list=00000000000000000532\n",
		     show(self, cmdlog_show));
}

TEST_F(log, off_still_counts)
{
	self->log.on = false;
	cmdlog_add(&self->log, &self->e);
	EXPECT_STREQ("", show(self, cmdlog_show));
	self->e.status = 2;
	self->e.cdb[0] = 0x00;
	cmdlog_add(&self->log, &self->e);
	cmdlog_add(&self->log, &self->e);
	EXPECT_STREQ("commands 3\nfailed 2\ncommand 00 TEST_UNIT_READY 2\n"
		     "command 2a WRITE_10 1\n", show(self, cmdlog_stat));
	cmdlog_stat_reset(&self->log);
	EXPECT_STREQ("commands 0\nfailed 0\n", show(self, cmdlog_stat));
}

TEST_F(log, oldest_go)
{
	unsigned int n;
	const char *text;

	for (n = 0; n < CMDLOG_KEPT + 5; n++) {
		self->e.at = n * 1000000ull;
		cmdlog_add(&self->log, &self->e);
	}
	text = show(self, cmdlog_show);
	EXPECT_EQ(0, strncmp(text, "# 5 older ones are not kept\n0.005000 2a", 39));
	for (n = 0; (text = strchr(text, '\n')); n++)
		text++;
	EXPECT_EQ(CMDLOG_KEPT + 1, n);
}

TEST_F(log, file)
{
	char path[] = "/tmp/cmdlog-XXXXXX", line[256] = "";
	int fd = mkstemp(path);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-ENOENT, cmdlog_to(&self->log, "/nonexistent/file"));
	EXPECT_EQ(0, cmdlog_to(&self->log, path));
	cmdlog_add(&self->log, &self->e);
	/* At once, not when the file is closed */
	EXPECT_LT(20, read(fd, line, sizeof(line) - 1));
	EXPECT_STREQ(show(self, cmdlog_show), line);
	EXPECT_EQ(0, cmdlog_to(&self->log, NULL));
	cmdlog_add(&self->log, &self->e);
	EXPECT_EQ(0, read(fd, line, sizeof(line)));
	close(fd);
	unlink(path);
}

TEST_HARNESS_MAIN
