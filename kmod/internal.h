/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VFS face: what its parts share. The tree itself, with all that is staged,
 * is in core/; this side has the inodes, the page cache, the spool files, and
 * the channel to the helper.
 *
 * Lock order:
 *	sb->s_umount
 *	  inode->i_rwsem
 *	    imapifs_sb.changes	(gate)
 *	      imapifs_inode.copy_lock
 *		locks of the spool's file system
 *		  mm->mmap_lock
 *		    imapifs_sb.faults (gate)
 *		      imapifs_inode.stage_lock
 *			imapifs_sb.switch_lock
 *			  mapping->invalidate_lock
 *			    the tree's lock, imapifs_sb.lock, imapifs_inode.lock
 *
 * So nothing is written to a spool file with mmap_lock held: a file is copied to
 * the spool when it is opened for what mmap(2) would need, not when it is mapped.
 *
 * A commit closes the gates in this order and holds none of the locks while the
 * helper works: whoever holds s_umount meanwhile is the one who waits for it.
 */
#ifndef IMAPIFS_INTERNAL_H
#define IMAPIFS_INTERNAL_H

#include <linux/completion.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/imapifs.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/path.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include "compat.h"
#include "tree.h"

#define IMAPIFS_MAGIC	0x49504d49	/* "IMPI" */

struct imapifs_sb;
struct imapifs_job;
struct imapifs_chan;

/* --- params.c --- */

enum imapifs_when { IMAPIFS_SYNC, IMAPIFS_UMOUNT, IMAPIFS_BY_HAND };
enum imapifs_verify { IMAPIFS_FULL, IMAPIFS_META, IMAPIFS_NONE };

struct imapifs_opts {
	struct file *chan;		/* the helper's /dev/imapifs; NULL: read-only */
	struct file *backing;		/* the image behind the loop device, or NULL */
	char *spool;			/* folder; NULL: memory */
	char *volid;
	enum imapifs_when commit;
	enum imapifs_verify verify;	/* this, @speed and the next two are the helper's */
	u32 speed;
	bool finalize, eject;
	bool fresh;
	u32 session;			/* 0: the newest */
	u64 size;			/* bytes that may be staged */
	kuid_t uid;
	kgid_t gid;
	umode_t fmask, dmask;
};

extern const struct fs_parameter_spec imapifs_params[];
int imapifs_parse_param(struct fs_context *fc, struct fs_parameter *param);
void imapifs_default_opts(struct imapifs_opts *opt);
void imapifs_free_opts(struct imapifs_opts *opt);

/* For a remount, which may change none of them: 0 or -ENOMEM */
int imapifs_copy_opts(struct imapifs_opts *to, const struct imapifs_opts *from);
bool imapifs_same_opts(const struct imapifs_opts *a, const struct imapifs_opts *b);

int imapifs_show_options(struct seq_file *seq, struct dentry *root);

/* --- gate.c: between changes, of which any number are inside, and a commit --- */

struct imapifs_gate {
	spinlock_t lock;	/* the next two */
	unsigned int inside;
	bool closed;
	wait_queue_head_t moved;
};

void imapifs_gate_init(struct imapifs_gate *g);

/* Waits while it is closed: 0, or -EINTR for who was killed */
int imapifs_gate_enter(struct imapifs_gate *g);

/*
 * The same for who holds a lock of the VFS that readers need, a directory's above
 * all. A burn may take half an hour; so this waits a moment, and then has the system
 * call start again, which gives the lock back: 0, -EINTR, or -ERESTARTNOINTR
 */
int imapifs_gate_enter_locked(struct imapifs_gate *g);

/* For who can give his locks back himself: enters if it is open; waits until it is */
bool imapifs_gate_try(struct imapifs_gate *g);
int imapifs_gate_wait(struct imapifs_gate *g);
void imapifs_gate_leave(struct imapifs_gate *g);

/* Closes it and waits until all are out: 0; -EINTR and it is open */
int imapifs_gate_close(struct imapifs_gate *g);
void imapifs_gate_open(struct imapifs_gate *g);

/* --- disc.c, drive.c, drive_identify.c --- */

