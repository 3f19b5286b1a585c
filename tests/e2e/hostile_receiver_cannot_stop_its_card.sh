#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A driver that attacks the queue on which a card receives, while frames arrive,
# finds the card working after every attack, whoever serves it, and the log has
# an end; the tap is the next guest's as if nothing had been.
# timeout: 200
. /tests/e2e/lib.sh

tunctl -t tap7 >/dev/null
# shellcheck disable=SC2046 # a list of numbers
trap 'kill $(jobs -p) 2>/dev/null || true; ip link del tap7' EXIT
ip addr add 10.7.0.1/24 dev tap7
ip link set tap7 up
arp -i tap7 -s 10.7.0.2 02:00:00:00:00:07
ping -q -i 0.002 10.7.0.2 >/dev/null 2>&1 &
frames=$!
tap=tap,if=tap7,mac=02:00:00:00:00:07

# attack OPTION…: it gives devices memory that it never shared
attack()
{
	echo "$*"
	rc=0
	"$LKVM" run -m 64 --window=4M -p mode=frames --stats --loglevel=debug "$@" \
		"$GUEST/vhostile.flat" </dev/null >out.log 2>err.log || rc=$?
	cat out.log
	[ $rc -eq 114 ] || fail "exit $rc instead of 114: $*"
	expect_out '^devices: 0*1' ' receiving: .* revoke-in-flight .* noise' \
		'^unharmed'
	expect_no_out FAILED
	lines=$(grep -c 'net0: ' err.log)
	echo "$lines lines"
	[ "$lines" -le 48 ] || fail "the log has no end"
}
attack -n $tap,vhost=off
attack -n $tap,vhost=on
attack -n $tap,vhost=off --protected=off
attack -n $tap,vhost=on --protected=off
# Beside so many frames a slow host drops some that are waited for.
kill $frames
# shellcheck disable=SC2034 # boot's
CMD='ip link set eth0 up; ip addr add 10.7.0.2/24 dev eth0; '\
'ping -c 3 -w 20 10.7.0.1 | grep transmitted; sleep 0.3'
expect_rc 0 boot -n $tap
expect_out '3 packets received'
