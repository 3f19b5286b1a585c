#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A tap that somebody else opened and handed down carries a card's traffic, of a
# user who may open none, too; what is no such tap is refused in one line.
# timeout: 120
. /tests/e2e/lib.sh

tap()
{
	/tests/bin/tapexec "$@"
}
if [ $# -eq 0 ]; then
	tap 0x5002 tap7 9 sh /tests/e2e/network_takes_an_inherited_tap.sh inherited
	exit
fi
# From here on descriptor 9 is open.
ulimit -l unlimited
chmod 666 /dev/kvm
chmod 600 /dev/net/tun
# shellcheck disable=SC2046 # a list of numbers
trap 'chmod 666 /dev/net/tun; kill $(jobs -p) 2>/dev/null || true' EXIT
ip addr add 10.7.0.1/24 dev tap7
ip link set tap7 up
dd if=/dev/urandom of=file bs=1M count=2 2>/dev/null
mkfifo silence

guest_script <<'END'
ip link set eth0 up
ip addr add 10.7.0.2/24 dev eth0
ping -c 3 -w 20 10.7.0.1 | grep transmitted
mkfifo /tmp/silence
nc 10.7.0.1 5001 <>/tmp/silence >/tmp/file
nc 10.7.0.1 5002 </tmp/file
END

# traffic COMMAND…: of the host's file, through its guest and back
traffic()
{
	nc -l -p 5001 <file &
	nc -l -p 5002 <>silence >back &
	back=$!
	expect_rc 0 "$@"
	expect_out SCRIPT-DONE
	expect_no_out ' 0 packets received' warning
	wait $back || true
	cmp file back || fail "what came back is not what was sent"
}
traffic boot_script -n tap,fd=9,vhost=on
traffic boot_script -n tap,fd=9,vhost=off --protected=off
# shellcheck disable=SC2317 # called by traffic
as_user_boot()
{
	as_user "$LKVM" run -k "$IMAGE" -i "$INITRD" -i script.cpio -m 128 \
		-p 'console=ttyS0 quiet lkvm.run="sh -eu /run.sh"' "$@"
}
refused '/dev/net/tun: Permission denied' as_user_boot -n tap,if=tap7
traffic as_user_boot -n tap,fd=9

run="$LKVM run -k $IMAGE -m 64"
# shellcheck disable=SC2086 # words of a command
{
refused 'fd=8: not an open tap: Bad file descriptor' $run -n tap,fd=8
refused 'fd=8: not an open tap: Inappropriate ioctl' $run -n tap,fd=8 8</dev/null
refused 'fd=8: not an open tap: .*bad state' $run -n tap,fd=8 8<>/dev/net/tun
refused 'tap8 must be opened with .*IFF_VNET_HDR' \
	tap 0x1002 tap8 8 $run -n tap,fd=8
refused 'tun8 must be opened with IFF_TAP' tap 0x5001 tun8 8 $run -n tap,fd=8
refused 'fd= takes the number of an open tap' $run -n tap,fd=nine
refused 'fd= takes the number of an open tap' $run -n tap,fd=-1
refused 'another card has fd=9' $run -n tap,fd=9 -n tap,fd=9
}