/**
 * struct imapifs_disc_ops - what differs between a disc in a drive and an image
 * @find: sets @base, @blank, @id, @nwa and @why of the mount; 0 or -errno
 * @identify: what is there now, from the medium and no cache, and the hash of the
 *	descriptors that are now where those of @id were. Its nwa is 0 where only who
 *	burned a session knows where the next one starts
 * @room: blocks that a session at the next writable address may have
 * @ended: a commit ended. If the job was found on the disc, what @identify saw last is the
 *	disc that is mounted; if not, it may have left something there. May be NULL
 * @is_open: is there a session, and can another one be appended? NULL: it has no end
 *	that could be closed
 * @free: of what @find made; may be NULL
 */
struct imapifs_disc_ops {
	int (*find)(struct imapifs_sb *sbi, struct fs_context *fc);
	int (*identify)(struct imapifs_sb *sbi, struct imapi_identity *now, u64 *there);
	u64 (*room)(struct imapifs_sb *sbi);
	void (*ended)(struct imapifs_sb *sbi, const struct imapifs_job *job);
	bool (*is_open)(struct imapifs_sb *sbi);
	void (*free)(struct imapifs_sb *sbi);
};

extern const struct imapifs_disc_ops imapifs_image;
extern const struct imapifs_disc_ops imapifs_drive;

/* Makes @sbi->source read through the buffer cache of its device */
void imapifs_disc_init(struct imapifs_sb *sbi);

/* Has blocks of directories come into the buffer cache, and waits for none of them */
void imapifs_read_ahead(struct imapifs_sb *sbi, u32 lba, u32 count);

/*
 * Before a read of the disc: waits while it is written to where that can't be done
 * at once, and has the block layer know its length. 0 or -EINTR
 */
int imapifs_disc_begin_read(struct imapifs_sb *sbi);

/* What an image's table has, for overwritable media in a drive */
int imapifs_image_find(struct imapifs_sb *sbi, struct fs_context *fc);

/* Makes @medium read past all caches */
void imapifs_medium_source(struct imapifs_sb *sbi, struct imapi_source *medium);

/* The hash of the descriptors at @lba, past all caches; 0: there are none that are sound */
int imapifs_descriptors_at(struct imapifs_sb *sbi, u32 lba, u64 *hash);

/* For struct imapi_tree_ops: the core asks what could still be accepted */
u64 imapifs_room(void *sbi, u64 taken);

/* What may still be staged, blocks */
u64 imapifs_free_blocks(struct imapifs_sb *sbi, const struct imapi_usage *u);

/* --- commit.c --- */

/**
 * struct imapifs_job - a request that the helper works on
 * @ref: by the mount while it is under way, and by who waits
 * @id: never used twice
 * @op: IMAPIFS_OP_COMMIT or IMAPIFS_OP_RESCUE
 * @flags: IMAPIFS_LAST or IMAPIFS_FINAL
 * @log: the change log, a file in memory
 * @prepared: all but the last write was done; the next five are the helper's word
 * @closes_first: the session is closed next, and read back after that
 * @head: hash of the descriptors that are to come
 * @start: the session, lba
 * @blocks: its length
 * @nwa: of the session after it
 * @found: the disc was looked at afterwards, and it is ours
 * @now: its identity, from there
 * @error: how it ended, good once @done
 */
struct imapifs_job {
	struct kref ref;
	u64 id;
	u32 op;
	u32 flags;
	struct file *log;
	u64 log_bytes;
	bool prepared;
	bool closes_first;
	u64 head;
	u32 start, blocks, nwa;
	bool found;
	struct imapi_identity now;
	int error;
	struct completion done;
};

/**
 * struct imapifs_progress_now - what status says of the helper's work
 */
struct imapifs_progress_now {
	u32 phase;
	u64 done, total;
	ktime_t since;
};

struct imapifs_sb {
	struct super_block *sb;
	struct imapifs_opts opt;

	char *name;			/* of the device, as it was given */
	const struct imapifs_disc_ops *disc;
	struct imapi_source source;
	struct imapi_volume base;
	bool blank;
	u32 nwa;
	struct imapi_identity id;	/* of the disc as it should be */
	const char *why;		/* nothing can be appended; or NULL */
	struct imapifs_drive *drive;	/* drive.h; NULL: it is no drive */
	bool burning;			/* nothing can be read meanwhile */

	struct imapi_tree_ops tree_ops;
	struct imapi_tree *tree;
	struct imapifs_gate changes;
	struct imapifs_gate faults;
	struct rw_semaphore switch_lock;	/* staged content turns into burned */

