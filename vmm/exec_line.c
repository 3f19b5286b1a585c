// SPDX-License-Identifier: GPL-2.0-only
/*
 * exec_line.c: reads the lines of exec's init on a serial port.
 *
 * How this works: a line of ours begins with a byte that nobody prints and has
 * characters of base64 until it ends. Anything else there is somebody who spoke
 * meanwhile, a panic say: what we had so far is then text like any other. Lines
 * are numbered and have a checksum, so that a gap is noticed, at the next one: a
 * guest that panicked sends none.
 */
#include "exec_line.h"

/* Six bits; -1: no character of base64. */
static int value_of(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* Characters are whole bytes: a rest of bits that is none of them is dropped. */
static void decode(struct exec_line *l)
{
	uint32_t bits = 0;
	unsigned int nr_bits = 0;

	l->len = 0;
	for (size_t i = 0; i < l->nr; i++) {
		bits = bits << 6 | (uint32_t)value_of((uint8_t)l->text[i]);
		nr_bits += 6;
		if (nr_bits < 8)
			continue;
		nr_bits -= 8;
		l->data[l->len++] = (uint8_t)(bits >> nr_bits);
	}
}

/* Number, bytes, checksum: only the bytes are left. */
static bool check(struct exec_line *l)
{
	uint16_t sum;

	decode(l);
	if (l->len < 3)
		return false;
	l->len -= 2;
	sum = exec_line_sum(l->data, l->len);
	if (l->data[l->len] != (sum & 0xff) || l->data[l->len + 1] != sum >> 8)
		return false;
	if (l->data[0] != l->next)
		l->lost = true;
	l->next = (uint8_t)(l->data[0] + 1);
	l->known = true;
	l->len--;
	for (size_t i = 0; i < l->len; i++)
		l->data[i] = l->data[i + 1];
	return true;
}

static enum exec_line_is end(struct exec_line *l)
{
	l->inside = false;
	if (!check(l)) {
		l->lost |= l->known;
		return EXEC_LINE_BROKEN;
	}
	if (l->lost)
		l->fault = "a gap in its lines on the serial port";
	return l->fault ? EXEC_LINE_PART : EXEC_LINE_WHOLE;
}

enum exec_line_is exec_line_take(struct exec_line *l, uint8_t byte)
{
	if (!l->inside || l->is_new) {
		l->is_new = false;
		l->nr = 0;
	}
	if (!l->inside) {
		l->inside = byte == EXEC_LINE_MARK;
		return l->inside ? EXEC_LINE_PART : EXEC_LINE_OTHER;
	}
	if (byte == '\r')
		return EXEC_LINE_PART;
	if (byte == '\n')
		return end(l);
	if (value_of(byte) >= 0 && l->nr < sizeof(l->text)) {
		l->text[l->nr++] = (char)byte;
		return EXEC_LINE_PART;
	}
	/* A mark where none can be begins another line. */
	l->inside = l->is_new = byte == EXEC_LINE_MARK;
	l->lost |= l->known;
	return EXEC_LINE_BROKEN;
}
