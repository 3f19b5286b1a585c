/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guest.h: what the freestanding payloads are made of. They run at EL1 with
 * the MMU off, on the machine of include/machine.h.
 */
#ifndef LKVM_PVM_TESTS_GUEST_H
#define LKVM_PVM_TESTS_GUEST_H

#include <stddef.h>
#include <stdint.h>

#define UART 0x01000000UL
#define ECAM 0x40000000UL
#define MMIO 0x50000000UL
#define RAM  0x80000000UL
#define PAGE 4096UL
/* With --window=4M: its upper half, and where RAM begins then. */
#define WINDOW_END (RAM + (4UL << 20))
#define WINDOW_LEN (2UL << 20)
#define WINDOW	   (WINDOW_END - WINDOW_LEN)

#define PSCI_CPU_ON	  0xc4000003UL
#define PSCI_SYSTEM_OFF	  0x84000008UL
#define PSCI_SYSTEM_RESET 0x84000009UL

#define MEM_SHARE   0xc6000003UL
#define MEM_UNSHARE 0xc6000004UL

void guest_main(const void *dtb);

static inline void write8(uintptr_t addr, uint8_t v)
{
	__asm__ volatile("strb %w0, [%1]" : : "r"(v), "r"(addr) : "memory");
}

static inline uint8_t read8(uintptr_t a)
{
	uint8_t v;

	__asm__ volatile("ldrb %w0, [%1]" : "=r"(v) : "r"(a) : "memory");
	return v;
}

static inline uint16_t read16(uintptr_t a)
{
	uint16_t v;

	__asm__ volatile("ldrh %w0, [%1]" : "=r"(v) : "r"(a) : "memory");
	return v;
}

static inline void write16(uintptr_t a, uint16_t v)
{
	__asm__ volatile("strh %w0, [%1]" : : "r"(v), "r"(a) : "memory");
}

static inline uint32_t read32(uintptr_t a)
{
	uint32_t v;

	__asm__ volatile("ldr %w0, [%1]" : "=r"(v) : "r"(a) : "memory");
	return v;
}

static inline void write32(uintptr_t a, uint32_t v)
{
	__asm__ volatile("str %w0, [%1]" : : "r"(v), "r"(a) : "memory");
}

static inline uint64_t read64(uintptr_t addr)
{
	uint64_t v;

	__asm__ volatile("ldr %0, [%1]" : "=r"(v) : "r"(addr) : "memory");
	return v;
}

static inline void write64(uintptr_t addr, uint64_t v)
{
	__asm__ volatile("str %0, [%1]" : : "r"(v), "r"(addr) : "memory");
}

static inline uint64_t hvc(uint64_t fn, uint64_t a1, uint64_t a2, uint64_t a3)
{
	register uint64_t x0 __asm__("x0") = fn;
	register uint64_t x1 __asm__("x1") = a1;
	register uint64_t x2 __asm__("x2") = a2;
	register uint64_t x3 __asm__("x3") = a3;

	__asm__ volatile("hvc #0"
			 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
			 :
			 : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11",
			   "x12", "x13", "x14", "x15", "x16", "x17", "memory");
	return x0;
}

static inline uint64_t counter(void)
{
	uint64_t v;

	__asm__ volatile("isb\n mrs %0, cntvct_el0" : "=r"(v) : : "memory");
	return v;
}

static inline uint64_t ticks_of_ms(uint64_t ms)
{
	uint64_t hz;

	__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(hz));
	return hz / 1000 * ms;
}

static inline void print(const char *s)
{
	while (*s)
		write8(UART, (uint8_t)*s++);
}

static inline void print_hex(uint64_t v)
{
	for (int shift = 60; shift >= 0; shift -= 4)
		write8(UART, (uint8_t) "0123456789abcdef"[v >> shift & 15]);
}

/* Bytes of RAM, from the device tree's memory node; 0 when not found. */
static inline uint64_t ram_size(const void *dtb)
{
	const uint8_t *p = dtb;

	/* Device type "memory", then its reg: <base base size size>. The
	 * payload knows whose tree it is, so it looks for the base alone. */
	for (size_t i = 8; i < 65536; i += 4) {
		if (p[i] == 0 && p[i + 1] == 0 && p[i + 2] == 0 &&
		    p[i + 3] == 0 && p[i + 4] == 0x80 && p[i + 5] == 0 &&
		    p[i + 6] == 0 && p[i + 7] == 0 && p[i - 8] == 0 &&
		    p[i - 5] == 16) {
			uint64_t size = 0;

			for (size_t b = 8; b < 16; b++)
				size = size << 8 | p[i + b];
			return size;
		}
	}
	return 0;
}

/* The first letter after "mode=" in the device tree. */
static inline char mode_of(const void *dtb)
{
	const char *p = dtb;

	for (size_t i = 0; i < 65536; i++)
		if (p[i] == 'm' && p[i + 1] == 'o' && p[i + 2] == 'd' &&
		    p[i + 3] == 'e' && p[i + 4] == '=')
			return p[i + 5];
	return '?';
}

#endif
