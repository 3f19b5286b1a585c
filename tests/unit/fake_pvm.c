// SPDX-License-Identifier: GPL-2.0-only
/*
 * fake_pvm.c: the seam of include/pvm.h without KVM, for unit tests and
 * fuzzers of what lies above it. The emulated host tests the real one.
 */
#include "fake_pvm.h"

#include <string.h>

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

void pvm_vcpu_run(struct pvm *p, unsigned int i, struct pvm_exit *e)
{
	(void)p;
	(void)i;
	*e = (struct pvm_exit){ .kind = PVM_EXIT_POWER_OFF };
}

void pvm_vcpu_set_immediate_exit(struct pvm *p, unsigned int i, bool on)
{
	(void)p;
	(void)i;
	(void)on;
}

int pvm_vcpu_get_state(struct pvm *p, unsigned int i, struct pvm_vcpu_state *s)
{
	(void)p;
	(void)i;
	memset(s, 0, sizeof(*s));
	return 0;
}
