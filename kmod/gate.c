// SPDX-License-Identifier: GPL-2.0-only
/* Changes on one side, a commit on the other. */
#include <linux/sched/signal.h>
#include "internal.h"

void imapifs_gate_init(struct imapifs_gate *g)
{
	spin_lock_init(&g->lock);
	init_waitqueue_head(&g->moved);
	g->inside = 0;
	g->closed = false;
}

static bool gate_try(struct imapifs_gate *g)
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
	if (gate_try(g))
		return 0;
	return wait_event_killable(g->moved, gate_try(g)) ? -EINTR : 0;
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
	g->closed = true;
	spin_unlock(&g->lock);
	if (!wait_event_killable(g->moved, gate_empty(g)))
		return 0;
	imapifs_gate_open(g);
	return -EINTR;
}

void imapifs_gate_open(struct imapifs_gate *g)
{
	spin_lock(&g->lock);
	g->closed = false;
	spin_unlock(&g->lock);
	wake_up_all(&g->moved);
}
