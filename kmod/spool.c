// SPDX-License-Identifier: GPL-2.0-only
/*
 * Staged files: each is an unlinked file of the spool folder, whose page cache
 * has the bytes, or one in memory where there is no such folder. The tree's
 * handle of staged content is the struct file.
 */
#include <linux/bvec.h>
#include <linux/file.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/shmem_fs.h>
#include <linux/statfs.h>
#include <linux/uio.h>
#include "internal.h"

struct file *imapifs_spool_get(struct inode *inode)
{
	struct imapifs_inode *ii = imapifs_inode(inode);
	struct file *spool;

	/* Most files have none and never had */
	if (!READ_ONCE(ii->spool))
		return NULL;
	spin_lock(&ii->lock);
	spool = ii->spool;
	if (spool)
		get_file(spool);
	spin_unlock(&ii->lock);
	return spool;
}

void imapifs_spool_attach(struct inode *inode, struct file *spool)
{
	struct imapifs_sb *sbi = imapifs_sb(inode->i_sb);
	struct imapifs_inode *ii = imapifs_inode(inode);

	get_file(spool);
	spin_lock(&sbi->lock);
	spin_lock(&ii->lock);
	WRITE_ONCE(ii->spool, spool);
	spin_unlock(&ii->lock);
	list_add_tail(&ii->staged, &sbi->staged);
	spin_unlock(&sbi->lock);
}

void imapifs_spool_detach(struct inode *inode)
{
	struct imapifs_sb *sbi = imapifs_sb(inode->i_sb);
	struct imapifs_inode *ii = imapifs_inode(inode);
	struct file *spool;

	if (!READ_ONCE(ii->spool))
		return;
	spin_lock(&sbi->lock);
	spin_lock(&ii->lock);
	spool = ii->spool;
	WRITE_ONCE(ii->spool, NULL);
	spin_unlock(&ii->lock);
	list_del_init(&ii->staged);
	spin_unlock(&sbi->lock);
	if (spool)
		fput(spool);
}

void imapifs_spool_let_go(struct inode *inode)
{
	struct imapifs_sb *sbi = imapifs_sb(inode->i_sb);
	struct imapifs_inode *ii = imapifs_inode(inode);
	struct imapi_content c;

	mutex_lock(&ii->stage_lock);
	if (!atomic_read(&ii->users) &&
	    !imapi_node_content(sbi->tree, ii->node, &c) && !c.staged)
		imapifs_spool_detach(inode);
	mutex_unlock(&ii->stage_lock);
}

void imapifs_each_staged(struct imapifs_sb *sbi, void (*fn)(struct inode *inode))
{
	struct imapifs_inode *ii;
	struct inode *inode;
	LIST_HEAD(todo);

	spin_lock(&sbi->lock);
	list_splice_init(&sbi->staged, &todo);
	while (!list_empty(&todo)) {
		ii = list_first_entry(&todo, struct imapifs_inode, staged);
		list_move_tail(&ii->staged, &sbi->staged);
		inode = igrab(&ii->vfs_inode);
		if (!inode)
			continue;	/* on its way out */
		spin_unlock(&sbi->lock);
		fn(inode);
		iput(inode);
		spin_lock(&sbi->lock);
	}
	spin_unlock(&sbi->lock);
}

void imapifs_drop(void *sbi, void *staged)
{
	fput(staged);
}

u64 imapifs_spool_free(struct imapifs_sb *sbi)
{
	struct kstatfs fs;

	if (!sbi->spool.mnt)
		return (u64)max(si_mem_available(), 0L) << PAGE_SHIFT >> IMAPI_BLOCK_SHIFT;
	if (vfs_statfs(&sbi->spool, &fs))
		return 0;
	return (u64)fs.f_bavail * (fs.f_frsize ?: fs.f_bsize) >> IMAPI_BLOCK_SHIFT;
}

static struct file *spool_create(struct imapifs_sb *sbi)
{
	const struct cred *old;
	struct file *spool;

	if (!sbi->spool.mnt)
		return imapifs_shmem_file("imapifs");
	old = override_creds(sbi->cred);
	spool = file_open_root(&sbi->spool, ".", O_TMPFILE | O_RDWR | O_LARGEFILE, 0600);
	revert_creds(old);
	return spool;
}

/* The part of @folio from @pos on, up to @end, into @spool at @pos; bytes or -errno */
static ssize_t copy_folio(struct file *spool, struct folio *folio, u64 pos, u64 end)
{
	size_t offset = offset_in_folio(folio, pos);
	size_t len = min_t(u64, folio_size(folio) - offset, end - pos);
	struct iov_iter iter;
	struct bio_vec vec;
	loff_t to = pos;

	/* A page at a time: large folios need not be mapped in one piece */
	len = min_t(size_t, len, PAGE_SIZE - offset_in_page(offset));
	bvec_set_page(&vec, folio_page(folio, offset >> PAGE_SHIFT), len, offset_in_page(offset));
	iov_iter_bvec(&iter, ITER_SOURCE, &vec, 1, len);
	return imapifs_iter_write(spool, &iter, &to);
}

