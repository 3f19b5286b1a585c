/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * completion.h: what the completions of bash, zsh and fish have in common. What
 * may stand for a value is written as completion.c says.
 */
#ifndef LKVM_PVM_COMPLETION_H
#define LKVM_PVM_COMPLETION_H

#include "verbs.h"

static inline bool completion_is_offered(const struct opt_spec *s)
{
	return s->name && s->set && s->help;
}

static inline bool completion_takes_value(const struct opt_spec *s)
{
	return s->arg != OPT_SWITCH;
}

static inline bool completion_is_command(const struct verb *v)
{
	return v->table && v->table->is_command;
}

/* What may stand for the value of @s, and for the first argument of @v. */
void completion_put_value(FILE *out, const struct verb *v,
			  const struct opt_spec *s);
void completion_put_arguments(FILE *out, const struct verb *v);
/* Within single quotes; @escape: for what reads it. */
void completion_put_escaped(FILE *out, const char *text, const char *escape);
/* A word for bash and zsh, or for fish, where a backslash counts in quotes. */
void completion_put_quoted(FILE *out, const char *text, const char *escape);

/* A shell's script. completion_bash.c, completion_zsh.c, completion_fish.c */
void completion_bash(FILE *out, const struct verb *verbs, unsigned int nr);
void completion_zsh(FILE *out, const struct verb *verbs, unsigned int nr);
void completion_fish(FILE *out, const struct verb *verbs, unsigned int nr);

#endif
