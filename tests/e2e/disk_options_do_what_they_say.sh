#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ro, snapshot, direct, serial=, queues=, id=: seen by the guest, and the image
# is as it has to be afterwards.
# timeout: 180
. /tests/e2e/lib.sh

on_ext4 40
image ext4/ro.img 4
image ext4/snap.img 4
image ext4/direct.img 4
sha256sum ext4/ro.img ext4/snap.img >sums
guest_script <<'EOF'
cat /sys/block/vda/ro
! dd if=/dev/zero of=/dev/vda bs=4k count=1 conv=fsync 2>/dev/null
echo "serial $(cat /sys/block/vda/serial)"
echo "queues $(ls /sys/block/vdb/mq | wc -l)"
dd if=/dev/zero of=/dev/vdb bs=64k count=16 seek=8 conv=fsync 2>/dev/null
echo 3 >/proc/sys/vm/drop_caches
dd if=/dev/vdb bs=64k skip=8 count=16 2>/dev/null | cmp -n 1048576 - /dev/zero
dd if=/dev/zero of=/dev/vdc bs=4k count=16 conv=fsync 2>/dev/null
cat /sys/block/vdc/queue/write_cache
EOF
expect_rc 0 boot_script -c 2 -d ext4/ro.img,ro,serial=SN-42,id=boot \
	-d ext4/snap.img,snapshot,queues=2 -d ext4/direct.img,direct \
	--loglevel=debug
expect_out SCRIPT-DONE 'serial SN-42' 'queues 2' 'write back' \
	'boot: ext4/ro.img by' 'blk2: ext4/direct.img by io_uring'
sha256sum -c sums >/dev/null || fail "an image changed"
head -c 65536 ext4/direct.img | cmp -n 65536 - /dev/zero
