// SPDX-License-Identifier: GPL-2.0-only
/* gdb_text.c: packets to gdb, and what numbers, bytes and registers look like. */
#include "gdb_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char gdb_target_xml[] =
	"<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\">"
	"<target><architecture>aarch64</architecture>"
	"<feature name=\"org.gnu.gdb.aarch64.core\">"
#define X(n) "<reg name=\"x" #n "\" bitsize=\"64\"/>"
	X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(
		13) X(14) X(15) X(16) X(17) X(18) X(19) X(20) X(21) X(22) X(23)
		X(24) X(25) X(26) X(27) X(28) X(29) X(30)
#undef X
			"<reg name=\"sp\" bitsize=\"64\" type=\"data_ptr\"/>"
			"<reg name=\"pc\" bitsize=\"64\" type=\"code_ptr\"/>"
			"<reg name=\"cpsr\" bitsize=\"32\"/></feature></target>";

const size_t gdb_target_xml_len = sizeof(gdb_target_xml) - 1;

void gdb_put_hex(char *to, const void *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *b = bytes;

	for (size_t i = 0; i < len; i++) {
		to[2 * i] = digits[b[i] >> 4];
		to[2 * i + 1] = digits[b[i] & 15];
	}
}

int gdb_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* A number of 1 to 16 digits, and then @end ('\0' for the packet's). */
bool gdb_take_number(const char **at, uint64_t *n, char end)
{
	unsigned int i = 0;

	for (*n = 0; gdb_digit(**at) >= 0; i++, ++*at) {
		if (i == 16)
			return false;
		*n = *n << 4 | (uint64_t)gdb_digit(**at);
	}
	if (!i || **at != end)
		return false;
	*at += end != '\0';
	return true;
}

bool gdb_take_bytes(const char *at, uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++, at += 2) {
		if (gdb_digit(at[0]) < 0 || gdb_digit(at[1]) < 0)
			return false;
		bytes[i] = (uint8_t)(gdb_digit(at[0]) << 4 | gdb_digit(at[1]));
	}
	return *at == '\0';
}

bool gdb_starts(const char *p, const char *with)
{
	return !strncmp(p, with, strlen(with));
}

bool gdb_take_thread(struct gdb_stub *g, const char *p, unsigned int any,
		     unsigned int *vcpu)
{
	const char *dot = *p == 'p' ? strchr(p, '.') : NULL;
	uint64_t n;

	if (*p == 'p')
		p = dot ? dot + 1 : "0";
	if (!strcmp(p, "-1") || !strcmp(p, "0")) {
		*vcpu = any;
		return true;
	}
	if (!gdb_take_number(&p, &n, '\0') || n == 0 || n > g->target->nr_vcpus)
		return false;
	*vcpu = (unsigned int)n - 1;
	return true;
}

/* --- packets out ------------------------------------------------------------ */

/* @g->reply has @len bytes of text behind its first. */
void gdb_send_reply(struct gdb_stub *g, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t sum = 0;

	g->reply[0] = '$';
	for (size_t i = 1; i <= len; i++)
		sum = (uint8_t)(sum + (uint8_t)g->reply[i]);
	g->reply[len + 1] = '#';
	g->reply[len + 2] = digits[sum >> 4];
	g->reply[len + 3] = digits[sum & 15];
	g->target->send(g->target->ctx, g->reply, len + 4);
}

void gdb_reply(struct gdb_stub *g, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(g->reply + 1, sizeof(g->reply) - 4, fmt, ap);
	va_end(ap);
	gdb_send_reply(g, n < 0 ? 0 : (size_t)n);
}

void gdb_answer(struct gdb_stub *g, int err)
{
	gdb_reply(g, "%s", err ? "E01" : "OK");
}
