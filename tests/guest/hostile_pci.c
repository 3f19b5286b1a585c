// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostile_pci.c: a driver that means harm. It brings each virtio-pci device up
 * half way or all the way, with queues in, around and outside the window, fills
 * the rings with nonsense, takes pages of them back at any moment, moves BARs,
 * masks and rewrites vectors, and writes any register at random, with any
 * width. After ROUNDS of that it resets the machine. The noise differs from
 * life to life: its seed is the counter.
 */
#include "guest.h"

#define ROUNDS 800U

#define ECAM	   0x40000000UL
#define MMIO	   0x50000000UL
#define WINDOW_END RAM
#define WINDOW_LEN (2UL << 20)
#define WINDOW	   (WINDOW_END - WINDOW_LEN)

#define MEM_SHARE   0xc6000003UL
#define MEM_UNSHARE 0xc6000004UL

/* Parts of the BAR, as this VMM has them. */
#define COMMON 0x0000UL
#define NOTIFY 0x3000UL
#define MSIX   0x4000UL

static uint64_t counter(void)
{
	uint64_t v;

	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(v));
	return v;
}

static uint64_t noise(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void write16(uintptr_t a, uint16_t v)
{
	__asm__ volatile("strh %w0, [%1]" : : "r"(v), "r"(a) : "memory");
}

static void write32(uintptr_t a, uint32_t v)
{
	__asm__ volatile("str %w0, [%1]" : : "r"(v), "r"(a) : "memory");
}

static uint32_t read32(uintptr_t a)
{
	uint32_t v;

	__asm__ volatile("ldr %w0, [%1]" : "=r"(v) : "r"(a) : "memory");
	return v;
}

/* Any width, aligned to it. */
static void poke(uintptr_t a, uint64_t r, uint64_t v)
{
	switch (r & 7) {
	case 0:
		write8(a, (uint8_t)v);
		break;
	case 1:
		write16(a & ~1UL, (uint16_t)v);
		break;
	case 2:
	case 3:
		write32(a & ~3UL, (uint32_t)v);
		break;
	case 4:
		write64(a & ~7UL, v);
		break;
	default:
		(void)read64(a & ~7UL);
		break;
	}
}

static uintptr_t config_of(unsigned int slot)
{
	return ECAM + slot * 0x8000UL;
}

static uintptr_t bar_of(unsigned int slot)
{
	return MMIO + slot * 0x100000UL;
}

static void switch_on(unsigned int slot)
{
	write32(config_of(slot) + 0x10, (uint32_t)bar_of(slot));
	write16(config_of(slot) + 0x04, 6);
}

/* In the window mostly, at its edges, in RAM, nowhere. */
static uint64_t some_address(uint64_t r)
{
	switch (r & 15) {
	case 0:
		return WINDOW_END - (r >> 8 & 0xff0);
	case 1:
		return WINDOW - (r >> 8 & 0xff0);
	case 2:
		return RAM + (r >> 8 & 0xffffff0);
	case 3:
		return r;
	default:
		return WINDOW + (r >> 8 & 0x1fff0);
	}
}

static void set_up_queue(uintptr_t common, uint64_t *s)
{
	uint64_t at = some_address(noise(s)) & ~0xfffUL;

	write16(common + 22, (uint16_t)(noise(s) & 3));
	write16(common + 24, (uint16_t)(1U << (noise(s) & 15)));
	for (unsigned int part = 0; part < 3; part++) {
		uint64_t gpa = noise(s) & 1 ? at + part * 0x1000
					    : some_address(noise(s));

		write32(common + 32 + part * 8, (uint32_t)gpa);
		write32(common + 36 + part * 8, (uint32_t)(gpa >> 32));
	}
	write16(common + 26, (uint16_t)(noise(s) & 3));
	write16(common + 28, 1);
}

static void bring_up(unsigned int slot, uint64_t *s)
{
	uintptr_t common = bar_of(slot) + COMMON;

	switch_on(slot);
	write8(common + 20, 0);
	write8(common + 20, 3);
	write32(common + 8, 0);
	write32(common + 12, noise(s) & 1 ? 0x30000000 : 0);
	write32(common + 8, 1);
	write32(common + 12, noise(s) & 7 ? 3 : (uint32_t)noise(s));
	write8(common + 20, 11);
	for (unsigned int i = 0; i < 3; i++)
		set_up_queue(common, s);
	if (noise(s) & 7)
		write8(common + 20, 15);
}

/* Nonsense over what may be rings, some of it plausible. */
static void scribble(uint64_t *s)
{
	for (unsigned int i = 0; i < 32; i++) {
		uint64_t r = noise(s);

		write64(WINDOW + (r & 0x1fff8),
			r >> 63 ? some_address(noise(s))
				: (noise(s) & 0x0007000700000fffUL));
	}
}

static void take_or_give(uint64_t *s)
{
	uint64_t r = noise(s), page = WINDOW + (r >> 8 & 0x1f) * PAGE;

	(void)hvc(r & 3 ? MEM_SHARE : MEM_UNSHARE, page, 0, 0);
}

static void round_of_noise(unsigned int slot, uint64_t *s)
{
	uint64_t r = noise(s), v = noise(s);

	switch (r >> 32 & 15) {
	case 0:
		bring_up(slot, s);
		break;
	case 1:
	case 2:
		scribble(s);
		break;
	case 3:
		take_or_give(s);
		break;
	case 4: /* vectors, as they come */
		write32(config_of(slot) + 0x40, (uint32_t)(v & 0xc0000000));
		poke(bar_of(slot) + MSIX + (r & 0x3f), 2, v);
		break;
	case 5:
		poke(config_of(slot) + (r & 0xff), r >> 16, v);
		break;
	case 6:
		switch_on(slot);
		break;
	case 7:
	case 8:
		poke(bar_of(slot) + COMMON + (r & 0x3f), r >> 16, v);
		break;
	case 9:
		poke(bar_of(slot) + (r & 0x7fff), r >> 16, v);
		break;
	default:
		write16(bar_of(slot) + NOTIFY + (r & 0xc), (uint16_t)v);
		break;
	}
}

void guest_main(const void *dtb)
{
	uint64_t s = counter() | 1;
	unsigned int nr = 0;

	(void)dtb;
	for (uint64_t page = WINDOW; page < WINDOW_END; page += PAGE)
		(void)hvc(MEM_SHARE, page, 0, 0);
	while (nr < 8 && (read32(config_of(nr)) & 0xffff) == 0x1af4)
		bring_up(nr++, &s);
	for (unsigned int i = 0; nr > 0 && i < ROUNDS; i++)
		round_of_noise((unsigned int)(noise(&s) % nr), &s);
	print(nr ? "noise made\n" : "no device\n");
	hvc(PSCI_SYSTEM_RESET, 0, 0, 0);
}
