// SPDX-License-Identifier: GPL-2.0-only
/* Dates of records and descriptors */
#include <time.h>
#include "core.h"
#include "kselftest_harness.h"

static const struct {
	const char *name;
	struct imapi_iso_date date;
	s64 want;
} records[] = {
	{ .name = "epoch", .date = { 70, 1, 1, 0, 0, 0, 0 }, .want = 0 },
	{ .name = "a second later", .date = { 70, 1, 1, 0, 0, 1, 0 }, .want = 1 },
	{ .name = "first of all", .date = { 0, 1, 1, 0, 0, 0, 0 }, .want = IMAPI_TIME_MIN },
	{ .name = "last of all", .date = { 255, 12, 31, 23, 59, 59, 0 },
	  .want = IMAPI_TIME_MAX },
	{ .name = "leap day of 2000", .date = { 100, 2, 29, 12, 0, 0, 0 }, .want = 951825600 },
	{ .name = "day after it", .date = { 100, 3, 1, 12, 0, 0, 0 }, .want = 951912000 },
	{ .name = "leap day of 2024", .date = { 124, 2, 29, 0, 0, 0, 0 }, .want = 1709164800 },
	{ .name = "1900 is no leap year", .date = { 0, 2, 29, 0, 0, 0, 0 }, .want = 0 },
	{ .name = "2100 is no leap year", .date = { 200, 2, 29, 0, 0, 0, 0 }, .want = 0 },
	{ .name = "2023 is no leap year", .date = { 123, 2, 29, 0, 0, 0, 0 }, .want = 0 },
	{ .name = "an hour east", .date = { 100, 1, 1, 1, 0, 0, 4 }, .want = 946684800 },
	{ .name = "five hours west", .date = { 99, 12, 31, 19, 0, 0, -20 }, .want = 946684800 },
	{ .name = "a quarter of an hour", .date = { 100, 1, 1, 5, 45, 0, 23 }, .want = 946684800 },
	{ .name = "farthest east", .date = { 100, 1, 1, 13, 0, 0, 52 }, .want = 946684800 },
	{ .name = "farthest west", .date = { 99, 12, 31, 12, 0, 0, -48 }, .want = 946684800 },
	{ .name = "too far east", .date = { 100, 1, 1, 0, 0, 0, 53 }, .want = 0 },
	{ .name = "too far west", .date = { 100, 1, 1, 0, 0, 0, -49 }, .want = 0 },
	{ .name = "all zeros", .date = { 0, 0, 0, 0, 0, 0, 0 }, .want = 0 },
	{ .name = "all ones", .date = { 255, 255, 255, 255, 255, 255, -1 }, .want = 0 },
	{ .name = "month 0", .date = { 100, 0, 1, 0, 0, 0, 0 }, .want = 0 },
	{ .name = "month 13", .date = { 100, 13, 1, 0, 0, 0, 0 }, .want = 0 },
	{ .name = "day 0", .date = { 100, 1, 0, 0, 0, 0, 0 }, .want = 0 },
	{ .name = "31 April", .date = { 100, 4, 31, 0, 0, 0, 0 }, .want = 0 },
	{ .name = "hour 24", .date = { 100, 1, 1, 24, 0, 0, 0 }, .want = 0 },
	{ .name = "minute 60", .date = { 100, 1, 1, 0, 60, 0, 0 }, .want = 0 },
	{ .name = "second 60", .date = { 100, 1, 1, 0, 0, 60, 0 }, .want = 0 },
};

TEST(record_decode)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(records); i++)
		EXPECT_EQ(records[i].want, imapi_date_decode(&records[i].date))
			TH_LOG("%s", records[i].name);
}

