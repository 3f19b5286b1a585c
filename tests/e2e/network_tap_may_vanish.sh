#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Somebody deletes the tap: the guest sees its link go down and lives on, also
# when the host's kernel served its queues.
# timeout: 100
. /tests/e2e/lib.sh

trap 'ip link del tap7 2>/dev/null || true' EXIT
guest_script <<'END'
ip link set eth0 up
ip addr add 10.7.0.2/24 dev eth0
echo "carrier $(cat /sys/class/net/eth0/carrier)"
while [ "$(cat /sys/class/net/eth0/carrier)" = 1 ]; do sleep 0.1; done
echo "carrier $(cat /sys/class/net/eth0/carrier)"
ping -c 1 -W 1 10.7.0.1 || true
END
for vhost in on off; do
	tunctl -t tap7 >/dev/null
	ip link set tap7 up
	rm -f out.log
	boot_script -n tap,if=tap7,vhost=$vhost </dev/null >out.log 2>&1 &
	wait_for 30 grep -q 'carrier 1' out.log
	ip link del tap7
	wait_for 30 grep -q 'carrier 0' out.log
	wait $! || fail "exit $?"
	expect_out 'carrier 0' 'SCRIPT-DONE' "tap7 is gone; the guest's link is down"
	[ "$(grep -c 'is gone' out.log)" -eq 1 ] || fail "said more than once"
done
