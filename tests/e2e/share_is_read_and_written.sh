#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A shared directory: the guest reads what the host wrote and the host what the
# guest did, file by file and checksum by checksum, as a checkout does it.
# timeout: 120
. /tests/e2e/lib.sh

PATH=/opt/helpers/bin:$PATH
mkdir -p dir/in
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	mkdir -p dir/in/d$i
	for j in 1 2 3 4 5; do
		head -c $((i * j * 997)) /dev/urandom >dir/in/d$i/f$j
	done
done
image dir/in/large 8
(cd dir/in && find . -type f -exec md5sum {} + | sort -k 2) >dir/sums

guest_script <<'END'
mkdir /mnt
mount -t virtiofs share /mnt
cd /mnt/in
md5sum -c ../sums | grep -vc ': OK' || true
cp -r . /mnt/out
cd /mnt/out
find . -name 'f[24]' -exec mv {} {}.moved \;
rm -r d3 d4
ln -s large link
ln large hard
chmod 751 d1
echo words >d1/new
echo more >>d1/new
dd if=large of=tail bs=1000 skip=8000 conv=fsync 2>/dev/null
(find . -type f -exec md5sum {} + | sort -k 2) >/mnt/sums.out
cd /
umount /mnt
dmesg | grep 'swiotlb buffer is full' || true
END
for protected in on off; do
	rm -rf dir/out dir/sums.out
	expect_rc 0 boot_script --protected=$protected --share dir
	expect_out '^0' 'SCRIPT-DONE'
	expect_no_out 'buffer is full' 'warning'
	(cd dir/out && find . -type f -exec md5sum {} + | sort -k 2) >sums.now
	cmp sums.now dir/sums.out || fail "the host sees other bytes"
	[ "$(wc -l <sums.now)" -eq 94 ] || fail "not all files"
	[ "$(stat -c %a dir/out/d1)" = 751 ] || fail "not its mode"
	[ "$(readlink dir/out/link)" = large ] || fail "no link"
done
