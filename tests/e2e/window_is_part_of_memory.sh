#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The window and RAM behind it are -m together, in one piece, whatever the
# window's length; a guest with mem= lives; firmware stays where RAM begins;
# and a window that leaves no RAM is refused.
# timeout: 90
. /tests/e2e/lib.sh

[ ! -e /boot/guest.Image ] || IMAGE=/boot/guest.Image
export MEM=96
export CMD='cat /proc/iomem; ls /dev/hwrng; dd if=/dev/hwrng bs=32 count=1 | wc -c'

# in_one_piece WINDOW OPTION…: from 0x80000000 to 96 MiB behind it
in_one_piece()
{
	window=$1
	shift
	expect_rc 0 boot --rng --window="$window" --dump-dtb tree "$@"
	expect_out '^80000000-85ffffff : System RAM' '^32'
}
in_one_piece 256K
in_one_piece 3328K --protected=off --virtio-transport=mmio

export CMD='dd if=/dev/hwrng bs=32 count=1 | wc -c; grep MemTotal /proc/meminfo'
expect_rc 0 boot --rng --window=3328K -m 128 -p mem=80M
expect_out '^32'
total=$(awk '/^MemTotal/ { print $2 }' out.log)
[ "$total" -lt 81920 ] || fail "MemTotal $total with mem=80M"

expect_rc 0 "$LKVM" run -m 64 --rng --dump-dtb tree --firmware "$GUEST/hello.flat"
expect_out '!'
grep -aq 'memory@80000000' tree || fail "firmware: RAM begins elsewhere"
grep -aq 'restricted-dma-pool@7ffc0000' tree || fail "firmware: the window"

refused '-m 4: the window .* takes 4096 KiB .*raise -m to 6' \
	"$LKVM" run -m 4 --rng --window=4M "$GUEST/hello.flat"
refused 'raise -m to' "$LKVM" run -k "$IMAGE" -m 64 --rng --window=62M
# What is locked is -m, too
ulimit -l $((96 * 1024 + 64))
expect_rc 0 as_user "$LKVM" run -m 96 --rng --window=16M "$GUEST/hello.flat"
expect_no_out MEMLOCK
