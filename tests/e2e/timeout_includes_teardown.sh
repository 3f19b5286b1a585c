#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# --timeout is when lkvm-pvm has ended, and not when the guest has: as much earlier as
# its memory takes to be given back, which is announced.
# timeout: 120
. /tests/e2e/lib.sh

now() # in hundredths of a second
{
	sed 's/ .*//; s/\.//' /proc/uptime
}
begun=$(now)
CMD='dd if=/dev/zero of=/tmp/x bs=1M count=120 2>/dev/null; echo FILLED; sleep 600' \
	boot -m 384 --timeout 40 --verdict verdict.json </dev/null >out.log 2>&1 &
pid=$!
wait_for 100 grep -q 'tearing down [0-9]* MiB' out.log
teardown=$(now)
rc=0
wait $pid || rc=$?
ended=$(now)
[ $rc -eq 124 ] || fail "exit $rc"
cat out.log
late=$((ended - begun - 4000)) took=$((ended - teardown))
echo "late by $late, teardown took $took (1/100 s)"
expect_out '^FILLED' '--timeout: 40.0 s are over, but for some [1-9][0-9.]* s in'
grep -q '"code":124,"origin":"user","reason":"--timeout: 40.0 s' verdict.json ||
	fail "verdict: $(cat verdict.json)"
[ $took -gt 100 ] || fail "that was no teardown"
# The guess is a guess: on a busy machine it takes longer
[ $late -lt $((took * 4 / 5)) ] || fail "its teardown came on top"
[ $((-late)) -lt $((3 * took)) ] || fail "the guest lost its time"
