// SPDX-License-Identifier: GPL-2.0-only
/*
 * blk_request.c: one request of a virtio disk (virtio 1.3 §5.2.6): header out
 * of the window once, everything checked on the copy, then to the disk or
 * answered at once.
 *
 * A chain without room for header or status is no request: that breaks the
 * queue. What is asked for wrongly in a proper chain gets an error status.
 */
#include "blk.h"

#include <errno.h>
#include <string.h>

#include "dev.h"
#include "log.h"
#include "queue.h"

struct blk_header {
	le32 type;
	le32 reserved;
	le64 sector;
};
_Static_assert(sizeof(struct blk_header) == sizeof(struct virtio_blk_outhdr),
	       "virtio 1.3 §5.2.6");

/* Of discard and write zeroes. */
struct blk_range {
	le64 sector;
	le32 nr_sectors;
	le32 flags;
};
_Static_assert(sizeof(struct blk_range) ==
		       sizeof(struct virtio_blk_discard_write_zeroes),
	       "virtio 1.3 §5.2.6");

#define UNMAP VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP

/* --- answers --------------------------------------------------------------- */

/* @written bytes of the chain beside the status are filled in. */
static int answer(struct virtio_blk *b, unsigned int q, uint16_t head,
		  uint8_t *where, uint8_t status, uint32_t written)
{
	struct virtqueue *vq = &b->dev.queues[q].vq;

	if (window_write(where, &status, 1))
		return vq_fail_at(vq, VQ_REVOKED, where, 1);
	b->pushed |= 1U << q;
	return vq_push(vq, head, written + 1);
}

/* The status is the last byte of what we may write. */
static uint8_t *status_of(const struct vq_chain *c)
{
	const struct iovec *last = &c->iov[c->nr_read + c->nr_write - 1];

	return (uint8_t *)last->iov_base + last->iov_len - 1;
}

static int answer_now(struct virtio_blk *b, unsigned int q, uint8_t status,
		      uint32_t written)
{
	return answer(b, q, b->chain.head, status_of(&b->chain), status,
		      written);
}

/* --- failures ------------------------------------------------------------- */

static const char *op_text(enum disk_op op)
{
	static const char *const texts[] = {
		[DISK_READ] = "reading",       [DISK_WRITE] = "writing",
		[DISK_FLUSH] = "flushing",     [DISK_DISCARD] = "discarding",
		[DISK_ZERO] = "writing zeros",
	};

	return texts[op];
}

static const char *reason(enum disk_op op, int err)
{
	if (err == -EIO && op == DISK_READ)
		return "I/O error, or the file was cut short";
	return errno_text(err);
}

/* Once for each kind in a row: a full host fails thousands of writes. */
static void tell_failure(struct virtio_blk *b, enum disk_op op, int err)
{
	if (err != b->told_error && err == -EFAULT) {
		virtio_blame(&b->dev,
			     "%s: %s failed (the guest took a page of the "
			     "buffer back); the guest gets an I/O error",
			     b->disk.path, op_text(op));
	} else if (err != b->told_error && b->nr_told < BLK_MAX_TOLD) {
		b->nr_told++;
		log_warn("%s: %s: %s failed (%s); the guest gets an I/O error",
			 b->dev.name, b->disk.path, op_text(op),
			 reason(op, err));
	}
	b->told_error = err;
}

/* --- requests for the disk ------------------------------------------------- */

/* @nr sectors from @sector on, in bytes; false when not all are there. */
static bool on_disk(const struct virtio_blk *b, uint64_t sector, uint64_t bytes,
		    uint64_t *offset)
{
	uint64_t end;

	return !mul_ovf(sector, DISK_SECTOR, offset) &&
	       !add_ovf(*offset, bytes, &end) && end <= b->disk.size;
}

static struct blk_slot *slot_for(struct virtio_blk *b, unsigned int q)
{
	struct blk_slot *s =
		&b->slots[q * VIRTIO_BLK_QUEUE_SIZE + b->chain.head];

