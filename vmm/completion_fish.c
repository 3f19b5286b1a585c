// SPDX-License-Identifier: GPL-2.0-only
/* completion_fish.c: what makes fish complete our arguments. */
#include "completion.h"

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
		v->name,
		completion_is_command(v) ? "; and __lkvm_pvm_no_command" : "",
		s->name);
	if (s->letter)
		fprintf(out, " -s %c", s->letter);
	if (completion_takes_value(s)) {
		fprintf(out, " %s -a '(__lkvm_pvm_offer",
			s->arg == OPT_MAYBE ? "-f" : "-x");
		completion_put_value(out, v, s);
		fputs(")'", out);
	}
	fputs(" -d ", out);
	completion_put_quoted(out, s->help, "\\");
	fputc('\n', out);
}

/* What has a value in the next word. */
static void fish_values(FILE *out, const struct verb *v)
{
	fputs("set -g __lkvm_pvm_values", out);
	for (const struct opt_table *t = v->table; t; t = t->base)
		for (unsigned int i = 0; i < t->nr; i++) {
			const struct opt_spec *s = &t->specs[i];

			if (!completion_is_offered(s) ||
			    !completion_takes_value(s) || s->arg == OPT_MAYBE)
				continue;
			fprintf(out, " --%s", s->name);
			if (s->letter)
				fprintf(out, " -%c", s->letter);
		}
	fputc('\n', out);
}

static void fish_verb(FILE *out, const struct verb *v)
{
	if (completion_is_command(v))
		fish_values(out, v);
	fprintf(out, "complete -c lkvm-pvm -n __lkvm_pvm_no_verb -a %s -d ",
		v->name);
	completion_put_quoted(out, v->summary, "\\");
	fputc('\n', out);
	for (const struct opt_table *t = v->table; t; t = t->base)
		for (unsigned int i = 0; i < t->nr; i++)
			if (completion_is_offered(&t->specs[i]))
				fish_option(out, v, &t->specs[i]);
	fprintf(out,
		"complete -c lkvm-pvm -n '__lkvm_pvm_verb %s' -a "
		"'(__lkvm_pvm_offer",
		v->name);
	completion_put_arguments(out, v);
	fputs(")'\n", out);
}

void completion_fish(FILE *out, const struct verb *verbs, unsigned int nr)
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
