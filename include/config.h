/* SPDX-License-Identifier: GPL-2.0-only */
/* config.h: what `lkvm-pvm run` was asked for, parsed and checked. */
#ifndef LKVM_PVM_CONFIG_H
#define LKVM_PVM_CONFIG_H

#include <sched.h>

#include "base.h"
#include "chardev.h"
#include "disk.h"
#include "exec_proto.h"
#include "loader.h"
#include "log.h"
#include "netdev.h"
#include "options.h"
#include "virtio_vhost_user.h"

#define CONFIG_MAX_INITRDS 16U
#define CONFIG_MIN_MEM	   MIB(4)
/* RAM begins at 2 GiB; a 40-bit guest physical address space ends there. */
#define CONFIG_MAX_MEM	 (GIB(1024) - GIB(2))
#define CONFIG_MEM_ALIGN MIB(2)
/*
 * What Linux divides its pool into: IO_TLB_SEGSIZE slots of 2 KiB. It counts free
 * ones to a segment's end, beyond a pool that ends before it (swiotlb.c).
 */
#define CONFIG_WINDOW_ALIGN KIB(256)

enum memlock_mode {
	MEMLOCK_CHECK, /* refuse to start when the limit is too low */
	MEMLOCK_LAZY,  /* start; pause when the limit is hit */
};

enum reset_action {
	RESET_EXIT,
	RESET_RESTART,
};

/* When the guest touches a page that the host took from it by force. */
enum reclaim_action {
	RECLAIM_REPORT, /* say what is known, and end */
	RECLAIM_INJECT, /* the same, and let the guest take an abort for it */
	RECLAIM_KILL,	/* end */
};

enum irqchip_kind {
	IRQCHIP_GICV3_ITS,
	IRQCHIP_GICV3_V2M,
	IRQCHIP_GICV3,
};

/* What devices can reach of the guest (window.h). */
enum window_kind {
	WINDOW_AUTO, /* as much as the devices need */
	WINDOW_SIZE,
	WINDOW_OFF, /* all of RAM; not of a protected VM */
};

#define CONFIG_DISK_ID_LEN 15U
#define CONFIG_DISK_QUEUES 4U /* by default, or as many as vCPUs */

/* -d PATH[,OPTION]... */
struct config_disk {
	struct disk_config file;
	const char *serial, *id; /* NULL: none */
	unsigned int queues;	 /* 0 only while options are parsed */
	char *text;		 /* owned: what the others point into */
};

enum net_kind {
	NET_TAP,
	NET_PASST,
};

/* Whether the host's kernel serves a tap's queues, and passt its own. */
enum vhost_use {
	VHOST_IF_POSSIBLE,
	VHOST_ON,
	VHOST_OFF,
};

/* -n KIND[,OPTION]... */
struct config_net {
	enum net_kind kind;
	const char *ifname; /* NULL: fd */
	int fd;		    /* -1: ifname */
	unsigned int queues;
	enum vhost_use vhost;
	bool has_mac;
	uint8_t mac[6];
	char *tcp, *udp; /* owned: forwarded ports, or NULL */
	char *text;	 /* owned: what the others point into */
};

enum vsock_kind {
	VSOCK_NONE,
	VSOCK_UNIX,  /* we connect with unix sockets */
	VSOCK_VHOST, /* the host's kernel with its AF_VSOCK */
};

/* --vsock */
struct config_vsock {
	enum vsock_kind kind;
	const char *socket; /* of VSOCK_UNIX; NULL: exec's alone */
	uint64_t cid;	    /* the guest's; 0: one that is free */
	char *text;	    /* owned: what the others point into */
};

#define CONFIG_VSOCK_CID 3U /* by default, of VSOCK_UNIX */

enum console_kind {
	CONSOLE_SERIAL, /* the UART, ttyS0 */
	CONSOLE_VIRTIO, /* a virtio console, hvc0; the UART prints, too */
};

/* One for the terminal is among the console device's. */
#define CONFIG_MAX_PORTS 7U
#define CONFIG_PORT_NAME 63U /* characters at most */

