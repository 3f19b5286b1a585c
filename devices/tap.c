// SPDX-License-Identifier: GPL-2.0-only
/*
 * tap.c: a network card's packets go to a tap interface of the host.
 *
 * The kernel takes and gives each frame with its virtio header, so checksums
 * and segmentation are left to whoever does them last.
 */
#include "netdev.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "compat.h"
#include "log.h"

#define TUN_PATH "/dev/net/tun"

#define BIT(name) (1ULL << VIRTIO_NET_F_##name)

/* --- frames ----------------------------------------------------------------- */

/*
 * EBADFD: somebody deleted the interface, or what else there is no hope for.
 * EIO: it is down.
 */
static int receive_error(int err)
{
	switch (err) {
	case EAGAIN:
	case EFAULT: /* macvtap says it */
	case EIO:
	case ENOMEM:
	case ENOBUFS:
		return -err;
	default:
		return -ENOTCONN;
	}
}

static int tap_send(struct netdev *n, unsigned int pair, struct iovec *iov,
		    unsigned int nr)
{
	ssize_t ret;

	do {
		ret = writev(n->fd[pair], iov, (int)nr);
	} while (ret < 0 && errno == EINTR);
	if (ret < 0)
		return errno == EBADFD || errno == ENODEV ? -ENOTCONN : -errno;
	return 0;
}

static ssize_t tap_receive(struct netdev *n, unsigned int pair,
			   const struct iovec *iov, unsigned int nr)
{
	ssize_t ret;

	do {
		ret = readv(n->fd[pair], iov, (int)nr);
	} while (ret < 0 && errno == EINTR);
	if (ret < 0)
		return receive_error(errno);
	return ret >= (ssize_t)NETDEV_HEADER ? ret : -EIO;
}

/* --- offloads and queues ------------------------------------------------------ */

static int set_offload(int fd, uint64_t features)
{
	unsigned int flags = 0;

	if (features & BIT(GUEST_CSUM)) {
		flags = TUN_F_CSUM;
		if (features & BIT(GUEST_TSO4))
			flags |= TUN_F_TSO4;
		if (features & BIT(GUEST_TSO6))
			flags |= TUN_F_TSO6;
		if (features & BIT(GUEST_ECN) && flags != TUN_F_CSUM)
			flags |= TUN_F_TSO_ECN;
		/* The kernel takes both or none. */
		if (features >> NETDEV_F_GUEST_USO4 & 1 &&
		    features >> NETDEV_F_GUEST_USO6 & 1)
			flags |= TUN_F_USO4 | TUN_F_USO6;
	}
	return ioctl(fd, TUNSETOFFLOAD, flags) ? -errno : 0;
}

/* What this kernel's tap can do; a frame with a header comes with the rest. */
static uint64_t find_features(int fd)
{
	const uint64_t uso =
		1ULL << NETDEV_F_GUEST_USO4 | 1ULL << NETDEV_F_GUEST_USO6;
	uint64_t f = BIT(GUEST_CSUM) | BIT(GUEST_TSO4) | BIT(GUEST_TSO6) |
		     BIT(GUEST_ECN);

	if (set_offload(fd, f))
		return 0;
	f |= BIT(CSUM) | BIT(HOST_TSO4) | BIT(HOST_TSO6) | BIT(HOST_ECN);
	if (!set_offload(fd, f | uso))
		f |= uso | 1ULL << NETDEV_F_HOST_USO;
	(void)set_offload(fd, 0);
	return f;
}

/* Frames come to attached queues alone. */
static int tap_set_pairs(struct netdev *n, unsigned int nr)
{
	struct ifreq r;
	int err = 0;

	for (unsigned int i = 0; i < n->nr_pairs; i++) {
		memset(&r, 0, sizeof(r));
		r.ifr_flags = i < nr ? IFF_ATTACH_QUEUE : IFF_DETACH_QUEUE;
		/* EINVAL: it is so already. */
		if (ioctl(n->fd[i], TUNSETQUEUE, &r) && errno != EINVAL)
			err = -errno;
	}
	return err;
}

