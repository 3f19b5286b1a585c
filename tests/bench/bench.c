// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench.c: measures VMMs inside the emulated host: counts first, times as
 * medians of interleaved rounds. Each round runs every contender once, so a
 * noisy machine is noisy for all of them.
 *
 * usage: bench [-n ROUNDS] OURS MINIMAL [PEER]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "measure.h"

#define MAX_ROUNDS 99

/* The host's own kernel, and one with nothing in it but what a guest needs. */
#define KERNEL	     "/boot/Image"
#define GUEST_KERNEL "/boot/guest.Image"
#define INITRD	     "/boot/initrd.cpio"
#define HELLO	     "/tests/guest/hello.flat"
#define TOUCH	     "/tests/guest/touch.flat"
/* The same words for everybody; kvmtool appends its console itself. */
#define BOOT_PARAMS "quiet init_mark=INIT lkvm.run=/bin/true"
#define READY	    "INIT" /* init's first act */
/* With a number: what `run` makes for cards and disks. */
#define TAP  "mode=tap,vhost=1,tapif=bench%u"
#define DISK "/tmp/bench%u.img"
/* What exec says by itself; kvmtool adds its console's. */
#define EXEC_PARAMS "quiet"
#define MAX_DEVICES 4U /* of each kind */
#define MAX_ARGS    40
#define TOUCHED	    "touched"

struct contender {
	const char *name;
	const char *path; /* NULL: not there */
	bool is_peer;
};

struct devices {
	unsigned int disks, cards;
};

static const struct devices none;

/* One column of samples and its median. */
struct column {
	double v[MAX_ROUNDS];
	unsigned int n;
};

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void column_add(struct column *c, double v)
{
	if (c->n < MAX_ROUNDS)
		c->v[c->n++] = v;
}

static double column_median(struct column *c)
{
	if (!c->n)
		return 0;
	qsort(c->v, c->n, sizeof(c->v[0]), by_value);
	return c->n % 2 ? c->v[c->n / 2]
			: (c->v[c->n / 2 - 1] + c->v[c->n / 2]) / 2;
}

/* argv of a VM: what both command lines have in common. */
static void vm_argv(const char **argv, const struct contender *c,
		    const char *kernel, const char *initrd, const char *mem,
		    const char *params, struct devices d)
{
	static char disks[MAX_DEVICES][32], taps[MAX_DEVICES][64];
	unsigned int n = 0;

	argv[n++] = c->path;
	argv[n++] = "run";
	argv[n++] = "-k";
	argv[n++] = kernel;
	if (initrd) {
		argv[n++] = "-i";
		argv[n++] = initrd;
	}
	argv[n++] = "-m";
	argv[n++] = mem;
	argv[n++] = "-c";
	argv[n++] = "1";
	argv[n++] = "--console";
	argv[n++] = "serial";
	if (c->is_peer) { /* at its best; ours is the default */
		argv[n++] = "--irqchip";
		argv[n++] = "gicv3-its";
	}
	argv[n++] = "--protected";
	/* Neither gets a network card or a root it did not ask for. */
	argv[n++] = "--network";
	argv[n++] = "mode=none";
	n -= d.cards > 0 ? 2 : 0;
	for (unsigned int i = 0; i < d.cards; i++) {
		(void)snprintf(taps[i], sizeof(taps[i]), TAP, i);
		argv[n++] = "--network";
		argv[n++] = taps[i];
	}
	for (unsigned int i = 0; i < d.disks; i++) {
		(void)snprintf(disks[i], sizeof(disks[i]), DISK, i);
		argv[n++] = "--disk";
		argv[n++] = disks[i];
	}
	if (params) {
		argv[n++] = "-p";
		argv[n++] = params;
	}
	argv[n] = NULL;
}

struct boot_columns {
	struct column ms, exits, user_exits, lck_kib, pss_kib;
};

static void boot_round(const struct contender *c, const char *kernel,
		       struct devices d, struct boot_columns *b)
{
	const char *argv[MAX_ARGS];
	struct sample s;

	vm_argv(argv, c, kernel, INITRD, "256", BOOT_PARAMS, d);
	if (!measure_until(argv, READY, MIB_OF(256), &s)) {
		printf("! %s did not reach init (exit %d)\n%s\n", c->name,
		       s.status, s.tail);
		return;
	}
	column_add(&b->ms, s.ms);
	column_add(&b->exits, s.exits);
	column_add(&b->user_exits, s.user_exits);
	column_add(&b->lck_kib, s.lck_kib);
	column_add(&b->pss_kib, s.pss_kib);
}

