// SPDX-License-Identifier: GPL-2.0-only
/* Changes on one side, a commit on the other. */
#include <linux/sched/signal.h>
#include "internal.h"

/* How long others may have to wait for the locks of one who waits here */
#define GATE_PATIENCE	(HZ / 20)

void imapifs_gate_init(struct imapifs_gate *g)
{
	spin_lock_init(&g->lock);
	init_waitqueue_head(&g->moved);
	g->inside = 0;
	g->closed = false;
}

bool imapifs_gate_try(struct imapifs_gate *g)
{
	bool in;

	spin_lock(&g->lock);
	in = !g->closed;
	g->inside += in;
	spin_unlock(&g->lock);
	return in;
}

int imapifs_gate_enter(struct imapifs_gate *g)
{
	if (imapifs_gate_try(g))
		return 0;
	return wait_event_killable(g->moved, imapifs_gate_try(g)) ? -EINTR : 0;
}

int imapifs_gate_enter_locked(struct imapifs_gate *g)
{
	long left;

	if (imapifs_gate_try(g))
		return 0;
	/* Nobody restarts anything for them, so they wait with their locks */
	if (current->flags & (PF_KTHREAD | PF_IO_WORKER | PF_DUMPCORE))
		return imapifs_gate_enter(g);
	left = wait_event_killable_timeout(g->moved, imapifs_gate_try(g), GATE_PATIENCE);
	if (left > 0)
		return 0;
	return left ? -EINTR : restart_syscall();
}

void imapifs_gate_leave(struct imapifs_gate *g)
{
	bool last;

	spin_lock(&g->lock);
	last = !--g->inside && g->closed;
	spin_unlock(&g->lock);
	if (last)
		wake_up_all(&g->moved);
}

static bool gate_is_open(struct imapifs_gate *g)
{
	return !READ_ONCE(g->closed);
}

int imapifs_gate_wait(struct imapifs_gate *g)
{
	return wait_event_killable(g->moved, gate_is_open(g)) ? -EINTR : 0;
}

static bool gate_empty(struct imapifs_gate *g)
{
	bool empty;

	spin_lock(&g->lock);
	empty = !g->inside;
	spin_unlock(&g->lock);
	return empty;
}

int imapifs_gate_close(struct imapifs_gate *g)
{
	spin_lock(&g->lock);
	WRITE_ONCE(g->closed, true);
	spin_unlock(&g->lock);
	if (!wait_event_killable(g->moved, gate_empty(g)))
		return 0;
	imapifs_gate_open(g);
	return -EINTR;
}

void imapifs_gate_open(struct imapifs_gate *g)
{
	spin_lock(&g->lock);
	WRITE_ONCE(g->closed, false);
	spin_unlock(&g->lock);
	wake_up_all(&g->moved);
}