/* What waits there was meant for the guest's last life. */
static void drain(int fd)
{
	uint8_t bytes[64]; /* the rest of a frame is dropped */

	/* The interface's queue is bounded, a flood need not be. */
	for (unsigned int i = 0; i < 4096; i++)
		if (read(fd, bytes, sizeof(bytes)) < 0)
			return;
}

static int tap_start(struct netdev *n, uint64_t features)
{
	int err = set_offload(n->fd[0], features);

	for (unsigned int i = 0; i < n->nr_pairs; i++)
		drain(n->fd[i]);
	return err == -EBADFD ? -ENOTCONN : err;
}

/* An interface came, went or changed, maybe ours. */
static bool tap_is_gone(struct netdev *n)
{
	struct pollfd p = { .fd = n->fd[0], .events = 0 };
	uint8_t bytes[64]; /* the rest of a message is dropped */

	while (recv(n->link_fd, bytes, sizeof(bytes), MSG_DONTWAIT) >= 0 ||
	       errno == ENOBUFS)
		;
	return poll(&p, 1, 0) == 1 && p.revents & POLLERR;
}

static void tap_close(struct netdev *n)
{
	if (n->link_fd >= 0)
		close(n->link_fd);
	n->link_fd = -1;
	for (unsigned int i = 0; i < n->nr_pairs; i++) {
		if (n->fd[i] >= 0)
			close(n->fd[i]);
		n->fd[i] = -1;
	}
}

static const struct netdev_class tap_class = {
	.send = tap_send,
	.receive = tap_receive,
	.start = tap_start,
	.set_pairs = tap_set_pairs,
	.is_gone = tap_is_gone,
	.close = tap_close,
};

/* --- opening ------------------------------------------------------------------ */

