/* SPDX-License-Identifier: GPL-2.0-only */
/* vsock.h: what the files of the socket device share. */
#ifndef LKVM_PVM_VSOCK_H
#define LKVM_PVM_VSOCK_H

#include <sys/queue.h>

#include "virtio_vsock.h"
#include "vsock_unix.h"

#define VSOCK_RX 0U /* queues, as the guest calls them */
#define VSOCK_TX 1U

#define VSOCK_HOST_CID 2U
#define VSOCK_BUCKETS  4096U /* power of two */

/*
 * What the guest may send ahead of the host's reader (buf_alloc): that much of
 * each connection we may have to hold. A connection that carried something gets
 * more, as long as all that there may be cannot have more than the last of these.
 */
#define VSOCK_CREDIT_FIRST KIB(16)
#define VSOCK_CREDIT_FULL  KIB(256)
#define VSOCK_CREDIT_SUM   MIB(128)

/* Replies to packets of no connection that wait for a buffer of the guest. */
#define VSOCK_REPLIES 64U
/* Bytes of one connection, then of all, before others have their turn. */
#define VSOCK_TURN     KIB(64)
#define VSOCK_TURNS    MIB(1)
#define VSOCK_TX_BATCH 64U
#define VSOCK_ACCEPTS  16U

/* Buffers waiting to be filled, and their pieces. */
#define VSOCK_BUFS VIRTIO_VSOCK_RX_SIZE
#define VSOCK_IOV  (2 * VQ_MAX_IOV)

/* virtio 1.3 §5.10.6; as it lies in the window. */
struct vsock_header {
	le64 src_cid, dst_cid;
	le32 src_port, dst_port;
	le32 len;
	le16 type, op;
	le32 flags;
	le32 buf_alloc, fwd_cnt;
} __attribute__((packed));

enum conn_state {
	CONN_FREE,
	CONN_HELLO, /* a host's program has not said the port yet */
	CONN_ASKED, /* REQUEST is owed or was sent */
	CONN_OPEN,
	CONN_CLOSING,  /* all was said but the guest's RST; no descriptor */
	CONN_RESET,    /* RST is owed, then free; no descriptor */
	CONN_DRAINING, /* the guest knows it no more, the host reads on */
};

/* Packets that a connection owes the guest. */
enum {
	OWE_REQUEST = 1,
	OWE_RESPONSE = 2,
	OWE_CREDIT = 4, /* CREDIT_UPDATE */
	OWE_ASK = 8,	/* CREDIT_REQUEST */
	OWE_SHUTDOWN = 16,
	OWE_RST = 32,
};

/*
 * Never freed before the device: an event that the loop took before may still
 * come; it finds another state, or another connection, and harms neither, since
 * events are only ever hints.
 */
struct conn {
	struct virtio_vsock *v;
	enum conn_state state;
	uint32_t host_port, guest_port;
	LIST_ENTRY(conn) hash;	/* ASKED to RESET */
	LIST_ENTRY(conn) spare; /* FREE */
	TAILQ_ENTRY(conn) turn; /* when is_waiting */
	bool is_waiting;	/* for its turn to send to the guest */
	bool is_watched;
	struct watch io; /* fd -1: none */

	uint8_t owed;	     /* OWE_* */
	uint8_t guest_ended; /* VIRTIO_VSOCK_SHUTDOWN_*: by the guest */
	uint8_t host_ended;  /* ... by the host's program */
	bool readable;	     /* perhaps: to be read when there is credit */
	bool no_input;	     /* nothing of the host's is read any more */
	bool has_asked;	     /* for credit */

	/* To the guest: what it has room for (§5.10.6.3). */
	uint32_t peer_alloc, peer_fwd, sent;
	/* From the guest: what we promised; got - fwd bytes are held. */
	uint32_t alloc, got, fwd;
	uint32_t alloc_told, fwd_told;
	uint8_t *held; /* ring of alloc bytes; NULL: none held */
	uint32_t held_at, held_len, held_size;
};

