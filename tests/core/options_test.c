// SPDX-License-Identifier: GPL-2.0-only
/* Mount options: what is taken, and what is refused with which name in the line */
#include <string.h>
#include <unistd.h>
#include "options.h"
#include "kselftest_harness.h"

static int parse(const char *list, struct mount_options *opt)
{
	char err[256];

	return options_parse(list, 0, opt, err, sizeof(err));
}

TEST(defaults)
{
	static const char *const lists[] = { NULL, "", "rw", "defaults" };
	struct mount_options opt;
	size_t i;

	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		ASSERT_EQ(0, parse(lists[i], &opt));
		EXPECT_FALSE(opt.ro || opt.fresh || opt.finalize || opt.eject);
		EXPECT_EQ(0, opt.session);
		EXPECT_EQ(COMMIT_SYNC, opt.commit);
		EXPECT_EQ(VERIFY_FULL, opt.verify);
		EXPECT_EQ(UINT64_MAX, opt.size);
		EXPECT_EQ(getuid(), opt.uid);
		EXPECT_EQ(getgid(), opt.gid);
		EXPECT_EQ(0022, opt.fmask);
		EXPECT_EQ(0022, opt.dmask);
		EXPECT_EQ(NULL, opt.spool);
		EXPECT_EQ(NULL, opt.volid);
		EXPECT_EQ(NULL, opt.vfs);
		options_free(&opt);
	}
}

TEST(all_of_ours)
{
	struct mount_options opt;

	ASSERT_EQ(0, parse("ro,finalize,eject,session=3,commit=umount,verify=meta,speed=8,spool=/var/tmp/s,volid=LABEL,uid=7,gid=8",
			   &opt));
	EXPECT_TRUE(opt.ro && opt.finalize && opt.eject);
	EXPECT_EQ(3, opt.session);
	EXPECT_EQ(COMMIT_UMOUNT, opt.commit);
	EXPECT_EQ(VERIFY_META, opt.verify);
	EXPECT_EQ(8, opt.speed);
	EXPECT_STREQ("/var/tmp/s", opt.spool);
	EXPECT_STREQ("LABEL", opt.volid);
	EXPECT_EQ(7, opt.uid);
	EXPECT_EQ(8, opt.gid);
	options_free(&opt);
}

TEST(manual_and_finalize_exclude_each_other)
{
	struct mount_options opt;

	EXPECT_EQ(-EINVAL, parse("finalize,commit=manual", &opt));
	EXPECT_EQ(-EINVAL, parse("commit=manual,finalize", &opt));
	ASSERT_EQ(0, parse("commit=manual,finalize,commit=sync", &opt));
	options_free(&opt);
}

TEST(which_face)
{
	struct mount_options opt;

	ASSERT_EQ(0, parse("", &opt));
	EXPECT_EQ(FACE_ANY, opt.face);
	ASSERT_EQ(0, parse("face=kernel", &opt));
	EXPECT_EQ(FACE_KERNEL, opt.face);
	ASSERT_EQ(0, parse("face=kernel,face=fuse", &opt));
	EXPECT_EQ(FACE_FUSE, opt.face);
}

/* What the module shows, of which attach needs a part */
TEST(one_by_one)
{
	struct mount_options opt;
	char err[256];

	ASSERT_EQ(0, parse("", &opt));
	EXPECT_EQ(0, options_set(&opt, "volid", "A, B", err, sizeof(err)));
	EXPECT_EQ(0, options_set(&opt, "volid", "C,D", err, sizeof(err)));
	EXPECT_STREQ("C,D", opt.volid);
	EXPECT_EQ(0, options_set(&opt, "commit", "manual", err, sizeof(err)));
	EXPECT_EQ(COMMIT_MANUAL, opt.commit);
	EXPECT_EQ(0, options_set(&opt, "verify", "none", err, sizeof(err)));
	EXPECT_EQ(VERIFY_NONE, opt.verify);
	EXPECT_EQ(0, options_set(&opt, "spool", "/a b", err, sizeof(err)));
	EXPECT_STREQ("/a b", opt.spool);
	EXPECT_EQ(1, options_set(&opt, "uid", "7", err, sizeof(err)));
	EXPECT_NE(7, opt.uid);
	EXPECT_EQ(-EINVAL, options_set(&opt, "verify", "most", err, sizeof(err)));
	EXPECT_NE(NULL, strstr(err, "verify=most"));
	EXPECT_EQ(-EINVAL, options_set(&opt, "spool", NULL, err, sizeof(err)));
	options_free(&opt);
}

TEST(owner_by_name)
{
	struct mount_options opt;
	char err[256];

	ASSERT_EQ(0, parse("uid=root,gid=root", &opt));
	EXPECT_EQ(0, opt.uid);
	EXPECT_EQ(0, opt.gid);
	options_free(&opt);
	EXPECT_EQ(-EINVAL, options_parse("uid=no-such-user", 0, &opt, err, sizeof(err)));
	EXPECT_STREQ("option uid=no-such-user: must be a number or a user's name", err);
	EXPECT_EQ(-EINVAL, options_parse("gid=no-such-group", 0, &opt, err, sizeof(err)));
	EXPECT_STREQ("option gid=no-such-group: must be a number or a group's name", err);
	EXPECT_EQ(-EINVAL, parse("uid=", &opt));
	EXPECT_EQ(-EINVAL, parse("gid", &opt));
}

