#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# stop of an exec: its command is asked to end, in a guest without a power key and, over
# the serial port, in one without virtio; a shell on a terminal ends, too; who does not
# care is killed.
# timeout: 200
. /tests/e2e/lib.sh

SMALL=/boot/guest.Image
no_virtio=initcall_blacklist=virtio_init,virtio_pci_driver_init
start() # start OPTION… -- COMMAND…: $pid; it says that it is ready
{
	rm -f out err
	"$LKVM" exec --name asked "$@" </dev/null >out 2>err &
	pid=$!
	wait_for 100 grep -q ready out
}
ended() # ended CODE
{
	rc=0
	wait "$pid" || rc=$?
	[ $rc -eq "$1" ] || fail "exit $rc instead of $1: $(cat err)"
}
polite='trap "echo asked; exit 7" TERM; echo ready; while :; do sleep 0.1; done'

start -k "$SMALL" -i "$INITRD" -m 64 -- sh -c "$polite"
expect_rc 0 "$LKVM" pause asked
expect_rc 0 "$LKVM" stop --timeout=60 asked
expect_out '^lkvm-pvm: asked: guest: the command exited with 7$'
expect_no_out 'power key'
ended 7
grep -q asked out || fail "it was not asked: $(cat out)"

start -k "$IMAGE" -i "$INITRD" -m 128 -p "$no_virtio" -- \
	sh -c "[ ! -e /proc/device-tree/gpio-keys ] || exit; $polite"
expect_rc 0 "$LKVM" stop --timeout=60 asked
ended 7

ptyrun 'wait=# ' 'send=echo got $((1 + 1))here\r' 'wait=got 2here' 'wait=SIGHUP' \
	-- "$LKVM" exec --loglevel=debug --name asked -k "$SMALL" -i "$INITRD" -m 64 >out 2>&1 &
pid=$!
wait_for 100 grep -q 'got 2here' out
expect_rc 0 "$LKVM" stop --timeout=60 asked
expect_out 'guest: the command was killed by signal 1, SIGHUP'
ended 129

start -k "$SMALL" -i "$INITRD" -m 64 -- \
	sh -c 'trap "" TERM; echo ready; while :; do sleep 0.1; done'
expect_rc 124 "$LKVM" stop --timeout=2 asked
expect_out 'guest did not react in 2 s, killed'
ended 143

# One that boots has no command yet; one that is stopped is told how it goes on.
boot_it()
{
	"$LKVM" exec --name asked -k "$SMALL" -i "$INITRD" -m 64 -- sh -c "$polite" \
		</dev/null >out 2>err &
	pid=$!
	wait_for 100 listens /asked.sock
}
boot_it
expect_rc 0 "$LKVM" stop asked
expect_out 'asked: its command does not run yet; waiting 30 s'
expect_no_out 'power key'
wait $pid || true
boot_it
kill -STOP $pid
refused "asked: does not answer; .* stopped \(kill -CONT $pid\)" "$LKVM" stop asked
"$LKVM" stop --force asked >out.log 2>&1 &
stopper=$!
wait_for 100 grep -q "asked: has not ended yet: .* (kill -CONT $pid)" out.log
kill -CONT $pid
wait $stopper || fail "stop --force: $(cat out.log)"
ended 143
