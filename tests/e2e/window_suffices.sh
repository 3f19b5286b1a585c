#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A window of the automatic size never holds up a device that is as busy as it
# can be, and one of half that size does: the formula gives what is needed.
# LONG=1: for 60 seconds each.
# timeout: 300
. /tests/e2e/lib.sh

busy=4
[ -z "${LONG:-}" ] || busy=60
on_ext4 40
image ext4/a.img 32
tunctl -t tap7 >/dev/null
# shellcheck disable=SC2046 # a list of numbers
trap 'kill $(jobs -p) 2>/dev/null || true; ip link del tap7' EXIT
ip addr add 10.7.0.1/24 dev tap7
ip link set tap7 up
mkfifo silence
prepare=:
servers()
{
	# shellcheck disable=SC2046 # a list of numbers
	kill $(jobs -p) 2>/dev/null || true
	for i in 1 2 3 4; do
		nc -l -p 501$i <>silence >/dev/null 2>&1 &
		nc -l -p 502$i </dev/zero >/dev/null 2>&1 &
	done
}

mkdir script
cp /tests/bin/ioload /tests/bin/vsock script/

# load SCRIPT OPTION…: how often a guest that runs it found the window full
load()
{
	$prepare
	{
		echo "$1"
		# shellcheck disable=SC2016 # the guest's
		echo 'echo "full $(dmesg | grep -c "swiotlb buffer is full") times"'
		echo 'echo SCRIPT-DONE'
	} >script/run.sh
	shift
	(cd script && printf '%s\n' run.sh ioload vsock | cpio -o -H newc) \
		>script.cpio 2>/dev/null
	expect_rc 0 boot_script -m "$mem" "$@"
	expect_out SCRIPT-DONE
}

suffices()
{
	load "$@" --window=auto
	expect_out 'full 0 times'
}

# A host that is fast enough may empty the queues before they are full: a load
# that fills them is seen within some tries.
half_does_not()
{
	for try in 1 2 3 4 5; do
		load "$@"
		! grep -q 'full 0 times' out.log || continue
		expect_out 'full [1-9][0-9]* times'
		return
	done
	fail "half of it was enough $try times"
}

# From 512 MiB on Linux makes huge pages: the pieces are as long as they can be.
mem=600
disk="/ioload /dev/vda ${busy}000 32 64; /ioload /dev/vda ${busy}000 8 992"
suffices "$disk" -d ext4/a.img
half_does_not "/ioload /dev/vda ${busy}000 32 64" -d ext4/a.img --window=640K

mem=256
net="ip link set eth0 up; ip addr add 10.7.0.2/24 dev eth0
ping -c 1 10.7.0.1 >/dev/null
for i in 1 2 3 4; do
	nc 10.7.0.1 501\$i </dev/zero & nc 10.7.0.1 502\$i >/dev/null &
done
sleep $busy"
prepare=servers
suffices "$net" -n tap,if=tap7
half_does_not "$net" -n tap,if=tap7 --window=1M
# A card needs no more beside a disk, and both are busy
mem=600
suffices "/ioload /dev/vda $((busy + 2))000 32 64 & $net" -n tap,if=tap7 \
	-d ext4/a.img
mem=256
prepare=:

# Nobody reads: the queues are as full as they can be, however fast the host is.
mkfifo a.fifo b.fifo
sleep 300 <>a.fifo &
sleep 300 <>b.fifo &
ports="for p in 1 2; do
	dd if=/dev/zero of=/dev/vport0p\$p bs=32k 2>/dev/null &
done
sleep $busy"
suffices "$ports" --port name=a,file=a.fifo --port name=b,file=b.fifo
# cat splices: a pipe full of pages at a time.
splices="dd if=/dev/zero of=/zeros bs=1M count=4 2>/dev/null
for p in 1 2; do
	cat /zeros >/dev/vport0p\$p &
done
sleep $busy"
suffices "$splices" --port name=a,file=a.fifo --port name=b,file=b.fifo
half_does_not "$splices" --port name=a,file=a.fifo \
	--port name=b,file=b.fifo --window=1280K

# Sixteen streams, which come back.
MIB=1048576
vsock="for i in \$(seq 16); do
	/vsock connect vsock:2:6000 flow $((busy * MIB)) $((busy * MIB)) &
done
wait"
# shellcheck disable=SC2046
kill $(jobs -p) 2>/dev/null || true
/tests/bin/vsock listen unix:v.sock_6000 echo &
suffices "$vsock" --vsock socket=v.sock
half_does_not "$vsock" --vsock socket=v.sock --window=768K
