// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "meter.h"
#include "text.h"

#define BLOCK		2048u
#define SHOW_MS		250

struct meter {
	const struct progress *progress;
	pthread_t thread;
	pthread_mutex_t lock;		/* what follows */
	pthread_cond_t ended;
	bool over;
};

uint64_t meter_rate(uint64_t done, uint64_t ms)
{
	return ms ? (uint64_t)((double)done * 1000 / (double)ms) : 0;
}

struct meter_text meter_text(uint64_t done, uint64_t total, uint64_t ms)
{
	uint64_t rate = meter_rate(done, ms);
	struct meter_text out = { "" };
	int n;

	if (!total)
		return out;
	n = snprintf(out.s, sizeof(out.s), ", %llu of %llu blocks, %s of %s",
		     (unsigned long long)(done / BLOCK), (unsigned long long)(total / BLOCK),
		     text_size(done).s, text_size(total).s);
	if (!rate || n < 0 || (size_t)n >= sizeof(out.s))
		return out;
	snprintf(out.s + n, sizeof(out.s) - (size_t)n, ", %s/s, %s left", text_size(rate).s,
		 text_time(done < total ? (total - done) / rate : 0).s);
	return out;
}

void meter_show(uint32_t phase, uint64_t done, uint64_t total, uint64_t ms)
{
	fprintf(stderr, "\r%s%s\033[K", progress_phase_name(phase),
		meter_text(done, total, ms).s);
}

void meter_show_percent(const char *what, unsigned int percent)
{
	fprintf(stderr, "\r%s: %u%%\033[K", what, percent);
}

void meter_clear(void)
{
	fputs("\r\033[K", stderr);
}

static void show(const struct progress *p)
{
	uint32_t phase = atomic_load(&p->phase);

	if (phase != IMAPIFS_PHASE_IDLE)
		meter_show(phase, atomic_load(&p->done), atomic_load(&p->total),
			   progress_ms(p));
}

/* False: it is over */
static bool wait_next(struct meter *m)
{
	struct timespec at;
	bool over;

	clock_gettime(CLOCK_REALTIME, &at);
	at.tv_nsec += SHOW_MS * 1000000L;
	at.tv_sec += at.tv_nsec / 1000000000L;
	at.tv_nsec %= 1000000000L;
	pthread_mutex_lock(&m->lock);
	if (!m->over)
		pthread_cond_timedwait(&m->ended, &m->lock, &at);
	over = m->over;
	pthread_mutex_unlock(&m->lock);
	return !over;
}

static void *show_thread(void *arg)
{
	struct meter *m = arg;

	while (wait_next(m))
		show(m->progress);
	meter_clear();
	return NULL;
}

struct meter *meter_begin(const struct progress *p)
{
	struct meter *m;

	if (!isatty(STDERR_FILENO))
		return NULL;
	m = calloc(1, sizeof(*m));
	if (!m)
		return NULL;
	m->progress = p;
	pthread_mutex_init(&m->lock, NULL);
	pthread_cond_init(&m->ended, NULL);
	if (!pthread_create(&m->thread, NULL, show_thread, m))
		return m;
	free(m);
	return NULL;
}

void meter_end(struct meter *m)
{
	if (!m)
		return;
	pthread_mutex_lock(&m->lock);
	m->over = true;
	pthread_cond_signal(&m->ended);
	pthread_mutex_unlock(&m->lock);
	pthread_join(m->thread, NULL);
	pthread_mutex_destroy(&m->lock);
	pthread_cond_destroy(&m->ended);
	free(m);
}
