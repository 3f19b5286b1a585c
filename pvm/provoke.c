// SPDX-License-Identifier: GPL-2.0-only
/*
 * provoke.c: what only those ask for who debug a guest: a page taken from it by
 * force.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/*
 * The kernel reads another process's memory, and this way also our own, by its
 * own mapping of the page: that fault takes the page from the guest. Our user
 * mapping would only say EFAULT.
 */
int pvm_reclaim_page(struct pvm *p, gpa_t gpa)
{
	const uint8_t *hva = pvm_page_at(p, gpa, (size_t)sysconf(_SC_PAGESIZE));
	int fd, ret = 0;
	uint8_t byte;

	if (!hva)
		return -ENOENT;
	fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (pread(fd, &byte, 1, (off_t)(uintptr_t)hva) < 0)
		ret = -errno;
	close(fd);
	return ret;
}
