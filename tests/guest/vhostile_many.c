// SPDX-License-Identifier: GPL-2.0-only
/*
 * vhostile_many.c: hundreds of each attack, while another vCPU reads a disk and
 * wants the same bytes each time; and four vCPUs that attack at once.
 *
 * By rounds: says "sample" before and after the many rounds of each group, and
 * goes on when a byte is typed: meanwhile somebody looks at the VMM.
 */
#include "vhostile.h"

#define VCPUS	     4UL
#define CROWD_ROUNDS 1500U

uint8_t vhostile_stacks[VCPUS][4096] __attribute__((aligned(16)));

void vhostile_secondary(void);
void vhostile_secondary_main(uint64_t self);

/* x0 is the number that CPU_ON passed on. */
__asm__(".globl vhostile_secondary\n"
	"vhostile_secondary:\n"
	"	adrp	x1, vhostile_stacks\n"
	"	add	x1, x1, :lo12:vhostile_stacks\n"
	"	add	x2, x0, #1\n"
	"	add	x1, x1, x2, lsl #12\n"
	"	mov	sp, x1\n"
	"	b	vhostile_secondary_main\n");

static struct crowd {
	struct vpci *all; /* what is attacked */
	unsigned int nr;
	volatile uint8_t done[VCPUS];
} crowd;

static struct witness {
	struct vpci *disk; /* NULL: none, a crowd it is */
	volatile int stop, stopped, failed;
	volatile uint64_t rounds;
} witness;

/* --- the witness ------------------------------------------------------------- */

/* What the disk's first sectors hold, or 0: no answer. */
static uint64_t sum_of(struct vpci *d)
{
	uint64_t sum = 0xcbf29ce484222325;
	unsigned int nr = put_many(d);

	vpci_kick(d);
	if (vpci_wait(d, d->avail, 20000) != 1)
		return 0;
	for (unsigned int at = 0; at < nr * 512; at += 8)
		sum = (sum ^ read64(vpci_page(d, P_DATA) + at)) * 0x100000001b3;
	return sum;
}

static void testify(void)
{
	uint64_t first, sum;

	witness.failed = !vpci_start(witness.disk);
	first = sum_of(witness.disk);
	while (!witness.stop && !witness.failed) {
		sum = sum_of(witness.disk);
		if (sum == 0 || sum != first)
			witness.failed = 1;
		witness.rounds++;
	}
	witness.stopped = 1;
}

static int hear_witness(void)
{
	witness.stop = 1;
	while (!witness.stopped)
		;
	print("other disk: read times ");
	print_hex(witness.rounds);
	print("\n");
	if (witness.failed || witness.rounds < 10)
		return failed(witness.disk, "the other disk", witness.rounds);
	return 1;
}

/* --- by rounds --------------------------------------------------------------- */

static void sample(struct vpci *all, unsigned int nr, const char *name)
{
	for (unsigned int i = 0; i < nr; i++)
		if (&all[i] != witness.disk)
			(void)vpci_reset(&all[i]);
	print("sample ");
	print(name);
	print("\n");
	while (!(read8(UART + 5) & 1))
		wait_ms(5);
	(void)read8(UART);
}

/* All but the witness's take turns. */
static int in_turns(struct vpci *all, unsigned int nr,
		    int (*attack)(struct vpci *), unsigned int times)
{
	for (unsigned int i = 0, done = 0; done < times; i++) {
		if (&all[i % nr] == witness.disk)
			continue;
		if (!attack(&all[i % nr]))
			return 0;
		done++;
	}
	return 1;
}

static int many(struct vpci *all, unsigned int nr, const char *name,
		int (*attack)(struct vpci *), unsigned int times)
{
	if (!in_turns(all, nr, attack, nr - 1))
		return 0;
	sample(all, nr, name);
	if (!in_turns(all, nr, attack, times))
		return 0;
	sample(all, nr, name);
	return in_turns(all, nr, works, nr - 1);
}

