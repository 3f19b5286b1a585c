/* SPDX-License-Identifier: GPL-2.0-only */
/* unit.h: what every unit test program shares. */
#ifndef LKVM_PVM_TESTS_UNIT_H
#define LKVM_PVM_TESTS_UNIT_H

#include <check.h>

#include "base.h"
#include "clock.h"

/* Runs @s and returns the program's exit code. */
int unit_main(Suite *s);

/*
 * Of a failed assertion Check tells when all tests are through. Threads that the
 * test left behind may crash before, and no thread but the first can leave its
 * test: told at once, and the end of the program in another thread.
 */
void unit_failed(const char *file, int line, const char *expr, const char *msg,
		 ...) __attribute__((noreturn, format(printf, 4, 5)));
#define _ck_assert_failed unit_failed

/* A checked fixture: an empty file at unit_path, gone at the end. */
extern char unit_path[];
void unit_path_make(void);
void unit_path_remove(void);

/* Whether nobody can pass descriptors to the unix socket @fd; or the kernel is of
 * before Linux 6.16, where anybody can. */
bool unit_refuses_fds(int fd);

#endif
