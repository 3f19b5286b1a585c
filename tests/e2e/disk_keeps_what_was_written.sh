#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Host and guest agree on every byte of a disk; a file system on it survives
# the guest. On tmpfs (plain system calls) and on ext4 (io_uring), protected
# and not.
# timeout: 240
. /tests/e2e/lib.sh

on_ext4 40
guest_script <<'EOF'
sha256sum /dev/vda
blockdev --getsize64 /dev/vda
dd if=/dev/vda of=/dev/vdb bs=64k conv=fsync 2>/dev/null
sha256sum /dev/vdb
EOF
for dir in . ext4; do
	for protected in on off; do
		image "$dir/a.img" 8
		truncate -s 8M "$dir/b.img"
		expect_rc 0 boot_script -d "$dir/a.img" -d "$dir/b.img" \
			--protected=$protected --loglevel=debug
		sum=$(sha256sum <"$dir/a.img" | cut -d' ' -f1)
		expect_out SCRIPT-DONE "$sum  /dev/vda" "$sum  /dev/vdb" \
			8388608
		cmp "$dir/a.img" "$dir/b.img"
		if [ $dir = ext4 ]; then
			expect_out 'blk0: ext4/a.img by io_uring'
		else
			expect_out 'blk0: ./a.img by plain system calls'
		fi
	done
done

guest_script <<'EOF'
if [ ! -e /dev/vdb ]; then
	mke2fs -F /dev/vda >/dev/null 2>&1
fi
mkdir /fs
mount -t ext4 /dev/vda /fs
if [ -e /fs/sums ]; then
	cd /fs && sha256sum -c sums
	echo SCRIPT-DONE
	exit
fi
for i in 1 2 3 4; do
	dd if=/dev/urandom of=/fs/$i bs=256k count=1 2>/dev/null
done
cd /fs && sha256sum 1 2 3 4 >sums
cd / && umount /fs
EOF
expect_rc 0 boot_script -d ext4/b.img
expect_out SCRIPT-DONE
expect_rc 0 boot_script -d ext4/b.img -d ext4/a.img
expect_out SCRIPT-DONE '1: OK' '2: OK' '3: OK' '4: OK'
