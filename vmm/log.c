// SPDX-License-Identifier: GPL-2.0-only
/*
 * log.c: the one logger. Its state (level, raw terminal, reader) is one of the two
 * pieces of mutable file-scope state in the program (HACKING.md, "State").
 */
#include "log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

#define PATIENCE_MS 5000 /* with a reader of stderr that does not read */

static struct {
	enum log_level level;
	bool raw;
	bool stalled; /* the reader had its chance: no more waiting for it */
	pthread_mutex_t lock;
	char error[256] GUARDED_BY(lock); /* the last one */
} log_state = { .level = LOG_INFO, .lock = PTHREAD_MUTEX_INITIALIZER };

void log_set_level(enum log_level level)
{
	__atomic_store_n(&log_state.level, level, __ATOMIC_RELAXED);
}

bool log_enabled(enum log_level level)
{
	return level <= __atomic_load_n(&log_state.level, __ATOMIC_RELAXED);
}

void log_set_raw(bool raw)
{
	__atomic_store_n(&log_state.raw, raw, __ATOMIC_RELAXED);
}

/*
 * Whether stderr takes a line now. A guest can cause lines, with a lock held,
 * and main() says the last one: none of them may wait for ever for a reader
 * that reads something else first, or nothing.
 */
static bool has_room(void)
{
	struct pollfd pfd = { .fd = STDERR_FILENO, .events = POLLOUT };
	bool stalled = __atomic_load_n(&log_state.stalled, __ATOMIC_RELAXED);
	int n = poll(&pfd, 1, stalled ? 0 : PATIENCE_MS);

	if (n < 0) /* a vCPU that is called: it has no time */
		n = poll(&pfd, 1, 0);
	__atomic_store_n(&log_state.stalled, n == 0, __ATOMIC_RELAXED);
	return n != 0;
}

static void keep_error(const char *text)
{
	pthread_mutex_lock(&log_state.lock);
	(void)snprintf(log_state.error, sizeof(log_state.error), "%s", text);
	pthread_mutex_unlock(&log_state.lock);
}

void log_last_error(char *buf, size_t size)
{
	pthread_mutex_lock(&log_state.lock);
	(void)snprintf(buf, size, "%s", log_state.error);
	pthread_mutex_unlock(&log_state.lock);
}

void log_msg(enum log_level level, const char *fmt, ...)
{
	bool raw = __atomic_load_n(&log_state.raw, __ATOMIC_RELAXED);
	char line[1024], text[1024];
	int saved_errno = errno;
	size_t len, room = sizeof(line) - 2;
	va_list ap;
	int n;

	if (!log_enabled(level))
		return;

	len = (size_t)snprintf(line, room, "%slkvm-pvm: %s", raw ? "\r" : "",
			       level == LOG_WARNING ? "warning: " : "");
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* Names in it are others': one line, and nothing a terminal obeys. */
	text_copy(line + len, room - len, text);
	if (level == LOG_ERROR)
		keep_error(line + len);
	len += strlen(line + len);
	if (raw)
		line[len++] = '\r';
	line[len++] = '\n';
	/* One write a line: threads' lines do not mix. Nobody to tell if it
	 * fails. */
	n = has_room() ? (int)write(STDERR_FILENO, line, len) : 0;
	(void)n;
	errno = saved_errno;
}

const char *errno_text(int err)
{
	const char *text = strerrordesc_np(err < 0 ? -err : err);

	/* Whatever was to be opened, this is what helps. */
	if (err == EMFILE || err == -EMFILE)
		return "Too many open files; raise ulimit -n";
	return text ? text : "unknown error";
}
