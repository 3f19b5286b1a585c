// SPDX-License-Identifier: GPL-2.0-only
/*
 * ktap.c: reads KTAP and TAP.
 *
 * How this works: a line is looked at when it ends. Nothing counts before one
 * that says a version, at whatever depth. A result at depth n is the parent of
 * all results at n + 1 that have none yet: it comes behind them. So the tests of
 * a depth without a parent are always the last ones of it, and levels[n].first
 * is where they begin.
 */
#include "ktap.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

void ktap_init(struct ktap *k)
{
	memset(k, 0, sizeof(*k));
	k->nr_indents = 1;
	for (unsigned int i = 0; i < KTAP_DEPTH; i++)
		k->levels[i].first = KTAP_NONE;
}

void ktap_fini(struct ktap *k)
{
	for (uint32_t i = 0; i < k->nr; i++) {
		free(k->tests[i].name);
		free(k->tests[i].reason);
		free(k->tests[i].notes);
	}
	free(k->tests);
	ktap_init(k);
}

/* --- what is kept ----------------------------------------------------------- */

/* NULL: nothing to keep, or no room for it. */
static char *keep_text(struct ktap *k, const char *text, size_t len)
{
	char *copy;

	if (!len || len > KTAP_TEXT - k->text)
		return NULL;
	copy = strndup(text, len);
	if (copy)
		k->text += len;
	return copy;
}

static struct ktap_test *new_test(struct ktap *k)
{
	uint32_t room = k->room ? 2 * k->room : 64;
	struct ktap_test *more;

	if (k->nr == KTAP_TESTS)
		return NULL;
	if (k->nr == k->room) {
		more = reallocarray(k->tests, room, sizeof(*more));
		if (!more)
			return NULL;
		k->tests = more;
		k->room = room;
	}
	return memset(&k->tests[k->nr], 0, sizeof(*k->tests));
}

/* --- plans -------------------------------------------------------------------- */

static void close_level(struct ktap *k, unsigned int depth)
{
	struct ktap_level *l = &k->levels[depth];

	if (l->planned > l->seen) {
		uint64_t lacking = l->planned - l->seen;

		lacking += k->totals.missing;
		k->totals.missing =
			lacking < UINT32_MAX ? (uint32_t)lacking : UINT32_MAX;
	}
	*l = (struct ktap_level){ .first = KTAP_NONE };
}

void ktap_end(struct ktap *k)
{
	for (unsigned int i = KTAP_DEPTH; i-- > 0;)
		close_level(k, i);
}

/* --- results ------------------------------------------------------------------ */

static const char *skip_blanks(const char *s)
{
	while (*s == ' ' || *s == '\t')
		s++;
	return s;
}

/* The words behind "# " that are a directive. */
static bool outcome_of(const char *word, size_t len, bool ok,
		       enum ktap_outcome *outcome)
{
	static const struct {
		const char *word;
		enum ktap_outcome if_ok, if_not;
	} words[] = {
		{ "SKIP", KTAP_SKIPPED, KTAP_SKIPPED },
		{ "TODO", KTAP_EXPECTED, KTAP_EXPECTED },
		{ "XFAIL", KTAP_EXPECTED, KTAP_EXPECTED },
		{ "XPASS", KTAP_EXPECTED, KTAP_FAILED },
		{ "TIMEOUT", KTAP_PASSED, KTAP_FAILED },
		{ "ERROR", KTAP_PASSED, KTAP_FAILED },
		{ "exit=", KTAP_PASSED, KTAP_FAILED }, /* kselftest's */
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strlen(words[i].word) == len &&
		    !strncasecmp(word, words[i].word, len)) {
			*outcome = ok ? words[i].if_ok : words[i].if_not;
			return true;
		}
	return false;
}

/* Cuts " # DIRECTIVE reason" off @name: where the reason is, or "". */
static const char *cut_directive(char *name, bool ok,
				 enum ktap_outcome *outcome)
{
	char *end = name + strlen(name), *hash = name, *why = end;

	while ((hash = strchr(hash, '#')) != NULL) {
		const char *word = skip_blanks(hash + 1);
		size_t len = 0;

		while (isalpha((unsigned char)word[len]))
			len++;
		len += word[len] == '=';
		if ((hash == name || hash[-1] != '\\') &&
		    outcome_of(word, len, ok, outcome)) {
			why = name + (word - name);
			if (word[len - 1] != '=')
				why += len;
			*hash = '\0';
			break;
		}
		hash++;
	}
	for (end = name + strlen(name); end > name && isblank(end[-1]);)
		*--end = '\0';
	while (*why == ':' || *why == ' ' || *why == '\t')
		why++;
	return why;
}

