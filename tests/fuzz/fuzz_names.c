// SPDX-License-Identifier: GPL-2.0-only
/* Names: what converts at all has to come back as the same bytes */
#include "core.h"

static void from_utf8(const u8 *in, size_t len)
{
	size_t room = 2 * len, back_room = 3 * len + 1;
	u8 *units = malloc(room + 1);
	char *back = malloc(back_room);
	int n;

	n = imapi_utf8_to_utf16((const char *)in, len, units, room);
	if (n == -ENAMETOOLONG)
		abort();
	if (n >= 0 && (imapi_utf16_to_utf8(units, (size_t)n, back, back_room) != (int)len ||
		       memcmp(back, in, len)))
		abort();
	free(back);
	free(units);
}

static void from_utf16(const u8 *in, size_t len)
{
	size_t room = 3 * (len / 2) + 1;
	char *text = malloc(room);
	u8 *back = malloc(len + 1);
	int n;

	n = imapi_utf16_to_utf8(in, len, text, room);
	if (n == -ENAMETOOLONG)
		abort();
	if (n >= 0 && (imapi_utf8_to_utf16(text, (size_t)n, back, len) != (int)len ||
		       memcmp(back, in, len)))
		abort();
	free(back);
	free(text);
}

static void decode(const u8 *in, size_t len, bool ucs)
{
	u8 *name = malloc(2 * len + 1);
	char *text = malloc(3 * len + 1);
	int n;

	n = imapi_name_decode(in, len, ucs, name);
	if (!n || n > (int)(ucs ? len : 2 * len))
		abort();
	if (n > 0) {
		if (imapi_utf16_to_utf8(name, (size_t)n, text, 3 * len + 1) <= 0)
			abort();
		if (strchr(text, '/') || !strcmp(text, ".") || !strcmp(text, ".."))
			abort();
		imapi_name_check(name, (size_t)n);
	}
	free(text);
	free(name);
}

/* One order, whichever way it is asked for */
static void order(const u8 *in, size_t len)
{
	size_t half = len / 4 * 2;
	int there = imapi_name_cmp(in, half, in + half, half);
	int back = imapi_name_cmp(in + half, half, in, half);

	if ((there > 0) != (back < 0) || (there < 0) != (back > 0))
		abort();
	if (imapi_name_cmp(in, half, in, half))
		abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	from_utf8(data, size);
	from_utf16(data, size);
	decode(data, size < 255 ? size : 255, true);
	decode(data, size < 255 ? size : 255, false);
	order(data, size);
	return 0;
}
