#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Nobody reads stderr, and a hostile guest fills it, or a command in a guest writes
# there: SIGTERM ends the VM all the same.
# timeout: 120
. /tests/e2e/lib.sh

mkfifo pipe
sleep 200 <>pipe & # keeps both ends open
keeper=$!
dd if=/dev/zero of=pipe bs=4096 count=15 2>/dev/null
"$LKVM" run -c 4 -m 64 --on-reset=restart "$GUEST/hostile.flat" \
	</dev/null >/dev/null 2>pipe &
pid=$!
sleep 12 # long enough to fill the last page, and to wait in vain
kill -TERM $pid
gone()
{
	! kill -0 $pid
}
wait_for 20 gone
rc=0
wait $pid || rc=$?
[ $rc -eq 143 ] || fail "exit $rc"

"$LKVM" exec -k /boot/guest.Image -i "$INITRD" -m 64 -- \
	sh -c 'seq 3000 >&2; sleep 0.5; echo ready; sleep 600' \
	</dev/null >exec.log 2>pipe &
pid=$!
wait_for 60 grep -q ready exec.log
kill -TERM $pid
wait_for 15 gone
rc=0
wait $pid || rc=$?
kill $keeper
[ $rc -eq 143 ] || fail "exec: exit $rc"
