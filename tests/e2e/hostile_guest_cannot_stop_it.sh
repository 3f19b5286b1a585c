#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Four vCPUs at war with devices and PSCI, life after life: fds, threads and
# locked memory stay as they are, and SIGTERM ends it.
# timeout: 180
. /tests/e2e/lib.sh

"$LKVM" run -c 4 -m 64 --on-reset=restart "$GUEST/hostile.flat" \
	</dev/null >/dev/null 2>err.log &
pid=$!
lives()
{
	kill -0 $pid || fail "it ended: $(tail -n 3 err.log)"
	[ "$(grep -c 'restarting' err.log)" -ge "$1" ]
}
# busy: a life is short, so the largest of several samples counts
most()
{
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		echo "$(nr_fds $pid) $(nr_threads $pid) $(vmlck $pid)"
		sleep 0.1
	done | awk '{ for (i = 1; i <= 3; i++) if ($i > m[i]) m[i] = $i }
		END { print m[1], m[2], m[3] }'
}
wait_for 60 lives 2
early=$(most)
wait_for 120 lives 20
late=$(most)
kill -TERM $pid
before=$(date +%s)
rc=0
wait $pid || rc=$?
echo "early: $early, late: $late (fds, threads, VmLck)"
[ $rc -eq 143 ] || fail "exit $rc"
[ $(($(date +%s) - before)) -le 5 ] || fail "it took its time to end"
echo "$early $late" |
	awk '{ exit !($4 <= $1 + 1 && $5 <= $2 + 1 && $6 <= $3 + 1024) }' ||
	fail "it grew"
