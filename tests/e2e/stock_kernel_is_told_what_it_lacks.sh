#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Debian's stock kernel, which has no CONFIG_ARM_PKVM_GUEST, runs in a pVM; its
# device is named with what the kernel lacks, and it ends with 114, also when its
# driver waits for ever. Without protection and window it has the device.
# timeout: 300
. /tests/e2e/lib.sh

# stock COMMAND OPTION…: the guest runs that; its console is the UART
stock()
{
	command=$1
	shift
	"$LKVM" run -k /boot/stock.zst -i "$INITRD" -m 256 \
		-p "console=ttyS0 quiet lkvm.run=\"$command\"" "$@"
}
expect_rc 114 stock 'uname -r' --console virtio
expect_out '^[0-9.]+.*-arm64' 'console0: .*its kernel lacks CONFIG_ARM_PKVM_GUEST' \
	'powered off; it gave console0 memory that was not shared'
# Its driver of a console with ports spins until the device answers
expect_rc 114 stock true --port name=log,file=log
expect_out 'console0: .*its kernel lacks CONFIG_ARM_PKVM_GUEST' \
	'printed nothing and used no device for 20 s; it gave console0 memory that was not shared'
expect_rc 114 stock true --console virtio --protected=off
expect_out 'console0: .*its kernel lacks'

expect_rc 0 stock 'echo it is said >/dev/hvc0' --console virtio \
	--protected=off --window=off
expect_out 'it is said'
