// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostile_pci.c: a driver that means harm. It brings each virtio-pci device up
 * half way or all the way, with queues in, around and outside the window, fills
 * the rings with nonsense, takes pages of them back at any moment, moves BARs,
 * masks and rewrites vectors, and writes any register at random, with any
 * width. After ROUNDS of that it resets the machine. The noise differs from
 * life to life: its seed is the counter.
 */
#include "noise.h"

#define ROUNDS 600U

/* Parts of the BAR, as this VMM has them. */
#define COMMON 0x0000UL
#define NOTIFY 0x3000UL
#define MSIX   0x4000UL

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
