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
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "verbs.h"

/* --- what may be completed -------------------------------------------------- */

static bool is_offered(const struct opt_spec *s)
{
	return s->name && s->set && s->help;
}

static bool takes_value(const struct opt_spec *s)
{
	return s->arg != OPT_SWITCH;
}

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

static void put_value(FILE *out, const struct verb *v, const struct opt_spec *s)
{
	put_alternatives(out, s->arg_name, strlen(s->arg_name), is_for_vms(v));
}

static bool is_command(const struct verb *v)
{
	return v->table && v->table->is_command;
}

/* The first argument in "[options] [NAME [WHAT]]". */
static void put_arguments(FILE *out, const struct verb *v)
{
	const char *text = v->args;
	size_t len;

	if (begins(text, strlen(text), "[options]"))
		text += strlen("[options]");
	text += strspn(text, " [");
	len = strcspn(text, " []");
	put_alternatives(out, text, len, is_for_vms(v));
}

/* Within single quotes; @escape: for what reads it. */
static void put_escaped(FILE *out, const char *text, const char *escape)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", out);
		else
			fprintf(out, "%s%c", strchr(escape, *text) ? "\\" : "",
				*text);
	}
}

/* A word for bash and zsh, or for fish, where a backslash counts in quotes. */
static void put_quoted(FILE *out, const char *text, const char *escape)
{
	fputc('\'', out);
	put_escaped(out, text, escape);
	fputc('\'', out);
}

/* --- bash ------------------------------------------------------------------- */

static const char bash_head[] =
	"# lkvm-pvm(1) completion for bash, by `lkvm-pvm completion bash`.\n"
	"\n"
	"_lkvm_pvm_offer() # PREFIX WORD WHAT...\n"
	"{\n"
	"\tlocal prefix=$1 word=$2 what words= found\n"
	"\tshift 2\n"
	"\tfor what; do\n"
	"\t\tfound=\n"
	"\t\tcase $what in\n"
	"\t\t@file) found=$(compgen -P \"$prefix\" -f -- \"$word\") ;;\n"
	"\t\t@dir) found=$(compgen -P \"$prefix\" -d -- \"$word\") ;;\n"
	"\t\t@verb) words+=\" $_lkvm_pvm_verbs\" ;;\n"
	"\t\t@vm) words+=\" $(\"${COMP_WORDS[0]}\" list 2>/dev/null |\n"
	"\t\t\twhile read -r name _; do\n"
	"\t\t\t\t[ \"$name\" = NAME ] || echo \"$name\"\n"
	"\t\t\tdone)\" ;;\n"
	"\t\t*) words+=\" $what\" ;;\n"
	"\t\tesac\n"
	"\t\t[ -z \"$found\" ] || {\n"
	"\t\t\tmapfile -t -O ${#COMPREPLY[@]} COMPREPLY <<<\"$found\"\n"
	"\t\t\tcompopt -o filenames 2>/dev/null\n"
	"\t\t}\n"
	"\tdone\n"
	"\tfound=$(compgen -P \"$prefix\" -W \"$words\" -- \"$word\")\n"
	"\t[ -z \"$found\" ] ||\n"
	"\t\tmapfile -t -O ${#COMPREPLY[@]} COMPREPLY <<<\"$found\"\n"
	"}\n"
	"\n"
	"_lkvm_pvm()\n"
	"{\n"
	"\tlocal word=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]}\n"
	"\tlocal before=${COMP_WORDS[COMP_CWORD - 1]} option prefix= i REPLY=\n"
	"\tCOMPREPLY=()\n"
	"\tif [ \"$COMP_CWORD\" -le 1 ]; then\n"
	"\t\t_lkvm_pvm_offer '' \"$word\" @verb --help --version\n"
	"\t\treturn\n"
	"\tfi\n"
	"\t# Behind -- and a command there are no options.\n"
	"\tfor ((i = 2; i < COMP_CWORD; i++)); do\n"
	"\t\t[ \"${COMP_WORDS[i]}\" != -- ] &&\n"
	"\t\t\t! _lkvm_pvm_command \"$verb\" $i || {\n"
	"\t\t\t_lkvm_pvm_arguments \"$verb\"\n"
	"\t\t\t_lkvm_pvm_offer '' \"$word\" $REPLY\n"
	"\t\t\treturn\n"
	"\t\t}\n"
	"\tdone\n"
	"\t# A \"=\" is a word of its own, as COMP_WORDBREAKS usually is.\n"
	"\toption=$before\n"
	"\tif [ \"$word\" = = ]; then\n"
	"\t\toption=$before= word=\n"
	"\telif [ \"$before\" = = ]; then\n"
	"\t\toption=${COMP_WORDS[COMP_CWORD - 2]}=\n"
	"\telif [[ $word == --*=* ]]; then\n"
	"\t\toption=${word%%=*}= prefix=${word%%=*}= word=${word#*=}\n"
	"\tfi\n"
	"\tif _lkvm_pvm_value \"$verb\" \"$option\"; then\n"
	"\t\t_lkvm_pvm_offer \"$prefix\" \"$word\" $REPLY\n"
	"\telif [[ $word == -* ]]; then\n"
	"\t\t_lkvm_pvm_options \"$verb\"\n"
	"\t\t_lkvm_pvm_offer '' \"$word\" $REPLY\n"
	"\telse\n"
	"\t\t_lkvm_pvm_arguments \"$verb\"\n"
	"\t\t_lkvm_pvm_offer '' \"$word\" $REPLY\n"
	"\tfi\n"
	"}\n"
	"\n"
	"_lkvm_pvm_command() # VERB I: is word I the first of a command?\n"
	"{\n"
	"\tlocal word=${COMP_WORDS[$2]} before=${COMP_WORDS[$2 - 1]} REPLY\n"
	"\t[ \"$1\" = exec ] && [[ $word != -* && $word != = ]] &&\n"
	"\t\t[ \"$before\" != = ] && ! _lkvm_pvm_value \"$1\" \"$before\"\n"
	"}\n"
	"\n";

