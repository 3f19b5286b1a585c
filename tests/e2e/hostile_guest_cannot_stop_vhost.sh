#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A driver that attacks a card whose queues the host's kernel serves, in a pVM
# and in an ordinary VM, finds it working after every attack: a ring whose pages
# it took back makes the device need a reset, and is named, and
# the log has an end.
# timeout: 150
. /tests/e2e/lib.sh

trap 'ip link del tap7 2>/dev/null || true' EXIT
tunctl -t tap7 >/dev/null
ip link set tap7 up

# attack OPTION…: it gives devices memory that it never shared
attack()
{
	rc=0
	"$LKVM" run -m 64 --window=4M --rng -n tap,if=tap7,vhost=on \
		--loglevel=debug "$@" \
		"$GUEST/vhostile.flat" </dev/null >out.log 2>err.log || rc=$?
	cat out.log
	[ $rc -eq 114 ] || fail "exit $rc instead of 114: $*"
	expect_out '^devices: 0*2' '^unharmed'
	expect_no_out FAILED
	[ "$(grep -c 'net0: ' err.log)" -le 48 ] || fail "the log has no end"
	cp err.log out.log
	expect_out 'served by the kernel'
}
attack
attack --protected=off
attack -p mode=taken
[ "$(grep -c 'net0: stopped until the guest resets it: queue 1 names a page that is not shared' out.log)" -eq 3 ] ||
	fail "not one line for each part of the ring"
