// SPDX-License-Identifier: GPL-2.0-only
/*
 * sink.c: text for a file of the user's, written by a thread of its own.
 *
 * How this works: there are two buffers. Text is added to one under the lock;
 * the thread takes that one, leaves the other in its place, and writes without
 * the lock. Nobody but the thread is ever in write(2). One that never comes out
 * of it again (a pipe nobody reads) is left behind at the end, with its sink:
 * the process ends then.
 */
#include "sink.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "options.h"
#include "output_file.h"
#include "thread.h"

#define CLOSE_PATIENCE_S 2

struct sink {
	const char *option;
	char *target; /* a copy: it may be left behind */
	int fd;
	bool is_ours; /* the descriptor, to close */
	pthread_t thread;

	pthread_mutex_t lock;
	pthread_cond_t changed;
	char *filling GUARDED_BY(lock), *writing;
	size_t len GUARDED_BY(lock); /* of filling */
	bool ending GUARDED_BY(lock);
	bool failed GUARDED_BY(lock);
	bool told_lost GUARDED_BY(lock);
};

/* Waits for text; false at the end. */
static bool take(struct sink *s, size_t *len)
{
	char *swap;

	pthread_mutex_lock(&s->lock);
	while (!s->len && !s->ending)
		pthread_cond_wait(&s->changed, &s->lock);
	*len = s->len;
	swap = s->writing;
	s->writing = s->filling;
	s->filling = swap;
	s->len = 0;
	pthread_mutex_unlock(&s->lock);
	return *len > 0;
}

static void *writer(void *arg)
{
	struct sink *s = arg;
	size_t len;
	int ret;

	while (take(s, &len)) {
		ret = output_write(s->fd, s->writing, len);
		if (!ret)
			continue;
		log_warn("%s %s: %s; what comes now is lost", s->option,
			 s->target, errno_text(ret));
		pthread_mutex_lock(&s->lock);
		s->failed = true;
		pthread_mutex_unlock(&s->lock);
		break;
	}
	return NULL;
}

void sink_write(struct sink *s, const char *text, size_t len)
{
	bool tell = false;

	pthread_mutex_lock(&s->lock);
	if (s->failed) {
		; /* it was said */
	} else if (len > SINK_ROOM - s->len) {
		tell = !s->told_lost;
		s->told_lost = true;
	} else {
		memcpy(s->filling + s->len, text, len);
		s->len += len;
		pthread_cond_signal(&s->changed);
	}
	pthread_mutex_unlock(&s->lock);
	if (tell)
		log_warn("%s %s: its reader is too slow; some of it is lost",
			 s->option, s->target);
}

static int open_target(struct sink *s)
{
	const char *target = s->target;
	uint64_t fd;

	if (!strcmp(target, "-")) {
		s->fd = STDOUT_FILENO;
		return 0;
	}
	if (!strncmp(target, "fd:", 3)) {
		s->fd = parse_u64(target + 3, &fd) || fd > INT32_MAX ? -1
								     : (int)fd;
		if (fcntl(s->fd, F_GETFD) >= 0)
			return 0;
		log_err("%s %s: %s", s->option, target, errno_text(EBADF));
		return -EBADF;
	}
	s->fd = output_open(s->option, target);
	s->is_ours = true;
	return s->fd < 0 ? s->fd : 0;
}

static void sink_free(struct sink *s)
{
	if (s->is_ours && s->fd >= 0)
		close(s->fd);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
	free(s->target);
	free(s->filling);
	free(s->writing);
	free(s);
}

int sink_open(struct sink **out, const char *option, const char *target)
{
	struct sink *s = calloc(1, sizeof(*s));
	int ret = -ENOMEM;

	if (!s) {
		log_err("out of memory");
		return ret;
	}
	s->option = option;
	s->target = strdup(target);
	s->fd = -1;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	s->filling = malloc(SINK_ROOM);
	s->writing = malloc(SINK_ROOM);
	if (s->target && s->filling && s->writing) {
		ret = open_target(s);
		if (ret)
			goto out_free;
		ret = thread_start(&s->thread, "sink", writer, s);
	}
	if (ret) {
		log_err("%s %s: %s", option, target, errno_text(ret));
		goto out_free;
	}
	*out = s;
	return 0;

out_free:
	sink_free(s);
	return ret;
}

void sink_close(struct sink *s)
{
	struct timespec end;

	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	s->ending = true;
	pthread_cond_signal(&s->changed);
	pthread_mutex_unlock(&s->lock);
	(void)clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += CLOSE_PATIENCE_S;
	if (pthread_timedjoin_np(s->thread, NULL, &end)) {
		log_warn("%s %s: nobody reads it; the rest is lost", s->option,
			 s->target);
		return;
	}
	sink_free(s);
}
