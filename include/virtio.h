/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * virtio.h: what a virtio device is (struct virtio_class), one device (struct
 * virtio_dev: status machine, features, queues) and what a transport is to it.
 *
 * A request, hop by hop: the driver's notify is an ioeventfd (kick) → the loop
 * calls the class's kick() → vq_pop, work, vq_push → one vq_publish for the
 * batch → the queue's interrupt eventfd (call), which KVM turns into an MSI.
 * No exit, and no transport code, is on that way.
 *
 * Threads: register accesses come from vCPU threads (io_lock held), kicks from
 * the loop or a worker. @lock guards everything in struct virtio_dev but what
 * is fixed at init; it nests inside io_lock. All class functions but init-time
 * ones are called with it held.
 */
#ifndef LKVM_PVM_VIRTIO_H
#define LKVM_PVM_VIRTIO_H

#include <pthread.h>

#include "base.h"
#include "loop.h"
#include "virtqueue.h"
#include "window.h"

#define VIRTIO_MAX_QUEUES 18U /* of one device: net with 8 pairs + control */

struct ring_backend;
struct virtio_dev;

struct virtio_class {
	const char *name;   /* "blk"; with the device's number its name */
	uint16_t id;	    /* virtio 1.3 §5 */
	uint16_t max_size;  /* entries a queue may have, power of two */
	uint32_t pci_class; /* class code << 8: what lspci shows */

	/*
	 * DRIVER_OK: negotiated features and ready queues are final. 0, or
	 * -errno with which the device asks for a reset.
	 */
	int (*start)(struct virtio_dev *d);
	/*
	 * Reset, or the VM ends: afterwards nothing of the device touches the
	 * window: requests in flight are finished or given up. Only for
	 * devices that start() succeeded for. May let go of the lock while it
	 * waits (running is false by then); io_lock is held all the time.
	 */
	void (*stop)(struct virtio_dev *d);
	/*
	 * The driver offered chains on queue @q, or may have. Loop's thread, or
	 * a vCPU's (virtio_dev_init.at_once).
	 * NULL: the loop leaves the kick eventfds alone; between start() and
	 * stop() a thread of the device's own waits for them, or a back end
	 * (rings.h). Of some queues only: virtio_dev_init.foreign.
	 */
	void (*kick)(struct virtio_dev *d, unsigned int q);
	/*
	 * Configuration space: [@offset, @offset + @len) lies inside
	 * config_len. NULL write: read-only. Any thread.
	 */
	void (*config_read)(struct virtio_dev *d, unsigned int offset,
			    void *buf, unsigned int len);
	void (*config_write)(struct virtio_dev *d, unsigned int offset,
			     const void *buf, unsigned int len);
	/*
	 * Queue @q was enabled after start(); those before it are ready then.
	 * 0, or -errno with which the device asks for a reset. NULL: it is
	 * served without.
	 */
	int (*queue_start)(struct virtio_dev *d, unsigned int q);
	/* Forgets queue @q (RING_RESET, §2.6.1). NULL: not offered. */
	void (*queue_stop)(struct virtio_dev *d, unsigned int q);
};

/* One queue with its two eventfds; both live as long as the device. */
struct virtio_queue {
	struct virtqueue vq;
	struct virtio_dev *dev;
	struct watch kick; /* ioeventfd's eventfd, watched by the loop */
	int call;	   /* eventfd → interrupt; vhost takes both */
	/* Serves it at present; NULL: we do, or nobody. */
	const struct ring_backend *backend;
};

/* What a device asks of its transport. Lock held. Either may be NULL. */
struct virtio_transport {
	/* The configuration changed, or NEEDS_RESET was set. */
	void (*config_changed)(void *ctx);
	/* Queue @q is about to run or was reset: wire or unwire its kick. */
	void (*queue_changed)(void *ctx, unsigned int q, bool running);
};

/* Who is told what becomes of a device. Any thread, the device's lock held. */
struct virtio_watcher {
	/* The driver said DRIVER_OK, and the device runs. */
	void (*ready)(void *ctx, const struct virtio_dev *d);
	/*
	 * The guest broke the rules, in words; @e and its queue when it was by
	 * what a queue names, otherwise NULL. Words are bounded over all lives:
	 * @what is NULL once there were too many.
	 */
	void (*violated)(void *ctx, const struct virtio_dev *d,
			 const char *what, const struct vq_error *e,
			 unsigned int q);
};

/* Signals eventfds that another process has: virtio/event.c. Zeros: it cannot. */
struct event_aio {
	unsigned long context;
};

struct virtio_dev {
	/* Fixed once virtio_dev_init() is through. */
	const struct virtio_class *class;
	char name[16]; /* "blk0" */
	const struct window *window;
	struct loop *loop;
	uint64_t offered; /* feature bits, the common ones included */
	unsigned int config_len;
	unsigned int nr_queues;
	uint32_t foreign; /* queues that the loop leaves alone */
	uint32_t at_once; /* queues without a doorbell */
	const struct virtio_transport *transport;
	void *transport_ctx;
	const struct virtio_watcher *watcher; /* NULL: nobody */
	void *watcher_ctx;
	/*
	 * Has work(arg) done by a thread that may make threads, open files and
	 * so on, which a vCPU's may not, and waits for it. Called without
	 * @lock. NULL: the caller's thread may.
	 */
	void (*orderly)(void *ctx, void (*work)(void *arg), void *arg);
	void *orderly_ctx;

