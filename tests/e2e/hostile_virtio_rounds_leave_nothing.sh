#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Hundreds of rounds of each attack on virtio devices leave no descriptor, thread
# or memory behind, and another disk reads the same all the time. LONG=1: more than
# a thousand of each.
# timeout: 900
. /tests/e2e/lib.sh

on_ext4 16
trap 'ip link del tap7; ip link del tap8; off_ext4' EXIT
image ext4/disk.img 1
image witness.img 1
for tap in tap7 tap8; do
	tunctl -t $tap >/dev/null
	ip link set $tap up
done
mkfifo in
rounds=rounds
[ -z "${LONG:-}" ] || rounds=many
exec 9<>in
"$LKVM" run -m 64 --window=4M -c 2 --rng -d ext4/disk.img -d witness.img,ro \
	-n tap,if=tap7,vhost=off -n tap,if=tap8,vhost=on \
	--port name=log,file=port.out -p "mode=$rounds" \
	"$GUEST/vhostile.flat" \
	<in >out.log 2>err.log &
pid=$!
is_next()
{
	kill -0 $pid || return 0
	[ "$(grep -c '^sample ' out.log)" -gt $n ]
}
n=0
while wait_for 240 is_next && kill -0 $pid 2>/dev/null; do
	n=$((n + 1))
	now=$(most $pid 2)
	if [ $((n % 2)) -eq 1 ]; then
		early=$now
	else
		grep '^sample ' out.log | tail -n 1
		not_grown "$early" "$now" 0 1 128 64
	fi
	echo >&9
done
rc=0
wait $pid || rc=$?
[ $rc -eq 114 ] || fail "exit $rc"
expect_out '^unharmed' '^other disk: read times'
expect_no_out FAILED
[ $n -eq 30 ] || fail "$n samples"
