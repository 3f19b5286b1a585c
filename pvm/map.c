// SPDX-License-Identifier: GPL-2.0-only
/*
 * map.c: what the host can know of a guest's pages without harming them.
 *
 * How this works: mincore(2) says whether there is a page at all; where there
 * is none nothing more is done, since a look would make one. One byte of a page
 * that is there is written into a pipe: the kernel reads it by the user
 * mapping, which fails with EFAULT on a page that is the guest's own, and harms
 * neither. What can be read is shared, or has stayed the host's: nothing tells
 * these apart.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

uint8_t *pvm_hva(const struct pvm *p, gpa_t gpa, uint64_t len)
{
	const struct pvm_config *c = &p->cfg;
	uint64_t at;

	at = gpa - c->ram.gpa;
	if (at < c->ram.len && len <= c->ram.len - at)
		return p->ram + at;
	at = gpa - c->window.gpa;
	if (at < c->window.len && len <= c->window.len - at)
		return (uint8_t *)c->window_hva + at;
	return NULL;
}

static int probe(int fd, const uint8_t *hva, uint8_t *state)
{
	ssize_t n;

	do
		n = write(fd, hva, 1);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno != EFAULT)
		return -errno;
	*state = n == 1 ? PVM_PAGE_READABLE : PVM_PAGE_PRIVATE;
	return 0;
}

int pvm_map_pages(struct pvm *p, gpa_t gpa, unsigned int nr, uint8_t *states)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *hva = pvm_hva(p, gpa, nr * page);
	int fds[2], ret = 0;

	if (!hva || nr > PVM_MAP_MAX || !is_aligned(gpa, page))
		return -EINVAL;
	if (mincore(hva, nr * page, states))
		return -errno;
	/* It holds 64 KiB; nobody wants to know what it got. */
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	for (unsigned int i = 0; !ret && i < nr; i++) {
		if (states[i] & 1)
			ret = probe(fds[1], hva + i * page, &states[i]);
		else
			states[i] = PVM_PAGE_UNTOUCHED;
	}
	close(fds[0]);
	close(fds[1]);
	return ret;
}
