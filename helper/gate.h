/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The gate between changes and commits: any number of changes are inside at
 * once; a commit closes the gate, waits until they are out, and works alone.
 *
 * All waits are killable, and only that: the kernel's FUSE reports every signal
 * of a caller, and a program with a timer or a window size handler must not see
 * EINTR from mkdir(2). So a reported signal only makes the waiter look whether
 * its caller is dying.
 */
#ifndef IMAPI_GATE_H
#define IMAPI_GATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

struct gate {
	pthread_mutex_t lock;
	pthread_cond_t moved;	/* any of the fields below */
	unsigned int inside;	/* changes */
	bool taken;		/* somebody commits, or is about to */
	bool closed;
};

/**
 * struct gate_waiter - who waits, for the length of one request
 * @pid: the caller's thread; 0: not known, any signal counts as deadly
 * @signalled: set by gate_wake()
 */
struct gate_waiter {
	pid_t pid;
	atomic_bool signalled;
};

void gate_init(struct gate *g);
void gate_destroy(struct gate *g);

/* The caller of @w got a signal: its waits look after it. From any thread */
void gate_wake(struct gate *g, struct gate_waiter *w);

/* Did a signal kill @w's caller? */
bool gate_waiter_dying(const struct gate_waiter *w);

/**
 * gate_wait - wait until something moves; called with @g->lock held
 * @g: the gate
 * @w: who waits
 *
 * Return: 0 (look at the condition again), or -EINTR: the caller is dying.
 */
int gate_wait(struct gate *g, struct gate_waiter *w);

/* A change goes in, waiting while the gate is closed: 0 or -EINTR */
int gate_enter(struct gate *g, struct gate_waiter *w);
void gate_leave(struct gate *g);

/*
 * A commit: take the turn (there is one at a time), close the gate when all
 * changes that were to be let in are done, work, and release opens and gives
 * the turn back. Both return 0 or -EINTR; after a failed close the turn is
 * still held and the gate is open.
 */
int gate_take(struct gate *g, struct gate_waiter *w);
int gate_close(struct gate *g, struct gate_waiter *w);
void gate_release(struct gate *g);

#endif
