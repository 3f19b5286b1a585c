#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A disk is made for the page size in the kernel's header: an entry of its queue
# names a page, and the window holds what a full queue names. The kernel itself has
# pages of 4 KiB and never looks there; others were tried (HACKING.md "Disks").
. /tests/e2e/lib.sh

[ -e /boot/guest.Image ] || skip "no guest kernel (KERNEL= was given)"

# says BYTE: the small guest kernel, its header's flags changed
says()
{
	cp /boot/guest.Image Image
	printf %b "$1" | dd of=Image bs=1 seek=24 conv=notrunc 2>/dev/null
}

# segment BYTES KERNEL: what Linux is told; data goes through whole and holds up
# nobody
segment()
{
	truncate -s 16M disk.img
	# shellcheck disable=SC2016 # the guest's
	expect_rc 0 "$LKVM" exec -k "$2" -i "$INITRD" -m 128 -c 2 \
		-d disk.img -- sh -euc '
		echo "an entry of $(cat /sys/block/vda/queue/max_segment_size)"
		dd if=/dev/urandom of=data bs=1M count=8 2>/dev/null
		for i in 0 1 2 3 4 5 6 7; do
			dd if=data of=/dev/vda bs=1M count=1 skip=$i seek=$i \
				oflag=direct 2>/dev/null &
		done
		wait
		dd if=/dev/vda bs=1M count=8 iflag=direct 2>/dev/null |
			cmp - data
		echo "full $(dmesg | grep -c "swiotlb buffer is full") times"'
	expect_out "an entry of $1" 'full 0 times'
}

segment 4096 /boot/guest.Image
says '\014'
segment 16384 Image
gzip -9c Image >Image.gz
segment 16384 Image.gz
says '\016'
segment 65536 Image
