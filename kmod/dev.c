// SPDX-License-Identifier: GPL-2.0-only
/* /dev/imapifs: an open file is a channel between a mount and its helper. */
#include <linux/compat.h>
#include <linux/file.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "internal.h"

/**
 * struct imapifs_chan - a channel
 * @ref: its file's, and the mount's
 * @bound: held shared while @sbi is used, exclusive to set it; outside of all
 *	locks of a mount but s_umount
 * @sbi: the mount that it serves
 * @writing: outside of @bound: one message is worked on at a time
 * @message: IMAPIFS_MSG_MAX bytes for it. They are there from the start, as an
 *	answer that is refused for want of memory would leave somebody waiting
 * @lock: innermost
 * @moved: there is something to read
 * @set_up: IMAPIFS_DEV_SETUP was called
 * @nwa: what it said
 * @over: the mount is gone
 * @closed: the helper is
 * @pid: who serves
 * @request: to be read, if its header's id isn't 0
 * @cancel: to be read: the job to give up, 0: none
 */
struct imapifs_chan {
	struct kref ref;
	struct rw_semaphore bound;
	struct imapifs_sb *sbi;
	struct mutex writing;		/* @message */
	void *message;
	spinlock_t lock;		/* all that follows */
	wait_queue_head_t moved;
	bool set_up, over, closed;
	u32 nwa;
	struct pid *pid;
	struct imapifs_request request;
	u64 cancel;
};

static const struct file_operations chan_fops;

static void chan_free(struct kref *ref)
{
	struct imapifs_chan *c = container_of(ref, struct imapifs_chan, ref);

	put_pid(c->pid);
	kfree(c->message);
	kfree(c);
}

void imapifs_chan_put(struct imapifs_chan *c)
{
	kref_put(&c->ref, chan_free);
}

struct imapifs_chan *imapifs_chan_get(struct file *file)
{
	struct imapifs_chan *c;

	if (file->f_op != &chan_fops)
		return ERR_PTR(-EINVAL);
	c = file->private_data;
	kref_get(&c->ref);
	return c;
}

/* --- the mount's side --- */

static int check_bind(struct imapifs_chan *c, struct imapifs_sb *sbi)
{
	if (!c->set_up)
		return -EINVAL;
	if (c->sbi || c->over || c->closed)
		return -EBUSY;
	/* On an image sessions are aligned, and no first one is at 0 */
	if (!sbi->drive && (!c->nwa || c->nwa % IMAPI_SESSION_ALIGN))
		return -EMEDIUMTYPE;
	/* The helper before this one may have burned more than it could tell of */
	if (sbi->drive && sbi->tree)
		return c->nwa < sbi->nwa ? -EMEDIUMTYPE : 0;
	/* A drive says where the next session goes, and so does a tree */
	if (sbi->drive || sbi->tree)
		return c->nwa == sbi->nwa ? 0 : -EMEDIUMTYPE;
	return c->nwa < sbi->nwa ? -EMEDIUMTYPE : 0;
}

int imapifs_chan_bind(struct imapifs_chan *c, struct imapifs_sb *sbi)
{
	int err;

	/* Only a channel that serves already is in use */
	if (!down_write_trylock(&c->bound))
		return -EBUSY;
	spin_lock(&sbi->lock);
	spin_lock(&c->lock);
	err = sbi->chan ? -EBUSY : check_bind(c, sbi);
	if (!err) {
		kref_get(&c->ref);
		c->sbi = sbi;
		sbi->chan = c;
		/* Whether a drive still has the disc of the tree is asked before a commit */
		if (!sbi->drive || !sbi->tree)
			sbi->nwa = c->nwa;
	}
	spin_unlock(&c->lock);
	spin_unlock(&sbi->lock);
	up_write(&c->bound);
	return err;
}

/* The mount's channel with a reference, or NULL */
static struct imapifs_chan *chan_of(struct imapifs_sb *sbi)
{
	struct imapifs_chan *c;

	spin_lock(&sbi->lock);
	c = sbi->chan;
	if (c)
		kref_get(&c->ref);
	spin_unlock(&sbi->lock);
	return c;
}

/* Takes the channel from the mount; the reference that the mount had is the caller's */
static struct imapifs_chan *chan_take(struct imapifs_sb *sbi)
{
	struct imapifs_chan *c;

	spin_lock(&sbi->lock);
	c = sbi->chan;
	sbi->chan = NULL;
	spin_unlock(&sbi->lock);
	return c;
}

