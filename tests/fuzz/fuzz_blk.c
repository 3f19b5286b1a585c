// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_blk.c: any bytes in the rings, headers and data of a virtio disk, of
 * which a page may be gone. There are two disks, one of them read-only. Their
 * image is a file of a kind that is served in one thread; what is checked is
 * that every byte beyond the window stays as it was, that requests answered
 * well say so truly, and that a reset heals whatever was broken.
 *
 * Input: a byte of choices, then chains: 24 bytes of header and layout each.
 *
 * Floor: virtio/blk_request.c 78
 */
#include "fuzz.h"

#include <fcntl.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz_pages.h"
#include "log.h"
#include "virtio_blk.h"

#define GPA	0x7fe00000ULL
#define LEN	MIB(2)
#define IMAGE	KIB(64)
#define ENTRIES 16U
#define DESC	(GPA + KIB(4))
#define AVAIL	(GPA + KIB(8))
#define USED	(GPA + KIB(12))
#define HEADERS (GPA + KIB(16))
#define DATA	(GPA + KIB(64))

struct world {
	struct window w;
	struct loop loop;
	struct virtio_blk *blk;
	struct virtio_dev *dev;
	char path[64];
	int image;
};

static void config_changed(void *ctx)
{
	(void)ctx;
}

static void queue_changed(void *ctx, unsigned int q, bool running)
{
	(void)ctx;
	(void)q;
	(void)running;
}

static const struct virtio_transport transport = { config_changed,
						   queue_changed };

static void make_world(struct world *w, bool read_only)
{
	struct virtio_blk_init init = { .nr_queues = 1,
					.window = &w->w,
					.loop = &w->loop };
	const char *dir = getenv("TMPDIR");

	log_set_level(LOG_ERROR);
	(void)snprintf(w->path, sizeof(w->path), "%s/fuzz-blk-XXXXXX",
		       access("/dev/shm", W_OK) == 0 ? "/dev/shm"
		       : dir			     ? dir
						     : "/tmp");
	w->image = mkstemp(w->path);
	CHECK(w->image >= 0 && ftruncate(w->image, IMAGE) == 0);
	CHECK(!window_init(&w->w, GPA, LEN));
	CHECK(!loop_init(&w->loop));
	init.file.path = w->path;
	init.file.ro = read_only;
	CHECK(!virtio_blk_create(&w->blk, &init));
	unlink(w->path);
	w->dev = virtio_blk_dev(w->blk);
	w->dev->transport = &transport;
}

static void *at(struct world *w, gpa_t gpa)
{
	void *p = window_at(&w->w, gpa, 1);

	CHECK(p);
	return p;
}

