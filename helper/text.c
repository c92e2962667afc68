// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "log.h"
#include "text.h"

void text_printable(char *s)
{
	unsigned char *p = (unsigned char *)s;

	for (; *p; p++) {
		if (*p < 0x20 || *p == 0x7f)
			*p = '?';
		/* U+0080 to U+009F are control characters too, two bytes in UTF-8 */
		if (*p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f) {
			p[0] = '?';
			p[1] = '?';
		}
	}
}

struct text_size text_size(uint64_t bytes)
{
	static const char unit[] = "KMGTPE";
	struct text_size out;
	uint64_t whole = bytes;
	unsigned int tenth = 0, i;

	if (bytes < 1024) {
		snprintf(out.s, sizeof(out.s), "%" PRIu64 " byte%s", bytes,
			 text_plural(bytes));
		return out;
	}
	for (i = 0; whole >= 1024; i++) {
		tenth = (unsigned int)(whole % 1024 * 10 / 1024);
		whole /= 1024;
	}
	snprintf(out.s, sizeof(out.s), "%" PRIu64 ".%u %ciB", whole, tenth, unit[i - 1]);
	return out;
}

struct text_time text_time(uint64_t seconds)
{
	unsigned int s = (unsigned int)(seconds % 60), m = (unsigned int)(seconds / 60 % 60);
	uint64_t h = seconds / 3600;
	struct text_time out;

	if (h > 99999)
		h = 99999;
	if (h)
		snprintf(out.s, sizeof(out.s), "%u:%02u:%02u", (unsigned int)h, m, s);
	else
		snprintf(out.s, sizeof(out.s), "%u:%02u", m, s);
	return out;
}

const char *text_plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

int text_flush(void)
{
	int failed = ferror(stdout);

	if (!fflush(stdout) && !failed)
		return 0;
	log_line("standard output: %s", failed ? "write error" : strerror(errno));
	return -EIO;
}

const char *text_source_error(int err)
{
	switch (err) {
	case -EMEDIUMTYPE:
		return "not an ISO 9660 image";
	case -ENODATA:
		return "not an ISO 9660 image, but zeros; to start an empty one: truncate -s 0 FILE";
	case -EUCLEAN:
		return "the newest session's descriptors are damaged";
	case -EBUSY:
		return "mounted already";
	default:
		return strerror(-err);
	}
}

const char *text_drive_error(int err)
{
	switch (err) {
	case -EBUSY:
		return "mounted already, or another program writes on the disc";
	case -EACCES:
	case -EPERM:
		return "no permission to use the drive: be root, or in its group (cdrom)";
	default:
		return strerror(-err);
	}
}
