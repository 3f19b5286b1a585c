/* SPDX-License-Identifier: GPL-2.0-only */
/* client.h: asking a running VM by its control socket; for the verbs. */
#ifndef LKVM_PVM_CLIENT_H
#define LKVM_PVM_CLIENT_H

#include <stdio.h>

#include "control.h"
#include "options.h"

/* A VM has to say something within this time. */
#define CLIENT_PATIENCE_MS 5000
/* ... to be listed with more than its name. */
#define CLIENT_LIST_MS 1000

/* What the verbs were asked; one structure for all their tables. */
struct client_options {
	const char *name; /* of the VM; borrowed; NULL: none given */
	bool json, prometheus, force, watch, pss;
	const char *svg;	       /* borrowed; NULL: none */
	char sysrq;		       /* 0: none */
	const char *action, *argument; /* debug's; borrowed; NULL: none */
	int timeout_ms;		       /* of wait and stop, */
	bool has_timeout;
};

struct client {
	char name[CONTROL_NAME_MAX + 1];
	int fd;
	char *in; /* owned: what came and was not taken yet */
	size_t in_len, in_size;
};

/*
 * Opens the directory of sockets, number @at of CLIENT_NR_DIRS; its path goes to
 * @path. -ENOENT, without a word: there is no VM. Other errors are logged.
 */
#define CLIENT_NR_DIRS 2U
int __must_check client_open_dir(unsigned int at, char *path);

/* The process of the VM. */
int client_pid(const struct client *c);

/* Connects to a VM; 0 or -errno, nothing logged. Then client_close(). */
int __must_check client_connect(struct client *c, const char *dir,
				const char *name);
/* The same by name alone; logs what is wrong. */
int __must_check client_find(struct client *c, const char *verb,
			     const char *name);
void client_close(struct client *c);

/* Sends a request; 0 or -errno. */
int __must_check client_send(struct client *c, const struct control_request *r);

/*
 * The next line, an object, owned by the caller. Waits @timeout_ms (-1: for
 * ever): -ETIMEDOUT; -EPIPE: the VM is gone; -EPROTO: that was no answer.
 */
int __must_check client_receive(struct client *c, int timeout_ms, json_t **o);

/* Asks and waits for the answer; logs what is wrong, also what it refused. */
int __must_check client_ask(struct client *c, const struct control_request *r,
			    json_t **o);

/*
 * The VM's last word in @o: true, logs it, and the exit code in @code. False:
 * it was another answer.
 */
bool client_ended(const struct client *c, const json_t *o, int *code);

/* "1 d 02:03:04", "00:00:05": into @text (32 bytes do). Returns @text. */
const char *client_uptime(int64_t ms, char *text, size_t size);

/* A member of @o that may be missing or of another type. */
int64_t client_integer(const json_t *o, const char *key);
const char *client_string(const json_t *o, const char *key);

/* client_options.c: argv → @o: 0, OPT_HELP (printed), or -EINVAL, logged. */
struct verb;
int __must_check client_parse(const struct verb *v, int argc, char **argv,
			      struct client_options *o);

/* client_stat.c: what `stat` shows of one answer. */
void client_print_stat(FILE *out, const json_t *o);
/* map_draw.c: ... of a map: 0, or -EPROTO: that is none. */
struct client_map_style {
	bool colour;
	unsigned int rows;     /* of the terminal; 0: as many as it takes */
	unsigned int every_ms; /* it is looked again; 0: it is not */
};
int __must_check client_draw_map(FILE *out, const json_t *map,
				 const struct client_map_style *style);
/* map_svg.c: the same as a picture, of the VM @name. */
int __must_check client_svg_map(FILE *out, const json_t *map, const char *name);
/* The same into a file, which is emptied; or another -errno. */
int __must_check client_write_svg(const char *path, const json_t *map,
				  const char *name);
/*
 * client_debug.c: what is asked for, in @r: NULL, or what should have been given;
 * and what an answer says.
 */
const char *client_debug_request(const struct client_options *o,
				 struct control_request *r);
void client_print_debug(FILE *out, const json_t *o);
/* client_prometheus.c: ... and of an array of them, for Prometheus. */
void client_print_prometheus(FILE *out, const json_t *all);

#endif
