// SPDX-License-Identifier: GPL-2.0-only
/* Inodes: each holds a reference of its node in the tree, and mirrors it. */
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/slab.h>
#include "internal.h"

static struct kmem_cache *inode_cache;

static void init_once(void *p)
{
	struct imapifs_inode *ii = p;

	inode_init_once(&ii->vfs_inode);
}

int __init imapifs_inode_cache_init(void)
{
	inode_cache = kmem_cache_create("imapifs_inode", sizeof(struct imapifs_inode), 0,
					SLAB_RECLAIM_ACCOUNT | SLAB_ACCOUNT, init_once);
	return inode_cache ? 0 : -ENOMEM;
}

void imapifs_inode_cache_free(void)
{
	/* Inodes are freed by RCU callbacks, which must be through */
	rcu_barrier();
	kmem_cache_destroy(inode_cache);
}

struct inode *imapifs_alloc_inode(struct super_block *sb)
{
	struct imapifs_inode *ii = alloc_inode_sb(sb, inode_cache, GFP_KERNEL);

	if (!ii)
		return NULL;
	ii->node = NULL;
	ii->spool = NULL;
	mutex_init(&ii->copy_lock);
	mutex_init(&ii->stage_lock);
	spin_lock_init(&ii->lock);
	atomic_set(&ii->users, 0);
	INIT_LIST_HEAD(&ii->staged);
	return &ii->vfs_inode;
}

void imapifs_free_inode(struct inode *inode)
{
	kmem_cache_free(inode_cache, imapifs_inode(inode));
}

void imapifs_evict_inode(struct inode *inode)
{
	struct imapifs_inode *ii = imapifs_inode(inode);

	truncate_inode_pages_final(&inode->i_data);
	clear_inode(inode);
	imapifs_spool_detach(inode);
	if (ii->node)
		imapi_node_put(imapifs_sb(inode->i_sb)->tree, ii->node, 1);
}

void imapifs_refresh(struct inode *inode)
{
	struct imapifs_sb *sbi = imapifs_sb(inode->i_sb);
	struct timespec64 ts = { 0 };
	struct imapi_attr attr;

	imapi_node_attr(sbi->tree, imapifs_inode(inode)->node, &attr);
	ts.tv_sec = attr.mtime;
	inode_set_mtime_to_ts(inode, ts);
	inode_set_ctime_to_ts(inode, ts);
	inode_set_atime_to_ts(inode, ts);
	/* Readers look at the size without a lock, so it is set just where it changes */
	if (i_size_read(inode) != attr.size)
		i_size_write(inode, attr.size);
}

int imapifs_getattr(struct mnt_idmap *idmap, const struct path *path, struct kstat *stat, u32 mask,
		    unsigned int flags)
{
	struct inode *inode = d_inode(path->dentry);

	imapifs_fill_stat(idmap, mask, inode, stat);
	stat->blocks = (stat->size + 511) >> 9;
	stat->blksize = PAGE_SIZE;
	return 0;
}

static void init_inode(struct inode *inode, const struct imapi_attr *attr)
{
	const struct imapifs_opts *opt = &imapifs_sb(inode->i_sb)->opt;

	inode->i_ino = attr->ino;
	inode->i_uid = opt->uid;
	inode->i_gid = opt->gid;
	inode->i_flags |= S_NOATIME | S_NOCMTIME;
	set_nlink(inode, attr->linked);
	if (attr->dir) {
		inode->i_mode = S_IFDIR | (0777 & ~opt->dmask);
		inode->i_op = &imapifs_dir_iops;
		inode->i_fop = &imapifs_dir_fops;
	} else {
		inode->i_mode = S_IFREG | (0666 & ~opt->fmask);
		inode->i_op = &imapifs_file_iops;
		inode->i_fop = &imapifs_file_fops;
		inode->i_mapping->a_ops = &imapifs_aops;
		mapping_set_large_folios(inode->i_mapping);
	}
	imapifs_refresh(inode);
}

static int test_node(struct inode *inode, void *node)
{
	return imapifs_inode(inode)->node == node;
}

static int set_node(struct inode *inode, void *node)
{
	imapifs_inode(inode)->node = node;
	return 0;
}

struct inode *imapifs_iget(struct super_block *sb, struct imapi_node *node)
{
	struct imapifs_sb *sbi = imapifs_sb(sb);
	struct imapi_content c;
	struct imapi_attr attr;
	struct inode *inode;

	imapi_node_attr(sbi->tree, node, &attr);
	inode = iget5_locked(sb, attr.ino, test_node, set_node, node);
	if (!inode) {
		imapi_node_put(sbi->tree, node, 1);
		return ERR_PTR(-ENOMEM);
	}
	if (!(inode_state_read_once(inode) & I_NEW)) {
		imapi_node_put(sbi->tree, node, 1);
		return inode;
	}
	/* A commit must not turn it into burned content before it is attached */
	down_read(&sbi->switch_lock);
	init_inode(inode, &attr);
	if (!attr.dir && !imapi_node_content(sbi->tree, node, &c) && c.staged)
		imapifs_spool_attach(inode, c.staged);
	up_read(&sbi->switch_lock);
	unlock_new_inode(inode);
	return inode;
}

void imapifs_inode_new(struct inode *inode, struct imapi_node *node)
{
	struct imapi_attr attr;

	imapi_node_attr(imapifs_sb(inode->i_sb)->tree, node, &attr);
	imapifs_inode(inode)->node = node;
	init_inode(inode, &attr);
	insert_inode_hash(inode);
	lockdep_annotate_inode_mutex_key(inode);
}

static int may_change(struct imapifs_sb *sbi)
{
	if (sb_rdonly(sbi->sb))
		return -EROFS;
	/* Before the wait: who waits for a helper that is gone waits for ever */
	return imapifs_served(sbi) ? 0 : -ENOTCONN;
}

int imapifs_change_begin(struct imapifs_sb *sbi)
{
	return may_change(sbi) ?: imapifs_gate_enter_locked(&sbi->changes);
}

void imapifs_change_end(struct imapifs_sb *sbi)
{
	imapifs_gate_leave(&sbi->changes);
}

int imapifs_write_begin(struct inode *inode)
{
	struct imapifs_sb *sbi = imapifs_sb(inode->i_sb);
	int err;

	for (;;) {
		err = inode_lock_killable(inode);
		if (err)
			return err;
		err = may_change(sbi);
		if (err || imapifs_gate_try(&sbi->changes))
			break;
		inode_unlock(inode);
		err = imapifs_gate_wait(&sbi->changes);
		if (err)
			return err;
	}
	if (err)
		inode_unlock(inode);
	return err;
}

void imapifs_write_end(struct inode *inode)
{
	imapifs_change_end(imapifs_sb(inode->i_sb));
	inode_unlock(inode);
}
