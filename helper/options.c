// SPDX-License-Identifier: GPL-2.0-only
#include <grp.h>
#include <libmount.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include "options.h"

/* What one option's parser gets to see */
struct parse {
	struct mount_options *opt;
	unsigned int flags;	/* OPTIONS_SLOPPY */
	const char *name;	/* NUL-terminated */
	const char *value;	/* NULL: there is none */
	char *err;
	size_t err_size;
	bool have_fmask, have_dmask;
	mode_t umask;
};

static int __attribute__((format(printf, 2, 3)))
refuse(const struct parse *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->err, p->err_size, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static int refuse_value(const struct parse *p, const char *want)
{
	if (!p->value)
		return refuse(p, "option %s needs a value: %s", p->name, want);
	return refuse(p, "option %s=%s: must be %s", p->name, p->value, want);
}

static int parse_u64(const char *s, int base, uint64_t *out, char **end)
{
	if (!s || *s < '0' || *s > '9')
		return -EINVAL;
	errno = 0;
	*out = strtoull(s, end, base);
	return errno ? -EINVAL : 0;
}

static int parse_number(const struct parse *p, uint32_t min, uint32_t *out)
{
	uint64_t n;
	char *end;

	if (parse_u64(p->value, 10, &n, &end) || *end || n < min || n > UINT32_MAX)
		return refuse_value(p, min ? "a number from 1" : "a number");
	*out = (uint32_t)n;
	return 0;
}

static int parse_mask(const struct parse *p, mode_t *out)
{
	uint64_t n;
	char *end;

	if (parse_u64(p->value, 8, &n, &end) || *end || n > 0777)
		return refuse_value(p, "octal, 0 to 777");
	*out = (mode_t)n;
	return 0;
}

/* A number, or a name of the host's users or groups */
static int parse_uid(const struct parse *p)
{
	const struct passwd *pw;

	if (p->value && *p->value && (*p->value < '0' || *p->value > '9')) {
		pw = getpwnam(p->value);
		if (!pw)
			return refuse_value(p, "a number or a user's name");
		p->opt->uid = pw->pw_uid;
		return 0;
	}
	return parse_number(p, 0, &p->opt->uid);
}

static int parse_gid(const struct parse *p)
{
	const struct group *gr;

	if (p->value && *p->value && (*p->value < '0' || *p->value > '9')) {
		gr = getgrnam(p->value);
		if (!gr)
			return refuse_value(p, "a number or a group's name");
		p->opt->gid = gr->gr_gid;
		return 0;
	}
	return parse_number(p, 0, &p->opt->gid);
}

/* Bytes, or with K, M, G, T powers of 1,024 of them */
static int parse_size(const struct parse *p, uint64_t *out)
{
	static const char units[] = "KMGT";
	static const char want[] = "bytes, or a number with K, M, G or T";
	unsigned int shift = 0;
	const char *unit;
	uint64_t n;
	char *end;

	if (parse_u64(p->value, 10, &n, &end))
		return refuse_value(p, want);
	if (*end) {
		unit = strchr(units, *end & ~0x20);
		if (!unit || end[1])
			return refuse_value(p, want);
		shift = 10 * (unsigned int)(unit - units + 1);
	}
	if (n > UINT64_MAX >> shift)
		return refuse_value(p, want);
	*out = n << shift;
	return 0;
}

static int parse_string(const struct parse *p, const char *want, char **out)
{
	char *copy;

	if (!p->value || !*p->value)
		return refuse_value(p, want);
	copy = strdup(p->value);
	if (!copy)
		return -ENOMEM;
	free(*out);
	*out = copy;
	return 0;
}

/* A Joliet descriptor has 16 units for it (ECMA-119 8.5.5) */
static int parse_volid(const struct parse *p)
{
	u8 utf16[32];

	if (p->value &&
	    imapi_utf8_to_utf16(p->value, strlen(p->value), utf16, sizeof(utf16)) < 0)
		return refuse_value(p, "UTF-8 of at most 16 characters");
	return parse_string(p, "a label", &p->opt->volid);
}

static int parse_spool(const struct parse *p)
{
	if (p->value && *p->value != '/')
		return refuse_value(p, "a folder's absolute path");
	return parse_string(p, "a folder's absolute path", &p->opt->spool);
}

/* Which of @words, NULL at their end, the value is; or -1 */
static int parse_word(const struct parse *p, const char *const *words)
{
	int i;

	for (i = 0; p->value && words[i]; i++)
		if (!strcmp(p->value, words[i]))
			return i;
	return -1;
}

static int parse_commit(const struct parse *p)
{
	static const char *const words[] = { "sync", "umount", "manual", NULL };
	int i = parse_word(p, words);

	if (i < 0)
		return refuse_value(p, "sync, umount or manual");
	p->opt->commit = (enum commit_mode)i;
	return 0;
}

static int parse_verify(const struct parse *p)
{
	static const char *const words[] = { "full", "meta", "none", NULL };
	int i = parse_word(p, words);

	if (i < 0)
		return refuse_value(p, "full, meta or none");
	p->opt->verify = (enum verify_mode)i;
	return 0;
}

static int parse_face(const struct parse *p)
{
	static const char *const words[] = { "kernel", "fuse", NULL };
	int i = parse_word(p, words);

	if (i < 0)
		return refuse_value(p, "kernel or fuse");
	p->opt->face = i ? FACE_FUSE : FACE_KERNEL;
	return 0;
}

static int parse_flag(const struct parse *p, bool *flag, bool set)
{
	if (p->value)
		return refuse(p, "option %s takes no value", p->name);
	*flag = set;
	return 0;
}

/* Return: 1 if the option isn't one of ours, otherwise 0 or -errno */
static int parse_own(struct parse *p)
{
	struct mount_options *opt = p->opt;

	if (!strcmp(p->name, "ro"))
		return parse_flag(p, &opt->ro, true);
	if (!strcmp(p->name, "rw"))
		return parse_flag(p, &opt->ro, false);
	if (!strcmp(p->name, "fresh"))
		return parse_flag(p, &opt->fresh, true);
	if (!strcmp(p->name, "finalize"))
		return parse_flag(p, &opt->finalize, true);
	if (!strcmp(p->name, "eject"))
		return parse_flag(p, &opt->eject, true);
	if (!strcmp(p->name, "session"))
		return parse_number(p, 1, &opt->session);
	if (!strcmp(p->name, "speed"))
		return parse_number(p, 1, &opt->speed);
	if (!strcmp(p->name, "commit"))
		return parse_commit(p);
	if (!strcmp(p->name, "verify"))
		return parse_verify(p);
	if (!strcmp(p->name, "face"))
		return parse_face(p);
	if (!strcmp(p->name, "size"))
		return parse_size(p, &opt->size);
	if (!strcmp(p->name, "spool"))
		return parse_spool(p);
	if (!strcmp(p->name, "volid"))
		return parse_volid(p);
	if (!strcmp(p->name, "uid"))
		return parse_uid(p);
	if (!strcmp(p->name, "gid"))
		return parse_gid(p);
	if (!strcmp(p->name, "umask"))
		return parse_mask(p, &p->umask);
	if (!strcmp(p->name, "fmask")) {
		p->have_fmask = true;
		return parse_mask(p, &opt->fmask);
	}
	if (!strcmp(p->name, "dmask")) {
		p->have_dmask = true;
		return parse_mask(p, &opt->dmask);
	}
	return 1;
}

/* Generic options that libfuse hands on to mount(2) or fusermount3 */
static const char *const vfs_options[] = {
	"nosuid", "nodev", "exec", "noexec", "sync", "async", "dirsync", "atime", "noatime",
	"diratime", "nodiratime", NULL
};

/*
 * Generic options that say what FUSE file systems do anyway, and those that a disc has no
 * use for: it has neither programs with an owner's rights nor devices
 */
static const char *const idle_options[] = {
	"defaults", "suid", "dev", "relatime", "norelatime", "strictatime", "nostrictatime",
	"lazytime", "nolazytime", "silent", "loud", "nomand", "noiversion", NULL
};

static bool is_in(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(name, *list))
			return true;
	return false;
}

