// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_ktap.c: any output, in any pieces, as KTAP: totals and what is kept agree,
 * pieces make no difference, and the XML of it is well-formed: every '<' of it is
 * ours, no control characters, elements close in order.
 *
 * Input: a byte, the length of pieces, then the output.
 *
 * Floor: vmm/ktap.c 85
 * Floor: vmm/junit.c 75
 */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../vmm/junit.h"

static void check_kept(const struct ktap *k)
{
	const struct ktap_totals *t = &k->totals;
	uint64_t said =
		(uint64_t)t->passed + t->failed + t->skipped + t->expected;

	CHECK(k->nr <= KTAP_TESTS && k->text <= KTAP_TEXT);
	CHECK(k->seen || (!k->nr && !said && !t->missing));
	/* A plan of none that was skipped is said, and no test. */
	CHECK(said <= (uint64_t)k->nr + k->not_kept + 4096);
	for (uint32_t i = 0; i < k->nr; i++) {
		const struct ktap_test *test = &k->tests[i];

		CHECK(*test->name && test->depth < KTAP_DEPTH);
		CHECK(test->parent == KTAP_NONE ||
		      (test->parent < k->nr && test->parent > i &&
		       k->tests[test->parent].depth + 1 == test->depth));
	}
}

/* Tags open and close in order, and nothing else has a '<'. */
static void check_xml(const char *xml)
{
	static const char *const names[] = { "testsuite", "testcase", "failure",
					     "error", "skipped" };
	const char *open[4];
	unsigned int depth = 0;

	for (const char *c = xml; *c; c++)
		CHECK((unsigned char)*c >= ' ' || *c == '\n');
	xml = strstr(xml, "?>") + 2;
	while ((xml = strchr(xml, '<')) != NULL) {
		const char *end = strchr(xml, '>'), *name = NULL;
		const bool closes = xml[1] == '/';

		CHECK(end);
		for (size_t i = 0; i < 5; i++)
			if (!strncmp(xml + 1 + closes, names[i],
				     strlen(names[i])))
				name = name ? name : names[i];
		CHECK(name);
		if (closes)
			CHECK(depth > 0 && open[--depth] == name);
		else if (end[-1] != '/') {
			CHECK(depth < 4);
			open[depth++] = name;
		}
		xml = end;
	}
	CHECK(depth == 0);
}

static void print(const struct ktap *k, const struct verdict *v)
{
	char *out = NULL, text[256];
	size_t len;
	FILE *f = open_memstream(&out, &len);

	CHECK(f);
	junit_print(f, k, v, "name", 1);
	CHECK(!fclose(f) && strlen(out) == len);
	check_xml(out);
	free(out);
	for (const char *c = ktap_say(k, text, sizeof(text)); *c; c++)
		CHECK((unsigned char)*c >= ' ' && *c != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct verdict ends[] = {
		{ .origin = "guest", .ran = true, .reason = "fine" },
		{ .code = 1, .origin = "guest", .ran = true, .reason = "<" },
		{ .code = 112, .origin = "guest", .reason = "panic" },
	};
	static struct ktap k, whole;
	size_t piece = size ? (size_t)(*data & 31) + 1 : 1;

	if (!size)
		return 0;
	data++;
	size--;
	ktap_init(&k);
	ktap_init(&whole);
	for (size_t i = 0; i < size; i += piece)
		ktap_hear(&k, data + i, size - i < piece ? size - i : piece);
	ktap_hear(&whole, data, size);
	CHECK(k.nr == whole.nr &&
	      !memcmp(&k.totals, &whole.totals, sizeof(k.totals)));
	ktap_end(&k);
	ktap_end(&whole);
	check_kept(&k);
	print(&k, &ends[size % 3]);
	ktap_fini(&k);
	ktap_fini(&whole);
	return 0;
}
