/* SPDX-License-Identifier: GPL-2.0-only */
/* Just enough JSON for --json: written as it comes, one line a member. */
#ifndef IMAPI_JSON_H
#define IMAPI_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *out;
	unsigned int depth;
	bool more;		/* the object or array that is open has a member */
};

/* @key is NULL within an array, and for the outermost object */
void json_open(struct json *j, const char *key, char bracket);
void json_close(struct json *j, char bracket);

/* Bytes that are not UTF-8 become U+FFFD; NULL is written as null */
void json_string(struct json *j, const char *key, const char *value);
void json_number(struct json *j, const char *key, uint64_t value);
void json_signed(struct json *j, const char *key, int64_t value);
void json_bool(struct json *j, const char *key, bool value);

#endif
