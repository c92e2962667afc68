// SPDX-License-Identifier: GPL-2.0-only
/* Mount options: those of the contract, and two descriptors from mount.imapifs. */
#include <linux/file.h>
#include <linux/fs_context.h>
#include <linux/fs_parser.h>
#include <linux/seq_file.h>
#include "internal.h"

enum {
	OPT_FD, OPT_BACKING, OPT_SPOOL, OPT_VOLID, OPT_COMMIT, OPT_VERIFY, OPT_SPEED,
	OPT_FINALIZE, OPT_EJECT, OPT_FRESH, OPT_SESSION, OPT_SIZE, OPT_UID, OPT_GID,
	OPT_UMASK, OPT_FMASK, OPT_DMASK,
};

static const struct constant_table commit_words[] = {
	{ "sync",	IMAPIFS_SYNC },
	{ "umount",	IMAPIFS_UMOUNT },
	{ "manual",	IMAPIFS_BY_HAND },
	{}
};

static const struct constant_table verify_words[] = {
	{ "full",	IMAPIFS_FULL },
	{ "meta",	IMAPIFS_META },
	{ "none",	IMAPIFS_NONE },
	{}
};

const struct fs_parameter_spec imapifs_params[] = {
	fsparam_fd("fd",	OPT_FD),
	fsparam_fd("backing",	OPT_BACKING),
	fsparam_string("spool",	OPT_SPOOL),
	fsparam_string("volid",	OPT_VOLID),
	fsparam_enum("commit",	OPT_COMMIT, commit_words),
	fsparam_enum("verify",	OPT_VERIFY, verify_words),
	fsparam_u32("speed",	OPT_SPEED),
	fsparam_flag("finalize", OPT_FINALIZE),
	fsparam_flag("eject",	OPT_EJECT),
	fsparam_flag("fresh",	OPT_FRESH),
	fsparam_u32("session",	OPT_SESSION),
	fsparam_u64("size",	OPT_SIZE),
	fsparam_u32("uid",	OPT_UID),
	fsparam_u32("gid",	OPT_GID),
	fsparam_u32oct("umask",	OPT_UMASK),
	fsparam_u32oct("fmask",	OPT_FMASK),
	fsparam_u32oct("dmask",	OPT_DMASK),
	{}
};

void imapifs_default_opts(struct imapifs_opts *opt)
{
	memset(opt, 0, sizeof(*opt));
	opt->size = U64_MAX;
	opt->uid = current_uid();
	opt->gid = current_gid();
	opt->fmask = 0022;
	opt->dmask = 0022;
}

void imapifs_free_opts(struct imapifs_opts *opt)
{
	if (opt->chan)
		fput(opt->chan);
	if (opt->backing)
		fput(opt->backing);
	kfree(opt->spool);
	kfree(opt->volid);
	memset(opt, 0, sizeof(*opt));
}

static int copy_string(char **to, const char *from)
{
	*to = from ? kstrdup(from, GFP_KERNEL) : NULL;
	return from && !*to ? -ENOMEM : 0;
}

int imapifs_copy_opts(struct imapifs_opts *to, const struct imapifs_opts *from)
{
	*to = *from;
	to->chan = NULL;
	to->backing = NULL;
	to->volid = NULL;
	return copy_string(&to->spool, from->spool) ?: copy_string(&to->volid, from->volid);
}

