#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Debian's stock kernel as host, what users have; the guest is ours.
# host: debian
# timeout: 180
. /tests/e2e/lib.sh

dmesg | grep 'kvm.*Protected .*initialized' || fail "$(dmesg | grep -i kvm)"
case $(uname -r) in
*-arm64) ;;
*) fail "not Debian's kernel: $(uname -r)" ;;
esac
expect_rc 0 "$LKVM" run "$GUEST/hello.flat"
CMD='uname -m; nproc'
expect_rc 0 boot -c 2
expect_out 'aarch64' 'GUEST: exit 0'
