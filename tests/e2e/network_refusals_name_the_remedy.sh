#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What stands between a user and a tap, or its vhost, is named in one line; none is none.
# timeout: 80
. /tests/e2e/lib.sh

ulimit -l unlimited
trap 'ip link del tap7 2>/dev/null || true
	[ -e /dev/vhost-net ] || mv vhost-net /dev/vhost-net || true
	[ -e /dev/net/tun ] || mv tun /dev/net/tun || true' EXIT
run="$LKVM run -k $IMAGE -m 64"
chmod 666 /dev/net/tun /dev/kvm
# shellcheck disable=SC2086 # words of a command
{
refused 'tap9: there is no such interface.*ip tuntap add' \
	as_user $run -n tap,if=tap9
tunctl -t tap7 >/dev/null
refused 'tap7: it is not yours' as_user $run -n tap,if=tap7
refused 'lo: it is there, but not a tap' $run -n tap,if=lo
refused 'tap7: not a tap of several queues' $run -n tap,if=tap7,queues=2
refused 'fd=9: not an open tap' $run -n tap,fd=9
refused 'tap,if=a/b' $run -n tap,if=a/b
mv /dev/net/tun tun
refused 'there is no /dev/net/tun: load the module' $run -n tap,if=tap7
mv tun /dev/net/tun
chmod 600 /dev/net/tun
refused '/dev/net/tun: Permission denied' as_user $run -n tap,if=tap7
chmod 666 /dev/net/tun
mv /dev/vhost-net vhost-net
refused 'tap7: vhost=on: there is no /dev/vhost-net; load the module' \
	$run -n tap,if=tap7,vhost=on
}
# Nobody asked for it: the frames are ours.
CMD='ls /sys/class/net'
expect_rc 0 boot -n tap,if=tap7
expect_out eth0
expect_no_out vhost
mv vhost-net /dev/vhost-net
CMD='ls /sys/class/net'
for none in none mode=none; do
	expect_rc 0 boot -n $none
	expect_out '(^| )lo'
	expect_no_out 'eth0'
done
