#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# host: no-kvm
. /tests/e2e/lib.sh

[ ! -e /dev/kvm ] || fail "the host has KVM"
refused '/dev/kvm' "$LKVM" run "$GUEST/hello.flat"
refused '/dev/kvm' "$LKVM" run --protected=off "$GUEST/hello.flat"
expect_rc 125 "$LKVM" check
expect_rc 125 "$LKVM" selftest
