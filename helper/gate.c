// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "gate.h"

/* How often a waiter whose caller got a signal looks after it */
#define GATE_POLL_NS	200000000l

/* SIGKILL's bit in the masks of /proc/PID/status */
#define KILL_BIT	(1ull << 8)

void gate_init(struct gate *g)
{
	pthread_condattr_t attr;

	memset(g, 0, sizeof(*g));
	pthread_mutex_init(&g->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&g->moved, &attr);
	pthread_condattr_destroy(&attr);
}

void gate_destroy(struct gate *g)
{
	pthread_cond_destroy(&g->moved);
	pthread_mutex_destroy(&g->lock);
}

void gate_wake(struct gate *g, struct gate_waiter *w)
{
	pthread_mutex_lock(&g->lock);
	atomic_store(&w->signalled, true);
	pthread_cond_broadcast(&g->moved);
	pthread_mutex_unlock(&g->lock);
}

/*
 * A signal that ends a process leaves SIGKILL pending for each of its threads,
 * whatever signal it was, until the thread comes out of the system call.
 */
bool gate_waiter_dying(const struct gate_waiter *w)
{
	unsigned long long mask;
	char path[40], line[128];
	bool dying = false;
	FILE *f;

	if (!w->pid)
		return true;
	snprintf(path, sizeof(path), "/proc/%d/status", (int)w->pid);
	f = fopen(path, "re");
	if (!f)
		return errno == ENOENT;
	while (!dying && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "SigPnd: %llx", &mask) == 1 ||
		    sscanf(line, "ShdPnd: %llx", &mask) == 1)
			dying = mask & KILL_BIT;
		else if (!strncmp(line, "State:\tZ", 8) ||
			 !strncmp(line, "State:\tX", 8))
			dying = true;
	}
	fclose(f);
	return dying;
}

int gate_wait(struct gate *g, struct gate_waiter *w)
{
	struct timespec until;

	if (!atomic_load(&w->signalled)) {
		pthread_cond_wait(&g->moved, &g->lock);
		return 0;
	}
	if (gate_waiter_dying(w))
		return -EINTR;
	/* A second signal is not reported, so go on looking */
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += GATE_POLL_NS;
	until.tv_sec += until.tv_nsec / 1000000000l;
	until.tv_nsec %= 1000000000l;
	pthread_cond_timedwait(&g->moved, &g->lock, &until);
	return 0;
}

int gate_enter(struct gate *g, struct gate_waiter *w)
{
	int err = 0;

	pthread_mutex_lock(&g->lock);
	while (g->closed && !err)
		err = gate_wait(g, w);
	if (!err)
		g->inside++;
	pthread_mutex_unlock(&g->lock);
	return err;
}

void gate_leave(struct gate *g)
{
	pthread_mutex_lock(&g->lock);
	if (!--g->inside && g->closed)
		pthread_cond_broadcast(&g->moved);
	pthread_mutex_unlock(&g->lock);
}

int gate_take(struct gate *g, struct gate_waiter *w)
{
	int err = 0;

	pthread_mutex_lock(&g->lock);
	while (g->taken && !err)
		err = gate_wait(g, w);
	if (!err)
		g->taken = true;
	pthread_mutex_unlock(&g->lock);
	return err;
}

int gate_close(struct gate *g, struct gate_waiter *w)
{
	int err = 0;

	pthread_mutex_lock(&g->lock);
	g->closed = true;
	while (g->inside && !err)
		err = gate_wait(g, w);
	if (err) {
		g->closed = false;
		pthread_cond_broadcast(&g->moved);
	}
	pthread_mutex_unlock(&g->lock);
	return err;
}

void gate_release(struct gate *g)
{
	pthread_mutex_lock(&g->lock);
	g->closed = false;
	g->taken = false;
	pthread_cond_broadcast(&g->moved);
	pthread_mutex_unlock(&g->lock);
}