/* Options for mount(8), fstab's readers and utab, which libmount's map knows */
static bool is_userspace(const struct parse *p)
{
	static const unsigned long ours = MNT_MS_NOAUTO | MNT_MS_USER |
		MNT_MS_USERS | MNT_MS_OWNER | MNT_MS_GROUP | MNT_MS_NETDEV |
		MNT_MS_COMMENT | MNT_MS_LOOP | MNT_MS_NOFAIL | MNT_MS_UHELPER |
		MNT_MS_HELPER | MNT_MS_XCOMMENT | MNT_MS_XFSTABCOMM;
	unsigned long flags = 0;

	/* Options that undo another one have no flag of their own */
	if (!strcmp(p->name, "auto") || !strcmp(p->name, "nouser") ||
	    !strcmp(p->name, "nousers") || !strcmp(p->name, "noowner") ||
	    !strcmp(p->name, "nogroup"))
		return true;
	if (mnt_optstr_get_flags(p->name, &flags,
				 mnt_get_builtin_optmap(MNT_USERSPACE_MAP)))
		return false;
	return flags & ours;
}

static int parse_generic(const struct parse *p)
{
	if (is_in(p->name, vfs_options) && !p->value)
		return mnt_optstr_append_option(&p->opt->vfs, p->name, NULL);
	if ((is_in(p->name, idle_options) && !p->value) || is_userspace(p))
		return 0;
	if (p->flags & OPTIONS_SLOPPY)
		return 0;
	return refuse(p, "unknown option %s", p->name);
}

