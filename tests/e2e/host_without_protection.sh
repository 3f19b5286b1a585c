#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# KVM without pKVM: a pVM is refused, never replaced; an ordinary VM runs.
# host: unprotected
. /tests/e2e/lib.sh

refused 'kvm-arm.mode=protected' "$LKVM" run "$GUEST/hello.flat"
expect_rc 0 "$LKVM" run --protected=off "$GUEST/hello.flat"
CMD='uname -m'
expect_rc 0 boot --protected=off
expect_out 'GUEST: exit 0'
