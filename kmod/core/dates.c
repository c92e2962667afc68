// SPDX-License-Identifier: GPL-2.0-only
/* Dates of directory records and descriptors (ECMA-119 9.1.5, 8.4.26.1). */
#include "core.h"

#define DAY_SECONDS	86400
/* Days from 0001-01-01 to 1970-01-01 */
#define EPOCH_DAYS	719162
/* Days from 0001-01-01 to 1900-01-01, what IMAPI_TIME_MIN says */
#define MIN_DAYS	693595
/* Quarters of an hour (ECMA-119 9.1.5) */
#define ZONE_MIN	(-48)
#define ZONE_MAX	52

struct civil {
	u32 year;		/* 1 to 9999 */
	u32 month, day;		/* from 1 */
	u32 hour, minute, second;
};

static const u16 month_start[2][13] = {
	{ 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365 },
	{ 0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335, 366 },
};

static u32 is_leap(u32 year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Days from 0001-01-01 to the first of January of @year */
static u32 year_start(u32 year)
{
	u32 past = year - 1;

	return past * 365 + past / 4 - past / 100 + past / 400;
}

static bool civil_valid(const struct civil *c)
{
	const u16 *start = month_start[is_leap(c->year)];

	if (c->year < 1 || c->month < 1 || c->month > 12)
		return false;
	if (c->day < 1 || c->day > (u32)(start[c->month] - start[c->month - 1]))
		return false;
	return c->hour < 24 && c->minute < 60 && c->second < 60;
}

/* Seconds since 1970 of a time in a zone; 0 if it isn't one */
static s64 civil_to_time(const struct civil *c, s8 zone)
{
	s64 days;

	if (!civil_valid(c) || zone < ZONE_MIN || zone > ZONE_MAX)
		return 0;
	days = (s64)year_start(c->year) + month_start[is_leap(c->year)][c->month - 1] +
	       c->day - 1 - EPOCH_DAYS;
	return days * DAY_SECONDS + (s64)c->hour * 3600 + c->minute * 60 + c->second -
	       zone * 15 * 60;
}

static void time_to_civil(s64 t, struct civil *c)
{
	const u16 *start;
	u32 days, seconds;
	u64 since;

	if (t < IMAPI_TIME_MIN)
		t = IMAPI_TIME_MIN;
	if (t > IMAPI_TIME_MAX)
		t = IMAPI_TIME_MAX;
	since = (u64)(t - IMAPI_TIME_MIN);
	/* In two steps because 32-bit kernels have no 64-bit division */
	days = (u32)(since >> 7) / (DAY_SECONDS >> 7);
	seconds = (u32)(since - (u64)days * DAY_SECONDS);
	c->hour = seconds / 3600;
	c->minute = seconds / 60 % 60;
	c->second = seconds % 60;

	c->year = 1900 + days / 366;
	days += MIN_DAYS;
	while (days >= year_start(c->year + 1))
		c->year++;
	days -= year_start(c->year);
	start = month_start[is_leap(c->year)];
	for (c->month = 1; days >= start[c->month]; c->month++)
		;
	c->day = days - start[c->month - 1] + 1;
}

s64 imapi_date_decode(const struct imapi_iso_date *d)
{
	struct civil c = {
		.year = 1900u + d->year,
		.month = d->month,
		.day = d->day,
		.hour = d->hour,
		.minute = d->minute,
		.second = d->second,
	};

	return civil_to_time(&c, d->zone);
}

void imapi_date_encode(s64 t, struct imapi_iso_date *d)
{
	struct civil c;

	time_to_civil(t, &c);
	d->year = (u8)(c.year - 1900);
	d->month = (u8)c.month;
	d->day = (u8)c.day;
	d->hour = (u8)c.hour;
	d->minute = (u8)c.minute;
	d->second = (u8)c.second;
	d->zone = 0;
}

/* @n digits as a number, or -EINVAL */
static int get_digits(const u8 *p, int n, u32 *value)
{
	*value = 0;
	while (n--) {
		if (*p < '0' || *p > '9')
			return -EINVAL;
		*value = *value * 10 + (u32)(*p++ - '0');
	}
	return 0;
}

static void put_digits(u8 *p, int n, u32 value)
{
	while (n--) {
		p[n] = (u8)('0' + value % 10);
		value /= 10;
	}
}

s64 imapi_longdate_decode(const struct imapi_iso_longdate *d)
{
	struct civil c;

	/* "Not specified" is all digits 0: there is no month 0 */
	if (get_digits(d->digits, 4, &c.year) ||
	    get_digits(d->digits + 4, 2, &c.month) ||
	    get_digits(d->digits + 6, 2, &c.day) ||
	    get_digits(d->digits + 8, 2, &c.hour) ||
	    get_digits(d->digits + 10, 2, &c.minute) ||
	    get_digits(d->digits + 12, 2, &c.second))
		return 0;
	return civil_to_time(&c, d->zone);
}

void imapi_longdate_encode(s64 t, struct imapi_iso_longdate *d)
{
	struct civil c;

	memset(d->digits, '0', sizeof(d->digits));
	d->zone = 0;
	if (!t)
		return;
	time_to_civil(t, &c);
	put_digits(d->digits, 4, c.year);
	put_digits(d->digits + 4, 2, c.month);
	put_digits(d->digits + 6, 2, c.day);
	put_digits(d->digits + 8, 2, c.hour);
	put_digits(d->digits + 10, 2, c.minute);
	put_digits(d->digits + 12, 2, c.second);
}
