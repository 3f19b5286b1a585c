// SPDX-License-Identifier: GPL-2.0-only
/* pvpanic.c: the register of a guest's panic. */
#include "pvpanic.h"

#define KNOWN (PVPANIC_PANICKED | PVPANIC_CRASH_LOADED)

static uint64_t pvpanic_read(void *dev, uint64_t offset, unsigned int len)
{
	struct pvpanic *p = dev;

	(void)len;
	if (offset != 0)
		return 0;
	__atomic_store_n(&p->is_known, true, __ATOMIC_RELAXED);
	return KNOWN;
}

static void pvpanic_write(void *dev, uint64_t offset, unsigned int len,
			  uint64_t value)
{
	struct pvpanic *p = dev;

	(void)len;
	if (offset == 0 && (value & KNOWN))
		p->told(p->ctx, (unsigned int)value & KNOWN);
}

const struct bus_ops pvpanic_ops = { .read = pvpanic_read,
				     .write = pvpanic_write };
