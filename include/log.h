/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * log.h: the one logger. A message is one line on stderr:
 * "lkvm-pvm: [warning: ]text". The frame that knows the name of the thing
 * (path, option, device) logs once; everybody else returns -errno.
 */
#ifndef LKVM_PVM_LOG_H
#define LKVM_PVM_LOG_H

#include "base.h"

enum log_level {
	LOG_ERROR,
	LOG_WARNING,
	LOG_INFO,
	LOG_DEBUG,
};

/* Sets the most talkative level shown; LOG_INFO until called. */
void log_set_level(enum log_level level);
bool log_enabled(enum log_level level);

/*
 * While the terminal is raw a line feed alone does not return the carriage:
 * with @raw set every line starts and ends with "\r". Any thread.
 */
void log_set_raw(bool raw);

/*
 * One line, no trailing newline in @fmt. Any thread; errno is kept. Waits a few
 * seconds for a reader that does not read, then drops lines until it does.
 */
void log_msg(enum log_level level, const char *fmt, ...) __printf(2, 3);

#define log_err(...)   log_msg(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_msg(LOG_WARNING, __VA_ARGS__)
#define log_info(...)  log_msg(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_msg(LOG_DEBUG, __VA_ARGS__)

/* What log_err() said last, in @buf; "" when nothing yet. Any thread. */
void log_last_error(char *buf, size_t size);

/* The name of errno value @err (positive or negative), no allocation. */
const char *errno_text(int err);

#endif
