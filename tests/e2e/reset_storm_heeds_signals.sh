#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A guest that does nothing but reset itself, on one vCPU and on many: SIGTERM
# is never lost between two lives.
# timeout: 180
. /tests/e2e/lib.sh

storm() # storm VCPUS MILLISECONDS
{
	rm -f out.log
	"$LKVM" run -c "$1" -m 32 --on-reset=restart "$GUEST/reset.flat" \
		</dev/null >out.log 2>&1 &
	pid=$!
	wait_for 60 grep -q restarting out.log
	usleep "${2}000"
	kill -TERM $pid
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		sleep 0.5
		kill -0 $pid 2>/dev/null || break
	done
	! kill -9 $pid 2>/dev/null || fail "-c $1: SIGTERM after $2 ms got lost"
	rc=0
	wait $pid || rc=$?
	[ $rc -eq 143 ] || fail "-c $1: exit $rc"
}
for ms in 0 7 13 23 31 44 58 71; do
	storm 1 $ms
	storm 64 $ms
done
