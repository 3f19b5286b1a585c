// SPDX-License-Identifier: GPL-2.0-only
/*
 * expect.c: the lines a guest prints.
 *
 * How this works: bytes are gathered until a line ends or is as long as a line
 * may be; then it is looked at once. What has no end is looked at when somebody
 * asks (expect_look()): a prompt has none. So an expression costs a run of
 * regexec(3) over a kilobyte at most for each kilobyte or newline of output.
 */
#include "expect.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "exec_proto.h"
#include "log.h"
#include "text.h"

/* --- expressions ------------------------------------------------------------ */

/*
 * Groups in groups, and parts of an expression once repetitions are written out.
 * regcomp(3) takes the square of them at least, and much more for what may match
 * nothing: such a part counts more when it is repeated, and an anchor always.
 */
#define DEPTH_MAX   32U
#define PARTS_MAX   1024U
#define NONE_WEIGHT 32U
#define ANCHOR	    16U

/* A piece of an expression. */
struct piece {
	uint64_t parts;
	bool none; /* may match nothing */
};

struct group {
	struct piece branch; /* the one that is read */
	bool none;	     /* one before it may match nothing */
};

/* Behind the bracket expression that begins at @s. */
static const char *behind_bracket(const char *s)
{
	s += s[1] == '^' ? 2 : 1;
	if (*s == ']')
		s++;
	while (*s && *s != ']') {
		const char end[] = { s[1], ']', '\0' };
		const char *close = NULL;

		if (*s == '[' && strchr(".:=", s[1]) && s[1])
			close = strstr(s + 2, end);
		s = close ? close + 2 : s + 1;
	}
	return *s ? s + 1 : s;
}

/* How often what is in front of @s is written out; behind the operator: @end. */
static uint64_t times(const char *s, const char **end)
{
	uint64_t n = 0, last = 0;

	*end = s + 1;
	if (*s == '*' || *s == '?')
		return 1;
	if (*s == '+')
		return 2;
	for (s++; *s && *s != '}'; s++) {
		last = *s == ',' ? 0 : last * 10 + (uint64_t)(*s - '0');
		last = last > PARTS_MAX ? PARTS_MAX : last;
		n = last > n ? last : n;
	}
	*end = *s ? s + 1 : s;
	return n + 1;
}

static bool is_repetition(const char *s)
{
	return strchr("*?+", *s) ||
	       (*s == '{' && s[1] && strchr(",0123456789", s[1]));
}

/* Applies the operator at @s; behind it. */
static const char *repeat(struct piece *p, const char *s)
{
	const bool none = *s == '*' || *s == '?' ||
			  (*s == '{' && (s[1] == ',' || s[1] == '0'));

	p->parts *= times(s, &s) * (p->none ? NONE_WEIGHT : 1);
	p->none |= none;
	return s;
}

static struct piece atom(const char *s)
{
	if (*s == '(')
		return (struct piece){ .none = true };
	if (*s == '|')
		return (struct piece){ .parts = 1, .none = true };
	if (strchr("^$", *s) || (*s == '\\' && s[1] && strchr("bB<>`'", s[1])))
		return (struct piece){ .parts = ANCHOR, .none = true };
	return (struct piece){ .parts = 1 };
}

static const char *behind_atom(const char *s)
{
	if (*s == '[')
		return behind_bracket(s);
	return s + (*s == '\\' && s[1] ? 2 : 1);
}

/*
 * Whether @s stays small. regcomp(3) writes repetitions out, x+ as xx*, and those
 * of repetitions again: thirty signs may stand for a gigabyte.
 */
static bool is_small(const char *s)
{
	struct group groups[DEPTH_MAX + 1] = { { .branch.none = true } };
	struct group *g = groups;
	struct piece last = { .none = true };

	while (*s && last.parts + g->branch.parts <= PARTS_MAX) {
		if (is_repetition(s)) {
			s = repeat(&last, s);
			continue;
		}
		g->branch.parts += last.parts;
		g->branch.none &= last.none;
		if (*s == ')' && g > groups) {
			last.parts = g->branch.parts + 1;
			last.none = g->none || g->branch.none;
			g--;
			s++;
			continue;
		}
		if (*s == '|') {
			g->none |= g->branch.none;
			g->branch.none = true;
		}
		last = atom(s);
		if (*s == '(' && g == groups + DEPTH_MAX)
			return false;
		if (*s == '(')
			*++g = (struct group){ .branch.none = true };
		s = behind_atom(s);
	}
	return *s == '\0' && last.parts + g->branch.parts <= PARTS_MAX;
}

