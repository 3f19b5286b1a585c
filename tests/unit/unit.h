/* SPDX-License-Identifier: GPL-2.0-only */
/* unit.h: what every unit test program shares. */
#ifndef LKVM_PVM_TESTS_UNIT_H
#define LKVM_PVM_TESTS_UNIT_H

#include <check.h>

#include "base.h"
#include "clock.h"

/* Runs @s and returns the program's exit code. */
int unit_main(Suite *s);

/* A checked fixture: an empty file at unit_path, gone at the end. */
extern char unit_path[];
void unit_path_make(void);
void unit_path_remove(void);

/* Whether nobody can pass descriptors to the unix socket @fd; or the kernel is of
 * before Linux 6.16, where anybody can. */
bool unit_refuses_fds(int fd);

#endif
