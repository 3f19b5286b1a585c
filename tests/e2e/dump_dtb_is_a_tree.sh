#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
. /tests/e2e/lib.sh

expect_rc 0 "$LKVM" run --dump-dtb tree.dtb "$GUEST/hello.flat"
[ "$(od -An -N4 -tx1 tree.dtb | tr -d ' ')" = d00dfeed ] || fail "no magic"
refused 'dump-dtb /nonexistent' "$LKVM" run --dump-dtb /nonexistent/x \
	"$GUEST/hello.flat"
