#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Four vCPUs at war with devices and PSCI, life after life: fds, threads and
# locked memory stay as they are, and SIGTERM ends it.
# timeout: 240
. /tests/e2e/lib.sh

LIVES=20

nr_lives()
{
	grep -c restarting err.log || :
}
# reach N: false when no life ends for 20 s
reach()
{
	was=-1 idle=0
	while [ "$(nr_lives)" -lt "$1" ]; do
		kill -0 $pid || fail "it ended: $(tail -n 3 err.log)"
		[ "$(nr_lives)" -eq "$was" ] && idle=$((idle + 1)) || idle=0
		was=$(nr_lives)
		[ $idle -lt 40 ] || return 1
		sleep 0.5
	done
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

: >err.log # in a file that is not there reach would see lives enough
"$LKVM" run -c 4 -m 64 --on-reset=restart "$GUEST/hostile.flat" \
	</dev/null >/dev/null 2>err.log &
pid=$!
reach 2 || fail "no 2 lives"
early=$(most $pid)
reach $LIVES || fail "no $LIVES lives"
late=$(most $pid)
ends_by_sigterm
# Samples miss what lasts milliseconds; a leak of each life is more than that.
not_grown "$early" "$late" 10 10 4096 1024