/* Reset to DRIVER_OK with rings of zeros but for what @fill puts there. */
static void bring_up(struct world *w, bool event_idx)
{
	uint32_t skip = event_idx ? 0 : 1U << 29;
	struct virtqueue *vq = &w->dev->queues[0].vq;
	uint8_t s = VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER;

	virtio_dev_set_status(w->dev, 0);
	virtio_dev_set_status(w->dev, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	virtio_dev_set_status(w->dev, s);
	virtio_dev_accept(w->dev, 0, virtio_dev_offered(w->dev, 0) & ~skip);
	virtio_dev_accept(w->dev, 1, virtio_dev_offered(w->dev, 1));
	virtio_dev_set_status(w->dev, s |= VIRTIO_CONFIG_S_FEATURES_OK);
	vq->size = ENTRIES;
	vq->desc_gpa = DESC;
	vq->avail_gpa = AVAIL;
	vq->used_gpa = USED;
	virtio_dev_queue_enable(w->dev, 0);
	virtio_dev_set_status(w->dev, s | VIRTIO_CONFIG_S_DRIVER_OK);
}

struct record {
	uint32_t type;
	uint64_t sector;
	uint16_t header_len, data_len, status_at;
	uint8_t layout, where, nr_sectors, flags;
} __attribute__((packed));

/* Three descriptors for record @i; false when there is no room. */
static void lay_out(struct world *w, unsigned int i, const struct record *r)
{
	struct vring_desc *d = (struct vring_desc *)at(w, DESC) + 3 * (size_t)i;
	uint16_t *avail = at(w, AVAIL);
	gpa_t header = HEADERS + 64ULL * i;
	struct virtio_blk_outhdr *h = at(w, header);

	h->type = r->type % 16;
	h->sector = r->layout & 1 ? r->sector : r->sector % 256;
	d[0].addr = header;
	d[0].len = r->layout & 2 ? r->header_len : 16;
	d[0].flags = 1;
	d[0].next = (uint16_t)(3 * i + 1);
	d[1].addr = r->layout & 4 ? r->sector : DATA + KIB(8) * (gpa_t)r->where;
	d[1].len = r->layout & 8 ? r->data_len : (r->data_len % 16) * 512U;
	d[1].flags = (uint16_t)(1 | (r->layout & 16 ? 2 : 0));
	d[1].next = (uint16_t)(3 * i + 2);
	d[2].addr = header + 32;
	d[2].len = 1;
	d[2].flags = 2;
	if (r->layout & 32)
		memcpy(&d[i % 3], r, sizeof(d[0]));
	avail[2 + i] = (uint16_t)(r->layout & 64 ? r->where : 3 * i);
	if (r->layout & 128) { /* of a discard */
		const struct virtio_blk_discard_write_zeroes range = {
			r->sector, r->nr_sectors, r->flags
		};

		memcpy(at(w, DATA + KIB(8) * (gpa_t)(r->where % 16)), &range,
		       sizeof(range));
	} else {
		memcpy(at(w, DATA + KIB(8) * (gpa_t)(r->where % 16)), r,
		       sizeof(*r));
	}
}

static void kick(struct world *w)
{
	const uint64_t one = 1;

	CHECK(write(w->dev->queues[0].kick.fd, &one, 8) == 8);
}

/* All of @n chains are answered, or none will be any more. */
static bool is_done(struct world *w, unsigned int n)
{
	const uint16_t *used = at(w, USED);

	return __atomic_load_n(&used[1], __ATOMIC_ACQUIRE) >= n ||
	       virtio_dev_status(w->dev) & VIRTIO_CONFIG_S_NEEDS_RESET;
}

/* What the disk meets: a page that is gone, a file that was cut short. */
static void harm(struct world *w, uint8_t choices)
{
	static const gpa_t parts[] = { DESC, AVAIL, HEADERS };
	unsigned int which = choices >> 4;

	if (choices & 8 && which < ARRAY_SIZE(parts))
		fuzz_take_page(&w->w, parts[which]);
	else if (choices & 8)
		fuzz_take_page(&w->w, DATA + KIB(8) * (which - 3));
	else if (which == 15)
		CHECK(!ftruncate(w->image, IMAGE / 4));
}

static void repair(struct world *w)
{
	fuzz_give_pages(&w->w);
	CHECK(!ftruncate(w->image, IMAGE));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world worlds[2];
	struct record r;
	uint16_t *avail;
	unsigned int n = 0;
	struct world *w;
	uint8_t choices;

	if (size < 1)
		return 0;
	choices = *data++;
	size--;
	w = &worlds[choices >> 2 & 1];
	if (!w->blk)
		make_world(w, choices & 4);
	virtio_dev_set_status(w->dev, 0);
	memset(at(w, GPA), 0, KIB(64));
	avail = at(w, AVAIL);
	for (; n < ENTRIES / 3 && fuzz_next(&data, &size, &r, sizeof(r)); n++)
		lay_out(w, n, &r);
	avail[1] = (uint16_t)(choices & 2 ? choices : n);
	harm(w, choices);
	bring_up(w, choices & 1);
	kick(w);
	/* The ring may promise what is not there. */
	for (unsigned int i = 0; i < 200 && !is_done(w, n); i++)
		usleep(50);
	/* Whatever it was: after a reset a flush is a flush. */
	virtio_dev_set_status(w->dev, 0);
	repair(w);
	memset(at(w, GPA), 0, KIB(64));
	lay_out(w, 0,
		&(struct record){ .type = VIRTIO_BLK_T_FLUSH, .layout = 0 });
	((struct vring_desc *)at(w, DESC))->next = 2;
	*(uint8_t *)at(w, HEADERS + 32) = 0xee;
	avail[1] = 1;
	bring_up(w, choices & 1);
	kick(w);
	while (!is_done(w, 1)) /* or libFuzzer's patience ends */
		usleep(50);
	CHECK(*(uint8_t *)at(w, HEADERS + 32) == VIRTIO_BLK_S_OK);
	return 0;
}
