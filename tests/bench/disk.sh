#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Measures a disk inside the emulated host: rates as medians of interleaved
# rounds, then counts per request in one more run with the tracer on.
#
# usage: disk.sh ROUNDS OURS [PEER]     both take kvmtool's options, PEER also
# those in PEER_OPTIONS (default: kvmtool's ITS)
set -eu
rounds=$1
shift
ms=${MS:-1000}
dir=$(mktemp -d)
trap 'cd /; umount "$dir/disk" 2>/dev/null; rm -rf "$dir"' EXIT
cd "$dir"
# shellcheck disable=SC2034 # lib.sh's
{
phases='rand4k-qd1 rand4k-qd32 seq1m'
in_mib=
}
. /mnt/lib.sh

# The guests' initrd with the load in it
cp /tests/bin/ioload .
cp /boot/initrd.cpio initrd
echo ioload | cpio -o -H newc 2>/dev/null >>initrd

# FS=ext4 (in memory, on a loop device) or tmpfs
mkdir disk
if [ "${FS:-ext4}" = ext4 ]; then
	truncate -s 48M ext4.img
	mke2fs -F ext4.img >/dev/null 2>&1
	loop=$(losetup -f)
	losetup "$loop" ext4.img
	mount -t ext4 "$loop" disk
	losetup -d "$loop" # once it is unmounted
fi
dd if=/dev/urandom of=disk/disk.img bs=1M count=32 2>/dev/null

peer=${2:-}

# vmm BINARY: one guest that runs the load on its disk
vmm()
{
	more=
	[ "$1" != "$peer" ] || more=${PEER_OPTIONS:---irqchip gicv3-its}
	# shellcheck disable=SC2086 # words
	"$1" run -k /boot/Image -i initrd -m 128 -c 1 --console serial \
		--force-pci --protected \
		--network mode=none -d "$dir/disk/disk.img${DISK_OPTIONS:-}" $more \
		-p "quiet lkvm.run=\"/ioload /dev/vda $ms\"" </dev/null 2>&1
}

: >peer
r=0
while [ $r -lt "$rounds" ]; do
	rates ours "$1"
	[ $# -lt 2 ] || rates peer "$2"
	r=$((r + 1))
done
echo "disk: one of 32 MiB on ${FS:-ext4}, cached by the host alone; requests/s"
compare ours peer
print_counts "ours, per request" "$1"
[ $# -lt 2 ] || print_counts "peer, per request" "$2"
