// SPDX-License-Identifier: GPL-2.0-only
/* A disc's files: made, opened twice, and descriptions that can't be one */
#include <errno.h>
#include <sys/stat.h>
#include "drive_fixture.h"

FIXTURE(disc) {
	struct bench b;
	char description[64];
};

FIXTURE_SETUP(disc)
{
	bench_init(&self->b);
	snprintf(self->description, sizeof(self->description), "%s.disc", self->b.path);
}

FIXTURE_TEARDOWN(disc)
{
	bench_exit(&self->b);
}

TEST_F(disc, names)
{
	static const char *const bad[] = {
		"", "cd", "cd-r-99", "dvd-r:", "dvd-r:x", "dvd-r:-1", "dvd-r:64X", "dvd-r:1M",
		"dvd-r:64MM", "dvd-r:5G", "dvd-r:99999999999999999999", "dvd-r:4194305G",
	};
	const char *const *names = media_names();
	unsigned int i, n;

	for (n = 0; names[n]; n++) {
		ASSERT_EQ(0, disc_create(self->b.path, names[n])) TH_LOG("%s", names[n]);
		EXPECT_EQ(-EEXIST, disc_create(self->b.path, names[n]));
		ASSERT_EQ(0, bench_load(&self->b));
		disc_close(drive_eject(self->b.drive));
		unlink(self->b.path);
	}
	EXPECT_EQ(13, n);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		EXPECT_EQ(-EINVAL, disc_create(self->b.path, bad[i])) TH_LOG("%s", bad[i]);
	EXPECT_EQ(-ENOENT, disc_create("/nowhere/at/all", "dvd-r"));
}

TEST_F(disc, makes)
{
	static const char *const bad_makes[] = { "", "SEVENTH", "A B", "A\n", "\xc3\xa4" };
	unsigned int i;

	for (i = 0; i < sizeof(bad_makes) / sizeof(bad_makes[0]); i++)
		EXPECT_EQ(-EINVAL, disc_create_by(self->b.path, "dvd-r", bad_makes[i]))
			TH_LOG("\"%s\"", bad_makes[i]);
	EXPECT_NE(0, access(self->b.path, F_OK));
	EXPECT_EQ(0, disc_create_by(self->b.path, "dvd-r", "a-Z09x"));
}

/* Sizes are of bytes with a letter, and of blocks without; both by whole ECC blocks */
TEST_F(disc, sizes)
{
	struct bench *b = &self->b;

	ASSERT_EQ(0, bench_new(b, "bd-r:4M"));
	ASSERT_EQ(0, bench_track(b, 0xff));
	EXPECT_EQ(2048, at32(b, 16));
	disc_close(drive_eject(b->drive));
	unlink(b->path);
	ASSERT_EQ(0, bench_new(b, "bd-r:5001"));
	ASSERT_EQ(0, bench_track(b, 0xff));
	EXPECT_EQ(4992, at32(b, 16));
}

/* A sparse file: no more than what was written */
TEST_F(disc, sparse)
{
	struct bench *b = &self->b;
	struct stat st;

	ASSERT_EQ(0, bench_new(b, "dvd-ram"));
	ASSERT_EQ(0, bench_write(b, 2000000, 16));
	ASSERT_EQ(0, SYNC(b));
	ASSERT_EQ(0, stat(b->path, &st));
	EXPECT_GT(1024 * 1024, st.st_blocks * 512);
}

TEST_F(disc, one_drive_each)
{
	struct disc *one, *two;

	ASSERT_EQ(0, disc_create(self->b.path, "dvd-r"));
	ASSERT_EQ(0, disc_open(self->b.path, &one));
	EXPECT_EQ(-EBUSY, disc_open(self->b.path, &two));
	EXPECT_EQ(NULL, two);
	disc_close(one);
	ASSERT_EQ(0, disc_open(self->b.path, &two));
	disc_close(two);
	EXPECT_EQ(-ENOENT, disc_open("/nowhere/at/all", &one));
}

#define HEAD "vdrive disc 1\n"
#define DVD_R HEAD "media dvd-r\nblocks 2298496\n"