	pthread_mutex_t lock;
	uint64_t driver_features; /* as written; negotiated at FEATURES_OK */
	uint64_t features;
	uint8_t status; /* §2.1 */
	uint8_t config_generation;
	bool running; /* between start() and stop() */
	/* Somebody else (vhost) writes the call eventfds: start() says so,
	 * atomically; until reset. */
	bool calls_uncounted;
	bool had_backend;	 /* ... in this life or one before; atomic */
	struct event_aio aio;	 /* from the device's creation on */
	bool worked;		 /* a chain was popped before the last reset */
	unsigned int nr_ready;	 /* times the watcher was told, this life */
	unsigned int nr_blamed;	 /* lines about the guest so far: bounded */
	unsigned int nr_sharing; /* breaks that were unshared memory; atomic */
	bool waits_for_sharing;	 /* ... the last one, since the last reset */
	bool lacks_means;	 /* the host's, for its first start; atomic */
	struct virtio_queue queues[VIRTIO_MAX_QUEUES];
};

struct virtio_dev_init {
	const struct virtio_class *class;
	unsigned int number; /* of its class: the 0 of "blk0" */
	const struct window *window;
	struct loop *loop;
	uint64_t features; /* the device's own bits, §5 */
	unsigned int config_len, nr_queues;
	uint16_t queue_size; /* 0: the class's max_size */
	uint32_t foreign;    /* bit per queue whose kicks are not for kick() */
	/*
	 * Bit per queue whose driver waits for each chain, with nothing else to
	 * do: its kicks are exits, and kick() is called by the vCPU that made
	 * one, io_lock held. To wake another thread would take longer.
	 */
	uint32_t at_once;
};

/*
 * Makes eventfds and watches. 0 or -errno, nothing logged. fini is idempotent,
 * stops first; for the loop's thread.
 */
int __must_check virtio_dev_init(struct virtio_dev *d,
				 const struct virtio_dev_init *i);
void virtio_dev_fini(struct virtio_dev *d);
/*
 * Of one device, all its lives. What a back end does with its queues (rings.h)
 * is not counted.
 */
struct virtio_stats {
	uint64_t requests, bytes;   /* bytes: of their buffers */
	uint64_t kicks, interrupts; /* notifications, both ways */
	uint64_t outside;	    /* addresses outside the window */
	uint64_t dropped;	    /* frames */
	uint32_t max_segment;	    /* bytes of the largest buffer */
	unsigned int max_in_flight; /* requests of one queue */
	bool partial;		    /* a back end had queues */
};

/* Any thread, no lock: each figure is right, their sum may be of two moments. */
void virtio_dev_stats(const struct virtio_dev *d, struct virtio_stats *s);
/* Back to power-on for the guest's next life. */
void virtio_dev_power_on(struct virtio_dev *d);

/* --- for transports; each takes the lock ---------------------------------- */

/* Feature words as the registers have them: @word 0 is bits 0 to 31. */
uint32_t virtio_dev_offered(struct virtio_dev *d, unsigned int word);
void virtio_dev_accept(struct virtio_dev *d, unsigned int word, uint32_t bits);
/*
 * A write of the status register: walks the status machine, refuses
 * FEATURES_OK without VERSION_1 and ACCESS_PLATFORM (and says what the guest
 * lacks), starts and stops the device; 0 resets.
 */
void virtio_dev_set_status(struct virtio_dev *d, uint8_t status);
uint8_t virtio_dev_status(struct virtio_dev *d);
/* Changes with every virtio_config_changed(), §2.5. */
uint8_t virtio_dev_generation(struct virtio_dev *d);
/* queue_enable = 1; -EINVAL breaks the device. Before or after DRIVER_OK. */
void virtio_dev_queue_enable(struct virtio_dev *d, unsigned int q);
/* RING_RESET: the queue is as after power-on when this returns. */
void virtio_dev_queue_reset(struct virtio_dev *d, unsigned int q);
/* QueueReady = 0 of virtio-mmio: the same, of a queue that can be stopped. */
void virtio_dev_queue_disable(struct virtio_dev *d, unsigned int q);
/* Bytes past the configuration's end read as 0, writes there are dropped. */
void virtio_dev_config_read(struct virtio_dev *d, unsigned int offset,
			    void *buf, unsigned int len);
void virtio_dev_config_write(struct virtio_dev *d, unsigned int offset,
			     const void *buf, unsigned int len);
/* A notification of queue @q that came as an exit. */
void virtio_kicked(struct virtio_dev *d, unsigned int q);

/* --- for devices; lock held ------------------------------------------------ */

static inline bool virtio_has(const struct virtio_dev *d, unsigned int bit)
{
	return (d->features >> bit) & 1;
}

/*
 * The guest broke queue @q (q->vq.error says how): logs it, sets
 * DEVICE_NEEDS_RESET, tells the driver; no kick comes until it resets. Once
 * that is set further calls do nothing.
 */
void virtio_dev_broken(struct virtio_dev *d, unsigned int q);
/*
 * The same for what went wrong on our side; @what is its one line, and @err in
 * words behind it unless 0.
 */
void virtio_dev_failed(struct virtio_dev *d, const char *what, int err);
/* vq_publish() and the interrupt that may follow; broken queues included. */
void virtio_publish(struct virtio_dev *d, unsigned int q);
/*
 * As if the driver had kicked queue @q: soon, after others had their turn. Any
 * thread, lock or not.
 */
void virtio_kick_again(struct virtio_dev *d, unsigned int q);
/* The device's own configuration changed (§2.5): a capacity, a link. */
void virtio_config_changed(struct virtio_dev *d);

#endif