void imapifs_chan_unbind(struct imapifs_sb *sbi)
{
	struct imapifs_chan *c = chan_of(sbi);

	if (!c)
		return;
	/* Waits for messages that are being worked on */
	down_write(&c->bound);
	c->sbi = NULL;
	up_write(&c->bound);
	spin_lock(&c->lock);
	c->over = true;
	spin_unlock(&c->lock);
	wake_up_all(&c->moved);
	imapifs_chan_put(c);
	c = chan_take(sbi);
	if (c)
		imapifs_chan_put(c);
}

bool imapifs_served(struct imapifs_sb *sbi)
{
	return READ_ONCE(sbi->chan);
}

u32 imapifs_chan_pid(struct imapifs_sb *sbi)
{
	struct imapifs_chan *c = chan_of(sbi);
	u32 nr;

	if (!c)
		return 0;
	nr = pid_vnr(c->pid);
	imapifs_chan_put(c);
	return nr;
}

int imapifs_chan_send(struct imapifs_sb *sbi, const struct imapifs_job *job)
{
	struct imapifs_chan *c = chan_of(sbi);
	bool closed;

	if (!c)
		return -ENOTCONN;
	spin_lock(&c->lock);
	closed = c->closed;
	if (!closed) {
		memset(&c->request, 0, sizeof(c->request));
		c->request.h.len = sizeof(c->request);
		c->request.h.op = job->op;
		c->request.h.id = job->id;
		c->request.log_bytes = job->log_bytes;
		c->request.flags = job->flags;
		c->cancel = 0;
	}
	spin_unlock(&c->lock);
	wake_up_all(&c->moved);
	imapifs_chan_put(c);
	return closed ? -ENOTCONN : 0;
}

void imapifs_chan_cancel(struct imapifs_sb *sbi, u64 id)
{
	struct imapifs_chan *c = chan_of(sbi);

	if (!c)
		return;
	spin_lock(&c->lock);
	c->cancel = id;
	spin_unlock(&c->lock);
	wake_up_all(&c->moved);
	imapifs_chan_put(c);
}

/* --- the helper's side --- */

static int chan_open(struct inode *inode, struct file *file)
{
	struct imapifs_chan *c = kzalloc(sizeof(*c), GFP_KERNEL);

	if (!c)
		return -ENOMEM;
	c->message = kmalloc(IMAPIFS_MSG_MAX, GFP_KERNEL);
	if (!c->message) {
		kfree(c);
		return -ENOMEM;
	}
	kref_init(&c->ref);
	init_rwsem(&c->bound);
	mutex_init(&c->writing);
	spin_lock_init(&c->lock);
	init_waitqueue_head(&c->moved);
	file->private_data = c;
	return nonseekable_open(inode, file);
}

static int chan_release(struct inode *inode, struct file *file)
{
	struct imapifs_chan *c = file->private_data, *mine = NULL;

	spin_lock(&c->lock);
	c->closed = true;
	spin_unlock(&c->lock);
	down_read(&c->bound);
	if (c->sbi) {
		mine = chan_take(c->sbi);
		imapifs_job_orphaned(c->sbi);
	}
	up_read(&c->bound);
	if (mine)
		imapifs_chan_put(mine);
	imapifs_chan_put(c);
	return 0;
}

/* What is to be read next, into @msg; bytes, 0: nothing yet, -1: the end */
static int take_message(struct imapifs_chan *c, struct imapifs_request *msg)
{
	int len = 0;

	spin_lock(&c->lock);
	if (c->request.h.id) {
		*msg = c->request;
		len = sizeof(*msg);
		c->request.h.id = 0;
	} else if (c->cancel) {
		memset(msg, 0, sizeof(*msg));
		msg->h.len = sizeof(msg->h);
		msg->h.op = IMAPIFS_OP_CANCEL;
		msg->h.id = c->cancel;
		len = sizeof(msg->h);
		c->cancel = 0;
	} else if (c->over) {
		len = -1;
	}
	spin_unlock(&c->lock);
	return len;
}

static ssize_t chan_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	struct imapifs_chan *c = file->private_data;
	struct imapifs_request msg;
	int len, err;

	if (count < IMAPIFS_MSG_MAX)
		return -EINVAL;
	len = take_message(c, &msg);
	if (!len && file->f_flags & O_NONBLOCK)
		return -EAGAIN;
	if (!len) {
		err = wait_event_interruptible(c->moved, (len = take_message(c, &msg)));
		if (err)
			return err;
	}
	if (len < 0)
		return 0;
	/* A request that can't be delivered stays unanswered until the file is closed */
	return copy_to_user(buf, &msg, len) ? -EFAULT : len;
}

