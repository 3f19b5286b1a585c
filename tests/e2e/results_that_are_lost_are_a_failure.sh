#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A verb whose results cannot be written to standard output does not end with 0.
. /tests/e2e/lib.sh

"$LKVM" run -m 64 --name told --debug "$GUEST/idle.flat" </dev/null >guest.log 2>&1 &
pid=$!
wait_for 60 grep -q idle guest.log
lost() # lost VERB…: with no room; otherwise it is well
{
	rc=0
	"$LKVM" "$@" >/dev/full 2>err.log || rc=$?
	[ $rc -eq 125 ] || fail "$*: exit $rc: $(cat err.log)"
	grep -q '^lkvm-pvm: ' err.log || fail "$*: no reason"
	expect_rc 0 "$LKVM" "$@"
}
lost version
lost help
lost help run
lost run --help
lost completion bash
lost check
lost list
lost list --json
lost stat
lost stat --prometheus
lost map told
lost debug told regs
lost selftest -l
expect_rc 0 "$LKVM" stop --force told
wait $pid || true
