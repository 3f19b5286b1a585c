// SPDX-License-Identifier: GPL-2.0-only
/* client_debug.c: the verb debug: what it is told to do, and what came of it. */
#include "client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "exitcode.h"
#include "log.h"
#include "verbs.h"

#define LOOK_MS 20
#define LOOKS	250U /* five seconds: a vCPU may wait for the host */

enum argument {
	NO_ARGUMENT,
	MAYBE_VCPU,
	A_VCPU,
	A_PAGE,
	A_LIMIT,
};

static const struct action {
	const char *name;
	enum control_verb verb;
	enum argument argument;
} actions[] = {
	{ "reclaim", CONTROL_RECLAIM, A_PAGE },
	{ "unplug-window-page", CONTROL_UNPLUG, A_PAGE },
	{ "memlock", CONTROL_MEMLOCK, A_LIMIT },
	{ "stop-vcpu", CONTROL_STOP_VCPU, A_VCPU },
	{ "start-vcpu", CONTROL_START_VCPU, A_VCPU },
	{ "regs", CONTROL_REGS, MAYBE_VCPU },
	{ "step", CONTROL_STEP, A_VCPU },
	{ "backtrace", CONTROL_BACKTRACE, NO_ARGUMENT },
};

/* --- what is asked for ------------------------------------------------------ */

static const struct action *find_action(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		if (!strcmp(actions[i].name, name))
			return &actions[i];
	return NULL;
}

/* NULL, or what the argument should have been. */
static const char *set_argument(struct control_request *r, enum argument kind,
				const char *arg)
{
	uint64_t n;

	switch (kind) {
	case NO_ARGUMENT:
		return arg ? "nothing" : NULL;
	case MAYBE_VCPU:
		if (!arg)
			return NULL;
		__attribute__((fallthrough));
	case A_VCPU:
		r->has_vcpu = arg && !parse_u64(arg, &n) && n < 512;
		r->vcpu = r->has_vcpu ? (unsigned int)n : 0;
		return r->has_vcpu ? NULL : "the number of a vCPU";
	case A_PAGE:
		if (arg && !strcmp(arg, "random"))
			return NULL;
		r->has_page = arg && !parse_u64(arg, &r->page) &&
			      r->page <= INT64_MAX;
		return r->has_page ? NULL : "a guest address, or random";
	case A_LIMIT:
		if (arg && !strcmp(arg, "max"))
			return NULL;
		r->has_bytes = arg && !parse_size(arg, &r->bytes) &&
			       r->bytes <= INT64_MAX;
		break;
	}
	return r->has_bytes ? NULL : "MiB, or with K, M, G; or max";
}

const char *client_debug_request(const struct client_options *o,
				 struct control_request *r)
{
	const struct action *a;

	memset(r, 0, sizeof(*r));
	if (!o->action) {
		r->verb = CONTROL_SYSRQ;
		r->key = o->sysrq;
		return o->sysrq ? NULL : "what to do, or --sysrq KEY";
	}
	a = find_action(o->action);
	if (o->sysrq || !a)
		return o->sysrq
			       ? "one thing at a time"
			       : "something it can do: 'lkvm-pvm debug --help' lists it";
	r->verb = a->verb;
	return set_argument(r, a->argument, o->argument);
}

/* --- what came of it -------------------------------------------------------- */

static void print_vcpu(FILE *out, const json_t *o)
{
	static const char *const names[] = { "pc",	 "pstate",   "sp_el1",
					     "elr_el1",	 "esr_el1",  "far_el1",
					     "vbar_el1", "sctlr_el1" };
	const json_t *x = json_object_get(o, "x");
	long long i = client_integer(o, "vcpu");

	if (json_object_get(o, "unknown")) {
		fprintf(out, "vCPU %lld: unknown: %s\n", i,
			client_string(o, "unknown"));
		return;
	}
	fprintf(out, "vCPU %lld%s%s: %s%s\n", i,
		json_is_true(json_object_get(o, "held")) ? ", stopped" : "",
		json_is_true(json_object_get(o, "off"))
			? ", switched off by the guest"
			: "",
		client_string(o, "pc"),
		json_object_get(o, "symbol") ? client_string(o, "symbol") : "");
	for (size_t n = 0; n < ARRAY_SIZE(names); n++)
		fprintf(out, "  %-9s %18s%s", names[n],
			client_string(o, names[n]), n % 2 ? "\n" : "");
	for (size_t n = 0; n < json_array_size(x) && n < 31; n++)
		fprintf(out, "  x%-8zu %18.18s%s", n,
			json_string_value(json_array_get(x, n))
				? json_string_value(json_array_get(x, n))
				: "?",
			n % 2 ? "\n" : "");
	if (json_array_size(x) % 2)
		fputc('\n', out);
}

