// SPDX-License-Identifier: GPL-2.0-only
/*
 * exec_channel.c: which channels exec gives its init.
 *
 * A device costs a boot seven hundred exits and two mebibytes, so there is one: the
 * port, unless the kernel says that it has no driver for it.
 */
#include "exec_channel.h"

#include "config_set.h"
#include "log.h"

#define PARAMS " rdinit=/" EXEC_INIT

static bool has(const struct loader_kconfig *kc, const char *symbol)
{
	return loader_kconfig_get(kc, symbol) == 'y'; /* nobody loads modules */
}

void exec_channel_find(struct config *cfg)
{
	struct config_exec *e = &cfg->exec;
	const struct loader_kconfig *kc = &e->kconfig;

	if (e->channel != EXEC_CHANNEL_NONE ||
	    loader_find_kconfig(cfg->kernel, &e->kconfig) ||
	    (has(kc, "CONFIG_VIRTIO_CONSOLE") && has(kc, "CONFIG_DEVTMPFS") &&
	     has(kc, "CONFIG_SYSFS")))
		return;
	if (!has(kc, "CONFIG_VIRTIO_VSOCKETS") || !has(kc, "CONFIG_SYSCTL") ||
	    cfg->vsock.kind == VSOCK_VHOST) {
		e->channel = EXEC_CHANNEL_SERIAL;
		return;
	}
	e->channel = EXEC_CHANNEL_VSOCK;
	if (cfg->vsock.kind == VSOCK_NONE)
		config_add_exec_vsock(cfg);
}

const char *exec_channel_params(const struct config *cfg)
{
	if (!cfg->exec.on)
		return "";
	if (config_has_exec_port(cfg))
		return config_has_exec_vsock(cfg) ? PARAMS " -- " EXEC_BY_PORT
							   " " EXEC_BY_VSOCK
						  : PARAMS " -- " EXEC_BY_PORT;
	return config_has_exec_vsock(cfg) ? PARAMS " -- " EXEC_BY_VSOCK
					  : PARAMS;
}

const char *exec_channel_name(enum exec_channel channel)
{
	static const char *const names[EXEC_NR_CHANNELS] = {
		[EXEC_CHANNEL_NONE] = "none",
		[EXEC_CHANNEL_PORT] = "port",
		[EXEC_CHANNEL_VSOCK] = "vsock",
		[EXEC_CHANNEL_SERIAL] = "serial",
	};

	return names[channel];
}

void exec_channel_tell(const struct config *cfg, enum exec_channel channel)
{
	const bool had_port = config_has_exec_port(cfg);

	if (channel != EXEC_CHANNEL_SERIAL)
		log_debug("exec: over %s",
			  channel == EXEC_CHANNEL_PORT
				  ? "a port of the virtio console"
				  : "a vsock connection");
	else if (had_port && !config_has_exec_vsock(cfg))
		log_info(
			"exec: over the serial port, since the guest has no virtio console (CONFIG_VIRTIO_CONSOLE); that is slower, --channel=vsock may not be");
	else
		log_info(
			"exec: over the serial port; that is slower than --channel=port (CONFIG_VIRTIO_CONSOLE) or vsock (CONFIG_VIRTIO_VSOCKETS)");
}