/* mount(8) hands on the options that the mount has, among them FUSE's own */
TEST(remount_is_refused_before_all)
{
	static const char *const lists[] = {
		"remount", "rw,nosuid,user_id=0,allow_other,remount,ro", "remount,ro"
	};
	struct mount_options opt;
	char err[256];
	size_t i;

	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		EXPECT_EQ(-EINVAL, options_parse(lists[i], OPTIONS_SLOPPY, &opt, err,
						 sizeof(err)));
		EXPECT_NE(NULL, strstr(err, "can't be remounted"));
	}
}

TEST(the_last_one_counts)
{
	struct mount_options opt;

	ASSERT_EQ(0, parse("ro,volid=A,commit=manual,rw,volid=B,commit=umount", &opt));
	EXPECT_FALSE(opt.ro);
	EXPECT_STREQ("B", opt.volid);
	EXPECT_EQ(COMMIT_UMOUNT, opt.commit);
	options_free(&opt);
}

TEST(masks)
{
	static const struct {
		const char *list;
		mode_t fmask, dmask;
	} cases[] = {
		{ "umask=077", 077, 077 },
		{ "umask=0", 0, 0 },
		{ "umask=077,dmask=022", 077, 022 },
		{ "fmask=0133,umask=077", 0133, 077 },
		{ "fmask=0133", 0133, 022 },
	};
	struct mount_options opt;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ASSERT_EQ(0, parse(cases[i].list, &opt));
		EXPECT_EQ(cases[i].fmask, opt.fmask);
		EXPECT_EQ(cases[i].dmask, opt.dmask);
		options_free(&opt);
	}
}

TEST(sizes)
{
	static const struct {
		const char *list;
		uint64_t size;
	} cases[] = {
		{ "size=0", 0 },
		{ "size=4096", 4096 },
		{ "size=3k", 3072 },
		{ "size=2M", 2ull << 20 },
		{ "size=25G", 25ull << 30 },
		{ "size=1T", 1ull << 40 },
		{ "size=18446744073709551615", UINT64_MAX },
	};
	struct mount_options opt;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ASSERT_EQ(0, parse(cases[i].list, &opt));
		EXPECT_EQ(cases[i].size, opt.size);
		options_free(&opt);
	}
}

TEST(generic_options)
{
	struct mount_options opt;

	ASSERT_EQ(0, parse("nosuid,noatime,relatime,noauto,user,_netdev,nofail,x-systemd.automount,comment=hello,uhelper=imapifs",
			   &opt));
	EXPECT_STREQ("nosuid,noatime", opt.vfs);
	options_free(&opt);
}

/* libfuse would take its own nosuid and nodev back for them, if root mounts */
TEST(suid_and_dev_have_no_effect)
{
	struct mount_options opt;

	ASSERT_EQ(0, parse("suid,dev,noexec", &opt));
	EXPECT_STREQ("noexec", opt.vfs);
	options_free(&opt);
}

TEST(quoted_comma)
{
	struct mount_options opt;

	ASSERT_EQ(0, parse("x-note=\"a,b\",volid=V", &opt));
	EXPECT_STREQ("V", opt.volid);
	options_free(&opt);
}

TEST(sloppy_passes_over_unknown_names_alone)
{
	struct mount_options opt;
	char err[256];

	ASSERT_EQ(0, options_parse("bogus,volid=V", OPTIONS_SLOPPY, &opt, err,
				   sizeof(err)));
	EXPECT_STREQ("V", opt.volid);
	options_free(&opt);
	EXPECT_EQ(-EINVAL, options_parse("speed=fast", OPTIONS_SLOPPY, &opt, err,
					 sizeof(err)));
}

TEST(refused)
{
	static const struct {
		const char *list, *named;
	} cases[] = {
		{ "bogus", "bogus" },
		{ "bogus=1", "bogus" },
		{ "ROOT", "ROOT" },
		{ "offset=2048", "offset" },
		{ "nosuid=1", "nosuid" },
		{ "ro=1", "ro" },
		{ "fresh=yes", "fresh" },
		{ "session", "session" },
		{ "session=0", "session=0" },
		{ "session=-1", "session=-1" },
		{ "session=1x", "session=1x" },
		{ "session=4294967296", "session=4294967296" },
		{ "session= 1", "session= 1" },
		{ "speed=0", "speed=0" },
		{ "commit", "commit" },
		{ "commit=never", "commit=never" },
		{ "verify=most", "verify=most" },
		{ "face", "face" },
		{ "face=both", "face=both" },
		{ "size", "size" },
		{ "size=", "size=" },
		{ "size=1KB", "size=1KB" },
		{ "size=K", "size=K" },
		{ "size=17179869184G", "size=17179869184G" },
		{ "size=99999999999999999999", "size=99999999999999999999" },
		{ "spool", "spool" },
		{ "spool=", "spool=" },
		{ "spool=relative", "spool=relative" },
		{ "volid=", "volid=" },
		{ "volid=12345678901234567", "volid=12345678901234567" },
		{ "volid=\xff\xfe", "volid=" },
		{ "umask=8", "umask=8" },
		{ "fmask=1777", "fmask=1777" },
		{ "dmask=", "dmask=" },
		{ "uid=12x", "uid=12x" },
		{ "gid=-1", "gid=-1" },
		{ "fresh,session=1", "fresh" },
		{ "=x", "=x" },
		{ "volid=\"V,ro", "quote" },
		{ "x-note=\"open", "quote" },
	};
	struct mount_options opt;
	char err[256];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		EXPECT_EQ(-EINVAL, options_parse(cases[i].list, 0, &opt, err,
						 sizeof(err)))
			TH_LOG("%s", cases[i].list);
		EXPECT_NE(NULL, strstr(err, cases[i].named))
			TH_LOG("%s: %s", cases[i].list, err);
	}
}

TEST_HARNESS_MAIN
