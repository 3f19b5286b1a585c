// SPDX-License-Identifier: GPL-2.0-only
/* orderly.c: the thread that works for the vCPUs' threads (orderly.h). */
#include "orderly.h"

#include <errno.h>
#include <string.h>

#include "log.h"
#include "thread.h"

static void *serve(void *arg)
{
	struct orderly *o = arg;

	pthread_mutex_lock(&o->lock);
	while (!o->stop || o->work) {
		if (!o->work) {
			pthread_cond_wait(&o->changed, &o->lock);
			continue;
		}
		pthread_mutex_unlock(&o->lock);
		o->work(o->arg);
		pthread_mutex_lock(&o->lock);
		o->work = NULL;
		pthread_cond_broadcast(&o->changed);
	}
	pthread_mutex_unlock(&o->lock);
	return NULL;
}

int orderly_start(struct orderly *o)
{
	int ret;

	memset(o, 0, sizeof(*o));
	pthread_mutex_init(&o->lock, NULL);
	pthread_cond_init(&o->changed, NULL);
	ret = thread_start(&o->thread, "orderly", serve, o);
	if (ret) {
		log_err("cannot start the thread that starts devices: %s%s",
			errno_text(ret),
			ret == -EAGAIN
				? "; raise ulimit -u or the cgroup's pids.max"
				: "");
		pthread_cond_destroy(&o->changed);
		pthread_mutex_destroy(&o->lock);
		return ret;
	}
	o->started = true;
	return 0;
}

void orderly_stop(struct orderly *o)
{
	if (!o->started)
		return;
	pthread_mutex_lock(&o->lock);
	o->stop = true;
	pthread_cond_broadcast(&o->changed);
	pthread_mutex_unlock(&o->lock);
	pthread_join(o->thread, NULL);
	o->started = false;
	pthread_cond_destroy(&o->changed);
	pthread_mutex_destroy(&o->lock);
}

void orderly_do(void *orderly, void (*work)(void *arg), void *arg)
{
	struct orderly *o = orderly;

	if (!o->started) {
		work(arg);
		return;
	}
	pthread_mutex_lock(&o->lock);
	while (o->work)
		pthread_cond_wait(&o->changed, &o->lock);
	o->work = work;
	o->arg = arg;
	pthread_cond_broadcast(&o->changed);
	/* Another's may come next: the argument tells ours apart. */
	while (o->work && o->arg == arg)
		pthread_cond_wait(&o->changed, &o->lock);
	pthread_mutex_unlock(&o->lock);
}
