// SPDX-License-Identifier: GPL-2.0-only
/* vhost_ioctl.c: the calls that all of the kernel's vhost devices know. */
#include "vhost_ioctl.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vhost.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int vhost_call(int fd, unsigned long request, void *arg)
{
	int ret;

	do {
		ret = ioctl(fd, request, arg);
	} while (ret < 0 && errno == EINTR);
	return ret < 0 ? -errno : 0;
}

int vhost_open(const char *path, uint64_t *features)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	/* From here on its worker has our address space. */
	err = vhost_call(fd, VHOST_SET_OWNER, NULL);
	if (!err)
		err = vhost_call(fd, VHOST_GET_FEATURES, features);
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

int vhost_set_features(int fd, uint64_t features)
{
	return vhost_call(fd, VHOST_SET_FEATURES, &features);
}

int vhost_set_window(int fd, const struct window *w)
{
	union {
		struct vhost_memory table;
		uint8_t bytes[sizeof(struct vhost_memory) +
			      sizeof(struct vhost_memory_region)];
	} m;

	memset(&m, 0, sizeof(m));
	m.table.nregions = 1;
	m.table.regions[0].guest_phys_addr = w->gpa;
	m.table.regions[0].memory_size = w->len;
	m.table.regions[0].userspace_addr = (uintptr_t)w->hva;
	return vhost_call(fd, VHOST_SET_MEM_TABLE, &m.table);
}

static int set_file(int fd, unsigned long request, unsigned int index, int file)
{
	struct vhost_vring_file f = { .index = index, .fd = file };

	return vhost_call(fd, request, &f);
}

int vhost_set_ring(int fd, unsigned int index, const struct ring_queue *r)
{
	struct vhost_vring_state num = { .index = index, .num = r->num };
	struct vhost_vring_state base = { .index = index, .num = r->base };
	struct vhost_vring_addr addr = {
		.index = index,
		.desc_user_addr = (uintptr_t)r->desc,
		.avail_user_addr = (uintptr_t)r->avail,
		.used_user_addr = (uintptr_t)r->used,
	};
	int err = vhost_call(fd, VHOST_SET_VRING_NUM, &num);

	if (!err)
		err = vhost_call(fd, VHOST_SET_VRING_BASE, &base);
	if (!err)
		err = vhost_call(fd, VHOST_SET_VRING_ADDR, &addr);
	if (!err)
		err = set_file(fd, VHOST_SET_VRING_ERR, index, r->err);
	if (!err)
		err = set_file(fd, VHOST_SET_VRING_CALL, index, r->call);
	if (!err)
		err = set_file(fd, VHOST_SET_VRING_KICK, index, r->kick);
	return err;
}

int vhost_end_ring(int fd, unsigned int index, uint16_t *base)
{
	struct vhost_vring_state s = { .index = index };
	int err = vhost_call(fd, VHOST_GET_VRING_BASE, &s);

	if (!err)
		*base = (uint16_t)s.num;
	(void)set_file(fd, VHOST_SET_VRING_KICK, index, -1);
	(void)set_file(fd, VHOST_SET_VRING_CALL, index, -1);
	(void)set_file(fd, VHOST_SET_VRING_ERR, index, -1);
	return err;
}
