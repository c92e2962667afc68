// SPDX-License-Identifier: GPL-2.0-only
/* Files that are on the disc, through the page cache. */
#include <linux/iomap.h>
#include <linux/pagemap.h>
#include "internal.h"

/*
 * A piece ends with the file, or with whole blocks: sections in the middle of a
 * file are (core/dirent.c), and interleave counts in blocks.
 */
static int data_begin(struct inode *inode, loff_t offset, loff_t length, unsigned int flags,
		      struct iomap *iomap, struct iomap *srcmap)
{
	struct imapifs_sb *sbi = imapifs_sb(inode->i_sb);
	u64 start = round_down((u64)offset, IMAPI_BLOCK), run;
	struct imapi_content c;
	int err;

	err = imapifs_disc_begin_read(sbi);
	if (err)
		return err;
	down_read(&sbi->switch_lock);
	err = imapi_node_content(sbi->tree, imapifs_inode(inode)->node, &c);
	if (!err) {
		iomap->addr = imapi_content_map(&c, start, &run);
		iomap->length = round_up(run, IMAPI_BLOCK);
	}
	up_read(&sbi->switch_lock);
	if (err)
		return err;
	if (!run && start < (u64)i_size_read(inode))
		return -EIO;
	iomap->type = IOMAP_MAPPED;
	/* The last page may have more blocks than the file */
	if (!run) {
		iomap->type = IOMAP_HOLE;
		iomap->addr = IOMAP_NULL_ADDR;
		iomap->length = round_up((u64)offset + (u64)length, IMAPI_BLOCK) - start;
	}
	iomap->offset = start;
	iomap->bdev = inode->i_sb->s_bdev;
	iomap->flags = 0;
	return 0;
}

static const struct iomap_ops data_ops = {
	.iomap_begin = data_begin,
};

/*
 * The file was staged since somebody mapped it to read what was on the disc: the
 * page is a copy of what is staged now, as writes later on don't reach it.
 */
static int read_staged(struct folio *folio, struct file *spool)
{
	loff_t pos = folio_pos(folio);
	size_t at, len;
	ssize_t done;
	char *p;

	for (at = 0; at < folio_size(folio); at += len) {
		len = PAGE_SIZE;
		p = kmap_local_folio(folio, at);
		memset(p, 0, len);
		pos = folio_pos(folio) + at;
		done = kernel_read(spool, p, len, &pos);
		kunmap_local(p);
		if (done < 0)
			break;
	}
	flush_dcache_folio(folio);
	if (done >= 0)
		folio_mark_uptodate(folio);
	folio_unlock(folio);
	return done < 0 ? done : 0;
}

static int data_read_folio(struct file *file, struct folio *folio)
{
	struct inode *inode = folio->mapping->host;
	struct file *spool = imapifs_spool_get(inode);
	int err;

	if (spool) {
		err = read_staged(folio, spool);
		fput(spool);
		return err;
	}
	/* Who reads gets to know why it can't be, iomap would make an EIO of it */
	err = imapifs_disc_begin_read(imapifs_sb(inode->i_sb));
	if (err) {
		folio_unlock(folio);
		return err;
	}
	iomap_bio_read_folio(folio, &data_ops);
	return 0;
}

/* It ends with the file, and so with what is known to be readable */
static void data_readahead(struct readahead_control *rac)
{
	struct file *spool = imapifs_spool_get(rac->mapping->host);

	if (!spool)
		iomap_bio_readahead(rac, &data_ops);
	else
		fput(spool);
}

void imapifs_forget_pages(struct inode *inode)
{
	struct address_space *mapping = inode->i_mapping;

	filemap_invalidate_lock(mapping);
	truncate_inode_pages(mapping, 0);
	filemap_invalidate_unlock(mapping);
}

const struct address_space_operations imapifs_aops = {
	.read_folio = data_read_folio,
	.readahead = data_readahead,
	.release_folio = iomap_release_folio,
	.invalidate_folio = iomap_invalidate_folio,
	.is_partially_uptodate = iomap_is_partially_uptodate,
};