	s->head = b->chain.head;
	s->queue = (uint8_t)q;
	s->status = status_of(&b->chain);
	s->bytes = s->written = 0;
	memset(&s->req, 0, sizeof(s->req));
	return s;
}

static int submit(struct virtio_blk *b, struct blk_slot *s)
{
	b->in_flight[s->queue]++;
	b->bytes_in_flight += s->bytes;
	disk_queue_add(b->queue, &s->req);
	return 0;
}

/*
 * O_DIRECT does not notice a page that was taken back: the host's device reads
 * or writes it all the same. So they are touched first; a guest that takes one
 * back later harms itself.
 */
static bool all_shared(const struct blk_slot *s)
{
	for (unsigned int i = 0; i < s->req.nr_iov; i++) {
		const uint8_t *p = s->iov[i].iov_base;
		const uint8_t *end = p + s->iov[i].iov_len;
		uint8_t byte;

		while (p < end) {
			if (window_read(&byte, p, 1))
				return false;
			p = (const uint8_t *)((uintptr_t)p | 4095) + 1;
		}
	}
	return true;
}

/*
 * What is under way lies in the window, each byte of it once: else a reset would
 * wait for the disk as long as a guest likes.
 */
static bool is_in_window(const struct virtio_blk *b, uint32_t len)
{
	return b->bytes_in_flight + len <= b->dev.window->len;
}

static int start_transfer(struct virtio_blk *b, unsigned int q, bool is_read,
			  uint64_t sector)
{
	const struct vq_chain *c = &b->chain;
	uint32_t len = is_read ? c->write_len - 1
			       : c->read_len - sizeof(struct blk_header);
	struct blk_slot *s;
	uint64_t offset;
	int n;

	if (len % DISK_SECTOR || !on_disk(b, sector, len, &offset) ||
	    !is_in_window(b, len) || (!is_read && b->disk.read_only))
		return answer_now(b, q, VIRTIO_BLK_S_IOERR, 0);
	if (!len)
		return answer_now(b, q, VIRTIO_BLK_S_OK, 0);

	s = slot_for(b, q);
	n = is_read ? vq_chain_writable(c, 0, len, s->iov)
		    : vq_chain_readable(c, sizeof(struct blk_header), len,
					s->iov);
	if (n < 0)
		return answer_now(b, q, VIRTIO_BLK_S_IOERR, 0);
	s->req.op = is_read ? DISK_READ : DISK_WRITE;
	s->req.offset = offset;
	s->req.len = len;
	s->req.iov = s->iov;
	s->req.nr_iov = (unsigned int)n;
	s->req.stable = b->write_through;
	s->bytes = len;
	s->written = is_read ? len : 0;
	if (b->disk.direct && !all_shared(s)) {
		tell_failure(b, s->req.op, -EFAULT);
		return answer_now(b, q, VIRTIO_BLK_S_IOERR, 0);
	}
	return submit(b, s);
}

static int start_flush(struct virtio_blk *b, unsigned int q)
{
	struct blk_slot *s;

	if (b->disk.read_only)
		return answer_now(b, q, VIRTIO_BLK_S_OK, 0);
	s = slot_for(b, q);
	s->req.op = DISK_FLUSH;
	return submit(b, s);
}

