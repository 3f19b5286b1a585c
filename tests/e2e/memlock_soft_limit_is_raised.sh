#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Only the soft limit is too low: lkvm-pvm raises it and says nothing.
. /tests/e2e/lib.sh

ulimit -H -l 200000
ulimit -S -l 8192
expect_rc 0 as_user "$LKVM" run -m 128 "$GUEST/touch.flat"
expect_no_out MEMLOCK
