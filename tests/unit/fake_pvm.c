// SPDX-License-Identifier: GPL-2.0-only
/*
 * fake_pvm.c: the seam of include/pvm.h without KVM, for unit tests and
 * fuzzers of what lies above it. The emulated host tests the real one.
 */
#include "fake_pvm.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct fake_pvm fake_pvm;

int pvm_open(struct pvm **out, const struct pvm_config *cfg)
{
	(void)cfg;
	*out = (struct pvm *)(void *)&fake_pvm; /* not NULL, and never used */
	return 0;
}

void pvm_close(struct pvm *p)
{
	(void)p;
}

uint64_t pvm_ram_address(const struct pvm *p)
{
	(void)p;
	return 0;
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

void pvm_set_irqchip(struct pvm *p, bool its, unsigned int nr_spis)
{
	(void)p;
	(void)its;
	(void)nr_spis;
}

int pvm_set_spi(struct pvm *p, unsigned int spi, bool high)
{
	(void)p;
	if (spi < ARRAY_SIZE(fake_pvm.spi))
		fake_pvm.spi[spi] = high;
	return 0;
}

/* --- eventfds, with KVM's rules -------------------------------------------- */

struct fake_irqfd *fake_irqfd(int fd)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(fake_pvm.irqfds); i++)
		if (fake_pvm.irqfds[i].fd == fd)
			return &fake_pvm.irqfds[i];
	return NULL;
}

struct fake_ioeventfd *fake_ioeventfd(int fd)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(fake_pvm.ioeventfds); i++)
		if (fake_pvm.ioeventfds[i].fd == fd)
			return &fake_pvm.ioeventfds[i];
	return NULL;
}

int pvm_irqfd_spi(struct pvm *p, int eventfd, unsigned int spi)
{
	return pvm_irqfd_msi(p, eventfd, spi, 0, 0, 0);
}

/* Of all irqfds of a route KVM knows the last message. */
int pvm_irqfd_msi(struct pvm *p, int eventfd, unsigned int gsi, uint32_t devid,
		  uint64_t address, uint32_t data)
{
	struct fake_irqfd *irq = fake_irqfd(0);

	(void)p;
	if (fake_irqfd(eventfd))
		return -EBUSY;
	if (!irq || fake_pvm.refuses_eventfds)
		return -ENOSPC;
	*irq = (struct fake_irqfd){ eventfd, gsi, devid, address, data };
	return 0;
}

int pvm_irqfd_remove(struct pvm *p, int eventfd, unsigned int gsi)
{
	struct fake_irqfd *irq = fake_irqfd(eventfd);
	uint64_t count;

	(void)p;
	if (!irq || irq->gsi != gsi)
		return -ENOENT;
	(void)!read(eventfd, &count, sizeof(count));
	memset(irq, 0, sizeof(*irq));
	return 0;
}

int pvm_send_msi(struct pvm *p, uint32_t devid, uint64_t address, uint32_t data)
{
	(void)p;
	(void)devid;
	(void)address;
	(void)data;
	fake_pvm.nr_msis++;
	return fake_pvm.its_is_deaf ? 0 : 1;
}

/* As KVM: two may have an address when each has a value of its own. */
static bool collides(const struct fake_ioeventfd *a,
		     const struct fake_ioeventfd *b)
{
	return a->fd && a->gpa == b->gpa &&
	       (!a->has_value || !b->has_value || a->value == b->value);
}

static int add_ioeventfd(const struct fake_ioeventfd *new)
{
	struct fake_ioeventfd *io = fake_ioeventfd(0);

	for (unsigned int i = 0; i < ARRAY_SIZE(fake_pvm.ioeventfds); i++)
		if (collides(&fake_pvm.ioeventfds[i], new))
			return -EEXIST;
	if (!io || fake_pvm.refuses_eventfds)
		return -ENOSPC;
	*io = *new;
	return 0;
}

static int remove_ioeventfd(const struct fake_ioeventfd *old)
{
	struct fake_ioeventfd *io = fake_ioeventfd(old->fd);

	if (!io || io->gpa != old->gpa || io->has_value != old->has_value ||
	    io->value != old->value)
		return -ENOENT;
	memset(io, 0, sizeof(*io));
	return 0;
}

