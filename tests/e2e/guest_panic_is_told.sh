#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A guest that panics is 112, all its last words shown: one that stays (by the
# pvpanic device), one that resets at once, and one without a driver for the device
# (by the console). With --on-reset=restart it is restarted all the same.
# timeout: 180
. /tests/e2e/lib.sh

panic() # panic OPTION…
{
	"$LKVM" run -k "${KERNEL:-/boot/guest.Image}" -i "$INITRD" -m 64 \
		-p 'quiet lkvm.run="echo c >/proc/sysrq-trigger"' "$@"
}

expect_rc 112 panic --events events.jsonl --verdict verdict.json
expect_out 'end Kernel panic - not syncing' \
	'^lkvm-pvm: guest: panicked: sysrq triggered crash'
grep -q '"event":"panic","by":"pvpanic","what":"sysrq triggered crash"' \
	events.jsonl || fail "no event: $(cat events.jsonl)"
grep -q '"code":112,"origin":"guest"' verdict.json || fail "verdict"

expect_rc 112 panic -p panic=-1 --console virtio
expect_out 'Kernel panic' 'guest: panicked.*, and reset'

KERNEL=$IMAGE
expect_rc 112 panic -m 128 -p initcall_blacklist=pvpanic_mmio_driver_init \
	--events events.jsonl
expect_out 'end Kernel panic' 'guest: panicked: sysrq triggered crash'
grep -q '"event":"panic","by":"console"' events.jsonl ||
	fail "the device was not left out: $(cat events.jsonl)"

# exec's, over the serial port, which is the console, too
expect_rc 112 "$LKVM" exec -k "$IMAGE" -i "$INITRD" -m 128 \
	--channel=serial --verdict verdict.json -- \
	sh -c 'yes | head -n 500; echo c >/proc/sysrq-trigger; sleep 1000'
expect_out 'console: .*end Kernel panic' 'guest: panicked: sysrq triggered crash'
grep -q '"code":112,.*"channel":"serial"' verdict.json || fail "verdict"

"$LKVM" run -k /boot/guest.Image -i "$INITRD" -m 64 \
	-p 'quiet panic=-1 lkvm.run="echo c >/proc/sysrq-trigger"' \
	--on-reset=restart </dev/null >out.log 2>&1 &
pid=$!
wait_for 60 grep -q 'restarting (time 1)' out.log
kill -TERM $pid
rc=0
wait $pid || rc=$?
[ $rc -eq 143 ] || fail "exit $rc"
