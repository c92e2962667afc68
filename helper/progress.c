// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <time.h>
#include "progress.h"

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void progress_phase(struct progress *p, enum imapifs_phase phase, uint64_t total)
{
	atomic_store(&p->done, 0);
	atomic_store(&p->total, total);
	atomic_store(&p->since_ms, now_ms());
	atomic_store(&p->phase, phase);
}

uint64_t progress_ms(const struct progress *p)
{
	if (atomic_load(&p->phase) == IMAPIFS_PHASE_IDLE)
		return 0;
	return now_ms() - atomic_load(&p->since_ms);
}

int progress_add(struct progress *p, uint64_t bytes)
{
	atomic_fetch_add(&p->done, bytes);
	if (atomic_load(&p->too_late))
		return 0;
	return atomic_load(&p->cancel) ? -EINTR : 0;
}

const char *progress_phase_name(uint32_t phase)
{
	switch (phase) {
	case IMAPIFS_PHASE_IDLE:
		return "idle";
	case IMAPIFS_PHASE_PLAN:
		return "plan";
	case IMAPIFS_PHASE_RECORD:
		return "record";
	case IMAPIFS_PHASE_FLUSH:
		return "flush";
	case IMAPIFS_PHASE_VERIFY:
		return "verify";
	case IMAPIFS_PHASE_CLOSE:
		return "close";
	}
	return "unknown";
}
