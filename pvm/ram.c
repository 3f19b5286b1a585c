// SPDX-License-Identifier: GPL-2.0-only
/*
 * ram.c: guest RAM as the host sees it.
 *
 * How this works: RAM is one anonymous private mapping, because only
 * swap-backed pages can be donated. The flags keep the host's reflexes away:
 * fork() would copy, and so destroy, every donated page (MADV_DONTFORK); a
 * core dump would read them (MADV_DONTDUMP). The pages are never locked by us:
 * KVM charges each donated page to RLIMIT_MEMLOCK, and mlock() would charge it
 * twice. Once the memslot is set the mapping is sealed, since a later
 * munmap() or MAP_FIXED would part guest and host in silence; a restart after
 * guest reset drops the pages and uses the same mapping again.
 */
#include "internal.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "compat.h"
#include "log.h"

#define RAM_ALIGN MIB(2) /* a stage-2 block, and a transparent huge page */

int pvm_ram_map(struct pvm *p)
{
	uint64_t len = p->cfg.ram.len, head, tail;
	/* A block of the guest's is a huge page of ours. */
	uint64_t off = p->cfg.ram.gpa % RAM_ALIGN;
	uint8_t *map;

	map = mmap(NULL, len + RAM_ALIGN, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED) {
		int err = errno;

		log_err("cannot map %llu MiB of guest RAM: %s; lower -m or raise ulimit -v and -d",
			(unsigned long long)(len >> 20), errno_text(err));
		return -err;
	}

	head = (off - (uintptr_t)map) % RAM_ALIGN;
	tail = RAM_ALIGN - head;
	if (head)
		munmap(map, head);
	if (tail)
		munmap(map + head + len, tail);
	p->ram = map + head;

	/* Advice the kernel may lack (no THP) is no reason to stop. */
	(void)madvise(p->ram, len, MADV_HUGEPAGE);
	if (madvise(p->ram, len, MADV_DONTFORK) ||
	    madvise(p->ram, len, MADV_DONTDUMP)) {
		int err = errno;

		log_err("cannot protect guest RAM from fork and core dumps: %s",
			errno_text(err));
		pvm_ram_unmap(p);
		return -err;
	}
	return 0;
}

void pvm_ram_seal(struct pvm *p)
{
	if (p->ram_sealed)
		return;
	/* ENOSYS before Linux 6.10: the mapping stays as safe as our code. */
	(void)syscall(SYS_mseal, p->ram, p->cfg.ram.len, 0UL);
	/* Nothing is to touch the mapping either way, ourselves included. */
	p->ram_sealed = true;
}

void pvm_ram_drop(struct pvm *p)
{
	(void)madvise(p->ram, p->cfg.ram.len, MADV_DONTNEED);
}

void pvm_ram_unmap(struct pvm *p)
{
	if (p->ram && !p->ram_sealed)
		munmap(p->ram, p->cfg.ram.len);
	else if (p->ram)
		pvm_ram_drop(p); /* sealed until the process ends */
	p->ram = NULL;
}
