#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Commands in a pipe, /dev/null and a closed stdin.
# timeout: 180
. /tests/e2e/lib.sh

printf 'echo $((40 + 2))\npoweroff\n' |
	"$LKVM" run -k "$IMAGE" -i "$INITRD" -m 128 -p quiet >out.log 2>&1 ||
	fail "exit $?"
expect_out '^42'
# Longer than the FIFO and the line buffers on the way; nothing is lost
CMD='stty -echo; echo go; head -n 100 | md5sum'
i=100
while [ $i -lt 200 ]; do
	echo "line $i 0123456789012345678901234567890123456789"
	i=$((i + 1))
done >lines
boot <lines >out.log 2>&1 || fail "exit $?"
expect_out "^$(md5sum <lines | cut -c1-32)"
CMD='uname -m'
expect_rc 0 boot
rc=0
boot <&- >out.log 2>&1 || rc=$?
[ $rc -eq 0 ] || fail "closed stdin: exit $rc"
