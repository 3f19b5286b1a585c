#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Back ends that somebody else started, by their sockets: a virtiofsd that is
# killed, and started again for the guest's next life; a passt.
# timeout: 120
. /tests/e2e/lib.sh

PATH=/opt/helpers/bin:$PATH
mkdir dir run
chmod 777 run
# shellcheck disable=SC2046 # a list of numbers
trap 'ip link del dummy7 2>/dev/null; kill $(jobs -p) 2>/dev/null || true' EXIT
route_out
serve()
{
	# What the one before started may end a moment later, and has its file locked.
	rm -f run/fs run/fs.pid
	virtiofsd --socket-path=run/fs --shared-dir=dir --log-level=error &
	server=$!
	wait_for 10 listens run/fs
}
serve
passt --vhost-user --foreground --quiet --socket "$PWD/run/net" &
wait_for 10 listens run/net
dd if=/dev/urandom of=file bs=1M count=2 2>/dev/null
nc -l -p 5001 <file &

guest_script <<'END'
mkdir /mnt
mount -t virtiofs there /mnt
if [ ! -e /mnt/life1 ]; then
	echo 1 >/mnt/life1
	until [ -e /mnt/again ]; do sleep 0.2; done &
	sleep 3
	reboot -f
fi
cat /mnt/again
cat >/tmp/lease <<'LEASE'
[ "$1" = bound ] || exit 0
ip addr add $ip/$mask dev $interface
ip route add default via $router
LEASE
chmod +x /tmp/lease
cat /sys/class/net/eth0/address
ip link set eth0 up
udhcpc -n -q -i eth0 -s /tmp/lease 2>/dev/null
mkfifo /tmp/silence
nc 10.9.0.1 5001 <>/tmp/silence | md5sum
umount /mnt
END
boot_script --on-reset=restart \
	--vhost-user socket=run/fs,type=fs,tag=there \
	--vhost-user socket=run/net,type=net,mac=02:00:00:00:00:07 \
	</dev/null >out.log 2>&1 &
pid=$!
wait_for 60 test -s dir/life1
kill -9 $server
wait_for 10 grep -q 'back end at run/fs is gone' out.log
serve
echo 'here again' >dir/again
rc=0
wait $pid || rc=$?
[ $rc -eq 0 ] || fail "exit $rc"
expect_out '^here again' 'SCRIPT-DONE' "$(md5sum <file)" \
	'^02:00:00:00:00:07' 'fs0: back end at run/fs: connected again'
refused 'start the back end first' \
	"$LKVM" run -k "$IMAGE" -m 64 --vhost-user socket=run/none,type=rng
