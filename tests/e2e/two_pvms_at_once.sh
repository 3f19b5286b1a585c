#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
. /tests/e2e/lib.sh

CMD='uname -m; sleep 1'
boot -c 2 </dev/null >one.log 2>&1 &
one=$!
boot </dev/null >two.log 2>&1 &
wait $one || fail "one: $?"
wait $! || fail "two: $?"
cat one.log two.log >out.log
[ "$(grep -c 'GUEST: exit 0' out.log)" -eq 2 ] || fail "not both"
