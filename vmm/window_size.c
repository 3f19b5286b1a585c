// SPDX-License-Identifier: GPL-2.0-only
/*
 * window_size.c: how large a window the devices of a configuration need, so
 * that Linux' pool in it ("swiotlb buffer is full") never holds them up, and
 * where it is. tests/e2e/window_suffices.sh looks at each device, busy, and
 * exec_carries_ten_mebibytes.sh at exec's port.
 */
#include "vm.h"

#include "exec_proto.h"

/* The guest's pages: 4 KiB unless its kernel says something else. */
static uint64_t page_of(const struct config *cfg)
{
	return cfg->guest_page ? cfg->guest_page : KIB(4);
}

/*
 * What Linux takes of its pool for one queue whose @in_flight requests of
 * @bytes are all under way: three parts of the ring, allocated in powers of two
 * pages; and each request's data, header and status, in slots of 2 KiB.
 */
static uint64_t queue_need(const struct config *cfg, uint64_t entries,
			   uint64_t in_flight, uint64_t bytes)
{
	const uint64_t page = page_of(cfg);
	uint64_t ring = align_up(entries * 26, page) * 2 + page;
	uint64_t requests = in_flight * (align_up(bytes, KIB(2)) + KIB(4));

	return ring + requests;
}

/*
 * Whatever the guest asks for: all that a queue's entries can name, of which
 * each request has two for header and status; three are the largest load.
 */
static uint64_t disk_need(const struct config *cfg, const struct config_disk *d)
{
	const uint64_t page = cfg->guest_page;
	const uint16_t entries = virtio_blk_queue_size(d->queues, page);
	const uint64_t data = (entries - 3ULL * 2) * virtio_blk_segment(page);

	return d->queues * queue_need(cfg, entries, 3, data / 3);
}

/*
 * A pair of queues: Linux fills the one that receives with buffers of up to a
 * page, and stops the one that sends when it has no room for a frame of 18
 * pieces, so that so many of its entries less are ever of 64 KiB.
 */
static uint64_t net_need(const struct config *cfg, unsigned int pairs)
{
	uint64_t rx = queue_need(cfg, VIRTIO_NET_RX_SIZE, VIRTIO_NET_RX_SIZE,
				 page_of(cfg) - KIB(4));
	uint64_t tx = queue_need(cfg, VIRTIO_NET_TX_SIZE,
				 VIRTIO_NET_TX_SIZE - 18, KIB(64));

	return pairs * (rx + tx);
}

/*
 * Linux fills the receive queue with buffers of 4 KiB; a packet it sends is of
 * 64 KiB at most and takes two entries of the transmit queue.
 */
static uint64_t vsock_need(const struct config *cfg)
{
	return queue_need(cfg, VIRTIO_VSOCK_RX_SIZE, VIRTIO_VSOCK_RX_SIZE, 0) +
	       queue_need(cfg, VIRTIO_VSOCK_TX_SIZE, VIRTIO_VSOCK_TX_SIZE / 2,
			  KIB(64)) +
	       queue_need(cfg, VIRTIO_VSOCK_EV_SIZE, 1, 0);
}

/* What a console's driver gives pages of; nobody knows: 16 KiB, for some do. */
static uint64_t console_page(const struct config *cfg)
{
	return cfg->guest_page ? cfg->guest_page : KIB(16);
}

/*
 * Every receive queue is kept filled with pages. A program fills its port's other
 * queue with 32 KiB a write, or with a pipe's 16 pages where it splices, as cat
 * does; and Linux drops what does not fit, silently. The console itself and
 * control messages send one at a time.
 */
static uint64_t console_need(const struct config *cfg)
{
	const uint64_t nr = VIRTIO_CONSOLE_QUEUE;
	const uint64_t in = queue_need(cfg, nr, nr, console_page(cfg));
	const uint64_t one = in + queue_need(cfg, nr, 1, KIB(4));
	const uint64_t port = in + queue_need(cfg, nr, nr, 16 * page_of(cfg));

	return config_nr_ports(cfg) ? 2 * one + config_nr_ports(cfg) * port
				    : one;
}