/* An extension that POSIX' have not: matching may take for ever. */
static bool has_back_reference(const char *s)
{
	for (; *s; s = behind_atom(s))
		if (*s == '\\' && s[1] >= '1' && s[1] <= '9')
			return true;
	return false;
}

bool expect_is_regex(const char *text, char *why, size_t size)
{
	regex_t re;
	int err;

	if (has_back_reference(text)) {
		(void)snprintf(why, size, "back-references are not taken");
		return false;
	}
	if (!is_small(text)) {
		(void)snprintf(why, size,
			       "too many parts, or repetitions in each other");
		return false;
	}
	err = regcomp(&re, text, REG_EXTENDED | REG_NOSUB);
	if (err)
		(void)regerror(err, &re, why, size);
	else
		regfree(&re);
	return err == 0;
}

/* --- the log ---------------------------------------------------------------- */

static void log_bytes(struct expect *e, const char *text, size_t len)
{
	for (unsigned int i = 0; i < EXPECT_SINKS; i++)
		if (e->logs[i])
			sink_write(e->logs[i], text, len);
}

/* What was not logged yet of @port's line; @end: and its end. */
static void log_line(struct expect *e, enum expect_port port, bool end)
{
	struct expect_line *l = &e->lines[port];
	int64_t us = (clock_ns() - e->began_ns) / 1000;
	char stamp[40];
	int n;

	if ((!e->logs[0] && !e->logs[1]) || (l->logged == l->len && !end))
		return;
	if (e->log_is_mid_line && e->logged_port != port) {
		log_bytes(e, "\n", 1);
		e->log_is_mid_line = false;
	}
	if (!e->log_is_mid_line) {
		n = snprintf(stamp, sizeof(stamp), "[%5lld.%06lld] ",
			     (long long)(us / 1000000),
			     (long long)(us % 1000000));
		log_bytes(e, stamp, (size_t)n);
	}
	log_bytes(e, l->text + l->logged, l->len - l->logged);
	if (end)
		log_bytes(e, "\n", 1);
	l->logged = l->len;
	e->log_is_mid_line = !end;
	e->logged_port = port;
}

/* --- what a line says ------------------------------------------------------- */

/* Behind the time, and who printed, that printk() puts in front: "[..][..] " */
static const char *behind_stamp(const char *text)
{
	const char *end;

	while (*text == '[') {
		end = strchr(text, ']');
		if (!end)
			return text;
		text = end + 1;
	}
	return *text == ' ' ? text + 1 : text;
}

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/* @whole: the line has its end. True when it says something new. */
static bool look_for_linux(struct expect *e, const char *text, bool whole)
{
	static const char panic[] = "Kernel panic - not syncing: ";
	struct expect_found *f = &e->found;
	const char *said = behind_stamp(text);
	size_t len = strlen(said);

	if (!whole)
		return false;
	if (!f->panic && begins(said, panic)) {
		f->panic = true;
		text_copy(f->panic_line, sizeof(f->panic_line),
			  said + sizeof(panic) - 1);
		return true;
	}
	if (!*f->init_line && begins(text, EXEC_WORD))
		text_copy(f->init_line, sizeof(f->init_line),
			  text + sizeof(EXEC_WORD) - 1);
	if (!f->panic_end && begins(said, "---[ end Kernel panic")) {
		f->panic_end = true;
		return f->panic;
	}
	if (!f->init && begins(said, "Run /") && len > 16 &&
	    !strcmp(said + len - 16, " as init process")) {
		f->init = true;
		return true;
	}
	return false;
}

static void count_met(struct expect *e)
{
	struct expect_found *f = &e->found;
	unsigned int nr = 0;

	f->unmet = NULL;
	for (unsigned int i = 0; i < e->nr_patterns; i++) {
		const struct expect_pattern *p = &e->patterns[i];

		nr += !p->is_bad;
		if (!p->is_bad && !p->met && !f->unmet)
			f->unmet = p->text;
	}
	f->all_met = nr > 0 && !f->unmet;
}

static bool look_for_patterns(struct expect *e, const char *text)
{
	bool is_new = false;

	for (unsigned int i = 0; i < e->nr_patterns; i++) {
		struct expect_pattern *p = &e->patterns[i];

		if (p->met || regexec(&p->regex, text, 0, NULL, 0))
			continue;
		p->met = is_new = true;
		if (p->is_bad && !e->found.bad) {
			e->found.bad = true;
			text_copy(e->found.bad_line, sizeof(e->found.bad_line),
				  text);
		}
	}
	if (is_new)
		count_met(e);
	return is_new;
}

