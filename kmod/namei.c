// SPDX-License-Identifier: GPL-2.0-only
/* Names: look-up and the changes of directories. */
#include <linux/pagemap.h>
#include "internal.h"

static struct imapi_node *node_of(const struct inode *inode)
{
	return imapifs_inode(inode)->node;
}

static struct dentry *lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	struct imapifs_sb *sbi = imapifs_sb(dir->i_sb);
	struct inode *inode = NULL;
	struct imapi_node *n;
	int err;

	err = imapi_lookup(sbi->tree, node_of(dir), dentry->d_name.name, dentry->d_name.len, &n);
	if (!err)
		inode = imapifs_iget(dir->i_sb, n);
	else if (err != -ENOENT)
		return ERR_PTR(err);
	return d_splice_alias(inode, dentry);
}

static int make(struct inode *dir, struct dentry *dentry, enum imapi_kind kind)
{
	struct imapifs_sb *sbi = imapifs_sb(dir->i_sb);
	struct inode *inode;
	struct imapi_node *n;
	int err;

	/* First: without memory for it the name must not be there, either */
	inode = new_inode(dir->i_sb);
	if (!inode)
		return -ENOMEM;
	err = imapifs_change_begin(sbi);
	if (err)
		goto out;
	err = imapi_create(sbi->tree, node_of(dir), dentry->d_name.name, dentry->d_name.len, kind,
			   ktime_get_real_seconds(), &n);
	imapifs_change_end(sbi);
	if (err)
		goto out;
	imapifs_refresh(dir);
	imapifs_inode_new(inode, n);
	d_instantiate(dentry, inode);
	return 0;
out:
	iput(inode);
	return err;
}

static int create(struct mnt_idmap *idmap, struct inode *dir, struct dentry *dentry,
		  IMAPIFS_CREATE_MODE)
{
	return make(dir, dentry, IMAPI_FILE);
}

static imapifs_mkdir_t mkdir(struct mnt_idmap *idmap, struct inode *dir, struct dentry *dentry,
			     umode_t mode)
{
	return imapifs_mkdir_result(make(dir, dentry, IMAPI_DIR));
}

static int mknod(struct mnt_idmap *idmap, struct inode *dir, struct dentry *dentry, umode_t mode,
		 dev_t rdev)
{
	return S_ISREG(mode) ? make(dir, dentry, IMAPI_FILE) : -EPERM;
}

/* What had a name and may have lost it */
static void refresh_link(struct inode *inode)
{
	struct imapi_attr attr;

	imapi_node_attr(imapifs_sb(inode->i_sb)->tree, node_of(inode), &attr);
	if (!attr.linked && inode->i_nlink)
		clear_nlink(inode);
}

static int take_away(struct inode *dir, struct dentry *dentry, enum imapi_kind kind)
{
	struct imapifs_sb *sbi = imapifs_sb(dir->i_sb);
	int err;

	err = imapifs_change_begin(sbi);
	if (err)
		return err;
	err = imapi_unlink(sbi->tree, node_of(dir), dentry->d_name.name, dentry->d_name.len, kind,
			   ktime_get_real_seconds());
	imapifs_change_end(sbi);
	if (err)
		return err;
	imapifs_refresh(dir);
	refresh_link(d_inode(dentry));
	return 0;
}

static int unlink(struct inode *dir, struct dentry *dentry)
{
	return take_away(dir, dentry, IMAPI_FILE);
}

static int rmdir(struct inode *dir, struct dentry *dentry)
{
	return take_away(dir, dentry, IMAPI_DIR);
}

static int rename(struct mnt_idmap *idmap, struct inode *odir, struct dentry *odentry,
		  struct inode *ndir, struct dentry *ndentry, unsigned int flags)
{
	struct imapifs_sb *sbi = imapifs_sb(odir->i_sb);
	int err;

	if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	err = imapifs_change_begin(sbi);
	if (err)
		return err;
	/* The core's flags are those of renameat2(2) */
	err = imapi_rename(sbi->tree, node_of(odir), odentry->d_name.name, odentry->d_name.len,
			   node_of(ndir), ndentry->d_name.name, ndentry->d_name.len, flags,
			   ktime_get_real_seconds());
	imapifs_change_end(sbi);
	if (err)
		return err;
	imapifs_refresh(odir);
	imapifs_refresh(ndir);
	if (d_really_is_positive(ndentry))
		refresh_link(d_inode(ndentry));
	return 0;
}

/* Joliet has neither links nor devices; EPERM is what vfat says, too */
static int symlink(struct mnt_idmap *idmap, struct inode *dir, struct dentry *dentry,
		   const char *target)
{
	return -EPERM;
}

static int link(struct dentry *old, struct inode *dir, struct dentry *dentry)
{
	return -EPERM;
}

const struct inode_operations imapifs_dir_iops = {
	.lookup = lookup,
	.create = create,
	.mkdir = mkdir,
	.mknod = mknod,
	.unlink = unlink,
	.rmdir = rmdir,
	.rename = rename,
	.symlink = symlink,
	.link = link,
	.setattr = imapifs_setattr,
	.getattr = imapifs_getattr,
};
