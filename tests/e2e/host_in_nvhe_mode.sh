#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# host: nvhe
. /tests/e2e/lib.sh

refused 'kvm-arm.mode=protected' "$LKVM" run "$GUEST/hello.flat"
expect_rc 0 "$LKVM" run --protected=off "$GUEST/hello.flat"
