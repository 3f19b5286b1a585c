// SPDX-License-Identifier: GPL-2.0-only
// Changes another process's limit of locked memory, as prlimit(1) would.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

int main(int argc, char **argv)
{
	struct rlimit lim;
	pid_t pid;

	if (argc != 3) {
		fprintf(stderr, "usage: memlock PID BYTES\n");
		return 2;
	}
	pid = (pid_t)strtol(argv[1], NULL, 10);
	lim.rlim_cur = strtoull(argv[2], NULL, 10);
	lim.rlim_max = lim.rlim_cur;
	if (!prlimit(pid, RLIMIT_MEMLOCK, &lim, NULL))
		return 0;
	fprintf(stderr, "memlock: process %s: %s\n", argv[1], strerror(errno));
	return 1;
}
