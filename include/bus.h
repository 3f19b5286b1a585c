/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bus.h: guest physical address → the device that answers there. Filled in
 * while the VM is built, read-only afterwards.
 */
#ifndef LKVM_PVM_BUS_H
#define LKVM_PVM_BUS_H

#include "base.h"

#define BUS_MAX_DEVICES 64U

struct bus_ops {
	/*
	 * @offset into the device's range; @len is 1, 2, 4 or 8 and
	 * [offset, offset + len) lies inside the range. Any offset and value a
	 * guest can produce must be survived. Called with the lock the owner
	 * of the bus says (struct vm: io_lock). Of what read() returns the bus
	 * uses the low @len bytes; the @value of write() has no others set.
	 */
	uint64_t (*read)(void *dev, uint64_t offset, unsigned int len);
	void (*write)(void *dev, uint64_t offset, unsigned int len,
		      uint64_t value);
};

struct bus_device {
	gpa_t gpa;
	uint64_t len;
	const char *name;
	const struct bus_ops *ops;
	void *dev;
};

struct bus {
	unsigned int nr_devices;
	struct bus_device devices[BUS_MAX_DEVICES]; /* sorted by gpa */
	uint64_t nr_unclaimed;	   /* accesses nobody answered */
	gpa_t last_unclaimed_page; /* logged once per page, not per access */
	unsigned int nr_logged;	   /* ... and not without end */
};

/*
 * Without devices again, for the next life of a VM. What was counted and logged
 * stays: a guest that resets itself cannot have it said anew each time.
 */
void bus_clear(struct bus *bus);

/* -EEXIST on overlap, -ENOSPC when full, -EINVAL if empty or wrapping. */
int __must_check bus_add(struct bus *bus, gpa_t gpa, uint64_t len,
			 const char *name, const struct bus_ops *ops,
			 void *dev);

/*
 * One access of the guest. @data holds @len little-endian bytes, to be
 * written or filled in. @len other than 1, 2, 4, 8 and addresses nobody claims
 * read as all-ones (as many bytes as @data can have, 8), ignore writes and are
 * counted. Same lock as the ops.
 */
void bus_access(struct bus *bus, gpa_t gpa, uint8_t *data, unsigned int len,
		bool is_write);

#endif