static bool look_at(struct expect *e, struct expect_line *l, bool whole)
{
	bool is_new;

	l->text[l->len] = '\0';
	is_new = look_for_patterns(e, l->text);
	if (!l->is_rest)
		is_new |= look_for_linux(e, l->text, whole);
	return is_new;
}

static void keep(struct expect *e, const struct expect_line *l)
{
	if (l->len > 0 && !l->is_rest)
		text_copy(e->kept[e->nr_kept++ % EXPECT_KEPT], EXPECT_WIDTH,
			  l->text);
}

/* --- bytes ------------------------------------------------------------------ */

static bool end_line(struct expect *e, enum expect_port port, bool is_cut)
{
	struct expect_line *l = &e->lines[port];
	bool is_new;

	while (!is_cut && l->len > l->logged && l->text[l->len - 1] == '\r')
		l->len--;
	is_new = look_at(e, l, true);
	keep(e, l);
	log_line(e, port, !is_cut);
	l->len = l->logged = l->looked_at = 0;
	l->is_rest = is_cut;
	return is_new;
}

bool expect_hear(struct expect *e, enum expect_port port, const uint8_t *bytes,
		 size_t len)
{
	struct expect_line *l = &e->lines[port];
	bool is_new = false;

	pthread_mutex_lock(&e->lock);
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\n') {
			is_new |= end_line(e, port, false);
			continue;
		}
		if (l->len == EXPECT_LINE)
			is_new |= end_line(e, port, true);
		l->text[l->len] = '?';
		if (bytes[i])
			memcpy(&l->text[l->len], &bytes[i], 1);
		l->len++;
	}
	pthread_mutex_unlock(&e->lock);
	return is_new;
}

bool expect_look(struct expect *e)
{
	bool is_new = false;

	pthread_mutex_lock(&e->lock);
	for (unsigned int i = 0; i < EXPECT_PORTS; i++) {
		struct expect_line *l = &e->lines[i];

		if (l->looked_at != l->len)
			is_new |= look_at(e, l, false);
		l->looked_at = l->len;
		log_line(e, (enum expect_port)i, false);
	}
	pthread_mutex_unlock(&e->lock);
	return is_new;
}

void expect_found(struct expect *e, struct expect_found *out)
{
	pthread_mutex_lock(&e->lock);
	*out = e->found;
	pthread_mutex_unlock(&e->lock);
}

void expect_restart(struct expect *e)
{
	struct expect_found *f = &e->found;

	pthread_mutex_lock(&e->lock);
	f->panic = f->panic_end = f->init = false;
	pthread_mutex_unlock(&e->lock);
}

void expect_report(struct expect *e)
{
	char line[EXPECT_WIDTH];
	unsigned int first;

	expect_look(e);
	pthread_mutex_lock(&e->lock);
	for (unsigned int i = 0; i < EXPECT_PORTS; i++) {
		e->lines[i].text[e->lines[i].len] = '\0';
		keep(e, &e->lines[i]);
	}
	first = e->nr_kept > EXPECT_KEPT ? e->nr_kept - EXPECT_KEPT : 0;
	for (unsigned int i = first; i < e->nr_kept; i++) {
		memcpy(line, e->kept[i % EXPECT_KEPT], sizeof(line));
		log_err("console: %s", line);
	}
	pthread_mutex_unlock(&e->lock);
}

/* --- life ------------------------------------------------------------------- */

static int add(struct expect *e, const char *text, bool is_bad)
{
	struct expect_pattern *p = &e->patterns[e->nr_patterns];
	int err = regcomp(&p->regex, text, REG_EXTENDED | REG_NOSUB);

	if (err) {
		/* It was tried when the options were read. */
		log_err("'%s': no memory for this expression", text);
		return -ENOMEM;
	}
	p->text = text;
	p->is_bad = is_bad;
	e->nr_patterns++;
	return 0;
}

int expect_init(struct expect *e, const struct config *cfg)
{
	int ret = 0;

	memset(e, 0, sizeof(*e));
	pthread_mutex_init(&e->lock, NULL);
	e->began_ns = clock_ns();
	for (unsigned int i = 0; !ret && i < cfg->nr_expects; i++)
		ret = add(e, cfg->expects[i], false);
	for (unsigned int i = 0; !ret && i < cfg->nr_fail_ons; i++)
		ret = add(e, cfg->fail_ons[i], true);
	count_met(e);
	return ret;
}

void expect_fini(struct expect *e)
{
	while (e->nr_patterns > 0)
		regfree(&e->patterns[--e->nr_patterns].regex);
	pthread_mutex_destroy(&e->lock);
}
