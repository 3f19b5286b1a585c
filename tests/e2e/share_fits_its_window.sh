#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Many programs of the guest read and write large files of a share at once: the
# window of the automatic size holds what is under way.
# timeout: 90
. /tests/e2e/lib.sh

PATH=/opt/helpers/bin:$PATH
mkdir dir
for i in 1 2 3 4 5 6 7 8; do
	image dir/in$i 4
done
guest_script <<'END'
mkdir /mnt
mount -t virtiofs share /mnt
for i in 1 2 3 4 5 6 7 8; do
	dd if=/dev/zero of=/mnt/out$i bs=1M count=8 2>/dev/null &
	cp /mnt/in$i /mnt/copy$i &
	md5sum /mnt/in$i >/mnt/sum$i &
done
wait
sync
umount /mnt
dmesg | grep 'swiotlb buffer is full' || true
END
expect_rc 0 boot_script -m 256 -c 2 --share dir
expect_out SCRIPT-DONE
expect_no_out 'buffer is full'
for i in 1 2 3 4 5 6 7 8; do
	cmp dir/in$i dir/copy$i || fail "copy $i"
	[ "$(md5sum <dir/in$i)" = "$(sed 's/ .*/  -/' dir/sum$i)" ] ||
		fail "sum $i"
	[ "$(wc -c <dir/out$i)" -eq 8388608 ] || fail "out $i"
done
