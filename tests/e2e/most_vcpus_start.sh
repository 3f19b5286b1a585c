# SPDX-License-Identifier: GPL-2.0-only
# 512 vCPUs, KVM's limit, start and end; one more is refused.
# timeout: 180
. /tests/e2e/lib.sh

expect_rc 0 "$LKVM" run -c 512 -m 64 "$GUEST/hello.flat"
expect_out '!'
[ "$(nr_vms)" -eq 0 ] || fail "a VM is left"
refused '513.*1 to 512' "$LKVM" run -c 513 -m 64 "$GUEST/hello.flat"
