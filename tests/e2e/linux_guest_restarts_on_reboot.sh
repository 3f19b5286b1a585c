#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The second life of a Linux guest is as good as its first.
. /tests/e2e/lib.sh

"$LKVM" run -k "$IMAGE" -i "$INITRD" -m 128 --on-reset=restart \
	-p 'quiet lkvm.run="reboot -f"' </dev/null >out.log 2>&1 &
pid=$!
second()
{
	[ "$(grep -c 'GUEST: ready' out.log)" -ge 3 ]
}
wait_for 60 second
kill -TERM $pid
rc=0
wait $pid || rc=$?
[ $rc -eq 143 ] || fail "exit $rc"
