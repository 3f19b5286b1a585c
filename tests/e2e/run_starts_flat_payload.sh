#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
. /tests/e2e/lib.sh

expect_rc 0 "$LKVM" run "$GUEST/hello.flat"
expect_out '!'
expect_rc 0 "$LKVM" run -k "$GUEST/hello.flat" --protected=off
expect_rc 0 "$LKVM" run --firmware "$GUEST/hello.flat"
expect_out '!'
