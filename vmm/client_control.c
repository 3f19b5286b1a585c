// SPDX-License-Identifier: GPL-2.0-only
/* client_control.c: stop, pause, resume: verbs that change a VM. */
#include "client.h"

#include <errno.h>
#include <poll.h>

#include "clock.h"
#include "exitcode.h"
#include "log.h"
#include "verbs.h"

#define STOP_MS	   30000 /* that a guest has, by default */
#define AGAIN_MS   5000	 /* after so long the key is pressed once more */
#define REST_MS	   20	 /* between two looks whether vCPUs came to rest */
#define REST_LOOKS 250U

/* 0: go on with @c; otherwise it is the exit code, in @code. */
static int begin(const struct verb *v, int argc, char **argv,
		 struct client_options *o, struct client *c, int *code)
{
	int ret = client_parse(v, argc, argv, o);

	*code = ret < 0 ? EXIT_HOST : 0;
	if (!ret && client_find(c, v->name, o->name)) {
		*code = EXIT_HOST;
		ret = -ENOENT;
	}
	return ret;
}

/* One request with an empty answer, or one that nobody looks at. */
static int order(struct client *c, const struct control_request *r)
{
	json_t *answer;
	int code, ret = client_ask(c, r, &answer);

	if (!ret && client_ended(c, answer, &code))
		ret = -EPIPE;
	json_decref(answer);
	return ret;
}

/* --- stop ------------------------------------------------------------------- */

/* Until the VM says that it has ended: 0, or as client_receive(). */
static int await_end(struct client *c, int timeout_ms)
{
	int64_t now = clock_ms(), until = now + timeout_ms;
	bool ended = false;
	json_t *o;
	int code, ret = 0;

	while (!ret && !ended) {
		int left = timeout_ms < 0 ? -1
			   : until > now  ? (int)(until - now)
					  : 0;

		ret = client_receive(c, left, &o);
		if (ret)
			break;
		ended = client_ended(c, o, &code);
		json_decref(o);
		now = clock_ms();
	}
	return ret;
}

static int kill_it(struct client *c, unsigned int seconds)
{
	const struct control_request kill = { .verb = CONTROL_KILL,
					      .seconds = seconds };
	const struct control_request wait = { .verb = CONTROL_WAIT };
	int ret = client_send(c, &wait);

	if (!ret)
		ret = client_send(c, &kill);
	if (!ret)
		ret = await_end(c, AGAIN_MS);
	if (ret == -ETIMEDOUT) {
		log_warn(
			"%s: has not ended yet: it gives its memory back, or is stopped (kill -CONT %d)",
			c->name, client_pid(c));
		ret = await_end(c, -1);
	}
	if (ret && ret != -EPIPE)
		log_err("%s: cannot end it: %s", c->name, errno_text(ret));
	return ret == -EPIPE ? 0 : ret;
}

/* Presses the power key: 0, or -errno, logged. */
static int press(struct client *c, int timeout_ms)
{
	const struct control_request stop = { .verb = CONTROL_STOP };
	json_t *answer;
	int code, ret = client_ask(c, &stop, &answer);

	if (!ret && client_ended(c, answer, &code))
		ret = -EPIPE;
	else if (!ret && json_is_true(json_object_get(answer, "boots_exec")))
		log_warn("%s: its command does not run yet; waiting %g s",
			 c->name, timeout_ms / 1000.0);
	else if (!ret && !json_is_true(json_object_get(answer, "listens")))
		log_warn(
			"%s: the guest does not listen yet, or has no driver for its power key (CONFIG_KEYBOARD_GPIO, CONFIG_GPIO_PL061); waiting %g s",
			c->name, timeout_ms / 1000.0);
	json_decref(answer);
	return ret;
}

/* A guest that still boots may not have heard of the key the first time. */
static int await_reaction(struct client *c, int left_ms)
{
	const struct control_request stop = { .verb = CONTROL_STOP };
	int ret = await_end(c, left_ms < AGAIN_MS ? left_ms : AGAIN_MS);

	while (ret == -ETIMEDOUT && left_ms > AGAIN_MS) {
		left_ms -= AGAIN_MS;
		ret = client_send(c, &stop);
		if (!ret)
			ret = await_end(c, left_ms < AGAIN_MS ? left_ms
							      : AGAIN_MS);
	}
	return ret;
}

static int stop_it(struct client *c, int timeout_ms)
{
	const struct control_request wait = { .verb = CONTROL_WAIT };
	int ret = press(c, timeout_ms);

	if (ret)
		return ret == -EPIPE ? 0 : EXIT_HOST;
	ret = client_send(c, &wait);
	if (!ret)
		ret = await_reaction(c, timeout_ms);
	if (!ret || ret == -EPIPE)
		return 0;
	if (ret != -ETIMEDOUT) {
		log_err("%s: %s", c->name, errno_text(ret));
		return EXIT_HOST;
	}
	/* What it is told took so long: whole seconds, one at least. */
	if (kill_it(c,
		    timeout_ms < 1000 ? 1U : (unsigned int)timeout_ms / 1000))
		return EXIT_HOST;
	log_err("%s: guest did not react in %g s, killed", c->name,
		timeout_ms / 1000.0);
	return EXIT_TIMEOUT;
}

int cmd_stop(const struct verb *v, int argc, char **argv)
{
	struct client_options o;
	struct client c;
	int code;

	if (begin(v, argc, argv, &o, &c, &code))
		return code;
	if (o.force)
		code = kill_it(&c, 0) ? EXIT_HOST : 0;
	else
		code = stop_it(&c, o.has_timeout ? o.timeout_ms : STOP_MS);
	client_close(&c);
	return code;
}

/* --- pause, resume ---------------------------------------------------------- */

/* vCPUs that move still; or -errno, logged. */
static int nr_moving(struct client *c)
{
	const struct control_request r = { .verb = CONTROL_PAUSE };
	json_t *answer;
	int code, ret = client_ask(c, &r, &answer);

	if (!ret && client_ended(c, answer, &code))
		ret = -EPIPE;
	if (!ret)
		ret = (int)client_integer(answer, "moving");
	json_decref(answer);
	return ret;
}

int cmd_pause(const struct verb *v, int argc, char **argv)
{
	struct client_options o;
	struct client c;
	int code, left;

	if (begin(v, argc, argv, &o, &c, &code))
		return code;
	left = nr_moving(&c);
	for (unsigned int i = 0; left > 0 && i < REST_LOOKS; i++) {
		(void)poll(NULL, 0, REST_MS);
		left = nr_moving(&c);
	}
	if (left > 0)
		log_err("%s: paused, but %d of its vCPUs still wait for the host; is its console read, does its storage answer?",
			c.name, left);
	client_close(&c);
	return left ? EXIT_HOST : 0;
}

int cmd_resume(const struct verb *v, int argc, char **argv)
{
	const struct control_request r = { .verb = CONTROL_RESUME };
	struct client_options o;
	struct client c;
	int code;

	if (begin(v, argc, argv, &o, &c, &code))
		return code;
	code = order(&c, &r) ? EXIT_HOST : 0;
	client_close(&c);
	return code;
}
