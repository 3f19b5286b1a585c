#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The guest meets the limit, is paused, and goes on once root raised it.
. /tests/e2e/lib.sh

ulimit -l 8192
as_user "$LKVM" run --memlock=lazy -m 64 --events fd:7 "$GUEST/touch.flat" \
	</dev/null 7>events.jsonl >out.log 2>&1 &
run=$!
wait_for 30 grep -q 'paused: the guest reached RLIMIT_MEMLOCK' out.log
pid=$(sed -n 's/.*--pid \([0-9]*\) .*/\1/p' out.log)
need=$(sed -n 's/.*--memlock=\([0-9]*\).*/\1/p' out.log)
[ "$(vmlck "$pid")" -le 8192 ] || fail "VmLck $(vmlck "$pid")"
sleep 1
grep -q . "/proc/$pid/stat" || fail "it did not wait"
memlock "$pid" "$need"
rc=0
wait $run || rc=$?
[ $rc -eq 0 ] || fail "exit $rc"
[ "$(grep -c 'paused:' out.log)" -eq 1 ] || fail "paused more than once"
grep -Eq '"event":"memlock","state":"paused","locked":[0-9]+,"limit":8388608,"need":[0-9]+\}$' \
	events.jsonl || fail "no event: $(cat events.jsonl)"
grep -q '"event":"memlock","state":"resumed"}$' events.jsonl ||
	fail "no event: $(cat events.jsonl)"
