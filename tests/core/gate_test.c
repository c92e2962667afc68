// SPDX-License-Identifier: GPL-2.0-only
/* The gate: changes and commits keep out of each other's way, and only a death ends a wait */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include "gate.h"
#include "kselftest_harness.h"

FIXTURE(gate) {
	struct gate g;
	struct gate_waiter me;	/* waits, and nobody kills it */
	struct gate_waiter other;
	pthread_t thread;
	int result;
	atomic_int stage;
};

FIXTURE_SETUP(gate)
{
	gate_init(&self->g);
	self->me.pid = getpid();
	self->other.pid = getpid();
	self->result = 1;
}

FIXTURE_TEARDOWN(gate)
{
	gate_destroy(&self->g);
}

static void pause_ms(long ms)
{
	const struct timespec t = { .tv_sec = ms / 1000,
				    .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

static void *enter(void *arg)
{
	FIXTURE_DATA(gate) *self = arg;

	self->result = gate_enter(&self->g, &self->other);
	atomic_store(&self->stage, 1);
	if (!self->result)
		gate_leave(&self->g);
	return NULL;
}

static void *take(void *arg)
{
	FIXTURE_DATA(gate) *self = arg;

	self->result = gate_take(&self->g, &self->other);
	atomic_store(&self->stage, 1);
	if (!self->result)
		gate_release(&self->g);
	return NULL;
}

static void *close_it(void *arg)
{
	FIXTURE_DATA(gate) *self = arg;

	self->result = gate_close(&self->g, &self->other);
	atomic_store(&self->stage, 1);
	return NULL;
}

/* A process that has a fatal signal to come, but is not gone: a zombie */
static pid_t make_dead(void)
{
	siginfo_t info;
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
	return pid;
}

TEST_F(gate, many_changes_at_once)
{
	ASSERT_EQ(0, gate_enter(&self->g, &self->me));
	ASSERT_EQ(0, gate_enter(&self->g, &self->me));
	gate_leave(&self->g);
	gate_leave(&self->g);
	ASSERT_EQ(0, gate_take(&self->g, &self->me));
	ASSERT_EQ(0, gate_close(&self->g, &self->me));
	gate_release(&self->g);
	ASSERT_EQ(0, gate_enter(&self->g, &self->me));
	gate_leave(&self->g);
}

TEST_F(gate, taken_gate_lets_changes_in_until_closed)
{
	ASSERT_EQ(0, gate_take(&self->g, &self->me));
	ASSERT_EQ(0, gate_enter(&self->g, &self->me));
	gate_leave(&self->g);
	ASSERT_EQ(0, gate_close(&self->g, &self->me));
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, enter, self));
	pause_ms(100);
	EXPECT_EQ(0, atomic_load(&self->stage));
	gate_release(&self->g);
	pthread_join(self->thread, NULL);
	EXPECT_EQ(0, self->result);
}

TEST_F(gate, close_waits_until_changes_are_out)
{
	ASSERT_EQ(0, gate_enter(&self->g, &self->me));
	ASSERT_EQ(0, gate_take(&self->g, &self->me));
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, close_it, self));
	pause_ms(100);
	EXPECT_EQ(0, atomic_load(&self->stage));
	gate_leave(&self->g);
	pthread_join(self->thread, NULL);
	EXPECT_EQ(0, self->result);
	gate_release(&self->g);
}

TEST_F(gate, one_commit_at_a_time)
{
	ASSERT_EQ(0, gate_take(&self->g, &self->me));
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, take, self));
	pause_ms(100);
	EXPECT_EQ(0, atomic_load(&self->stage));
	gate_release(&self->g);
	pthread_join(self->thread, NULL);
	EXPECT_EQ(0, self->result);
}

TEST_F(gate, signal_that_does_not_kill_goes_on_waiting)
{
	ASSERT_EQ(0, gate_take(&self->g, &self->me));
	ASSERT_EQ(0, gate_close(&self->g, &self->me));
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, enter, self));
	pause_ms(50);
	gate_wake(&self->g, &self->other);
	pause_ms(500);
	EXPECT_EQ(0, atomic_load(&self->stage));
	gate_release(&self->g);
	pthread_join(self->thread, NULL);
	EXPECT_EQ(0, self->result);
}

TEST_F(gate, killed_change_ends)
{
	self->other.pid = make_dead();
	ASSERT_EQ(0, gate_take(&self->g, &self->me));
	ASSERT_EQ(0, gate_close(&self->g, &self->me));
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, enter, self));
	pause_ms(50);
	EXPECT_EQ(0, atomic_load(&self->stage));
	gate_wake(&self->g, &self->other);
	pthread_join(self->thread, NULL);
	EXPECT_EQ(-EINTR, self->result);
	gate_release(&self->g);
	waitpid(self->other.pid, NULL, 0);
}

/* The kernel reports the first signal only: the kill after it must be noticed */
TEST_F(gate, killed_after_a_harmless_signal)
{
	self->other.pid = fork();
	if (!self->other.pid) {
		pause();
		_exit(0);
	}
	ASSERT_EQ(0, gate_take(&self->g, &self->me));
	ASSERT_EQ(0, gate_close(&self->g, &self->me));
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, enter, self));
	gate_wake(&self->g, &self->other);
	pause_ms(300);
	EXPECT_EQ(0, atomic_load(&self->stage));
	kill(self->other.pid, SIGTERM);
	pthread_join(self->thread, NULL);
	EXPECT_EQ(-EINTR, self->result);
	gate_release(&self->g);
	waitpid(self->other.pid, NULL, 0);
}

TEST_F(gate, killed_close_opens_again)
{
	self->other.pid = make_dead();
	ASSERT_EQ(0, gate_enter(&self->g, &self->me));
	ASSERT_EQ(0, gate_take(&self->g, &self->me));
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, close_it, self));
	pause_ms(50);
	gate_wake(&self->g, &self->other);
	pthread_join(self->thread, NULL);
	EXPECT_EQ(-EINTR, self->result);
	ASSERT_EQ(0, gate_enter(&self->g, &self->me));
	gate_leave(&self->g);
	gate_leave(&self->g);
	gate_release(&self->g);
	waitpid(self->other.pid, NULL, 0);
}

TEST_F(gate, unknown_caller_counts_as_killed)
{
	self->other.pid = 0;
	atomic_store(&self->other.signalled, true);
	ASSERT_EQ(0, gate_take(&self->g, &self->me));
	EXPECT_EQ(-EINTR, gate_take(&self->g, &self->other));
	ASSERT_EQ(0, gate_close(&self->g, &self->me));
	EXPECT_EQ(-EINTR, gate_enter(&self->g, &self->other));
	gate_release(&self->g);
}

TEST_HARNESS_MAIN
