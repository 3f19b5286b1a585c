/* SPDX-License-Identifier: GPL-2.0-only */
/* unit.h: what every unit test program shares. */
#ifndef LKVM_PVM_TESTS_UNIT_H
#define LKVM_PVM_TESTS_UNIT_H

#include <check.h>

#include "base.h"

/* Runs @s and returns the program's exit code. */
int unit_main(Suite *s);

#endif
