// SPDX-License-Identifier: GPL-2.0-only
/* Names: UTF-16BE as it stands on the disc, UTF-8 as everybody else has it. */
#include "core.h"

#define HIGH_SURROGATE	0xd800u
#define LOW_SURROGATE	0xdc00u
#define SURROGATES_END	0xdfffu

static bool is_high(u32 unit)
{
	return unit >= HIGH_SURROGATE && unit < LOW_SURROGATE;
}

static bool is_low(u32 unit)
{
	return unit >= LOW_SURROGATE && unit <= SURROGATES_END;
}

/* One code point at @in; its bytes, or -EILSEQ */
static int utf16_get(const u8 *in, size_t avail, u32 *cp)
{
	u32 unit, low;

	if (avail < 2)
		return -EILSEQ;
	unit = get_unaligned_be16(in);
	*cp = unit;
	if (is_low(unit))
		return -EILSEQ;
	if (!is_high(unit))
		return 2;
	if (avail < 4)
		return -EILSEQ;
	low = get_unaligned_be16(in + 2);
	if (!is_low(low))
		return -EILSEQ;
	*cp = 0x10000 + ((unit - HIGH_SURROGATE) << 10) + (low - LOW_SURROGATE);
	return 4;
}

/* Its bytes, or -ENAMETOOLONG */
static int utf16_put(u32 cp, u8 *out, size_t room)
{
	if (cp < 0x10000) {
		if (room < 2)
			return -ENAMETOOLONG;
		put_unaligned_be16((u16)cp, out);
		return 2;
	}
	if (room < 4)
		return -ENAMETOOLONG;
	cp -= 0x10000;
	put_unaligned_be16((u16)(HIGH_SURROGATE + (cp >> 10)), out);
	put_unaligned_be16((u16)(LOW_SURROGATE + (cp & 0x3ff)), out + 2);
	return 4;
}

/* Bytes that a code point takes in UTF-8 */
static int utf8_len(u32 cp)
{
	if (cp < 0x80)
		return 1;
	if (cp < 0x800)
		return 2;
	return cp < 0x10000 ? 3 : 4;
}

static int utf8_put(u32 cp, char *out, size_t room)
{
	static const u8 lead[] = { 0, 0x00, 0xc0, 0xe0, 0xf0 };
	int n = utf8_len(cp), i;

	if (room < (size_t)n)
		return -ENAMETOOLONG;
	for (i = n - 1; i > 0; i--) {
		out[i] = (char)(0x80 | (cp & 0x3f));
		cp >>= 6;
	}
	out[0] = (char)(lead[n] | cp);
	return n;
}

/* Bytes that a sequence with this first byte has, and its payload bits */
static int utf8_lead(u8 b, u32 *bits)
{
	if (b < 0x80) {
		*bits = b;
		return 1;
	}
	if (b >= 0xc0 && b < 0xe0) {
		*bits = b & 0x1f;
		return 2;
	}
	if (b >= 0xe0 && b < 0xf0) {
		*bits = b & 0x0f;
		return 3;
	}
	if (b >= 0xf0 && b < 0xf8) {
		*bits = b & 0x07;
		return 4;
	}
	return -EILSEQ;
}

static int utf8_get(const u8 *in, size_t avail, u32 *cp)
{
	int n = utf8_lead(in[0], cp), i;

	if (n < 0 || avail < (size_t)n)
		return -EILSEQ;
	for (i = 1; i < n; i++) {
		if ((in[i] & 0xc0) != 0x80)
			return -EILSEQ;
		*cp = *cp << 6 | (in[i] & 0x3f);
	}
	/* One code point has one form: two names must not be the same file */
	if (*cp > 0x10ffff || utf8_len(*cp) != n)
		return -EILSEQ;
	if (is_high(*cp) || is_low(*cp))
		return -EILSEQ;
	return n;
}

int imapi_utf16_to_utf8(const u8 *in, size_t in_len, char *out, size_t out_size)
{
	size_t from = 0, to = 0;
	u32 cp;
	int n;

	if (!out_size)
		return -ENAMETOOLONG;
	while (from < in_len) {
		n = utf16_get(in + from, in_len - from, &cp);
		if (n < 0)
			return n;
		from += (size_t)n;
		n = utf8_put(cp, out + to, out_size - 1 - to);
		if (n < 0)
			return n;
		to += (size_t)n;
	}
	out[to] = '\0';
	return (int)to;
}

