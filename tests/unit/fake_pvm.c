// SPDX-License-Identifier: GPL-2.0-only
/*
 * fake_pvm.c: the seam of include/pvm.h without KVM, for unit tests and
 * fuzzers of what lies above it. The emulated host tests the real one.
 */
#include "fake_pvm.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>

struct fake_pvm fake_pvm;

int pvm_open(struct pvm **out, const struct pvm_config *cfg)
{
	(void)cfg;
	*out = NULL;
	return 0;
}

void pvm_close(struct pvm *p)
{
	(void)p;
}

struct ram_view pvm_ram_view(struct pvm *p)
{
	(void)p;
	return (struct ram_view){ .hva = NULL };
}

int pvm_start_vm(struct pvm *p, gpa_t entry, uint64_t x0)
{
	(void)p;
	(void)entry;
	(void)x0;
	return 0;
}

void pvm_stop_vm(struct pvm *p)
{
	(void)p;
}

int pvm_set_spi(struct pvm *p, unsigned int spi, bool high)
{
	(void)p;
	if (spi < ARRAY_SIZE(fake_pvm.spi))
		fake_pvm.spi[spi] = high;
	return 0;
}

/* A signal between the look at immediate_exit and the wait ends the wait. */
static void wait_for_signal(unsigned int i)
{
	const struct timespec patience = { FAKE_PATIENCE_MS / 1000,
					   FAKE_PATIENCE_MS % 1000 * 1000000 };
	sigset_t all, mask;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &mask);
	if (!__atomic_load_n(&fake_pvm.immediate_exit[i], __ATOMIC_SEQ_CST) &&
	    ppoll(NULL, 0, &patience, &mask) == 0)
		__atomic_add_fetch(&fake_pvm.nr_overslept, 1, __ATOMIC_RELAXED);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
}

int pvm_keep_stores(struct pvm *p, gpa_t gpa, uint32_t len)
{
	(void)p;
	(void)gpa;
	(void)len;
	return 0;
}

bool pvm_next_store(struct pvm *p, struct pvm_store *s)
{
	(void)p;
	if (fake_pvm.next_store == fake_pvm.nr_stores)
		return false;
	*s = fake_pvm.stores[fake_pvm.next_store++];
	return true;
}

void pvm_vcpu_run(struct pvm *p, unsigned int i, struct pvm_exit *e)
{
	(void)p;
	*e = (struct pvm_exit){ .kind = PVM_EXIT_POWER_OFF };
	if (!fake_pvm.waits)
		return;
	wait_for_signal(i);
	e->kind = PVM_EXIT_INTERRUPTED;
}

void pvm_vcpu_set_immediate_exit(struct pvm *p, unsigned int i, bool on)
{
	(void)p;
	__atomic_store_n(&fake_pvm.immediate_exit[i % FAKE_VCPUS], on,
			 __ATOMIC_SEQ_CST);
}

int pvm_vcpu_get_state(struct pvm *p, unsigned int i, struct pvm_vcpu_state *s)
{
	(void)p;
	(void)i;
	memset(s, 0, sizeof(*s));
	return 0;
}
