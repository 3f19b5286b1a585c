// SPDX-License-Identifier: GPL-2.0-only
/*
 * completion.c: the verb completion: what makes bash, zsh and fish complete our
 * arguments, from the tables that drive parsing and --help.
 *
 * What may stand for a value is read from its name in --help, and for an
 * argument from the verb's usage line: alternatives are separated by '|'. One
 * in lower case is a word itself; FILE, PATH, IMAGE, KERNEL and RECORD are
 * files, DIR directories, VERB our verbs; NAME is a running VM where the verb is
 * for one, and otherwise, as all the rest, the user's to invent. The scripts
 * write these as @file, @dir, @verb and @vm.
 */
#include "completion.h"

#include <stdio.h>
#include <string.h>

/* --- what may be completed -------------------------------------------------- */

static bool begins(const char *text, size_t len, const char *word)
{
	return len >= strlen(word) && !strncmp(text, word, strlen(word));
}

/* An alternative as the scripts write it; @vms: NAME is a running VM's. */
static void put_alternative(FILE *out, const char *text, size_t len, bool vms)
{
	static const char *const files[] = { "FILE", "PATH", "IMAGE", "KERNEL",
					     "RECORD" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files); i++)
		if (begins(text, len, files[i]))
			break;
	if (i < ARRAY_SIZE(files))
		fputs(" @file", out);
	else if (begins(text, len, "DIR"))
		fputs(" @dir", out);
	else if (begins(text, len, "VERB"))
		fputs(" @verb", out);
	else if (vms && len == 4 && begins(text, len, "NAME"))
		fputs(" @vm", out);
	else if (len &&
		 strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-/") >= len)
		fprintf(out, " %.*s", (int)len, text);
}

static void put_alternatives(FILE *out, const char *text, size_t len, bool vms)
{
	size_t one;

	for (;;) {
		one = strcspn(text, "|");
		put_alternative(out, text, one < len ? one : len, vms);
		if (one >= len)
			return;
		text += one + 1;
		len -= one + 1;
	}
}

static bool is_for_vms(const struct verb *v)
{
	return strstr(v->args, "NAME") != NULL;
}

void completion_put_value(FILE *out, const struct verb *v,
			  const struct opt_spec *s)
{
	put_alternatives(out, s->arg_name, strlen(s->arg_name), is_for_vms(v));
}

/* The first argument in "[options] [NAME [WHAT]]". */
void completion_put_arguments(FILE *out, const struct verb *v)
{
	const char *text = v->args;
	size_t len;

	if (begins(text, strlen(text), "[options]"))
		text += strlen("[options]");
	text += strspn(text, " [");
	len = strcspn(text, " []");
	put_alternatives(out, text, len, is_for_vms(v));
}

void completion_put_escaped(FILE *out, const char *text, const char *escape)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", out);
		else
			fprintf(out, "%s%c", strchr(escape, *text) ? "\\" : "",
				*text);
	}
}

void completion_put_quoted(FILE *out, const char *text, const char *escape)
{
	fputc('\'', out);
	completion_put_escaped(out, text, escape);
	fputc('\'', out);
}

/* --- the verb --------------------------------------------------------------- */

static const struct shell {
	const char *name;
	void (*print)(FILE *out, const struct verb *verbs, unsigned int nr);
} shells[] = {
	{ "bash", completion_bash },
	{ "zsh", completion_zsh },
	{ "fish", completion_fish },
};

static int set_shell(struct opt_parse *p, const char *value)
{
	const struct shell **chosen = p->target;

	if (*chosen)
		return opt_fail(p, "%s: one shell at a time", p->verb);
	for (size_t i = 0; i < ARRAY_SIZE(shells); i++)
		if (!strcmp(value, shells[i].name))
			*chosen = &shells[i];
	return *chosen ? 0 : opt_bad_value(p, value, "give bash, zsh or fish");
}

const struct opt_table completion_table = {
	.positional = set_shell,
};

int completion_print(FILE *out, struct opt_parse *p, int argc, char **argv,
		     const struct verb *verbs, unsigned int nr)
{
	const struct shell *shell = NULL;
	int ret = opt_parse(p, &completion_table, &shell, argc, argv);

	if (ret)
		return ret;
	if (!shell)
		return opt_fail(p, "%s: which shell? Give bash, zsh or fish",
				p->verb);
	shell->print(out, verbs, nr);
	return 0;
}
