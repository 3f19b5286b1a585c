// SPDX-License-Identifier: GPL-2.0-only
/* config_devices.c: what run's options for virtio devices mean. */
#include "config_set.h"

#include <errno.h>
#include <string.h>

#include "machine.h"

static struct config *config_of(struct opt_parse *p)
{
	return p->target;
}

int config_set_window(struct opt_parse *p, const char *value)
{
	struct config *cfg = config_of(p);
	uint64_t size;
	int err;

	cfg->window = 0;
	if (!strcmp(value, "auto")) {
		cfg->window_kind = WINDOW_AUTO;
		return 0;
	}
	if (!strcmp(value, "off")) {
		cfg->window_kind = WINDOW_OFF;
		return 0;
	}
	err = parse_size(value, &size);
	if (err == -EINVAL)
		return opt_bad_value(p, value,
				     "not a size; give MiB (4), or a letter of "
				     "K, M (4M), or auto, or off");
	if (err || size > MACHINE_WINDOW_MAX)
		return opt_bad_value(p, value,
				     "there is room for %llu MiB below RAM",
				     MACHINE_WINDOW_MAX >> 20);
	if (!size)
		return opt_bad_value(p, value, "the least is 256K");
	cfg->window_kind = WINDOW_SIZE;
	cfg->window = align_up(size, CONFIG_WINDOW_ALIGN);
	return 0;
}

int config_set_rng(struct opt_parse *p, const char *value)
{
	config_of(p)->rng = !strcmp(value, "on");
	return 0;
}

int config_set_stats(struct opt_parse *p, const char *value)
{
	config_of(p)->stats = !strcmp(value, "on");
	return 0;
}

int config_set_transport(struct opt_parse *p, const char *value)
{
	bool mmio = !strcmp(value, "mmio");

	if (mmio || !strcmp(value, "pci")) {
		config_of(p)->virtio_mmio = mmio;
		config_of(p)->has_transport = true;
		return 0;
	}
	if (!strcmp(value, "pci-legacy") || !strcmp(value, "mmio-legacy"))
		return opt_bad_value(p, value,
				     "a legacy device cannot ask the guest to "
				     "share its buffers; give pci or mmio");
	return opt_bad_value(p, value, "give pci or mmio");
}

/* Another process that serves queues, and has to. */
static bool has_back_end(const struct config *cfg)
{
	for (unsigned int i = 0; i < cfg->nr_nets; i++) {
		if (cfg->nets[i].kind == NET_PASST &&
		    cfg->nets[i].vhost == VHOST_ON)
			return true;
	}
	return cfg->nr_vhost_users > 0;
}

int config_finish_devices(struct opt_parse *p, const struct config *cfg)
{
	if (cfg->window_kind == WINDOW_OFF && cfg->protected_vm)
		return opt_fail(p,
				"%s: --window=off: a protected guest can "
				"share nothing but a window with its "
				"devices; leave it out, or add "
				"--protected=off",
				p->verb);
	if (cfg->window_kind == WINDOW_OFF && has_back_end(cfg))
		return opt_fail(p,
				"%s: --window=off: who serves a share, "
				"--vhost-user or passt,vhost=on gets the "
				"window as a file; leave it out",
				p->verb);
	return 0;
}
