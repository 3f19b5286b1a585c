#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Four vCPUs at war with devices and PSCI, life after life: fds, threads and
# locked memory stay as they are, and SIGTERM ends it.
# timeout: 240
. /tests/e2e/lib.sh

LIVES=20

lives()
{
	grep -c restarting err.log || :
}
# reach N: false when no life ends for 20 s
reach()
{
	was=-1 idle=0
	while [ "$(lives)" -lt "$1" ]; do
		kill -0 $pid || fail "it ended: $(tail -n 3 err.log)"
		[ "$(lives)" -eq "$was" ] && idle=$((idle + 1)) || idle=0
		was=$(lives)
		[ $idle -lt 40 ] || return 1
		sleep 0.5
	done
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
ends_by_sigterm()
{
	kill -TERM $pid
	before=$(date +%s)
	rc=0
	wait $pid || rc=$?
	[ $rc -eq 143 ] || fail "exit $rc"
	[ $(($(date +%s) - before)) -le 5 ] || fail "it took its time to end"
}

"$LKVM" run -c 4 -m 64 --on-reset=restart "$GUEST/hostile.flat" \
	</dev/null >/dev/null 2>err.log &
pid=$!
reach 2 || fail "no 2 lives"
early=$(most)
reach $LIVES || fail "no $LIVES lives"
late=$(most)
ends_by_sigterm
echo "early: $early, late: $late (fds, threads, VmLck)"
# Samples miss what lasts milliseconds; a leak of each life is more than that.
echo "$early $late" |
	awk '{ exit !($4 <= $1 + 10 && $5 <= $2 + 10 && $6 <= $3 + 1024) }' ||
	fail "it grew"