static void bash_options(FILE *out, const struct verb *v)
{
	fprintf(out, "\t%s) REPLY='", v->name);
	for (const struct opt_table *t = v->table; t; t = t->base)
		for (unsigned int i = 0; i < t->nr; i++) {
			const struct opt_spec *s = &t->specs[i];

			if (!is_offered(s))
				continue;
			fprintf(out, "--%s ", s->name);
			if (s->letter)
				fprintf(out, "-%c ", s->letter);
		}
	fputs("--help -h' ;;\n", out);
}

static void bash_values(FILE *out, const struct verb *v)
{
	for (const struct opt_table *t = v->table; t; t = t->base)
		for (unsigned int i = 0; i < t->nr; i++) {
			const struct opt_spec *s = &t->specs[i];

			if (!is_offered(s) || !takes_value(s))
				continue;
			fprintf(out, "\t'%s --%s='", v->name, s->name);
			if (s->arg != OPT_MAYBE)
				fprintf(out, " | '%s --%s'", v->name, s->name);
			if (s->arg != OPT_MAYBE && s->letter)
				fprintf(out, " | '%s -%c'", v->name, s->letter);
			fputs(") REPLY='", out);
			put_value(out, v, s);
			fputs("' ;;\n", out);
		}
}

static void print_bash(FILE *out, const struct verb *verbs, unsigned int nr)
{
	unsigned int i;

	fputs(bash_head, out);
	fputs("_lkvm_pvm_options() # VERB\n{\n\tcase $1 in\n", out);
	for (i = 0; i < nr; i++)
		bash_options(out, &verbs[i]);
	fputs("\tesac\n}\n\n"
	      "_lkvm_pvm_value() # VERB OPTION[=]\n{\n\tcase \"$1 $2\" in\n",
	      out);
	for (i = 0; i < nr; i++)
		bash_values(out, &verbs[i]);
	fputs("\t*) return 1 ;;\n\tesac\n}\n\n"
	      "_lkvm_pvm_arguments() # VERB\n{\n\tcase $1 in\n",
	      out);
	for (i = 0; i < nr; i++) {
		fprintf(out, "\t%s) REPLY='", verbs[i].name);
		put_arguments(out, &verbs[i]);
		fputs("' ;;\n", out);
	}
	fputs("\tesac\n}\n\n_lkvm_pvm_verbs='", out);
	for (i = 0; i < nr; i++)
		fprintf(out, "%s%s", i ? " " : "", verbs[i].name);
	fputs("'\n\ncomplete -F _lkvm_pvm lkvm-pvm\n", out);
}

/* --- zsh -------------------------------------------------------------------- */

