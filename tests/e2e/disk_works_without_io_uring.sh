#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Where io_uring is forbidden a disk works all the same.
# timeout: 90
. /tests/e2e/lib.sh

on_ext4 20
image ext4/disk.img 4
sum=$(sha256sum <ext4/disk.img | cut -d' ' -f1)
echo 2 >/proc/sys/kernel/io_uring_disabled
trap 'echo 0 >/proc/sys/kernel/io_uring_disabled; off_ext4' EXIT
CMD='sha256sum /dev/vda' expect_rc 0 boot -d ext4/disk.img --loglevel=debug
expect_out "$sum  /dev/vda" 'blk0: ext4/disk.img by plain system calls' \
	'no io_uring .Operation not permitted'
