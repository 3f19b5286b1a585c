// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostile_mmio.c: as hostile_pci.c, to virtio-mmio devices: brings them up half
 * way or all the way with queues in, around and outside the window, scribbles
 * over the rings, takes pages of them back, and writes any register, with any
 * width. An entropy device has to work afterwards. Then it resets the machine.
 */
#include "noise.h"
#include "vpci.h"

#define ROUNDS 900U

#define REGS	  0x3000000UL
#define REGS_SIZE 0x1000UL
#define MAGIC	  0x74726976U

/* virtio 1.3 §4.2.2 */
#define R_DEVICE_ID   0x008
#define R_DRIVER      0x020
#define R_DRIVER_WORD 0x024
#define R_QUEUE	      0x030
#define R_SIZE	      0x038
#define R_READY	      0x044
#define R_NOTIFY      0x050
#define R_STATUS      0x070
#define R_DESC	      0x080
#define R_AVAIL	      0x090
#define R_USED	      0x0a0

static uintptr_t regs_of(unsigned int slot)
{
	return REGS + slot * REGS_SIZE;
}

/* Any width, of 32 bits and plausible mostly. */
static void poke_register(uintptr_t a, uint64_t r, uint64_t v)
{
	if (r & 8)
		write32(a & ~3UL, (uint32_t)v & 0xff);
	else
		poke(a, r, v);
}

static void set_address(uintptr_t reg, uint64_t gpa)
{
	write32(reg, (uint32_t)gpa);
	write32(reg + 4, (uint32_t)(gpa >> 32));
}

static void set_up_queue(uintptr_t regs, uint64_t *s)
{
	uint64_t at = some_address(noise(s)) & ~0xfffUL;

	write32(regs + R_QUEUE, (uint32_t)(noise(s) & 3));
	write32(regs + R_SIZE, 1U << (noise(s) & 15));
	for (unsigned int part = 0; part < 3; part++)
		set_address(regs + R_DESC + part * 0x10UL,
			    noise(s) & 1 ? at + part * PAGE
					 : some_address(noise(s)));
	write32(regs + R_READY, 1);
}

static void negotiate(uintptr_t regs, uint32_t low, uint32_t high)
{
	write32(regs + R_STATUS, 0);
	write32(regs + R_STATUS, S_DRIVER);
	write32(regs + R_DRIVER_WORD, 0);
	write32(regs + R_DRIVER, low);
	write32(regs + R_DRIVER_WORD, 1);
	write32(regs + R_DRIVER, high);
	write32(regs + R_STATUS, S_FEATURES);
}

static void bring_up(uintptr_t regs, uint64_t *s)
{
	negotiate(regs, noise(s) & 1 ? 0x30000000 : 0,
		  noise(s) & 7 ? 0x103 : (uint32_t)noise(s));
	for (unsigned int i = 0; i < 3; i++)
		set_up_queue(regs, s);
	if (noise(s) & 7)
		write32(regs + R_STATUS, S_RUNNING);
}

static void round_of_noise(uintptr_t regs, uint64_t *s)
{
	uint64_t r = noise(s), v = noise(s);

	switch (r >> 32 & 7) {
	case 0:
		bring_up(regs, s);
		break;
	case 1:
		scribble(s);
		break;
	case 2:
		take_or_give(s);
		break;
	case 3:
	case 4:
		poke_register(regs + (r & 0xff), r >> 16, v);
		break;
	case 5:
		poke_register(regs + (r & 0xfff), r >> 16, v);
		break;
	default:
		write32(regs + R_NOTIFY, (uint32_t)v & 3);
		break;
	}
}

static void share_window(void)
{
	for (uint64_t page = WINDOW; page < WINDOW_END; page += PAGE)
		(void)hvc(MEM_SHARE, page, 0, 0);
}

/* The entropy device serves one request; the others are reset. */
static int works(uintptr_t regs)
{
	const uint64_t end = counter() + ticks_of_ms(20000);
	const uintptr_t desc = WINDOW, avail = WINDOW + PAGE,
			used = WINDOW + 2 * PAGE, data = WINDOW + 3 * PAGE;

	negotiate(regs, 0, 3);
	write32(regs + R_QUEUE, 0);
	write32(regs + R_SIZE, 8);
	write64(avail, 0);
	write64(used, 0);
	write64(data, 0);
	write64(desc, data);
	write64(desc + 8, 64 | (uint64_t)D_WRITE << 32);
	set_address(regs + R_DESC, desc);
	set_address(regs + R_AVAIL, avail);
	set_address(regs + R_USED, used);
	write32(regs + R_READY, 1);
	write32(regs + R_STATUS, S_RUNNING);
	write32(avail, 1U << 16);
	__asm__ volatile("dsb sy" : : : "memory");
	write32(regs + R_NOTIFY, 0);
	while (counter() < end)
		if (read16(used + 2) == 1)
			return read64(data) != 0;
	return 0;
}

void guest_main(const void *dtb)
{
	uint64_t s = counter() | 1;
	unsigned int nr = 0;
	int good = 1;

	(void)dtb;
	share_window();
	while (nr < 8 && read32(regs_of(nr)) == MAGIC)
		bring_up(regs_of(nr++), &s);
	for (unsigned int i = 0; nr > 0 && i < ROUNDS; i++)
		round_of_noise(regs_of((unsigned int)(noise(&s) % nr)), &s);
	for (unsigned int i = 0; i < nr; i++)
		write32(regs_of(i) + R_STATUS, 0);
	share_window();
	for (unsigned int i = 0; i < nr; i++)
		if (read32(regs_of(i) + R_DEVICE_ID) == TYPE_RNG)
			good = good && works(regs_of(i));
	print(nr && good ? "noise made\n" : "FAILED\n");
	hvc(PSCI_SYSTEM_RESET, 0, 0, 0);
}
