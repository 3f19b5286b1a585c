#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# `lkvm-pvm check` on a host that can, as root and as a user; JSON; no trial VM.
. /tests/e2e/lib.sh

expect_rc 0 "$LKVM" check --no-create
expect_no_out '^fail'
[ "$(cat /proc/sys/kernel/tainted)" -eq 0 ] || echo "tainted by another test"
expect_rc 0 "$LKVM" check
cat out.log
expect_out '/dev/kvm' '[Pp]rotected' 'guest addresses *[345][0-9] bits' 'memlock|MEMLOCK'
expect_rc 0 "$LKVM" check --json
[ "$(head -c 1 out.log)" = '{' ] || fail "no JSON object"
ulimit -l 8192
run_rc as_user "$LKVM" check
cat out.log
expect_out '[Mm][Ee][Mm][Ll][Oo][Cc][Kk]'
