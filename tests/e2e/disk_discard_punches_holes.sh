#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What the guest discards takes no room in the image any more, and
# reads as zeros.
# timeout: 120
. /tests/e2e/lib.sh

on_ext4 40
for dir in . ext4; do
	image $dir/disk.img 8
	sync
	before=$(du -k $dir/disk.img | cut -f1)
	guest_script <<'EOF'
blkdiscard -o 1048576 -l 4194304 /dev/vda
echo 3 >/proc/sys/vm/drop_caches
dd if=/dev/vda bs=1M skip=1 count=4 2>/dev/null | cmp -n 4194304 - /dev/zero
EOF
	expect_rc 0 boot_script -d $dir/disk.img
	expect_out SCRIPT-DONE
	after=$(du -k $dir/disk.img | cut -f1)
	echo "$dir: $before KiB before, $after after"
	[ $((before - after)) -ge 4000 ] || fail "no holes"
	dd if=$dir/disk.img bs=1M skip=1 count=4 2>/dev/null |
		cmp -n 4194304 - /dev/zero
	rm $dir/disk.img
done
