#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The dynamic build too finds its libraries and boots a pVM.
. /tests/e2e/lib.sh

LKVM=/opt/dynamic/lkvm-pvm
[ -x $LKVM ] || skip "no dynamic build"
expect_rc 0 $LKVM run "$GUEST/hello.flat"
expect_out '!'
CMD=true
expect_rc 0 boot -c 2
