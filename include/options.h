/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * options.h: command-line options. One table per verb drives parsing and
 * --help; every option of kvmtool is in run's table, also those that mean
 * nothing in a pVM or that a pVM cannot have (these say why).
 *
 * Spellings: "--name value", "--name=value", "-x value", "-xvalue". A switch
 * has no value and may be negated, "--no-name". Names are never abbreviated.
 * "--" ends the options.
 */
#ifndef LKVM_PVM_OPTIONS_H
#define LKVM_PVM_OPTIONS_H

#include <sched.h>

#include "base.h"

enum opt_arg {
	OPT_SWITCH, /* no value; set() gets "on", or "off" for --no-name */
	OPT_VALUE,  /* a value, after "=" or as the next argument */
	OPT_TEXT,   /* the same, and the next argument may begin with "-" */
	OPT_MAYBE,  /* a switch, or a value after "=" */
};

struct opt_parse;

struct opt_spec {
	const char
		*name; /* without dashes; NULL: a heading, its text in help */
	char letter;   /* the short form, or 0 */
	enum opt_arg arg;
	const char *arg_name; /* of the value, for --help */
	const char *help;
	/* Exactly one of the three: */
	int (*set)(struct opt_parse *p, const char *value);
	const char *ignored; /* accepted without effect: why, for --help */
	const char *refused; /* not accepted: why, and what instead */
};

struct opt_table {
	const struct opt_spec *specs;
	unsigned int nr;
	const struct opt_table *base; /* its options too, or NULL */
	/* An argument that is no option; NULL: there are none. */
	int (*positional)(struct opt_parse *p, const char *value);
	bool is_command; /* ... and from the first on nothing is an option */
};

/* One parse: what set() sees. */
struct opt_parse {
	const char *verb;
	void *target;	  /* what set() fills in */
	char spelled[64]; /* the option as it was typed */
	char error[512];  /* one line, set when a function fails */
};

#define OPT_HELP 1 /* --help or -h was among the arguments */

/*
 * Parses @argv[1..] (argv[0] is the verb) by @table into @target. 0; OPT_HELP;
 * or -EINVAL, -ENOMEM with the line to log in @p->error. What comes behind an
 * error is read all the same: the files of results that it names are known.
 */
int __must_check opt_parse(struct opt_parse *p, const struct opt_table *table,
			   void *target, int argc, char **argv);

/*
 * Sets @p->error, unless it is set already, with control characters made
 * harmless; returns -EINVAL.
 */
int opt_fail(struct opt_parse *p, const char *fmt, ...) __printf(2, 3);

/* The same, beginning with the verb, the option as typed, and @value. */
int opt_bad_value(struct opt_parse *p, const char *value, const char *fmt, ...)
	__printf(3, 4);

/*
 * The name of a file to be made, which is not "-" or "fd:1", into @file, which
 * borrows it: 0 or, as opt_bad_value(), -EINVAL.
 */
int opt_set_file(struct opt_parse *p, const char *value, const char **file);

/* The name in @names that @word most likely means, or NULL. */
const char *opt_nearest(const char *word, const char *const *names,
			unsigned int nr);

/* Decimal or 0x hexadecimal; 0, -EINVAL or -ERANGE. */
int __must_check parse_u64(const char *text, uint64_t *out);

/*
 * A size as kvmtool reads it: a number of MiB, or with one of the letters
 * B K M G T P. Bytes in @out; 0, -EINVAL or -ERANGE.
 */
int __must_check parse_size(const char *text, uint64_t *out);

/* Seconds, "90" or "0.5", as milliseconds: 0 or -EINVAL. */
int __must_check parse_seconds(const char *text, uint64_t *ms);

/* Host CPUs "0-3,8": 0, -EINVAL, or -ERANGE (>= CPU_SETSIZE). */
int __must_check parse_cpulist(const char *text, size_t len, cpu_set_t *out);

#endif