static void print_ratio(const char *what, struct column *ours,
			struct column *peer, const char *bar)
{
	double o = column_median(ours), p = peer ? column_median(peer) : 0;

	printf("%-44s %10.1f", what, o);
	if (peer && peer->n)
		printf(" %10.1f %8.2f", p, p > 0 ? o / p : 0);
	else
		printf(" %10s %8s", "-", "-");
	printf("  %s\n", bar);
}

/* Every contender but the minimal one boots with @d. */
static void boot_rounds(const struct contender *c, unsigned int n,
			unsigned int rounds, const char *kernel,
			struct devices d, struct boot_columns *b)
{
	memset(b, 0, 3 * sizeof(*b));
	for (unsigned int r = 0; r < rounds; r++)
		for (unsigned int i = 0; i < n; i++)
			if (c[i].path && strcmp(c[i].name, "minimal") != 0)
				boot_round(&c[i], kernel, d, &b[i]);
}

static void bench_boot(const struct contender *c, unsigned int n,
		       unsigned int rounds, const char *kernel,
		       struct devices d)
{
	static struct boot_columns b[3];

	boot_rounds(c, n, rounds, kernel, d, b);
	printf("boot: %s, 256 MiB, 1 vCPU, %u disks, %u cards, process start "
	       "to init\n",
	       kernel, d.disks, d.cards);
	print_ratio("  KVM exits", &b[0].exits, &b[2].exits, "<= 0.50");
	print_ratio("  exits to user space", &b[0].user_exits, &b[2].user_exits,
		    "");
	print_ratio("  VmLck, KiB", &b[0].lck_kib, &b[2].lck_kib, "<= 0.50");
	print_ratio("  time, ms", &b[0].ms, &b[2].ms, "<= 0.50");
	/* Devices have a bar of their own: what one more takes. */
	print_ratio("  the VMM's own memory (Pss), KiB", &b[0].pss_kib,
		    &b[2].pss_kib, d.disks || d.cards ? "" : "<= 2048 KiB");
	(void)fflush(stdout);
}

/* What one more of a kind takes of the VMM's own memory. */
static void bench_extra(const struct contender *c, unsigned int n,
			unsigned int rounds)
{
	static struct boot_columns few[3], disks[3], cards[3];
	const double more = MAX_DEVICES - 1;

	boot_rounds(c, n, rounds, KERNEL, (struct devices){ 1, 1 }, few);
	boot_rounds(c, n, rounds, KERNEL, (struct devices){ MAX_DEVICES, 1 },
		    disks);
	boot_rounds(c, n, rounds, KERNEL, (struct devices){ 1, MAX_DEVICES },
		    cards);
	printf("the VMM's own memory (Pss), KiB, for one more (ours: 200 at most):\n");
	for (unsigned int i = 0; i < n; i += 2) {
		double base = column_median(&few[i].pss_kib);

		if (!c[i].path)
			continue;
		printf("  %-9s disk %7.1f, card %7.1f\n", c[i].name,
		       (column_median(&disks[i].pss_kib) - base) / more,
		       (column_median(&cards[i].pss_kib) - base) / more);
	}
	(void)fflush(stdout);
}

static void bench_hello(const struct contender *c, unsigned int n,
			unsigned int rounds)
{
	static struct column life[3], nothing;
	static const char *const true_argv[] = { "/bin/true", NULL };
	struct sample s;

	for (unsigned int r = 0; r < rounds; r++) {
		if (measure_until(true_argv, NULL, 0, &s))
			column_add(&nothing, s.ms);
		for (unsigned int i = 0; i < n; i++) {
			const char *argv[MAX_ARGS];

			if (!c[i].path)
				continue;
			vm_argv(argv, &c[i], HELLO, NULL, "64", NULL, none);
			if (measure_until(argv, NULL, 0, &s))
				column_add(&life[i], s.ms);
			else
				printf("! %s: exit %d\n%s\n", c[i].name,
				       s.status, s.tail);
		}
	}
	printf("life: a payload that prints one byte and powers off\n");
	print_ratio("  start to exit, ms", &life[0], &life[2], "<= 0.80");
	printf("%-44s %10.1f %30s\n",
	       "  the same KVM calls and nothing else, ms",
	       column_median(&life[1]), "ours within 10 ms");
	printf("%-44s %10.1f\n", "  true, ms", column_median(&nothing));
	(void)fflush(stdout);
}

