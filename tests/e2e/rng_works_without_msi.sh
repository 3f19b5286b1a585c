#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# --irqchip gicv3: the same devices by INTx; gicv3-v2m: by SPIs; also in an ordinary
# VM, with and without a window.
. /tests/e2e/lib.sh

CMD='dd if=/dev/hwrng bs=64 count=4 2>/dev/null | wc -c; grep virtio /proc/interrupts'
expect_rc 0 boot --rng --irqchip gicv3
expect_out 'GUEST: exit 0' '^256' 'GICv3.*Level.*virtio0'
expect_no_out 'MSI'
expect_rc 0 boot --rng --irqchip gicv3 --protected=off
expect_out 'GUEST: exit 0' '^256' 'GICv3.*Level.*virtio0'
expect_rc 0 boot --rng --irqchip gicv3-v2m
expect_out 'GUEST: exit 0' '^256' 'GICv2m-PCI-MSIX.*virtio0'
expect_rc 0 boot --rng --irqchip gicv3-v2m --protected=off
expect_out 'GUEST: exit 0' '^256' 'GICv2m-PCI-MSIX.*virtio0'
expect_rc 0 boot --rng --protected=off --window=off
expect_out 'GUEST: exit 0' '^256' 'ITS-PCI-MSIX.*virtio0'
expect_rc 0 boot --rng --window=8M
expect_out 'GUEST: exit 0' '^256' 'ITS-PCI-MSIX.*virtio0'
expect_no_out 'ITS does not know'
