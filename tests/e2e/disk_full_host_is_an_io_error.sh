#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# No room on the host: the guest's write fails, the guest lives, and so does
# the disk once there is room.
# timeout: 120
. /tests/e2e/lib.sh

mkdir small
mount -t tmpfs -o size=2M small small
trap 'umount small' EXIT
truncate -s 16M small/disk.img
guest_script <<'EOF'
if dd if=/dev/urandom of=/dev/vda bs=64k count=128 conv=fsync; then
	exit 1
fi
echo 'STILL HERE'
dd if=/dev/vda of=/dev/null bs=64k count=1 2>/dev/null
blkdiscard /dev/vda
dd if=/dev/urandom of=/dev/vda bs=64k count=4 conv=fsync
EOF
expect_rc 0 boot_script -d small/disk.img
expect_out SCRIPT-DONE 'STILL HERE' 'I/O error' \
	'blk0: small/disk.img: writing failed .No space left'
[ "$(grep -c 'writing failed' out.log)" -eq 1 ] || fail "said more than once"

# The same for a snapshot's own file.
dd if=/dev/zero of=base.img bs=1M count=8 2>/dev/null
TMPDIR=$PWD/small expect_rc 0 boot_script -d base.img,snapshot
expect_out 'STILL HERE'
