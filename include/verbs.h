/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * verbs.h: the verbs of lkvm-pvm. main() owns the table and is the only place
 * that exits; a verb returns an exit code (exitcode.h).
 */
#ifndef LKVM_PVM_VERBS_H
#define LKVM_PVM_VERBS_H

#include <stdio.h>

#include "config.h"
#include "options.h"
#include "pvm.h"

struct verb {
	const char *name;
	const char *args;    /* for the usage line */
	const char *summary; /* one line */
	const char *notes;   /* what --help says below the options, or NULL */
	const struct opt_table *table;
	int (*run)(const struct verb *v, int argc, char **argv);
};

/* Runs one VM to its end. arm64 only. vmm/run.c */
int cmd_run(struct config *cfg);

/*
 * Says whether this host can run pVMs. @probe is pvm_probe() or NULL where
 * there is no KVM to ask. vmm/check.c
 */
extern const struct opt_table check_table;
int cmd_check(const struct verb *v, int argc, char **argv,
	      void (*probe)(struct pvm_host *h, bool create));

/*
 * Tests this host's pKVM. @suite is &pvm_selftest or NULL where there is no
 * KVM to test. vmm/selftest.c
 */
struct selftest_suite;
extern const struct opt_table selftest_table;
int cmd_selftest(const struct verb *v, int argc, char **argv,
		 const struct selftest_suite *suite);

/* What is asked of running VMs. vmm/client_verbs.c, client_control.c */
extern const struct opt_table list_table, stat_table, wait_table;
extern const struct opt_table stop_table, name_table, debug_table, map_table;
int cmd_console(const struct verb *v, int argc, char **argv);
int cmd_map(const struct verb *v, int argc, char **argv);
int cmd_stop(const struct verb *v, int argc, char **argv);
int cmd_pause(const struct verb *v, int argc, char **argv);
int cmd_resume(const struct verb *v, int argc, char **argv);
int cmd_debug(const struct verb *v, int argc, char **argv);
int cmd_list(const struct verb *v, int argc, char **argv);
int cmd_stat(const struct verb *v, int argc, char **argv);
int cmd_wait(const struct verb *v, int argc, char **argv);

/* A page of a record. vmm/flight_report.c */
extern const struct opt_table report_table;
int cmd_report(const struct verb *v, int argc, char **argv);

/*
 * Prints a shell's completion of all @verbs. As opt_parse(): 0, OPT_HELP, or an
 * error with the line to log in @p->error. vmm/completion.c
 */
extern const struct opt_table completion_table;
int __must_check completion_print(FILE *out, struct opt_parse *p, int argc,
				  char **argv, const struct verb *verbs,
				  unsigned int nr);

/* vmm/help.c; output errors show in ferror(@out). */
void help_overview(FILE *out, const struct verb *verbs, unsigned int nr);
void help_verb(FILE *out, const struct verb *v);

#endif
