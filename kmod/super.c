// SPDX-License-Identifier: GPL-2.0-only
/* Mounting and unmounting. */
#include <linux/blkdev.h>
#include <linux/buffer_head.h>
#include <linux/file.h>
#include <linux/fs_context.h>
#include <linux/fs_parser.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/statfs.h>
#include "internal.h"

static int sync_fs(struct super_block *sb, int wait)
{
	struct imapifs_sb *sbi = imapifs_sb(sb);

	if (!wait)
		return 0;
	/* The dentries are gone by the time the last mount goes, and so is the root */
	if (!sb->s_root)
		return sbi->opt.commit == IMAPIFS_BY_HAND ? 0 : imapifs_commit(sbi, IMAPIFS_LAST);
	return sbi->opt.commit == IMAPIFS_SYNC ? imapifs_commit(sbi, 0) : 0;
}

/* All inodes are gone. What could not be burned is not */
static void put_super(struct super_block *sb)
{
	struct imapifs_sb *sbi = imapifs_sb(sb);

	WRITE_ONCE(sbi->going, true);
	imapifs_commit_drain(sbi);
	if (imapi_tree_dirty(sbi->tree))
		imapifs_rescue(sbi);
}

static int statfs(struct dentry *dentry, struct kstatfs *st)
{
	struct super_block *sb = dentry->d_sb;
	struct imapifs_sb *sbi = imapifs_sb(sb);
	struct imapi_usage u = { 0 };

	st->f_type = IMAPIFS_MAGIC;
	st->f_bsize = IMAPI_BLOCK;
	st->f_namelen = 3 * IMAPI_NAME_UNITS;
	st->f_fsid = u64_to_fsid(huge_encode_dev(sb->s_bdev->bd_dev));
	/* A disc that can't be counted can't be appended to, either */
	if (!sb_rdonly(sb) && !imapi_tree_usage(sbi->tree, &u))
		st->f_bfree = imapifs_free_blocks(sbi, &u);
	st->f_bavail = st->f_bfree;
	st->f_blocks = sbi->source.blocks + u.staged_blocks + st->f_bfree;
	return 0;
}

/* The image's path, as with the other face; the loop device is of no interest */
static int show_devname(struct seq_file *seq, struct dentry *root)
{
	struct imapifs_sb *sbi = imapifs_sb(root->d_sb);

	if (sbi->opt.backing)
		seq_file_path(seq, sbi->opt.backing, " \t\n\\#");
	else
		seq_escape(seq, sbi->name, " \t\n\\#");
	return 0;
}

static const struct super_operations super_ops = {
	.alloc_inode = imapifs_alloc_inode,
	.free_inode = imapifs_free_inode,
	.evict_inode = imapifs_evict_inode,
	.sync_fs = sync_fs,
	.put_super = put_super,
	.statfs = statfs,
	.show_options = imapifs_show_options,
	.show_devname = show_devname,
};

static struct imapifs_sb *sbi_new(struct super_block *sb, struct fs_context *fc)
{
	struct imapifs_sb *sbi = kzalloc(sizeof(*sbi), GFP_KERNEL);

	if (!sbi)
		return NULL;
	sbi->name = kstrdup(fc->source, GFP_KERNEL);
	if (!sbi->name) {
		kfree(sbi);
		return NULL;
	}
	sbi->sb = sb;
	sbi->opt = *(struct imapifs_opts *)fc->fs_private;
	memset(fc->fs_private, 0, sizeof(sbi->opt));
	sbi->disc = disk_to_cdi(sb->s_bdev->bd_disk) ? &imapifs_drive : &imapifs_image;
	sbi->cred = get_current_cred();
	sbi->tree_ops.room = imapifs_room;
	sbi->tree_ops.drop = imapifs_drop;
	sbi->tree_ops.ctx = sbi;
	imapifs_gate_init(&sbi->changes);
	imapifs_gate_init(&sbi->faults);
	init_rwsem(&sbi->switch_lock);
	spin_lock_init(&sbi->lock);
	INIT_LIST_HEAD(&sbi->staged);
	init_waitqueue_head(&sbi->idle);
	return sbi;
}