static const char zsh_head[] =
	"#compdef lkvm-pvm\n"
	"# lkvm-pvm(1) completion for zsh, by `lkvm-pvm completion zsh`.\n"
	"\n"
	"_lkvm_pvm_offer() # WHAT...\n"
	"{\n"
	"\tlocal what ret=1\n"
	"\tlocal -a plain vms\n"
	"\tfor what; do\n"
	"\t\tcase $what in\n"
	"\t\t@file) _files && ret=0 ;;\n"
	"\t\t@dir) _files -/ && ret=0 ;;\n"
	"\t\t@verb) _describe -t verbs verb _lkvm_pvm_verbs && ret=0 ;;\n"
	"\t\t@vm)\n"
	"\t\t\tvms=(${(f)\"$(_call_program vms $program list 2>/dev/null)\"})\n"
	"\t\t\tcompadd -- ${${vms[2,-1]}%% *} && ret=0\n"
	"\t\t\t;;\n"
	"\t\t*) plain+=($what) ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"\t(( $#plain )) && compadd -- $plain && ret=0\n"
	"\treturn ret\n"
	"}\n"
	"\n";

static void zsh_spec(FILE *out, const struct verb *v, const struct opt_spec *s,
		     bool short_form)
{
	if (short_form)
		fprintf(out, " \\\n\t\t\t'*-%c%s[", s->letter,
			takes_value(s) ? "+" : "");
	else
		fprintf(out, " \\\n\t\t\t'*--%s%s[", s->name,
			s->arg == OPT_MAYBE ? "=-"
			: takes_value(s)    ? "="
					    : "");
	put_escaped(out, s->help, "[]\\:");
	fputc(']', out);
	if (takes_value(s)) {
		fputs(s->arg == OPT_MAYBE ? "::value: _lkvm_pvm_offer"
					  : ":value: _lkvm_pvm_offer",
		      out);
		put_value(out, v, s);
	}
	fputc('\'', out);
}

static void zsh_verb(FILE *out, const struct verb *v)
{
	fprintf(out, "\t%s)\n\t\t_arguments -S%s", v->name,
		is_command(v) ? " -A '-*'" : "");
	for (const struct opt_table *t = v->table; t; t = t->base)
		for (unsigned int i = 0; i < t->nr; i++) {
			const struct opt_spec *s = &t->specs[i];

			if (!is_offered(s))
				continue;
			zsh_spec(out, v, s, false);
			/* "-p[=on|off]" there is not. */
			if (s->letter && s->arg != OPT_MAYBE)
				zsh_spec(out, v, s, true);
		}
	fputs(" \\\n\t\t\t'(- *)'{-h,--help}'[explain the verb]'"
	      " \\\n\t\t\t'*:argument: _lkvm_pvm_offer",
	      out);
	put_arguments(out, v);
	fputs("'\n\t\t;;\n", out);
}

static void print_zsh(FILE *out, const struct verb *verbs, unsigned int nr)
{
	unsigned int i;

	fputs(zsh_head, out);
	fputs("_lkvm_pvm()\n{\n\tlocal program=$words[1] verb=$words[2]\n"
	      "\tlocal -a _lkvm_pvm_verbs=(\n",
	      out);
	for (i = 0; i < nr; i++) {
		fprintf(out, "\t\t%s:", verbs[i].name);
		put_quoted(out, verbs[i].summary, "");
		fputc('\n', out);
	}
	fputs("\t)\n"
	      "\tif (( CURRENT == 2 )); then\n"
	      "\t\t_lkvm_pvm_offer @verb --help --version\n"
	      "\t\treturn\n"
	      "\tfi\n"
	      "\tshift words\n"
	      "\t(( CURRENT-- ))\n"
	      "\tcase $verb in\n",
	      out);
	for (i = 0; i < nr; i++)
		zsh_verb(out, &verbs[i]);
	/* As a file of $fpath this is the function's body. */
	fputs("\tesac\n}\n\n"
	      "if [ \"$funcstack[1]\" = _lkvm-pvm ]; then\n"
	      "\t_lkvm_pvm \"$@\"\n"
	      "else\n"
	      "\tcompdef _lkvm_pvm lkvm-pvm\n"
	      "fi\n",
	      out);
}

/* --- fish ------------------------------------------------------------------- */

static const char fish_head[] =
	"# lkvm-pvm(1) completion for fish, by `lkvm-pvm completion fish`.\n"
	"\n"
	"function __lkvm_pvm_verb\n"
	"\tset -l words (commandline -opc)\n"
	"\ttest (count $words) -ge 2; and contains -- $words[2] $argv\n"
	"end\n"
	"\n"
	"function __lkvm_pvm_no_command\n"
	"\tset -l value 0\n"
	"\tfor word in (commandline -opc)[3..]\n"
	"\t\tif test $value = 1\n"
	"\t\t\tset value 0\n"
	"\t\telse if contains -- $word $__lkvm_pvm_values\n"
	"\t\t\tset value 1\n"
	"\t\telse if not string match -q -- '-*' $word\n"
	"\t\t\treturn 1\n"
	"\t\tend\n"
	"\tend\n"
	"end\n"
	"\n"
	"function __lkvm_pvm_no_verb\n"
	"\ttest (count (commandline -opc)) -eq 1\n"
	"end\n"
	"\n"
	"function __lkvm_pvm_vms\n"
	"\tset -l words (commandline -opc)\n"
	"\t$words[1] list 2>/dev/null | while read -l name rest\n"
	"\t\ttest $name = NAME; or echo $name\n"
	"\tend\n"
	"end\n"
	"\n"
	"function __lkvm_pvm_offer\n"
	"\tset -l word (commandline -ct | string replace -r '^--[^=]*=' '')\n"
	"\tfor what in $argv\n"
	"\t\tswitch $what\n"
	"\t\t\tcase @file\n"
	"\t\t\t\t__fish_complete_path \"$word\"\n"
	"\t\t\tcase @dir\n"
	"\t\t\t\t__fish_complete_directories \"$word\"\n"
	"\t\t\tcase @vm\n"
	"\t\t\t\t__lkvm_pvm_vms\n"
	"\t\t\tcase @verb\n"
	"\t\t\t\tprintf '%s\\n' $__lkvm_pvm_verbs\n"
	"\t\t\tcase '*'\n"
	"\t\t\t\techo $what\n"
	"\t\tend\n"
	"\tend\n"
	"end\n"
	"\n"
	"complete -c lkvm-pvm -f\n";

static void fish_option(FILE *out, const struct verb *v,
			const struct opt_spec *s)
{
	fprintf(out, "complete -c lkvm-pvm -n '__lkvm_pvm_verb %s%s' -l %s",
		v->name, is_command(v) ? "; and __lkvm_pvm_no_command" : "",
		s->name);
	if (s->letter)
		fprintf(out, " -s %c", s->letter);
	if (takes_value(s)) {
		fprintf(out, " %s -a '(__lkvm_pvm_offer",
			s->arg == OPT_MAYBE ? "-f" : "-x");
		put_value(out, v, s);
		fputs(")'", out);
	}
	fputs(" -d ", out);
	put_quoted(out, s->help, "\\");
	fputc('\n', out);
}

/* What has a value in the next word. */
static void fish_values(FILE *out, const struct verb *v)
{
	fputs("set -g __lkvm_pvm_values", out);
	for (const struct opt_table *t = v->table; t; t = t->base)
		for (unsigned int i = 0; i < t->nr; i++) {
			const struct opt_spec *s = &t->specs[i];

			if (!is_offered(s) || !takes_value(s) ||
			    s->arg == OPT_MAYBE)
				continue;
			fprintf(out, " --%s", s->name);
			if (s->letter)
				fprintf(out, " -%c", s->letter);
		}
	fputc('\n', out);
}

static void fish_verb(FILE *out, const struct verb *v)
{
	if (is_command(v))
		fish_values(out, v);
	fprintf(out, "complete -c lkvm-pvm -n __lkvm_pvm_no_verb -a %s -d ",
		v->name);
	put_quoted(out, v->summary, "\\");
	fputc('\n', out);
	for (const struct opt_table *t = v->table; t; t = t->base)
		for (unsigned int i = 0; i < t->nr; i++)
			if (is_offered(&t->specs[i]))
				fish_option(out, v, &t->specs[i]);
	fprintf(out,
		"complete -c lkvm-pvm -n '__lkvm_pvm_verb %s' -a "
		"'(__lkvm_pvm_offer",
		v->name);
	put_arguments(out, v);
	fputs(")'\n", out);
}

static void print_fish(FILE *out, const struct verb *verbs, unsigned int nr)
{
	unsigned int i;

	fputs(fish_head, out);
	fputs("set -g __lkvm_pvm_verbs", out);
	for (i = 0; i < nr; i++)
		fprintf(out, " %s", verbs[i].name);
	fputs("\ncomplete -c lkvm-pvm -n __lkvm_pvm_no_verb -l version "
	      "-d 'print the version'\n"
	      "complete -c lkvm-pvm -s h -l help -d 'explain the verb'\n",
	      out);
	for (i = 0; i < nr; i++)
		fish_verb(out, &verbs[i]);
}

/* --- the verb --------------------------------------------------------------- */

static const struct shell {
	const char *name;
	void (*print)(FILE *out, const struct verb *verbs, unsigned int nr);
} shells[] = {
	{ "bash", print_bash },
	{ "zsh", print_zsh },
	{ "fish", print_fish },
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
