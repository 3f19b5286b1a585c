/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vhost_user.h: the front end's messages of the vhost-user protocol, to a back
 * end that may say anything, or nothing.
 *
 * Every function ends by the deadline set last, whatever the back end does. One
 * that did not follow the protocol is not spoken to again: all calls fail then.
 * -errno: -ETIMEDOUT, -ENOTCONN (it hung up), -EPROTO (it answered nonsense),
 * -EIO (it refused; the connection is fine). @u->why says it in words.
 */
#ifndef LKVM_PVM_VHOST_USER_MESSAGES_H
#define LKVM_PVM_VHOST_USER_MESSAGES_H

#include "base.h"
#include "window.h"

/* Feature bits that are the protocol's, not the device's. */
#define VHOST_USER_F_LOG_ALL	       26U
#define VHOST_USER_F_PROTOCOL_FEATURES 30U

/* Protocol features we may agree on. */
#define VHOST_USER_P_MQ	       0U
#define VHOST_USER_P_REPLY_ACK 3U
#define VHOST_USER_P_CONFIG    9U

/* The most of a configuration space that one message carries. */
#define VHOST_USER_CONFIG_MAX 256U

struct vhost_user {
	int fd; /* non-blocking stream socket; -1: closed */
	bool broken;
	bool timed_out;	     /* it owes us an answer */
	int64_t deadline_ms; /* of CLOCK_MONOTONIC */
	uint64_t offered;    /* GET_FEATURES, as it was answered */
	uint64_t protocol;   /* what was agreed on */
	uint64_t max_queues; /* UINT64_MAX: it did not say */
	const char *why;
};

/* One queue as the back end gets it; fds are borrowed. */
struct vhost_user_vring {
	unsigned int index;
	uint16_t num, base;
	gpa_t desc, avail, used;
	int kick, call, err;
};

void vhost_user_deadline(struct vhost_user *u, unsigned int ms);

/*
 * Takes @fd and learns what the back end can do, within @ms; on failure @fd is
 * closed.
 */
int __must_check vhost_user_open(struct vhost_user *u, int fd, unsigned int ms);
/* Idempotent. */
void vhost_user_close(struct vhost_user *u);

static inline bool vhost_user_has(const struct vhost_user *u, unsigned int bit)
{
	return (u->protocol >> bit) & 1;
}

/* @features: of the device, and none that the back end did not offer. */
int __must_check vhost_user_set_features(struct vhost_user *u,
					 uint64_t features);
/* All that it may reach of the guest. */
int __must_check vhost_user_set_memory(struct vhost_user *u,
				       const struct window *w);
/* From here on it may serve the queue. */
int __must_check vhost_user_start_vring(struct vhost_user *u,
					const struct vhost_user_vring *v);
/* Once this succeeded it does not. @base: of the next chain. */
int __must_check vhost_user_stop_vring(struct vhost_user *u, unsigned int index,
				       uint16_t *base);

/* @len <= VHOST_USER_CONFIG_MAX; with VHOST_USER_P_CONFIG alone. */
int __must_check vhost_user_get_config(struct vhost_user *u, uint32_t offset,
				       void *buf, uint32_t len);

/*
 * Whether the back end has hung up, or said what it was not asked for, without
 * waiting for anything. No answer is awaited.
 */
bool vhost_user_is_gone(const struct vhost_user *u);

#endif
