#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Started by who ignores SIGCHLD, it does not: a child that ended keeps its
# number until it is waited for, and nobody else gets our signals.
. /tests/e2e/lib.sh

/tests/bin/ptyrun ignore=17 wait=idle -- \
	"$LKVM" run "$GUEST/idle.flat" >out.log 2>&1 &
wait_for 30 grep -q idle out.log
pid=$(pidof lkvm-pvm)
# A mask, in hexadecimal: SIGCHLD is the lowest bit of the fifth digit.
grep '^SigIgn:' "/proc/$pid/status" >ignored
! grep -q '[13579bdf]....$' ignored || fail "SIGCHLD is ignored: $(cat ignored)"
kill -TERM "$pid"
rc=0
wait $! || rc=$?
[ $rc -eq 143 ] || fail "exit $rc"
