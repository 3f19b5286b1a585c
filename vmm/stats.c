// SPDX-License-Identifier: GPL-2.0-only
/* stats.c: a line for each virtio device: how much it had to do. */
#include "vm.h"

#include <stdio.h>

#include "log.h"

static void tell_one(enum log_level level, const struct virtio_dev *d)
{
	char dropped[48] = "";
	struct virtio_stats s;

	virtio_dev_stats(d, &s);
	if (s.partial && !s.requests) {
		log_msg(level,
			"%s: no figures: the kernel or another process serves it",
			d->name);
		return;
	}
	if (s.dropped)
		(void)snprintf(dropped, sizeof(dropped), ", %llu dropped",
			       (unsigned long long)s.dropped);
	log_msg(level,
		"%s: %llu requests, %llu bytes, %llu kicks, %llu interrupts, %u in flight, %u bytes in one buffer, %llu outside the window%s%s",
		d->name, (unsigned long long)s.requests,
		(unsigned long long)s.bytes, (unsigned long long)s.kicks,
		(unsigned long long)s.interrupts, s.max_in_flight,
		s.max_segment, (unsigned long long)s.outside, dropped,
		s.partial ? ", and what the kernel or another process serves"
			  : "");
}

void stats_tell(struct vm *vm)
{
	enum log_level level = vm->cfg->stats ? LOG_INFO : LOG_DEBUG;
	const struct devices *ds = vm->devices;
	/* Of exec warnings are shown, and what was asked for. */
	const bool aloud = vm->cfg->stats && vm->cfg->loglevel == LOG_WARNING &&
			   !log_enabled(LOG_INFO);

	if (aloud)
		log_set_level(LOG_INFO);
	for (unsigned int i = 0; ds && i < ds->nr; i++)
		tell_one(level, ds->all[i]);
	if (aloud)
		log_set_level(LOG_WARNING);
}
