/* SPDX-License-Identifier: GPL-2.0-only */
/* verdict.h: how a VM ended, and the file that says so (--verdict). */
#ifndef LKVM_PVM_VERDICT_H
#define LKVM_PVM_VERDICT_H

#include "exitcode.h"

#include "base.h"
#include "ktap.h"

#define VERDICT_VERSION 1

/*
 * How a VM ended. The first to say so counts; but a reset gives way to any
 * other end, or a guest that resets itself again and again would outrun the
 * user's wish to end it.
 */
struct verdict {
	int code;	/* enum exitcode, or 128 + signal */
	bool reset;	/* the guest asked for a reset */
	bool report;	/* show the vCPUs' state */
	bool ran;	/* exec's command came to its end: code is its */
	bool has_tests; /* KTAP was seen, and says: */
	struct ktap_totals tests;
	const char *origin;  /* "guest", "vmm", "host", "user" */
	const char *channel; /* of exec: "port", "vsock", ...; or NULL */
	char reason[256];
};

/* Writes @v into @fd, and closes it; -errno, logged, when it could not. */
int verdict_write(int fd, const char *path, const struct verdict *v);

/*
 * The exit code for `git bisect run`, which takes 1 to 124, 126 and 127 as bad,
 * 125 as a kernel that cannot be tested, and more as the wish to stop.
 */
int verdict_bisect(const struct verdict *v);

#endif