	struct path spool;		/* mnt is NULL: memory */
	const struct cred *cred;	/* who mounted; the spool is his */
	spinlock_t lock;		/* what follows */
	struct list_head staged;	/* struct imapifs_inode with a spool file */
	struct imapifs_chan *chan;	/* NULL: no helper */
	bool busy;			/* a job is being made, or under way */
	bool going;			/* no commit begins any more */
	struct imapifs_job *job;	/* under way */
	wait_queue_head_t idle;
	struct imapifs_progress_now progress;
	int last_error;
	char message[192];
};

static inline struct imapifs_sb *imapifs_sb(const struct super_block *sb)
{
	return sb->s_fs_info;
}

/**
 * imapifs_commit - burn what is staged, and wait for it
 * @sbi: the mount
 * @flags: IMAPIFS_LAST or IMAPIFS_FINAL: with the option finalize it closes the disc, be
 *	there something staged or not
 *
 * Killable: the helper is then told to give up, and nobody waits for it here.
 *
 * Return: 0, also if nothing was to be burned; -ENOTCONN: no helper; -EMEDIUMTYPE:
 * another disc; -EINTR; or what the helper said.
 */
int imapifs_commit(struct imapifs_sb *sbi, u32 flags);

/* As imapifs_commit() without waiting for its end: 0 or -errno */
int imapifs_commit_begin(struct imapifs_sb *sbi);

/* The mount is going and something is staged: the helper keeps it; not killable */
int imapifs_rescue(struct imapifs_sb *sbi);

/* Waits until no job is under way; not killable, ends with the helper at the latest */
void imapifs_commit_drain(struct imapifs_sb *sbi);

/* The helper's messages; @sbi's job has this id. Return: 0 or -errno for write(2) */
int imapifs_job_burned(struct imapifs_sb *sbi, u64 id,
		       const struct imapifs_burned_file *file, u32 nr);
int imapifs_job_prepared(struct imapifs_sb *sbi, const struct imapifs_prepared *p);
int imapifs_job_progress(struct imapifs_sb *sbi, const struct imapifs_progress *p);
int imapifs_job_done(struct imapifs_sb *sbi, const struct imapifs_done *d);

/* The helper is gone: a job that it had fails, or had succeeded */
void imapifs_job_orphaned(struct imapifs_sb *sbi);

/* A file for the helper, see IMAPIFS_DEV_OPEN; or an error pointer */
struct file *imapifs_job_open(struct imapifs_sb *sbi, u64 id, u64 ino);

/* Takes a reference to the job @id; NULL: it isn't under way */
struct imapifs_job *imapifs_job_get(struct imapifs_sb *sbi, u64 id);
void imapifs_job_put(struct imapifs_job *job);

void imapifs_status(struct imapifs_sb *sbi, struct imapifs_status *s);

/* --- dev.c: the channel --- */

int imapifs_dev_register(void);
void imapifs_dev_unregister(void);

/* The channel of @file, with a reference; -EINVAL: it is something else */
struct imapifs_chan *imapifs_chan_get(struct file *file);
void imapifs_chan_put(struct imapifs_chan *c);

/**
 * imapifs_chan_bind - a channel serves this mount from here on
 * @c: the channel
 * @sbi: the mount
 *
 * Return: 0; -EBUSY: it serves another one, or @sbi has a helper; -EINVAL: no
 * IMAPIFS_DEV_SETUP yet; -EMEDIUMTYPE: the helper found something else on the disc.
 */
int imapifs_chan_bind(struct imapifs_chan *c, struct imapifs_sb *sbi);

/* The mount goes: the helper reads the end of the file */
void imapifs_chan_unbind(struct imapifs_sb *sbi);

/* Hands the helper a request; -ENOTCONN: there is none */
int imapifs_chan_send(struct imapifs_sb *sbi, const struct imapifs_job *job);

/* Tells it to give one up */
void imapifs_chan_cancel(struct imapifs_sb *sbi, u64 id);

/* Is there a helper? */
bool imapifs_served(struct imapifs_sb *sbi);
u32 imapifs_chan_pid(struct imapifs_sb *sbi);

/* --- inode.c --- */

struct imapifs_inode {
	struct imapi_node *node;	/* a reference of it */
	struct mutex copy_lock;		/* a regular file: copying it to the spool */
	struct mutex stage_lock;	/* telling the tree that it is staged */
	spinlock_t lock;		/* @spool; taken inside imapifs_sb.lock */
	/*
	 * Where the bytes are if they are staged. It is there before, and kept
	 * after a commit, for as long as programs map the file, or have it open
	 * so that they could: their next write to it stages it.
	 */
	struct file *spool;
	atomic_t users;
	struct list_head staged;	/* imapifs_sb.staged while there is @spool */
	struct inode vfs_inode;
};

