#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# After 20 new lives fds, threads and locked memory are as in the first ones.
# timeout: 180
. /tests/e2e/lib.sh

"$LKVM" run --on-reset=restart "$GUEST/reset.flat" </dev/null >out.log 2>&1 &
pid=$!
lives()
{
	[ "$(grep -c restarting out.log)" -ge "$1" ]
}
sample()
{
	echo "$(nr_fds $pid) $(nr_threads $pid) $(vmlck $pid)"
}
# busy: a life is short, so the largest of several samples counts
most()
{
	for _ in 1 2 3 4 5 6 7 8; do
		sample
		sleep 0.05
	done | awk '{ for (i = 1; i <= 3; i++) if ($i > m[i]) m[i] = $i }
		END { print m[1], m[2], m[3] }'
}
wait_for 60 lives 3
early=$(most)
wait_for 120 lives 24
late=$(most)
kill -TERM $pid
rc=0
wait $pid || rc=$?
echo "early: $early, late: $late (fds, threads, VmLck)"
[ $rc -eq 143 ] || fail "exit $rc"
# Samples miss what lasts milliseconds; one left behind by each of 20 lives
# is more than that.
echo "$early $late" |
	awk '{ exit !($4 <= $1 + 10 && $5 <= $2 + 10 && $6 <= $3 + 64) }' ||
	fail "it grew"
