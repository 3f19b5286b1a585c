#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# --virtio-transport=mmio: disk, console, network and random numbers in a guest
# without PCI, through the shared window; also in an ordinary VM, with and
# without a window, and without ITS.
# timeout: 240
. /tests/e2e/lib.sh

tunctl -t tap7 >/dev/null
# shellcheck disable=SC2046 # a list of numbers
trap 'ip link del tap7 2>/dev/null; kill $(jobs -p) 2>/dev/null || true' EXIT
ip addr add 10.7.0.1/24 dev tap7
ip link set tap7 up
image a.img 8
truncate -s 8M b.img

guest_script <<'END'
sha256sum /dev/vda
dd if=/dev/vda of=/dev/vdb bs=64k conv=fsync 2>/dev/null
sha256sum /dev/vdb
dd if=/dev/hwrng bs=64 count=4 2>/dev/null | wc -c
echo "it is $(tty)" </dev/hvc0
ip link set eth0 up
ip addr add 10.7.0.2/24 dev eth0
ping -c 3 -s 1400 -w 20 10.7.0.1 | grep transmitted
grep virtio /proc/interrupts
ls /sys/bus/pci/devices | wc -l | sed 's/^/functions: /'
dmesg | grep 'swiotlb buffer is full' || true
dmesg | grep 'virtio.*reserved memory node' || true
END
sum=$(sha256sum <a.img | cut -d' ' -f1)

# works OPTION…
works()
{
	rm -f b.img
	truncate -s 8M b.img
	expect_rc 0 boot_script -d a.img -d b.img --console virtio --rng \
		-n tap,if=tap7 --virtio-transport mmio "$@"
	expect_out SCRIPT-DONE "$sum  /dev/vda" "$sum  /dev/vdb" '^256' \
		'functions: 0' 'GICv3 +38 +Edge +virtio0' '42 +Edge +virtio4'
	expect_no_out ' 0 packets received' 'buffer is full' warning MSI
	cmp a.img b.img || fail "b.img is no copy"
}
works -p pci=off
expect_out 'virtio-mmio 3004000.virtio: assigned reserved memory'
works --protected=off
works --protected=off --window=off --irqchip gicv3
works --irqchip gicv3 -c 2
