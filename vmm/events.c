// SPDX-License-Identifier: GPL-2.0-only
/* events.c: makes the lines of --events and --record. */
#include "events.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "log.h"
#include "text.h"

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

/* Its length, with the newline. */
__printf(3, 0) static size_t
	make_line(char line[static EVENTS_LINE], const char *event,
		  const char *fmt, va_list ap)
{
	struct timespec now;
	size_t len, room;
	int n;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	len = (size_t)snprintf(line, EVENTS_LINE,
			       "{\"v\":%d,\"ns\":%lld%09ld,\"event\":\"%s\"",
			       EVENTS_VERSION, (long long)now.tv_sec,
			       now.tv_nsec, event);
	room = EVENTS_LINE - len - 3; /* comma, brace, newline */
	n = vsnprintf(line + len + 1, room, fmt, ap);
	if (n > 0 && (size_t)n < room) {
		line[len] = ',';
		len += 1 + (size_t)n;
	}
	line[len++] = '}';
	line[len++] = '\n';
	return len;
}

static void write_all(struct sink *const sinks[EVENTS_SINKS], const char *line,
		      size_t len)
{
	for (unsigned int i = 0; i < EVENTS_SINKS; i++)
		if (sinks[i])
			sink_write(sinks[i], line, len);
}

/* A line for the records, when they are not of @max bytes by then. */
static void record(struct events *e, const char *line, size_t len, uint64_t max)
{
	if (!events_has_record(e))
		return;
	if (__atomic_load_n(&e->is_ending, __ATOMIC_RELAXED))
		max = RECORD_MAX;
	if (__atomic_add_fetch(&e->recorded, len, __ATOMIC_RELAXED) <= max) {
		write_all(e->records, line, len);
		return;
	}
	(void)__atomic_sub_fetch(&e->recorded, len, __ATOMIC_RELAXED);
	if (!__atomic_exchange_n(&e->is_full, true, __ATOMIC_RELAXED))
		log_warn(
			"the record has %u MiB; some of what comes now is not in it",
			(unsigned int)(max >> 20));
}

void events_tell(struct events *e, const char *event, const char *fmt, ...)
{
	char line[EVENTS_LINE];
	va_list ap;
	size_t len;

	if (!e || (!e->sinks[0] && !e->sinks[1] && !events_has_record(e)))
		return;
	va_start(ap, fmt);
	len = make_line(line, event, fmt, ap);
	va_end(ap);
	write_all(e->sinks, line, len);
	record(e, line, len, RECORD_EVENTS);
}

void events_record(struct events *e, const char *event, const char *fmt, ...)
{
	char line[EVENTS_LINE];
	va_list ap;
	size_t len;

	va_start(ap, fmt);
	len = make_line(line, event, fmt, ap);
	va_end(ap);
	record(e, line, len, RECORD_SAMPLES);
}