/* A boot with one command in it against one whose init powers off at once. */
static void exec_argv(const char **argv, const struct contender *c,
		      const char *kernel)
{
	vm_argv(argv, c, kernel, INITRD, "256",
		c->is_peer ? EXEC_PARAMS " rdinit=/bin/busybox -- poweroff -f"
			   : EXEC_PARAMS,
		none);
	if (c->is_peer)
		return;
	argv[1] = "exec";
	while (*argv)
		argv++;
	*argv++ = "--";
	*argv++ = "true";
	*argv = NULL;
}

static void bench_exec(const struct contender *c, unsigned int n,
		       unsigned int rounds, const char *kernel)
{
	static struct column ms[3], exits[3];

	memset(ms, 0, sizeof(ms));
	memset(exits, 0, sizeof(exits));
	/* The last round is for the exits: counting them takes time. */
	for (unsigned int r = 0; r <= rounds; r++)
		for (unsigned int i = 0; i < n; i++) {
			const char *argv[MAX_ARGS];
			struct sample s;

			if (!c[i].path || !strcmp(c[i].name, "minimal"))
				continue;
			exec_argv(argv, &c[i], kernel);
			if (r == rounds)
				column_add(&exits[i], measure_exits(argv, &s));
			else if (measure_until(argv, NULL, 0, &s))
				column_add(&ms[i], s.ms);
			if (s.status)
				printf("! %s: status %d\n%s\n", c[i].name,
				       s.status, s.tail);
		}
	printf("exec -- true: %s, 256 MiB, 1 vCPU, process start to exit\n",
	       kernel);
	print_ratio("  KVM exits", &exits[0], &exits[2], "");
	print_ratio("  time, ms", &ms[0], &ms[2], "<= 0.60");
	(void)fflush(stdout);
}

static void bench_teardown(const struct contender *c, unsigned int n)
{
	printf("teardown: 512 MiB, every page touched; power-off to exit\n");
	for (unsigned int i = 0; i < n; i++) {
		const char *argv[MAX_ARGS];
		struct sample s;

		if (!c[i].path || !strcmp(c[i].name, "minimal"))
			continue;
		vm_argv(argv, &c[i], TOUCH, NULL, "512", NULL, none);
		if (measure_until(argv, TOUCHED, 0, &s))
			printf("  %-42s %10.1f ms (%.0f KiB locked)\n",
			       c[i].name, s.end_ms - s.ms, s.lck_kib);
		else
			printf("! %s: exit %d\n%s\n", c[i].name, s.status,
			       s.tail);
	}
	(void)fflush(stdout);
}

int main(int argc, char **argv)
{
	struct contender c[3] = { { .name = "ours" },
				  { .name = "minimal" },
				  { .name = "peer", .is_peer = true } };
	unsigned int rounds = 9;
	int opt;

	while ((opt = getopt(argc, argv, "n:")) != -1) {
		if (opt != 'n')
			return 2;
		rounds = (unsigned int)atoi(optarg);
	}
	if (argc - optind < 2 || argc - optind > 3 || rounds < 1 ||
	    rounds > MAX_ROUNDS) {
		(void)fprintf(stderr,
			      "usage: bench [-n ROUNDS] OURS MINIMAL [PEER]\n");
		return 2;
	}
	for (int i = 0; i < argc - optind; i++)
		c[i].path = argv[optind + i];

	printf("%-44s %10s %10s %8s\n", "medians", "ours", "peer", "ratio");
	bench_hello(c, 3, rounds);
	bench_exec(c, 3, rounds, KERNEL);
	if (!access(GUEST_KERNEL, R_OK))
		bench_exec(c, 3, rounds, GUEST_KERNEL);
	bench_boot(c, 3, rounds, KERNEL, none);
	if (!access(GUEST_KERNEL, R_OK))
		bench_boot(c, 3, rounds, GUEST_KERNEL, none);
	if (!access("/tmp/bench0.img", R_OK)) {
		bench_boot(c, 3, rounds, KERNEL, (struct devices){ 1, 1 });
		if (!access(GUEST_KERNEL, R_OK))
			bench_boot(c, 3, rounds, GUEST_KERNEL,
				   (struct devices){ 1, 1 });
		bench_extra(c, 3, rounds < 3 ? rounds : 3);
	}
	bench_teardown(c, 3);
	return 0;
}