int imapi_utf8_to_utf16(const char *in, size_t in_len, u8 *out, size_t out_size)
{
	size_t from = 0, to = 0;
	u32 cp;
	int n;

	while (from < in_len) {
		n = utf8_get((const u8 *)in + from, in_len - from, &cp);
		if (n < 0)
			return n;
		from += (size_t)n;
		n = utf16_put(cp, out + to, out_size - to);
		if (n < 0)
			return n;
		to += (size_t)n;
	}
	return (int)to;
}

/*
 * Bytes of a name without ";" and version number (ECMA-119 7.5.1). A name that
 * is nothing else keeps them: it has to be called something.
 */
static size_t without_version(const u8 *name, size_t len)
{
	size_t at = len;
	u16 unit;

	while (at > 2) {
		at -= 2;
		unit = get_unaligned_be16(name + at);
		if (unit == ';')
			return at + 2 < len ? at : len;
		if (unit < '0' || unit > '9')
			return len;
	}
	return len;
}

/* The "." between name and extension stands even where there is no extension */
static size_t without_last_dot(const u8 *name, size_t len)
{
	if (len > 2 && get_unaligned_be16(name + len - 2) == '.')
		return len - 2;
	return len;
}

static bool is_dots(const u8 *name, size_t len)
{
	static const u8 dots[] = { 0, '.', 0, '.' };

	return (len == 2 || len == 4) && !memcmp(name, dots, len);
}

int imapi_name_decoded_check(const u8 *name, size_t len)
{
	size_t at = 0;
	u32 cp;
	int n;

	if (!len || is_dots(name, len))
		return -EUCLEAN;
	while (at < len) {
		n = utf16_get(name + at, len - at, &cp);
		if (n < 0 || cp == 0 || cp == '/')
			return -EUCLEAN;
		at += (size_t)n;
	}
	return 0;
}

int imapi_name_decode(const u8 *id, size_t len, bool ucs, u8 *out)
{
	size_t i, n = len;
	int err;

	if (ucs) {
		memcpy(out, id, len);
		n = without_version(out, n);
	} else {
		for (i = 0; i < len; i++)
			put_unaligned_be16(id[i], out + 2 * i);
		n = without_last_dot(out, without_version(out, 2 * len));
	}
	err = imapi_name_decoded_check(out, n);
	return err ? err : (int)n;
}

int imapi_name_check(const u8 *name, size_t len)
{
	static const char refused[] = "*/:;?\\";
	size_t i;
	u16 unit;

	if (len > IMAPI_NAME_BYTES)
		return -ENAMETOOLONG;
	if (!len || len % 2)
		return -EINVAL;
	for (i = 0; i < len; i += 2) {
		unit = get_unaligned_be16(name + i);
		if (unit < 0x20)
			return -EINVAL;
		if (unit < 0x80 && strchr(refused, unit))
			return -EINVAL;
	}
	return 0;
}

/*
 * Name and extension are compared one after the other, the shorter one filled
 * up with the least character (ECMA-119 9.3). The same comes out when the "."
 * between them counts as that character.
 */
static u16 sort_unit(const u8 *p)
{
	u16 unit = get_unaligned_be16(p);

	return unit == '.' ? 0 : unit;
}

int imapi_name_cmp(const u8 *a, size_t a_len, const u8 *b, size_t b_len)
{
	size_t i, common = a_len < b_len ? a_len : b_len;
	u16 ua, ub;

	for (i = 0; i + 1 < common; i += 2) {
		ua = sort_unit(a + i);
		ub = sort_unit(b + i);
		if (ua != ub)
			return ua < ub ? -1 : 1;
	}
	if (a_len == b_len)
		return 0;
	return a_len < b_len ? -1 : 1;
}

u32 imapi_sum32(const void *data, size_t len)
{
	const u8 *p = data;
	u32 h = 0x811c9dc5u;
	size_t i;

	for (i = 0; i < len; i++)
		h = (h ^ p[i]) * 0x01000193u;
	return h;
}

u64 imapi_hash64(u64 seed, const void *data, size_t len)
{
	const u8 *p = data;
	size_t i;

	for (i = 0; i < len; i++)
		seed = (seed ^ p[i]) * 0x100000001b3ull;
	return seed;
}
