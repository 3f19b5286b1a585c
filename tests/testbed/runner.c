// SPDX-License-Identifier: GPL-2.0-only
// Runs tests, or one command, in the emulated pKVM host.
#include "quota.h"
#include "runner.h"

#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define HOST_NEEDS	  (4L << 30) /* bytes */
#define MAX_DEFAULT_HOSTS 4

int stop_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static const char *env_or(const char *name, const char *absent)
{
	const char *value = getenv(name);

	return value && value[0] ? value : absent;
}

static unsigned int env_number(const char *name, const char *absent)
{
	return (unsigned int)strtoul(env_or(name, absent), NULL, 10);
}

/*
 * One for each CPU that is ours, by affinity and quota, as long as each has memory
 * for its host and QEMU. Few: a container may have less memory than it sees.
 */
static unsigned int default_hosts(void)
{
	cpu_set_t ours;
	long quota = quota_cpus("");
	long cpus = sched_getaffinity(0, sizeof(ours), &ours)
			    ? 1
			    : CPU_COUNT(&ours);
	long fit =
		sysconf(_SC_PHYS_PAGES) / (HOST_NEEDS / sysconf(_SC_PAGESIZE));
	long nr = cpus < fit ? cpus : fit;

	if (nr > quota)
		nr = quota;
	if (nr > MAX_DEFAULT_HOSTS)
		return MAX_DEFAULT_HOSTS;
	return nr > 1 ? (unsigned int)nr : 1;
}

static int usage(void)
{
	fprintf(stderr,
		"usage: runner test -k IMAGE [-K IMAGE] -i INITRD -o DIR"
		" [-v] [-l] TESTDIR [GLOB...]\n"
		"       runner exec -k IMAGE -i INITRD -o DIR [-s DIR]"
		" [-H HOST] [-v] [-e] COMMAND [ARG...]\n"
		"-K: Debian's kernel. -l: list only. -e: Ctrl-d at the"
		" end of a pipe.\nEnvironment: QEMU, NEW_QEMU (of version 10), CPU,"
		" SMP, MEM (MiB), PATIENCE,\nHOSTS (at a time), RETRIES, LONG.\n");
	return 125;
}

int main(int argc, char **argv)
{
	struct options opt = {
		.qemu = env_or("QEMU", "qemu-system-aarch64"),
		.cpu = env_or("CPU", "cortex-a72"),
		.new_qemu = env_or("NEW_QEMU", NULL),
		.smp = env_number("SMP", "2"),
		.mem_mib = env_number("MEM", "2048"),
		.patience = env_number("PATIENCE", "1"),
		.retries = env_number("RETRIES", "0"),
		.is_long = env_or("LONG", "")[0],
		.hosts = env_number("HOSTS", "0"),
		.host = "default",
	};
	int c;

	if (argc < 2)
		return usage();
	while ((c = getopt(argc - 1, argv + 1, "+k:K:i:o:s:H:vle")) != -1) {
		if (c == 'k')
			opt.kernel = optarg;
		else if (c == 'K')
			opt.debian_kernel = optarg;
		else if (c == 'i')
			opt.initrd = optarg;
		else if (c == 'o')
			opt.out_dir = optarg;
		else if (c == 's')
			opt.share = optarg;
		else if (c == 'H')
			opt.host = optarg;
		else if (c == 'v')
			opt.verbose = true;
		else if (c == 'l')
			opt.list = true;
		else if (c == 'e')
			opt.eof_key = true;
		else
			return usage();
	}
	/* What tests say as they go would be mixed. */
	if (!opt.hosts)
		opt.hosts = opt.verbose ? 1 : default_hosts();
	argc -= optind + 1;
	argv += optind + 1;
	if (argc < 1 || !opt.kernel || !opt.initrd || !opt.out_dir)
		return usage();
	if (!strcmp(argv[-optind], "test"))
		return tests_main(&opt, argc, argv);
	if (!strcmp(argv[-optind], "exec"))
		return session_main(&opt, argc, argv);
	return usage();
}
