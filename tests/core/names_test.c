// SPDX-License-Identifier: GPL-2.0-only
/* Names: UTF-16BE and UTF-8, versions, order */
#include "core.h"
#include "kselftest_harness.h"

struct bytes {
	const char *at;
	size_t len;
};

/* A string literal, which may have NULs in it */
#define B(s)	{ s, sizeof(s) - 1 }

static const struct {
	const char *name;
	struct bytes utf8, utf16;
} pairs[] = {
	{ .name = "empty", .utf8 = B(""), .utf16 = B("") },
	{ .name = "ASCII", .utf8 = B("aZ"), .utf16 = B("\0a\0Z") },
	{ .name = "last of one byte", .utf8 = B("\x7f"), .utf16 = B("\0\x7f") },
	{ .name = "first of two bytes", .utf8 = B("\xc2\x80"), .utf16 = B("\0\x80") },
	{ .name = "last of two bytes", .utf8 = B("\xdf\xbf"), .utf16 = B("\x07\xff") },
	{ .name = "first of three bytes", .utf8 = B("\xe0\xa0\x80"), .utf16 = B("\x08\0") },
	{ .name = "below the surrogates", .utf8 = B("\xed\x9f\xbf"), .utf16 = B("\xd7\xff") },
	{ .name = "above the surrogates", .utf8 = B("\xee\x80\x80"), .utf16 = B("\xe0\0") },
	{ .name = "last of three bytes", .utf8 = B("\xef\xbf\xbf"), .utf16 = B("\xff\xff") },
	{ .name = "first pair", .utf8 = B("\xf0\x90\x80\x80"), .utf16 = B("\xd8\0\xdc\0") },
	{ .name = "a pair between letters", .utf8 = B("a\xf0\x9f\x98\x80z"),
	  .utf16 = B("\0a\xd8\x3d\xde\0\0z") },
	{ .name = "last pair", .utf8 = B("\xf4\x8f\xbf\xbf"), .utf16 = B("\xdb\xff\xdf\xff") },
};

TEST(both_ways)
{
	char text[64];
	u8 units[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(pairs); i++) {
		const struct bytes *u8s = &pairs[i].utf8, *u16s = &pairs[i].utf16;

		EXPECT_EQ(u16s->len, imapi_utf8_to_utf16(u8s->at, u8s->len, units, sizeof(units)))
			TH_LOG("%s", pairs[i].name);
		EXPECT_EQ(0, memcmp(units, u16s->at, u16s->len))
			TH_LOG("%s", pairs[i].name);
		EXPECT_EQ(u8s->len, imapi_utf16_to_utf8((const u8 *)u16s->at, u16s->len,
							text, sizeof(text)))
			TH_LOG("%s", pairs[i].name);
		EXPECT_EQ(0, memcmp(text, u8s->at, u8s->len + 1))
			TH_LOG("%s", pairs[i].name);
	}
}

static const struct {
	const char *name;
	struct bytes in;
} bad_utf8[] = {
	{ .name = "continuation alone", .in = B("\x80") },
	{ .name = "overlong slash of two bytes", .in = B("\xc0\xaf") },
	{ .name = "overlong NUL", .in = B("\xc0\x80") },
	{ .name = "overlong of three bytes", .in = B("\xe0\x9f\xbf") },
	{ .name = "overlong of four bytes", .in = B("\xf0\x8f\xbf\xbf") },
	{ .name = "high surrogate", .in = B("\xed\xa0\x80") },
	{ .name = "low surrogate", .in = B("\xed\xbf\xbf") },
	{ .name = "surrogate pair of three bytes each", .in = B("\xed\xa0\xbd\xed\xb8\x80") },
	{ .name = "behind the last code point", .in = B("\xf4\x90\x80\x80") },
	{ .name = "five bytes", .in = B("\xf8\x88\x80\x80\x80") },
	{ .name = "byte that is never used", .in = B("\xff") },
	{ .name = "cut after the first of two", .in = B("a\xc3") },
	{ .name = "cut after the third of four", .in = B("\xf0\x9f\x98") },
	{ .name = "letter where a continuation has to be", .in = B("\xc3" "a") },
};

TEST(malformed_utf8)
{
	u8 units[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad_utf8); i++)
		EXPECT_EQ(-EILSEQ, imapi_utf8_to_utf16(bad_utf8[i].in.at, bad_utf8[i].in.len,
						       units, sizeof(units)))
			TH_LOG("%s", bad_utf8[i].name);
}

static const struct {
	const char *name;
	struct bytes in;
} bad_utf16[] = {
	{ .name = "odd length", .in = B("\0a\0") },
	{ .name = "high surrogate at the end", .in = B("\0a\xd8\0") },
	{ .name = "high surrogate before a letter", .in = B("\xd8\0\0a") },
	{ .name = "two high surrogates", .in = B("\xd8\0\xd8\0") },
	{ .name = "low surrogate alone", .in = B("\xdc\0") },
	{ .name = "pair the wrong way round", .in = B("\xdc\0\xd8\0") },
	{ .name = "pair that is cut in its middle", .in = B("\xd8\0\xdc") },
};