/* --port name=NAME,file=PATH|pty|unix=PATH */
struct config_port {
	const char *name;
	enum chardev_kind kind;
	const char *path; /* NULL: of a pseudoterminal */
	char *text;	  /* owned: what the others point into */
};

/* Whether tests' results are looked for in what the guest prints. */
enum ktap_use {
	KTAP_AUTO, /* of exec's command, and for --junit */
	KTAP_ON,
	KTAP_OFF,
};

/* Of --expect, and as many of --fail-on. */
#define CONFIG_MAX_REGEXES 16U
#define CONFIG_REGEX_LEN   500U

#define CONFIG_TAG_LEN VIRTIO_FS_TAG_LEN

/* --share DIR[,OPTION]..., --vhost-user socket=PATH,type=TYPE[,OPTION]... */
struct config_vhost_user {
	enum vhost_user_type type;
	const char *dir;    /* shared by a virtiofsd of ours; or NULL and ... */
	const char *socket; /* ... who serves it listens there */
	const char *tag;    /* of VHOST_USER_FS */
	bool ro, has_mac;
	uint8_t mac[6];
	char *text; /* owned: what the others point into */
};

#define CONFIG_MAX_ENVS 64U
#define CONFIG_MAX_ARGS 4096U

/* How exec's init in the guest is reached. */
enum exec_channel {
	EXEC_CHANNEL_NONE, /* not yet; of an option: as the guest can */
	EXEC_CHANNEL_PORT,
	EXEC_CHANNEL_VSOCK,
	EXEC_CHANNEL_SERIAL,
	EXEC_NR_CHANNELS
};

/* `lkvm-pvm exec`: the command, all of it borrowed from argv */
struct config_exec {
	bool on;
	enum exec_channel channel;     /* --channel, or what is best */
	struct loader_kconfig kconfig; /* owned; the kernel's, if looked at */
	const char **args; /* the list itself is owned; none: a shell */
	unsigned int nr_args;
	const char *cwd, *user; /* NULL: / and root */
	const char *envs[CONFIG_MAX_ENVS];
	unsigned int nr_envs;
	bool tty, bisect, rw;
	enum exec_root root_kind; /* when exec_root_find() has looked */
	const char *root;	  /* --root; NULL: the initrd */
	const char *root_fs;	  /* its file system, likewise; or NULL */
};

struct config {
	/* Borrowed from argv. */
	const char *kernel;   /* -k: Image, compressed Image, zboot or flat */
	const char *firmware; /* --firmware: raw blob at the start of RAM */
	const char *initrds[CONFIG_MAX_INITRDS];
	unsigned int nr_initrds;
	const char *dump_dtb;		     /* --dump-dtb FILE */
	const char *verdict;		     /* --verdict FILE */
	const char *events;		     /* --events FILE|fd:N|- */
	const char *record;		     /* --record, the same */
	const char *name;		     /* --name; NULL: one is made up */
	const char *console_log, *artifacts; /* --console-log, --artifacts */
	const char *junit;		     /* --junit FILE */

	uint64_t timeout_ms, boot_timeout_ms, hang_timeout_ms; /* 0: none */
	const char *expects[CONFIG_MAX_REGEXES], *fail_ons[CONFIG_MAX_REGEXES];
	unsigned int nr_expects, nr_fail_ons;

	struct config_exec exec;

	struct config_disk *disks; /* owned, nr_disks of them */
	unsigned int nr_disks;

	char *params; /* -p, all of them joined; owned; "" if none */

	uint64_t mem; /* bytes, multiple of 2 MiB */
	/* Bytes of the kernel's pages, by vm_look_at_kernel(); 0: unknown. */
	uint64_t guest_page;
	unsigned int nr_vcpus;
	bool kernel_argument; /* it was given without -k */
	bool protected_vm;
	enum memlock_mode memlock;
	enum reset_action on_reset;
	enum reclaim_action on_reclaim;
	enum ktap_use ktap;  /* --ktap */
	const char *vmlinux; /* --vmlinux FILE; borrowed; NULL: none */
	enum irqchip_kind irqchip;
	bool has_irqchip; /* it was asked for */

