// SPDX-License-Identifier: GPL-2.0-only
/* What is on the disc: blocks, the session, its identity, the room behind it. */
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/buffer_head.h>
#include <linux/fs_context.h>
#include <linux/statfs.h>
#include "internal.h"
#include "room.h"

/* Zeros in front of a first session: with all of them the medium is blank */
#define BLANK_BLOCKS	IMAPI_FIRST_SESSION

static u32 device_blocks(const struct imapifs_sb *sbi)
{
	u64 blocks = (u64)bdev_nr_bytes(sbi->sb->s_bdev) >> IMAPI_BLOCK_SHIFT;

	return blocks > U32_MAX ? U32_MAX : (u32)blocks;
}

void imapifs_read_ahead(struct imapifs_sb *sbi, u32 lba, u32 count)
{
	struct blk_plug plug;
	u32 i;

	blk_start_plug(&plug);
	for (i = 0; i < count; i++)
		sb_breadahead(sbi->sb, (sector_t)lba + i);
	blk_finish_plug(&plug);
}

/*
 * For the core. Directories alone are read like this, and those of the session
 * that was mounted: what is cached of them can't go out of date.
 */
static int disc_read(void *ctx, u32 lba, u32 count, void *buf)
{
	struct imapifs_sb *sbi = ctx;
	struct buffer_head *bh;
	int err;
	u32 i;

	err = imapifs_disc_begin_read(sbi);
	if (err)
		return err;
	if (count > 1)
		imapifs_read_ahead(sbi, lba, count);
	for (i = 0; i < count; i++) {
		bh = sb_bread(sbi->sb, (sector_t)lba + i);
		if (!bh)
			return -EIO;
		memcpy((u8 *)buf + (size_t)i * IMAPI_BLOCK, bh->b_data, IMAPI_BLOCK);
		brelse(bh);
	}
	return 0;
}

void imapifs_disc_init(struct imapifs_sb *sbi)
{
	sbi->source.read = disc_read;
	sbi->source.ctx = sbi;
	sbi->source.blocks = device_blocks(sbi);
}

/* Past all caches: what the medium has now, whoever wrote it */
static int read_medium(void *ctx, u32 lba, u32 count, void *buf)
{
	struct imapifs_sb *sbi = ctx;
	struct bio_vec vec;
	struct bio bio;
	void *block;
	int err = 0;
	u32 i;

	block = kmalloc(IMAPI_BLOCK, GFP_KERNEL);
	if (!block)
		return -ENOMEM;
	for (i = 0; i < count && !err; i++) {
		bio_init(&bio, sbi->sb->s_bdev, &vec, 1, REQ_OP_READ);
		bio.bi_iter.bi_sector = (sector_t)(lba + i) << (IMAPI_BLOCK_SHIFT - SECTOR_SHIFT);
		__bio_add_page(&bio, virt_to_page(block), IMAPI_BLOCK, offset_in_page(block));
		err = submit_bio_wait(&bio);
		bio_uninit(&bio);
		memcpy((u8 *)buf + (size_t)i * IMAPI_BLOCK, block, IMAPI_BLOCK);
	}
	kfree(block);
	/* The block layer tells apart what a reader can't */
	return err && err != -ENOMEM ? -EIO : err;
}

void imapifs_medium_source(struct imapifs_sb *sbi, struct imapi_source *medium)
{
	medium->read = read_medium;
	medium->ctx = sbi;
	medium->blocks = device_blocks(sbi);
}

int imapifs_descriptors_at(struct imapifs_sb *sbi, u32 lba, u64 *hash)
{
	struct imapi_source medium;
	struct imapi_volume *vol;
	int err;

	*hash = 0;
	imapifs_medium_source(sbi, &medium);
	vol = kmalloc(sizeof(*vol), GFP_KERNEL);
	if (!vol)
		return -ENOMEM;
	err = imapi_volume_read(&medium, lba, vol);
	if (!err)
		*hash = vol->hash;
	kfree(vol);
	/* Nothing, or nothing that is sound, differs from any session */
	return err == -EMEDIUMTYPE || err == -EUCLEAN ? 0 : err;
}

/* --- images: the newest descriptors are at block 16 --- */

static int image_identify(struct imapifs_sb *sbi, struct imapi_identity *now, u64 *there)
{
	int err;

	memset(now, 0, sizeof(*now));
	err = imapifs_descriptors_at(sbi, IMAPI_SYSTEM_BLOCKS, there);
	now->descriptors = *there;
	return err;
}