static void sbi_free(struct imapifs_sb *sbi)
{
	imapifs_chan_unbind(sbi);
	if (sbi->disc->free)
		sbi->disc->free(sbi);
	imapi_tree_free(sbi->tree);
	path_put(&sbi->spool);
	imapifs_free_opts(&sbi->opt);
	put_cred(sbi->cred);
	kfree(sbi->name);
	kfree(sbi);
}

static int open_spool(struct imapifs_sb *sbi, struct fs_context *fc)
{
	int err;

	if (!sbi->opt.spool)
		return 0;
	err = kern_path(sbi->opt.spool, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &sbi->spool);
	if (err)
		errorf(fc, "imapifs: spool folder %s: %pe", sbi->opt.spool, ERR_PTR(err));
	return err;
}

static int find_disc(struct imapifs_sb *sbi, struct fs_context *fc)
{
	int err;

	imapifs_disc_init(sbi);
	err = sbi->disc->find(sbi, fc);
	if (err == -EMEDIUMTYPE)
		errorf(fc, "imapifs: nothing on the disc that is ISO 9660");
	else if (err == -EUCLEAN)
		errorf(fc, "imapifs: the disc's structures are malformed");
	if (err)
		return err;
	if (sbi->opt.fresh && !sbi->blank)
		return invalf(fc, "imapifs: option fresh needs a blank disc");
	return 0;
}

/* Can changes be taken? If they were asked for and can't, it says why */
static bool writable(struct imapifs_sb *sbi, struct fs_context *fc, bool wanted)
{
	const char *why;

	if (!wanted)
		return false;
	if (!sbi->opt.chan)
		why = "it was mounted without its helper, mount.imapifs";
	else if (sbi->opt.session)
		why = "an older session can't be appended to";
	else if (!sbi->blank && !sbi->base.joliet)
		why = "the newest session has no Joliet names";
	else
		why = sbi->why;
	if (why)
		warnf(fc, "imapifs: mounted read-only: %s", why);
	return !why;
}

static int bind_helper(struct imapifs_sb *sbi, struct fs_context *fc)
{
	struct imapifs_chan *c = imapifs_chan_get(sbi->opt.chan);
	int err;

	if (IS_ERR(c))
		return invalf(fc, "imapifs: fd: not a descriptor of /dev/imapifs");
	err = imapifs_chan_bind(c, sbi);
	imapifs_chan_put(c);
	if (err == -EBUSY)
		errorf(fc, "imapifs: fd: this descriptor serves another mount");
	else if (err == -EMEDIUMTYPE)
		errorf(fc, "imapifs: fd: the helper found another next writable address");
	else if (err)
		errorf(fc, "imapifs: fd: the helper has not said what it found on the disc");
	/* From here on the helper alone keeps it open */
	fput(sbi->opt.chan);
	sbi->opt.chan = NULL;
	return err;
}

static int make_tree(struct imapifs_sb *sbi, bool rw)
{
	sbi->tree_ops.nwa = sbi->nwa;
	return imapi_tree_new(&sbi->source, sbi->blank ? NULL : &sbi->base,
			      rw ? &sbi->tree_ops : NULL, &sbi->tree);
}

static int make_root(struct imapifs_sb *sbi)
{
	struct imapi_node *root = imapi_tree_root(sbi->tree);
	struct inode *inode;

	/* The inode gives back a reference; the tree keeps its own */
	imapi_node_get(sbi->tree, root);
	inode = imapifs_iget(sbi->sb, root);
	if (IS_ERR(inode))
		return PTR_ERR(inode);
	sbi->sb->s_root = d_make_root(inode);
	return sbi->sb->s_root ? 0 : -ENOMEM;
}

struct mount_wish {
	struct imapifs_opts opt;	/* first: fc->fs_private is known as this */
	bool rw;
};

