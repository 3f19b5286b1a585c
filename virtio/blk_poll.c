// SPDX-License-Identifier: GPL-2.0-only
/*
 * blk_poll.c: a disk's worker with nothing to do watches its queues for a
 * moment before it sleeps.
 *
 * A program that reads one block after the other is back with the next soon
 * after an answer. To a worker that sleeps this costs an exit of the guest (the
 * kick), a wake-up of another CPU and two system calls; one that looks at the
 * ring sees it at once, and the driver is not asked to kick.
 *
 * It watches no longer than being woken would cost: at worst twice the best is
 * spent. And only a driver that was back in that time the last time, and never
 * where a CPU is short.
 */
#include "blk.h"

#include <linux/virtio_config.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clock.h"

/* What being woken costs, in system calls that do nothing. */
#define WAKE_CALLS 512U
#define LIMIT_NS   1000000U /* whatever was measured */
/* Not on a CPU for that long: somebody else wanted it, and gets it. */
#define PREEMPTED_NS 1000000U
#define BACK_OFF_NS  100000000U
/* Looks at the ring are that many loops apart: the lock is free meanwhile. */
#define PAUSE_LOOPS 50U

/* The best of some: others may take the CPU meanwhile. */
static uint64_t wake_cost_ns(void)
{
	uint64_t best = LIMIT_NS;

	for (unsigned int i = 0; i < 4; i++) {
		uint64_t start = (uint64_t)clock_ns(), took;

		for (unsigned int k = 0; k < WAKE_CALLS / 16; k++)
			(void)syscall(SYS_getppid);
		took = ((uint64_t)clock_ns() - start) * 16;
		if (took < best)
			best = took;
	}
	return best;
}

void blk_poll_init(struct blk_poll *p)
{
	cpu_set_t cpus;

	memset(p, 0, sizeof(*p));
	/* Alone on a CPU we would keep the guest from what we wait for. */
	if (!sched_getaffinity(0, sizeof(cpus), &cpus) && CPU_COUNT(&cpus) > 1)
		p->limit_ns = wake_cost_ns();
}

void blk_poll_idle(struct virtio_blk *b)
{
	struct blk_poll *p = &b->poll;

	if (!p->limit_ns)
		return;
	p->idle_since_ns = (uint64_t)clock_ns();
	if (!p->worth_it)
		return;
	for (unsigned int q = 0; q < b->dev.nr_queues; q++) {
		if (!(b->quiet >> q & 1))
			vq_kicks_off(&b->dev.queues[q].vq);
		b->quiet |= 1U << q;
	}
}

void blk_poll_busy(struct virtio_blk *b)
{
	struct blk_poll *p = &b->poll;

	/* One that had to kick and to wake us took longer for it. */
	if (p->idle_since_ns && !p->worth_it)
		p->worth_it = (uint64_t)clock_ns() - p->idle_since_ns <
			      2 * p->limit_ns;
	p->idle_since_ns = 0;
}

/* Makes the queues pending that have chains. */
static void look(struct virtio_blk *b)
{
	for (unsigned int q = 0; q < b->dev.nr_queues; q++) {
		int ret = vq_waiting(&b->dev.queues[q].vq);

		if (ret < 0)
			blk_queue_broken(b, q);
		else if (ret)
			b->pending |= 1U << q;
	}
}

bool blk_poll(struct virtio_blk *b)
{
	struct blk_poll *p = &b->poll;
	uint64_t now, last;

	if (!p->worth_it || !p->idle_since_ns ||
	    b->dev.status & VIRTIO_CONFIG_S_NEEDS_RESET)
		return false;
	now = (uint64_t)clock_ns();
	if (now < p->not_before_ns)
		return false;
	do {
		pthread_mutex_unlock(&b->dev.lock);
		for (volatile unsigned int i = 0; i < PAUSE_LOOPS; i++)
			;
		pthread_mutex_lock(&b->dev.lock);
		if (b->stop)
			return false;
		look(b);
		if (b->pending & ~b->held)
			return true;
		last = now;
		now = (uint64_t)clock_ns();
	} while (now - last < PREEMPTED_NS &&
		 now - p->idle_since_ns < p->limit_ns);
	if (now - last >= PREEMPTED_NS)
		p->not_before_ns = now + BACK_OFF_NS;
	else
		p->worth_it = false;
	return false;
}
