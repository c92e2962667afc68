/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What older kernels lack. The code is written for the newest; every check of a
 * kernel version is here.
 */
#ifndef IMAPIFS_COMPAT_H
#define IMAPIFS_COMPAT_H

#include <linux/bvec.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/iomap.h>
#include <linux/mm.h>
#include <linux/mount.h>
#include <linux/pagemap.h>
#include <linux/shmem_fs.h>
#include <linux/splice.h>
#include <linux/statfs.h>
#include <linux/version.h>

#define IMAPIFS_SINCE(major, minor)	(LINUX_VERSION_CODE >= KERNEL_VERSION(major, minor, 0))

#if IMAPIFS_SINCE(6, 12)
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

/* --- inode operations --- */

#if !IMAPIFS_SINCE(6, 3)
#define mnt_idmap		user_namespace
#define file_mnt_idmap(file)	mnt_user_ns((file)->f_path.mnt)
#endif

#if IMAPIFS_SINCE(6, 15)
#define imapifs_mkdir_t		struct dentry *
#define imapifs_mkdir_result(err)	ERR_PTR(err)
#else
#define imapifs_mkdir_t		int
#define imapifs_mkdir_result(err)	(err)
#endif

#if !IMAPIFS_SINCE(6, 12)
#define inode_lock_killable(inode)	down_write_killable(&(inode)->i_rwsem)
#endif

/* ->create() had an argument that told of O_EXCL */
#if IMAPIFS_SINCE(7, 3)
#define IMAPIFS_CREATE_MODE	umode_t mode
#else
#define IMAPIFS_CREATE_MODE	umode_t mode, bool excl
#endif

#if IMAPIFS_SINCE(6, 6)
#define imapifs_fill_stat(idmap, mask, inode, stat) \
	generic_fillattr(idmap, mask, inode, stat)
#else
#define imapifs_fill_stat(idmap, mask, inode, stat) \
	generic_fillattr(idmap, inode, stat)
#define inode_set_ctime_to_ts(inode, ts)	((inode)->i_ctime = (ts))
#endif

#if !IMAPIFS_SINCE(6, 7)
#define inode_set_atime_to_ts(inode, ts)	((inode)->i_atime = (ts))
#define inode_set_mtime_to_ts(inode, ts)	((inode)->i_mtime = (ts))
#endif

/* An id in struct iattr, as the file system has it; no mount of ours is idmapped */
#define imapifs_attr_uid(attr)	((attr)->ia_uid)
#define imapifs_attr_gid(attr)	((attr)->ia_gid)

#if !IMAPIFS_SINCE(6, 19)
#define inode_state_read_once(inode)	READ_ONCE((inode)->i_state)
#endif

/* --- files --- */

/* Bytes into a spool file at *@pos; the caller holds off no freeze */
static inline ssize_t imapifs_iter_write(struct file *file, struct iov_iter *iter, loff_t *pos)
{
#if IMAPIFS_SINCE(6, 8)
	return vfs_iter_write(file, iter, pos, 0);
#else
	ssize_t done;

	file_start_write(file);
	done = vfs_iter_write(file, iter, pos, 0);
	file_end_write(file);
	return done;
#endif
}

#if IMAPIFS_SINCE(6, 5)
#define imapifs_splice_read	copy_splice_read
#else
#define imapifs_splice_read	generic_file_splice_read
#endif

#if !IMAPIFS_SINCE(6, 17)
#define vfs_mmap(file, vma)	call_mmap(file, vma)
#endif

/* A file in memory. That there is no room for its inode means no memory: it has no limit */
static inline struct file *imapifs_shmem_file(const char *name)
{
#if IMAPIFS_SINCE(7, 0)
	struct file *file = shmem_file_setup(name, 0, mk_vma_flags(VMA_NORESERVE_BIT));
#else
	struct file *file = shmem_file_setup(name, 0, VM_NORESERVE);
#endif

	return file == ERR_PTR(-ENOSPC) ? ERR_PTR(-ENOMEM) : file;
}

/* --- pages --- */

#if !IMAPIFS_SINCE(6, 19)
#define iomap_bio_read_folio(folio, ops)	iomap_read_folio(folio, ops)
#define iomap_bio_readahead(rac, ops)		iomap_readahead(rac, ops)
#endif

#endif
