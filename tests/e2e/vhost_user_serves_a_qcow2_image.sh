#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# qemu-storage-daemon, which knows formats that we refuse, serves a qcow2 image:
# what one life of a guest wrote is there in the next, and in the image.
# timeout: 120
. /tests/e2e/lib.sh

PATH=/opt/helpers/bin:$PATH
# shellcheck disable=SC2046 # a list of numbers
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
qemu-img create -q -f qcow2 disk.qcow2 64M
qemu-storage-daemon \
	--blockdev file,node-name=f,filename=disk.qcow2 \
	--blockdev qcow2,node-name=d,file=f \
	--export vhost-user-blk,id=e,node-name=d,writable=on,\
addr.type=unix,addr.path=socket &
daemon=$!
wait_for 10 listens socket

guest_script <<'END'
echo "sectors $(cat /sys/block/vda/size)"
mkdir /fs
if mount -t ext4 /dev/vda /fs 2>/dev/null; then
	cd /fs
	sha256sum -c sums
	exit
fi
mke2fs -F /dev/vda >/dev/null 2>&1
mount -t ext4 /dev/vda /fs
cd /fs
dd if=/dev/urandom of=data bs=64k count=64 2>/dev/null
sha256sum data >sums
sync
drain
reboot -f
END
expect_rc 0 boot_script --on-reset=restart --vhost-user socket=socket,type=blk
expect_out 'sectors 131072' 'data: OK'
expect_rc 0 boot_script --protected=off --vhost-user socket=socket,type=blk
expect_out 'sectors 131072' 'data: OK'
kill -TERM $daemon
wait $daemon || true
qemu-img check disk.qcow2
