#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The host's kernel serves a tap's queues: files go between the guest and a
# network namespace, over a bridge, both ways unharmed, as they do when we move
# the frames; in an ordinary VM, too.
# timeout: 150
. /tests/e2e/lib.sh

unshare -n sleep 1000 &
ns=$!
# shellcheck disable=SC2046 # a list of numbers
trap 'ip link del tap7 2>/dev/null; ip link del br7 2>/dev/null
	kill $(jobs -p) 2>/dev/null || true' EXIT
is_away()
{
	[ "$(readlink /proc/$ns/ns/net)" != "$(readlink /proc/self/ns/net)" ]
}
wait_for 10 is_away
tunctl -t tap7 >/dev/null
ip link add br7 type bridge
# busybox names the other end itself
ip link add veth7 type veth
for i in tap7 veth7; do
	ip link set $i master br7
	ip link set $i up
done
ip link set br7 up
ip link set veth0 netns $ns
in_ns()
{
	nsenter -t $ns -n -- "$@"
}
in_ns ip addr add 10.7.0.1/24 dev veth0
in_ns ip link set veth0 up
dd if=/dev/urandom of=file bs=1M count=8 2>/dev/null
# nc ends both directions when its input does: this one does not.
mkfifo silence

guest_script <<'END'
ip link set eth0 up
ip addr add 10.7.0.2/24 dev eth0
ping -c 3 -w 20 10.7.0.1 | grep transmitted
mkfifo /tmp/silence
nc 10.7.0.1 5001 <>/tmp/silence >/tmp/file
echo "arrived: $(md5sum </tmp/file)"
nc 10.7.0.1 5002 </tmp/file
ip link set eth0 down
ip link set eth0 up
ping -c 3 -w 20 10.7.0.1 | grep transmitted
dmesg | grep 'swiotlb buffer is full' || true
END

# traffic SERVED-BY OPTION…
traffic()
{
	by=$1
	shift
	in_ns nc -l -p 5001 <file &
	in_ns nc -l -p 5002 <>silence >back &
	back=$!
	expect_rc 0 boot_script --loglevel=debug "$@"
	expect_out 'SCRIPT-DONE' "arrived: $(md5sum <file)"
	expect_no_out ' 0 packets received' 'buffer is full' 'warning'
	[ "$(grep -c 'packets received' out.log)" -eq 2 ] ||
		fail "not two pings"
	[ "$(grep -c 'served by the kernel' out.log)" -eq "$by" ] ||
		fail "served by the wrong one: $*"
	wait $back
	cmp file back || fail "what came back is not what was sent: $*"
}
traffic 1 -n tap,if=tap7
traffic 0 -n tap,if=tap7,vhost=off
traffic 1 -n mode=tap,tapif=tap7,vhost=1 --protected=off
traffic 1 -n tap,if=tap7,vhost=on --irqchip=gicv3
traffic 1 -n tap,if=tap7,vhost=on --virtio-transport=mmio
