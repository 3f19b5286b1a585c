// SPDX-License-Identifier: GPL-2.0-only
/* junit.c: results of tests in the XML that CI systems read. */
#include "junit.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "text.h"

/* --- text ------------------------------------------------------------------- */

/* XML 1.0 has no U+FFFE, no U+FFFF, and of the controls these alone. */
static bool is_in_xml(const char *s, size_t len)
{
	const unsigned char *c = (const unsigned char *)s;

	if (len == 3 && c[0] == 0xef && c[1] == 0xbf && c[2] >= 0xbe)
		return false;
	return len > 1 || c[0] == '\t' || c[0] == '\n' ||
	       (c[0] >= ' ' && c[0] != 0x7f);
}

/* Text between tags and in attributes, where a newline would become a blank. */
static void put_text(FILE *f, const char *s)
{
	size_t len;

	for (; *s; s += len ? len : 1) {
		len = utf8_len(s);
		if (!len || !is_in_xml(s, len))
			(void)fputs("\xef\xbf\xbd", f); /* U+FFFD */
		else if (strchr("<>&\"'\t\n", *s))
			(void)fprintf(f, "&#%d;", *s);
		else
			(void)fwrite(s, 1, len, f);
	}
}

static void put_attribute(FILE *f, const char *name, const char *text)
{
	(void)fprintf(f, " %s=\"", name);
	put_text(f, text);
	(void)fputc('"', f);
}

/* <failure message="...">text</failure> */
static void put_element(FILE *f, const char *element, const char *message,
			const char *text)
{
	(void)fprintf(f, "    <%s", element);
	put_attribute(f, "message", message);
	if (!text) {
		(void)fputs("/>\n", f);
		return;
	}
	(void)fputc('>', f);
	put_text(f, text);
	(void)fprintf(f, "</%s>\n", element);
}

/* --- test cases -------------------------------------------------------------- */

/* "suite.test": what @t is a part of, from the outermost on. */
static void put_parents(FILE *f, const struct ktap *k,
			const struct ktap_test *t)
{
	const struct ktap_test *path[KTAP_DEPTH];
	unsigned int nr = 0;

	while (t->parent != KTAP_NONE && nr < KTAP_DEPTH) {
		t = &k->tests[t->parent];
		path[nr++] = t;
	}
	while (nr-- > 0) {
		(void)fputc('.', f);
		put_text(f, path[nr]->name);
	}
}

static void put_test(FILE *f, const struct ktap *k, const struct ktap_test *t,
		     const char *suite)
{
	(void)fputs("  <testcase classname=\"", f);
	put_text(f, suite);
	put_parents(f, k, t);
	(void)fputc('"', f);
	put_attribute(f, "name", t->name);
	if (t->outcome == KTAP_PASSED) {
		(void)fputs("/>\n", f);
		return;
	}
	(void)fputs(">\n", f);
	if (t->outcome == KTAP_FAILED)
		put_element(f, "failure", t->reason ? t->reason : "not ok",
			    t->notes);
	else
		put_element(f, "skipped",
			    t->reason			  ? t->reason
			    : t->outcome == KTAP_EXPECTED ? "expected"
							  : "skipped",
			    NULL);
	(void)fputs("  </testcase>\n", f);
}

/* A test case of our own: @what, and as @element why it is not passed. */
static void put_own(FILE *f, const char *suite, const char *what,
		    const char *element, const char *why)
{
	(void)fputs("  <testcase", f);
	put_attribute(f, "classname", suite);
	put_attribute(f, "name", what);
	(void)fputs(element ? ">\n" : "/>\n", f);
	if (element) {
		put_element(f, element, why, NULL);
		(void)fputs("  </testcase>\n", f);
	}
}

/* --- the file ------------------------------------------------------------------- */

struct numbers {
	uint64_t tests, failures, errors, skipped;
};

static bool ended_well(const struct verdict *v)
{
	return v->code == EXIT_GUEST_OFF;
}

/* What KTAP does not say itself: the VM's own end, tests that went missing. */
static bool has_own(const struct ktap *k, const struct verdict *v)
{
	if (!k->seen)
		return true;
	if (v->code == EXIT_TESTS_FAILED && k->totals.failed > 0)
		return k->not_kept || k->bailed || k->totals.missing > 0;
	return !ended_well(v);
}

static struct numbers count(const struct ktap *k, const struct verdict *v)
{
	struct numbers n = { .tests = k->nr };

	for (uint32_t i = 0; i < k->nr; i++) {
		n.failures += k->tests[i].outcome == KTAP_FAILED;
		n.skipped += k->tests[i].outcome == KTAP_SKIPPED ||
			     k->tests[i].outcome == KTAP_EXPECTED;
	}
	if (!has_own(k, v))
		return n;
	n.tests++;
	if (!ended_well(v) && v->ran && !k->seen)
		n.failures++;
	else if (!ended_well(v))
		n.errors++;
	return n;
}

void junit_print(FILE *f, const struct ktap *k, const struct verdict *v,
		 const char *name, uint64_t ms)
{
	const struct numbers n = count(k, v);
	const char *element = v->ran && !k->seen ? "failure" : "error";

	(void)fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite",
		    f);
	put_attribute(f, "name", name);
	(void)fprintf(
		f,
		" tests=\"%llu\" failures=\"%llu\" errors=\"%llu\""
		" skipped=\"%llu\" time=\"%llu.%03u\">\n",
		(unsigned long long)n.tests, (unsigned long long)n.failures,
		(unsigned long long)n.errors, (unsigned long long)n.skipped,
		(unsigned long long)ms / 1000, (unsigned int)(ms % 1000));
	for (uint32_t i = 0; i < k->nr; i++)
		put_test(f, k, &k->tests[i], name);
	if (has_own(k, v))
		put_own(f, "lkvm-pvm", name, ended_well(v) ? NULL : element,
			v->reason);
	(void)fputs("</testsuite>\n", f);
}

int junit_write(int fd, const char *path, const struct ktap *k,
		const struct verdict *v, const char *name, uint64_t ms)
{
	FILE *f = fdopen(fd, "w");
	int ret = 0;

	if (f) {
		junit_print(f, k, v, name, ms);
		errno = EIO;
		ret = ferror(f) ? -errno : 0;
		if (fclose(f))
			ret = -errno;
	} else {
		ret = -errno;
		close(fd);
	}
	if (ret)
		log_err("--junit %s: %s", path, errno_text(ret));
	return ret;
}
