// SPDX-License-Identifier: GPL-2.0-only
/* options.c: parses a verb's arguments by its option table. */
#include "options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

#define WORD_MAX 32U /* longer words are nobody's typing mistake */

int opt_fail(struct opt_parse *p, const char *fmt, ...)
{
	char raw[sizeof(p->error)];
	va_list ap;

	if (p->error[0])
		return -EINVAL;
	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	text_copy(p->error, sizeof(p->error), raw);
	return -EINVAL;
}

int opt_bad_value(struct opt_parse *p, const char *value, const char *fmt, ...)
{
	char why[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return opt_fail(p, "%s: %s '%.64s%s': %s", p->verb, p->spelled, value,
			strlen(value) > 64 ? "..." : "", why);
}

int opt_set_file(struct opt_parse *p, const char *value, const char **file)
{
	if (!*value)
		return opt_bad_value(p, value, "the file name is empty");
	if (!strcmp(value, "-"))
		return opt_bad_value(p, value,
				     "give a file; standard output is "
				     "/dev/stdout");
	if (!strncmp(value, "fd:", 3))
		return opt_bad_value(p, value,
				     "give a file; a descriptor is /dev/fd/%s",
				     value + 3);
	*file = value;
	return 0;
}

/* Insertions, deletions, replacements and swaps from @a to @b. */
static unsigned int distance(const char *a, size_t len_a, const char *b)
{
	unsigned int rows[3][WORD_MAX + 1], *before = rows[0], *up = rows[1];
	unsigned int *row = rows[2], *reused, cost;
	size_t len_b = strlen(b), i, j;

	if (len_a > WORD_MAX || len_b > WORD_MAX)
		return WORD_MAX;
	memset(rows, 0, sizeof(rows));
	for (j = 0; j <= len_b; j++)
		up[j] = (unsigned int)j;
	for (i = 1; i <= len_a; i++) {
		row[0] = (unsigned int)i;
		for (j = 1; j <= len_b; j++) {
			cost = up[j - 1] + (a[i - 1] != b[j - 1]);
			if (up[j] + 1 < cost)
				cost = up[j] + 1;
			if (row[j - 1] + 1 < cost)
				cost = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && before[j - 2] + 1 < cost)
				cost = before[j - 2] + 1;
			row[j] = cost;
		}
		reused = before;
		before = up;
		up = row;
		row = reused;
	}
	return up[len_b];
}

/* How unlike @word is to @name; an abbreviation is next to the real thing. */
static unsigned int unlikeness(const char *word, size_t len, const char *name)
{
	if (len >= 2 && !strncmp(word, name, len))
		return 1;
	return distance(word, len, name);
}

static bool is_near(unsigned int d, size_t len)
{
	return d <= 1 + len / 4 && d < len;
}

const char *opt_nearest(const char *word, const char *const *names,
			unsigned int nr)
{
	unsigned int i, d, best = WORD_MAX;
	const char *nearest = NULL;
	size_t len = strlen(word);

	for (i = 0; i < nr; i++) {
		d = unlikeness(word, len, names[i]);
		if (d < best) {
			best = d;
			nearest = names[i];
		}
	}
	return nearest && is_near(best, len) ? nearest : NULL;
}

static const struct opt_spec *find_long(const struct opt_table *t,
					const char *name, size_t len)
{
	for (; t; t = t->base) {
		for (unsigned int i = 0; i < t->nr; i++)
			if (t->specs[i].name &&
			    strlen(t->specs[i].name) == len &&
			    !memcmp(t->specs[i].name, name, len))
				return &t->specs[i];
	}
	return NULL;
}

static const struct opt_spec *find_letter(const struct opt_table *t, char c)
{
	for (; t; t = t->base) {
		for (unsigned int i = 0; i < t->nr; i++)
			if (t->specs[i].name && t->specs[i].letter == c)
				return &t->specs[i];
	}
	return NULL;
}

static void find_nearest(const struct opt_table *t, const char *word,
			 size_t len, const struct opt_spec **nearest,
			 unsigned int *best)
{
	unsigned int i, d;

	for (i = 0; i < t->nr; i++) {
		if (!t->specs[i].name || t->specs[i].refused)
			continue;
		d = unlikeness(word, len, t->specs[i].name);
		if (d < *best) {
			*best = d;
			*nearest = &t->specs[i];
		}
	}
}

static int unknown_option(struct opt_parse *p, const struct opt_table *t,
			  const char *word, size_t len)
{
	const struct opt_spec *nearest = NULL;
	unsigned int best = WORD_MAX;

	for (; t; t = t->base)
		find_nearest(t, word, len, &nearest, &best);
	if (nearest && is_near(best, len))
		return opt_fail(p,
				"%s: no option %s; did you mean --%s? "
				"'lkvm-pvm %s --help' lists them",
				p->verb, p->spelled, nearest->name, p->verb);
	return opt_fail(p, "%s: no option %s; 'lkvm-pvm %s --help' lists them",
			p->verb, p->spelled, p->verb);
}

