/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hostcheck.h: can this host run protected VMs? Facts are gathered in one place
 * (check.c), judged in another without looking at anything else
 * (check_judge.c), and printed from there (check_print.c).
 */
#ifndef LKVM_PVM_HOSTCHECK_H
#define LKVM_PVM_HOSTCHECK_H

#include <stdio.h>

#include "base.h"
#include "loader.h"
#include "host.h"
#include "pvm.h"

#define CHECK_DEFAULT_MEM MIB(256) /* run's -m with one vCPU */
#define CHECK_LEAST_MEM	  MIB(32)  /* no Linux boots in less */

/* errno values; 0 there and usable, -1 not looked at. */
struct check_facts {
	char machine[65], release[65]; /* uname */
	bool is_arm64;		       /* this build can ask KVM */
	bool cmdline_protected;	       /* kvm-arm.mode=protected */
	struct pvm_host host;	       /* valid when is_arm64 */
	uint64_t page_size;

	struct host_memlock memlock;
	int memlock_err;
	uint64_t available; /* memory that can be pinned */
	const char *available_what;
	int available_err;
	uint64_t want; /* -m, or 0 */

	int io_uring_err;
	int io_uring_disabled; /* the sysctl, -1 when there is none */
	int mseal_err;
	int vhost_net_err, vhost_vsock_err, tun_err;
	bool has_passt, has_virtiofsd;
	bool virtiofsd_can_ro; /* valid when there is one */

	const char *kernel; /* -k, or NULL */
	int kernel_err;	    /* it cannot be read; already logged */
	struct loader_kconfig kconfig;
};

enum check_state {
	CHECK_OK,
	CHECK_WARN,    /* a pVM runs without it */
	CHECK_FAIL,    /* no pVM runs */
	CHECK_UNKNOWN, /* could not be found out: why */
};

#define CHECK_MAX_ITEMS 48U

struct check_item {
	enum check_state state;
	const char *thing;
	char finding[192];
	char remedy[256]; /* "" when there is nothing to do */
};

enum check_verdict {
	CHECK_CAN_RUN,
	CHECK_CANNOT_RUN,
	CHECK_CANNOT_TELL,
};

struct check_report {
	struct check_item items[CHECK_MAX_ITEMS];
	unsigned int nr;
	/* The largest -m memlock and memory allow, bytes; or UINT64_MAX. */
	uint64_t max_mem;
	enum check_verdict verdict;
	char summary[160];
};

void check_judge(const struct check_facts *f, struct check_report *r);

/* One line an item and the summary; @colour for terminals. */
void check_print(FILE *out, const struct check_report *r, bool colour);
/* The same as one JSON object. 0 or -ENOMEM. */
int __must_check check_print_json(FILE *out, const struct check_facts *f,
				  const struct check_report *r);

#endif
