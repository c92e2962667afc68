// SPDX-License-Identifier: GPL-2.0-only
/* Directories as files: reading them, and what the root's descriptor can ask for. */
#include <linux/compat.h>
#include <linux/file.h>
#include <linux/uaccess.h>
#include "internal.h"

/* Positions: "." and ".." come first, the core's follow */
#define POS_FIRST	2

static int emit(void *arg, const struct imapi_dent *d)
{
	struct dir_context *ctx = arg;

	if (!dir_emit(ctx, d->name, (int)d->len, d->ino, d->dir ? DT_DIR : DT_REG))
		return 1;
	ctx->pos = (loff_t)d->next + POS_FIRST;
	return 0;
}

static int iterate(struct file *file, struct dir_context *ctx)
{
	struct inode *dir = file_inode(file);
	int ret;

	if (!dir_emit_dots(file, ctx))
		return 0;
	ret = imapi_readdir(imapifs_sb(dir->i_sb)->tree, imapifs_inode(dir)->node,
			    (u64)ctx->pos - POS_FIRST, emit, ctx);
	return ret < 0 ? ret : 0;
}

/* sync(1) calls it for a path that it was given */
static int dir_fsync(struct file *file, loff_t start, loff_t end, int datasync)
{
	struct inode *dir = file_inode(file);
	struct imapifs_sb *sbi = imapifs_sb(dir->i_sb);

	if (dir != d_inode(dir->i_sb->s_root) || sbi->opt.commit != IMAPIFS_SYNC)
		return 0;
	return imapifs_commit(sbi, 0);
}

static int get_status(struct imapifs_sb *sbi, void __user *arg)
{
	struct imapifs_status *s = kzalloc(sizeof(*s), GFP_KERNEL);
	int err;

	if (!s)
		return -ENOMEM;
	imapifs_status(sbi, s);
	err = copy_to_user(arg, s, sizeof(*s)) ? -EFAULT : 0;
	kfree(s);
	return err;
}

static int attach(struct imapifs_sb *sbi, const __s32 __user *arg)
{
	struct imapifs_chan *c;
	struct file *file;
	__s32 fd;
	int err;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (get_user(fd, arg))
		return -EFAULT;
	if (sb_rdonly(sbi->sb))
		return -EROFS;
	file = fget((unsigned int)fd);
	if (!file)
		return -EBADF;
	c = imapifs_chan_get(file);
	fput(file);
	if (IS_ERR(c))
		return PTR_ERR(c);
	err = imapifs_chan_bind(c, sbi);
	imapifs_chan_put(c);
	return err;
}

static long dir_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct inode *dir = file_inode(file);
	struct imapifs_sb *sbi = imapifs_sb(dir->i_sb);

	if (dir != d_inode(dir->i_sb->s_root))
		return -ENOTTY;
	switch (cmd) {
	case IMAPIFS_IOC_STATUS:
		return get_status(sbi, (void __user *)arg);
	case IMAPIFS_IOC_COMMIT:
		return imapifs_commit(sbi, arg == IMAPIFS_COMMIT_LAST ? IMAPIFS_FINAL : 0);
	case IMAPIFS_IOC_ATTACH:
		return attach(sbi, (const __s32 __user *)arg);
	default:
		return -ENOTTY;
	}
}

const struct file_operations imapifs_dir_fops = {
	.llseek = generic_file_llseek,
	.read = generic_read_dir,
	.iterate_shared = iterate,
	.fsync = dir_fsync,
	.unlocked_ioctl = dir_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
