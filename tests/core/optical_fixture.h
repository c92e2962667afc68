/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests of commits on discs in drives share: a mount of the fake drive's disc */
#ifndef OPTICAL_FIXTURE_H
#define OPTICAL_FIXTURE_H

#include "disc_image.h"
#include "fake_drive.h"
#include "kselftest_harness.h"

#define CD_R		0x09
#define DVD_PLUS_RW	0x1a
#define DVD_PLUS_R	0x1b

static inline int mount_fake(struct disc *d)
{
	const char *why;
	int err = recorder_open("/dev/fake", 0, &d->rec, &why);

	return err ? err : disc_show(d);
}

/* A session with one file that nothing goes wrong with */
static inline void burn_one(struct __test_metadata *_metadata, struct disc *d,
			    const char *name, u32 seed)
{
	ASSERT_EQ(0, disc_stage(d, name, seed, 3000001));
	ASSERT_EQ(0, disc_commit(d)) TH_LOG("%s", d->message);
	EXPECT_EQ(0, disc_compare(d, name, seed, 3000001));
}

static inline bool is_staged(struct disc *d)
{
	struct imapi_usage u;

	return !imapi_tree_usage(d->tree, &u) && u.staged_bytes == 3000001;
}

/* Nothing is written on @in, and all stays staged */
static inline void refused(struct __test_metadata *_metadata, struct disc *d,
			   struct fake_disc *in, int err)
{
	struct fake_disc *right = fake.disc;

	fake.disc = in;
	fake.writes = 0;
	EXPECT_EQ(err, disc_commit(d)) TH_LOG("%s", d->message);
	EXPECT_EQ(0, fake.writes);
	EXPECT_TRUE(is_staged(d));
	fake.disc = right;
}

#endif
