#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A file cut short under the guest is an I/O error there, its growth is seen, on
# either transport.
# timeout: 120
. /tests/e2e/lib.sh

on_ext4 40
transport=pci
for dir in . ext4; do
	image $dir/disk.img 4
	guest_script <<'EOF'
dd if=/dev/vda of=/dev/null bs=1M 2>/dev/null
echo 'NOW SHRINK'
read -r _
! dd if=/dev/vda of=/dev/null bs=4k skip=768 count=1 iflag=direct 2>/dev/null
! dd if=/dev/zero of=/dev/vda bs=4k seek=768 count=1 oflag=direct 2>/dev/null
dd if=/dev/vda of=/dev/null bs=4k count=1 iflag=direct 2>/dev/null
echo 'NOW GROW'
read -r _
for _ in 1 2 3 4 5 6 7 8 9 10; do
	sleep 1
	[ "$(blockdev --getsize64 /dev/vda)" -lt 8000000 ] || break
done
blockdev --getsize64 /dev/vda
dd if=/dev/zero of=/dev/vda bs=4k seek=1792 count=1 oflag=direct 2>/dev/null
EOF
	mkfifo keys
	boot_script -d $dir/disk.img --virtio-transport=$transport <keys >out.log 2>&1 &
	pid=$!
	exec 3>keys
	wait_for 60 grep -q 'NOW SHRINK' out.log
	truncate -s 1M $dir/disk.img
	echo >&3
	wait_for 60 grep -q 'NOW GROW' out.log
	truncate -s 8M $dir/disk.img
	echo >&3
	exec 3>&-
	wait $pid
	expect_out SCRIPT-DONE 8388608 'shrank from 4096 to 1024 KiB' \
		'grew from 1024 to 8192 KiB'
	rm keys out.log $dir/disk.img
	transport=mmio
done
