// SPDX-License-Identifier: GPL-2.0-only
/* completion_bash.c: what makes bash complete our arguments. */
#include "completion.h"

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

			if (!completion_is_offered(s))
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

			if (!completion_is_offered(s) ||
			    !completion_takes_value(s))
				continue;
			fprintf(out, "\t'%s --%s='", v->name, s->name);
			if (s->arg != OPT_MAYBE)
				fprintf(out, " | '%s --%s'", v->name, s->name);
			if (s->arg != OPT_MAYBE && s->letter)
				fprintf(out, " | '%s -%c'", v->name, s->letter);
			fputs(") REPLY='", out);
			completion_put_value(out, v, s);
			fputs("' ;;\n", out);
		}
}

void completion_bash(FILE *out, const struct verb *verbs, unsigned int nr)
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
		completion_put_arguments(out, &verbs[i]);
		fputs("' ;;\n", out);
	}
	fputs("\tesac\n}\n\n_lkvm_pvm_verbs='", out);
	for (i = 0; i < nr; i++)
		fprintf(out, "%s%s", i ? " " : "", verbs[i].name);
	fputs("'\n\ncomplete -F _lkvm_pvm lkvm-pvm\n", out);
}
