// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints how fast the processor's time stamp counter runs, kHz. An emulated guest has
 * the same one, but measures it by timers that come late on a busy host: its clock then
 * ran four times too fast, and every time limit in it ended early.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

struct sample {
	uint64_t ns, ticks;
};

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Of many, the one in which least time went by between both clocks */
static struct sample take(void)
{
	uint64_t best = UINT64_MAX, before, after;
	struct sample s = { 0 };
	int i;

	for (i = 0; i < 1000; i++) {
		before = __rdtsc();
		uint64_t ns = now();

		after = __rdtsc();
		if (after - before >= best)
			continue;
		best = after - before;
		s.ns = ns;
		s.ticks = before + best / 2;
	}
	return s;
}

int main(void)
{
	struct sample a = take(), b;

	nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
	b = take();
	printf("%llu\n", (unsigned long long)((b.ticks - a.ticks) * 1000000 / (b.ns - a.ns)));
	return 0;
}
