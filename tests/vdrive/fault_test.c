// SPDX-License-Identifier: GPL-2.0-only
/* Rules of faults: what is read of them, and which command they hit */
#include "fault.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kselftest_harness.h"

static int parse(const char *text, struct fault_rule *rule)
{
	char *copy = strdup(text);
	const char *why;
	int rc = fault_parse(copy, rule, &why);

	/* A refusal has a reason, and only a refusal */
	if (!rc != !why)
		abort();
	free(copy);
	return rc;
}

TEST(refused)
{
	static const char *const bad[] = {
		"", " ", "nothing sense=3/11/00", "2a", "100 reset", "-1 reset", "2a nth=0 reset",
		"2a nth= reset", "2a nth=4294967296 reset", "2a nth=1x reset", "2a times=0 reset",
		"2a times=-1 reset", "2a sense=10/00/00", "2a sense=3/100/0", "2a sense=3/11",
		"2a sense=3/11/00/00", "2a sense=//", "2a lba=5-4 reset", "2a lba=- reset",
		"2a lba=4294967296 reset", "2a hang=soon", "2a hang=86401", "2a after",
		"2a hang=1 after", "2a torn=1 power after", "35 torn=1 after", "5b torn=-1 off",
		"2a explode", "2a reset=", "2a reset=1", "2a =", "2a =1", "2a nth", "read short=x",
	};
	struct fault_rule rule;
	size_t n;

	for (n = 0; n < sizeof(bad) / sizeof(bad[0]); n++)
		EXPECT_EQ(-EINVAL, parse(bad[n], &rule))
			TH_LOG("\"%s\" was taken", bad[n]);
}

TEST(whole_rule)
{
	struct fault_rule rule;

	ASSERT_EQ(0, parse("write_10 nth=3 times=2 lba=0x10-0x1f hang=7 torn=5 power", &rule));
	EXPECT_EQ(0x2a, rule.what);
	EXPECT_EQ(3, rule.nth);
	EXPECT_EQ(2, rule.times);
	EXPECT_TRUE(rule.ranged);
	EXPECT_EQ(16, rule.first);
	EXPECT_EQ(31, rule.last);
	EXPECT_EQ(7, rule.action.hang);
	EXPECT_TRUE(rule.action.torn);
	EXPECT_EQ(5, rule.action.steps);
	EXPECT_EQ(FAULT_END_POWER, rule.action.end);
}

TEST(torn_ends_in_write_error)
{
	struct fault_rule rule;

	ASSERT_EQ(0, parse("write torn=0", &rule));
	EXPECT_EQ(FAULT_END_SENSE, rule.action.end);
	EXPECT_EQ(0x3, rule.action.key);
	EXPECT_EQ(0x0c, rule.action.asc);
}

/* What is listed is read back as the same rule */
TEST(listed)
{
	static const char *const rules[] = {
		"any nth=1 times=1 reset", "read nth=2 times=every lba=0-4294967295 short=0",
		"write nth=1 times=9 hang=forever torn=4 off", "5b nth=1 times=1 power after",
		"2a nth=1 times=1 hang=3 sense=b/08/03 after", "any nth=1 times=1 torn=1 power",
	};
	struct faults faults = { 0 };
	struct fault_rule rule;
	char *text = NULL, *line, *save;
	size_t size, n;
	FILE *out = open_memstream(&text, &size);

	for (n = 0; n < sizeof(rules) / sizeof(rules[0]); n++) {
		ASSERT_EQ(0, parse(rules[n], &rule));
		ASSERT_EQ((int)n + 1, fault_add(&faults, &rule));
	}
	fault_list(&faults, out);
	fclose(out);
	line = strtok_r(text, "\n", &save);
	for (n = 0; n < sizeof(rules) / sizeof(rules[0]); n++) {
		ASSERT_NE(NULL, line);
		ASSERT_NE(NULL, strstr(line, ": "));
		EXPECT_STREQ(rules[n], strstr(line, ": ") + 2);
		line = strtok_r(NULL, "\n", &save);
	}
	EXPECT_EQ(NULL, line);
	free(text);
}

FIXTURE(hits) {
	struct faults faults;
	uint8_t cdb[16];
};

FIXTURE_SETUP(hits)
{
	memset(self, 0, sizeof(*self));
}

FIXTURE_TEARDOWN(hits)
{
}

static int add(FIXTURE_DATA(hits) *self, const char *text)
{
	struct fault_rule rule;

	return parse(text, &rule) ? -EINVAL : fault_add(&self->faults, &rule);
}

