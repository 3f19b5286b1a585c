#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# `lkvm-pvm check` on a host without protection: not 0, and the remedy.
# host: unprotected
. /tests/e2e/lib.sh

run_rc "$LKVM" check
cat out.log
[ "$rc" -ne 0 ] || fail "exit 0"
expect_out 'fail' 'kvm-arm.mode=protected'
