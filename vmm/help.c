// SPDX-License-Identifier: GPL-2.0-only
/* help.c: what --help prints, from the tables that drive parsing. */
#include <stdio.h>
#include <string.h>

#include "verbs.h"

#define HELP_WIDTH  79U
#define HELP_COLUMN 30U

/* Prints @text from column @at, wrapped, continued at @column. */
static void print_wrapped(FILE *out, const char *text, size_t at, size_t column)
{
	size_t len;

	while (*text) {
		len = strcspn(text, " \n");
		if (at > column && at + len + 1 > HELP_WIDTH) {
			fprintf(out, "\n%*s", (int)column, "");
			at = column;
		} else if (at > column) {
			fputc(' ', out);
			at++;
		}
		fprintf(out, "%.*s", (int)len, text);
		at += len;
		text += len;
		text += strspn(text, " ");
		if (*text == '\n') {
			fputc('\n', out);
			at = column = 0;
			text++;
		}
	}
	fputc('\n', out);
}

static void print_option(FILE *out, const struct opt_spec *s, const char *text)
{
	bool has_value = s->arg != OPT_SWITCH && s->arg_name;
	char left[80];
	int n;

	n = snprintf(
		left, sizeof(left), "  %c%c%s--%s%s%s%s", s->letter ? '-' : ' ',
		s->letter ? s->letter : ' ', s->letter ? ", " : "  ", s->name,
		s->arg == OPT_MAYBE ? "[="
		: has_value	    ? " "
				    : "",
		has_value ? s->arg_name : "", s->arg == OPT_MAYBE ? "]" : "");
	if ((unsigned int)n + 2 > HELP_COLUMN)
		fprintf(out, "%s\n%*s", left, (int)HELP_COLUMN, "");
	else
		fprintf(out, "%-*s", (int)HELP_COLUMN, left);
	print_wrapped(out, text, HELP_COLUMN, HELP_COLUMN);
}

/* Is it another option of the verb, in a table before @t? */
static bool is_hidden(const struct opt_table *first, const struct opt_table *t,
		      const char *name)
{
	for (; first != t; first = first->base)
		for (unsigned int i = 0; i < first->nr; i++)
			if (first->specs[i].name &&
			    !strcmp(first->specs[i].name, name))
				return true;
	return false;
}

/*
 * The names of @t's options that are refused, in one paragraph; @first is the
 * verb's own table.
 */
static void print_refused(FILE *out, const struct opt_table *first,
			  const struct opt_table *t)
{
	static const char title[] =
		"\nRefused, each with why and what instead:";
	size_t at = 0, len;
	unsigned int i;

	for (i = 0; i < t->nr; i++) {
		const struct opt_spec *s = &t->specs[i];

		if (!s->name || !s->refused || is_hidden(first, t, s->name))
			continue;
		if (!at)
			fputs(title, out);
		len = strlen(s->name) + 3;
		if (!at || at + len > HELP_WIDTH) {
			fputs("\n ", out);
			at = 1;
		}
		fprintf(out, " --%s", s->name);
		at += len;
	}
	if (at)
		fputc('\n', out);
}

static void print_options(FILE *out, const struct opt_table *t)
{
	for (unsigned int i = 0; i < t->nr; i++) {
		const struct opt_spec *s = &t->specs[i];

		if (!s->name)
			fprintf(out, "\n%s:\n", s->help);
		else if (s->help || s->ignored)
			print_option(out, s, s->help ? s->help : s->ignored);
	}
}

void help_verb(FILE *out, const struct verb *v)
{
	static const struct opt_spec help = { .name = "help",
					      .letter = 'h',
					      .help = "this text" };
	const struct opt_table *t;

	fprintf(out, "usage: lkvm-pvm %s%s%s\n%s\n", v->name,
		*v->args ? " " : "", v->args, v->summary);
	if (!v->table || !v->table->nr || v->table->specs[0].name)
		fputc('\n', out);
	for (t = v->table; t; t = t->base)
		print_options(out, t);
	print_option(out, &help, help.help);
	for (t = v->table; t; t = t->base)
		print_refused(out, v->table, t);
	if (v->notes) {
		fputc('\n', out);
		fputs(v->notes, out);
	}
}

void help_overview(FILE *out, const struct verb *verbs, unsigned int nr)
{
	unsigned int i;

	fputs("usage: lkvm-pvm VERB [options]\n"
	      "Runs protected VMs on an arm64 host whose KVM is pKVM.\n\n",
	      out);
	for (i = 0; i < nr; i++)
		fprintf(out, "  %-12s%s\n", verbs[i].name, verbs[i].summary);
	fputs("\n'lkvm-pvm help VERB' or 'lkvm-pvm VERB --help' tells more; "
	      "the manual is lkvm-pvm(1).\n",
	      out);
}
