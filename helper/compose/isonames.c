// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include "isonames.h"

static u8 d_character(u16 unit)
{
	if (unit >= 'a' && unit <= 'z')
		return (u8)(unit - 'a' + 'A');
	if ((unit >= 'A' && unit <= 'Z') || (unit >= '0' && unit <= '9'))
		return (u8)unit;
	return '_';
}

/* Bytes of the character at @name */
static size_t character_bytes(const u8 *name, size_t len)
{
	if (len >= 4 && (name[0] & 0xfc) == 0xd8 && (name[2] & 0xfc) == 0xdc)
		return 4;
	return 2;
}

u32 iso_fold(const u8 *name, size_t len, u8 *out, u32 max)
{
	size_t pos = 0;
	u32 n = 0;

	while (pos + 2 <= len && n < max) {
		out[n++] = d_character(get_unaligned_be16(name + pos));
		pos += character_bytes(name + pos, len - pos);
	}
	return n;
}

/* Byte offset of the last ".", 0 where there is none behind the first character */
static size_t last_dot(const u8 *name, size_t len)
{
	size_t pos;

	for (pos = len & ~(size_t)1; pos > 2; pos -= 2)
		if (get_unaligned_be16(name + pos - 2) == '.')
			return pos - 2;
	return 0;
}

void iso_name_file(const u8 *name, size_t len, struct iso_name *out)
{
	u8 ext[ISO_EXTENSION_MAX + 1];
	size_t dot = last_dot(name, len);
	u32 ext_len = 0;

	if (dot) {
		ext_len = iso_fold(name + dot + 2, len - dot - 2, ext, sizeof(ext));
		if (ext_len <= ISO_EXTENSION_MAX)
			len = dot;
		else
			ext_len = 0;
	}
	out->stem = (u8)iso_fold(name, len, out->chars, ISO_FILE_MAX - ext_len);
	out->len = out->stem;
	if (ext_len) {
		out->chars[out->len++] = '.';
		memcpy(out->chars + out->len, ext, ext_len);
		out->len = (u8)(out->len + ext_len);
	}
}

void iso_name_dir(const u8 *name, size_t len, struct iso_name *out)
{
	out->stem = (u8)iso_fold(name, len, out->chars, ISO_NAME_MAX);
	out->len = out->stem;
}

void iso_name_number(struct iso_name *n, u32 max, u32 number)
{
	u8 ext[ISO_EXTENSION_MAX + 1];	/* with its "." */
	u32 ext_len = n->len - n->stem;
	char digits[12];
	u32 stem, tail;

	memcpy(ext, n->chars + n->stem, ext_len);
	tail = (u32)snprintf(digits, sizeof(digits), "_%u", number);
	stem = max - (ext_len ? ext_len - 1 : 0) - tail;
	if (stem > n->stem)
		stem = n->stem;
	memcpy(n->chars + stem, digits, tail);
	memcpy(n->chars + stem + tail, ext, ext_len);
	n->stem = (u8)(stem + tail);
	n->len = (u8)(n->stem + ext_len);
}

int iso_name_cmp(const struct iso_name *a, const struct iso_name *b)
{
	int diff = memcmp(a->chars, b->chars, a->len < b->len ? a->len : b->len);

	return diff ? diff : a->len - b->len;
}