/* An RST to whoever sent a packet of no connection. */
struct vsock_reply {
	uint64_t cid; /* the guest wrote to */
	uint32_t host_port, guest_port;
	uint16_t type;
};

struct vsock_buf {
	uint16_t head, nr_iov;
	uint32_t len;
};

LIST_HEAD(conn_list, conn);
TAILQ_HEAD(conn_turns, conn);

struct virtio_vsock {
	struct virtio_dev dev;
	uint64_t cid;
	struct vsock_unix ends;
	struct watch listener;
	bool listener_waits; /* accept failed: not again before the next one */

	uint64_t hash_by; /* odd, random: the guest cannot aim at a bucket */
	struct conn_list buckets[VSOCK_BUCKETS], spare;
	struct conn_turns turns;
	struct conn *conns[VIRTIO_VSOCK_MAX_CONNS]; /* nr_made of them */
	unsigned int nr_made, nr_conns, limit;
	uint32_t next_port;
	uint64_t promised, held;
	bool said_full, said_liar;

	/* Ring of replies; the transmit queue waits while it is full. */
	struct vsock_reply replies[VSOCK_REPLIES];
	unsigned int first_reply, nr_replies;
	bool tx_waits;

	/* The driver's receive buffers, in order: bufs[first_buf .. nr_bufs),
	 * their pieces iov[first_iov .. nr_iov). */
	unsigned int first_buf, nr_bufs, first_iov, nr_iov;
	struct vsock_buf bufs[VSOCK_BUFS];
	struct iovec iov[VSOCK_IOV];

	struct vq_chain chain; /* the one in work */
	struct iovec vec[VSOCK_IOV];
};

static inline struct virtio_vsock *vsock_of(struct virtio_dev *d)
{
	return container_of(d, struct virtio_vsock, dev);
}

static inline struct virtqueue *vsock_vq(struct virtio_vsock *v, unsigned int q)
{
	return &v->dev.queues[q].vq;
}

/* Lock held for all of these. */

/* vsock.c */
/* Whether packets come and go. */
bool vsock_runs(const struct virtio_vsock *v);
/* Every connection is over, on the host's side at once. */
void vsock_end_all(struct virtio_vsock *v);

/* vsock_conn.c */
/* Whether there may be one more; says once when not. */
bool conn_room(struct virtio_vsock *v);
/* A new one with descriptor @fd in @state; NULL, @fd closed: too many. */
struct conn *conn_make(struct virtio_vsock *v, int fd, enum conn_state state);
/* Enters it into the table, where it is found from then on. */
void conn_enter(struct conn *c, uint32_t host_port, uint32_t guest_port);
struct conn *conn_find(struct virtio_vsock *v, uint32_t host_port,
		       uint32_t guest_port);
/* A port for a program of the host that talks to @guest_port. */
uint32_t conn_new_port(struct virtio_vsock *v, uint32_t guest_port);
/* Waits for its turn to send what it owes. */
void conn_owe(struct conn *c, unsigned int owed);
void conn_wait(struct conn *c);
/* Has the loop wait for what matters in its state. */
void conn_watch(struct conn *c);
/* Its descriptor is closed, what is held forgotten. */
void conn_hang_up(struct conn *c);
/* The guest is told that it is over, at once. */
void conn_reset(struct conn *c);
/* The guest knows it no more: gone, but for what the host has to read. */
void conn_end(struct conn *c);
/* Gone, whatever it was. */
void conn_free(struct conn *c);
/* The host's program is gone. */
void conn_left(struct conn *c);

/* vsock_rx.c */
/*
 * Sends to the guest what waits for its turn, as far as there is room. Any
 * connection may be gone after it.
 */
void vsock_rx_run(struct virtio_vsock *v);
void vsock_rx_forget(struct virtio_vsock *v);

/* vsock_tx.c */
void vsock_tx_run(struct virtio_vsock *v);
/* What is held goes on to the host, as far as it reads. */
void conn_drain(struct conn *c);
/* Bytes the guest has room for. */
uint32_t conn_credit(const struct conn *c);

#endif
