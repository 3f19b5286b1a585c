#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A guest that prints nothing: where it is, and the likely cause.
. /tests/e2e/lib.sh

exception='vCPU 0: no exception yet'
for payload in silent vectors; do
	rm -f events
	"$LKVM" run --loglevel=info --events events "$GUEST/$payload.flat" \
		</dev/null >out.log 2>&1 &
	pid=$!
	wait_for 30 grep -q vcpu-start events
	sleep 1 # the guest's first instructions
	kill -TERM $pid
	rc=0
	wait $pid || rc=$?
	[ $rc -eq 143 ] || fail "exit $rc"
	expect_out 'PC 0x' "$exception" 'printed nothing' 'likely cause'
	exception='vCPU 0: last exception: ESR 0x8'
done
expect_out 'before it had set up its vectors'

# That of exec is quiet, so silence says nothing about its console.
expect_rc 124 "$LKVM" exec -k "$GUEST/silent.flat" -m 16 --timeout 2 -- true
expect_out 'printed nothing; likely cause: its kernel is quiet'
