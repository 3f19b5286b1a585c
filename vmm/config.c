// SPDX-License-Identifier: GPL-2.0-only
/*
 * config.c: what each of run's options means. Of an option given twice the
 * last counts, as in kvmtool: scripts append to override.
 */
#include "config_set.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"
#include "machine.h"

static struct config *config_of(struct opt_parse *p)
{
	return p->target;
}

bool config_is_open(uint64_t fd)
{
	return fd <= INT32_MAX && fcntl((int)fd, F_GETFD) >= 0;
}

static int set_path(struct opt_parse *p, const char **where, const char *value)
{
	if (!*value)
		return opt_bad_value(p, value, "the file name is empty");
	*where = value;
	return 0;
}

/* -k given twice: the last. As an argument there is one, and no other. */
static int another_kernel(struct opt_parse *p, const char *value)
{
	return opt_fail(p,
			"run: %s '%.64s' not understood: the kernel is '%.64s' "
			"already",
			p->spelled, value, config_of(p)->kernel);
}

int config_set_kernel(struct opt_parse *p, const char *value)
{
	if (config_of(p)->kernel_argument)
		return another_kernel(p, value);
	return set_path(p, &config_of(p)->kernel, value);
}

int config_set_kernel_argument(struct opt_parse *p, const char *value)
{
	if (config_of(p)->kernel)
		return another_kernel(p, value);
	config_of(p)->kernel_argument = true;
	return set_path(p, &config_of(p)->kernel, value);
}

int config_set_firmware(struct opt_parse *p, const char *value)
{
	return set_path(p, &config_of(p)->firmware, value);
}

int config_set_firmware_address(struct opt_parse *p, const char *value)
{
	uint64_t gpa;

	if (parse_u64(value, &gpa) || gpa != MACHINE_RAM_BASE)
		return opt_bad_value(p, value,
				     "firmware is placed at the start of RAM, "
				     "0x%llx, and nowhere else",
				     MACHINE_RAM_BASE);
	return 0;
}

int config_add_initrd(struct opt_parse *p, const char *value)
{
	struct config *cfg = config_of(p);

	if (!*value)
		return opt_bad_value(p, value, "the file name is empty");
	if (cfg->nr_initrds == CONFIG_MAX_INITRDS)
		return opt_bad_value(p, value,
				     "more than %u initrds; concatenate some "
				     "with cat(1)",
				     CONFIG_MAX_INITRDS);
	cfg->initrds[cfg->nr_initrds++] = value;
	return 0;
}

int config_add_params(struct opt_parse *p, const char *value)
{
	struct config *cfg = config_of(p);
	char *joined;

	if (!*value)
		return 0;
	if (asprintf(&joined, "%s%s%s", cfg->params, *cfg->params ? " " : "",
		     value) < 0) {
		opt_fail(p, "run: no memory for the command line");
		return -ENOMEM;
	}
	free(cfg->params);
	cfg->params = joined;
	return 0;
}

int config_parse_mem(struct opt_parse *p, const char *value, uint64_t *bytes)
{
	uint64_t size;
	int err;

	if (strchr(value, '@'))
		return opt_bad_value(p, value,
				     "memory always begins at 0x%llx; give the "
				     "size alone",
				     MACHINE_RAM_BASE);
	err = parse_size(value, &size);
	if (err == -EINVAL)
		return opt_bad_value(p, value,
				     "not a size; give MiB (512), or a letter "
				     "of K, M, G (512M)");
	if (err || size > CONFIG_MAX_MEM)
		return opt_bad_value(p, value,
				     "more than a guest can address "
				     "(1022G)");
	if (size < CONFIG_MIN_MEM)
		return opt_bad_value(p, value,
				     "too small to hold a kernel; the least "
				     "is 4M");
	*bytes = align_up(size, CONFIG_MEM_ALIGN);
	return 0;
}

int config_set_mem(struct opt_parse *p, const char *value)
{
	return config_parse_mem(p, value, &config_of(p)->mem);
}

int config_set_cpus(struct opt_parse *p, const char *value)
{
	uint64_t n;

	if (parse_u64(value, &n) || n < 1 || n > MACHINE_MAX_VCPUS)
		return opt_bad_value(p, value,
				     "give a number of vCPUs from 1 to %u",
				     MACHINE_MAX_VCPUS);
	config_of(p)->nr_vcpus = (unsigned int)n;
	return 0;
}

int config_set_affinity(struct opt_parse *p, const char *value)
{
	struct config *cfg = config_of(p);

	if (cfg->affinity_text)
		return opt_bad_value(p, value,
				     "given twice; one list holds them all: "
				     "0:2,1:3");
	cfg->affinity_text = value;
	return 0;
}

int config_choose(struct opt_parse *p, const char *value,
		  const char *const *names, unsigned int nr)
{
	char list[128] = "";
	size_t len = 0;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (!strcmp(value, names[i]))
			return (int)i;
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s",
					i == 0	     ? ""
					: i + 1 < nr ? ", "
						     : " or ",
					names[i]);
	}
	return opt_bad_value(p, value, "give %s", list);
}

