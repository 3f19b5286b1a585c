#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# --rng: a pVM's /dev/hwrng gives bytes, by MSI-X, without an exit a request.
. /tests/e2e/lib.sh

READ='dd if=/dev/hwrng bs=64 count=4 2>/dev/null | od -An -tx1 -v'
CMD="cat /sys/class/misc/hw_random/rng_current; $READ; $READ; \
grep virtio /proc/interrupts; cat /proc/iomem"
expect_rc 0 boot --rng
expect_out 'GUEST: exit 0' 'virtio_rng\.0' 'ITS-PCI-MSIX.*virtio0' \
	'80000000-8003ffff : reserved'
# 32 lines of 16 bytes, all different
[ "$(grep -cE '^( [0-9a-f]{2}){16}.?$' out.log)" -eq 32 ] || fail "not 512 bytes"
[ "$(grep -E '^( [0-9a-f]{2}){16}.?$' out.log | sort -u | wc -l)" -eq 32 ] ||
	fail "bytes repeat"
expect_no_out 'lkvm-pvm: .*(ITS|KVM refused)'
