// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmio_irq.c: interrupts and doorbells of a virtio-mmio device.
 *
 * How this works: the SPI is edge-triggered, so the queues' call eventfds, and
 * one for the configuration, are irqfds of it for as long as there is a VM; a
 * device that returns buffers writes its eventfd and nobody of us wakes up. The
 * price is that nobody of us sees the interrupt either. So InterruptStatus is
 * made when it is read: bit 0 is set when the queues' count of interrupts has
 * moved since the read before. An event of between a read and its
 * acknowledgement is told by the next read, and never lost. Where the kernel
 * writes call eventfds itself (vhost) nobody counts, and bit 0 is always set:
 * a driver then finds no used buffer now and then.
 *
 * Linux acknowledges each interrupt with the value it read. Of bit 0 alone that
 * is a store KVM keeps in an eventfd, without an exit to us; we look there only
 * when a driver reads again and nothing new has come.
 */
#include "mmio_irq.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "event.h"
#include "log.h"
#include "transport.h"

#define STATUS_QUEUE  0x1U
#define STATUS_CONFIG 0x2U

/* What works without is not worth more than one line. */
static void say_slow(struct virtio_mmio *t, const char *what, int err)
{
	if (!t->said_slow)
		log_warn("%s: %s: %s", t->dev->name, what, errno_text(err));
	t->said_slow = true;
}

/* --- wiring ---------------------------------------------------------------- */

/* Of queue @i; the configuration's behind the last. */
static int call_fd(const struct virtio_mmio *t, unsigned int i)
{
	return i < t->dev->nr_queues ? t->dev->queues[i].call : t->config_call;
}

static void wire_doorbell(struct virtio_mmio *t, unsigned int q, bool wanted)
{
	int fd = t->dev->queues[q].kick.fd, ret;
	gpa_t gpa = t->gpa + MMIO_QUEUE_NOTIFY;

	if (!t->pvm || wanted == t->doorbell[q])
		return;
	if (!wanted) {
		(void)pvm_ioeventfd_value_remove(t->pvm, fd, gpa, q);
		t->doorbell[q] = false;
		return;
	}
	ret = pvm_ioeventfd_value(t->pvm, fd, gpa, q);
	t->doorbell[q] = ret == 0;
	if (ret) /* its notifications come as exits, which are served too */
		say_slow(t, "KVM refused a doorbell, each is an exit now", ret);
}

static void connect(struct virtio_mmio *t)
{
	int ret;

	for (unsigned int i = 0; i <= t->dev->nr_queues; i++) {
		(void)event_drain(call_fd(t, i));
		ret = pvm_irqfd_spi(t->pvm, call_fd(t, i), t->spi);
		t->irq_wired[i] = ret == 0;
		if (ret)
			say_slow(
				t,
				"KVM refused its interrupts, the guest gets none",
				ret);
	}
	ret = pvm_ioeventfd_value(t->pvm, t->acks, t->gpa + MMIO_INTERRUPT_ACK,
				  STATUS_QUEUE);
	t->acks_wired = ret == 0;
	if (ret)
		say_slow(t,
			 "KVM keeps no acknowledgements, each is an exit now",
			 ret);
}

static void disconnect(struct virtio_mmio *t)
{
	for (unsigned int q = 0; q < t->dev->nr_queues; q++)
		wire_doorbell(t, q, false);
	for (unsigned int i = 0; i <= t->dev->nr_queues; i++) {
		if (t->irq_wired[i])
			(void)pvm_irqfd_remove(t->pvm, call_fd(t, i), t->spi);
		t->irq_wired[i] = false;
	}
	if (t->acks_wired)
		(void)pvm_ioeventfd_value_remove(t->pvm, t->acks,
						 t->gpa + MMIO_INTERRUPT_ACK,
						 STATUS_QUEUE);
	t->acks_wired = false;
}

void virtio_mmio_wire(struct virtio_mmio *t, struct pvm *pvm)
{
	pthread_mutex_lock(&t->lock);
	if (t->pvm)
		disconnect(t);
	t->pvm = pvm;
	if (pvm)
		connect(t);
	pthread_mutex_unlock(&t->lock);
}

/* --- what the guest sees --------------------------------------------------- */

/* Of all queues so far. */
static uint64_t nr_interrupts(const struct virtio_dev *d)
{
	uint64_t n = 0;

	for (unsigned int q = 0; q < d->nr_queues; q++)
		n += __atomic_load_n(&d->queues[q].vq.stats.interrupts,
				     __ATOMIC_RELAXED);
	return n;
}

/* Whether to tell of used buffers: news, or told and not acknowledged. */
static bool has_used(struct virtio_mmio *t)
{
	uint64_t now = nr_interrupts(t->dev), acks;

	if (__atomic_load_n(&t->dev->calls_uncounted, __ATOMIC_RELAXED))
		return true;
	if (now != t->seen_interrupts) {
		t->seen_interrupts = now;
		if (t->nr_told++ == 0)
			(void)event_drain(t->acks); /* of nothing */
		return true;
	}
	if (t->nr_told > 0) {
		acks = event_drain(t->acks);
		t->nr_told -= acks < t->nr_told ? acks : t->nr_told;
	}
	return t->nr_told > 0;
}

uint32_t virtio_mmio_interrupt_status(struct virtio_mmio *t)
{
	uint32_t status = 0;

	pthread_mutex_lock(&t->lock);
	if (has_used(t))
		status |= STATUS_QUEUE;
	t->config_told |= t->config_news;
	t->config_news = false;
	if (t->config_told)
		status |= STATUS_CONFIG;
	pthread_mutex_unlock(&t->lock);
	return status;
}

void virtio_mmio_interrupt_ack(struct virtio_mmio *t, uint32_t bits)
{
	pthread_mutex_lock(&t->lock);
	if (bits & STATUS_QUEUE) {
		(void)event_drain(t->acks);
		t->nr_told = 0;
	}
	if (bits & STATUS_CONFIG)
		t->config_told = false;
	pthread_mutex_unlock(&t->lock);
}

void virtio_mmio_irq_reset(struct virtio_mmio *t)
{
	pthread_mutex_lock(&t->lock);
	(void)event_drain(t->acks);
	t->seen_interrupts = nr_interrupts(t->dev);
	t->nr_told = 0;
	t->config_news = t->config_told = false;
	pthread_mutex_unlock(&t->lock);
}

/* --- what the device says -------------------------------------------------- */

static void config_changed(void *ctx)
{
	struct virtio_mmio *t = ctx;

	pthread_mutex_lock(&t->lock);
	t->config_news = true;
	pthread_mutex_unlock(&t->lock);
	event_signal(t->config_call);
}

static void queue_changed(void *ctx, unsigned int q, bool running)
{
	struct virtio_mmio *t = ctx;

	pthread_mutex_lock(&t->lock);
	wire_doorbell(t, q, running && !(t->dev->at_once >> q & 1));
	pthread_mutex_unlock(&t->lock);
}

const struct virtio_transport virtio_mmio_transport = {
	.config_changed = config_changed,
	.queue_changed = queue_changed,
};

int virtio_mmio_irq_init(struct virtio_mmio *t)
{
	t->config_call = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	t->acks = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (t->config_call >= 0 && t->acks >= 0)
		return 0;
	return -errno;
}

void virtio_mmio_irq_fini(struct virtio_mmio *t)
{
	if (t->config_call >= 0)
		close(t->config_call);
	if (t->acks >= 0)
		close(t->acks);
	t->config_call = t->acks = -1;
}
