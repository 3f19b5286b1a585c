#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# exec without a command is a shell on a terminal of its own: echo, control keys,
# its size, the caller's TERM; at the end the terminal is as it was. In a pipe the
# shell reads its script from there.
# timeout: 120
. /tests/e2e/lib.sh

SMALL=/boot/guest.Image
expect_rc 7 ptyrun 'wait=# ' 'send=tty; stty size; echo T=$TERM\r' wait=T= \
	'wait=# ' 'send=(echo G$((1+1)); exec sleep 1000)\r' 'wait=G2' 'send=\x03' \
	'wait=# ' \
	'send=exit 7\r' -- "$LKVM" exec -k "$SMALL" -i "$INITRD" -m 64
expect_out /dev/pts/ '^T='

rc=0
printf 'echo from a pipe; tty\nexit 5\n' |
	"$LKVM" exec -k "$SMALL" -i "$INITRD" -m 64 >out 2>err || rc=$?
[ $rc -eq 5 ] || fail "exit $rc: $(cat err)"
[ "$(cat out)" = "$(printf 'from a pipe\nnot a tty')" ] || fail "out: $(cat out)"

expect_rc 255 "$LKVM" exec --bisect -k /nowhere/Image -- true
