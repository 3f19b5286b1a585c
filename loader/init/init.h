/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * init.h: the guest's first program when it was started by `lkvm-pvm exec`: it
 * runs one command and carries its input, output and end to the host
 * (exec_proto.h). One thread; it never waits but in ppoll().
 */
#ifndef LKVM_PVM_INIT_H
#define LKVM_PVM_INIT_H

#include "channel.h"
#include "exec_proto.h"
#include "sys.h"

/* A command as START has it: pointers into its bytes. */
struct command {
	const char *cwd, *user, *fs;
	uint32_t root; /* enum exec_root, its file system in fs */
	bool rw;
	char **args, **envs; /* each ends with NULL; room for one more env */
	bool tty;
	struct exec_size size;
};

/* The command that runs, and our ends of what it reads and writes. */
struct child {
	int pid;
	int in, out,
		err; /* not blocking; -1: closed; one terminal: in == out */
	bool tty;
};

/* Why a command could not be started: a step of it, and its errno, positive. */
struct failure {
	enum exec_how how;
	int err; /* 0: it was */
};

/* Starts @c. After a failure nothing runs and nothing is open. */
struct failure spawn(struct child *child, const struct command *c);
void resize(const struct child *child, const struct exec_size *size);

/* Makes the root what @c says; the mounts go with it. */
struct failure enter_root(const struct command *c);

/* Serves the host until it ends the guest. */
void __noreturn relay(struct channel *c);

/* @args: as of main(). */
void __noreturn init_main(char *const *args);

#endif