/* All without a parent at @depth are parts of @parent. */
static void adopt(struct ktap *k, unsigned int depth, uint32_t parent)
{
	for (uint32_t i = k->levels[depth].first; i < k->nr; i++)
		if (k->tests[i].depth == depth &&
		    k->tests[i].parent == KTAP_NONE)
			k->tests[i].parent = parent;
	close_level(k, depth);
}

static void count(struct ktap *k, enum ktap_outcome outcome, const char *name)
{
	switch (outcome) {
	case KTAP_PASSED:
		k->totals.passed++;
		break;
	case KTAP_SKIPPED:
		k->totals.skipped++;
		break;
	case KTAP_EXPECTED:
		k->totals.expected++;
		break;
	case KTAP_FAILED:
		if (!k->totals.failed++)
			(void)snprintf(k->first_failed, sizeof(k->first_failed),
				       "%s", name);
		break;
	}
}

/* Its number, or KTAP_NONE. */
static uint32_t keep_test(struct ktap *k, const struct ktap_test *seen,
			  const char *name, const char *why)
{
	struct ktap_test *t = new_test(k);

	if (t) {
		*t = *seen;
		t->name = keep_text(k, name, strlen(name));
	}
	if (!t || !t->name) {
		k->not_kept++;
		return KTAP_NONE;
	}
	t->reason = keep_text(k, why, strlen(why));
	if (t->outcome == KTAP_FAILED)
		t->notes = keep_text(k, k->notes, k->notes_len);
	if (k->levels[t->depth].first == KTAP_NONE)
		k->levels[t->depth].first = k->nr;
	return k->nr++;
}

static void result(struct ktap *k, unsigned int depth, bool ok, char *text)
{
	struct ktap_test seen = { .outcome = ok ? KTAP_PASSED : KTAP_FAILED,
				  .depth = depth,
				  .parent = KTAP_NONE };
	const char *why = cut_directive(text, ok, &seen.outcome);
	const char *name = *text ? text : "(no name)";
	bool part_failed = false;
	uint32_t nr;

	/* What is deeper still is of one that never reported. */
	for (unsigned int i = KTAP_DEPTH - 1; i > depth + 1; i--)
		close_level(k, i);
	if (depth + 1 < KTAP_DEPTH) {
		seen.has_parts = k->levels[depth + 1].seen > 0;
		part_failed = k->levels[depth + 1].any_failed;
	}
	if (!seen.has_parts || (seen.outcome == KTAP_FAILED && !part_failed))
		count(k, seen.outcome, name);
	nr = keep_test(k, &seen, name, why);
	if (depth + 1 < KTAP_DEPTH)
		adopt(k, depth + 1, nr);
	k->levels[depth].seen++;
	k->levels[depth].any_failed |= seen.outcome == KTAP_FAILED;
	k->notes_len = 0;
}

/* --- lines -------------------------------------------------------------------- */