static int parse_option(struct parse *p, const char *name, size_t name_len,
			const char *value, size_t value_len)
{
	char *n = strndup(name, name_len);
	char *v = value ? strndup(value, value_len) : NULL;
	int err = -ENOMEM;

	if (!n || (value && !v))
		goto out;
	p->name = n;
	p->value = v;
	err = parse_own(p);
	if (err == 1)
		err = parse_generic(p);
out:
	free(n);
	free(v);
	return err;
}

/* libmount takes all behind an open quote for one option, and then drops it */
static bool open_quote(const char *s)
{
	bool open = false;

	for (; *s; s++)
		open ^= *s == '"';
	return open;
}

static int parse_list(struct parse *p, char *list)
{
	size_t name_len, value_len;
	char *name, *value;
	int r;

	if (open_quote(list))
		return refuse(p, "options %s: a quote is not closed", list);
	/* With it come options of the mount that is there, not all of them ours */
	if (!mnt_optstr_get_option(list, "remount", NULL, NULL))
		return refuse(p, "imapifs can't be remounted: unmount and mount again");
	while (!(r = mnt_optstr_next_option(&list, &name, &name_len,
					    &value, &value_len))) {
		r = parse_option(p, name, name_len, value, value_len);
		if (r)
			return r;
	}
	return r < 0 ? refuse(p, "options %s: malformed", list) : 0;
}

int options_parse(const char *optstr, unsigned int flags,
		  struct mount_options *opt, char *err, size_t err_size)
{
	struct parse p = { .opt = opt, .flags = flags, .err = err,
			   .err_size = err_size, .umask = 0022 };
	char *copy;
	int r;

	memset(opt, 0, sizeof(*opt));
	opt->uid = getuid();
	opt->gid = getgid();
	opt->size = UINT64_MAX;
	snprintf(err, err_size, "out of memory");
	copy = strdup(optstr ? optstr : "");
	if (!copy)
		return -ENOMEM;
	r = parse_list(&p, copy);
	if (!p.have_fmask)
		opt->fmask = p.umask;
	if (!p.have_dmask)
		opt->dmask = p.umask;
	if (!r && opt->fresh && opt->session)
		r = refuse(&p, "options fresh and session= exclude each other");
	if (!r && opt->finalize && opt->commit == COMMIT_MANUAL)
		r = refuse(&p, "options finalize and commit=manual exclude each other: with that, umount burns nothing");
	if (r)
		options_free(opt);
	else
		err[0] = '\0';
	free(copy);
	return r;
}

int options_set(struct mount_options *opt, const char *name, const char *value,
		char *err, size_t err_size)
{
	static const char *const wanted[] = { "commit", "eject", "finalize", "spool", "speed",
					       "verify", "volid", NULL };
	struct parse p = { .opt = opt, .name = name, .value = value, .err = err,
			   .err_size = err_size };

	snprintf(err, err_size, "out of memory");
	return is_in(name, wanted) ? parse_own(&p) : 1;
}

void options_free(struct mount_options *opt)
{
	free(opt->spool);
	free(opt->volid);
	free(opt->vfs);
	opt->spool = NULL;
	opt->volid = NULL;
	opt->vfs = NULL;
}