static const struct {
	const char *name;
	const char *text;
} bad[] = {
	{ "nothing", "" },
	{ "another file", "hello\n" },
	{ "another version", "vdrive disc 2\nmedia dvd-r\nblocks 2298496\nend\n" },
	{ "its end is missing", DVD_R },
	{ "no medium", HEAD "blocks 2298496\nend\n" },
	{ "a medium of no name", HEAD "media dvd\nblocks 2298496\nend\n" },
	{ "no size", HEAD "media dvd-r\nend\n" },
	{ "larger than the medium", HEAD "media dvd-r\nblocks 2298512\nend\n" },
	{ "half an ECC block", HEAD "media dvd-r\nblocks 2298488\nend\n" },
	{ "a word of no meaning", DVD_R "colour 1\nend\n" },
	{ "a word without value", DVD_R "id\nend\n" },
	{ "no number", DVD_R "id x\nend\n" },
	{ "a maker without a name", DVD_R "make \nend\n" },
	{ "a maker with too long a name", DVD_R "make SEVENTH\nend\n" },
	{ "a maker with a name of two words", DVD_R "make A B\nend\n" },
	{ "a flag that is neither", DVD_R "complete 2\nend\n" },
	{ "a format state of no kind", DVD_R "format 4\nend\n" },
	{ "formatted beyond its end", DVD_R "formatted 2298497\nend\n" },
	{ "a track before its medium", HEAD "track 1 0 16 16 0 1 1 0\nend\n" },
	{ "a track with fields missing", DVD_R "track 1 0 16 16\nend\n" },
	{ "a track state of no kind", DVD_R "track 1 0 16 16 0 1 4 0\nend\n" },
	{ "a track beyond the end", DVD_R "track 1 2298496 16 16 0 1 1 0\nclosed 1\nend\n" },
	{ "a track longer than the disc",
	  DVD_R "track 1 0 4294967295 16 0 1 1 0\nclosed 1\nend\n" },
	{ "more written than it has", DVD_R "track 1 0 16 32 0 1 1 0\nclosed 1\nend\n" },
	{ "more run-out than it has", DVD_R "track 1 0 16 16 17 1 1 0\nclosed 1\nend\n" },
	{ "closed with nothing in it", DVD_R "closed 1\ntrack 1 0 16 0 0 1 1 0\nend\n" },
	{ "closed with run-out alone", DVD_R "closed 1\ntrack 1 0 16 0 16 1 1 0\nend\n" },
	{ "closed and not full", DVD_R "closed 1\ntrack 1 0 32 16 0 1 1 0\nend\n" },
	{ "closed and without end", DVD_R "track 1 0 0 16 0 1 1 0\nend\n" },
	{ "tracks over each other",
	  DVD_R "track 1 0 32 32 0 1 1 0\ntrack 1 16 32 32 0 1 1 0\nend\n" },
	{ "a track after one without end",
	  DVD_R "track 1 0 0 16 0 1 0 0\ntrack 1 16 32 32 0 1 1 0\nend\n" },
	{ "a session that can't be yet", DVD_R "track 2 0 16 16 0 1 1 0\nend\n" },
	{ "a session of no tracks", DVD_R "closed 1\nend\n" },
	{ "an open track in a closed session", DVD_R "closed 1\ntrack 1 0 0 16 0 1 0 0\nend\n" },
	{ "a session that was left out",
	  DVD_R "closed 2\ntrack 2 0 16 16 0 1 1 0\nend\n" },
	{ "open with a length that nobody reserved", DVD_R "track 1 0 32 16 0 1 0 0\nend\n" },
	{ "open and with run-out", DVD_R "track 1 0 400 300 400 1 0 1\nend\n" },
	{ "a ruin beside a track",
	  DVD_R "track 1 0 16 16 0 1 1 0\ntrack 1 16 0 16 0 1 3 0\nend\n" },
	{ "a reserved ruin", DVD_R "track 1 0 16 16 0 1 3 1\nend\n" },
	{ "a reservation of nothing", DVD_R "track 1 0 0 0 0 1 0 1\nend\n" },
	{ "session 0", DVD_R "track 0 0 16 16 0 1 1 0\nend\n" },
	{ "sessions in disorder", DVD_R "closed 2\ntrack 2 0 16 16 0 1 1 0\n"
	  "track 1 32 16 16 0 1 1 0\nend\n" },
	{ "overwritten, but no DVD-RW", DVD_R "overwrite 1\nend\n" },
	{ "tracks on what is written anywhere",
	  HEAD "media bd-re\nblocks 12219392\ntrack 1 0 32 32 0 1 1 0\nend\n" },
	{ "more tracks than a CD has", HEAD "media cd-r-80\nblocks 359849\nclosed 100\nend\n" },
};

static int put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f)
		return -1;
	fputs(text, f);
	return fclose(f);
}

TEST_F(disc, bad_descriptions)
{
	struct disc *d;
	unsigned int i;

	ASSERT_EQ(0, disc_create(self->b.path, "dvd-r"));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ASSERT_EQ(0, put(self->description, bad[i].text));
		EXPECT_EQ(-EUCLEAN, disc_open(self->b.path, &d)) TH_LOG("%s", bad[i].name);
		disc_close(d);
	}
	ASSERT_EQ(0, put(self->description, DVD_R "closed 1\ntrack 1 0 16 16 0 1 1 0\nend\n"));
	EXPECT_EQ(0, disc_open(self->b.path, &d));
	disc_close(d);
}

TEST_HARNESS_MAIN