/* One range a request, as the configuration says. */
static int start_range(struct virtio_blk *b, unsigned int q, bool zero)
{
	struct blk_range range;
	uint64_t bytes, offset;
	struct blk_slot *s;
	uint32_t flags;
	int err;

	if (b->disk.read_only)
		return answer_now(b, q, VIRTIO_BLK_S_IOERR, 0);
	err = vq_chain_read(&b->chain, sizeof(struct blk_header), &range,
			    sizeof(range));
	if (err == -EFAULT) {
		vq_break(&b->dev.queues[q].vq, VQ_REVOKED, &b->chain);
		return -EINVAL;
	}
	if (err ||
	    b->chain.read_len != sizeof(struct blk_header) + sizeof(range))
		return answer_now(b, q, VIRTIO_BLK_S_IOERR, 0);
	flags = le32_get(range.flags);
	if (flags & (zero ? ~(uint32_t)UNMAP : ~0U))
		return answer_now(b, q, VIRTIO_BLK_S_UNSUPP, 0);
	bytes = (uint64_t)le32_get(range.nr_sectors) * DISK_SECTOR;
	if (!on_disk(b, le64_get(range.sector), bytes, &offset) ||
	    le32_get(range.nr_sectors) >
		    (zero ? b->config.max_write_zeroes_sectors
			  : b->config.max_discard_sectors))
		return answer_now(b, q, VIRTIO_BLK_S_IOERR, 0);
	if (!bytes)
		return answer_now(b, q, VIRTIO_BLK_S_OK, 0);
	s = slot_for(b, q);
	s->req.op = zero ? DISK_ZERO : DISK_DISCARD;
	s->req.unmap = flags & UNMAP;
	s->req.offset = offset;
	s->req.len = bytes;
	return submit(b, s);
}

static int give_serial(struct virtio_blk *b, unsigned int q)
{
	uint32_t room = b->chain.write_len - 1;
	uint32_t len = room < sizeof(b->serial) ? room : sizeof(b->serial);

	if (vq_chain_write(&b->chain, 0, b->serial, len)) {
		vq_break(&b->dev.queues[q].vq, VQ_REVOKED, &b->chain);
		return -EINVAL;
	}
	return answer_now(b, q, VIRTIO_BLK_S_OK, len);
}

int blk_request_start(struct virtio_blk *b, unsigned int q)
{
	struct virtqueue *vq = &b->dev.queues[q].vq;
	struct blk_header h;

	if (b->chain.read_len < sizeof(h) || b->chain.write_len < 1) {
		vq_break(vq, VQ_BAD_CHAIN, &b->chain);
		return -EINVAL;
	}
	if (vq_chain_read(&b->chain, 0, &h, sizeof(h))) {
		vq_break(vq, VQ_REVOKED, &b->chain);
		return -EINVAL;
	}
	switch (le32_get(h.type)) {
	case VIRTIO_BLK_T_IN:
		return start_transfer(b, q, true, le64_get(h.sector));
	case VIRTIO_BLK_T_OUT:
		return start_transfer(b, q, false, le64_get(h.sector));
	case VIRTIO_BLK_T_FLUSH:
		return start_flush(b, q);
	case VIRTIO_BLK_T_GET_ID:
		return give_serial(b, q);
	case VIRTIO_BLK_T_DISCARD:
		return start_range(b, q, false);
	case VIRTIO_BLK_T_WRITE_ZEROES:
		return start_range(b, q, true);
	default:
		return answer_now(b, q, VIRTIO_BLK_S_UNSUPP, 0);
	}
}

/* --- and back -------------------------------------------------------------- */

static uint8_t outcome(struct virtio_blk *b, const struct disk_req *r)
{
	if (!r->error)
		return VIRTIO_BLK_S_OK;
	if (r->error == -EOPNOTSUPP)
		return VIRTIO_BLK_S_UNSUPP;
	tell_failure(b, r->op, r->error);
	return VIRTIO_BLK_S_IOERR;
}

void blk_request_done(struct virtio_blk *b, struct disk_req *r)
{
	struct blk_slot *s = container_of(r, struct blk_slot, req);
	unsigned int q = s->queue;
	struct virtqueue *vq = &b->dev.queues[q].vq;
	int err;

	b->bytes_in_flight -= s->bytes;
	if (--b->in_flight[q] == 0)
		pthread_cond_broadcast(&b->drained);
	/* Nobody waits for an answer once a reset has begun, or has to. */
	if (b->stop || !vq->ready || vq->error.fault != VQ_OK)
		return;
	err = answer(b, q, s->head, s->status, outcome(b, r),
		     r->error ? 0 : s->written);
	if (err)
		virtio_dev_broken(&b->dev, q);
}
