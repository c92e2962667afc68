// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regular files. What is on the disc is read through the page cache; what is
 * staged is read and written in its spool file, as overlayfs does with an upper
 * file. Which of both is asked anew by each call, so a file stays open over a
 * commit and over its first write.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/falloc.h>
#include <linux/pagemap.h>
#include <linux/splice.h>
#include <linux/uio.h>
#include "internal.h"

/* Could a mapping of @file be shared and writable? That takes both modes */
static bool may_map_writable(const struct file *file)
{
	return (file->f_mode & (FMODE_READ | FMODE_WRITE)) == (FMODE_READ | FMODE_WRITE);
}

static int file_open(struct inode *inode, struct file *file)
{
	int err;

	/* O_DIRECT is taken, and goes through the cache all the same */
	file->f_mode |= FMODE_CAN_ODIRECT;
	err = generic_file_open(inode, file);
	if (err || !may_map_writable(file))
		return err;
	/* What is to be cut off is not copied before */
	err = imapifs_spool_use(inode, file->f_flags & O_TRUNC ? 0 : U64_MAX);
	if (!err)
		file->private_data = inode;
	/* Without room in the spool it can be read all the same, but not be mapped so */
	return err == -EINTR || err == -ENOMEM ? err : 0;
}

static int file_release(struct inode *inode, struct file *file)
{
	if (file->private_data)
		imapifs_spool_unuse(inode);
	return 0;
}

static ssize_t read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct file *spool;
	ssize_t done;

	if (iocb->ki_flags & IOCB_NOWAIT)
		return -EAGAIN;
	if (!iov_iter_count(to))
		return 0;
	spool = imapifs_spool_get(file_inode(iocb->ki_filp));
	if (!spool)
		return filemap_read(iocb, to, 0);
	done = vfs_iter_read(spool, to, &iocb->ki_pos, 0);
	fput(spool);
	return done;
}

/* A change of the file that needs a longer one is asked for before it is made */
static int resize(struct inode *inode, u64 size, unsigned int flags)
{
	return imapi_node_resize(imapifs_sb(inode->i_sb)->tree, imapifs_inode(inode)->node, size,
				 flags, ktime_get_real_seconds());
}

/* After a failure the file is as long as its spool file came to be */
static void fit_size(struct inode *inode, struct file *spool)
{
	resize(inode, (u64)i_size_read(file_inode(spool)), 0);
}

/* With the inode's lock, inside the gate */
static ssize_t write_staged(struct inode *inode, struct kiocb *iocb, struct iov_iter *from)
{
	size_t count = iov_iter_count(from);
	struct file *spool;
	ssize_t done;

	done = imapifs_stage(inode, U64_MAX, &spool);
	if (done)
		return done;
	done = resize(inode, (u64)iocb->ki_pos + count, IMAPI_GROW);
	if (!done) {
		done = imapifs_iter_write(spool, from, &iocb->ki_pos);
		if (done > 0 && iocb->ki_pos > i_size_read(inode))
			i_size_write(inode, iocb->ki_pos);
		if (done < (ssize_t)count)
			fit_size(inode, spool);
		imapifs_refresh(inode);
	}
	fput(spool);
	return done;
}

static ssize_t write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct inode *inode = file_inode(iocb->ki_filp);
	ssize_t done;

	if (iocb->ki_flags & IOCB_NOWAIT)
		return -EAGAIN;
	done = imapifs_write_begin(inode);
	if (done)
		return done;
	done = generic_write_checks(iocb, from);
	if (done > 0)
		done = write_staged(inode, iocb, from);
	imapifs_write_end(inode);
	return done > 0 ? generic_write_sync(iocb, done) : done;
}

static int allocate(struct inode *inode, int mode, loff_t off, loff_t len)
{
	u64 end = (u64)off + (u64)len;
	struct file *spool;
	int err;

	err = imapifs_stage(inode, U64_MAX, &spool);
	if (err)
		return err;
	if (mode & FALLOC_FL_KEEP_SIZE)
		end = 0;
	err = resize(inode, end, IMAPI_GROW);
	if (!err) {
		err = vfs_fallocate(spool, mode, off, len);
		if (!err && end > (u64)i_size_read(inode))
			i_size_write(inode, end);
		if (err)
			fit_size(inode, spool);
		imapifs_refresh(inode);
	}
	fput(spool);
	return err;
}

static long file_fallocate(struct file *file, int mode, loff_t off, loff_t len)
{
	struct inode *inode = file_inode(file);
	int err;

	if (mode && mode != FALLOC_FL_KEEP_SIZE &&
	    mode != (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE))
		return -EOPNOTSUPP;
	err = imapifs_write_begin(inode);
	if (err)
		return err;
	if (!(mode & FALLOC_FL_KEEP_SIZE))
		err = inode_newsize_ok(inode, off + len);
	if (!err)
		err = allocate(inode, mode, off, len);
	imapifs_write_end(inode);
	return err;
}