int config_set_protected(struct opt_parse *p, const char *value)
{
	static const char *const names[] = { "off", "on" };
	int i = config_choose(p, value, names, ARRAY_SIZE(names));

	if (i < 0)
		return i;
	config_of(p)->protected_vm = i == 1;
	return 0;
}

int config_set_seccomp(struct opt_parse *p, const char *value)
{
	static const char *const names[] = { "off", "on" };
	int i = config_choose(p, value, names, ARRAY_SIZE(names));

	if (i < 0)
		return i;
	config_of(p)->seccomp = i == 1;
	return 0;
}

int config_set_memlock(struct opt_parse *p, const char *value)
{
	static const char *const names[] = {
		[MEMLOCK_CHECK] = "check",
		[MEMLOCK_LAZY] = "lazy",
	};
	int i = config_choose(p, value, names, ARRAY_SIZE(names));

	if (i < 0)
		return i;
	config_of(p)->memlock = (enum memlock_mode)i;
	return 0;
}

int config_set_on_reset(struct opt_parse *p, const char *value)
{
	static const char *const names[] = {
		[RESET_EXIT] = "exit",
		[RESET_RESTART] = "restart",
	};
	int i = config_choose(p, value, names, ARRAY_SIZE(names));

	if (i < 0)
		return i;
	config_of(p)->on_reset = (enum reset_action)i;
	return 0;
}

int config_set_on_reclaim(struct opt_parse *p, const char *value)
{
	static const char *const names[] = {
		[RECLAIM_REPORT] = "report",
		[RECLAIM_INJECT] = "inject",
		[RECLAIM_KILL] = "kill",
	};
	int i = config_choose(p, value, names, ARRAY_SIZE(names));

	if (i < 0)
		return i;
	config_of(p)->on_reclaim = (enum reclaim_action)i;
	return 0;
}

int config_set_vmlinux(struct opt_parse *p, const char *value)
{
	return set_path(p, &config_of(p)->vmlinux, value);
}

int config_set_irqchip(struct opt_parse *p, const char *value)
{
	static const char *const names[] = {
		[IRQCHIP_GICV3_ITS] = "gicv3-its",
		[IRQCHIP_GICV3_V2M] = "gicv3-v2m",
		[IRQCHIP_GICV3] = "gicv3",
	};
	int i;

	if (!strcmp(value, "gicv2") || !strcmp(value, "gicv2m"))
		return opt_bad_value(p, value,
				     "pKVM has no GICv2; give gicv3-its (the "
				     "default), gicv3-v2m or gicv3");
	i = config_choose(p, value, names, ARRAY_SIZE(names));
	if (i < 0)
		return i;
	config_of(p)->irqchip = (enum irqchip_kind)i;
	config_of(p)->has_irqchip = true;
	return 0;
}

int config_set_kaslr_seed(struct opt_parse *p, const char *value)
{
	struct config *cfg = config_of(p);

	if (parse_u64(value, &cfg->kaslr_seed))
		return opt_bad_value(p, value, "not a 64-bit number");
	cfg->has_kaslr_seed = true;
	return 0;
}

int config_set_nodefaults(struct opt_parse *p, const char *value)
{
	config_of(p)->nodefaults = !strcmp(value, "on");
	return 0;
}

int config_set_loglevel(struct opt_parse *p, const char *value)
{
	static const char *const names[] = {
		[LOG_ERROR] = "error",
		[LOG_WARNING] = "warning",
		[LOG_INFO] = "info",
		[LOG_DEBUG] = "debug",
	};
	int i = config_choose(p, value, names, ARRAY_SIZE(names));

	if (i < 0)
		return i;
	config_of(p)->loglevel = (enum log_level)i;
	return 0;
}

static enum log_level usual_loglevel(const struct config *cfg)
{
	/* Standard error is the command's. */
	return cfg->exec.on ? LOG_WARNING : LOG_INFO;
}

int config_set_debug(struct opt_parse *p, const char *value)
{
	struct config *cfg = config_of(p);

	if (!strcmp(value, "on"))
		cfg->loglevel = LOG_DEBUG;
	else if (cfg->debug)
		cfg->loglevel = usual_loglevel(cfg);
	cfg->debug = !strcmp(value, "on");
	return 0;
}

int config_set_name(struct opt_parse *p, const char *value)
{
	if (!control_name_ok(value))
		return opt_bad_value(
			p, value,
			"a name has up to %u letters, digits, '-', '.' and '_', and begins with a letter or digit",
			CONTROL_NAME_MAX);
	config_of(p)->name = value;
	return 0;
}

int config_set_dev(struct opt_parse *p, const char *value)
{
	if (strcmp(value, "/dev/kvm") != 0)
		return opt_bad_value(p, value, "only /dev/kvm is used");
	return 0;
}

