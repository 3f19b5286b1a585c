#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Hundreds of rounds of each attack on virtio devices leave no descriptor, thread
# or memory behind, and another disk reads the same all the time. ROUNDS=many for
# more than a thousand of each.
# timeout: 900
. /tests/e2e/lib.sh

image disk.img 1
image witness.img 1
tunctl -t tap7 >/dev/null
trap 'ip link del tap7' EXIT
ip link set tap7 up
mkfifo in
exec 9<>in
"$LKVM" run -m 64 --window=4M -c 2 --rng -d disk.img -d witness.img,ro \
	-n tap,if=tap7 \
	--port name=log,file=port.out -p "mode=${ROUNDS:-rounds}" \
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
[ $n -eq 18 ] || fail "$n samples"
