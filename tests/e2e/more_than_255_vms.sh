#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 400
# pKVM has 255 slots: full is refused with a reason, and free again later.
. /tests/e2e/lib.sh

manyvms </dev/null >many.log 2>&1 &
pid=$!
wait_for 120 grep -q full many.log
# With the one that the agent holds.
grep -q 'full after 254 VMs' many.log || fail "$(cat many.log)"
refused '255|too many|VMs' "$LKVM" run "$GUEST/hello.flat"
kill $pid
wait $pid || true
expect_rc 0 "$LKVM" run "$GUEST/hello.flat"
