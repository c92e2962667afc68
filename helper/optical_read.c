// SPDX-License-Identifier: GPL-2.0-only
/* Reading a disc in a drive: not while it is written, and never from another disc */
#include <time.h>
#include "optical.h"

/* How often somebody who waits looks whether he is still wanted */
#define POLL_NS		200000000L
/* Changes that come one after the other */
#define READ_TRIES	4

static void wait_some(struct optical *o)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += POLL_NS;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_nsec -= 1000000000L;
		until.tv_sec++;
	}
	pthread_cond_timedwait(&o->moved, &o->lock, &until);
}

static bool is_for_others(const struct optical *o)
{
	return o->away && !pthread_equal(o->owner, pthread_self());
}

/* What is sent to a drive that writes can spoil what it writes, so readers wait */
static int reader_enter(struct optical *o)
{
	int err = 0;

	pthread_mutex_lock(&o->lock);
	while (is_for_others(o) && !err) {
		if (recorder_is_gone())
			err = -EINTR;
		else
			wait_some(o);
	}
	if (!err)
		o->readers++;
	pthread_mutex_unlock(&o->lock);
	return err;
}

static void reader_leave(struct optical *o)
{
	pthread_mutex_lock(&o->lock);
	if (!--o->readers)
		pthread_cond_broadcast(&o->moved);
	pthread_mutex_unlock(&o->lock);
}

static bool is_trusted(struct optical *o)
{
	return optical_changes(o) == __atomic_load_n(&o->trusted, __ATOMIC_RELAXED);
}

/*
 * Once somebody told of a change, what was read may be another disc's, until that in the
 * drive was found to be ours. To find that may itself be what hears of the change.
 */
static int read_ours(struct optical *o, u32 lba, u32 count, void *buf)
{
	int err = 0, tries, read;

	for (tries = 0; tries < READ_TRIES && !err; tries++) {
		read = drive_read(o->drive, lba, count, buf);
		if (is_trusted(o))
			return read;
		err = optical_find(o);
	}
	return err ? err : -EIO;
}

int optical_read(void *ctx, u32 lba, u32 count, void *buf)
{
	struct optical *o = ctx;
	int err;

	err = reader_enter(o);
	if (err)
		return err;
	err = read_ours(o, lba, count, buf);
	reader_leave(o);
	return err;
}

int optical_take(struct optical *o)
{
	pthread_mutex_lock(&o->lock);
	while (o->away)
		pthread_cond_wait(&o->moved, &o->lock);
	o->away = true;
	o->owner = pthread_self();
	while (o->readers)
		pthread_cond_wait(&o->moved, &o->lock);
	pthread_mutex_unlock(&o->lock);
	return drive_burn_begin(o->drive);
}

void optical_give_back(struct optical *o)
{
	if (!o->rec.keep_off)
		drive_burn_end(o->drive);
	drive_forget(o->drive);
	pthread_mutex_lock(&o->lock);
	o->away = false;
	pthread_cond_broadcast(&o->moved);
	pthread_mutex_unlock(&o->lock);
}
