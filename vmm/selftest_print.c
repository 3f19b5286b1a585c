// SPDX-License-Identifier: GPL-2.0-only
/*
 * selftest_print.c: results of the selftest as KTAP, version 1 (the kernel's
 * Documentation/dev-tools/ktap.rst), as JSON, and the list of checks.
 */
#include "selftest.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char *const verdict_names[] = {
	[SELFTEST_PASS] = "pass",	[SELFTEST_FAIL] = "fail",
	[SELFTEST_SKIP] = "skip",	[SELFTEST_DIFFERS] = "differs",
	[SELFTEST_TIMEOUT] = "timeout",
};

const char *selftest_verdict_name(enum selftest_verdict v)
{
	return verdict_names[v];
}

void selftest_sanitize(char *text)
{
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f || *c == '#')
			*c = *c == '#' ? '*' : ' ';
}

bool selftest_same_kernel(const char *release, const char *seen)
{
	size_t len = strlen(seen);

	return !strncmp(release, seen, len) &&
	       (release[len] < '0' || release[len] > '9');
}

bool selftest_parse(struct selftest_result *r, const char *text)
{
	static const enum selftest_verdict said[] = {
		SELFTEST_PASS,
		SELFTEST_FAIL,
		SELFTEST_SKIP,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(said); i++) {
		const char *name = verdict_names[said[i]];
		size_t len = strlen(name);
		bool why = said[i] != SELFTEST_PASS;

		if (!strchr(text, '\n') || strncmp(text, name, len) != 0 ||
		    text[len] != (why ? ' ' : '\n'))
			continue;
		r->verdict = said[i];
		snprintf(r->seen, sizeof(r->seen), "%.*s",
			 why ? (int)strcspn(text + len + 1, "\n") : 0,
			 text + len + 1);
		selftest_sanitize(r->seen);
		return true;
	}
	return false;
}

static void memlock_text(const struct selftest_host *h, char *text, size_t len)
{
	if (h->memlock_exempt)
		snprintf(text, len, "no limit (CAP_IPC_LOCK)");
	else if (h->memlock == UINT64_MAX)
		snprintf(text, len, "unlimited");
	else
		snprintf(text, len, "%" PRIu64 " KiB", h->memlock >> 10);
}

void selftest_print_start(struct selftest_print *p,
			  const struct selftest_host *h, unsigned int planned)
{
	char memlock[64];

	memlock_text(h, memlock, sizeof(memlock));
	fprintf(p->out, "KTAP version 1\n1..%u\n", planned);
	fprintf(p->out, "# lkvm-pvm: %s\n", VERSION);
	fprintf(p->out, "# kernel: %s %s\n", h->release, h->version);
	fprintf(p->out, "# machine: %s\n",
		h->machine[0] ? h->machine : "unknown");
	fprintf(p->out, "# CPUs: MIDR_EL1 %s\n",
		h->cpus[0] ? h->cpus : "unknown");
	fprintf(p->out, "# memory: %" PRIu64 " MiB\n", h->memory >> 20);
	fprintf(p->out,
		"# pKVM: %s, pages of %" PRIu64
		" bytes, IPA of %u bits, %s, %s\n",
		h->mode, h->page_size, h->ipa_bits, h->its ? "ITS" : "no ITS",
		h->ptrauth ? "pointer authentication"
			   : "no pointer authentication");
	fprintf(p->out, "# user: %s, RLIMIT_MEMLOCK: %s\n",
		h->root ? "root" : "not root", memlock);
	fflush(p->out);
}

static void print_details(FILE *out, const struct selftest_check *c,
			  const struct selftest_result *r)
{
	fprintf(out, "# promised: %s (%s)\n", c->promise, c->source);
	if (r->seen[0])
		fprintf(out, "# seen: %s\n", r->seen);
	fprintf(out, "# decided by: %s; first seen on Linux %s\n", c->decides,
		c->seen);
}

void selftest_print_result(struct selftest_print *p,
			   const struct selftest_check *c,
			   const struct selftest_result *r)
{
	bool bad =
		r->verdict == SELFTEST_FAIL || r->verdict == SELFTEST_TIMEOUT;

	p->count[r->verdict]++;
	p->nr++;
	if (p->verbose || bad || r->verdict == SELFTEST_DIFFERS)
		print_details(p->out, c, r);
	fprintf(p->out, "%sok %u %s", bad ? "not " : "", p->nr, c->name);
	if (r->verdict == SELFTEST_SKIP)
		fprintf(p->out, " # SKIP %s", r->seen);
	else if (r->verdict == SELFTEST_TIMEOUT)
		fprintf(p->out, " # TIMEOUT %s", r->seen);
	else if (r->verdict == SELFTEST_DIFFERS)
		fprintf(p->out, " # XFAIL differs from Linux %s: %s", c->seen,
			r->seen);
	else if (p->verbose)
		fprintf(p->out, " # %u ms", r->ms);
	fputc('\n', p->out);
	fflush(p->out);
}

