// SPDX-License-Identifier: GPL-2.0-only
/* text.c: makes text of others fit to be shown. */
#include "text.h"

#include <errno.h>
#include <string.h>

size_t utf8_len(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t len = 0;
	uint32_t c;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] < 0xe0)
		len = 2;
	else if (s[0] >= 0xe0 && s[0] < 0xf0)
		len = 3;
	else if (s[0] >= 0xf0 && s[0] < 0xf5)
		len = 4;
	else
		return 0;
	c = s[0] & (0x7fU >> len);
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (len == 3 && (c < 0x800 || (c >= 0xd800 && c < 0xe000)))
		return 0;
	if (len == 4 && (c < 0x10000 || c > 0x10ffff))
		return 0;
	return len;
}

/*
 * C0, DEL, and C1, which some terminals heed in UTF-8 too; bidirectional marks,
 * characters without width, separators of lines, the byte order mark.
 */
static bool is_tricky(const char *s, size_t len)
{
	const unsigned char *u = (const unsigned char *)s;

	if (len == 1)
		return u[0] < ' ' || u[0] == 0x7f;
	if (len == 2)
		return (u[0] == 0xc2 && u[1] < 0xa0) ||
		       (u[0] == 0xd8 && u[1] == 0x9c);
	if (len == 3 && u[0] == 0xe2 && u[1] == 0x80)
		return u[2] >= 0x8b && (u[2] <= 0x8f || u[2] >= 0xa8) &&
		       u[2] <= 0xae;
	if (len == 3 && u[0] == 0xe2 && u[1] == 0x81)
		return u[2] >= 0xa0 && u[2] <= 0xaf;
	return len == 3 && u[0] == 0xef && u[1] == 0xbb && u[2] == 0xbf;
}

char *text_add(char *to, size_t size, const char *from)
{
	size_t at = strlen(to);

	while (*from) {
		size_t len = utf8_len(from);
		bool bad = len == 0 || is_tricky(from, len);

		if (len == 0)
			len = 1;
		if (at + (bad ? 1 : len) >= size)
			break;
		if (bad) {
			to[at++] = '?';
		} else {
			memcpy(to + at, from, len);
			at += len;
		}
		from += len;
	}
	to[at] = '\0';
	return to;
}

char *text_copy(char *to, size_t size, const char *from)
{
	to[0] = '\0';
	return text_add(to, size, from);
}

int text_close(FILE *f, char *const *text)
{
	/* fclose() alone says nothing of either. */
	bool is_whole = !ferror(f);

	if (fclose(f) || !*text)
		is_whole = false;
	return is_whole ? 0 : -ENOMEM;
}
