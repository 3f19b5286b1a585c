#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A guest that resets while frames go both ways has its network again in the
# next life, served by the host's kernel or by us.
# timeout: 300
. /tests/e2e/lib.sh

tunctl -t tap7 >/dev/null
# shellcheck disable=SC2046 # a list of numbers
trap 'ip link del tap7 2>/dev/null; kill $(jobs -p) 2>/dev/null || true' EXIT
ip addr add 10.7.0.1/24 dev tap7
ip link set tap7 up
# nc ends both directions when its input does: this one does not.
mkfifo silence
guest_script <<'END'
ip link set eth0 up
ip addr add 10.7.0.2/24 dev eth0
mkfifo /tmp/silence
life=$(nc 10.7.0.1 5001 <>/tmp/silence)
echo "life $life"
if [ "$life" -lt 3 ]; then
	nc 10.7.0.1 501$life </dev/zero &
	nc 10.7.0.1 502$life <>/tmp/silence >/dev/null &
	sleep 1
	grep eth0 /proc/net/dev
	drain
	reboot -f
fi
END
# lives OPTION: three
lives()
{
	# Who asks is told which life it is.
	for life in 1 2 3; do
		echo $life | nc -l -p 5001
	done &
	for life in 1 2; do
		nc -l -p 501$life <>silence >/dev/null &
		nc -l -p 502$life </dev/zero >/dev/null 2>&1 &
	done
	expect_rc 0 boot_script -n tap,if=tap7,"$1" --on-reset=restart
	expect_out '^life 1' '^life 2' '^life 3' 'SCRIPT-DONE'
	expect_no_out 'warning' 'buffer is full'
	# shellcheck disable=SC2046 # a list of numbers
	kill $(jobs -p) 2>/dev/null || true
}
lives vhost=on
lives vhost=off
