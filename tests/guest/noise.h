/* SPDX-License-Identifier: GPL-2.0-only */
/* noise.h: what the payloads that mean harm make their noise of. */
#ifndef LKVM_PVM_TESTS_NOISE_H
#define LKVM_PVM_TESTS_NOISE_H

#include "guest.h"

/* Anything, but the same for the same @state, which is not 0. */
static inline uint64_t noise(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* A read or write of a width that @r chooses, aligned to it. */
static inline void poke(uintptr_t a, uint64_t r, uint64_t v)
{
	switch (r & 7) {
	case 0:
		write8(a, (uint8_t)v);
		break;
	case 1:
		write16(a & ~1UL, (uint16_t)v);
		break;
	case 2:
		write32(a & ~3UL, (uint32_t)v);
		break;
	case 3:
		write64(a & ~7UL, v);
		break;
	case 4:
		(void)read8(a);
		break;
	case 5:
		(void)read16(a & ~1UL);
		break;
	case 6:
		(void)read32(a & ~3UL);
		break;
	default:
		(void)read64(a & ~7UL);
		break;
	}
}

/* In the window mostly, at its edges, in RAM, nowhere. */
static inline uint64_t some_address(uint64_t r)
{
	switch (r & 15) {
	case 0:
		return WINDOW_END - (r >> 8 & 0xff0);
	case 1:
		return WINDOW - (r >> 8 & 0xff0);
	case 2:
		return WINDOW_END + (r >> 8 & 0xffffff0);
	case 3:
		return r;
	default:
		return WINDOW + (r >> 8 & 0x1fff0);
	}
}

/* Nonsense over what may be rings, some of it plausible. */
static inline void scribble(uint64_t *s)
{
	for (unsigned int i = 0; i < 32; i++) {
		uint64_t r = noise(s);

		write64(WINDOW + (r & 0x1fff8),
			r >> 63 ? some_address(noise(s))
				: (noise(s) & 0x0007000700000fffUL));
	}
}

/* A page of the window, to the host or from it. */
static inline void take_or_give(uint64_t *s)
{
	uint64_t r = noise(s), page = WINDOW + (r >> 8 & 0x1f) * PAGE;

	(void)hvc(r & 3 ? MEM_SHARE : MEM_UNSHARE, page, 0, 0);
}

#endif