static int apply(struct opt_parse *p, const struct opt_spec *s,
		 const char *value)
{
	return s->ignored ? 0 : s->set(p, value);
}

/* A value after "=" is at @attached; otherwise it may be argv[*i + 1]. */
static int take(struct opt_parse *p, const struct opt_spec *s,
		const char *attached, int argc, char **argv, int *i)
{
	const char *next;

	if (s->refused) {
		/* The rest is read as if it was not there, nor its value. */
		if (s->arg == OPT_VALUE && !attached && *i + 1 < argc &&
		    argv[*i + 1][0] != '-')
			++*i;
		return opt_fail(p, "%s: %s: %s", p->verb, p->spelled,
				s->refused);
	}
	if (s->arg == OPT_SWITCH && attached)
		return opt_fail(p, "%s: %s takes no value", p->verb,
				p->spelled);
	if (s->arg == OPT_SWITCH || s->arg == OPT_MAYBE)
		return apply(p, s, attached ? attached : "on");
	if (attached)
		return apply(p, s, attached);
	if (*i + 1 >= argc)
		return opt_fail(p, "%s: %s needs a value: %s", p->verb,
				p->spelled, s->arg_name);
	next = argv[*i + 1];
	if (s->arg != OPT_TEXT && next[0] == '-' && next[1] != '\0')
		return opt_fail(p,
				"%s: %s needs a value (%s), but '%.64s' looks "
				"like the next option",
				p->verb, p->spelled, s->arg_name, next);
	++*i;
	return apply(p, s, next);
}

static int parse_long(struct opt_parse *p, const struct opt_table *t, int argc,
		      char **argv, int *i)
{
	const char *word = argv[*i] + 2;
	size_t len = strcspn(word, "=");
	const char *attached = word[len] == '=' ? word + len + 1 : NULL;
	const struct opt_spec *s;

	snprintf(p->spelled, sizeof(p->spelled), "--%.*s",
		 (int)(len < sizeof(p->spelled) ? len : sizeof(p->spelled)),
		 word);
	if (!strcmp(word, "help"))
		return OPT_HELP;
	s = find_long(t, word, len);
	if (s)
		return take(p, s, attached, argc, argv, i);
	if (len > 3 && !strncmp(word, "no-", 3)) {
		s = find_long(t, word + 3, len - 3);
		if (s && (s->arg == OPT_SWITCH || s->arg == OPT_MAYBE)) {
			if (attached)
				return opt_fail(p, "%s: %s takes no value",
						p->verb, p->spelled);
			/* Not to have what we refuse is fine. */
			return s->refused ? 0 : apply(p, s, "off");
		}
	}
	return unknown_option(p, t, word, len);
}

static int parse_letter(struct opt_parse *p, const struct opt_table *t,
			int argc, char **argv, int *i)
{
	const char *arg = argv[*i];
	const struct opt_spec *s;

	snprintf(p->spelled, sizeof(p->spelled), "-%c", arg[1]);
	if (!strcmp(arg, "-h"))
		return OPT_HELP;
	s = find_letter(t, arg[1]);
	if (s)
		return take(p, s, arg[2] ? arg + 2 : NULL, argc, argv, i);
	snprintf(p->spelled, sizeof(p->spelled), "%.60s", arg);
	return unknown_option(p, t, arg + 1, strlen(arg + 1));
}

static int parse_positional(struct opt_parse *p, const struct opt_table *t,
			    const char *arg)
{
	if (!t->positional)
		return opt_fail(p,
				"%s: '%.64s' is not an option; 'lkvm-pvm %s "
				"--help' lists them",
				p->verb, arg, p->verb);
	snprintf(p->spelled, sizeof(p->spelled), "argument");
	return t->positional(p, arg);
}

int opt_parse(struct opt_parse *p, const struct opt_table *table, void *target,
	      int argc, char **argv)
{
	bool options_end = false;
	int i, err, ret = 0;

	memset(p, 0, sizeof(*p));
	p->verb = argv[0];
	p->target = target;
	for (i = 1; i < argc; i++) {
		if (options_end || argv[i][0] != '-' || argv[i][1] == '\0') {
			options_end |= table->is_command;
			err = parse_positional(p, table, argv[i]);
		} else if (!strcmp(argv[i], "--")) {
			options_end = true;
			err = 0;
		} else if (argv[i][1] == '-')
			err = parse_long(p, table, argc, argv, &i);
		else
			err = parse_letter(p, table, argc, argv, &i);
		if (err == OPT_HELP && !ret)
			return OPT_HELP;
		if (err < 0 && !ret)
			ret = err;
	}
	return ret;
}
