// SPDX-License-Identifier: GPL-2.0-only
/*
 * expect.c: the lines a guest prints.
 *
 * How this works: bytes are gathered until a line ends or is as long as a line
 * may be; then it is looked at once. What has no end is looked at when somebody
 * asks (expect_look()): a prompt has none. So an expression is matched against a
 * kilobyte at most for each kilobyte or newline of output.
 */
#include "expect.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "exec_proto.h"
#include "log.h"
#include "text.h"

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

		if (p->met || !ere_match(p->ere, text))
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
	const char *why;

	p->ere = ere_compile(text, &why);
	if (!p->ere) {
		/* It was tried when the options were read. */
		log_err("'%s': %s", text, why);
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
		ere_free(e->patterns[--e->nr_patterns].ere);
	pthread_mutex_destroy(&e->lock);
}
