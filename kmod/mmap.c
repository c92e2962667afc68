// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings. A staged file is mapped as its spool file, whose file system serves
 * the faults; only the first write to a page comes by here, because a commit has
 * to know of it, and to hold it off while it burns.
 */
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include "internal.h"

/**
 * struct mapping - what our operations on a spool file's area need
 * @ref: one for each area: it may be split, and inherited
 * @ops: those of the spool's file system, but for three
 * @spool_ops: as they were
 * @file: the file of ours that was mapped; keeps the mount busy
 */
struct mapping {
	struct kref ref;
	struct vm_operations_struct ops;
	const struct vm_operations_struct *spool_ops;
	struct file *file;
};

static void mapping_release(struct kref *ref)
{
	struct mapping *m = container_of(ref, struct mapping, ref);

	imapifs_spool_unuse(file_inode(m->file));
	fput(m->file);
	kfree(m);
}

static void area_open(struct vm_area_struct *vma)
{
	struct mapping *m = vma->vm_private_data;

	kref_get(&m->ref);
	if (m->spool_ops->open)
		m->spool_ops->open(vma);
}

static void area_close(struct vm_area_struct *vma)
{
	struct mapping *m = vma->vm_private_data;

	if (m->spool_ops->close)
		m->spool_ops->close(vma);
	kref_put(&m->ref, mapping_release);
}

static vm_fault_t refuse(int err)
{
	return err == -ENOMEM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
}

/* The page is about to be written: the file is staged, and changed */
static vm_fault_t area_mkwrite(struct vm_fault *vmf)
{
	struct mapping *m = vmf->vma->vm_private_data;
	struct inode *inode = file_inode(m->file);
	struct imapifs_sb *sbi = imapifs_sb(inode->i_sb);
	vm_fault_t ret = 0;
	int err;

	err = imapifs_gate_enter(&sbi->faults);
	if (err)
		return VM_FAULT_SIGBUS;
	err = imapifs_restage(inode);
	if (!err)
		err = imapi_node_resize(sbi->tree, imapifs_inode(inode)->node, 0, IMAPI_GROW,
					ktime_get_real_seconds());
	if (err)
		ret = refuse(err);
	else if (m->spool_ops->page_mkwrite)
		ret = m->spool_ops->page_mkwrite(vmf);
	imapifs_gate_leave(&sbi->faults);
	return ret;
}

static int map_spool(struct file *file, struct vm_area_struct *vma, struct file *spool)
{
	struct mapping *m = kzalloc(sizeof(*m), GFP_KERNEL);
	int err;

	if (!m)
		return -ENOMEM;
	kref_init(&m->ref);
	m->file = get_file(file);
	vma_set_file(vma, spool);
	err = vfs_mmap(spool, vma);
	if (!err && (!vma->vm_ops || vma->vm_private_data))
		err = -ENODEV;		/* no file system for this */
	if (err) {
		fput(m->file);
		kfree(m);
		return err;
	}
	atomic_inc(&imapifs_inode(file_inode(file))->users);
	m->spool_ops = vma->vm_ops;
	m->ops = *vma->vm_ops;
	m->ops.open = area_open;
	m->ops.close = area_close;
	m->ops.page_mkwrite = area_mkwrite;
	vma->vm_ops = &m->ops;
	vma->vm_private_data = m;
	return 0;
}

int imapifs_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct inode *inode = file_inode(file);
	struct imapifs_sb *sbi = imapifs_sb(inode->i_sb);
	struct file *spool;
	int err;

	/* That a commit lets go of the spool file has to see this mapping, or come first */
	down_read(&sbi->switch_lock);
	spool = imapifs_spool_get(inode);
	if (spool) {
		err = map_spool(file, vma, spool);
		fput(spool);
	} else {
		/* Refuses what could be written: the spool had no room at open(2) */
		err = generic_file_readonly_mmap(file, vma);
	}
	up_read(&sbi->switch_lock);
	return err;
}
