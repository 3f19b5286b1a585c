#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Without stdin, stdout and stderr nothing of the VM takes their numbers: the
# guest's output would go there.
. /tests/e2e/lib.sh

"$LKVM" run -m 32 "$GUEST/silent.flat" <&- >&- 2>&- &
pid=$!
up()
{
	[ "$(nr_vms)" -eq 1 ] && [ "$(nr_threads $pid)" -ge 3 ]
}
wait_for 30 up
for fd in 0 1 2; do
	to=$(readlink "/proc/$pid/fd/$fd")
	[ "$to" = /dev/null ] || fail "fd $fd is $to"
done
kill -TERM $pid
rc=0
wait $pid || rc=$?
[ $rc -eq 143 ] || fail "exit $rc"
expect_rc 0 sh -c 'exec "$0" run -m 32 "$1" <&- >&- 2>&-' "$LKVM" \
	"$GUEST/hello.flat"
