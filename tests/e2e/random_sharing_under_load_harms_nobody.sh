#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A guest shares pages and takes them back, at random, in two lives of 1500 steps,
# well over a thousand of them shares and their ends, while it uses disks, a card and
# random numbers, and another guest uses its disk and card, too: each step's
# result and each page are as promised, the other guest's files are, and when they
# are gone no page is locked, and no VM left.
# timeout: 200
. /tests/e2e/lib.sh

pins()
{
	awk '/nr_foll_pin_acquired/ { a = $2 } /nr_foll_pin_released/ { r = $2 }
		END { print a - r }' /proc/vmstat
}
before=$(pins)
image disk.img 1
image disk2.img 1
image other.img 2
for tap in tap7 tap8; do
	tunctl -t $tap >/dev/null
done
at_end()
{
	# shellcheck disable=SC2046 # lists of numbers
	kill $(jobs -p) 2>/dev/null || true
	# shellcheck disable=SC2046
	kill $(pidof nc) 2>/dev/null || true
	ip link del tap7
	ip link del tap8
}
trap at_end EXIT
ip link set tap7 up
ip addr add 10.9.7.1/24 dev tap8
ip link set tap8 up

guest_script <<'GUEST'
ip addr add 10.9.7.2/24 dev eth0
ip link set eth0 up
sum=$(md5sum </dev/vda)
rounds=0
echo loading
# The random guest's end is a port that answers
until nc -w 1 10.9.7.1 5004 </dev/null 2>/dev/null | grep -q enough; do
	echo 3 >/proc/sys/vm/drop_caches
	dd if=/dev/vda bs=64k 2>/dev/null | nc -w 5 10.9.7.1 5003 >/dev/null || true
	[ "$(md5sum </dev/vda)" = "$sum" ]
	rounds=$((rounds + 1))
done
[ $rounds -gt 0 ]
echo "rounds: $rounds"
GUEST
MEM=96
boot_script -d other.img,ro -n tap,if=tap8 </dev/null >other.log 2>&1 &
other=$!
wait_for 60 grep -q loading other.log
sh -c 'while nc -l -p 5003 </dev/null >got; do cp got whole; done' &

# counted NAME: of what the guest did
counted()
{
	echo $((0x$(sed -n "s/^$1 \([0-9a-f]*\).*/\1/p" out.log)))
}
done=0
for mode in a b; do
	# A device was told of pages that are not shared: 114
	expect_rc 114 "$LKVM" run -m 64 --window=4M --rng -d disk.img \
		-d disk2.img -n tap,if=tap7 -p mode=$mode "$GUEST/steps.flat"
	cat out.log
	expect_out '^seed [0-9a-f]{16}' '^steps 0*5dc' '^unharmed' \
		'^shares 0*[1-9a-f]' '^broken 0*[1-9a-f]'
	expect_no_out FAILED
	done=$((done + $(counted shares) + $(counted unshares) + $(counted taken)))
	[ "$(nr_vms)" -eq 1 ] || fail "not the other guest's VM alone"
done
[ $done -ge 1000 ] || fail "only $done shares and takings"

sh -c 'while echo enough | nc -l -p 5004; do :; done' >/dev/null 2>&1 &
rc=0
wait $other || rc=$?
cat other.log
[ $rc -eq 0 ] || fail "the other guest: exit $rc"
grep -q SCRIPT-DONE other.log || fail "the other guest's files are not as they were"
[ "$(nr_vms)" -eq 0 ] || fail "a VM is left"
# The kernel adds its CPUs' counts up now and then
pins_are()
{
	[ "$(pins)" -eq "$1" ]
}
wait_for 20 pins_are "$before"
