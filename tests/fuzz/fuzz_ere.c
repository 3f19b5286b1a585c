// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_ere.c: any expression is taken or refused, and matches any line or does
 * not; for small ones as regcomp(3) and regexec(3) say.
 *
 * Input: an expression that ends in NUL, and a line.
 *
 * Floor: vmm/ere.c 90
 * Floor: vmm/ere_compile.c 85
 */
#include "fuzz.h"

#include <regex.h>

#include "../../vmm/ere_code.h"

/* Larger ones may take glibc for ever. */
#define SMALL_TEXT 24U
#define SMALL_CODE 48U

/* The rest of the input, up to a NUL. */
static void take(const uint8_t **data, size_t *size, char *out, size_t room)
{
	size_t len = strnlen((const char *)*data, *size);

	if (len >= room)
		len = room - 1;
	memcpy(out, *data, len);
	out[len] = '\0';
	/* A line has none, and glibc is not of one mind about them. */
	for (char *c = strchr(out, '\n'); c; c = strchr(c, '\n'))
		*c = '_';
	len += len < *size;
	*data += len;
	*size -= len;
}

/*
 * glibc takes any time for several repetitions, and for a place (^, \b) in one; and
 * it takes back-references, and {\,} for {,}.
 */
static bool can_compare(const char *text, const struct ere *e, const char *why)
{
	unsigned int intervals = 0, operators = 0, places = 0;

	if (e ? e->nr > SMALL_CODE : strstr(why, "too large") != NULL)
		return false;
	for (const char *s = text; *s; s++) {
		intervals += *s == '{';
		operators += strchr("*+?{", *s) != NULL;
		places += *s == '^' || *s == '$' ||
			  (*s == '\\' && s[1] && strchr("bB<>`'", s[1]));
		if (strchr("123456789", *s) && s > text &&
		    strchr("\\0123456789", s[-1]))
			return false;
	}
	if (intervals > 1 || (intervals && strchr(text, '\\')))
		return false;
	if (operators > (places ? 1U : 4U) || places > (operators ? 1U : 24U))
		return false;
	return strlen(text) <= SMALL_TEXT;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[256], line[128];
	const char *why;
	struct ere *e;
	bool is_match = false;
	regex_t re;

	take(&data, &size, text, sizeof(text));
	take(&data, &size, line, sizeof(line));
	e = ere_compile(text, &why);
	CHECK(!e == !!why);
	if (e) {
		is_match = ere_match(e, line);
		CHECK(ere_match(e, line) == is_match);
	}
	if (can_compare(text, e, why)) {
		int err = regcomp(&re, text, REG_EXTENDED | REG_NOSUB);

		CHECK(!err == !!e);
		if (!err) {
			CHECK(!regexec(&re, line, 0, NULL, 0) == is_match);
			regfree(&re);
		}
	}
	ere_free(e);
	return 0;
}
