/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * window.h: the only guest memory a device can reach.
 *
 * The window is a memfd that the guest maps as its DMA pool and shares page by
 * page with MEM_SHARE. The guest may take any page back at any moment, also in
 * the middle of an access of ours: a load or store is then a SIGSEGV and a
 * system call -EFAULT. So:
 *
 *   - window_at() is the only translation of a guest address.
 *   - What it returns is dereferenced by the accessors below alone; they come
 *     back with -EFAULT when the page is gone (access.c has the exception
 *     table). Otherwise it is only ever handed to a system call.
 *   - The guest writes concurrently: read each byte once, decide on the copy.
 *
 * No lock: the descriptor of the window does not change while a VM lives.
 */
#ifndef LKVM_PVM_WINDOW_H
#define LKVM_PVM_WINDOW_H

#include "base.h"

struct window {
	gpa_t gpa;
	uint64_t len; /* bytes; multiple of the page size; 0: no window */
	uint8_t *hva; /* between PROT_NONE guard pages */
	int fd;	      /* memfd, sealed against resize; -1 when there is none */
};

/*
 * Makes a window of @len bytes (multiple of 64 KiB) at @gpa: a preallocated
 * memfd, mapped MADV_DONTFORK and MADV_DONTDUMP. Logs the reason with its
 * remedy and returns -errno.
 */
int __must_check window_init(struct window *w, gpa_t gpa, uint64_t len);
/* Idempotent; a zeroed struct with fd -1 is fine. */
void window_fini(struct window *w);

/*
 * A fresh window for the next life: its pages read as zeros. Only once the old
 * VM is gone: what it still holds is not freed. 0 or -errno.
 */
int __must_check window_clear(struct window *w);

/*
 * Drops the page [@gpa, @gpa + @len) of the file: we find a new one there, of
 * zeros, while a protected guest keeps the one it has. To see what devices and
 * drivers do then. 0 or -errno.
 */
int __must_check window_unplug(struct window *w, gpa_t gpa, uint64_t len);

/*
 * [@gpa, @gpa + @len) as host addresses; NULL when any byte of it lies outside
 * the window. A length of 0 is inside when @gpa is inside or at the end.
 */
static inline void *window_at(const struct window *w, gpa_t gpa, uint64_t len)
{
	uint64_t offset = gpa - w->gpa;

	if (gpa < w->gpa || offset > w->len || len > w->len - offset)
		return NULL;
	return w->hva + offset;
}

/* The guest's address of @hva, which is inside the window, or at its end. */
static inline gpa_t window_gpa(const struct window *w, const void *hva)
{
	return w->gpa + (gpa_t)((const uint8_t *)hva - w->hva);
}

/*
 * The accessors. @p is what window_at() returned for at least as many bytes.
 * 0, or -EFAULT when the guest took the page back; what is read is then zero,
 * and of what is written any part may have arrived. Copies are not atomic.
 * The calling thread must not block SIGSEGV or SIGBUS.
 */
int __must_check window_read(void *dst, const void *p, size_t len);
int __must_check window_write(void *p, const void *src, size_t len);
int __must_check window_zero(void *p, size_t len);

/* Single fields, @p aligned: one access, acquire and release. */
int __must_check window_load16(const void *p, uint16_t *v);
int __must_check window_store16(void *p, uint16_t v);

/*
 * For the handler of SIGSEGV and SIGBUS: when @ucontext (ucontext_t of the
 * fault) stands on an accessor's instruction, makes it return -EFAULT and is
 * true. Async-signal-safe.
 */
bool window_fixup(void *ucontext);

#endif
