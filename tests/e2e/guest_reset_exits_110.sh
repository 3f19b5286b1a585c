#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
. /tests/e2e/lib.sh

expect_rc 110 "$LKVM" run "$GUEST/reset.flat"
CMD='reboot -f'
expect_rc 110 boot
expect_rc 110 boot --on-reset=exit