static __poll_t chan_poll(struct file *file, struct poll_table_struct *wait)
{
	struct imapifs_chan *c = file->private_data;
	__poll_t mask = EPOLLOUT | EPOLLWRNORM;

	poll_wait(file, &c->moved, wait);
	spin_lock(&c->lock);
	if (c->request.h.id || c->cancel)
		mask |= EPOLLIN | EPOLLRDNORM;
	if (c->over)
		mask |= EPOLLIN | EPOLLRDNORM | EPOLLHUP;
	spin_unlock(&c->lock);
	return mask;
}

static int take_burned(struct imapifs_sb *sbi, const struct imapifs_header *h)
{
	const struct imapifs_burned *b = (const void *)h;
	size_t bytes = h->len - sizeof(*b);

	if (h->len <= sizeof(*b) || bytes % sizeof(b->file[0]))
		return -EINVAL;
	return imapifs_job_burned(sbi, h->id, b->file, bytes / sizeof(b->file[0]));
}

static int dispatch(struct imapifs_sb *sbi, const struct imapifs_header *h)
{
	switch (h->op) {
	case IMAPIFS_OP_PROGRESS:
		if (h->len != sizeof(struct imapifs_progress))
			return -EINVAL;
		return imapifs_job_progress(sbi, (const void *)h);
	case IMAPIFS_OP_BURNED:
		return take_burned(sbi, h);
	case IMAPIFS_OP_PREPARED:
		if (h->len != sizeof(struct imapifs_prepared))
			return -EINVAL;
		return imapifs_job_prepared(sbi, (const void *)h);
	case IMAPIFS_OP_DONE:
		if (h->len != sizeof(struct imapifs_done))
			return -EINVAL;
		return imapifs_job_done(sbi, (const void *)h);
	default:
		return -EINVAL;
	}
}

static int take_written(struct imapifs_chan *c, const char __user *buf, size_t count)
{
	struct imapifs_header *h = c->message;
	int err = -ENOTCONN;

	if (copy_from_user(h, buf, count))
		return -EFAULT;
	if (h->len != count)
		return -EINVAL;
	down_read(&c->bound);
	if (c->sbi)
		err = dispatch(c->sbi, h);
	up_read(&c->bound);
	return err;
}

static ssize_t chan_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	struct imapifs_chan *c = file->private_data;
	int err;

	if (count < sizeof(struct imapifs_header) || count > IMAPIFS_MSG_MAX)
		return -EINVAL;
	if (mutex_lock_killable(&c->writing))
		return -EINTR;
	err = take_written(c, buf, count);
	mutex_unlock(&c->writing);
	return err ?: (ssize_t)count;
}

static int set_up(struct imapifs_chan *c, const void __user *arg)
{
	struct imapifs_setup s;
	int err = 0;

	if (copy_from_user(&s, arg, sizeof(s)))
		return -EFAULT;
	if (s.version != IMAPIFS_VERSION)
		return -EINVAL;
	spin_lock(&c->lock);
	if (c->set_up) {
		err = -EBUSY;
	} else {
		c->set_up = true;
		c->nwa = s.nwa;
		c->pid = get_pid(task_tgid(current));
	}
	spin_unlock(&c->lock);
	return err;
}

static long open_staged(struct imapifs_chan *c, const void __user *arg)
{
	struct file *file = ERR_PTR(-ENOTCONN);
	struct imapifs_open o;
	int fd;

	if (copy_from_user(&o, arg, sizeof(o)))
		return -EFAULT;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	down_read(&c->bound);
	if (c->sbi)
		file = imapifs_job_open(c->sbi, o.id, o.ino);
	up_read(&c->bound);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	fd_install(fd, file);
	return fd;
}

static long begin_sync(struct imapifs_chan *c)
{
	long err = -ENOTCONN;

	down_read(&c->bound);
	if (c->sbi)
		err = imapifs_commit_begin(c->sbi);
	up_read(&c->bound);
	return err;
}

static long chan_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct imapifs_chan *c = file->private_data;

	switch (cmd) {
	case IMAPIFS_DEV_SETUP:
		return set_up(c, (const void __user *)arg);
	case IMAPIFS_DEV_OPEN:
		return open_staged(c, (const void __user *)arg);
	case IMAPIFS_DEV_SYNC:
		return begin_sync(c);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations chan_fops = {
	.owner = THIS_MODULE,
	.open = chan_open,
	.release = chan_release,
	.read = chan_read,
	.write = chan_write,
	.poll = chan_poll,
	.unlocked_ioctl = chan_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice chan_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "imapifs",
	.mode = 0600,
	.fops = &chan_fops,
};

int __init imapifs_dev_register(void)
{
	return misc_register(&chan_dev);
}

void imapifs_dev_unregister(void)
{
	misc_deregister(&chan_dev);
}