/* 1, 0 or -errno */
static int is_blank(struct imapifs_sb *sbi)
{
	u32 blocks = min_t(u32, sbi->source.blocks, BLANK_BLOCKS), lba;
	u8 *buf = kmalloc(IMAPI_BLOCK, GFP_KERNEL);
	int ret = 1;

	if (!buf)
		return -ENOMEM;
	for (lba = 0; lba < blocks && ret == 1; lba++) {
		ret = disc_read(sbi, lba, 1, buf);
		if (!ret)
			ret = !memchr_inv(buf, 0, IMAPI_BLOCK);
	}
	kfree(buf);
	return ret;
}

/* An older session, or the newest that is whole where block 16 is damaged */
static int find_by_scan(struct imapifs_sb *sbi, struct fs_context *fc)
{
	struct imapi_sessions s;
	u32 n = sbi->opt.session;
	int err;

	err = imapi_sessions_scan(&sbi->source, &s);
	if (err)
		return err;
	if (!n)
		n = s.nr;
	if (n > s.nr) {
		errorf(fc, "imapifs: session %u: there are %u", n, s.nr);
		err = -EINVAL;
	} else {
		sbi->base = s.list[n - 1].vol;
	}
	if (s.headless)
		sbi->why = "the descriptors at block 16 are damaged";
	sbi->nwa = round_up(s.end, IMAPI_SESSION_ALIGN);
	core_free(s.list);
	return err;
}

int imapifs_image_find(struct imapifs_sb *sbi, struct fs_context *fc)
{
	u64 end;
	int err;

	sbi->nwa = IMAPI_FIRST_SESSION;
	err = sbi->source.blocks ?
		imapi_volume_read(&sbi->source, IMAPI_SYSTEM_BLOCKS, &sbi->base) : -EMEDIUMTYPE;
	if (err == -EMEDIUMTYPE) {
		err = is_blank(sbi);
		sbi->blank = err == 1;
		if (sbi->blank && sbi->opt.session)
			return invalf(fc, "imapifs: session %u: the disc is blank",
				      sbi->opt.session);
		return err > 0 ? 0 : err ?: -EMEDIUMTYPE;
	}
	if (err && err != -EUCLEAN)
		return err;
	if (!err)
		sbi->id.descriptors = sbi->base.hash;
	if (err || sbi->opt.session)
		return find_by_scan(sbi, fc);
	end = max(sbi->base.space, sbi->base.ucs_space);
	sbi->nwa = min_t(u64, round_up(end, IMAPI_SESSION_ALIGN), U32_MAX);
	return 0;
}

/* A file may grow; what is behind the next writable address in it counts as free */
static u64 file_room(const struct file *file, u64 pos)
{
	const struct inode *inode = file_inode(file);
	u64 room, limit = inode->i_sb->s_maxbytes;
	struct kstatfs fs;
	u64 bytes;

	if (limit <= pos || vfs_statfs(&file->f_path, &fs))
		return 0;
	bytes = (u64)inode->i_blocks << 9;
	room = (u64)fs.f_bavail * (fs.f_frsize ?: fs.f_bsize);
	/* Not more than is there, of a file with holes */
	if (bytes > pos && i_size_read(inode) > pos)
		room += min(bytes - pos, (u64)i_size_read(inode) - pos);
	return min(room, limit - pos) >> IMAPI_BLOCK_SHIFT;
}

static u64 image_room(struct imapifs_sb *sbi)
{
	u32 blocks = device_blocks(sbi);

	if (sbi->opt.backing)
		return file_room(sbi->opt.backing, (u64)sbi->nwa << IMAPI_BLOCK_SHIFT);
	return blocks > sbi->nwa ? blocks - sbi->nwa : 0;
}

const struct imapifs_disc_ops imapifs_image = {
	.find = imapifs_image_find,
	.identify = image_identify,
	.room = image_room,
};

/* --- room for changes --- */

static bool room_of(struct imapifs_sb *sbi, struct imapi_room *r)
{
	const struct file *backing = sbi->opt.backing;
	struct imapi_usage u = { 0 };

	if (sbi->opt.size != U64_MAX && imapi_tree_usage(sbi->tree, &u))
		return false;
	*r = (struct imapi_room){
		.medium = sbi->disc->room(sbi),
		.spool = imapifs_spool_free(sbi),
		.limit = sbi->opt.size,
		.staged_bytes = u.staged_bytes,
		.medium_is_file = backing,
		.one_disk = backing && sbi->spool.dentry &&
			    file_inode(backing)->i_sb == sbi->spool.dentry->d_sb,
	};
	return true;
}

u64 imapifs_room(void *ctx, u64 taken)
{
	struct imapi_room r;

	return room_of(ctx, &r) ? imapi_room(&r, taken) : 0;
}

u64 imapifs_free_blocks(struct imapifs_sb *sbi, const struct imapi_usage *u)
{
	struct imapi_room r;

	return room_of(sbi, &r) ? imapi_room_free(&r, u->staged_blocks + u->tree_blocks) : 0;
}
