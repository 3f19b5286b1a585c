#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# map: names the buffers that a guest's drivers have given to each device and not
# got back, whoever serves it: as many as the guest knows of. Looking changes
# nothing, neither for them nor for a driver that attacks its devices meanwhile.
# timeout: 300
. /tests/e2e/lib.sh

on_ext4 64
trap 'fsfreeze --unfreeze ext4 2>/dev/null || true; off_ext4
	for i in tap7 tap8 dummy7; do ip link del $i 2>/dev/null || true; done' EXIT
truncate -s 8M ext4/disk.img
for i in tap7 tap8; do
	tunctl -t $i >/dev/null
	# Nobody says a word there: Linux posts buffers again by the dozen
	echo 1 >/proc/sys/net/ipv6/conf/$i/disable_ipv6
	ip link set $i up
done
PATH=/opt/helpers/bin:$PATH
route_out

guest_script <<'END'
for i in 0 1 2; do
	ip link set eth$i up
done
cat /dev/vport*p1 >/dev/null &
for i in 0 1 2 3 4; do
	dd if=/dev/zero of=/dev/vda bs=16k seek=$i count=1 oflag=direct \
		2>/dev/null &
	disk="${disk:-} $!"
done
read -r _
awk '{ print "under way: " $9 }' /sys/block/vda/stat
read -r _
wait $disk
dd if=/dev/vda of=/dev/null bs=64k iflag=direct 2>/dev/null
awk '{ print "under way: " $9 }' /sys/block/vda/stat
read -r _
END
said()
{
	grep -q "$1" guest.log
}

# holds DEVICE QUEUE: how many of its entries are held, in map.json
holds()
{
	tr -d ' \n' <map.json | sed 's/{"device"/\n&/g' |
		sed -En 's/^\{"device":"'"$1"'","queue":'"$2"',"size":([0-9]+),.*"buffers":([0-9a-z]+).*/\2 of \1/p'
}
# member DEVICE NAME: of what all its queues hold
member()
{
	tr -d ' \n' <map.json | sed 's/{"device"/\n&/g' |
		sed -En 's/^\{"device":"'"$1"'","buffers".*"'"$2"'":"?([0-9a-z]+).*/\1/p'
}
is()
{
	[ "$1" = "$2" ] || fail "$1 instead of $2"
}
# held WHAT: that the disk does
held()
{
	"$LKVM" map guest --json >map.json && [ "$(holds blk0 0)" = "$1 of 256" ]
}

# A file that cannot be written to now makes its disk hold requests
fsfreeze --freeze ext4
mkfifo keys
exec 8<>keys
MEM=64
boot_script --name guest --artifacts art -d ext4/disk.img --rng --port name=x,unix=x.sock \
	-n tap,if=tap7,vhost=off -n tap,if=tap8,vhost=on -n passt \
	<keys >guest.log 2>&1 &
pid=$!
wait_for 60 held 5
echo >&8
wait_for 20 said '^under way: 5'

# Five of 16 KiB, each with a header, and a byte for its status
is "$(member blk0 to_bytes)" $((5 * (16384 + 16)))
is "$(member blk0 from_bytes)" 5
is "$(member blk0 complete)" true
# Receive buffers are posted until the queue is full, and none is sent
for card in net0 net1; do
	is "$(holds $card 0)" "128 of 128"
	is "$(holds $card 1)" "0 of 32"
	is "$(member $card to_bytes)" 0
	[ "$(member $card from_pages)" -ge 32 ] || fail "$card: few pages"
	is "$(member $card complete)" true
done
# What passt wrote into is given back, and the rest is known
[ "$(holds vunet2 0 | cut -d ' ' -f 1)" -ge 64 ] || fail "$(holds vunet2 0)"
is "$(holds vunet2 1)" "0 of 32"
is "$(member vunet2 complete)" true
# Of the console, the driver's own queue and the port that is open
is "$(holds console0 2)" "16 of 16"
is "$(holds console0 4)" "16 of 16"
is "$(holds console0 5)" "0 of 16"
is "$(holds rng0 0)" "0 of 8"

expect_rc 0 "$LKVM" map guest
expect_out '^blk0 +0 +256 +5 0x8' '^blk0 +5 +82000 +[0-9]+ +5 +[1-5]$' \
	'^net0 +128 +0 +0 +[0-9]+ +[0-9]+$' '^0x[0-9a-f]+ q*b+q' \
	"  b readable, a buffer it holds$"
awk 'length > 80 { exit 1 }' out.log || fail "wider than 80 columns"
expect_rc 0 "$LKVM" map guest --svg map.svg
grep -q '>blk0: 5 buffers, 82000 bytes to it on ' map.svg || fail "none in it"
grep -q ': readable, with a buffer that a device holds</title>' map.svg ||
	fail "no cell of it"

# They are given back, and all goes on
fsfreeze --unfreeze ext4
echo >&8
wait_for 20 said '^under way: 0'
wait_for 20 held 0
# The map that is kept has what they held at the end
expect_rc 0 "$LKVM" stop --force guest
rc=0
wait $pid || rc=$?
[ $rc -eq 143 ] || fail "exit $rc"
for line in '>blk0: 0 buffers, 0 bytes' '>net0: 128 buffers, 0 bytes' \
	'>net1: 128 buffers, 0 bytes' '>console0: 32 buffers, 0 bytes'; do
	grep -q "$line" art/map.svg || fail "$line: $(grep '>.*buffers' art/map.svg)"
done

# Of a driver that attacks its devices, while somebody looks all the time
dd if=/dev/urandom of=disk.img bs=65536 count=16 2>/dev/null
"$LKVM" run -m 64 --window=4M --rng -d disk.img -n tap,if=tap8,vhost=on \
	--name hostile "$GUEST/vhostile.flat" </dev/null >hostile.log 2>&1 &
pid=$!
looks=0
while [ -d /proc/$pid ] && [ "$(awk '{ print $3 }' /proc/$pid/stat)" != Z ]; do
	run_rc "$LKVM" map hostile --json
	[ $rc -ne 0 ] || looks=$((looks + 1))
	grep -Eo '"why": .*' out.log >>whys.log || true
done
rc=0
wait $pid || rc=$?
sort whys.log | uniq -c
[ $rc -eq 114 ] || fail "exit $rc"
[ $looks -ge 5 ] || fail "looked $looks times"
cp hostile.log out.log
expect_out '^devices: 0*3' '^unharmed'
expect_no_out FAILED