int pvm_ioeventfd(struct pvm *p, int eventfd, gpa_t gpa, unsigned int len)
{
	(void)p;
	(void)len;
	return add_ioeventfd(
		&(struct fake_ioeventfd){ eventfd, gpa, false, 0 });
}

int pvm_ioeventfd_remove(struct pvm *p, int eventfd, gpa_t gpa,
			 unsigned int len)
{
	(void)p;
	(void)len;
	return remove_ioeventfd(
		&(struct fake_ioeventfd){ eventfd, gpa, false, 0 });
}

int pvm_ioeventfd_value(struct pvm *p, int eventfd, gpa_t gpa, uint32_t value)
{
	(void)p;
	return add_ioeventfd(
		&(struct fake_ioeventfd){ eventfd, gpa, true, value });
}

int pvm_ioeventfd_value_remove(struct pvm *p, int eventfd, gpa_t gpa,
			       uint32_t value)
{
	(void)p;
	return remove_ioeventfd(
		&(struct fake_ioeventfd){ eventfd, gpa, true, value });
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

int pvm_map_pages(struct pvm *p, gpa_t gpa, unsigned int nr, uint8_t *states)
{
	(void)p;
	(void)gpa;
	memset(states, PVM_PAGE_UNTOUCHED, nr);
	return 0;
}

int pvm_vcpu_stats(struct pvm *p, unsigned int i, uint64_t stats[PVM_NR_STATS])
{
	(void)p;
	(void)i;
	(void)stats;
	return -ENOTSUP;
}

int pvm_keep_stores(struct pvm *p, gpa_t gpa, uint32_t len)
{
	(void)p;
	if (fake_pvm.nr_kept < ARRAY_SIZE(fake_pvm.kept))
		fake_pvm.kept[fake_pvm.nr_kept++] =
			(struct gpa_range){ gpa, len };
	return 0;
}

unsigned int pvm_nr_stores(const struct pvm *p)
{
	(void)p;
	return fake_pvm.nr_stores - fake_pvm.next_store;
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

int pvm_vcpu_fault_address(struct pvm *p, unsigned int i, uint64_t *va)
{
	(void)p;
	(void)i;
	*va = fake_pvm.fault_va;
	return 0;
}

int pvm_vcpu_inject_abort(struct pvm *p, unsigned int i)
{
	(void)p;
	(void)i;
	fake_pvm.nr_aborts++;
	return 0;
}

void pvm_vcpu_fault_again(struct pvm *p, unsigned int i, struct pvm_exit *e)
{
	(void)p;
	(void)i;
	*e = (struct pvm_exit){ .kind = PVM_EXIT_POISONED };
}

int pvm_read_page(struct pvm *p, gpa_t gpa, void *buf, size_t len)
{
	(void)p;
	(void)gpa;
	memset(buf, 0, len);
	return 0;
}

int pvm_vcpu_set_debug(struct pvm *p, unsigned int i, const struct pvm_debug *d)
{
	(void)p;
	(void)i;
	(void)d;
	return 0;
}

unsigned int pvm_nr_breakpoints(struct pvm *p)
{
	(void)p;
	return 2;
}

unsigned int pvm_nr_watchpoints(struct pvm *p)
{
	(void)p;
	return 2;
}

int pvm_vcpu_set_spsr(struct pvm *p, unsigned int i, uint64_t spsr_el1)
{
	(void)p;
	(void)i;
	(void)spsr_el1;
	return 0;
}

int pvm_vcpu_get_mmu(struct pvm *p, unsigned int i, struct pvm_vcpu_mmu *m)
{
	(void)p;
	(void)i;
	memset(m, 0, sizeof(*m));
	return 0;
}

int pvm_vcpu_set_core(struct pvm *p, unsigned int i, const uint64_t x[31],
		      uint64_t sp, bool is_sp_el1, uint64_t pc, uint64_t pstate)
{
	(void)p;
	(void)i;
	(void)x;
	(void)sp;
	(void)is_sp_el1;
	(void)pc;
	(void)pstate;
	return 0;
}

int pvm_copy(struct pvm *p, gpa_t gpa, void *buf, size_t len, bool write)
{
	(void)p;
	(void)gpa;
	if (!write)
		memset(buf, 0, len);
	return 0;
}

int pvm_reclaim_page(struct pvm *p, gpa_t gpa)
{
	(void)p;
	(void)gpa;
	return 0;
}
