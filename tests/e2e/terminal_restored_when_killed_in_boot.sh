#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A raw terminal is given back whatever ends lkvm-pvm (but SIGKILL).
. /tests/e2e/lib.sh

expect_rc 143 ptyrun 'wait=Booting' signal=15 -- \
	"$LKVM" run -k "$IMAGE" -i "$INITRD" -m 128
expect_rc 110 ptyrun -- "$LKVM" run "$GUEST/reset.flat"
expect_rc 0 ptyrun -- "$LKVM" run "$GUEST/hello.flat"
expect_rc 125 ptyrun -- "$LKVM" run /nonexistent
# SIGSEGV from outside stands for a bug of ours
rc=0
ptyrun 'wait=Booting' signal=11 -- "$LKVM" run -k "$IMAGE" -i "$INITRD" \
	-m 128 >out.log 2>&1 || rc=$?
[ $rc -eq 139 ] || fail "exit $rc"
