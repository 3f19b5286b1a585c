#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# After 20 new lives fds, threads and memory are as in the first ones.
# timeout: 180
. /tests/e2e/lib.sh

LIFE=restarting
"$LKVM" run --on-reset=restart "$GUEST/reset.flat" </dev/null >out.log 2>&1 &
pid=$!
# Samples miss what lasts milliseconds; one left behind by each of 20 lives
# is more than that.
lives_do_not_add_up 24 10 10 1024 64
