// SPDX-License-Identifier: GPL-2.0-only
/* events.c: makes the lines of --events. */
#include "events.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

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

/* One character as JSON has it, 6 bytes at most; what it took of @s. */
static size_t escape(const unsigned char *s, char *out)
{
	size_t len = utf8_len((const char *)s);

	if (len == 0) {
		memcpy(out, "\\ufffd", sizeof("\\ufffd"));
		return 1;
	}
	if (*s == '"' || *s == '\\')
		(void)snprintf(out, 7, "\\%c", *s);
	else if (*s < ' ' || *s == 0x7f)
		(void)snprintf(out, 7, "\\u%04x", *s);
	else
		(void)snprintf(out, 7, "%.*s", (int)len, (const char *)s);
	return len;
}

const char *json_quote(char *buf, size_t size, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t at = 1, n;
	char one[8];

	if (size < 3)
		return "\"\"";
	buf[0] = '"';
	while (*s) {
		s += escape(s, one);
		n = strlen(one);
		if (at + n + 2 > size)
			break;
		memcpy(buf + at, one, n);
		at += n;
	}
	buf[at++] = '"';
	buf[at] = '\0';
	return buf;
}

void events_tell(struct events *e, const char *event, const char *fmt, ...)
{
	char line[EVENTS_LINE];
	struct timespec now;
	size_t len, room;
	va_list ap;
	int n;

	if (!e || (!e->sinks[0] && !e->sinks[1]))
		return;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	len = (size_t)snprintf(line, sizeof(line),
			       "{\"v\":%d,\"ns\":%lld%09ld,\"event\":\"%s\"",
			       EVENTS_VERSION, (long long)now.tv_sec,
			       now.tv_nsec, event);
	room = sizeof(line) - len - 3; /* comma, brace, newline */
	va_start(ap, fmt);
	n = vsnprintf(line + len + 1, room, fmt, ap);
	va_end(ap);
	if (n > 0 && (size_t)n < room) {
		line[len] = ',';
		len += 1 + (size_t)n;
	}
	line[len++] = '}';
	line[len++] = '\n';
	for (unsigned int i = 0; i < EVENTS_SINKS; i++)
		if (e->sinks[i])
			sink_write(e->sinks[i], line, len);
}
