// SPDX-License-Identifier: GPL-2.0-only
/* Is it the disc that was mounted? */
#include "core.h"
#include "kselftest_harness.h"

static const struct imapi_identity disc = {
	.medium = "ABCD", .medium_len = 4, .sessions = 2, .nwa = 200,
	.descriptors = 0x123456789abcdef0ull,
};

static const struct {
	const char *name;
	struct imapi_identity id;
	bool same;
} others[] = {
	{ .name = "the same", .same = true, .id =
	  { "ABCD", 4, 2, 200, 0x123456789abcdef0ull } },
	{ .name = "bytes that aren't known differ", .same = true, .id =
	  { "ABCDE", 4, 2, 200, 0x123456789abcdef0ull } },
	{ .name = "another medium", .id = { "ABCE", 4, 2, 200, 0x123456789abcdef0ull } },
	{ .name = "more of it known", .id = { "ABCD", 5, 2, 200, 0x123456789abcdef0ull } },
	{ .name = "nothing of it known", .id = { "ABCD", 0, 2, 200, 0x123456789abcdef0ull } },
	{ .name = "one session more", .id = { "ABCD", 4, 3, 200, 0x123456789abcdef0ull } },
	{ .name = "another end", .id = { "ABCD", 4, 2, 232, 0x123456789abcdef0ull } },
	{ .name = "low half of the hash", .id = { "ABCD", 4, 2, 200, 0x123456789abcdef1ull } },
	{ .name = "high half of the hash", .id = { "ABCD", 4, 2, 200, 0x023456789abcdef0ull } },
};

TEST(compared_and_printed)
{
	char a[17], b[17];
	size_t i;

	imapi_identity_print(&disc, a);
	EXPECT_EQ(16, strspn(a, "0123456789abcdef"));
	EXPECT_EQ('\0', a[16]);
	for (i = 0; i < ARRAY_SIZE(others); i++) {
		EXPECT_EQ(others[i].same, imapi_identity_equal(&disc, &others[i].id))
			TH_LOG("%s", others[i].name);
		imapi_identity_print(&others[i].id, b);
		EXPECT_EQ(others[i].same, !strcmp(a, b))
			TH_LOG("%s", others[i].name);
	}
}

TEST(nothing_known)
{
	struct imapi_identity none = { .medium_len = 0 };
	char text[17];

	EXPECT_TRUE(imapi_identity_equal(&none, &none));
	imapi_identity_print(&none, text);
	EXPECT_EQ(16, strlen(text));
}

TEST_HARNESS_MAIN