	/* virtio devices and what they need */
	uint64_t window; /* bytes, multiple of 256 KiB; of WINDOW_SIZE */
	enum window_kind window_kind;
	struct config_vsock vsock;
	struct config_net *nets;	       /* owned, nr_nets of them */
	struct config_vhost_user *vhost_users; /* owned */
	unsigned int nr_nets, nr_vhost_users;
	enum console_kind console;
	bool virtio_mmio;   /* --virtio-transport */
	bool has_transport; /* it was asked for */
	bool rng;
	bool seccomp; /* filter our system calls */
	struct config_port ports[CONFIG_MAX_PORTS];
	unsigned int nr_ports;

	/*
	 * --vcpu-affinity: owned, nr_vcpus sets of host CPUs, or NULL. An
	 * empty set leaves that vCPU free.
	 */
	cpu_set_t *affinity;
	const char *affinity_text; /* as typed; borrowed */

	bool nodefaults;     /* the guest's command line is params alone */
	bool stats;	     /* what devices had to do, at the end */
	bool debug;	     /* leave the process dumpable */
	bool gdb_wait;	     /* the guest starts when the debugger says so */
	bool has_kaslr_seed; /* --kaslr-seed; otherwise make one up */
	enum log_level loglevel;
	unsigned int gdb_port; /* of 127.0.0.1; 0: gdb is a path */
	const char *gdb;       /* as typed; borrowed; NULL: none */
	uint64_t kaslr_seed;
};

/* Which ways to exec's init there are beside the serial port. */
static inline bool config_has_exec_port(const struct config *cfg)
{
	return cfg->exec.on && (cfg->exec.channel == EXEC_CHANNEL_NONE ||
				cfg->exec.channel == EXEC_CHANNEL_PORT);
}

static inline bool config_has_exec_vsock(const struct config *cfg)
{
	return cfg->exec.on && cfg->vsock.kind == VSOCK_UNIX &&
	       (cfg->exec.channel == EXEC_CHANNEL_NONE ||
		cfg->exec.channel == EXEC_CHANNEL_VSOCK);
}

/* Ports of the virtio console beside that of the terminal. */
static inline unsigned int config_nr_ports(const struct config *cfg)
{
	return cfg->nr_ports + config_has_exec_port(cfg);
}

/* Whether the guest has a virtio console, for its hvc0 or for ports. */
static inline bool config_has_console(const struct config *cfg)
{
	return cfg->console == CONSOLE_VIRTIO || config_nr_ports(cfg) > 0;
}

/* ... for exec's channel and nothing else. */
static inline bool config_has_channel_alone(const struct config *cfg)
{
	return config_has_exec_port(cfg) && cfg->nr_ports == 0 &&
	       cfg->console != CONSOLE_VIRTIO;
}

/* Whether the guest has any virtio device, and with it PCI and a window. */
static inline bool config_has_devices(const struct config *cfg)
{
	return cfg->rng || cfg->nr_disks > 0 || cfg->nr_nets > 0 ||
	       cfg->nr_vhost_users > 0 || cfg->vsock.kind != VSOCK_NONE ||
	       config_has_console(cfg);
}

/* run's options; also drives `run --help`. */
extern const struct opt_table config_table;
/* exec's, on top of these */
extern const struct opt_table config_exec_table;

/* -m: a size within the limits above, rounded up to CONFIG_MEM_ALIGN. */
int __must_check config_parse_mem(struct opt_parse *p, const char *value,
				  uint64_t *bytes);

/*
 * Fills in @cfg from @argv (argv[0] is "run"). As opt_parse(); @cfg must get
 * config_fini() whatever is returned. Looks at no file.
 */
int __must_check config_parse(struct config *cfg, struct opt_parse *p, int argc,
			      char **argv);
/* The same of exec: cfg->exec.on. */
int __must_check config_parse_exec(struct config *cfg, struct opt_parse *p,
				   int argc, char **argv);
void config_fini(struct config *cfg);

#endif
