/* SPDX-License-Identifier: GPL-2.0-only */
/* guard_fixture.h: RAM and a window, and processes under guard beside them. */
#ifndef LKVM_PVM_TESTS_GUARD_FIXTURE_H
#define LKVM_PVM_TESTS_GUARD_FIXTURE_H

#include "unit.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../vmm/guard.h"

#define PAGE	4096UL
#define RAM_LEN (64 * PAGE)
/* Nothing is there: what is refused must not be done by chance. */
#define BELOW (16 * PAGE)

#define KILLED 1000 /* by SIGSYS */

static uint8_t *ram, *window;
static int window_fd;

static inline void setup(void)
{
	ram = mmap(NULL, RAM_LEN + 2 * BELOW, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert(ram != MAP_FAILED);
	ram += BELOW;
	window_fd = memfd_create("window", MFD_CLOEXEC);
	ck_assert_int_ge(window_fd, 0);
	ck_assert_int_eq(ftruncate(window_fd, RAM_LEN), 0);
	window = mmap(NULL, RAM_LEN, PROT_READ | PROT_WRITE, MAP_SHARED,
		      window_fd, 0);
	ck_assert(window != MAP_FAILED);
}

static inline void teardown(void)
{
	munmap(ram - BELOW, RAM_LEN + 2 * BELOW);
	munmap(window, RAM_LEN);
	close(window_fd);
}

static inline struct guard_memory memory(void)
{
	return (struct guard_memory){
		.ram = { (uintptr_t)ram, RAM_LEN },
		.window = { (uintptr_t)window, RAM_LEN },
		.window_fd = window_fd,
	};
}

/* The sanitizers' handler says more than is of interest. */
static inline void confine(struct guard *g)
{
	struct guard_memory m = memory();

	(void)signal(SIGSYS, SIG_DFL);
	if (guard_process(g, &m))
		_exit(99);
}

/* What becomes of a process under guard that does @what: KILLED or its code. */
static inline int becomes(int (*what)(void))
{
	struct guard g;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		confine(&g);
		_exit(what() & 0x7f);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		return KILLED;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#endif
