/* SPDX-License-Identifier: GPL-2.0-only */
/* config_set.h: what run's options do; for the table in run_options.c. */
#ifndef LKVM_PVM_CONFIG_SET_H
#define LKVM_PVM_CONFIG_SET_H

#include "config.h"

/* Which of @names is @value? Its index, or -EINVAL. */
int __must_check config_choose(struct opt_parse *p, const char *value,
			       const char *const *names, unsigned int nr);

/*
 * Is it a descriptor we were given? While options are read none is ours by
 * chance.
 */
bool config_is_open(uint64_t fd);

int config_set_kernel(struct opt_parse *p, const char *value);
int config_set_kernel_argument(struct opt_parse *p, const char *value);
int config_set_firmware(struct opt_parse *p, const char *value);
int config_set_firmware_address(struct opt_parse *p, const char *value);
int config_add_initrd(struct opt_parse *p, const char *value);
int config_add_params(struct opt_parse *p, const char *value);
int config_set_mem(struct opt_parse *p, const char *value);
int config_set_cpus(struct opt_parse *p, const char *value);
int config_set_affinity(struct opt_parse *p, const char *value);
int config_set_protected(struct opt_parse *p, const char *value);
int config_set_memlock(struct opt_parse *p, const char *value);
int config_set_on_reset(struct opt_parse *p, const char *value);
int config_set_on_reclaim(struct opt_parse *p, const char *value);
int config_set_vmlinux(struct opt_parse *p, const char *value);
int config_set_irqchip(struct opt_parse *p, const char *value);
int config_set_dump_dtb(struct opt_parse *p, const char *value);
int config_set_kaslr_seed(struct opt_parse *p, const char *value);
int config_set_nodefaults(struct opt_parse *p, const char *value);
int config_set_loglevel(struct opt_parse *p, const char *value);
int config_set_seccomp(struct opt_parse *p, const char *value);
int config_set_debug(struct opt_parse *p, const char *value);
int config_set_gdb(struct opt_parse *p, const char *value);
int config_set_gdb_wait(struct opt_parse *p, const char *value);
int __must_check config_finish_gdb(struct opt_parse *p,
				   const struct config *cfg);
int config_set_name(struct opt_parse *p, const char *value);
int config_set_dev(struct opt_parse *p, const char *value);

/* config_devices.c */
int config_set_transport(struct opt_parse *p, const char *value);
int config_set_window(struct opt_parse *p, const char *value);
int config_set_stats(struct opt_parse *p, const char *value);
int config_set_rng(struct opt_parse *p, const char *value);
/* Once all options are known: those of devices among themselves. */
int __must_check config_finish_devices(struct opt_parse *p,
				       const struct config *cfg);

/* config_disk.c */
int config_add_disk(struct opt_parse *p, const char *value);
/* Once -c is known. */
int __must_check config_finish_disks(struct opt_parse *p, struct config *cfg);
void config_free_disks(struct config *cfg);
/* config_port.c */
int config_set_console(struct opt_parse *p, const char *value);
int config_add_port(struct opt_parse *p, const char *value);
void config_free_ports(struct config *cfg);

/* config_outputs.c */
int config_set_verdict(struct opt_parse *p, const char *value);
int config_set_events(struct opt_parse *p, const char *value);
int config_set_record(struct opt_parse *p, const char *value);
int config_set_junit(struct opt_parse *p, const char *value);
int config_set_ktap(struct opt_parse *p, const char *value);
int config_set_console_log(struct opt_parse *p, const char *value);
int config_set_artifacts(struct opt_parse *p, const char *value);
int config_set_timeout(struct opt_parse *p, const char *value);
int config_set_boot_timeout(struct opt_parse *p, const char *value);
int config_set_hang_timeout(struct opt_parse *p, const char *value);
int config_add_expect(struct opt_parse *p, const char *value);
int config_add_fail_on(struct opt_parse *p, const char *value);

/* config_exec.c */
int __must_check config_add_root_share(struct opt_parse *p, const char *dir);
int __must_check config_add_root_disk(struct opt_parse *p, const char *path);
int __must_check config_finish_exec(struct opt_parse *p, struct config *cfg);
void config_free_exec(struct config *cfg);

/* config_net.c */
int config_add_network(struct opt_parse *p, const char *value);
/* "02:00:00:00:00:01"; false: it is none, or one of a group. */
bool config_parse_mac(const char *text, uint8_t mac[6]);
void config_free_nets(struct config *cfg);

/* config_vsock.c */
int config_set_vsock(struct opt_parse *p, const char *value);
/* One for exec alone; there is none yet. */
void config_add_exec_vsock(struct config *cfg);
void config_free_vsock(struct config *cfg);

/* config_vhost_user.c */
int config_add_share(struct opt_parse *p, const char *value);
int config_add_vhost_user(struct opt_parse *p, const char *value);
void config_free_vhost_users(struct config *cfg);

#endif
