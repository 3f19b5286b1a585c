#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A tap: the guest answers pings, and files go both ways over TCP unharmed;
# by message-signalled interrupts, and again after the interface was down.
# timeout: 100
. /tests/e2e/lib.sh

tunctl -t tap7 >/dev/null
# shellcheck disable=SC2046 # a list of numbers
trap 'ip link del tap7 2>/dev/null; kill $(jobs -p) 2>/dev/null || true' EXIT
ip addr add 10.7.0.1/24 dev tap7
ip link set tap7 up
dd if=/dev/urandom of=file bs=1M count=8 2>/dev/null
# nc ends both directions when its input does: this one does not.
mkfifo silence
nc -l -p 5001 <file &
nc -l -p 5002 <>silence >back &

guest_script <<'END'
ip link set eth0 up
ip addr add 10.7.0.2/24 dev eth0
ping -c 3 -w 20 10.7.0.1 | grep transmitted
mkfifo /tmp/silence
nc 10.7.0.1 5001 <>/tmp/silence >/tmp/file
echo "arrived: $(md5sum </tmp/file)"
nc 10.7.0.1 5002 </tmp/file
grep virtio0 /proc/interrupts
ip link set eth0 down
ip link set eth0 up
ping -c 3 -w 20 10.7.0.1 | grep transmitted
dmesg | grep 'swiotlb buffer is full' || true
END
expect_rc 0 boot_script -n tap,if=tap7,vhost=off
expect_out 'SCRIPT-DONE' "arrived: $(md5sum <file)" \
	'MSIX.* [1-9][0-9]* Edge +virtio0-input' \
	'MSIX.* [1-9][0-9]* Edge +virtio0-output'
expect_no_out ' 0 packets received' 'buffer is full' 'warning'
[ "$(grep -c 'packets received' out.log)" -eq 2 ] || fail "not two pings"
cmp file back || fail "what came back is not what was sent"
