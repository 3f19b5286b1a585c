// SPDX-License-Identifier: GPL-2.0-only
/* values.c: numbers, sizes, seconds and CPU lists as people write them in options. */
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The number at the start of @text; *end is where it stops. */
static int leading_u64(const char *text, const char **end, uint64_t *out)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = hex ? text + 2 : text;
	size_t len;
	char *stop;

	len = strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789");
	/* strtoull() would take a sign and spaces. */
	if (len == 0)
		return -EINVAL;
	/* Octal to C, decimal to people. */
	if (!hex && digits[0] == '0' && len > 1)
		return -EINVAL;
	errno = 0;
	*out = strtoull(digits, &stop, hex ? 16 : 10);
	if (errno)
		return -ERANGE;
	*end = stop;
	return 0;
}

int parse_u64(const char *text, uint64_t *out)
{
	const char *end;
	int err = leading_u64(text, &end, out);

	if (err)
		return err;
	return *end ? -EINVAL : 0;
}

int parse_size(const char *text, uint64_t *out)
{
	static const char units[] = "BKMGTP";
	unsigned int shift = 20;
	const char *end, *unit;
	uint64_t n;
	int err = leading_u64(text, &end, &n);

	if (err)
		return err;
	if (*end) {
		/* Hexadecimal took a B as a digit, as in kvmtool. */
		unit = strchr(units, toupper((unsigned char)*end));
		if (!unit || end[1])
			return -EINVAL;
		shift = (unsigned int)(unit - units) * 10;
	}
	if (n > UINT64_MAX >> shift)
		return -ERANGE;
	*out = n << shift;
	return 0;
}

static int parse_cpu(const char *text, const char *end, const char **next,
		     unsigned int *cpu)
{
	unsigned int n = 0;
	const char *c;

	for (c = text; c < end && *c >= '0' && *c <= '9'; c++) {
		n = n * 10 + (unsigned int)(*c - '0');
		if (n >= CPU_SETSIZE)
			return -ERANGE;
	}
	if (c == text)
		return -EINVAL;
	*next = c;
	*cpu = n;
	return 0;
}

int parse_cpulist(const char *text, size_t len, cpu_set_t *out)
{
	const char *end = text + len;
	unsigned int first, last;
	int err;

	CPU_ZERO(out);
	for (;;) {
		err = parse_cpu(text, end, &text, &first);
		if (err)
			return err;
		last = first;
		if (text < end && *text == '-') {
			err = parse_cpu(text + 1, end, &text, &last);
			if (err)
				return err;
		}
		if (last < first)
			return -EINVAL;
		for (; first <= last; first++)
			CPU_SET(first, out);
		if (text == end)
			return 0;
		if (*text++ != ',')
			return -EINVAL;
	}
}

int parse_seconds(const char *text, uint64_t *ms)
{
	size_t whole = strspn(text, "0123456789"), part = 0;
	uint64_t n = 0;

	if (text[whole] == '.')
		part = strspn(text + whole + 1, "0123456789");
	if (!whole || whole > 8 || part > 3 ||
	    text[whole + (text[whole] == '.') + part])
		return -EINVAL;
	for (size_t i = 0; i < whole; i++)
		n = n * 10 + (uint64_t)(text[i] - '0');
	for (size_t i = 0; i < 3; i++)
		n = n * 10 +
		    (i < part ? (uint64_t)(text[whole + 1 + i] - '0') : 0);
	*ms = n;
	return 0;
}
