/* SPDX-License-Identifier: GPL-2.0-only */
/* Text for people. */
#ifndef IMAPI_TEXT_H
#define IMAPI_TEXT_H

#include <stdint.h>

/* Control characters become "?": a name on a disc must not drive a terminal */
void text_printable(char *s);

struct text_size {
	char s[24];
};

/* "17 bytes", "1.5 KiB", "4.7 GiB" */
struct text_size text_size(uint64_t bytes);

struct text_time {
	char s[16];
};

/* "0:07", "12:34", "1:02:03" */
struct text_time text_time(uint64_t seconds);

/* "s" where there are more or less than one */
const char *text_plural(uint64_t count);

/* The end of a program's output: 0; -EIO after saying that not all of it got out */
int text_flush(void);

/* What is wrong with an image or its place, from recorder_open_image()'s -errno */
const char *text_source_error(int err);

/* The same for a drive, from drive_open() */
const char *text_drive_error(int err);

#endif
