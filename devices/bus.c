// SPDX-License-Identifier: GPL-2.0-only
/* bus.c: guest physical address → the device that answers there. */
#include "bus.h"

#include <errno.h>
#include <string.h>

#include "log.h"

#define BUS_PAGE_MASK  (~0xfffULL)
#define BUS_DATA_BYTES 8U /* what one access of a CPU can carry */
#define BUS_MAX_LOGGED 16U

/* The first device that begins above @gpa, as an index. */
static unsigned int first_above(const struct bus *bus, gpa_t gpa)
{
	unsigned int low = 0, high = bus->nr_devices;

	while (low < high) {
		unsigned int mid = low + (high - low) / 2;

		if (bus->devices[mid].gpa > gpa)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

void bus_clear(struct bus *bus)
{
	bus->nr_devices = 0;
}

int bus_add(struct bus *bus, gpa_t gpa, uint64_t len, const char *name,
	    const struct bus_ops *ops, void *dev)
{
	unsigned int at = first_above(bus, gpa);
	uint64_t last;

	if (len == 0 || add_ovf(gpa, len - 1, &last))
		return -EINVAL;
	if (bus->nr_devices == BUS_MAX_DEVICES)
		return -ENOSPC;
	if (at < bus->nr_devices && bus->devices[at].gpa <= last)
		return -EEXIST;
	if (at > 0 && gpa - bus->devices[at - 1].gpa < bus->devices[at - 1].len)
		return -EEXIST;

	memmove(&bus->devices[at + 1], &bus->devices[at],
		(bus->nr_devices - at) * sizeof(bus->devices[0]));
	bus->devices[at] = (struct bus_device){ gpa, len, name, ops, dev };
	bus->nr_devices++;
	return 0;
}

static const struct bus_device *bus_find(const struct bus *bus, gpa_t gpa,
					 unsigned int len)
{
	unsigned int above = first_above(bus, gpa);
	const struct bus_device *d;

	if (above == 0)
		return NULL;
	d = &bus->devices[above - 1];
	if (gpa - d->gpa >= d->len || d->len - (gpa - d->gpa) < len)
		return NULL;
	return d;
}

static void bus_unclaimed(struct bus *bus, gpa_t gpa, uint8_t *data,
			  unsigned int len, bool is_write)
{
	gpa_t page = gpa & BUS_PAGE_MASK;

	bus->nr_unclaimed++;
	if (!is_write)
		memset(data, 0xff, len < BUS_DATA_BYTES ? len : BUS_DATA_BYTES);
	if (bus->nr_logged == BUS_MAX_LOGGED)
		return;
	if (bus->nr_logged > 0 && page == bus->last_unclaimed_page)
		return;
	bus->last_unclaimed_page = page;
	bus->nr_logged++;
	log_warn("guest %s %u bytes at 0x%llx, where no device is%s",
		 is_write ? "wrote" : "read", len, (unsigned long long)gpa,
		 bus->nr_logged == BUS_MAX_LOGGED ? " (said no more)" : "");
}

void bus_access(struct bus *bus, gpa_t gpa, uint8_t *data, unsigned int len,
		bool is_write)
{
	const struct bus_device *d = NULL;
	uint64_t value = 0;

	if (len == 1 || len == 2 || len == 4 || len == 8)
		d = bus_find(bus, gpa, len);
	if (!d) {
		bus_unclaimed(bus, gpa, data, len, is_write);
		return;
	}
	if (is_write) {
		memcpy(&value, data, len);
		d->ops->write(d->dev, gpa - d->gpa, len, value);
	} else {
		value = d->ops->read(d->dev, gpa - d->gpa, len);
		memcpy(data, &value, len);
	}
}