TEST(malformed_utf16)
{
	char text[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad_utf16); i++)
		EXPECT_EQ(-EILSEQ, imapi_utf16_to_utf8((const u8 *)bad_utf16[i].in.at,
						       bad_utf16[i].in.len, text, sizeof(text)))
			TH_LOG("%s", bad_utf16[i].name);
}

TEST(no_room)
{
	char text[4];
	u8 units[4];

	EXPECT_EQ(3, imapi_utf16_to_utf8((const u8 *)"\xe0\0", 2, text, 4));
	EXPECT_EQ(-ENAMETOOLONG, imapi_utf16_to_utf8((const u8 *)"\xe0\0", 2, text, 3));
	EXPECT_EQ(-ENAMETOOLONG, imapi_utf16_to_utf8((const u8 *)"", 0, text, 0));
	EXPECT_EQ(4, imapi_utf8_to_utf16("\xf0\x90\x80\x80", 4, units, 4));
	EXPECT_EQ(-ENAMETOOLONG, imapi_utf8_to_utf16("\xf0\x90\x80\x80", 4, units, 3));
	EXPECT_EQ(-ENAMETOOLONG, imapi_utf8_to_utf16("ab", 2, units, 3));
}

static const struct {
	const char *name;
	bool ucs;
	struct bytes id;
	int err;
	const char *want;	/* UTF-8 */
} decodes[] = {
	{ .name = "version", .id = B("README.TXT;1"), .want = "README.TXT" },
	{ .name = "last version", .id = B("A.B;32767"), .want = "A.B" },
	{ .name = "no version", .id = B("A.B"), .want = "A.B" },
	{ .name = "dot before the version", .id = B("README.;1"), .want = "README" },
	{ .name = "dot without a version", .id = B("README."), .want = "README" },
	{ .name = "one dot of two", .id = B("A..;1"), .want = "A." },
	{ .name = "semicolon without digits", .id = B("A;"), .want = "A;" },
	{ .name = "semicolon and a letter", .id = B("A;1B"), .want = "A;1B" },
	{ .name = "nothing but a version", .id = B(";1"), .want = ";1" },
	{ .name = "digits alone", .id = B("12345"), .want = "12345" },
	{ .name = "one version of two", .id = B("A;1;2"), .want = "A;1" },
	{ .name = "upper half of a byte", .id = B("\xe9;1"), .want = "\xc3\xa9" },
	{ .name = "dot alone", .id = B(".;1"), .err = -EUCLEAN },
	{ .name = "dots that become one", .id = B("..;1"), .err = -EUCLEAN },
	{ .name = "dots that become two", .id = B("...;1"), .err = -EUCLEAN },
	{ .name = "empty", .id = B(""), .err = -EUCLEAN },
	{ .name = "slash", .id = B("A/B"), .err = -EUCLEAN },
	{ .name = "NUL", .id = B("A\0B"), .err = -EUCLEAN },
	{ .name = "Joliet: version", .ucs = true, .id = B("\0a\0;\0""1"), .want = "a" },
	{ .name = "Joliet: dot stays", .ucs = true, .id = B("\0a\0.\0;\0""1"), .want = "a." },
	{ .name = "Joliet: pair", .ucs = true, .id = B("\xd8\x3d\xde\0"),
	  .want = "\xf0\x9f\x98\x80" },
	{ .name = "Joliet: three dots", .ucs = true, .id = B("\0.\0.\0."), .want = "..." },
	{ .name = "Joliet: two dots", .ucs = true, .id = B("\0.\0."), .err = -EUCLEAN },
	{ .name = "Joliet: one dot and a version", .ucs = true, .id = B("\0.\0;\0""1"),
	  .err = -EUCLEAN },
	{ .name = "Joliet: odd", .ucs = true, .id = B("\0a\0"), .err = -EUCLEAN },
	{ .name = "Joliet: odd behind a version", .ucs = true, .id = B("a\0;\0""1"),
	  .err = -EUCLEAN },
	{ .name = "Joliet: one byte", .ucs = true, .id = B("a"), .err = -EUCLEAN },
	{ .name = "Joliet: slash", .ucs = true, .id = B("\0a\0/"), .err = -EUCLEAN },
	{ .name = "Joliet: slash in the upper byte is a letter", .ucs = true, .id = B("/\0"),
	  .want = "\xe2\xbc\x80" },
	{ .name = "Joliet: NUL", .ucs = true, .id = B("\0a\0\0"), .err = -EUCLEAN },
	{ .name = "Joliet: surrogate alone", .ucs = true, .id = B("\xdc\0\0a"), .err = -EUCLEAN },
};

