#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Two cards, one with an address given, the other with one of its own that is
# the same in the next run; kvmtool's spelling makes the same card.
# timeout: 100
. /tests/e2e/lib.sh

trap 'ip link del tap1 2>/dev/null; ip link del tap2 2>/dev/null || true' EXIT
for i in 1 2; do
	tunctl -t tap$i >/dev/null
	ip addr add 10.7.$i.1/24 dev tap$i
	ip link set tap$i up
done

guest_script <<'END'
for i in 1 2; do
	eth=eth$((i - 1))
	ip link set $eth up
	ip addr add 10.7.$i.2/24 dev $eth
	ping -c 2 -w 20 10.7.$i.1 | grep transmitted
	echo "address $i: $(cat /sys/class/net/$eth/address)"
done
END
expect_rc 0 boot_script -n tap,if=tap1,mac=02:00:00:00:be:ef -n tap,if=tap2
expect_out 'SCRIPT-DONE' 'address 1: 02:00:00:00:be:ef' \
	'address 2: .[26ae]:'
expect_no_out ' 0 packets received'
own=$(sed -n 's/^address 2: *//p' out.log)
expect_rc 0 boot_script -n mode=tap,tapif=tap1 -n mode=tap,tapif=tap2,trans=pci
expect_out 'SCRIPT-DONE' "address 2: $own"
expect_no_out ' 0 packets received' 'address 1: 02:00:00:00:be:ef'
