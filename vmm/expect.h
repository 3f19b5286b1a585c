/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * expect.h: what a guest prints, line by line: looked for expressions of the
 * user's and for what Linux says at certain points, kept for a report, logged
 * with the time. Any bytes come here, from any thread; nothing waits.
 */
#ifndef LKVM_PVM_EXPECT_H
#define LKVM_PVM_EXPECT_H

#include <pthread.h>

#include "config.h"
#include "ere.h"
#include "sink.h"

#define EXPECT_LINE  1024U /* bytes; a longer line counts as several */
#define EXPECT_KEPT  16U   /* lines kept for a report, each of at most ... */
#define EXPECT_WIDTH 160U  /* ... bytes */
#define EXPECT_SINKS 2U

enum expect_port {
	EXPECT_UART,
	EXPECT_HVC,
	EXPECT_PORTS,
};

struct expect_pattern {
	const char *text;
	struct ere *ere; /* owned; it changes: under expect's lock */
	bool is_bad;	 /* of --fail-on */
	bool met;
};

/* The line a port is at. */
struct expect_line {
	char text[EXPECT_LINE + 1];
	size_t len, logged, looked_at;
	bool is_rest; /* of a line that was too long */
};

/* What was found so far. */
struct expect_found {
	bool all_met;	   /* every --expect, and there is one */
	bool bad;	   /* a --fail-on; its line in bad_line */
	bool panic;	   /* Linux' line about a panic, in panic_line */
	bool panic_end;	   /* ... and its last one */
	bool init;	   /* Linux' line about starting init */
	const char *unmet; /* the first --expect that is not met, or NULL */
	char bad_line[EXPECT_WIDTH], panic_line[EXPECT_WIDTH];
	char init_line[EXPECT_WIDTH]; /* what exec's init said, or "" */
};

struct expect {
	struct expect_pattern patterns[2 * CONFIG_MAX_REGEXES];
	unsigned int nr_patterns;
	struct sink *logs[EXPECT_SINKS]; /* borrowed; NULL: none */
	int64_t began_ns;		 /* what the log's times count from */

	pthread_mutex_t lock;
	struct expect_line lines[EXPECT_PORTS] GUARDED_BY(lock);
	struct expect_found found GUARDED_BY(lock);
	char kept[EXPECT_KEPT][EXPECT_WIDTH] GUARDED_BY(lock);
	unsigned int nr_kept GUARDED_BY(lock); /* so far */
	enum expect_port logged_port GUARDED_BY(lock);
	bool log_is_mid_line GUARDED_BY(lock);
};

/* 0, or -errno with the reason logged. fini on what init() left behind. */
int __must_check expect_init(struct expect *e, const struct config *cfg);
void expect_fini(struct expect *e);

/*
 * Bytes of @port. True when something was found that was not before: somebody
 * should look at expect_found().
 */
bool expect_hear(struct expect *e, enum expect_port port, const uint8_t *bytes,
		 size_t len);

/*
 * Looks at lines that have no end yet, a prompt for example. As expect_hear().
 */
bool expect_look(struct expect *e);

void expect_found(struct expect *e, struct expect_found *out);

/* A guest's next life prints anew; expressions that were met stay so. */
void expect_restart(struct expect *e);

/* Logs the last lines, control characters made harmless. */
void expect_report(struct expect *e);

#endif
