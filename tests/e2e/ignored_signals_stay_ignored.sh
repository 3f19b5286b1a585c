#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Under nohup a hang-up does not end the VM; SIGTERM does.
. /tests/e2e/lib.sh

(
	trap '' HUP
	exec "$LKVM" run -m 32 "$GUEST/silent.flat" </dev/null >out.log 2>&1
) &
pid=$!
up()
{
	[ "$(nr_vms)" -eq 1 ] && [ "$(nr_threads $pid)" -ge 3 ]
}
wait_for 30 up
kill -HUP $pid
sleep 1
kill -0 $pid || fail "SIGHUP ended it"
kill -TERM $pid
rc=0
wait $pid || rc=$?
[ $rc -eq 143 ] || fail "exit $rc"
