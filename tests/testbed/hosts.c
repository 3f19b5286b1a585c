// SPDX-License-Identifier: GPL-2.0-only
// The kinds of emulated hosts that tests ask for, and what each is made of.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner.h"

#define PROTECTED "kvm-arm.mode=protected"

/* A CPU with VHE, where pKVM is hVHE; without PAuth, which is slow to emulate. */
#define VHE_CPU "neoverse-n1"

static const struct host_kind hosts[] = {
	{ .name = "default", .gic = "3", .params = PROTECTED },
	{ .name = "unprotected", .gic = "3", .params = "" },
	{ .name = "nvhe", .gic = "3", .params = "kvm-arm.mode=nvhe" },
	{ .name = "no-kvm", .gic = "2", .params = PROTECTED },
	{ .name = "debian",
	  .gic = "3",
	  .params = PROTECTED,
	  .is_debian = true,
	  .hangs_on = "cortex-a57" },
	{ .name = "hvhe",
	  .gic = "3",
	  .params = PROTECTED,
	  .cpu = VHE_CPU,
	  .qemu = HOST_QEMU_NEW },
	{ .name = "hvhe-debian",
	  .gic = "3",
	  .params = PROTECTED,
	  .is_debian = true,
	  .cpu = VHE_CPU,
	  .qemu = HOST_QEMU_NEW },
	{ .name = "hvhe-old",
	  .gic = "3",
	  .params = PROTECTED,
	  .cpu = VHE_CPU,
	  .qemu = HOST_QEMU_OLD },
};

const struct host_kind *hosts_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		if (!strcmp(hosts[i].name, name))
			return &hosts[i];
	return NULL;
}

/* The first number of "QEMU emulator version 7.2.22 (...)"; 0: it does not run. */
static unsigned int qemu_version(const char *words)
{
	char command[1024], line[128] = "";
	unsigned int major = 0;
	FILE *f;

	if (snprintf(command, sizeof(command), "%s --version 2>/dev/null",
		     words) >= (int)sizeof(command))
		return 0;
	f = popen(command, "re");
	if (!f)
		return 0;
	(void)!fgets(line, sizeof(line), f);
	pclose(f);
	return sscanf(line, "QEMU emulator version %u", &major) == 1 ? major
								     : 0;
}

/* The QEMU @kind needs, or NULL and why there is none in @why. */
static const char *choose_qemu(const struct host_kind *kind,
			       const struct options *opt, const char **why)
{
	if (kind->qemu == HOST_QEMU_NEW) {
		if (opt->new_qemu && qemu_version(opt->new_qemu) >= 10)
			return opt->new_qemu;
		*why = "needs QEMU 10, which is not to be had here";
		return NULL;
	}
	if (kind->qemu == HOST_QEMU_OLD && qemu_version(opt->qemu) > 7) {
		*why = "this machine's QEMU is newer than 7, whose bug it is about";
		return NULL;
	}
	return opt->qemu;
}

const char *hosts_configure(const struct host_kind *kind,
			    const struct options *opt, unsigned int nr,
			    struct machine_config *cfg)
{
	const char *cpu = kind->cpu ? kind->cpu : opt->cpu, *why = NULL;
	char which[16] = "";

	if (kind->hangs_on && !strcmp(kind->hangs_on, cpu))
		return "its kernel hangs on this CPU model while it boots";
	*cfg = (struct machine_config){
		.qemu = choose_qemu(kind, opt, &why),
		.cpu = cpu,
		.gic = kind->gic,
		.params = kind->params,
		.kernel = kind->is_debian ? opt->debian_kernel : opt->kernel,
		.initrd = opt->initrd,
		.share = opt->share,
		.smp = opt->smp,
		.mem_mib = opt->mem_mib,
	};
	if (nr)
		snprintf(which, sizeof(which), "-%u", nr + 1);
	snprintf(cfg->log, sizeof(cfg->log), "%s/host-%s%s.log", opt->out_dir,
		 kind->name, which);
	snprintf(cfg->qemu_log, sizeof(cfg->qemu_log), "%s/qemu-%s%s.log",
		 opt->out_dir, kind->name, which);
	return !why && !cfg->kernel ? "no kernel was given for it" : why;
}