/*
 * The same with exec's port alone, which only its init writes to, a frame at a
 * time.
 */
static uint64_t channel_need(const struct config *cfg)
{
	const uint64_t nr = VIRTIO_CONSOLE_FEW;
	const uint64_t in = queue_need(cfg, nr, nr, console_page(cfg));
	const uint64_t control = in + queue_need(cfg, nr, 1, KIB(4));
	const uint64_t port =
		in + queue_need(cfg, nr, nr,
				sizeof(struct exec_head) + EXEC_DATA_MAX);

	return control + port;
}

/*
 * A share: a page for each entry of the queue of requests, and a few words for
 * each of the other. A network card is as ours, and a disk has one request
 * of all its entries.
 */
static uint64_t vhost_user_need(const struct config *cfg,
				const struct config_vhost_user *c)
{
	const uint64_t nr = VHOST_USER_QUEUE;

	switch (c->type) {
	case VHOST_USER_NET:
		break; /* nets_need() has it */
	case VHOST_USER_FS:
		return queue_need(cfg, nr, nr, 0) +
		       queue_need(cfg, nr, nr, page_of(cfg));
	case VHOST_USER_BLK:
		return queue_need(cfg, nr, 1,
				  nr * virtio_blk_segment(cfg->guest_page));
	case VHOST_USER_RNG:
		return queue_need(cfg, nr, 1, KIB(4));
	}
	return 0;
}

/*
 * All cards, beside devices that need @others. Frames of any size cut the pool
 * into pieces: there has to be a quarter more, for which the room of others
 * does, since a disk's pieces are short.
 */
static uint64_t nets_need(const struct config *cfg, uint64_t others)
{
	uint64_t need = 0;

	for (unsigned int i = 0; i < cfg->nr_nets; i++)
		need += net_need(cfg, cfg->nets[i].queues);
	for (unsigned int i = 0; i < cfg->nr_vhost_users; i++)
		if (cfg->vhost_users[i].type == VHOST_USER_NET)
			need += net_need(cfg, 1);
	return need + (need / 4 > others ? need / 4 - others : 0);
}

uint64_t devices_window_len(const struct config *cfg)
{
	uint64_t need = 0;

	if (!config_has_devices(cfg) || cfg->window_kind == WINDOW_OFF)
		return 0;
	if (cfg->window_kind == WINDOW_SIZE)
		return cfg->window;
	if (config_has_channel_alone(cfg))
		need += channel_need(cfg);
	else if (config_has_console(cfg))
		need += console_need(cfg);
	if (cfg->rng)
		need += queue_need(cfg, VIRTIO_RNG_QUEUE, 1, VIRTIO_RNG_BYTES);
	for (unsigned int i = 0; i < cfg->nr_disks; i++)
		need += disk_need(cfg, &cfg->disks[i]);
	if (cfg->vsock.kind != VSOCK_NONE)
		need += vsock_need(cfg);
	for (unsigned int i = 0; i < cfg->nr_vhost_users; i++)
		need += vhost_user_need(cfg, &cfg->vhost_users[i]);
	need += nets_need(cfg, need);
	/* More than that is only more to wait for when all are busy. */
	if (need > MACHINE_WINDOW_MAX)
		need = MACHINE_WINDOW_MAX;
	return align_up(need, CONFIG_WINDOW_ALIGN);
}

/*
 * Below RAM, for above it a Linux with mem= does not find it; and in one piece
 * with RAM, for Linux pays for each 128 MiB in which there is memory, whether
 * it is much or little. But firmware may have been built for where RAM begins.
 */
struct gpa_range devices_window_range(const struct config *cfg)
{
	uint64_t len = devices_window_len(cfg);
	gpa_t gpa = cfg->firmware ? MACHINE_RAM_BASE - len : MACHINE_RAM_BASE;

	return (struct gpa_range){ gpa, len };
}

struct gpa_range devices_ram_range(const struct config *cfg)
{
	const struct gpa_range window = devices_window_range(cfg);

	return (struct gpa_range){ window.gpa + window.len,
				   cfg->mem - window.len };
}
