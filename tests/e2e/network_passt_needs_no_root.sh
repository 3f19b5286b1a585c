#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# passt: a user without rights gives the guest an address by DHCP, connections
# to the host, and a port of the host that leads to the guest; by vhost-user and
# by its stream socket.
# timeout: 120
. /tests/e2e/lib.sh

PATH=/opt/helpers/bin:$PATH
chmod 666 /dev/kvm
ulimit -l unlimited
# shellcheck disable=SC2046 # a list of numbers
trap 'ip link del dummy7 2>/dev/null; kill $(jobs -p) 2>/dev/null || true' EXIT
route_out
dd if=/dev/urandom of=file bs=1M count=4 2>/dev/null
mkfifo silence
chmod 777 .

guest_script <<'END'
cat >/tmp/lease <<'LEASE'
[ "$1" = bound ] || exit 0
ip addr add $ip/$mask dev $interface
ip route add default via $router
echo "lease: $ip/$mask via $router"
LEASE
chmod +x /tmp/lease
echo "mtu: $(cat /sys/class/net/eth0/mtu)"
ip link set eth0 up
udhcpc -n -q -i eth0 -s /tmp/lease 2>/dev/null
mkfifo /tmp/silence
# Its default gateway is the host to a guest of passt.
nc 10.9.0.1 5001 <>/tmp/silence >/tmp/file
echo "arrived: $(md5sum </tmp/file)"
nc 10.9.0.1 5002 </tmp/file
echo "from outside" | nc -l -p 22
END
for how in "--protected=on -n passt,vhost=on" "--protected=off -n passt" \
	"--protected=on -n passt,vhost=off"; do
	rm -f out.log
	nc -l -p 5001 <file &
	nc -l -p 5002 <>silence >back &
	# shellcheck disable=SC2086 # two options
	as_user "$LKVM" run -k "$IMAGE" -i "$INITRD" -i script.cpio -m 128 \
		-p 'console=ttyS0 quiet lkvm.run="sh -eu /run.sh"' \
		$how,tcp=8022:22 \
		</dev/null >out.log 2>&1 &
	pid=$!
	asked()
	{
		nc 127.0.0.1 8022 </dev/null | grep 'from outside'
	}
	wait_for 60 grep -q arrived out.log
	wait_for 30 asked
	rc=0
	wait $pid || rc=$?
	[ $rc -eq 0 ] || fail "exit $rc"
	expect_out 'mtu: 65520' 'lease: 10.9.0.5/24 via 10.9.0.1' SCRIPT-DONE \
		"arrived: $(md5sum <file)"
	cmp file back || fail "what came back is not what was sent"
done
[ -z "$(helpers passt)" ] || fail "passt is left"