TEST(decode)
{
	char text[IMAPI_NAME_UTF8];
	u8 name[64];
	size_t i;
	int n;

	for (i = 0; i < ARRAY_SIZE(decodes); i++) {
		n = imapi_name_decode((const u8 *)decodes[i].id.at, decodes[i].id.len,
				      decodes[i].ucs, name);
		if (decodes[i].err) {
			EXPECT_EQ(decodes[i].err, n)
				TH_LOG("%s", decodes[i].name);
			continue;
		}
		ASSERT_GT(n, 0)
			TH_LOG("%s", decodes[i].name);
		EXPECT_LE(0, imapi_utf16_to_utf8(name, (size_t)n, text, sizeof(text)));
		EXPECT_STREQ(decodes[i].want, text)
			TH_LOG("%s", decodes[i].name);
	}
}

TEST(longest_name_fits)
{
	char text[IMAPI_NAME_UTF8];
	u8 name[IMAPI_NAME_BYTES_ON_DISC];

	memset(name, 0xff, sizeof(name));
	EXPECT_EQ(IMAPI_NAME_UTF8 - 1,
		  imapi_utf16_to_utf8(name, sizeof(name), text, sizeof(text)));
}

static const struct {
	const char *name;
	const char *utf8;
	int err;
} checks[] = {
	{ .name = "plain", .utf8 = "a b.c", .err = 0 },
	{ .name = "empty", .utf8 = "", .err = -EINVAL },
	{ .name = "asterisk", .utf8 = "a*", .err = -EINVAL },
	{ .name = "slash", .utf8 = "a/b", .err = -EINVAL },
	{ .name = "colon", .utf8 = ":", .err = -EINVAL },
	{ .name = "semicolon", .utf8 = "a;1", .err = -EINVAL },
	{ .name = "question mark", .utf8 = "?", .err = -EINVAL },
	{ .name = "backslash", .utf8 = "a\\b", .err = -EINVAL },
	{ .name = "control character", .utf8 = "a\x1f", .err = -EINVAL },
	{ .name = "letter with a refused low byte", .utf8 = "\xc4\xaf", .err = 0 },
	{ .name = "64 units", .err = 0, .utf8 =
	  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" },
	{ .name = "65 units", .err = -ENAMETOOLONG, .utf8 =
	  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdefg" },
	{ .name = "64 units, the last two a pair", .err = 0, .utf8 =
	  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd\xf0\x9f\x98\x80" },
	{ .name = "65 units, the last two a pair", .err = -ENAMETOOLONG, .utf8 =
	  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde\xf0\x9f\x98\x80" },
};

TEST(check)
{
	u8 name[256];
	size_t i;
	int n;

	for (i = 0; i < ARRAY_SIZE(checks); i++) {
		n = imapi_utf8_to_utf16(checks[i].utf8, strlen(checks[i].utf8),
					name, sizeof(name));
		ASSERT_LE(0, n);
		EXPECT_EQ(checks[i].err, imapi_name_check(name, (size_t)n))
			TH_LOG("%s", checks[i].name);
	}
	EXPECT_EQ(-EINVAL, imapi_name_check((const u8 *)"\0a\0", 3));
}

/* Each sorts before the next one (ECMA-119 9.3) */
static const char * const sorted[] = {
	"a", "a.b", "a.b.c", "a b", "a!", "a-b", "aa", "aa.a", "ab", "b",
	"\xc3\xa9", "\xee\x80\x80",
};

TEST(order)
{
	u8 a[64], b[64];
	size_t i, j;
	int n, m, cmp;

	for (i = 0; i < ARRAY_SIZE(sorted); i++) {
		for (j = 0; j < ARRAY_SIZE(sorted); j++) {
			n = imapi_utf8_to_utf16(sorted[i], strlen(sorted[i]), a, sizeof(a));
			m = imapi_utf8_to_utf16(sorted[j], strlen(sorted[j]), b, sizeof(b));
			cmp = imapi_name_cmp(a, (size_t)n, b, (size_t)m);
			EXPECT_EQ((i > j) - (i < j), (cmp > 0) - (cmp < 0))
				TH_LOG("%s and %s", sorted[i], sorted[j]);
		}
	}
}

/* The values that FNV's authors publish */
TEST(hashes)
{
	EXPECT_EQ(0x811c9dc5u, imapi_sum32("", 0));
	EXPECT_EQ(0xe40c292cu, imapi_sum32("a", 1));
	EXPECT_EQ(0xbf9cf968u, imapi_sum32("foobar", 6));
	EXPECT_EQ(IMAPI_HASH64_SEED, imapi_hash64(IMAPI_HASH64_SEED, "", 0));
	EXPECT_EQ(0xaf63dc4c8601ec8cull, imapi_hash64(IMAPI_HASH64_SEED, "a", 1));
	EXPECT_EQ(0x85944171f73967e8ull, imapi_hash64(IMAPI_HASH64_SEED, "foobar", 6));
	EXPECT_EQ(0x85944171f73967e8ull,
		  imapi_hash64(imapi_hash64(IMAPI_HASH64_SEED, "foo", 3), "bar", 3));
}

TEST_HARNESS_MAIN
