/* SPDX-License-Identifier: GPL-2.0-only */
/* What the runner's two verbs share: options and how they become a host. */
#ifndef TESTBED_RUNNER_H
#define TESTBED_RUNNER_H

#include "machine.h"

struct options {
	const char *kernel;	   /* -k: Image of the host */
	const char *debian_kernel; /* -K: Debian's own, or NULL */
	const char *initrd;	   /* -i */
	const char *out_dir;	   /* -o: logs */
	const char *share;	   /* -s: directory seen as /mnt, or NULL */
	const char *host;	   /* -H: for exec, a name of hosts_find() */
	const char *qemu, *cpu;	   /* QEMU=, CPU= */
	const char *new_qemu;	   /* NEW_QEMU=: of version 10, or NULL */
	unsigned int smp, mem_mib; /* SMP=, MEM=: what tests do not declare */
	unsigned int patience;	   /* PATIENCE=: factor on every timeout */
	unsigned int retries;	   /* RETRIES=: more tries of a failed test */
	bool is_long;		   /* LONG=: what tests have for longer looks */
	unsigned int hosts;	   /* HOSTS=: how many run tests at a time */
	bool verbose, list;	   /* -v, -l */
	bool eof_key;		   /* -e: the end of a pipe types Ctrl-d */
};

/* One kind of host that a test may ask for. */
struct host_kind {
	const char *name, *gic, *params;
	bool is_debian;
	const char *hangs_on; /* CPU model on which its kernel does not boot */
	const char *cpu;      /* NULL: opt->cpu */
	enum host_qemu {
		HOST_QEMU,     /* opt->qemu */
		HOST_QEMU_NEW, /* of version 10 or newer */
		HOST_QEMU_OLD, /* of version 7 or older, whose VHE has a bug */
	} qemu;
};

/* NULL when there is no such kind. */
const struct host_kind *hosts_find(const char *name);

/*
 * The host @nr of those at a time. NULL, or why there is none of this kind here.
 */
const char *hosts_configure(const struct host_kind *kind,
			    const struct options *opt, unsigned int nr,
			    struct machine_config *cfg);

/* Runs tests: exit code. */
int tests_main(const struct options *opt, int argc, char **argv);

/* Runs one command in the host with this terminal: its exit code. */
int session_main(const struct options *opt, int argc, char **argv);

/* A signalfd that is readable once somebody wants us to stop; -1. */
int stop_signals(void);

#endif