/* The first @bytes of what is on the disc */
static int copy_up(struct inode *inode, struct file *spool, u64 bytes)
{
	struct address_space *mapping = inode->i_mapping;
	struct file_ra_state ra;
	struct folio *folio;
	ssize_t done;
	u64 pos = 0;

	file_ra_state_init(&ra, mapping);
	while (pos < bytes) {
		if (fatal_signal_pending(current))
			return -EINTR;
		folio = filemap_get_folio(mapping, pos >> PAGE_SHIFT);
		if (IS_ERR_OR_NULL(folio))
			page_cache_sync_readahead(mapping, &ra, NULL, pos >> PAGE_SHIFT,
						  (bytes - pos + PAGE_SIZE - 1) >> PAGE_SHIFT);
		else
			folio_put(folio);
		folio = read_mapping_folio(mapping, pos >> PAGE_SHIFT, NULL);
		if (IS_ERR(folio))
			return PTR_ERR(folio);
		done = copy_folio(spool, folio, pos, bytes);
		folio_put(folio);
		if (done <= 0)
			return done ?: -ENOSPC;
		pos += done;
		cond_resched();
	}
	return 0;
}

/* A spool file with the first @keep bytes of what is on the disc, or an error pointer */
static struct file *spool_copy(struct inode *inode, u64 keep)
{
	struct file *spool = spool_create(imapifs_sb(inode->i_sb));
	int err;

	if (IS_ERR(spool) || !keep)
		return spool;
	err = copy_up(inode, spool, keep);
	if (!err)
		return spool;
	fput(spool);
	return ERR_PTR(err);
}

/*
 * Under the stage lock: the tree learns that @spool has the file's @size bytes.
 * Pages of what was on the disc are of no use any more.
 */
static int tell_tree(struct inode *inode, struct file *spool, u64 size)
{
	int err;

	err = imapi_node_stage(imapifs_sb(inode->i_sb)->tree, imapifs_inode(inode)->node,
			       get_file(spool), size, ktime_get_real_seconds());
	if (err)
		fput(spool);
	else
		imapifs_forget_pages(inode);
	return err;
}

bool imapifs_is_staged(struct inode *inode)
{
	struct imapi_content c;

	return !imapi_node_content(imapifs_sb(inode->i_sb)->tree, imapifs_inode(inode)->node, &c) &&
	       c.staged;
}

/* Under the copy lock, not staged; nobody else stages it but by imapifs_restage() */
static int stage(struct inode *inode, u64 keep)
{
	struct imapifs_inode *ii = imapifs_inode(inode);
	struct file *spool = imapifs_spool_get(inode);
	u64 size = (u64)i_size_read(inode);
	bool kept = spool;
	int err = 0;

	if (!kept) {
		size = min(keep, size);
		spool = spool_copy(inode, size);
		if (IS_ERR(spool))
			return PTR_ERR(spool);
	}
	mutex_lock(&ii->stage_lock);
	if (!kept || !imapifs_is_staged(inode))
		err = tell_tree(inode, spool, size);
	if (!err && !READ_ONCE(ii->spool))
		imapifs_spool_attach(inode, spool);
	mutex_unlock(&ii->stage_lock);
	fput(spool);
	return err;
}

int imapifs_stage(struct inode *inode, u64 keep, struct file **spool)
{
	struct imapifs_inode *ii = imapifs_inode(inode);
	int err;

	err = mutex_lock_killable(&ii->copy_lock);
	if (err)
		return -EINTR;
	if (!imapifs_is_staged(inode))
		err = stage(inode, keep);
	if (!err)
		*spool = imapifs_spool_get(inode);
	mutex_unlock(&ii->copy_lock);
	return err;
}

int imapifs_restage(struct inode *inode)
{
	struct imapifs_inode *ii = imapifs_inode(inode);
	struct file *spool = imapifs_spool_get(inode);
	int err = 0;

	if (WARN_ON_ONCE(!spool))
		return -EIO;
	mutex_lock(&ii->stage_lock);
	if (!imapifs_is_staged(inode))
		err = tell_tree(inode, spool, (u64)i_size_read(inode));
	mutex_unlock(&ii->stage_lock);
	fput(spool);
	return err;
}

void imapifs_spool_unuse(struct inode *inode)
{
	if (atomic_dec_and_test(&imapifs_inode(inode)->users))
		imapifs_spool_let_go(inode);
}

/* Under the copy lock: the file has a spool file, staged or not, that stays for its users */
static int spool_keep(struct inode *inode, u64 most)
{
	struct imapifs_inode *ii = imapifs_inode(inode);
	u64 size = (u64)i_size_read(inode);
	struct file *spool;
	bool there;

	/* Whoever lets go of one looks for users under this lock */
	mutex_lock(&ii->stage_lock);
	there = ii->spool;
	mutex_unlock(&ii->stage_lock);
	if (there || size > most)
		return 0;
	spool = spool_copy(inode, size);
	if (IS_ERR(spool))
		return PTR_ERR(spool);
	mutex_lock(&ii->stage_lock);
	imapifs_spool_attach(inode, spool);
	mutex_unlock(&ii->stage_lock);
	fput(spool);
	return 0;
}

int imapifs_spool_use(struct inode *inode, u64 most)
{
	struct imapifs_inode *ii = imapifs_inode(inode);
	int err;

	atomic_inc(&ii->users);
	err = mutex_lock_killable(&ii->copy_lock);
	if (!err) {
		err = spool_keep(inode, most);
		mutex_unlock(&ii->copy_lock);
	}
	if (err)
		imapifs_spool_unuse(inode);
	return err;
}
