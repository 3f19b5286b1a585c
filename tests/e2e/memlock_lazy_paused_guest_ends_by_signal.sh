#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
. /tests/e2e/lib.sh

ulimit -l 8192
as_user "$LKVM" run --memlock=lazy -m 64 "$GUEST/touch.flat" \
	</dev/null >out.log 2>&1 &
run=$!
wait_for 30 grep -q 'paused: the guest reached RLIMIT_MEMLOCK' out.log
pid=$(sed -n 's/.*--pid \([0-9]*\) .*/\1/p' out.log)
kill -TERM "$pid"
rc=0
wait $run || rc=$?
[ $rc -eq 143 ] || fail "exit $rc"
