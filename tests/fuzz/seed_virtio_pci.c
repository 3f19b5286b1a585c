// SPDX-License-Identifier: GPL-2.0-only
/*
 * seed_virtio_pci.c: a driver that sets MSI-X vectors up, has them masked,
 * moved, pending and gone; and all registers, read and written.
 */
#include "seed.h"

#include <string.h>

#define RECORD 8U /* of fuzz_virtio_pci.c */
enum {
	WRITE = 4,
	CONFIG = 8,
	RESTART = 0xe0,
	SIGNAL = 0xf0
};
enum {
	COMMON,
	TABLE = 4,
	PENDING
};

static uint8_t seed[1 + 256 * RECORD];
static size_t len;

/* @what: with the binary logarithm of the access' width. */
static void act(uint8_t what, uint8_t part, uint16_t at, uint32_t value)
{
	const uint8_t rec[RECORD] = {
		what,
		part,
		(uint8_t)at,
		(uint8_t)(at >> 8),
		(uint8_t)value,
		(uint8_t)(value >> 8),
		(uint8_t)(value >> 16),
		(uint8_t)(value >> 24),
	};

	memcpy(seed + len, rec, RECORD);
	len += RECORD;
}

static void begin(uint8_t choices)
{
	seed[0] = choices;
	len = 1;
}

/* Into every capability: in all but that of MSI-X these bits are read-only. */
static void msix_control(uint16_t bits)
{
	for (uint16_t at = 0x40; at < 0xc0; at += 4)
		act(CONFIG | WRITE | 1, 0, at + 2, bits);
}

static void vectors(uint32_t address, uint32_t data)
{
	for (uint16_t v = 0; v < 3; v++) {
		act(WRITE | 2, TABLE, v * 16, address);
		act(WRITE | 2, TABLE, v * 16 + 8, data + v);
		act(WRITE | 2, TABLE, v * 16 + 12, 0);
		if (v)
			act(WRITE | 1, COMMON, 22, v - 1U);
		act(WRITE | 1, COMMON, v ? 26 : 16, v);
	}
}

static void registers(void)
{
	for (uint16_t at = 0; at < 64; at += 2) {
		act(1, COMMON, at, 0);
		act(WRITE | 1, COMMON, at, 1);
	}
	for (uint8_t part = 1; part < 8; part++) {
		act(2, part, 0, 0);
		act(WRITE | 2, part, 0, 1);
		act(3, part, 0, 0);
	}
}

static void seed_write_all(void)
{
	begin(3);
	msix_control(0x8000);
	vectors(0x8080000, 0);
	act(SIGNAL, 0, 0, 0);
	act(WRITE | 2, TABLE, 12, 1);
	act(SIGNAL, 1, 0, 0);
	act(3, PENDING, 0, 0);
	vectors(0x8090000, 0);
	msix_control(0xc000);
	act(SIGNAL, 0, 0, 0);
	act(2, PENDING, 0, 0);
	act(RESTART, 0, 0, 0);
	seed_write("msix", seed, len);
	begin(7); /* without an ITS; then another SPI, then none */
	msix_control(0x8000);
	vectors(0x1040040, 40);
	act(SIGNAL, 0, 0, 0);
	vectors(0x1040040, 50);
	vectors(0x1040040, 2);
	seed_write("gicv2m", seed, len);
	for (uint8_t choices = 0; choices < 4; choices++) {
		const char name[] = { 'r', (char)('0' + choices), '\0' };

		begin(choices);
		registers();
		seed_write(name, seed, len);
	}
}