static int fill_super(struct super_block *sb, struct fs_context *fc)
{
	bool rw = ((struct mount_wish *)fc->fs_private)->rw;
	struct imapifs_sb *sbi = sbi_new(sb, fc);
	int err;

	if (!sbi)
		return -ENOMEM;
	sb->s_fs_info = sbi;
	sb->s_magic = IMAPIFS_MAGIC;
	sb->s_op = &super_ops;
	sb->s_maxbytes = MAX_LFS_FILESIZE;
	sb->s_time_gran = NSEC_PER_SEC;
	sb->s_time_min = IMAPI_TIME_MIN;
	sb->s_time_max = IMAPI_TIME_MAX;
	if (!sb_set_blocksize(sb, IMAPI_BLOCK))
		return invalf(fc, "imapifs: the device can't be read in blocks of %u bytes",
			      IMAPI_BLOCK);
	err = find_disc(sbi, fc);
	if (err)
		return err;
	rw = writable(sbi, fc, rw);
	if (rw) {
		err = open_spool(sbi, fc);
		if (!err)
			err = bind_helper(sbi, fc);
	}
	if (!err)
		err = make_tree(sbi, rw);
	if (!err)
		err = make_root(sbi);
	if (err)
		return err;
	if (rw)
		sb->s_flags &= ~SB_RDONLY;
	return 0;
}

/* --- contexts --- */

/*
 * The superblock may be writable, the device is never opened so: drives refuse
 * that for most media, and the helper alone writes to it.
 */
static int get_tree(struct fs_context *fc)
{
	struct mount_wish *wish = fc->fs_private;

	wish->rw = !(fc->sb_flags & SB_RDONLY);
	fc->sb_flags |= SB_RDONLY;
	return get_tree_bdev(fc, fill_super);
}

static int reconfigure(struct fs_context *fc)
{
	struct super_block *sb = fc->root->d_sb;
	struct imapifs_sb *sbi = imapifs_sb(sb);
	struct mount_wish *wish = fc->fs_private;

	if (fc->sb_flags & SB_FORCE)
		return 0;
	if (!imapifs_same_opts(&wish->opt, &sbi->opt))
		return invalf(fc, "imapifs: a remount changes ro and rw alone: mount it anew");
	if (fc->sb_flags & SB_RDONLY)
		return sb_rdonly(sb) ? 0 : imapifs_commit(sbi, 0);
	if (sb_rdonly(sb) && !imapifs_served(sbi))
		return invalf(fc, "imapifs: it was mounted read-only: unmount and mount again");
	return 0;
}

static void free_context(struct fs_context *fc)
{
	struct mount_wish *wish = fc->fs_private;

	if (!wish)
		return;
	imapifs_free_opts(&wish->opt);
	kfree(wish);
}

static const struct fs_context_operations context_ops = {
	.parse_param = imapifs_parse_param,
	.get_tree = get_tree,
	.reconfigure = reconfigure,
	.free = free_context,
};

static int init_fs_context(struct fs_context *fc)
{
	struct mount_wish *wish = kzalloc(sizeof(*wish), GFP_KERNEL);
	int err = 0;

	if (!wish)
		return -ENOMEM;
	if (fc->purpose == FS_CONTEXT_FOR_RECONFIGURE)
		err = imapifs_copy_opts(&wish->opt, &imapifs_sb(fc->root->d_sb)->opt);
	else
		imapifs_default_opts(&wish->opt);
	if (err) {
		/* Nobody calls free_context() for a context that could not be made */
		imapifs_free_opts(&wish->opt);
		kfree(wish);
		return err;
	}
	fc->fs_private = wish;
	fc->ops = &context_ops;
	return 0;
}

static void kill_sb(struct super_block *sb)
{
	struct imapifs_sb *sbi = imapifs_sb(sb);

	kill_block_super(sb);
	if (sbi)
		sbi_free(sbi);
}

static struct file_system_type imapifs_type = {
	.owner = THIS_MODULE,
	.name = "imapifs",
	.init_fs_context = init_fs_context,
	.parameters = imapifs_params,
	.kill_sb = kill_sb,
	.fs_flags = FS_REQUIRES_DEV,
};
MODULE_ALIAS_FS("imapifs");

static int __init imapifs_init(void)
{
	int err;

	err = imapifs_inode_cache_init();
	if (err)
		return err;
	err = imapifs_dev_register();
	if (err)
		goto out_cache;
	err = register_filesystem(&imapifs_type);
	if (!err)
		return 0;
	imapifs_dev_unregister();
out_cache:
	imapifs_inode_cache_free();
	return err;
}

static void __exit imapifs_exit(void)
{
	unregister_filesystem(&imapifs_type);
	imapifs_dev_unregister();
	imapifs_inode_cache_free();
}

module_init(imapifs_init);
module_exit(imapifs_exit);
MODULE_DESCRIPTION("A recordable disc as an appendable file system");
MODULE_LICENSE("GPL");
