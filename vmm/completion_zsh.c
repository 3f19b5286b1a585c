// SPDX-License-Identifier: GPL-2.0-only
/* completion_zsh.c: what makes zsh complete our arguments. */
#include "completion.h"

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
			completion_takes_value(s) ? "+" : "");
	else
		fprintf(out, " \\\n\t\t\t'*--%s%s[", s->name,
			s->arg == OPT_MAYBE	    ? "=-"
			: completion_takes_value(s) ? "="
						    : "");
	completion_put_escaped(out, s->help, "[]\\:");
	fputc(']', out);
	if (completion_takes_value(s)) {
		fputs(s->arg == OPT_MAYBE ? "::value: _lkvm_pvm_offer"
					  : ":value: _lkvm_pvm_offer",
		      out);
		completion_put_value(out, v, s);
	}
	fputc('\'', out);
}

static void zsh_verb(FILE *out, const struct verb *v)
{
	fprintf(out, "\t%s)\n\t\t_arguments -S%s", v->name,
		completion_is_command(v) ? " -A '-*'" : "");
	for (const struct opt_table *t = v->table; t; t = t->base)
		for (unsigned int i = 0; i < t->nr; i++) {
			const struct opt_spec *s = &t->specs[i];

			if (!completion_is_offered(s))
				continue;
			zsh_spec(out, v, s, false);
			/* "-p[=on|off]" there is not. */
			if (s->letter && s->arg != OPT_MAYBE)
				zsh_spec(out, v, s, true);
		}
	fputs(" \\\n\t\t\t'(- *)'{-h,--help}'[explain the verb]'"
	      " \\\n\t\t\t'*:argument: _lkvm_pvm_offer",
	      out);
	completion_put_arguments(out, v);
	fputs("'\n\t\t;;\n", out);
}

void completion_zsh(FILE *out, const struct verb *verbs, unsigned int nr)
{
	unsigned int i;

	fputs(zsh_head, out);
	fputs("_lkvm_pvm()\n{\n\tlocal program=$words[1] verb=$words[2]\n"
	      "\tlocal -a _lkvm_pvm_verbs=(\n",
	      out);
	for (i = 0; i < nr; i++) {
		fprintf(out, "\t\t%s:", verbs[i].name);
		completion_put_quoted(out, verbs[i].summary, "");
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