static void print_frames(FILE *out, const char *where, const json_t *frames)
{
	for (size_t i = 0; i < json_array_size(frames); i++) {
		const char *name = json_string_value(json_array_get(frames, i));

		fprintf(out, "    %s%s\n", where, name ? name : "?");
	}
}

static void print_thread(FILE *out, const json_t *o)
{
	fprintf(out, "thread %lld %s: %s\n",
		(long long)client_integer(o, "tid"), client_string(o, "name"),
		json_object_get(o, "call") ? client_string(o, "call")
					   : "the kernel does not tell");
	print_frames(out, "kernel: ", json_object_get(o, "kernel"));
	print_frames(out, "", json_object_get(o, "frames"));
}

static void print_memlock(FILE *out, const json_t *o)
{
	fprintf(out, "locked %lld KiB, limit %lld KiB",
		(long long)client_integer(o, "locked") >> 10,
		(long long)client_integer(o, "soft") >> 10);
	if (json_is_integer(json_object_get(o, "hard")))
		fprintf(out, " of at most %lld KiB",
			(long long)client_integer(o, "hard") >> 10);
	fputc('\n', out);
}

void client_print_debug(FILE *out, const json_t *o)
{
	const json_t *all = json_object_get(o, "vcpus");

	for (size_t i = 0; i < json_array_size(all); i++)
		print_vcpu(out, json_array_get(all, i));
	all = json_object_get(o, "threads");
	for (size_t i = 0; i < json_array_size(all); i++)
		print_thread(out, json_array_get(all, i));
	if (json_object_get(o, "page"))
		fprintf(out, "page 0x%llx: was %s, is %s\n",
			(unsigned long long)client_integer(o, "page"),
			client_string(o, "before"), client_string(o, "now"));
	if (json_object_get(o, "locked"))
		print_memlock(out, o);
}

/* 0 and the answer, owned by the caller; -errno, logged. */
static int ask_until_done(struct client *c, const struct control_request *r,
			  json_t **o)
{
	int code, ret = client_ask(c, r, o);

	for (unsigned int i = 0;
	     !ret && i < LOOKS && json_object_get(*o, "pending"); i++) {
		json_decref(*o);
		*o = NULL;
		(void)poll(NULL, 0, LOOK_MS);
		ret = client_ask(c, r, o);
	}
	if (!ret && client_ended(c, *o, &code))
		ret = -EPIPE;
	if (!ret && json_object_get(*o, "pending")) {
		log_err("%s: a vCPU waits for the host, or its next instruction does for an interrupt; what was asked is done when it comes out",
			c->name);
		ret = -ETIMEDOUT;
	}
	return ret;
}

int cmd_debug(const struct verb *v, int argc, char **argv)
{
	struct control_request r;
	struct client_options o;
	struct client c;
	json_t *answer = NULL;
	const char *wants;
	int ret = client_parse(v, argc, argv, &o);

	if (ret)
		return ret < 0 ? EXIT_HOST : 0;
	wants = client_debug_request(&o, &r);
	if (wants) {
		log_err("debug%s%s: give %s", o.action ? " " : "",
			o.action ? o.action : "", wants);
		return EXIT_HOST;
	}
	if (client_find(&c, v->name, o.name))
		return EXIT_HOST;
	ret = ask_until_done(&c, &r, &answer);
	if (!ret && o.json) {
		(void)json_object_del(answer, "v");
		(void)json_object_del(answer, "ok");
		ret = json_dumpf(answer, stdout, JSON_INDENT(2));
		putchar('\n');
	} else if (!ret) {
		client_print_debug(stdout, answer);
	}
	json_decref(answer);
	client_close(&c);
	return ret ? EXIT_HOST : 0;
}
