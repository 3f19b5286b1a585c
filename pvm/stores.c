// SPDX-License-Identifier: GPL-2.0-only
/*
 * stores.c: device stores that KVM keeps for us (its "coalesced MMIO").
 *
 * The ring is a page of every vCPU's mapping, the same for all of them: KVM
 * appends at "last", we take from "first". When it is full the guest exits as
 * if nothing were kept.
 */
#include "internal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int pvm_keep_stores(struct pvm *p, gpa_t gpa, uint32_t len)
{
	struct kvm_coalesced_mmio_zone zone = { .addr = gpa, .size = len };
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t offset = p->caps.stores_page * page;
	int ret;

	if (!offset || offset + page > p->run_size)
		return -EOPNOTSUPP;
	ret = kvm_ioctl(p->vm_fd, KVM_REGISTER_COALESCED_MMIO, &zone);
	if (ret)
		return ret;
	p->stores = (void *)((uint8_t *)p->vcpus[0].run + offset);
	p->nr_stores = (uint32_t)((page - sizeof(*p->stores)) /
				  sizeof(p->stores->coalesced_mmio[0]));
	return 0;
}

unsigned int pvm_nr_stores(const struct pvm *p)
{
	uint32_t last;

	if (!p->stores)
		return 0;
	last = __atomic_load_n(&p->stores->last, __ATOMIC_ACQUIRE);
	return (last + p->nr_stores - p->stores->first) % p->nr_stores;
}

bool pvm_next_store(struct pvm *p, struct pvm_store *s)
{
	const struct kvm_coalesced_mmio *kept;
	uint32_t first, last;

	if (!p->stores)
		return false;
	first = p->stores->first;
	last = __atomic_load_n(&p->stores->last, __ATOMIC_ACQUIRE);
	if (first == last)
		return false;
	kept = &p->stores->coalesced_mmio[first];
	s->gpa = kept->phys_addr;
	s->len = kept->len;
	memcpy(s->data, kept->data, sizeof(s->data));
	__atomic_store_n(&p->stores->first, (first + 1) % p->nr_stores,
			 __ATOMIC_RELEASE);
	return true;
}