/* On the disc a file has no holes */
static loff_t file_llseek(struct file *file, loff_t off, int whence)
{
	struct inode *inode = file_inode(file);
	struct file *spool = NULL;
	loff_t at;

	if ((whence == SEEK_DATA || whence == SEEK_HOLE) && imapifs_is_staged(inode))
		spool = imapifs_spool_get(inode);
	if (!spool)
		return generic_file_llseek(file, off, whence);
	/* The spool file's own position is nobody's, so it may be anything */
	at = vfs_llseek(spool, off, whence);
	fput(spool);
	return at < 0 ? at : vfs_setpos(file, at, inode->i_sb->s_maxbytes);
}

/* As durable as the spool is; what is on the disc is already */
static int file_fsync(struct file *file, loff_t start, loff_t end, int datasync)
{
	struct file *spool = imapifs_spool_get(file_inode(file));
	int err;

	if (!spool)
		return 0;
	err = vfs_fsync_range(spool, start, end, datasync);
	fput(spool);
	return err;
}

/* --- attributes --- */

static int truncate_spool(struct imapifs_sb *sbi, struct file *spool, u64 size)
{
	struct iattr attr = {
		.ia_valid = ATTR_SIZE | ATTR_FORCE | ATTR_FILE,
		.ia_size = (loff_t)size,
		.ia_file = spool,
	};
	struct inode *inode = file_inode(spool);
	const struct cred *old;
	int err;

	file_start_write(spool);
	old = override_creds(sbi->cred);
	inode_lock(inode);
	err = notify_change(file_mnt_idmap(spool), spool->f_path.dentry, &attr, NULL);
	inode_unlock(inode);
	revert_creds(old);
	file_end_write(spool);
	return err;
}

/* Growing, the tree is asked first: it may have no room */
static int set_size(struct inode *inode, u64 size)
{
	struct imapifs_sb *sbi = imapifs_sb(inode->i_sb);
	struct imapifs_inode *ii = imapifs_inode(inode);
	u64 before = (u64)i_size_read(inode);
	struct imapi_content c;
	struct file *spool;
	int err;

	err = imapi_node_content(sbi->tree, ii->node, &c);
	if (err)
		return err;
	if (size == before && !c.staged)
		return imapi_node_set_mtime(sbi->tree, ii->node, ktime_get_real_seconds());
	err = imapifs_stage(inode, size, &spool);
	if (err)
		return err;
	if (size > before)
		err = resize(inode, size, 0);
	if (!err) {
		/* Staging it may have cut it off; that must not be followed by a failure */
		if ((u64)i_size_read(file_inode(spool)) != size)
			err = truncate_spool(sbi, spool, size);
		if (!err && size <= before)
			err = resize(inode, size, 0);
		if (err)
			fit_size(inode, spool);
		else
			truncate_setsize(inode, (loff_t)size);
	}
	fput(spool);
	return err;
}

static int change_attributes(struct inode *inode, const struct iattr *attr)
{
	struct imapifs_sb *sbi = imapifs_sb(inode->i_sb);
	struct imapi_node *n = imapifs_inode(inode)->node;
	int err = 0;

	if (attr->ia_valid & ATTR_SIZE)
		err = set_size(inode, (u64)attr->ia_size);
	if (!err && attr->ia_valid & ATTR_MTIME)
		err = imapi_node_set_mtime(sbi->tree, n, attr->ia_mtime.tv_sec);
	imapifs_refresh(inode);
	return err;
}

int imapifs_setattr(struct mnt_idmap *idmap, struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = d_inode(dentry);
	struct imapifs_sb *sbi = imapifs_sb(inode->i_sb);
	int err;

	err = setattr_prepare(idmap, dentry, attr);
	if (err)
		return err;
	if ((attr->ia_valid & ATTR_UID && !uid_eq(imapifs_attr_uid(attr), inode->i_uid)) ||
	    (attr->ia_valid & ATTR_GID && !gid_eq(imapifs_attr_gid(attr), inode->i_gid)))
		return -EPERM;
	if (!(attr->ia_valid & (ATTR_SIZE | ATTR_MTIME)))
		return 0;
	err = imapifs_change_begin(sbi);
	if (err)
		return err;
	err = change_attributes(inode, attr);
	imapifs_change_end(sbi);
	return err;
}

const struct inode_operations imapifs_file_iops = {
	.setattr = imapifs_setattr,
	.getattr = imapifs_getattr,
};

const struct file_operations imapifs_file_fops = {
	.open = file_open,
	.release = file_release,
	.llseek = file_llseek,
	.read_iter = read_iter,
	.write_iter = write_iter,
	.mmap = imapifs_mmap,
	.splice_read = imapifs_splice_read,
	.splice_write = iter_file_splice_write,
	.fallocate = file_fallocate,
	.fsync = file_fsync,
};