static bool same_string(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

bool imapifs_same_opts(const struct imapifs_opts *a, const struct imapifs_opts *b)
{
	return !a->chan && !a->backing && same_string(a->spool, b->spool) &&
	       same_string(a->volid, b->volid) && a->commit == b->commit &&
	       a->verify == b->verify && a->speed == b->speed && a->finalize == b->finalize &&
	       a->eject == b->eject && a->fresh == b->fresh && a->session == b->session &&
	       a->size == b->size && uid_eq(a->uid, b->uid) && gid_eq(a->gid, b->gid) &&
	       a->fmask == b->fmask && a->dmask == b->dmask;
}

static int take_file(struct file **to, const struct fs_parameter *param,
		     const struct fs_parse_result *res)
{
	struct file *file;

	file = param->type == fs_value_is_file ? get_file(param->file) : fget(res->uint_32);
	if (!file)
		return -EBADF;
	if (*to)
		fput(*to);
	*to = file;
	return 0;
}

static void take_string(char **to, struct fs_parameter *param)
{
	kfree(*to);
	*to = param->string;
	param->string = NULL;
}

static int take_mask(umode_t *to, struct fs_context *fc, const struct fs_parameter *param, u32 mask)
{
	if (mask > 0777)
		return invalf(fc, "imapifs: %s: not a mask of permissions", param->key);
	*to = mask;
	return 0;
}

static int take_owner(struct imapifs_opts *opt, struct fs_context *fc, int which, u32 id)
{
	if (which == OPT_UID) {
		opt->uid = make_kuid(fc->user_ns, id);
		return uid_valid(opt->uid) ? 0 : invalf(fc, "imapifs: uid: no such user here");
	}
	opt->gid = make_kgid(fc->user_ns, id);
	return gid_valid(opt->gid) ? 0 : invalf(fc, "imapifs: gid: no such group here");
}

int imapifs_parse_param(struct fs_context *fc, struct fs_parameter *param)
{
	struct imapifs_opts *opt = fc->fs_private;
	struct fs_parse_result res;
	int which;

	which = fs_parse(fc, imapifs_params, param, &res);
	if (which < 0)
		return which;
	switch (which) {
	case OPT_FD:
		return take_file(&opt->chan, param, &res);
	case OPT_BACKING:
		return take_file(&opt->backing, param, &res);
	case OPT_SPOOL:
		take_string(&opt->spool, param);
		return 0;
	case OPT_VOLID:
		take_string(&opt->volid, param);
		return 0;
	case OPT_COMMIT:
		opt->commit = res.uint_32;
		return 0;
	case OPT_VERIFY:
		opt->verify = res.uint_32;
		return 0;
	case OPT_SPEED:
		opt->speed = res.uint_32;
		return 0;
	case OPT_FINALIZE:
		opt->finalize = true;
		return 0;
	case OPT_EJECT:
		opt->eject = true;
		return 0;
	case OPT_FRESH:
		opt->fresh = true;
		return 0;
	case OPT_SESSION:
		if (!res.uint_32)
			return invalf(fc, "imapifs: session: they count from 1");
		opt->session = res.uint_32;
		return 0;
	case OPT_SIZE:
		opt->size = res.uint_64;
		return 0;
	case OPT_UID:
	case OPT_GID:
		return take_owner(opt, fc, which, res.uint_32);
	case OPT_UMASK:
		return take_mask(&opt->dmask, fc, param, res.uint_32) ?:
		       take_mask(&opt->fmask, fc, param, res.uint_32);
	case OPT_FMASK:
		return take_mask(&opt->fmask, fc, param, res.uint_32);
	default:
		return take_mask(&opt->dmask, fc, param, res.uint_32);
	}
}

int imapifs_show_options(struct seq_file *seq, struct dentry *root)
{
	const struct imapifs_opts *opt = &imapifs_sb(root->d_sb)->opt;

	seq_printf(seq, ",uid=%u,gid=%u,fmask=%04o,dmask=%04o",
		   from_kuid_munged(&init_user_ns, opt->uid),
		   from_kgid_munged(&init_user_ns, opt->gid), opt->fmask, opt->dmask);
	if (opt->session)
		seq_printf(seq, ",session=%u", opt->session);
	if (opt->fresh)
		seq_puts(seq, ",fresh");
	if (sb_rdonly(root->d_sb))
		return 0;
	seq_printf(seq, ",commit=%s,verify=%s", commit_words[opt->commit].name,
		   verify_words[opt->verify].name);
	if (opt->speed)
		seq_printf(seq, ",speed=%u", opt->speed);
	if (opt->finalize)
		seq_puts(seq, ",finalize");
	if (opt->eject)
		seq_puts(seq, ",eject");
	if (opt->size != U64_MAX)
		seq_printf(seq, ",size=%llu", opt->size);
	if (opt->spool)
		seq_show_option(seq, "spool", opt->spool);
	if (opt->volid)
		seq_show_option(seq, "volid", opt->volid);
	return 0;
}