static bool begins(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

/* Digits of at most nine places; false: there are none. */
static bool take_number(const char **at, uint64_t *n)
{
	const char *s = *at;

	for (*n = 0; isdigit((unsigned char)*s); s++)
		if (s - *at < 9)
			*n = *n * 10 + (uint64_t)(*s - '0');
	if (s == *at)
		return false;
	*at = s;
	return true;
}

static bool is_version(const char *s)
{
	return begins(s, "KTAP version ") || begins(s, "TAP version ");
}

/* "1..N", and for N = 0 perhaps why. */
static bool plan(struct ktap *k, unsigned int depth, const char *s)
{
	uint64_t n;

	if (!begins(s, "1.."))
		return false;
	s += 3;
	if (!take_number(&s, &n) || (*s && *s != ' ' && *s != '\t'))
		return false;
	k->levels[depth].planned = n;
	s = skip_blanks(s);
	if (n == 0 && depth == 0 && *s == '#')
		k->totals.skipped++;
	return true;
}

/* "ok 3 - name"; @strict: only with its number. */
static bool take_result(struct ktap *k, unsigned int depth, char *s,
			bool strict)
{
	const bool ok = begins(s, "ok");
	const char *at = s + (ok ? 2 : 6);
	uint64_t number;
	bool has_number;

	if (!ok && !begins(s, "not ok"))
		return false;
	if (*at && *at != ' ' && *at != '\t')
		return false;
	at = skip_blanks(at);
	has_number = take_number(&at, &number);
	if (strict && !has_number)
		return false;
	at = skip_blanks(at);
	if (*at == '-')
		at = skip_blanks(at + 1);
	result(k, depth, ok, s + (at - s));
	return true;
}

static void note(struct ktap *k, const char *s)
{
	size_t len = strlen(s);

	if (len + 1 > sizeof(k->notes) - k->notes_len)
		return;
	memcpy(k->notes + k->notes_len, s, len);
	k->notes_len += len;
	k->notes[k->notes_len++] = '\n';
}

/* Behind what printk() puts in front: "[    1.234567][    T1] " */
static char *behind_stamp(char *s)
{
	char *text = s, *end;

	while (*text == '[' &&
	       (text[1] == ' ' || isdigit((unsigned char)text[1]))) {
		end = strchr(text, ']');
		if (!end)
			return s;
		text = end + 1;
	}
	return text != s && *text == ' ' ? text + 1 : text;
}

/*
 * Subtests of kselftest: "# " for each depth. Only what follows a version at that
 * depth: anybody may say "# ok".
 */
static bool take_hashed(struct ktap *k, unsigned int depth, char *s)
{
	unsigned int hashes = 0;

	while (s[0] == '#' && s[1] == ' ' && depth + hashes + 1 < KTAP_DEPTH) {
		s += 2;
		hashes++;
	}
	if (!hashes)
		return false;
	s += skip_blanks(s) - s;
	if (is_version(s)) {
		k->hashes = hashes;
		return true;
	}
	if (hashes > k->hashes)
		return false;
	return plan(k, depth + hashes, s) ||
	       take_result(k, depth + hashes, s, true);
}

/* Indentation is two blanks a depth by the book; KUnit's is four. */
static unsigned int depth_of(const struct ktap *k, unsigned int blanks)
{
	unsigned int depth = 0;

	while (depth < k->nr_indents && k->indents[depth] < blanks)
		depth++;
	return depth < KTAP_DEPTH ? depth : KTAP_DEPTH - 1;
}

/* A version, a plan or a result. */
static bool take_line(struct ktap *k, unsigned int depth, char *s)
{
	if (is_version(s)) {
		k->seen = true;
		return true;
	}
	if (!k->seen)
		return false;
	return plan(k, depth, s) || take_result(k, depth, s, depth > 0);
}

static void look_at(struct ktap *k, char *s)
{
	unsigned int blanks = 0, depth;

	s = behind_stamp(s);
	while (s[blanks] == ' ')
		blanks++;
	depth = depth_of(k, blanks);
	s += blanks;
	if (take_line(k, depth, s)) {
		k->indents[depth] = blanks;
		k->nr_indents = depth + 1;
		if (!depth && *s != '1' && !is_version(s))
			k->hashes = 0;
	} else if (k->seen && begins(s, "Bail out!")) {
		k->bailed = true;
	} else if (k->seen && !take_hashed(k, depth, s) && *s == '#') {
		note(k, s);
	}
}

void ktap_hear(struct ktap *k, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\n') {
			while (k->len > 0 && k->line[k->len - 1] == '\r')
				k->len--;
			k->line[k->len] = '\0';
			look_at(k, k->line);
			k->len = 0;
		} else if (k->len < KTAP_LINE) {
			k->line[k->len] = '?';
			if (bytes[i])
				memcpy(&k->line[k->len], &bytes[i], 1);
			k->len++;
		}
	}
}

/* --- what it comes to ----------------------------------------------------------- */

bool ktap_failed(const struct ktap *k)
{
	return k->seen &&
	       (k->bailed || k->totals.failed > 0 || k->totals.missing > 0);
}

const char *ktap_say(const struct ktap *k, char *buf, size_t size)
{
	const struct ktap_totals *t = &k->totals;
	const uint64_t all = (uint64_t)t->passed + t->failed + t->skipped +
			     t->expected + t->missing;
	char name[100] = "", first[120] = "", skipped[40] = "", lost[40] = "";

	text_copy(name, sizeof(name), k->first_failed);
	if (t->failed)
		(void)snprintf(first, sizeof(first), " (first: %s)", name);
	if (t->skipped)
		(void)snprintf(skipped, sizeof(skipped), ", %u skipped",
			       t->skipped);
	if (t->missing)
		(void)snprintf(lost, sizeof(lost), ", %u did not report",
			       t->missing);
	(void)snprintf(buf, size, "%u of %llu tests failed%s%s%s%s", t->failed,
		       (unsigned long long)all, first, lost, skipped,
		       k->bailed ? ", bailed out" : "");
	return buf;
}