static int open_tun(const char *ifname)
{
	int fd = open(TUN_PATH, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	int err = errno;

	if (fd >= 0)
		return fd;
	if (err == ENOENT || err == ENODEV || err == ENXIO)
		log_err("network tap %s: there is no " TUN_PATH
			": load the module (modprobe tun)",
			ifname);
	else
		log_err("network tap %s: " TUN_PATH
			": %s; ask for access to it, or try -n passt",
			ifname, errno_text(err));
	return -err;
}

static int explain(const char *ifname, bool existed, bool many, int err)
{
	if (err == EPERM && existed)
		log_err("network tap %s: it is not yours: sudo ip tuntap del "
			"mode tap name %s; sudo ip tuntap add mode tap user "
			"$USER name %s",
			ifname, ifname, ifname);
	else if (err == EPERM)
		log_err("network tap %s: there is no such interface, and only "
			"root may make it: sudo ip tuntap add mode tap user "
			"$USER name %s",
			ifname, ifname);
	else if (err == EBUSY)
		log_err("network tap %s: another program uses it", ifname);
	else if (err == EINVAL && existed && many)
		log_err("network tap %s: not a tap of several queues; make it "
			"with ip tuntap add mode tap multi_queue name %s",
			ifname, ifname);
	else if (err == EINVAL && existed)
		log_err("network tap %s: it is there, but not a tap; name "
			"another one",
			ifname);
	else
		log_err("network tap %s: %s", ifname, errno_text(err));
	return -err;
}

/* TUNSETIFF; of one queue, the interface may have been made for several. */
static int set_iff(int fd, const char *ifname, bool many)
{
	struct ifreq r;

	memset(&r, 0, sizeof(r));
	strncpy(r.ifr_name, ifname, IFNAMSIZ - 1);
	r.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
	if (!many && !ioctl(fd, TUNSETIFF, &r))
		return 0;
	if (!many && errno != EINVAL)
		return -errno;
	r.ifr_flags |= IFF_MULTI_QUEUE;
	return ioctl(fd, TUNSETIFF, &r) ? -errno : 0;
}

static int open_by_name(struct netdev *n, const struct tap_config *c)
{
	bool existed = if_nametoindex(c->ifname) != 0;
	int err;

	for (unsigned int i = 0; i < c->nr_pairs; i++) {
		int fd = open_tun(c->ifname);

		if (fd < 0)
			return fd;
		n->fd[i] = fd;
		n->nr_pairs = i + 1;
		err = set_iff(fd, c->ifname, c->nr_pairs > 1);
		if (err)
			return explain(c->ifname, existed, c->nr_pairs > 1,
				       -err);
	}
	if (!existed)
		log_info("network tap %s: made for as long as the VM lives; "
			 "set it up with ip link set %s up",
			 c->ifname, c->ifname);
	return 0;
}

/* An fd somebody handed down: it has to be what we would have opened. */
static int check_fd(struct netdev *n, const struct tap_config *c)
{
	struct ifreq r;
	int flags;

	memset(&r, 0, sizeof(r));
	if (ioctl(c->fd, TUNGETIFF, &r)) {
		log_err("network tap fd=%d: not an open tap: %s", c->fd,
			errno_text(errno));
		return -EINVAL;
	}
	if (!(r.ifr_flags & IFF_TAP) || !(r.ifr_flags & IFF_NO_PI) ||
	    !(r.ifr_flags & IFF_VNET_HDR)) {
		log_err("network tap fd=%d: %.15s must be opened with IFF_TAP, "
			"IFF_NO_PI and IFF_VNET_HDR",
			c->fd, r.ifr_name);
		return -EINVAL;
	}
	flags = fcntl(c->fd, F_GETFL);
	if (flags < 0 || fcntl(c->fd, F_SETFL, flags | O_NONBLOCK) ||
	    fcntl(c->fd, F_SETFD, FD_CLOEXEC)) {
		int err = errno;

		log_err("network tap fd=%d: %s", c->fd, errno_text(err));
		return -err;
	}
	n->fd[0] = c->fd;
	n->nr_pairs = 1;
	return 0;
}

static int set_header(int fd)
{
	int len = NETDEV_HEADER, little = 1;

	if (ioctl(fd, TUNSETVNETHDRSZ, &len) ||
	    ioctl(fd, TUNSETVNETLE, &little))
		return -errno;
	return 0;
}

/* Where the host's kernel says what becomes of its interfaces. */
static int open_link(void)
{
	const struct sockaddr_nl all = { .nl_family = AF_NETLINK,
					 .nl_groups = RTMGRP_LINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd >= 0 && bind(fd, (const void *)&all, sizeof(all))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* The interface's own name and MTU. */
static void look_at(struct netdev *n)
{
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq r;

	memset(&r, 0, sizeof(r));
	if (!ioctl(n->fd[0], TUNGETIFF, &r)) {
		memcpy(n->name, r.ifr_name, IFNAMSIZ);
		n->name[IFNAMSIZ - 1] = '\0';
	}
	if (sock < 0)
		return;
	if (!ioctl(sock, SIOCGIFMTU, &r) && r.ifr_mtu >= 68 &&
	    r.ifr_mtu <= 65535)
		n->mtu = (uint16_t)r.ifr_mtu;
	close(sock);
}

int tap_open(struct netdev *n, const struct tap_config *c)
{
	int err;

	memset(n, 0, sizeof(*n));
	memset(n->fd, 0xff, sizeof(n->fd));
	n->link_fd = open_link();
	err = c->ifname ? open_by_name(n, c) : check_fd(n, c);
	if (!err) {
		look_at(n);
		n->features = find_features(n->fd[0]);
		for (unsigned int i = 0; !err && i < n->nr_pairs; i++)
			err = set_header(n->fd[i]);
		if (err)
			log_err("network tap %s: cannot set its header: %s",
				n->name, errno_text(err));
	}
	if (err) {
		tap_close(n);
		return err;
	}
	n->class = &tap_class;
	return 0;
}