/* Every half day and something there is, against the C library */
TEST(record_encode_all_days)
{
	struct imapi_iso_date d;
	struct tm tm;
	time_t t;

	for (t = IMAPI_TIME_MIN; t <= IMAPI_TIME_MAX; t += 43201) {
		imapi_date_encode(t, &d);
		ASSERT_NE(NULL, gmtime_r(&t, &tm));
		ASSERT_EQ(tm.tm_year, d.year);
		ASSERT_EQ(tm.tm_mon + 1, d.month);
		ASSERT_EQ(tm.tm_mday, d.day);
		ASSERT_EQ(tm.tm_hour, d.hour);
		ASSERT_EQ(tm.tm_min, d.minute);
		ASSERT_EQ(tm.tm_sec, d.second);
		ASSERT_EQ(0, d.zone);
		ASSERT_EQ(t, imapi_date_decode(&d));
	}
}

static const struct {
	const char *name;
	s64 t, want;
} clamps[] = {
	{ .name = "last of all", .t = IMAPI_TIME_MAX, .want = IMAPI_TIME_MAX },
	{ .name = "a second later", .t = IMAPI_TIME_MAX + 1, .want = IMAPI_TIME_MAX },
	{ .name = "end of time", .t = INT64_MAX, .want = IMAPI_TIME_MAX },
	{ .name = "first of all", .t = IMAPI_TIME_MIN, .want = IMAPI_TIME_MIN },
	{ .name = "a second before", .t = IMAPI_TIME_MIN - 1, .want = IMAPI_TIME_MIN },
	{ .name = "begin of time", .t = INT64_MIN, .want = IMAPI_TIME_MIN },
};

TEST(encode_clamps)
{
	struct imapi_iso_longdate l;
	struct imapi_iso_date d;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(clamps); i++) {
		imapi_date_encode(clamps[i].t, &d);
		EXPECT_EQ(clamps[i].want, imapi_date_decode(&d))
			TH_LOG("%s", clamps[i].name);
		imapi_longdate_encode(clamps[i].t, &l);
		EXPECT_EQ(clamps[i].want, imapi_longdate_decode(&l))
			TH_LOG("%s", clamps[i].name);
	}
}

static const struct {
	const char *name;
	struct imapi_iso_longdate date;
	s64 want;
} volumes[] = {
	{ .name = "not specified", .date = { "0000000000000000", 0 }, .want = 0 },
	{ .name = "NULs", .date = { "", 0 }, .want = 0 },
	{ .name = "spaces", .date = { "                ", 0 }, .want = 0 },
	{ .name = "UTC", .date = { "2000010100000000", 0 }, .want = 946684800 },
	{ .name = "hundredths don't count", .date = { "2000010100000099", 0 },
	  .want = 946684800 },
	{ .name = "zone", .date = { "2000010105450000", 23 }, .want = 946684800 },
	{ .name = "first year", .date = { "0001010100000000", 0 }, .want = -62135596800 },
	{ .name = "last year", .date = { "9999123123595900", 0 }, .want = 253402300799 },
	{ .name = "year 0", .date = { "0000010100000000", 0 }, .want = 0 },
	{ .name = "letter", .date = { "200O010100000000", 0 }, .want = 0 },
	{ .name = "month 13", .date = { "2000130100000000", 0 }, .want = 0 },
	{ .name = "30 February", .date = { "2000023000000000", 0 }, .want = 0 },
	{ .name = "hour 24", .date = { "2000010124000000", 0 }, .want = 0 },
	{ .name = "zone out of range", .date = { "2000010100000000", 100 }, .want = 0 },
};

TEST(volume_decode)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(volumes); i++)
		EXPECT_EQ(volumes[i].want, imapi_longdate_decode(&volumes[i].date))
			TH_LOG("%s", volumes[i].name);
}

TEST(volume_encode)
{
	struct imapi_iso_longdate d;

	imapi_longdate_encode(951825601, &d);
	EXPECT_EQ(0, memcmp(d.digits, "2000022912000100", sizeof(d.digits)));
	EXPECT_EQ(0, d.zone);
	imapi_longdate_encode(0, &d);
	EXPECT_EQ(0, memcmp(d.digits, "0000000000000000", sizeof(d.digits)));
	EXPECT_EQ(0, d.zone);
}

TEST_HARNESS_MAIN
