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

/* Two CD-Rs of one make, written alike */
TEST(disc_id_printed)
{
	struct imapi_identity a = disc, b;
	char none[17], first[17], other[17];

	imapi_identity_print(&a, none);
	a.has_disc_id = true;
	a.disc_id = 9;
	b = a;
	b.disc_id = 10;
	EXPECT_FALSE(imapi_identity_equal(&a, &b));
	imapi_identity_print(&a, first);
	imapi_identity_print(&b, other);
	EXPECT_NE(0, strcmp(first, other));
	EXPECT_NE(0, strcmp(first, none));
	/* What isn't known of it is not part of it */
	b.has_disc_id = false;
	imapi_identity_print(&b, other);
	EXPECT_EQ(0, strcmp(other, none));
}

TEST(nothing_known)
{
	struct imapi_identity none = { .medium_len = 0 };
	char text[17];

	EXPECT_TRUE(imapi_identity_equal(&none, &none));
	imapi_identity_print(&none, text);
	EXPECT_EQ(16, strlen(text));
}

/* A CD-R with two sessions, planned for; what may be in the drive now */
#define DISC(sess, addr, hash, trk, first) \
	.medium = "MAKE", .medium_len = 4, .sessions = sess, .nwa = addr, .descriptors = hash, \
	.tracks = trk, .start = first, .has_disc_id = true, .disc_id = 9

static const struct imapi_identity two = { DISC(2, 200, 1, 2, 100) };
static const struct imapi_identity blank = {
	.medium = "MAKE", .medium_len = 4, .blank = true,
};
static const struct imapi_identity put_in = {
	.medium = "MAKE", .medium_len = 4, .blank = true, .put_in = true,
};
static const struct imapi_identity two_put_in = { DISC(2, 200, 1, 2, 100), .put_in = true };
static const struct imapi_identity other_make = {
	.medium = "MADE", .medium_len = 4, .sessions = 2, .nwa = 200, .descriptors = 1,
	.tracks = 2, .start = 100,
};
static const struct imapi_identity more = { DISC(3, 300, 2, 3, 200) };
static const struct imapi_identity moved = { DISC(2, 250, 1, 2, 100) };
static const struct imapi_identity no_id = {
	.medium = "MAKE", .medium_len = 4, .sessions = 2, .nwa = 200, .descriptors = 1,
	.tracks = 2, .start = 100,
};
static const struct imapi_identity other_id = {
	.medium = "MAKE", .medium_len = 4, .sessions = 2, .nwa = 200, .descriptors = 1,
	.tracks = 2, .start = 100, .has_disc_id = true, .disc_id = 10,
};
static const struct imapi_identity other_tracks = { DISC(2, 200, 1, 3, 100) };
static const struct imapi_identity unread = { DISC(2, 200, 0, 2, 100) };
static const struct imapi_identity other_start = { DISC(2, 200, 1, 2, 101) };

static const struct {
	const char *name;
	const struct imapi_identity *planned, *now;
	u64 there;
	enum imapi_difference is;
	int error;
} pairs[] = {
	{ "the same", &two, &two, 1, IMAPI_SAME, 0 },
	{ "the same, but the drive has no number for it", &two, &no_id, 1, IMAPI_SAME, 0 },
	{ "blank, both", &blank, &blank, 0, IMAPI_SAME_BLANK, 0 },
	{ "none", &two, NULL, 0, IMAPI_NO_DISC, -ENOMEDIUM },
	{ "none for a blank one", &blank, NULL, 0, IMAPI_NO_DISC, -ENOMEDIUM },
	{ "another make", &two, &other_make, 1, IMAPI_OTHER_DISC, -EMEDIUMTYPE },
	{ "the same in all but the number", &two, &other_id, 1, IMAPI_OTHER_DISC, -EMEDIUMTYPE },
	{ "that disc, burned on", &two, &more, 1, IMAPI_MORE_SESSIONS, -EMEDIUMTYPE },
	{ "another one with more sessions", &two, &more, 7, IMAPI_OTHER_CONTENT, -EMEDIUMTYPE },
	{ "another one that can't be read there", &two, &more, 0, IMAPI_OTHER_CONTENT, -EMEDIUMTYPE },
	{ "fewer sessions", &more, &two, 0, IMAPI_OTHER_CONTENT, -EMEDIUMTYPE },
	{ "written on and not closed", &two, &moved, 1, IMAPI_CHANGED, -EMEDIUMTYPE },
	{ "a track more", &two, &other_tracks, 1, IMAPI_CHANGED, -EMEDIUMTYPE },
	{ "begins elsewhere", &two, &other_start, 2, IMAPI_OTHER_CONTENT, -EMEDIUMTYPE },
	{ "never read, and changed", &unread, &more, 0, IMAPI_OTHER_CONTENT, -EMEDIUMTYPE },
	{ "was blank", &blank, &two, 1, IMAPI_NOT_BLANK, -EMEDIUMTYPE },
	{ "a blank one that was put in", &blank, &put_in, 0, IMAPI_MAYBE_OTHER_BLANK,
	  -EMEDIUMTYPE },
	{ "put in, and known by more", &two, &two_put_in, 1, IMAPI_SAME, 0 },
	{ "is blank", &two, &blank, 0, IMAPI_ERASED, -EMEDIUMTYPE },
};

TEST(what_differs)
{
	enum imapi_difference is;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(pairs); i++) {
		is = imapi_identity_compare(pairs[i].planned, pairs[i].now, pairs[i].there);
		EXPECT_EQ(pairs[i].is, is)
			TH_LOG("%s: %s", pairs[i].name, imapi_difference_text(is));
		EXPECT_EQ(pairs[i].error, imapi_difference_error(is)) TH_LOG("%s", pairs[i].name);
		ASSERT_NE(NULL, imapi_difference_text(is));
	}
}

TEST(what_a_broken_burn_may_leave)
{
	const struct imapi_identity far = { DISC(5, 500, 2, 5, 400) };
	const struct imapi_identity begun = { .medium = "MAKE", .medium_len = 4, .tracks = 1 };
	const struct imapi_identity repaired = {
		.medium = "MAKE", .medium_len = 4, .tracks = 1, .sessions = 1, .nwa = 100,
	};
	const struct imapi_identity written_over = { DISC(2, 200, 9, 2, 100) };

	EXPECT_TRUE(imapi_identity_left_over(&two, &two, 1, 0));
	EXPECT_TRUE(imapi_identity_left_over(&two, &more, 1, 0));
	EXPECT_TRUE(imapi_identity_left_over(&two, &moved, 1, 0));
	EXPECT_FALSE(imapi_identity_left_over(&two, &more, 7, 0));
	EXPECT_FALSE(imapi_identity_left_over(&two, &far, 1, 0));
	EXPECT_FALSE(imapi_identity_left_over(&two, &other_make, 1, 0));
	EXPECT_TRUE(imapi_identity_left_over(&blank, &begun, 0, 0));
	EXPECT_TRUE(imapi_identity_left_over(&blank, &repaired, 0, 0));
	EXPECT_FALSE(imapi_identity_left_over(&blank, &two, 1, 0));
	/* It was whole, and nobody could read it back */
	EXPECT_TRUE(imapi_identity_left_over(&blank, &two, 1, 1));
	EXPECT_FALSE(imapi_identity_left_over(&blank, &two, 1, 7));
	EXPECT_TRUE(imapi_identity_left_over(&two, &written_over, 9, 9));
	EXPECT_FALSE(imapi_identity_left_over(&other_make, &two, 1, 1));
}

TEST_HARNESS_MAIN
