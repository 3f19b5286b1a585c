#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# check -k: the configuration inside a kernel, and what a pVM guest misses.
. /tests/e2e/lib.sh

expect_rc 0 "$LKVM" check -k "$IMAGE"
cat out.log
expect_out 'ARM_PKVM_GUEST|configuration' 
run_rc "$LKVM" check -k /nonexistent
[ "$rc" -ne 0 ] || fail "exit 0 for a kernel that is not there"
expect_out '/nonexistent'