void selftest_print_totals(const struct selftest_print *p)
{
	fprintf(p->out, "# Totals: pass:%u fail:%u xfail:%u skip:%u\n",
		p->count[SELFTEST_PASS],
		p->count[SELFTEST_FAIL] + p->count[SELFTEST_TIMEOUT],
		p->count[SELFTEST_DIFFERS], p->count[SELFTEST_SKIP]);
}

static json_t *check_json(const struct selftest_check *c)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s*, s:b, s:b, s:b}",
			 "name", c->name, "promise", c->promise, "source",
			 c->source, "decides", c->decides, "first_seen",
			 c->seen, "provocation", c->provocation, "root",
			 (c->flags & SELFTEST_ROOT) != 0, "slow",
			 (c->flags & SELFTEST_SLOW) != 0, "destructive",
			 (c->flags & SELFTEST_DESTRUCTIVE) != 0);
}

/* Prints and drops @root, which may be NULL. */
static int dump(FILE *out, json_t *root)
{
	char *text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;

	json_decref(root);
	if (!text)
		return -ENOMEM;
	fprintf(out, "%s\n", text);
	free(text);
	return 0;
}

static json_t *result_json(const struct selftest_check *c,
			   const struct selftest_result *r)
{
	json_t *o = check_json(c);

	if (o && (json_object_set_new(o, "verdict",
				      json_string(verdict_names[r->verdict])) ||
		  json_object_set_new(o, "seen", json_string(r->seen)) ||
		  json_object_set_new(o, "ms", json_integer(r->ms)))) {
		json_decref(o);
		return NULL;
	}
	return o;
}

static json_t *host_json(const struct selftest_host *h)
{
	char memlock[64];

	memlock_text(h, memlock, sizeof(memlock));
	return json_pack(
		"{s:s, s:s, s:s, s:s, s:I, s:s, s:I, s:i, s:b, s:b, s:s, s:b}",
		"kernel", h->release, "version", h->version, "machine",
		h->machine, "cpus", h->cpus, "memory", (json_int_t)h->memory,
		"pkvm", h->mode, "page_size", (json_int_t)h->page_size,
		"ipa_bits", (int)h->ipa_bits, "its", h->its, "ptrauth",
		h->ptrauth, "memlock", memlock, "root", h->root);
}

int selftest_print_json(FILE *out, const struct selftest_host *h,
			const struct selftest_check *const *checks,
			const struct selftest_result *results, unsigned int nr)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < nr; i++) {
		if (json_array_append_new(
			    list, result_json(checks[i], &results[i]))) {
			json_decref(list);
			return -ENOMEM;
		}
	}
	return dump(out, json_pack("{s:s, s:o, s:o}", "lkvm-pvm", VERSION,
				   "host", host_json(h), "results", list));
}

static void flag_names(const struct selftest_check *c, char *text, size_t len)
{
	snprintf(text, len, "%s%s%s", c->flags & SELFTEST_ROOT ? " root" : "",
		 c->flags & SELFTEST_SLOW ? " slow" : "",
		 c->flags & SELFTEST_DESTRUCTIVE ? " destructive" : "");
}

void selftest_print_list(FILE *out, const struct selftest_check *const *checks,
			 unsigned int nr)
{
	char flags[64];

	for (unsigned int i = 0; i < nr; i++) {
		flag_names(checks[i], flags, sizeof(flags));
		fprintf(out, "%s%s%s%s\n    %s\n", checks[i]->name,
			flags[0] ? " (" : "", flags[0] ? flags + 1 : "",
			flags[0] ? ")" : "", checks[i]->promise);
	}
}

int selftest_print_list_json(FILE *out,
			     const struct selftest_check *const *checks,
			     unsigned int nr)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < nr; i++) {
		if (json_array_append_new(list, check_json(checks[i]))) {
			json_decref(list);
			return -ENOMEM;
		}
	}
	return dump(out, list);
}
