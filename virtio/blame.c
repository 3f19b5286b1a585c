// SPDX-License-Identifier: GPL-2.0-only
/*
 * blame.c: the lines about a guest that breaks its devices. They name device,
 * queue, address, length and reason, and the likely cause when it is one of the
 * two that users meet: a kernel that does not share, and kexec.
 */
#include "dev.h"

#include <linux/virtio_config.h>
#include <stdarg.h>
#include <stdio.h>

#include "log.h"

/* A guest can reset and start over for ever: of one device, of all lives. */
#define MAX_LINES 16U

static void __printf(4, 0) blame(struct virtio_dev *d, const struct vq_error *e,
				 unsigned int q, const char *fmt, va_list ap)
{
	char text[400];

	if (d->nr_blamed >= MAX_LINES) {
		if (d->watcher)
			d->watcher->violated(d->watcher_ctx, d, NULL, e, q);
		return;
	}
	d->nr_blamed++;
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	log_warn("%s: %s%s", d->name, text,
		 d->nr_blamed == MAX_LINES
			 ? " (further lines about this device are left out)"
			 : "");
	if (d->watcher)
		d->watcher->violated(d->watcher_ctx, d, text, e, q);
}

void virtio_blame(struct virtio_dev *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	blame(d, NULL, 0, fmt, ap);
	va_end(ap);
}

/* Of what queue @q names. */
static void __printf(3, 4)
	blame_error(struct virtio_dev *d, unsigned int q, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	blame(d, &d->queues[q].vq.error, q, fmt, ap);
	va_end(ap);
}

void virtio_blame_features(struct virtio_dev *d)
{
	const uint64_t accepted = d->driver_features;

	if (accepted & ~d->offered)
		virtio_blame(
			d,
			"refused: the guest's driver accepts features that "
			"were not offered (%#llx)",
			(unsigned long long)(accepted & ~d->offered));
	else if (!((accepted >> VIRTIO_F_VERSION_1) & 1))
		virtio_blame(d, "refused: the guest's driver is of before "
				"virtio 1.0 (no VIRTIO_F_VERSION_1)");
	else
		virtio_blame(d, "refused: the guest's driver would use any of "
				"its memory (no VIRTIO_F_ACCESS_PLATFORM); a "
				"Linux guest needs CONFIG_ARM_PKVM_GUEST and "
				"CONFIG_DMA_RESTRICTED_POOL");
}

/* Whether any chain was popped since the last reset. */
static bool works(const struct virtio_dev *d)
{
	for (unsigned int q = 0; q < d->nr_queues; q++) {
		if (d->queues[q].vq.next_avail != 0)
			return true;
	}
	return false;
}

/* The likely cause; empty when there is none. */
static const char *cause(const struct virtio_dev *d, const struct vq_error *e)
{
	/* RAM begins where the window ends, unless it is the window. */
	bool in_ram = e->fault == VQ_OUTSIDE && d->window->fd >= 0 &&
		      e->gpa >= d->window->gpa + d->window->len;

	if (!in_ram && (e->fault != VQ_REVOKED || works(d)))
		return "";
	if (d->worked)
		return "; it worked before: after kexec a guest cannot share "
		       "its memory again, reboot it instead";
	if (in_ram)
		return "; that is memory of its own: its kernel lacks "
		       "CONFIG_ARM_PKVM_GUEST or CONFIG_DMA_RESTRICTED_POOL";
	return "; it never was: the guest's kernel lacks "
	       "CONFIG_ARM_PKVM_GUEST";
}

void virtio_blame_queue(struct virtio_dev *d, unsigned int q)
{
	const struct vq_error *e = &d->queues[q].vq.error;

	if (*cause(d, e) != '\0' || e->fault == VQ_REVOKED) {
		(void)__atomic_add_fetch(&d->nr_sharing, 1, __ATOMIC_RELAXED);
		__atomic_store_n(&d->waits_for_sharing, true, __ATOMIC_RELAXED);
	}
	blame_error(d, q,
		    "stopped until the guest resets it: queue %u names %s, "
		    "%llu bytes at %#llx%s",
		    q, vq_fault_text(e->fault), (unsigned long long)e->len,
		    (unsigned long long)e->gpa, cause(d, e));
}
