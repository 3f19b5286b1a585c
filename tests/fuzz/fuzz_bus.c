// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_bus.c: any map of devices and any accesses to it, against a model that
 * looks at every device; and any accesses to an RTC.
 *
 * Input: records of 8 bytes: what, length, address (4), data (2).
 *
 * Floor: devices/bus.c 85
 * Floor: devices/rtc.c 85
 */
#include "fuzz.h"

#include "bus.h"
#include "log.h"
#include "rtc.h"

/* What the model knows of a device, and what the device was asked. */
struct probe {
	gpa_t gpa;
	uint64_t len;
	unsigned int nr_accesses;
};

struct world {
	struct bus bus;
	struct probe probes[BUS_MAX_DEVICES];
	unsigned int nr_probes;
	struct rtc rtc;
};

static uint64_t probe_read(void *dev, uint64_t offset, unsigned int len)
{
	struct probe *p = dev;

	CHECK(len == 1 || len == 2 || len == 4 || len == 8);
	CHECK(offset < p->len && len <= p->len - offset);
	p->nr_accesses++;
	return 0;
}

static void probe_write(void *dev, uint64_t offset, unsigned int len,
			uint64_t value)
{
	CHECK(len == 8 || value >> len * 8 == 0);
	(void)probe_read(dev, offset, len);
}

static const struct bus_ops probe_ops = { probe_read, probe_write };

static bool overlaps(const struct probe *p, gpa_t gpa, uint64_t len)
{
	return gpa <= p->gpa + (p->len - 1) && p->gpa <= gpa + (len - 1);
}

static void add(struct world *w, gpa_t gpa, uint64_t len)
{
	bool free_range = len > 0 && gpa + (len - 1) >= gpa;
	struct probe *p = &w->probes[w->nr_probes];

	if (w->nr_probes == BUS_MAX_DEVICES)
		return;
	for (unsigned int i = 0; free_range && i < w->nr_probes; i++)
		free_range = !overlaps(&w->probes[i], gpa, len);
	*p = (struct probe){ .gpa = gpa, .len = len };
	if (!free_range) {
		CHECK(bus_add(&w->bus, gpa, len, "probe", &probe_ops, p));
		return;
	}
	CHECK(!bus_add(&w->bus, gpa, len, "probe", &probe_ops, p));
	w->nr_probes++;
}

static void access_bus(struct world *w, gpa_t gpa, unsigned int len,
		       bool is_write)
{
	uint64_t unclaimed = w->bus.nr_unclaimed;
	uint8_t data[8] = { 0 };
	unsigned int nr = 0;

	for (unsigned int i = 0; i < w->nr_probes; i++)
		w->probes[i].nr_accesses = 0;
	bus_access(&w->bus, gpa, data, len, is_write);
	for (unsigned int i = 0; i < w->nr_probes; i++)
		nr += w->probes[i].nr_accesses;
	CHECK(nr + (w->bus.nr_unclaimed - unclaimed) == 1);
	for (unsigned int b = 0; !nr && !is_write && b < 8 && b < len; b++)
		CHECK(data[b] == 0xff);
}

static void access_rtc(struct world *w, uint64_t offset, unsigned int len,
		       uint64_t value, bool is_write)
{
	len = 1U << (len & 3);
	offset &= 0xfff;
	if (offset + len > 0x1000)
		return;
	if (is_write)
		rtc_ops.write(&w->rtc, offset, len, value);
	else
		(void)rtc_ops.read(&w->rtc, offset, len);
	/* What was set is shown, give or take the second that passed. */
	if (is_write && offset == 8 && len >= 4)
		CHECK((uint32_t)rtc_ops.read(&w->rtc, 0, 4) - value <= 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world w;

	log_set_level(LOG_ERROR);
	memset(&w, 0, sizeof(w));
	rtc_init(&w.rtc);
	for (; size >= 8; size -= 8, data += 8) {
		uint32_t low;
		uint16_t value;
		gpa_t gpa;

		memcpy(&low, data + 2, sizeof(low));
		memcpy(&value, data + 6, sizeof(value));
		/* Near the bottom or near the top, where sums wrap. */
		gpa = data[0] & 8 ? UINT64_MAX - low : low;
		switch (data[0] & 3) {
		case 0:
			add(&w, gpa, data[0] & 16 ? UINT64_MAX - value : value);
			break;
		case 1:
			access_rtc(&w, low, data[1], value, data[0] & 4);
			break;
		default:
			access_bus(&w, gpa, data[1], data[0] & 4);
			break;
		}
	}
	return 0;
}