static inline struct imapifs_inode *imapifs_inode(const struct inode *inode)
{
	return container_of(inode, struct imapifs_inode, vfs_inode);
}

int imapifs_inode_cache_init(void);
void imapifs_inode_cache_free(void);
struct inode *imapifs_alloc_inode(struct super_block *sb);
void imapifs_free_inode(struct inode *inode);
void imapifs_evict_inode(struct inode *inode);

/**
 * imapifs_iget - the inode of a node
 * @sb: the mount
 * @node: a file or directory; the caller's reference is taken over
 *
 * Return: the inode with a reference, or an error pointer.
 */
struct inode *imapifs_iget(struct super_block *sb, struct imapi_node *node);

/* @inode is fresh, and so is @node, which nobody else knows yet; as imapifs_iget() */
void imapifs_inode_new(struct inode *inode, struct imapi_node *node);

/* Takes size and time over from the node */
void imapifs_refresh(struct inode *inode);

int imapifs_getattr(struct mnt_idmap *idmap, const struct path *path,
		    struct kstat *stat, u32 mask, unsigned int flags);

/* Size and time; a mode is taken and forgotten, another owner is -EPERM */
int imapifs_setattr(struct mnt_idmap *idmap, struct dentry *dentry, struct iattr *attr);

/*
 * A change of the tree goes through the gate: under a lock of the VFS, or under the
 * inode's own, which is then taken as well. 0, -EINTR, -EROFS, -ENOTCONN; the first
 * also -ERESTARTNOINTR
 */
int imapifs_change_begin(struct imapifs_sb *sbi);
void imapifs_change_end(struct imapifs_sb *sbi);
int imapifs_write_begin(struct inode *inode);
void imapifs_write_end(struct inode *inode);

/* --- spool.c: staged files --- */

/* The spool file that has @inode's bytes, with a reference, or NULL */
struct file *imapifs_spool_get(struct inode *inode);

/* @inode's content is in @spool, a reference is taken; drops it */
void imapifs_spool_attach(struct inode *inode, struct file *spool);
void imapifs_spool_detach(struct inode *inode);

/* Is what the file holds staged, not just kept in the spool? */
bool imapifs_is_staged(struct inode *inode);

/* Detaches it if it is only kept, and has no users any more */
void imapifs_spool_let_go(struct inode *inode);

/*
 * A user more: the file gets a copy in the spool if it has none, but not if it is
 * longer than @most bytes. 0 or -errno
 */
int imapifs_spool_use(struct inode *inode, u64 most);
void imapifs_spool_unuse(struct inode *inode);

/* @inode has users: from now on it is staged, if it wasn't; 0 or -errno */
int imapifs_restage(struct inode *inode);

/**
 * imapifs_stage - from now on a file is staged
 * @inode: a regular file, inside the gate of changes
 * @keep: how many bytes of it will be wanted, U64_MAX: all
 * @spool: set to the spool file, with a reference
 *
 * Return: 0, -ENOSPC, -EUCLEAN, -EINTR, or -errno.
 */
int imapifs_stage(struct inode *inode, u64 keep, struct file **spool);

/* For struct imapi_tree_ops: nobody wants this staged content any more */
void imapifs_drop(void *sbi, void *staged);

/* What the spool's disk has left, blocks */
u64 imapifs_spool_free(struct imapifs_sb *sbi);

/* Calls @fn for each inode that has a spool file; they may come and go meanwhile */
void imapifs_each_staged(struct imapifs_sb *sbi, void (*fn)(struct inode *inode));

/* --- the tables --- */

extern const struct inode_operations imapifs_dir_iops;		/* namei.c */
extern const struct file_operations imapifs_dir_fops;		/* dir.c */
extern const struct inode_operations imapifs_file_iops;	/* file.c */
extern const struct file_operations imapifs_file_fops;
extern const struct address_space_operations imapifs_aops;	/* data.c */

/* mmap.c */
int imapifs_mmap(struct file *file, struct vm_area_struct *vma);

/* No page of what was on the disc stays in the cache, or mapped */
void imapifs_forget_pages(struct inode *inode);

#endif
