// SPDX-License-Identifier: GPL-2.0-only
/*
 * stats.c: KVM's own counters of a vCPU.
 *
 * How this works: their file has a header, a description of each counter with
 * its name, and the values. It is opened before the vCPU runs: the ioctl takes
 * the lock that KVM_RUN holds. Where the values are is noted then: a look is one
 * pread(2). Like the vCPU's own file it keeps the VM alive.
 */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define OTHER_FILES 128U /* that this process may want besides */
#define MAX_NAME    256U
#define MAX_DESC    1024U
#define MAX_APART   1024U /* bytes from the first of our values to the last */

static const char *const names[PVM_NR_STATS] = {
	[PVM_STAT_EXITS] = "exits",
	[PVM_STAT_MMIO_USER] = "mmio_exit_user",
	[PVM_STAT_MMIO_KERNEL] = "mmio_exit_kernel",
	[PVM_STAT_SIGNALS] = "signal_exits",
	[PVM_STAT_WFI] = "wfi_exit_stat",
	[PVM_STAT_WFE] = "wfe_exit_stat",
	[PVM_STAT_HVC] = "hvc_exit_stat",
};

/* One more file for each vCPU is not worth failing for. */
static bool has_room(const struct pvm *p)
{
	struct rlimit files;

	return getrlimit(RLIMIT_NOFILE, &files) == 0 &&
	       files.rlim_cur >= 2ULL * p->cfg.nr_vcpus + OTHER_FILES;
}

static int read_at(int fd, void *buf, size_t len, uint64_t at)
{
	ssize_t n = pread(fd, buf, len, (off_t)at);

	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

/* Notes where the value of @d is when it is one of ours. */
static void take(struct pvm_vcpu *v, const struct kvm_stats_header *h,
		 const struct kvm_stats_desc *d)
{
	uint32_t at = h->data_offset + d->offset;

	for (unsigned int i = 0; i < PVM_NR_STATS; i++) {
		if (strcmp(d->name, names[i]) != 0)
			continue;
		v->stats_at[i] = at;
		if (!v->stats_first || at < v->stats_first)
			v->stats_first = at;
		if (at > v->stats_last)
			v->stats_last = at;
	}
}

static int find_all(struct pvm_vcpu *v)
{
	union {
		struct kvm_stats_desc d;
		char bytes[sizeof(struct kvm_stats_desc) + MAX_NAME + 1];
	} u;
	struct kvm_stats_header h;
	size_t size;
	int ret = read_at(v->stats_fd, &h, sizeof(h), 0);

	if (ret)
		return ret;
	if (h.name_size > MAX_NAME || h.num_desc > MAX_DESC)
		return -ENOTSUP;
	memset(&u, 0, sizeof(u));
	size = sizeof(u.d) + h.name_size;
	for (uint32_t k = 0; !ret && k < h.num_desc; k++) {
		ret = read_at(v->stats_fd, u.bytes, size,
			      h.desc_offset + (uint64_t)k * size);
		if (!ret)
			take(v, &h, &u.d);
	}
	return ret || v->stats_last - v->stats_first <= MAX_APART ? ret
								  : -ENOTSUP;
}

void pvm_stats_open(struct pvm *p, unsigned int i)
{
	struct pvm_vcpu *v = &p->vcpus[i];

	memset(v->stats_at, 0, sizeof(v->stats_at));
	v->stats_first = v->stats_last = 0;
	v->stats_fd =
		has_room(p) ? kvm_ioctl_val(v->fd, KVM_GET_STATS_FD, 0) : -1;
	if (v->stats_fd >= 0 && find_all(v))
		pvm_stats_close(p, i);
}

void pvm_stats_close(struct pvm *p, unsigned int i)
{
	struct pvm_vcpu *v = &p->vcpus[i];

	if (v->stats_fd >= 0)
		close(v->stats_fd);
	v->stats_fd = -1;
}

int pvm_vcpu_stats(struct pvm *p, unsigned int i, uint64_t stats[PVM_NR_STATS])
{
	const struct pvm_vcpu *v = &p->vcpus[i];
	uint8_t values[MAX_APART + sizeof(uint64_t)];
	int ret;

	for (unsigned int s = 0; s < PVM_NR_STATS; s++)
		stats[s] = UINT64_MAX;
	if (p->vm_fd < 0 || v->stats_fd < 0 || !v->stats_first)
		return -ENOTSUP;
	ret = read_at(v->stats_fd, values,
		      v->stats_last - v->stats_first + sizeof(uint64_t),
		      v->stats_first);
	for (unsigned int s = 0; !ret && s < PVM_NR_STATS; s++)
		if (v->stats_at[s])
			memcpy(&stats[s],
			       values + (v->stats_at[s] - v->stats_first),
			       sizeof(stats[s]));
	return ret;
}