/* Gives the id of the rule that hit, or 0 */
static unsigned int command(FIXTURE_DATA(hits) *self, uint8_t op, uint32_t lba, uint16_t blocks)
{
	const struct fault_rule *rule;

	memset(self->cdb, 0, sizeof(self->cdb));
	self->cdb[0] = op;
	self->cdb[2] = (uint8_t)(lba >> 24);
	self->cdb[3] = (uint8_t)(lba >> 16);
	self->cdb[4] = (uint8_t)(lba >> 8);
	self->cdb[5] = (uint8_t)lba;
	self->cdb[7] = (uint8_t)(blocks >> 8);
	self->cdb[8] = (uint8_t)blocks;
	rule = fault_hit(&self->faults, self->cdb);
	return rule ? rule->id : 0;
}

TEST_F(hits, nth_and_times)
{
	int n;

	ASSERT_EQ(1, add(self, "2a nth=3 times=2 reset"));
	for (n = 1; n <= 6; n++) {
		EXPECT_EQ(0, command(self, 0x28, 0, 1));
		EXPECT_EQ(n == 3 || n == 4 ? 1 : 0, command(self, 0x2a, 0, 1));
	}
}

TEST_F(hits, every)
{
	int n;

	ASSERT_EQ(1, add(self, "00 times=every sense=2/3a/00"));
	for (n = 0; n < 100; n++)
		EXPECT_EQ(1, command(self, 0, 0, 0));
}

/* The range is closed; a command that touches one block of it counts */
TEST_F(hits, range)
{
	ASSERT_EQ(1, add(self, "read lba=100-199 times=every short=0"));
	EXPECT_EQ(0, command(self, 0x28, 99, 1));
	EXPECT_EQ(1, command(self, 0x28, 99, 2));
	EXPECT_EQ(1, command(self, 0x28, 199, 1));
	EXPECT_EQ(0, command(self, 0x28, 200, 1));
	EXPECT_EQ(1, command(self, 0x28, 0, 65535));
	EXPECT_EQ(0, command(self, 0x2a, 100, 1));
	EXPECT_EQ(4, self->faults.rule[0].seen + 1);
}

TEST_F(hits, end_of_numbers)
{
	ASSERT_EQ(1, add(self, "read lba=0 times=every reset"));
	ASSERT_EQ(2, add(self, "read lba=4294967295 times=every reset"));
	EXPECT_EQ(2, command(self, 0x28, UINT32_MAX, 2));
	EXPECT_EQ(0, command(self, 0x28, UINT32_MAX, 0));
}

/* Without an LBA no range fits */
TEST_F(hits, range_of_what_has_none)
{
	ASSERT_EQ(1, add(self, "any lba=0-4294967295 reset"));
	EXPECT_EQ(0, command(self, 0x51, 0, 0));
	EXPECT_EQ(1, command(self, 0x28, 7, 1));
}

/* Both count, the older one hits */
TEST_F(hits, two_rules)
{
	ASSERT_EQ(1, add(self, "write nth=2 reset"));
	ASSERT_EQ(2, add(self, "any nth=2 times=2 off"));
	EXPECT_EQ(0, command(self, 0x2a, 0, 1));
	EXPECT_EQ(1, command(self, 0x2a, 0, 1));
	EXPECT_EQ(2, command(self, 0x2a, 0, 1));
	EXPECT_EQ(3, self->faults.rule[1].seen);
}

TEST_F(hits, cleared)
{
	ASSERT_EQ(1, add(self, "00 times=every reset"));
	ASSERT_EQ(2, add(self, "12 times=every reset"));
	EXPECT_EQ(0, fault_clear(&self->faults, 1));
	EXPECT_EQ(-ESRCH, fault_clear(&self->faults, 1));
	EXPECT_EQ(0, command(self, 0, 0, 0));
	EXPECT_EQ(2, command(self, 0x12, 0, 0));
	EXPECT_EQ(0, fault_clear(&self->faults, 0));
	EXPECT_EQ(0, command(self, 0x12, 0, 0));
	EXPECT_EQ(3, add(self, "00 reset"));
}

TEST_F(hits, too_many)
{
	unsigned int n;

	for (n = 0; n < FAULT_RULES; n++)
		ASSERT_EQ((int)n + 1, add(self, "00 reset"));
	EXPECT_EQ(-ENOSPC, add(self, "00 reset"));
}

TEST_HARNESS_MAIN
