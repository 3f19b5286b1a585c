#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Four vCPUs: each takes the device's interrupt when it is told to, and all of
# them may ask the device at once.
. /tests/e2e/lib.sh

CMD="irq=\$(awk '/virtio0-input/ { print \$1 + 0 }' /proc/interrupts); \
for cpu in 1 2 4 8; do echo \$cpu >/proc/irq/\$irq/smp_affinity; \
dd if=/dev/hwrng bs=64 count=8 of=/dev/null 2>/dev/null; done; \
for i in 1 2 3 4; do dd if=/dev/hwrng bs=64 count=16 of=/tmp/\$i 2>/dev/null & \
done; wait; cat /tmp/[1-4] | wc -c; grep virtio0-input /proc/interrupts; \
for cpu in 1 2 3; do echo 0 >/sys/devices/system/cpu/cpu\$cpu/online; done; \
dd if=/dev/hwrng bs=64 count=2 2>/dev/null | wc -c"
expect_rc 0 boot --rng -c 4
expect_out 'GUEST: exit 0' '^4096' '^128'
# Its counts: one for each vCPU, none of them zero.
grep -E 'ITS-PCI-MSIX.*virtio0-input' out.log |
	awk '{ exit !($2 > 0 && $3 > 0 && $4 > 0 && $5 > 0) }' ||
	fail "not on every vCPU: $(grep virtio0-input out.log)"
