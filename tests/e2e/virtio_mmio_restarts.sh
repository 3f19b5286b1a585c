#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Guests on virtio-mmio that reset with their devices at work find them again,
# life after life, and what they wrote; nothing grows.
# timeout: 240
. /tests/e2e/lib.sh

LIFE='^life '
[ ! -e /boot/guest.Image ] || IMAGE=/boot/guest.Image
SAMPLES=20 # a whole life: what is locked grows to its end
truncate -s 4M disk.img
guest_script <<'END'
n=$(dd if=/dev/vda bs=512 count=1 2>/dev/null | tr -d '\0')
n=$((${n:-0} + 1))
echo $n | dd of=/dev/vda bs=512 conv=sync,fsync 2>/dev/null
head -c 64 /dev/hwrng | wc -c
echo "life $n"
drain
dd if=/dev/zero of=/dev/vda bs=64k seek=1 count=60 oflag=direct 2>/dev/null &
head -c 65536 /dev/hwrng >/dev/null &
reboot -f
END
"$LKVM" run -k "$IMAGE" -i "$INITRD" -i script.cpio -m 64 --rng -d disk.img \
	--virtio-transport=mmio --on-reset=restart \
	-p 'quiet lkvm.run="sh -eu /run.sh"' </dev/null >out.log 2>&1 &
pid=$!
lives_do_not_add_up 8 4 2 1024 1024
expect_no_out 'stopped until' 'buffer is full'