void config_fini(struct config *cfg)
{
	config_free_disks(cfg);
	config_free_nets(cfg);
	config_free_ports(cfg);
	config_free_vsock(cfg);
	config_free_vhost_users(cfg);
	config_free_exec(cfg);
	free(cfg->params);
	free(cfg->affinity);
	memset(cfg, 0, sizeof(*cfg));
}

static int bad_affinity(struct opt_parse *p, const struct config *cfg, int err)
{
	snprintf(p->spelled, sizeof(p->spelled), "--vcpu-affinity");
	if (err == -ERANGE)
		return opt_bad_value(p, cfg->affinity_text,
				     "host CPUs go from 0 to %d, vCPUs from 0 "
				     "to %u (-c %u)",
				     CPU_SETSIZE - 1, cfg->nr_vcpus - 1,
				     cfg->nr_vcpus);
	return opt_bad_value(p, cfg->affinity_text,
			     "give host CPUs for all vCPUs (0-3,8) or "
			     "vCPU:CPUs for some (0:2,1:4-5,7)");
}

/* "0:2,1:4-5,7": an item with a colon begins the next vCPU's list. */
static int per_vcpu_affinity(struct config *cfg)
{
	const char *item = cfg->affinity_text, *cpus, *next;
	uint64_t vcpu;
	char number[8];
	size_t len;
	int err;

	while (*item) {
		len = strspn(item, "0123456789");
		if (len == 0 || len >= sizeof(number) || item[len] != ':')
			return -EINVAL;
		memcpy(number, item, len);
		number[len] = '\0';
		err = parse_u64(number, &vcpu);
		if (err)
			return err;
		if (vcpu >= cfg->nr_vcpus)
			return -ERANGE;
		cpus = item + len + 1;
		next = strchrnul(cpus, ':');
		if (*next == ':') {
			/* Back to the comma before that vCPU's number. */
			while (next > cpus && *next != ',')
				next--;
			if (next == cpus)
				return -EINVAL;
		}
		if (CPU_COUNT(&cfg->affinity[vcpu]))
			return -EINVAL;
		err = parse_cpulist(cpus, (size_t)(next - cpus),
				    &cfg->affinity[vcpu]);
		if (err)
			return err;
		item = *next ? next + 1 : next;
	}
	return 0;
}

static int finish_affinity(struct opt_parse *p, struct config *cfg)
{
	const char *text = cfg->affinity_text;
	unsigned int i;
	int err;

	if (!text)
		return 0;
	if (!*text)
		return bad_affinity(p, cfg, -EINVAL);
	cfg->affinity = calloc(cfg->nr_vcpus, sizeof(*cfg->affinity));
	if (!cfg->affinity) {
		opt_fail(p, "run: no memory for --vcpu-affinity");
		return -ENOMEM;
	}
	if (strchr(text, ':')) {
		err = per_vcpu_affinity(cfg);
	} else {
		err = parse_cpulist(text, strlen(text), &cfg->affinity[0]);
		for (i = 1; i < cfg->nr_vcpus; i++)
			cfg->affinity[i] = cfg->affinity[0];
	}
	return err ? bad_affinity(p, cfg, err) : 0;
}

/* What needs all options together. */
static int finish(struct opt_parse *p, struct config *cfg)
{
	int err = config_finish_exec(p, cfg);

	if (err)
		return err;
	if (cfg->kernel && cfg->firmware)
		return opt_fail(p,
				"%s: --kernel and --firmware exclude each "
				"other; give one",
				p->verb);
	if (!cfg->kernel && !cfg->firmware)
		return opt_fail(p,
				"%s: no kernel; give one with -k Image "
				"('lkvm-pvm run --help')",
				p->verb);
	/* kvmtool's default. */
	if (!cfg->mem)
		cfg->mem = MIB(64) * (cfg->nr_vcpus + 3);
	err = config_finish_gdb(p, cfg);
	if (!err)
		err = config_finish_devices(p, cfg);
	if (!err)
		err = config_finish_disks(p, cfg);
	return err ? err : finish_affinity(p, cfg);
}

static int parse(struct config *cfg, struct opt_parse *p,
		 const struct opt_table *table, int argc, char **argv)
{
	int ret;

	cfg->loglevel = usual_loglevel(cfg);
	cfg->nr_vcpus = 1;
	cfg->protected_vm = true;
	cfg->seccomp = true;
	cfg->params = strdup("");
	if (!cfg->params) {
		memset(p, 0, sizeof(*p));
		opt_fail(p, "%s: out of memory", argv[0]);
		return -ENOMEM;
	}
	ret = opt_parse(p, table, cfg, argc, argv);
	return ret ? ret : finish(p, cfg);
}

int config_parse(struct config *cfg, struct opt_parse *p, int argc, char **argv)
{
	memset(cfg, 0, sizeof(*cfg));
	return parse(cfg, p, &config_table, argc, argv);
}

int config_parse_exec(struct config *cfg, struct opt_parse *p, int argc,
		      char **argv)
{
	memset(cfg, 0, sizeof(*cfg));
	cfg->exec.on = true;
	return parse(cfg, p, &config_exec_table, argc, argv);
}