/* A group is a number of rounds already: @more times some hundreds of each. */
int attack_by_rounds(struct vpci *all, unsigned int nr, unsigned int more)
{
	const int few = more == 1;
	unsigned int i = nr - 1;

	/* The last disk is left alone. */
	while (i > 0 && all[i].type != TYPE_BLK)
		i--;
	if (i == 0)
		return failed(all, "no disk to leave alone", nr);
	witness.disk = &all[i];
	hvc(PSCI_CPU_ON, 1, (uintptr_t)vhostile_secondary, 1);
	return many(all, nr, "status", status_orders, 6 * more) &&
	       many(all, nr, "sizes", queue_sizes, 12 * more) &&
	       many(all, nr, "addresses", queue_addresses, 8 * more) &&
	       many(all, nr, "twice", enable_twice, few ? 64 : 1000) &&
	       many(all, nr, "chains", bad_chains, few ? 5 : 25) &&
	       many(all, nr, "requests", bad_requests, few ? 40 : 280) &&
	       many(all, nr, "reset", reset_in_flight, 6 * more) &&
	       many(all, nr, "queue-reset", queue_reset_in_flight, 8 * more) &&
	       many(all, nr, "revoke", revoke, few ? 15 : 170) &&
	       many(all, nr, "revoke-in-flight", revoke_in_flight, 6 * more) &&
	       many(all, nr, "storm", notify_storm, 3 * more) &&
	       many(all, nr, "config", config_past_end, 4 * more) &&
	       many(all, nr, "vectors", vectors, 6 * more) &&
	       many(all, nr, "access", noise_of_access_cap, 4 * more) &&
	       many(all, nr, "noise", noise_of_registers, 2 * more) &&
	       hear_witness();
}

/* --- by a crowd -------------------------------------------------------------- */

/* Up, unless somebody else has it down again: nobody waits for that. */
static void bring_up(struct vpci *d)
{
	vpci_place(d);
	write8(d->common + C_STATUS, 0);
	write8(d->common + C_STATUS, S_DRIVER);
	for (uint32_t word = 0; word < 2; word++) {
		write32(d->common + C_DRIVER_WORD, word);
		write32(d->common + C_DRIVER,
			(uint32_t)(d->features >> 32 * word));
	}
	write8(d->common + C_STATUS, S_FEATURES);
	vpci_enable(d, vpci_page(d, P_DESC), vpci_page(d, P_AVAIL),
		    vpci_page(d, P_USED));
	write8(d->common + C_STATUS, S_RUNNING);
}

static void trample(struct vpci *d, uint64_t *s)
{
	uint64_t r = noise(s), v = noise(s);
	uintptr_t page = vpci_page(d, r >> 8 & 7);

	switch (r & 15) {
	case 0:
		bring_up(d);
		break;
	case 1:
		(void)put_many(d);
		vpci_kick(d);
		break;
	case 2:
		write8(d->common + C_STATUS, 0);
		break;
	case 3:
		(void)hvc(MEM_UNSHARE, page, 0, 0);
		break;
	case 4:
	case 5:
		(void)hvc(MEM_SHARE, page, 0, 0);
		break;
	case 6:
	case 7:
		for (unsigned int i = 0; i < 16; i++)
			write64(page + (noise(s) & 0xff8), noise(s));
		break;
	case 8:
		write16(d->common + C_QUEUE, (uint16_t)(v & 3));
		write16(d->common + C_RESET, 1);
		break;
	case 9:
		poke(d->config + (v & 0xff), r >> 32, noise(s));
		break;
	case 10:
		poke(d->msix + (v & 0x3f), r >> 32, noise(s));
		break;
	case 11:
		poke(d->bar + (v & 0x7fff), r >> 32, noise(s));
		break;
	case 12:
		poke(d->common + (v & 0x3f), r >> 32, noise(s));
		break;
	default:
		vpci_kick(d);
		break;
	}
}

static void join_crowd(uint64_t self)
{
	uint64_t s = counter() << 8 | (self + 1);

	for (unsigned int i = 0; i < CROWD_ROUNDS; i++)
		trample(&crowd.all[noise(&s) % crowd.nr], &s);
	crowd.done[self] = 1;
}

void vhostile_secondary_main(uint64_t self)
{
	if (witness.disk)
		testify();
	else
		join_crowd(self);
	for (;;)
		__asm__ volatile("wfi");
}

int attack_by_crowd(struct vpci *all, unsigned int nr)
{
	crowd.all = all;
	crowd.nr = nr;
	if (!all_work(all, nr))
		return 0;
	for (uint64_t i = 1; i < VCPUS; i++)
		hvc(PSCI_CPU_ON, i, (uintptr_t)vhostile_secondary, i);
	join_crowd(0);
	for (uint64_t i = 1; i < VCPUS; i++)
		while (!crowd.done[i])
			;
	(void)share_window();
	for (unsigned int i = 0; i < nr; i++)
		vpci_place(&all[i]);
	return all_work(all, nr);
}
